"""The only place that caches: a few functions for all tasks, keyed by strings, numbers and questions made of them.

``analysis.models.store`` owns the models; the resource here only prepares the process once and hands out their owner,
so a visitor who clears the caches loses nothing. Results are frozen and shared, not copied at every use.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple

import streamlit as st

from analysis.models import hub
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate
from analysis.models.forward import set_threads
from analysis.models.store import BUNDLED, MODELS, ModelStore, quiet_transformers
from analysis.questions import Question
from analysis.task import tokens_at_once
from analysis.tasks import task_of
from analysis.version import SCHEMA_VERSION
from dashboard.about import About

_ENTRIES = 128
"""Results kept; a reading of 512 tokens takes about 600 kB for each masking."""

_PLANS = 128
"""Plans kept: each page of each visitor has some, and every part that is read looks its own up. Most take some
kilobytes, the longest some megabytes."""

_CHUNKS = 16_384
"""Parts of readings that are kept: more than the longest text has; a row takes 450 bytes."""

_ONLY_KEPT: ContextVar[bool] = ContextVar("only what is kept", default=False)


class Asked(NamedTuple):
    """What an answer is kept by: the question's kind, specs and revisions of the models, the question, the schema.

    A cache does not notice that code further down has changed, and two questions of different tasks may have the same
    fields.
    """

    kind: str
    models: tuple[tuple[str, str], ...]
    question: Question
    schema: int


class GoneError(Exception):
    """A part that was read before is no longer kept; its argument says which."""


@st.cache_resource(show_spinner=False, max_entries=1)
def models() -> ModelStore:
    """The owner of the models."""
    quiet_transformers()
    set_threads()
    return MODELS


@st.cache_data(show_spinner=False, ttl=30, max_entries=1)
def offline_models() -> tuple[str, ...]:
    """Specs that need no network: the bundled model and the local cache's."""
    return (BUNDLED, *(spec for spec, _ in hub.cached_models()))


def about(spec: str) -> About:
    """What a page may know of a model before it asks."""
    return _about(spec, models().revision(spec))


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _about(spec: str, revision: str) -> About:
    return About.of(models().get(spec))


def asked(specs: tuple[str, ...], question: Question) -> Asked:
    """What the answer of these models to a question is kept by."""
    revisions = tuple((spec, models().revision(spec)) for spec in specs)
    return Asked(type(question).__name__, revisions, question, SCHEMA_VERSION)


@st.cache_resource(show_spinner=False, max_entries=_PLANS)
def plan(asked: Asked) -> Any:
    """The plan of a question, laid out once (InputError when it can't be asked)."""
    return task_of(asked.question).plan(_bundles(asked), asked.question)


@st.cache_resource(show_spinner=False, max_entries=_PLANS)
def chunks(asked: Asked) -> Any:
    """The parts in which it is read, laid out once: each part that is read looks its own up."""
    loaded = _bundles(asked)
    return task_of(asked.question).laid_out(loaded, plan(asked), tokens_at_once(loaded))


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def estimate(asked: Asked) -> Estimate | None:
    """What a question takes, where its task estimates that; timing the machine takes a tenth of a second, once."""
    found = task_of(asked.question).estimate
    return None if found is None else found(_bundles(asked), plan(asked))


def read(asked: Asked, number: int) -> None:
    """Read one part, or find it kept."""
    part(asked, number)


@st.cache_resource(show_spinner=False, max_entries=_CHUNKS)
def part(asked: Asked, number: int) -> Any:
    """What one part says."""
    if _ONLY_KEPT.get():
        raise GoneError(number)
    before = _Before(asked, range(number))
    return task_of(asked.question).part(_bundles(asked), plan(asked), chunks(asked)[number], lambda: before)


@dataclass(frozen=True)
class _Before(Sequence[Any]):
    """The parts of some numbers, each looked up when it is wanted: most that rests on others rests on the last ones."""

    asked: Asked
    numbers: range

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, at: Any) -> Any:
        found = self.numbers[at]
        return part(self.asked, found) if isinstance(found, int) else _Before(self.asked, found)


@st.cache_resource(show_spinner=False, max_entries=_ENTRIES)
def result(asked: Asked, done: int) -> Any:
    """The answer as far as its first ``done`` parts go, None while there is nothing to show.

    It reads nothing (GoneError if one of these parts is not kept any longer).
    """
    before = _ONLY_KEPT.set(True)
    try:
        parts = [part(asked, number) for number in range(done)]
    finally:
        _ONLY_KEPT.reset(before)
    return task_of(asked.question).assemble(_bundles(asked), plan(asked), parts)


def _bundles(asked: Asked) -> tuple[ModelBundle, ...]:
    return tuple(models().get(spec) for spec, _ in asked.models)
