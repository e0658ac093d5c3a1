"""The words by what they add to the answer, one method beside the other."""

import math
from collections.abc import Sequence

import pandas as pd

from analysis.texts.text import counted
from analysis.types import InfluenceMap
from dashboard.drawing.chart import BARS, SMALL, Spec, axis, cut, figure, hatched, label, named, rule
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import INFLUENCE, Units, signed, signed_text
from dashboard.pages.influence.strip import METHODS
from dashboard.sections import Chart

WORDS = 12
"""Words that are drawn; the table has all."""
LEADING = 3
"""The most supporting words of a map, which its answer names."""
_ROW_PIXELS, _WORD_CHARS = 24, 18
_ROOM = 0.4
"""For the numbers behind the bars, as a share of the axis."""
_GAP = 0.06
_LEAST_REACH_NATS = 0.1


def word_bars(maps: Sequence[InfluenceMap], palette: Palette, units: Units) -> Chart:
    """The words of the largest influence by either method, in the order of the first; a panel for each method."""
    first = maps[0]
    drawn = _drawn(maps)
    unit = INFLUENCE.unit(units)
    width = (1 - _GAP * (len(maps) - 1)) / len(maps)
    layout: Spec = {
        "yaxis": axis(
            palette,
            range=[len(drawn) - 0.5, -0.5],
            tickfont={"family": MONO_FACE, "size": SMALL},
            ticklabelstandoff=8,
            **named([label(cut(first.words[number].text, _WORD_CHARS)) for number in drawn]),
        ),
        "shapes": [],
    }
    traces = []
    for panel, found in enumerate(maps):
        suffix = "" if panel == 0 else str(panel + 1)
        values = [INFLUENCE.convert(float(found.influence_nats[number]), units) for number in drawn]
        low, high = min(0.0, *values), max(INFLUENCE.convert(_LEAST_REACH_NATS, units), *values)
        room = _ROOM * (high - low)
        start = panel * (width + _GAP)
        layout[f"xaxis{suffix}"] = axis(
            palette,
            f"{METHODS[found.method]} ({unit})",
            range=[low - (room if low < 0 else 0), high + room],
            domain=[start, min(1.0, start + width)],
            nticks=5,
            anchor="y",
        )
        layout["shapes"].append(rule(0, palette.rule, below=True) | {"xref": f"x{suffix}"})
        traces.append(
            BARS
            | {
                "x": values,
                "y": list(range(len(drawn))),
                "xaxis": f"x{suffix}",
                "width": 0.62,
                "text": [signed(value) for value in values],
                "textfont": {"size": SMALL},
                "marker": {
                    "color": [palette.is_next if value >= 0 else palette.not_next for value in values],
                    "pattern": hatched(palette, ["" if value >= 0 else "/" for value in values]),
                },
                "customdata": [
                    [label(found.words[number].text), ", ".join(map(str, found.words[number].positions))]
                    for number in drawn
                ],
                "hovertemplate": f"%{{customdata[0]}}, position %{{customdata[1]}}<br>%{{x:.3f}} {unit}<extra></extra>",
            }
        )
    told = [
        f"{first.words[number].text} {signed_text(INFLUENCE, float(first.influence_nats[number]), units)}"
        for number in drawn[:3]
    ]
    return Chart(
        name="influence",
        title="The words that count most",
        figure=figure(traces, layout, palette, first.provenance, height=_ROW_PIXELS * len(drawn) + 76, bottom=66),
        alt=f"Bars of {counted(len(drawn), 'word')} by {' and by '.join(METHODS[each.method] for each in maps)}; "
        f"first by {METHODS[first.method]}: {', '.join(told)}.",
        how="Bars to the right support the answer, hatched ones to the left speak against it. The "
        f"{counted(len(drawn), 'word')} of the largest influence by either method, of {len(first.words)}; the table "
        "has all. Each panel has a scale of its own.",
        make_table=lambda: word_table(maps, units),
        min_width=340,
    )


def word_table(maps: Sequence[InfluenceMap], units: Units) -> pd.DataFrame:
    """One row per word: where it stands, and its influence by each method."""
    words = maps[0].words
    columns: dict[str, object] = {
        "word": [each.text for each in words],
        "segment": ["AB"[each.sequence] for each in words],
        "from": [each.span[0] for each in words],
        "to": [each.span[1] for each in words],
        "positions": [" ".join(map(str, each.positions)) for each in words],
    }
    for found in maps:
        columns[f"{METHODS[found.method]} ({INFLUENCE.unit(units)})"] = [
            INFLUENCE.convert(float(value), units) for value in found.influence_nats
        ]
    return pd.DataFrame(columns)


def _drawn(maps: Sequence[InfluenceMap]) -> list[int]:
    """The numbers of the words of the largest influence, each method by its own largest, in the first's order."""
    largest = [max(map(abs, found.influence_nats.tolist()), default=0) or math.inf for found in maps]

    def weight(number: int) -> float:
        return max(abs(float(found.influence_nats[number])) / most for found, most in zip(maps, largest, strict=True))

    # Those that an answer names stand here whatever their size.
    leading = dict.fromkeys(number for found in maps for number in found.order[:LEADING])
    others = sorted(range(len(maps[0].words)), key=lambda number: -weight(number))
    chosen = list(dict.fromkeys([*leading, *others]))[:WORDS]
    return sorted(chosen, key=lambda number: -float(maps[0].influence_nats[number]))
