"""The only place that caches: one thin function per call of ``analysis``, keyed by strings and integers.

``analysis.loading`` owns the models; the resource here only prepares the process once and hands out their owner, so a
visitor who clears the caches loses nothing. Every result is keyed by the model's revision and by the schema, because a
cache does not notice that code further down has changed.
"""

from typing import Any

import numpy as np
import streamlit as st

from analysis.choices import MASKINGS, FillOrder, Masking
from analysis.models import hub
from analysis.models import store as loading
from analysis.models.estimate import Estimate, estimate_nsp
from analysis.models.forward import set_threads
from analysis.tasks import compare, pairs, splits
from analysis.tasks import segmentations as nsp
from analysis.tasks.fill import DEFAULT_BEAM, fill_masks, score_candidates
from analysis.tasks.hidden import HiddenPlan, plan_hidden, read_rows, reading_of, tokens_at_once
from analysis.tasks.seen import read_seen
from analysis.texts.pieces import id_of, id_to_follow
from analysis.types import (
    CandidateContest,
    Comparison,
    FillResult,
    Floats,
    HiddenReading,
    PairMatrix,
    SeenReading,
    SegmentationComparison,
    SplitSweep,
    TokenStatistics,
    WordComparison,
)
from analysis.version import SCHEMA_VERSION
from dashboard import tour
from dashboard.state import CompareQuestion, Input, PairQuestion, SplitQuestion

LARGEST_K = 50
"""Predictions per position that the pages offer."""

_ENTRIES = 64
"""Results kept per function; a reading of 512 tokens takes about 600 kB."""

_PLANS = 8
"""Plans of sweeps and matrices; the longest takes some megabytes."""

_CHUNKS = 16_384
"""Chunks of hidden readings that are kept: more than the longest text has; a row takes 450 bytes."""


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


def seen_reading(spec: str, given: Input) -> SeenReading:
    """``analysis.read_seen`` with up to ``LARGEST_K`` predictions per position, computed once per input."""
    return _seen_reading(spec, _models().revision(spec), given, SCHEMA_VERSION)


def hidden_chunks(spec: str, given: Input) -> int:
    """How many chunks a hidden reading of an input takes, for all maskings together."""
    revision = _models().revision(spec)
    return len(_hidden_plan(spec, revision, given, SCHEMA_VERSION).chunks_of(_chunk_tokens(spec, revision)))


def hidden_rows(spec: str, given: Input, number: int) -> TokenStatistics:
    """The rows of one chunk of that plan, computed once."""
    return _hidden_rows(spec, _models().revision(spec), given, number, SCHEMA_VERSION)


def hidden_reading(spec: str, given: Input, masking: Masking, done: int) -> HiddenReading:
    """The hidden reading of one masking as far as the first ``done`` chunks of its plan go."""
    return _hidden_reading(spec, _models().revision(spec), given, masking, done, SCHEMA_VERSION)


def token_id(spec: str, token: str) -> int:
    """The id of one token of the vocabulary (InputError when there is none)."""
    return id_of(bundle(spec), token)


def followed_id(spec: str, word: str) -> int:
    """The id of a word to follow (InputError when it has none of its own)."""
    return id_to_follow(bundle(spec), word)


def max_tokens(spec: str) -> int:
    """The longest input of this model, in tokens."""
    return _max_tokens(spec, _models().revision(spec))


def comparison(spec: str, text_a: str, text_b: str) -> SegmentationComparison:
    """``analysis.compare_segmentations``, computed once per input."""
    return _comparison(spec, _models().revision(spec), text_a, text_b, SCHEMA_VERSION)


def fill(spec: str, text_a: str, text_b: str | None, order: FillOrder, beam: int, k: int) -> FillResult:
    """``analysis.fill_masks`` in one order, computed once per input."""
    # The width is no part of the other orders: changing it computes the beam alone.
    width = beam if order == "beam" else DEFAULT_BEAM
    return _fill(spec, _models().revision(spec), text_a, text_b, order, width, k, SCHEMA_VERSION)


def contest(
    spec: str, text_a: str, text_b: str | None, candidates: tuple[str, ...], gap: int, reference: int, any_length: bool
) -> CandidateContest:
    """``analysis.score_candidates``, computed once per input; ``gap`` counts from 1, ``reference`` from 0."""
    revision = _models().revision(spec)
    return _contest(spec, revision, text_a, text_b, (candidates, gap, reference, any_length), SCHEMA_VERSION)


def nsp_plan(spec: str, asked: SplitQuestion | PairQuestion) -> splits.SplitPlan | pairs.PairPlan:
    """The inputs of a sweep of splits or a matrix of pairs, laid out once."""
    return _nsp_plan(spec, _models().revision(spec), asked, SCHEMA_VERSION)


def nsp_chunks(spec: str, asked: SplitQuestion | PairQuestion) -> int:
    """How many chunks it takes."""
    return len(nsp.chunks_of(nsp_plan(spec, asked).inputs, tokens_at_once(bundle(spec))))


def nsp_rows(spec: str, asked: SplitQuestion | PairQuestion, number: int) -> Floats:
    """The logits of one chunk, computed once."""
    return _nsp_rows(spec, _models().revision(spec), asked, number, SCHEMA_VERSION)


def split_sweep(spec: str, asked: SplitQuestion, done: int) -> SplitSweep:
    """The sweep as far as its first ``done`` chunks go."""
    return _split_sweep(spec, _models().revision(spec), asked, done, SCHEMA_VERSION)


def pair_matrix(spec: str, asked: PairQuestion, done: int) -> PairMatrix:
    """The matrix as far as its first ``done`` chunks go."""
    return _pair_matrix(spec, _models().revision(spec), asked, done, SCHEMA_VERSION)


def estimate(spec: str, asked: SplitQuestion | PairQuestion) -> Estimate:
    """Passes, tokens and seconds of a sweep or a matrix."""
    return _estimate(spec, _models().revision(spec), asked, SCHEMA_VERSION)


def compare_chunks(spec: str, asked: CompareQuestion) -> int:
    """How many chunks a comparison takes."""
    if not _by_token(spec, asked):
        if asked.reading == "seen":
            return 1
        return hidden_chunks(spec, _input(asked.a)) + hidden_chunks(asked.model_b, _input(asked.b))
    return len(_compare_plan(spec, _revisions(spec, asked), asked, SCHEMA_VERSION).chunks(*_both(spec, asked)))


def compare_rows(spec: str, asked: CompareQuestion, number: int) -> object:
    """Read one chunk of a comparison, once."""
    if _by_token(spec, asked):
        return _compare_rows(spec, _revisions(spec, asked), asked, number, SCHEMA_VERSION)
    if asked.reading == "seen":
        return seen_reading(spec, _input(asked.a)), seen_reading(asked.model_b, _input(asked.b))
    first = hidden_chunks(spec, _input(asked.a))
    if number < first:
        return hidden_rows(spec, _input(asked.a), number)
    return hidden_rows(asked.model_b, _input(asked.b), number - first)


def side_by_side(spec: str, asked: CompareQuestion, done: int) -> Comparison | WordComparison | None:
    """``analysis.compare_inputs`` as far as its first ``done`` chunks go; None while there is nothing to show."""
    if _by_token(spec, asked):
        # A seen reading is one thing: it is there when all of its rows are.
        least = 1 if asked.reading == "hidden" else compare_chunks(spec, asked)
        return _side_by_side(spec, _revisions(spec, asked), asked, done, SCHEMA_VERSION) if done >= least else None
    if done < compare_chunks(spec, asked):
        return None
    if asked.reading == "seen":
        return compare.compare_words(seen_reading(spec, _input(asked.a)), seen_reading(asked.model_b, _input(asked.b)))
    readings = (
        hidden_reading(model, _input(given), asked.masking, hidden_chunks(model, _input(given)))
        for model, given in ((spec, asked.a), (asked.model_b, asked.b))
    )
    return compare.compare_words(*readings)


def check_comparison(spec: str, asked: CompareQuestion) -> None:
    """Raise InputError where a comparison can't be made; the plan that shows it is kept."""
    for each in _both(spec, asked):
        each.require_mlm()
    if _by_token(spec, asked):
        _compare_plan(spec, _revisions(spec, asked), asked, SCHEMA_VERSION)
        return
    for model, given, name in zip(_both(spec, asked), (asked.a, asked.b), "AB", strict=True):
        compare.encode_side(model, given, name)


def _by_token(spec: str, asked: CompareQuestion) -> bool:
    return compare.same_vocabulary(*_both(spec, asked))


def _both(spec: str, asked: CompareQuestion) -> tuple[loading.ModelBundle, loading.ModelBundle]:
    return bundle(spec), bundle(asked.model_b)


def _revisions(spec: str, asked: CompareQuestion) -> tuple[str, str]:
    return _models().revision(spec), _models().revision(asked.model_b)


def _input(given: compare.Given) -> Input:
    return Input(given.text_a, given.text_b, given.edits)


@st.cache_resource(show_spinner=False, max_entries=_PLANS)
def _compare_plan(spec: str, revisions: tuple[str, str], asked: CompareQuestion, schema: int) -> compare.ComparePlan:
    a, b = _both(spec, asked)
    return compare.plan_compare(a, asked.a, asked.b, other=b, reading=asked.reading, masking=asked.masking)


@st.cache_data(show_spinner=False, max_entries=_CHUNKS)
def _compare_rows(
    spec: str, revisions: tuple[str, str], asked: CompareQuestion, number: int, schema: int
) -> compare.PairRows:
    a, b = _both(spec, asked)
    plan = _compare_plan(spec, revisions, asked, schema)
    return compare.read_pairs(a, b, plan, plan.chunks(a, b)[number], min(_k(a), _k(b)))


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _side_by_side(spec: str, revisions: tuple[str, str], asked: CompareQuestion, done: int, schema: int) -> Comparison:
    a, b = _both(spec, asked)
    parts = [_compare_rows(spec, revisions, asked, number, schema) for number in range(done)]
    seen = None
    if asked.reading == "hidden":
        seen = (seen_reading(spec, _input(asked.a)), seen_reading(asked.model_b, _input(asked.b)))
    return compare.comparison_of(a, b, _compare_plan(spec, revisions, asked, schema), parts, seen)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _estimate(spec: str, revision: str, asked: SplitQuestion | PairQuestion, schema: int) -> Estimate:
    return estimate_nsp(bundle(spec), _nsp_plan(spec, revision, asked, schema).inputs)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _split_sweep(spec: str, revision: str, asked: SplitQuestion, done: int, schema: int) -> SplitSweep:
    plan = _split_plan(spec, revision, asked, schema)
    return splits.sweep_of(bundle(spec), plan, _joined(spec, revision, asked, done, schema))


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _pair_matrix(spec: str, revision: str, asked: PairQuestion, done: int, schema: int) -> PairMatrix:
    plan = _pair_plan(spec, revision, asked, schema)
    return pairs.matrix_of(bundle(spec), plan, _joined(spec, revision, asked, done, schema))


def _joined(spec: str, revision: str, asked: SplitQuestion | PairQuestion, done: int, schema: int) -> Floats:
    rows = (_nsp_rows(spec, revision, asked, number, schema) for number in range(done))
    return np.concatenate([np.empty((0, 2), np.float32), *rows])


def _nsp_plan(
    spec: str, revision: str, asked: SplitQuestion | PairQuestion, schema: int
) -> splits.SplitPlan | pairs.PairPlan:
    if isinstance(asked, SplitQuestion):
        return _split_plan(spec, revision, asked, schema)
    return _pair_plan(spec, revision, asked, schema)


# Shared, not copied at every use: a plan is never changed, and a copy took 20 ms.
@st.cache_resource(show_spinner=False, max_entries=_PLANS)
def _split_plan(spec: str, revision: str, asked: SplitQuestion, schema: int) -> splits.SplitPlan:
    return splits.plan_splits(
        bundle(spec),
        asked.text,
        unit=asked.unit,
        context=asked.context,
        controls=asked.controls,
        seed=asked.seed,
        sentence_starts=asked.starts,
    )


@st.cache_resource(show_spinner=False, max_entries=_PLANS)
def _pair_plan(spec: str, revision: str, asked: PairQuestion, schema: int) -> pairs.PairPlan:
    return pairs.plan_pairs(bundle(spec), asked.sentences, controls=asked.controls, seed=asked.seed)


@st.cache_data(show_spinner=False, max_entries=_CHUNKS)
def _nsp_rows(spec: str, revision: str, asked: SplitQuestion | PairQuestion, number: int, schema: int) -> Floats:
    model, plan = bundle(spec), _nsp_plan(spec, revision, asked, schema)
    start, stop = nsp.chunks_of(plan.inputs, tokens_at_once(model))[number]
    return nsp.read_nsp(model, plan.inputs[start:stop])


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _fill(
    spec: str, revision: str, text_a: str, text_b: str | None, order: FillOrder, beam: int, k: int, schema: int
) -> FillResult:
    return fill_masks(bundle(spec), text_a, text_b, orders=(order,), k=k, beam=beam)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _contest(
    spec: str,
    revision: str,
    text_a: str,
    text_b: str | None,
    asked: tuple[tuple[str, ...], int, int, bool],
    schema: int,
) -> CandidateContest:
    candidates, gap, reference, any_length = asked
    return score_candidates(
        bundle(spec),
        text_a,
        text_b,
        candidates=candidates,
        mask=gap,
        reference=reference,
        any_length=any_length,
    )


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
def _max_tokens(spec: str, revision: str) -> int:
    return bundle(spec).max_tokens


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _seen_reading(spec: str, revision: str, given: Input, schema: int) -> SeenReading:
    model = bundle(spec)
    return read_seen(
        model,
        given.text_a,
        given.text_b,
        k=_k(model),
        edits=given.edits,
        in_windows=given.in_windows,
        watch=_watch(model, given),
    )


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _chunk_tokens(spec: str, revision: str) -> int:
    return tokens_at_once(bundle(spec))


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _hidden_plan(spec: str, revision: str, given: Input, schema: int) -> HiddenPlan:
    return plan_hidden(bundle(spec), _seen_reading(spec, revision, given, schema).encoded, MASKINGS)


@st.cache_data(show_spinner=False, max_entries=_CHUNKS)
def _hidden_rows(spec: str, revision: str, given: Input, number: int, schema: int) -> TokenStatistics:
    model, plan = bundle(spec), _hidden_plan(spec, revision, given, schema)
    return read_rows(model, plan, plan.chunks_of(tokens_at_once(model))[number], _k(model), _watch(model, given))


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _hidden_reading(spec: str, revision: str, given: Input, masking: Masking, done: int, schema: int) -> HiddenReading:
    parts = [_hidden_rows(spec, revision, given, number, schema) for number in range(done)]
    plan, seen = _hidden_plan(spec, revision, given, schema), _seen_reading(spec, revision, given, schema)
    return reading_of(bundle(spec), plan, TokenStatistics.joined(parts), seen, masking)


def _k(model: loading.ModelBundle) -> int:
    """More predictions than shown at first, so that asking for more computes nothing."""
    return min(LARGEST_K, model.n_vocabulary)


def _watch(model: loading.ModelBundle, given: Input) -> tuple[int, ...]:
    return tuple(id_to_follow(model, word) for word in given.follow)


@st.cache_data(show_spinner=False, max_entries=_ENTRIES)
def _comparison(spec: str, revision: str, text_a: str, text_b: str, schema: int) -> SegmentationComparison:
    return nsp.compare_segmentations(bundle(spec), text_a, text_b)
