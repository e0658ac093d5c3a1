"""What is known of every measure of a token without asking the code: one row a measure, for every test of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.types import HiddenReading, SeenReading
from dashboard.glossary import p_text, signed

Reading = SeenReading | HiddenReading


@dataclass(frozen=True, slots=True)
class Measured:
    """Where a measure is found on the screen and in JSON, and its numbers from a reading's own.

    Attributes
    ----------
    name, field
        The screen's name for it, and the key of its values in JSON.
    unit, ends
        Its unit, and the ends of its scale in it.
    values
        Float [T] of a reading.
    word
        Makes the pieces' values those of a word.
    printed
        A value as it stands below its token.
    rows, scale
        How the names of its rows in the heatmap begin, and the title of their scale without the unit; None where it
        has none.
    """

    name: str
    field: str
    unit: str
    ends: tuple[float, float]
    values: Callable[[Reading], np.ndarray]
    word: Callable[[np.ndarray], float]
    printed: Callable[[float], str]
    rows: str | None
    scale: str | None
    log: bool = False
    of_token: bool = True
    needs_hidden: bool = False

    @property
    def diverging(self) -> bool:
        return self.ends[0] == -self.ends[1]


def _decimals(value: float) -> str:
    return f"{value:.2f}"


def _gap(reading: Reading) -> np.ndarray:
    assert isinstance(reading, HiddenReading)
    return reading.statistics.surprisal_bits - reading.seen.statistics.surprisal_bits


MEASURED = {
    "entropy": Measured(
        name="entropy",
        field="entropy_bits",
        unit="bits",
        ends=(0, 12),
        values=lambda reading: reading.statistics.entropy_bits,
        word=np.mean,
        printed=_decimals,
        rows="H",
        scale="H, S",
        of_token=False,
    ),
    "surprisal": Measured(
        name="surprisal",
        field="surprisal_bits",
        unit="bits",
        ends=(0, 12),
        values=lambda reading: reading.statistics.surprisal_bits,
        word=np.sum,
        printed=_decimals,
        rows="S",
        scale="H, S",
    ),
    "surplus": Measured(
        name="surplus",
        field="surplus_bits",
        unit="bits",
        ends=(-12, 12),
        values=lambda reading: reading.statistics.surprisal_bits - reading.statistics.entropy_bits,
        word=np.mean,
        printed=signed,
        rows="surplus",
        scale="surplus",
    ),
    "rank": Measured(
        name="rank",
        field="rank",
        unit="",
        ends=(1, 10_000),
        values=lambda reading: np.where(reading.statistics.rank == 0, np.nan, reading.statistics.rank),
        word=np.max,
        printed=lambda rank: f"{int(rank):,}",
        rows="rank",
        scale="rank, log scale",
        log=True,
    ),
    "p": Measured(
        name="p of the token",
        field="p",
        unit="",
        ends=(0, 1),
        values=lambda reading: reading.statistics.p_observed,
        word=np.prod,
        printed=p_text,
        rows=None,
        scale=None,
    ),
    "gap": Measured(
        name="copy gap",
        field="copy_gap_bits",
        unit="bits",
        ends=(-12, 12),
        values=_gap,
        word=np.sum,
        printed=signed,
        rows="copy gap",
        scale="copy gap",
        needs_hidden=True,
    ),
}


def known_of(reading: Reading) -> dict[str, Measured]:
    """The measures that a reading of its kind knows."""
    hidden = reading.kind == "hidden"
    return {key: measured for key, measured in MEASURED.items() if hidden or not measured.needs_hidden}
