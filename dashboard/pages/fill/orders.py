"""The figure of filled gaps: what each order puts where, with which probability."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from analysis.texts.text import counted
from analysis.types import Filling, FillResult, FillStep
from dashboard.drawing import chart
from dashboard.drawing.chart import SMALL, Spec, axis, cut, figure, label, named
from dashboard.drawing.palette import MONO_FACE, Palette, ink_on
from dashboard.glossary import FILL_TOTAL, Units, p_text, signed, signed_text
from dashboard.pages.fill.asked import TITLES
from dashboard.pages.fill.gaps import numbers
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
    differs: bool


def orders(result: FillResult, palette: Palette, units: Units, *, every: bool = False) -> Chart:
    """What each order puts into each gap, coloured by its probability at that moment, and each order's total.

    ``every`` adds the beam's other hypotheses below its best.
    """
    rows, gaps, disagree = _rows(result, every=every), len(result.positions), result.disagree
    across = gaps <= GAPS_ACROSS
    names = [name for name, _ in rows]
    chosen = [sorted(filling.steps, key=lambda step: step.position) for _, filling in rows]
    cells = [
        _Cell(step, *((gap, row) if across else (row, gap)), step.id != first.id)
        for row, steps in enumerate(chosen)
        for gap, (step, first) in enumerate(zip(steps, chosen[0], strict=True))
    ]
    heads = [f"gap {gap}{' ≠' if position in disagree else ''}" for position, gap in numbers(result).items()]
    heads.append(f"total ({FILL_TOTAL.unit(units)})")
    columns, lines = (heads, names) if across else (names, heads)
    height = (_ROW_PIXELS if across else _LOW_ROW_PIXELS) * len(lines)
    # The totals stand in the middle of a last column that is narrower, or in a last row like the others.
    totals_at = gaps - (1 - _TOTAL_SHARE) / 2 if across else gaps
    ticks = named(columns) | ({"tickvals": [*range(gaps), totals_at]} if across else {})
    layout = {
        "coloraxis": _probabilities(palette, height),
        "xaxis": axis(
            palette,
            side="top",
            range=[-0.5, len(columns) - 1.5 + (_TOTAL_SHARE if across else 1)],
            tickangle=0,
            tickfont={"size": SMALL, "color": palette.muted},
            **ticks,
        ),
        "yaxis": axis(palette, range=[len(lines) - 0.5, -0.5], ticklabelstandoff=6, **named(lines)),
        "shapes": [
            chart.frame((cell.x - 0.485, cell.x + 0.485), (cell.y - 0.43, cell.y + 0.43), _ink(cell, palette), 1.5)
            for cell in cells
            if cell.differs
        ],
    }
    totals = [signed(FILL_TOTAL.convert(filling.total_nats, units)) for _, filling in rows]
    along, beside = list(range(len(rows))), [totals_at] * len(rows)
    traces = [
        _heat(names, chosen, across=across),
        *_words(cells, palette, large=len(columns) <= _FEW_GAPS + 1),
        chart.words(*((beside, along) if across else (along, beside)), totals, {"color": palette.ink}),
    ]
    return Chart(
        name="fill-orders",
        title="What each order fills in",
        figure=figure(traces, layout, palette, result.provenance, height=height + 34 + 56, top=34, bottom=56),
        alt=f"Table of {len(rows)} fillings of {counted(gaps, 'gap')}. "
        + " ".join(sentence(name, filling, units) for name, filling in rows),
        how=("One row per order, one column per gap: " if across else "One column per order, one row per gap: ")
        + "the word that it put there and its probability at that moment."
        + (f" A frame and ≠ mark a word other than {names[0]}'s." if layout["shapes"] else "")
        + (f" {FILL_TOTAL.caveat}" if len(rows) > 1 else ""),
        make_table=lambda: _orders_table(result, units),
        min_width=_LABEL_PIXELS + _COLUMN_PIXELS * len(columns),
    )


def _rows(result: FillResult, *, every: bool) -> list[tuple[str, Filling]]:
    """Every order's (best) filling under its name; with ``every`` the beam's others, too."""
    rows, places = [], Counter[str]()
    for filling in result.fillings:
        places[filling.order] += 1
        place = places[filling.order]
        if place == 1 or every:
            rows.append((TITLES[filling.order] + (f", no. {place}" if place > 1 else ""), filling))
    return rows


def probability(step: FillStep) -> float:
    return math.exp(step.logp_nats)


def _probabilities(palette: Palette, height: float) -> Spec:
    """The sequential scale of probabilities with its bar lying under the figure, where narrow pages have room."""
    bar = {
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
    return chart.colour_axis(palette, (0, 1), "probability", {0: "0", 0.5: "0.5", 1: "1"}, bar=bar)


def _heat(names: Sequence[str], chosen: Sequence[Sequence[FillStep]], *, across: bool) -> Spec:
    z = [[probability(step) for step in steps] for steps in chosen]
    hover = [
        [[f"{name} · gap {gap}", label(step.token), p_text(probability(step))] for gap, step in enumerate(steps, 1)]
        for name, steps in zip(names, chosen, strict=True)
    ]
    if not across:
        z, hover = list(zip(*z, strict=True)), list(zip(*hover, strict=True))
    said = "%{customdata[0]}<br>%{customdata[1]}  p %{customdata[2]}"
    return chart.heatmap(z, range(len(z[0])), range(len(z)), hover, said, xgap=3, ygap=3)


def _words(cells: Sequence[_Cell], palette: Palette, *, large: bool) -> list[Spec]:
    """The words, their probabilities and the marks, in whichever ink reads on their cells."""

    def texts(cells: Sequence[_Cell], right: float, down: float, texts: list[str], font: Spec, **more: Any) -> Spec:
        x, y = [cell.x + right for cell in cells], [cell.y + down for cell in cells]
        return chart.words(x, y, texts, font | {"color": [_ink(cell, palette) for cell in cells]}, **more)

    face, small = {"family": MONO_FACE, "size": chart.BODY if large else SMALL}, {"size": SMALL}
    marked = [cell for cell in cells if cell.differs]
    marks = texts(marked, -0.47, -0.25, ["≠"] * len(marked), small, textposition="middle right")
    return [
        texts(cells, 0, -0.14, [label(cut(cell.step.token, _WORD_CHARS)) for cell in cells], face),
        texts(cells, 0, 0.24, [p_text(probability(cell.step)) for cell in cells], small),
        *([marks] if marked else []),
    ]


def _ink(cell: _Cell, palette: Palette) -> str:
    return ink_on(palette.shade(probability(cell.step)))


def _orders_table(result: FillResult, units: Units) -> pd.DataFrame:
    gap_at = numbers(result)
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
    said = ", ".join(filling.tokens)
    return f"{name[:1].upper()}{name[1:]}: {said}, total {signed_text(FILL_TOTAL, filling.total_nats, units)}."
