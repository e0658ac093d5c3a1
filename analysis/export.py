"""Results as JSON-ready dictionaries: the layouts that the command line documents."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.measures import TokenMeasure, measures_of
from analysis.types import (
    CandidateContest,
    Comparison,
    Encoded,
    FillResult,
    Floats,
    HiddenReading,
    Ints,
    ModelFacts,
    NextSentence,
    PairMatrix,
    Provenance,
    SeenReading,
    SegmentationComparison,
    SentenceScore,
    SplitSweep,
    TokenStatistics,
    TourSteps,
    WordComparison,
)

_AROUND = 40
"""Code points of the text on either side of a boundary."""


def seen_reading(reading: SeenReading) -> dict[str, Any]:
    """``schema, model, reading, positions, nsp`` of a seen reading, with the notices and the provenance."""
    return {
        **_head(reading.provenance),
        "reading": "seen",
        **_edits(reading.encoded),
        "positions": _positions(reading),
        "nsp": None if reading.nsp is None else {**_nsp(reading.nsp), "lone_segment": reading.nsp.lone_segment},
        **_tail(reading.notices, reading.provenance),
    }


def hidden_reading(reading: HiddenReading) -> dict[str, Any]:
    """``schema, model, reading, masking, positions`` of a hidden reading; the copy gap is against the seen one."""
    return {
        **_head(reading.provenance),
        "reading": "hidden",
        "masking": reading.masking,
        **_edits(reading.encoded),
        "positions": _positions(reading),
        **_tail(reading.notices, reading.provenance),
    }


def sentence_score(score: SentenceScore, reading: HiddenReading) -> dict[str, Any]:
    """The scores of a hidden reading, by token and by reporting word; ``word`` of a token counts from 0."""
    encoded = reading.encoded
    word_of = {position: number for number, word in enumerate(score.words) for position in word.positions}
    counted = (~encoded.outside).nonzero()[0].tolist()
    return {
        **_head(reading.provenance),
        "masking": score.masking,
        **_edits(encoded),
        "pll_nats": score.pll_nats,
        **(
            {}
            if score.pll_b_nats is None
            else {"pll_a_given_b_nats": score.pll_a_nats, "pll_b_given_a_nats": score.pll_b_nats}
        ),
        "n_tokens": score.n_tokens,
        "n_words": score.n_words,
        "n_characters": score.n_characters,
        "pseudo_perplexity": _number(score.pseudo_perplexity),
        "pseudo_perplexity_word": _number(score.pseudo_perplexity_word),
        "bits_per_character": score.bits_per_character,
        "tokens": [
            {"token": encoded.tokens[i], "word": word_of[i], "logp_nats": float(score.logp_nats[i])} for i in counted
        ],
        "words": [
            {"word": word.text, "segment": word.sequence, "logp_nats": float(logp)}
            for word, logp in zip(score.words, score.word_logp_nats, strict=True)
        ],
        **_tail(reading.notices, reading.provenance),
    }


def fill_result(result: FillResult) -> dict[str, Any]:
    """``positions, fillings, disagree`` of filled [MASK]s; the steps of a filling are in the order they were taken."""
    return {
        **_head(result.provenance),
        **_edits(result.encoded),
        "positions": list(result.positions),
        "fillings": [
            {
                "order": filling.order,
                "tokens": list(filling.tokens),
                "total_nats": filling.total_nats,
                "steps": [
                    {
                        "position": step.position,
                        "token": step.token,
                        "id": step.id,
                        "logp_nats": step.logp_nats,
                        "top": _top(step.top_tokens, step.top_ids, step.top_p),
                    }
                    for step in filling.steps
                ],
            }
            for filling in result.fillings
        ],
        "disagree": list(result.disagree),
        **_tail(result.notices, result.provenance),
    }


def candidate_contest(contest: CandidateContest) -> dict[str, Any]:
    """``position, reference, candidates`` of a contest, in the order in which they were given."""
    return {
        **_head(contest.provenance),
        **_edits(contest.encoded),
        "position": contest.position,
        "reference": contest.candidates[contest.reference].text,
        "candidates": [
            {
                "text": each.text,
                "tokens": list(each.tokens),
                "logp_nats": each.logp_nats.tolist(),
                "total_nats": each.total_nats,
                "mean_nats": each.mean_nats,
                "rank": each.rank,
                "odds_bits": None if np.isnan(odds) else float(odds),
            }
            for each, odds in zip(contest.candidates, contest.odds_bits, strict=True)
        ],
        **_tail(contest.notices, contest.provenance),
    }


def segmentation_comparison(comparison: SegmentationComparison) -> dict[str, Any]:
    """``variants, effects`` of a comparison, with the model, what was left out, the notices and the provenance."""
    return {
        **_head(comparison.provenance),
        **_edits(comparison["correct"].encoded),
        "variants": [
            {
                "name": variant.name,
                "tokens": list(variant.encoded.tokens),
                "segment_ids": variant.encoded.segment_ids.tolist(),
                "attention_mask": variant.encoded.attention_mask.tolist(),
                **_nsp(variant.nsp),
            }
            for variant in comparison.variants
        ],
        "effects": {name.removesuffix("_nats"): value for name, value in asdict(comparison.effects).items()},
        "left_out": [{"name": name, "why": why} for name, why in comparison.left_out],
        "head": comparison.meaning,
        **_tail(comparison.notices, comparison.provenance),
    }


def split_sweep(sweep: SplitSweep) -> dict[str, Any]:
    """``boundaries`` with margins, controls and contrasts, ``best``, ``sentence_ranks``; boundaries count from 0."""
    text, contrast = sweep.encoded.text_a, sweep.contrast_nats
    one = sweep.one_segment
    return {
        **_head(sweep.provenance),
        "unit": sweep.unit,
        "context": sweep.context,
        "seed": sweep.seed,
        "controls": list(sweep.controls),
        "one_segment": None if one is None else _nsp(one),
        "boundaries": [
            {
                "at": boundary.at,
                "before": text[: boundary.at].rstrip()[-_AROUND:],
                "after": text[boundary.at :][:_AROUND],
                "sentence": boundary.sentence,
                "logits": sweep.z[number].tolist(),
                "margin": float(sweep.margin_nats[number]),
                "control_margins": sweep.control_margin_nats[number].tolist(),
                "contrast": float(contrast[number]) if sweep.controls else None,
            }
            for number, boundary in enumerate(sweep.boundaries)
        ],
        "best": {
            "margin": int(sweep.margin_nats.argmax()),
            "contrast": int(contrast.argmax()) if sweep.controls else None,
        },
        "sentence_ranks": [
            {"boundary": number, "by_margin": by_margin, "by_contrast": by_contrast}
            for number, by_margin, by_contrast in sweep.sentence_ranks
        ],
        "head": sweep.meaning,
        **_tail(sweep.notices, sweep.provenance),
    }


def pair_matrix(matrix: PairMatrix) -> dict[str, Any]:
    """``margins`` of all ordered pairs (null on the diagonal), controls, AUCs, orders; sentences count from 0."""
    k, margins, orders = len(matrix.sentences), matrix.margin_nats, matrix.true_order
    return {
        **_head(matrix.provenance),
        "sentences": list(matrix.sentences),
        "margins": _without_diagonal(margins),
        "order_effects": _without_diagonal(matrix.order_effect_nats),
        "seed": matrix.seed,
        "controls": list(matrix.controls),
        "control_margins": matrix.control_margin_nats.tolist(),
        "percentiles": [
            {"first": i, "second": i + 1, "margin": float(margins[i, i + 1]), "percentile": matrix.percentile(i, i + 1)}
            for i in range(k - 1)
        ],
        "adjacency_auc": None if matrix.adjacency is None else asdict(matrix.adjacency),
        "other_text_auc": None if matrix.other_text is None else asdict(matrix.other_text),
        "true_order": None if orders is None else {"total": orders.total_nats, "rank": matrix.true_order_rank},
        "best_orders": [{"order": list(each.order), "total": each.total_nats} for each in matrix.best_orders],
        "head": matrix.meaning,
        **_tail(matrix.notices, matrix.provenance),
    }


def comparison(found: Comparison | WordComparison) -> dict[str, Any]:
    """``a, b, pairs, nsp`` of two readings side by side; by reporting word, ``words`` instead of ``pairs``.

    Every difference is B minus A; an index counts from 0 and is null where that side has nothing.
    """
    sides = {"a": _reading(found.a), "b": _reading(found.b)}
    rows = _words(found) if isinstance(found, WordComparison) else {"pairs": _pairs(found)}
    return {"schema": found.a.provenance.schema, **sides, **rows, "nsp": _nsp_of_both(found)}


def tour_steps(tour: TourSteps) -> dict[str, Any]:
    """``steps`` of the tour: the values of each, what was published, and why it has none; names say the units."""
    steps = [
        {"name": step.name, "values": _named(step.values), "published": _named(step.published), "why": step.why_absent}
        for step in tour.steps
    ]
    return {**_head(tour.provenance), "steps": steps, "head": tour.meaning, **_tail((), tour.provenance)}


def model_facts(facts: ModelFacts) -> dict[str, Any]:
    """The facts of a model by name, without its card."""
    kept = {name: value for name, value in asdict(facts).items() if name not in {"card", "provenance"}}
    return {**_head(facts.provenance), **kept, **_tail((), facts.provenance)}


def made_by(record: Provenance) -> dict[str, Any]:
    """``spec, revision, heads`` of the model that made a result."""
    return {"spec": record.spec, "revision": record.revision, "heads": dict(record.heads)}


def provenance(record: Provenance) -> dict[str, Any]:
    """The record of where numbers come from, with the moment of the export."""
    return {
        **asdict(record),
        "heads": dict(record.heads),
        "versions": dict(record.versions),
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _head(record: Provenance) -> dict[str, Any]:
    return {"schema": record.schema, "model": made_by(record)}


def _tail(notices: tuple[str, ...], record: Provenance) -> dict[str, Any]:
    return {"notices": list(notices), "provenance": provenance(record)}


def _edits(encoded: Encoded) -> dict[str, Any]:
    return {"edits": [{"position": position, "id": id_} for position, id_ in encoded.edits]} if encoded.edits else {}


def _positions(reading: SeenReading | HiddenReading) -> list[dict[str, Any]]:
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
            "top": _top(reading.top_tokens[i], statistics.top_ids[i], statistics.top_p[i]),
            **({"watched": _watched(seen, statistics, i)} if seen.watch else {}),
        }
        for i in range(len(encoded))
    ]


def _values(measure: TokenMeasure, reading: SeenReading | HiddenReading) -> list[float | None]:
    kind = int if measure.whole else float
    return [kind(each) if np.isfinite(each) else None for each in measure.values(reading).tolist()]


def _top(tokens: tuple[str, ...], ids: Ints, p: Floats) -> list[dict[str, Any]]:
    return [{"token": token, "id": int(id_), "p": float(each)} for token, id_, each in zip(tokens, ids, p, strict=True)]


def _reading(reading: SeenReading | HiddenReading) -> dict[str, Any]:
    return hidden_reading(reading) if isinstance(reading, HiddenReading) else seen_reading(reading)


def _pairs(found: Comparison) -> list[dict[str, Any]]:
    divergence, overlap = found.divergence, found.topk_overlap
    entropy, surprisal = found.delta_entropy_bits, found.delta_surprisal_bits
    rank_a, rank_b = found.rank_a, found.rank_b
    return [
        {
            "index_a": _index(found.index_a[pair]),
            "index_b": _index(found.index_b[pair]),
            "kind": kind,
            "js_bits": _number(divergence.js_bits[pair]),
            "kl_ab_bits": _number(divergence.kl_ab_bits[pair]),
            "kl_ba_bits": _number(divergence.kl_ba_bits[pair]),
            "delta_entropy_bits": _number(entropy[pair]),
            "delta_surprisal_bits": _number(surprisal[pair]),
            "rank_a": int(rank_a[pair]) or None,
            "rank_b": int(rank_b[pair]) or None,
            "topk_overlap": _number(overlap[pair]),
            "js_rest_bits": _number(divergence.js_rest_bits[pair]),
            "movers": [
                {
                    "token": token,
                    "js_bits": float(divergence.mover_js_bits[pair, place]),
                    "p_a": float(divergence.mover_p_a[pair, place]),
                    "p_b": float(divergence.mover_p_b[pair, place]),
                }
                for place, token in enumerate(found.mover_tokens[pair])
                if divergence.mover_js_bits[pair, place] > 0
            ],
        }
        for pair, kind in enumerate(found.kinds)
    ]


def _words(found: WordComparison) -> dict[str, Any]:
    surprisal = zip(found.surprisal_a_bits, found.surprisal_b_bits, found.delta_surprisal_bits, strict=True)
    a, b = found.bits_per_character
    return {
        "why_by_word": found.why,
        "words": [
            {
                "word_a": None if i < 0 else found.words_a[i].text,
                "word_b": None if j < 0 else found.words_b[j].text,
                "kind": kind,
                "surprisal_a_bits": _number(of_a),
                "surprisal_b_bits": _number(of_b),
                "delta_surprisal_bits": _number(delta),
            }
            for i, j, kind, (of_a, of_b, delta) in zip(
                found.index_a, found.index_b, found.kinds, surprisal, strict=True
            )
        ],
        "bits_per_character": {"a": a, "b": b},
    }


def _nsp_of_both(found: Comparison | WordComparison) -> dict[str, Any]:
    a, b = found.a.nsp, found.b.nsp
    return {
        "a": None if a is None else {**_nsp(a), "lone_segment": a.lone_segment},
        "b": None if b is None else {**_nsp(b), "lone_segment": b.lone_segment},
        "delta_margin": b.margin_nats - a.margin_nats if a and b and a.meaning == b.meaning else None,
    }


def _index(value: np.int32) -> int | None:
    return int(value) if value >= 0 else None


def _number(value: float | np.float32) -> float | None:
    """JSON has neither infinity nor not-a-number: null instead."""
    return float(value) if np.isfinite(value) else None


def _without_diagonal(values: Floats) -> list[list[float | None]]:
    return [[None if i == j else float(each) for j, each in enumerate(row)] for i, row in enumerate(values)]


def _watched(seen: SeenReading, statistics: TokenStatistics, i: int) -> list[dict[str, Any]]:
    numbers = zip(seen.watched_tokens, seen.watch, statistics.watched_p[i], statistics.watched_rank[i], strict=True)
    return [{"token": token, "id": id_, "p": float(p), "rank": int(rank)} for token, id_, p, rank in numbers]


def _named(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _nsp(answer: NextSentence) -> dict[str, Any]:
    return {
        "logits": [answer.logit_is_next, answer.logit_not_next],
        "margin": answer.margin_nats,
        "p_is_next": answer.p_is_next,
    }
