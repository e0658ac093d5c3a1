"""The pairs of a comparison: what each is called, and which is shown."""

import math

import numpy as np

from analysis.types.compare import Comparison, Ints, Reading
from dashboard.drawing.direction import apart
from dashboard.view import ViewState

Side = tuple[str, Reading, Ints]
"""A side's name, its reading, and its position at every pair."""

GAP_NAME = "∅"
TOKEN_CHARS = 12
"""Code points of a token where many stand beside each other."""


def sides(found: Comparison) -> tuple[Side, Side]:
    """Both sides."""
    return ("A", found.a, found.index_a), ("B", found.b, found.index_b)


def token_at(reading: Reading, index: int) -> str:
    """The token at a position, or the sign of a gap."""
    return reading.encoded.tokens[index] if index >= 0 else GAP_NAME


def pair_name(found: Comparison, pair: int) -> str:
    """A pair's token, or what became of A's."""
    return changed(*(token_at(reading, index[pair]) for _, reading, index in sides(found)))


def changed(a: str, b: str) -> str:
    """What became of a token or word."""
    return apart(a) if a == b else f"{apart(a)} → {apart(b)}"


def shown_pair(view: ViewState, found: Comparison) -> int:
    """The pair that was picked if there is one, else the one whose predictions lie farthest apart."""
    pair = view.option("pair")
    return pair if isinstance(pair, int) and 0 <= pair < len(found) else farthest(found)


def farthest(found: Comparison) -> int:
    """The pair whose predictions lie farthest apart: of those that count, if there are any."""
    for among in (found.counted, found.known):
        if among.any():
            return int(np.where(among, found.divergence.js_bits, -1).argmax())
    return 0


def with_unit(value: float, unit: str) -> str:
    """A value with two decimals and its unit; a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.2f} {unit}"
