"""Whose forward pass is next: visitors in turn, and within a turn short work before long.

A long reading comes in chunks, each of which asks for a turn of its own; so beside it a short text waits for one chunk,
not for all of them. Start-time fair queueing (Goyal, Vin & Cheng 1997) with every turn counted as one.
"""

import heapq
import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count

VISITOR: ContextVar[str | None] = ContextVar("visitor", default=None)
"""Who asks, where several people share a process; None counts every thread as one."""

_REMEMBERED = 1_000
"""Visitors of whose last turns a note is kept; those of long ago have no bearing on the next."""


class Turns:
    """Lets a bounded number of passes run at once, in fair order."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int, int]] = []
        self._tickets = count()
        self._round = 0
        self._last: dict[str | int, int] = {}

    @contextmanager
    def turn(self, size: int = 0) -> Generator[None]:
        """Wait for a turn and hold it; ``size`` is how much work it is, in any unit that all callers share."""
        visitor = VISITOR.get() or threading.get_ident()
        with self._changed:
            self._forget()
            own = max(self._round, self._last.get(visitor, -1) + 1)
            self._last[visitor] = own
            mine = (own, size, next(self._tickets))
            heapq.heappush(self._waiting, mine)
            try:
                self._changed.wait_for(lambda: self._free > 0 and self._waiting[0] == mine)
            finally:
                # Whoever waits no longer, for whatever reason, stands in nobody's way.
                self._waiting.remove(mine)
                heapq.heapify(self._waiting)
                self._changed.notify_all()
            self._free -= 1
            self._round = max(self._round, own)
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _forget(self) -> None:
        if len(self._last) > _REMEMBERED:
            self._last = {visitor: last for visitor, last in self._last.items() if last >= self._round}
