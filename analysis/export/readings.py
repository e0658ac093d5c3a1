"""Readings and scores."""

from collections.abc import Iterable
from typing import Any

from analysis.export.parts import answer, edits, nsp_of_input, picked, plain, rows, top
from analysis.measures import Reading, measures_of
from analysis.types import HiddenReading, PositionDistribution, RegionScore, SentenceScore


def reading(found: Reading) -> dict[str, Any]:
    """``reading, positions`` of a reading with its model, notices and provenance; of a seen one ``nsp``, too.

    Of a hidden one there is ``masking``, and the copy gap is against the seen one.
    """
    hidden = isinstance(found, HiddenReading)
    body = {
        "reading": found.kind,
        **({"masking": found.masking} if hidden else {}),
        **edits(found.encoded),
        "positions": _positions(found),
        **({} if hidden else {"nsp": nsp_of_input(found.nsp)}),
    }
    return answer(found.provenance, found.notices, body)


def distribution(found: PositionDistribution) -> dict[str, Any]:
    """``reading, position, token, entries`` of one position: all of the vocabulary, the most probable first."""
    order, encoded = found.order, found.encoded
    columns: dict[str, Iterable[Any]] = {
        "token": [found.tokens[id_] for id_ in order.tolist()],
        "id": order.tolist(),
        "p": found.p[order].tolist(),
        "logp_nats": found.log_p_nats[order].tolist(),
        "rank": found.rank[order].tolist(),
    }
    body = {
        "reading": found.kind,
        **({} if found.masking is None else {"masking": found.masking}),
        **edits(encoded),
        "position": found.position,
        "token": encoded.tokens[found.position],
        "entries": rows(columns),
    }
    return answer(found.provenance, found.notices, body)


def sentence_score(score: SentenceScore, reading: HiddenReading) -> dict[str, Any]:
    """The scores of a hidden reading, by token and by reporting word; ``word`` of a token counts from 0."""
    encoded = reading.encoded
    word_of = {position: at for at, word in enumerate(score.words) for position in word.positions}
    counted = (~encoded.outside).nonzero()[0].tolist()
    by_segment = {"pll_a_given_b_nats": score.pll_a_nats, "pll_b_given_a_nats": score.pll_b_nats}
    body = {
        "masking": score.masking,
        **edits(encoded),
        "pll_nats": score.pll_nats,
        **({} if score.pll_b_nats is None else by_segment),
        **picked(score, "n_tokens", "n_words", "n_characters"),
        **picked(score, "pseudo_perplexity", "pseudo_perplexity_word", "bits_per_character"),
        "tokens": rows(
            {
                "token": [encoded.tokens[i] for i in counted],
                "word": [word_of[i] for i in counted],
                "masking_word": encoded.word[counted].tolist(),
                **{name: [each[i] for i in counted] for name, each in encoded.offsets.items()},
                "logp_nats": score.logp_nats[counted].tolist(),
            }
        ),
        "words": [
            {"word": word.text, "segment": word.sequence, "from": word.span[0], "to": word.span[1]}
            | {"logp_nats": plain(float(logp))}
            for word, logp in zip(score.words, score.word_logp_nats, strict=True)
        ],
        **({"regions": [_region(each) for each in score.regions]} if score.regions else {}),
    }
    return answer(reading.provenance, reading.notices, body)


def _region(found: RegionScore) -> dict[str, Any]:
    region = found.region
    place = {"text": region.text, "first": region.first, "last": region.last, "segment": region.sequence}
    numbers = ("n_tokens", "seen_surprisal_bits", "seen_logp_nats", "surprisal_bits", "logp_nats")
    return {**place, "from": region.span[0], "to": region.span[1], **picked(found, *numbers)}


def _positions(found: Reading) -> list[dict[str, Any]]:
    encoded, statistics = found.encoded, found.statistics
    columns: dict[str, Iterable[Any]] = {
        "index": range(len(encoded)),
        "token": encoded.tokens,
        "id": encoded.ids.tolist(),
        "segment": encoded.segment_ids.tolist(),
        **encoded.offsets,
        "special": encoded.outside.tolist(),
    }
    for measure in measures_of(found):
        values = plain(measure.values(found))
        columns[measure.field] = [int(each) if measure.whole and each is not None else each for each in values]
    columns["top"] = map(top, found.top_tokens, statistics.top_ids, statistics.top_p)
    seen = found.seen if isinstance(found, HiddenReading) else found
    if seen.watch:
        columns["watched"] = [
            rows({"token": seen.watched_tokens, "id": seen.watch, "p": p, "rank": rank})
            for p, rank in zip(statistics.watched_p.tolist(), statistics.watched_rank.tolist(), strict=True)
        ]
    return rows(columns)
