"""Readings of the masked-LM head: what it expects where it sees the token, and where it does not.

The seen pass is the first chunk of every reading, the rows with hidden tokens are the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from analysis import export
from analysis.choices import DEFAULT_K, DEFAULT_MASKING, MASKINGS, Edit, Masking, chosen, several
from analysis.kernels.distributions import check_k, check_watch
from analysis.models.bundle import ModelBundle
from analysis.questions import Read, Text
from analysis.task import Models, Task, of_one
from analysis.tasks.hidden import HiddenPlan, plan_hidden, read_rows, reading_of
from analysis.tasks.seen import seen_pass
from analysis.texts.encoding import check_counted, tokenised
from analysis.texts.pieces import id_to_follow
from analysis.texts.windows import windows
from analysis.types import Encoded, HiddenReading, Region, SeenReading, TokenStatistics, Window

SEEN = (0, 0)
"""The chunk that is the seen pass; the others are the first and last + 1 input of a hidden plan."""


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """What a reading takes; ``hidden`` are the rows that are hidden, None for a seen reading.

    ``regions`` are what is scored as one.
    """

    encoded: Encoded
    windows: tuple[Window, ...]
    hidden: HiddenPlan | None
    k: int
    watch: tuple[int, ...]
    regions: tuple[Region, ...] = ()


def plan_reading(
    bundle: ModelBundle, text: Text, maskings: Sequence[Masking], k: int, watch: Sequence[str | int]
) -> ReadingPlan:
    """Lay out a seen reading and the hidden ones of some maskings.

    InputError if the text can't be read, an option is out of range, or the model has no masked-LM head.
    """
    for masking in (maskings := several("maskings", maskings)):
        chosen("masking", masking, MASKINGS)
    bundle.mlm.require()
    k = check_k(k, bundle.n_vocabulary)
    watched = several("words to follow", watch)
    ids = check_watch(
        [id_to_follow(bundle, each) if isinstance(each, str) else each for each in watched], bundle.n_vocabulary
    )
    given = (text.text_a, text.text_b, text.edits, text.in_windows)
    encoded = check_counted(tokenised(bundle, *given, instead="read it in overlapping windows"))
    cut = windows(encoded, bundle.max_tokens)
    return ReadingPlan(encoded, cut, plan_hidden(bundle, encoded, maskings) if maskings else None, k, ids)


def chunks_of_reading(_models: Models, plan: ReadingPlan, tokens: int) -> tuple[tuple[int, int], ...]:
    """The seen pass, then the inputs with hidden tokens."""
    return (SEEN, *(() if plan.hidden is None else plan.hidden.chunks_of(tokens)))


def read_chunk(bundle: ModelBundle, plan: ReadingPlan, chunk: tuple[int, int]) -> SeenReading | TokenStatistics:
    """The seen reading, or the rows of a chunk."""
    if chunk == SEEN or plan.hidden is None:
        maskings = () if plan.hidden is None else plan.hidden.maskings
        return seen_pass(bundle, plan.encoded, plan.windows, plan.k, plan.watch, maskings)
    return read_rows(bundle, plan.hidden, chunk, plan.k, plan.watch)


def hidden_readings(
    bundle: ModelBundle, plan: ReadingPlan, parts: Sequence[SeenReading | TokenStatistics]
) -> tuple[HiddenReading, ...]:
    """The readings of the plan's maskings as far as the parts go; none without the seen pass or without maskings."""
    if plan.hidden is None or not parts:
        return ()
    seen, rest = cast("SeenReading", parts[0]), cast("list[TokenStatistics]", parts[1:])
    nothing = TokenStatistics.blank(plan.k, len(plan.watch)).take(np.empty(0, np.int32))
    rows = TokenStatistics.joined([nothing, *rest])
    return tuple(reading_of(bundle, plan.hidden, rows, seen, masking) for masking in plan.hidden.maskings)


def _plan(bundle: ModelBundle, question: Read) -> ReadingPlan:
    maskings = () if question.masking is None else (question.masking,)
    return plan_reading(bundle, question.text, maskings, question.k, question.watch)


def read_so_far(
    bundle: ModelBundle, plan: ReadingPlan, parts: Sequence[SeenReading | TokenStatistics]
) -> SeenReading | HiddenReading | None:
    """The seen reading, or the hidden one as far as the parts go; None without the seen pass."""
    if plan.hidden is None:
        return cast("SeenReading", parts[0]) if parts else None
    return next(iter(hidden_readings(bundle, plan, parts)), None)


READ = Task(
    plan=of_one(_plan),
    chunks=chunks_of_reading,
    read=of_one(read_chunk),
    assemble=of_one(read_so_far),
    export=export.reading,
    unit="positions",
    size=lambda plan: plan.encoded.n_counted,
)


def read_seen(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    k: int = DEFAULT_K,
    edits: Sequence[Edit] = (),
    in_windows: bool = False,
    watch: Sequence[str | int] = (),
) -> SeenReading:
    """Read what the masked-LM head predicts at every position when it sees the whole text: it reads back.

    The next-sentence head's answer for the same input comes along when the checkpoint has that head. Arguments are the
    fields of ``Read`` and its ``Text``.

    Raises
    ------
    InputError
        If a text can't be read, ``k`` is out of range, or the model has no masked-LM head.
    ModelError
        If the model fails on this input.
    """
    text = Text(text_a, text_b, several("edits", edits), in_windows)
    return cast("SeenReading", READ.answer((bundle,), Read(text, None, k, several("words to follow", watch))))


def read_hidden(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    masking: Masking = DEFAULT_MASKING,
    k: int = DEFAULT_K,
    edits: Sequence[Edit] = (),
    in_windows: bool = False,
    watch: Sequence[str | int] = (),
) -> HiddenReading:
    """Read every position of C with its own token hidden.

    ``token`` hides the position alone (Salazar et al. 2020), ``word_l2r`` it and the later pieces of its word (Kauf &
    Ivanova 2023), ``word`` every piece of its word; words are the tokenizer's. Other arguments and errors are those of
    ``read_seen``.
    """
    chosen("masking", masking, MASKINGS)
    text = Text(text_a, text_b, several("edits", edits), in_windows)
    return cast("HiddenReading", READ.answer((bundle,), Read(text, masking, k, several("words to follow", watch))))
