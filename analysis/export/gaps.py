"""What fills the [MASK]s."""

from typing import Any

from analysis.export.parts import answer, edits, picked, plain, top
from analysis.types import CandidateContest, Filling, FillResult


def fill_result(result: FillResult) -> dict[str, Any]:
    """``positions, fillings, disagree`` of filled [MASK]s; the steps of a filling are in the order they were taken."""
    body = {
        **edits(result.encoded),
        "positions": list(result.positions),
        "fillings": [_filling(each) for each in result.fillings],
        "disagree": list(result.disagree),
    }
    return answer(result.provenance, result.notices, body)


def candidate_contest(contest: CandidateContest) -> dict[str, Any]:
    """``position, reference, candidates`` of a contest, in the order in which they were given."""
    names = ("text", "tokens", "logp_nats", "total_nats", "mean_nats", "rank")
    body = {
        **edits(contest.encoded),
        "position": contest.position,
        "reference": contest.candidates[contest.reference].text,
        "candidates": [
            {**picked(each, *names), "odds_bits": odds}
            for each, odds in zip(contest.candidates, plain(contest.odds_bits), strict=True)
        ],
    }
    return answer(contest.provenance, contest.notices, body)


def _filling(filling: Filling) -> dict[str, Any]:
    steps = [
        {
            **picked(step, "position", "token", "id", "logp_nats"),
            "top": top(step.top_tokens, step.top_ids, step.top_p),
        }
        for step in filling.steps
    ]
    return {**picked(filling, "order", "tokens", "total_nats"), "steps": steps}
