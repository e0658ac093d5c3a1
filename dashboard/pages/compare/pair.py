"""One pair of a comparison: both predictions, and the words that moved."""

import numpy as np
import pandas as pd

from analysis.types.compare import Comparison, Reading
from dashboard.drawing.chart import ON_THE_RIGHT, SMALL, Spec, axis, cut, figure, hatched, label, named, rule, up_to
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import JS, Units, p_text
from dashboard.pages.compare.pairs import TOKEN_CHARS, pair_name, sides, with_unit
from dashboard.sections import Chart

MOVERS = "The words that moved most"

_BAR_PIXELS = 24
_LEAST_P, _LEAST_PART = 0.05, 0.02
"""Where no probability, and no part of the divergence in bits, is larger, an axis does not go on into millionths."""
_REST = "all others"
_MONO: Spec = {"family": MONO_FACE, "size": SMALL}


def mirrored(found: Comparison, pair: int, palette: Palette) -> Chart:
    """The most probable tokens of both sides at one pair, A's to the left and B's to the right, place by place."""
    tops = {name: _top(reading, index[pair]) for name, reading, index in sides(found) if index[pair] >= 0}
    words = [{word for word, _ in top} for top in tops.values()]
    shared = words[0] & words[1] if len(words) == len(sides(found)) else set()
    k, overlap = found.a.statistics.top_ids.shape[1], found.topk_overlap[pair]
    end = up_to(max([_LEAST_P, *(p for top in tops.values() for _, p in top)]))
    ticks = [-end, -end / 2, 0, end / 2, end]
    of_p = {"tickvals": ticks, "ticktext": [f"{abs(each):g}" for each in ticks], "showgrid": True}
    layout = {
        "barmode": "overlay",
        "xaxis": axis(palette, "A  ←  probability  →  B", range=[-1.02 * end, 1.02 * end], **of_p),
        "shapes": [rule(0, palette.muted)],
    }
    traces = []
    for number, (name, top) in enumerate(tops.items()):
        # Words and numbers stand at the edge of their side: beside bars of any length they would touch some.
        suffix = "2" * (number > 0)
        traces.append(_half(name, top, shared, palette) | {"yaxis": f"y{suffix}"})
        said = named([label(f"{cut(word, TOKEN_CHARS)}  {p_text(p)}") for word, p in top])
        beside = {"side": "left" if name == "A" else "right", "range": [k - 0.5, -0.5], "tickfont": _MONO}
        layout[f"yaxis{suffix}"] = axis(palette, **said, **beside, **({"overlaying": "y"} if number else {}))
    return Chart(
        name=f"pair-{pair}",
        title=f"Both predictions · {pair_name(found, pair)}",
        figure=figure(traces, layout, palette, found.provenance, height=_BAR_PIXELS * k + 96, bottom=72),
        alt=(
            f"Mirrored bars of the most probable tokens at {pair_name(found, pair)}, A to the left, B to the right. "
            + " ".join(f"First in {name} is {top[0][0]}." for name, top in tops.items())
        ),
        how=(
            f"Each side's {k} most probable tokens, downwards by place, on an axis to {end:g}; hatched ones are not "
            "among the other side's." + ("" if np.isnan(overlap) else f" They have {overlap:.0%} in common.")
        ),
        make_table=lambda: pd.DataFrame(
            [
                {"side": name, "place": place, "token": word, "p": p}
                for name, top in tops.items()
                for place, (word, p) in enumerate(top, 1)
            ]
        ),
        key="mirrored",
    )


def movers(found: Comparison, pair: int, palette: Palette, units: Units) -> Chart:
    """The tokens with the largest parts of the divergence at one pair, to the side on which they are more probable."""
    divergence, unit, factor = found.divergence, JS.unit(units), JS.convert(1, units)
    moved = [place for place, part in enumerate(divergence.mover_js_bits[pair]) if part > 0]
    parts = [float(divergence.mover_js_bits[pair, place]) * factor for place in moved]
    p_a, p_b = (of[pair, moved].tolist() for of in (divergence.mover_p_a, divergence.mover_p_b))
    rest = float(divergence.js_rest_bits[pair]) * factor
    names = [*(found.mover_tokens[pair][place] for place in moved), _REST]
    towards_b = [b > a for a, b in zip(p_a, p_b, strict=True)]
    values = [*(part if right else -part for part, right in zip(parts, towards_b, strict=True)), rest]
    beside = [*(label(f"{p_text(a)} → {p_text(b)}") for a, b in zip(p_a, p_b, strict=True)), f"{rest:.3f} {unit}"]
    trace: Spec = {
        "type": "bar",
        "orientation": "h",
        "width": 0.62,
        "x": values,
        "y": list(range(len(names))),
        "marker": {"color": [*(palette.primary if right else palette.muted for right in towards_b), palette.rule]},
        "customdata": [
            [label(name), f"{abs(value):.4f}", said] for name, value, said in zip(names, values, beside, strict=True)
        ],
        "hovertemplate": f"%{{customdata[0]}}<br>part %{{customdata[1]}} {unit}<br>%{{customdata[2]}}<extra></extra>",
    }
    end = up_to(max([_LEAST_PART * factor, rest, *parts]))
    title = f"more probable in A  ←  part of the divergence ({unit})  →  in B"
    rows: Spec = {"range": [len(names) - 0.5, -0.5]}
    layout = {
        "xaxis": axis(palette, title, range=[-1.02 * end, 1.02 * end], nticks=5, showgrid=True),
        "yaxis": axis(palette, tickfont=_MONO, **rows, **named([label(cut(name, TOKEN_CHARS)) for name in names])),
        "yaxis2": axis(palette, overlaying="y", side="right", tickfont={"size": SMALL}, **rows, **named(beside)),
        "shapes": [rule(0, palette.muted)],
    }
    js = with_unit(float(divergence.js_bits[pair]) * factor, unit)
    return Chart(
        name=f"movers-{pair}",
        title=MOVERS,
        figure=figure(
            [trace, ON_THE_RIGHT], layout, palette, found.provenance, height=_BAR_PIXELS * len(names) + 96, bottom=72
        ),
        alt=(
            f"Bars of the tokens with the largest parts of the divergence, {js} in all, at {pair_name(found, pair)}: "
            + (", ".join(names[:-1][:3]) or "none")
            + "."
        ),
        how=f"Bars and the rest add up to the divergence, {js}; the axis ends at {end:g} {unit}. At the right: the "
        "token's probability in A → in B.",
        make_table=lambda: pd.DataFrame(
            {
                "token": names,
                f"part of the divergence ({unit})": [*parts, rest],
                "p in A": [*p_a, np.nan],
                "p in B": [*p_b, np.nan],
            }
        ),
        key="movers",
    )


def _top(reading: Reading, position: int) -> list[tuple[str, float]]:
    return list(zip(reading.top_tokens[position], reading.statistics.top_p[position].tolist(), strict=True))


def _half(name: str, top: list[tuple[str, float]], shared: set[str], palette: Palette) -> Spec:
    """One side of the mirrored bars."""
    sign, colour = (-1, palette.muted) if name == "A" else (1, palette.primary)
    return {
        "type": "bar",
        "orientation": "h",
        "width": 0.62,
        "x": [sign * p for _, p in top],
        "y": list(range(len(top))),
        "marker": {
            "color": colour,
            "opacity": [1.0 if word in shared else 0.55 for word, _ in top],
            "pattern": hatched(palette, ["" if word in shared else "/" for word, _ in top]),
        },
        "customdata": [[label(word), p_text(p)] for word, p in top],
        "hovertemplate": f"{name}: %{{customdata[0]}}  p %{{customdata[1]}}<extra></extra>",
    }
