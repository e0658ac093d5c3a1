"""The grid of layers and positions, with what comes first printed in its cells."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.types import LayerReading
from dashboard.drawing.chart import SMALL, Spec, bar_above, colour_axis, cut, figure, heatmap, label, named, words
from dashboard.drawing.lines import Lines
from dashboard.drawing.palette import MONO_FACE, Palette, ink_on
from dashboard.glossary import ENTROPY, KL_TO_LAST, RANK, SURPRISAL, Measure, Units, p_text
from dashboard.pages.layers.answer import place
from dashboard.pages.layers.asking import GROUNDS
from dashboard.sections import Chart

COLUMNS = 12
"""Positions per line: the cells hold words."""
MOST = 128
"""Positions of the whole text; of a longer one those around the chosen one are drawn."""
_COLUMN_PIXELS, _SIDE_PIXELS, _ROW_PIXELS, _HEAD_PIXELS, _BAR_PIXELS = 70, 110, 22, 34, 44
_CELL_CHARS = 9
_HOVERED = 3
_OF_PREDICTIONS = (ENTROPY.key, KL_TO_LAST.key)


def grid(
    found: LayerReading, key: str, palette: Palette, units: Units, chosen: int | None, *, fit: bool = False
) -> Chart:
    """A row per layer, the last one on top, a column per position; coloured by the measure of this key.

    ``fit`` lets the scale end at this text's largest value instead of at its fixed end.
    """
    first, last = span(len(found.encoded), chosen)
    layers, tokens = range(found.n_layers + 1), found.encoded.tokens
    values = values_of(found, key)
    measure = GROUNDS[key].of_vocabulary(found.n_vocabulary)
    if fit:
        measure = measure.fitted(values[np.isfinite(values)].tolist())
    shares = np.array([[measure.share(value) for value in row] for row in values.tolist()])
    hover = _hover(found, measure, values, units)

    def traces(start: int, stop: int) -> list[Spec]:
        at = range(start, stop)
        cells = [[hover[layer][position] for position in at] for layer in layers]
        said = "position %{x} · %{customdata[0]}<br>%{customdata[1]}<br>%{customdata[2]}<br>%{customdata[3]}"
        return [heatmap(shares[:, start:stop], at, layers, cells, said), _words(found, shares, palette, start, stop)]

    small = {"family": MONO_FACE, "size": SMALL}
    heads = [f"<b>{label(cut(token, _CELL_CHARS))}</b>" for token in tokens]
    lines = Lines(first, last, COLUMNS, len(layers) * _ROW_PIXELS, _HEAD_PIXELS)
    drawn, layout = lines.drawn(
        palette,
        traces,
        lambda start, stop: named(heads[start:stop], start, side="top", tickangle=0, tickfont=small),
        {"range": [-0.5, found.n_layers + 0.5], "tickvals": list(layers), "tickfont": {"size": SMALL}},
        chosen,
        (-0.5, found.n_layers + 0.5),
    )
    layout["coloraxis"] = _scale(measure, shares, palette, units, _HEAD_PIXELS / (lines.height - _HEAD_PIXELS))
    whole = last - first == len(tokens)
    return Chart(
        name="layers",
        title="What comes first after every layer"
        + ("" if whole else f", around position {(first + last) // 2} of {len(tokens)}"),
        figure=figure(
            drawn,
            layout,
            palette,
            found.provenance,
            height=_BAR_PIXELS + _HEAD_PIXELS + lines.height,
            top=_BAR_PIXELS + _HEAD_PIXELS - 4,
            bottom=34,
        ),
        alt=_alt(found, measure, first, last),
        how=(
            "Rows are layers, the last one on top, 0 the states before the first; columns are positions, headed by the "
            f"token that stands there. Each cell names what comes first there, {_how_read(found)}; set in bold where "
            f"it is the last layer's answer, too. The colour is the {measure.name}."
        ),
        make_table=lambda: table(found, units),
        min_width=_COLUMN_PIXELS * min(len(tokens), COLUMNS) + _SIDE_PIXELS,
    )


def span(length: int, chosen: int | None) -> tuple[int, int]:
    """The first position that is drawn, and the last + 1."""
    if length <= MOST:
        return 0, length
    first = min(max(0, (chosen or 0) - MOST // 2), length - MOST)
    return first, first + MOST


def values_of(found: LayerReading, key: str) -> np.ndarray:
    """float [L + 1, T] in bits, or ranks; not a number where it says nothing of the text, or has not come."""
    arrays = {
        ENTROPY.key: found.entropy_bits,
        SURPRISAL.key: found.surprisal_bits,
        RANK.key: np.where(found.rank > 0, found.rank, np.nan),
        KL_TO_LAST.key: found.kl_bits,
    }
    encoded = found.encoded
    told = ~encoded.outside | encoded.masked if key in _OF_PREDICTIONS else ~encoded.outside
    return np.where(told, arrays[key], np.nan)


def table(found: LayerReading, units: Units) -> pd.DataFrame:
    """One row per layer and position, unrounded."""
    n, length = found.n_layers + 1, len(found.positions)
    columns: dict[str, object] = {
        "layer": np.repeat(np.arange(n), length),
        "position": np.tile(found.positions, n),
        "token": [found.encoded.tokens[at] for at in found.positions.tolist()] * n,
        "comes first": [words[0] for layer in found.top_tokens for words in layer],
        "p of it": found.top_p[:, :, 0].ravel(),
        "last layer's answer": np.where(found.known, found.answers, False).ravel(),
    }
    for measure in GROUNDS.values():
        columns[measure.axis(units)] = values_of(found, measure.key).ravel() * measure.convert(1, units)
    return pd.DataFrame(columns)


def _hover(found: LayerReading, measure: Measure, values: np.ndarray, units: Units) -> list[list[list[str]]]:
    """What is said of each cell: the token that stands there, the layer, the first guesses, the measure."""
    return [
        [
            [
                label(found.encoded.tokens[position]),
                place(layer),
                " · ".join(
                    f"{label(word)}  {p_text(p)}"
                    for word, p in zip(
                        found.top_tokens[layer][position][:_HOVERED],
                        found.top_p[layer, position].tolist(),
                        strict=False,
                    )
                    if word
                ),
                "" if math.isnan(value) else f"{measure.name} {measure.number(value, units)} {measure.unit(units)}",
            ]
            for position, value in enumerate(row)
        ]
        for layer, row in enumerate(values.tolist())
    ]


def _words(found: LayerReading, shares: np.ndarray, palette: Palette, start: int, stop: int) -> Spec:
    """The words, each in the ink that reads on its cell, bold where it is the last layer's answer."""
    cells = [(layer, position) for layer in range(found.n_layers + 1) for position in range(start, stop)]
    texts = []
    for layer, position in cells:
        word = label(cut(found.top_tokens[layer][position][0], _CELL_CHARS))
        texts.append(f"<b>{word}</b>" if word and found.answers[layer, position] else word)
    inks = [ink_on(palette.shade(float(shares[cell]))) for cell in cells]
    font = {"family": MONO_FACE, "size": SMALL, "color": inks}
    return words([position for _, position in cells], [layer for layer, _ in cells], texts, font)


def _scale(measure: Measure, shares: np.ndarray, palette: Palette, units: Units, heads: float) -> Spec:
    """Its bar lies above the heads of the first line, which take this share of the figure's height."""
    ends: Sequence[float]
    if measure.log:
        ends = [10.0**power for power in range(math.floor(math.log10(measure.high)) + 1)][::2]
    else:
        ends = np.linspace(measure.low, measure.high, 4).tolist()
    ticks = {measure.share(value): measure.end(value, units) for value in ends}
    unit = measure.unit(units)
    title = f"{measure.name}, log scale" if measure.log else f"{measure.name} ({unit})"
    return colour_axis(palette, (0.0, 1.0), title, ticks, shares, bar=bar_above(pixels=220) | {"y": 1 + heads})


def _how_read(found: LayerReading) -> str:
    return "with the position's own token seen" if found.kind == "seen" else "with the position's own token hidden"


def _alt(found: LayerReading, measure: Measure, first: int, last: int) -> str:
    said = (
        f"Grid of {found.n_layers + 1} layers and positions {first} to {last - 1}, {found.kind}, with the most "
        f"probable token in each cell, coloured by {measure.name}."
    )
    counted = found.known & (~found.encoded.outside | found.encoded.masked)
    if not counted.any():
        return said
    settles = found.settles_at[counted]
    return f"{said} The last layer's answer settles at layer {float(np.median(settles)):g} in the middle of the text's."
