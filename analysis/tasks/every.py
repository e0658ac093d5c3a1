"""Each word's influence on each position's own token, by occlusion: the rows of a matrix.

Masking word V while W is hidden and masking W while V is hidden are the same input where they are words of the
tokenizer's, too: one input serves both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.errors import InputError
from analysis.kernels.distributions import StatisticsReducer
from analysis.limits import MAX_EVERY_WORDS
from analysis.models.bundle import ModelBundle
from analysis.models.forward import Rows, forward
from analysis.tasks.hidden import plan_hidden
from analysis.tasks.targets import other_words
from analysis.texts.encoding import check_counted, replaced
from analysis.types import Encoded, EveryInfluence

_ITSELF = -1
"""The column of a position's value with nothing more masked."""


@dataclass(frozen=True, slots=True)
class EveryPlan:
    """The inputs of the matrix, each the positions masked in it, and of their rows in that order (input, which of the
    N positions, column).

    A word's column is its number among all words of the text, whatever of it could be masked.
    """

    encoded: Encoded
    positions: tuple[int, ...]
    inputs: tuple[tuple[int, ...], ...]
    rows: tuple[tuple[int, int, int], ...]

    def read(self, bundle: ModelBundle, start: int, stop: int) -> npt.NDArray[np.float64]:
        """ln p of the rows of some inputs, float64; ModelError if the model fails on them."""
        inputs = [replaced(self.encoded, masked, bundle.mask_id) for masked in self.inputs[start:stop]]
        mine = [row for row in self.rows if start <= row[0] < stop]
        at = [self.positions[which] for _, which, _ in mine]
        reducer = StatisticsReducer(self.encoded.ids[at], 1, bundle.n_vocabulary)
        forward(bundle, inputs, mlm=(Rows([number - start for number, _, _ in mine], at), reducer))
        return reducer.result().logp_nats

    def found(self, values: Sequence[npt.NDArray[np.float64]]) -> EveryInfluence:
        """The matrix as far as the values of the first rows go."""
        words = other_words(self.encoded, ())
        came = np.concatenate([np.empty(0), *values])
        _, which, column = np.array(self.rows).T
        of_word, here = column != _ITSELF, np.arange(len(column)) < len(came)
        base = np.full(len(self.positions), np.nan)
        masked = np.full((len(base), len(words)), np.nan)
        hidden = np.ones(masked.shape, np.bool_)
        base[which[here & ~of_word]] = came[~of_word[here]]
        masked[which[here & of_word], column[here & of_word]] = came[of_word[here]]
        hidden[which[of_word], column[of_word]] = False
        return EveryInfluence(
            positions=np.array(self.positions, np.int32),
            words=words,
            value_nats=base.astype(np.float32),
            influence_nats=(base[:, None] - masked).astype(np.float32),
            hidden=hidden,
        )


def plan_every(bundle: ModelBundle, encoded: Encoded) -> EveryPlan:
    """Lay the matrix of a text out; InputError if it has too many words, or no position that counts."""
    words = other_words(check_counted(encoded), ())
    if len(words) > MAX_EVERY_WORDS:
        raise InputError(
            f"This text has {len(words):,} words; each one's influence on each position is read for at most "
            f"{MAX_EVERY_WORDS}: shorten the text, or ask for one target."
        )
    column = {at: number for number, word in enumerate(words) for at in word.positions}
    hidden = plan_hidden(bundle, encoded, ("word",))
    positions = tuple(position for _, position in sorted(hidden.rows, key=lambda row: row[1]))
    which = {position: number for number, position in enumerate(positions)}
    wanted: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for number, (_, masked) in enumerate(hidden.inputs):
        asked = [position for of, position in hidden.rows if of == number]
        sets = [(_ITSELF, masked)]
        for word in other_words(encoded, masked):
            sets.append((column[word.positions[0]], tuple(sorted({*masked, *word.positions}))))
        for of_word, together in sets:
            wanted.setdefault(together, []).extend((which[position], of_word) for position in asked)
    rows = [(number, *row) for number, each in enumerate(wanted.values()) for row in each]
    return EveryPlan(encoded, positions, tuple(wanted), tuple(rows))
