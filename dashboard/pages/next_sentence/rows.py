"""What the rows of variants draw: one record per variant, its tokens under their segment ids, its numbers."""

from typing import Any

import numpy as np

from analysis.types import TEMPLATE, Encoded, SegmentationComparison
from dashboard.drawing.palette import Palette
from dashboard.glossary import Units, margin_text, p_text
from dashboard.pages.next_sentence.variants import TITLES


def variant_rows(
    comparison: SegmentationComparison, palette: Palette, units: Units, keep: int | None
) -> dict[str, Any]:
    """Rows and colours for the component; ``keep`` as in ``shortened``."""
    return {
        "rows": [
            {
                "title": TITLES[variant.name].title,
                "meaning": TITLES[variant.name].meaning,
                "tokens": shortened(variant.encoded, keep),
                "next": variant.nsp.margin_nats > 0,
                "margin": margin_text(variant.nsp.margin_nats, units),
                "p": f"P {p_text(variant.nsp.p_is_next, variant.nsp.p_not_next)}",
            }
            for variant in comparison.variants
        ],
        "a": palette.segment_a,
        "b": palette.segment_b,
        "is_next": palette.is_next,
        "not_next": palette.not_next,
    }


def shortened(encoded: Encoded, keep: int | None) -> list[dict[str, Any]]:
    """Tokens with their segment id and mask.

    ``keep`` shortens each stretch of one text under one segment id to that many tokens at its start and at its end,
    so that the places where either changes stay in sight; None keeps all.
    """
    cells: list[dict[str, Any]] = []
    text = encoded.stands_with
    changes = (np.diff(encoded.segment_ids) != 0) | (np.diff(text) != 0)
    for run in np.split(np.arange(len(encoded)), np.flatnonzero(changes) + 1):
        if keep is None or len(run) <= 2 * keep + 1:
            cells += [_cell(encoded, i) for i in run]
        else:
            cells += [_cell(encoded, i) for i in run[:keep]]
            cells.append({"more": f"{len(run) - 2 * keep} more"})
            cells += [_cell(encoded, i) for i in run[-keep:]]
    return cells


def _cell(encoded: Encoded, i: int) -> dict[str, Any]:
    return {
        "text": encoded.tokens[i],
        "segment": int(encoded.segment_ids[i]),
        "mask": int(encoded.attention_mask[i]),
        "ghost": bool(encoded.sequence[i] == TEMPLATE),
    }
