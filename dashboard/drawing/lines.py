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
        self,
        palette: Palette,
        traces: Callable[[int, int], list[Spec]],
        x: Callable[[int, int], Spec],
        y: Spec,
        chosen: int | None = None,
        rows: tuple[float, float] = (0.0, 0.0),
    ) -> tuple[list[Spec], Spec]:
        """Traces and layout of all lines, each as wide as the first; a frame from row to row around a chosen position.

        ``traces`` and ``x`` make the traces and the x axis of the positions from start to stop.
        """
        drawn: list[Spec] = []
        layout: Spec = {"shapes": []}
        for number, (start, stop) in enumerate(self._spans):
            top = 1 - number * (self._pixels + self._gap) / self._plot
            bottom = max(0.0, top - self._pixels / self._plot)
            suffix = "" if number == 0 else str(number + 1)
            drawn += [trace | {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"} for trace in traces(start, stop)]
            across = [start - 0.5, start + self._width - 0.5]
            layout[f"xaxis{suffix}"] = axis(palette, range=across, anchor=f"y{suffix}", **x(start, stop))
            layout[f"yaxis{suffix}"] = axis(palette, domain=[bottom, top], anchor=f"x{suffix}", **y)
            if chosen is not None and start <= chosen < stop:
                column = frame((chosen - 0.5, chosen + 0.5), rows, palette.ink)
                layout["shapes"].append(column | {"xref": f"x{suffix}", "yref": f"y{suffix}"})
        return drawn, layout
