"""The only place that caches: three functions for all tasks, keyed by strings, numbers and questions made of them.

``analysis.models.store`` owns the models; the resource here only prepares the process once and hands out their owner,
so a visitor who clears the caches loses nothing. Everything is keyed by the task's name, the models' revisions and the
schema, because a cache does not notice that code further down has changed, and two questions of different tasks may
have the same fields. Results are frozen and shared, not copied at every use.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

from analysis.models import hub
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate
from analysis.models.forward import set_threads
from analysis.models.store import BUNDLED, MODELS, ModelStore, quiet_transformers
from analysis.questions import Question
from analysis.task import tokens_at_once
from analysis.tasks import task_of
from analysis.texts.pieces import id_of, id_to_follow
from analysis.version import SCHEMA_VERSION
from dashboard.page import About

_ENTRIES = 64
"""Results kept; a reading of 512 tokens takes about 600 kB for each masking."""

_PLANS = 16
"""Plans kept; the longest takes some megabytes."""

_CHUNKS = 16_384
"""Parts of readings that are kept: more than the longest text has; a row takes 450 bytes."""

Asked = tuple[tuple[str, str], ...]
"""Spec and revision of the models that are asked."""

_ONLY_KEPT: ContextVar[bool] = ContextVar("only what is kept", default=False)


class GoneError(Exception):
    """A part that was read before is no longer kept; ``number`` says which."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@st.cache_resource(show_spinner=False, max_entries=1)
def _models() -> ModelStore:
    quiet_transformers()
    set_threads()
    return MODELS


def bundle(spec: str, progress: hub.Progress | None = None) -> ModelBundle:
    """The loaded model of a spec (InputError or ModelError when there is none)."""
    return _models().get(spec, progress)


def known_models() -> tuple[str, ...]:
    """Specs of the models that have been loaded; their cached results need no weights."""
    return _models().known()


def computing() -> int:
    """How many visitors are computing or waiting to."""
    return _models().computing()


@st.cache_data(show_spinner=False, ttl=30, max_entries=1)
def offline_models() -> tuple[str, ...]:
    """Specs that need no network: the bundled model and the local cache's."""
    return (BUNDLED, *(spec for spec, _ in hub.cached_models()))


def about(spec: str) -> About:
    """What a page may know of a model before it asks."""
    return _about(*_asked((spec,))[0])


def token_id(spec: str, token: str) -> int:
    """The id of one token of the vocabulary (InputError when there is none)."""
    return id_of(bundle(spec), token)


def followed_id(spec: str, word: str) -> int:
    """The id of a word to follow (InputError when it has none of its own)."""
    return id_to_follow(bundle(spec), word)


def tokens_of(spec: str, ids: list[int]) -> tuple[str, ...]:
    """The tokens of some ids."""
    return bundle(spec).tokens_of(ids)


def plan(models: tuple[str, ...], question: Question) -> Any:
    """The plan of a question, laid out once (InputError when it can't be asked)."""
    return _plan(task_of(question).name, _asked(models), question, SCHEMA_VERSION)


def chunks(models: tuple[str, ...], question: Question) -> int:
    """In how many parts it is read."""
    return len(_chunks(_asked(models), question))


def estimate(models: tuple[str, ...], question: Question) -> Estimate | None:
    """What a question takes, where its task estimates that; timing the machine takes a tenth of a second, once."""
    return _estimate(task_of(question).name, _asked(models), question, SCHEMA_VERSION)


def read(models: tuple[str, ...], question: Question, number: int) -> None:
    """Read one part, or find it kept."""
    _part(task_of(question).name, _asked(models), question, number, SCHEMA_VERSION)


def result(models: tuple[str, ...], question: Question, done: int) -> Any:
    """The answer as far as its first ``done`` parts go, None while there is nothing to show; it reads nothing.

    Raises
    ------
    GoneError
        If one of these parts is not kept any longer.
    """
    return _result(task_of(question).name, _asked(models), question, done, SCHEMA_VERSION)


def _asked(models: tuple[str, ...]) -> Asked:
    return tuple((spec, _models().revision(spec)) for spec in models)


def _bundles(models: Asked) -> tuple[ModelBundle, ...]:
    return tuple(bundle(spec) for spec, _ in models)


def _chunks(models: Asked, question: Question) -> Any:
    loaded = _bundles(models)
    task = task_of(question)
    return task.chunks(loaded, _plan(task.name, models, question, SCHEMA_VERSION), tokens_at_once(loaded))


@contextmanager
def _only_kept() -> Generator[None]:
    token = _ONLY_KEPT.set(True)
    try:
        yield
    finally:
        _ONLY_KEPT.reset(token)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _about(spec: str, revision: str) -> About:
    return About.of(bundle(spec))


@st.cache_resource(show_spinner=False, max_entries=_PLANS)
def _plan(task: str, models: Asked, question: Question, schema: int) -> Any:
    return task_of(question).plan(_bundles(models), question)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _estimate(task: str, models: Asked, question: Question, schema: int) -> Estimate | None:
    found = task_of(question).estimate
    return None if found is None else found(_bundles(models), _plan(task, models, question, schema))


@st.cache_resource(show_spinner=False, max_entries=_CHUNKS)
def _part(task: str, models: Asked, question: Question, number: int, schema: int) -> Any:
    if _ONLY_KEPT.get():
        raise GoneError(number)
    chunk = _chunks(models, question)[number]
    return task_of(question).read(_bundles(models), _plan(task, models, question, schema), chunk)


@st.cache_resource(show_spinner=False, max_entries=_ENTRIES)
def _result(task: str, models: Asked, question: Question, done: int, schema: int) -> Any:
    with _only_kept():
        parts = [_part(task, models, question, number, schema) for number in range(done)]
    return task_of(question).assemble(_bundles(models), _plan(task, models, question, schema), parts)
