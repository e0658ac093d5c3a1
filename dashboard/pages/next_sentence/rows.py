"""What the rows of variants draw: one record per variant, its tokens under their segment ids, its numbers."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from analysis.types import TEMPLATE, Encoded, SegmentationComparison
from dashboard.drawing.palette import Palette
from dashboard.glossary import Units, margin_text, p_text


class VariantTitle(NamedTuple):
    """A variant's name on screen and one sentence about what was done to the correct pair."""

    title: str
    meaning: str


TITLES = {
    "one_segment": VariantTitle("one segment", "No middle [SEP], all segment ids 0: one running text."),
    "separator_only": VariantTitle("separator only", "The middle [SEP] is there, but all segment ids are 0."),
    "segment_ids_only": VariantTitle(
        "segment ids only", "Segment ids are right, but the middle [SEP] is missing (so B stands one place earlier)."
    ),
    "correct": VariantTitle("correct pair", "[CLS] A [SEP] B [SEP] with segment ids 0 and 1, as in pre-training."),
    "swapped": VariantTitle("swapped", "B first, then A: does the head mind the order?"),
    "flipped_ids": VariantTitle("flipped ids", "The correct pair with every segment id exchanged, 1 before 0."),
    "ids_as_mask": VariantTitle(
        "ids as mask", "Segment ids handed over as the attention mask, a known slip: A is hidden, and all ids are 0."
    ),
    "wrong_boundary": VariantTitle("wrong boundary", "The cut is moved into the middle of the longer text."),
}


def variant_rows(
    comparison: SegmentationComparison, palette: Palette, units: Units, keep: int | None
) -> dict[str, Any]:
    """Rows and colours for the component; ``keep`` as in ``shortened``."""
    return {
        "rows": [
            {
                **TITLES[variant.name]._asdict(),
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
    cells: list[dict[str, Any]] = [
        {
            "text": encoded.tokens[i],
            "segment": int(encoded.segment_ids[i]),
            "mask": int(encoded.attention_mask[i]),
            "ghost": bool(encoded.sequence[i] == TEMPLATE),
        }
        for i in range(len(encoded))
    ]
    changes = (np.diff(encoded.segment_ids) != 0) | (np.diff(encoded.stands_with) != 0)
    edges = [0, *(np.flatnonzero(changes) + 1).tolist(), len(cells)]
    shown: list[dict[str, Any]] = []
    for run in (cells[start:stop] for start, stop in pairwise(edges)):
        if keep is None or len(run) <= 2 * keep + 1:
            shown += run
        else:
            shown += [*run[:keep], {"more": f"{len(run) - 2 * keep} more"}, *run[-keep:]]
    return shown
