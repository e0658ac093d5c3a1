"""A page's questions, answered part by part while the page stays usable.

Short work is done before the page is drawn, longer work while it stands, with progress and a Stop, and very long work
only when asked for. What has been read is kept whatever happens.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from analysis.errors import PretextError
from analysis.models import turns
from analysis.questions import Question
from analysis.tasks import task_of
from dashboard.page import Results
from dashboard.screen import cache
from dashboard.screen.markup import plain

_AT_ONCE_SECONDS = 0.8
"""Work that takes no longer is done before anything is drawn."""
_SLICE_SECONDS = 0.5
"""How long a click may wait."""
_UNASKED_SECONDS = 10.0
"""Work that takes longer waits to be asked for."""
_UNASKED_LEEWAY = 2
"""Work under way goes on until so many times as much is left: its speed is known by a few parts, and others come."""

_FROM_CACHE_SECONDS = 0.02
"""A part that comes sooner was not computed now, and says nothing of those that will be."""
_MINUTES_FROM = 100.0
"""Longer durations are told in minutes."""


@dataclass(slots=True)
class Work:
    """How far a page's questions are, in the order in which they are answered; it lives as long as the visit.

    ``chunks`` and ``done`` say of each question how many parts it has and how many have been read, ``failed`` in one
    sentence why one can't be answered.
    """

    models: tuple[str, ...]
    questions: Mapping[str, Question]
    chunks: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    computed: int = 0
    seconds: float = 0.0
    asked: bool = False
    begun: bool = False
    stopped: bool = False
    broke: str | None = None

    @property
    def left(self) -> int:
        """How many parts are still to be read."""
        return sum(count - self.done[name] for name, count in self.chunks.items())

    @property
    def complete(self) -> bool:
        """Whether every part has been read."""
        return self.left <= 0

    @property
    def read(self) -> int:
        """How many parts have been read."""
        return sum(self.done.values())

    @property
    def seconds_left(self) -> float:
        """What the rest will take, by what the parts that were computed took."""
        return self.left * self.seconds / max(1, self.computed)

    @property
    def waits(self) -> bool:
        """Whether the rest is read only when somebody asks for it."""
        allowed = _UNASKED_SECONDS * (_UNASKED_LEEWAY if self.begun else 1)
        return self.stopped or (self.seconds_left > allowed and not self.asked)

    @property
    def takes(self) -> str:
        """What the rest will take, in words: as measured once a part has been, until then as estimated before.

        Nothing where neither is known. The two are never said beside each other: others may be computing, too, which
        an estimate does not know.
        """
        if self.computed:
            return f"about {_duration(self.seconds_left)}"
        shares = {name: 1 - self.done[name] / count for name, count in self.chunks.items() if self.done[name] < count}
        estimates = [(cache.estimate(self.asks(name)), share) for name, share in shares.items()]
        seconds = [found.seconds * share for found, share in estimates if found is not None]
        return f"by estimate {_duration(sum(seconds))}" if seconds else ""

    @property
    def current(self) -> str | None:
        """The question that is being answered."""
        return next((name for name, count in self.chunks.items() if self.done[name] < count), None)

    def asks(self, name: str) -> cache.Asked:
        """What the answer to a question is kept by."""
        return cache.asked(self.models, self.questions[name])

    def step(self) -> None:
        """Read the next part, or find it kept."""
        # A run that is being ended may still be reading when the next one begins: a part counts once.
        name = self.current
        if name is None:
            return
        start, number = time.monotonic(), self.done[name]
        turns.LEFT.set(self.left)
        try:
            cache.read(self.asks(name), number)
        except PretextError as error:
            self.stopped, self.broke = True, str(error)
            return
        self.done[name] = max(self.done[name], number + 1)
        took = time.monotonic() - start
        if took > _FROM_CACHE_SECONDS:
            self.computed += 1
            self.seconds += took

    def results(self) -> Results:
        """What has come so far; parts that are kept no longer are read again, one by one, as at the beginning."""
        found = {}
        for name in self.chunks:
            while True:
                try:
                    answer = cache.result(self.asks(name), self.done[name])
                except cache.GoneError as gone:
                    (self.done[name],) = gone.args
                else:
                    break
            if answer is not None:
                found[name] = answer
        whole = frozenset(name for name, count in self.chunks.items() if self.done[name] >= count)
        return Results(found, whole, dict(self.failed), self.questions)

    def so_far(self) -> tuple[int, int, str]:
        """How many of how many of what have been read, counted as the current question counts.

        The last one counts when all of them have been read.
        """
        name = self.current or next(iter(self.chunks))
        unit = task_of(self.questions[name]).unit
        read = total = 0
        for each, count in self.chunks.items():
            task = task_of(self.questions[each])
            if task.unit == unit:
                size = task.size(cache.plan(self.asks(each)))
                total += size
                read += self.done[each] * size // count
        return read, total, unit


def answered(models: tuple[str, ...], question: Question) -> Any:
    """The answer to a question that takes a moment, asked beside those of a page; it is kept as theirs are.

    InputError or ModelError if it can't be answered.
    """
    asked = cache.asked(models, question)
    count = len(cache.chunks(asked))
    for number in range(count):
        turns.LEFT.set(count - number)
        cache.read(asked, number)
    return cache.result(asked, count)


def begin(page: str, models: tuple[str, ...], questions: Mapping[str, Question]) -> Work:
    """The work on a page's questions, as far as it is; new work gets as far as it can at once.

    InputError or ModelError if the first question can't be asked; what is wrong with another one is its failure.
    """
    key = f"{page}.work"
    before: Work | None = st.session_state.get(key)
    if before is not None and (before.models, before.questions) == (models, questions):
        return before
    work = Work(models, dict(questions))
    # Seconds for a thousand rows or the controls of a long text; what takes no time shows nothing.
    with st.spinner("Taking the text apart"):
        for number, (name, question) in enumerate(questions.items()):
            try:
                work.chunks[name] = len(cache.chunks(work.asks(name)))
            except PretextError as error:
                if number == 0:
                    raise
                work.failed[name] = str(error)
            else:
                same = before is not None and before.models == models and before.questions.get(name) == question
                work.done[name] = before.done.get(name, 0) if same and before is not None else 0
    st.session_state[key] = work
    start = time.monotonic()
    if not work.complete:
        others = cache.models().computing()
        waiting = f" ({others} others are computing)" if others > 1 else " (one other is computing)" if others else ""
        with st.spinner(f"Reading{waiting}"):
            while not work.complete and not work.stopped and time.monotonic() - start < _AT_ONCE_SECONDS:
                work.step()
    return work


def go_on(work: Work, place: DeltaGenerator, key: str) -> None:
    """Read the rest, if there is one and it is wanted, and draw the page again when there is more to see.

    ``place`` is where progress, Stop and the question stand, ``key`` that of the two buttons.
    """
    if work.complete:
        return
    if work.broke is not None:
        place.error(plain(work.broke))
    if work.waits:
        read, total, unit = work.so_far()
        with place, st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{read:,} of {total:,} {unit} read.", width="content")
            st.button(
                f"Read the rest ({work.takes})" if work.takes else "Read the rest",
                key=f"{key}.go",
                on_click=_ask,
                args=(work,),
                icon=":material/play_arrow:",
            )
        return
    work.begun = True
    with place:
        _read_on(work, key, work.read)


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < _MINUTES_FROM else f"{round(seconds / 60)} min"


@st.fragment
def _read_on(work: Work, key: str, drawn: int) -> None:
    """Read for a moment and come again; until there is more to see, nothing but this is drawn again.

    A click on the page waits for the end of a run, and may be lost in a browser that draws: so runs are short and what
    they draw is little. ``drawn`` is how many parts the figures show.
    """
    place = st.empty()
    if not work.complete and not work.stopped:
        whole = work.read + work.left
        with place.container(horizontal=True, vertical_alignment="center"):
            bar = st.progress(work.read / whole, text=_said(work))
            st.button("Stop", key=f"{key}.stop", on_click=_stop, args=(work,), icon=":material/stop:")
        start = time.monotonic()
        while not work.complete and not work.stopped:
            work.step()
            if not work.complete:
                bar.progress(work.read / whole, text=_said(work))
            if time.monotonic() - start > _SLICE_SECONDS:
                break
    if work.complete:
        # What is whole has no progress and nothing to stop, not even for the moment until the page is drawn anew.
        place.empty()
    # To draw what has come so far takes a processor's time from others who wait: then it is drawn when all of it is.
    if work.complete or work.stopped or (work.read >= 2 * max(1, drawn) and not cache.models().computing()):
        st.rerun()
    _come_again()


def _come_again() -> None:
    """Run this fragment anew when the run it is part of has ended.

    ``st.rerun`` may not be asked for that by the run that draws the page. A timer may (``run_every``), or the browser,
    but each request of the browser carries what stands in its fields, and one that was on its way when a person clicked
    took the click back.
    """
    context = get_script_run_ctx()
    if context is not None and context.script_requests is not None:
        again = RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            fragment_id=ThreadState.get().fragment_id,
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
        context.script_requests.request_rerun(again)


def _said(work: Work) -> str:
    read, total, unit = work.so_far()
    return f"{read:,} of {total:,} {unit} read" + (f", {work.takes} left" if work.takes else "")


def _ask(work: Work) -> None:
    work.asked, work.stopped, work.broke = True, False, None


def _stop(work: Work) -> None:
    work.stopped = True
