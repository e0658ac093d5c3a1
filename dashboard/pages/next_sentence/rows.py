"""The one table of variants: the correct pair, its controls, then everything that can be done to the pair.

Every row has its tokens under their segment ids, both logits, and its margin as a number and as a dot; the axis of the
dots is the same in all rows, symmetric about 0.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.texts.text import counted
from analysis.types import TEMPLATE, Encoded, NextSentence, PairPercentile, SegmentationComparison
from dashboard.drawing import tables
from dashboard.drawing.direction import direction_of
from dashboard.drawing.palette import Palette
from dashboard.glossary import MARGIN, Units, margin_of_p, margin_text, p_text, signed
from dashboard.pages.next_sentence.among import better_than
from dashboard.second_head import head_words


class VariantTitle(NamedTuple):
    """A variant's name on screen and one sentence about what was done to the correct pair."""

    title: str
    meaning: str


_LEAST_REACH_NATS = margin_of_p(0.999)
"""A margin that is hardly one does not fill the axis."""
_ROUND_REACHES = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)

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
    comparison: SegmentationComparison,
    among: PairPercentile | None,
    palette: Palette,
    units: Units,
    keep: int | None,
    n_controls: int = 0,
) -> dict[str, Any]:
    """Rows, axis and colours for the component; ``keep`` as in ``shortened``.

    ``among`` is the pair among its controls, as far as it has come, ``n_controls`` how many were asked for: their row
    stands there before they do.
    """
    words, unit = head_words(comparison.meaning), MARGIN.unit(units)
    limit = _limit(comparison, among, units)
    rows = [
        {
            **TITLES[variant.name]._asdict(),
            "tokens": shortened(variant.encoded, keep),
            "first": variant.name == "correct",
            **_numbers(variant.nsp, limit, units),
        }
        for variant in sorted(comparison.variants, key=lambda each: each.name != "correct")
    ]
    n_controls = n_controls if among is None else len(among.controls)
    if n_controls:
        rows.insert(1, _controls(comparison["correct"].encoded, n_controls, among, limit, units, keep))
    return {
        "rows": rows,
        "axis": {
            "no": words.no,
            "yes": words.yes,
            "low": signed(-limit).removesuffix(".00"),
            "high": signed(limit).removesuffix(".00"),
            "unit": unit,
        },
        "dir": direction_of(comparison["correct"].encoded),
        "a": palette.segment_a,
        "b": palette.segment_b,
        "is_next": palette.is_next,
        "not_next": palette.not_next,
    }


def _numbers(answer: NextSentence, limit: float, units: Units) -> dict[str, Any]:
    """A row's numbers in words, and where its dot lies, in percent of the axis."""
    return {
        "z0": signed(answer.logit_is_next),
        "z1": signed(answer.logit_not_next),
        "next": answer.margin_nats > 0,
        "verdict": head_words(answer.meaning).says(answer.margin_nats),
        "margin": margin_text(answer.margin_nats, units),
        "p": f"{head_words(answer.meaning).p} {p_text(answer.p_is_next, answer.p_not_next)}",
        "at": _at(answer.margin_nats, limit, units),
        "marks": [],
    }


def _controls(
    correct: Encoded, count: int, among: PairPercentile | None, limit: float, units: Units, keep: int | None
) -> dict[str, Any]:
    """The row of the controls: A with something else after it, and a mark for each margin."""
    margins = np.array([]) if among is None else among.control_margin_nats
    known, said = margins[np.isfinite(margins)].tolist(), "" if among is None else better_than(among)
    return {
        "title": counted(count, "control"),
        "meaning": "The same A, and in B's place a sentence of another text: how usual is such a margin?",
        "tokens": shortened(correct, keep, "a sentence of another text"),
        "first": False,
        "z0": "",
        "z1": "",
        "next": False,
        "verdict": "",
        "margin": said or "…",
        "p": f"of {counted(count, 'control')}" if said else "",
        "at": None,
        "marks": [_at(margin, limit, units) for margin in known],
    }


def _limit(comparison: SegmentationComparison, among: PairPercentile | None, units: Units) -> float:
    """Where the axis ends on either side, in the unit on screen: a round number that no margin exceeds."""
    margins = [abs(variant.nsp.margin_nats) for variant in comparison.variants]
    if among is not None:
        margins += np.abs(among.control_margin_nats[np.isfinite(among.control_margin_nats)]).tolist()
    reach = MARGIN.convert(max([_LEAST_REACH_NATS, *margins]), units)
    power = 10.0 ** np.floor(np.log10(reach))
    return float(next(each * power for each in _ROUND_REACHES if each * power >= reach))


def _at(margin_nats: float, limit: float, units: Units) -> float:
    """Where a margin lies, in percent of the axis."""
    return round(50 + 50 * MARGIN.convert(margin_nats, units) / limit, 2)


def shortened(encoded: Encoded, keep: int | None, instead: str = "") -> list[dict[str, Any]]:
    """Tokens with their segment id and mask.

    ``keep`` shortens each stretch of one text under one segment id to that many tokens at its start and at its end,
    so that the places where either changes stay in sight; None keeps all. ``instead`` stands in the place of B's
    tokens, where given.
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
    second = np.flatnonzero(encoded.sequence == 1)
    if instead:
        changes[second[-1]] = True
    edges = [0, *(np.flatnonzero(changes) + 1).tolist(), len(cells)]
    shown: list[dict[str, Any]] = []
    for start, stop in pairwise(edges):
        run = cells[start:stop]
        if instead and start in second:
            shown.append({"more": instead})
        elif keep is None or len(run) <= 2 * keep + 1:
            shown += run
        else:
            shown += [*run[:keep], {"more": f"{len(run) - 2 * keep} more"}, *run[-keep:]]
    return shown


def variant_table(comparison: SegmentationComparison, units: Units) -> pd.DataFrame:
    """One row per variant, in the order of the rows: both logits, margin, probability, length."""
    return pd.DataFrame(
        [
            {
                "variant": TITLES[variant.name].title,
                **tables.answer(variant.nsp, units),
                "tokens": len(variant.encoded),
            }
            for variant in sorted(comparison.variants, key=lambda each: each.name != "correct")
        ]
    )
