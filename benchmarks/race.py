"""Contenders against each other: each answers once (the warm-up), the answers are checked, then they take turns."""

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Generic, TypeVar

from benchmarks.results import Timing

Answer = TypeVar("Answer")

_LEAST_SECONDS = 0.2
"""A contender is run again within its turn until this much time is spent: short ones need more than one look."""


@dataclass(frozen=True, slots=True)
class Contender(Generic[Answer]):
    """A name and what is timed; ``prepare`` is called before each run, off the clock.

    ``processor`` gives the processor's seconds of a process that works for the contender and goes on living.
    """

    name: str
    run: Callable[[], Answer]
    prepare: Callable[[], object] | None = None
    processor: Callable[[], float] = lambda: 0.0


@dataclass(frozen=True, slots=True)
class Race:
    """How it went: what was checked first, and the times of all who ran."""

    checks: tuple[str, ...]
    timings: tuple[Timing, ...]

    def seconds(self, name: str) -> float:
        """The shortest time of a contender."""
        return next(each.minimum for each in self.timings if each.contender == name)


def race(
    contenders: Sequence[Contender[Answer]],
    check: Callable[[Mapping[str, Answer]], Sequence[str]],
    rounds: int,
    *,
    beside: Sequence[Contender[None]] = (),
) -> Race:
    """Check the contenders' answers, then time them in turns.

    Parameters
    ----------
    check
        Given every answer by name; returns what it compared, or raises ``WrongAnswerError``.
    rounds
        How many turns each contender has.
    beside
        Run and timed in the same rounds without an answer: the roofline.

    Raises
    ------
    WrongAnswerError
        If a contender is wrong; nothing has been timed then.
    """
    answers = {each.name: _answer(each) for each in contenders}
    checks = tuple(check(answers))
    for each in beside:
        _answer(each)
    del answers
    everyone: list[Contender] = [*contenders, *beside]
    taken: dict[str, list[tuple[float, float]]] = {each.name: [] for each in everyone}
    for turn in range(rounds):
        first = turn % len(everyone)
        # Whoever comes after a memory-hungry neighbour would always do so if the order never changed.
        for each in [*everyone[first:], *everyone[:first]]:
            taken[each.name] += _turn(each)
    return Race(checks, tuple(Timing(name, *zip(*pairs, strict=True)) for name, pairs in taken.items()))


def _answer(contender: Contender[Answer]) -> Answer:
    if contender.prepare is not None:
        contender.prepare()
    return contender.run()


def _turn(contender: Contender) -> list[tuple[float, float]]:
    taken: list[tuple[float, float]] = []
    gc.collect()
    while sum(seconds for seconds, _ in taken) < _LEAST_SECONDS:
        if contender.prepare is not None:
            contender.prepare()
        start, start_processor = perf_counter(), processor_time() + contender.processor()
        contender.run()
        seconds = perf_counter() - start
        taken.append((seconds, processor_time() + contender.processor() - start_processor))
    return taken


def processor_time() -> float:
    """Of this process and of those that it has started and seen the end of."""
    times = os.times()
    return process_time() + times.children_user + times.children_system
