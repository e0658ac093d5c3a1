"""Figures of a matrix of pairs: the margins of all ordered pairs, and one pair among its controls."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.texts.text import counted
from analysis.types import PairMatrix, SentenceOrder
from dashboard.drawing.chart import SMALL, Spec, axis, axis_title, bar_above, colour_axis, cut, figure, label
from dashboard.drawing.palette import Palette, ink_on
from dashboard.glossary import MARGIN, ORDER_EFFECT, Measure, Units, signed
from dashboard.sections import Chart

_CELL_PIXELS, _SMALL_CELL_PIXELS, _SIDE_PIXELS, _HEAD_PIXELS, _LEAST_PIXELS = 46, 18, 230, 52, 420
_PRINTED = 14
"""Numbers stand in the cells of at most so many sentences."""
_SHORT, _STRIP_PIXELS = 26, 230


def pair_heatmap(matrix: PairMatrix, palette: Palette, units: Units, *, order_effect: bool = False) -> Chart:
    """A row per first sentence, a column per second one, coloured by the margin (or by the order effect)."""
    measure = (ORDER_EFFECT if order_effect else MARGIN).in_units(units)
    values = (matrix.order_effect_nats if order_effect else matrix.margin_nats) * MARGIN.convert(1, units)
    k, what = len(matrix.sentences), "order effect" if order_effect else "margin m"
    cell = _CELL_PIXELS if k <= _PRINTED else _SMALL_CELL_PIXELS
    names = [
        f"{number} · {label(cut(' '.join(each.split()), _SHORT))}" for number, each in enumerate(matrix.sentences, 1)
    ]
    traces = [_cells(values, names, measure)]
    if k <= _PRINTED:
        traces += _printed(values, measure, palette)
    layout = _square(names, palette) | {"coloraxis": _scale(values, measure, what, palette)}
    return Chart(
        name="order-effects" if order_effect else "pairs",
        title="Order effects" if order_effect else "Margins of all ordered pairs",
        figure=figure(
            traces,
            layout,
            palette,
            matrix.provenance,
            height=cell * k + _HEAD_PIXELS + 84,
            top=_HEAD_PIXELS,
            bottom=84,
        ),
        alt=f"Matrix of {k} by {k} sentences coloured by the {what} in {measure.native}.{_means(values)}",
        how=(
            "How much more the head likes the column after the row than the row after the column."
            if order_effect
            else "Row: the first sentence. Column: the second. Framed: the pairs as they stand in the text."
        ),
        make_table=lambda: pair_table(matrix, units),
        provenance=matrix.provenance,
        min_width=max(_LEAST_PIXELS, cell * k + _SIDE_PIXELS),
    )


class _Row(NamedTuple):
    """Margins on a line of their own, each with its second sentence, and how they are marked."""

    name: str
    values: list[float]
    seconds: Sequence[str]
    colour: str
    symbol: str
    size: int


def control_strip(matrix: PairMatrix, first: int, second: int, palette: Palette, units: Units) -> Chart:
    """One pair's margin among those of its first sentence with controls after it."""
    unit, a, b = MARGIN.unit(units), first + 1, second + 1
    rows = _rows(matrix, first, second, palette, units)
    own, found = rows[-1].values[0], matrix.percentile(first, second)
    traces: list[Spec] = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": row.values,
            "y": [row.name] * len(row.values),
            "marker": {
                "color": row.colour,
                "symbol": row.symbol,
                "size": row.size,
                "line": {"width": 2, "color": row.colour},
            },
            "customdata": [
                [label(cut(text, 60)), signed(value)] for text, value in zip(row.seconds, row.values, strict=True)
            ],
            "hovertemplate": f"%{{customdata[0]}}<br>m %{{customdata[1]}} {unit}<extra></extra>",
        }
        for row in rows
    ]
    margins = axis(palette, title=axis_title(f"NotNext  ←  margin m ({unit})  →  IsNext"), showgrid=True, zeroline=True)
    layout = {
        "xaxis": margins | {"zerolinecolor": palette.muted},
        "yaxis": axis(
            palette, autorange="reversed", categoryarray=[row.name for row in rows], tickfont={"size": SMALL + 1}
        ),
    }
    return Chart(
        name=f"pair-{a}-{b}",
        key="pair",
        title=f"Sentence {b} after sentence {a}, among controls",
        figure=figure(traces, layout, palette, matrix.provenance, height=_STRIP_PIXELS, bottom=72),
        alt=(
            f"Strip of margins after sentence {a} in {unit}: {counted(len(matrix.controls), 'control')}, the text's "
            f"other sentences, and sentence {b} with {signed(own)}"
            + ("." if found is None else f", above {found:.0%} of the controls.")
        ),
        how="What the head says of this pair, beside other continuations of the same first sentence: from this text, "
        "and from other texts.",
        make_table=lambda: pd.DataFrame(
            {
                "what": [row.name for row in rows for _ in row.values],
                "second": [text for row in rows for text in row.seconds],
                MARGIN.axis(units): [value for row in rows for value in row.values],
            }
        ),
        provenance=matrix.provenance,
    )


def pair_table(matrix: PairMatrix, units: Units) -> pd.DataFrame:
    """One row per ordered pair: both sentences, both logits, margin, order effect, percentile among the controls."""
    factor, rows = MARGIN.convert(1, units), []
    for i, a in enumerate(matrix.sentences):
        for j, b in enumerate(matrix.sentences):
            if i != j:
                rows.append(
                    {
                        "first": i + 1,
                        "second": j + 1,
                        "as in the text": j == i + 1,
                        "A": a,
                        "B": b,
                        "logit IsNext": float(matrix.z[i, j, 0]),
                        "logit NotNext": float(matrix.z[i, j, 1]),
                        MARGIN.axis(units): float(matrix.margin_nats[i, j]) * factor,
                        ORDER_EFFECT.axis(units): float(matrix.order_effect_nats[i, j]) * factor,
                        "percentile among controls": matrix.percentile(i, j),
                    }
                )
    return pd.DataFrame(rows)


def order_table(matrix: PairMatrix, units: Units) -> pd.DataFrame:
    """The best orders and the one given, with the sum of their neighbours' margins."""
    rows = _orders(matrix)
    return pd.DataFrame(
        {
            "rank": [rank for rank, _ in rows],
            "order": [" → ".join(str(each + 1) for each in found.order) for _, found in rows],
            _total(units): [MARGIN.convert(found.total_nats, units) for _, found in rows],
            "": ["as given" if found == matrix.true_order else "" for _, found in rows],
        }
    )


def printed_orders(matrix: PairMatrix, units: Units) -> pd.DataFrame:
    """The same as it stands on the page."""
    table = order_table(matrix, units)
    return table.assign(**{"rank": table["rank"].astype(str), _total(units): table[_total(units)].map(signed)})


def _orders(matrix: PairMatrix) -> list[tuple[int, SentenceOrder]]:
    """Ranks and orders: the best, and the one given where it is none of them."""
    rows = list(enumerate(matrix.best_orders, start=1))
    true, rank = matrix.true_order, matrix.true_order_rank
    return rows if true is None or rank is None or rank <= len(rows) else [*rows, (rank, true)]


def _total(units: Units) -> str:
    return f"sum of margins ({MARGIN.unit(units)})"


def _cells(values: np.ndarray, names: Sequence[str], measure: Measure) -> Spec:
    numbers = list(range(1, len(names) + 1))
    return {
        "type": "heatmap",
        "z": values,
        "x": numbers,
        "y": numbers,
        "coloraxis": "coloraxis",
        "xgap": 2,
        "ygap": 2,
        "hoverongaps": False,
        "customdata": [
            [[a, b, "" if np.isnan(value) else signed(float(value))] for b, value in zip(names, row, strict=True)]
            for a, row in zip(names, values, strict=True)
        ],
        "hovertemplate": f"A %{{customdata[0]}}<br>B %{{customdata[1]}}<br>%{{customdata[2]}} {measure.native}"
        "<extra></extra>",
    }


def _printed(values: np.ndarray, measure: Measure, palette: Palette) -> list[Spec]:
    """Numbers in the cells, one trace per ink."""
    by_ink: dict[str, tuple[list[int], list[int], list[str]]] = {}
    for (i, j), value in np.ndenumerate(values):
        if not np.isnan(value):
            ink = ink_on(palette.leaning((float(value) - measure.low) / (measure.high - measure.low)))
            x, y, text = by_ink.setdefault(ink, ([], [], []))
            x.append(j + 1)
            y.append(i + 1)
            text.append(f"{value:+.1f}".replace("-", "−"))
    return [
        {
            "type": "scatter",
            "mode": "text",
            "x": x,
            "y": y,
            "text": text,
            "textfont": {"size": SMALL, "color": ink},
            "hoverinfo": "skip",
        }
        for ink, (x, y, text) in by_ink.items()
    ]


def _scale(values: np.ndarray, measure: Measure, what: str, palette: Palette) -> Spec:
    """The colour axis; its ends say so where values lie beyond them."""
    low, high = measure.low, measure.high
    ticks = {float(value): signed(value).removesuffix(".00") for value in np.linspace(low, high, 5)}
    if (values > high).any():
        ticks[high] = f"≥ {ticks[high]}"
    if (values < low).any():
        ticks[low] = f"≤ {ticks[low]}"
    return colour_axis(palette, low, high, f"{what} ({measure.native})", ticks, palette.diverging, bar_above(0.0))


def _square(names: Sequence[str], palette: Palette) -> Spec:
    """The matrix' axes, and a frame around each pair as it stands in the text."""
    k = len(names)
    numbers = list(range(1, k + 1))
    return {
        "xaxis": axis(palette, tickvals=numbers, title=axis_title("second sentence, B"), range=[0.5, k + 0.5]),
        "yaxis": axis(
            palette,
            tickvals=numbers,
            ticktext=names,
            range=[k + 0.5, 0.5],
            title=axis_title("first sentence, A") | {"standoff": 14},
        ),
        "shapes": [
            {
                "type": "rect",
                "x0": at + 0.5,
                "x1": at + 1.5,
                "y0": at - 0.5,
                "y1": at + 0.5,
                "line": {"color": palette.ink, "width": 2},
            }
            for at in range(1, k)
        ],
    }


def _means(values: np.ndarray) -> str:
    """The mean over true successors and over all other pairs, in words; nothing while some have not come."""
    k = len(values)
    following = [float(values[i, i + 1]) for i in range(k - 1)]
    rest = [float(values[i, j]) for i in range(k) for j in range(k) if j not in (i, i + 1)]
    if not np.isfinite([*following, *rest]).all():
        return ""
    of_rest = signed(float(np.mean(rest))) if rest else "–"
    return f" The mean over true successors is {signed(float(np.mean(following)))}, over all other pairs {of_rest}."


def _rows(matrix: PairMatrix, first: int, second: int, palette: Palette, units: Units) -> tuple[_Row, ...]:
    """The controls, the text's other sentences, the pair itself."""
    factor = MARGIN.convert(1, units)
    margins = matrix.margin_nats[first].astype(float) * factor
    controls = matrix.control_margin_nats[first].astype(float) * factor
    own, others = float(margins[second]), [j for j in range(len(margins)) if j not in (first, second)]
    here = [matrix.sentences[j] for j in others]
    colour, symbol = (palette.is_next, "circle") if own > 0 else (palette.not_next, "diamond")
    return (
        _Row("controls", controls.tolist(), matrix.controls, palette.muted, "line-ns-open", 14),
        _Row("other sentences here", margins[others].tolist(), here, palette.primary, "circle-open", 9),
        _Row("the pair", [own], [matrix.sentences[second]], colour, symbol, 13),
    )
