"""The figure of a candidate contest, and the table of its pieces."""

import numpy as np
import pandas as pd

from analysis.types import CandidateContest, CandidateScore
from dashboard.drawing.chart import SMALL, Spec, axis, axis_title, cut, figure, label
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import (
    CANDIDATE_MEAN,
    CANDIDATE_TOTAL,
    ODDS,
    Units,
    rank_text,
    signed,
    signed_text,
)
from dashboard.sections import Chart

_ROW_PIXELS = 66
_NAME_CHARS, _PIECES_CHARS = 26, 24
_LEAST_REACH_NATS = 5.0


def bars(contest: CandidateContest, palette: Palette, units: Units) -> Chart:
    """The candidates as bars of their totals, the best on top, each with its numbers."""
    ranked = _ranked(contest)
    reference = contest.candidates[contest.reference]
    totals = [CANDIDATE_TOTAL.convert(score.total_nats, units) for score, _ in ranked]
    unit = CANDIDATE_TOTAL.unit(units)
    reach = 1.02 * min(-CANDIDATE_TOTAL.convert(_LEAST_REACH_NATS, units), *totals)
    alike = [len(score.ids) == len(reference.ids) for score, _ in ranked]
    rows = list(range(len(ranked)))
    bar: Spec = {
        "type": "bar",
        "orientation": "h",
        "x": totals,
        "y": rows,
        "width": 0.2,
        "marker": {
            "color": [palette.primary if same else palette.muted for same in alike],
            "pattern": {
                "shape": ["" if same else "/" for same in alike],
                "fgcolor": palette.ground,
                "fillmode": "overlay",
                "size": 6,
            },
        },
        "customdata": [
            [
                label(score.text),
                label(" ".join(score.tokens)),
                _numbers(score, odds, units, reference=score is reference),
            ]
            for score, odds in ranked
        ],
        "hovertemplate": f"%{{customdata[0]}}<br>%{{customdata[1]}}<br>%{{x:.2f}} {unit}"
        "<br>%{customdata[2]}<extra></extra>",
    }
    names = [
        f"<b>{label(cut(score.text, _NAME_CHARS))}{'  (reference)' if score is reference else ''}</b>"
        for score, _ in ranked
    ]
    layout = {
        "xaxis": axis(
            palette,
            range=[0, reach],
            title=axis_title(f"ln P ({unit})" if unit == "nats" else f"log P ({unit})"),
            nticks=7,
        ),
        "yaxis": axis(palette, range=[len(ranked) - 0.5, -0.5], tickvals=[], showticklabels=False),
    }
    traces = [
        bar,
        _line(names, rows, -0.26, 0, palette.ink, {"family": MONO_FACE}),
        _line([f"{signed(total)} {unit}" for total in totals], rows, -0.26, reach, palette.ink, {}),
        _line([_pieces(score) for score, _ in ranked], rows, 0.26, 0, palette.muted, {"size": SMALL}),
        _line(
            [_numbers(score, odds, units, reference=score is reference) for score, odds in ranked],
            rows,
            0.26,
            reach,
            palette.muted,
            {"size": SMALL},
        ),
    ]
    best, _ = ranked[0]
    unequal = len({len(score.ids) for score in contest.candidates}) > 1
    return Chart(
        name="candidates",
        title="The candidates in order",
        figure=figure(traces, layout, palette, contest.provenance, height=_ROW_PIXELS * len(ranked) + 84, bottom=72),
        alt=(
            f"Bars of {len(ranked)} candidate{'' if len(ranked) == 1 else 's'}, the best on top: {best.text} with "
            f"{signed_text(CANDIDATE_TOTAL, best.total_nats, units)}"
            + (
                f", then {ranked[1][0].text} with {signed_text(CANDIDATE_TOTAL, ranked[1][0].total_nats, units)}."
                if len(ranked) > 1
                else "."
            )
        ),
        how=(
            "The shorter the bar, the better: it is how far ln P lies below 0. Odds are against the reference."
            + (f" Hatched: another number of pieces than the reference. {CANDIDATE_TOTAL.caveat}" if unequal else "")
        ),
        make_table=lambda: _table(contest, units),
        provenance=contest.provenance,
    )


def pieces_table(contest: CandidateContest, units: Units) -> pd.DataFrame:
    """One row per piece of every candidate, the best candidate first."""
    return pd.DataFrame(
        [
            {
                "candidate": score.text,
                "place": place,
                "piece": token,
                "id": id_,
                f"log P ({CANDIDATE_TOTAL.unit(units)})": CANDIDATE_TOTAL.convert(float(logp), units),
            }
            for score, _ in _ranked(contest)
            for place, (token, id_, logp) in enumerate(
                zip(score.tokens, score.ids, score.logp_nats, strict=True), start=1
            )
        ]
    )


def _ranked(contest: CandidateContest) -> list[tuple[CandidateScore, float]]:
    pairs = zip(contest.candidates, contest.odds_bits.tolist(), strict=True)
    return sorted(pairs, key=lambda pair: -pair[0].total_nats)


def _line(texts: list[str], rows: list[int], shift: float, x: float, colour: str, font: Spec) -> Spec:
    """One line of words per row, from its left end or (anywhere but at 0) up to its right end."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": [x] * len(rows),
        "y": [row + shift for row in rows],
        "text": texts,
        "textposition": "middle left" if x else "middle right",
        "textfont": {"color": colour, **font},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _pieces(score: CandidateScore) -> str:
    if len(score.ids) == 1:
        return "1 piece"
    return f"{len(score.ids)} pieces: {label(cut(' '.join(score.tokens), _PIECES_CHARS))}"


def _numbers(score: CandidateScore, odds: float, units: Units, *, reference: bool) -> str:
    """What is known besides the total; log odds of 0 against itself say nothing."""
    said = []
    if len(score.ids) > 1:
        said.append(f"mean {signed(CANDIDATE_MEAN.convert(score.mean_nats, units))}")
    if score.rank is not None:
        said.append(f"rank {rank_text(score.rank)}")
    if not reference:
        said.append("odds –" if np.isnan(odds) else f"odds {signed_text(ODDS, odds, units)}")
    return " · ".join(said)


def _table(contest: CandidateContest, units: Units) -> pd.DataFrame:
    reference = contest.candidates[contest.reference]
    return pd.DataFrame(
        [
            {
                "candidate": score.text,
                "pieces": len(score.ids),
                CANDIDATE_TOTAL.axis(units): CANDIDATE_TOTAL.convert(score.total_nats, units),
                CANDIDATE_MEAN.axis(units): CANDIDATE_MEAN.convert(score.mean_nats, units),
                "rank": score.rank,
                ODDS.axis(units): ODDS.convert(odds, units),
                "reference": reference.text,
            }
            for score, odds in _ranked(contest)
        ]
    )
