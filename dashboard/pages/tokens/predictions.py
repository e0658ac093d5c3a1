"""Figures of a reading, seen or hidden: the top-k map, and the bars of one position."""

import numpy as np
import pandas as pd

from analysis.types import HiddenReading, SeenReading
from dashboard.drawing.chart import SMALL, Spec, axis, axis_title, colour_axis, figure, label
from dashboard.drawing.lines import Lines
from dashboard.drawing.palette import MONO_FACE, Palette, ink_on
from dashboard.glossary import MASKING_NAMES, p_text, rank_text
from dashboard.sections import Chart

MAP_COLUMNS = 12
"""Positions per line of the top-k map, whose cells hold words."""
_MAP_COLUMN_PIXELS, _MAP_SIDE_PIXELS, _MAP_ROW_PIXELS, _MAP_HEAD_PIXELS = 70, 110, 22, 30
_BAR_PIXELS = 24
_CELL_CHARS = 9
_FEW_PLACES = 5


def top_k_map(
    reading: SeenReading | HiddenReading, palette: Palette, positions: tuple[int, int], chosen: int | None = None
) -> Chart:
    """The K most probable tokens at the positions ``positions[0] .. positions[1] - 1``, words printed in the cells."""
    encoded, statistics = reading.encoded, reading.statistics
    first, last = positions
    k = statistics.top_p.shape[1]
    lines = Lines(first, last, MAP_COLUMNS, k * _MAP_ROW_PIXELS, _MAP_HEAD_PIXELS)
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
                "hoverongaps": False,
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
        name=f"top-k-{reading.kind}",
        title=f"The {k} most probable tokens at each position, {_kind(reading)}",
        figure=figure(traces, layout, palette, reading.provenance, height=34 + lines.height, top=30, bottom=34),
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
                "id": _ids(reading)[first:last].ravel(),
                "p": statistics.top_p[first:last].ravel(),
            }
        ),
        provenance=reading.provenance,
        min_width=_MAP_COLUMN_PIXELS * min(last - first, MAP_COLUMNS) + _MAP_SIDE_PIXELS,
        key="map",
    )


def position_bars(reading: SeenReading | HiddenReading, position: int, palette: Palette) -> Chart:
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
        name=f"position-{position}-{reading.kind}",
        title=f"Position {position} · {token}" + ("" if outside else f", {reading.kind}"),
        figure=figure([bars], layout, palette, reading.provenance, height=_BAR_PIXELS * len(words) + 92, bottom=72),
        alt=(
            f"Bars of the most probable tokens at position {position}, where {token} stands, {reading.kind}. First is "
            f"{words[0]} with p {p_text(p[0])}."
            + ("" if outside else f" {token} has rank {rank_text(rank)}, p {p_text(p_observed)}.")
        ),
        how=(
            "The head's most probable tokens here. Nothing more is hidden here: both readings are the same."
            if outside
            else f"The head's most probable tokens here ({_kind(reading)}); the token that stands here is set in bold "
            "with its rank."
        ),
        make_table=lambda: pd.DataFrame({"token": words, "rank": ranks, "p": p, "stands here": mine}),
        provenance=reading.provenance,
        key=f"bars-{reading.kind}",
    )


def _ids(reading: SeenReading | HiddenReading) -> np.ndarray:
    """The predicted ids [T, K]; not numbers where a stopped reading has not come."""
    ids = reading.statistics.top_ids
    if isinstance(reading, SeenReading) or reading.complete:
        return ids
    return np.where(reading.known[:, None], ids, np.nan)


def rarely_a_target(reading: SeenReading | HiddenReading, position: int) -> bool:
    """Whether the head was hardly trained on such a position: [CLS], [SEP], [PAD], as opposed to [MASK]."""
    return bool(reading.encoded.outside[position] and not reading.encoded.masked[position])


def _kind(reading: SeenReading | HiddenReading) -> str:
    """Seen, or what was hidden, in words."""
    return reading.kind if isinstance(reading, SeenReading) else f"hidden: {MASKING_NAMES[reading.masking]}"


def _words(reading: SeenReading | HiddenReading, palette: Palette, span: tuple[int, int]) -> list[Spec]:
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
