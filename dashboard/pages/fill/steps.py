"""The figure of one order's steps: which gap was filled when, with what, and what else there was at that moment."""

from collections.abc import Sequence

import pandas as pd

from analysis.types import Filling, FillResult, FillStep
from dashboard.drawing.chart import SMALL, Spec, cut, figure, label
from dashboard.drawing.lines import Lines
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import Units, p_text
from dashboard.pages.fill.orders import counted, gaps_of, probability, sentence
from dashboard.pages.fill.titles import TITLES
from dashboard.sections import Chart

ACROSS = 4
"""Steps per line: a column has to hold a word, its bar and its probability."""
_ROW_PIXELS, _HEAD_PIXELS, _COLUMN_PIXELS = 24, 34, 150
_CHARS = 14
_BAR_SHARE, _BAR_START, _PADDING = 0.86, -0.44, 0.01
"""The bar of p = 1 takes this share of its column and begins this far from the column's middle."""


def steps(result: FillResult, filling: Filling, palette: Palette, units: Units) -> Chart:
    """Which gap was filled when, with what, and what else was probable at that moment."""
    gap_at = {position: gap for gap, position in gaps_of(result)}
    k = max(len(_listed(step)) for step in filling.steps)
    count = len(filling.steps)
    lines = Lines(0, count, ACROSS, k * _ROW_PIXELS, _HEAD_PIXELS)
    independent = filling.order == "independent"
    heads = [
        f"gap {gap_at[step.position]}" if independent else f"step {number}: gap {gap_at[step.position]}"
        for number, step in enumerate(filling.steps, start=1)
    ]
    traces: list[Spec] = []
    layout: Spec = {"barmode": "overlay"}
    for number, (start, stop) in enumerate(lines.spans, start=1):
        places = [
            (column, place, *each)
            for column in range(start, stop)
            for place, each in enumerate(_listed(filling.steps[column]), start=1)
        ]
        traces += [trace | lines.axes_of_trace(number) for trace in _traces(places, palette)]
        layout |= lines.layout(
            number,
            palette,
            x={
                "side": "top",
                "tickvals": list(range(start, stop)),
                "ticktext": [f"<b>{head}</b>" for head in heads[start:stop]],
                "tickangle": 0,
            },
            y={"range": [k + 0.5, 0.5], "tickvals": [], "showticklabels": False},
        )
    name = TITLES[filling.order].title
    return Chart(
        name=f"fill-steps-{filling.order.replace('_', '-')}",
        title=f"The steps of one order: {name}",
        figure=figure(traces, layout, palette, result.provenance, height=lines.height + 40, top=34, bottom=34),
        alt=f"{counted(count, 'column')} of bars, the most probable tokens at each step. "
        + sentence(name, filling, units),
        how=(
            "Each gap with all the others still masked: no step knows of another. Bars are probabilities; the word in "
            "bold was taken."
            if independent
            else "A column per step, the first on the left: the tokens that were most probable at that moment, given "
            "what had been filled in before. Bars are probabilities; the word in bold was taken."
        ),
        make_table=lambda: _table(result, filling),
        provenance=result.provenance,
        min_width=_COLUMN_PIXELS * min(count, ACROSS) + 24,
        key="steps",
    )


def _listed(step: FillStep) -> list[tuple[str, int, float, bool]]:
    """Token, id, probability and whether it was taken: the most probable, and a beam's choice from further down."""
    ids = step.top_ids.tolist()
    listed = [
        (token, id_, float(p), id_ == step.id)
        for token, id_, p in zip(step.top_tokens, ids, step.top_p.tolist(), strict=True)
    ]
    return listed if step.id in ids else [*listed, (step.token, step.id, probability(step), True)]


def _traces(places: Sequence[tuple[int, int, str, int, float, bool]], palette: Palette) -> list[Spec]:
    xs, ys = [column + _BAR_START for column, *_ in places], [place for _, place, *_ in places]
    inks = [palette.ink if taken else palette.muted for *_, taken in places]
    words = [
        f"<b>{label(cut(word, _CHARS))}</b>" if taken else label(cut(word, _CHARS)) for *_, word, _, _, taken in places
    ]
    p = [p_text(each) for *_, each, _ in places]
    return [
        {
            "type": "bar",
            "orientation": "h",
            "base": xs,
            "x": [_BAR_SHARE * each for *_, each, _ in places],
            "y": ys,
            "width": 0.78,
            "marker": {
                "color": [palette.primary if taken else palette.muted for *_, taken in places],
                "opacity": [0.34 if taken else 0.2 for *_, taken in places],
            },
            "customdata": [[label(word), text] for (_, _, word, *_), text in zip(places, p, strict=True)],
            "hovertemplate": "%{customdata[0]}  p %{customdata[1]}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": [x + _PADDING for x in xs],
            "y": ys,
            "text": words,
            "textposition": "middle right",
            "textfont": {"family": MONO_FACE, "color": inks},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": [x + _BAR_SHARE for x in xs],
            "y": ys,
            "text": p,
            "textposition": "middle left",
            "textfont": {"size": SMALL, "color": inks},
            "hoverinfo": "skip",
        },
    ]


def _table(result: FillResult, filling: Filling) -> pd.DataFrame:
    gap_at = {position: gap for gap, position in gaps_of(result)}
    return pd.DataFrame(
        [
            {
                "step": number,
                "gap": gap_at[step.position],
                "position": step.position,
                "place": place if place <= len(step.top_tokens) else None,
                "token": token,
                "id": id_,
                "p": p,
                "taken": taken,
            }
            for number, step in enumerate(filling.steps, start=1)
            for place, (token, id_, p, taken) in enumerate(_listed(step), start=1)
        ]
    )
