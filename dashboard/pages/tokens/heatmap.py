"""The heatmap across the sequence: what is measured in one unit on one scale, and every other measure on its own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.measures import TOKEN_MEASURES
from analysis.types import HiddenReading, SeenReading
from dashboard import glossary
from dashboard.drawing.chart import Spec, bar_above, colour_axis, figure, label
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


@dataclass(frozen=True, slots=True)
class _Row:
    """One measure of one reading along the text: float [T] in the unit on screen, blank where it says nothing."""

    measure: Measure
    which: str
    values: np.ndarray

    @property
    def column(self) -> str:
        """Its name in the table."""
        return f"{self.measure.axis()} {self.which}".rstrip()


@dataclass(frozen=True, slots=True)
class _Band:
    """Rows that share one colour scale, and the measures that they are of."""

    rows: tuple[_Row, ...]
    measures: tuple[Measure, ...]
    scale: Spec

    @property
    def names(self) -> list[str]:
        """What stands beside the rows."""
        return [f"{_called(row.measure, self.measures)} {row.which}".rstrip() for row in self.rows]

    @property
    def drawn(self) -> np.ndarray:
        """Float [rows, T]: the values as they lie on the scale."""
        values = np.stack([row.values for row in self.rows])
        return np.log10(values) if self.measures[0].log else values


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
    encoded = reading.encoded
    rows = _rows(reading, hidden, units)
    bands = _bands(rows, palette, fit=fit)
    centres = _centres(bands)
    below = _TICK_CHAR_PIXELS * max(len(token) for token in encoded.tokens) + 10
    depth = centres[-1][-1] + 1
    lines = Lines(0, len(encoded), COLUMNS, depth * _ROW_PIXELS, below)
    names = [label(token) for token in encoded.tokens]
    traces: list[Spec] = []
    layout: Spec = {"shapes": []} | {_axis(i): band.scale for i, band in enumerate(bands)}
    for number, (start, stop) in enumerate(lines.spans, start=1):
        traces += [
            {
                "type": "heatmap",
                "z": band.drawn[:, start:stop],
                "x": list(range(start, stop)),
                "y": centres[i],
                **lines.axes_of_trace(number),
                "coloraxis": _axis(i),
                "xgap": 1,
                "ygap": 1,
                "customdata": [
                    [[names[at], name, _hover(row, at)] for at in range(start, stop)]
                    for name, row in zip(band.names, band.rows, strict=True)
                ],
                "hoverongaps": False,
                "hovertemplate": "position %{x} · %{customdata[0]}<br>%{customdata[1]} %{customdata[2]}<extra></extra>",
            }
            for i, band in enumerate(bands)
        ]
        layout |= lines.layout(
            number,
            palette,
            x=lines.tokens_below(number, names),
            y={
                "range": [depth - 0.5, -0.5],
                "tickvals": [y for each in centres for y in each],
                "ticktext": [name for band in bands for name in band.names],
            },
        )
        layout["shapes"] += lines.outline(number, palette, chosen, (-0.5, depth - 0.5))
    return Chart(
        name="entropy",
        title="Entropy across the sequence",
        figure=figure(
            traces,
            layout,
            palette,
            reading.provenance,
            height=_HEAD_PIXELS + lines.height + 26,
            top=_HEAD_PIXELS,
            bottom=below + 26,
        ),
        alt=_alt(reading, hidden, rows, bands),
        how=_how(bands, palette),
        make_table=lambda: _table(rows, reading, hidden),
        provenance=reading.provenance,
        min_width=least_width(len(encoded)),
    )


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
            rows.append(_Row(measure.in_units(units), "" if measured.needs_hidden else each.kind, values))
    return rows


def _bands(rows: Sequence[_Row], palette: Palette, *, fit: bool) -> list[_Band]:
    """Put what has one unit and begins at 0 on one scale, and every other measure on a scale of its own."""
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        measure = row.measure
        alone = measure.diverging or measure.log or not measure.native
        groups.setdefault(measure.key if alone else measure.native, []).append(row)
    return [
        _band(tuple(group), palette, at=number / len(groups), fit=fit) for number, group in enumerate(groups.values())
    ]


def _band(rows: tuple[_Row, ...], palette: Palette, *, at: float, fit: bool) -> _Band:
    """Rows on one scale, whose bar stands ``at`` this share of the width."""
    measures = tuple({row.measure.key: row.measure for row in rows}.values())
    values = np.concatenate([row.values[np.isfinite(row.values)] for row in rows])
    scale = replace(measures[0], low=min(each.low for each in measures), high=max(each.high for each in measures))
    if fit:
        scale = scale.fitted(values.tolist())
    title = ", ".join(_called(each, measures) for each in measures)
    title += ", log scale" if scale.log else f" ({scale.native})" if scale.native else ""
    return _Band(rows, measures, _colour_axis(scale, values, title, palette, at))


def _called(measure: Measure, beside: Sequence[Measure]) -> str:
    """The name of a measure among those of its scale: short, where there are others."""
    return measure.symbol if len(beside) > 1 else measure.name


def _colour_axis(scale: Measure, values: np.ndarray, title: str, palette: Palette, at: float) -> Spec:
    """The colour axis of a scale; the ends of its bar say so when something lies beyond them."""
    low, high = (math.log10(scale.low), math.log10(scale.high)) if scale.log else (scale.low, scale.high)
    if scale.log:
        ticks = {float(i): f"{10**i:,}" for i in range(math.floor(high) + 1) if high < _MANY_DECADES or i % 2 == 0}
    else:
        ticks = {float(value): scale.end(value) for value in np.linspace(low, high, 3 if scale.diverging else 5)}
    if (values > scale.high).any():
        ticks[high] = f"≥ {scale.end(scale.high)}"
    if (values < scale.low).any():
        ticks[low] = f"≤ {scale.end(scale.low)}"
    colours = palette.diverging if scale.diverging else None
    return colour_axis(palette, low, high, title, ticks, colours, bar_above(at, _BAR_PIXELS))


def _alt(reading: SeenReading, hidden: HiddenReading | None, rows: Sequence[_Row], bands: Sequence[_Band]) -> str:
    tokens, first = reading.encoded.tokens, rows[0]
    peak = int(np.nanargmax(first.values))
    names = listed([measure.name for band in bands for measure in band.measures])
    return (
        f"Heatmap of {names} at {len(tokens)} positions{'' if hidden is None else ', seen and hidden'}. The "
        f"{first.measure.name} of the {first.which} reading is largest at position {peak} ({tokens[peak]}): "
        f"{first.measure.text(float(first.values[peak]))}."
    )


def _how(bands: Sequence[_Band], palette: Palette) -> str:
    symbols = [
        f"{measure.symbol} is the {measure.name}"
        for band in bands
        if len(band.measures) > 1
        for measure in band.measures
    ]
    return (
        f"Each column is a position. {'Brighter' if palette.name == 'dark' else 'Darker'} is larger; of two colours, "
        f"each is a side of 0. {', '.join(symbols)}. Special tokens stay blank; a [MASK] has no token of its own to be "
        "surprised by."
    )


def _centres(bands: list[_Band]) -> list[list[float]]:
    centres, y = [], 0.0
    for band in bands:
        centres.append([y + row for row in range(len(band.rows))])
        y += len(band.rows) + _BETWEEN_BANDS
    return centres


def _hover(row: _Row, at: int) -> str:
    value = float(row.values[at])
    return "" if math.isnan(value) else f"{row.measure.number(value)} {row.measure.native}".rstrip()


def _table(rows: Sequence[_Row], reading: SeenReading, hidden: HiddenReading | None) -> pd.DataFrame:
    columns: dict[str, object] = {"position": range(len(reading.encoded)), "token": reading.encoded.tokens}
    columns |= {row.column: row.values for row in rows}
    if hidden is not None:
        columns["masking"] = hidden.masking
    return pd.DataFrame(columns)


def _axis(number: int) -> str:
    return "coloraxis" if number == 0 else f"coloraxis{number + 1}"
