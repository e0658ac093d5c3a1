"""What the pages' forms have in common: a field for a text, and examples to fill it with."""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.examples import Example


def text_area(key: str, label: str, *, placeholder: str = "", on_change: Callable[[], None] | None = None) -> str:
    """A field for one text; it is read when the person leaves it or presses Ctrl+Enter."""
    return st.text_area(
        label,
        key=key,
        height=112,
        placeholder=placeholder,
        on_change=on_change,
        persist_state="session",
    )


def examples(page: str, choices: Sequence[Example], fill: Callable[[Example], None]) -> None:
    """Buttons that fill a page's fields at one click."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Try:", width="content")
        for number, example in enumerate(choices):
            st.button(example.title, key=f"{page}.example.{number}", type="tertiary", on_click=fill, args=(example,))
