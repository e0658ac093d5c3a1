"""Filling [MASK]s, one by one or jointly.

Filling every [MASK] by its own best token takes them for independent. The joint orders fill one after the other and
condition each on what was filled before. A total is the log-probability of one path through one order: totals of
different orders are not values of one joint distribution.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from analysis import export
from analysis.choices import DEFAULT_BEAM, DEFAULT_K, FILL_ORDERS, FillOrder, chosen, several, whole
from analysis.errors import InputError
from analysis.kernels.distributions import StatisticsReducer, check_k
from analysis.limits import MAX_BEAM, MAX_MASKS
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate, estimate_passes
from analysis.models.forward import Rows, forward
from analysis.questions import Fill, Text
from analysis.task import Task, of_one
from analysis.texts.encoding import one_input, replaced
from analysis.texts.notices import notices
from analysis.types import Edit, Encoded, Filling, FillResult, FillStep, Floats, Tensors, TokenStatistics

_Read = tuple[TokenStatistics, Floats]
"""Statistics of some rows, and ln p [T, K] of their most probable ids."""


@dataclass(frozen=True, slots=True)
class FillPlan:
    """What filling takes: how it was asked for, the input, and where its [MASK]s stand."""

    asked: Fill
    encoded: Encoded
    positions: tuple[int, ...]
    width: int

    def hypotheses(self, step: int) -> int:
        """How many the beam has before so many steps, each a pass."""
        return self.width if step else 1

    @property
    def passes(self) -> int:
        """Of all orders."""
        count = len(self.positions)
        of_beam = sum(map(self.hypotheses, range(count)))
        return sum({"independent": 1, "beam": of_beam}.get(order, count) for order in self.asked.orders)


class Stretch(NamedTuple):
    """Some steps of an order; of one step of a beam perhaps only some of its hypotheses, to the last + 1."""

    order: FillOrder
    start: int
    stop: int
    first: int = 0
    last: int | None = None


_Path = tuple[FillStep, ...]


class Part(NamedTuple):
    """How far an order is after a stretch: its paths, the best first; or the rows of a part of a beam's step."""

    of: Stretch
    paths: tuple[_Path, ...] = ()
    rows: _Read | None = None


def _plan(bundle: ModelBundle, question: Fill) -> FillPlan:
    bundle.mlm.require()
    orders, k = several("orders", question.orders), check_k(question.k, bundle.n_vocabulary)
    question = replace(question, orders=orders, k=k, beam=whole("beam", question.beam))
    for order in question.orders:
        chosen("order", order, FILL_ORDERS)
    if not question.orders:
        raise InputError("No order of filling is chosen: choose at least one.")
    if not 1 <= question.beam <= MAX_BEAM:
        raise InputError(f"A beam of {question.beam} came: choose 1 to {MAX_BEAM}.")
    encoded = one_input(bundle, question.text)
    return FillPlan(question, encoded, _masks(bundle, encoded), min(question.beam, bundle.n_vocabulary))


def _chunks(plan: FillPlan, tokens: int) -> Iterator[Stretch]:
    """Order by order, so many steps at a time; where a beam has more hypotheses than that, some of a step's."""
    count, at_once = len(plan.positions), max(1, tokens // len(plan.encoded))
    for order in plan.asked.orders:
        if order == "independent":
            yield Stretch(order, 0, count)
            continue
        width = plan.width if order == "beam" else 1
        size = max(1, at_once // width)
        for start in range(0, count, size):
            stop = min(start + size, count)
            if width <= at_once or plan.hypotheses(start) == 1:
                yield Stretch(order, start, stop)
            else:
                yield from (Stretch(order, start, stop, first, first + at_once) for first in range(0, width, at_once))


def _read_stretch(bundle: ModelBundle, plan: FillPlan, chunk: Stretch, before: Callable[[], Sequence[Part]]) -> Part:
    if chunk.order == "independent":
        read = _read(bundle, [plan.encoded], [plan.positions], plan.asked.k)
        return Part(chunk, (tuple(_step(bundle, read, row, at) for row, at in enumerate(plan.positions)),))
    paths: tuple[_Path, ...] = ((),)
    come: list[_Read] = []
    if chunk.start or chunk.first:
        # What this order has come to so far, and what has come of a step under way.
        for part in reversed(before()):
            if part.rows is None:
                paths = part.paths
                break
            come.insert(0, part.rows)
    if chunk.order != "beam":
        return Part(chunk, (_one_by_one(bundle, plan, chunk, paths[0]),))
    for position in plan.positions[chunk.start : chunk.stop]:
        come.append(_continuations(bundle, plan, paths[chunk.first : chunk.last], position))
        if chunk.last is not None and chunk.last < len(paths):
            return Part(chunk, rows=come[-1])
        paths, come = _longer(bundle, plan, paths, position, come), []
    return Part(chunk, paths)


def _assemble(bundle: ModelBundle, plan: FillPlan, parts: Sequence[Part]) -> FillResult | None:
    """The orders that have come to their end."""
    whole = [part for part in parts if part.rows is None and part.of.stop == len(plan.positions)]
    if not whole:
        return None
    return FillResult(
        encoded=plan.encoded,
        positions=plan.positions,
        fillings=tuple(Filling(part.of.order, path) for part in whole for path in part.paths),
        notices=notices(plan.encoded),
        provenance=bundle.provenance(),
    )


def _estimate(bundle: ModelBundle, plan: FillPlan) -> Estimate:
    return estimate_passes(bundle, len(plan.encoded), plan.passes)


FILL = Task(
    plan=of_one(_plan),
    chunks=lambda _models, plan, tokens: tuple(_chunks(plan, tokens)),
    read=of_one(_read_stretch),
    assemble=of_one(_assemble),
    export=export.fill_result,
    unit="passes",
    size=lambda plan: plan.passes,
    estimate=of_one(_estimate),
    rests=True,
)


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

    ``independent``: each by its own argmax, all others masked. ``left_to_right``, ``right_to_left``, ``confident`` (the
    most probable argmax of those left): the argmax, one after the other. ``beam``: the sequences of largest total from
    left to right. Arguments are the fields of ``Fill`` and its ``Text``.

    Raises
    ------
    InputError
        If the text can't be read, has no [MASK] or too many, or an option is out of range.
    ModelError
        If the model fails on this input.
    """
    text = Text(text_a, text_b, several("edits", edits))
    return FILL.answer((bundle,), Fill(text, several("orders", orders), k, beam))


def _masks(bundle: ModelBundle, encoded: Encoded) -> tuple[int, ...]:
    positions = tuple(np.flatnonzero(encoded.masked).tolist())
    if not positions:
        raise InputError(f"This text has no {bundle.tokenizer.mask_token} to fill: put one where a word is wanted.")
    if len(positions) > MAX_MASKS:
        raise InputError(f"This text has {len(positions)} gaps; at most {MAX_MASKS} are filled: fill some yourself.")
    return positions


def _one_by_one(bundle: ModelBundle, plan: FillPlan, chunk: Stretch, path: _Path) -> _Path:
    """A path with the steps of a stretch."""
    filled = {step.position for step in path}
    left, steps = [at for at in plan.positions if at not in filled], list(path)
    now = _with(plan, path)
    for _ in range(chunk.start, chunk.stop):
        asked = left if chunk.order == "confident" else [left[0] if chunk.order == "left_to_right" else left[-1]]
        read = _read(bundle, [now], [asked], plan.asked.k)
        # argmax takes the first of equals: of equally sure gaps the leftmost.
        at = int(read[0].top_p[:, 0].argmax())
        steps.append(_step(bundle, read, at, asked[at]))
        now = replaced(now, [asked[at]], steps[-1].id)
        left.remove(asked[at])
    return tuple(steps)


def _continuations(bundle: ModelBundle, plan: FillPlan, paths: Sequence[_Path], position: int) -> _Read:
    """What some hypotheses of a beam go on with at a position: a row for each."""
    return _read(
        bundle, [_with(plan, path) for path in paths], [[position]] * len(paths), max(plan.asked.k, plan.width)
    )


def _longer(
    bundle: ModelBundle, plan: FillPlan, paths: Sequence[_Path], position: int, come: Sequence[_Read]
) -> tuple[_Path, ...]:
    """The best of the hypotheses that are longer by a step, of which the rows have come in stretches."""
    rows = ((read, row) for read in come for row in range(len(read[0].rank)))
    longer = [
        (*path, _step(bundle, read, row, position, place, plan.asked.k))
        for path, (read, row) in zip(paths, rows, strict=True)
        for place in range(plan.width)
    ]
    return tuple(sorted(longer, key=lambda path: -math.fsum(step.logp_nats for step in path))[: plan.width])


def _with(plan: FillPlan, path: _Path) -> Tensors:
    """The input with the steps of a path taken."""
    return replaced(plan.encoded, [step.position for step in path], [step.id for step in path])


def _read(bundle: ModelBundle, inputs: Sequence[Tensors], positions: Sequence[Sequence[int]], k: int) -> _Read:
    """The predictions at some positions of each input, one row after the other."""
    rows = Rows(
        inputs=[number for number, asked in enumerate(positions) for _ in asked],
        positions=[position for asked in positions for position in asked],
    )
    reducer = StatisticsReducer(np.full(len(rows.inputs), bundle.mask_id), k, bundle.n_vocabulary)
    forward(bundle, inputs, mlm=(rows, reducer))
    return reducer.result(), reducer.top_log_p


def _step(bundle: ModelBundle, read: _Read, row: int, position: int, place: int = 0, k: int | None = None) -> FillStep:
    statistics, top_log_p = read
    ids, p, id_ = statistics.top_ids[row][:k], statistics.top_p[row][:k], int(statistics.top_ids[row, place])
    (token,) = bundle.tokens_of([id_])
    return FillStep(position, id_, token, float(top_log_p[row, place]), ids, p, bundle.tokens_of(ids))
