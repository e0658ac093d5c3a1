"""Whether a map can be believed: the answer while words are masked in its order, and while they are put back."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from analysis.types import Floats, InfluenceCurves, InfluenceMap
from dashboard.drawing.chart import LEGEND, Spec, axis, figure
from dashboard.drawing.palette import Palette
from dashboard.glossary import INFLUENCE, Units
from dashboard.pages.influence.strip import METHODS
from dashboard.sections import Chart

_HEIGHT, _BOTTOM, _GAP = 260, 66, 0.08
_KINDS = (("deletion", "words masked"), ("insertion", "words put back"))
_DASHES, _SYMBOLS = ("solid", "dash"), ("circle", "diamond")


def own(curves: InfluenceCurves, kind: str) -> Floats:
    """The curve of one kind along the map."""
    return curves.deletion_nats if kind == "deletion" else curves.insertion_nats


def random(curves: InfluenceCurves, kind: str) -> Floats:
    """Those along random orders."""
    return curves.random_deletion_nats if kind == "deletion" else curves.random_insertion_nats


def trust_curves(maps: Sequence[InfluenceMap], target: str, palette: Palette, units: Units) -> Chart:
    """A panel of deletion and one of insertion: a line for each map over the band of the random orders."""
    traces: list[Spec] = []
    layout: Spec = {**LEGEND, "legend": {**LEGEND["legend"], "traceorder": "normal"}}
    unit, factor = INFLUENCE.unit(units), INFLUENCE.convert(1, units)
    layout["yaxis"] = axis(palette, f"{target} ({unit})", showgrid=True)
    for panel, (kind, what) in enumerate(_KINDS):
        suffix, x = "" if panel == 0 else "2", f"x{'' if panel == 0 else 2}"
        start = panel * (0.5 + _GAP / 2)
        layout[f"xaxis{suffix}"] = axis(
            palette,
            f"{kind}: share of the {what} (%)",
            domain=[start, start + 0.5 - _GAP / 2],
            range=[0, 100],
            tickvals=[0, 25, 50, 75, 100],
        )
        curves = maps[0].curves
        if curves is not None and len(random(curves, kind)):
            traces += _band(curves, kind, x, factor, palette, shown=panel == 0)
        for found, dash, symbol, colour in zip(
            maps, _DASHES, _SYMBOLS, (palette.primary, palette.segment_b), strict=False
        ):
            if found.curves is None:
                continue
            name = f"in the order of {METHODS[found.method]}"
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "x": _share(found.curves),
                    "y": own(found.curves, kind) * factor,
                    "xaxis": x,
                    "name": name,
                    "showlegend": panel == 0,
                    "line": {"color": colour, "width": 2, "dash": dash},
                    "marker": {"symbol": symbol, "size": 6},
                    "hovertemplate": f"{name}<br>%{{x:.0f}} % of the {what}<br>%{{y:.2f}} {unit}<extra></extra>",
                }
            )
    said = [f"by {METHODS[found.method]} {_areas_said(found.curves)}" for found in maps if found.curves is not None]
    return Chart(
        name="influence-curves",
        title="Can the map be believed?",
        figure=figure(traces, layout, palette, maps[0].provenance, height=_HEIGHT + _BOTTOM, top=44, bottom=_BOTTOM),
        alt=f"Two panels of {target}, while words are masked and while they are put back; areas {'; '.join(said)}.",
        how="Words go in the order of each map, the most supporting first; the grey band spans random orders, the "
        "dotted line is their mean. A map is to be believed where its line falls faster than that on the left, and "
        "rises faster on the right.",
        make_table=lambda: curve_table(maps, units),
        min_width=640,
    )


def area_table(maps: Sequence[InfluenceMap]) -> pd.DataFrame:
    """The areas of both curves of each map, with the mean and the range of the random orders."""
    rows = []
    for kind, _ in _KINDS:
        row: dict[str, object] = {"curve": f"{kind} ({'less' if kind == 'deletion' else 'more'} is better)"}
        for found in maps:
            row[METHODS[found.method]] = (
                None if found.curves is None else float(found.curves.area(own(found.curves, kind)))
            )
        curves = maps[0].curves
        if curves is not None and len(random(curves, kind)):
            areas = curves.area(random(curves, kind))
            row |= {"random, mean": areas.mean(), "least": areas.min(), "largest": areas.max()}
        rows.append(row)
    return pd.DataFrame(rows)


def printed_areas(maps: Sequence[InfluenceMap]) -> pd.DataFrame:
    """The same in two decimals."""
    table = area_table(maps)
    return table.map(lambda cell: cell if isinstance(cell, str) else "–" if pd.isna(cell) else f"{cell:.2f}")


def curve_table(maps: Sequence[InfluenceMap], units: Units) -> pd.DataFrame:
    """One row per point of every curve."""
    factor, column = INFLUENCE.convert(1, units), f"value ({INFLUENCE.unit(units)})"
    rows = []
    for kind, _ in _KINDS:
        for order, values, curves in _orders(maps, kind):
            rows += [
                {"curve": kind, "order": order, "words": int(n), column: float(value) * factor}
                for n, value in zip(curves.n_words, values, strict=True)
            ]
    return pd.DataFrame(rows)


def _orders(maps: Sequence[InfluenceMap], kind: str) -> Iterator[tuple[str, Floats, InfluenceCurves]]:
    for found in maps:
        if found.curves is not None:
            yield METHODS[found.method], own(found.curves, kind), found.curves
            for number, values in enumerate(random(found.curves, kind), start=1):
                yield f"random {number}", values, found.curves


def _share(curves: InfluenceCurves) -> np.ndarray:
    return 100 * curves.n_words / curves.n_words[-1]


def _band(curves: InfluenceCurves, kind: str, x: str, factor: float, palette: Palette, *, shown: bool) -> list[Spec]:
    """From the least to the largest of the random orders, with their mean; only of those that are whole."""
    values = random(curves, kind) * factor
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values):
        return []
    line: Spec = {"type": "scatter", "mode": "lines", "x": _share(curves), "xaxis": x, "hoverinfo": "skip"}
    edge = line | {"line": {"width": 0}}
    return [
        edge | {"y": values.min(0), "showlegend": False},
        edge
        | {
            "y": values.max(0),
            "fill": "tonexty",
            "fillcolor": palette.rule,
            "name": f"{len(values)} random orders",
            "showlegend": shown,
        },
        line
        | {"y": values.mean(0), "showlegend": False, "line": {"color": palette.muted, "width": 1.5, "dash": "dot"}},
    ]


def _areas_said(curves: InfluenceCurves) -> str:
    return f"{curves.deletion_area:.2f} and {curves.insertion_area:.2f}"
