"""The aligned strip: A's tokens over B's with the divergence between, click or arrow-key to a pair."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.drawing.styles import style
from dashboard.screen.components import source

_HTML = """
<div class="frame">
  <div class="strip" role="listbox" aria-label="Aligned tokens" aria-orientation="horizontal"></div>
  <div class="foot"></div>
</div>
"""
_mount = st.components.v2.component(
    "pretext_aligned", html=_HTML, css=style("aligned"), js=source("shared.js", "aligned.js")
)


def aligned_strip(drawn: dict[str, Any], chosen: int, *, key: str, on_pick: Callable[[int], None]) -> None:
    """Draw the strip; ``on_pick`` is called with the pair that a person picks.

    Parameters
    ----------
    drawn
        What ``dashboard.pages.compare.figures.aligned`` makes.
    chosen
        The pair that is ringed.
    """

    def picked() -> None:
        pair = st.session_state[key].get("picked")
        # The browser sends what it likes: anything but a pair of this strip is ignored.
        if isinstance(pair, int) and 0 <= pair < len(drawn["columns"]):
            on_pick(pair)

    _mount(data={**drawn, "chosen": chosen}, key=key, on_picked_change=picked)
