"""Figures of a seen reading: entropy across the sequence, the top-k map, the bars of one position."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.types import SeenReading
from dashboard.charts.base import SMALL, Chart, Spec, axis, axis_title, colour_axis, figure, label
from dashboard.charts.palette import MONO_FACE, Palette, ink_on
from dashboard.glossary import ENTROPY, SURPRISAL, Units, p_text, rank_text

HEATMAP_COLUMNS = 24
"""Positions per line of the heatmap where it shares the page's width, so that their tokens stay readable."""
LONG_TEXT = 3 * HEATMAP_COLUMNS
"""From more positions than this on, the heatmap takes the page's whole width, with twice as many per line."""
_HEAT_COLUMN_PIXELS = 14
MAP_COLUMNS = 12
"""Positions per line of the top-k map, whose cells hold words."""
_MAP_COLUMN_PIXELS, _MAP_ROW_PIXELS, _MAP_HEAD_PIXELS = 70, 22, 30
_HEAT_PIXELS, _TICK_CHAR_PIXELS, _BAR_PIXELS = 56, 7, 24
_CELL_CHARS = 9
_FEW_PLACES = 5


def entropy_heatmap(
    reading: SeenReading, palette: Palette, units: Units, chosen: int | None = None, *, fit: bool = False
) -> Chart:
    """Entropy and surprisal of every position on one scale, in lines that a page can hold.

    ``fit`` lets the scale end at this text's largest value instead of at its fixed end.
    """
    encoded, statistics = reading.encoded, reading.statistics
    unit = ENTROPY.unit(units)
    values = ENTROPY.convert(1, units) * np.stack(
        [
            np.where(_rare_targets(reading), np.nan, statistics.entropy_bits),
            np.where(encoded.outside, np.nan, statistics.surprisal_bits),
        ]
    )
    low, high = ENTROPY.convert(ENTROPY.low, units), ENTROPY.convert(ENTROPY.high, units)
    if fit:
        high = ENTROPY.fitted([float(np.nanmax(values))]).high
    below = _TICK_CHAR_PIXELS * max(len(token) for token in encoded.tokens) + 10
    lines = _Lines(0, len(encoded), _heat_columns(len(encoded)), _HEAT_PIXELS, below)
    names = [label(token) for token in encoded.tokens]
    traces: list[Spec] = []
    layout: Spec = {
        "coloraxis": colour_axis(palette, low, high, unit, _bar_ticks(low, high, bool((values > high).any()))),
        "shapes": [],
    }
    for number, (start, stop) in enumerate(lines.spans, start=1):
        traces.append(
            {
                "type": "heatmap",
                "z": values[:, start:stop],
                "x": list(range(start, stop)),
                "y": ["entropy H", "surprisal S"],
                **lines.axes_of_trace(number),
                "coloraxis": "coloraxis",
                "xgap": 1,
                "ygap": 2,
                "customdata": [names[start:stop]] * 2,
                "hoverongaps": False,
                "hovertemplate": f"position %{{x}} · %{{customdata}}<br>%{{y}} %{{z:.2f}} {unit}<extra></extra>",
            }
        )
        layout |= lines.layout(
            number,
            palette,
            x={
                "tickvals": list(range(start, stop)),
                "ticktext": names[start:stop],
                "tickangle": -90,
                "tickfont": {"family": MONO_FACE, "size": SMALL},
            },
            y={"autorange": "reversed"},
        )
        layout["shapes"] += lines.outline(number, palette, chosen, (-0.5, 1.5))
    peak = int(np.nanargmax(values[0]))
    return Chart(
        name="entropy",
        title="Entropy across the sequence",
        figure=figure(traces, layout, palette, reading.provenance, height=12 + lines.height + 26, bottom=below + 26),
        alt=(
            f"Heatmap of entropy and surprisal in {unit} at {len(encoded)} positions. The head is least certain at "
            f"position {peak} ({encoded.tokens[peak]}): {ENTROPY.text(float(statistics.entropy_bits[peak]), units)}."
        ),
        how=(
            f"Each column is a position. The {'brighter' if palette.name == 'dark' else 'darker'}, the less certain "
            "the head (H), or the less it expected the token that stands there (S); both rows share one scale, 0 to "
            f"{high:.3g} {unit}. Special tokens stay blank; a [MASK] has no token of its own to be surprised by."
        ),
        make_table=lambda: pd.DataFrame(
            {
                "position": range(len(encoded)),
                "token": encoded.tokens,
                ENTROPY.axis(units): values[0],
                SURPRISAL.axis(units): values[1],
            }
        ),
    )


def top_k_map(reading: SeenReading, palette: Palette, positions: tuple[int, int], chosen: int | None = None) -> Chart:
    """The K most probable tokens at the positions ``positions[0] .. positions[1] - 1``, words printed in the cells."""
    encoded, statistics = reading.encoded, reading.statistics
    first, last = positions
    k = statistics.top_p.shape[1]
    lines = _Lines(first, last, MAP_COLUMNS, k * _MAP_ROW_PIXELS, _MAP_HEAD_PIXELS)
    traces: list[Spec] = []
    layout: Spec = {"coloraxis": colour_axis(palette, 0, 1, "probability"), "shapes": []}
    for number, (start, stop) in enumerate(lines.spans, start=1):
        cells = [
            [
                [label(reading.top_tokens[i][place]), p_text(float(statistics.top_p[i, place]))]
                for i in range(start, stop)
            ]
            for place in range(k)
        ]
        traces.append(
            {
                "type": "heatmap",
                "z": statistics.top_p[start:stop].T,
                "x": list(range(start, stop)),
                "y": list(range(1, k + 1)),
                **lines.axes_of_trace(number),
                "coloraxis": "coloraxis",
                "xgap": 1,
                "ygap": 1,
                "customdata": cells,
                "hovertemplate": "position %{x} · place %{y}<br>%{customdata[0]}  p %{customdata[1]}<extra></extra>",
            }
        )
        traces += [trace | lines.axes_of_trace(number) for trace in _words(reading, palette, (start, stop))]
        layout |= lines.layout(
            number,
            palette,
            x={
                "side": "top",
                "tickvals": list(range(start, stop)),
                "ticktext": [f"<b>{label(_cut(token))}</b>" for token in encoded.tokens[start:stop]],
                "tickangle": 0,
                "tickfont": {"family": MONO_FACE, "size": SMALL},
            },
            y={
                "autorange": "reversed",
                "tickvals": list(range(1, k + 1)) if k <= _FEW_PLACES else [1, *range(5, k + 1, 5)],
                "tickfont": {"size": SMALL},
            },
        )
        layout["shapes"] += lines.outline(number, palette, chosen, (0.5, k + 0.5))
    return Chart(
        name="top-k",
        title=f"The {k} most probable tokens at each position",
        figure=figure(traces, layout, palette, reading.provenance, height=34 + lines.height, top=30, bottom=34),
        alt=(
            f"Map of the {k} most probable tokens at positions {first} to {last - 1}: one column per position, the "
            "most probable token on top, coloured by its probability. The table holds the same."
        ),
        how=(
            "Each column is a position, headed by the token that stands there; downwards its most probable tokens. "
            "A dot marks the token that stands there."
        ),
        make_table=lambda: pd.DataFrame(
            {
                "position": np.repeat(np.arange(first, last), k),
                "token": np.repeat(encoded.tokens[first:last], k),
                "place": np.tile(np.arange(1, k + 1), last - first),
                "predicted": [word for i in range(first, last) for word in reading.top_tokens[i]],
                "id": statistics.top_ids[first:last].ravel(),
                "p": statistics.top_p[first:last].ravel(),
            }
        ),
    )


def heat_width(n: int) -> int | None:
    """The least width in pixels at which the tokens of ``n`` positions don't run into each other, if it matters."""
    return _HEAT_COLUMN_PIXELS * _heat_columns(n) + 110 if n > LONG_TEXT else None


def map_width(positions: tuple[int, int]) -> int:
    """The least width in pixels at which the map's words don't run into each other."""
    first, last = positions
    return _MAP_COLUMN_PIXELS * min(last - first, MAP_COLUMNS) + 110


def position_bars(reading: SeenReading, position: int, palette: Palette) -> Chart:
    """The K most probable tokens of one position, and the observed one with its rank wherever it stands."""
    statistics, token = reading.statistics, reading.encoded.tokens[position]
    outside = bool(reading.encoded.outside[position])
    # A special token is no word of the text: there is nothing observed whose rank would mean anything.
    observed = -1 if outside else int(reading.encoded.ids[position])
    rank, p_observed = int(statistics.rank[position]), float(statistics.p_observed[position])
    words = list(reading.top_tokens[position])
    p = statistics.top_p[position].tolist()
    ranks = list(range(1, len(words) + 1))
    mine = [id_ == observed for id_ in statistics.top_ids[position].tolist()]
    if not outside and not any(mine):
        words, p, ranks, mine = [*words, token], [*p, p_observed], [*ranks, rank], [*mine, True]
    names = [
        f"<b>{label(word)}  (rank {rank_text(rank)})</b>" if own else label(word)
        for word, own in zip(words, mine, strict=True)
    ]
    bars = {
        "type": "bar",
        "x": p,
        "y": list(range(len(words))),
        "orientation": "h",
        "width": 0.62,
        "marker": {"color": [palette.primary if own else palette.muted for own in mine]},
        "text": [p_text(value) for value in p],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": [label(word) for word in words],
        "hovertemplate": "%{customdata}  p %{text}<extra></extra>",
    }
    layout = {
        "xaxis": axis(
            palette,
            range=[0, 1.14],
            tickvals=[0, 0.25, 0.5, 0.75, 1],
            title=axis_title("probability"),
            showgrid=True,
        ),
        "yaxis": axis(
            palette,
            tickvals=list(range(len(words))),
            ticktext=names,
            tickfont={"family": MONO_FACE},
            autorange="reversed",
        ),
    }
    return Chart(
        name=f"position-{position}",
        title=f"Position {position} · {token}",
        figure=figure([bars], layout, palette, reading.provenance, height=_BAR_PIXELS * len(words) + 92, bottom=72),
        alt=(
            f"Bars of the most probable tokens at position {position}, where {token} stands. First is {words[0]} with "
            f"p {p_text(p[0])}{'' if outside else f'; {token} has rank {rank_text(rank)}, p {p_text(p_observed)}'}."
        ),
        how=(
            "The head's most probable tokens here."
            if outside
            else "The head's most probable tokens here; the token that stands here is set in bold with its rank."
        ),
        make_table=lambda: pd.DataFrame({"token": words, "rank": ranks, "p": p, "stands here": mine}),
    )


def rarely_a_target(reading: SeenReading, position: int) -> bool:
    """Whether the head was hardly trained on such a position: [CLS], [SEP], [PAD], as opposed to [MASK]."""
    return bool(_rare_targets(reading)[position])


def _heat_columns(n: int) -> int:
    return HEATMAP_COLUMNS if n <= LONG_TEXT else 2 * HEATMAP_COLUMNS


def _rare_targets(reading: SeenReading) -> np.ndarray:
    return reading.encoded.outside & ~reading.encoded.masked


class _Lines:
    """Positions laid out in lines of nearly equal length below each other, each with a pair of axes of its own."""

    def __init__(self, first: int, last: int, columns: int, pixels: float, gap: float) -> None:
        length = last - first
        count = math.ceil(length / columns)
        self._width = math.ceil(length / count)
        edges = [first + length * line // count for line in range(count + 1)]
        self.spans = list(pairwise(edges))
        self._pixels, self._gap = pixels, gap
        self._plot = pixels * len(self.spans) + gap * (len(self.spans) - 1)
        self.height = self._plot + gap

    def axes_of_trace(self, number: int) -> Spec:
        """Which axes a trace of this line is drawn on."""
        return {"xaxis": f"x{_suffix(number)}", "yaxis": f"y{_suffix(number)}"}

    def layout(self, number: int, palette: Palette, *, x: Spec, y: Spec) -> Spec:
        """Both axes of one line (counted from 1, at the top), each line as wide as the first."""
        start, _ = self.spans[number - 1]
        top = 1 - (number - 1) * (self._pixels + self._gap) / self._plot
        bottom = max(0.0, top - self._pixels / self._plot)
        suffix = _suffix(number)
        return {
            f"xaxis{suffix}": axis(palette, range=[start - 0.5, start + self._width - 0.5], anchor=f"y{suffix}", **x),
            f"yaxis{suffix}": axis(palette, domain=[bottom, top], anchor=f"x{suffix}", **y),
        }

    def outline(self, number: int, palette: Palette, position: int | None, rows: tuple[float, float]) -> list[Spec]:
        """A frame around the chosen position's column, if it lies in this line."""
        start, stop = self.spans[number - 1]
        if position is None or not start <= position < stop:
            return []
        return [
            {
                "type": "rect",
                "xref": f"x{_suffix(number)}",
                "yref": f"y{_suffix(number)}",
                "x0": position - 0.5,
                "x1": position + 0.5,
                "y0": rows[0],
                "y1": rows[1],
                "line": {"color": palette.ink, "width": 2},
            }
        ]


def _suffix(number: int) -> str:
    return "" if number == 1 else str(number)


def _words(reading: SeenReading, palette: Palette, span: tuple[int, int]) -> list[Spec]:
    """Words as one trace per ink: a heatmap's own text has a single colour, which can't suit both ends of a scale."""
    statistics, encoded = reading.statistics, reading.encoded
    by_ink: dict[str, tuple[list[int], list[int], list[str]]] = {}
    for i in range(*span):
        for place, id_ in enumerate(statistics.top_ids[i].tolist()):
            x, y, text = by_ink.setdefault(ink_on(palette.shade(float(statistics.top_p[i, place]))), ([], [], []))
            mark = "•" if id_ == int(encoded.ids[i]) else ""
            x.append(i)
            y.append(place + 1)
            text.append(mark + label(_cut(reading.top_tokens[i][place], _CELL_CHARS - len(mark))))
    return [
        {
            "type": "scatter",
            "mode": "text",
            "x": x,
            "y": y,
            "text": text,
            "textfont": {"family": MONO_FACE, "size": SMALL, "color": ink},
            "hoverinfo": "skip",
        }
        for ink, (x, y, text) in by_ink.items()
    ]


def _cut(token: str, chars: int = _CELL_CHARS) -> str:
    return token if len(token) <= chars else token[: chars - 1] + "…"


def _bar_ticks(low: float, high: float, clipped: bool) -> dict[float, str]:
    """Ticks of the fixed scale; its end says ≥ when values beyond it were clipped."""
    ticks = {float(value): f"{value:.3g}" for value in np.linspace(low, high, 4)}
    if clipped:
        ticks[high] = f"≥ {high:.3g}"
    return ticks
