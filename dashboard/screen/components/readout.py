"""The greedy read-out beside the input."""

from typing import Any

import streamlit as st

from dashboard.drawing.styles import style
from dashboard.screen.components import source

_HTML = """
<div class="readout" role="group"></div>
"""
_mount = st.components.v2.component("pretext_readout", html=_HTML, css=style("readout"), js=source("readout.js"))


def read_out(words: list[dict[str, Any]], *, key: str) -> None:
    """Draw what ``dashboard.drawing.strip.read_out`` makes."""
    _mount(data={"label": "What the head reads back", "words": words}, key=key)
