"""Batch: a file that fills the field of rows, and a row that is opened on the page where it is looked at by itself."""

from typing import Any

import streamlit as st

from analysis.limits import MAX_PASTED_BYTES, PASTED_TOO_MUCH
from analysis.questions import Text
from analysis.texts.text import decoded
from analysis.types.table import ScoredTable, TableRow
from dashboard.page import Page
from dashboard.pages import PAGES
from dashboard.pages.batch.sections import OPENS
from dashboard.pages.compare import TEXTS
from dashboard.pages.next_sentence import TWO_TEXTS
from dashboard.screen import fields, from_file, navigation
from dashboard.screen.acts import Acts, Shown
from dashboard.view import Value, ViewState

_CLICKED = "batch.clicked"
_TYPES = ("csv", "tsv", "txt", "json", "jsonl")


def _upload(page: Page) -> None:
    """A file whose rows then stand in the field."""
    place = st.popover("From a file", icon=":material/upload_file:", type="tertiary", key="batch.from_file")
    label = "A table: CSV, tab-separated, JSON, or a text a line"
    from_file.draw(f"{page.key}.text_a", label, place, types=_TYPES, read=_table)


def _table(content: bytes) -> str:
    return decoded(content, most=MAX_PASTED_BYTES + 1, too_much=PASTED_TOO_MUCH)


def _click(number: Any) -> None:
    """Keep which row was chosen: it is opened once it has been checked."""
    st.session_state[_CLICKED] = number


def _open(shown: Shown) -> None:
    """The row that was chosen, on the page for its kind."""
    table: ScoredTable = shown.results["batch"]
    clicked = st.session_state.pop(_CLICKED, None)
    row = next((each for each in table.rows if each.number == clicked), None)
    if row is not None:
        navigation.bring(_view_of(row, table, shown.view))


def _view_of(row: TableRow, table: ScoredTable, view: ViewState) -> ViewState:
    # An item of a suite may have no second side, or a third one that its first is not compared with.
    alone = table.kind == "minimal pairs" and not any(row.texts[1:])
    page = next(each for each in PAGES.values() if each.title == OPENS["text" if alone else table.kind])
    texts: tuple[Text, ...] = (Text(row.texts[0]),)
    options: dict[str, Value] = {}
    if page.texts.kind == "sides":
        texts, options = tuple(Text(each) for each in row.texts[:2]), {"mode": TEXTS, "masking": table.masking}
    elif page.texts.kind == "pair":
        texts, options = (Text(*row.texts),), {"mode": TWO_TEXTS}
    elif table.kind == "candidates":
        options = {"candidates": "\n".join(table.cells("candidate", row))}
    return fields.view_of(page, view.model, view.name("units"), texts).with_options(**options)


ACTS = Acts(buttons=_upload, places={"open": _open}, clicks={"open": _click})
