"""Which words an answer rests on: by masking each of them, and by integrating the gradients of its embeddings.

The target is ln p of a token at a position whose word is hidden, or the next-sentence margin. Whether a map can be
believed is tried by masking words in its order, and by putting them back (Petsiuk et al. 2018), beside random orders.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from analysis import export
from analysis.choices import (
    AS_GIVEN,
    BASELINES,
    DEFAULT_SHUFFLES,
    DEFAULT_STEPS,
    INFLUENCE_METHODS,
    Baseline,
    Edit,
    InfluenceMethod,
    chosen,
    several,
    whole,
)
from analysis.errors import InputError
from analysis.kernels.distributions import StatisticsReducer
from analysis.kernels.path import along, points, quadrature
from analysis.limits import CURVE_POINTS, GRADIENT_TOKENS, MAX_SHUFFLES, MAX_STEPS
from analysis.models import inside
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate, estimate_passes
from analysis.models.forward import Rows, forward
from analysis.questions import Influence, Text
from analysis.task import Task, of_one
from analysis.tasks import targets
from analysis.tasks.every import EveryPlan, plan_every
from analysis.tasks.segmentations import read_nsp
from analysis.texts.controls import check_seed
from analysis.texts.encoding import one_input, replaced
from analysis.texts.notices import notices
from analysis.types import (
    Floats,
    InfluenceCurves,
    InfluenceMap,
    IntegratedPath,
    Tensors,
    margins_of,
)
from analysis.types.influence import order_of

Kind = Literal["words", "ends", "path", "own", "random", "every"]
Words = tuple[int, ...]
_BACK = 3
"""A pass with its way back takes as long as so many without."""
_WITH_BACK: tuple[Kind, Kind] = ("ends", "path")
_ENDS = np.array([0.0, 1.0])
"""Where the path begins and where it ends: what the target is there is what the attributions are to add up to."""


class Stretch(NamedTuple):
    """Some inputs of one kind, or some points of the path."""

    kind: Kind
    start: int
    stop: int


class Part(NamedTuple):
    """What a stretch came to: the target of its inputs, float64 [n]; of the path attributions [T]."""

    of: Stretch
    values: np.ndarray
    id: int | None


@dataclass(frozen=True, slots=True)
class InfluencePlan:
    """What an influence takes: how it was asked for, the target, and the inputs, each the words masked in it.

    ``n_masked`` are the numbers of masked words along the curves, from none to all; none where there are no curves.
    """

    asked: Influence
    target: targets.Posed
    n_masked: Words
    shuffled: tuple[Words, ...]
    every: EveryPlan | None

    @property
    def words(self) -> list[Words]:
        """The input as it is, with all words masked, and for occlusion with each."""
        count = range(len(self.target.words))
        return [(), tuple(count), *((each,) for each in count if self.asked.method == "occlusion")]

    def curve(self, order: Words) -> list[Words]:
        """The inputs between the ends of both curves of an order: masked one after the other, then put back."""
        return between_ends(order, self.n_masked)

    @property
    def random(self) -> list[Words]:
        """The inputs of the curves of random orders."""
        return [each for order in self.shuffled for each in self.curve(order)]

    @property
    def counts(self) -> dict[Kind, int]:
        """How many inputs, or points, there are of each kind."""
        of_path = self.asked.method == "gradients"
        return {
            "words": len(self.words),
            "ends": len(_ENDS) if of_path else 0,
            "path": self.asked.steps if of_path else 0,
            "own": 2 * len(self.n_masked[1:-1]),
            "random": len(self.random),
            "every": 0 if self.every is None else len(self.every.inputs),
        }

    def masked(self, words: Words, mask_id: int) -> Tensors:
        """An input with some words masked."""
        at = [position for each in words for position in self.target.words[each].positions]
        return replaced(self.target.tensors, at, mask_id)


def between_ends(order: Words, n_masked: Words) -> list[Words]:
    """What is masked between the ends of a deletion curve, then of an insertion curve, of some words in an order."""
    between = n_masked[1:-1]
    return [*(order[:n] for n in between), *(order[n:] for n in between)]


def _plan(bundle: ModelBundle, question: Influence) -> InfluencePlan:
    method = chosen("method", question.method, INFLUENCE_METHODS)
    chosen("baseline", question.baseline, BASELINES)
    steps, shuffles = whole("number of steps", question.steps), whole("number of shuffles", question.shuffles)
    question = replace(question, steps=steps, shuffles=shuffles, seed=check_seed(question.seed))
    for name, count, least, most in (("steps", steps, 2, MAX_STEPS), ("random orders", shuffles, 0, MAX_SHUFFLES)):
        if not least <= count <= most:
            raise InputError(f"The number of {name} came as {count:,}: choose {least} to {most}.")
    if method == "gradients":
        inside.require(bundle, "gradients")
    if question.every:
        bundle.mlm.require()
        if method != "occlusion":
            raise InputError("Each word's influence on each position is found by occlusion: choose that method.")
    target = targets.asked_of(bundle, question.text, question.target, question.segmentation)
    n, n_masked, shuffled = len(target.words), (), ()
    if question.curves:
        n_masked = tuple(np.linspace(0, n, min(n, CURVE_POINTS) + 1).round().astype(int).tolist())
        draw = np.random.default_rng(question.seed)
        shuffled = tuple(tuple(draw.permutation(n).tolist()) for _ in range(shuffles))
    every = plan_every(bundle, one_input(bundle, question.text)) if question.every else None
    return InfluencePlan(question, target, n_masked, shuffled, every)


def _chunks(plan: InfluencePlan, tokens: int) -> tuple[Stretch, ...]:
    """The target first, where its token is the head's guess: all others are asked of that."""
    found = [Stretch("words", 0, 1)] if plan.target.guessed else []
    for kind, count in plan.counts.items():
        size = max(1, tokens // (len(plan.target.tensors) * (_BACK if kind in _WITH_BACK else 1)))
        begin = len(found) if kind == "words" else 0
        found += [Stretch(kind, start, min(start + size, count)) for start in range(begin, count, size)]
    return tuple(found)


def _read(bundle: ModelBundle, plan: InfluencePlan, chunk: Stretch, before: Callable[[], Sequence[Part]]) -> Part:
    kind, start, stop = chunk
    if kind == "every" and plan.every is not None:
        return Part(chunk, plan.every.read(bundle, start, stop), None)
    first = kind == "words" and start == 0
    id_ = plan.target.id if first or not plan.target.guessed else before()[0].id
    if kind in _WITH_BACK:
        return Part(chunk, _along(bundle, plan, chunk, id_), id_)
    inputs = {"words": plan.words, "random": plan.random}.get(kind)
    if inputs is None:
        inputs = plan.curve(order_of(_influence(plan, before())))
    values, id_ = _values(bundle, plan, [plan.masked(each, bundle.mask_id) for each in inputs[start:stop]], id_)
    return Part(chunk, values, id_)


def _values(
    bundle: ModelBundle, plan: InfluencePlan, inputs: Sequence[Tensors], id_: int | None
) -> tuple[np.ndarray, int | None]:
    """The target of some inputs, float64 [n], and its id; where none is known, the first input's first guess."""
    position = plan.target.position
    if position is None:
        return margins_of(read_nsp(bundle, inputs)).astype(np.float64), None
    reducer = StatisticsReducer(np.full(len(inputs), id_ or 0), 1, bundle.n_vocabulary)
    forward(bundle, inputs, mlm=(Rows(range(len(inputs)), [position] * len(inputs)), reducer))
    found = reducer.result()
    if id_ is None:
        return reducer.top_log_p[:, 0].astype(np.float64), int(found.top_ids[0, 0])
    return found.logp_nats, id_


def _along(bundle: ModelBundle, plan: InfluencePlan, chunk: Stretch, id_: int | None) -> np.ndarray:
    """The attributions of some points of the path, or what the target is at its ends."""
    tensors, free = plan.target.tensors, [at for word in plan.target.words for at in word.positions]
    end = inside.embedded(bundle, tensors.ids)
    begin = end.copy()
    begin[free] = _embedding(bundle, plan.asked.baseline)
    gradients = partial(inside.gradients, bundle, tensors, target=plan.target.read_as(id_))
    mine = slice(chunk.start, chunk.stop)
    if chunk.kind == "ends":
        return gradients(points(begin, end, _ENDS[mine]))[0].astype(np.float64)
    nodes, weights = (each[mine] for each in quadrature(plan.asked.steps))
    return along(gradients, begin, end, nodes, weights, max(1, GRADIENT_TOKENS // len(tensors)))


def _embedding(bundle: ModelBundle, baseline: Baseline) -> Floats:
    """What stands in the place of a word where the path begins, float32 [n_hidden]."""
    if baseline == "zero":
        return np.zeros(bundle.n_hidden, np.float32)
    return inside.embedded(bundle, [bundle.mask_id if baseline == "mask" else bundle.pad_id])[0]


def _come(parts: Sequence[Part], kind: Kind, count: int) -> np.ndarray:
    """The values of one kind, float64 [count]; what has not come is not a number."""
    values = np.concatenate([np.empty(0), *(part.values for part in parts if part.of.kind == kind)])
    return np.concatenate([values, np.full(count - len(values), np.nan)])


def _influence(plan: InfluencePlan, parts: Sequence[Part]) -> Floats:
    """Of every word, float32 [W]; of gradients not numbers until the whole path has come."""
    if plan.asked.method == "occlusion":
        values = _come(parts, "words", plan.counts["words"])
        return (values[0] - values[2:]).astype(np.float32)
    path = [part for part in parts if part.of.kind == "path"]
    if not path or path[-1].of.stop < plan.asked.steps:
        return np.full(len(plan.target.words), np.nan, np.float32)
    of_position = np.sum([part.values for part in path], axis=0)
    return np.array([of_position[list(word.positions)].sum() for word in plan.target.words], np.float32)


def _assemble(bundle: ModelBundle, plan: InfluencePlan, parts: Sequence[Part]) -> InfluenceMap | None:
    """What has not come yet is not a number."""
    if not parts:
        return None
    target, asked, influence_nats = plan.target, plan.asked, _influence(plan, parts)
    value, masked = _come(parts, "words", plan.counts["words"])[:2].tolist()
    id_ = parts[0].id
    every = [part.values for part in parts if part.of.kind == "every"]
    return InfluenceMap(
        encoded=target.encoded,
        method=asked.method,
        position=target.position,
        id=id_,
        token="" if id_ is None else bundle.tokens_of([id_])[0],
        guessed=target.guessed,
        hidden=target.hidden,
        segmentation=asked.segmentation,
        words=target.words,
        influence_nats=influence_nats,
        value_nats=value,
        masked_nats=masked,
        path=_path(plan, parts, influence_nats) if asked.method == "gradients" else None,
        curves=_curves(plan, parts, (value, masked)) if asked.curves else None,
        every=None if plan.every is None else plan.every.found(every),
        seed=asked.seed,
        meaning=bundle.nsp_meaning,
        notices=notices(target.encoded),
        provenance=bundle.provenance(),
    )


def _path(plan: InfluencePlan, parts: Sequence[Part], influence_nats: Floats) -> IntegratedPath:
    baseline, given = _come(parts, "ends", plan.counts["ends"]).tolist()
    whole_sum = float(influence_nats.sum(dtype=np.float64))
    return IntegratedPath(plan.asked.steps, plan.asked.baseline, given, baseline, whole_sum)


def _curves(plan: InfluencePlan, parts: Sequence[Part], ends: tuple[float, float]) -> InfluenceCurves:
    """Both curves of every order between the target as it is and with all words masked."""
    own, random = (_come(parts, kind, plan.counts[kind]) for kind in ("own", "random"))
    between = len(plan.n_masked) - 2
    value, masked = ends

    def curve(values: np.ndarray, first: float, last: float) -> Floats:
        edges = (np.full((*values.shape[:-1], 1), each) for each in (first, last))
        return np.concatenate([next(edges), values, next(edges)], axis=-1).astype(np.float32)

    by_order = random.reshape(len(plan.shuffled), 2, between)
    return InfluenceCurves(
        n_words=np.array(plan.n_masked, np.int32),
        deletion_nats=curve(own[:between], value, masked),
        insertion_nats=curve(own[between:], masked, value),
        random_deletion_nats=curve(by_order[:, 0], value, masked),
        random_insertion_nats=curve(by_order[:, 1], masked, value),
    )


def _estimate(bundle: ModelBundle, plan: InfluencePlan) -> Estimate:
    counts = plan.counts
    back = sum(counts[kind] for kind in _WITH_BACK)
    there = sum(counts.values()) - back
    return estimate_passes(bundle, len(plan.target.tensors), there, back, head=plan.target.position is not None)


INFLUENCE = Task(
    plan=of_one(_plan),
    chunks=lambda _models, plan, tokens: _chunks(plan, tokens),
    read=of_one(_read),
    assemble=of_one(_assemble),
    export=export.influence_map,
    unit="passes",
    size=lambda plan: sum(plan.counts.values()),
    estimate=of_one(_estimate),
    rests=True,
)


def find_influence(  # noqa: PLR0913  (the fields of its question)
    bundle: ModelBundle,
    text_a: str,
    text_b: str | None = None,
    *,
    target: str = "",
    method: InfluenceMethod = "occlusion",
    steps: int = DEFAULT_STEPS,
    baseline: Baseline = "mask",
    segmentation: str = AS_GIVEN,
    curves: bool = False,
    shuffles: int = DEFAULT_SHUFFLES,
    seed: int = 0,
    every: bool = False,
    edits: Sequence[Edit] = (),
) -> InfluenceMap:
    """Find how much each word of a text adds to ln p of a token at a position, or to the next-sentence margin.

    The target's word is hidden: all of its pieces are [MASK], as under the masking ``word``. ``occlusion``: the target
    minus the target with all pieces of another reporting word [MASK], too. ``gradients``: integrated gradients
    (Sundararajan et al. 2017) of the word embeddings, from the ``baseline`` to the text, at the ``steps`` points of
    Gauss and Legendre, summed over the pieces of each word. Arguments are the fields of ``Influence`` and its ``Text``.

    Returns
    -------
    InfluenceMap
        ``influence_nats``, float32 [W], above 0 where a word supports the target.

    Raises
    ------
    InputError
        If the text can't be read, the target is none of it, an option is out of range, or the model lacks the head or,
        for gradients, layers that are known.
    ModelError
        If the model fails on these inputs.
    """
    text = Text(text_a, text_b, several("edits", edits))
    asked = Influence(text, target, method, steps, baseline, segmentation, curves, shuffles, seed, every)
    return INFLUENCE.answer((bundle,), asked)
