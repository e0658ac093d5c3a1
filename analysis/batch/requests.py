"""What the rows of a batch ask of a model, and one run of it for all of them.

Whoever scores a row is a generator: it yields requests, is sent their answers, and returns what the row comes to. So a
score is written as if its row were alone, while the requests of many rows go through the encoder together, equal ones
once.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

import numpy as np

from analysis.choices import Masking
from analysis.errors import InputError, ModelError, PretextError
from analysis.kernels.distributions import StatisticsReducer
from analysis.limits import GROUP_TOKENS, PASS_TOKENS
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import rows_in_tokens
from analysis.models.forward import Rows, forward
from analysis.tasks.hidden import plan_hidden
from analysis.tasks.in_step import ComparePlan, PairRows, read_plans_in_step
from analysis.texts.align import GAP
from analysis.types import Encoded, Ints, Tensors, TokenStatistics

Key = tuple[Any, ...]


def _bytes_of(tensors: Tensors) -> Key:
    return (tensors.ids.tobytes(), tensors.segment_ids.tobytes(), tensors.attention_mask.tobytes())


@dataclass(frozen=True, slots=True, eq=False)
class Predict:
    """The masked-LM head's rows at some positions of an input, against one id each: ``TokenStatistics`` [R] with K."""

    tensors: Tensors
    positions: tuple[int, ...]
    targets: tuple[int, ...]
    k: int = 1

    @property
    def key(self) -> Key:
        """Equal keys, equal answers."""
        return (*_bytes_of(self.tensors), self.positions, self.targets, self.k)

    @property
    def n_tokens(self) -> int:
        """Tensors of its input."""
        return len(self.tensors)

    @property
    def n_rows(self) -> int:
        """Rows of the masked-LM head."""
        return len(self.positions)


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """The next-sentence head's logits of an input: float32 [2], z_0 for IsNext."""

    tensors: Tensors
    k: ClassVar = 0
    """It lists no predictions."""
    n_rows: ClassVar = 0

    @property
    def key(self) -> Key:
        """Equal keys, equal answers."""
        return _bytes_of(self.tensors)

    @property
    def n_tokens(self) -> int:
        """Tensors of its input."""
        return len(self.tensors)


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Two inputs read in step: the rows of both sides and how they differ at each aligned pair, ``PairRows``."""

    plan: ComparePlan

    @property
    def key(self) -> Key:
        """Equal keys, equal answers."""
        a, b, pairs, hidden, k = self.plan.a, self.plan.b, self.plan.pairs, self.plan.hidden, self.plan.k
        return (*_bytes_of(a), *_bytes_of(b), pairs, hidden and tuple(each.inputs for each in hidden), k)

    @property
    def k(self) -> int:
        """Predictions per row."""
        return self.plan.k

    @property
    def n_tokens(self) -> int:
        """Tensors of its inputs."""
        sides = (self.plan.a, self.plan.b)
        if self.plan.hidden is None:
            return sum(map(len, sides))
        return sum(len(side) * sum(pair[at] != GAP for pair in self.plan.pairs) for at, side in enumerate(sides))

    @property
    def n_rows(self) -> int:
        """Rows of the masked-LM head."""
        return 2 * len(self.plan.pairs)


Request = Predict | Margin | Beside
R = TypeVar("R")
Work = Generator[Sequence[Request], Sequence[Any], R]


def seen(encoded: Encoded, k: int = 1) -> "Work[TokenStatistics]":
    """Every position with nothing hidden, [T] rows."""
    everywhere = tuple(range(len(encoded)))
    (found,) = yield [Predict(encoded, everywhere, tuple(encoded.ids.tolist()), k)]
    return found


def hidden(
    bundle: ModelBundle,
    encoded: Encoded,
    maskings: Sequence[Masking],
    k: int = 1,
    positions: Sequence[int] | None = None,
) -> "Work[tuple[TokenStatistics, Ints]]":
    """Positions of C, or some of them, with their own token hidden.

    Returns the rows that the maskings take between them, and the row of each position, int32 [len(maskings), T], -1
    where there is none.
    """
    plan = plan_hidden(bundle, encoded, tuple(maskings), positions)
    asked: list[list[int]] = [[] for _ in plan.inputs]
    for number, position in plan.rows:
        asked[number].append(position)
    found = yield [
        Predict(
            plan.tensors(number, bundle.mask_id),
            tuple(plan.within(number, position) for position in own),
            tuple(encoded.ids[own].tolist()),
            k,
        )
        for number, own in enumerate(asked)
    ]
    return TokenStatistics.joined(found), plan.row_of


def beside(plan: ComparePlan) -> "Work[PairRows]":
    """Both sides of a comparison, read in step; with hidden tokens some pairs at a time, each of which takes passes."""
    count = len(plan.pairs)
    size = count if plan.hidden is None else max(1, PASS_TOKENS // (len(plan.a) + len(plan.b)))
    found = yield [Beside(replace(plan, pairs=plan.pairs[at : at + size])) for at in range(0, count, size or 1)]
    return PairRows.joined(found)


def margin(tensors: Tensors) -> "Work[float]":
    """The next-sentence margin z_0 - z_1 of an input, in nats."""
    (z,) = yield [Margin(tensors)]
    return float(z[0]) - float(z[1])


_Of = tuple[type[Request], Key]
Answers = dict[_Of, Any]
"""By kind and key of a request its answer, or the error that the model ended with on it."""


def work_off(bundle: ModelBundle, works: Sequence["Work[R]"], known: Answers | None = None) -> list[R | PretextError]:
    """Carry out some generators side by side; each comes to what it returns, or to the error that ended it.

    What is ``known`` is not asked of the model again.
    """
    known = known or {}
    return _work_off(works, lambda requests: known | _answered(bundle, _unknown(requests, known)))


def read_ahead(bundle: ModelBundle, work: "Work[Any]", known: Answers, tokens: int) -> Answers:
    """The answers to the next requests of a generator that are not known yet, those of about so many tokens."""
    found: Answers = {}
    room = tokens

    def some(requests: Sequence[Request]) -> Answers:
        nonlocal room
        missing = _unknown(requests, known | found)
        mine: dict[_Of, Request] = {}
        for of, request in missing.items():
            cost = _cost(bundle, request)
            # The first of all, however long it is.
            if (mine or found) and cost > room:
                break
            mine[of] = request
            room -= cost
        found.update(_answered(bundle, mine))
        if len(mine) < len(missing):
            raise _EnoughError
        return known | found

    with suppress(_EnoughError):
        _work_off([work], some)
    return found


def first_costs(bundle: ModelBundle, works: Sequence["Work[Any]"]) -> list[int]:
    """What some generators ask first, each request in tokens; nothing of one that ends without."""
    requests: list[Request] = []
    for work in works:
        with suppress(PretextError):
            requests += next(work, ())
    return [_cost(bundle, each) for each in _unknown(requests, {}).values()]


def _cost(bundle: ModelBundle, request: Request) -> int:
    """Tokens of the encoder that take as long."""
    return request.n_tokens + rows_in_tokens(bundle, request.n_rows)


class _EnoughError(Exception):
    """As much has been read as was wanted."""


def _unknown(requests: Sequence[Request], known: Answers) -> dict[_Of, Request]:
    """The requests that have no answer yet, each once."""
    once = {(type(request), request.key): request for request in requests}
    return {of: request for of, request in once.items() if of not in known}


def _work_off(works: Sequence["Work[R]"], answer: Callable[[Sequence[Request]], Answers]) -> list[R | PretextError]:
    ends: list[R | PretextError | None] = [None] * len(works)
    sent: dict[int, Any] = dict.fromkeys(range(len(works)))
    while sent:
        waiting: dict[int, Sequence[Request]] = {}
        for number, value in sent.items():
            try:
                work = works[number]
                waiting[number] = work.throw(value) if isinstance(value, PretextError) else work.send(value)
            except StopIteration as stop:
                ends[number] = stop.value
            except PretextError as error:
                ends[number] = error
        answers = answer([request for requests in waiting.values() for request in requests])
        sent = {}
        for number, requests in waiting.items():
            own = [answers[type(request), request.key] for request in requests]
            sent[number] = next((each for each in own if isinstance(each, PretextError)), own)
    return [end for end in ends if end is not None]


def _answered(bundle: ModelBundle, requests: dict[_Of, Request]) -> Answers:
    together: dict[tuple[type[Request], int], dict[_Of, Request]] = {}
    for of, request in requests.items():
        together.setdefault((type(request), request.k), {})[of] = request
    answers: Answers = {}
    for (kind, _), mine in together.items():
        answers |= _in_groups(bundle, mine, _RUNS[kind])
    return answers


def _in_groups(bundle: ModelBundle, requests: dict[_Of, Any], run: "_Run") -> Answers:
    answers: Answers = {}
    group: dict[_Of, Any] = {}
    tokens = 0
    for number, (key, each) in enumerate(requests.items(), start=1):
        group[key] = each
        tokens += each.n_tokens
        if tokens >= GROUP_TOKENS or number == len(requests):
            answers |= dict(zip(group, _run(bundle, list(group.values()), run), strict=True))
            group, tokens = {}, 0
    return answers


def _run(bundle: ModelBundle, requests: list[Any], run: "_Run") -> Sequence[Any]:
    """Answers in the order of the requests; where the model fails, of each alone, so that one bad input is one."""
    try:
        return run(bundle, requests)
    except InputError as error:
        # The model has no such head.
        return [error] * len(requests)
    except ModelError as error:
        return [error] if len(requests) == 1 else [_run(bundle, [each], run)[0] for each in requests]


def _predict(bundle: ModelBundle, requests: Sequence[Predict]) -> list[TokenStatistics]:
    bundle.mlm.require()
    counts = [len(each.positions) for each in requests]
    rows = Rows(
        inputs=[number for number, count in enumerate(counts) for _ in range(count)],
        positions=[position for each in requests for position in each.positions],
    )
    targets = np.array([target for each in requests for target in each.targets], np.int64)
    reducer = StatisticsReducer(targets, requests[0].k, bundle.n_vocabulary)
    forward(bundle, [each.tensors for each in requests], mlm=(rows, reducer))
    return reducer.result().cut(counts)


def _margins(bundle: ModelBundle, requests: Sequence[Margin]) -> Sequence[Any]:
    bundle.nsp.require()
    found = forward(bundle, [each.tensors for each in requests], nsp=True)
    if found is None:
        raise ModelError("The model gave no answer of a second head: choose another model.")
    return list(found)


def _in_step(bundle: ModelBundle, requests: Sequence[Beside]) -> list[PairRows]:
    bundle.mlm.require()
    return read_plans_in_step(bundle, [each.plan for each in requests])


_Run = Callable[[ModelBundle, Sequence[Any]], Sequence[Any]]
_RUNS: dict[type[Request], _Run] = {Predict: _predict, Margin: _margins, Beside: _in_step}
"""How requests of a kind, of one K, are carried out together."""
