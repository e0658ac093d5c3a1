"""Readings and scores."""

from typing import Any

import numpy as np

from analysis.export.parts import edits, head, nsp_of_input, number, tail, top
from analysis.measures import Reading, TokenMeasure, measures_of
from analysis.types import HiddenReading, SeenReading, SentenceScore, TokenStatistics


def seen_reading(reading: SeenReading) -> dict[str, Any]:
    """``schema, model, reading, positions, nsp`` of a seen reading, with the notices and the provenance."""
    return {
        **head(reading.provenance),
        "reading": "seen",
        **edits(reading.encoded),
        "positions": _positions(reading),
        "nsp": nsp_of_input(reading.nsp),
        **tail(reading.notices, reading.provenance),
    }


def hidden_reading(reading: HiddenReading) -> dict[str, Any]:
    """``schema, model, reading, masking, positions`` of a hidden reading; the copy gap is against the seen one."""
    return {
        **head(reading.provenance),
        "reading": "hidden",
        "masking": reading.masking,
        **edits(reading.encoded),
        "positions": _positions(reading),
        **tail(reading.notices, reading.provenance),
    }


def sentence_score(score: SentenceScore, reading: HiddenReading) -> dict[str, Any]:
    """The scores of a hidden reading, by token and by reporting word; ``word`` of a token counts from 0."""
    encoded = reading.encoded
    word_of = {position: at for at, word in enumerate(score.words) for position in word.positions}
    counted = (~encoded.outside).nonzero()[0].tolist()
    return {
        **head(reading.provenance),
        "masking": score.masking,
        **edits(encoded),
        "pll_nats": score.pll_nats,
        **(
            {}
            if score.pll_b_nats is None
            else {"pll_a_given_b_nats": score.pll_a_nats, "pll_b_given_a_nats": score.pll_b_nats}
        ),
        "n_tokens": score.n_tokens,
        "n_words": score.n_words,
        "n_characters": score.n_characters,
        "pseudo_perplexity": number(score.pseudo_perplexity),
        "pseudo_perplexity_word": number(score.pseudo_perplexity_word),
        "bits_per_character": score.bits_per_character,
        "tokens": [
            {"token": encoded.tokens[i], "word": word_of[i], "logp_nats": float(score.logp_nats[i])} for i in counted
        ],
        "words": [
            {"word": word.text, "segment": word.sequence, "logp_nats": float(logp)}
            for word, logp in zip(score.words, score.word_logp_nats, strict=True)
        ],
        **tail(reading.notices, reading.provenance),
    }


def seen_or_hidden(reading: Reading) -> dict[str, Any]:
    """A reading of either kind."""
    return hidden_reading(reading) if isinstance(reading, HiddenReading) else seen_reading(reading)


def _positions(reading: Reading) -> list[dict[str, Any]]:
    encoded, statistics = reading.encoded, reading.statistics
    seen = reading.seen if isinstance(reading, HiddenReading) else reading
    measured = {measure.field: _values(measure, reading) for measure in measures_of(reading)}
    return [
        {
            "index": i,
            "token": encoded.tokens[i],
            "id": int(encoded.ids[i]),
            "segment": int(encoded.segment_ids[i]),
            "special": bool(encoded.outside[i]),
            **{field: values[i] for field, values in measured.items()},
            "top": top(reading.top_tokens[i], statistics.top_ids[i], statistics.top_p[i]),
            **({"watched": _watched(seen, statistics, i)} if seen.watch else {}),
        }
        for i in range(len(encoded))
    ]


def _values(measure: TokenMeasure, reading: Reading) -> list[float | None]:
    kind = int if measure.whole else float
    return [kind(each) if np.isfinite(each) else None for each in measure.values(reading).tolist()]


def _watched(seen: SeenReading, statistics: TokenStatistics, i: int) -> list[dict[str, Any]]:
    numbers = zip(seen.watched_tokens, seen.watch, statistics.watched_p[i], statistics.watched_rank[i], strict=True)
    return [{"token": token, "id": id_, "p": float(p), "rank": int(rank)} for token, id_, p, rank in numbers]
