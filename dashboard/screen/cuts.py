"""Where a person can cut a text: the places, the first one shown, the slider over them, whose rules say so."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from analysis.choices import BY_SCRIPT
from analysis.limits import MAX_TEXT_CHARS
from analysis.texts.sentences import cut_places, sentences
from dashboard.options import LANGUAGE, cut_by
from dashboard.screen.markup import plain
from dashboard.screen.told import tell

MOST_BOUNDARIES = 2_000
"""A text with more words than this has more tokens than the models with a next-sentence head read."""


def language_on(page: str) -> str:
    """Whose rules cut sentences on a page: what its field says."""
    held = st.session_state.get(f"{page}.{LANGUAGE.name}")
    return held if held in LANGUAGE.allowed else BY_SCRIPT


def boundaries(text: str, language: str) -> list[int]:
    """Where the words and the sentences of a text begin, the first aside; of one that no page reads, none."""
    return list(cut_places(text, language)) if len(text) <= MAX_TEXT_CHARS else []


def ends(text: str, language: str) -> list[int]:
    """Where the sentences of a text begin, the first aside."""
    return [at for at, _ in sentences(text, language)][1:]


def first_cut(places: list[int], ends: list[int]) -> int:
    """The first end of a sentence among the places where a text can be cut, or the middle one."""
    return next((at for at in places if ends and at >= ends[0]), places[len(places) // 2])


def with_held(key: str, text: str, places: list[int]) -> list[int]:
    """The places, and the one that is held although it is none of them: between two tokens of a word, say."""
    held = st.session_state.get(key)
    inside = type(held) is int and bool(text[: max(0, held)].strip() and text[max(0, held) :].strip())
    return sorted({*places, held}) if inside else places


def cut_slider(key: str, label: str, places: list[int], first: int, named: Callable[[int], str], **more: Any) -> int:
    """A slider over the places where a text can be cut, which begins at the first one."""
    if st.session_state.get(key) not in places:
        st.session_state[key] = first
    tell(key)
    return st.select_slider(label, places, key=key, format_func=named, persist_state="session", **more)


def say_language(language: str, text: str) -> None:
    """Say by whose rules the sentences of a text are cut."""
    st.caption(plain(cut_by(language, text)))
