"""What every figure shares: the template, and safe labels.

Figures are written as plain Plotly dictionaries, which are taken at their word: going through Plotly's objects property
by property took 150 ms for one heatmap, and a click on a token redraws three figures.
"""

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.types import Provenance
from dashboard.drawing.palette import MONO_FACE, TYPE_FACE, Palette
from dashboard.drawing.taken import TakenFigure

_BAR_PIXELS = 150
_AROUND = 28
"""Code points of a text on either side of a cut."""

SMALL, BODY = 11, 13
"""Sizes of type in figures, in pixels."""

Spec = dict[str, Any]

LEGEND: Spec = {"showlegend": True, "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0}}
"""The layout of a figure with its legend above it."""
UPRIGHT: Spec = {"tickangle": -90, "tickfont": {"family": MONO_FACE, "size": SMALL}}
"""Ticks that are tokens or words, where many stand beside each other."""
BARS: Spec = {"type": "bar", "orientation": "h", "textposition": "outside", "cliponaxis": False}
"""Bars that lie, with their numbers beside them."""


def label(text: str) -> str:
    """User text for a Plotly label, which would otherwise take some of it for HTML."""
    return html.escape(text, quote=False)


def cut(text: str, chars: int) -> str:
    """A text shortened to fit its place."""
    return text if len(text) <= chars else text[: chars - 1] + "…"


def around(text: str, at: int) -> str:
    """What stands on either side of a cut: "... the mat. | It purred ..."."""
    before, after = " ".join(text[:at].split()), " ".join(text[at:].split())
    left = before if len(before) <= _AROUND else f"…{before[-_AROUND:]}"
    return f"{left} | {cut(after, _AROUND)}"


def axis(palette: Palette, title: str | Spec = "", **settings: Any) -> Spec:
    """An axis of the template with its own settings on top: no ticks, no zero line, room for its labels."""
    plain = {
        "automargin": True,
        # Else the browser lays the page out anew for every label: an eighth of opening the first page.
        "ticklabeloverflow": "allow",
        "zeroline": False,
        "fixedrange": True,
        "showgrid": False,
        "gridcolor": palette.rule,
        "ticks": "",
    }
    if isinstance(title, str):
        title = {"text": title, "font": {"size": BODY}}
    return plain | ({"title": title} if title["text"] else {}) | settings


def named(names: Sequence[str], first: int = 0, **settings: Any) -> Spec:
    """Ticks with names, from ``first`` on."""
    return {"tickvals": list(range(first, first + len(names))), "ticktext": list(names), **settings}


ON_THE_RIGHT: Spec = {"type": "scatter", "x": [None], "y": [None], "yaxis": "y2", "hoverinfo": "skip"}
"""Nothing, drawn on the right axis: an axis is drawn where a trace is on it."""


def at_least(*ends: float) -> Spec:
    """Settings of an axis that fits its values: it reaches these ends, so that what is nearly nothing looks it."""
    return {"autorangeoptions": {"include": list(ends)}}


def up_to(value: float) -> float:
    """The end of an axis that fits a value: the next of 1, 2 or 5 times a power of ten, so that its ticks are round."""
    power = 10.0 ** math.floor(math.log10(value))
    # As text and back: 3 * 0.1 is no round number.
    return next(float(f"{step * power:.1g}") for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))


def rule(at: float, colour: str, *, vertical: bool = True, below: bool = False, dash: str = "solid") -> Spec:
    """A line across the whole figure."""
    along, across = ("x", "y") if vertical else ("y", "x")
    return {
        "type": "line",
        f"{along}0": at,
        f"{along}1": at,
        f"{along}ref": along,
        f"{across}0": 0,
        f"{across}1": 1,
        f"{across}ref": "paper",
        "line": {"color": colour, "width": 1, "dash": dash},
        "layer": "below" if below else "above",
    }


def frame(x: tuple[float, float], y: tuple[float, float], colour: str, width: float = 2) -> Spec:
    """A rectangle from one x and y to another."""
    line = {"color": colour, "width": width}
    return {"type": "rect", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "line": line}


def words(x: Sequence[float], y: Sequence[float], text: list[str], font: Spec, **settings: Any) -> Spec:
    """A trace of nothing but words."""
    spec = {"type": "scatter", "mode": "text", "x": x, "y": y, "text": text, "textfont": font, "hoverinfo": "skip"}
    return spec | settings


def heatmap(z: Any, x: Sequence[float], y: Sequence[float], hover: Any, template: str, **settings: Any) -> Spec:
    """A trace of cells with a hairline between them; ``hover`` is what the template says of each."""
    return {
        "type": "heatmap",
        "z": z,
        "x": list(x),
        "y": list(y),
        "coloraxis": "coloraxis",
        "xgap": 1,
        "ygap": 1,
        "customdata": hover,
        "hoverongaps": False,
        "hovertemplate": f"{template}<extra></extra>",
    } | settings


def hatched(palette: Palette, shape: str | list[str]) -> Spec:
    """The pattern of bars that are not told apart by colour alone."""
    return {"shape": shape, "fgcolor": palette.ground, "fillmode": "overlay", "size": 6}


def figure(
    traces: list[Spec],
    layout: Spec,
    palette: Palette,
    provenance: Provenance,
    *,
    height: float,
    top: int = 12,
    bottom: float = 54,
) -> TakenFigure:
    """Put traces and layout on the one template: our faces and grounds, no chart junk, the model in the corner."""
    corner = {
        "text": label(provenance.label),
        "xref": "paper",
        "yref": "paper",
        "x": 1,
        "y": 0,
        "xanchor": "right",
        "yanchor": "top",
        "yshift": -(bottom - 18),
        "showarrow": False,
        "font": {"size": SMALL, "color": palette.muted},
    }
    template = {
        "template": "none",
        "height": round(height),
        "margin": {"l": 8, "r": 16, "t": top, "b": round(bottom)},
        "paper_bgcolor": palette.ground,
        "plot_bgcolor": palette.ground,
        "font": {"family": TYPE_FACE, "size": BODY, "color": palette.ink},
        "hoverlabel": {
            "bgcolor": palette.panel,
            "bordercolor": palette.rule,
            "font": {"family": MONO_FACE, "size": BODY, "color": palette.ink},
        },
        "showlegend": False,
        "dragmode": False,
        "annotations": [corner],
    }
    whole = template | layout
    if not whole.get("shapes"):
        whole.pop("shapes", None)
    return TakenFigure({"data": traces, "layout": whole})


def bar_above(at: float = 0.0, pixels: int = _BAR_PIXELS) -> Spec:
    """Settings of a colour axis' bar that lies above the figure, ``at`` a share of its width, within 52 pixels."""
    return {
        "orientation": "h",
        "x": at,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "ypad": 2,
        "len": pixels,
        "thickness": 8,
        "tickangle": 0,
    }


def colour_axis(
    palette: Palette,
    ends: tuple[float, float],
    title: str,
    ticks: dict[float, str] | None = None,
    values: np.ndarray | None = None,
    scale: tuple[str, ...] | None = None,
    bar: Spec | None = None,
) -> Spec:
    """A colour axis (sequential unless a scale is given) with a slim bar and its unit in the bar's title.

    The ends of the bar say so when some of ``values`` lie beyond them; not numbers don't.
    """
    (low, high), side = ends, "top" if bar else "right"
    settings: Spec = {
        "title": {"text": title, "side": side, "font": {"size": BODY}},
        "thickness": 10,
        "lenmode": "pixels",
        "len": _BAR_PIXELS,
        "y": 1,
        "yanchor": "top",
        "outlinewidth": 0,
        "tickfont": {"size": SMALL},
    }
    if ticks:
        beyond = np.array([]) if values is None else values
        signs = {low: "≤ " * bool((beyond < low).any()), high: "≥ " * bool((beyond > high).any())}
        settings |= {"tickvals": list(ticks), "ticktext": [f"{signs.get(at, '')}{text}" for at, text in ticks.items()]}
    steps = scale or palette.sequential
    colours = [[at / (len(steps) - 1), colour] for at, colour in enumerate(steps)]
    return {"colorscale": colours, "cmin": low, "cmax": high, "colorbar": settings | (bar or {})}
