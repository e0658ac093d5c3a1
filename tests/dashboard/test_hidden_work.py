"""Reading a text with each token hidden, chunk by chunk: at once, while the page stands, when asked for, in parts."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis.choices import MASKINGS
from analysis.errors import ModelError
from analysis.models.bundle import ModelBundle
from analysis.tasks.hidden import HiddenPlan, plan_hidden
from analysis.tasks.seen import read_hidden
from analysis.types import TokenStatistics
from dashboard import cache, work
from dashboard.drawing import strip as strips
from dashboard.state import Input
from tests.dashboard import made
from tests.dashboard.app import (
    all_is_well,
    button,
    captions,
    choose,
    metrics,
    open_app,
    strip,
    the_error,
    type_in,
    values,
)

TEXT, OTHER = "The cat sat on the [MASK] today.", "A dog lay in a garden all day."
COUNTED = 7
"""Positions of the text that count, each a chunk of its own here."""
FAILED = "There is not enough memory for this input: shorten the text or choose a smaller model."


class Reader:
    """Reads a chunk as the page's own reader does, in its own time, and fails or is interrupted where it is told."""

    def __init__(self, read: Callable[..., TokenStatistics]) -> None:
        self._read = read
        self.now = 0.0
        self.seconds = 0.0
        self.chunks: list[tuple[str, int]] = []
        self.fails_at: int | None = None
        self.interrupted_at: int | None = None

    def __call__(
        self, bundle: ModelBundle, plan: HiddenPlan, chunk: tuple[int, int], k: int, watch: tuple[int, ...] = ()
    ) -> TokenStatistics:
        if chunk[0] == self.fails_at:
            raise ModelError(FAILED)
        if chunk[0] == self.interrupted_at:
            st.stop()
        self.now += self.seconds
        self.chunks.append((plan.encoded.text_a, chunk[0]))
        return self._read(bundle, plan, chunk, k, watch)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader(cache.read_rows)
    monkeypatch.setattr(cache, "read_rows", reader)
    monkeypatch.setattr(cache, "tokens_at_once", lambda bundle: 1)
    monkeypatch.setattr(work, "time", SimpleNamespace(monotonic=lambda: reader.now))
    return reader


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many positions had been read each time when the strip was drawn."""
    found: list[int] = []
    draw = strips.strip

    def noted(reading: object, *args: object, **kwargs: object) -> dict:
        found.append(int((reading.known & ~reading.encoded.outside).sum()))
        return draw(reading, *args, **kwargs)

    monkeypatch.setattr(strips, "strip", noted)
    return found


@pytest.fixture
def at(reader: Reader) -> AppTest:
    """A visit that looks at the hidden reading of a text that took no time."""
    at = choose(open_app(), "tokens.reading", "hidden")
    reader.chunks.clear()
    return at


def expected(bundled: ModelBundle, text: str, done: int | None = None) -> object:
    """The strip's values when so many of the positions that count have been read."""
    reading = read_hidden(bundled, text)
    counted = np.flatnonzero(~reading.encoded.outside)
    want = np.full(len(reading.encoded), np.nan)
    want[counted[:done]] = reading.statistics.entropy_bits[counted[:done]]
    return pytest.approx(want.tolist(), abs=0.011, nan_ok=True)


def asks(at: AppTest) -> list[str]:
    return [each.label for each in at.button if each.key == "tokens.hidden.go"]


def stops(at: AppTest) -> bool:
    return any(each.key == "tokens.hidden.stop" for each in at.button)


def read_on(at: AppTest) -> AppTest:
    """Let a reading that goes on come to its end: what the browser's timer does, a test has to."""
    while stops(at):
        at.run()
    return at


def read_numbers(reader: Reader, text: str) -> list[int]:
    return [number for of, number in reader.chunks if of == text]


def test_a_short_text_is_read_before_anything_is_drawn(
    at: AppTest, reader: Reader, draws: list[int], bundled: ModelBundle
) -> None:
    reader.seconds = 0.1
    type_in(at, "tokens.text_a", TEXT)
    all_is_well(at)
    assert draws == [COUNTED]
    assert values(at) == expected(bundled, TEXT)
    assert not asks(at)
    assert not stops(at)
    assert read_numbers(reader, TEXT) == list(range(COUNTED))


def test_a_longer_text_is_read_while_the_page_stands(
    at: AppTest, reader: Reader, draws: list[int], bundled: ModelBundle
) -> None:
    reader.seconds = 0.5
    type_in(at, "tokens.text_a", TEXT)
    assert draws == [2], "what comes within a moment"
    assert read_numbers(reader, TEXT) == [0, 1, 2], "and what a click may wait for"
    all_is_well(read_on(at))
    assert draws[-1] == COUNTED
    assert values(at) == expected(bundled, TEXT)
    assert read_numbers(reader, TEXT) == list(range(COUNTED))


def test_a_text_that_takes_long_waits_to_be_asked(
    at: AppTest, reader: Reader, draws: list[int], bundled: ModelBundle
) -> None:
    reader.seconds = 3.0
    type_in(at, "tokens.text_a", TEXT)
    all_is_well(at)
    assert draws == [1]
    assert asks(at) == ["Read the rest (about 18 s)"]
    assert f"1 of {COUNTED} positions read with their token hidden." in captions(at)
    assert values(at) == expected(bundled, TEXT, 1)
    assert "Comes when every position has been read" in captions(at)
    at.run()
    assert read_numbers(reader, TEXT) == [0], "it goes on waiting"
    read_on(at.button(key="tokens.hidden.go").click().run())
    all_is_well(at)
    assert values(at) == expected(bundled, TEXT)
    assert not asks(at)
    assert read_numbers(reader, TEXT) == list(range(COUNTED))
    assert "Comes when every position has been read" not in captions(at)


def test_long_durations_are_told_in_minutes(at: AppTest, reader: Reader) -> None:
    reader.seconds = 100.0
    type_in(at, "tokens.text_a", TEXT)
    assert asks(at) == ["Read the rest (about 10 min)"]


def stopped(at: AppTest, reader: Reader, done: int) -> AppTest:
    """A visitor asks for a long reading and presses Stop when so many positions have been read."""
    reader.seconds, reader.interrupted_at = 3.0, done
    type_in(at, "tokens.text_a", TEXT)
    at.button(key="tokens.hidden.go").click().run()
    assert stops(at)
    while at.session_state["tokens.hidden"].done < done:
        at.run()
    reader.interrupted_at = None
    return at.button(key="tokens.hidden.stop").click().run()


@pytest.mark.parametrize("done", [2, 4, 6])
def test_stop_keeps_what_has_been_read(at: AppTest, reader: Reader, bundled: ModelBundle, done: int) -> None:
    stopped(at, reader, done)
    all_is_well(at)
    assert values(at) == expected(bundled, TEXT, done)
    assert f"{done} of {COUNTED} positions read with their token hidden." in captions(at)
    assert asks(at) == [f"Read the rest (about {3 * (COUNTED - done)} s)"], "however little is left"
    assert not stops(at)
    at.run()
    assert read_numbers(reader, TEXT) == list(range(done))
    read_on(at.button(key="tokens.hidden.go").click().run())
    all_is_well(at)
    assert values(at) == expected(bundled, TEXT)
    assert read_numbers(reader, TEXT) == list(range(COUNTED)), "nothing is read twice"


def test_the_figures_are_drawn_again_when_twice_as_much_has_been_read(
    at: AppTest, reader: Reader, draws: list[int]
) -> None:
    """A browser that draws loses clicks, on Stop too: what each moment brings is drawn by the bar alone."""
    reader.seconds = 3.0
    type_in(at, "tokens.text_a", TEXT)
    at.button(key="tokens.hidden.go").click().run()
    assert draws == [1, 1, 2]
    (bar,) = at.get("progress")
    assert bar.proto.text == f"3 of {COUNTED} positions read, about 12 s left"


def test_an_error_is_said_in_one_sentence_and_keeps_the_rest(at: AppTest, reader: Reader, bundled: ModelBundle) -> None:
    reader.seconds, reader.fails_at = 0.5, 4
    read_on(type_in(at, "tokens.text_a", TEXT))
    assert the_error(at) == FAILED
    assert read_numbers(reader, TEXT) == [0, 1, 2, 3]
    at.run()
    assert the_error(at) == FAILED, "it stands until the rest is asked for"
    assert values(at) == expected(bundled, TEXT, 4)
    assert len(asks(at)) == 1
    reader.fails_at = None
    read_on(at.button(key="tokens.hidden.go").click().run())
    all_is_well(at)
    assert values(at) == expected(bundled, TEXT)
    assert read_numbers(reader, TEXT) == list(range(COUNTED))


@pytest.mark.parametrize("seconds", [0.1, 0.5])
def test_an_error_at_once_is_said_too(at: AppTest, reader: Reader, seconds: float) -> None:
    reader.seconds, reader.fails_at = seconds, 0
    type_in(at, "tokens.text_a", TEXT)
    assert the_error(at) == FAILED
    assert len(strip(at)["tokens"]) == COUNTED + 3


def test_the_work_on_another_text_is_its_own(at: AppTest, reader: Reader, bundled: ModelBundle) -> None:
    stopped(at, reader, 3)
    reader.seconds = 0.0
    type_in(at, "tokens.text_a", OTHER)
    all_is_well(at)
    assert values(at) == expected(bundled, OTHER)
    button(at, "Undo").click().run()
    all_is_well(at)
    assert at.text_area(key="tokens.text_a").value == TEXT
    assert values(at) == expected(bundled, TEXT)
    assert read_numbers(reader, TEXT) == list(range(COUNTED))


def test_a_later_visit_resumes_from_what_has_been_read(reader: Reader, at: AppTest, bundled: ModelBundle) -> None:
    stopped(at, reader, 3)
    reader.seconds = 0.1
    other = type_in(choose(open_app(), "tokens.reading", "hidden"), "tokens.text_a", TEXT)
    all_is_well(other)
    assert values(other) == expected(bundled, TEXT)
    assert read_numbers(reader, TEXT) == list(range(COUNTED))
    assert values(at) == expected(bundled, TEXT, 3), "the first visit is still where it stopped"


def test_what_was_read_before_makes_the_rest_no_quicker(reader: Reader, at: AppTest) -> None:
    stopped(at, reader, 4)
    reader.seconds = 10.0
    other = type_in(choose(open_app(), "tokens.reading", "hidden"), "tokens.text_a", TEXT)
    assert read_numbers(reader, TEXT) == [0, 1, 2, 3, 4], "20 seconds more are not begun unasked"
    assert asks(other) == ["Read the rest (about 20 s)"]


def test_a_reading_under_way_has_no_scores_and_no_means(at: AppTest, reader: Reader) -> None:
    hidden_means = [metric.delta for metric in at.metric if metric.label == "Mean entropy"]
    assert hidden_means[0].startswith("hidden ")
    assert len(at.table) == 1
    stopped(at, reader, 4)
    assert [metric.delta for metric in at.metric if metric.label == "Mean entropy"] == [""]
    assert metrics(at)["Positions"] == str(COUNTED)
    assert not at.table
    assert "JSON, hidden" not in [each.label for each in at.get("download_button")]


def test_how_far_the_work_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(work, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    asked: list[int] = []

    def read(number: int) -> None:
        clock[0] += 2.0
        asked.append(number)

    reading = work.Work("bundled", "a question", 3, read)
    assert not reading.complete
    reading.step()
    assert (reading.done, reading.seconds_left, reading.complete) == (1, 4.0, False)
    reading.step()
    reading.step()
    assert (reading.done, reading.seconds_left, reading.complete) == (3, 0.0, True)
    assert asked == [0, 1, 2]


def test_a_reading_of_many_chunks_reads_each_once(
    monkeypatch: pytest.MonkeyPatch, checkpoint_folder: Callable[..., Path]
) -> None:
    read: list[tuple[int, int]] = []

    def rows(
        bundle: ModelBundle, plan: HiddenPlan, chunk: tuple[int, int], k: int, watch: tuple[int, ...] = ()
    ) -> TokenStatistics:
        read.append(chunk)
        here = [position for number, position in plan.rows if chunk[0] <= number < chunk[1]]
        return made.statistics(plan.encoded.ids[here], k=k, seed=chunk[0])

    monkeypatch.setattr(cache, "read_rows", rows)
    monkeypatch.setattr(cache, "tokens_at_once", lambda bundle: 1)
    spec, given = str(checkpoint_folder("tiny_bert", limit=64)), Input("the cat sat " * 400, in_windows=True)
    plan = plan_hidden(cache.bundle(spec), cache.seen_reading(spec, given).encoded, MASKINGS)
    monkeypatch.setattr(cache, "_hidden_plan", lambda *key: plan)
    chunks = cache.hidden_chunks(spec, given)
    assert chunks == 1_200
    for number in range(chunks):
        cache.hidden_rows(spec, given, number)
    readings = [cache.hidden_reading(spec, given, masking, chunks) for masking in MASKINGS]
    assert all(reading.complete for reading in readings)
    assert np.isfinite(readings[0].statistics.entropy_bits).all()
    assert len(read) == chunks


def test_two_runs_that_read_the_same_chunk_count_it_once() -> None:
    """A run that is being ended may still be inside a chunk when the next one reads it."""
    both = threading.Barrier(2)
    job = work.Work("bundled", "asked", 1, lambda _: both.wait(10))
    runs = [threading.Thread(target=job.step) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert (job.done, job.complete) == (1, True)
    job.step()
    assert job.done == 1
