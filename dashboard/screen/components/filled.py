"""The text with the fillers set in, one row per different reading."""

from typing import Any

import streamlit as st

from dashboard.drawing.styles import style
from dashboard.screen.components import source

_HTML = """
<div class="filled" role="list"></div>
"""
_mount = st.components.v2.component(
    "pretext_filled", html=_HTML, css=style("filled"), js=source("shared.js", "filled.js")
)


def filled_texts(drawn: dict[str, Any], *, key: str) -> None:
    """Draw what ``dashboard.pages.fill.filled.read_outs`` makes."""
    _mount(data=drawn, key=key)
