"""What the page Next sentence shows: one table of the pair, its controls and its variants, and what made the answer."""

from collections.abc import Iterator

import pandas as pd

from analysis.texts.text import counted
from analysis.types import PairPercentile, SegmentationComparison
from dashboard.drawing.tables import tensors
from dashboard.drawing.treatment import told, treatment
from dashboard.glossary import MARGIN, margin_text, odds_text
from dashboard.page import Look, Results
from dashboard.pages.next_sentence import figures
from dashboard.pages.next_sentence.among import better_than, control_table
from dashboard.pages.next_sentence.logits import two_logits_read
from dashboard.pages.next_sentence.rows import TITLES, variant_rows, variant_table
from dashboard.second_head import controls_of, head_words
from dashboard.sections import Fields, Note, Section, Sentence, Strip, Strong, Table, Waiting
from dashboard.view import ViewState

_TOKENS_AT_EACH_END = 5
_MARKS = (
    "Margins lie on one axis: circles right of 0 say {yes}, diamonds left of it {no}, thin marks are controls. Under "
    "the tokens: solid bar and 0, segment A; dashed bar and 1, segment B; struck through and –, hidden by the "
    "attention mask. Leaving the middle [SEP] out also moves B one place forward. {lone}"
)


def answer(_view: ViewState, results: Results, look: Look) -> Sentence | None:
    """What the head says of the correct pair, how usual that is, and what made it."""
    comparison: SegmentationComparison | None = results.get("next_sentence")
    if comparison is None:
        return None
    correct, effects = comparison["correct"].nsp, comparison.effects
    among: PairPercentile | None = results.get("controls")
    made = {"The segment ids": effects.segment_ids_nats, "the middle [SEP]": effects.separator_nats}
    most, least = sorted(made, key=lambda name: -abs(made[name]))
    usual = better_than(among) if among is not None else ""
    parts = (
        "The head says ",
        Strong(head_words(comparison.meaning).says(correct.margin_nats)),
        ": margin ",
        Strong(margin_text(correct.margin_nats, look.units)),
        f", {odds_text(correct.margin_nats)}",
        f", {usual} of {counted(len(among.controls), 'control')}" if among is not None and usual else "",
        f". {most[0].upper()}{most[1:]} made {margin_text(made[most], look.units)} of it, "
        f"{least[0].lower()}{least[1:]} {margin_text(made[least], look.units)}.",
    )
    return Sentence(parts, help=MARGIN.definition)


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The table, then what the separator and the segment ids made, and what two logits mean."""
    comparison: SegmentationComparison | None = results.get("next_sentence")
    if comparison is None:
        yield Waiting()
        return
    words, among = head_words(comparison.meaning), results.get("controls")
    if words.order_note:
        yield Note(words.order_note)
    yield from told(comparison.notices)
    keep = None if view.flag("every") else _TOKENS_AT_EACH_END
    how = _MARKS.format(yes=words.yes, no=words.no, lone=words.lone_segment)
    n_controls = view.number("controls") if "controls" not in results.failed else 0
    rows = variant_rows(comparison, among, look.palette, look.units, keep, n_controls)
    yield Strip("variants", rows, "rows", how=how)
    if "controls" in results.failed:
        yield Fields((), question="controls")
    yield Waiting()
    yield Table("variants", "Table", lambda: variant_table(comparison, look.units), folded=True)
    yield from (Note(f"{TITLES[name].title}: {why}") for name, why in comparison.left_out)
    if among is not None:
        title = f"The {counted(len(among.controls), 'control')} (seed {among.seed})"
        make, note = (
            (lambda: control_table(among, look.units)),
            controls_of(among.provenance.spec, view.name("controls_from")),
        )
        yield Table("pair-controls", title, make, note=note, folded=True)
    yield figures.effects(comparison, look.palette, look.units)
    yield two_logits_read(view, comparison["correct"].nsp, look.units)
    yield Table("variant-tensors", "Input tensors", lambda: variant_tensors(comparison), folded=True)
    yield from treatment(comparison.notices)


def variant_tensors(comparison: SegmentationComparison) -> pd.DataFrame:
    """The three tensors of every variant, one row per variant and position."""
    by_title = {TITLES[variant.name].title: tensors(variant.encoded) for variant in comparison.variants}
    return pd.concat(by_title, names=["variant"]).reset_index(level=0).reset_index(drop=True)
