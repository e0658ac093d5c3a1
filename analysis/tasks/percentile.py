"""One pair among controls: the same first text, with sentences of other texts in the place of the second."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from analysis import export
from analysis.choices import BY_SCRIPT, DEFAULT_PAIR_CONTROLS, several
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import estimate_nsp
from analysis.questions import Percentile, Text
from analysis.task import Task, of_one
from analysis.tasks.segmentations import chunks_of, next_sentence, read_inputs, with_the_rest
from analysis.texts.controls import check_seed, controls_for, draw_sentences
from analysis.texts.encoding import PairTemplate, check_counted, one_input
from analysis.texts.notices import notices
from analysis.types import Encoded, Floats, PairPercentile, Tensors


@dataclass(frozen=True, slots=True)
class PercentilePlan:
    """The inputs: the pair, then its first text with every control."""

    pair: Encoded
    controls: tuple[str, ...]
    seed: int
    inputs: tuple[Tensors, ...]


def percentile(
    bundle: ModelBundle,
    text_a: str,
    text_b: str,
    *,
    controls: int = DEFAULT_PAIR_CONTROLS,
    seed: int = 0,
    language: str = BY_SCRIPT,
    controls_from: Sequence[str] = (),
) -> PairPercentile:
    """One pair among random continuations of its first text. Arguments are the fields of ``Percentile``.

    Raises
    ------
    InputError
        If a text can't be read, there are no controls (for it), or the model has no next-sentence head.
    ModelError
        If the model fails on these inputs.
    """
    own = several("passages", controls_from)
    return PERCENTILE.answer((bundle,), Percentile(Text(text_a, text_b), controls, seed, language, own))


def _plan(bundle: ModelBundle, question: Percentile) -> PercentilePlan:
    bundle.nsp.require()
    if question.controls == 0:
        raise InputError("The number of controls 0 came, which leave nothing to compare with: choose 1 or more.")
    text, seed = question.text, check_seed(question.seed)
    pair = check_counted(one_input(bundle, Text(text.text_a, text.text_b or "", text.edits, text.in_windows)))
    template, a = PairTemplate.of(bundle), pair.ids[pair.sequence == 0]
    draw = partial(draw_sentences, bundle, question.controls, seed)
    drawn, undrawn = controls_for(bundle, f"{text.text_a} {text.text_b or ''}", question, draw)
    if undrawn:
        raise InputError(*undrawn)
    others = [template.pair(a, template.shortened(each.ids, len(a), bundle.max_tokens)) for each in drawn]
    return PercentilePlan(pair, tuple(each.text for each in drawn), seed, (pair, *others))


def _assemble(bundle: ModelBundle, plan: PercentilePlan, parts: Sequence[Floats]) -> PairPercentile | None:
    """What has not come yet is not a number."""
    if not parts:
        return None
    z = with_the_rest(parts, len(plan.inputs))
    return PairPercentile(
        nsp=next_sentence(z[0], bundle.nsp_meaning, lone_segment=False),
        control_z=z[1:],
        controls=plan.controls,
        seed=plan.seed,
        notices=notices(plan.pair),
        provenance=bundle.provenance(),
    )


PERCENTILE = Task(
    plan=of_one(_plan),
    chunks=lambda _models, plan, tokens: chunks_of(plan.inputs, tokens),
    read=of_one(read_inputs),
    assemble=of_one(_assemble),
    export=export.pair_percentile,
    unit="passes",
    size=lambda plan: len(plan.inputs),
    estimate=lambda models, plan: estimate_nsp(models[0], plan.inputs),
)
