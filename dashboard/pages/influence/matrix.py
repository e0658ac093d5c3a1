"""Each word's influence on each position's own token, as a matrix."""

import math

import numpy as np
import pandas as pd

from analysis.texts.text import counted
from analysis.types import EveryInfluence, InfluenceMap
from dashboard.drawing.chart import SMALL, axis, bar_above, colour_axis, cut, figure, heatmap, label, named
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import INFLUENCE, Units, signed
from dashboard.sections import Chart

_CELL_PIXELS, _SIDE_PIXELS, _HEAD_PIXELS, _BOTTOM_PIXELS = 15, 140, 52, 112
_WORD_CHARS = 14


def every_matrix(found: InfluenceMap, every: EveryInfluence, palette: Palette, units: Units) -> Chart:
    """Rows are positions, columns words; blank where the word is the position's own."""
    tokens = [label(cut(found.encoded.tokens[at], _WORD_CHARS)) for at in every.positions.tolist()]
    words = [label(cut(word.text, _WORD_CHARS)) for word in every.words]
    unit, factor = INFLUENCE.unit(units), INFLUENCE.convert(1, units)
    z = every.influence_nats.astype(np.float64) * factor
    ends = (INFLUENCE.convert(INFLUENCE.low, units), INFLUENCE.convert(INFLUENCE.high, units))
    hover = [
        [
            [token, word, "–" if math.isnan(value) else f"{signed(value)} {unit}"]
            for word, value in zip(words, row, strict=True)
        ]
        for token, row in zip(tokens, z.tolist(), strict=True)
    ]
    small = {"tickfont": {"family": MONO_FACE, "size": SMALL}}
    layout = {
        "coloraxis": colour_axis(
            palette,
            ends,
            INFLUENCE.axis(units),
            {end: f"{end:+.2g}".replace("-", "−").replace("+0", "0") for end in (ends[0], 0.0, ends[1])},
            values=z,
            scale=palette.diverging,
            bar=bar_above(),
        ),
        "xaxis": axis(palette, "the word that is masked", tickangle=-90, **named(words), **small),
        "yaxis": axis(palette, "position", autorange="reversed", **named(tokens), **small),
    }
    said = "at %{customdata[0]}, by %{customdata[1]}: %{customdata[2]}"
    return Chart(
        name="influence-every",
        title="Every word on every position",
        figure=figure(
            [heatmap(z, range(len(words)), range(len(tokens)), hover, said)],
            layout,
            palette,
            found.provenance,
            height=_CELL_PIXELS * len(tokens) + _HEAD_PIXELS + _BOTTOM_PIXELS,
            top=_HEAD_PIXELS,
            bottom=_BOTTOM_PIXELS,
        ),
        alt=f"Matrix of {counted(len(tokens), 'position')} by {counted(len(words), 'word')}."
        + _largest(every, tokens, words, units),
        how="Each row is a position with its word hidden, each column a word that is masked, too: what its own token "
        "loses. Blank where the word is the position's own.",
        make_table=lambda: every_table(found, every, units),
        min_width=_CELL_PIXELS * len(words) + _SIDE_PIXELS,
    )


def every_table(found: InfluenceMap, every: EveryInfluence, units: Units) -> pd.DataFrame:
    """One row per position and word."""
    factor, rows = INFLUENCE.convert(1, units), []
    for row, position in enumerate(every.positions.tolist()):
        for number, word in enumerate(every.words):
            if not every.hidden[row, number]:
                rows.append(
                    {
                        "position": position,
                        "token": found.encoded.tokens[position],
                        "word": word.text,
                        "word's positions": " ".join(map(str, word.positions)),
                        INFLUENCE.axis(units): float(every.influence_nats[row, number]) * factor,
                    }
                )
    return pd.DataFrame(rows)


def _largest(every: EveryInfluence, tokens: list[str], words: list[str], units: Units) -> str:
    if not np.isfinite(every.influence_nats).any():
        return ""
    row, column = np.unravel_index(np.nanargmax(every.influence_nats), every.influence_nats.shape)
    value = signed(INFLUENCE.convert(float(every.influence_nats[row, column]), units))
    return f" The largest is that of {words[column]} on {tokens[row]}, {value} {INFLUENCE.unit(units)}."
