"""A page's questions answered part by part: at once, while the page stands, when asked for, stopped, kept, lost."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis.errors import ModelError
from analysis.limits import MAX_WINDOWED_TOKENS
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate
from analysis.questions import Question, Score, Text
from analysis.task import Models
from analysis.tasks.readings import read_hidden
from dashboard.drawing import strip as strips
from dashboard.pages.tokens.asking import PUBLISHED
from dashboard.screen import cache, work
from tests.dashboard.app import (
    all_is_well,
    button,
    captions,
    choose,
    metrics,
    open_app,
    slow_reads,
    strip,
    the_error,
    to_see,
    type_in,
    values,
)

TEXT, OTHER = "The cat sat on the [MASK] today.", "A dog lay in a garden all day."
COUNTED = 7
"""Positions of the text that count. Each is a part of its own here, after the seen reading, which is the first."""
PARTS = 1 + COUNTED
FAILED = "There is not enough memory for this input: shorten the text or choose a smaller model."


class Reader:
    """Reads parts as the page's own reader does, in its own time, and fails or is interrupted where it is told."""

    def __init__(self, task_of: Callable[[Question], Any]) -> None:
        self._task_of = task_of
        self.now = 0.0
        self.seconds = 0.0
        self.parts: list[tuple[str, int]] = []
        self.fails_at: int | None = None
        self.interrupted_at: int | None = None

    def task_of(self, question: Question) -> Any:
        task = self._task_of(question)

        def read(models: Models, plan: Any, chunk: object, *before: object) -> object:
            number = list(task.chunks(models, plan, 1)).index(chunk)
            if number == self.fails_at:
                raise ModelError(FAILED)
            if number == self.interrupted_at:
                st.stop()
            self.now += self.seconds
            self.parts.append((plan.encoded.text_a, number))
            return task.read(models, plan, chunk, *before)

        return replace(task, read=read)

    def of(self, text: str) -> list[int]:
        """The parts of a text that have been read, in their order."""
        return [number for read, number in self.parts if read == text]


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader(cache.task_of)
    monkeypatch.setattr(cache, "task_of", reader.task_of)
    monkeypatch.setattr(cache, "tokens_at_once", lambda models: 1)
    monkeypatch.setattr(work, "time", SimpleNamespace(monotonic=lambda: reader.now))
    return reader


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many positions had been read each time when the strip was drawn."""
    found: list[int] = []
    draw = strips.strip

    def noted(reading: Any, *args: object, **kwargs: Any) -> dict:
        known = getattr(reading, "known", False)  # of the seen reading, which stands there before any row has come
        found.append(int(np.sum(known & ~reading.encoded.outside)))
        return draw(reading, *args, **kwargs)

    monkeypatch.setattr(strips, "strip", noted)
    return found


@pytest.fixture
def at(reader: Reader) -> AppTest:
    """A visit that looks at the hidden reading of a text that took no time."""
    return choose(open_app(), "tokens.reading", "hidden")


def expected(bundled: ModelBundle, text: str, done: int | None = None) -> object:
    """The strip's values when so many of the positions that count have been read; a mask has its entropy at once."""
    reading = read_hidden(bundled, text)
    counted = np.flatnonzero(~reading.encoded.outside)
    want = np.where(reading.encoded.masked, reading.statistics.entropy_bits, np.nan)
    want[counted[:done]] = reading.statistics.entropy_bits[counted[:done]]
    return pytest.approx(want.tolist(), abs=0.011, nan_ok=True)


def asks(at: AppTest) -> list[str]:
    return [each.label for each in at.button if each.key == "tokens.work.go"]


def stops(at: AppTest) -> bool:
    return any(each.key == "tokens.work.stop" for each in at.button)


def ask(at: AppTest) -> AppTest:
    return at.button(key="tokens.work.go").click().run()


def stopped(at: AppTest, reader: Reader, parts: int) -> AppTest:
    """A visitor asks for a long reading and presses Stop when so many parts have been read."""
    reader.seconds, reader.interrupted_at = 3.0, parts
    type_in(at, "tokens.text_a", TEXT)
    at.button(key="tokens.work.go").click().run()
    assert stops(at)
    assert at.session_state["tokens.work"].read == parts
    reader.interrupted_at = None
    return at.button(key="tokens.work.stop").click().run()


def test_a_short_text_is_read_before_anything_is_drawn(
    at: AppTest, reader: Reader, draws: list[int], bundled: ModelBundle
) -> None:
    reader.seconds = 0.1
    type_in(at, "tokens.text_a", TEXT)
    all_is_well(at)
    assert draws == [COUNTED]
    assert values(at) == expected(bundled, TEXT)
    assert (asks(at), stops(at)) == ([], False)
    assert reader.of(TEXT) == list(range(PARTS))


def test_a_longer_text_is_read_while_the_page_stands(
    at: AppTest, reader: Reader, draws: list[int], bundled: ModelBundle
) -> None:
    reader.seconds, reader.interrupted_at = 0.5, 6
    type_in(at, "tokens.text_a", TEXT)
    assert draws == [1, 3], "what comes within a moment, and again when there is twice as much"
    assert reader.of(TEXT) == list(range(6)), "and each time what a click may wait for"
    (bar,) = at.get("progress")
    assert bar.proto.text == f"5 of {COUNTED} positions read, about 1 s left"
    reader.interrupted_at = None
    all_is_well(at.run())
    assert draws[-1] == COUNTED
    assert values(at) == expected(bundled, TEXT)
    assert reader.of(TEXT) == list(range(PARTS))


def test_beside_others_a_longer_text_is_drawn_when_it_is_whole(
    at: AppTest, reader: Reader, draws: list[int], bundled: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.seconds = 0.5
    monkeypatch.setattr(cache.models(), "computing", lambda: 1)
    type_in(at, "tokens.text_a", TEXT)
    all_is_well(at)
    assert draws == [1, COUNTED]
    assert values(at) == expected(bundled, TEXT)


def test_a_part_that_takes_longer_than_a_click_may_wait_is_read_all_the_same(
    at: AppTest, reader: Reader, draws: list[int]
) -> None:
    reader.seconds = 1.2
    type_in(at, "tokens.text_a", TEXT)
    all_is_well(at)
    assert draws[-1] == COUNTED
    assert reader.of(TEXT) == list(range(PARTS))


def test_a_text_that_takes_long_waits_to_be_asked(
    at: AppTest, reader: Reader, draws: list[int], bundled: ModelBundle
) -> None:
    reader.seconds = 3.0
    type_in(at, "tokens.text_a", TEXT)
    all_is_well(at)
    assert draws == [0]
    assert asks(at) == ["Read the rest (about 21 s)"]
    assert f"0 of {COUNTED} positions read." in captions(at)
    at.run()
    assert reader.of(TEXT) == [0], "it goes on waiting"
    at.button(key="tokens.work.go").click().run()
    assert draws[1:] == [0, 0, 1, 3, COUNTED], "when twice as much has been read: a browser that draws loses clicks"
    all_is_well(at)
    assert values(at) == expected(bundled, TEXT)
    assert not asks(at)
    assert reader.of(TEXT) == list(range(PARTS))


@pytest.mark.parametrize(("then", "waits"), [(9.5, False), (40.0, True)])
def test_what_has_begun_asks_only_when_much_more_is_left(at: AppTest, reader: Reader, then: float, waits: bool) -> None:
    """Of work that takes about as long as what waits, one part more or less would end it half-way, now and then."""
    reader.seconds, reader.interrupted_at = 1.2, 3
    type_in(at, "tokens.text_a", TEXT)
    assert stops(at)
    reader.seconds, reader.interrupted_at = then, None
    all_is_well(at.run())
    assert bool(asks(at)) == waits
    assert (reader.of(TEXT) == list(range(PARTS))) != waits


def test_long_durations_are_told_in_minutes(at: AppTest, reader: Reader) -> None:
    reader.seconds = 100.0
    type_in(at, "tokens.text_a", TEXT)
    assert asks(at) == ["Read the rest (about 12 min)"]


@pytest.mark.parametrize("parts", [2, 7])
def test_stop_keeps_what_has_been_read(at: AppTest, reader: Reader, bundled: ModelBundle, parts: int) -> None:
    stopped(at, reader, parts)
    all_is_well(at)
    assert values(at) == expected(bundled, TEXT, parts - 1)
    assert asks(at) == [f"Read the rest (about {3 * (PARTS - parts)} s)"], "however little is left"
    assert not stops(at)
    at.run()
    assert reader.of(TEXT) == list(range(parts))
    ask(at)
    all_is_well(at)
    assert values(at) == expected(bundled, TEXT)
    assert reader.of(TEXT) == list(range(PARTS)), "nothing is read twice"


def test_a_reading_under_way_has_no_scores_and_no_means(at: AppTest, reader: Reader) -> None:
    def shown(at: AppTest) -> tuple[list[str], int, bool]:
        means = [metric.delta for metric in at.metric if metric.label == "Mean entropy"]
        return means, len(at.table), "JSON, hidden" in [each.label for each in at.get("download_button")]

    (mean,), tables, json = shown(at)
    assert (mean.startswith("hidden "), tables, json) == (True, 1, True)
    stopped(at, reader, 4)
    assert shown(at) == ([""], 0, False)
    assert metrics(at)["Positions"] == str(COUNTED)
    assert "Comes when every position has been read" in captions(at)


def test_what_is_whole_has_no_progress_and_nothing_to_stop(
    at: AppTest, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even for the moment between the last part and the new drawing of the page, which is looked at here."""
    again, key = st.rerun, "tokens.work"
    whole: list[bool] = []

    def stop_when_whole() -> None:
        if st.session_state[key].complete:
            whole.append(True)
            st.stop()
        again()

    monkeypatch.setattr(st, "rerun", stop_when_whole)
    reader.seconds = 0.5
    type_in(at, "tokens.text_a", TEXT)
    assert whole
    assert at.session_state[key].complete
    assert not stops(at)
    assert not at.get("progress")


@pytest.mark.parametrize(("chunks", "size"), [(1, 1), (2, 31), (3, 31), (7, 5), (40, 3), (31, 31), (9, 1000)])
def test_the_last_part_counts_when_it_is_read(chunks: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "task_of", lambda _: SimpleNamespace(unit="passes", size=lambda _: size))
    monkeypatch.setattr(cache, "plan", lambda _: None)
    job = work.Work(("bundled",), {"splits": score_of(TEXT)}, {"splits": chunks})
    read = []
    for done in range(chunks + 1):
        job.done["splits"] = done
        found, total, unit = job.so_far()
        assert (total, unit) == (size, "passes")
        assert (found == total) == (done == chunks), f"{done} of {chunks} parts"
        read.append(found)
    assert read == sorted(read)


# --- how long it takes ---


@pytest.fixture
def estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    """By estimate everything takes 9.9 seconds."""
    monkeypatch.setattr(cache, "estimate", lambda _: Estimate(31, 1_000, 9.9))


@pytest.mark.usefixtures("estimated")
def test_an_estimate_holds_until_a_part_has_been_measured() -> None:
    job = work.Work(("bundled",), {"splits": score_of(TEXT)}, {"splits": 10}, {"splits": 0})
    assert job.takes == "by estimate 10 s"
    job.done["splits"] = 5
    assert job.takes == "by estimate 5 s", "of what is left"
    job.computed, job.seconds = 1, 8.2
    assert job.takes == "about 41 s"


@pytest.mark.usefixtures("estimated")
@pytest.mark.parametrize(("page", "seconds"), [("splits", 0.001), ("pairs", 0.3), ("splits", 3.0)])
def test_a_page_says_one_duration(page: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured where something was; others compute beside it, and the estimate knows nothing of them."""
    at = open_app(page)
    monkeypatch.setattr(cache, "tokens_at_once", lambda models: 1)
    slow_reads(monkeypatch, seconds=seconds)
    monkeypatch.setattr(work, "_AT_ONCE_SECONDS", 0.0005)
    type_in(at, f"{page}.text_a", "A dog ran.\nIt barked.\nAll was still.")
    for _ in range(3):
        bars = [each.proto.text for each in at.get("progress")]
        said = [*bars, *(each.label for each in at.button), *(each.value for each in at.caption)]
        durations = [each for each in said if re.search(r"\d (s|min)\b", each)]
        job = at.session_state[f"{page}.work"]
        if job.complete:
            break
        assert len(durations) == 1, said
        assert ("by estimate" in durations[0]) == (job.computed == 0)
        assert ("about" in durations[0]) == (job.computed > 0)
        for button_ in at.button:
            if button_.key == f"{page}.work.go":
                button_.click()
        at.run()


# --- what fails ---


def test_an_error_is_said_in_one_sentence_and_keeps_the_rest(at: AppTest, reader: Reader, bundled: ModelBundle) -> None:
    reader.seconds, reader.fails_at = 0.5, 4
    type_in(at, "tokens.text_a", TEXT)
    assert the_error(at) == FAILED
    assert reader.of(TEXT) == [0, 1, 2, 3]
    at.run()
    assert the_error(at) == FAILED, "it stands until the rest is asked for"
    assert values(at) == expected(bundled, TEXT, 3)
    assert len(asks(at)) == 1
    reader.fails_at = None
    ask(at)
    all_is_well(at)
    assert values(at) == expected(bundled, TEXT)
    assert reader.of(TEXT) == list(range(PARTS))


@pytest.mark.parametrize(("seconds", "number"), [(0.1, 0), (0.1, 1), (0.5, 1)])
def test_an_error_at_once_is_said_too(at: AppTest, reader: Reader, seconds: float, number: int) -> None:
    reader.seconds, reader.fails_at = seconds, number
    type_in(at, "tokens.text_a", TEXT)
    assert the_error(at) == FAILED
    assert len(asks(at)) == 1
    assert len(to_see(at, "bidi_component")) == (2 if number else 0), "the strip and the read-out of what was seen"
    reader.fails_at = None
    ask(at)
    all_is_well(at)
    assert len(strip(at)["tokens"]) == COUNTED + 3


# --- what is kept ---


def test_the_work_on_another_text_is_its_own(at: AppTest, reader: Reader, bundled: ModelBundle) -> None:
    stopped(at, reader, 4)
    reader.seconds = 0.0
    type_in(at, "tokens.text_a", OTHER)
    all_is_well(at)
    assert values(at) == expected(bundled, OTHER)
    button(at, "Undo").click().run()
    all_is_well(at)
    assert at.text_area(key="tokens.text_a").value == TEXT
    assert values(at) == expected(bundled, TEXT)
    assert reader.of(TEXT) == list(range(PARTS))


def test_a_later_visit_resumes_from_what_has_been_read(reader: Reader, at: AppTest, bundled: ModelBundle) -> None:
    stopped(at, reader, 4)
    reader.seconds = 0.1
    other = type_in(choose(open_app(), "tokens.reading", "hidden"), "tokens.text_a", TEXT)
    all_is_well(other)
    assert values(other) == expected(bundled, TEXT)
    assert reader.of(TEXT) == list(range(PARTS))
    assert values(at) == expected(bundled, TEXT, 3), "the first visit is still where it stopped"


def test_what_was_read_before_makes_the_rest_no_quicker(reader: Reader, at: AppTest) -> None:
    stopped(at, reader, 5)
    reader.seconds = 10.0
    other = type_in(choose(open_app(), "tokens.reading", "hidden"), "tokens.text_a", TEXT)
    assert reader.of(TEXT) == [0, 1, 2, 3, 4, 5], "20 seconds more are not begun unasked"
    assert asks(other) == ["Read the rest (about 20 s)"]


# --- what is kept no longer ---


@pytest.fixture
def at_a_drawing(monkeypatch: pytest.MonkeyPatch, reader: Reader) -> list[int]:
    """How many parts were read while what there is to show was put together, each time."""
    found: list[int] = []
    results = work.Work.results

    def noted(self: work.Work) -> object:
        before = len(reader.parts)
        try:
            return results(self)
        finally:
            found.append(len(reader.parts) - before)

    monkeypatch.setattr(work.Work, "results", noted)
    return found


def score_of(text: str) -> Score:
    return Score(Text(text), PUBLISHED, 50)


def forget_part(number: int) -> None:
    """Let the cache keep one part no longer, nor what was made of it, as when others need its place."""
    cache.part.clear(cache.asked(("bundled",), score_of(TEXT)), number)
    cache.result.clear()


def test_a_part_that_is_kept_no_longer_is_read_again_and_no_other(
    at: AppTest, reader: Reader, draws: list[int], at_a_drawing: list[int], bundled: ModelBundle
) -> None:
    reader.seconds = 0.1
    type_in(at, "tokens.text_a", TEXT)
    forget_part(4)
    reader.parts.clear()
    draws.clear()
    at.run()
    all_is_well(at)
    assert reader.of(TEXT) == [4], "the later ones are found"
    assert draws == [3, COUNTED]
    assert values(at) == expected(bundled, TEXT)
    assert set(at_a_drawing) == {0}


def test_all_that_is_kept_no_longer_is_read_again_part_by_part(
    at: AppTest, reader: Reader, draws: list[int], at_a_drawing: list[int], bundled: ModelBundle
) -> None:
    reader.seconds = 0.5
    type_in(at, "tokens.text_a", TEXT)
    st.cache_resource.clear()
    reader.parts.clear()
    draws.clear()
    reader.interrupted_at = 2
    at.run()
    assert (reader.of(TEXT), draws) == ([0, 1], [1]), "no more in one go than at the beginning"
    reader.interrupted_at = None
    at.run()
    all_is_well(at)
    assert values(at) == expected(bundled, TEXT)
    assert reader.of(TEXT) == list(range(PARTS))
    assert set(at_a_drawing) == {0}, "never in one blocking call"


def test_what_is_lost_of_a_long_reading_waits_to_be_asked(at: AppTest, reader: Reader, draws: list[int]) -> None:
    reader.seconds = 3.0
    ask(type_in(at, "tokens.text_a", TEXT))
    st.cache_resource.clear()
    reader.parts.clear()
    reader.seconds = 0.5
    at.session_state["tokens.work"].asked = False
    at.run()
    assert not reader.parts
    assert asks(at) == ["Read the rest (about 24 s)"]
    all_is_well(ask(at))
    assert draws[-1] == COUNTED


def test_a_result_that_is_kept_needs_no_part(at: AppTest, reader: Reader, bundled: ModelBundle) -> None:
    type_in(at, "tokens.text_a", TEXT)
    cache.part.clear()
    reader.parts.clear()
    at.run()
    assert values(at) == expected(bundled, TEXT)
    assert not reader.parts


def test_every_part_of_the_longest_text_is_kept(
    monkeypatch: pytest.MonkeyPatch, checkpoint_folder: Callable[..., Path]
) -> None:
    """Or reading a part would put away another one, which would be read again, and so on without end."""
    monkeypatch.setattr(cache, "tokens_at_once", lambda models: 1)
    models = (str(checkpoint_folder("tiny_bert", limit=64)),)
    most_pieces = Text("abcdefghijklmnop " * (MAX_WINDOWED_TOKENS // 16 - 1), in_windows=True)
    parts = cache.chunks(cache.asked(models, Score(most_pieces, PUBLISHED, 1)))
    assert MAX_WINDOWED_TOKENS < len(parts) < cache._CHUNKS


# --- two runs at once ---


def test_two_runs_that_read_the_same_part_count_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is being ended may still be reading a part when the next one reads it."""
    both = threading.Barrier(2)
    monkeypatch.setattr(cache, "read", lambda *_: both.wait(10))
    job = work.Work(("bundled",), {"scores": score_of(TEXT)}, {"scores": PARTS}, {"scores": 0})
    runs = [threading.Thread(target=job.step) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert (job.read, job.left) == (1, PARTS - 1)
