"""Whose forward pass is next: what will be done soonest, and now and then whoever has waited longest.

A long reading comes in chunks, each of which asks for a turn of its own; so beside it a short text waits for one chunk,
not for all of them. To take the shortest remaining work first lets people wait least on the whole (Schrage 1968). That
nobody waits for ever, of every few turns one goes to whoever has stood in line longest.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import NamedTuple

LEFT: ContextVar[int] = ContextVar("left", default=1)
"""How many parts, about as large as this one, are left of what somebody waits for, this one included."""

_SHORT_IN_A_ROW = 3
"""Turns that may go by shortness before one goes by waiting."""


class _Waits(NamedTuple):
    """Somebody in line: how much is left, and the number of their coming."""

    left: int
    ticket: int


class Turns:
    """Lets a bounded number of passes run at once, in fair order."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._changed = threading.Condition()
        self._line: list[_Waits] = []
        self._in_a_row = 0
        self._tickets = count()

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._line)

    @contextmanager
    def turn(self, size: int = 0) -> Generator[None]:
        """Wait for a turn and hold it; ``size`` is how much work it is, in any unit that all callers share."""
        with self._changed:
            mine = _Waits(size * LEFT.get(), next(self._tickets))
            self._line.append(mine)
            try:
                self._changed.wait_for(lambda: self._free > 0 and self._next == mine)
                self._in_a_row = 0 if mine == self._first else self._in_a_row + 1
            finally:
                # Whoever waits no longer, for whatever reason, stands in nobody's way.
                self._line.remove(mine)
                self._changed.notify_all()
            self._free -= 1
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    @property
    def _first(self) -> _Waits:
        return min(self._line, key=lambda each: each.ticket)

    @property
    def _next(self) -> _Waits:
        return self._first if self._in_a_row >= _SHORT_IN_A_ROW else min(self._line)
