"""What pages have in common when they show something: a result or its error, a figure with its twin, downloads."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.errors import PretextError
from analysis.types import Provenance
from dashboard.drawing import tables
from dashboard.drawing.chart import Chart, cut
from dashboard.drawing.palette import Palette, palette
from dashboard.paper.report import Wide
from dashboard.screen.markup import plain
from dashboard.state import ViewState, options

Result = TypeVar("Result")

_DRAWN = "views.drawn"
_IMAGES: dict[str, dict[str, Any]] = {"SVG": {"format": "svg"}, "PNG": {"format": "png", "scale": 4}}
"""How a figure is saved: as drawn, or in dots enough for paper (a figure of 700 pixels at 20 cm: 350 per inch)."""
_BEGINS = 60
"""Code points by which a person knows a text again."""

_ONLY_SHOWN = {
    "tokens": {"by", "fit", "k", "masking", "measure", "position", "reading"},
    "fill": {"every", "steps"},
    "next_sentence": {"every"},
    "compare": {"fit", "k", "measure", "pair"},
}
"""Options of a page that change how a result is shown and not what the model is asked."""


def result_of(view: ViewState, compute: Callable[[ViewState], Result], beside: DeltaGenerator) -> Result:
    """Compute a view's result; when its input can't be read, say so beside the fields and keep the last good result.

    Stops the page when there has been none.
    """
    last_good = f"{view.page}.shown"
    try:
        result = compute(view)
    except PretextError as error:
        beside.error(plain(str(error)))
    else:
        st.session_state[last_good] = view
        return result
    previous = st.session_state.get(last_good)
    if previous is not None:
        try:
            # The model in use by now may be another one: numbers of two models never stand on one page.
            result = compute(_of_model(previous, view.model))
        except PretextError:
            st.stop()
        begins = cut(" ".join(previous.text_a.split()), _BEGINS)
        beside.caption(plain(f"Below is still the last text that could be read. It begins: {begins}"))
        return result
    st.stop()


def shown(view: ViewState) -> ViewState:
    """The view whose result ``result_of`` gave: this one, or the last that could be read, shown as is chosen now."""
    last: ViewState = st.session_state[f"{view.page}.shown"]
    last = _of_model(last, view.model)
    present = {"units", *_ONLY_SHOWN.get(view.page, ())}
    chosen = {name: value for name, value in view.options if name in present}
    return replace(last, options=options(dict(last.options) | chosen))


def _of_model(view: ViewState, model: str) -> ViewState:
    """The view on another model; edits are ids of one vocabulary and do not go with it."""
    if view.model == model:
        return view
    given = dict(view.options)
    if "edits_a" in given:
        given["edits_a"] = ""
    if given.get("model_b") == view.model:
        given["model_b"] = model
    return replace(view, model=model, edits=(), options=options(given))


Draw = Callable[[Palette], Chart]
"""Draws a figure in a palette: the page's, or that of a report."""


def begin() -> None:
    """Forget which figures have been shown; called where a page, or the part of it that is redrawn, begins."""
    st.session_state[_DRAWN] = {}


def figures_shown() -> Callable[[], tuple[Chart | Wide, ...]]:
    """Draws the figures that the page shows now anew for paper, in their order, whenever it is called."""
    drawn: dict[str, tuple[Draw, int | None]] = dict(st.session_state.get(_DRAWN, {}))

    def draw_all() -> tuple[Chart | Wide, ...]:
        charts = ((draw(palette("light")), min_width) for draw, min_width in drawn.values())
        return tuple(chart if min_width is None else Wide(chart, min_width) for chart, min_width in charts)

    return draw_all


def show(
    draw: Draw,
    *,
    key: str,
    provenance: Provenance,
    min_width: int | None = None,
    on_pick: Callable[[], None] | None = None,
) -> None:
    """A figure with its reading aid and its table.

    Parameters
    ----------
    draw
        Draws the figure.
    min_width
        In pixels, for a figure that would not bear squeezing.
    on_pick
        Called after a click on a mark; ``picked`` then says on which.
    """
    chart = draw(palette(st.context.theme.type))
    st.session_state.setdefault(_DRAWN, {})[key] = draw, min_width
    st.subheader(plain(chart.title), anchor=False)
    # A grid of one column that may not wrap scrolls sideways where the page is narrower than the figure.
    place = st.container() if min_width is None else st.grid(1, min_column_width=min_width, wrap=False)
    place.plotly_chart(
        chart.figure,
        theme=None,
        key=f"{key}.figure",
        alt=chart.alt,
        on_select=on_pick or "ignore",
        selection_mode="points",
        config={
            "displaylogo": False,
            "modeBarButtons": [["toImage"]],
            "toImageButtonOptions": _IMAGES[st.session_state.get("figures", "SVG")]
            | {"filename": f"pretext-{chart.name}"},
        },
    )
    st.caption(plain(chart.how))
    table_twin(chart.make_table, name=chart.name, key=key, provenance=provenance)


def picked(key: str) -> Any:
    """What the mark that was clicked on a figure has as its first ``customdata``; None when nothing was."""
    try:
        return st.session_state[f"{key}.figure"]["selection"]["points"][0]["customdata"][0]
    except (KeyError, IndexError, TypeError):
        return None


def table_twin(
    make_table: Callable[[], pd.DataFrame], *, name: str, key: str, provenance: Provenance, label: str = "Table"
) -> None:
    """The numbers of a figure, folded away, with a download; made only when it is open."""
    twin = st.expander(label, on_change="rerun", key=f"{key}.twin")
    if twin.open:
        table = make_table()
        with twin:
            st.dataframe(table, hide_index=True, alt=f"The numbers of the figure: {name}")
            st.download_button(
                "Download CSV",
                lambda: csv(table, provenance),
                file_name=f"pretext-{name}.csv",
                mime="text/csv",
                icon=":material/download:",
                key=f"{key}.csv",
                on_click="ignore",
            )


def csv(table: pd.DataFrame, provenance: Provenance) -> str:
    """A table as CSV, as of now."""
    return tables.csv(table, provenance, now())


def download_json(make: Callable[[], dict[str, Any]], *, name: str, key: str, label: str = "Download JSON") -> None:
    """A button that gives a result as the JSON of the command line."""
    st.download_button(
        label,
        lambda: json.dumps(make(), ensure_ascii=False, indent=2),
        file_name=f"pretext-{name}.json",
        mime="application/json",
        icon=":material/download:",
        key=key,
        on_click="ignore",
        help="The same as the command line prints.",
    )


def notices(sentences: tuple[str, ...]) -> None:
    """What the reader should know about this input."""
    for sentence in sentences:
        st.caption(f":material/info: {plain(sentence)}")


def provenance_line(provenance: Provenance) -> None:
    """Which model made these numbers, in which arithmetic."""
    versions = ", ".join(f"{name} {version}" for name, version in provenance.versions)
    st.caption(
        plain(
            f"Model {provenance.spec}, revision {provenance.short_revision}, {provenance.architecture}, "
            f"{provenance.dtype}; {versions}"
        )
    )


def now() -> str:
    """The moment, in UTC and whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
