"""Readings of the masked-LM head."""

from analysis.distributions import StatisticsReducer, check_k
from analysis.encoding import encode, notices
from analysis.forward import Rows, forward
from analysis.limits import DEFAULT_K
from analysis.loading import ModelBundle
from analysis.nsp import next_sentence
from analysis.types import ReadingSummary, SeenReading


def read_seen(bundle: ModelBundle, text_a: str, text_b: str | None = None, *, k: int = DEFAULT_K) -> SeenReading:
    """Read what the masked-LM head predicts at every position when it sees the whole text.

    One forward pass, the observed tokens in place: what the head "reads back". The next-sentence head's answer for the
    same input comes along when the checkpoint has that head.

    Parameters
    ----------
    text_a, text_b
        One text, or a pair of segments.
    k
        Predictions to list per position, 1 to V.

    Raises
    ------
    InputError
        If a text can't be read, ``k`` is out of range, or the model has no masked-LM head.
    ModelError
        If the model fails on this input.
    """
    bundle.require_mlm()
    check_k(k, bundle.n_vocabulary)
    encoded = encode(bundle, text_a, text_b)
    reducer = StatisticsReducer(encoded.ids, k, bundle.n_vocabulary)
    everywhere = Rows(inputs=[0] * len(encoded), positions=range(len(encoded)))
    z = forward(bundle, [encoded], mlm=(everywhere, reducer), nsp=bundle.nsp.real)
    statistics = reducer.result()
    return SeenReading(
        encoded=encoded,
        statistics=statistics,
        top_tokens=tuple(bundle.tokens_of(ids) for ids in statistics.top_ids),
        n_vocabulary=bundle.n_vocabulary,
        nsp=None if z is None else next_sentence(z[0], bundle.nsp_meaning, lone_segment=text_b is None),
        notices=notices(encoded),
        provenance=bundle.provenance(),
    )


def summarise(reading: SeenReading) -> ReadingSummary:
    """Means and shares over the positions that count (C); [CLS], [SEP], [PAD] and [MASK] are left out."""
    counted = ~reading.encoded.outside
    statistics = reading.statistics
    return ReadingSummary(
        n_counted=reading.encoded.n_counted,
        mean_entropy_bits=float(statistics.entropy_bits[counted].mean(dtype="float64")),
        mean_surprisal_bits=float(statistics.surprisal_bits[counted].mean(dtype="float64")),
        share_rank_1=float((statistics.rank[counted] == 1).mean()),
        share_unknown=float(reading.encoded.unknown[counted].mean()),
    )
