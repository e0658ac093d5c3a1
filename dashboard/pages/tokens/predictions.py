"""Figures of a reading, seen or hidden: the top-k map, and the bars of one position."""

import numpy as np
import pandas as pd

from analysis.types import SeenReading
from analysis.types.compare import Reading
from dashboard.drawing.chart import BARS, SMALL, Spec, axis, colour_axis, cut, figure, heatmap, label, named, words
from dashboard.drawing.lines import Lines
from dashboard.drawing.palette import MONO_FACE, Palette, ink_on
from dashboard.glossary import MASKING_NAMES, p_text, rank_text
from dashboard.sections import Chart

MAP_COLUMNS = 12
"""Positions per line of the top-k map, whose cells hold words."""
_MAP_COLUMN_PIXELS, _MAP_SIDE_PIXELS, _MAP_ROW_PIXELS, _MAP_HEAD_PIXELS = 70, 110, 22, 30
_BAR_PIXELS = 24
_ROOM = 1.3
"""What a bar's number takes beside the longest one, in the narrowest panel."""
_CELL_CHARS = 9
_FEW_PLACES = 5


def top_k_map(reading: Reading, palette: Palette, positions: tuple[int, int], chosen: int | None = None) -> Chart:
    """The K most probable tokens at the positions ``positions[0] .. positions[1] - 1``, words printed in the cells."""
    encoded, statistics = reading.encoded, reading.statistics
    first, last = positions
    k = statistics.top_p.shape[1]
    places = range(1, k + 1)
    heads = [f"<b>{label(cut(token, _CELL_CHARS))}</b>" for token in encoded.tokens]
    # Not numbers where a stopped reading has not come.
    whole = isinstance(reading, SeenReading) or reading.complete
    ids = statistics.top_ids if whole else np.where(reading.known[:, None], statistics.top_ids, np.nan)
    said = "position %{x} · place %{y}<br>%{customdata[0]}  p %{customdata[1]}"

    def traces(start: int, stop: int) -> list[Spec]:
        at, p = range(start, stop), statistics.top_p[start:stop].T
        hover = [
            [[label(reading.top_tokens[i][place]), p_text(float(statistics.top_p[i, place]))] for i in at]
            for place in range(k)
        ]
        return [heatmap(p, at, places, hover, said), _words(reading, palette, start, stop)]

    lines = Lines(first, last, MAP_COLUMNS, k * _MAP_ROW_PIXELS, _MAP_HEAD_PIXELS)
    small = {"family": MONO_FACE, "size": SMALL}
    drawn, layout = lines.drawn(
        palette,
        traces,
        lambda start, stop: named(heads[start:stop], start, side="top", tickangle=0, tickfont=small),
        {
            "autorange": "reversed",
            "tickvals": list(places) if k <= _FEW_PLACES else [1, *range(5, k + 1, 5)],
            "tickfont": {"size": SMALL},
        },
        chosen,
        (0.5, k + 0.5),
    )
    layout["coloraxis"] = colour_axis(palette, (0, 1), "probability")
    return Chart(
        name=f"top-k-{reading.kind}",
        title=f"The {k} most probable tokens at each position, {_kind(reading)}",
        figure=figure(drawn, layout, palette, reading.provenance, height=34 + lines.height, top=30, bottom=34),
        alt=(
            f"Map of the {k} most probable tokens, {reading.kind}, at positions {first} to {last - 1}: one column per "
            "position, the most probable token on top, coloured by its probability. The table holds the same."
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
                "id": ids[first:last].ravel(),
                "p": statistics.top_p[first:last].ravel(),
            }
        ),
        min_width=_MAP_COLUMN_PIXELS * min(last - first, MAP_COLUMNS) + _MAP_SIDE_PIXELS,
        key="map",
    )


def position_bars(reading: Reading, position: int, palette: Palette) -> Chart:
    """The K most probable tokens of one position, and the observed one with its rank wherever it stands."""
    statistics, token = reading.statistics, reading.encoded.tokens[position]
    outside = bool(reading.encoded.outside[position])
    # A special token is no word of the text: there is nothing observed whose rank would mean anything.
    observed = -1 if outside else int(reading.encoded.ids[position])
    rank, p_observed = int(statistics.rank[position]), float(statistics.p_observed[position])
    tokens, p = list(reading.top_tokens[position]), statistics.top_p[position].tolist()
    ranks = list(range(1, len(tokens) + 1))
    mine = [id_ == observed for id_ in statistics.top_ids[position].tolist()]
    if not outside and not any(mine):
        tokens, p, ranks, mine = [*tokens, token], [*p, p_observed], [*ranks, rank], [*mine, True]
    names = [
        f"<b>{label(each)}  (rank {rank_text(rank)})</b>" if own else label(each)
        for each, own in zip(tokens, mine, strict=True)
    ]
    bars = BARS | {
        "x": p,
        "y": list(range(len(tokens))),
        "width": 0.62,
        "marker": {"color": [palette.primary if own else palette.muted for own in mine]},
        "text": [p_text(value) for value in p],
        "customdata": [label(each) for each in tokens],
        "hovertemplate": "%{customdata}  p %{text}<extra></extra>",
    }
    layout = {
        "xaxis": axis(palette, "probability", range=[0, _ROOM * max(p)], nticks=5, showgrid=True),
        "yaxis": axis(
            palette, tickfont={"family": MONO_FACE}, ticklabelstandoff=6, autorange="reversed", **named(names)
        ),
    }
    return Chart(
        name=f"position-{position}-{reading.kind}",
        title=f"Position {position} · {token}" + ("" if outside else f", {reading.kind}"),
        figure=figure([bars], layout, palette, reading.provenance, height=_BAR_PIXELS * len(tokens) + 92, bottom=72),
        alt=(
            f"Bars of the most probable tokens at position {position}, where {token} stands, {reading.kind}. First is "
            f"{tokens[0]} with p {p_text(p[0])}."
            + ("" if outside else f" {token} has rank {rank_text(rank)}, p {p_text(p_observed)}.")
        ),
        how=(
            "The head's most probable tokens here, on a scale that ends at the best. Nothing more is hidden here: both "
            "readings are the same."
            if outside
            else f"The head's most probable tokens here ({_kind(reading)}), on a scale that ends at the best; the "
            "token that stands here is set in bold with its rank."
        ),
        make_table=lambda: pd.DataFrame({"token": tokens, "rank": ranks, "p": p, "stands here": mine}),
        key=f"bars-{reading.kind}",
    )


def rarely_a_target(reading: Reading, position: int) -> bool:
    """Whether the head was hardly trained on such a position: [CLS], [SEP], [PAD], as opposed to [MASK]."""
    return bool(reading.encoded.outside[position] and not reading.encoded.masked[position])


def _kind(reading: Reading) -> str:
    """Seen, or what was hidden, in words."""
    return reading.kind if isinstance(reading, SeenReading) else f"hidden: {MASKING_NAMES[reading.masking]}"


def _words(reading: Reading, palette: Palette, start: int, stop: int) -> Spec:
    """The words, each in the ink that reads on its cell: a heatmap's own text has a single colour."""
    statistics, ids = reading.statistics, reading.encoded.ids
    cells = [(i, place) for i in range(start, stop) for place in range(statistics.top_p.shape[1])]
    marks = ["•" if statistics.top_ids[cell] == ids[cell[0]] else "" for cell in cells]
    texts = [
        mark + label(cut(reading.top_tokens[i][place], _CELL_CHARS - len(mark)))
        for (i, place), mark in zip(cells, marks, strict=True)
    ]
    inks = [ink_on(palette.shade(float(statistics.top_p[cell]))) for cell in cells]
    font = {"family": MONO_FACE, "size": SMALL, "color": inks}
    return words([i for i, _ in cells], [place + 1 for _, place in cells], texts, font)
