"""Figures with a column per position, broken into lines that a page can hold."""

import math
from collections.abc import Callable
from itertools import pairwise

from dashboard.drawing.chart import Spec, axis, frame
from dashboard.drawing.palette import Palette


class Lines:
    """Positions laid out in lines of nearly equal length below each other, each with a pair of axes of its own."""

    def __init__(self, first: int, last: int, columns: int, pixels: float, gap: float) -> None:
        count = math.ceil((last - first) / columns)
        self._width = math.ceil((last - first) / count)
        self._spans = list(pairwise(first + (last - first) * line // count for line in range(count + 1)))
        self._pixels, self._gap = pixels, gap
        self._plot = pixels * count + gap * (count - 1)
        self.height = self._plot + gap

    def drawn(
        self, palette: Palette, traces: Callable[[int, int], list[Spec]], x: Callable[[int, int], Spec], y: Spec
    ) -> tuple[list[Spec], Spec]:
        """Traces and layout of all lines, each as wide as the first; ``y`` has the range of the rows.

        ``traces`` and ``x`` make the traces and the x axis of the positions from start to stop.
        """
        drawn: list[Spec] = []
        layout: Spec = {}
        for number, (start, stop) in enumerate(self._spans):
            top = 1 - number * (self._pixels + self._gap) / self._plot
            bottom = max(0.0, top - self._pixels / self._plot)
            suffix = _suffix(number)
            drawn += [trace | {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"} for trace in traces(start, stop)]
            across = [start - 0.5, start + self._width - 0.5]
            layout[f"xaxis{suffix}"] = axis(palette, range=across, anchor=f"y{suffix}", **x(start, stop))
            layout[f"yaxis{suffix}"] = axis(palette, domain=[bottom, top], anchor=f"x{suffix}", **y)
        return drawn, layout

    def outline(self, palette: Palette, position: int | None, rows: tuple[float, float]) -> list[Spec]:
        """A frame around the chosen position's column, if it lies in a line."""
        return [
            frame((position - 0.5, position + 0.5), rows, palette.ink)
            | {"xref": f"x{_suffix(number)}", "yref": f"y{_suffix(number)}"}
            for number, (start, stop) in enumerate(self._spans)
            if position is not None and start <= position < stop
        ]


def _suffix(number: int) -> str:
    return "" if number == 0 else str(number + 1)
