"""One small figure for each step of the tour."""

import math
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from analysis.types import Encoded, LayerReading, LogitRow, Provenance, SeenReading, TourStep, TourSteps
from dashboard.drawing import strip
from dashboard.drawing.chart import (
    ON_THE_RIGHT,
    SMALL,
    Spec,
    at_least,
    axis,
    cut,
    figure,
    label,
    named,
    rule,
    up_to,
    words,
)
from dashboard.drawing.direction import direction_of
from dashboard.drawing.palette import MONO_FACE, Palette, ink_on
from dashboard.glossary import MARGIN, Units, margin_text, p_text
from dashboard.second_head import head_words
from dashboard.sections import Chart, Strip

_LAYER_CHARS = 9
_BAR_PIXELS, _TOKEN_CHARS, _LEAST_P, _LEAST_MARGIN = 24, 16, 0.05, 1.0
_POSITION = 2
"""The one that the notebook looks at."""


def figure_of(step: TourStep, found: TourSteps, palette: Palette, units: Units) -> Strip | Chart:
    """The figure of a step that was taken."""
    if isinstance(step.basis, Encoded):
        return _ids(step.basis, palette)
    if isinstance(step.basis, LogitRow):
        return _row(step.basis, palette, found.provenance)
    if isinstance(step.basis, LayerReading):
        return _layers(step.basis, palette)
    if step.head == "nsp":
        return _margins(step, found, palette, units)
    # The steps that ask the masked-LM head of the whole text look at one reading of it.
    seen = next(each.basis for each in found.steps if isinstance(each.basis, SeenReading))
    if step.name == "greedy_read_out":
        return _read_out(seen)
    masks = seen.encoded.masked.nonzero()[0].tolist()
    return _best(step.name, seen, [_POSITION] if step.name == "one_position" else masks, palette)


def _ids(encoded: Encoded, palette: Palette) -> Strip:
    """Every token over its id; a flat colour, because nothing has been measured yet."""
    joined, side = strip.joined_to_previous(encoded), strip.segments(encoded)
    chips = [
        {
            "text": token,
            "piece": False,
            "joined": joined[i],
            "ghost": False,
            "guess": "",
            "line_ends": 0,
            "unknown": bool(encoded.unknown[i]),
            "edited": False,
            "segment": side[i],
            "fill": palette.panel,
            "ink": ink_on(palette.panel),
            "value": str(id_),
            "where": f"position {i}",
            "name": f"position {i}, {token}, id {id_}",
            "guesses": [f"id {id_}"],
        }
        for i, (token, id_) in enumerate(zip(encoded.tokens, encoded.ids.tolist(), strict=True))
    ]
    about = {"name": "id in the vocabulary", "low": "", "high": "", "colours": [palette.panel, palette.panel]}
    drawn = {
        "tokens": chips,
        "at": list(range(len(chips))),
        "legend": about,
        "pair": False,
        "dir": direction_of(encoded),
    }
    drawn |= {"a": palette.segment_a, "b": palette.segment_b}
    how = f"The {len(chips)} ids that the model is given, each under its token."
    return Strip("tokens", drawn, "ids", how=how)


def _row(row: LogitRow, palette: Palette, source: Provenance) -> Chart:
    """One row of logits: how many columns of the head have which."""
    edges, counts = row.edges.tolist(), row.counts.tolist()
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    bars: Spec = {
        "type": "bar",
        "x": middles,
        "y": counts,
        "width": edges[1] - edges[0],
        "marker": {"color": palette.muted, "line": {"width": 0}},
        "hovertemplate": "%{y} columns around %{x:.1f}<extra></extra>",
    }
    largest = {"size": SMALL, "family": MONO_FACE, "color": palette.primary}
    name = label(cut(row.token, _TOKEN_CHARS))
    marks = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [row.largest],
            "y": [1],
            "marker": {"symbol": "triangle-down", "size": 9, "color": palette.primary},
            "hovertemplate": f"{name}: %{{x:.2f}}<extra></extra>",
        },
        words([row.largest], [max(counts) ** 0.3], [name], largest, textposition="middle left"),
    ]
    layout = {
        "bargap": 0,
        "xaxis": axis(palette, "logit", showgrid=True),
        "yaxis": axis(palette, "columns (log scale)", type="log", dtick=1, showgrid=True),
    }
    return Chart(
        name="tour-logits",
        title=f"One row of logits, at position {_POSITION}",
        figure=figure([bars, *marks], layout, palette, source, height=240, bottom=72),
        alt=(
            f"Bars: how many of the {sum(counts):,} columns of the head have which logit at position {_POSITION}. The "
            f"largest, {row.largest:.2f}, is that of {row.token}."
        ),
        how=f"The row's {sum(counts):,} logits in {len(counts)} bars; the triangle is the largest one.",
        make_table=lambda: pd.DataFrame({"logit from": edges[:-1], "to": edges[1:], "columns": counts}),
        key="row",
    )


def _layers(found: LayerReading, palette: Palette) -> Chart:
    """The rank of the last layer's answer after every layer, over what comes first there."""
    line, firsts = found.followed, [words[0][0] for words in found.top_tokens]
    ranks = [] if line is None else line.rank[:, 0].tolist()
    layers = list(range(len(firsts)))
    curve: Spec = {
        "type": "scatter",
        "mode": "lines+markers+text",
        "x": layers,
        "y": ranks,
        "text": [label(cut(each, _LAYER_CHARS)) for each in firsts],
        "textposition": "top center",
        "textfont": {"family": MONO_FACE, "size": SMALL, "color": palette.ink},
        "cliponaxis": False,
        "line": {"color": palette.primary, "width": 2},
        "marker": {"size": 8, "color": palette.primary},
        "customdata": [label(each) for each in firsts],
        "hovertemplate": "layer %{x}: rank %{y:,}; first comes %{customdata}<extra></extra>",
    }
    top = max([1.0, *(math.log10(rank) for rank in ranks)])
    layout = {
        "xaxis": axis(palette, "layer", range=[-0.5, len(firsts) - 0.5], dtick=1),
        "yaxis": axis(
            palette, "rank (log scale)", type="log", range=[top + 0.2, -0.5], dtick=1, tickformat=",", showgrid=True
        ),
    }
    return Chart(
        name="tour-layers",
        title=f"The rank of '{firsts[-1]}' after every layer",
        figure=figure([curve], layout, palette, found.provenance, height=260, bottom=72),
        alt=(
            f"Line of the rank of {firsts[-1]} at the first mask after layers 0 to {found.n_layers}: "
            f"{', '.join(f'{rank:,}' for rank in ranks)}."
        ),
        how="Each mark names what comes first after its layer; 0 is before the first. Rank 1, on top, comes first.",
        make_table=lambda: pd.DataFrame({"layer": layers, "comes first": firsts, f"rank of {firsts[-1]}": ranks}),
        key="layers",
    )


def _best(name: str, seen: SeenReading, positions: Sequence[int], palette: Palette) -> Chart:
    """The most probable tokens at some positions, below each other."""
    rows = [
        (position, token, float(p))
        for position in positions
        for token, p in zip(seen.top_tokens[position], seen.statistics.top_p[position], strict=True)
    ]
    many = len(positions) > 1
    names = [label(f"{f'{at} · ' if many else ''}{cut(token, _TOKEN_CHARS)}") for at, token, _ in rows]
    said = [label(p_text(p)) for _, _, p in rows]
    end = up_to(max([_LEAST_P, *(p for _, _, p in rows)]))
    hues = {position: hue for position, hue in zip(positions, (palette.primary, palette.muted), strict=False)}
    bars: Spec = {
        "type": "bar",
        "orientation": "h",
        "width": 0.62,
        "x": [p for _, _, p in rows],
        "y": list(range(len(rows))),
        "marker": {"color": [hues[at] for at, _, _ in rows]},
        "customdata": [[each, p] for each, p in zip(names, said, strict=True)],
        "hovertemplate": "%{customdata[0]}  p %{customdata[1]}<extra></extra>",
    }
    mono, span = {"family": MONO_FACE, "size": SMALL}, {"range": [len(rows) - 0.5, -0.5]}
    layout = {
        "xaxis": axis(palette, "probability", range=[0, 1.02 * end], nticks=5, showgrid=True),
        "yaxis": axis(palette, tickfont=mono, **span, **named(names)),
        "yaxis2": axis(palette, overlaying="y", side="right", tickfont=mono, **span, **named(said)),
    }
    height = _BAR_PIXELS * len(rows) + 92
    where = " and ".join(str(position) for position in positions)
    k = len(rows) // max(1, len(positions))
    return Chart(
        name=f"tour-{name.replace('_', '-')}",
        title=f"The {k} most probable tokens, position {where}",
        figure=figure([bars, ON_THE_RIGHT], layout, palette, seen.provenance, height=height, bottom=72),
        alt=f"Bars of the most probable tokens at position {where}. "
        + " ".join(f"First at {at} is {seen.top_tokens[at][0]}." for at in positions),
        how=("Before each token its position. " if many else "") + f"How probable each is; the axis ends at {end:g}.",
        make_table=lambda: pd.DataFrame(rows, columns=["position", "token", "p"]),
        key=name,
    )


def _read_out(seen: SeenReading) -> Strip:
    drawn = {"label": "The read-out as a difference", "words": strip.read_out(seen), "dir": direction_of(seen.encoded)}
    return Strip("readout", drawn, "readout", how="Set off: read back as another token; struck through: what stood.")


def _margins(step: TourStep, found: TourSteps, palette: Palette, units: Units) -> Chart:
    """What has come of the margins on one axis, the notebook's beside the live ones."""
    name, one = "margin (nats)", "margin of one segment (nats)"
    live = {"one segment": step.values.get(one, step.values[name])}
    if one in step.values:
        live["two segments"] = step.values[name]
    published = {each.name: each.published for each in found.steps}
    notebook = {"one segment": published["one_segment"][name], "two segments": step.published[name]}
    factor, unit, head = MARGIN.convert(1, units), MARGIN.unit(units), head_words(found.meaning)
    rows = [(what, which, of[what]) for what in live for which, of in (("live", live), ("published", notebook))]
    names = [f"{what}, {which}" for what, which, _ in rows]
    points: Spec = {
        "type": "scatter",
        "mode": "markers",
        "x": [value * factor for *_, value in rows],
        "y": list(range(len(rows))),
        "marker": {
            "size": 11,
            "symbol": ["circle" if which == "live" else "diamond-open" for _, which, _ in rows],
            "color": [palette.is_next if value > 0 else palette.not_next for *_, value in rows],
            "line": {"width": 2, "color": [palette.is_next if value > 0 else palette.not_next for *_, value in rows]},
        },
        "customdata": [[each, margin_text(value, units)] for each, (*_, value) in zip(names, rows, strict=True)],
        "hovertemplate": "%{customdata[0]}: %{customdata[1]}<extra></extra>",
    }
    span = {"range": [len(rows) - 0.5, -0.5]}
    said = [label(margin_text(value, units)) for *_, value in rows]
    least = _LEAST_MARGIN * factor
    layout = {
        "xaxis": axis(palette, head.axis(unit), showgrid=True, **at_least(-least, least)),
        "yaxis": axis(palette, showgrid=True, **span, **named(names)),
        "yaxis2": axis(palette, overlaying="y", side="right", **span, **named(said)),
        "shapes": [rule(0, palette.muted)],
    }
    return Chart(
        name=f"tour-{step.name.replace('_', '-')}",
        title="The margins on one axis",
        figure=figure([points, ON_THE_RIGHT], layout, palette, found.provenance, height=30 * len(rows) + 96, bottom=72),
        alt="Points on the axis of margins. "
        + " ".join(f"{each}: {margin_text(value, units)}." for each, (*_, value) in zip(names, rows, strict=True)),
        how=f"Right of 0 the head says {head.yes}. Filled: this model; open: the notebook's published margin.",
        make_table=lambda: pd.DataFrame(
            [(what, which, value * factor) for what, which, value in rows],
            columns=["input", "from", f"margin ({unit})"],
        ),
        key=step.name,
    )
