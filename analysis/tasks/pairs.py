"""The next-sentence head on every ordered pair of some sentences, and on each sentence with controls after it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, permutations

import numpy as np

from analysis import export
from analysis.choices import BY_SCRIPT, DEFAULT_PAIR_CONTROLS, several
from analysis.errors import InputError
from analysis.limits import MAX_ORDERED, MAX_SENTENCES
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import estimate_nsp
from analysis.passages import Passage
from analysis.questions import Pairs
from analysis.task import Task, of_one
from analysis.tasks.segmentations import chunks_of, read_inputs, with_the_rest
from analysis.texts.controls import check_seed, controls_for, draw_sentences
from analysis.texts.encoding import PairTemplate, encode, own_pieces
from analysis.texts.notices import notices
from analysis.types import Auc, Encoded, Floats, Ints, Notices, PairMatrix, SentenceOrder, Tensors, margins_of

_BEST_ORDERS = 5
_RESAMPLES, _LOW, _HIGH = 2_000, 0.025, 0.975
_PAIR, _LEAST_SENTENCES = 2, 3
"""Below three no sentence has another one that could wrongly be next."""


@dataclass(frozen=True, slots=True)
class PairPlan:
    """The inputs that a matrix takes: all ordered pairs row by row, then each sentence with every control.

    ``undrawn`` says why there are no controls, where some were asked for.
    """

    sentences: tuple[Encoded, ...]
    controls: tuple[str, ...]
    undrawn: tuple[str, ...]
    seed: int
    inputs: tuple[Tensors, ...]


def pair_matrix(
    bundle: ModelBundle,
    sentences: Sequence[str],
    *,
    controls: int = DEFAULT_PAIR_CONTROLS,
    seed: int = 0,
    language: str = BY_SCRIPT,
    controls_from: Sequence[str] = (),
    passages: Sequence[Passage] | None = None,
) -> PairMatrix:
    """Run the next-sentence head on all ordered pairs of K sentences. Arguments are the fields of ``Pairs``.

    ``passages`` of the bank are what the controls are drawn from, instead of all of it.

    Raises
    ------
    InputError
        If a sentence can't be read, there are too few or too many, or the model has no next-sentence head.
    ModelError
        If the model fails on these inputs.
    """
    own = several("passages", controls_from)
    question = Pairs(several("sentences", sentences), controls, seed, language, own)
    plan = _plan(bundle, question, passages)
    return _assemble(bundle, plan, [read_inputs(bundle, plan, (0, len(plan.inputs)))])


def _plan(bundle: ModelBundle, question: Pairs, passages: Sequence[Passage] | None = None) -> PairPlan:
    sentences, seed = several("sentences", question.sentences), check_seed(question.seed)
    bundle.nsp.require()
    if not _PAIR <= len(sentences) <= MAX_SENTENCES:
        raise InputError(
            f"A matrix takes {_PAIR} to {MAX_SENTENCES} sentences and {len(sentences):,} came: write one a line."
        )
    encoded = tuple(_encoded(bundle, text, number) for number, text in enumerate(sentences, start=1))
    template = PairTemplate.of(bundle)
    pieces = [own_pieces(each) for each in encoded]
    draw = partial(draw_sentences, bundle, question.controls, seed)
    text = " ".join(sentences)
    drawn, undrawn = controls_for(bundle, text, question, draw) if passages is None else (draw(passages), ())
    for i, a in enumerate(pieces):
        for j, b in enumerate(pieces):
            if i != j:
                _check_pair(bundle, template, a, b, f"Sentences {i + 1} and {j + 1}")
    inputs = [template.pair(a, b) for i, a in enumerate(pieces) for j, b in enumerate(pieces) if i != j]
    inputs += [template.pair(a, template.shortened(b.ids, len(a), bundle.max_tokens)) for a in pieces for b in drawn]
    return PairPlan(encoded, tuple(each.text for each in drawn), undrawn, seed, tuple(inputs))


def _assemble(bundle: ModelBundle, plan: PairPlan, parts: Sequence[Floats]) -> PairMatrix:
    """What has not come yet is not a number."""
    come, everything = sum(map(len, parts)), with_the_rest(parts, len(plan.inputs))
    k, r = len(plan.sentences), len(plan.controls)
    matrix = np.full((k, k, 2), np.nan, np.float32)
    matrix[~np.eye(k, dtype=bool)] = everything[: k * (k - 1)]
    control_z = everything[k * (k - 1) :].reshape(k, r, 2)
    margins = margins_of(matrix)
    complete = come == len(plan.inputs)
    adjacency, other_text = _aucs(margins, margins_of(control_z), plan.seed) if complete else (None, None)
    orders = _orders(margins) if k <= MAX_ORDERED and come >= k * (k - 1) else []
    true = next((each for each in orders if each.order == tuple(range(k))), None)
    return PairMatrix(
        sentences=tuple(each.text_a for each in plan.sentences),
        z=matrix,
        control_z=control_z,
        controls=plan.controls,
        seed=plan.seed,
        adjacency=adjacency,
        other_text=other_text,
        best_orders=tuple(orders[:_BEST_ORDERS]),
        true_order=true,
        true_order_rank=None if true is None else 1 + sum(each.total_nats > true.total_nats for each in orders),
        meaning=bundle.nsp_meaning,
        notices=Notices.of_all(map(notices, plan.sentences), "Sentence").also(*plan.undrawn),
        provenance=bundle.provenance(),
    )


PAIRS = Task(
    plan=of_one(_plan),
    chunks=lambda _models, plan, tokens: chunks_of(plan.inputs, tokens),
    read=of_one(read_inputs),
    assemble=of_one(_assemble),
    export=export.pair_matrix,
    unit="passes",
    size=lambda plan: len(plan.inputs),
    estimate=lambda models, plan: estimate_nsp(models[0], plan.inputs),
)


def _encoded(bundle: ModelBundle, text: str, number: int) -> Encoded:
    try:
        return encode(bundle, text)
    except InputError as error:
        raise InputError(f"Sentence {number}: {error}") from error


def _check_pair(bundle: ModelBundle, template: PairTemplate, a: Ints, b: Ints, name: str) -> None:
    length = template.own + len(a) + len(b)
    if length > bundle.max_tokens:
        raise InputError(
            f"{name} have {length:,} tokens together, with the special ones; this model reads at most "
            f"{bundle.max_tokens:,}: shorten one of them."
        )


def _aucs(margins: Floats, controls: Floats, seed: int) -> tuple[Auc | None, Auc | None]:
    """P(m(i, i+1) > m(i, j)), j neither i nor i + 1, and the same anchors against sentences of other texts."""
    if len(margins) < _LEAST_SENTENCES:
        return None, None
    anchors = range(len(margins) - 1)
    true = [float(margins[i, i + 1]) for i in anchors]
    others = [np.delete(margins[i], [i, i + 1]) for i in anchors]
    return auc(true, others, seed), auc(true, [controls[i] for i in anchors], seed)


def auc(true: Sequence[float], others: Sequence[Floats], seed: int) -> Auc | None:
    """How often a true pair beats another with the same first sentence, ties one half; over all comparisons.

    ``true`` are A margins, one per first sentence, ``others`` of each first sentence the margins of its other pairs;
    None when there is nothing to compare. The interval is the percentile bootstrap over first sentences (Efron 1979),
    which keeps the comparisons of one sentence together.
    """
    wins = np.array(
        [
            np.less(rest, margin).sum() + np.equal(rest, margin).sum() / 2
            for margin, rest in zip(true, others, strict=True)
        ]
    )
    counts = np.array([len(rest) for rest in others])
    if not counts.sum():
        return None
    drawn = np.random.default_rng(seed).integers(0, len(wins), (_RESAMPLES, len(wins)))
    shares = wins[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(shares, [_LOW, _HIGH])
    return Auc(float(wins.sum() / counts.sum()), float(low), float(high), len(wins), int(counts.sum()))


def _orders(margins: Floats) -> list[SentenceOrder]:
    """All K! orders, the best first."""
    found = [
        SentenceOrder(order, math.fsum(float(margins[i, j]) for i, j in pairwise(order)))
        for order in permutations(range(len(margins)))
    ]
    return sorted(found, key=lambda each: (-each.total_nats, each.order))
