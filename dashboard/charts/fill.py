"""Figures of filled gaps: what each order puts where, and the steps that one order took."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.types import Filling, FillOrder, FillResult, FillStep
from dashboard.charts.base import BODY, SMALL, Chart, Spec, axis, colour_axis, figure, label
from dashboard.charts.lines import Lines
from dashboard.charts.palette import MONO_FACE, Palette, ink_on
from dashboard.glossary import FILL_TOTAL, Units, p_text, signed, signed_text
from dashboard.orders import TITLES

GAPS_ACROSS = 8
"""Up to this many gaps there is a row per order; of more gaps each gets a row, so that the page needs no scrolling."""
STEPS_ACROSS = 4
"""Steps per line: a column has to hold a word, its bar and its probability."""
_FEW_GAPS = 3
_ROW_PIXELS, _COLUMN_PIXELS, _LABEL_PIXELS = 48, 84, 116
_STEP_ROW_PIXELS, _STEP_HEAD_PIXELS, _STEP_COLUMN_PIXELS = 24, 34, 150
_WORD_CHARS, _STEP_CHARS = 12, 14
_BAR_SHARE, _BAR_START = 0.86, -0.44
"""A step's bar of p = 1 takes this share of its column and begins this far from the column's middle."""
_PADDING = 0.01
_TOTAL_SHARE = 0.75
"""Width of the column of totals, in columns of gaps."""


def orders(result: FillResult, palette: Palette, units: Units, *, every: bool = False) -> Chart:
    """What each order puts into each gap, coloured by its probability at that moment, and each order's total.

    ``every`` adds the beam's other hypotheses below its best.
    """
    rows = _rows(result, every=every)
    across = len(result.positions) <= GAPS_ACROSS
    chosen = [[_by_position(filling)[position] for position in result.positions] for _, filling in rows]
    names = [name for name, _ in rows]
    heads = [f"gap {gap}{' ≠' if position in result.disagree else ''}" for gap, position in _gaps(result)]
    totals = [FILL_TOTAL.convert(filling.total_nats, units) for _, filling in rows]
    total_head = f"total ({FILL_TOTAL.unit(units)})"
    columns, lines = ([*heads, total_head], names) if across else (names, [*heads, total_head])
    cells = [(step, *((gap, row) if across else (row, gap)), row) for row, gap, step in _grid(chosen)]
    height = (_ROW_PIXELS if across else _STEP_ROW_PIXELS + 12) * len(lines)
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
        "shapes": [_frame(step, x, y, palette) for step, x, y, _ in cells if _differs(step, chosen)],
    }
    traces = [
        _heat(cells, names, result, (len(columns) - across, len(lines) - (not across))),
        *_words(cells, chosen, palette, large=len(columns) <= _FEW_GAPS + 1),
        _totals(totals, len(result.positions), palette, across=across),
    ]
    return Chart(
        name="fill-orders",
        title="What each order fills in",
        figure=figure(traces, layout, palette, result.provenance, height=height + 34 + 56, top=34, bottom=56),
        alt=f"Table of {len(rows)} fillings of {_number(len(result.positions), 'gap')}. "
        + " ".join(_sentence(name, filling, units) for name, filling in rows),
        how=("One row per order, one column per gap: " if across else "One column per order, one row per gap: ")
        + "the word that it put there and its probability at that moment."
        + (f" A frame and ≠ mark a word other than {names[0]}'s." if layout["shapes"] else "")
        + (f" {FILL_TOTAL.caveat}" if len(rows) > 1 else ""),
        make_table=lambda: _orders_table(result, units),
    )


def orders_width(result: FillResult, *, every: bool = False) -> int:
    """The least width in pixels at which the words of that figure don't run into each other."""
    gaps = len(result.positions)
    columns = gaps + 1 if gaps <= GAPS_ACROSS else len(_rows(result, every=every))
    return _LABEL_PIXELS + _COLUMN_PIXELS * columns


def steps(result: FillResult, filling: Filling, palette: Palette, units: Units) -> Chart:
    """Which gap was filled when, with what, and what else was probable at that moment."""
    gap_at = {position: gap for gap, position in _gaps(result)}
    k = max(len(_listed(step)) for step in filling.steps)
    count = len(filling.steps)
    lines = Lines(0, count, STEPS_ACROSS, k * _STEP_ROW_PIXELS, _STEP_HEAD_PIXELS)
    independent = filling.order == "independent"
    heads = [
        f"gap {gap_at[step.position]}" if independent else f"step {number}: gap {gap_at[step.position]}"
        for number, step in enumerate(filling.steps, start=1)
    ]
    traces: list[Spec] = []
    layout: Spec = {"barmode": "overlay"}
    for number, (start, stop) in enumerate(lines.spans, start=1):
        places = [
            (column, place, *each)
            for column in range(start, stop)
            for place, each in enumerate(_listed(filling.steps[column]), start=1)
        ]
        traces += [trace | lines.axes_of_trace(number) for trace in _step_traces(places, palette)]
        layout |= lines.layout(
            number,
            palette,
            x={
                "side": "top",
                "tickvals": list(range(start, stop)),
                "ticktext": [f"<b>{head}</b>" for head in heads[start:stop]],
                "tickangle": 0,
            },
            y={"range": [k + 0.5, 0.5], "tickvals": [], "showticklabels": False},
        )
    name = TITLES[filling.order].title
    return Chart(
        name=f"fill-steps-{filling.order.replace('_', '-')}",
        title=f"The steps of one order: {name}",
        figure=figure(traces, layout, palette, result.provenance, height=lines.height + 40, top=34, bottom=34),
        alt=f"{_number(count, 'column')} of bars, the most probable tokens at each step. "
        + _sentence(name, filling, units),
        how=(
            "Each gap with all the others still masked: no step knows of another. Bars are probabilities; the word in "
            "bold was taken."
            if independent
            else "From left to right, the gaps as they were filled: the tokens that were most probable at that moment, "
            "given what had been filled in before. Bars are probabilities; the word in bold was taken."
        ),
        make_table=lambda: _steps_table(result, filling),
    )


def steps_width(filling: Filling) -> int:
    """The least width in pixels at which the words of that figure don't run into each other."""
    return _STEP_COLUMN_PIXELS * min(len(filling.steps), STEPS_ACROSS) + 24


def _rows(result: FillResult, *, every: bool) -> list[tuple[str, Filling]]:
    """Every order's (best) filling under its name; with ``every`` the beam's others, too."""
    rows: list[tuple[str, Filling]] = []
    seen: dict[FillOrder, int] = {}
    for filling in result.fillings:
        seen[filling.order] = place = seen.get(filling.order, 0) + 1
        if place == 1 or every:
            rows.append((TITLES[filling.order].title + (f", no. {place}" if place > 1 else ""), filling))
    return rows


def _gaps(result: FillResult) -> Iterator[tuple[int, int]]:
    return enumerate(result.positions, start=1)


def _by_position(filling: Filling) -> dict[int, FillStep]:
    return {step.position: step for step in filling.steps}


def _grid(chosen: Sequence[Sequence[FillStep]]) -> Iterator[tuple[int, int, FillStep]]:
    return ((row, gap, step) for row, steps in enumerate(chosen) for gap, step in enumerate(steps))


def _differs(step: FillStep, chosen: Sequence[Sequence[FillStep]]) -> bool:
    return any(first.position == step.position and first.id != step.id for first in chosen[0])


def _p(step: FillStep) -> float:
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


def _heat(cells: Sequence[Any], names: Sequence[str], result: FillResult, shape: tuple[int, int]) -> Spec:
    columns, lines = shape
    z = [[0.0] * columns for _ in range(lines)]
    hover = [[[""] * 3 for _ in range(columns)] for _ in range(lines)]
    gap_at = {position: gap for gap, position in _gaps(result)}
    for step, x, y, row in cells:
        z[y][x] = _p(step)
        hover[y][x] = [f"{names[row]} · gap {gap_at[step.position]}", label(step.token), p_text(_p(step))]
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


def _words(cells: Sequence[Any], chosen: Sequence[Sequence[FillStep]], palette: Palette, *, large: bool) -> list[Spec]:
    """The words, their probabilities and the marks, in whichever ink reads on their cells."""
    inks = [ink_on(palette.shade(_p(step))) for step, *_ in cells]
    marked = [i for i, (step, *_) in enumerate(cells) if _differs(step, chosen)]
    xs, ys = [x for _, x, _, _ in cells], [y for _, _, y, _ in cells]
    face = {"family": MONO_FACE, "size": BODY if large else SMALL, "color": inks}
    texts: list[Spec] = [
        {"y": [y - 0.14 for y in ys], "text": [label(cut(step.token)) for step, *_ in cells], "textfont": face},
        {
            "y": [y + 0.24 for y in ys],
            "text": [p_text(_p(step)) for step, *_ in cells],
            "textfont": {"size": SMALL, "color": inks},
        },
    ]
    marks: Spec = {
        "x": [xs[i] - 0.47 for i in marked],
        "y": [ys[i] - 0.25 for i in marked],
        "text": ["≠"] * len(marked),
        "textposition": "middle right",
        "textfont": {"size": SMALL, "color": [inks[i] for i in marked]},
    }
    base = {"type": "scatter", "mode": "text", "hoverinfo": "skip"}
    return [base | {"x": xs} | text for text in texts] + ([base | marks] if marked else [])


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


def _frame(step: FillStep, x: float, y: float, palette: Palette) -> Spec:
    """A frame inside a cell, in the ink that reads on it."""
    return {
        "type": "rect",
        "x0": x - 0.485,
        "x1": x + 0.485,
        "y0": y - 0.43,
        "y1": y + 0.43,
        "line": {"color": ink_on(palette.shade(_p(step))), "width": 1.5},
    }


def _listed(step: FillStep) -> list[tuple[str, int, float, bool]]:
    """Token, id, probability and whether it was taken: the most probable, and a beam's choice from further down."""
    ids = step.top_ids.tolist()
    listed = [
        (token, id_, float(p), id_ == step.id)
        for token, id_, p in zip(step.top_tokens, ids, step.top_p.tolist(), strict=True)
    ]
    return listed if step.id in ids else [*listed, (step.token, step.id, _p(step), True)]


def _step_traces(places: Sequence[tuple[int, int, str, int, float, bool]], palette: Palette) -> list[Spec]:
    xs, ys = [column + _BAR_START for column, *_ in places], [place for _, place, *_ in places]
    inks = [palette.ink if taken else palette.muted for *_, taken in places]
    words = [
        f"<b>{label(cut(word, _STEP_CHARS))}</b>" if taken else label(cut(word, _STEP_CHARS))
        for *_, word, _, _, taken in places
    ]
    p = [p_text(each) for *_, each, _ in places]
    return [
        {
            "type": "bar",
            "orientation": "h",
            "base": xs,
            "x": [_BAR_SHARE * each for *_, each, _ in places],
            "y": ys,
            "width": 0.78,
            "marker": {
                "color": [palette.primary if taken else palette.muted for *_, taken in places],
                "opacity": [0.34 if taken else 0.2 for *_, taken in places],
            },
            "customdata": [[label(word), text] for (_, _, word, *_), text in zip(places, p, strict=True)],
            "hovertemplate": "%{customdata[0]}  p %{customdata[1]}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": [x + _PADDING for x in xs],
            "y": ys,
            "text": words,
            "textposition": "middle right",
            "textfont": {"family": MONO_FACE, "color": inks},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": [x + _BAR_SHARE for x in xs],
            "y": ys,
            "text": p,
            "textposition": "middle left",
            "textfont": {"size": SMALL, "color": inks},
            "hoverinfo": "skip",
        },
    ]


def _orders_table(result: FillResult, units: Units) -> pd.DataFrame:
    gap_at = {position: gap for gap, position in _gaps(result)}
    return pd.DataFrame(
        [
            {
                "order": name,
                "gap": gap_at[step.position],
                "position": step.position,
                "step": number,
                "token": step.token,
                "id": step.id,
                "p": _p(step),
                f"log p ({FILL_TOTAL.unit(units)})": FILL_TOTAL.convert(step.logp_nats, units),
                FILL_TOTAL.axis(units): FILL_TOTAL.convert(filling.total_nats, units),
            }
            for name, filling in _rows(result, every=True)
            for number, step in enumerate(filling.steps, start=1)
        ]
    )


def _steps_table(result: FillResult, filling: Filling) -> pd.DataFrame:
    gap_at = {position: gap for gap, position in _gaps(result)}
    return pd.DataFrame(
        [
            {
                "step": number,
                "gap": gap_at[step.position],
                "position": step.position,
                "place": place if place <= len(step.top_tokens) else None,
                "token": token,
                "id": id_,
                "p": p,
                "taken": taken,
            }
            for number, step in enumerate(filling.steps, start=1)
            for place, (token, id_, p, taken) in enumerate(_listed(step), start=1)
        ]
    )


def _sentence(name: str, filling: Filling, units: Units) -> str:
    words = ", ".join(filling.tokens)
    return f"{name[:1].upper()}{name[1:]}: {words}, total {signed_text(FILL_TOTAL, filling.total_nats, units)}."


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def cut(text: str, chars: int = _WORD_CHARS) -> str:
    """A text that fits a cell."""
    return text if len(text) <= chars else text[: chars - 1] + "…"
