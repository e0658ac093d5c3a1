"""The next-sentence head at every place where a text can be cut, beside controls of the same length.

The text is tokenised once; every cut is made of the same pieces. Control passages are drawn once per text and stand in
the place of B at every cut, beginning where a sentence does for cuts between sentences and inside one for other cuts.
The cuts are read in an order that soon covers the whole text, so that a sweep under way can be looked at.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from analysis import export
from analysis.choices import (
    BY_SCRIPT,
    DEFAULT_SPLIT_CONTROLS,
    SPLIT_CONTEXTS,
    SPLIT_UNITS,
    SplitContext,
    SplitUnit,
    chosen,
    several,
    whole,
)
from analysis.errors import InputError, quoted
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import estimate_nsp
from analysis.questions import Splits
from analysis.task import Task, of_one
from analysis.tasks.segmentations import chunks_of, next_sentence, read_nsp
from analysis.texts.boundaries import places
from analysis.texts.controls import Control, check_seed, controls_for, draw_controls
from analysis.texts.encoding import PairTemplate, own_pieces, tokenised
from analysis.texts.notices import notices
from analysis.texts.sentences import language_for, sentences
from analysis.types import Boundary, Encoded, Floats, Ints, SplitSweep, Tensors


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """The inputs that a sweep takes: first the text uncut when it fits the model, then each cut and its R controls.

    ``undrawn`` says why there are no controls, where some were asked for.
    """

    asked: Splits
    encoded: Encoded
    boundaries: tuple[Boundary, ...]
    controls: tuple[Control, ...]
    undrawn: tuple[str, ...]
    uncut: bool
    inputs: tuple[Tensors, ...]


class SplitRows(NamedTuple):
    """What a part of a sweep came to: the numbers of its inputs, and their logits float32 [n, 2]."""

    numbers: tuple[int, ...]
    z: Floats


def sweep_splits(  # noqa: PLR0913  (the fields of its question)
    bundle: ModelBundle,
    text: str,
    *,
    unit: SplitUnit = "sentence",
    controls: int = DEFAULT_SPLIT_CONTROLS,
    seed: int = 0,
    context: SplitContext = "text",
    sentence_starts: Sequence[int] | None = None,
    language: str = BY_SCRIPT,
    controls_from: Sequence[str] = (),
) -> SplitSweep:
    """Run the next-sentence head on every cut of a text and on its controls. Arguments are the fields of ``Splits``.

    Raises
    ------
    InputError
        If the text can't be read or cut, an option is out of range, or the model has no next-sentence head.
    ModelError
        If the model fails on these inputs.
    """
    starts = None if sentence_starts is None else tuple(sentence_starts)
    own = several("passages", controls_from)
    return SPLITS.answer((bundle,), Splits(text, unit, context, controls, seed, starts, language, own))


def _plan(bundle: ModelBundle, question: Splits) -> SplitPlan:
    bundle.nsp.require()
    question = replace(question, seed=check_seed(question.seed))
    unit, context = chosen("unit", question.unit, SPLIT_UNITS), chosen("context", question.context, SPLIT_CONTEXTS)
    # A text that is too long to be cut whole may still be read by adjacent sentences.
    adjacent = context == "adjacent"
    encoded = tokenised(bundle, question.text, in_windows=adjacent, instead="compare adjacent sentences")
    template, ids = PairTemplate.of(bundle), own_pieces(encoded)
    language = language_for(question.language, question.text)
    boundaries = boundaries_of(encoded, question.sentence_starts, tokens=unit == "token", language=language)
    cuts = [each for each in boundaries if unit != "sentence" or each.sentence]
    if not cuts:
        instead = "" if unit == "token" or len(ids) == 1 else ", cut between tokens"
        raise InputError(
            f"This text has no boundary to cut it at: add a second {unit}{instead}, or set a boundary yourself."
        )
    starts = [0, *(each.pieces for each in boundaries if each.sentence), len(ids)]
    sides = [_sides(ids, each.pieces, starts, context) for each in cuts]
    for a, b in sides:
        _check_length(bundle, template.own + len(a) + len(b), context)
    longest = max(len(b) for _, b in sides)
    drawn, undrawn = controls_for(
        bundle, question.text, question, partial(draw_controls, bundle, question.controls, longest, question.seed)
    )
    uncut = len(encoded) <= bundle.max_tokens
    inputs: list[Tensors] = [encoded] if uncut else []
    for cut, (a, b) in zip(cuts, sides, strict=True):
        inputs.append(template.pair(a, b))
        inputs += [template.pair(a, each.beginning(len(b), in_sentence=not cut.sentence)) for each in drawn]
    return SplitPlan(replace(question, language=language), encoded, tuple(cuts), drawn, undrawn, uncut, tuple(inputs))


def reading_order(plan: SplitPlan) -> list[int]:
    """The numbers of a plan's inputs as they are read: the text uncut, then cut by cut, each with its controls.

    The cuts between sentences come first, then the others; of either those that lie furthest apart (every 2^k-th, k
    falling), so that the first parts of a sweep lie all over the text.
    """
    cuts, first, each = plan.boundaries, int(plan.uncut), 1 + len(plan.controls)
    ends = [number for number, cut in enumerate(cuts) if cut.sentence]
    inside = [number for number, cut in enumerate(cuts) if not cut.sentence]
    order = [group[at] for group in (ends, inside) for at in _spread(len(group))]
    return [*range(first), *(first + each * number + at for number in order for at in range(each))]


def _spread(n: int) -> list[int]:
    """0 to n - 1, every number half way between two that come before it: 0, 4, 2, 1, 3."""
    # The last bit that is set says how coarse a grid a number lies on.
    return sorted(range(n), key=lambda number: (-(number & -number) if number else -n, number))


def _chunks(plan: SplitPlan, tokens: int) -> tuple[tuple[int, ...], ...]:
    """The numbers of the inputs of each part; in one part they stand as in the text, and so are read as they were."""
    order = reading_order(plan)
    stretches = chunks_of([plan.inputs[number] for number in order], tokens)
    return tuple(tuple(sorted(order[start:stop])) for start, stop in stretches)


def _read(bundle: ModelBundle, plan: SplitPlan, numbers: tuple[int, ...]) -> SplitRows:
    return SplitRows(numbers, read_nsp(bundle, [plan.inputs[number] for number in numbers]))


def _assemble(bundle: ModelBundle, plan: SplitPlan, parts: Sequence[SplitRows]) -> SplitSweep:
    """What has not come yet is not a number."""
    everything = np.full((len(plan.inputs), 2), np.nan, np.float32)
    for part in parts:
        everything[list(part.numbers)] = part.z
    cuts = everything[1 if plan.uncut else 0 :].reshape(len(plan.boundaries), 1 + len(plan.controls), 2)
    there = plan.uncut and len(parts) > 0
    return SplitSweep(
        encoded=plan.encoded,
        unit=plan.asked.unit,
        context=plan.asked.context,
        language=plan.asked.language,
        boundaries=plan.boundaries,
        z=cuts[:, 0],
        control_z=cuts[:, 1:],
        controls=tuple(each.passage.name for each in plan.controls),
        seed=plan.asked.seed,
        one_segment=next_sentence(everything[0], bundle.nsp_meaning, lone_segment=True) if there else None,
        meaning=bundle.nsp_meaning,
        notices=notices(plan.encoded).also(*plan.undrawn),
        provenance=bundle.provenance(),
    )


SPLITS = Task(
    plan=of_one(_plan),
    chunks=lambda _models, plan, tokens: _chunks(plan, tokens),
    read=of_one(_read),
    assemble=of_one(_assemble),
    export=export.split_sweep,
    unit="passes",
    size=lambda plan: len(plan.inputs),
    estimate=lambda models, plan: estimate_nsp(models[0], plan.inputs),
)


def boundaries_of(
    encoded: Encoded, sentence_starts: Sequence[int] | None = None, *, tokens: bool = False, language: str = BY_SCRIPT
) -> tuple[Boundary, ...]:
    """Every place between two words of a lone text that has pieces on both sides, or between two ``tokens``.

    Sentences begin where the rules of the ``language`` say, or at ``sentence_starts``; where a piece reaches across a
    beginning that was found, the boundary moves on to the next one. InputError for a start inside a piece.
    """
    text = encoded.text_a
    if sentence_starts is None:
        begins = {start for start, _ in sentences(text, language)}
    else:
        begins = {whole("start of a sentence", start) for start in sentence_starts}
    found = places(encoded, begins=tuple(begins))
    # Before the first piece there is nothing to cut off.
    first = max(len(text) - len(text.lstrip()), int(encoded.span[encoded.sequence == 0, 0][0]))
    begins = {start for start in begins if start > first}
    for start in sorted(begins) if sentence_starts is not None else ():
        if text[start : start + 1].isspace() or not any(each.first <= start <= each.last for each in found):
            near = quoted(text[max(0, start - 10) : start + 10])
            raise InputError(
                f"A sentence can't begin at character {start:,} ('{near}'): choose where a word or a token begins."
            )
    boundaries, to_come = [], sorted(begins)
    for each in found:
        come = bisect_right(to_come, each.last)
        if tokens or each.word or come:
            boundaries.append(Boundary(each.at, each.pieces, come > 0))
        to_come = to_come[come:]
    return tuple(boundaries)


def _sides(ids: Ints, cut: int, starts: Sequence[int], context: SplitContext) -> tuple[Ints, Ints]:
    if context == "text":
        return ids[:cut], ids[cut:]
    before = max(start for start in starts if start < cut)
    after = min(start for start in starts if start > cut)
    return ids[before:cut], ids[cut:after]


def _check_length(bundle: ModelBundle, length: int, context: SplitContext) -> None:
    if length > bundle.max_tokens:
        what, do = "This text, cut in two, has", "shorten it, or compare adjacent sentences"
        if context == "adjacent":
            what, do = "Two neighbouring sentences have", "set a boundary between them"
        raise InputError(
            f"{what} {length:,} tokens with the special ones; this model reads at most {bundle.max_tokens:,}: {do}."
        )
