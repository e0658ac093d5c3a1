"""Figures with a column per position, broken into lines that a page can hold."""

import math
from collections.abc import Sequence
from itertools import pairwise

from dashboard.drawing.chart import SMALL, Spec, axis
from dashboard.drawing.palette import MONO_FACE, Palette


class Lines:
    """Positions laid out in lines of nearly equal length below each other, each with a pair of axes of its own."""

    def __init__(self, first: int, last: int, columns: int, pixels: float, gap: float) -> None:
        length = last - first
        count = math.ceil(length / columns)
        self._width = math.ceil(length / count)
        edges = [first + length * line // count for line in range(count + 1)]
        self.spans = list(pairwise(edges))
        self._pixels, self._gap = pixels, gap
        self._plot = pixels * len(self.spans) + gap * (len(self.spans) - 1)
        self.height = self._plot + gap

    def axes_of_trace(self, number: int) -> Spec:
        """Which axes a trace of this line is drawn on."""
        return {"xaxis": f"x{_suffix(number)}", "yaxis": f"y{_suffix(number)}"}

    def tokens_below(self, number: int, names: Sequence[str]) -> Spec:
        """The x axis of a line whose columns are named, upright, by their tokens."""
        start, stop = self.spans[number - 1]
        return {
            "tickvals": list(range(start, stop)),
            "ticktext": list(names[start:stop]),
            "tickangle": -90,
            "tickfont": {"family": MONO_FACE, "size": SMALL},
        }

    def layout(self, number: int, palette: Palette, *, x: Spec, y: Spec) -> Spec:
        """Both axes of one line (counted from 1, at the top), each line as wide as the first."""
        start, _ = self.spans[number - 1]
        top = 1 - (number - 1) * (self._pixels + self._gap) / self._plot
        bottom = max(0.0, top - self._pixels / self._plot)
        suffix = _suffix(number)
        return {
            f"xaxis{suffix}": axis(palette, range=[start - 0.5, start + self._width - 0.5], anchor=f"y{suffix}", **x),
            f"yaxis{suffix}": axis(palette, domain=[bottom, top], anchor=f"x{suffix}", **y),
        }

    def outline(self, number: int, palette: Palette, position: int | None, rows: tuple[float, float]) -> list[Spec]:
        """A frame around the chosen position's column, if it lies in this line."""
        start, stop = self.spans[number - 1]
        if position is None or not start <= position < stop:
            return []
        return [
            {
                "type": "rect",
                "xref": f"x{_suffix(number)}",
                "yref": f"y{_suffix(number)}",
                "x0": position - 0.5,
                "x1": position + 0.5,
                "y0": rows[0],
                "y1": rows[1],
                "line": {"color": palette.ink, "width": 2},
            }
        ]


def _suffix(number: int) -> str:
    return "" if number == 1 else str(number)
