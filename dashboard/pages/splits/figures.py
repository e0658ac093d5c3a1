"""Figures of a sweep of splits: the margin at every boundary over its controls' band, and the contrast below."""

import numpy as np
import pandas as pd

from analysis.texts.text import counted
from analysis.types import NextSentence, SplitSweep
from dashboard.drawing.chart import LEGEND, SMALL, Spec, around, axis, cut, figure, label, rule
from dashboard.drawing.palette import Palette
from dashboard.glossary import CONTRAST, MARGIN, Units, p_text, signed
from dashboard.sections import Chart

_COLUMN_PIXELS, _SIDE_PIXELS, _LEAST_PIXELS = 14, 110, 320
_WORD_CHARS, _LABELS = 12, 60
_NARROW = 30
"""Bars of fewer boundaries than this are as narrow as if there were so many."""
_ALONE = 0.1
"""How far the band of a single boundary reaches to either side."""
_HEIGHT, _HEIGHT_ALONE, _TICK_CHAR_PIXELS = 360, 250, 6
_TOP_SHARE, _GAP_SHARE = 0.6, 0.08

_CUT = {
    "text": "what stands before the word is A, the rest B",
    "adjacent": "the sentence before the word, or its part, is A, the one behind it B",
}
"""What the head was given, by how much of the text stood on either side."""


def split_curve(sweep: SplitSweep, palette: Palette, units: Units) -> Chart:
    """The margin at every boundary, over the band of its controls; the contrast as bars on an axis of its own."""
    n, unit, text = len(sweep.boundaries), MARGIN.unit(units), sweep.encoded.text_a
    margin = sweep.margin_nats * MARGIN.convert(1, units)
    hover = _hover(sweep, units)
    traces = [_curve(sweep, palette, margin, hover)]
    if sweep.controls:
        traces = [*_band(sweep, palette, units), *traces, _bars(sweep, palette, units, hover)]
    layout = _layout(sweep, palette, unit)
    bottom = _TICK_CHAR_PIXELS * max(len(each) for each in layout["xaxis"]["ticktext"]) + 64
    height = _HEIGHT if sweep.controls else _HEIGHT_ALONE
    best = int(np.nanargmax(margin)) if np.isfinite(margin).any() else 0
    return Chart(
        name="splits",
        title="Margin at every boundary",
        figure=figure(traces, layout, palette, sweep.provenance, height=height + bottom, top=40, bottom=bottom),
        alt=(
            f"Curve of the margin in {unit} at {n} {'boundary' if n == 1 else 'boundaries'} of the text. "
            f"The largest, {_number(margin[best], unit)}, "
            f"lies at: {around(text, sweep.boundaries[best].at)}."
        ),
        how=(
            f"Each mark is a cut: {_CUT[sweep.context]}; click one to take it apart on the page Next sentence. Large "
            "marks on dotted rules lie between sentences; circles are above 0 (IsNext), diamonds below."
            + (
                " The band spans what other text of B's length gets; the bars below are the margin minus its mean."
                if sweep.controls
                else ""
            )
        ),
        make_table=lambda: split_table(sweep, units),
        min_width=max(_LEAST_PIXELS, _COLUMN_PIXELS * n + _SIDE_PIXELS),
        clicks="open",
    )


def split_table(sweep: SplitSweep, units: Units) -> pd.DataFrame:
    """One row per boundary: where it is, both logits, margin, controls, contrast."""
    text, factor = sweep.encoded.text_a, MARGIN.convert(1, units)
    columns: dict[str, object] = {
        "boundary": range(1, len(sweep.boundaries) + 1),
        "character": [boundary.at for boundary in sweep.boundaries],
        "before | after": [around(text, boundary.at) for boundary in sweep.boundaries],
        "between sentences": [boundary.sentence for boundary in sweep.boundaries],
        "logit IsNext": sweep.z[:, 0],
        "logit NotNext": sweep.z[:, 1],
        MARGIN.axis(units): sweep.margin_nats * factor,
    }
    for number in range(len(sweep.controls)):
        columns[f"control {number + 1}"] = sweep.control_margin_nats[:, number] * factor
    if sweep.controls:
        columns[CONTRAST.axis(units)] = sweep.contrast_nats * factor
    return pd.DataFrame(columns)


def _hover(sweep: SplitSweep, units: Units) -> list[list[object]]:
    """Of every boundary its number, what stands there, margin, P(IsNext), the controls' range, contrast."""
    unit, factor = MARGIN.unit(units), MARGIN.convert(1, units)
    numbers = zip(sweep.margin_nats.tolist(), sweep.contrast_nats, sweep.control_margin_nats * factor, strict=True)
    return [
        [
            number,
            label(around(sweep.encoded.text_a, boundary.at)),
            _number(margin * factor, unit),
            _p(margin),
            _range(controls, unit),
            _number(contrast * factor, unit),
        ]
        for number, (boundary, (margin, contrast, controls)) in enumerate(zip(sweep.boundaries, numbers, strict=True))
    ]


def _band(sweep: SplitSweep, palette: Palette, units: Units) -> list[Spec]:
    """From the least to the largest margin of the controls; that of a single boundary has a width too."""
    n, controls = len(sweep.boundaries), sweep.control_margin_nats * MARGIN.convert(1, units)
    low, high = controls.min(axis=1), controls.max(axis=1)
    x = list(range(1, n + 1))
    if n == 1:
        x, low, high = [1 - _ALONE, 1 + _ALONE], low.repeat(2), high.repeat(2)
    edge: Spec = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "hoverinfo": "skip"}
    filled = {"fill": "tonexty", "fillcolor": palette.rule, "name": counted(len(sweep.controls), "control")}
    return [edge | {"y": low, "showlegend": False}, edge | {"y": high} | filled]


def _curve(sweep: SplitSweep, palette: Palette, margin: np.ndarray, hover: list[list[object]]) -> Spec:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(range(1, len(margin) + 1)),
        "y": margin,
        "name": "the text's own continuation",
        "line": {"color": palette.muted, "width": 1},
        "marker": {
            "size": [10 if boundary.sentence else 6 for boundary in sweep.boundaries],
            "symbol": ["circle" if value > 0 else "diamond" for value in margin],
            "color": [palette.is_next if value > 0 else palette.not_next for value in margin],
            "opacity": 1,
        },
        "customdata": hover,
        "hovertemplate": "%{customdata[1]}<br>m %{customdata[2]}, P(IsNext) %{customdata[3]}<br>controls "
        "%{customdata[4]}<br>contrast %{customdata[5]}<extra></extra>",
    }


def _bars(sweep: SplitSweep, palette: Palette, units: Units, hover: list[list[object]]) -> Spec:
    n = len(sweep.boundaries)
    return {
        "type": "bar",
        "x": list(range(1, n + 1)),
        "y": sweep.contrast_nats * CONTRAST.convert(1, units),
        "yaxis": "y2",
        "width": min(0.6, n / _NARROW),
        "showlegend": False,
        "marker": {"color": [palette.primary if each.sentence else palette.muted for each in sweep.boundaries]},
        "customdata": hover,
        "hovertemplate": "%{customdata[1]}<br>contrast %{customdata[5]}<extra></extra>",
    }


def _layout(sweep: SplitSweep, palette: Palette, unit: str) -> Spec:
    n = len(sweep.boundaries)
    ticks = list(range(1, n + 1, max(1, -(-n // (_LABELS * 4)))))
    text, shown = sweep.encoded.text_a, [sweep.boundaries[at - 1].at for at in ticks]
    layout: Spec = LEGEND | {
        "xaxis": axis(
            palette,
            "the boundary before this word",
            range=[0.4, n + 0.6],
            tickvals=ticks,
            ticktext=[label(cut(text[at:].split(maxsplit=1)[0], _WORD_CHARS)) for at in shown],
            tickangle=-90,
            tickfont={"size": SMALL},
            anchor="y2" if sweep.controls else "y",
        ),
        "yaxis": axis(palette, f"margin m ({unit})", showgrid=True, zeroline=True, zerolinecolor=palette.muted),
        "shapes": [
            rule(number, palette.rule, below=True, dash="dot")
            for number, boundary in enumerate(sweep.boundaries, start=1)
            if boundary.sentence
        ],
    }
    if sweep.controls:
        below = [0, 1 - _TOP_SHARE - _GAP_SHARE]
        layout["yaxis"]["domain"] = [1 - _TOP_SHARE, 1]
        layout["yaxis2"] = axis(palette, f"contrast c ({unit})", domain=below, showgrid=True, anchor="x")
    return layout


def _number(value: float, unit: str) -> str:
    return "–" if np.isnan(value) else f"{signed(float(value))} {unit}"


def _range(values: np.ndarray, unit: str) -> str:
    if not len(values) or not np.isfinite(values).all():
        return "–"
    return f"{signed(float(values.min()))} … {signed(float(values.max()))} {unit}"


def _p(margin_nats: float) -> str:
    answer = NextSentence(margin_nats, 0.0, lone_segment=False)
    return "–" if np.isnan(margin_nats) else p_text(answer.p_is_next, answer.p_not_next)
