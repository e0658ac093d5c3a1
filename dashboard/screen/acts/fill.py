"""Fill: a gap made of any word at one click, for a text that has none yet."""

import re
from itertools import pairwise

import streamlit as st

from analysis.texts.sentences import word_starts
from dashboard.pages.fill import asked
from dashboard.pages.fill.gaps import has_gap
from dashboard.screen import cache
from dashboard.screen.acts import Acts, Shown
from dashboard.screen.markup import plain
from dashboard.view import ViewState

_KEPT = "fill.candidates.kept"
_WORDS_OFFERED, _WORDS_WITHIN = 24, 400
_WORD = re.compile(r"\w+(?:[-’']\w+)*")


def _gaps(shown: Shown) -> None:
    mask, state, text = cache.about(shown.view.model).mask_token, st.session_state, shown.view.text.text_a
    field = f"{shown.page.home}.text_a"
    if has_gap(shown.view.text, mask) or text != state[field]:
        # What fills it has not come yet; or another text stands in the field, which can't be read.
        return
    spans = _words(text[:_WORDS_WITHIN])[:_WORDS_OFFERED]
    words = [text[begins:end] for begins, end in spans]

    def make() -> None:
        chosen = state["fill.make"]
        if chosen is not None and state[field] == text:
            begins, end = spans[chosen]
            state[field] = f"{text[:begins]}{mask}{text[end:]}"

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


def _words(text: str) -> list[tuple[int, int]]:
    """Spans of the words of a text, without the signs around them; of scripts that write no spaces, of the letters."""
    starts, spans = word_starts(text), []
    for found in _WORD.finditer(text):
        within = [at for at in starts if found.start() < at < found.end()]
        spans += pairwise([found.start(), *within, found.end()])
    return spans


def _tidied(view: ViewState) -> ViewState:
    """The view without an example's candidates, while the model has no pieces for them: an empty field asks for others.

    Of the next model that has, they come back.
    """
    state, typed, kept = st.session_state, view.name("candidates"), st.session_state.pop(_KEPT, "")
    fit = kept if not typed and kept else typed
    words = asked.candidates(view.with_options(candidates=fit), cache.about(view.model))
    if fit and not words:
        state[_KEPT], fit = fit, ""
    if fit != typed:
        state["fill.candidates"] = fit
    return view.with_options(candidates=fit)


ACTS = Acts(tidied=_tidied, places={"gaps": _gaps})
