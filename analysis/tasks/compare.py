"""Two readings side by side: how the distributions at aligned tokens differ, and which words moved.

Both inputs are read in step: the rows of an aligned pair meet while both are at hand, so that no more than a chunk of
logits exists at any time. One encoder pass serves both inputs of one model; of two models one computes after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from analysis.choices import DEFAULT_K, READINGS, Masking, ReadingKind
from analysis.errors import InputError, quoted
from analysis.kernels.distributions import StatisticsReducer, check_k, divergence
from analysis.limits import HEAD_PRODUCT_ROWS, MOVERS
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward, in_order
from analysis.tasks.hidden import HiddenPlan, check_masking, plan_hidden, reading_of, tokens_at_once
from analysis.tasks.scores import words_of
from analysis.tasks.seen import read_hidden, read_seen, seen_reading_of
from analysis.texts.align import GAP, align, align_tokens, kind_of
from analysis.texts.encoding import encode, replaced
from analysis.types import (
    Comparison,
    Divergence,
    Edit,
    Encoded,
    Floats,
    HiddenReading,
    Ints,
    SeenReading,
    Tensors,
    TokenStatistics,
    WordComparison,
)

_NAMES = ("A", "B")


class Given(NamedTuple):
    """One side of a comparison: one or two texts, and edits of their tokens."""

    text_a: str
    text_b: str | None = None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparePlan:
    """What a comparison reads.

    Attributes
    ----------
    a, b
        The inputs.
    pairs
        P aligned pairs of positions, -1 for a gap.
    hidden
        Which rows are read with their token hidden, for either side; None for the seen reading.
    """

    a: Encoded
    b: Encoded
    pairs: tuple[tuple[int, int], ...]
    hidden: tuple[HiddenPlan, HiddenPlan] | None

    def chunks(self, bundle_a: ModelBundle, bundle_b: ModelBundle) -> tuple[tuple[int, int], ...]:
        """First and last + 1 pair of every chunk: what a person can wait for, and few enough logits to keep."""
        if self.hidden is None:
            # Where the two rows of a pair come together, one pass over both texts is enough.
            together = bundle_a is bundle_b and in_order(bundle_a)
            size = len(self.pairs) if together else HEAD_PRODUCT_ROWS
        else:
            tokens = min(
                tokens_at_once(bundle) // len(side) for bundle, side in ((bundle_a, self.a), (bundle_b, self.b))
            )
            size = min(HEAD_PRODUCT_ROWS, max(1, tokens // len(_NAMES)))
        return tuple((start, min(start + size, len(self.pairs))) for start in range(0, len(self.pairs), size))


@dataclass(frozen=True, slots=True)
class PairRows:
    """What one chunk of a plan came to: the statistics of either side's rows in order, and how the pairs differ.

    ``nsp_z`` are both sides' next-sentence logits, None where that head was not asked.
    """

    a: TokenStatistics
    b: TokenStatistics
    divergence: Divergence
    nsp_z: tuple[Floats | None, Floats | None]


def compare_inputs(
    bundle: ModelBundle,
    a: Given,
    b: Given,
    *,
    other: ModelBundle | None = None,
    reading: ReadingKind = "hidden",
    masking: Masking = "word_l2r",
    k: int = DEFAULT_K,
) -> Comparison | WordComparison:
    """Compare what the masked-LM head expects in two inputs, or what two models expect.

    Parameters
    ----------
    a, b
        The inputs: two texts, a text and its edit, two segmentations of one text, or the same for two models.
    other
        The model that reads B; None for the same one.
    reading
        ``hidden``: every token hidden in turn; ``seen``: every position sees its own token.
    masking
        What the hidden reading hides with each position.
    k
        Predictions to list per position, 1 to V.

    Returns
    -------
    Comparison or WordComparison
        By token; by reporting word for two models whose vocabularies are not identical.

    Raises
    ------
    InputError
        If a text can't be read, an option is out of range, or a model has no masked-LM head.
    ModelError
        If a model fails on these inputs.
    """
    other = bundle if other is None else other
    if reading not in READINGS:
        raise InputError(f"The reading '{quoted(reading)}' came: choose {' or '.join(READINGS)}.")
    check_masking(masking)
    for each in (bundle, other):
        each.require_mlm()
        check_k(k, each.n_vocabulary)
    if not same_vocabulary(bundle, other):
        for model, given, name in ((bundle, a, "A"), (other, b, "B")):
            encode_side(model, given, name)
        if reading == "seen":
            return compare_words(_seen(bundle, a, k), _seen(other, b, k))
        return compare_words(_hidden(bundle, a, k, masking), _hidden(other, b, k, masking))
    plan = plan_compare(bundle, a, b, other=other, reading=reading, masking=masking)
    parts = [read_pairs(bundle, other, plan, chunk, k) for chunk in plan.chunks(bundle, other)]
    seen = None if plan.hidden is None else (_seen(bundle, a, k), _seen(other, b, k))
    return comparison_of(bundle, other, plan, parts, seen)


def _seen(bundle: ModelBundle, given: Given, k: int) -> SeenReading:
    return read_seen(bundle, given.text_a, given.text_b, k=k, edits=given.edits)


def _hidden(bundle: ModelBundle, given: Given, k: int, masking: Masking) -> HiddenReading:
    return read_hidden(bundle, given.text_a, given.text_b, masking=masking, k=k, edits=given.edits)


def same_vocabulary(a: ModelBundle, b: ModelBundle) -> bool:
    """Whether every id means the same token to both models, and both heads have a column for it."""
    return a.vocabulary_hash == b.vocabulary_hash and a.n_vocabulary == b.n_vocabulary


def encode_side(bundle: ModelBundle, given: Given, name: str) -> Encoded:
    """Tokenise one side; an error's sentence names the side (InputError)."""
    try:
        return encode(bundle, given.text_a, given.text_b, edits=given.edits)
    except InputError as error:
        raise InputError(f"Input {name}: {error}") from None


def plan_compare(
    bundle: ModelBundle,
    a: Given,
    b: Given,
    *,
    other: ModelBundle | None = None,
    reading: ReadingKind = "hidden",
    masking: Masking = "word_l2r",
) -> ComparePlan:
    """Lay out what a comparison by token reads; parameters and errors are those of ``compare_inputs``."""
    other = bundle if other is None else other
    encoded_a, encoded_b = encode_side(bundle, a, "A"), encode_side(other, b, "B")
    hidden = None
    if reading == "hidden":
        hidden = (plan_hidden(bundle, encoded_a, (masking,)), plan_hidden(other, encoded_b, (masking,)))
    return ComparePlan(encoded_a, encoded_b, tuple(align_tokens(encoded_a, encoded_b)), hidden)


def read_pairs(
    bundle_a: ModelBundle, bundle_b: ModelBundle, plan: ComparePlan, chunk: tuple[int, int], k: int
) -> PairRows:
    """Read both sides of the pairs ``chunk[0] .. chunk[1] - 1``.

    Raises
    ------
    ModelError
        If a model fails on these inputs.
    """
    pairs = plan.pairs[slice(*chunk)]
    sides = [_Rows(plan, number, pairs, bundle.mask_id) for number, bundle in enumerate((bundle_a, bundle_b))]
    step = _InStep(pairs, sides, k, bundle_a.n_vocabulary)
    # The inputs of a seen reading are the texts themselves: their next-sentence answers come along with the first rows.
    nsp = plan.hidden is None and chunk[0] == 0
    if bundle_a is bundle_b:
        return step.result(_read_both(bundle_a, sides, step, nsp))
    return step.result(
        [_read_one(bundle, number, sides[number], step, nsp) for number, bundle in enumerate((bundle_a, bundle_b))]
    )


def _read_both(bundle: ModelBundle, sides: "Sequence[_Rows]", step: "_InStep", nsp: bool) -> list[Floats | None]:
    """One pass over the inputs of both sides; returns their next-sentence logits, if asked for."""
    first_of = (0, len(sides[0].inputs))
    rows = Rows(
        [first_of[side] + sides[side].of_input[row] for side, row in step.interleaved],
        [sides[side].positions[row] for side, row in step.interleaved],
    )
    z = forward(bundle, [*sides[0].inputs, *sides[1].inputs], mlm=(rows, step.take_both), nsp=nsp and bundle.nsp.real)
    return [None, None] if z is None else [z[0], z[1]]


def _read_one(bundle: ModelBundle, number: int, side: "_Rows", step: "_InStep", nsp: bool) -> Floats | None:
    """The same for one side."""
    if not side.inputs:
        return None
    rows, take = Rows(side.of_input, side.positions), partial(step.take, number)
    z = forward(bundle, side.inputs, mlm=(rows, take), nsp=nsp and bundle.nsp.real)
    return None if z is None else z[0]


def comparison_of(
    bundle_a: ModelBundle,
    bundle_b: ModelBundle,
    plan: ComparePlan,
    parts: Sequence[PairRows],
    seen: tuple[SeenReading, SeenReading] | None = None,
) -> Comparison:
    """Put a plan's first chunks together; what has not come yet is not a number.

    Parameters
    ----------
    parts
        All chunks of a seen reading; of a hidden one as many as there are, at least one.
    seen
        The seen readings of both sides, with the same K; a hidden reading needs them.
    """
    differences = _joined([part.divergence for part in parts], len(plan.pairs))
    readings: list[SeenReading | HiddenReading] = []
    for number, bundle in enumerate((bundle_a, bundle_b)):
        statistics = TokenStatistics.joined([(part.a, part.b)[number] for part in parts])
        if plan.hidden is None or seen is None:
            readings.append(seen_reading_of(bundle, (plan.a, plan.b)[number], statistics, z=parts[0].nsp_z[number]))
        else:
            readings.append(_hidden_reading(bundle, plan.hidden[number], statistics, seen[number]))
    ids_a, ids_b = plan.a.ids.tolist(), plan.b.ids.tolist()
    return Comparison(
        a=readings[0],
        b=readings[1],
        index_a=_ints([i for i, _ in plan.pairs]),
        index_b=_ints([j for _, j in plan.pairs]),
        kinds=tuple(kind_of(pair, ids_a, ids_b) for pair in plan.pairs),
        divergence=differences,
        mover_tokens=tuple(
            bundle_a.tokens_of(ids) if np.isfinite(js) else ("",) * len(ids)
            for ids, js in zip(differences.mover_ids, differences.js_bits, strict=True)
        ),
    )


def compare_words(a: SeenReading | HiddenReading, b: SeenReading | HiddenReading) -> WordComparison:
    """Two readings by reporting word, for models whose tokens are not the same."""
    words_a, words_b = words_of(a.encoded), words_of(b.encoded)
    texts_a, texts_b = [word.text for word in words_a], [word.text for word in words_b]
    pairs = align(texts_a, texts_b)
    return WordComparison(
        a=a,
        b=b,
        words_a=words_a,
        words_b=words_b,
        index_a=_ints([i for i, _ in pairs]),
        index_b=_ints([j for _, j in pairs]),
        kinds=tuple(kind_of(pair, texts_a, texts_b) for pair in pairs),
        why="These models have different vocabularies, so that their distributions are over different things: read the "
        "surprisal of whole words, and bits per character.",
    )


class _Rows:
    """The rows of one side of some pairs: which inputs they take, and where each stands."""

    def __init__(self, plan: ComparePlan, side: int, pairs: Sequence[tuple[int, int]], mask_id: int) -> None:
        encoded = (plan.a, plan.b)[side]
        whole = Tensors(encoded.ids, encoded.segment_ids, encoded.attention_mask)
        self.positions = [pair[side] for pair in pairs if pair[side] != GAP]
        self.targets = encoded.ids[self.positions]
        numbers: dict[tuple[int, ...], int] = {}
        self.of_input = [
            numbers.setdefault(_hidden_with(plan, side, position), len(numbers)) for position in self.positions
        ]
        self.inputs = [replaced(whole, hidden, mask_id) for hidden in numbers]


def _hidden_with(plan: ComparePlan, side: int, position: int) -> tuple[int, ...]:
    """What is hidden where a position is read: nothing in the seen reading and outside C."""
    if plan.hidden is None:
        return ()
    hidden = plan.hidden[side]
    row = int(hidden.row_of[0, position])
    return () if row < 0 else hidden.inputs[hidden.rows[row][0]][1]


class _InStep:
    """Takes rows of both sides in any order; the two of a pair meet, are compared, and go."""

    def __init__(self, pairs: Sequence[tuple[int, int]], sides: Sequence[_Rows], k: int, n_vocabulary: int) -> None:
        self._sides = [[number for number, pair in enumerate(pairs) if pair[side] != GAP] for side in (0, 1)]
        self._paired = [GAP not in pair for pair in pairs]
        self._statistics = [StatisticsReducer(side.targets, k, n_vocabulary) for side in sides]
        self._waiting: dict[int, torch.Tensor] = {}
        self._movers = min(MOVERS, n_vocabulary)
        self._divergence = _blank(len(pairs), self._movers)
        # Pair by pair, so that what waits for its other side is never more than a row where rows come in this order.
        places = {(side, number): row for side in (0, 1) for row, number in enumerate(self._sides[side])}
        self.interleaved = sorted(
            ((side, row) for (side, _), row in places.items()),
            key=lambda each: (self._sides[each[0]][each[1]], each[0]),
        )

    def take_both(self, logits: torch.Tensor, start: int) -> None:
        """Take rows of both sides, in the interleaved order."""
        order = self.interleaved[start : start + len(logits)]
        for side in (0, 1):
            mine = [at for at, (of, _) in enumerate(order) if of == side]
            if mine:
                self.take(side, logits[mine], order[mine[0]][1])

    def take(self, side: int, logits: torch.Tensor, start: int) -> None:
        """Take rows of one side, which are overwritten."""
        self._statistics[side](logits, start)
        met: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        for number, row in zip(self._sides[side][start : start + len(logits)], logits, strict=True):
            if not self._paired[number]:
                continue
            other = self._waiting.pop(number, None)
            if other is None:
                self._waiting[number] = row.clone()
            else:
                met[number] = (row, other) if side == 0 else (other, row)
        if met:
            found = divergence(
                *(torch.stack([rows[side] for rows in met.values()]) for side in (0, 1)), movers=self._movers
            )
            for each in fields(Divergence):
                getattr(self._divergence, each.name)[list(met)] = getattr(found, each.name)

    def result(self, z: Sequence[Floats | None]) -> PairRows:
        """What the rows came to, once all of them have come."""
        a, b = (each.result() for each in self._statistics)
        for each in fields(Divergence):
            getattr(self._divergence, each.name).flags.writeable = False
        return PairRows(a, b, self._divergence, (z[0], z[1]))


def _hidden_reading(
    bundle: ModelBundle, plan: HiddenPlan, statistics: TokenStatistics, seen: SeenReading
) -> HiddenReading:
    """The hidden reading of one side, of whose positions the first ones have come."""
    positions = np.array([position for _, position in plan.rows], np.int32)
    rows = statistics.take(positions[positions < len(statistics.rank)])
    return reading_of(bundle, plan, rows, seen, plan.maskings[0])


def _blank(pairs: int, movers: int) -> Divergence:
    def nothing(*shape: int) -> Floats:
        return np.full((pairs, *shape), np.nan, np.float32)

    return Divergence(
        js_bits=nothing(),
        kl_ab_bits=nothing(),
        kl_ba_bits=nothing(),
        mover_ids=np.zeros((pairs, movers), np.int32),
        mover_js_bits=nothing(movers),
        mover_p_a=nothing(movers),
        mover_p_b=nothing(movers),
        js_rest_bits=nothing(),
    )


def _joined(parts: Sequence[Divergence], pairs: int) -> Divergence:
    """All parts one after the other, and nothing of the pairs that have not come."""
    everything = [*parts, _blank(pairs - sum(len(part.js_bits) for part in parts), parts[0].mover_ids.shape[1])]
    joined = Divergence(
        *(np.concatenate([getattr(part, each.name) for part in everything]) for each in fields(Divergence))
    )
    for each in fields(Divergence):
        getattr(joined, each.name).flags.writeable = False
    return joined


def _ints(values: Sequence[int]) -> Ints:
    array = np.array(values, np.int32)
    array.flags.writeable = False
    return array
