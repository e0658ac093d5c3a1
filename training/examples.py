"""Drawing training examples: pairs of segments for next-sentence prediction, and lone segments.

A document is a sequence of sentences, a sentence a sequence of token ids. Every function takes its randomness from the
``random.Random`` it is given and from nowhere else.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from training.corruption import IGNORED
from training.vocabulary import Vocabulary

Sentence = Sequence[int]
Document = Sequence[Sentence]

IS_NEXT, NOT_NEXT = 0, 1
NO_LABEL = IGNORED

LENGTHS = (32, 64, 96, 128, 128, 256)
"""Lengths aimed at, in tokens, each drawn equally often: mostly up to 128, since attention's cost grows with length."""

P_LONE = 0.1
"""Share of lone segments: at use a text often comes alone, so its look must not be new to the MLM head."""

P_LONE_OR_SINGLE_SENTENCES = 0.5
"""Below this draw, and not below ``P_LONE``, A and B are one sentence each, the form in which people ask."""

MOST_SENTENCES = 4
P_TRUE_NEXT = 0.5

MAX_SEGMENT_TOKENS = 250
"""Two segments and three special tokens then stay below BERT's 512 positions."""

MAX_INPUT_TOKENS = 2 * MAX_SEGMENT_TOKENS + 3

POOL = 1024
"""Examples sorted by length together: enough that a batch's rows are about as long as each other."""


@dataclass(frozen=True, slots=True)
class Example:
    """One input with its next-sentence label.

    Attributes
    ----------
    input_ids, token_type_ids
        [CLS] A [SEP] B [SEP], and 0 up to the first [SEP], 1 after it; a lone segment is [CLS] A [SEP], all 0.
    label
        ``IS_NEXT``, ``NOT_NEXT``, or ``NO_LABEL`` for a lone segment.
    """

    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]
    label: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of the next example: tokens aimed at, and most sentences of A and of B (``b == 0``: a lone segment)."""

    tokens: int
    a: int
    b: int


def assemble(a: Sentence, b: Sentence, label: int, vocabulary: Vocabulary) -> Example:
    """Put one segment, or two, between BERT's special tokens; an empty ``b`` makes a lone segment."""
    first = (vocabulary.cls_id, *a, vocabulary.sep_id)
    second = (*b, vocabulary.sep_id) if b else ()
    return Example(first + second, (0,) * len(first) + (1,) * len(second), label)


def draw_plan(rng: random.Random) -> Plan:
    """Draw what the next example shall look like."""
    tokens, draw = rng.choice(LENGTHS), rng.random()
    if draw < P_LONE:
        # Bounded by its tokens alone: no sentence has fewer than one.
        return Plan(tokens, a=tokens, b=0)
    if draw < P_LONE_OR_SINGLE_SENTENCES:
        return Plan(tokens, a=1, b=1)
    return Plan(tokens, a=rng.randint(1, MOST_SENTENCES), b=rng.randint(1, MOST_SENTENCES))


def take(sentences: Document, start: int, most: int, room: int) -> tuple[list[int], int]:
    """Take whole sentences from ``start`` on: the first in any case, more while ``most`` and ``room`` (tokens) allow.

    Returns the ids and the index of the first sentence not taken.
    """
    ids, at = list(sentences[start]), start + 1
    while at < len(sentences) and at - start < most and len(ids) + len(sentences[at]) <= room:
        ids += sentences[at]
        at += 1
    return ids, at


def draw_second_segment(
    documents: Sequence[Document], index: int, start: int, plan: Plan, room: int, rng: random.Random
) -> tuple[list[int], int, int]:
    """Draw B: half the time what follows A at ``start``, else a random place of another document.

    Returns B's ids, the label and the sentence of document ``index`` to go on from. After a random B that is ``start``:
    the true continuation is not lost, it begins the next example.
    """
    if rng.random() < P_TRUE_NEXT:
        ids, at = take(documents[index], start, plan.b, room)
        return ids, IS_NEXT, at
    other = rng.randrange(len(documents) - 1)
    # One number fewer was drawn from: stepping over `index` leaves all other documents equally likely.
    other += other >= index
    ids, _ = take(documents[other], rng.randrange(len(documents[other])), plan.b, room)
    return ids, NOT_NEXT, start


def examples_of_document(
    documents: Sequence[Document], index: int, vocabulary: Vocabulary, rng: random.Random
) -> Iterator[Example]:
    """Walk once through document ``index`` and yield its examples; the other documents lend their random Bs."""
    document, at = documents[index], 0
    while at < len(document) - 1:
        plan = draw_plan(rng)
        if not plan.b:
            ids, at = take(document, at, plan.a, plan.tokens)
            yield assemble(ids[: plan.tokens], (), NO_LABEL, vocabulary)
            continue
        # The document's last sentence is never part of A: something must be left to follow.
        a, at = take(document[:-1], at, plan.a, plan.tokens // 2)
        b, label, at = draw_second_segment(documents, index, at, plan, plan.tokens - len(a), rng)
        # A loses its beginning and B its end, so that what meets at the boundary is what met in the text.
        yield assemble(a[-MAX_SEGMENT_TOKENS:], b[:MAX_SEGMENT_TOKENS], label, vocabulary)


def draw_examples(documents: Sequence[Document], vocabulary: Vocabulary, rng: random.Random) -> Iterator[Example]:
    """Yield one epoch of examples: every document once, in random order.

    Parameters
    ----------
    documents
        At least two, of at least two sentences each, no sentence empty.
    """
    order = list(range(len(documents)))
    rng.shuffle(order)
    for index in order:
        yield from examples_of_document(documents, index, vocabulary, rng)


def pack(examples: Sequence[Example], budget: int) -> Iterator[list[Example]]:
    """Cut a sequence into batches whose padded size, rows times longest row, stays within ``budget`` tokens.

    An example longer than the budget makes a batch of its own.
    """
    batch: list[Example] = []
    longest = 0
    for example in examples:
        longest = max(longest, len(example.input_ids))
        if batch and longest * (len(batch) + 1) > budget:
            yield batch
            batch, longest = [], len(example.input_ids)
        batch.append(example)
    if batch:
        yield batch


def draw_batches(examples: Iterable[Example], budget: int, rng: random.Random) -> Iterator[list[Example]]:
    """Group a stream of examples into batches of about equally long rows, in random order within each pool."""
    pool: list[Example] = []
    for example in examples:
        pool.append(example)
        if len(pool) == POOL:
            yield from _shuffled_batches(pool, budget, rng)
            pool = []
    yield from _shuffled_batches(pool, budget, rng)


def _shuffled_batches(pool: list[Example], budget: int, rng: random.Random) -> list[list[Example]]:
    batches = list(pack(sorted(pool, key=lambda example: len(example.input_ids)), budget))
    rng.shuffle(batches)
    return batches
