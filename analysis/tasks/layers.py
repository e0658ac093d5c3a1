"""Both complete heads after every layer: where an answer forms.

The raw lens (nostalgebraist 2020) puts the states of an earlier layer through heads that were trained on the last one's
alone; stronger claims would need a lens trained for each layer (Belrose et al. 2023).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis import export
from analysis.choices import (
    DEFAULT_K,
    DEFAULT_MASKING,
    MASKINGS,
    READINGS,
    Edit,
    Masking,
    ReadingKind,
    chosen,
    several,
    whole,
)
from analysis.errors import InputError
from analysis.kernels.distributions import check_k, check_watch
from analysis.kernels.layers import LayersReducer
from analysis.models import inside
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate, estimate_rows, rows_in_tokens
from analysis.models.forward import Rows
from analysis.questions import Layers, Text
from analysis.task import Models, Task, of_one
from analysis.tasks.hidden import HiddenPlan, plan_hidden
from analysis.texts.encoding import one_input
from analysis.texts.notices import notices
from analysis.texts.pieces import id_to_follow
from analysis.texts.text import counted
from analysis.types import Encoded, Floats, Followed, Ints, LayerReading, Tensors, TokenStatistics
from analysis.types.inputs import frozen

_MOST_PASSES = 4
"""Passes over a text whose rows are read in stretches: the heads of all layers take longer than the layers."""

_Chunk = tuple[ReadingKind, int, int]
"""Rows of the input itself from the first to the last + 1, or inputs with hidden tokens."""


@dataclass(frozen=True, slots=True)
class LayersPlan:
    """What is read after every layer, and how.

    ``positions`` are asked for; ``seen`` are those of them that are read with nothing hidden, ``hidden`` says which
    inputs the others take. ``follow`` are ids to follow at a single position, None where all positions are read.
    """

    encoded: Encoded
    kind: ReadingKind
    masking: Masking | None
    k: int
    positions: tuple[int, ...]
    seen: tuple[int, ...]
    hidden: HiddenPlan
    follow: tuple[int, ...] | None

    def first_ones(self, firsts: list[int]) -> tuple[int, ...]:
        """The ids that are followed, each once, given what comes first after each layer, the embeddings' first."""
        (position,) = self.positions
        # A mask is no token of the text: nobody wonders how probable it is.
        own = [] if self.encoded.masked[position] else [int(self.encoded.ids[position])]
        return tuple(dict.fromkeys([*reversed(firsts), *own, *(self.follow or ())]))


@dataclass(frozen=True, slots=True)
class LayersPart:
    """What one chunk comes to: R (L + 1) rows, all layers of a row together, and D(last || layer) in bits, [R, L + 1].

    ``z`` are the second head's logits [L + 1, 2]; ``followed`` and ``followed_log_p``, [L + 1, W], go with the
    statistics' watched ids.
    """

    statistics: TokenStatistics | None
    kl_bits: Floats | None
    z: Floats | None
    followed: tuple[int, ...] = ()
    followed_log_p: Floats | None = None


def _plan(bundle: ModelBundle, question: Layers) -> LayersPlan:
    bundle.mlm.require()
    inside.require(bundle, "layers")
    kind, masking = chosen("reading", question.reading, READINGS), chosen("masking", question.masking, MASKINGS)
    k, asked = check_k(question.k, bundle.n_vocabulary), several("words to follow", question.follow)
    encoded = one_input(bundle, question.text)
    one = _one_position(bundle, encoded, question)
    if asked and one is None:
        raise InputError("Words to follow came without a place: give a position or the number of a mask, too.")
    ids = [id_to_follow(bundle, each) if isinstance(each, str) else each for each in asked]
    follow = check_watch(ids, bundle.n_vocabulary)
    positions = tuple(range(len(encoded))) if one is None else (one,)
    hidden = [at for at in positions if kind == "hidden" and not encoded.outside[at]]
    return LayersPlan(
        encoded=encoded,
        kind=kind,
        masking=masking if kind == "hidden" else None,
        k=k,
        positions=positions,
        seen=tuple(at for at in positions if at not in set(hidden)),
        hidden=plan_hidden(bundle, encoded, (masking,), hidden),
        follow=None if one is None else follow,
    )


def _one_position(bundle: ModelBundle, encoded: Encoded, question: Layers) -> int | None:
    """The one position that is asked for; None where all are."""
    if question.position is not None and question.mask is not None:
        raise InputError("A position and the number of a mask came: give one of the two.")
    if question.position is not None:
        position = whole("position", question.position)
        if not 0 <= position < len(encoded):
            raise InputError(
                f"Position {position:,} came; this text has positions 0 to {len(encoded) - 1:,}: choose one of them."
            )
        return position
    if question.mask is None:
        return None
    number, masks = whole("number of a mask", question.mask), np.flatnonzero(encoded.masked).tolist()
    if not 1 <= number <= len(masks):
        has = counted(len(masks), bundle.tokenizer.mask_token)
        raise InputError(f"Mask {number:,} came; this text has {has}: choose one that it has, or name a position.")
    return masks[number - 1]


def _chunks(models: Models, plan: LayersPlan, tokens: int) -> list[_Chunk]:
    """The rows of the input itself with the second head's answers, then the inputs with hidden tokens."""
    (bundle,), n_tokens = models, len(plan.encoded)
    # A row of the head after every layer.
    row = rows_in_tokens(bundle, bundle.n_layers + 1)
    size = max(1, (tokens - n_tokens) // row, n_tokens // _MOST_PASSES)
    n_seen = len(plan.seen)
    seen: list[_Chunk] = [("seen", at, min(at + size, n_seen)) for at in range(0, n_seen, size)]
    if not seen and bundle.nsp.real:
        seen = [("seen", 0, 0)]
    return [*seen, *(("hidden", *each) for each in plan.hidden.chunks_of(tokens * n_tokens // (n_tokens + row)))]


def _read(bundle: ModelBundle, plan: LayersPlan, chunk: _Chunk) -> LayersPart:
    kind, start, stop = chunk
    inputs: list[Tensors] = [plan.encoded]
    if kind == "seen":
        positions = list(plan.seen[start:stop])
        rows = Rows([0] * len(positions), positions)
    else:
        inputs = [plan.hidden.tensors(number, bundle.mask_id) for number in range(start, stop)]
        mine = [(number, position) for number, position in plan.hidden.rows if start <= number < stop]
        positions = [position for _, position in mine]
        rows = Rows([number - start for number, _ in mine], positions)
    nsp = kind == "seen" and start == 0 and bundle.nsp.real
    if not positions:
        return LayersPart(None, None, _first(inside.lens(bundle, inputs, nsp=nsp)))
    follow = None if plan.follow is None else plan.first_ones
    targets, n_states = plan.encoded.ids[positions], bundle.n_layers + 1
    reducer = LayersReducer(targets, n_states, plan.k, bundle.n_vocabulary, follow)
    z = _first(inside.lens(bundle, inputs, mlm=(rows, reducer), nsp=nsp))
    statistics, kl_bits = reducer.result()
    return LayersPart(statistics, kl_bits, z, reducer.followed, reducer.followed_log_p)


def _first(z: Floats | None) -> Floats | None:
    """The logits [L + 1, 2] of the first input."""
    return None if z is None else z[:, 0]


def _assemble(bundle: ModelBundle, plan: LayersPlan, parts: Sequence[LayersPart]) -> LayerReading | None:
    """What has not come yet is no numbers."""
    if not parts:
        return None
    n_states, read = bundle.n_layers + 1, [each for each in parts if each.statistics is not None]
    order = [*plan.seen, *(position for _, position in plan.hidden.rows)]
    n_known = sum(len(each.kl_bits) for each in read if each.kl_bits is not None)
    column = {position: at for at, position in enumerate(plan.positions)}
    row_of = np.full(len(plan.positions), n_known, np.int32)
    row_of[[column[position] for position in order[:n_known]]] = np.arange(n_known, dtype=np.int32)
    n_followed = len(read[0].followed) if read else 0
    everything = TokenStatistics.joined(
        [*(each.statistics for each in read if each.statistics), TokenStatistics.blank(plan.k, n_followed)]
    )
    known = row_of < n_known
    # The blank row is the last one, whatever the layer.
    at = np.where(known, row_of * n_states + np.arange(n_states, dtype=np.int32)[:, None], n_known * n_states)
    kl_bits = [each.kl_bits for each in read if each.kl_bits is not None]
    kl = np.concatenate([*kl_bits, np.full((1, n_states), np.nan, np.float32)])[row_of].T.copy()
    top_ids = everything.top_ids[at]
    return LayerReading(
        encoded=plan.encoded,
        kind=plan.kind,
        masking=plan.masking,
        positions=np.array(plan.positions, np.int32),
        known=known,
        n_vocabulary=bundle.n_vocabulary,
        entropy_bits=everything.entropy_bits[at],
        p_observed=everything.p_observed[at],
        surprisal_bits=everything.surprisal_bits[at],
        rank=everything.rank[at],
        kl_bits=kl,
        top_ids=top_ids,
        top_p=everything.top_p[at],
        top_tokens=_strings(bundle, top_ids, known),
        z=next((frozen(each.z.copy()) for each in parts if each.z is not None), None),
        meaning=bundle.nsp_meaning,
        followed=_followed(bundle, plan, read),
        notices=notices(plan.encoded),
        provenance=bundle.provenance(),
    )


def _strings(bundle: ModelBundle, ids: Ints, known: np.ndarray) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """The strings of ids [L + 1, P, K], each looked up once; nothing where nothing has come."""
    different, which = np.unique(ids, return_inverse=True)
    strings = np.array([*bundle.tokens_of(different), ""], object)[
        np.where(known[:, None], which.reshape(ids.shape), len(different))
    ]
    return tuple(tuple(tuple(words) for words in layer) for layer in strings.tolist())


def _followed(bundle: ModelBundle, plan: LayersPlan, read: Sequence[LayersPart]) -> Followed | None:
    if plan.follow is None or not read:
        return None
    (part,) = read
    if part.statistics is None or part.followed_log_p is None:
        return None
    return Followed(
        position=plan.positions[0],
        ids=np.array(part.followed, np.int32),
        tokens=bundle.tokens_of(part.followed),
        p=part.statistics.watched_p,
        log_p_nats=part.followed_log_p,
        rank=part.statistics.watched_rank,
    )


def _estimate(bundle: ModelBundle, plan: LayersPlan) -> Estimate:
    """A row is read after the embeddings and after every layer; the text itself is always seen, for the second head."""
    seen = (len(plan.encoded), len(plan.seen))
    return estimate_rows(bundle, [seen, *plan.hidden.sizes], heads=bundle.n_layers + 1)


LAYERS = Task(
    plan=of_one(_plan),
    chunks=_chunks,
    read=of_one(_read),
    assemble=of_one(_assemble),
    export=export.layer_reading,
    unit="positions",
    size=lambda plan: len(plan.positions),
    estimate=of_one(_estimate),
)


def read_layers(  # noqa: PLR0913  (the fields of its question)
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    reading: ReadingKind = "seen",
    masking: Masking = DEFAULT_MASKING,
    position: int | None = None,
    mask: int | None = None,
    follow: Sequence[str | int] = (),
    k: int = DEFAULT_K,
    edits: Sequence[Edit] = (),
) -> LayerReading:
    """Read what both heads say before the first layer and after each, at every position or at one alone.

    At one position, named by its number from 0 or as the ``mask``-th [MASK], some tokens are followed from layer to
    layer: what comes first after one of them, the position's own, and the words of ``follow``. The second head's
    answers are those to the text as given, nothing hidden. Other arguments are the fields of ``Layers`` and its
    ``Text``.

    Raises
    ------
    InputError
        If the text can't be read as one input or has no such position, an option is out of range, or the model has no
        masked-LM head or layers that are not known here.
    ModelError
        If the model fails on this input.
    """
    text = Text(text_a, text_b, several("edits", edits))
    question = Layers(text, reading, masking, position, mask, several("words to follow", follow), k)
    return LAYERS.answer((bundle,), question)
