"""The recipe of contests: words or phrases for a [MASK] of the row's text."""

from analysis.batch.cells import TEXTS, listed_in, number_in, text_in, text_of
from analysis.batch.readings import BASE, counts
from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.requests import Predict, Work
from analysis.models.bundle import ModelBundle
from analysis.questions import Contest
from analysis.tasks.contest import CONTEST
from analysis.types import CandidateContest


def candidates_recipe(_settings: Settings) -> Recipe:
    """Each candidate's ln p, and which is the best; of several [MASK]s the column ``mask`` names one, from 1."""

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        reference = text_in(values, "reference") if values.get("reference") else None
        question = Contest(
            text_of(values), listed_in(values, "candidates"), number_in(values, "mask", 1), reference=reference
        )
        plan = CONTEST.plan((bundle,), question)
        targets = [target for own in plan.ids for target in own]
        of_input: list[list[int]] = [[] for _ in plan.inputs]
        for row in plan.in_order:
            of_input[plan.rows[row][0]].append(row)
        found = yield [
            Predict(tensors, tuple(plan.rows[row][1] for row in own), tuple(targets[row] for row in own))
            for tensors, own in zip(plan.inputs, of_input, strict=True)
        ]
        contest = CONTEST.assemble((bundle,), plan, found)
        return Scored(counts(plan.encoded) | ({} if contest is None else _columns_of(contest)))

    columns = (
        Column("candidate", "list<string>", "the candidates, as they were given"),
        Column("candidate_pieces", "list<string>", "the pieces of each, with spaces between"),
        Column("candidate_n_pieces", "list<int32>", "how many they are"),
        Column(
            "candidate_logp_nats",
            "list<float64>",
            "sum over its pieces of ln p, each given those before it, those after it hidden",
        ),
        Column("candidate_rank", "list<int32>", "1 + how many tokens are more probable; none for several pieces"),
        Column(
            "candidate_odds_bits",
            "list<float64>",
            "log2 odds to the first candidate, or to the column reference; none between unequal numbers of pieces",
        ),
        Column("candidate_best", "string", "the one with the largest ln p, the first of equal ones"),
        Column("candidate_best_is_tie", "bool", "whether another has the same ln p"),
        Column("candidate_best_by_mean", "string", "the one with the largest ln p per piece, the first of equal ones"),
    )
    return Recipe("candidates", (*TEXTS, "candidates", "mask", "reference"), (*BASE, *columns), score)


def _columns_of(contest: CandidateContest) -> dict[str, object]:
    totals = [each.total_nats for each in contest.candidates]
    means = [each.mean_nats for each in contest.candidates]
    best = max(totals)
    return {
        "candidate": [each.text for each in contest.candidates],
        "candidate_pieces": [" ".join(each.tokens) for each in contest.candidates],
        "candidate_n_pieces": [len(each.ids) for each in contest.candidates],
        "candidate_logp_nats": totals,
        "candidate_rank": [each.rank for each in contest.candidates],
        "candidate_odds_bits": contest.odds_bits.tolist(),
        "candidate_best": contest.candidates[totals.index(best)].text,
        "candidate_best_is_tie": totals.count(best) > 1,
        "candidate_best_by_mean": contest.candidates[means.index(max(means))].text,
    }
