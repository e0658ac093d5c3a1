"""Splits: the next-sentence head at every boundary of a text."""

import numpy as np
import streamlit as st

from analysis import export
from analysis.types import SplitSweep
from dashboard import cache, examples, glossary, sweeps, views, way_out
from dashboard.controls import next_sentence, sidebar
from dashboard.controls import splits as controls
from dashboard.controls.fields import key_of
from dashboard.pages.splits import figures as charts
from dashboard.screen.markup import plain
from dashboard.state import ViewState
from dashboard.work import Work

_OPEN = "splits.open"

model = sidebar.model_in_use()
_QUESTION = "At which boundaries does the head say “this follows”?"
st.title(_QUESTION, anchor=False)
text = controls.text(examples.SPLITS)
beside_the_fields = st.container()
view = controls.view_of(model, text)


def begin(view: ViewState) -> Work:
    """The sweep of a view, as far as it is; an InputError when it can't be."""
    return sweeps.begin("splits", view.model, controls.question(view), "Cutting the text")


def numbers(sweep: SplitSweep) -> None:
    """The sweep in a few numbers."""
    units, margin = sidebar.units(), sweep.margin_nats
    ends = np.array([boundary.sentence for boundary in sweep.boundaries])
    with st.grid("auto", min_column_width=190, gap="small"):
        st.metric(
            "Boundaries",
            f"{len(sweep.boundaries):,}",
            f"{int(ends.sum())} between sentences",
            delta_color="off",
            delta_arrow="off",
        )
        if sweep.unit == "word" and ends.any() and not ends.all():
            st.metric(
                "Margin between sentences",
                glossary.margin_text(float(margin[ends].mean()), units),
                f"elsewhere {glossary.margin_text(float(margin[~ends].mean()), units)}",
                delta_color="off",
                delta_arrow="off",
                help=glossary.MARGIN.definition,
            )
        else:
            st.metric("Mean margin", glossary.margin_text(float(margin.mean()), units), help=glossary.MARGIN.definition)
        if sweep.controls:
            st.metric(
                "Mean contrast",
                glossary.signed_text(glossary.CONTRAST, float(sweep.contrast_nats.mean()), units),
                help=f"{glossary.CONTRAST.definition} {glossary.CONTROLS}",
            )
        if sweep.one_segment is not None:
            st.metric(
                "Not cut at all",
                glossary.margin_text(sweep.one_segment.margin_nats, units),
                help=glossary.LONE_SEGMENT,
            )
    text, best = sweep.encoded.text_a, int(margin.argmax())
    st.caption(f"Largest margin at: {plain(charts.around(text, sweep.boundaries[best].at))}")
    if sweep.controls and int(sweep.contrast_nats.argmax()) != best:
        other = sweep.boundaries[int(sweep.contrast_nats.argmax())]
        st.caption(f"Largest contrast at: {plain(charts.around(text, other.at))}")
    if sweep.unit == "word" and sweep.sentence_ranks:
        ranks = ", ".join(
            f"{by_margin}" if by_contrast is None else f"{by_margin} ({by_contrast})"
            for _, by_margin, by_contrast in sweep.sentence_ranks
        )
        what = "by margin (by contrast)" if sweep.controls else "by margin"
        st.caption(f"Ranks of the boundaries between sentences among all {len(sweep.boundaries):,}, {what}: {ranks}.")


def open_boundary(sweep: SplitSweep) -> None:
    """A boundary on the Next sentence page: chosen here, or clicked in the figure."""
    text = sweep.encoded.text_a
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            "Take a boundary apart",
            range(len(sweep.boundaries)),
            format_func=lambda number: plain(f"{number + 1} · {charts.around(text, sweep.boundaries[number].at)}"),
            key=key_of("splits.chosen", text, *(str(each.at) for each in sweep.boundaries)),
        )
        if st.button("Open on Next sentence", key=_OPEN, icon=":material/arrow_forward:"):
            go_to(sweep, number)
    clicked = st.session_state.pop("splits.clicked", None)
    if isinstance(clicked, int) and 0 <= clicked < len(sweep.boundaries):
        go_to(sweep, clicked)


def go_to(sweep: SplitSweep, number: int) -> None:
    """Leave for the Next sentence page with the text cut at a boundary."""
    next_sentence.open_cut(sweep.encoded.text_a, sweep.boundaries[number].at)
    st.switch_page("dashboard/app_pages/next_sentence.py")


def clicked() -> None:
    """Keep which boundary was clicked: the page opens it once it has been checked."""
    st.session_state["splits.clicked"] = views.picked("splits.curve")


the_work = views.result_of(view, begin, beside_the_fields)
shown = views.shown(view)
asked = controls.question(shown)
sweep = cache.split_sweep(shown.model, asked, the_work.done)
units = sidebar.units()

waiting = sweeps.estimate(shown.model, asked)
views.notices(sweep.notices)
if sweep.meaning != "next sentence":
    st.caption(glossary.ORDER_HEAD)
if sweep.complete:
    numbers(sweep)
views.show(
    lambda palette: charts.split_curve(sweep, palette, units),
    key="splits.curve",
    provenance=sweep.provenance,
    min_width=charts.curve_width(len(sweep.boundaries)),
    on_pick=clicked,
)
open_boundary(sweep)
if sweep.controls:
    with st.expander(f"The {len(sweep.controls)} control passages (seed {sweep.seed})", key="splits.passages"):
        st.caption(glossary.CONTROLS)
        for number, name in enumerate(sweep.controls, start=1):
            st.markdown(f"{number}. {plain(name)}")
if sweep.complete:
    views.download_json(lambda: export.split_sweep(sweep), name="splits", key="splits.json")
way_out.row(
    shown,
    sweep.provenance,
    title=_QUESTION,
    results=(lambda: {"splits": export.split_sweep(sweep)}) if sweep.complete else None,
    measures=(glossary.MARGIN, glossary.CONTRAST),
    notes=(("controls", glossary.CONTROLS),),
)
views.provenance_line(sweep.provenance)
sweeps.go_on("splits", the_work, asked, waiting)
