"""The rows of a table with what a model's heads say of each."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.choices import Masking
from analysis.types.inputs import Provenance
from analysis.types.nsp import NspMeaning
from analysis.types.summary import Summary

TableKind = Literal["text", "pair", "labelled pair", "minimal pairs", "candidates"]
"""What a row is: a text; a first and a second sentence; such a pair with the answer; a good and a bad sentence; a text
with words that compete for its gap."""


Cell = float | int | str | bool | tuple[float | int | str | None, ...] | None


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A number of every row: its name ends in its unit; ``says`` defines it, ``source`` is where that comes from."""

    name: str
    says: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its ``number`` in the file, from 1, its texts, and what it came to in the order of the table's columns.

    ``texts`` are the text, first and second sentence, or good and bad one; ``label`` whether the second follows the
    first, None where nobody says; ``error`` is one sentence where the row could not be read, whose values are None.
    """

    number: int
    texts: tuple[str, ...]
    values: tuple[Cell, ...]
    group: str = ""
    label: bool | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class PairScore:
    """A named score of minimal pairs, and the columns that hold it: of the good one, the bad one, good minus bad."""

    name: str
    says: str
    good: str
    bad: str
    difference: str


@dataclass(frozen=True, slots=True)
class ScoredTable:
    """The rows of a table that have come, of ``n_rows``.

    ``taken_for`` says what its columns were taken for, ``suite`` names what its rows are, None for plain ones;
    ``sides`` are what the texts of a row are called, ``masking`` is what a PLL hides, ``meaning`` what the second head
    was trained on. ``summary`` is of a suite's rows, when the last has come.
    """

    kind: TableKind
    taken_for: str
    suite: str | None
    sides: tuple[str, ...]
    n_rows: int
    columns: tuple[TableColumn, ...]
    scores: tuple[PairScore, ...]
    rows: tuple[TableRow, ...]
    summary: Summary | None
    masking: Masking
    meaning: NspMeaning
    provenance: Provenance

    @property
    def complete(self) -> bool:
        """Whether every row has come."""
        return len(self.rows) == self.n_rows

    def cells(self, column: str, row: TableRow) -> tuple[str, ...]:
        """A row's words in a column that holds several; none where it has no such column."""
        found = next((cell for each, cell in zip(self.columns, row.values, strict=True) if each.name == column), None)
        return tuple(str(each) for each in found) if isinstance(found, tuple) else ()

    def values(self, column: str) -> npt.NDArray[np.float64]:
        """A column's numbers, one per row that has come, the largest of several; not a number where there is none."""
        at = [each.name for each in self.columns].index(column)
        return np.array([_number(row.values[at]) for row in self.rows], np.float64)


def _number(value: Cell) -> float:
    several = value if isinstance(value, tuple) else (value,)
    return max((float(each) for each in several if isinstance(each, int | float)), default=np.nan)
