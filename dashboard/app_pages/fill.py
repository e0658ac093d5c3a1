"""Fill: what the masked-LM head would put into the gaps of a text, one by one or jointly, and which candidate fits."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from analysis import export
from analysis.errors import PretextError
from analysis.tasks.fill import joined
from analysis.types import CandidateContest, FillResult
from dashboard import cache, examples, glossary, progress, views, way_out
from dashboard.controls import fill as controls
from dashboard.controls import sidebar
from dashboard.pages.fill import contest as contests
from dashboard.pages.fill import orders as fills
from dashboard.pages.fill import steps
from dashboard.pages.fill.filled import read_outs
from dashboard.screen.components.filled import filled_texts
from dashboard.screen.markup import plain
from dashboard.state import ViewState

model = sidebar.model_in_use()
_QUESTION = "What would the head put into the gaps?"
st.title(_QUESTION, anchor=False)
text_a, text_b = controls.texts(examples.FILL)
beside_the_fields = st.container()
units = sidebar.units()


def fill(view: ViewState) -> FillResult:
    """Every order that the view asks for, each from the cache or computed; slow ones appear as they come."""
    asked = [
        partial(cache.fill, view.model, view.text_a, view.text_b, order, view.number("beam"), view.number("k"))
        for order in controls.orders_of(view)
    ]
    return joined(progress.in_parts("Filling the gaps, order", asked, so_far))


def so_far(results: Sequence[FillResult]) -> None:
    """The orders that are there while others are still being computed."""
    chart = fills.orders(joined(results), sidebar.theme(), units)
    st.subheader(plain(chart.title), anchor=False)
    st.plotly_chart(chart.figure, theme=None, key=f"fill.so_far.{len(results)}", alt=chart.alt)


def verdict(result: FillResult) -> None:
    """In one line, whether the orders agree."""
    orders = len({filling.order for filling in result.fillings})
    if orders > 1:
        *others, last = [f"{gap}" for gap, at in enumerate(result.positions, start=1) if at in result.disagree] or [""]
        where = f"**gaps {', '.join(others)} and {last}**" if others else f"**gap {last}**"
        found = f"disagree at {where}" if last else "all fill the gaps **alike**"
        st.markdown(f"The {orders} orders {found}.", help=f"**Total**: {glossary.FILL_TOTAL.definition}")


def contest(view: ViewState, result: FillResult) -> tuple[ViewState, CandidateContest | None]:
    """Candidates for one gap of the text that is filled above, against each other; the view that asks for them."""
    st.subheader(
        "Which candidate fits a gap best?",
        anchor=False,
        help=f"**{glossary.CANDIDATE_TOTAL.name}**: {glossary.CANDIDATE_TOTAL.definition}\n\n"
        f"**{glossary.CANDIDATE_MEAN.name}**: {glossary.CANDIDATE_MEAN.definition}\n\n"
        f"**{glossary.ODDS.name}**: {glossary.ODDS.definition}",
    )
    view, beside = controls.with_contest(view, result)
    candidates, reference = controls.parsed(view.name("candidates")), view.name("reference")
    if not candidates:
        st.caption("Type the words or phrases that are to compete for the gap.")
        return view, None
    first = candidates.index(reference) if reference in candidates else 0
    try:
        with progress.computing("Scoring the candidates"):
            scored = cache.contest(
                view.model,
                result.encoded.text_a,
                result.encoded.text_b,
                candidates,
                view.number("gap"),
                first,
                bool(view.option("any_length")),
            )
    except PretextError as error:
        beside.error(plain(str(error)))
        return view, None
    views.show(lambda palette: contests.bars(scored, palette, units), key="fill.contest", provenance=scored.provenance)
    views.table_twin(
        lambda: contests.pieces_table(scored, units),
        name="candidate-pieces",
        key="fill.pieces",
        provenance=scored.provenance,
        label="Pieces of the candidates",
    )
    views.download_json(
        lambda: export.candidate_contest(scored),
        name="candidates",
        key="fill.contest.json",
        label="Download JSON of the candidates",
    )
    return view, scored


def results(result: FillResult, scored: CandidateContest | None) -> dict[str, Any]:
    """What a session file holds of this page."""
    found = {"fill": export.fill_result(result)}
    return found if scored is None else {**found, "candidates": export.candidate_contest(scored)}


if not controls.has_gap(model, text_a, text_b):
    with beside_the_fields:
        controls.offer_gaps(model, text_a)
    st.stop()
view = controls.view_of(model, text_a, text_b)
result = views.result_of(view, fill, beside_the_fields)
source, every = result.provenance, bool(view.option("every"))

verdict(result)
views.notices(result.notices)
views.show(
    lambda palette: fills.orders(result, palette, units, every=every),
    key="fill.table",
    provenance=source,
    min_width=fills.orders_width(result, every=every),
)

st.subheader("The text, filled", anchor=False)
filled_texts(read_outs(result), key="fill.texts")

view = controls.with_steps(views.shown(view), result)
taken = result[view.name("steps")]
views.show(
    lambda palette: steps.steps(result, taken, palette, units),
    key="fill.step",
    provenance=source,
    min_width=steps.steps_width(taken),
)
views.download_json(lambda: export.fill_result(result), name="fill", key="fill.json")

asked, scored = contest(view, result)
way_out.row(
    asked,
    source,
    title=_QUESTION,
    results=lambda: results(result, scored),
    measures=(glossary.FILL_TOTAL, glossary.CANDIDATE_TOTAL, glossary.CANDIDATE_MEAN, glossary.ODDS),
)
views.provenance_line(source)
