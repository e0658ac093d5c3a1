"""The heatmap across the sequence: entropy and surprisal on one scale, the copy gap and the ranks on their own."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.types import HiddenReading, SeenReading
from dashboard.drawing.chart import Chart, Spec, bar_above, colour_axis, figure, label
from dashboard.drawing.lines import Lines
from dashboard.drawing.palette import Palette
from dashboard.glossary import COPY_GAP, ENTROPY, RANK, SURPRISAL, Measure, Units

COLUMNS = 48
"""Positions per line, so that their tokens stay readable."""
_COLUMN_PIXELS, _ROW_PIXELS, _TICK_CHAR_PIXELS = 14, 25, 7
_BETWEEN_BANDS = 0.35
"""Rows of another scale stand this share of a row further down."""
_HEAD_PIXELS, _LEAST_PIXELS = 52, 580
_SIDE_PIXELS = 130
_MANY_DECADES = 3
"""From here on every other power of ten has a label, or they would touch."""


@dataclass(frozen=True, slots=True)
class _Band:
    """Rows that share one colour scale: their names, values [rows, T] as drawn, the scale, and the hover's format."""

    names: tuple[str, ...]
    values: np.ndarray
    measure: Measure
    scale: Spec
    hover: str


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
    bands = _bands(reading, hidden, palette, units, fit=fit)
    centres = _centres(bands)
    below = _TICK_CHAR_PIXELS * max(len(token) for token in encoded.tokens) + 10
    rows = centres[-1][-1] + 1
    lines = Lines(0, len(encoded), COLUMNS, rows * _ROW_PIXELS, below)
    names = [label(token) for token in encoded.tokens]
    traces: list[Spec] = []
    layout: Spec = {"shapes": []} | {_axis(i): band.scale for i, band in enumerate(bands)}
    for number, (start, stop) in enumerate(lines.spans, start=1):
        traces += [
            {
                "type": "heatmap",
                "z": band.values[:, start:stop],
                "x": list(range(start, stop)),
                "y": centres[i],
                **lines.axes_of_trace(number),
                "coloraxis": _axis(i),
                "xgap": 1,
                "ygap": 1,
                "customdata": [
                    [[names[at], row, _hover(band, j, at)] for at in range(start, stop)]
                    for j, row in enumerate(band.names)
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
                "range": [rows - 0.5, -0.5],
                "tickvals": [y for each in centres for y in each],
                "ticktext": [name for band in bands for name in band.names],
            },
        )
        layout["shapes"] += lines.outline(number, palette, chosen, (-0.5, rows - 0.5))
    unit = ENTROPY.unit(units)
    entropy = np.where(_never_a_target(reading), -np.inf, reading.statistics.entropy_bits)
    peak = int(entropy.argmax())
    more = "" if hidden is None else ", seen and hidden, with the copy gap"
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
        alt=(
            f"Heatmap of entropy and surprisal in {unit} and of the rank at {len(encoded)} positions{more}. Seeing the "
            f"tokens, the head is least certain at position {peak} ({encoded.tokens[peak]}): "
            f"{ENTROPY.text(float(reading.statistics.entropy_bits[peak]), units)}."
        ),
        how=(
            f"Each column is a position. The {'brighter' if palette.name == 'dark' else 'darker'}, the less certain "
            "the head (H), the less it expected the token that stands there (S), the further down it ranks it. "
            "Special tokens stay blank; a [MASK] has no token of its own to be surprised by."
        ),
        make_table=lambda: _table(reading, hidden, units),
    )


def heat_width(n: int) -> int:
    """The least width in pixels at which the tokens of ``n`` positions don't run into each other."""
    return max(_LEAST_PIXELS, _COLUMN_PIXELS * min(n, COLUMNS) + _SIDE_PIXELS)


def _bands(
    reading: SeenReading, hidden: HiddenReading | None, palette: Palette, units: Units, *, fit: bool
) -> list[_Band]:
    numbers = {"seen": reading.statistics} | ({} if hidden is None else {"hidden": hidden.statistics})
    never, outside = _never_a_target(reading), reading.encoded.outside
    both = (ENTROPY, "entropy_bits", never), (SURPRISAL, "surprisal_bits", outside)
    bits = np.stack(
        [
            np.where(blank, np.nan, getattr(each, field)) * measure.convert(1, units)
            for measure, field, blank in both
            for each in numbers.values()
        ]
    )
    names = tuple(f"{measure.symbol} {which}" for measure, _, _ in both for which in numbers)
    shown = ENTROPY.in_units(units)
    bands = [_band(names, bits, shown.fitted(_finite(bits)) if fit else shown, palette, 0.0, "H, S")]
    if hidden is not None:
        gap = np.where(outside, np.nan, hidden.copy_gap_bits)[None] * COPY_GAP.convert(1, units)
        shown = COPY_GAP.in_units(units)
        name = (COPY_GAP.name,)
        bands.append(_band(name, gap, shown.fitted(_finite(gap)) if fit else shown, palette, 0.36, COPY_GAP.name))
    rank = np.stack(
        [np.where(outside | (each.rank < 1), np.nan, np.log10(np.maximum(each.rank, 1))) for each in numbers.values()]
    )
    top = math.log10(RANK.fitted(_finite(10**rank)).high if fit else RANK.high)
    ticks = {float(i): f"{10**i:,}" for i in range(0, math.floor(top) + 1, 2 if top >= _MANY_DECADES else 1)}
    if (rank > top).any():
        ticks[top] = f"≥ {round(10**top):,}"
    scale = colour_axis(palette, 0, top, "rank, log scale", ticks, bar_settings=bar_above(0.72))
    bands.append(_Band(tuple(f"rank {which}" for which in numbers), rank, RANK, scale, ""))
    return bands


def _band(
    names: tuple[str, ...], values: np.ndarray, measure: Measure, palette: Palette, at: float, title: str
) -> _Band:
    """Rows in the unit on screen; the ends of the scale say so when something lies beyond them."""
    ticks = {float(value): f"{value:.3g}".replace("-", "−") for value in np.linspace(measure.low, measure.high, 5)}
    if (values > measure.high).any():
        ticks[measure.high] = f"≥ {measure.high:.3g}"
    if (values < measure.low).any():
        ticks[measure.low] = f"≤ {measure.low:.3g}".replace("-", "−")
    diverging = palette.diverging if measure.diverging else None
    bar = bar_above(at)
    scale = colour_axis(palette, measure.low, measure.high, f"{title} ({measure.native})", ticks, diverging, bar)
    return _Band(names, values, measure, scale, measure.native)


def _centres(bands: list[_Band]) -> list[list[float]]:
    centres, y = [], 0.0
    for band in bands:
        centres.append([y + row for row in range(len(band.names))])
        y += len(band.names) + _BETWEEN_BANDS
    return centres


def _hover(band: _Band, row: int, at: int) -> str:
    value = float(band.values[row, at])
    if math.isnan(value):
        return ""
    return f"{round(10**value):,}" if band.measure is RANK else f"{value:.2f} {band.hover}"


def _table(reading: SeenReading, hidden: HiddenReading | None, units: Units) -> pd.DataFrame:
    encoded, outside, never = reading.encoded, reading.encoded.outside, _never_a_target(reading)
    columns: dict[str, object] = {"position": range(len(encoded)), "token": encoded.tokens}
    for which, each in (("seen", reading.statistics), ("hidden", hidden.statistics if hidden else None)):
        if each is not None:
            columns[f"{ENTROPY.axis(units)} {which}"] = np.where(never, np.nan, each.entropy_bits) * ENTROPY.convert(
                1, units
            )
            columns[f"{SURPRISAL.axis(units)} {which}"] = np.where(
                outside, np.nan, each.surprisal_bits
            ) * SURPRISAL.convert(1, units)
            columns[f"{RANK.name} {which}"] = np.where(outside | (each.rank < 1), np.nan, each.rank)
    if hidden is not None:
        columns[COPY_GAP.axis(units)] = np.where(outside, np.nan, hidden.copy_gap_bits) * COPY_GAP.convert(1, units)
        columns["masking"] = hidden.masking
    return pd.DataFrame(columns)


def _never_a_target(reading: SeenReading) -> np.ndarray:
    return reading.encoded.outside & ~reading.encoded.masked


def _finite(values: np.ndarray) -> list[float]:
    return values[np.isfinite(values)].tolist()


def _axis(number: int) -> str:
    return "coloraxis" if number == 0 else f"coloraxis{number + 1}"
