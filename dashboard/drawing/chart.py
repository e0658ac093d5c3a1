"""What every figure shares: the template, and safe labels.

Figures are written as plain Plotly dictionaries and become a ``Figure`` once, at the end: going through Plotly's
objects property by property took 150 ms for one heatmap, and a click on a token redraws three figures.
"""

import html
from typing import Any

import plotly.graph_objects as go

from analysis.types import Provenance
from dashboard.drawing.palette import MONO_FACE, TYPE_FACE, Palette

_BAR_PIXELS = 150
_AROUND = 28
"""Code points of a text on either side of a cut."""

SMALL, BODY = 11, 13
"""Sizes of type in figures, in pixels."""

Spec = dict[str, Any]


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


def axis(palette: Palette, **settings: Any) -> Spec:
    """An axis of the template with its own settings on top: no ticks, no zero line, room for its labels."""
    plain = {
        "automargin": True,
        "zeroline": False,
        "fixedrange": True,
        "showgrid": False,
        "gridcolor": palette.rule,
        "ticks": "",
    }
    return plain | settings


def axis_title(text: str, **font: Any) -> Spec:
    """An axis' title."""
    return {"text": text, "font": {"size": BODY, **font}}


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


def figure(
    traces: list[Spec],
    layout: Spec,
    palette: Palette,
    provenance: Provenance,
    *,
    height: float,
    top: int = 12,
    bottom: float = 54,
) -> go.Figure:
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
    return go.Figure({"data": traces, "layout": template | layout})


def bar_above(at: float, pixels: int = _BAR_PIXELS) -> Spec:
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
        "title": {"side": "top"},
    }


def colour_axis(
    palette: Palette,
    low: float,
    high: float,
    title: str,
    ticks: dict[float, str] | None = None,
    scale: tuple[str, ...] | None = None,
    bar_settings: Spec | None = None,
) -> Spec:
    """A colour axis (sequential unless a scale is given) with a slim bar and its unit in the bar's title."""
    bar: Spec = {
        "title": {"text": title, "side": "right", "font": {"size": BODY}},
        "thickness": 10,
        "lenmode": "pixels",
        "len": _BAR_PIXELS,
        "y": 1,
        "yanchor": "top",
        "outlinewidth": 0,
        "tickfont": {"size": SMALL},
    }
    if ticks:
        bar |= {"tickvals": list(ticks), "ticktext": list(ticks.values())}
    if bar_settings:
        bar |= bar_settings | {"title": bar["title"] | bar_settings.get("title", {})}
    return {"colorscale": palette.colorscale(scale), "cmin": low, "cmax": high, "colorbar": bar}
