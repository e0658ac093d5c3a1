"""The token strip: click or arrow-key to a token."""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.drawing.styles import style
from dashboard.screen.components import source

_HTML = """
<div class="frame">
  <div class="strip" role="listbox" aria-label="Tokens" aria-orientation="horizontal"></div>
  <div class="foot"><div class="line"></div><div class="legend"></div></div>
</div>
"""
_mount = st.components.v2.component(
    "pretext_strip", html=_HTML, css=style("tokens"), js=source("shared.js", "strip.js")
)


def token_strip(drawn: dict[str, Any], chosen: int, *, key: str, on_pick: Callable[[int], None]) -> None:
    """Draw the strip; ``on_pick`` is called with the (first) position of the chip a person picks.

    Parameters
    ----------
    drawn
        What ``dashboard.drawing.strip.strip`` makes.
    chosen
        Position whose chip is ringed.
    """
    at: list[int] = drawn["at"]

    def picked() -> None:
        chip = st.session_state[key].get("picked")
        # The browser sends what it likes: anything but a chip of this strip is ignored.
        if isinstance(chip, int) and 0 <= chip < len(at):
            on_pick(at[chip])

    ringed = max(0, bisect_right(at, chosen) - 1)
    _mount(data={**drawn, "chosen": ringed}, key=key, on_picked_change=picked)
