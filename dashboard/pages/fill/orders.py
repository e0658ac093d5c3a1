"""The figure of filled gaps: what each order puts where, with which probability."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd

from analysis.choices import FillOrder
from analysis.types import Filling, FillResult, FillStep
from dashboard.drawing.chart import BODY, SMALL, Spec, axis, colour_axis, cut, figure, label
from dashboard.drawing.palette import MONO_FACE, Palette, ink_on
from dashboard.glossary import FILL_TOTAL, Units, p_text, signed, signed_text
from dashboard.pages.fill.titles import TITLES
from dashboard.sections import Chart

GAPS_ACROSS = 8
"""Up to this many gaps there is a row per order; of more gaps each gets a row, so that the page needs no scrolling."""
_FEW_GAPS = 3
_ROW_PIXELS, _COLUMN_PIXELS, _LABEL_PIXELS = 48, 84, 116
_LOW_ROW_PIXELS, _WORD_CHARS = 36, 12
_TOTAL_SHARE = 0.75
"""Width of the column of totals, in columns of gaps."""


class _Cell(NamedTuple):
    """One filler and where it is drawn; ``differs`` from what the first row has in its gap."""

    step: FillStep
    x: int
    y: int
    name: str
    differs: bool


def orders(result: FillResult, palette: Palette, units: Units, *, every: bool = False) -> Chart:
    """What each order puts into each gap, coloured by its probability at that moment, and each order's total.

    ``every`` adds the beam's other hypotheses below its best.
    """
    rows = _rows(result, every=every)
    across = len(result.positions) <= GAPS_ACROSS
    chosen = [[_by_position(filling)[position] for position in result.positions] for _, filling in rows]
    names = [name for name, _ in rows]
    disagree = result.disagree
    heads = [f"gap {gap}{' ≠' if position in disagree else ''}" for gap, position in gaps_of(result)]
    totals = [FILL_TOTAL.convert(filling.total_nats, units) for _, filling in rows]
    total_head = f"total ({FILL_TOTAL.unit(units)})"
    columns, lines = ([*heads, total_head], names) if across else (names, [*heads, total_head])
    cells = [
        _Cell(step, *((gap, row) if across else (row, gap)), names[row], step.id != first.id)
        for row, filling in enumerate(chosen)
        for gap, (step, first) in enumerate(zip(filling, chosen[0], strict=True))
    ]
    height = (_ROW_PIXELS if across else _LOW_ROW_PIXELS) * len(lines)
    layout = {
        "coloraxis": _probabilities(palette, height),
        "xaxis": axis(
            palette,
            side="top",
            range=[-0.5, len(columns) - 1.5 + (_TOTAL_SHARE if across else 1)],
            tickvals=[*range(len(columns) - 1), _total_at(len(columns) - 1, across=across)],
            ticktext=columns,
            tickangle=0,
            tickfont={"size": SMALL, "color": palette.muted},
        ),
        "yaxis": axis(
            palette,
            range=[len(lines) - 0.5, -0.5],
            tickvals=list(range(len(lines))),
            ticktext=lines,
            ticklabelstandoff=6,
        ),
        "shapes": [_frame(cell, palette) for cell in cells if cell.differs],
    }
    traces = [
        _heat(cells, result, (len(columns) - across, len(lines) - (not across))),
        *_words(cells, palette, large=len(columns) <= _FEW_GAPS + 1),
        _totals(totals, len(result.positions), palette, across=across),
    ]
    return Chart(
        name="fill-orders",
        title="What each order fills in",
        figure=figure(traces, layout, palette, result.provenance, height=height + 34 + 56, top=34, bottom=56),
        alt=f"Table of {len(rows)} fillings of {counted(len(result.positions), 'gap')}. "
        + " ".join(sentence(name, filling, units) for name, filling in rows),
        how=("One row per order, one column per gap: " if across else "One column per order, one row per gap: ")
        + "the word that it put there and its probability at that moment."
        + (f" A frame and ≠ mark a word other than {names[0]}'s." if layout["shapes"] else "")
        + (f" {FILL_TOTAL.caveat}" if len(rows) > 1 else ""),
        make_table=lambda: _orders_table(result, units),
        provenance=result.provenance,
        min_width=_LABEL_PIXELS + _COLUMN_PIXELS * len(columns),
    )


def _rows(result: FillResult, *, every: bool) -> list[tuple[str, Filling]]:
    """Every order's (best) filling under its name; with ``every`` the beam's others, too."""
    rows: list[tuple[str, Filling]] = []
    seen: dict[FillOrder, int] = {}
    for filling in result.fillings:
        seen[filling.order] = place = seen.get(filling.order, 0) + 1
        if place == 1 or every:
            rows.append((TITLES[filling.order].title + (f", no. {place}" if place > 1 else ""), filling))
    return rows


def gaps_of(result: FillResult) -> Iterator[tuple[int, int]]:
    return enumerate(result.positions, start=1)


def _by_position(filling: Filling) -> dict[int, FillStep]:
    return {step.position: step for step in filling.steps}


def probability(step: FillStep) -> float:
    return math.exp(step.logp_nats)


def _probabilities(palette: Palette, height: float) -> Spec:
    """The sequential scale of probabilities with its bar lying under the figure, where narrow pages have room."""
    scale = colour_axis(palette, 0, 1, "probability", {0: "0", 0.5: "0.5", 1: "1"})
    return scale | {
        "colorbar": scale["colorbar"]
        | {
            "orientation": "h",
            "len": 120,
            "thickness": 8,
            "x": 0,
            "xanchor": "left",
            "xpad": 0,
            "y": -10 / height,
            "yanchor": "top",
            "ypad": 0,
            "title": {"text": "probability", "side": "top", "font": {"size": SMALL}},
        }
    }


def _heat(cells: Sequence[_Cell], result: FillResult, shape: tuple[int, int]) -> Spec:
    columns, lines = shape
    z = [[0.0] * columns for _ in range(lines)]
    hover = [[[""] * 3 for _ in range(columns)] for _ in range(lines)]
    gap_at = {position: gap for gap, position in gaps_of(result)}
    for cell in cells:
        p, where = probability(cell.step), f"{cell.name} · gap {gap_at[cell.step.position]}"
        z[cell.y][cell.x], hover[cell.y][cell.x] = p, [where, label(cell.step.token), p_text(p)]
    return {
        "type": "heatmap",
        "z": z,
        "x": list(range(columns)),
        "y": list(range(lines)),
        "coloraxis": "coloraxis",
        "xgap": 3,
        "ygap": 3,
        "customdata": hover,
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}  p %{customdata[2]}<extra></extra>",
    }


def _words(cells: Sequence[_Cell], palette: Palette, *, large: bool) -> list[Spec]:
    """The words, their probabilities and the marks, in whichever ink reads on their cells."""

    def texts(cells: Sequence[_Cell], shift: tuple[float, float], texts: list[str], **more: Any) -> Spec:
        inks = [ink_on(palette.shade(probability(cell.step))) for cell in cells]
        font = more.pop("font", {}) | {"color": inks}
        return {
            "type": "scatter",
            "mode": "text",
            "x": [cell.x + shift[0] for cell in cells],
            "y": [cell.y + shift[1] for cell in cells],
            "text": texts,
            "textfont": font,
            "hoverinfo": "skip",
            **more,
        }

    face = {"family": MONO_FACE, "size": BODY if large else SMALL}
    marked = [cell for cell in cells if cell.differs]
    return [
        texts(cells, (0, -0.14), [label(cut(cell.step.token, _WORD_CHARS)) for cell in cells], font=face),
        texts(cells, (0, 0.24), [p_text(probability(cell.step)) for cell in cells], font={"size": SMALL}),
        texts(marked, (-0.47, -0.25), ["≠"] * len(marked), font={"size": SMALL}, textposition="middle right"),
    ][: 3 if marked else 2]


def _totals(totals: Sequence[float], gaps: int, palette: Palette, *, across: bool) -> Spec:
    along, beside = list(range(len(totals))), [_total_at(gaps, across=across)] * len(totals)
    return {
        "type": "scatter",
        "mode": "text",
        "x": beside if across else along,
        "y": along if across else beside,
        "text": [signed(total) for total in totals],
        "textfont": {"color": palette.ink},
        "hoverinfo": "skip",
    }


def _total_at(column: int, *, across: bool) -> float:
    """Where the totals stand: in the middle of a last column that is narrower, or of a last row like the others."""
    return column - (1 - _TOTAL_SHARE) / 2 if across else column


def _frame(cell: _Cell, palette: Palette) -> Spec:
    """A frame inside a cell, in the ink that reads on it."""
    return {
        "type": "rect",
        "x0": cell.x - 0.485,
        "x1": cell.x + 0.485,
        "y0": cell.y - 0.43,
        "y1": cell.y + 0.43,
        "line": {"color": ink_on(palette.shade(probability(cell.step))), "width": 1.5},
    }


def _orders_table(result: FillResult, units: Units) -> pd.DataFrame:
    gap_at = {position: gap for gap, position in gaps_of(result)}
    return pd.DataFrame(
        [
            {
                "order": name,
                "gap": gap_at[step.position],
                "position": step.position,
                "step": number,
                "token": step.token,
                "id": step.id,
                "p": probability(step),
                f"log p ({FILL_TOTAL.unit(units)})": FILL_TOTAL.convert(step.logp_nats, units),
                FILL_TOTAL.axis(units): FILL_TOTAL.convert(filling.total_nats, units),
            }
            for name, filling in _rows(result, every=True)
            for number, step in enumerate(filling.steps, start=1)
        ]
    )


def sentence(name: str, filling: Filling, units: Units) -> str:
    words = ", ".join(filling.tokens)
    return f"{name[:1].upper()}{name[1:]}: {words}, total {signed_text(FILL_TOTAL, filling.total_nats, units)}."


def counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
