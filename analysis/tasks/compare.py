"""Two readings side by side: how the distributions at aligned tokens differ, and which words moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis import export
from analysis.choices import DEFAULT_K, DEFAULT_MASKING, MASKINGS, READINGS, Masking, ReadingKind, chosen
from analysis.kernels.distributions import check_k
from analysis.limits import HEAD_PRODUCT_ROWS
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate, estimate_rows, rows_in_tokens, together
from analysis.models.forward import in_order
from analysis.questions import Compare, Text
from analysis.task import Models, Task, tokens_at_once
from analysis.tasks.hidden import plan_hidden, reading_of
from analysis.tasks.in_step import ComparePlan, PairRows, read_pairs
from analysis.tasks.readings import (
    Part,
    ReadingPlan,
    Stretch,
    chunks_of_reading,
    estimate_reading,
    plan_reading,
    read_chunk,
    read_so_far,
)
from analysis.tasks.seen import seen_pass, seen_reading_of
from analysis.texts.align import align, align_tokens, kind_of
from analysis.texts.encoding import one_side
from analysis.texts.words import words_of
from analysis.types import Comparison, Divergence, HiddenReading, SeenReading, TokenStatistics, WordComparison

_DIVERGENCE = 2
"""What two rows of logits take that are compared, by what they take alone."""


@dataclass(frozen=True, slots=True)
class WordPlan:
    """What a comparison by word reads: both sides, each as a reading of its own model."""

    a: ReadingPlan
    b: ReadingPlan


def _plan(models: Models, question: Compare) -> ComparePlan | WordPlan:
    one, other = models[0], models[-1]
    chosen("reading", question.reading, READINGS)
    chosen("masking", question.masking, MASKINGS)
    for each in (one, other):
        each.mlm.require()
        check_k(question.k, each.n_vocabulary)
    a, b = one_side(one, question.a, "A"), one_side(other, question.b, "B")
    if (one.vocabulary_hash, one.n_vocabulary) != (other.vocabulary_hash, other.n_vocabulary):
        # An id may mean another token to the other model, or its head have no column for it.
        maskings = () if question.reading == "seen" else (question.masking,)
        return WordPlan(
            plan_reading(one, question.a, maskings, question.k, ()),
            plan_reading(other, question.b, maskings, question.k, ()),
        )
    hidden = None
    if question.reading == "hidden":
        hidden = (plan_hidden(one, a, (question.masking,)), plan_hidden(other, b, (question.masking,)))
    return ComparePlan(a, b, tuple(align_tokens(a, b)), hidden, check_k(question.k, one.n_vocabulary))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Both inputs with nothing hidden, or a stretch of aligned pairs."""

    kind: Literal["seen", "pairs"]
    start: int = 0
    stop: int = 0


_Side = Literal["a", "b"]


def _chunks(
    models: Models, plan: ComparePlan | WordPlan, tokens: int
) -> tuple[Chunk, ...] | tuple[tuple[_Side, Stretch], ...]:
    if isinstance(plan, WordPlan):
        sides: tuple[tuple[_Side, ReadingPlan, Models], ...] = (("a", plan.a, models[:1]), ("b", plan.b, models[-1:]))
        return tuple((name, chunk) for name, side, own in sides for chunk in chunks_of_reading(own, side, tokens))
    one, other = models[0], models[-1]
    if plan.hidden is None:
        size = HEAD_PRODUCT_ROWS
        if one is other and in_order(one):
            # Where the two rows of a pair come together, one pass over both texts is enough, and as many pairs come
            # along as fit in; what they are compared by takes as long as the rows themselves.
            rows = _DIVERGENCE * rows_in_tokens(one, 2 * len(plan.pairs))
            size = max(size, (tokens - len(plan.a) - len(plan.b)) * len(plan.pairs) // rows)
    else:
        sides = ((one, plan.a), (other, plan.b))
        # However many tokens somebody waits for, the logits of a chunk have to fit into memory.
        fits = min(min(tokens, tokens_at_once((model,))) // len(side) for model, side in sides)
        size = min(HEAD_PRODUCT_ROWS, max(1, fits // len(sides)))
    pairs = tuple(
        Chunk("pairs", start, min(start + size, len(plan.pairs))) for start in range(0, len(plan.pairs), size)
    )
    return pairs if plan.hidden is None else (Chunk("seen"), *pairs)


def _read(
    models: Models, plan: ComparePlan | WordPlan, chunk: Any
) -> PairRows | tuple[SeenReading, SeenReading] | tuple[_Side, Part]:
    one, other = models[0], models[-1]
    if isinstance(plan, WordPlan):
        name, stretch = chunk
        side, bundle = (plan.a, one) if name == "a" else (plan.b, other)
        return name, read_chunk(bundle, side, stretch)
    if chunk.kind == "seen":
        a, b = (
            seen_pass(bundle, hidden.encoded, hidden.windows, plan.k, (), hidden.maskings)
            for bundle, hidden in zip((one, other), plan.hidden or (), strict=True)
        )
        return a, b
    return read_pairs(one, other, plan, (chunk.start, chunk.stop))


def _assemble(models: Models, plan: ComparePlan | WordPlan, parts: Sequence[Any]) -> Comparison | WordComparison | None:
    one, other = models[0], models[-1]
    if isinstance(plan, WordPlan):
        a, b = (
            read_so_far(bundle, side, [part for name, part in parts if name == called])
            for called, side, bundle in (("a", plan.a, one), ("b", plan.b, other))
        )
        return compare_words(a, b) if a is not None and b is not None and a.complete and b.complete else None
    if plan.hidden is None:
        # A seen reading is one thing: it is there when all of its rows are.
        whole = sum(len(part.divergence.js_bits) for part in parts) == len(plan.pairs)
        return comparison_of(one, other, plan, parts) if whole else None
    seen, pairs = parts[:1], parts[1:]
    return comparison_of(one, other, plan, pairs, seen[0]) if pairs else None


def _estimate(models: Models, plan: ComparePlan | WordPlan) -> Estimate:
    one, other = models[0], models[-1]
    if isinstance(plan, WordPlan):
        return together(estimate_reading(one, plan.a), estimate_reading(other, plan.b))
    # Beside the seen readings the pairs outside C are compared, in which nothing is hidden either.
    hidden = ((), ()) if plan.hidden is None else tuple([(len(e.encoded), 0), *e.sizes] for e in plan.hidden)
    a, b = (
        estimate_rows(bundle, [(len(side), len(side)), *sizes])
        for bundle, side, sizes in zip((one, other), (plan.a, plan.b), hidden, strict=True)
    )
    return together(a, b)


COMPARE = Task(
    plan=_plan,
    chunks=_chunks,
    read=_read,
    assemble=_assemble,
    export=export.comparison,
    unit="pairs",
    most_models=2,
    estimate=_estimate,
    size=lambda plan: (
        plan.a.encoded.n_counted + plan.b.encoded.n_counted if isinstance(plan, WordPlan) else len(plan.pairs)
    ),
)


def compare_inputs(
    bundle: ModelBundle,
    a: Text,
    b: Text,
    *,
    other: ModelBundle | None = None,
    reading: ReadingKind = "hidden",
    masking: Masking = DEFAULT_MASKING,
    k: int = DEFAULT_K,
) -> Comparison | WordComparison:
    """Compare what the masked-LM head expects in two inputs, or what two models expect.

    ``other`` is the model that reads B, None for the same one; other arguments are the fields of ``Compare``.

    Returns
    -------
    Comparison or WordComparison
        By token; by reporting word for two models whose vocabularies are not identical.

    Raises
    ------
    InputError
        If a text can't be read, an option is out of range, or a model has no masked-LM head.
    ModelError
        If a model fails on these inputs.
    """
    models = (bundle,) if other is None else (bundle, other)
    return COMPARE.answer(models, Compare(a, b, reading, masking, k))


def comparison_of(
    bundle_a: ModelBundle,
    bundle_b: ModelBundle,
    plan: ComparePlan,
    parts: Sequence[PairRows],
    seen: tuple[SeenReading, SeenReading] | None = None,
) -> Comparison:
    """Put a plan's first chunks together, at least one, of a seen reading all; what has not come yet is not a number.

    ``seen`` are the seen readings of both sides, with the same K; a hidden reading needs them.
    """
    come = [part.divergence for part in parts]
    everything = Divergence.joined([*come, Divergence.blank(come[0].mover_ids.shape[1])])
    differences = everything.take(np.minimum(np.arange(len(plan.pairs)), len(everything.js_bits) - 1))
    readings: list[SeenReading | HiddenReading] = []
    for number, bundle in enumerate((bundle_a, bundle_b)):
        statistics = TokenStatistics.joined([(part.a, part.b)[number] for part in parts])
        if plan.hidden is None or seen is None:
            readings.append(seen_reading_of(bundle, (plan.a, plan.b)[number], statistics, z=parts[0].nsp_z[number]))
        else:
            hidden = plan.hidden[number]
            # The first ones of the side's positions have come, and those outside C are no rows of the reading.
            positions = np.array([position for _, position in hidden.rows], np.int32)
            rows = statistics.take(positions[positions < len(statistics.rank)])
            readings.append(reading_of(bundle, hidden, rows, seen[number], hidden.maskings[0]))
    ids_a, ids_b = plan.a.ids.tolist(), plan.b.ids.tolist()
    return Comparison(
        a=readings[0],
        b=readings[1],
        index_a=np.array([i for i, _ in plan.pairs], np.int32),
        index_b=np.array([j for _, j in plan.pairs], np.int32),
        kinds=tuple(kind_of(pair, ids_a, ids_b) for pair in plan.pairs),
        divergence=differences,
        mover_tokens=tuple(
            tuple(token if part > 0 else "" for token, part in zip(bundle_a.tokens_of(ids), parts, strict=True))
            for ids, parts in zip(differences.mover_ids, differences.mover_js_bits, strict=True)
        ),
    )


def compare_words(a: SeenReading | HiddenReading, b: SeenReading | HiddenReading) -> WordComparison:
    """Two readings by reporting word, for models whose tokens are not the same."""
    words_a, words_b = words_of(a.encoded), words_of(b.encoded)
    texts_a, texts_b = [word.text for word in words_a], [word.text for word in words_b]
    pairs = align(texts_a, texts_b)
    return WordComparison(
        a=a,
        b=b,
        words_a=words_a,
        words_b=words_b,
        index_a=np.array([i for i, _ in pairs], np.int32),
        index_b=np.array([j for _, j in pairs], np.int32),
        kinds=tuple(kind_of(pair, texts_a, texts_b) for pair in pairs),
        why="These models have different vocabularies, so that their distributions are over different things: read the "
        "surprisal of whole words, and bits per character.",
    )
