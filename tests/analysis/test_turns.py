"""Whose pass is next: visitors in turn, short work first within a turn, nobody twice before another's first."""

import threading
import time
from collections.abc import Sequence

import pytest

from analysis.models.turns import VISITOR, Turns


class Line:
    """Threads that wait for a turn one after the other, and the order in which they get it."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.order, self._threads = turns, [], []

    def join_in(self, visitor: str, size: int = 0) -> None:
        ahead = len(self.turns._waiting)
        thread = threading.Thread(target=self._wait, args=(visitor, size), daemon=True)
        thread.start()
        self._threads.append(thread)
        until = time.monotonic() + 5
        while len(self.turns._waiting) == ahead and time.monotonic() < until:
            time.sleep(0.001)

    def end(self) -> list[str]:
        for thread in self._threads:
            thread.join(5)
        return self.order

    def _wait(self, visitor: str, size: int) -> None:
        VISITOR.set(visitor)
        with self.turns.turn(size):
            self.order.append(f"{visitor}{size or ''}")


@pytest.mark.parametrize(
    ("arrive", "go"),
    [
        (["a", "b", "c"], ["a", "b", "c"]),
        (["a", "a", "a", "b", "b", "c"], ["a", "b", "c", "a", "b", "a"]),
        (["a9", "b5", "c7"], ["b5", "c7", "a9"]),
        (["a9", "a1", "b5"], ["b5", "a9", "a1"]),
        (["a1", "a1", "b9"], ["a1", "b9", "a1"]),
    ],
    ids=["in the order of coming", "each in turn", "short first", "within a turn only", "long work has its turn, too"],
)
def test_the_order_of_turns(arrive: Sequence[str], go: Sequence[str]) -> None:
    turns = Turns(1)
    line = Line(turns)
    with turns.turn():
        for each in arrive:
            line.join_in(each[0], int(each[1:] or 0))
    assert line.end() == go


def test_a_short_text_waits_for_one_chunk_of_a_long_reading() -> None:
    """Whoever reads on in chunks asks anew for each, and whoever came meanwhile is before them."""
    turns, order = Turns(1), []

    def reads(visitor: str, chunks: int, size: int) -> None:
        VISITOR.set(visitor)
        for number in range(chunks):
            with turns.turn(size):
                order.append(visitor)
                time.sleep(0.02)
                if number == 2:
                    come.set()

    come = threading.Event()
    long = threading.Thread(target=reads, args=("long", 8, 2048))
    long.start()
    assert come.wait(5)
    short = threading.Thread(target=reads, args=("short", 1, 9))
    short.start()
    for thread in (short, long):
        thread.join(5)
    assert order.index("short") <= 4


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


def test_visitors_of_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.models.turns._REMEMBERED", 10)
    turns = Turns(1)
    for number in range(50):
        VISITOR.set(str(number))
        with turns.turn():
            pass
    VISITOR.set(None)
    assert len(turns._last) <= 51
    for _ in range(20):
        with turns.turn():
            pass
    assert len(turns._last) <= 10
