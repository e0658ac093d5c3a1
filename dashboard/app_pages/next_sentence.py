"""Next sentence: does the head think B follows A, and what made it think so."""

import streamlit as st

from analysis import export
from analysis.texts.text import check_text, cut_text
from analysis.types import SegmentationComparison
from dashboard import cache, examples, glossary, progress, views, way_out
from dashboard.controls import next_sentence as controls
from dashboard.controls import sidebar
from dashboard.drawing import tables
from dashboard.pages.next_sentence import figures as nsp
from dashboard.pages.next_sentence.rows import variant_rows
from dashboard.pages.next_sentence.variants import TITLES
from dashboard.screen.components.variants import variant_rows as draw_rows
from dashboard.screen.markup import plain
from dashboard.state import ViewState

_TOKENS_AT_EACH_END = 5

model = sidebar.model_in_use()
_QUESTION = "Does the head think B follows A, and what made it think so?"
st.title(_QUESTION, anchor=False)
mode, text_a, text_b = controls.texts(examples.PAIRS)
beside_the_fields = st.container()


def compare(view: ViewState) -> SegmentationComparison:
    """The view's comparison, from the cache or computed."""
    if view.name("mode") == controls.ONE_TEXT and not view.text_b:
        # One field is on screen: nothing is said about a text B.
        cut_text(check_text(view.text_a), len(view.text_a))
    with progress.computing("Comparing"):
        return cache.comparison(view.model, view.text_a, view.text_b or "")


def verdict(comparison: SegmentationComparison) -> None:
    """The answer in one line, and what may be made of it."""
    units, answer = sidebar.units(), comparison["correct"].nsp
    says = "IsNext" if answer.margin_nats > 0 else "NotNext"
    st.markdown(
        f"The head says **{says}** for the correct pair: margin **{glossary.margin_text(answer.margin_nats, units)}**, "
        f"P(IsNext) = {glossary.p_text(answer.p_is_next, answer.p_not_next)}.",
        help=glossary.MARGIN.definition,
    )
    if comparison.meaning != "next sentence":
        st.caption(glossary.ORDER_HEAD)


view = controls.view_of(model, mode, text_a, text_b)
comparison = views.result_of(view, compare, beside_the_fields)
units, source = sidebar.units(), comparison.provenance

verdict(comparison)
views.notices(comparison.notices)
draw_rows(
    variant_rows(comparison, sidebar.theme(), units, None if view.option("every") else _TOKENS_AT_EACH_END),
    key="nsp.rows",
)
st.caption(
    "Solid bar and 0: segment A. Dashed bar and 1: segment B. Struck through and –: hidden by the attention mask. "
    "Leaving the middle [SEP] out also moves B one place to the left. " + glossary.LONE_SEGMENT
)
for name, why in comparison.left_out:
    st.caption(f"{plain(TITLES[name].title)}: {plain(why)}")

views.show(lambda palette: nsp.margins(comparison, palette, units), key="nsp.margins", provenance=source)
left, right = st.columns(2, gap="large")
with left:
    views.show(lambda palette: nsp.effects(comparison, palette, units), key="nsp.effects", provenance=source)
with right:
    views.show(lambda palette: nsp.logits(comparison, palette), key="nsp.logits", provenance=source)
views.table_twin(
    lambda: tables.variant_tensors(comparison),
    name="variant-tensors",
    key="nsp.tensors",
    provenance=source,
    label="Input tensors",
)
views.download_json(lambda: export.segmentation_comparison(comparison), name="next-sentence", key="nsp.json")
way_out.row(
    views.shown(view),
    source,
    title=_QUESTION,
    results=lambda: {"next_sentence": export.segmentation_comparison(comparison)},
    measures=(glossary.MARGIN,),
    notes=(("one segment", glossary.LONE_SEGMENT),),
)
views.provenance_line(source)
