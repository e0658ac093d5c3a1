"""Sections of a page on the screen."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import singledispatch
from typing import Any

import pandas as pd
import streamlit as st

from analysis.types import Provenance
from dashboard.drawing import tables
from dashboard.page import Choice
from dashboard.screen import cache, fields
from dashboard.screen.components import strips
from dashboard.screen.markup import plain, without_relative_links
from dashboard.screen.shown import Shown
from dashboard.sections import (
    Act,
    Beside,
    Card,
    Chart,
    Code,
    Fields,
    Folded,
    Heading,
    Note,
    Numbers,
    Section,
    Sentence,
    Strip,
    Strong,
    Table,
    Waiting,
)

_IMAGES: dict[str, dict[str, Any]] = {"SVG": {"format": "svg"}, "PNG": {"format": "png", "scale": 4}}
"""How a figure is saved: as drawn, or in dots enough for paper (a figure of 700 pixels at 20 cm: 350 per inch)."""


def draw_all(sections: Iterable[Section], shown: Shown) -> None:
    """Draw sections one below the other."""
    for section in sections:
        draw(section, shown)


@singledispatch
def draw(section: Section, shown: Shown) -> None:
    """Draw one section."""
    raise TypeError(f"no way to draw {type(section).__name__}")


@draw.register
def _(section: Sentence, _shown: Shown) -> None:
    parts = (f"**{plain(part)}**" if isinstance(part, Strong) else _inside(part) for part in section.parts)
    st.markdown("".join(parts), help=section.help or None)


def _inside(part: str) -> str:
    """A part of a line: its outer spaces stay."""
    bare = part.strip()
    before, _, after = part.partition(bare) if bare else (part, "", "")
    return f"{before}{plain(bare)}{after}"


@draw.register
def _(section: Numbers, _shown: Shown) -> None:
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


@draw.register
def _(section: Note, _shown: Shown) -> None:
    if section.kind == "info":
        st.info(plain(section.text), icon=":material/info:")
    else:
        st.caption((":material/info: " if section.kind == "notice" else "") + plain(section.text))


@draw.register
def _(section: Heading, _shown: Shown) -> None:
    st.subheader(plain(section.text), anchor=False, help=section.help or None)


@draw.register
def _(section: Code, _shown: Shown) -> None:
    place = st.expander(plain(section.title)) if section.title else st.container()
    place.code(section.source, language=section.language, wrap_lines=True)


@draw.register
def _(section: Card, _shown: Shown) -> None:
    st.markdown(without_relative_links(section.markdown))


@draw.register
def _(section: Folded, shown: Shown) -> None:
    with st.expander(plain(section.title), key=shown.key(section.key)):
        draw_all(section.sections, shown)


@draw.register
def _(section: Beside, shown: Shown) -> None:
    columns = st.columns(list(section.widths) or len(section.columns), gap="medium")
    for column, sections in zip(columns, section.columns, strict=True):
        with column:
            draw_all(sections, shown)


@draw.register
def _(section: Strip, shown: Shown) -> None:
    if section.title:
        st.subheader(plain(section.title), anchor=False)

    def pick(chosen: int) -> None:
        st.session_state[shown.key(section.picks)] = chosen

    strips.draw(section, key=shown.key(section.key), on_pick=pick if section.picks else None)
    if section.how:
        st.caption(plain(section.how))


@draw.register
def _(section: Chart, shown: Shown) -> None:
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
    _table_twin(section.make_table, section.name, key, section.provenance, "Table")


def _clicked(section: Chart, shown: Shown) -> Callable[[], None]:
    act = shown.acts.clicks[section.clicks]

    def clicked() -> None:
        try:
            mark = st.session_state[f"{shown.key(section.place)}.figure"]["selection"]["points"][0]["customdata"][0]
        except (KeyError, IndexError, TypeError):
            return
        act(mark)

    return clicked


@draw.register
def _(section: Table, shown: Shown) -> None:
    if section.folded:
        _table_twin(section.make, section.name, shown.key(section.place), section.provenance, section.title)
    else:
        if section.title:
            st.subheader(plain(section.title), anchor=False, help=section.help or None)
        frame = (section.printed or section.make)()
        st.table(
            frame.map(_escaped).rename(columns=_escaped, index=_escaped),
            border="horizontal",
            hide_index=isinstance(frame.index, pd.RangeIndex),
            alt=section.title or section.name,
        )
    if section.note:
        st.caption(plain(section.note))


def _escaped(cell: Any) -> Any:
    return plain(cell) if isinstance(cell, str) else cell


def _table_twin(
    make_table: Callable[[], pd.DataFrame], name: str, key: str, provenance: Provenance, label: str
) -> None:
    """The numbers of a figure, folded away, with a download; made only when it is open."""
    twin = st.expander(plain(label), on_change="rerun", key=f"{key}.twin")
    if twin.open:
        table = make_table()
        with twin:
            st.dataframe(table, hide_index=True, alt=f"The numbers of the figure: {name}")
            st.download_button(
                "Download CSV",
                lambda: tables.csv(table, provenance, now()),
                file_name=f"pretext-{name}.csv",
                mime="text/csv",
                icon=":material/download:",
                key=f"{key}.csv",
                on_click="ignore",
            )


@draw.register
def _(section: Fields, shown: Shown) -> None:
    for name in section.names:
        option = shown.page.option(name)
        depends = isinstance(option, Choice) and option.among is not None
        among = option.among(shown.view, shown.results) if isinstance(option, Choice) and option.among else {}
        if not depends or among:
            fields.draw_option(shown.page, option, dict(among) if depends else None)
    failed = shown.results.failed.get(section.question)
    if failed is not None:
        st.error(plain(failed))


@draw.register
def _(section: Act, shown: Shown) -> None:
    shown.acts.places[section.name](shown)


@draw.register
def _(_section: Waiting, shown: Shown) -> None:
    work = shown.work
    for found in (cache.estimate(work.models, work.questions[name]) for name in work.chunks):
        if found is not None:
            st.caption(
                f"{found.passes:,} passes of the model over {found.tokens:,} tokens, by estimate {found.seconds:.1f} s "
                "on this machine."
            )
    shown.waiting = st.container()


def download_json(make: Callable[[], Any], *, name: str, key: str, label: str) -> None:
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
