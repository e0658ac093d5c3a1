"""The heatmap across the sequence: what is measured in one unit on one scale, and every other measure on its own."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.measures import TOKEN_MEASURES
from analysis.types import HiddenReading, SeenReading
from dashboard import glossary
from dashboard.drawing.chart import UPRIGHT, Spec, bar_above, colour_axis, figure, heatmap, label, named
from dashboard.drawing.lines import Lines
from dashboard.drawing.palette import Palette
from dashboard.glossary import Measure, Units, listed
from dashboard.sections import Chart

COLUMNS = 48
"""Positions per line, so that their tokens stay readable."""
_COLUMN_PIXELS, _ROW_PIXELS, _TICK_CHAR_PIXELS = 14, 25, 7
_BETWEEN_BANDS = 0.35
"""Rows of another scale stand this share of a row further down."""
_HEAD_PIXELS, _LEAST_PIXELS = 52, 640
_SIDE_PIXELS = 160
_BAR_PIXELS = 108
"""Four bars stand above the figure where it is narrowest."""
_MANY_DECADES = 3
"""From here on every other power of ten has a label, or they would touch."""


class Band(NamedTuple):
    """Rows that share one colour scale.

    ``z`` is float [rows, T], as it lies on the scale; ``hover`` is what is said of each of these cells, in parts.
    """

    names: Sequence[str]
    z: np.ndarray
    hover: Sequence[Sequence[Sequence[str]]]
    scale: Spec


class _Row(NamedTuple):
    """One measure of one reading along the text: float [T] in the unit on screen, blank where it says nothing."""

    measure: Measure
    which: str
    values: np.ndarray


def entropy_heatmap(
    reading: SeenReading,
    hidden: HiddenReading | None,
    palette: Palette,
    units: Units,
    chosen: int | None = None,
    *,
    fit: bool = False,
) -> Chart:
    """Every measure at every position, seen and (where it has been read) hidden, in lines that a page can hold.

    ``fit`` lets the scales end at this text's largest values instead of at their fixed ends.
    """
    rows = _rows(reading, hidden, units)
    groups = _groups(rows)
    bands = [_band(group, palette, at=number / len(groups), fit=fit) for number, group in enumerate(groups)]
    said = "position %{x} · %{customdata[0]}<br>%{customdata[1]} %{customdata[2]}"
    return Chart(
        name="entropy",
        title="Entropy across the sequence",
        figure=across(reading, bands, palette, chosen, said),
        alt=_alt(reading, hidden, rows),
        how=_how(groups, palette),
        make_table=lambda: by_position(
            reading, hidden, {f"{row.measure.axis()} {row.which}".rstrip(): row.values for row in rows}
        ),
        min_width=least_width(len(reading.encoded)),
    )


def across(reading: SeenReading, bands: Sequence[Band], palette: Palette, chosen: int | None, said: str) -> go.Figure:
    """Bands of rows with a column per position; ``said`` names what a cell's token, row and hover say."""
    tokens = [label(token) for token in reading.encoded.tokens]
    below = _TICK_CHAR_PIXELS * max(len(token) for token in reading.encoded.tokens) + 10
    centres, depth = [], 0.0
    for band in bands:
        centres.append([depth + row for row in range(len(band.names))])
        depth += len(band.names) + _BETWEEN_BANDS
    depth = centres[-1][-1] + 1
    scales = {f"coloraxis{number if number > 1 else ''}": band.scale for number, band in enumerate(bands, start=1)}

    def traces(start: int, stop: int) -> list[Spec]:
        at = range(start, stop)
        hover = [
            [[[tokens[i], name, *cells[i]] for i in at] for name, cells in zip(band.names, band.hover, strict=True)]
            for band in bands
        ]
        return [
            heatmap(band.z[:, start:stop], at, y, cells, said, coloraxis=scale)
            for band, y, cells, scale in zip(bands, centres, hover, scales, strict=True)
        ]

    lines = Lines(0, len(tokens), COLUMNS, depth * _ROW_PIXELS, below)
    drawn, layout = lines.drawn(
        palette,
        traces,
        lambda start, stop: named(tokens[start:stop], start, **UPRIGHT),
        {
            "range": [depth - 0.5, -0.5],
            "tickvals": [y for each in centres for y in each],
            "ticktext": [name for band in bands for name in band.names],
        },
        chosen,
        (-0.5, depth - 0.5),
    )
    layout |= scales
    height, bottom = _HEAD_PIXELS + lines.height + 26, below + 26
    return figure(drawn, layout, palette, reading.provenance, height=height, top=_HEAD_PIXELS, bottom=bottom)


def by_position(reading: SeenReading, hidden: HiddenReading | None, columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Columns of values beside their positions and tokens, and what was hidden where that was read."""
    encoded, masking = reading.encoded, {} if hidden is None else {"masking": hidden.masking}
    return pd.DataFrame({"position": range(len(encoded)), "token": encoded.tokens, **columns, **masking})


def least_width(n: int) -> int:
    """The least width in pixels at which the tokens of ``n`` positions don't run into each other."""
    return max(_LEAST_PIXELS, _COLUMN_PIXELS * min(n, COLUMNS) + _SIDE_PIXELS)


def _rows(reading: SeenReading, hidden: HiddenReading | None, units: Units) -> list[_Row]:
    """Every measure that is drawn, in the table's order, seen and then hidden."""
    encoded, rows = reading.encoded, []
    readings = [each for each in (reading, hidden) if each is not None]
    for key, measured in TOKEN_MEASURES.items():
        measure = glossary.TOKEN_MEASURES[key]
        for each in readings if measure.across else ():
            if measured.needs_hidden and each is reading:
                continue
            values = np.where(measured.told(encoded), measured.values(each), np.nan) * measure.convert(1, units)
            scaled = measure.of_vocabulary(reading.n_vocabulary).in_units(units)
            rows.append(_Row(scaled, "" if measured.needs_hidden else each.kind, values))
    return rows


def _groups(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Put what has one unit and begins at 0 on one scale, and every other measure on a scale of its own."""
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        measure = row.measure
        alone = measure.diverging or measure.log or not measure.native
        groups.setdefault(measure.key if alone else measure.native, []).append(row)
    return list(groups.values())


def _measures(rows: Sequence[_Row]) -> list[Measure]:
    return list({row.measure.key: row.measure for row in rows}.values())


def _band(rows: Sequence[_Row], palette: Palette, *, at: float, fit: bool) -> Band:
    """Rows on one scale, whose bar stands ``at`` this share of the width."""
    measures, values = _measures(rows), np.stack([row.values for row in rows])
    scale = replace(measures[0], low=min(each.low for each in measures), high=max(each.high for each in measures))
    if fit:
        scale = scale.fitted(values[np.isfinite(values)].tolist())
    title = ", ".join(_called(each, measures) for each in measures)
    title += ", log scale" if scale.log else f" ({scale.native})" if scale.native else ""
    names = [f"{_called(row.measure, measures)} {row.which}".rstrip() for row in rows]
    hover = [[[_hover(row.measure, value)] for value in row.values.tolist()] for row in rows]
    return Band(
        names, np.log10(values) if scale.log else values, hover, _colour_axis(scale, values, title, palette, at)
    )


def _called(measure: Measure, beside: Sequence[Measure]) -> str:
    """The name of a measure among those of its scale: short, where there are others."""
    return measure.symbol if len(beside) > 1 else measure.name


def _colour_axis(scale: Measure, values: np.ndarray, title: str, palette: Palette, at: float) -> Spec:
    if scale.log:
        values, ends = np.log10(values), (math.log10(scale.low), math.log10(scale.high))
        steps = range(math.floor(ends[1]) + 1)
        ticks = {float(i): f"{10**i:,}" for i in steps if ends[1] < _MANY_DECADES or i % 2 == 0}
    else:
        ends = scale.low, scale.high
        ticks = {float(value): scale.end(value) for value in np.linspace(*ends, 3 if scale.diverging else 5)}
    colours = palette.diverging if scale.diverging else None
    return colour_axis(palette, ends, title, ticks, values, colours, bar_above(at, _BAR_PIXELS))


def _alt(reading: SeenReading, hidden: HiddenReading | None, rows: Sequence[_Row]) -> str:
    tokens, first = reading.encoded.tokens, rows[0]
    peak = int(np.nanargmax(first.values))
    names = listed([measure.name for group in _groups(rows) for measure in _measures(group)])
    return (
        f"Heatmap of {names} at {len(tokens)} positions{'' if hidden is None else ', seen and hidden'}. The "
        f"{first.measure.name} of the {first.which} reading is largest at position {peak} ({tokens[peak]}): "
        f"{first.measure.text(float(first.values[peak]))}."
    )


def _how(groups: Sequence[Sequence[_Row]], palette: Palette) -> str:
    beside = [measures for measures in map(_measures, groups) if len(measures) > 1]
    symbols = [f"{measure.symbol} is the {measure.name}" for measures in beside for measure in measures]
    return (
        f"Each column is a position. {'Brighter' if palette.name == 'dark' else 'Darker'} is larger; of two colours, "
        f"each is a side of 0. {', '.join(symbols)}. Special tokens stay blank; a [MASK] has no token of its own to be "
        "surprised by."
    )


def _hover(measure: Measure, value: float) -> str:
    return "" if math.isnan(value) else f"{measure.number(value)} {measure.native}".rstrip()
