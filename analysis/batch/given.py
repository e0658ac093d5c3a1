"""A run's input as record batches, read from its begin as often as that is asked for."""

import csv
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from analysis.batch.scorer import ERROR, ROW
from analysis.errors import InputError
from analysis.limits import PACK_ROWS


def batches_of(path: Path, limit: int | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a file, of its first ``limit`` rows if there is one; InputError if it can't be read."""
    left = limit
    for batch in _csv(path):
        if left is not None:
            batch = batch.slice(0, left)  # noqa: PLW2901
            left -= len(batch)
        yield batch
        if left == 0:
            return


def _csv(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            names = next(reader, [])
            numbered = enumerate(reader, start=1)
            while rows := list(itertools.islice(numbered, PACK_ROWS)):
                yield _batch(names, rows)
    except OSError:
        raise InputError("The input can't be read: check its name and its permissions.") from None


def _batch(names: list[str], rows: Iterable[tuple[int, list[str]]]) -> pa.RecordBatch:
    numbers, cells = zip(*rows, strict=True)
    wrong = [None if len(each) == len(names) else f"The line has {len(each)} cells for {len(names)}." for each in cells]
    columns = [
        pa.array([(each[at] or None) if at < len(each) else None for each in cells], pa.string())
        for at in range(len(names))
    ]
    schema = [(ROW, pa.int64()), *((name, pa.string()) for name in names), (ERROR, pa.string())]
    return pa.RecordBatch.from_arrays(
        [pa.array(numbers, pa.int64()), *columns, pa.array(wrong, pa.string())], schema=pa.schema(schema)
    )
