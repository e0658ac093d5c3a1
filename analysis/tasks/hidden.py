"""The hidden reading: every position of C with [MASK] in its place, one row of the masked-LM head for each.

What is hidden together with a position depends on the masking. One input serves every row that asks for the same
masked set, whichever masking asks: for a word of one piece with nothing attached to it all maskings are the same. The
inputs are run in chunks, so that a caller can show how far it is, stop, and keep what is done.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.choices import Masking
from analysis.kernels.distributions import StatisticsReducer
from analysis.limits import GROUP_TOKENS
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward
from analysis.texts.encoding import replaced
from analysis.texts.windows import windows
from analysis.texts.words import words_of
from analysis.types import TEMPLATE, Encoded, HiddenReading, Ints, SeenReading, Tensors, TokenStatistics, Window
from analysis.types.inputs import Record


@dataclass(frozen=True, slots=True)
class HiddenPlan(Record):
    """Which inputs a hidden reading takes, and which of their rows.

    ``encoded`` is the input, nothing hidden, ``windows`` what the model reads of it at once. ``inputs`` are M pairs:
    the number of the window, and the positions of the text that are hidden in it. ``rows`` are R pairs (input, position
    of the text), the inputs in ascending order. ``row_of``, int32 [len(maskings), T], is the number of the row of each
    position, -1 outside C.
    """

    encoded: Encoded
    windows: tuple[Window, ...]
    maskings: tuple[Masking, ...]
    inputs: tuple[tuple[int, tuple[int, ...]], ...]
    rows: tuple[tuple[int, int], ...]
    row_of: Ints

    def chunks_of(self, tokens: int) -> tuple[tuple[int, int], ...]:
        """First and last + 1 input of every chunk of at most so many tokens (or of a single input)."""
        longest = max(len(window.positions) for window in self.windows)
        size = max(1, tokens // longest)
        return tuple((start, min(start + size, len(self.inputs))) for start in range(0, len(self.inputs), size))

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Of each input its tokens and how many of their rows are wanted."""
        rows = Counter(number for number, _ in self.rows)
        return [(len(self.windows[window].positions), rows[number]) for number, (window, _) in enumerate(self.inputs)]

    def tensors(self, number: int, mask_id: int) -> Tensors:
        """One of the inputs, its hidden positions masked."""
        window, hidden = self.inputs[number]
        cut = self.windows[window]
        return replaced(cut.tensors, np.searchsorted(cut.positions, hidden).tolist(), mask_id)

    def within(self, number: int, position: int) -> int:
        """Where a position of the text stands in one of the inputs."""
        return int(np.searchsorted(self.windows[self.inputs[number][0]].positions, position))


def plan_hidden(
    bundle: ModelBundle, encoded: Encoded, maskings: Sequence[Masking], positions: Sequence[int] | None = None
) -> HiddenPlan:
    """Find the inputs that the maskings need between them, in the order of the text.

    ``positions`` are those of C that are asked for; all of them when None.
    """
    cut = windows(encoded, bundle.max_tokens)
    within = [frozenset(window.positions.tolist()) for window in cut]
    stretches = [word.positions for word in words_of(encoded)] if "reporting_l2r" in maskings else []
    stretch_of = {position: stretch for stretch in stretches for position in stretch}
    wanted: dict[tuple[int, tuple[int, ...]], dict[int, None]] = {}
    asked: list[tuple[int, int, tuple[int, tuple[int, ...]]]] = []
    for position in np.flatnonzero(~encoded.outside).tolist() if positions is None else positions:
        number = next(i for i, window in enumerate(cut) if window.first <= position < window.last)
        word = _pieces_of_word(encoded, position)
        for which, masking in enumerate(maskings):
            together = stretch_of.get(position, ()) if masking == "reporting_l2r" else word
            here = [each for each in together if each in within[number] and not encoded.outside[each]]
            set_ = (number, _hidden_with(position, here, masking))
            wanted.setdefault(set_, {})[position] = None
            asked.append((which, position, set_))
    rows = [(number, position) for number, positions in enumerate(wanted.values()) for position in positions]
    pairs = [(set_, position) for set_, positions in wanted.items() for position in positions]
    at = {pair: row for row, pair in enumerate(pairs)}
    row_of = np.full((len(maskings), len(encoded)), -1, np.int32)
    for which, position, set_ in asked:
        row_of[which, position] = at[set_, position]
    return HiddenPlan(encoded, cut, tuple(maskings), tuple(wanted), tuple(rows), row_of)


def read_rows(
    bundle: ModelBundle, plan: HiddenPlan, chunk: tuple[int, int], k: int, watch: Sequence[int] = ()
) -> TokenStatistics:
    """The statistics of the rows of one chunk, in the plan's order; ModelError if the model fails on its inputs."""
    return _read(bundle, [(plan, chunk)], k, watch)


def read_plans(
    bundle: ModelBundle, plans: Sequence[HiddenPlan], k: int, watch: Sequence[int] = ()
) -> list[TokenStatistics]:
    """All rows of each plan; the inputs of several go through the encoder together, without padding between them.

    ModelError if the model fails on these inputs.
    """
    everything: list[TokenStatistics] = []
    group: list[HiddenPlan] = []
    tokens = 0
    for number, plan in enumerate(plans, start=1):
        group.append(plan)
        tokens += sum(len(plan.windows[window].positions) for window, _ in plan.inputs)
        if tokens >= GROUP_TOKENS or number == len(plans):
            rows = _read(bundle, [(each, (0, len(each.inputs))) for each in group], k, watch)
            everything += rows.cut([len(each.rows) for each in group])
            group, tokens = [], 0
    return everything


def _read(
    bundle: ModelBundle, parts: Sequence[tuple[HiddenPlan, tuple[int, int]]], k: int, watch: Sequence[int]
) -> TokenStatistics:
    inputs: list[Tensors] = []
    of_input: list[int] = []
    positions: list[int] = []
    targets: list[np.ndarray] = []
    for plan, (start, stop) in parts:
        before = len(inputs) - start
        inputs += [plan.tensors(number, bundle.mask_id) for number in range(start, stop)]
        mine = [(number, position) for number, position in plan.rows if start <= number < stop]
        of_input += [before + number for number, _ in mine]
        positions += [plan.within(number, position) for number, position in mine]
        targets.append(plan.encoded.ids[[position for _, position in mine]])
    reducer = StatisticsReducer(np.concatenate(targets), k, bundle.n_vocabulary, watch)
    forward(bundle, inputs, mlm=(Rows(of_input, positions), reducer))
    return reducer.result()


def reading_of(
    bundle: ModelBundle, plan: HiddenPlan, rows: TokenStatistics, seen: SeenReading, masking: Masking
) -> HiddenReading:
    """Put the rows of all chunks together as the reading of one masking, or the first ones of one that was stopped.

    ``seen`` is the same input with nothing hidden, with the same K and the same ids followed: it stands in for the
    positions outside C.
    """
    row_of = plan.row_of[plan.maskings.index(masking)]
    hidden = row_of >= 0
    n_rows, k = rows.top_ids.shape
    known = row_of < n_rows
    everything = TokenStatistics.joined([seen.statistics, rows, TokenStatistics.blank(k, len(seen.watch))])
    statistics = everything.take(
        np.where(hidden, len(row_of) + np.minimum(row_of, n_rows), np.arange(len(row_of), dtype=np.int32))
    )
    return HiddenReading(
        seen=seen,
        masking=masking,
        statistics=statistics,
        top_tokens=tuple(
            (bundle.tokens_of(ids) if there else ("",) * k) if own else words
            for ids, own, there, words in zip(statistics.top_ids, hidden, known, seen.top_tokens, strict=True)
        ),
        known=known,
        n_inputs=len({plan.rows[row][0] for row in row_of[hidden].tolist()}),
    )


def _pieces_of_word(encoded: Encoded, position: int) -> list[int]:
    """The positions in the same masking word, in order."""
    if encoded.word[position] == TEMPLATE:
        return [position]
    same = (encoded.word == encoded.word[position]) & (encoded.sequence == encoded.sequence[position])
    return np.flatnonzero(same).tolist()


def _hidden_with(position: int, word: list[int], masking: Masking) -> tuple[int, ...]:
    if masking == "token":
        return (position,)
    return tuple(each for each in word if masking == "word" or each >= position)
