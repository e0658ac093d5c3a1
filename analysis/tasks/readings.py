"""Readings of the masked-LM head: what it expects where it sees the token, and where it does not.

The seen pass comes first in every reading, in one chunk but for a text in windows; the rows with hidden tokens follow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

import numpy as np

from analysis import export
from analysis.choices import DEFAULT_K, DEFAULT_MASKING, MASKINGS, Edit, Masking, chosen, several
from analysis.kernels.distributions import check_k, check_watch
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate, estimate_rows, rows_in_tokens
from analysis.questions import Read, Text
from analysis.task import Models, Task, of_one
from analysis.tasks.hidden import HiddenPlan, plan_hidden, read_rows, reading_of
from analysis.tasks.seen import seen_pass, window_rows
from analysis.texts.encoding import check_counted, tokenised
from analysis.texts.pieces import id_to_follow
from analysis.texts.windows import windows
from analysis.types import Encoded, HiddenReading, Region, SeenReading, TokenStatistics, Window


class Stretch(NamedTuple):
    """Windows of the seen pass from the first to the last + 1, or inputs of a hidden plan."""

    kind: Literal["seen", "hidden"]
    start: int
    stop: int


Part = SeenReading | TokenStatistics
"""The seen reading, which the last of its stretches comes to; or rows, of windows before that or with hidden tokens."""


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


def chunks_of_reading(models: Models, plan: ReadingPlan, tokens: int) -> list[Stretch]:
    """The seen pass, then the inputs with hidden tokens."""
    windows_at_once = max(1, tokens // max(_cost(models[0], window) for window in plan.windows))
    hidden = () if plan.hidden is None else plan.hidden.chunks_of(tokens)
    count = len(plan.windows)
    return [
        *(Stretch("seen", at, min(at + windows_at_once, count)) for at in range(0, count, windows_at_once)),
        *(Stretch("hidden", *each) for each in hidden),
    ]


def _cost(bundle: ModelBundle, window: Window) -> int:
    """A window's tokens and its rows of the head, in tokens."""
    return len(window.positions) + rows_in_tokens(bundle, window.last - window.first)


def read_chunk(
    bundle: ModelBundle, plan: ReadingPlan, chunk: Stretch, before: Callable[[], Sequence[Part]] = tuple
) -> Part:
    """The rows of a chunk; of the last one of the seen pass the seen reading."""
    kind, start, stop = chunk
    if kind == "hidden" and plan.hidden is not None:
        return read_rows(bundle, plan.hidden, (start, stop), plan.k, plan.watch)
    if stop < len(plan.windows):
        return window_rows(bundle, plan.encoded, plan.windows[start:stop], plan.k, plan.watch)[0]
    maskings = () if plan.hidden is None else plan.hidden.maskings
    come = cast("Sequence[TokenStatistics]", before()) if start else ()
    return seen_pass(bundle, plan.encoded, plan.windows, plan.k, plan.watch, maskings, come)


def estimate_reading(bundle: ModelBundle, plan: ReadingPlan) -> Estimate:
    """What a reading takes: the seen pass over every window, and the inputs with hidden tokens."""
    seen = [(len(each.positions), each.last - each.first) for each in plan.windows]
    return estimate_rows(bundle, [*seen, *(() if plan.hidden is None else plan.hidden.sizes)])


def _seen_of(parts: Sequence[Part]) -> tuple[SeenReading, Sequence[Part]] | None:
    """The seen reading and the parts after it; None where it has not come."""
    at = next((number for number, part in enumerate(parts) if isinstance(part, SeenReading)), None)
    return None if at is None else (cast("SeenReading", parts[at]), parts[at + 1 :])


def hidden_readings(bundle: ModelBundle, plan: ReadingPlan, parts: Sequence[Part]) -> tuple[HiddenReading, ...]:
    """The readings of the plan's maskings as far as the parts go; none without the seen pass or without maskings."""
    found = _seen_of(parts)
    if plan.hidden is None or found is None:
        return ()
    seen, rest = found
    nothing = TokenStatistics.blank(plan.k, len(plan.watch)).take(np.empty(0, np.int32))
    rows = TokenStatistics.joined([nothing, *cast("Sequence[TokenStatistics]", rest)])
    return tuple(reading_of(bundle, plan.hidden, rows, seen, masking) for masking in plan.hidden.maskings)


def _plan(bundle: ModelBundle, question: Read) -> ReadingPlan:
    maskings = () if question.masking is None else (question.masking,)
    return plan_reading(bundle, question.text, maskings, question.k, question.watch)


def read_so_far(bundle: ModelBundle, plan: ReadingPlan, parts: Sequence[Part]) -> SeenReading | HiddenReading | None:
    """The seen reading, or the hidden one as far as the parts go; None without the seen pass."""
    if plan.hidden is None:
        found = _seen_of(parts)
        return None if found is None else found[0]
    return next(iter(hidden_readings(bundle, plan, parts)), None)


READ = Task(
    plan=of_one(_plan),
    chunks=chunks_of_reading,
    read=of_one(read_chunk),
    assemble=of_one(read_so_far),
    export=export.reading,
    unit="positions",
    size=lambda plan: plan.encoded.n_counted,
    estimate=of_one(estimate_reading),
    rests=True,
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
