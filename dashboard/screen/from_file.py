"""A text file that is dropped beside a field of several lines: what is in it then stands in the field."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.errors import InputError
from analysis.lines import one_a_line
from analysis.texts.text import decoded
from dashboard.screen.markup import plain


def _lines(content: bytes) -> str:
    return "\n".join(one_a_line(decoded(content)))


def draw(
    key: str,
    label: str,
    place: DeltaGenerator,
    *,
    types: Sequence[str] = ("txt",),
    read: Callable[[bytes], str] = _lines,
) -> None:
    """Draw in a place where a file can be dropped that, as ``read`` reads it, is to stand in the field of this key.

    What is wrong with it stands below that place.
    """
    state, field, failed = st.session_state, f"{key}.file", f"{key}.file.failed"

    def take() -> None:
        state.pop(failed, None)
        if state.get(field) is None:
            return
        try:
            state[key] = read(state[field].getvalue())
        except InputError as error:
            state[failed] = str(error)

    place.file_uploader(label, type=types, key=field, on_change=take)
    if state.get(field) is not None and failed in state:
        st.error(plain(state[failed]))
