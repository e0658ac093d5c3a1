"""Figures of pairs: the good sentence's score against the bad one's, and how well a margin parts labelled pairs."""

import numpy as np
import pandas as pd

from analysis.types import Ints, LabelledPairs
from analysis.types.table import PairScore, ScoredTable
from dashboard.drawing.chart import LEGEND, Spec, axis, figure
from dashboard.drawing.palette import Palette
from dashboard.glossary import MARGIN, Units, signed
from dashboard.pages.batch.chosen import converted, unit_of
from dashboard.pages.batch.figures import ABOVE, BELOW, LEAST_PIXELS, SQUARE_PIXELS
from dashboard.pages.batch.marks import Marks
from dashboard.pages.batch.words import ROC
from dashboard.second_head import head_words
from dashboard.sections import Chart

_MANY = 60
"""Corners from which a curve is drawn without marks."""
_ROOM, _ALONE = 0.06, 1.0
"""How far the axes reach beyond the points, as a share of what they span, and of a single value."""


def good_against_bad(table: ScoredTable, score: PairScore, rows: Ints, palette: Palette, units: Units) -> Chart:
    """A point for every pair: the score of its bad sentence across, of its good one up, on one scale."""
    good, bad = (converted(table.values(each), each, units) for each in (score.good, score.bad))
    marks, rows = Marks.made(table, score, palette), rows[np.isfinite(good[rows] + bad[rows])]
    low, high = (float(end) for end in (min(good[rows].min(), bad[rows].min()), max(good[rows].max(), bad[rows].max())))
    room = _ROOM * (high - low) or _ALONE
    ends, unit = [low - room, high + room], unit_of(score.good, units)
    first, second, *_ = table.sides
    across, up = (f"{side}, {score.name}" + (f" ({unit})" if unit else "") for side in (second, first))
    layout = LEGEND | {
        "xaxis": axis(palette, across, showgrid=True, range=ends, constrain="domain"),
        "yaxis": axis(palette, up, showgrid=True, range=ends, scaleanchor="x", constrain="domain"),
    }
    traces = [_diagonal(ends, palette), *marks.points(rows, bad[rows], good[rows], score.difference, units)]
    above = int((good[rows] > bad[rows]).sum())
    return Chart(
        name="good-against-bad",
        title=f"{first[:1].upper()}{first[1:]} against {second}",
        figure=figure(traces, layout, palette, table.provenance, height=SQUARE_PIXELS, top=ABOVE, bottom=BELOW),
        alt=f"Points of {len(rows):,} pairs by the {score.name} of {second} and of {first}; {above:,} lie "
        f"above the diagonal, where {first} has more.",
        how=f"A point is a pair: above the dotted diagonal {first} has more. Click it to open the pair.",
        make_table=lambda: marks.listed(rows, (score.good, score.bad, score.difference), units),
        min_width=LEAST_PIXELS,
        clicks="open",
    )


def roc(table: ScoredTable, found: LabelledPairs, palette: Palette, units: Units) -> Chart:
    """The shares of both kinds of pairs at or above every threshold of the margin."""
    words, unit = head_words(table.meaning), MARGIN.unit(units)
    wrong, right = found.false_positive_rate, found.true_positive_rate
    thresholds = found.threshold_nats * MARGIN.convert(1, units)
    curve: Spec = {
        "type": "scatter",
        "mode": "lines+markers" if len(wrong) < _MANY else "lines",
        "x": wrong.tolist(),
        "y": right.tolist(),
        "line": {"color": palette.primary, "width": 2},
        "marker": {"size": 6, "color": palette.primary},
        "customdata": [[signed(float(each)) if np.isfinite(each) else "beyond all"] for each in thresholds],
        "hovertemplate": f"threshold %{{customdata[0]}} {unit}<br>%{{y:.0%}} of those labelled {words.yes}"
        f"<br>%{{x:.0%}} of those labelled {words.no}<extra></extra>",
    }
    shares: Spec = {"tickformat": ".0%", "showgrid": True, "range": [-0.03, 1.03], "constrain": "domain"}
    layout = {
        "xaxis": axis(palette, f"of those labelled {words.no}", **shares),
        "yaxis": axis(palette, f"of those labelled {words.yes}", scaleanchor="x", **shares),
    }
    return Chart(
        name="roc",
        title="ROC of the margin",
        figure=figure(
            [_diagonal([0, 1], palette), curve],
            layout,
            palette,
            table.provenance,
            height=SQUARE_PIXELS,
            top=ABOVE,
            bottom=BELOW,
        ),
        alt=f"Curve of the share of pairs labelled {words.yes} over the share of those labelled {words.no}, above "
        f"every threshold of the margin; the area below is {found.auc.value:.2f}.",
        how=f"{ROC} The dotted diagonal is chance.",
        make_table=lambda: pd.DataFrame(
            {
                f"threshold ({unit})": thresholds,
                f"share labelled {words.yes} above": right,
                f"share labelled {words.no} above": wrong,
            }
        ),
        min_width=LEAST_PIXELS,
    )


def _diagonal(ends: list[float], palette: Palette) -> Spec:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": ends,
        "y": ends,
        "hoverinfo": "skip",
        "showlegend": False,
        "line": {"color": palette.muted, "width": 1, "dash": "dot"},
    }
