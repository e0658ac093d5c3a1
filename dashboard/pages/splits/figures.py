"""Figures of a sweep of splits: the margin at every boundary over its controls' band, and the contrast below."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.texts.text import counted
from analysis.types import NextSentence, SplitSweep
from dashboard.drawing.chart import LEGEND, SMALL, Spec, around, axis, cut, figure, label, rule
from dashboard.drawing.palette import Palette
from dashboard.glossary import CONTRAST, MARGIN, Units, p_text, signed
from dashboard.second_head import head_words
from dashboard.sections import Chart

_COLUMN_PIXELS, _SIDE_PIXELS, _LEAST_PIXELS = 14, 110, 320
_WORD_CHARS, _LABELS = 12, 60
_NARROW = 30
"""Bars of fewer boundaries than this are as narrow as if there were so many."""
_ALONE = 0.1
"""How far the band of a single boundary reaches to either side."""
_HEIGHT, _HEIGHT_ALONE, _TICK_CHAR_PIXELS = 360, 250, 6
_TOP_SHARE, _GAP_SHARE = 0.6, 0.08

SIDES = {"adjacent": "adjacent sentences", "text": "the whole text"}
"""What stood on either side of a cut, for labels."""
_CUT = {
    "text": "what stands before the {} is A, the rest B",
    "adjacent": "the sentence before the {}, or its part, is A, the one behind it B",
}
"""What the head was given, by how much of the text stood on either side."""
_NAMED = {"sentence": "word", "word": "word", "token": "token"}
"""What a boundary stands before."""
_DASHES = ("solid", "dash")
"""How the lines of several sweeps of one text are told apart, besides by their names."""


def split_curve(sweeps: Sequence[SplitSweep], palette: Palette, units: Units) -> Chart:
    """The margin at every boundary, over the band of its controls; the contrast as bars on an axis of its own.

    Of two sweeps of one text, with more and with less of it on either side, a curve and a line of contrasts each.
    """
    sweep, words = sweeps[0], head_words(sweeps[0].meaning)
    n, unit, text = len(sweep.boundaries), MARGIN.unit(units), sweep.encoded.text_a
    hovers = [_hover(each, units) for each in sweeps]
    margins = [each.margin_nats * MARGIN.convert(1, units) for each in sweeps]
    alone = len(sweeps) == 1
    traces = [
        _curve(each, palette, margin, hover, dash, "the text's own continuation" if alone else SIDES[each.context])
        for each, margin, hover, dash in zip(sweeps, margins, hovers, _DASHES, strict=False)
    ]
    if sweep.controls and alone:
        traces = [*_band(sweep, palette, units), *traces, _bars(sweep, palette, units, hovers[0])]
    elif sweep.controls:
        traces += [
            _contrasts(each, palette, units, hover, dash)
            for each, hover, dash in zip(sweeps, hovers, _DASHES, strict=False)
        ]
    layout = _layout(sweep, palette, unit)
    longest = max(map(len, _behind(sweep)))
    bottom = _TICK_CHAR_PIXELS * min(longest, _WORD_CHARS) + 50
    height = _HEIGHT if sweep.controls else _HEIGHT_ALONE
    return Chart(
        name="splits",
        title="Margin at every boundary",
        figure=figure(traces, layout, palette, sweep.provenance, height=height + bottom, top=30, bottom=bottom),
        alt=" ".join(_said(each, margin, text, unit) for each, margin in zip(sweeps, margins, strict=True)),
        how=_how(sweeps, words.yes, words.no, n),
        make_table=lambda: split_table(sweeps, units),
        min_width=max(_LEAST_PIXELS, _COLUMN_PIXELS * n + _SIDE_PIXELS),
        clicks="open",
    )


def _said(sweep: SplitSweep, margin: np.ndarray, text: str, unit: str) -> str:
    n = len(sweep.boundaries)
    begins = f"Curve of the margin in {unit} at {n} {'boundary' if n == 1 else 'boundaries'} of the text, with "
    begins += f"{SIDES[sweep.context]} on either side"
    if not np.isfinite(margin).any():
        return f"{begins}, none of them read yet."
    largest, lowest = int(np.nanargmax(margin)), int(np.nanargmin(margin))
    places = (("largest", largest), ("lowest", lowest))
    return f"{begins}. " + " ".join(
        f"The {which}, {_number(margin[at], unit)}, lies at: {around(text, sweep.boundaries[at].at)}."
        for which, at in (places if largest != lowest else places[:1])
    )


def _how(sweeps: Sequence[SplitSweep], yes: str, no: str, n: int) -> str:
    alone = len(sweeps) == 1
    if alone:
        cut = f"Each mark is a cut: {_CUT[sweeps[0].context].format(_NAMED[sweeps[0].unit])}"
    else:
        cut = "Each mark is a cut: " + ", ".join(
            f"the {'solid' if dash == 'solid' else 'dashed'} line has {SIDES[each.context]} on either side"
            for each, dash in zip(sweeps, _DASHES, strict=False)
        )
    said = f"{cut}; click one to take it apart on the page Next sentence. "
    if n > 1:
        said += "Large marks on dotted rules lie between sentences; "
    said += f"circles are above 0 ({yes}), diamonds below ({no})."
    if sweeps[0].controls and alone:
        said += " The band spans what other text of B's length gets; the bars below are the margin minus its mean."
    elif sweeps[0].controls:
        said += " Below, the margin minus the mean of what other text of B's length gets."
    return said


def split_table(sweeps: Sequence[SplitSweep], units: Units) -> pd.DataFrame:
    """One row per boundary: where it is, then of each sweep both logits, margin, controls, contrast."""
    sweep, text = sweeps[0], sweeps[0].encoded.text_a
    columns: dict[str, object] = {
        "boundary": range(1, len(sweep.boundaries) + 1),
        "character": [boundary.at for boundary in sweep.boundaries],
        "before | after": [around(text, boundary.at) for boundary in sweep.boundaries],
        "between sentences": [boundary.sentence for boundary in sweep.boundaries],
    }
    for each in sweeps:
        of = "" if len(sweeps) == 1 else f"{SIDES[each.context]}: "
        columns |= {f"{of}{name}": values for name, values in _columns(each, units).items()}
    return pd.DataFrame(columns)


def _columns(sweep: SplitSweep, units: Units) -> dict[str, object]:
    factor, (z0, z1) = MARGIN.convert(1, units), head_words(sweep.meaning).logits
    columns: dict[str, object] = {
        z0: sweep.z[:, 0],
        z1: sweep.z[:, 1],
        MARGIN.axis(units): sweep.margin_nats * factor,
    }
    for number in range(len(sweep.controls)):
        columns[f"control {number + 1}"] = sweep.control_margin_nats[:, number] * factor
    if sweep.controls:
        columns[CONTRAST.axis(units)] = sweep.contrast_nats * factor
    return columns


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
    edge["connectgaps"] = True
    filled = {"fill": "tonexty", "fillcolor": palette.rule, "name": counted(len(sweep.controls), "control")}
    return [edge | {"y": low, "showlegend": False}, edge | {"y": high} | filled]


def _curve(
    sweep: SplitSweep, palette: Palette, margin: np.ndarray, hover: list[list[object]], dash: str, name: str
) -> Spec:
    filled = "" if dash == "solid" else "-open"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(range(1, len(margin) + 1)),
        "y": margin,
        "name": name,
        # A sweep under way has read boundaries all over the text.
        "connectgaps": True,
        "line": {"color": palette.muted, "width": 1.5, "dash": dash},
        "marker": {
            "size": [10 if boundary.sentence else 6 for boundary in sweep.boundaries],
            "symbol": [f"{'circle' if value > 0 else 'diamond'}{filled}" for value in margin],
            "color": [palette.is_next if value > 0 else palette.not_next for value in margin],
            "opacity": 1,
        },
        "customdata": hover,
        "hovertemplate": f"%{{customdata[1]}}<br>m %{{customdata[2]}}, {head_words(sweep.meaning).p} %{{customdata[3]}}"
        "<br>controls %{customdata[4]}<br>contrast %{customdata[5]}<extra></extra>",
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


def _contrasts(sweep: SplitSweep, palette: Palette, units: Units, hover: list[list[object]], dash: str) -> Spec:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(range(1, len(sweep.boundaries) + 1)),
        "y": sweep.contrast_nats * CONTRAST.convert(1, units),
        "yaxis": "y2",
        "connectgaps": True,
        "showlegend": False,
        "line": {"color": palette.primary, "width": 1.5, "dash": dash},
        "customdata": hover,
        "hovertemplate": f"{SIDES[sweep.context]}<br>%{{customdata[1]}}<br>contrast %{{customdata[5]}}<extra></extra>",
    }


def _layout(sweep: SplitSweep, palette: Palette, unit: str) -> Spec:
    n = len(sweep.boundaries)
    ticks, behind = list(range(1, n + 1, max(1, -(-n // (_LABELS * 4))))), _behind(sweep)
    layout: Spec = LEGEND | {
        "xaxis": axis(
            palette,
            f"the boundary before this {_NAMED[sweep.unit]}",
            range=[0.4, n + 0.6],
            tickvals=ticks,
            ticktext=[_tick(behind[at - 1], begins=sweep.boundaries[at - 1].sentence) for at in ticks],
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
        zero = {"zeroline": True, "zerolinecolor": palette.muted}
        layout["yaxis2"] = axis(palette, f"contrast c ({unit})", domain=below, showgrid=True, anchor="x", **zero)
    return layout


def _behind(sweep: SplitSweep) -> list[str]:
    """Of every boundary the word behind it, as far as the next boundary, which needs no white space."""
    text, edges = sweep.encoded.text_a, [*(each.at for each in sweep.boundaries), len(sweep.encoded.text_a)]
    return [text[start:stop].split(maxsplit=1)[0] for start, stop in pairwise(edges)]


def _tick(word: str, *, begins: bool) -> str:
    """The word behind a boundary, bold where it begins a sentence."""
    said = label(cut(word, _WORD_CHARS))
    return f"<b>{said}</b>" if begins else said


def _number(value: float, unit: str) -> str:
    return "–" if np.isnan(value) else f"{signed(float(value))} {unit}"


def _range(values: np.ndarray, unit: str) -> str:
    if not len(values) or not np.isfinite(values).all():
        return "–"
    return f"{signed(float(values.min()))} … {signed(float(values.max()))} {unit}"


def _p(margin_nats: float) -> str:
    answer = NextSentence(margin_nats, 0.0, lone_segment=False)
    return "–" if np.isnan(margin_nats) else p_text(answer.p_is_next, answer.p_not_next)
