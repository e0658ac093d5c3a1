"""What plain rows come to in a few numbers."""

import math
from collections.abc import Iterable, Sequence

import pyarrow as pa


def means_of(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> dict[str, float | None]:
    """The mean of those of these columns that hold numbers, over the rows that have one; None where none has."""
    sums: dict[str, float] = {}
    counts: dict[str, int] = {}
    for batch in batches:
        for name in columns:
            column = batch.column(name)
            if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
                values = [value for value in column.to_pylist() if value is not None and math.isfinite(value)]
                sums[name] = math.fsum([sums.get(name, 0.0), *values])
                counts[name] = counts.get(name, 0) + len(values)
    return {name: total / counts[name] if counts[name] else None for name, total in sums.items()}
