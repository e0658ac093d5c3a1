"""The browser's word that it has drawn a page, so that longer work may begin.

A timer would do the same again and again (``run_every``). Each of its requests carries what stands in the browser's
fields and on which page it is, and one that was on its way when a person clicked took the click back.
"""

import streamlit as st

from dashboard.screen.components import source

_MOUNT = st.components.v2.component("pretext_begin", html="<span></span>", js=source("begin.js"))


def ask(number: int, *, key: str) -> None:
    """Let the browser ask for the part of the page that this stands in, once for each number."""
    _MOUNT(data={"number": number}, key=key, on_begin_change=lambda: None, width="content")
