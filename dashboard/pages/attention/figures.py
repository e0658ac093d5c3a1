"""Figures of attention: all heads by one of their numbers, one head as a matrix, what one token looks at."""

import math
from dataclasses import fields, replace
from itertools import product

import numpy as np
import pandas as pd

from analysis.types import AttentionWeights, Floats, HeadSummaries
from dashboard.drawing import chart
from dashboard.drawing.chart import BARS, SMALL, UPRIGHT, Spec, axis, cut, figure, label
from dashboard.drawing.direction import apart
from dashboard.drawing.palette import MONO_FACE, Palette, ink_on
from dashboard.glossary import Measure, Units
from dashboard.pages.attention.asked import named
from dashboard.pages.attention.words import HEAD_MEASURES
from dashboard.printed import p_text
from dashboard.sections import Chart

TOP = 10
"""Tokens listed for a chosen one."""
_CELL_PIXELS, _ROW_PIXELS, _SIDE_PIXELS, _HEAD_PIXELS = 38, 27, 60, 52
_TOKEN_PIXELS, _SMALL_PIXELS, _NAMED = 15, 4, 80
"""Of a matrix of more tokens than these the axes have positions instead of names."""
_LEAST, _MOST = 380, 760
_BAR_PIXELS, _ROOM, _NAME_CHARS = 22, 1.35, 14


def scaled(measure: Measure, found: AttentionWeights, units: Units) -> Measure:
    """A number of heads on its scale: shares reach to 1, an entropy to log2 T, a distance to the largest there is."""
    if measure.native:
        return replace(measure, high=min(measure.high, math.log2(len(found.encoded)))).in_units(units)
    if measure.high > 1:
        return replace(measure, high=chart.up_to(max(1.0, float(found.summaries.distance_tokens.max()))))
    return measure


def finder(found: AttentionWeights, key: str, palette: Palette, units: Units) -> Chart:
    """Layers by heads, coloured by one of their numbers, which stands in the cell; a click shows a head."""
    measure = scaled(HEAD_MEASURES[key], found, units)
    values = getattr(found.summaries, key) * HEAD_MEASURES[key].convert(1, units)
    cells = list(product(range(1, found.n_layers + 1), range(1, found.n_heads + 1)))
    x, y, flat = [head for _, head in cells], [layer for layer, _ in cells], values.ravel().tolist()
    texts = ["" if math.isnan(value) else _short(value, measure) for value in flat]
    inks = [ink_on(palette.shade(measure.share(value))) for value in flat]
    said = [
        [f"{layer}.{head}", f"layer {layer}, head {head}", f"{text} {measure.native}".rstrip()]
        for (layer, head), text in zip(cells, texts, strict=True)
    ]
    # A heatmap's cells can't be clicked: over each lies a mark that can, and that nobody sees.
    unseen: Spec = {"opacity": 0, "symbol": "square", "size": _ROW_PIXELS - 2}
    marks: Spec = {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": y,
        "marker": unseen,
        "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}},
        "customdata": said,
        "hovertemplate": f"%{{customdata[1]}}<br>{measure.name} %{{customdata[2]}}<extra></extra>",
    }
    traces = [
        chart.heatmap(values, range(1, found.n_heads + 1), range(1, found.n_layers + 1), None, "", hoverinfo="skip")
        | {"hovertemplate": None},
        chart.words(x, y, texts, {"size": SMALL, "color": inks}),
        marks,
    ]
    first, last = (1, found.n_heads) if found.head is None else (found.head, found.head)
    framed = chart.frame((first - 0.5, last + 0.5), (found.layer - 0.5, found.layer + 0.5), palette.ink)
    ticks = {measure.low: _short(measure.low, measure), measure.high: _short(measure.high, measure)}
    title = f"{measure.name} ({measure.native})" if measure.native else measure.name
    layout = {
        "coloraxis": chart.colour_axis(
            palette, (measure.low, measure.high), title, ticks, values, bar=chart.bar_above()
        ),
        "xaxis": axis(palette, "head", tickvals=x[: found.n_heads], range=[0.5, found.n_heads + 0.5]),
        "yaxis": axis(palette, "layer", tickvals=y[:: found.n_heads], range=[found.n_layers + 0.5, 0.5]),
        "shapes": [framed],
    }
    return Chart(
        name=f"heads-{key.replace('_', '-')}",
        title=f"All heads: {measure.name}",
        figure=figure(
            traces,
            layout,
            palette,
            found.provenance,
            height=_ROW_PIXELS * found.n_layers + 114,
            top=_HEAD_PIXELS,
            bottom=62,
        ),
        alt=_alt(found, values, measure),
        how="A row a layer, a column a head; click a cell to see that head below. Framed: what is shown.",
        make_table=lambda: every_head(found.summaries, units),
        min_width=_CELL_PIXELS * found.n_heads + _SIDE_PIXELS,
        clicks="show",
        key="heads",
    )


def _short(value: float, measure: Measure) -> str:
    return f"{value:.2f}" if not measure.native and measure.high <= 1 else f"{value:.1f}"


def _alt(found: AttentionWeights, values: Floats, measure: Measure) -> str:
    begins = f"Heatmap of {found.n_layers} layers by {found.n_heads} heads, coloured by {measure.name}"
    if not np.isfinite(values).any():
        return f"{begins}, which only a pair of segments has."
    layer, head = (int(each) + 1 for each in np.unravel_index(int(np.nanargmax(values)), values.shape))
    most = f"{_short(float(np.nanmax(values)), measure)} {measure.native}".rstrip()
    return f"{begins}. It is largest in layer {layer}, head {head}: {most}. Framed: {named(found)}."


def every_head(summaries: HeadSummaries, units: Units) -> pd.DataFrame:
    """One row per head with all of its numbers."""
    n_layers, n_heads = summaries.entropy_bits.shape
    columns: dict[str, object] = {
        "layer": np.repeat(np.arange(1, n_layers + 1), n_heads),
        "head": np.tile(np.arange(1, n_heads + 1), n_layers),
    }
    for each in fields(summaries):
        measure = HEAD_MEASURES[each.name]
        columns[measure.axis(units)] = getattr(summaries, each.name).ravel() * measure.convert(1, units)
    return pd.DataFrame(columns)


def matrix(found: AttentionWeights, weights: Floats, between: str, chosen: int, palette: Palette) -> Chart:
    """One head's weights, query by key, the whole text; the chosen token's row and column are framed."""
    tokens, n = found.encoded.tokens, len(found.encoded)
    names = n <= _NAMED
    at = list(range(n))
    hover = None
    said = "query %{y} → key %{x}<br>weight %{z:.3f}"
    if names:
        # Of a long text the names of 250,000 pairs would be megabytes.
        shown = [label(token) for token in tokens]
        hover = [[[one, other] for other in shown] for one in shown]
        said = "%{customdata[0]} (%{y}) → %{customdata[1]} (%{x})<br>weight %{z:.3f}"
    pixels = _TOKEN_PIXELS if names else _SMALL_PIXELS
    side = min(_MOST, max(_LEAST, pixels * n))
    ticked = chart.named([label(cut(token, _NAME_CHARS)) for token in tokens])
    x = UPRIGHT | ticked | {"tickfont": {"family": MONO_FACE, "size": SMALL}} if names else {}
    y = ticked | {"tickfont": {"family": MONO_FACE, "size": SMALL}} if names else {}
    below = 7 * min(_NAME_CHARS, max(map(len, tokens))) + 74 if names else 82
    row, column = (
        chart.frame((-0.5, n - 0.5), (chosen - 0.5, chosen + 0.5), palette.ink, 1),
        chart.frame((chosen - 0.5, chosen + 0.5), (-0.5, n - 0.5), palette.ink, 1),
    )
    layout = {
        "coloraxis": chart.colour_axis(palette, (0, 1), "weight", {0: "0", 0.5: "0.5", 1: "1"}, bar=chart.bar_above()),
        "xaxis": axis(palette, "key: what is looked at", range=[-0.5, n - 0.5], **x),
        "yaxis": axis(palette, "query: what looks", range=[n - 0.5, -0.5], **y),
        "shapes": [row, column],
    }
    cells = chart.heatmap(weights.round(4), at, at, hover, said, **({} if names else {"xgap": 0, "ygap": 0}))
    query, key = (int(each) for each in np.unravel_index(int(weights.argmax()), weights.shape))
    head = "average" if found.head is None else found.head
    return Chart(
        name=f"attention-layer-{found.layer}-head-{head}",
        title=f"{named(found)}, every token by every token",
        figure=figure([cells], layout, palette, found.provenance, height=side + below + 52, top=52, bottom=below),
        alt=(
            f"Matrix of {n} by {n} tokens: the weights of {named(found).lower()}"
            f"{'' if between == 'all' else f', {between}'}. The largest is {p_text(float(weights.max()))}, from "
            f"{tokens[query]} at position {query} to {tokens[key]} at position {key}."
        ),
        how="Each row is a token that looks, each column one that is looked at; a row sums to 1"
        f"{'' if between == 'all' else f' before all but {between} is left out'}. Framed: the chosen token.",
        make_table=lambda: every_weight(found, weights),
        min_width=side + 160,
        key="matrix",
    )


def every_weight(found: AttentionWeights, weights: Floats) -> pd.DataFrame:
    """One row per query and key: both positions and tokens, and the weight."""
    n, tokens = len(found.encoded), np.array(found.encoded.tokens, dtype=object)
    queries, keys = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    return pd.DataFrame(
        {
            "query position": queries,
            "query token": tokens[queries],
            "key position": keys,
            "key token": tokens[keys],
            "weight": weights.ravel(),
        }
    )


def largest(weights: Floats, most: int = TOP, least: float = 0.0) -> list[int]:
    """The positions of the largest weights, float32 [T], the first of equals first; none without any weight.

    ``least`` is what all but the first have.
    """
    order = np.argsort(-weights, kind="stable")[:most].tolist()
    return [at for place, at in enumerate(order) if weights[at] > 0 and (place == 0 or weights[at] >= least)]


def looks(found: AttentionWeights, weights: Floats, chosen: int, palette: Palette, *, outward: bool) -> Chart:
    """The tokens that the chosen one looks at (``outward``), or those that look at it, the largest weights first."""
    tokens, own = found.encoded.tokens, weights[chosen] if outward else weights[:, chosen]
    order = largest(own)
    values = [float(own[at]) for at in order]
    who = f"{apart(f'“{tokens[chosen]}”')} at position {chosen}"
    bars = BARS | {
        "x": values,
        "y": list(range(len(order))),
        "width": 0.62,
        "marker": {"color": palette.primary if outward else palette.muted},
        "text": [p_text(value) for value in values],
        "customdata": [[label(tokens[at]), at] for at in order],
        "hovertemplate": "%{customdata[0]}, position %{customdata[1]}  %{text}<extra></extra>",
    }
    names = [f"{apart(label(cut(tokens[at], _NAME_CHARS)))} · {at}" for at in order]
    layout = {
        "xaxis": axis(palette, "weight", range=[0, _ROOM * max([*values, 1e-6])], nticks=4, showgrid=True),
        "yaxis": axis(
            palette, tickfont={"family": MONO_FACE}, ticklabelstandoff=6, autorange="reversed", **chart.named(names)
        ),
    }
    what = f"What {who} looks at" if outward else f"What looks at {who}"
    best = f" First is {tokens[order[0]]} at position {order[0]} with {p_text(values[0])}." if order else " Nothing."
    return Chart(
        name=f"{'from' if outward else 'to'}-position-{chosen}",
        title=f"“{tokens[chosen]}” looks at" if outward else f"Looking at “{tokens[chosen]}”",
        figure=figure([bars], layout, palette, found.provenance, height=_BAR_PIXELS * len(order) + 84, bottom=68),
        alt=f"Bars of the largest weights, {named(found).lower()}: {what[0].lower()}{what[1:]}.{best}",
        how=f"{what}: the {len(order)} largest of {len(tokens)} weights, each with its position"
        + ("; all of them sum to 1." if outward else "; these are of different rows and have no common sum."),
        make_table=lambda: pd.DataFrame({"position": range(len(tokens)), "token": tokens, "weight": own}).sort_values(
            "weight", ascending=False, kind="stable", ignore_index=True
        ),
        key="from" if outward else "to",
    )
