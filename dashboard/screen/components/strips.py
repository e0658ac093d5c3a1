"""Strips of every kind, each by its component."""

from collections.abc import Callable

from dashboard.screen.components.aligned import aligned_strip
from dashboard.screen.components.filled import filled_texts
from dashboard.screen.components.readout import read_out
from dashboard.screen.components.strip import token_strip
from dashboard.screen.components.variants import variant_rows
from dashboard.sections import Strip


def draw(section: Strip, *, key: str, on_pick: Callable[[int], None] | None) -> None:
    """Draw a strip; ``on_pick`` is called with what a person picks, where that can be."""
    if section.kind == "tokens":
        token_strip(section.drawn, section.chosen or 0, key=key, on_pick=on_pick or _nothing)
    elif section.kind == "aligned":
        aligned_strip(section.drawn, section.chosen or 0, key=key, on_pick=on_pick or _nothing)
    elif section.kind == "variants":
        variant_rows(section.drawn, key=key)
    elif section.kind == "filled":
        filled_texts(section.drawn, key=key)
    else:
        read_out(section.drawn, key=key)


def _nothing(_picked: int) -> None:
    """Nothing can be picked."""
