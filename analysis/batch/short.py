"""What a run of plain rows comes to in a few numbers."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from analysis.batch.scorer import ERROR


@dataclass(frozen=True, slots=True)
class Short:
    """How many rows, how many of them with an error, and of each column of numbers its mean over those that have one.

    A mean is None where no row has one.
    """

    rows: int
    errors: int
    means: tuple[tuple[str, float | None], ...]


def short_summary(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> Short:
    """The summary of scored rows: of these columns, those that hold numbers."""
    rows = errors = 0
    sums: dict[str, list[float]] = {}
    counts: dict[str, int] = {}
    for batch in batches:
        rows += len(batch)
        errors += len(batch) - batch.column(ERROR).null_count
        for name in columns:
            column = batch.column(name)
            if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
                values = [value for value in column.to_pylist() if value is not None and math.isfinite(value)]
                sums[name] = [math.fsum([*sums.get(name, []), *values])]
                counts[name] = counts.get(name, 0) + len(values)
    means = tuple((name, total / counts[name] if counts[name] else None) for name, (total,) in sums.items())
    return Short(rows, errors, means)
