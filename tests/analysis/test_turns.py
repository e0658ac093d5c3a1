"""Whose pass is next: what is done soonest, and of every few turns one goes to whoever has waited longest."""

import threading
import time
from collections.abc import Sequence

import pytest

from analysis.models.turns import LEFT, Turns


class Line:
    """Threads that wait for a turn one after the other, and the order in which they get it."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.order, self._threads = turns, [], []

    def join_in(self, name: str, size: int, left: int) -> None:
        ahead = self.turns.waiting
        thread = threading.Thread(target=self._wait, args=(name, size, left), daemon=True)
        thread.start()
        self._threads.append(thread)
        until = time.monotonic() + 5
        while self.turns.waiting == ahead and time.monotonic() < until:
            time.sleep(0.001)

    def end(self) -> str:
        for thread in self._threads:
            thread.join(5)
        return "".join(self.order)

    def _wait(self, name: str, size: int, left: int) -> None:
        LEFT.set(left)
        with self.turns.turn(size):
            self.order.append(name)


@pytest.mark.parametrize(
    ("arrive", "go"),
    [
        ([(5, 1), (5, 1), (5, 1)], "abc"),
        ([(9, 1), (5, 1), (7, 1)], "bca"),
        ([(5, 9), (5, 2), (9, 1)], "cba"),
        ([(90, 9), *[(1, 1)] * 6], "bcdaefg"),
        ([(90, 9), (80, 9), *[(1, 1)] * 6], "cdeafghb"),
    ],
    ids=["in the order of coming", "short first", "by what is left", "long ones have their turn, too", "one by one"],
)
def test_the_order_of_turns(arrive: Sequence[tuple[int, int]], go: str) -> None:
    turns = Turns(1)
    line = Line(turns)
    with turns.turn():
        for name, (size, left) in zip("abcdefgh", arrive, strict=False):
            line.join_in(name, size, left)
    assert line.end() == go


def test_a_short_text_waits_for_one_chunk_of_a_long_reading() -> None:
    """Whoever reads on in chunks asks anew for each, and whoever came meanwhile has less left."""
    turns, chunks = Turns(1), 8
    line = Line(turns)
    for number in range(chunks):
        LEFT.set(chunks - number)
        with turns.turn(2048):
            line.order.append("L")
            if number == 2:
                line.join_in("s", 9, 1)
    assert line.end() == "LLLsLLLLL"


def test_as_many_at_once_as_there_is_room_for() -> None:
    turns, inside, most = Turns(2), [], []

    def work() -> None:
        with turns.turn():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert max(most) == 2 and len(most) == 6


def test_a_turn_that_ends_in_an_error_is_given_back() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn():
        pass
