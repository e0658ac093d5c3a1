"""What is measured at a position, as a table: whatever shows or writes such numbers goes over all of it.

The words of the screen for a measure, and its scale, stand in ``dashboard/glossary.py`` under the same key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.types import Bools, Encoded, HiddenReading, SeenReading

Reading = SeenReading | HiddenReading
Numbers = npt.NDArray[np.floating]

Join = Literal["mean", "sum", "max", "product"]
"""How the values of a word's pieces make the value of the word."""

_JOINS: dict[Join, Callable[[Numbers], float]] = {"mean": np.mean, "sum": np.sum, "max": np.max, "product": np.prod}


@dataclass(frozen=True, slots=True)
class TokenMeasure:
    """One number per position of a reading.

    Attributes
    ----------
    key
        Its name among the options of a page, in links and on the command line.
    field
        Its name in JSON, with the unit.
    unit
        "bits", "nats", or "" for a pure number.
    join
        How the pieces of a word make the word's value.
    values
        Float [T] of a reading, in the unit; not a number where the reading does not know it.
    needs_hidden
        Whether only a hidden reading knows it.
    of_token
        Whether it is about the token that stands there; else it is about the prediction, and a [MASK] has it, too.
    whole
        Whether its values are whole numbers.
    """

    key: str
    field: str
    unit: Literal["bits", "nats", ""]
    join: Join
    values: Callable[[Reading], Numbers]
    needs_hidden: bool = False
    of_token: bool = True
    whole: bool = False

    def of_word(self, values: Numbers, positions: Sequence[int]) -> float:
        """The value of the pieces at these positions together; not a number without any."""
        if not positions:
            return float("nan")
        return float(_JOINS[self.join](values[list(positions)].astype(np.float64)))

    def told(self, encoded: Encoded) -> Bools:
        """bool [T]: where it says something of the text; its formula gives a number elsewhere, too."""
        return ~encoded.outside if self.of_token else ~encoded.outside | encoded.masked


def _entropy(reading: Reading) -> Numbers:
    return reading.statistics.entropy_bits


def _surprisal(reading: Reading) -> Numbers:
    return reading.statistics.surprisal_bits


def _surplus(reading: Reading) -> Numbers:
    return reading.statistics.surprisal_bits - reading.statistics.entropy_bits


def _rank(reading: Reading) -> Numbers:
    rank = reading.statistics.rank
    return np.where(rank > 0, rank, np.nan)


def _p(reading: Reading) -> Numbers:
    return reading.statistics.p_observed


def _copy_gap(reading: Reading) -> Numbers:
    return reading.copy_gap_bits if isinstance(reading, HiddenReading) else np.full(len(reading.encoded), np.nan)


TOKEN_MEASURES = {
    measure.key: measure
    for measure in (
        TokenMeasure("entropy", "entropy_bits", "bits", "mean", _entropy, of_token=False),
        TokenMeasure("surprisal", "surprisal_bits", "bits", "sum", _surprisal),
        TokenMeasure("surplus", "surplus_bits", "bits", "mean", _surplus),
        TokenMeasure("rank", "rank", "", "max", _rank, whole=True),
        TokenMeasure("p", "p", "", "product", _p),
        TokenMeasure("gap", "copy_gap_bits", "bits", "sum", _copy_gap, needs_hidden=True),
    )
}
"""Every measure by its key, in the order in which they are shown."""


def measures_of(reading: Reading) -> tuple[TokenMeasure, ...]:
    """The measures that a reading of this kind knows, in the table's order."""
    hidden = isinstance(reading, HiddenReading)
    return tuple(measure for measure in TOKEN_MEASURES.values() if hidden or not measure.needs_hidden)
