"""What the next-sentence head says of pairs, cuts and sentences."""

from dataclasses import asdict
from typing import Any

from analysis.export.parts import answer, edits, nsp, picked, rows
from analysis.types import Floats, PairMatrix, PairPercentile, SegmentationComparison, SplitSweep

_AROUND = 40
"""Code points of the text on either side of a boundary."""


def segmentation_comparison(comparison: SegmentationComparison) -> dict[str, Any]:
    """``variants, effects`` of a comparison, with the model, what was left out, the notices and the provenance."""
    body = {
        **edits(comparison["correct"].encoded),
        "variants": [
            {
                "name": variant.name,
                **picked(variant.encoded, "tokens", "segment_ids", "attention_mask"),
                **nsp(variant.nsp),
            }
            for variant in comparison.variants
        ],
        "effects": asdict(comparison.effects),
        "left_out": [{"name": name, "why": why} for name, why in comparison.left_out],
        "head": comparison.meaning,
    }
    return answer(comparison.provenance, comparison.notices, body)


def split_sweep(sweep: SplitSweep) -> dict[str, Any]:
    """``boundaries`` with margins, controls and contrasts, ``best``, ``sentence_ranks``; boundaries count from 0."""
    text, cuts, margins, contrast = sweep.encoded.text_a, sweep.boundaries, sweep.margin_nats, sweep.contrast_nats
    columns = {
        "at": [cut.at for cut in cuts],
        "before": [text[: cut.at].rstrip()[-_AROUND:] for cut in cuts],
        "after": [text[cut.at :][:_AROUND] for cut in cuts],
        "sentence": [cut.sentence for cut in cuts],
        "logits_nats": sweep.z.tolist(),
        "margin_nats": margins.tolist(),
        "control_margins_nats": sweep.control_margin_nats.tolist(),
        "contrast_nats": contrast.tolist() if sweep.controls else [None] * len(cuts),
    }
    body = {
        **picked(sweep, "unit", "context", "language", "seed", "controls"),
        "one_segment": None if sweep.one_segment is None else nsp(sweep.one_segment),
        "boundaries": rows(columns),
        "best": {
            "by_margin": int(margins.argmax()),
            "by_contrast": int(contrast.argmax()) if sweep.controls else None,
        },
        "sentence_ranks": [
            {"boundary": number, "by_margin": by_margin, "by_contrast": by_contrast}
            for number, by_margin, by_contrast in sweep.sentence_ranks
        ],
        "head": sweep.meaning,
    }
    return answer(sweep.provenance, sweep.notices, body)


def pair_matrix(matrix: PairMatrix) -> dict[str, Any]:
    """``margins_nats`` of all ordered pairs (null on the diagonal), controls, AUCs, threshold, orders.

    Sentences count from 0.
    """
    margins, true = matrix.margin_nats, matrix.true_order
    neighbours = [(i, i + 1) for i in range(len(matrix.sentences) - 1)]
    body = {
        "sentences": list(matrix.sentences),
        "margins_nats": _without_diagonal(margins),
        "order_effects_nats": _without_diagonal(matrix.order_effect_nats),
        "seed": matrix.seed,
        "controls": list(matrix.controls),
        "control_margins_nats": matrix.control_margin_nats.tolist(),
        "percentiles": [
            {"first": i, "second": j, "margin_nats": float(margins[i, j]), "percentile": matrix.percentile(i, j)}
            for i, j in neighbours
        ],
        "adjacency_auc": None if matrix.adjacency is None else asdict(matrix.adjacency),
        "other_text_auc": None if matrix.other_text is None else asdict(matrix.other_text),
        "threshold": None if matrix.threshold is None else asdict(matrix.threshold),
        "true_order": None if true is None else {"total_nats": true.total_nats, "rank": matrix.true_order_rank},
        "best_orders": [picked(each, "order", "total_nats") for each in matrix.best_orders],
        "head": matrix.meaning,
    }
    return answer(matrix.provenance, matrix.notices, body)


def pair_percentile(found: PairPercentile) -> dict[str, Any]:
    """The pair's own answer, ``percentile`` among the ``controls``, and their margins."""
    body = {
        **nsp(found.nsp),
        "percentile": found.percentile,
        **picked(found, "seed", "controls"),
        "control_margins_nats": found.control_margin_nats.tolist(),
        "head": found.nsp.meaning,
    }
    return answer(found.provenance, found.notices, body)


def _without_diagonal(values: Floats) -> list[list[float | None]]:
    return [[None if i == j else each for j, each in enumerate(row)] for i, row in enumerate(values.tolist())]
