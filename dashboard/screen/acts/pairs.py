"""Pairs: a running text cut into one sentence a line."""

import streamlit as st

from analysis.questions import one_a_line
from analysis.texts.sentences import sentences
from dashboard.options import cut_by
from dashboard.page import Page
from dashboard.screen import cuts
from dashboard.screen.acts import Acts


def _buttons(page: Page) -> None:
    key = f"{page.key}.text_a"
    given, language = st.session_state[key], cuts.language_on(page.key)

    def cut() -> None:
        text = st.session_state[key]
        spans = sentences(text, language)
        st.session_state[key] = "\n".join(" ".join(one_a_line(text[first:last])) for first, last in spans)

    st.button("One sentence a line", key="pairs.lines", on_click=cut, help=cut_by(language, given))


ACTS = Acts(buttons=_buttons)
