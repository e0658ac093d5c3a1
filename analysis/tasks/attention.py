"""Attention: what every head of every layer weighs, and the weights of one layer's heads.

The layers come one at a time and are put into numbers as they come; the weights of one of them are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis import export
from analysis.choices import Edit, several, whole
from analysis.errors import InputError
from analysis.models import inside
from analysis.models.bundle import ModelBundle
from analysis.questions import Attention, Text
from analysis.task import Task, of_one
from analysis.texts.encoding import check_counted, one_input
from analysis.texts.notices import notices
from analysis.types import AttentionWeights, Encoded, Floats, HeadSummaries


@dataclass(frozen=True, slots=True)
class AttentionPlan:
    """One pass over an input; ``layer`` and ``head`` count from 1, None where the rule of ``telling`` picks."""

    encoded: Encoded
    n_layers: int
    layer: int | None
    head: int | None
    average: bool


def _plan(bundle: ModelBundle, question: Attention) -> AttentionPlan:
    inside.require(bundle, "attention")
    layer = _numbered("layer", question.layer, bundle.n_layers)
    head = _numbered("head", question.head, bundle.model.config.num_attention_heads)
    if layer is None and (head is not None or question.average):
        which = "The average over heads" if question.average else f"Head {head}"
        raise InputError(f"{which} was asked for without a layer: choose one of the layers 1 to {bundle.n_layers}.")
    if head is not None and question.average:
        raise InputError(f"Head {head} and the average over heads came: choose one of them.")
    encoded = check_counted(one_input(bundle, question.text))
    return AttentionPlan(encoded, bundle.n_layers, layer, head, question.average)


def _numbered(what: str, given: int | None, most: int) -> int | None:
    number = None if given is None else whole(what, given)
    if number is not None and not 1 <= number <= most:
        raise InputError(f"The {what} {number:,} came; this model has {what}s 1 to {most}: choose one of them.")
    return number


class _Layers:
    """Takes the weights of every layer as they come: keeps their numbers, and the weights of one."""

    def __init__(self, encoded: Encoded, wanted: int | None) -> None:
        self.encoded, self.wanted = encoded, wanted
        self.parts: list[HeadSummaries] = []
        self.kept: tuple[int, Floats] | None = None

    def __call__(self, number: int, weights: Floats) -> None:
        self.parts.append(HeadSummaries.of(self.encoded, weights))
        # Of the layers so far, the one that the rule picks: the last to be kept is the one that it picks of all.
        if number == (self.wanted or HeadSummaries.joined(self.parts).telling()[0]):
            self.kept = number, weights


def _read(bundle: ModelBundle, plan: AttentionPlan, _chunk: int) -> AttentionWeights:
    layers = _Layers(plan.encoded, plan.layer)
    inside.attentions(bundle, plan.encoded, layers)
    if layers.kept is None:
        raise RuntimeError("a layer of the plan is none of the model's")
    (layer, weights), summaries = layers.kept, HeadSummaries.joined(layers.parts)
    return AttentionWeights(
        encoded=plan.encoded,
        summaries=summaries,
        layer=layer,
        head=None if plan.average else plan.head or summaries.telling(layer)[1],
        weights=weights,
        notices=notices(plan.encoded),
        provenance=bundle.provenance(),
    )


def _assemble(_bundle: ModelBundle, _plan: AttentionPlan, parts: Sequence[AttentionWeights]) -> AttentionWeights | None:
    return parts[0] if parts else None


ATTENTION = Task(
    plan=of_one(_plan),
    chunks=lambda _models, _plan, _tokens: (0,),
    read=of_one(_read),
    assemble=of_one(_assemble),
    export=export.attention,
    unit="layers",
    size=lambda plan: plan.n_layers,
)


def read_attention(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    layer: int | None = None,
    head: int | None = None,
    average: bool = False,
    edits: Sequence[Edit] = (),
) -> AttentionWeights:
    """Read what the heads of attention weigh, all of them in numbers, one of them token by token.

    Arguments are the fields of ``Attention`` and its ``Text``.

    Raises
    ------
    InputError
        If the text can't be read, there is no such layer or head, or the model's layers are not known.
    ModelError
        If the model fails on this input.
    """
    text = Text(text_a, text_b, several("edits", edits))
    return ATTENTION.answer((bundle,), Attention(text, layer, head, average))
