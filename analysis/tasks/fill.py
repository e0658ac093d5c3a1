"""Filling [MASK]s, one by one or jointly.

Filling every [MASK] by its own best token takes them for independent. The joint orders fill one after the other and
condition each on what was filled before. A total is the log-probability of one path through one order: totals of
different orders are not values of one joint distribution.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis import export
from analysis.choices import DEFAULT_BEAM, DEFAULT_K, FILL_ORDERS, FillOrder, chosen, several, whole
from analysis.errors import InputError
from analysis.kernels.distributions import StatisticsReducer, check_k
from analysis.limits import MAX_BEAM, MAX_MASKS
from analysis.models.bundle import ModelBundle
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
    return FillPlan(question, encoded, _masks(bundle, encoded))


def _read_order(bundle: ModelBundle, plan: FillPlan, order: FillOrder) -> list[Filling]:
    if order == "independent":
        read = _read(bundle, [plan.encoded], [plan.positions], plan.asked.k)
        return [Filling(order, tuple(_step(bundle, read, row, at) for row, at in enumerate(plan.positions)))]
    if order == "beam":
        return [Filling(order, path) for path in _beam(bundle, plan)]
    return [Filling(order, _one_by_one(bundle, plan, order))]


def _assemble(bundle: ModelBundle, plan: FillPlan, parts: Sequence[list[Filling]]) -> FillResult | None:
    fillings = tuple(filling for part in parts for filling in part)
    if not fillings:
        return None
    return FillResult(
        encoded=plan.encoded,
        positions=plan.positions,
        fillings=fillings,
        notices=notices(plan.encoded),
        provenance=bundle.provenance(),
    )


FILL = Task(
    plan=of_one(_plan),
    chunks=lambda _models, plan, _tokens: plan.asked.orders,
    read=of_one(_read_order),
    assemble=of_one(_assemble),
    export=export.fill_result,
    unit="orders",
    size=lambda plan: len(plan.asked.orders),
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


def _one_by_one(bundle: ModelBundle, plan: FillPlan, order: FillOrder) -> tuple[FillStep, ...]:
    left, steps = list(plan.positions), []
    now: Tensors = plan.encoded
    while left:
        asked = left if order == "confident" else [left[0] if order == "left_to_right" else left[-1]]
        read = _read(bundle, [now], [asked], plan.asked.k)
        # argmax takes the first of equals: of equally sure gaps the leftmost.
        at = int(read[0].top_p[:, 0].argmax())
        steps.append(_step(bundle, read, at, asked[at]))
        now = replaced(now, [asked[at]], steps[-1].id)
        left.remove(asked[at])
    return tuple(steps)


def _beam(bundle: ModelBundle, plan: FillPlan) -> list[tuple[FillStep, ...]]:
    k, width = plan.asked.k, min(plan.asked.beam, bundle.n_vocabulary)
    paths: list[tuple[FillStep, ...]] = [()]
    for position in plan.positions:
        inputs = [
            replaced(plan.encoded, [step.position for step in path], [step.id for step in path]) for path in paths
        ]
        read = _read(bundle, inputs, [[position]] * len(inputs), max(k, width))
        longer: list[tuple[FillStep, ...]] = [
            (*path, _step(bundle, read, row, position, place, k))
            for row, path in enumerate(paths)
            for place in range(width)
        ]
        paths = sorted(longer, key=lambda path: -math.fsum(step.logp_nats for step in path))[:width]
    return paths


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
