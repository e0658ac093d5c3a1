"""What the page Next sentence shows: the variants as rows, their margins and logits, what made the difference."""

from collections.abc import Iterator

import pandas as pd

from analysis.types import SegmentationComparison
from dashboard.drawing.tables import tensors
from dashboard.glossary import LONE_SEGMENT, MARGIN, ORDER_HEAD, margin_text, p_text
from dashboard.page import Look, Results
from dashboard.pages.next_sentence import figures
from dashboard.pages.next_sentence.rows import TITLES, variant_rows
from dashboard.sections import Beside, Note, Section, Sentence, Strip, Strong, Table, Waiting
from dashboard.view import ViewState

_TOKENS_AT_EACH_END = 5
_MARKS = (
    "Solid bar and 0: segment A. Dashed bar and 1: segment B. Struck through and –: hidden by the attention mask. "
    "Leaving the middle [SEP] out also moves B one place to the left. " + LONE_SEGMENT
)


def answer(_view: ViewState, results: Results, look: Look) -> Sentence | None:
    """What the head says of the correct pair."""
    comparison: SegmentationComparison | None = results.get("next_sentence")
    if comparison is None:
        return None
    correct = comparison["correct"].nsp
    return Sentence(
        (
            "The head says ",
            Strong("IsNext" if correct.margin_nats > 0 else "NotNext"),
            " for the correct pair: margin ",
            Strong(margin_text(correct.margin_nats, look.units)),
            f", P(IsNext) = {p_text(correct.p_is_next, correct.p_not_next)}.",
        ),
        help=MARGIN.definition,
    )


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The variants, one by one and compared."""
    yield Waiting()
    comparison: SegmentationComparison | None = results.get("next_sentence")
    if comparison is None:
        return
    if comparison.meaning != "next sentence":
        yield Note(ORDER_HEAD)
    yield from (Note(each, "notice") for each in comparison.notices)
    keep = None if view.flag("every") else _TOKENS_AT_EACH_END
    yield Strip("variants", variant_rows(comparison, look.palette, look.units, keep), "rows", how=_MARKS)
    yield from (Note(f"{TITLES[name].title}: {why}") for name, why in comparison.left_out)
    yield figures.margins(comparison, look.palette, look.units)
    effects, logits = figures.effects(comparison, look.palette, look.units), figures.logits(comparison, look.palette)
    yield Beside(((effects,), (logits,)))
    yield Table("variant-tensors", "Input tensors", lambda: variant_tensors(comparison), folded=True)


def variant_tensors(comparison: SegmentationComparison) -> pd.DataFrame:
    """The three tensors of every variant, one row per variant and position."""
    by_title = {TITLES[variant.name].title: tensors(variant.encoded) for variant in comparison.variants}
    return pd.concat(by_title, names=["variant"]).reset_index(level=0).reset_index(drop=True)
