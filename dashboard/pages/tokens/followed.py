"""Words followed through the text: how probable each is at every position, seen and hidden."""

import math

import numpy as np
import pandas as pd

from analysis.types import HiddenReading, SeenReading, TokenStatistics
from dashboard.drawing.chart import Spec, bar_above, colour_axis, figure, label
from dashboard.drawing.lines import Lines
from dashboard.drawing.palette import Palette
from dashboard.glossary import p_text, rank_text
from dashboard.pages.tokens.heatmap import COLUMNS, least_width
from dashboard.sections import Chart

_LEAST = -6.0
"""Where the scale ends, in powers of ten: less than one in a million is all the same to the eye."""
_ROW_PIXELS, _HEAD_PIXELS, _TICK_CHAR_PIXELS = 25, 52, 7


def followed_words(
    reading: SeenReading, hidden: HiddenReading | None, palette: Palette, chosen: int | None = None
) -> Chart:
    """A row per followed word and reading, a column per position, coloured by the word's probability there."""
    encoded = reading.encoded
    words, rows = _words(reading), _rows(reading, hidden)
    blank = encoded.outside & ~encoded.masked
    below = _TICK_CHAR_PIXELS * max(len(token) for token in encoded.tokens) + 10
    lines = Lines(0, len(encoded), COLUMNS, len(rows) * _ROW_PIXELS, below)
    names = [label(token) for token in encoded.tokens]
    values = np.stack([np.where(blank, np.nan, _log10(numbers.watched_p[:, word])) for _, numbers, word in rows])
    ticks = {0.0: "1", -2.0: "0.01", -4.0: "0.0001", _LEAST: "≤ 10⁻⁶" if (values < _LEAST).any() else "10⁻⁶"}
    traces: list[Spec] = []
    layout: Spec = {
        "shapes": [],
        "coloraxis": colour_axis(palette, _LEAST, 0, "p, log scale", ticks, bar_settings=bar_above(0.0)),
    }
    for number, (start, stop) in enumerate(lines.spans, start=1):
        traces.append(
            {
                "type": "heatmap",
                "z": values[:, start:stop],
                "x": list(range(start, stop)),
                "y": list(range(len(rows))),
                **lines.axes_of_trace(number),
                "coloraxis": "coloraxis",
                "xgap": 1,
                "ygap": 1,
                "customdata": [
                    [[names[at], label(name), *_numbers(numbers, at, word)] for at in range(start, stop)]
                    for name, numbers, word in rows
                ],
                "hoverongaps": False,
                "hovertemplate": "position %{x} · %{customdata[0]}<br>%{customdata[1]}: p %{customdata[2]}, "
                "rank %{customdata[3]}<extra></extra>",
            }
        )
        layout |= lines.layout(
            number,
            palette,
            x=lines.tokens_below(number, names),
            y={
                "range": [len(rows) - 0.5, -0.5],
                "tickvals": list(range(len(rows))),
                "ticktext": [label(name) for name, _, _ in rows],
            },
        )
        layout["shapes"] += lines.outline(number, palette, chosen, (-0.5, len(rows) - 0.5))
    best = [
        f"{word} is most probable at position {at} ({encoded.tokens[at]}), "
        f"p {p_text(float(reading.statistics.watched_p[at, number]))}"
        for word, number in words.items()
        for at in [int(np.where(blank, -1, reading.statistics.watched_p[:, number]).argmax())]
    ]
    return Chart(
        name="followed",
        title=f"Followed through the text: {', '.join(words)}",
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
            f"Heatmap of the probability of {', '.join(words)} at {len(encoded)} positions. "
            f"Seeing the tokens: {'; '.join(best)}."
        ),
        how=(
            "Each row is a followed word, each column a position: how probable the head finds the word there, whatever "
            f"stands there. The {'brighter' if palette.name == 'dark' else 'darker'}, the more probable. [CLS] and "
            "[SEP] stay blank."
        ),
        make_table=lambda: _table(reading, hidden),
        provenance=reading.provenance,
        min_width=least_width(len(encoded)),
    )


def _words(reading: SeenReading) -> dict[str, int]:
    """The followed words with their columns; ``War, war`` is one word to a model that knows no capitals."""
    return {word: number for number, word in enumerate(reading.watched_tokens)}


def _rows(reading: SeenReading, hidden: HiddenReading | None) -> list[tuple[str, TokenStatistics, int]]:
    """Name, numbers and number of the word, of every row."""
    readings = {"seen": reading.statistics} | ({} if hidden is None else {"hidden": hidden.statistics})
    return [
        (f"{word} {which}", numbers, number)
        for word, number in _words(reading).items()
        for which, numbers in readings.items()
    ]


def _log10(p: np.ndarray) -> np.ndarray:
    # The smallest probabilities are 0 in float32: they are as pale as anything beyond the end of the scale.
    return np.log10(np.maximum(p, np.finfo(np.float32).tiny))


def _numbers(numbers: TokenStatistics, at: int, word: int) -> tuple[str, str]:
    p = float(numbers.watched_p[at, word])
    return ("", "") if math.isnan(p) else (p_text(p), rank_text(int(numbers.watched_rank[at, word])))


def _table(reading: SeenReading, hidden: HiddenReading | None) -> pd.DataFrame:
    encoded = reading.encoded
    columns: dict[str, object] = {"position": range(len(encoded)), "token": encoded.tokens}
    for name, numbers, word in _rows(reading, hidden):
        rank = numbers.watched_rank[:, word]
        columns[f"p {name}"] = numbers.watched_p[:, word]
        columns[f"rank {name}"] = np.where(rank < 1, np.nan, rank)
    if hidden is not None:
        columns["masking"] = hidden.masking
    return pd.DataFrame(columns)
