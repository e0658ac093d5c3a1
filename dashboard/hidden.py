"""The Tokens page's hidden reading: cached chunks, run one after the other while the page stays usable.

A short text is read before the page is drawn, a longer one while it stands, with progress and a Stop, and a very long
one only when asked for. What has been read is kept whatever happens.
"""

import time
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from analysis.choices import Masking
from analysis.errors import PretextError
from analysis.types import HiddenReading
from dashboard import cache, progress
from dashboard.markup import plain
from dashboard.state import Input, ViewState

_STATE = "tokens.hidden"
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
    """How far the hidden reading of one input is; it lives as long as the visit."""

    model: str
    given: Input
    chunks: int
    done: int = 0
    computed: int = 0
    seconds: float = 0.0
    asked: bool = False
    stopped: bool = False
    failed: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every chunk has been read."""
        return self.done == self.chunks

    @property
    def seconds_left(self) -> float:
        """What the rest will take, by what the chunks that were computed took."""
        return (self.chunks - self.done) * self.seconds / max(1, self.computed)

    def step(self) -> None:
        """Read the next chunk, or fetch it from the cache."""
        start = time.monotonic()
        try:
            cache.hidden_rows(self.model, self.given, self.done)
        except PretextError as error:
            self.stopped, self.failed = True, str(error)
            return
        self.done += 1
        took = time.monotonic() - start
        if took > _FROM_CACHE_SECONDS:
            self.computed += 1
            self.seconds += took


def begin(view: ViewState) -> Work:
    """The work on a view's input, as far as it is; new work gets as far as it can at once."""
    work: Work | None = st.session_state.get(_STATE)
    if work is None or (work.model, work.given) != (view.model, view.input):
        chunks = cache.hidden_chunks(view.model, view.input)
        work = st.session_state[_STATE] = Work(view.model, view.input, chunks)
        start = time.monotonic()
        with progress.computing("Reading with each token hidden"):
            while not work.complete and not work.stopped and time.monotonic() - start < _AT_ONCE_SECONDS:
                work.step()
    return work


def reading(work: Work, masking: Masking) -> HiddenReading | None:
    """The hidden reading as far as it goes; None while there is nothing of it."""
    return cache.hidden_reading(work.model, work.given, masking, work.done) if work.done else None


def go_on(work: Work, known: int, positions: int, place: DeltaGenerator) -> None:
    """Read the rest, if there is one and it is wanted, and draw the page again when there is more to see.

    Parameters
    ----------
    known, positions
        How many positions have been read, of how many.
    place
        Where progress, Stop and the question stand.
    """
    if work.complete:
        return
    if work.failed is not None:
        place.error(plain(work.failed))
    if work.stopped or (work.seconds_left > _UNASKED_SECONDS and not work.asked):
        with place, st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{known:,} of {positions:,} positions read with their token hidden.", width="content")
            st.button(
                f"Read the rest (about {_duration(work.seconds_left)})",
                key="tokens.hidden.go",
                on_click=_ask,
                args=(work,),
                icon=":material/play_arrow:",
            )
        return
    with place:
        _read_on(work, positions, work.done)


@st.fragment(run_every=_BEGIN_SECONDS)
def _read_on(work: Work, positions: int, drawn: int) -> None:
    """Read for a moment and ask for the next one; until there is more to see, nothing but this is drawn again.

    A click on the page waits for the end of a run, and may be lost in a browser that draws: so runs are short and what
    they draw is little. ``drawn`` is how many chunks the figures show.
    """
    if not work.stopped:
        with st.container(horizontal=True, vertical_alignment="center"):
            bar = st.progress(work.done / work.chunks, text=_so_far(work, positions))
            st.button("Stop", key="tokens.hidden.stop", on_click=_stop, args=(work,), icon=":material/stop:")
        start = time.monotonic()
        while not work.complete and not work.stopped and time.monotonic() - start < _SLICE_SECONDS:
            work.step()
            bar.progress(work.done / work.chunks, text=_so_far(work, positions))
    if work.complete or work.stopped or work.done >= 2 * max(1, drawn):
        st.rerun()
    try:
        # Not left to the timer alone: in a tab that is not looked at, browsers let timers wait for up to a minute.
        st.rerun(scope="fragment")
    except (StreamlitAPIException, RuntimeError):
        """This is part of the run that draws the page, which may not ask: the timer begins."""


def _so_far(work: Work, positions: int) -> str:
    read = round(work.done / work.chunks * positions)
    return f"{read:,} of {positions:,} positions read, about {_duration(work.seconds_left)} left"


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < _MINUTES_FROM else f"{round(seconds / 60)} min"


def _ask(work: Work) -> None:
    work.asked, work.stopped, work.failed = True, False, None


def _stop(work: Work) -> None:
    work.stopped = True
