"""Two visitors: beside the longest question of every task a short text is answered between its chunks."""

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import streamlit as st

from analysis.models import bundle as gates
from analysis.models.bundle import ModelBundle
from analysis.models.turns import Turns
from analysis.questions import Question, Score, Text
from analysis.tasks import task_of
from dashboard.screen import cache, work
from tests.analysis.longest import LONGEST, Counted, counting
from tests.analysis.stand_ins import assert_rejects

PATIENCE = 60
SHORT = Score(Text("The old man sat on the mat."))
LONG_ONES = {name: next(iter(cases.values())) for name, cases in LONGEST.items() if name != "model"}
"""Of the model itself nothing is computed."""


@pytest.fixture
def counted(bundled: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    # What counted passes come to is for no other test to find.
    monkeypatch.setattr(cache, "task_of", task_of)
    with counting(bundled) as found:
        yield found
    st.cache_resource.clear()


class Visitor(threading.Thread):
    """Reads a question part by part, as a page does."""

    def __init__(self, name: str, question: Question, gone: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        asked = cache.asked(("bundled",), question)
        self.work = work.Work(("bundled",), {name: question}, {name: len(cache.chunks(asked))}, {name: 0})
        self.gone = gone

    def run(self) -> None:
        while not self.work.complete and not self.gone.is_set():
            self.work.step()


def check_between_chunks(
    question: Question, counted: Counted, monkeypatch: pytest.MonkeyPatch, turns: Turns | None = None
) -> None:
    """While the short text waits for a turn no more than the chunk is read that is being read when it comes."""
    st.cache_resource.clear()
    watched, encoder = turns or Turns(1), counted.encoder
    at_work, go_on, gone = (threading.Event() for _ in range(3))
    long, short = Visitor("long", question, gone), Visitor("short", SHORT, gone)
    waited: list[int] = []

    @contextmanager
    def turn(size: int = 0) -> Iterator[None]:
        before = long.work.read
        with watched.turn(size):
            if threading.current_thread().name == "short":
                waited.append(long.work.read - before)
            yield

    def held(tokens: float, times: int = 1) -> None:
        encoder(tokens, times)
        if threading.current_thread().name == "long" and not at_work.is_set():
            at_work.set()
            assert go_on.wait(PATIENCE)

    monkeypatch.setattr(gates, "_TURNS", SimpleNamespace(turn=turn))
    monkeypatch.setattr(counted, "encoder", held)
    long.start()
    assert at_work.wait(PATIENCE)
    short.start()
    while not watched.waiting and short.is_alive():
        short.join(0.001)
    go_on.set()
    short.join(PATIENCE)
    gone.set()
    long.join(PATIENCE)
    assert short.work.complete
    assert waited
    assert max(waited) <= 1, "chunks of the long question"


@pytest.mark.parametrize("name", LONG_ONES)
def test_a_short_text_waits_for_a_chunk(name: str, counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    check_between_chunks(LONG_ONES[name], counted, monkeypatch)


def test_turns_that_are_not_fair_are_rejected(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unfair(Turns):
        """Short texts are sent back to wait for some turns more."""

        of_long = 0

        @contextmanager
        def turn(self, size: int = 0) -> Generator[None]:
            if threading.current_thread().name == "short":
                with super().turn(size):
                    enough = self.of_long + 4
                while self.of_long < enough:
                    time.sleep(0.001)
            else:
                self.of_long += 1
            with super().turn(size):
                yield

    assert_rejects(check_between_chunks, LONG_ONES["candidates"], counted, monkeypatch, Unfair(1))
