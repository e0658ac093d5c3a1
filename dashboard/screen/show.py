"""Sections of a page on the screen."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import sections as kinds
from dashboard.drawing import tables
from dashboard.screen import components, fields
from dashboard.screen.acts import Shown
from dashboard.screen.markup import plain, without_relative_links
from dashboard.screen.saved import download, now

_IMAGES: dict[str, dict[str, Any]] = {"SVG": {"format": "svg"}, "PNG": {"format": "png", "scale": 4}}
"""How a figure is saved: as drawn, or in dots enough for paper (a figure of 700 pixels at 20 cm: 350 per inch)."""


def draw_all(sections: Iterable[kinds.Section], shown: Shown) -> None:
    """Draw sections one below the other."""
    for section in sections:
        draw(section, shown)


def draw(section: kinds.Section, shown: Shown) -> None:
    """Draw one section."""
    match section:
        case kinds.Sentence():
            st.markdown("".join(map(_part, section.parts)), help=section.help or None)
        case kinds.Note():
            icon = ":material/info:"
            if section.kind == "info":
                st.info(plain(section.text), icon=icon)
            else:
                st.caption((f"{icon} " if section.kind == "notice" else "") + plain(section.text))
        case kinds.Heading():
            st.subheader(plain(section.text), anchor=False, help=section.help or None)
        case kinds.Code():
            place = st.expander(plain(section.title), key=shown.key(section.title)) if section.title else st.container()
            place.code(section.source, language=section.language, wrap_lines=True)
        case kinds.Card():
            st.markdown(without_relative_links(section.markdown))
        case kinds.Folded():
            with st.expander(plain(section.title), key=shown.key(section.key)):
                draw_all(section.sections, shown)
        case kinds.Beside():
            place = st.container(key=shown.key(section.key)) if section.key else st.container()
            columns = place.columns(list(section.widths) or len(section.columns), gap="medium")
            for column, sections in zip(columns, section.columns, strict=True):
                with column:
                    draw_all(sections, shown)
        case kinds.Act():
            shown.acts.places[section.name](shown)
        case _:
            _DRAWN[type(section)](section, shown)


def _part(part: str) -> str:
    """A part of a sentence; the outer spaces of what is not strong stay."""
    if isinstance(part, kinds.Strong):
        return f"**{plain(part)}**"
    bare = part.strip()
    before, _, after = part.partition(bare) if bare else (part, "", "")
    return f"{before}{plain(bare)}{after}"


def _numbers(section: kinds.Numbers, _shown: Shown) -> None:
    with st.grid("auto", min_column_width=section.width, gap="small"):
        for number in section.items:
            st.metric(
                plain(number.name),
                plain(number.value),
                plain(number.below) or None,
                delta_color="off",
                delta_arrow="off",
                help=number.help or None,
            )


def _strip(section: kinds.Strip, shown: Shown) -> None:
    if section.title:
        st.subheader(plain(section.title), anchor=False)

    def pick(chosen: int) -> None:
        st.session_state[shown.page.field(section.picks)] = chosen

    mark = partial(shown.acts.mark, shown) if section.marks and shown.acts.mark is not None else None
    on_pick = pick if section.picks else None
    components.draw(section, key=shown.key(section.key), on_pick=on_pick, on_mark=mark)
    if section.how:
        st.caption(plain(section.how))


def _chart(section: kinds.Chart, shown: Shown) -> None:
    key = shown.key(section.place)
    st.subheader(plain(section.title), anchor=False)
    # A grid of one column that may not wrap scrolls sideways where the page is narrower than the figure.
    place = st.container() if section.min_width is None else st.grid(1, min_column_width=section.min_width, wrap=False)
    place.plotly_chart(
        section.figure,
        theme=None,
        key=f"{key}.figure",
        alt=section.alt,
        on_select=_clicked(section, shown) if section.clicks else "ignore",
        selection_mode="points",
        config={
            "displaylogo": False,
            "modeBarButtons": [["toImage"]],
            "toImageButtonOptions": _IMAGES[st.session_state.get("figures", "SVG")]
            | {"filename": f"pretext-{section.name}"},
        },
    )
    st.caption(plain(section.how))
    _table_twin(section, section.make_table, key, "Table", shown)


def _clicked(section: kinds.Chart, shown: Shown) -> Callable[[], None]:
    act = shown.acts.clicks[section.clicks]

    def clicked() -> None:
        try:
            mark = st.session_state[f"{shown.key(section.place)}.figure"]["selection"]["points"][0]["customdata"][0]
        except (KeyError, IndexError, TypeError):
            return
        act(mark)

    return clicked


def _table(section: kinds.Table, shown: Shown) -> None:
    if section.folded:
        _table_twin(section, section.make, shown.key(section.key or section.name), section.title, shown)
    else:
        if section.title:
            st.subheader(plain(section.title), anchor=False, help=section.help or None)
        frame = (section.printed or section.make)()
        if section.clicks:
            _rows(section, frame, shown)
        else:
            st.table(
                frame.map(_escaped).rename(columns=_escaped, index=_escaped),
                border="horizontal",
                hide_index=isinstance(frame.index, pd.RangeIndex),
                alt=section.title or section.name,
            )
    if section.note:
        st.caption(plain(section.note))


def _rows(section: kinds.Table, frame: pd.DataFrame, shown: Shown) -> None:
    """Rows of which one can be chosen, and which can be sorted."""
    key, act = f"{shown.key(section.key or section.name)}.rows", shown.acts.clicks[section.clicks]

    def chosen() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows and rows[0] < len(frame):
            act(frame.iat[rows[0], 0])

    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        on_select=chosen,
        selection_mode="single-row",
        alt=section.title or section.name,
    )


def _escaped(cell: Any) -> Any:
    return plain(cell) if isinstance(cell, str) else cell


def _table_twin(
    section: kinds.Chart | kinds.Table, make: Callable[[], pd.DataFrame], key: str, label: str, shown: Shown
) -> None:
    """The numbers of a figure, folded away, with a download; made only when it is open."""
    twin = st.expander(plain(label), on_change="rerun", key=f"{key}.twin")
    if twin.open:
        table, name, source = make(), section.name, shown.results.provenance
        with twin:
            # Above the table, which takes its height when it is drawn: below it the button went from under the pointer.
            download("Download CSV", lambda: tables.csv(table, source, now()), f"{name}.csv", key=f"{key}.csv")
            st.dataframe(table, hide_index=True, alt=f"The numbers of the figure: {name}")


def _fields(section: kinds.Fields, shown: Shown) -> None:
    for name in section.names:
        option = shown.page.option(name)
        among = getattr(option, "among", None)  # of a choice
        allowed = None if among is None else dict(among(shown.view, shown.results))
        if allowed != {}:
            fields.draw_option(shown.page, option, allowed)
    failed = shown.results.failed.get(section.question)
    if failed is not None and section.names:
        st.error(plain(failed))
    elif failed is not None:
        draw(kinds.Note(failed, "notice"), shown)


def _waiting(_section: kinds.Waiting, shown: Shown) -> None:
    shown.waiting = st.container()


_DRAWN: dict[type, Callable[[Any, Shown], None]] = {
    kinds.Numbers: _numbers,
    kinds.Strip: _strip,
    kinds.Chart: _chart,
    kinds.Table: _table,
    kinds.Fields: _fields,
    kinds.Waiting: _waiting,
}
