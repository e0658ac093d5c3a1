"""What is measured at a position, as a table: whatever shows or writes such numbers goes over all of it.

The words of the screen for a measure, and its scale, stand in ``dashboard/glossary.py`` under the same key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.types import Bools, Encoded, HiddenReading
from analysis.types.compare import Reading

Numbers = npt.NDArray[np.floating]

Join = Literal["mean", "sum", "max", "product"]
"""How the values of a word's pieces make the value of the word."""

_JOINS: dict[Join, Callable[[Numbers], float]] = {"mean": np.mean, "sum": np.sum, "max": np.max, "product": np.prod}


@dataclass(frozen=True, slots=True)
class TokenMeasure:
    """One number per position of a reading.

    ``key`` is its name among the options of a page, in links and on the command line, ``field`` its name in JSON, with
    the unit; the unit of a pure number is "". ``join`` says how the pieces of a word make the word's value. ``values``
    goes from a reading to float [T] in the unit; not a number where the reading does not know it. ``needs_hidden`` says
    whether only a hidden reading knows it; ``of_token`` whether it is about the token that stands there; else it is
    about the prediction, and a [MASK] has it, too; ``whole`` whether its values are whole numbers.
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


def _rank(reading: Reading) -> Numbers:
    rank = reading.statistics.rank
    return np.where(rank > 0, rank, np.nan)


def _copy_gap(reading: Reading) -> Numbers:
    return reading.copy_gap_bits if isinstance(reading, HiddenReading) else np.full(len(reading.encoded), np.nan)


TOKEN_MEASURES = {
    measure.key: measure
    for measure in (
        TokenMeasure("entropy", "entropy_bits", "bits", "mean", lambda it: it.statistics.entropy_bits, of_token=False),
        TokenMeasure("surprisal", "surprisal_bits", "bits", "sum", lambda it: it.statistics.surprisal_bits),
        TokenMeasure(
            "surplus",
            "surplus_bits",
            "bits",
            "mean",
            lambda it: it.statistics.surprisal_bits - it.statistics.entropy_bits,
        ),
        TokenMeasure("rank", "rank", "", "max", _rank, whole=True),
        TokenMeasure("p", "p", "", "product", lambda it: it.statistics.p_observed),
        TokenMeasure("gap", "copy_gap_bits", "bits", "sum", _copy_gap, needs_hidden=True),
    )
}
"""Every measure by its key, in the order in which they are shown."""


def measures_of(reading: Reading) -> tuple[TokenMeasure, ...]:
    """The measures that a reading of this kind knows, in the table's order."""
    hidden = isinstance(reading, HiddenReading)
    return tuple(measure for measure in TOKEN_MEASURES.values() if hidden or not measure.needs_hidden)
