"""What the browser is told to show in a field.

Streamlit tells it what code has put there, and otherwise believes that it shows what it last said. But a request may
be on its way while the browser still draws the run before. It then holds a field which that run took away, and which
is empty when the next one brings it back; or words that a person wrote before those of an example arrived, which are
drawn over them. Told once more, the browser shows what the page has read.

A field that two pages share is another widget on each, by Streamlit's ids. Where nobody has touched the first, the
second comes empty: a value that code put under a key goes with the widget that took it. So what another page drew
counts as not drawn.
"""

import streamlit as st

_DRAWN, _BEFORE, _PAGE = "told.drawn", "told.before", "told.page"


def begin(page: str) -> None:
    """A run begins that draws a whole page."""
    state = st.session_state
    state[_BEFORE], state[_DRAWN] = state.get(_DRAWN, {}) if state.get(_PAGE) == page else {}, {}
    state[_PAGE] = page


def end() -> None:
    """The page has been drawn; what comes now draws a part of it again."""
    st.session_state[_BEFORE] = {}


def tell(key: str, *, typed: bool = False) -> None:
    """Before a field is drawn: tell its value if it was not drawn by the run before.

    One for what is ``typed``, also if its value changes for the second time running. Of other fields that would take
    back the third of three quick clicks; words that are being typed are safe, the browser keeps them.
    """
    state = st.session_state
    value = state.get(key)
    if value is None:
        return
    drawn, before = state.setdefault(_DRAWN, {}), state.setdefault(_BEFORE, {})
    last, had_changed = drawn.get(key) or before.get(key) or (None, True)
    new, changed = last is None, value != last
    if new or (typed and changed and had_changed):
        state[key] = value
    drawn[key] = (value, changed)
