"""Pairs: a running text cut into one sentence a line."""

import streamlit as st

from analysis.lines import one_a_line
from analysis.texts.sentences import sentences
from dashboard.options import cut_by
from dashboard.page import Page
from dashboard.screen import cuts
from dashboard.screen.acts import Acts
from dashboard.screen.markup import plain
from dashboard.view import ViewState

_LABEL = "One sentence a line"


def _buttons(page: Page) -> None:
    key = f"{page.key}.text_a"
    language = cuts.language_on(page.key)

    def cut() -> None:
        text = st.session_state[key]
        spans = sentences(text, language)
        st.session_state[key] = "\n".join(" ".join(one_a_line(text[first:last])) for first, last in spans)

    st.button(_LABEL, key="pairs.lines", on_click=cut)


def _say_language(_page: Page, view: ViewState) -> None:
    if view.text.text_a.strip():
        st.caption(plain(cut_by(view.name("language"), view.text.text_a, f"“{_LABEL}” cuts")))


ACTS = Acts(buttons=_buttons, below_options=_say_language)
