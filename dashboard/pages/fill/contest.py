"""The figure of a candidate contest, and the table of its pieces."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.texts.text import counted
from analysis.types import CandidateContest, CandidateScore
from dashboard.drawing.chart import SMALL, Spec, axis, cut, figure, hatched, label, words
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import CANDIDATE_MEAN, CANDIDATE_TOTAL, ODDS, Units, rank_text, signed, signed_text
from dashboard.sections import Chart

_ROW_PIXELS = 66
_NAME_CHARS, _PIECES_CHARS = 26, 24
_LEAST_REACH_NATS = 5.0


def bars(contest: CandidateContest, palette: Palette, units: Units) -> Chart:
    """The candidates as bars of their totals, the best on top, each with its numbers."""
    ranked, reference = _ranked(contest), contest.candidates[contest.reference]
    scores = [score for score, _ in ranked]
    totals = [CANDIDATE_TOTAL.convert(score.total_nats, units) for score in scores]
    unit = CANDIDATE_TOTAL.unit(units)
    reach = 1.02 * min(-CANDIDATE_TOTAL.convert(_LEAST_REACH_NATS, units), *totals)
    alike = [len(score.ids) == len(reference.ids) for score in scores]
    names = [
        f"<b>{label(cut(score.text, _NAME_CHARS))}{'  (reference)' if score is reference else ''}</b>"
        for score in scores
    ]
    numbers = [_numbers(score, odds, units, reference=score is reference) for score, odds in ranked]
    hover = [
        [label(score.text), label(" ".join(score.tokens)), said] for score, said in zip(scores, numbers, strict=True)
    ]
    bar: Spec = {
        "type": "bar",
        "orientation": "h",
        "x": totals,
        "y": list(range(len(ranked))),
        "width": 0.2,
        "marker": {
            "color": [palette.primary if same else palette.muted for same in alike],
            "pattern": hatched(palette, ["" if same else "/" for same in alike]),
        },
        "customdata": hover,
        "hovertemplate": f"%{{customdata[0]}}<br>%{{customdata[1]}}<br>%{{x:.2f}} {unit}"
        "<br>%{customdata[2]}<extra></extra>",
    }
    title = f"ln P ({unit})" if unit == "nats" else f"log P ({unit})"
    layout = {
        "xaxis": axis(palette, title, range=[0, reach], nticks=7),
        "yaxis": axis(palette, range=[len(ranked) - 0.5, -0.5], tickvals=[], showticklabels=False),
    }
    traces = [
        bar,
        _line(names, -0.26, 0, palette.ink, family=MONO_FACE),
        _line([f"{signed(total)} {unit}" for total in totals], -0.26, reach, palette.ink),
        _line([_pieces(score) for score in scores], 0.26, 0, palette.muted, size=SMALL),
        _line(numbers, 0.26, reach, palette.muted, size=SMALL),
    ]
    told = [f"{score.text} with {signed_text(CANDIDATE_TOTAL, score.total_nats, units)}" for score in scores]
    unequal = len({len(score.ids) for score in scores}) > 1
    return Chart(
        name="candidates",
        title="The candidates in order",
        figure=figure(traces, layout, palette, contest.provenance, height=_ROW_PIXELS * len(ranked) + 84, bottom=72),
        alt=f"Bars of {counted(len(ranked), 'candidate')}, the best on top: {', then '.join(told[:2])}.",
        how=(
            "The shorter the bar, the better: it is how far ln P lies below 0. Odds are against the reference."
            + (f" Hatched: another number of pieces than the reference. {CANDIDATE_TOTAL.caveat}" if unequal else "")
        ),
        make_table=lambda: _table(contest, units),
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


def _line(texts: list[str], shift: float, x: float, colour: str, **font: Any) -> Spec:
    """One line of words per row, from its left end or (anywhere but at 0) up to its right end."""
    y = [row + shift for row in range(len(texts))]
    position = "middle left" if x else "middle right"
    return words([x] * len(texts), y, texts, {"color": colour, **font}, textposition=position, cliponaxis=False)


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
