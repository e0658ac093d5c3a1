"""What a comparison draws: both inputs on aligned tokens, the differences along the text, one pair in detail."""

import math
from typing import Any

import numpy as np
import pandas as pd

from analysis.types import Comparison, HiddenReading, SeenReading, WordComparison
from dashboard.drawing.chart import SMALL, Chart, Spec, axis, axis_title, cut, figure, label, rule
from dashboard.drawing.palette import MONO_FACE, Palette, ink_on
from dashboard.drawing.strip import strip
from dashboard.glossary import (
    DELTA_ENTROPY,
    DELTA_SURPRISAL,
    ENTROPY,
    JS,
    SURPRISAL,
    Units,
    p_text,
    signed_text,
)

_COLUMN_PIXELS, _SIDE_PIXELS, _LEAST_PIXELS = 18, 110, 320
_TICK_CHAR_PIXELS, _TOKEN_CHARS = 7, 12
_BAR_PIXELS = 24
_MIRROR_REACH = 1.75
"""How far either half of the mirrored bars goes, in probability: room for the numbers beside a bar of 1."""
_LEAST_PART = 0.005
"""Where no part is larger, the axis does not go on into millionths of a bit."""
_MOVERS_REACH = 2.2
"""How far the movers' axis goes, in bars: room for both probabilities beside the longest."""
_REST = "all others"


def aligned(
    found: Comparison, measure_key: str, palette: Palette, units: Units, *, fit: bool = False
) -> dict[str, Any]:
    """Columns for the aligned strip: A's token over the divergence over B's, with a gap where one side has none.

    Parameters
    ----------
    measure_key
        What the tokens are coloured by.
    """
    sides = strips(found, measure_key, palette, units, fit=fit)
    columns = []
    for pair, kind in enumerate(found.kinds):
        chips = [
            None if index < 0 else side["tokens"][index]
            for side, index in zip(sides, (found.index_a[pair], found.index_b[pair]), strict=True)
        ]
        js = float(found.divergence.js_bits[pair])
        fill = palette.shade(js)
        there = [chip for chip in chips if chip is not None]
        text = "" if math.isnan(js) else f"{JS.convert(js, units):.2f}"
        columns.append(
            {
                "a": chips[0],
                "b": chips[1],
                "kind": kind,
                "joined": all(chip["joined"] for chip in there),
                "js": text,
                "fill": fill,
                "ink": ink_on(fill),
                "name": _name(kind, chips, text, JS.unit(units)),
            }
        )
    top = f"{JS.convert(1, units):.3g} {JS.unit(units)}"
    return {
        "columns": columns,
        "legends": [
            sides[0]["legend"],
            {"name": JS.name, "low": "0", "high": top, "colours": list(palette.sequential[::9])},
        ],
    }


def strips(
    found: Comparison | WordComparison, measure_key: str, palette: Palette, units: Units, *, fit: bool = False
) -> list[dict[str, Any]]:
    """Both sides as token strips on one scale."""
    return [
        strip(found.a, measure_key, palette, units, fit=fit, beside=found.b),
        strip(found.b, measure_key, palette, units, fit=fit, beside=found.a),
    ]


def _name(kind: str, chips: list[dict[str, Any] | None], js: str, unit: str) -> str:
    a, b = (None if chip is None else chip["name"] for chip in chips)
    if kind == "insertion":
        return f"only in B: {b}"
    if kind == "deletion":
        return f"only in A: {a}"
    return f"A: {a}; B: {b}; divergence {f'{js} {unit}' if js else 'not read yet'}"


def along(found: Comparison, palette: Palette, units: Units, chosen: int) -> Chart:
    """The divergence at every pair as bars, and below it how entropy and surprisal change from A to B."""
    n, x = len(found), list(range(len(found)))
    names = [_pair_name(found, pair) for pair in x]
    js = found.divergence.js_bits * JS.convert(1, units)
    deltas = (
        (DELTA_ENTROPY, found.delta_entropy_bits, "circle", palette.primary),
        (DELTA_SURPRISAL, found.delta_surprisal_bits, "diamond-open", palette.not_next),
    )
    hover = [
        [
            label(names[pair]),
            _value(js[pair], JS.unit(units)),
            *(
                "–" if np.isnan(values[pair]) else signed_text(measure, float(values[pair]), units)
                for measure, values, *_ in deltas
            ),
        ]
        for pair in x
    ]
    about = "%{customdata[0]}<br>JS %{customdata[1]}<br>ΔH %{customdata[2]}<br>ΔS %{customdata[3]}<extra></extra>"
    traces: list[Spec] = [
        {
            "type": "bar",
            "x": x,
            "y": js,
            "width": 0.7,
            "showlegend": False,
            "marker": {"color": [palette.ink if pair == chosen else palette.muted for pair in x]},
            "customdata": hover,
            "hovertemplate": about,
        }
    ]
    for measure, values, symbol, colour in deltas:
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": x,
                "y": values * measure.convert(1, units),
                "yaxis": "y2",
                "name": f"{measure.symbol}, {measure.name}",
                "marker": {"symbol": symbol, "color": colour, "size": 7, "line": {"width": 1.5, "color": colour}},
                "customdata": hover,
                "hovertemplate": about,
            }
        )
    ticks = [cut(names[pair], 2 * _TOKEN_CHARS + 3) for pair in x]
    bottom = _TICK_CHAR_PIXELS * max(len(each) for each in ticks) + 44
    layout = {
        "xaxis": axis(
            palette,
            range=[-0.6, n - 0.4],
            tickvals=x,
            ticktext=[
                f"<b>{label(each)}</b>" if differs else label(each)
                for each, differs in zip(ticks, found.differing, strict=True)
            ],
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
        "yaxis2": axis(
            palette,
            domain=[0, 0.46],
            title=axis_title(f"B − A ({DELTA_ENTROPY.unit(units)})"),
            showgrid=True,
            zeroline=True,
            anchor="x",
        )
        | {"zerolinecolor": palette.muted},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
    }
    most = farthest(found)
    return Chart(
        name="differences",
        title="Where they differ",
        figure=figure(traces, layout, palette, found.provenance, height=330 + bottom, top=40, bottom=bottom),
        alt=(
            f"Bars of the divergence at {n} pairs of tokens; it is largest at {names[most]} with "
            f"{_value(js[most], JS.unit(units))}. Below, how entropy and surprisal change from A to B."
        ),
        how="Above: how far the predictions lie apart. Below: B minus A; above 0, B is less sure (ΔH) or its own token "
        "less expected (ΔS). Bold: the token itself differs. Gaps have no value.",
        make_table=lambda: pair_table(found, units),
    )


def farthest(found: Comparison) -> int:
    """The pair whose predictions lie farthest apart: of those that count, if there are any."""
    for among in (found.counted, found.known):
        if among.any():
            return int(np.where(among, found.divergence.js_bits, -1).argmax())
    return 0


def along_width(pairs: int) -> int:
    """The least width in pixels at which the names of so many pairs stay apart."""
    return max(_LEAST_PIXELS, _COLUMN_PIXELS * pairs + _SIDE_PIXELS)


def mirrored(found: Comparison, pair: int, palette: Palette) -> Chart:
    """The most probable tokens of both sides at one pair, A's to the left and B's to the right, place by place."""
    sides = [
        (name, reading, int(index[pair]))
        for name, reading, index in (("A", found.a, found.index_a), ("B", found.b, found.index_b))
    ]
    shared = _shared(sides)
    traces: list[Spec] = []
    tables: list[pd.DataFrame] = []
    for (name, reading, at), sign in zip(sides, (-1, 1), strict=True):
        if at < 0:
            continue
        words, p = reading.top_tokens[at], reading.statistics.top_p[at].tolist()
        colour = palette.muted if name == "A" else palette.primary
        common = [word in shared for word in words]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": [sign * value for value in p],
                "y": list(range(len(words))),
                "width": 0.62,
                "marker": {
                    "color": colour,
                    "opacity": [1.0 if each else 0.55 for each in common],
                    "pattern": {
                        "shape": ["" if each else "/" for each in common],
                        "fgcolor": palette.ground,
                        "fillmode": "overlay",
                        "size": 6,
                    },
                },
                "text": [
                    f"{label(cut(word, _TOKEN_CHARS))}  {p_text(value)}" for word, value in zip(words, p, strict=True)
                ],
                "textposition": "outside",
                "textfont": {"family": MONO_FACE, "size": SMALL, "color": palette.ink},
                "cliponaxis": False,
                "customdata": [[label(word), p_text(value)] for word, value in zip(words, p, strict=True)],
                "hovertemplate": f"{name}: %{{customdata[0]}}  p %{{customdata[1]}}<extra></extra>",
            }
        )
        tables.append(pd.DataFrame({"side": name, "place": range(1, len(words) + 1), "token": words, "p": p}))
    k = found.a.statistics.top_ids.shape[1]
    ticks = [-1, -0.5, 0, 0.5, 1]
    layout = {
        "barmode": "overlay",
        "xaxis": axis(
            palette,
            range=[-_MIRROR_REACH, _MIRROR_REACH],
            tickvals=ticks,
            ticktext=[f"{abs(each):g}" for each in ticks],
            title=axis_title("A  ←  probability  →  B"),
            showgrid=True,
        ),
        "yaxis": axis(palette, autorange="reversed", tickvals=list(range(k)), ticktext=[str(i + 1) for i in range(k)]),
        "shapes": [rule(0, palette.muted)],
    }
    overlap = found.topk_overlap[pair]
    return Chart(
        name=f"pair-{pair}",
        title=f"Both predictions · {_pair_name(found, pair)}",
        figure=figure(traces, layout, palette, found.provenance, height=_BAR_PIXELS * k + 96, bottom=72),
        alt=(
            f"Mirrored bars of the most probable tokens at {_pair_name(found, pair)}, A to the left, B to the right. "
            + " ".join(f"First in {name} is {reading.top_tokens[at][0]}." for name, reading, at in sides if at >= 0)
        ),
        how=(
            f"Each side's {k} most probable tokens, downwards by place; hatched ones are not among the other side's."
            + ("" if np.isnan(overlap) else f" They have {overlap:.0%} in common.")
        ),
        make_table=lambda: pd.concat(tables, ignore_index=True),
    )


def movers(found: Comparison, pair: int, palette: Palette, units: Units) -> Chart:
    """The tokens with the largest parts of the divergence at one pair, to the side on which they are more probable."""
    rows = _movers(found, pair)
    unit = JS.unit(units)
    names = [*rows["token"], _REST]
    rest = JS.convert(float(found.divergence.js_rest_bits[pair]), units)
    parts = [JS.convert(part, units) for part in rows["js_bits"]]
    towards_b = [b > a for a, b in zip(rows["p_a"], rows["p_b"], strict=True)]
    values = [part if right else -part for part, right in zip(parts, towards_b, strict=True)]
    reach = _MOVERS_REACH * max([_LEAST_PART, rest, *parts])
    texts = [f"{p_text(a)} → {p_text(b)}" for a, b in zip(rows["p_a"], rows["p_b"], strict=True)] + [
        f"{rest:.3f} {unit}"
    ]
    trace: Spec = {
        "type": "bar",
        "orientation": "h",
        "x": [*values, rest],
        "y": list(range(len(names))),
        "width": 0.62,
        "marker": {
            "color": [*(palette.primary if right else palette.muted for right in towards_b), palette.rule],
        },
        "text": texts,
        "textposition": "outside",
        "textfont": {"size": SMALL},
        "cliponaxis": False,
        "customdata": [[label(name), f"{abs(value):.4f}"] for name, value in zip(names, [*values, rest], strict=True)],
        "hovertemplate": f"%{{customdata[0]}}<br>part %{{customdata[1]}} {unit}<br>%{{text}}<extra></extra>",
    }
    layout = {
        "xaxis": axis(
            palette,
            range=[-reach, reach],
            title=axis_title(f"more probable in A  ←  part of JS ({unit})  →  in B"),
            nticks=5,
            showgrid=True,
        ),
        "yaxis": axis(
            palette,
            autorange="reversed",
            tickvals=list(range(len(names))),
            ticktext=[label(cut(name, _TOKEN_CHARS)) for name in names],
            tickfont={"family": MONO_FACE},
        ),
        "shapes": [rule(0, palette.muted)],
    }
    js = _value(JS.convert(float(found.divergence.js_bits[pair]), units), unit)
    return Chart(
        name=f"movers-{pair}",
        title="The words that moved most",
        figure=figure([trace], layout, palette, found.provenance, height=_BAR_PIXELS * len(names) + 96, bottom=72),
        alt=(
            f"Bars of the tokens with the largest parts of the divergence, {js} in all, at {_pair_name(found, pair)}: "
            + (", ".join(rows["token"][:3]) or "none")
            + "."
        ),
        how=f"Bars and the rest add up to the divergence, {js}. Beside each bar: its probability in A → in B.",
        make_table=lambda: pd.DataFrame(
            {
                "token": names,
                f"part of JS ({unit})": [*parts, rest],
                "p in A": [*rows["p_a"], np.nan],
                "p in B": [*rows["p_b"], np.nan],
            }
        ),
    )


def pair_table(found: Comparison, units: Units) -> pd.DataFrame:
    """One row per pair: both tokens, what happened, every difference, and the token that moved most."""
    js, divergence = JS.convert(1, units), found.divergence
    overlap = found.topk_overlap
    return pd.DataFrame(
        {
            "A": [_token(found.a, index) for index in found.index_a],
            "B": [_token(found.b, index) for index in found.index_b],
            "position in A": [index if index >= 0 else None for index in found.index_a.tolist()],
            "position in B": [index if index >= 0 else None for index in found.index_b.tolist()],
            "what": found.kinds,
            JS.axis(units): divergence.js_bits * js,
            f"KL of A to B ({JS.unit(units)})": divergence.kl_ab_bits * js,
            f"KL of B to A ({JS.unit(units)})": divergence.kl_ba_bits * js,
            f"{ENTROPY.name} in A ({ENTROPY.unit(units)})": _values(found, "a", "entropy_bits")
            * ENTROPY.convert(1, units),
            f"{ENTROPY.name} in B ({ENTROPY.unit(units)})": _values(found, "b", "entropy_bits")
            * ENTROPY.convert(1, units),
            DELTA_ENTROPY.axis(units): found.delta_entropy_bits * DELTA_ENTROPY.convert(1, units),
            f"{SURPRISAL.name} in A ({SURPRISAL.unit(units)})": _values(found, "a", "surprisal_bits")
            * SURPRISAL.convert(1, units),
            f"{SURPRISAL.name} in B ({SURPRISAL.unit(units)})": _values(found, "b", "surprisal_bits")
            * SURPRISAL.convert(1, units),
            DELTA_SURPRISAL.axis(units): found.delta_surprisal_bits * DELTA_SURPRISAL.convert(1, units),
            "rank in A": [rank or None for rank in found.rank_a.tolist()],
            "rank in B": [rank or None for rank in found.rank_b.tolist()],
            "top-k in common": overlap,
            "moved most": [tokens[0] for tokens in found.mover_tokens],
        }
    )


def word_bars(found: WordComparison, palette: Palette, units: Units) -> Chart:
    """Two models' surprisal of every reporting word, beside each other."""
    names = [_word(found, pair) for pair in range(len(found))]
    factor, unit = SURPRISAL.convert(1, units), SURPRISAL.unit(units)
    series = (
        ("A", found.surprisal_a_bits, palette.muted, ""),
        ("B", found.surprisal_b_bits, palette.primary, "/"),
    )
    traces: list[Spec] = [
        {
            "type": "bar",
            "x": list(range(len(names))),
            "y": values * factor,
            "name": f"{name}, {reading.provenance.spec}",
            "marker": {
                "color": colour,
                "pattern": {"shape": shape, "fgcolor": palette.ground, "fillmode": "overlay", "size": 6},
            },
            "customdata": [
                [label(each), _value(value * factor, unit)] for each, value in zip(names, values, strict=True)
            ],
            "hovertemplate": f"{name}: %{{customdata[0]}}  %{{customdata[1]}}<extra></extra>",
        }
        for (name, values, colour, shape), reading in zip(series, (found.a, found.b), strict=True)
    ]
    ticks = [cut(each, 2 * _TOKEN_CHARS) for each in names]
    bottom = _TICK_CHAR_PIXELS * max(len(each) for each in ticks) + 44
    layout = {
        "barmode": "group",
        "xaxis": axis(
            palette,
            tickvals=list(range(len(names))),
            ticktext=[label(each) for each in ticks],
            tickangle=-90,
            tickfont={"family": MONO_FACE, "size": SMALL},
        ),
        "yaxis": axis(palette, title=axis_title(SURPRISAL.axis(units)), showgrid=True),
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
    }
    return Chart(
        name="words",
        title="Surprisal of every word",
        figure=figure(traces, layout, palette, found.provenance, height=260 + bottom, top=40, bottom=bottom),
        alt=(
            f"Bars of the surprisal of {len(names)} words under {found.a.provenance.spec} (A) and "
            f"{found.b.provenance.spec} (B)."
        ),
        how="A word's surprisal is the sum over its pieces. Hatched: B.",
        make_table=lambda: pd.DataFrame(
            {
                "word": names,
                f"A ({unit})": found.surprisal_a_bits * factor,
                f"B ({unit})": found.surprisal_b_bits * factor,
                f"B − A ({unit})": found.delta_surprisal_bits * factor,
            }
        ),
    )


def _movers(found: Comparison, pair: int) -> dict[str, list[Any]]:
    divergence = found.divergence
    there = [place for place, part in enumerate(divergence.mover_js_bits[pair]) if part > 0]
    return {
        "token": [found.mover_tokens[pair][place] for place in there],
        "js_bits": [float(divergence.mover_js_bits[pair, place]) for place in there],
        "p_a": [float(divergence.mover_p_a[pair, place]) for place in there],
        "p_b": [float(divergence.mover_p_b[pair, place]) for place in there],
    }


def _shared(sides: list[tuple[str, SeenReading | HiddenReading, int]]) -> set[str]:
    words = [set(reading.top_tokens[at]) for _, reading, at in sides if at >= 0]
    return words[0].intersection(*words[1:]) if len(words) == len(sides) else set()


def _pair_name(found: Comparison, pair: int) -> str:
    a, b = _token(found.a, found.index_a[pair]), _token(found.b, found.index_b[pair])
    return a if a == b else f"{a} → {b}"


def _token(reading: SeenReading | HiddenReading, index: np.int32) -> str:
    return reading.encoded.tokens[index] if index >= 0 else "∅"


def _word(found: WordComparison, pair: int) -> str:
    i, j = int(found.index_a[pair]), int(found.index_b[pair])
    a, b = found.words_a[i].text if i >= 0 else "∅", found.words_b[j].text if j >= 0 else "∅"
    return a if a == b else f"{a} → {b}"


def _values(found: Comparison, side: str, field: str) -> np.ndarray:
    """A measure of one side at every pair; not a number for a gap."""
    index = getattr(found, f"index_{side}")
    return np.where(index >= 0, getattr(getattr(found, side).statistics, field)[index], np.nan)


def _value(value: float, unit: str) -> str:
    return "–" if np.isnan(value) else f"{value:.2f} {unit}"
