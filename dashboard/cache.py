"""The only place that caches: one thin function per call of ``analysis``, keyed by strings and integers.

``analysis.loading`` owns the models; the resource here only prepares the process once and hands out their owner, so a
visitor who clears the caches loses nothing. Every result is keyed by the model's revision and by the schema, because a
cache does not notice that code further down has changed.
"""

from typing import Any

import streamlit as st

from analysis import hub, loading, nsp
from analysis.forward import set_threads
from analysis.mlm import read_seen
from analysis.types import SeenReading, SegmentationComparison
from analysis.version import SCHEMA_VERSION
from dashboard import tour

_ENTRIES = 64
"""Results kept per function; a seen reading of 512 tokens takes about 200 kB."""


@st.cache_resource(show_spinner=False, max_entries=1)
def _models() -> loading.ModelStore:
    loading.quiet_transformers()
    set_threads()
    return loading.MODELS


def bundle(spec: str, progress: hub.Progress | None = None) -> loading.ModelBundle:
    """The loaded model of a spec (InputError or ModelError when there is none)."""
    return _models().get(spec, progress)


def known_models() -> tuple[str, ...]:
    """Specs of the models that have been loaded; their cached results need no weights."""
    return _models().known()


def mask_token(spec: str) -> str:
    """The token that stands for a gap in this model's texts."""
    return _mask_token(spec, _models().revision(spec))


def computing() -> int:
    """How many visitors are computing or waiting to."""
    return _models().computing()


@st.cache_data(show_spinner=False, ttl=30, max_entries=1)
def offline_models() -> tuple[str, ...]:
    """Specs that need no network: the bundled model and the local cache's."""
    return (loading.BUNDLED, *(spec for spec, _ in hub.cached_models()))


def seen_reading(spec: str, text_a: str, text_b: str | None, k: int) -> SeenReading:
    """``analysis.read_seen``, computed once per input."""
    return _seen_reading(spec, _models().revision(spec), text_a, text_b, k, SCHEMA_VERSION)


def comparison(spec: str, text_a: str, text_b: str) -> SegmentationComparison:
    """``analysis.compare_segmentations``, computed once per input."""
    return _comparison(spec, _models().revision(spec), text_a, text_b, SCHEMA_VERSION)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _mask_token(spec: str, revision: str) -> str:
    return bundle(spec).tokenizer.mask_token


def tour_step(spec: str, number: int) -> dict[str, Any]:
    """The live values of one step of the tour."""
    return _tour_step(spec, _models().revision(spec), number, SCHEMA_VERSION)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _tour_step(spec: str, revision: str, number: int, schema: int) -> dict[str, Any]:
    return tour.run(tour.STEPS[number], bundle(spec))


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _seen_reading(spec: str, revision: str, text_a: str, text_b: str | None, k: int, schema: int) -> SeenReading:
    return read_seen(bundle(spec), text_a, text_b, k=k)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _comparison(spec: str, revision: str, text_a: str, text_b: str, schema: int) -> SegmentationComparison:
    return nsp.compare_segmentations(bundle(spec), text_a, text_b)
