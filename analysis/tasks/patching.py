"""Activation patching: the states of one input put into another, one position after one layer at a time.

For two inputs of equally many tokens, of which as a rule one word differs. What the model says of A goes over into what
it says of B where the states that carry the difference are exchanged (Vig et al. 2020). All inputs of one layer go on
from there together; what is known without a pass is not run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from analysis import export
from analysis.choices import MARGIN_TARGET
from analysis.errors import InputError, quoted
from analysis.limits import HEAD_PRODUCT_ROWS, PASS_TOKENS
from analysis.models import inside
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate, estimate_layers
from analysis.models.forward import Rows, forward
from analysis.models.inside import Target
from analysis.questions import Patch, Text
from analysis.task import Task, of_one
from analysis.texts.align import GAP, align_tokens
from analysis.texts.encoding import one_side
from analysis.texts.notices import notices
from analysis.texts.targets import first_mask, last_word, named
from analysis.types import Encoded, Floats, Patching, Tensors

_LEAST_PASSES = 4
"""Whole passes that a chunk is at least worth, A and B up to its layer among them, which each runs anew."""


@dataclass(frozen=True, slots=True)
class PatchPlan:
    """Two inputs, what is read off them, and how many layers there are.

    ``differing`` are the positions whose embeddings are not the same: after no layer only these are exchanged.
    """

    a: Encoded
    b: Encoded
    target: Target
    n_layers: int
    differing: tuple[int, ...]

    def positions(self, layer: int) -> Sequence[int]:
        """Where the states after so many layers, fewer than all, are exchanged, one by one.

        After the last layer the head reads one position, so that each effect is known.
        """
        return self.differing if layer == 0 else range(len(self.a))

    @property
    def runs(self) -> list[tuple[int, int, int]]:
        """How many passes, of how many tokens, through how many layers: A and B, then what goes on from each layer."""
        length, layers = len(self.a), range(self.n_layers)
        return [(2, length, self.n_layers)] + [
            (len(self.positions(layer)), length, self.n_layers - layer) for layer in layers
        ]


class Chunk(NamedTuple):
    """Patches after one layer, at some of the plan's positions; after the last layer A and B as they are."""

    layer: int
    start: int = 0
    stop: int = 2


def _plan(bundle: ModelBundle, question: Patch) -> PatchPlan:
    inside.require(bundle, "layers")
    a, b = one_side(bundle, question.a, "A"), one_side(bundle, question.b, "B")
    _check_pair(a, b)
    # RoBERTa's position embeddings count the tokens that are not padding.
    same = (a.ids == b.ids) & ((a.ids == bundle.pad_id).cumsum() == (b.ids == bundle.pad_id).cumsum())
    differing = tuple(np.flatnonzero(~same).tolist())
    return PatchPlan(a, b, _target(bundle, a, b, question.target), bundle.n_layers, differing)


def _target(bundle: ModelBundle, a: Encoded, b: Encoded, target: str) -> Target:
    """What is read off: as it is named, or the first [MASK], of a pair the margin, else the last word that both have.

    At a [MASK] whose token is not named it is the head's first guess in A, for which one row is read.
    """
    mask = first_mask(a)
    if not target.strip() and mask is None and a.text_b is not None and bundle.nsp.real:
        target = MARGIN_TARGET
    counted = ~a.outside
    same = counted & (a.ids == b.ids)
    last = last_word(a, np.flatnonzero(same if same.any() else counted).tolist())
    position, id_ = named(bundle, a, target, last if mask is None else mask)
    if position is None:
        return Target(0, None)
    return Target(position, _guess(bundle, a, position) if id_ is None else id_)


def _guess(bundle: ModelBundle, tensors: Tensors, position: int) -> int:
    """The most probable id at a position."""
    found: list[int] = []

    def keep(logits: torch.Tensor, _start: int) -> None:
        found.append(int(logits[0].argmax()))

    forward(bundle, [tensors], mlm=(Rows([0], [position]), keep))
    return found[0]


def _check_pair(a: Encoded, b: Encoded) -> None:
    """InputError unless every position of one input has its counterpart in the other, and something differs."""
    if len(a) != len(b):
        i, j = next(pair for pair in align_tokens(a, b) if GAP in pair)
        side, at, token = ("B", j, b.tokens[j]) if i == GAP else ("A", i, a.tokens[i])
        raise InputError(
            f"A has {len(a):,} tokens with the special ones and B {len(b):,}, and the first without a counterpart is "
            f"'{quoted(token)}' of {side} at position {at}: give both equally many tokens."
        )
    for name, called in (("segment_ids", "segment ids"), ("attention_mask", "attention mask")):
        differing = np.flatnonzero(getattr(a, name) != getattr(b, name))
        if len(differing):
            raise InputError(
                f"The {called} of A and B differ from position {differing[0]} on: give both the same segments."
            )
    if (a.ids == b.ids).all():
        raise InputError("A and B are the same tokens, so that nothing can be exchanged: choose another word in one.")


def _chunks(plan: PatchPlan, tokens: int) -> Iterator[Chunk]:
    """Both inputs as they are, then layer by layer; the fewer layers are left, the more patches a chunk has."""
    yield Chunk(plan.n_layers)
    length = len(plan.a)
    for layer in range(plan.n_layers):
        # Tokens through a layer: what a chunk may have, less those of A and B on their way to this one.
        room = max(tokens, _LEAST_PASSES * length) * plan.n_layers - 2 * length * layer
        size = room // (length * (plan.n_layers - layer))
        count = len(plan.positions(layer))
        yield from (Chunk(layer, start, min(start + size, count)) for start in range(0, count, size))


def _read(bundle: ModelBundle, plan: PatchPlan, chunk: Chunk) -> Floats:
    """The targets, float32 [n], of A with the chunk's patches; of A and of B themselves."""
    a, b = inside.states_of(bundle, [plan.a, plan.b], chunk.layer)
    if chunk.layer == plan.n_layers:
        return inside.from_states(bundle, plan.a, torch.stack([a[-1], b[-1]]), chunk.layer, plan.target)
    positions = plan.positions(chunk.layer)[chunk.start : chunk.stop]
    at_once = min(HEAD_PRODUCT_ROWS, max(1, PASS_TOKENS // len(plan.a)))
    values = []
    for start in range(0, len(positions), at_once):
        here = torch.tensor(positions[start : start + at_once], device=a.device)
        patched = a[-1].repeat(len(here), 1, 1)
        patched[torch.arange(len(here), device=a.device), here] = b[-1][here]
        values.append(inside.from_states(bundle, plan.a, patched, chunk.layer, plan.target))
    return np.concatenate(values)


def _assemble(bundle: ModelBundle, plan: PatchPlan, parts: Sequence[Floats]) -> Patching | None:
    """What has not come yet is not a number."""
    if not parts:
        return None
    value_a, value_b = (float(value) for value in parts[0])
    effect = np.full((plan.n_layers + 1, len(plan.a)), np.nan, np.float32)
    effect[0] = effect[-1] = 0
    effect[-1, plan.target.position] = value_b - value_a
    effect[0, list(plan.differing)] = np.nan
    cells = [(layer, at) for layer in range(plan.n_layers) for at in plan.positions(layer)]
    come = np.concatenate([np.zeros(0, np.float32), *parts[1:]])
    layers, positions = np.array(cells[: len(come)], np.int32).reshape(-1, 2).T
    effect[layers, positions] = come - np.float32(value_a)
    target = plan.target
    return Patching(
        a=plan.a,
        b=plan.b,
        position=target.position,
        id=target.id,
        token="" if target.id is None else bundle.tokens_of([target.id])[0],
        value_a_nats=value_a,
        value_b_nats=value_b,
        effect_nats=effect,
        meaning=bundle.nsp_meaning,
        notices=notices(plan.a),
        notices_b=notices(plan.b),
        provenance=bundle.provenance(),
    )


def _estimate(bundle: ModelBundle, plan: PatchPlan) -> Estimate:
    return estimate_layers(bundle, plan.runs, mlm=plan.target.id is not None)


PATCH = Task(
    plan=of_one(_plan),
    chunks=lambda _models, plan, tokens: tuple(_chunks(plan, tokens)),
    read=of_one(_read),
    assemble=of_one(_assemble),
    export=export.patching,
    unit="passes",
    size=lambda plan: sum(count for count, *_ in plan.runs),
    estimate=of_one(_estimate),
)


def patch_states(bundle: ModelBundle, a: Text, b: Text, *, target: str = "") -> Patching:
    """Put the states of B into A, one position after one layer at a time, and read off what that changes.

    Nothing is masked but what the texts mask themselves. Arguments are the fields of ``Patch``.

    Returns
    -------
    Patching
        The change of the target in nats, [L + 1, T]: ln p of a token at a position, or the next-sentence margin.

    Raises
    ------
    InputError
        If a text can't be read, A and B have not equally many tokens and the same segments, there is no such target,
        or the model's layers are not known.
    ModelError
        If the model fails on these inputs.
    """
    return PATCH.answer((bundle,), Patch(a, b, target))
