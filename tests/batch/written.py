"""Tables written in every format that is read, by the libraries that write them for everybody else."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Rows = Sequence[dict[str, Any]]


def cells(rows: Rows, delimiter: str) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerow(rows[0])
    writer.writerows([row[name] for name in rows[0]] for row in rows)
    return stream.getvalue().encode()


def parquet(rows: Rows, **options: Any) -> bytes:
    return parquet_of(pa.Table.from_pylist(list(rows)), **options)


def parquet_of(table: pa.Table, **options: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()


WRITTEN: dict[str, Callable[[Rows], bytes]] = {
    "csv": lambda rows: cells(rows, ","),
    "tsv": lambda rows: cells(rows, "\t"),
    "jsonl": lambda rows: "".join(json.dumps(row) + "\n" for row in rows).encode(),
    "json": lambda rows: json.dumps(rows, indent=1).encode(),
    "parquet": parquet,
}
"""By format, a file with these rows; all but text, which has one column."""

ALL = (*WRITTEN, "text")


def written(format_: str, rows: Rows) -> bytes:
    if format_ == "text":
        return "".join(row["text"] + "\n" for row in rows).encode()
    return WRITTEN[format_](rows)


def packed(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)
