"""Patches of one text into another: the grid of layers and positions, and in a sentence where the effect sits."""

import html
import math
from collections.abc import Iterator
from itertools import groupby

import numpy as np
import pandas as pd

from analysis.types import Patching
from dashboard.drawing.chart import (
    SMALL,
    UPRIGHT,
    Spec,
    bar_above,
    colour_axis,
    cut,
    figure,
    heatmap,
    label,
    named,
    words,
)
from dashboard.drawing.direction import apart
from dashboard.drawing.lines import Lines
from dashboard.drawing.palette import MONO_FACE, Palette, ink_on
from dashboard.drawing.treatment import told
from dashboard.glossary import PATCH_EFFECT, Measure, Units, signed, signed_text
from dashboard.sections import Chart, Note, Section, Sentence, Strong

PATCHED = (
    "A patch shows which states are enough to move this one answer. It does not show that the model needs them, or "
    "works the same way on other texts: the layers that follow can make up for one exchanged state, and A with a state "
    "of B is an input that no text gives (Vig et al. 2020; Heimersheim and Nanda 2024)."
)
SEES_ITSELF = (
    "Nothing is masked here but what the texts mask themselves. The head sees the token at this position, and mostly "
    "reads it back: put a [MASK] there, in both texts, to ask what the rest of the text says."
)
_COLUMNS, _NARROW_COLUMNS = 12, 36
"""Positions per line: as many as can hold numbers, or as the tokens of a longer text take standing upright."""
_MOST_PRINTED = 24
"""Numbers stand in the cells of a text of at most so many positions."""
_LEAST_PRINTED = 0.05
"""What is a smaller share of the scale's end is left to the colour, and to the hand that points at it."""
_ROW_PIXELS, _HEAD_PIXELS, _BAR_PIXELS, _SIDE_PIXELS = 22, 30, 46, 110
_COLUMN_PIXELS, _NARROW_PIXELS, _CHAR_PIXELS = 70, 17, 7
_CELL_CHARS, _UPRIGHT_CHARS = 9, 14
_MOST_PLACES = 3
"""Places that a sentence tells one after the other."""
_ALL = "all"


def patched(found: Patching, palette: Palette, units: Units) -> Iterator[Section]:
    """All that is shown of patches: where the effect sits, the grid, and what it does not mean."""
    yield where_it_sits(found, units)
    yield from (*told(found.notices, "A"), *told(found.notices_b, "B"))
    yield patch_grid(found, palette, units)
    if found.sees_own_token:
        yield Note(SEES_ITSELF)
    yield Note(PATCHED)


def patch_grid(found: Patching, palette: Palette, units: Units) -> Chart:
    """A row per layer, the last one on top, a column per position, and set apart one for all positions at once."""
    values = np.column_stack([found.effect_nats, np.full(found.n_layers + 1, np.nan), found.all_effect_nats])
    values = values.astype(float) * PATCH_EFFECT.convert(1, units)
    measure = PATCH_EFFECT.in_units(units).fitted(values[np.isfinite(values)].tolist())
    length, rows = len(found.a), range(found.n_layers + 1)
    printed = length <= _MOST_PRINTED
    names = [*(_named(found, at) for at in range(length)), "", "all positions"]
    hover = _hover(found, names, values, measure)

    def traces(start: int, stop: int) -> list[Spec]:
        at = range(start, stop)
        cells = [[row[i] for i in at] for row in hover]
        said = "%{customdata[0]}<br>%{customdata[1]}<br>%{customdata[2]}"
        drawn = [heatmap(values[:, start:stop], at, rows, cells, said)]
        return [*drawn, _numbers(values, measure, palette, at), _of_b(found, palette, at)] if printed else drawn

    heads = _heads(found, printed=printed)
    above = _HEAD_PIXELS if printed else _CHAR_PIXELS * max(map(_length, heads)) + 10
    top = found.n_layers + (1 if printed else 0)
    ticks = [*map(str, rows), *(["in B"] if printed else [])]
    columns = _COLUMNS if printed else _NARROW_COLUMNS
    longest = math.ceil((length + 2) / math.ceil((length + 2) / columns))
    lines = Lines(0, length + 2, columns, (top + 1) * _ROW_PIXELS, above)
    upright = {"tickangle": 0, "tickfont": {"family": MONO_FACE, "size": SMALL}} if printed else UPRIGHT
    drawn, layout = lines.drawn(
        palette,
        traces,
        lambda start, stop: named(heads[start:stop], start, side="top", **upright),
        {"range": [-0.5, top + 0.5], "tickvals": list(range(top + 1)), "ticktext": ticks, "tickfont": {"size": SMALL}},
        found.position,
        (-0.5, found.n_layers + 0.5),
    )
    # Above the tokens, which stand above the first line.
    bar = bar_above() | {"y": 1 + above / (lines.height - above)}
    layout["coloraxis"] = _scale(measure, values, palette, bar)
    head = _BAR_PIXELS + above
    return Chart(
        name="patching",
        title=f"B's states in A: the change of {_target(found)}",
        figure=figure(drawn, layout, palette, found.provenance, height=head + lines.height, top=head - 4, bottom=34),
        alt=_alt(found, units),
        how=_how(found, measure, printed=printed),
        make_table=lambda: patch_table(found, units),
        min_width=(_COLUMN_PIXELS if printed else _NARROW_PIXELS) * longest + _SIDE_PIXELS,
    )


def where_it_sits(found: Patching, units: Units) -> Sentence:
    """How much B instead of A changes the target, which positions carry that after which layers, the largest effect."""
    parts = [
        f"From A to B {_target(found)} changes by ",
        Strong(signed_text(PATCH_EFFECT, found.difference_nats, units)),
    ]
    places = list(_places(found))
    if found.largest is None or not places:
        return Sentence((*parts, "."), help=PATCH_EFFECT.definition)
    layer, position = found.largest
    if len(places) <= _MOST_PLACES and found.complete:
        parts += ["; of single states of B, the one at ", Strong(places[0][2]), f" moves it most {_until(places[0])}"]
        for each in places[1:]:
            parts += [", the one at ", Strong(each[2]), f" {_from(each, found.n_layers)}"]
    so_far = "" if found.complete else " so far"
    parts += [
        f". The largest effect{so_far} lies {_after(layer)} at {_called(found, position)}: ",
        Strong(signed_text(PATCH_EFFECT, float(found.effect_nats[layer, position]), units)),
        _of_difference(float(found.share[layer, position])),
        ".",
    ]
    return Sentence(tuple(parts), help=PATCH_EFFECT.definition)


def patch_table(found: Patching, units: Units) -> pd.DataFrame:
    """One row per layer and position, and per layer one of all positions, unrounded."""
    layers, length = found.n_layers + 1, len(found.a)
    effect = np.column_stack([found.effect_nats, found.all_effect_nats])
    share = np.column_stack([found.share, np.where(np.isfinite(found.share).any(1), 1, np.nan)])
    return pd.DataFrame(
        {
            "layer": np.repeat(np.arange(layers), length + 1),
            "position": [*map(str, range(length)), _ALL] * layers,
            "token of A": [*found.a.tokens, ""] * layers,
            "token of B": [*found.b.tokens, ""] * layers,
            PATCH_EFFECT.axis(units): effect.ravel() * PATCH_EFFECT.convert(1, units),
            "share of the difference": share.ravel(),
        }
    )


def _places(found: Patching) -> Iterator[tuple[int, int, str]]:
    """First and last layer and the name of each place at which the largest effect sits from layer to layer."""
    for position, layers in groupby(range(found.n_layers + 1), key=lambda layer: int(found.peaks[layer])):
        first, *others = layers
        if position >= 0:
            yield first, (others or [first])[-1], _called(found, position)


def _until(place: tuple[int, int, str]) -> str:
    return f"up to layer {place[1]}" if place[1] else "as an embedding"


def _from(place: tuple[int, int, str], last: int) -> str:
    first, end, _ = place
    return (
        f"from layer {first} on"
        if end == last
        else f"in layers {first} to {end}"
        if end > first
        else f"in layer {first}"
    )


def _after(layer: int) -> str:
    return f"after layer {layer}" if layer else "in the embeddings"


def _target(found: Patching) -> str:
    """What is read off, in words."""
    if found.id is None:
        return "the next-sentence margin"
    return f"ln p of “{apart(found.token)}” at position {found.position}"


def _named(found: Patching, position: int) -> str:
    """The token of a position, and B's where it is another."""
    a, b = found.a.tokens[position], found.b.tokens[position]
    return apart(a) if a == b else f"{apart(a)} → {apart(b)}"


def _called(found: Patching, position: int) -> str:
    return f"position {position} ({_named(found, position)})"


def _heads(found: Patching, *, printed: bool) -> list[str]:
    """What stands over the columns: A's tokens; upright, B's behind them, in bold, where they are others."""
    a, b = found.a.tokens, found.b.tokens
    if printed:
        tokens = [_bold(cut(token, _CELL_CHARS)) for token in a]
    else:
        tokens = [
            _bold(f"{apart(cut(a[at], _CELL_CHARS))} → {apart(cut(b[at], _CELL_CHARS))}")
            if found.differing[at]
            else label(cut(a[at], _UPRIGHT_CHARS))
            for at in range(len(a))
        ]
    return [*tokens, "", _bold(_ALL)]


def _length(head: str) -> int:
    return len(html.unescape(head.removeprefix("<b>").removesuffix("</b>")))


def _bold(text: str) -> str:
    return f"<b>{label(text)}</b>"


def _numbers(values: np.ndarray, measure: Measure, palette: Palette, at: range) -> Spec:
    """The effects that are not small beside the largest, each in the ink that reads on its cell."""
    shown = [
        (i, layer, values[layer, i])
        for i in at
        for layer in range(len(values))
        if abs(values[layer, i]) >= _LEAST_PRINTED * measure.high
    ]
    inks = [ink_on(palette.leaning(measure.share(value))) for *_, value in shown]
    x, y, texts = [i for i, *_ in shown], [layer for _, layer, _ in shown], [signed(value) for *_, value in shown]
    return words(x, y, texts, {"size": SMALL, "color": inks})


def _of_b(found: Patching, palette: Palette, at: range) -> Spec:
    """B's tokens over the grid, where they are others than A's."""
    where = [i for i in at if i < len(found.a) and found.differing[i]]
    tokens = [label(cut(found.b.tokens[i], _CELL_CHARS)) for i in where]
    font = {"family": MONO_FACE, "size": SMALL, "color": palette.ink}
    return words(where, [found.n_layers + 1] * len(where), tokens, font)


def _hover(found: Patching, names: list[str], values: np.ndarray, measure: Measure) -> list[list[list[str]]]:
    """What is said of each cell: where it is, after which layer, the effect and its share."""
    shares = np.column_stack([found.share, np.full((found.n_layers + 1, 2), np.nan)])
    length = len(found.a)
    said = [label(f"position {at} · {name}" if at < length else name) for at, name in enumerate(names)]
    return [
        [
            [
                said[at],
                _after(layer),
                ""
                if math.isnan(value)
                else f"{signed(value)} {measure.native}{_of_difference(float(shares[layer, at]))}",
            ]
            for at, value in enumerate(row)
        ]
        for layer, row in enumerate(values.tolist())
    ]


def _of_difference(share: float) -> str:
    return "" if math.isnan(share) else f", {share * 100:.0f} % of the difference".replace("-", "−")


def _scale(measure: Measure, values: np.ndarray, palette: Palette, bar: Spec) -> Spec:
    ends, title = (measure.low, measure.high), f"{measure.name} ({measure.native})"
    ticks = {float(value): signed(value).removesuffix(".00") for value in np.linspace(*ends, 3)}
    return colour_axis(palette, ends, title, ticks, values, palette.diverging, bar)


def _how(found: Patching, measure: Measure, *, printed: bool) -> str:
    read = "[CLS], which the second head reads" if found.id is None else f"position {found.position}, the target's"
    return (
        "Rows are layers, the last one on top, 0 the embeddings; columns are A's positions, with B's token where it is "
        f"another. A cell is the change of {_target(found)} when B's state there takes A's place. Framed: {read}. "
        "Apart at the right: all of B's states, the whole difference. The colours end at "
        f"{signed(measure.low)} and {signed(measure.high)} {measure.native}"
        + ("; what is below a twentieth of that has no number." if printed else ".")
    )


def _alt(found: Patching, units: Units) -> str:
    said = (
        f"Grid of {found.n_layers + 1} layers and {len(found.a)} positions, coloured by the change of {_target(found)} "
        f"in {PATCH_EFFECT.unit(units)} when a state of B takes the place of A's"
    )
    return f"{said}. {where_it_sits(found, units).text}"
