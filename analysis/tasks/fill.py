"""Filling [MASK]s, one by one or jointly, and contests of candidates for one of them.

Filling every [MASK] by its own best token takes them for independent. The joint orders fill one after the other and
condition each on what was filled before. A total is the log-probability of one path through one order: totals of
different orders are not values of one joint distribution.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from analysis.choices import DEFAULT_K, FILL_ORDERS, FillOrder
from analysis.errors import InputError, quoted
from analysis.kernels.distributions import StatisticsReducer, check_k
from analysis.limits import MAX_BEAM, MAX_CANDIDATES, MAX_MASKS, MAX_PIECES
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward
from analysis.texts.encoding import encode, replaced, spliced
from analysis.texts.notices import notices
from analysis.texts.pieces import pieces
from analysis.types import (
    CandidateContest,
    CandidateScore,
    Edit,
    Encoded,
    Filling,
    FillResult,
    FillStep,
    Floats,
    Tensors,
    TokenStatistics,
)

DEFAULT_BEAM = 5


class _Read(NamedTuple):
    """Statistics of some rows, and ln p [T, K] of their most probable ids."""

    statistics: TokenStatistics
    top_log_p: Floats


def fill_masks(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    orders: Sequence[FillOrder] = FILL_ORDERS,
    k: int = DEFAULT_K,
    beam: int = DEFAULT_BEAM,
    edits: Sequence[Edit] = (),
) -> FillResult:
    """Fill every [MASK] of a text, in one or several orders.

    Parameters
    ----------
    orders
        ``independent``: each by its own argmax, all others masked. ``left_to_right``, ``right_to_left``,
        ``confident`` (the most probable argmax of those left): the argmax, one after the other. ``beam``: the
        sequences of largest total from left to right.
    k
        Predictions to list per step, 1 to V.
    beam
        Hypotheses that the beam keeps.
    edits
        Ids to put at positions of the tokenised text.

    Raises
    ------
    InputError
        If the text can't be read, has no [MASK] or too many, or an option is out of range.
    ModelError
        If the model fails on this input.
    """
    bundle.require_mlm()
    check_k(k, bundle.n_vocabulary)
    for order in orders:
        if order not in FILL_ORDERS:
            raise InputError(f"The order '{order}' came: choose {', '.join(FILL_ORDERS[:-1])} or {FILL_ORDERS[-1]}.")
    if not 1 <= beam <= MAX_BEAM:
        raise InputError(f"A beam of {beam} came: choose 1 to {MAX_BEAM}.")
    encoded = encode(bundle, text_a, text_b, edits=edits)
    positions = _masks(bundle, encoded)
    fillings: list[Filling] = []
    for order in orders:
        if order == "independent":
            fillings.append(_independent(bundle, encoded, positions, k))
        elif order == "beam":
            fillings.extend(_beam(bundle, encoded, positions, k, beam))
        else:
            fillings.append(_one_by_one(bundle, encoded, positions, k, order))
    return FillResult(
        encoded=encoded,
        positions=positions,
        fillings=tuple(fillings),
        disagree=_disagreements(positions, fillings),
        notices=notices(encoded),
        provenance=bundle.provenance(),
    )


def joined(results: Sequence[FillResult]) -> FillResult:
    """The fillings of several calls on one input as one result; where they disagree is found over all of them.

    Raises
    ------
    ValueError
        If the calls were not on one input of one model.
    """
    first = results[0]
    for each in results[1:]:
        if each.provenance != first.provenance or not np.array_equal(each.encoded.ids, first.encoded.ids):
            raise ValueError("only fillings of one input can be joined")
    fillings = tuple(filling for result in results for filling in result.fillings)
    return replace(first, fillings=fillings, disagree=_disagreements(first.positions, fillings))


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
    ln P(c_t | left, c_1 .. c_(t-1), [MASK] (q - t + 1 times), right).

    Parameters
    ----------
    candidates
        Tokenised as whole words; ``##x`` names a piece that continues a word.
    mask
        Which [MASK], counted from 1.
    reference
        Number of the candidate (from 0) that the log odds are against.
    any_length
        Give log odds between different numbers of pieces too; they compare scores of different inputs.

    Raises
    ------
    InputError
        If the text can't be read or has no such [MASK], or if a candidate has no pieces in this model's vocabulary.
    ModelError
        If the model fails on these inputs.
    """
    bundle.require_mlm()
    if not 1 <= len(candidates) <= MAX_CANDIDATES:
        raise InputError(f"There are {len(candidates)} candidates: give 1 to {MAX_CANDIDATES}.")
    encoded = encode(bundle, text_a, text_b, edits=edits)
    masks = np.flatnonzero(encoded.masked).tolist()
    if not 1 <= mask <= len(masks):
        raise InputError(_which_mask(bundle, mask, len(masks)))
    if not 0 <= reference < len(candidates):
        raise InputError(f"Reference {reference + 1} came: choose one of the {len(candidates)} candidates.")
    position = masks[mask - 1]
    ids = [_pieces(bundle, encoded, position, candidate) for candidate in candidates]
    scores = _scores(bundle, encoded, position, candidates, ids)
    totals = np.array([score.total_nats for score in scores])
    comparable = np.array([any_length or len(each) == len(ids[reference]) for each in ids])
    odds = np.where(comparable, (totals - totals[reference]) / math.log(2), np.nan)
    odds.flags.writeable = False
    return CandidateContest(
        encoded=encoded,
        position=position,
        candidates=scores,
        odds_bits=odds,
        reference=reference,
        notices=notices(encoded),
        provenance=bundle.provenance(),
    )


def _masks(bundle: ModelBundle, encoded: Encoded) -> tuple[int, ...]:
    positions = tuple(np.flatnonzero(encoded.masked).tolist())
    if not positions:
        raise InputError(f"This text has no {bundle.tokenizer.mask_token} to fill: put one where a word is wanted.")
    if len(positions) > MAX_MASKS:
        raise InputError(f"This text has {len(positions)} gaps; at most {MAX_MASKS} are filled: fill some yourself.")
    return positions


def _which_mask(bundle: ModelBundle, mask: int, count: int) -> str:
    token = bundle.tokenizer.mask_token
    if count == 0:
        return f"This text has no {token} for the candidates to stand for: put one where they would stand."
    return f"Gap {mask} came; this text has {count}: choose 1{'' if count == 1 else f' to {count}'}."


def _independent(bundle: ModelBundle, encoded: Encoded, positions: Sequence[int], k: int) -> Filling:
    read = _read(bundle, [encoded], [positions], k)
    return Filling("independent", tuple(_step(bundle, read, i, p) for i, p in enumerate(positions)))


def _one_by_one(bundle: ModelBundle, encoded: Encoded, positions: Sequence[int], k: int, order: FillOrder) -> Filling:
    left, steps = list(positions), []
    now = Tensors(encoded.ids, encoded.segment_ids, encoded.attention_mask)
    while left:
        asked = left if order == "confident" else [left[0] if order == "left_to_right" else left[-1]]
        read = _read(bundle, [now], [asked], k)
        # argmax takes the first of equals: of equally sure gaps the leftmost.
        at = int(read.statistics.top_p[:, 0].argmax())
        steps.append(_step(bundle, read, at, asked[at]))
        now = replaced(now, [asked[at]], steps[-1].id)
        left.remove(asked[at])
    return Filling(order, tuple(steps))


def _beam(bundle: ModelBundle, encoded: Encoded, positions: Sequence[int], k: int, width: int) -> list[Filling]:
    width = min(width, bundle.n_vocabulary)
    paths: list[tuple[FillStep, ...]] = [()]
    for position in positions:
        inputs = [replaced(encoded, [step.position for step in path], [step.id for step in path]) for path in paths]
        read = _read(bundle, inputs, [[position]] * len(inputs), max(k, width))
        longer: list[tuple[FillStep, ...]] = [
            (*path, _step(bundle, read, row, position, place, k))
            for row, path in enumerate(paths)
            for place in range(width)
        ]
        paths = sorted(longer, key=lambda path: -math.fsum(step.logp_nats for step in path))[:width]
    return [Filling("beam", path) for path in paths]


def _read(
    bundle: ModelBundle, inputs: Sequence[Encoded | Tensors], positions: Sequence[Sequence[int]], k: int
) -> _Read:
    """The predictions at some positions of each input, one row after the other."""
    rows = Rows(
        inputs=[number for number, asked in enumerate(positions) for _ in asked],
        positions=[position for asked in positions for position in asked],
    )
    reducer = StatisticsReducer(np.full(len(rows.inputs), bundle.mask_id), k, bundle.n_vocabulary)
    forward(bundle, inputs, mlm=(rows, reducer))
    return _Read(reducer.result(), reducer.top_log_p)


def _step(bundle: ModelBundle, read: _Read, row: int, position: int, place: int = 0, k: int | None = None) -> FillStep:
    ids, p = read.statistics.top_ids[row][:k], read.statistics.top_p[row][:k]
    id_ = int(read.statistics.top_ids[row, place])
    (token,) = bundle.tokens_of([id_])
    return FillStep(position, id_, token, float(read.top_log_p[row, place]), ids, p, bundle.tokens_of(ids))


def _disagreements(positions: Sequence[int], fillings: Sequence[Filling]) -> tuple[int, ...]:
    best = {filling.order: filling for filling in reversed(fillings)}.values()
    chosen = [{step.position: step.id for step in filling.steps} for filling in best]
    return tuple(position for position in positions if len({ids[position] for ids in chosen}) > 1)


def _pieces(bundle: ModelBundle, encoded: Encoded, position: int, candidate: str) -> tuple[int, ...]:
    text = encoded.text_b if encoded.sequence[position] == 1 else encoded.text_a
    before = (text or "")[: encoded.span[position, 0]]
    ids = pieces(bundle, candidate, after_space=before[-1:].isspace())
    named = quoted(candidate)
    if len(ids) > MAX_PIECES:
        raise InputError(f"'{named}' has {len(ids)} pieces; at most {MAX_PIECES} are scored: choose a shorter one.")
    if len(encoded) - 1 + len(ids) > bundle.max_tokens:
        raise InputError(
            f"With '{named}' the text has {len(encoded) - 1 + len(ids):,} tokens; at most {bundle.max_tokens:,} "
            "are read with this model: shorten the text."
        )
    return ids


def _scores(
    bundle: ModelBundle,
    encoded: Encoded,
    position: int,
    candidates: Sequence[str],
    ids: Sequence[tuple[int, ...]],
) -> tuple[CandidateScore, ...]:
    """One input per number of pieces and beginning, whichever candidates share it; one row per piece."""
    number_of: dict[tuple[int, tuple[int, ...]], int] = {}
    inputs, rows, targets = [], [], []
    for own in ids:
        for done, target in enumerate(own):
            key = (len(own), own[:done])
            if key not in number_of:
                number_of[key] = len(inputs)
                gap = [*own[:done], *[bundle.mask_id] * (len(own) - done)]
                inputs.append(spliced(encoded, position, gap))
            rows.append((number_of[key], position + done))
            targets.append(target)
    reducer = StatisticsReducer(np.array(targets), 1, bundle.n_vocabulary)
    forward(bundle, inputs, mlm=(Rows([i for i, _ in rows], [p for _, p in rows]), reducer))
    statistics = reducer.result()
    scores, start = [], 0
    for candidate, own in zip(candidates, ids, strict=True):
        logp = statistics.surprisal_bits[start : start + len(own)].astype(np.float64) * -math.log(2)
        logp.flags.writeable = False
        rank = int(statistics.rank[start]) if len(own) == 1 else None
        scores.append(CandidateScore(candidate, bundle.tokens_of(own), own, logp, rank))
        start += len(own)
    return tuple(scores)
