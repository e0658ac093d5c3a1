"""Figures of a number of every row: by group, and its distribution."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.types import Ints
from analysis.types.table import PairScore, ScoredTable
from dashboard.drawing.chart import LEGEND, Spec, at_least, axis, cut, figure, label, rule
from dashboard.drawing.palette import Palette
from dashboard.glossary import Units, signed
from dashboard.pages.batch.chosen import bare, converted, said
from dashboard.pages.batch.marks import Marks
from dashboard.sections import Chart

LEAST_PIXELS, SQUARE_PIXELS, ABOVE = 300, 360, 34
_GROUP_PIXELS, BELOW = 74, 72
"""Below an axis stands its title, and below that, where the figure is narrow, the model."""
_MOST_GROUPS, _GROUP_CHARS = 12, 24
_BOX_AT, _CLOUD_AT, _JITTER, _BOX_WIDTH = -0.2, 0.18, 0.14, 0.2
"""Where a group's box and its points lie on its line, how far points are moved off theirs, how wide a box is."""
_MOST_BINS, _FEW = 40, 6


def by_group(
    table: ScoredTable, score: PairScore | None, rows: Ints, number: str, palette: Palette, units: Units
) -> Chart:
    """A point for every row below a box of its group, in the order in which the groups come."""
    values, name = converted(table.values(number), number, units), said(table, number, units)
    marks, rows = Marks.made(table, score, palette), rows[np.isfinite(values[rows])]
    of = _group_of(table, marks)
    groups, left = _groups([of[row] for row in rows.tolist()])
    place = {group: at for at, group in enumerate(groups)}
    drawn = np.array([row for row in rows.tolist() if of[row] in place], np.int32)
    at = np.array([place[of[row]] for row in drawn.tolist()], np.float64)
    # Of all rows, so that a point stays where it is when others are left out.
    jitter = np.random.default_rng(0).uniform(-_JITTER, _JITTER, table.n_rows)[drawn]
    boxes = [_box(values[drawn][at == number], number, palette) for number in range(len(groups))]
    points = marks.points(drawn, values[drawn], at + _CLOUD_AT + jitter, number, units)
    names = [cut(group or ("all rows" if len(groups) == 1 else "no group"), _GROUP_CHARS) for group in groups]
    ticks = [f"{label(each)} · {int((at == number).sum()):,}" for number, each in enumerate(names)]
    either_side = (values[drawn] < 0).any() and (values[drawn] > 0).any()
    layout = ({} if marks.alone else LEGEND) | {
        "xaxis": axis(
            palette, name, showgrid=True, **(at_least(0) if score is not None and number == score.difference else {})
        ),
        "yaxis": axis(palette, tickvals=list(range(len(groups))), ticktext=ticks, range=[len(groups) - 0.5, -0.5]),
        "shapes": [rule(0, palette.ink, below=True)] if either_side else [],
    }
    height = _GROUP_PIXELS * len(groups) + BELOW + ABOVE
    what = _begins(bare(table, number))
    return Chart(
        name="by-group",
        title=f"{what}, row by row",
        figure=figure([*boxes, *points], layout, palette, table.provenance, height=height, top=ABOVE, bottom=BELOW),
        alt=_medians(values[drawn], at, names, name),
        how="A point is a row, moved up or down only to be seen; a box holds the middle half of its group, the line in "
        "it is the median, its whiskers reach the rows within 1.5 times the box. Click a point to open its row."
        + (f" The smallest groups, {len(left)}, are not drawn." if left else ""),
        make_table=lambda: marks.listed(rows, (number,), units),
        min_width=LEAST_PIXELS,
        clicks="open",
    )


def distribution(table: ScoredTable, rows: Ints, number: str, palette: Palette, units: Units) -> Chart:
    """How many rows lie where."""
    values, name = converted(table.values(number), number, units)[rows], said(table, number, units)
    values = values[np.isfinite(values)]
    edges = _edges(values)
    counts, _ = np.histogram(values, edges)
    bars: Spec = {
        "type": "bar",
        "x": ((edges[:-1] + edges[1:]) / 2).tolist(),
        "y": counts.tolist(),
        "width": (edges[1] - edges[0]) * 0.95,
        "marker": {"color": palette.primary},
        "customdata": [[f"{signed(low)} to {signed(high)}"] for low, high in pairwise(edges.tolist())],
        "hovertemplate": "%{customdata[0]}<br>%{y} rows<extra></extra>",
    }
    few: Spec = {"dtick": 1} if counts.max() < _FEW else {}
    shapes = [rule(0, palette.ink, dash="dot")] if edges[0] <= 0 <= edges[-1] else []
    layout = {
        "xaxis": axis(palette, name),
        "yaxis": axis(palette, "rows", showgrid=True, rangemode="tozero", **few),
        "shapes": shapes,
    }
    median = signed(float(np.median(values)))
    return Chart(
        name="distribution",
        title=f"Distribution: {bare(table, number)}",
        figure=figure([bars], layout, palette, table.provenance, height=SQUARE_PIXELS, top=ABOVE, bottom=BELOW),
        alt=f"Histogram of {name} of {len(values):,} rows; the median is {median}.",
        how=f"How many rows lie where; the median is {median}." + (" The dotted rule is 0." if shapes else ""),
        make_table=lambda: pd.DataFrame({"from": edges[:-1], "to": edges[1:], "rows": counts}),
        min_width=LEAST_PIXELS,
    )


def _begins(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _group_of(table: ScoredTable, marks: Marks) -> list[str]:
    """The group of every row; of labelled pairs without any, the label."""
    if table.kind == "labelled pair" and not any(row.group for row in table.rows):
        return [marks.kinds[kind][0] for kind in marks.of.tolist()]
    return [row.group for row in table.rows]


def _groups(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The groups that are drawn, in the order in which they come, and those that are too many, the smallest."""
    found = list(dict.fromkeys(names))
    largest = {name for name, _ in Counter(names).most_common(_MOST_GROUPS)}
    return [each for each in found if each in largest], [each for each in found if each not in largest]


def _box(values: np.ndarray, at: int, palette: Palette) -> Spec:
    return {
        "type": "box",
        "orientation": "h",
        "x": values.tolist(),
        "y": [at + _BOX_AT] * len(values),
        "width": _BOX_WIDTH,
        "boxpoints": False,
        "showlegend": False,
        "hoverinfo": "skip",
        "line": {"color": palette.muted, "width": 1.5},
        "fillcolor": palette.panel,
    }


def _edges(values: np.ndarray) -> np.ndarray:
    """Edges of bins of one width (Freedman & Diaconis 1981), one of them at 0."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    quarter, rest = np.quantile(values, [0.25, 0.75])
    width = 2 * float(rest - quarter) / len(values) ** (1 / 3)
    width = max(width, (high - low) / _MOST_BINS)
    first, last = np.floor(low / width), np.floor(high / width) + 1
    return np.arange(first, last + 1) * width


def _medians(values: np.ndarray, at: np.ndarray, groups: Sequence[str], name: str) -> str:
    medians = [f"{group} {signed(float(np.median(values[at == number])))}" for number, group in enumerate(groups)]
    return f"Points of {len(values):,} rows by {name}. Medians: {', '.join(medians)}."
