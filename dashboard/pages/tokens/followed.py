"""Words followed through the text: how probable each is at every position, seen and hidden."""

import math

import numpy as np

from analysis.types import HiddenReading, SeenReading, TokenStatistics
from dashboard.drawing.chart import bar_above, colour_axis, label
from dashboard.drawing.palette import Palette
from dashboard.glossary import p_text, rank_text
from dashboard.pages.tokens.heatmap import Band, across, by_position, least_width
from dashboard.sections import Chart

_LEAST = -6.0
"""Where the scale ends, in powers of ten: less than one in a million is all the same to the eye."""
_TICKS = {0.0: "1", -2.0: "0.01", -4.0: "0.0001", _LEAST: "10⁻⁶"}
_SAID = "position %{x} · %{customdata[0]}<br>%{customdata[1]}: p %{customdata[2]}, rank %{customdata[3]}"


def followed_words(
    reading: SeenReading, hidden: HiddenReading | None, palette: Palette, chosen: int | None = None
) -> Chart:
    """A row per followed word and reading, a column per position, coloured by the word's probability there."""
    encoded = reading.encoded
    words, rows = _words(reading), _rows(reading, hidden)
    blank = encoded.outside & ~encoded.masked
    # The smallest probabilities are 0 in float32: they are as pale as anything beyond the end of the scale.
    least = np.finfo(np.float32).tiny
    p = [np.maximum(numbers.watched_p[:, word], least) for _, numbers, word in rows]
    values = np.stack([np.where(blank, np.nan, np.log10(each)) for each in p])
    hover = [[_numbers(numbers, at, word) for at in range(len(encoded))] for _, numbers, word in rows]
    scale = colour_axis(palette, (_LEAST, 0), "p, log scale", _TICKS, values, bar=bar_above())
    band = Band([label(name) for name, _, _ in rows], values, hover, scale)
    best = [
        f"{word} is most probable at position {at} ({encoded.tokens[at]}), "
        f"p {p_text(float(reading.statistics.watched_p[at, number]))}"
        for word, number in words.items()
        for at in [int(np.where(blank, -1, reading.statistics.watched_p[:, number]).argmax())]
    ]
    columns = {}
    for name, numbers, word in rows:
        rank = numbers.watched_rank[:, word]
        columns |= {f"p {name}": numbers.watched_p[:, word], f"rank {name}": np.where(rank < 1, np.nan, rank)}
    return Chart(
        name="followed",
        title=f"Followed through the text: {', '.join(words)}",
        figure=across(reading, [band], palette, chosen, _SAID),
        alt=(
            f"Heatmap of the probability of {', '.join(words)} at {len(encoded)} positions. "
            f"Seeing the tokens: {'; '.join(best)}."
        ),
        how=(
            "Each row is a followed word, each column a position: how probable the head finds the word there, whatever "
            f"stands there. The {'brighter' if palette.name == 'dark' else 'darker'}, the more probable. [CLS] and "
            "[SEP] stay blank."
        ),
        make_table=lambda: by_position(reading, hidden, columns),
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


def _numbers(numbers: TokenStatistics, at: int, word: int) -> tuple[str, str]:
    p = float(numbers.watched_p[at, word])
    return ("", "") if math.isnan(p) else (p_text(p), rank_text(int(numbers.watched_rank[at, word])))
