"""The whole distribution at one position: all V entries of one row of the masked-LM head, and never more than one."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from analysis import export
from analysis.choices import DEFAULT_MASKING, MASKINGS, READINGS, Edit, Masking, ReadingKind, chosen, several, whole
from analysis.errors import InputError
from analysis.kernels.distributions import whole_distribution
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward
from analysis.questions import Distribution, Text
from analysis.task import Task, of_one
from analysis.tasks.hidden import HiddenPlan, plan_hidden
from analysis.tasks.seen import said_of
from analysis.texts.encoding import tokenised
from analysis.types import PositionDistribution, Tensors


@dataclass(frozen=True, slots=True)
class DistributionPlan:
    """What one row takes: the text and its windows, what the model reads of it, and where the position stands there.

    ``masking`` is what is hidden with the position, None where nothing is.
    """

    laid_out: HiddenPlan
    position: int
    kind: ReadingKind
    masking: Masking | None
    tensors: Tensors
    at: int


def _plan(bundle: ModelBundle, question: Distribution) -> DistributionPlan:
    bundle.mlm.require()
    kind, masking = chosen("reading", question.reading, READINGS), chosen("masking", question.masking, MASKINGS)
    text, position = question.text, whole("position", question.position)
    given = (text.text_a, text.text_b, text.edits, text.in_windows)
    encoded = tokenised(bundle, *given, instead="read it in overlapping windows")
    if not 0 <= position < len(encoded):
        raise InputError(
            f"Position {position:,} came; this text has positions 0 to {len(encoded) - 1:,}: choose one of them."
        )
    # Outside C nothing more is hidden: the hidden reading keeps the seen row there.
    if kind == "hidden" and not encoded.outside[position]:
        plan = plan_hidden(bundle, encoded, (masking,), [position])
        return DistributionPlan(
            plan, position, kind, masking, plan.tensors(0, bundle.mask_id), plan.within(0, position)
        )
    plan = plan_hidden(bundle, encoded, (), [])
    (window,) = (each for each in plan.windows if each.first <= position < each.last)
    at = window.positions.tolist().index(position)
    return DistributionPlan(plan, position, kind, None, window.tensors, at)


def _read(bundle: ModelBundle, plan: DistributionPlan, _chunk: int) -> PositionDistribution:
    row = torch.empty(bundle.n_vocabulary)

    def keep(logits: torch.Tensor, _start: int) -> None:
        row.copy_(logits[0])

    forward(bundle, [plan.tensors], mlm=(Rows([0], [plan.at]), keep))
    log_p_nats, p, rank = whole_distribution(row)
    notices, provenance = said_of(bundle, plan.laid_out.encoded, plan.laid_out.windows, plan.laid_out.maskings)
    return PositionDistribution(
        encoded=plan.laid_out.encoded,
        position=plan.position,
        kind=plan.kind,
        masking=plan.masking,
        tokens=bundle.tokens_of(range(bundle.n_vocabulary)),
        log_p_nats=log_p_nats,
        p=p,
        rank=rank,
        notices=notices,
        provenance=provenance,
    )


def _assemble(
    _bundle: ModelBundle, _plan: DistributionPlan, parts: Sequence[PositionDistribution]
) -> PositionDistribution | None:
    return parts[0] if parts else None


DISTRIBUTION = Task(
    plan=of_one(_plan),
    chunks=lambda _models, _plan, _tokens: (0,),
    read=of_one(_read),
    assemble=of_one(_assemble),
    export=export.distribution,
    unit="positions",
    size=lambda _plan: 1,
)


def read_distribution(
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    position: int,
    reading: ReadingKind = "hidden",
    masking: Masking = DEFAULT_MASKING,
    edits: Sequence[Edit] = (),
    in_windows: bool = False,
) -> PositionDistribution:
    """Read the whole distribution of the masked-LM head at one position, seeing its token or not.

    At a [MASK] of the text and at the template's tokens both readings are the same row. Arguments are the fields of
    ``Distribution`` and its ``Text``.

    Raises
    ------
    InputError
        If the text can't be read or has no such position, or the model has no masked-LM head.
    ModelError
        If the model fails on this input.
    """
    text = Text(text_a, text_b, several("edits", edits), in_windows)
    return DISTRIBUTION.answer((bundle,), Distribution(text, position, reading, masking))
