"""What a summary keeps of scored rows: some numbers a row, and names as codes; the texts go by."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


class Kept:
    """Columns of record batches, gathered batch by batch; one that no batch has, or nobody named, is all missing."""

    def __init__(self, numbers: Iterable[str], names: Iterable[str]) -> None:
        self.n_rows = 0
        self._numbers: dict[str, list[Array]] = {name: [] for name in dict.fromkeys(numbers)}
        self._codes: dict[str, list[Codes]] = {name: [] for name in dict.fromkeys(names)}
        self._named: dict[str, dict[str, int]] = {name: {} for name in self._codes}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the numbers and names of some rows."""
        there = set(batch.schema.names)
        for name, parts in self._numbers.items():
            parts.append(_floats(batch.column(name)) if name in there else np.full(len(batch), np.nan))
        for name, parts in self._codes.items():
            values = batch.column(name).to_pylist() if name in there else [None] * len(batch)
            known = self._named[name]
            parts.append(np.array([-1 if each is None else known.setdefault(str(each), len(known)) for each in values]))
        self.n_rows += len(batch)

    def number(self, name: str) -> Array:
        """float64 [N]: not a number where a cell is empty; 0 and 1 of what is true or false."""
        parts = self._numbers.get(name)
        return np.full(self.n_rows, np.nan) if parts is None else np.concatenate([np.empty(0), *parts])

    def group(self, name: str) -> tuple[Codes, tuple[str, ...]]:
        """[N] numbers of the names, in the order in which they came, -1 where a cell is empty."""
        return np.concatenate([np.empty(0, np.intp), *self._codes[name]]).astype(np.intp), tuple(self._named[name])

    def respelled(self, name: str, spelled: dict[str, str]) -> tuple[Codes, tuple[str, ...]]:
        """``group`` with some names taken for others."""
        codes, names = self.group(name)
        meant = [spelled.get(each, each) for each in names]
        kept = list(dict.fromkeys(meant))
        to = np.array([*(kept.index(each) for each in meant), -1], np.intp)
        return to[codes], tuple(kept)


def _floats(column: pa.Array) -> Array:
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    if any(kind(column.type) for kind in kinds):
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.array([_number(each) for each in column.to_pylist()], np.float64)


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return float("nan")


def among(codes: Codes, names: Sequence[str], known: npt.NDArray[np.bool_]) -> tuple[Codes, tuple[str, ...]]:
    """The codes of some rows, and the names that are left, numbered anew in their order."""
    own = np.where(codes < 0, -1, codes)[known]
    there = np.unique(own[own >= 0])
    anew = np.full(len(names) + 1, -1, np.intp)
    anew[there] = np.arange(len(there))
    return anew[own], tuple(names[each] for each in there)
