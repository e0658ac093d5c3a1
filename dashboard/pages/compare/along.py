"""The differences of a comparison along the text, by token or by word, and their tables."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.types import Comparison, Floats, WordComparison
from dashboard.drawing.chart import LEGEND, UPRIGHT, Spec, at_least, axis, cut, figure, hatched, label, named
from dashboard.drawing.palette import Palette
from dashboard.glossary import DELTA_ENTROPY, DELTA_SURPRISAL, ENTROPY, JS, SURPRISAL, Measure, Units, signed_text
from dashboard.pages.compare import pairs
from dashboard.pages.compare.pairs import TOKEN_CHARS, sides, token_at, with_unit
from dashboard.sections import Chart

_COLUMN_PIXELS, _SIDE_PIXELS, _LEAST_PIXELS, _TICK_CHAR_PIXELS = 18, 110, 320, 7
_LEAST_BITS = 0.5
"""An axis of changes reaches so far to either side: what lies within looks as small as it is."""
_HOVER = "%{customdata[0]}<br>divergence %{customdata[1]}<br>ΔH %{customdata[2]}<br>ΔS %{customdata[3]}<extra></extra>"


def along(found: Comparison, palette: Palette, units: Units, chosen: int) -> Chart:
    """The divergence at every pair as bars, and below it how entropy and surprisal change from A to B."""
    names = [pairs.pair_name(found, pair) for pair in range(len(found))]
    js, unit = found.divergence.js_bits * JS.convert(1, units), JS.unit(units)
    changes = _changes(found)
    moves = [
        ["–" if np.isnan(value) else signed_text(measure, value, units) for value in values.tolist()]
        for measure, values in changes
    ]
    hover = [
        [label(name), with_unit(value, unit), *moved] for name, value, *moved in zip(names, js, *moves, strict=True)
    ]
    shared: Spec = {"x": list(range(len(found))), "customdata": hover, "hovertemplate": _HOVER}
    bars: Spec = shared | {
        "type": "bar",
        "y": js,
        "width": 0.7,
        "showlegend": False,
        "marker": {"color": [palette.ink if pair == chosen else palette.muted for pair in range(len(found))]},
    }
    marks = [
        shared
        | {
            "type": "scatter",
            "mode": "markers",
            "y": values * measure.convert(1, units),
            "yaxis": "y2",
            "name": f"{measure.symbol}, {measure.name}",
            "marker": {"symbol": symbol, "color": colour, "size": 7, "line": {"width": 1.5, "color": colour}},
        }
        for (measure, values), symbol, colour in zip(
            changes, ("circle", "diamond-open"), (palette.primary, palette.not_next), strict=True
        )
    ]
    ticks = [cut(name, 2 * TOKEN_CHARS + 3) for name in names]
    marked = [
        f"<b>{label(tick)}</b>" if differs else label(tick)
        for tick, differs in zip(ticks, found.differing, strict=True)
    ]
    zero = {"showgrid": True, "zeroline": True, "zerolinecolor": palette.muted}
    least = DELTA_ENTROPY.convert(_LEAST_BITS, units)
    of_js = {"range": [0, JS.convert(1.02, units)], "domain": [0.56, 1], "showgrid": True}
    layout = LEGEND | {
        "xaxis": axis(palette, range=[-0.6, len(found) - 0.4], anchor="y2", **named(marked), **UPRIGHT),
        "yaxis": axis(palette, JS.axis(units), **of_js),
        "yaxis2": axis(
            palette,
            f"change, B − A ({DELTA_ENTROPY.unit(units)})",
            domain=[0, 0.46],
            anchor="x",
            **zero,
            **at_least(-least, least),
        ),
    }
    most, bottom = pairs.farthest(found), _bottom(ticks)
    return Chart(
        name="differences",
        title="Where they differ",
        figure=figure([bars, *marks], layout, palette, found.provenance, height=330 + bottom, top=40, bottom=bottom),
        alt=(
            f"Bars of the divergence at {len(found)} pairs of tokens; it is largest at {names[most]} with "
            f"{with_unit(js[most], unit)}. Below, how entropy and surprisal change from A to B."
        ),
        how="Above: how far the predictions lie apart. Below: B minus A; above 0, B is less sure (ΔH) or its own token "
        f"less expected (ΔS); that axis reaches ±{least:.2g} {DELTA_ENTROPY.unit(units)} at least. Bold: the token "
        "itself differs. Gaps have no value.",
        make_table=lambda: pair_table(found, units),
        min_width=_least_width(ticks),
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
    columns |= {
        "rank in A": [rank or None for rank in found.rank_a.tolist()],
        "rank in B": [rank or None for rank in found.rank_b.tolist()],
        "top-k in common": found.topk_overlap,
        "moved most": [tokens[0] for tokens in found.mover_tokens],
    }
    return pd.DataFrame(columns)


def word_bars(found: WordComparison, palette: Palette, units: Units) -> Chart:
    """Two models' surprisal of every reporting word, beside each other."""
    texts_a, texts_b = ([word.text for word in words] for words in (found.words_a, found.words_b))
    names = [
        pairs.changed(texts_a[i] if i >= 0 else pairs.GAP_NAME, texts_b[j] if j >= 0 else pairs.GAP_NAME)
        for i, j in zip(found.index_a, found.index_b, strict=True)
    ]
    factor, unit = SURPRISAL.convert(1, units), SURPRISAL.unit(units)
    least = _LEAST_BITS * factor
    a, b = found.surprisal_a_bits * factor, found.surprisal_b_bits * factor
    spec_a, spec_b = found.a.provenance.spec, found.b.provenance.spec
    traces: list[Spec] = [
        {
            "type": "bar",
            "x": list(range(len(names))),
            "y": values,
            "name": label(f"{side}, {spec}"),
            "marker": {"color": colour, "pattern": hatched(palette, shape)},
            "customdata": [[label(name), with_unit(value, unit)] for name, value in zip(names, values, strict=True)],
            "hovertemplate": f"{side}: %{{customdata[0]}}  %{{customdata[1]}}<extra></extra>",
        }
        for side, spec, values, colour, shape in (
            ("A", spec_a, a, palette.muted, ""),
            ("B", spec_b, b, palette.primary, "/"),
        )
    ]
    ticks = [cut(name, 2 * TOKEN_CHARS) for name in names]
    bottom = _bottom(ticks)
    layout = LEGEND | {
        "barmode": "group",
        "xaxis": axis(palette, **named([label(tick) for tick in ticks]), **UPRIGHT),
        "yaxis": axis(palette, SURPRISAL.axis(units), showgrid=True, **at_least(0, least)),
    }
    return Chart(
        name="words",
        title="Surprisal of every word",
        figure=figure(traces, layout, palette, found.provenance, height=260 + bottom, top=40, bottom=bottom),
        alt=f"Bars of the surprisal of {len(names)} words under {spec_a} (A) and {spec_b} (B).",
        how=f"A word's surprisal is the sum over its pieces. Hatched: B. The axis reaches {least:.2g} {unit} at least.",
        make_table=lambda: pd.DataFrame(
            {
                "word": names,
                f"A ({unit})": a,
                f"B ({unit})": b,
                f"B − A ({unit})": found.delta_surprisal_bits * factor,
            }
        ),
        min_width=_least_width(ticks),
    )


def _bottom(ticks: Sequence[str]) -> int:
    """The room in pixels that the names of columns take."""
    return _TICK_CHAR_PIXELS * max(len(tick) for tick in ticks) + 44


def _least_width(ticks: Sequence[str]) -> int:
    """The least width in pixels at which they stay apart."""
    return max(_LEAST_PIXELS, _COLUMN_PIXELS * len(ticks) + _SIDE_PIXELS)


def _changes(found: Comparison) -> tuple[tuple[Measure, Floats], tuple[Measure, Floats]]:
    return (DELTA_ENTROPY, found.delta_entropy_bits), (DELTA_SURPRISAL, found.delta_surprisal_bits)
