"""Long readings: cached chunks, run one after the other while the page stays usable.

A short one is read before the page is drawn, a longer one while it stands, with progress and a Stop, and a very long
one only when asked for. What has been read is kept whatever happens.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from analysis.errors import PretextError
from dashboard import progress
from dashboard.screen.markup import plain

_AT_ONCE_SECONDS = 0.8
"""A reading that takes no longer is done before anything is drawn."""
_SLICE_SECONDS = 0.5
"""How long a click may wait."""
_BEGIN_SECONDS = 0.2
"""How long after the page has been drawn the rest begins to be read."""
_UNASKED_SECONDS = 10.0
"""A reading that takes longer waits to be asked for."""

_FROM_CACHE_SECONDS = 0.02
"""A chunk that comes sooner was not computed now, and says nothing of those that will be."""
_MINUTES_FROM = 100.0
"""Longer durations are told in minutes."""


@dataclass(slots=True)
class Work:
    """How far a reading is; it lives as long as the visit.

    Attributes
    ----------
    model, given
        What is read: a model's spec and the question.
    chunks
        In how many parts.
    read
        Reads one chunk, or fetches it from the cache.
    """

    model: str
    given: Hashable
    chunks: int
    read: Callable[[int], object]
    done: int = 0
    computed: int = 0
    seconds: float = 0.0
    asked: bool = False
    stopped: bool = False
    failed: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every chunk has been read."""
        return self.done >= self.chunks

    @property
    def seconds_left(self) -> float:
        """What the rest will take, by what the chunks that were computed took."""
        return (self.chunks - self.done) * self.seconds / max(1, self.computed)

    def step(self) -> None:
        """Read the next chunk, or fetch it from the cache."""
        # A run that is being ended may still be reading when the next one begins: a chunk counts once.
        start, number = time.monotonic(), self.done
        if self.complete:
            return
        try:
            self.read(number)
        except PretextError as error:
            self.stopped, self.failed = True, str(error)
            return
        self.done = max(self.done, number + 1)
        took = time.monotonic() - start
        if took > _FROM_CACHE_SECONDS:
            self.computed += 1
            self.seconds += took


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a reading that goes on (``total`` of some ``unit``) and of one that waits (``so_far``)."""

    total: int
    unit: str
    so_far: str


def begin(
    key: str, model: str, given: Hashable, chunks: Callable[[], int], read: Callable[[int], object], what: str
) -> Work:
    """The work on a question, as far as it is; new work gets as far as it can at once.

    Parameters
    ----------
    key
        Where the visit keeps it; another question there takes its place.
    chunks, read
        How many there are; reads one.
    what
        What is said while it begins.
    """
    work: Work | None = st.session_state.get(key)
    if work is None or (work.model, work.given) != (model, given):
        work = st.session_state[key] = Work(model, given, chunks(), read)
        start = time.monotonic()
        with progress.computing(what):
            while not work.complete and not work.stopped and time.monotonic() - start < _AT_ONCE_SECONDS:
                work.step()
    return work


def go_on(work: Work, words: Words, place: DeltaGenerator, key: str) -> None:
    """Read the rest, if there is one and it is wanted, and draw the page again when there is more to see.

    Parameters
    ----------
    place
        Where progress, Stop and the question stand.
    key
        Of the two buttons.
    """
    if work.complete:
        return
    if work.failed is not None:
        place.error(plain(work.failed))
    if work.stopped or (work.seconds_left > _UNASKED_SECONDS and not work.asked):
        with place, st.container(horizontal=True, vertical_alignment="center"):
            st.caption(words.so_far, width="content")
            st.button(
                f"Read the rest (about {duration(work.seconds_left)})",
                key=f"{key}.go",
                on_click=_ask,
                args=(work,),
                icon=":material/play_arrow:",
            )
        return
    with place:
        _read_on(work, words, key, work.done)


def duration(seconds: float) -> str:
    """Whole seconds, or minutes when there are many."""
    return f"{max(1, round(seconds))} s" if seconds < _MINUTES_FROM else f"{round(seconds / 60)} min"


@st.fragment(run_every=_BEGIN_SECONDS)
def _read_on(work: Work, words: Words, key: str, drawn: int) -> None:
    """Read for a moment and ask for the next one; until there is more to see, nothing but this is drawn again.

    A click on the page waits for the end of a run, and may be lost in a browser that draws: so runs are short and what
    they draw is little. ``drawn`` is how many chunks the figures show.
    """
    if not work.stopped:
        with st.container(horizontal=True, vertical_alignment="center"):
            bar = st.progress(work.done / work.chunks, text=_so_far(work, words))
            st.button("Stop", key=f"{key}.stop", on_click=_stop, args=(work,), icon=":material/stop:")
        start = time.monotonic()
        while not work.complete and not work.stopped and time.monotonic() - start < _SLICE_SECONDS:
            work.step()
            bar.progress(work.done / work.chunks, text=_so_far(work, words))
    if work.complete or work.stopped or work.done >= 2 * max(1, drawn):
        st.rerun()
    try:
        # Not left to the timer alone: in a tab that is not looked at, browsers let timers wait for up to a minute.
        st.rerun(scope="fragment")
    except (StreamlitAPIException, RuntimeError):
        """This is part of the run that draws the page, which may not ask: the timer begins."""


def _so_far(work: Work, words: Words) -> str:
    read = round(work.done / work.chunks * words.total)
    return f"{read:,} of {words.total:,} {words.unit} read, about {duration(work.seconds_left)} left"


def _ask(work: Work) -> None:
    work.asked, work.stopped, work.failed = True, False, None


def _stop(work: Work) -> None:
    work.stopped = True
