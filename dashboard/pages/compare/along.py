"""The differences of a comparison along the text, and its table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.types import Comparison, Floats
from dashboard.drawing.chart import SMALL, Spec, axis, axis_title, cut, figure, label
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import DELTA_ENTROPY, DELTA_SURPRISAL, ENTROPY, JS, SURPRISAL, Measure, Units, signed_text
from dashboard.pages.compare.pairs import (
    TOKEN_CHARS,
    farthest,
    least_width,
    pair_name,
    sides,
    token_at,
    with_unit,
)
from dashboard.sections import Chart

_TICK_CHAR_PIXELS = 7
_HOVER = "%{customdata[0]}<br>JS %{customdata[1]}<br>ΔH %{customdata[2]}<br>ΔS %{customdata[3]}<extra></extra>"


def along(found: Comparison, palette: Palette, units: Units, chosen: int) -> Chart:
    """The divergence at every pair as bars, and below it how entropy and surprisal change from A to B."""
    names = [pair_name(found, pair) for pair in range(len(found))]
    js, unit = found.divergence.js_bits * JS.convert(1, units), JS.unit(units)
    bars: Spec = {
        "type": "bar",
        "y": js,
        "width": 0.7,
        "showlegend": False,
        "marker": {"color": [palette.ink if pair == chosen else palette.muted for pair in range(len(found))]},
    }
    changes = _changes(found)
    hover = [
        [label(name), with_unit(value, unit), *(_signed(measure, values[pair], units) for measure, values in changes)]
        for pair, (name, value) in enumerate(zip(names, js, strict=True))
    ]
    shared = {"x": list(range(len(found))), "customdata": hover, "hovertemplate": _HOVER}
    traces = [trace | shared for trace in (bars, *_marks(found, palette, units))]
    ticks = [cut(name, 2 * TOKEN_CHARS + 3) for name in names]
    bottom = _TICK_CHAR_PIXELS * max(len(tick) for tick in ticks) + 44
    most = farthest(found)
    return Chart(
        name="differences",
        title="Where they differ",
        figure=figure(
            traces,
            _layout(found, ticks, palette, units),
            palette,
            found.provenance,
            height=330 + bottom,
            top=40,
            bottom=bottom,
        ),
        alt=(
            f"Bars of the divergence at {len(found)} pairs of tokens; it is largest at {names[most]} with "
            f"{with_unit(js[most], unit)}. Below, how entropy and surprisal change from A to B."
        ),
        how="Above: how far the predictions lie apart. Below: B minus A; above 0, B is less sure (ΔH) or its own token "
        "less expected (ΔS). Bold: the token itself differs. Gaps have no value.",
        make_table=lambda: pair_table(found, units),
        provenance=found.provenance,
        min_width=least_width(len(found)),
    )


def pair_table(found: Comparison, units: Units) -> pd.DataFrame:
    """One row per pair: both tokens, what happened, every difference, and the token that moved most."""
    both, divergence = sides(found), found.divergence
    js, unit = JS.convert(1, units), JS.unit(units)
    columns = {
        **{name: [token_at(reading, i) for i in index] for name, reading, index in both},
        **{f"position in {name}": [i if i >= 0 else None for i in index.tolist()] for name, _, index in both},
        "what": found.kinds,
        JS.axis(units): divergence.js_bits * js,
        f"KL of A to B ({unit})": divergence.kl_ab_bits * js,
        f"KL of B to A ({unit})": divergence.kl_ba_bits * js,
    }
    for measure, (delta, change) in zip((ENTROPY, SURPRISAL), _changes(found), strict=True):
        for name, reading, index in both:
            values = getattr(reading.statistics, f"{measure.key}_bits")
            here = np.where(index >= 0, values[index], np.nan) * measure.convert(1, units)
            columns[f"{measure.name} in {name} ({measure.unit(units)})"] = here
        columns[delta.axis(units)] = change * delta.convert(1, units)
    return pd.DataFrame(
        {
            **columns,
            "rank in A": [rank or None for rank in found.rank_a.tolist()],
            "rank in B": [rank or None for rank in found.rank_b.tolist()],
            "top-k in common": found.topk_overlap,
            "moved most": [tokens[0] for tokens in found.mover_tokens],
        }
    )


def _changes(found: Comparison) -> tuple[tuple[Measure, Floats], tuple[Measure, Floats]]:
    return (DELTA_ENTROPY, found.delta_entropy_bits), (DELTA_SURPRISAL, found.delta_surprisal_bits)


def _marks(found: Comparison, palette: Palette, units: Units) -> list[Spec]:
    styles = (("circle", palette.primary), ("diamond-open", palette.not_next))
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "y": values * measure.convert(1, units),
            "yaxis": "y2",
            "name": f"{measure.symbol}, {measure.name}",
            "marker": {"symbol": symbol, "color": colour, "size": 7, "line": {"width": 1.5, "color": colour}},
        }
        for (measure, values), (symbol, colour) in zip(_changes(found), styles, strict=True)
    ]


def _layout(found: Comparison, ticks: Sequence[str], palette: Palette, units: Units) -> Spec:
    marked = zip(map(label, ticks), found.differing, strict=True)
    below = axis(
        palette,
        domain=[0, 0.46],
        title=axis_title(f"B − A ({DELTA_ENTROPY.unit(units)})"),
        showgrid=True,
        zeroline=True,
        zerolinecolor=palette.muted,
        anchor="x",
    )
    return {
        "xaxis": axis(
            palette,
            range=[-0.6, len(found) - 0.4],
            tickvals=list(range(len(found))),
            ticktext=[f"<b>{name}</b>" if differs else name for name, differs in marked],
            tickangle=-90,
            tickfont={"family": MONO_FACE, "size": SMALL},
            anchor="y2",
        ),
        "yaxis": axis(
            palette,
            range=[0, JS.convert(1.02, units)],
            domain=[0.56, 1],
            title=axis_title(f"JS ({JS.unit(units)})"),
            showgrid=True,
        ),
        "yaxis2": below,
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
    }


def _signed(measure: Measure, value: float, units: Units) -> str:
    return "–" if np.isnan(value) else signed_text(measure, float(value), units)
