"""Figures of a matrix of pairs: the margins of all ordered pairs, and one pair among its controls."""

import numpy as np
import pandas as pd

from analysis.types import PairMatrix
from dashboard.drawing.chart import SMALL, Chart, Spec, axis, axis_title, bar_above, colour_axis, cut, figure, label
from dashboard.drawing.palette import Palette, ink_on
from dashboard.glossary import MARGIN, ORDER_EFFECT, Units, signed

_CELL_PIXELS, _SMALL_CELL_PIXELS, _SIDE_PIXELS, _HEAD_PIXELS, _LEAST_PIXELS = 46, 18, 230, 52, 420
_PRINTED = 14
"""Numbers stand in the cells of at most so many sentences."""
_SHORT, _STRIP_PIXELS = 26, 230


def pair_heatmap(matrix: PairMatrix, palette: Palette, units: Units, *, order_effect: bool = False) -> Chart:
    """A row per first sentence, a column per second one, coloured by the margin (or by the order effect)."""
    measure = (ORDER_EFFECT if order_effect else MARGIN).in_units(units)
    values = (matrix.order_effect_nats if order_effect else matrix.margin_nats) * MARGIN.convert(1, units)
    k = len(matrix.sentences)
    numbers = list(range(1, k + 1))
    names = [
        f"{number} · {label(cut(' '.join(each.split()), _SHORT))}" for number, each in enumerate(matrix.sentences, 1)
    ]
    ticks = {float(value): signed(value).removesuffix(".00") for value in np.linspace(measure.low, measure.high, 5)}
    if (values > measure.high).any():
        ticks[measure.high] = f"≥ {ticks[measure.high]}"
    if (values < measure.low).any():
        ticks[measure.low] = f"≤ {ticks[measure.low]}"
    what = "order effect" if order_effect else "margin m"
    scale = colour_axis(
        palette, measure.low, measure.high, f"{what} ({measure.native})", ticks, palette.diverging, bar_above(0.0)
    )
    traces: list[Spec] = [
        {
            "type": "heatmap",
            "z": values,
            "x": numbers,
            "y": numbers,
            "coloraxis": "coloraxis",
            "xgap": 2,
            "ygap": 2,
            "hoverongaps": False,
            "customdata": [
                [[names[i], names[j], "" if np.isnan(values[i, j]) else signed(float(values[i, j]))] for j in range(k)]
                for i in range(k)
            ],
            "hovertemplate": f"A %{{customdata[0]}}<br>B %{{customdata[1]}}<br>%{{customdata[2]}} {measure.native}"
            "<extra></extra>",
        }
    ]
    if k <= _PRINTED:
        traces += _printed(values, measure.low, measure.high, palette)
    layout = {
        "coloraxis": scale,
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
    following = [float(values[i, i + 1]) for i in range(k - 1)]
    rest = [float(values[i, j]) for i in range(k) for j in range(k) if j not in (i, i + 1)]
    known = np.isfinite(following).all() and np.isfinite(rest).all()
    return Chart(
        name="order-effects" if order_effect else "pairs",
        title="Order effects" if order_effect else "Margins of all ordered pairs",
        figure=figure(
            traces,
            layout,
            palette,
            matrix.provenance,
            height=_cell_pixels(k) * k + _HEAD_PIXELS + 84,
            top=_HEAD_PIXELS,
            bottom=84,
        ),
        alt=(
            f"Matrix of {k} by {k} sentences coloured by the {what} in {measure.native}."
            + (
                f" The mean over true successors is {signed(float(np.mean(following)))}, over all other pairs "
                f"{signed(float(np.mean(rest))) if rest else '–'}."
                if known
                else ""
            )
        ),
        how=(
            "How much more the head likes the column after the row than the row after the column."
            if order_effect
            else "Row: the first sentence. Column: the second. Framed: the pairs as they stand in the text."
        ),
        make_table=lambda: pair_table(matrix, units),
    )


def matrix_width(k: int) -> int:
    """The least width in pixels at which the cells of ``k`` sentences keep their numbers apart."""
    return max(_LEAST_PIXELS, _cell_pixels(k) * k + _SIDE_PIXELS)


def _cell_pixels(k: int) -> int:
    return _CELL_PIXELS if k <= _PRINTED else _SMALL_CELL_PIXELS


def control_strip(matrix: PairMatrix, first: int, second: int, palette: Palette, units: Units) -> Chart:
    """One pair's margin among those of its first sentence with controls after it."""
    unit, factor = MARGIN.unit(units), MARGIN.convert(1, units)
    controls = matrix.control_margin_nats[first] * factor
    own = float(matrix.margin_nats[first, second]) * factor
    others = [j for j in range(len(matrix.sentences)) if j not in (first, second)]
    here = [float(matrix.margin_nats[first, j]) * factor for j in others]
    rows = (
        ("controls", controls.tolist(), [label(each) for each in matrix.controls], palette.muted, "line-ns-open", 14),
        ("other sentences here", here, [label(matrix.sentences[j]) for j in others], palette.primary, "circle-open", 9),
        (
            "the pair",
            [own],
            [label(matrix.sentences[second])],
            palette.is_next if own > 0 else palette.not_next,
            "circle" if own > 0 else "diamond",
            13,
        ),
    )
    traces: list[Spec] = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": values,
            "y": [name] * len(values),
            "marker": {"color": colour, "symbol": symbol, "size": size, "line": {"width": 2, "color": colour}},
            "customdata": [[cut(text, 60), signed(value)] for text, value in zip(texts, values, strict=True)],
            "hovertemplate": f"%{{customdata[0]}}<br>m %{{customdata[1]}} {unit}<extra></extra>",
        }
        for name, values, texts, colour, symbol, size in rows
    ]
    found = matrix.percentile(first, second)
    layout = {
        "xaxis": axis(
            palette, title=axis_title(f"NotNext  ←  margin m ({unit})  →  IsNext"), showgrid=True, zeroline=True
        )
        | {"zerolinecolor": palette.muted},
        "yaxis": axis(
            palette, autorange="reversed", categoryarray=[name for name, *_ in rows][::1], tickfont={"size": SMALL + 1}
        ),
    }
    a, b = first + 1, second + 1
    return Chart(
        name=f"pair-{a}-{b}",
        title=f"Sentence {b} after sentence {a}, among controls",
        figure=figure(traces, layout, palette, matrix.provenance, height=_STRIP_PIXELS, bottom=72),
        alt=(
            f"Strip of margins after sentence {a} in {unit}: {len(controls)} controls, the text's other sentences, "
            f"and sentence {b} with {signed(own)}" + ("." if found is None else f", above {found:.0%} of the controls.")
        ),
        how="What the head says of this pair, beside other continuations of the same first sentence: from this text, "
        "and from other texts.",
        make_table=lambda: pd.DataFrame(
            {
                "what": [name for name, values, *_ in rows for _ in values],
                "second": [*matrix.controls, *(matrix.sentences[j] for j in others), matrix.sentences[second]],
                MARGIN.axis(units): [value for _, values, *_ in rows for value in values],
            }
        ),
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
    true = matrix.true_order
    rows = {f"{rank}": (each.order, each.total_nats) for rank, each in enumerate(matrix.best_orders, start=1)}
    if true is not None and matrix.true_order_rank is not None and matrix.true_order_rank > len(matrix.best_orders):
        rows[f"{matrix.true_order_rank}"] = (true.order, true.total_nats)
    return pd.DataFrame(
        {
            "rank": rows.keys(),
            "order": [" → ".join(str(each + 1) for each in order) for order, _ in rows.values()],
            f"sum of margins ({MARGIN.unit(units)})": [
                signed(MARGIN.convert(total, units)) for _, total in rows.values()
            ],
            "": ["as given" if true is not None and order == true.order else "" for order, _ in rows.values()],
        }
    )


def _printed(values: np.ndarray, low: float, high: float, palette: Palette) -> list[Spec]:
    """Numbers in the cells, one trace per ink."""
    by_ink: dict[str, tuple[list[int], list[int], list[str]]] = {}
    for (i, j), value in np.ndenumerate(values):
        if not np.isnan(value):
            ink = ink_on(palette.leaning((float(value) - low) / (high - low)))
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
