"""Fill: a gap made of any word at one click, for a text that has none yet."""

import re

import streamlit as st

from dashboard.pages.fill.gaps import has_gap
from dashboard.screen import cache
from dashboard.screen.acts import Acts, Shown
from dashboard.screen.markup import plain

_WORDS_OFFERED, _WORDS_WITHIN = 24, 400
_WORD = re.compile(r"\w+(?:[-’']\w+)*")


def _gaps(shown: Shown) -> None:
    mask, state, text = cache.about(shown.view.model).mask_token, st.session_state, shown.view.text.text_a
    if has_gap(shown.view.text, mask) or text != state["fill.text_a"]:
        # What fills it has not come yet; or another text stands in the field, which can't be read.
        return
    spans = [found.span() for found in _WORD.finditer(text[:_WORDS_WITHIN])][:_WORDS_OFFERED]
    words = [text[begins:end] for begins, end in spans]

    def make() -> None:
        chosen = state["fill.make"]
        if chosen is not None and state["fill.text_a"] == text:
            begins, end = spans[chosen]
            state["fill.text_a"] = f"{text[:begins]}{mask}{text[end:]}"

    st.markdown(
        f"This text has no gap yet: write {plain(mask)} where a word is wanted, or click a word to take it out."
    )
    if spans:
        st.pills(
            "Take out",
            range(len(spans)),
            # Buttons are known by their labels: of a word that stands there twice, signs of no width tell which.
            format_func=lambda number: plain(words[number]) + "\N{WORD JOINER}" * words[:number].count(words[number]),
            key="fill.make",
            on_change=make,
            label_visibility="collapsed",
        )


ACTS = Acts(places={"gaps": _gaps})
