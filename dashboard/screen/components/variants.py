"""The variants of a pair as rows of coloured tokens."""

from typing import Any

import streamlit as st

from dashboard.drawing.styles import style
from dashboard.screen.components import source

_HTML = """
<div class="variants" role="table" aria-label="Variants of the pair"></div>
"""
_mount = st.components.v2.component(
    "pretext_variants", html=_HTML, css=style("variants"), js=source("shared.js", "variants.js")
)


def variant_rows(drawn: dict[str, Any], *, key: str) -> None:
    """Draw what ``dashboard.pages.next_sentence.rows.variant_rows`` makes."""
    _mount(data=drawn, key=key)
