"""What the next-sentence head says of pairs, cuts and sentences."""

from dataclasses import asdict
from typing import Any

from analysis.export.parts import edits, head, nsp, tail
from analysis.types import Floats, PairMatrix, SegmentationComparison, SplitSweep

_AROUND = 40
"""Code points of the text on either side of a boundary."""


def segmentation_comparison(comparison: SegmentationComparison) -> dict[str, Any]:
    """``variants, effects`` of a comparison, with the model, what was left out, the notices and the provenance."""
    return {
        **head(comparison.provenance),
        **edits(comparison["correct"].encoded),
        "variants": [
            {
                "name": variant.name,
                "tokens": list(variant.encoded.tokens),
                "segment_ids": variant.encoded.segment_ids.tolist(),
                "attention_mask": variant.encoded.attention_mask.tolist(),
                **nsp(variant.nsp),
            }
            for variant in comparison.variants
        ],
        "effects": asdict(comparison.effects),
        "left_out": [{"name": name, "why": why} for name, why in comparison.left_out],
        "head": comparison.meaning,
        **tail(comparison.notices, comparison.provenance),
    }


def split_sweep(sweep: SplitSweep) -> dict[str, Any]:
    """``boundaries`` with margins, controls and contrasts, ``best``, ``sentence_ranks``; boundaries count from 0."""
    text, contrast = sweep.encoded.text_a, sweep.contrast_nats
    one = sweep.one_segment
    return {
        **head(sweep.provenance),
        "unit": sweep.unit,
        "context": sweep.context,
        "seed": sweep.seed,
        "controls": list(sweep.controls),
        "one_segment": None if one is None else nsp(one),
        "boundaries": [
            {
                "at": boundary.at,
                "before": text[: boundary.at].rstrip()[-_AROUND:],
                "after": text[boundary.at :][:_AROUND],
                "sentence": boundary.sentence,
                "logits_nats": sweep.z[number].tolist(),
                "margin_nats": float(sweep.margin_nats[number]),
                "control_margins_nats": sweep.control_margin_nats[number].tolist(),
                "contrast_nats": float(contrast[number]) if sweep.controls else None,
            }
            for number, boundary in enumerate(sweep.boundaries)
        ],
        "best": {
            "by_margin": int(sweep.margin_nats.argmax()),
            "by_contrast": int(contrast.argmax()) if sweep.controls else None,
        },
        "sentence_ranks": [
            {"boundary": number, "by_margin": by_margin, "by_contrast": by_contrast}
            for number, by_margin, by_contrast in sweep.sentence_ranks
        ],
        "head": sweep.meaning,
        **tail(sweep.notices, sweep.provenance),
    }


def pair_matrix(matrix: PairMatrix) -> dict[str, Any]:
    """``margins_nats`` of all ordered pairs (null on the diagonal), controls, AUCs, orders; sentences count from 0."""
    k, margins, orders = len(matrix.sentences), matrix.margin_nats, matrix.true_order
    return {
        **head(matrix.provenance),
        "sentences": list(matrix.sentences),
        "margins_nats": _without_diagonal(margins),
        "order_effects_nats": _without_diagonal(matrix.order_effect_nats),
        "seed": matrix.seed,
        "controls": list(matrix.controls),
        "control_margins_nats": matrix.control_margin_nats.tolist(),
        "percentiles": [
            {
                "first": i,
                "second": i + 1,
                "margin_nats": float(margins[i, i + 1]),
                "percentile": matrix.percentile(i, i + 1),
            }
            for i in range(k - 1)
        ],
        "adjacency_auc": None if matrix.adjacency is None else asdict(matrix.adjacency),
        "other_text_auc": None if matrix.other_text is None else asdict(matrix.other_text),
        "true_order": None if orders is None else {"total_nats": orders.total_nats, "rank": matrix.true_order_rank},
        "best_orders": [{"order": list(each.order), "total_nats": each.total_nats} for each in matrix.best_orders],
        "head": matrix.meaning,
        **tail(matrix.notices, matrix.provenance),
    }


def _without_diagonal(values: Floats) -> list[list[float | None]]:
    return [[None if i == j else float(each) for j, each in enumerate(row)] for i, row in enumerate(values)]
