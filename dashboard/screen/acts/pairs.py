"""Pairs: a running text cut into one sentence a line."""

import streamlit as st

from analysis.lines import one_a_line
from analysis.texts.sentences import sentences
from dashboard.page import Page
from dashboard.pages.pairs.sections import ONE_A_LINE, rules
from dashboard.screen import cuts
from dashboard.screen.acts import Acts
from dashboard.screen.markup import plain
from dashboard.view import ViewState


def _buttons(page: Page) -> None:
    key = f"{page.key}.text_a"
    language = cuts.language_on(page.key)

    def cut() -> None:
        text = st.session_state[key]
        spans = sentences(text, language)
        st.session_state[key] = "\n".join(" ".join(one_a_line(text[first:last])) for first, last in spans)

    st.button(ONE_A_LINE, key="pairs.lines", on_click=cut)


def _say_language(_page: Page, view: ViewState) -> None:
    # Before there are lines, which is when the button is wanted; then the page's own sections say it.
    if len(one_a_line(view.text.text_a)) == 1:
        st.caption(plain(rules(view.name("language"), view.text.text_a)))


ACTS = Acts(buttons=_buttons, below_options=_say_language)
