"""The figure of one order's steps: which gap was filled when, with what, and what else there was at that moment."""

import pandas as pd

from analysis.texts.text import counted
from analysis.types import Filling, FillResult, FillStep
from dashboard.drawing.chart import SMALL, Spec, cut, figure, label, named, words
from dashboard.drawing.lines import Lines
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import Units, p_text
from dashboard.pages.fill.asked import TITLES
from dashboard.pages.fill.gaps import numbers
from dashboard.pages.fill.orders import probability, sentence
from dashboard.sections import Chart

ACROSS = 4
"""Steps per line: a column has to hold a word, its bar and its probability."""
_ROW_PIXELS, _HEAD_PIXELS, _COLUMN_PIXELS = 24, 34, 150
_CHARS = 14
_BAR_SHARE, _BAR_START, _PADDING = 0.86, -0.44, 0.01
"""The bar of p = 1 takes this share of its column and begins this far from the column's middle."""


def steps(result: FillResult, filling: Filling, palette: Palette, units: Units) -> Chart:
    """Which gap was filled when, with what, and what else was probable at that moment."""
    gap_at, count, independent = numbers(result), len(filling.steps), filling.order == "independent"
    listed = [_listed(step) for step in filling.steps]
    k = max(len(each) for each in listed)
    heads = [
        f"<b>{'' if independent else f'step {number}: '}gap {gap_at[step.position]}</b>"
        for number, step in enumerate(filling.steps, start=1)
    ]

    def traces(start: int, stop: int) -> list[Spec]:
        columns = range(start, stop)
        return _traces([(column, y, *each) for column in columns for y, each in enumerate(listed[column], 1)], palette)

    lines = Lines(0, count, ACROSS, k * _ROW_PIXELS, _HEAD_PIXELS)
    drawn, layout = lines.drawn(
        palette,
        traces,
        lambda start, stop: named(heads[start:stop], start, side="top", tickangle=0),
        {"range": [k + 0.5, 0.5], "tickvals": [], "showticklabels": False},
    )
    layout["barmode"] = "overlay"
    name = TITLES[filling.order]
    return Chart(
        name=f"fill-steps-{filling.order.replace('_', '-')}",
        title=f"The steps of one order: {name}",
        figure=figure(drawn, layout, palette, result.provenance, height=lines.height + 40, top=34, bottom=34),
        alt=f"{counted(count, 'column')} of bars, the most probable tokens at each step. "
        + sentence(name, filling, units),
        how=(
            "Each gap with all the others still masked: no step knows of another. Bars are probabilities; the word in "
            "bold was taken."
            if independent
            else "A column per step, the first on the left: the tokens that were most probable at that moment, given "
            "what had been filled in before. Bars are probabilities; the word in bold was taken."
        ),
        make_table=lambda: pd.DataFrame(
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
        ),
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


def _traces(places: list[tuple[int, int, str, int, float, bool]], palette: Palette) -> list[Spec]:
    """Bars, words and probabilities, of column, place, token, id, probability and whether it was taken."""
    columns, y, tokens, _, p, taken = zip(*places, strict=True)
    x = [column + _BAR_START for column in columns]
    texts = [label(cut(token, _CHARS)) for token in tokens]
    said, inks = [p_text(each) for each in p], [palette.ink if each else palette.muted for each in taken]
    bars = {
        "type": "bar",
        "orientation": "h",
        "base": x,
        "x": [_BAR_SHARE * each for each in p],
        "y": y,
        "width": 0.78,
        "marker": {
            "color": [palette.primary if each else palette.muted for each in taken],
            "opacity": [0.34 if each else 0.2 for each in taken],
        },
        "customdata": [[label(token), each] for token, each in zip(tokens, said, strict=True)],
        "hovertemplate": "%{customdata[0]}  p %{customdata[1]}<extra></extra>",
    }
    bold, face = [f"<b>{text}</b>" if each else text for text, each in zip(texts, taken, strict=True)], MONO_FACE
    at_start, at_end = [each + _PADDING for each in x], [each + _BAR_SHARE for each in x]
    return [
        bars,
        words(at_start, y, bold, {"family": face, "color": inks}, textposition="middle right"),
        words(at_end, y, said, {"size": SMALL, "color": inks}, textposition="middle left"),
    ]
