"""Figures of a matrix of pairs: the margins of all ordered pairs, and one pair among its controls."""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.texts.text import counted
from analysis.types import PairMatrix
from dashboard.drawing import chart
from dashboard.drawing.chart import SMALL, Spec, axis, cut, figure, label
from dashboard.drawing.palette import Palette, ink_on
from dashboard.glossary import MARGIN, ORDER_EFFECT, Measure, Units, signed
from dashboard.second_head import head_words
from dashboard.sections import Chart

_CELL_PIXELS, _SMALL_CELL_PIXELS, _SIDE_PIXELS, _HEAD_PIXELS, _LEAST_PIXELS = 46, 18, 230, 52, 420
_PRINTED = 14
"""Numbers stand in the cells of at most so many sentences."""
_SHORT, _STRIP_PIXELS = 26, 230


def pair_heatmap(matrix: PairMatrix, palette: Palette, units: Units, *, order_effect: bool = False) -> Chart:
    """A row per first sentence, a column per second one, coloured by the margin (or by the order effect)."""
    measure = _scaled(matrix, ORDER_EFFECT if order_effect else MARGIN).in_units(units)
    values = (matrix.order_effect_nats if order_effect else matrix.margin_nats) * MARGIN.convert(1, units)
    k, what = len(matrix.sentences), "order effect" if order_effect else "margin m"
    cell = _CELL_PIXELS if k <= _PRINTED else _SMALL_CELL_PIXELS
    names = [
        f"{number} · {label(cut(' '.join(each.split()), _SHORT))}" for number, each in enumerate(matrix.sentences, 1)
    ]
    traces = [_cells(values, names, measure)]
    if k <= _PRINTED:
        traces.append(_printed(values, measure, palette))
    framed = [chart.frame((at + 0.5, at + 1.5), (at - 0.5, at + 0.5), palette.ink) for at in range(1, k)]
    beside = {"text": "first sentence, A", "font": {"size": chart.BODY}, "standoff": 14}
    ends, title = (measure.low, measure.high), f"{what} ({measure.native})"
    ticks = {float(value): signed(value).removesuffix(".00") for value in np.linspace(*ends, 3)}
    scale = f" Colours reach from {signed(measure.low)} to {signed(measure.high)} {measure.native} in both matrices."
    layout = {
        "coloraxis": chart.colour_axis(palette, ends, title, ticks, values, palette.diverging, chart.bar_above()),
        "xaxis": axis(palette, "second sentence, B", tickvals=list(range(1, k + 1)), range=[0.5, k + 0.5]),
        "yaxis": axis(palette, range=[k + 0.5, 0.5], title=beside, ticklabelstandoff=6, **chart.named(names, 1)),
        "shapes": framed,
    }
    height = cell * k + _HEAD_PIXELS + 84
    return Chart(
        name="order-effects" if order_effect else "pairs",
        title="Order effects" if order_effect else "Margins of all ordered pairs",
        figure=figure(traces, layout, palette, matrix.provenance, height=height, top=_HEAD_PIXELS, bottom=84),
        alt=f"Matrix of {k} by {k} sentences coloured by the {what} in {measure.native}.{_means(values)}",
        how=(
            "How much more the head likes the column after the row than the row after the column."
            if order_effect
            else "Row: the first sentence. Column: the second. Framed: the pairs as they stand in the text."
        )
        + scale,
        make_table=lambda: pair_table(matrix, units),
        min_width=max(_LEAST_PIXELS, cell * k + _SIDE_PIXELS),
    )


def _scaled(matrix: PairMatrix, measure: Measure) -> Measure:
    """The measure with its scale ending at the largest value of both matrices of the page, on either side of 0."""
    values = np.concatenate([matrix.margin_nats.ravel(), matrix.order_effect_nats.ravel()])
    return measure.fitted(values[np.isfinite(values)].tolist())


class _Row(NamedTuple):
    """Margins on a line of their own, each with its second sentence, and how they are marked."""

    name: str
    values: list[float]
    seconds: Sequence[str]
    marker: Spec


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
            "marker": row.marker | {"line": {"width": 2, "color": row.marker["color"]}},
            "customdata": [
                [label(cut(text, 60)), signed(value)] for text, value in zip(row.seconds, row.values, strict=True)
            ],
            "hovertemplate": f"%{{customdata[0]}}<br>m %{{customdata[1]}} {unit}<extra></extra>",
        }
        for row in rows
    ]
    title, names = head_words(matrix.meaning).axis(unit), [row.name for row in rows]
    layout = {
        "xaxis": axis(palette, title, showgrid=True, zeroline=True, zerolinecolor=palette.muted),
        "yaxis": axis(palette, autorange="reversed", categoryarray=names, tickfont={"size": SMALL + 1}),
    }
    return Chart(
        name=f"pair-{a}-{b}",
        key="pair",
        title=f"Sentence {b} after sentence {a}, among {'controls' if matrix.controls else 'the others'}",
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
    )


def pair_table(matrix: PairMatrix, units: Units) -> pd.DataFrame:
    """One row per ordered pair: both sentences, both logits, margin, order effect, percentile among the controls."""
    factor, sentences, (z0, z1) = MARGIN.convert(1, units), matrix.sentences, head_words(matrix.meaning).logits
    return pd.DataFrame(
        [
            {
                "first": i + 1,
                "second": j + 1,
                "as in the text": j == i + 1,
                "A": sentences[i],
                "B": sentences[j],
                z0: float(matrix.z[i, j, 0]),
                z1: float(matrix.z[i, j, 1]),
                MARGIN.axis(units): float(matrix.margin_nats[i, j]) * factor,
                ORDER_EFFECT.axis(units): float(matrix.order_effect_nats[i, j]) * factor,
                "percentile among controls": matrix.percentile(i, j),
            }
            for i, j in permutations(range(len(sentences)), 2)
        ]
    )


def order_table(matrix: PairMatrix, units: Units) -> pd.DataFrame:
    """The best orders and the one given, with the sum of their neighbours' margins."""
    rows, true, rank = list(enumerate(matrix.best_orders, start=1)), matrix.true_order, matrix.true_order_rank
    if true is not None and rank is not None and rank > len(rows):
        rows.append((rank, true))
    return pd.DataFrame(
        {
            "rank": [rank for rank, _ in rows],
            "order": [" → ".join(str(each + 1) for each in found.order) for _, found in rows],
            f"sum of margins ({MARGIN.unit(units)})": [MARGIN.convert(found.total_nats, units) for _, found in rows],
            "": ["as given" if found == true else "" for _, found in rows],
        }
    )


def printed_orders(matrix: PairMatrix, units: Units) -> pd.DataFrame:
    """The same as it stands on the page."""
    table = order_table(matrix, units)
    rank, _, total, _ = table.columns
    return table.assign(**{rank: table[rank].astype(str), total: table[total].map(signed)})


def _cells(values: np.ndarray, names: Sequence[str], measure: Measure) -> Spec:
    numbers = range(1, len(names) + 1)
    hover = [
        [[a, b, "" if np.isnan(value) else signed(float(value))] for b, value in zip(names, row, strict=True)]
        for a, row in zip(names, values, strict=True)
    ]
    said = f"A %{{customdata[0]}}<br>B %{{customdata[1]}}<br>%{{customdata[2]}} {measure.native}"
    return chart.heatmap(values, numbers, numbers, hover, said, xgap=2, ygap=2)


def _printed(values: np.ndarray, measure: Measure, palette: Palette) -> Spec:
    """Numbers in the cells, each in the ink that reads on its cell."""
    i, j = np.nonzero(~np.isnan(values))
    shown = values[i, j].tolist()
    inks = [ink_on(palette.leaning(measure.share(value))) for value in shown]
    texts = [f"{value:+.1f}".replace("-", "−") for value in shown]
    return chart.words((j + 1).tolist(), (i + 1).tolist(), texts, {"size": SMALL, "color": inks})


def _means(values: np.ndarray) -> str:
    """The mean over true successors and over all other pairs, in words; nothing while some have not come."""
    k = len(values)
    following = values.astype(float).diagonal(1)
    rest = values.astype(float)[~np.eye(k, dtype=bool) & ~np.eye(k, k=1, dtype=bool)]
    if not np.isfinite([*following, *rest]).all():
        return ""
    of_rest = signed(float(rest.mean())) if len(rest) else "–"
    return f" The mean over true successors is {signed(float(following.mean()))}, over all other pairs {of_rest}."


def _rows(matrix: PairMatrix, first: int, second: int, palette: Palette, units: Units) -> tuple[_Row, ...]:
    """The controls, the text's other sentences, the pair itself."""
    factor = MARGIN.convert(1, units)
    margins = matrix.margin_nats[first].astype(float) * factor
    controls = matrix.control_margin_nats[first].astype(float) * factor
    own, others = float(margins[second]), [j for j in range(len(margins)) if j not in (first, second)]
    here = [matrix.sentences[j] for j in others]
    colour, symbol = (palette.is_next, "circle") if own > 0 else (palette.not_next, "diamond")
    of_controls = {"color": palette.muted, "symbol": "line-ns-open", "size": 14}
    of_others = {"color": palette.primary, "symbol": "circle-open", "size": 9}
    of_pair = {"color": colour, "symbol": symbol, "size": 13}
    return (
        _Row("controls", controls.tolist(), matrix.controls, of_controls),
        _Row("other sentences here", margins[others].tolist(), here, of_others),
        _Row("the pair", [own], [matrix.sentences[second]], of_pair),
    )
