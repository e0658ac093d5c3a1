"""The next-sentence head, taken apart: the same two texts handed over in every way that people hand them over.

The variants are built from one tokenisation of A and of B, by moving rows about, so that only the named factor differs
(leaving the middle [SEP] out also moves B one position to the left; nothing else could be done about that).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, cast

import numpy as np

from analysis import export
from analysis.choices import chosen
from analysis.errors import InputError
from analysis.models.abilities import ability
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import estimate_nsp
from analysis.models.forward import forward
from analysis.questions import Segmentations, Text
from analysis.task import Task, of_one
from analysis.texts.boundaries import places
from analysis.texts.encoding import PairTemplate, check_counted, one_input, rearrange
from analysis.texts.notices import notices
from analysis.types import Effects, Encoded, Floats, NextSentence, NspMeaning, SegmentationComparison, Tensors, Variant

VARIANT_NAMES = (
    "one_segment",
    "separator_only",
    "segment_ids_only",
    "correct",
    "swapped",
    "flipped_ids",
    "ids_as_mask",
    "wrong_boundary",
)


def next_sentence(z: np.ndarray, meaning: NspMeaning, *, lone_segment: bool) -> NextSentence:
    """Wrap the two logits [2] of one input."""
    is_next, not_next = z.tolist()
    return NextSentence(is_next, not_next, lone_segment, meaning)


def read_nsp(bundle: ModelBundle, inputs: Sequence[Tensors]) -> Floats:
    """The next-sentence logits float32 [n, 2] of some inputs, without the masked-LM head.

    InputError if the model has no next-sentence head, ModelError if it fails on these inputs.
    """
    bundle.nsp.require()
    return cast("Floats", forward(bundle, inputs, nsp=True))


def read_inputs(bundle: ModelBundle, plan: Any, chunk: tuple[int, int]) -> Floats:
    """The logits [n, 2] of a stretch of a plan's ``inputs``."""
    return read_nsp(bundle, plan.inputs[slice(*chunk)])


def with_the_rest(parts: Sequence[Floats], count: int) -> Floats:
    """The logits [count, 2] of all inputs; what has not come yet is not a number."""
    come = sum(map(len, parts))
    return np.concatenate([*parts, np.full((count - come, 2), np.nan, np.float32)])


def chunks_of(inputs: Sequence[Tensors], tokens: int) -> tuple[tuple[int, int], ...]:
    """First and last + 1 of stretches of inputs that have at most so many tokens together (or are a single input)."""
    edges, total = [0], 0
    for number, each in enumerate(inputs):
        if total and total + len(each) > tokens:
            edges.append(number)
            total = 0
        total += len(each)
    return tuple(pairwise([*edges, len(inputs)]))


@dataclass(frozen=True, slots=True)
class SegmentationPlan:
    """The correct pair, its variants by name, and why some are left out."""

    correct: Encoded
    inputs: dict[str, Encoded]
    left_out: tuple[tuple[str, str], ...]


def _plan(bundle: ModelBundle, question: Segmentations) -> SegmentationPlan:
    bundle.nsp.require()  # before anything is said of the texts
    correct = check_counted(one_input(bundle, replace(question.text, text_b=question.text.text_b or "")))
    return SegmentationPlan(correct, *_variants(correct, bundle))


def _chunks(plan: SegmentationPlan, tokens: int) -> tuple[tuple[str, ...], ...]:
    names = tuple(plan.inputs)
    return tuple(names[slice(*edges)] for edges in chunks_of(tuple(plan.inputs.values()), tokens))


def _assemble(bundle: ModelBundle, plan: SegmentationPlan, parts: Sequence[Floats]) -> SegmentationComparison | None:
    """None until every variant has come: the effects are of all of them."""
    if sum(map(len, parts)) < len(plan.inputs):
        return None
    variants = tuple(
        Variant(name, encoded, next_sentence(row, bundle.nsp_meaning, lone_segment=name == "one_segment"))
        for (name, encoded), row in zip(plan.inputs.items(), np.concatenate(parts), strict=True)
    )
    return SegmentationComparison(
        variants=variants,
        effects=_effects({variant.name: variant.nsp.margin_nats for variant in variants}),
        left_out=plan.left_out,
        meaning=bundle.nsp_meaning,
        notices=notices(plan.correct),
        provenance=bundle.provenance(),
    )


SEGMENTATIONS = Task(
    plan=of_one(_plan),
    chunks=lambda _models, plan, tokens: _chunks(plan, tokens),
    read=lambda models, plan, names: read_nsp(models[0], [plan.inputs[name] for name in names]),
    assemble=of_one(_assemble),
    export=export.segmentation_comparison,
    unit="variants",
    size=lambda plan: len(plan.inputs),
    estimate=lambda models, plan: estimate_nsp(models[0], tuple(plan.inputs.values())),
)


def compare_segmentations(bundle: ModelBundle, text_a: str, text_b: str) -> SegmentationComparison:
    """Run the next-sentence head on every variant of one pair, in a single batch.

    Returns
    -------
    SegmentationComparison
        Variants in the order of ``VARIANT_NAMES``, and the 2 x 2 effects of separator and segment ids, in nats.

    Raises
    ------
    InputError
        If a text can't be read or the model has no next-sentence head.
    ModelError
        If the model fails on these inputs.
    """
    return SEGMENTATIONS.answer((bundle,), Segmentations(Text(text_a, text_b)))


def middle_cut(encoded: Encoded) -> int | None:
    """The wrong boundary of the comparison: after how many pieces of A then B it falls.

    It is the boundary between words nearest the middle of the longer segment (A when they are equal), counted in
    pieces, the earlier one of two equally near; of a segment of one word the boundary between pieces. A segment of a
    single piece leaves the other one; None when neither has two.
    """
    lengths = [int((encoded.sequence == number).sum()) for number in (0, 1)]
    longer_first = (0, 1) if lengths[0] >= lengths[1] else (1, 0)
    for number in longer_first:
        found = places(encoded, number)
        cuts = [each.pieces for each in found if each.word] or [each.pieces for each in found]
        if cuts:
            nearest = min(cuts, key=lambda cut: (abs(cut - lengths[number] / 2), cut))
            return nearest if number == 0 else lengths[0] + nearest
    return None


def _variants(correct: Encoded, bundle: ModelBundle) -> tuple[dict[str, Encoded], tuple[tuple[str, str], ...]]:
    template = PairTemplate.positions(correct)
    a, b = (np.flatnonzero(correct.sequence == number).astype(np.int32) for number in (0, 1))
    joined, split = template.around(a, b)
    no_separator, unsplit = template.around(a, b, separator=False)
    inputs = {
        "one_segment": rearrange(correct, no_separator, 0 * unsplit),
        "separator_only": rearrange(correct, joined, 0 * split),
        "segment_ids_only": rearrange(correct, no_separator, unsplit),
        "correct": rearrange(correct, joined, split),
        "swapped": rearrange(correct, *template.around(b, a)),
        "flipped_ids": rearrange(correct, joined, 1 - split),
        "ids_as_mask": rearrange(correct, joined, 0 * split, attention_mask=split),
    }
    left_out = {}
    if not bundle.uses_mask:
        del inputs["ids_as_mask"]
        left_out["ids_as_mask"] = str(ability(bundle, "attention mask").why_not)
    cut = middle_cut(correct)
    if cut is None:
        left_out["wrong_boundary"] = "Either text is a single token, so there is no other place for the boundary."
    else:
        run = np.concatenate([a, b])
        inputs["wrong_boundary"] = rearrange(correct, *template.around(run[:cut], run[cut:]))
    return inputs, tuple(left_out.items())


def segmented(bundle: ModelBundle, correct: Encoded, name: str) -> Encoded:
    """One variant of a pair, its edits where their pieces stand now.

    InputError if there is none of that name, or this pair or this model has no room for it.
    """
    inputs, left_out = _variants(correct, bundle)
    chosen("segmentation", name, VARIANT_NAMES)
    if name not in inputs:
        raise InputError(f"{dict(left_out)[name].removesuffix('.')}: choose another segmentation.")
    before, after = ([np.flatnonzero(each.sequence == number) for number in (0, 1)] for each in (correct, inputs[name]))
    # The pieces of a text keep their order, wherever they go.
    moved = {int(old): int(new) for each in zip(before, after, strict=True) for old, new in zip(*each, strict=True)}
    return replace(inputs[name], edits=tuple(sorted((moved[at], id_) for at, id_ in correct.edits)))


def _effects(margin: dict[str, float]) -> Effects:
    m_00, m_10 = margin["one_segment"], margin["separator_only"]
    m_01, m_11 = margin["segment_ids_only"], margin["correct"]
    return Effects(
        separator_nats=((m_10 - m_00) + (m_11 - m_01)) / 2,
        segment_ids_nats=((m_01 - m_00) + (m_11 - m_10)) / 2,
        together_nats=m_11 - m_00,
        interaction_nats=m_11 - m_10 - m_01 + m_00,
    )
