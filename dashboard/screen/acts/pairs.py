"""Pairs: a running text cut into one sentence a line."""

import streamlit as st

from analysis.texts.text import sentences
from dashboard.page import Page
from dashboard.screen.acts import Acts


def _buttons(page: Page) -> None:
    key = f"{page.key}.text_a"

    def one_a_line() -> None:
        given = st.session_state[key]
        st.session_state[key] = "\n".join(given[first:last].replace("\n", " ") for first, last in sentences(given))

    help_ = "Cut the text where a sentence splitter finds the ends of sentences."
    st.button("One sentence a line", key="pairs.lines", on_click=one_a_line, help=help_)


ACTS = Acts(buttons=_buttons)
