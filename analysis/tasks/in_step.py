"""Two inputs read in step: the rows of an aligned pair meet while both are at hand, are compared, and go.

So no more than a chunk of logits exists at any time. One encoder pass serves both inputs of one model; of two models
one computes after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise

import numpy as np
import torch

from analysis.kernels.distributions import StatisticsReducer, divergence
from analysis.limits import HEAD_PRODUCT_ROWS, MOVERS
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward, in_order
from analysis.tasks.hidden import HiddenPlan
from analysis.texts.align import GAP
from analysis.texts.encoding import replaced
from analysis.types import Divergence, Encoded, Floats, Ints, Tensors, TokenStatistics


@dataclass(frozen=True, slots=True)
class ComparePlan:
    """What a comparison reads: both inputs, and their aligned positions, -1 for a gap.

    ``hidden`` says which rows are read with their token hidden, for either side; None for the seen reading.
    """

    a: Encoded
    b: Encoded
    pairs: tuple[tuple[int, int], ...]
    hidden: tuple[HiddenPlan, HiddenPlan] | None
    k: int


@dataclass(frozen=True, slots=True)
class PairRows:
    """What one chunk of a plan came to: the statistics of either side's rows in order, and how the pairs differ.

    ``nsp_z`` are both sides' next-sentence logits, None where that head was not asked.
    """

    a: TokenStatistics
    b: TokenStatistics
    divergence: Divergence
    nsp_z: tuple[Floats | None, Floats | None]

    @classmethod
    def joined(cls, parts: "Sequence[PairRows]") -> "PairRows":
        """Those of stretches of pairs, one after the other, without next-sentence logits."""
        return cls(
            TokenStatistics.joined([part.a for part in parts]),
            TokenStatistics.joined([part.b for part in parts]),
            Divergence.joined([part.divergence for part in parts]),
            (None, None),
        )


def read_pairs(bundle_a: ModelBundle, bundle_b: ModelBundle, plan: ComparePlan, chunk: tuple[int, int]) -> PairRows:
    """Read both sides of the pairs ``chunk[0] .. chunk[1] - 1``; ModelError if a model fails on them."""
    pairs = plan.pairs[slice(*chunk)]
    sides = [_Rows.of(plan, number, pairs, bundle.mask_id) for number, bundle in enumerate((bundle_a, bundle_b))]
    step = _InStep(pairs, sides, plan.k, bundle_a.n_vocabulary)
    # The inputs of a seen reading are the texts themselves: their next-sentence answers come along with the first rows.
    nsp = plan.hidden is None and chunk[0] == 0
    if bundle_a is bundle_b:
        return step.result(_read_both(bundle_a, sides, step, nsp))
    return step.result(
        [_read_one(bundle, number, sides[number], step, nsp) for number, bundle in enumerate((bundle_a, bundle_b))]
    )


def _read_both(bundle: ModelBundle, sides: "Sequence[_Rows]", step: "_InStep", nsp: bool) -> list[Floats | None]:
    """One pass over the inputs of both sides; returns their next-sentence logits, if asked for."""
    first_of = (0, len(sides[0].inputs))
    rows = Rows(
        [first_of[side] + sides[side].of_input[row] for side, row in step.interleaved],
        [sides[side].positions[row] for side, row in step.interleaved],
    )
    z = forward(bundle, [*sides[0].inputs, *sides[1].inputs], mlm=(rows, step.take_both), nsp=nsp and bundle.nsp.real)
    return [None, None] if z is None else [z[0], z[1]]


def _read_one(bundle: ModelBundle, number: int, side: "_Rows", step: "_InStep", nsp: bool) -> Floats | None:
    """The same for one side."""
    if not side.inputs:
        return None
    rows, take = Rows(side.of_input, side.positions), partial(step.take, number)
    z = forward(bundle, side.inputs, mlm=(rows, take), nsp=nsp and bundle.nsp.real)
    return None if z is None else z[0]


def read_plans_in_step(bundle: ModelBundle, plans: Sequence[ComparePlan]) -> list[PairRows]:
    """All pairs of each plan, of one K, without next-sentence logits; ModelError if the model fails on their inputs.

    The inputs of several go through the encoder together, without padding between them.
    """
    if not in_order(bundle):
        # Rows come by input, so those of a whole side would wait for the other's: a stretch of one plan at a time.
        return [_in_stretches(bundle, plan) for plan in plans]
    of_plans = [[_Rows.of(plan, side, plan.pairs, bundle.mask_id) for plan in plans] for side in (0, 1)]
    sides = [_Rows.joined(each) for each in of_plans]
    step = _InStep([pair for plan in plans for pair in plan.pairs], sides, plans[0].k, bundle.n_vocabulary)
    whole = step.result(_read_both(bundle, sides, step, nsp=False))
    of_a, of_b = ([len(each.positions) for each in own] for own in of_plans)
    cut = zip(
        whole.a.cut(of_a),
        whole.b.cut(of_b),
        whole.divergence.cut([len(plan.pairs) for plan in plans]),
        strict=True,
    )
    return [PairRows(a, b, differences, (None, None)) for a, b, differences in cut]


def _in_stretches(bundle: ModelBundle, plan: ComparePlan) -> PairRows:
    edges = pairwise([*range(0, len(plan.pairs), HEAD_PRODUCT_ROWS), len(plan.pairs)])
    return PairRows.joined([read_pairs(bundle, bundle, plan, edge) for edge in edges])


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one side of some pairs: which inputs they take, where each stands, and its own token."""

    inputs: list[Tensors]
    of_input: list[int]
    positions: list[int]
    targets: Ints

    @classmethod
    def of(cls, plan: ComparePlan, side: int, pairs: Sequence[tuple[int, int]], mask_id: int) -> "_Rows":
        """Those of one plan."""
        encoded = (plan.a, plan.b)[side]
        positions = [pair[side] for pair in pairs if pair[side] != GAP]
        numbers: dict[tuple[int, ...], int] = {}
        of_input = [numbers.setdefault(_hidden_with(plan, side, position), len(numbers)) for position in positions]
        inputs = [replaced(encoded, hidden, mask_id) for hidden in numbers]
        return cls(inputs, of_input, positions, encoded.ids[positions])

    @classmethod
    def joined(cls, parts: "Sequence[_Rows]") -> "_Rows":
        """Those of several, one after the other."""
        before = accumulate([0, *(len(part.inputs) for part in parts)])
        return cls(
            [each for part in parts for each in part.inputs],
            [first + each for part, first in zip(parts, before, strict=False) for each in part.of_input],
            [each for part in parts for each in part.positions],
            np.concatenate([part.targets for part in parts]),
        )


def _hidden_with(plan: ComparePlan, side: int, position: int) -> tuple[int, ...]:
    """What is hidden where a position is read: nothing in the seen reading and outside C."""
    if plan.hidden is None:
        return ()
    hidden = plan.hidden[side]
    row = int(hidden.row_of[0, position])
    return () if row < 0 else hidden.inputs[hidden.rows[row][0]][1]


class _InStep:
    """Takes rows of both sides in any order; the two of a pair meet, are compared, and go."""

    def __init__(self, pairs: Sequence[tuple[int, int]], sides: Sequence[_Rows], k: int, n_vocabulary: int) -> None:
        self._sides = [[number for number, pair in enumerate(pairs) if pair[side] != GAP] for side in (0, 1)]
        self._paired = [GAP not in pair for pair in pairs]
        self._statistics = [StatisticsReducer(side.targets, k, n_vocabulary) for side in sides]
        self._waiting: dict[int, torch.Tensor] = {}
        self._movers = min(MOVERS, n_vocabulary)
        self._found: list[Divergence] = []
        self._row_of = np.full(len(pairs), -1, np.int32)
        """Of each pair the row in what was found; the last one, which is blank, until both sides have come."""
        # Pair by pair, so that what waits for its other side is never more than a row where rows come in this order.
        rows = [(side, row) for side in (0, 1) for row in range(len(self._sides[side]))]
        self.interleaved = sorted(rows, key=lambda each: (self._sides[each[0]][each[1]], each[0]))

    def take_both(self, logits: torch.Tensor, start: int) -> None:
        """Take rows of both sides, in the interleaved order."""
        order = self.interleaved[start : start + len(logits)]
        for side in (0, 1):
            mine = [at for at, (of, _) in enumerate(order) if of == side]
            if mine:
                self.take(side, logits[mine], order[mine[0]][1])

    def take(self, side: int, logits: torch.Tensor, start: int) -> None:
        """Take rows of one side, which are overwritten."""
        self._statistics[side](logits, start)
        met: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        for number, row in zip(self._sides[side][start : start + len(logits)], logits, strict=True):
            if not self._paired[number]:
                continue
            other = self._waiting.pop(number, None)
            if other is None:
                self._waiting[number] = row.clone()
            else:
                met[number] = (row, other) if side == 0 else (other, row)
        if met:
            a, b = (torch.stack([rows[side] for rows in met.values()]) for side in (0, 1))
            self._row_of[list(met)] = self._row_of.max(initial=-1) + 1 + np.arange(len(met))
            self._found.append(divergence(a, b, self._movers))

    def result(self, z: Sequence[Floats | None]) -> PairRows:
        """What the rows came to, once all of them have come."""
        a, b = (each.result() for each in self._statistics)
        differences = Divergence.joined([*self._found, Divergence.blank(self._movers)]).take(self._row_of)
        return PairRows(a, b, differences, (z[0], z[1]))
