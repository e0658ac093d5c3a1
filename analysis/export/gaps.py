"""What fills the [MASK]s."""

from typing import Any

import numpy as np

from analysis.export.parts import edits, head, tail, top
from analysis.types import CandidateContest, FillResult


def fill_result(result: FillResult) -> dict[str, Any]:
    """``positions, fillings, disagree`` of filled [MASK]s; the steps of a filling are in the order they were taken."""
    return {
        **head(result.provenance),
        **edits(result.encoded),
        "positions": list(result.positions),
        "fillings": [
            {
                "order": filling.order,
                "tokens": list(filling.tokens),
                "total_nats": filling.total_nats,
                "steps": [
                    {
                        "position": step.position,
                        "token": step.token,
                        "id": step.id,
                        "logp_nats": step.logp_nats,
                        "top": top(step.top_tokens, step.top_ids, step.top_p),
                    }
                    for step in filling.steps
                ],
            }
            for filling in result.fillings
        ],
        "disagree": list(result.disagree),
        **tail(result.notices, result.provenance),
    }


def candidate_contest(contest: CandidateContest) -> dict[str, Any]:
    """``position, reference, candidates`` of a contest, in the order in which they were given."""
    return {
        **head(contest.provenance),
        **edits(contest.encoded),
        "position": contest.position,
        "reference": contest.candidates[contest.reference].text,
        "candidates": [
            {
                "text": each.text,
                "tokens": list(each.tokens),
                "logp_nats": each.logp_nats.tolist(),
                "total_nats": each.total_nats,
                "mean_nats": each.mean_nats,
                "rank": each.rank,
                "odds_bits": None if np.isnan(odds) else float(odds),
            }
            for each, odds in zip(contest.candidates, contest.odds_bits, strict=True)
        ],
        **tail(contest.notices, contest.provenance),
    }
