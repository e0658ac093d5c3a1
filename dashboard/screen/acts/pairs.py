"""Pairs: a running text cut into one sentence a line."""

import streamlit as st

from analysis.texts.text import sentences
from dashboard.page import Page
from dashboard.screen.shown import Acts


def _buttons(page: Page) -> None:
    st.button(
        "One sentence a line",
        key="pairs.lines",
        on_click=_one_a_line,
        args=(f"{page.key}.text_a",),
        help="Cut the text where a sentence splitter finds the ends of sentences.",
    )


def _one_a_line(key: str) -> None:
    given = st.session_state[key]
    st.session_state[key] = "\n".join(given[first:last].replace("\n", " ") for first, last in sentences(given))


ACTS = Acts(buttons=_buttons)
