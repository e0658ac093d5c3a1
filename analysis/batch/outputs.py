"""Tables written to a file as they come: Parquet, CSV or JSON lines, by the end of its name."""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.batch.disk import write_whole
from analysis.errors import InputError
from analysis.limits import OUTPUT_ROWS
from analysis.lines import harmless


def check_output(path: Path, what: str) -> None:
    """InputError unless a table can be written under this name."""
    if path.suffix.lower() not in _WRITERS:
        raise InputError(f"{what} ends in '{path.suffix}': choose a name that ends in .parquet, .csv or .jsonl.")
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{what} can't be written: name a file, in a folder that is there.")


def write_table(path: Path, what: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Write a table that appears when it is whole; InputError if it can't be written."""
    write = _WRITERS[path.suffix.lower()]
    write_whole(path, what, lambda stream: write(stream, schema, _grouped(batches)))


def _grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += len(batch)
        if count >= OUTPUT_ROWS:
            yield pa.concat_batches(held)
            held, count = [], 0
    if held:
        yield pa.concat_batches(held)


def _parquet(stream: BinaryIO, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _csv(stream: BinaryIO, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """With the byte order mark, for Excel; lists as JSON, texts that it would run behind an apostrophe."""
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([_cell(name) for name in schema.names])
    for batch in batches:
        columns = [[_cell(value) for value in column.to_pylist()] for column in batch.columns]
        writer.writerows(zip(*columns, strict=True))
    text.detach()


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return _json(_finite(value))
    if isinstance(value, str):
        return harmless(value)
    return str(value).lower() if isinstance(value, bool) else value


def _jsonl(stream: BinaryIO, _schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    for batch in batches:
        for row in batch.to_pylist():
            stream.write(f"{_json(_finite(row))}\n".encode())


def _finite(value: Any) -> Any:
    """JSON has no infinity and no NaN: null."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)


_WRITERS = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}
