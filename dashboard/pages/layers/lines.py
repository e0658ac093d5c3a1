"""Lines over the layers: the ranks of followed tokens, what is measured at one position, the second head's margin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.types import Followed, LayerReading
from dashboard.drawing.chart import Spec, axis, cut, figure, label, words
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import ENTROPY, KL_TO_LAST, MARGIN, SURPRISAL, Units, listed, margin_text, p_text
from dashboard.pages.layers.answer import place
from dashboard.printed import rank_text
from dashboard.second_head import head_words
from dashboard.sections import Chart

_PLOT_PIXELS, _LABEL_PIXELS, _CHAR_PIXELS = 270, 16, 7.6
_LABEL_CHARS = 16
_LEAST_PIXELS = 320
_TOP, _BOTTOM = 12, 74


@dataclass(frozen=True, slots=True)
class _Series:
    """One line: its name at its end, a value per layer in the axis' own unit (of a log axis its logarithm)."""

    name: str
    values: np.ndarray
    said: list[str]
    colour: str
    symbol: str
    width: float = 1.5
    dash: str = "solid"


def ranks(found: LayerReading, line: Followed, palette: Palette) -> Chart:
    """The rank of every followed token after every layer, 1 on top, on a log axis."""
    ids, (position,) = line.ids.tolist(), found.positions.tolist()
    tops, answer = set(found.top_ids[:, 0, 0].tolist()), int(found.top_ids[-1, 0, 0])
    own = None if found.encoded.masked[position] else int(found.encoded.ids[position])

    def drawn(column: int, id_: int) -> _Series:
        ranks_, p = line.rank[:, column], line.p[:, column]
        said = [f"rank {rank_text(int(rank))}, p {p_text(float(each))}" for rank, each in zip(ranks_, p, strict=True)]
        name = f"{cut(line.tokens[column], _LABEL_CHARS)} {rank_text(int(ranks_[-1]))}"
        look: tuple[str, str, float, str] = (palette.muted, "circle-open", 1.2, "dot")
        if id_ == answer:
            look = (palette.primary, "circle", 3, "solid")
        elif id_ == own:
            look = (palette.segment_b, "diamond", 2.2, "dash")
        elif id_ not in tops:
            look = (palette.ink, "square", 2, "solid")
        return _Series(name, np.log10(ranks_), said, look[0], look[1], look[2], look[3])

    series = [drawn(column, id_) for column, id_ in enumerate(ids)]
    most = float(np.log10(line.rank.max()))
    powers = [power for power in range(6) if power <= most] or [0]
    y = {
        "range": [max(most, 1) + 0.15, -0.15],
        "tickvals": powers,
        "ticktext": [f"{10**power:,}" for power in powers],
        "showgrid": True,
    }
    ends = [f"{token} {rank_text(int(rank))}" for token, rank in zip(line.tokens, line.rank[-1], strict=True)]
    return Chart(
        name=f"ranks-{position}",
        title=f"Rank after every layer at position {position} · {found.encoded.tokens[position]}",
        figure=_over_layers(series, y, "rank, log scale", palette, found),
        alt=(
            f"Lines of the rank of {len(ids)} tokens over layers 0 to {found.n_layers} at position {position}, "
            f"{found.kind}. After the last layer: {listed(ends)}."
        ),
        how=(
            "Each line is a token, with its rank after the last layer: 1, on top, comes first. Thick: the last layer's "
            "answer. Dotted: what comes first after another layer. Dashed: the token that stands there. Squares: words "
            "that are followed. Layer 0 is before the first."
        ),
        make_table=lambda: ranks_table(line),
        min_width=_LEAST_PIXELS,
        key="ranks",
    )


def ranks_table(line: Followed) -> pd.DataFrame:
    """A row per layer; of every followed token its rank, p and ln p there."""
    columns: dict[str, object] = {"layer": range(len(line.rank))}
    for name, values in (("rank", line.rank), ("p", line.p), ("ln p (nats)", line.log_p_nats)):
        columns |= {f"{name} of {token}": values[:, column] for column, token in enumerate(line.tokens)}
    return pd.DataFrame(columns)


def measures(found: LayerReading, palette: Palette, units: Units) -> Chart:
    """Entropy, the surprisal of the token that stands there and the distance to the last layer, at one position."""
    (position,), encoded = found.positions.tolist(), found.encoded
    unit, factor = ENTROPY.unit(units), ENTROPY.convert(1, units)
    rows = [(ENTROPY, found.entropy_bits, palette.primary, "circle", "solid")]
    if not encoded.outside[position]:
        rows.append((SURPRISAL, found.surprisal_bits, palette.segment_b, "diamond", "dash"))
    rows.append((KL_TO_LAST, found.kl_bits, palette.muted, "circle-open", "dot"))
    columns = {measure.axis(units): values[:, 0] * factor for measure, values, *_ in rows}
    series = [
        _Series(
            measure.symbol if measure is KL_TO_LAST else measure.name,
            values[:, 0] * factor,
            [measure.text(value, units) for value in values[:, 0].tolist()],
            colour,
            symbol,
            2,
            dash,
        )
        for measure, values, colour, symbol, dash in rows
    ]
    top = max(1.0, *(float(each.max()) for each in columns.values()))
    ends = [f"{measure.name} {measure.text(float(values[-1, 0]), units)}" for measure, values, *_ in rows]
    return Chart(
        name=f"measures-{position}",
        title=f"How sure the head is, layer by layer, at position {position}",
        figure=_over_layers(
            series, {"range": [-0.04 * top, 1.06 * top], "showgrid": True, "nticks": 6}, unit, palette, found
        ),
        alt=(
            f"Lines of {listed([measure.name for measure, *_ in rows])} in {unit} over layers 0 to {found.n_layers} "
            f"at position {position}. After the last layer: {listed(ends)}."
        ),
        how=f"Entropy: how spread out the prediction is. KL: how far the last layer's prediction still is, in {unit}"
        + (". " if encoded.outside[position] else "; surprisal is of the token that stands there. ")
        + KL_TO_LAST.definition,
        make_table=lambda: pd.DataFrame({"layer": range(found.n_layers + 1), **columns}),
        min_width=_LEAST_PIXELS,
        key="measures",
    )


def margins(found: LayerReading, margin_nats: np.ndarray, palette: Palette, units: Units) -> Chart:
    """The second head's margin after every layer, for the text as given."""
    head, unit = head_words(found.meaning), MARGIN.unit(units)
    values = margin_nats * MARGIN.convert(1, units)
    said = [f"m {margin_text(value, units)}" for value in margin_nats.tolist()]
    colours = [palette.is_next if value > 0 else palette.not_next for value in values.tolist()]
    line = _Series("", values, said, palette.muted, "circle", 2)
    reach = max(1.0, float(np.abs(values).max())) * 1.12
    y = {"range": [-reach, reach], "showgrid": True, "zeroline": True, "zerolinecolor": palette.muted, "nticks": 7}
    drawn = _over_layers([line], y, head.axis(unit), palette, found)
    drawn.data[0].marker.update(
        color=colours, symbol=["circle" if value > 0 else "diamond" for value in values.tolist()], size=9
    )
    z = found.z if found.z is not None else np.empty((0, 2))
    return Chart(
        name="margins",
        title=f"{head.margin} after every layer",
        figure=drawn,
        alt=(
            f"Line of the margin in {unit} over layers 0 to {found.n_layers}: {margin_text(float(margin_nats[0]))} "
            f"before the first layer, {margin_text(float(margin_nats[-1]))} after the last."
        ),
        how=f"The pooler and the classifier of the second head on the first token's state after every layer, nothing "
        f"hidden. Circles above 0: {head.yes}; diamonds below: {head.no}."
        + (f" {head.lone_segment}" if found.encoded.text_b is None else ""),
        make_table=lambda: pd.DataFrame(
            {
                "layer": range(len(values)),
                head.logits[0]: z[:, 0],
                head.logits[1]: z[:, 1],
                MARGIN.axis(units): values,
            }
        ),
        min_width=_LEAST_PIXELS,
    )


def _over_layers(series: Sequence[_Series], y: Spec, title: str, palette: Palette, found: LayerReading) -> go.Figure:
    layers = list(range(found.n_layers + 1))
    traces: list[Spec] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": layers,
            "y": each.values,
            "line": {"color": each.colour, "width": each.width, "dash": each.dash},
            "marker": {"symbol": each.symbol, "size": 7, "color": each.colour},
            "customdata": [[label(each.name.rpartition(" ")[0] or each.name), place(layer)] for layer in layers],
            "text": each.said,
            "hovertemplate": "%{customdata[0]} %{customdata[1]}<br>%{text}<extra></extra>",
        }
        for each in series
    ]
    low, high = y["range"]
    named = [each for each in series if each.name]
    at = spread([float(each.values[-1]) for each in named], abs(high - low) * _LABEL_PIXELS / _PLOT_PIXELS, low, high)
    end = found.n_layers + 0.25
    if named:
        font = {"family": MONO_FACE, "size": 12, "color": [each.colour for each in named]}
        names = [label(each.name) for each in named]
        traces.append(words([end] * len(named), at, names, font, textposition="middle right", cliponaxis=False))
    longest = max([0, *(len(each.name) for each in named)])
    layout: Spec = {
        "xaxis": axis(palette, "layer", range=[-0.25, end], dtick=1),
        "yaxis": axis(palette, title, **y),
        "margin": {"l": 8, "r": round(16 + _CHAR_PIXELS * longest), "t": _TOP, "b": _BOTTOM},
    }
    height = _PLOT_PIXELS + _TOP + _BOTTOM
    return figure(traces, layout, palette, found.provenance, height=height, top=_TOP, bottom=_BOTTOM)


def spread(values: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Places for labels beside their values, so far apart that they can be read, between the ends of an axis."""
    begins, end = min(low, high) + least / 2, max(low, high) - least / 2
    places: dict[int, float] = {}
    last = begins - least
    for number in sorted(range(len(values)), key=values.__getitem__):
        places[number] = last = max(values[number], last + least)
    # Pushed beyond the end, they move back together, as far as there is room.
    last = end + least
    for number in sorted(places, key=places.__getitem__, reverse=True):
        places[number] = last = min(places[number], last - least)
    return [places[number] for number in range(len(values))]
