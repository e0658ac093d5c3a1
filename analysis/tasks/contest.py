"""Contests of words or phrases for one [MASK].

A candidate of q pieces takes q [MASK]s in the place of the one; each of its pieces is then asked for given those before
it. Candidates that begin alike share inputs.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis import export
from analysis.choices import Edit, several, whole
from analysis.errors import InputError, quoted
from analysis.kernels.distributions import StatisticsReducer
from analysis.limits import MAX_CANDIDATES, MAX_PIECES
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate, estimate_rows
from analysis.models.forward import Rows, forward
from analysis.questions import Contest, Text
from analysis.task import Task, of_one
from analysis.tasks.segmentations import chunks_of
from analysis.texts.encoding import one_input, spliced
from analysis.texts.notices import notices
from analysis.texts.pieces import after_space, pieces
from analysis.types import CandidateContest, CandidateScore, Encoded, Tensors, TokenStatistics


@dataclass(frozen=True, slots=True)
class ContestPlan:
    """What a contest takes: the input, the position of the [MASK], the candidates and the pieces of each.

    ``reference`` is the number of the candidate that the odds are against, ``any_length`` whether they are given
    between unequal numbers of pieces too. There is one input per number of pieces and beginning, whichever candidates
    share it; ``rows`` are (input, position) of every piece of every candidate, in their order.
    """

    encoded: Encoded
    position: int
    candidates: tuple[str, ...]
    ids: tuple[tuple[int, ...], ...]
    reference: int
    any_length: bool
    inputs: tuple[Tensors, ...]
    rows: tuple[tuple[int, int], ...]

    @property
    def in_order(self) -> list[int]:
        """The numbers of the rows in the order of their inputs."""
        return sorted(range(len(self.rows)), key=lambda row: self.rows[row][0])


def check_candidates(candidates: tuple[str, ...]) -> tuple[str, ...]:
    """Return them, or raise InputError where there are none or too many."""
    if not 1 <= len(candidates) <= MAX_CANDIDATES:
        raise InputError(f"There are {len(candidates)} candidates: give 1 to {MAX_CANDIDATES}.")
    return candidates


def _plan(bundle: ModelBundle, question: Contest) -> ContestPlan:
    bundle.mlm.require()
    candidates, mask = several("candidates", question.candidates), whole("gap", question.mask)
    if question.reference is not None and question.reference not in candidates:
        # A reference that is no candidate takes part, too.
        candidates = (question.reference, *candidates)
    check_candidates(candidates)
    encoded = one_input(bundle, question.text)
    masks = np.flatnonzero(encoded.masked).tolist()
    if not masks:
        token = bundle.tokenizer.mask_token
        raise InputError(f"This text has no {token} for the candidates to stand for: put one where they would stand.")
    if not 1 <= mask <= len(masks):
        more = "" if len(masks) == 1 else f" to {len(masks)}"
        raise InputError(f"Gap {mask} came; this text has {len(masks)}: choose 1{more}.")
    position = masks[mask - 1]
    ids = tuple(_pieces(bundle, encoded, position, candidate) for candidate in candidates)
    number_of: dict[tuple[int, tuple[int, ...]], int] = {}
    inputs, rows = [], []
    for own in ids:
        for done in range(len(own)):
            key = (len(own), own[:done])
            if key not in number_of:
                number_of[key] = len(inputs)
                inputs.append(spliced(encoded, position, [*own[:done], *[bundle.mask_id] * (len(own) - done)]))
            rows.append((number_of[key], position + done))
    return ContestPlan(
        encoded=encoded,
        position=position,
        candidates=candidates,
        ids=ids,
        reference=0 if question.reference is None else candidates.index(question.reference),
        any_length=question.any_length,
        inputs=tuple(inputs),
        rows=tuple(rows),
    )


def _read(bundle: ModelBundle, plan: ContestPlan, chunk: tuple[int, int]) -> TokenStatistics:
    """The statistics of the rows of some inputs, in the order of the inputs."""
    start, stop = chunk
    targets = [target for own in plan.ids for target in own]
    mine = [row for row in plan.in_order if start <= plan.rows[row][0] < stop]
    reducer = StatisticsReducer(np.array([targets[row] for row in mine]), 1, bundle.n_vocabulary)
    rows = Rows([plan.rows[row][0] - start for row in mine], [plan.rows[row][1] for row in mine])
    forward(bundle, plan.inputs[start:stop], mlm=(rows, reducer))
    return reducer.result()


def _assemble(bundle: ModelBundle, plan: ContestPlan, parts: Sequence[TokenStatistics]) -> CandidateContest | None:
    if sum(len(part.rank) for part in parts) < len(plan.rows):
        # A candidate of which some pieces are missing has no score that could be ranked.
        return None
    statistics = TokenStatistics.joined(parts).take(np.argsort(plan.in_order).astype(np.int32))
    scores, start = [], 0
    for candidate, own in zip(plan.candidates, plan.ids, strict=True):
        logp = statistics.logp_nats[start : start + len(own)]
        rank = int(statistics.rank[start]) if len(own) == 1 else None
        scores.append(CandidateScore(candidate, bundle.tokens_of(own), own, logp, rank))
        start += len(own)
    totals = np.array([score.total_nats for score in scores])
    comparable = np.array([plan.any_length or len(each) == len(plan.ids[plan.reference]) for each in plan.ids])
    odds = np.where(comparable, (totals - totals[plan.reference]) / math.log(2), np.nan)
    return CandidateContest(
        encoded=plan.encoded,
        position=plan.position,
        candidates=tuple(scores),
        odds_bits=odds,
        reference=plan.reference,
        notices=notices(plan.encoded),
        provenance=bundle.provenance(),
    )


def _estimate(bundle: ModelBundle, plan: ContestPlan) -> Estimate:
    rows = Counter(number for number, _ in plan.rows)
    return estimate_rows(bundle, [(len(each), rows[number]) for number, each in enumerate(plan.inputs)])


CONTEST = Task(
    plan=of_one(_plan),
    chunks=lambda _models, plan, tokens: chunks_of(plan.inputs, tokens),
    read=of_one(_read),
    assemble=of_one(_assemble),
    export=export.candidate_contest,
    unit="inputs",
    size=lambda plan: len(plan.inputs),
    estimate=of_one(_estimate),
)


def score_candidates(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    candidates: Sequence[str],
    mask: int = 1,
    reference: int = 0,
    any_length: bool = False,
    edits: Sequence[Edit] = (),
) -> CandidateContest:
    """Score words or phrases of any number of pieces for one [MASK]; the other [MASK]s stay masked.

    A candidate of q pieces takes q [MASK]s in place of the one: score = sum over t of
    ln P(c_t | left, c_1 .. c_(t-1), [MASK] (q - t + 1 times), right). ``reference`` counts the candidates from 0; other
    arguments are the fields of ``Contest`` and its ``Text``.

    Raises
    ------
    InputError
        If the text can't be read or has no such [MASK], or if a candidate has no pieces in this model's vocabulary.
    ModelError
        If the model fails on these inputs.
    """
    candidates, reference = several("candidates", candidates), whole("reference", reference)
    if not 0 <= reference < max(1, len(candidates)):
        raise InputError(f"Reference {reference + 1} came: choose one of the {len(candidates)} candidates.")
    against = candidates[reference] if candidates else None
    text = Text(text_a, text_b, several("edits", edits))
    return CONTEST.answer((bundle,), Contest(text, candidates, mask, against, any_length))


def _pieces(bundle: ModelBundle, encoded: Encoded, position: int, candidate: str) -> tuple[int, ...]:
    ids = pieces(bundle, candidate, after_space=after_space(encoded, position))
    named = quoted(candidate)
    if len(ids) > MAX_PIECES:
        raise InputError(f"'{named}' has {len(ids)} pieces; at most {MAX_PIECES} are scored: choose a shorter one.")
    if len(encoded) - 1 + len(ids) > bundle.max_tokens:
        raise InputError(
            f"With '{named}' the text has {len(encoded) - 1 + len(ids):,} tokens; at most {bundle.max_tokens:,} "
            "are read with this model: shorten the text."
        )
    return ids
