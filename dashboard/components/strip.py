"""The token strip: click or arrow-key to a token."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.components import source

_HTML = """
<div class="frame">
  <div class="strip" role="listbox" aria-label="Tokens" aria-orientation="horizontal"></div>
  <div class="foot"><div class="line"></div><div class="legend"></div></div>
</div>
"""
_mount = st.components.v2.component("pretext_strip", html=_HTML, css=source("strip.css"), js=source("strip.js"))


def token_strip(drawn: dict[str, Any], chosen: int, *, key: str, on_pick: Callable[[int], None]) -> None:
    """Draw the strip; ``on_pick`` is called with the position a person picks.

    Parameters
    ----------
    drawn
        What ``dashboard.charts.strip.strip`` makes.
    chosen
        Position to ring.
    """

    def picked() -> None:
        position = st.session_state[key].get("picked")
        # The browser sends what it likes: anything but a position of this text is ignored.
        if isinstance(position, int) and 0 <= position < len(drawn["tokens"]):
            on_pick(position)

    _mount(data={**drawn, "chosen": chosen}, key=key, on_picked_change=picked)
