"""A text file that is dropped beside a field of several lines: its lines then stand in the field."""

import streamlit as st

from analysis.errors import InputError
from analysis.lines import one_a_line
from analysis.texts.text import decoded
from dashboard.screen.markup import plain


def draw(key: str, label: str) -> None:
    """Draw where a file can be dropped whose lines are to stand in the field of this key."""
    state, field, failed = st.session_state, f"{key}.file", f"{key}.file.failed"

    def take() -> None:
        state.pop(failed, None)
        if state.get(field) is None:
            return
        try:
            state[key] = "\n".join(one_a_line(decoded(state[field].getvalue())))
        except InputError as error:
            state[failed] = str(error)

    st.file_uploader(f"{label}, from a text file", type="txt", key=field, on_change=take)
    if state.get(field) is not None and failed in state:
        st.error(plain(state[failed]))
