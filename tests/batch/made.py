"""Files of rows for the tests, and the tiny model that reads them."""

import csv
import random
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

WORDS = ("the", "cat", "dog", "sat", "on", "mat", "room", "was", "dark", "she", "opened", "door", ".", ",", "a")
"""All in the toy vocabulary."""


def sentences(count: int, seed: int = 0, *, longest: int = 12) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randint(2, longest))) for _ in range(count)]


def write_csv(path: Path, texts: Sequence[str], **columns: Sequence[object]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "text", *columns])
        writer.writerows(zip((f"item {at}" for at in range(len(texts))), texts, *columns.values(), strict=True))
    return path


def rows_of(path: Path) -> list[dict[str, object]]:
    return pq.read_table(path).to_pylist()


def same(one: Path, other: Path) -> bool:
    """Rows, order, values to the bit, schema with its metadata."""
    a, b = pq.read_table(one), pq.read_table(other)
    return a.schema.equals(b.schema, check_metadata=True) and bits(a) == bits(b)


def bits(table: pa.Table) -> bytes:
    """NaN equals itself here."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()
