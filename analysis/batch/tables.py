"""Tables of every format as record batches: what a file holds, and its rows pack by pack."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from analysis.batch.files.delimited import Delimited, look_at_cells, look_at_lines
from analysis.batch.files.formats import PARQUET, Format, check_format, format_of
from analysis.batch.files.lines import HEAD_BYTES, check_bytes
from analysis.batch.files.objects import look_at_objects
from analysis.batch.files.opening import opened, told, unpacked
from analysis.batch.files.parquet import look_at_parquet
from analysis.batch.files.rows import ERROR, ROW, Reader, Row
from analysis.errors import InputError
from analysis.limits import MAX_TABLE_ROWS, PACK_ROWS


@dataclass(frozen=True, slots=True)
class Source:
    """A table that was looked at and can be read, again and again.

    ``says`` is one sentence about what it was taken for.
    """

    content: Path | bytes = field(repr=False)
    format: Format
    reader: Reader
    says: str

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the file, as they are called from here on."""
        return tuple(column.name for column in self.reader.columns)

    @property
    def schema(self) -> pa.Schema:
        """That of every pack: the row, the file's columns, the error."""
        own = [pa.field(column.name, column.type) for column in self.reader.columns]
        return pa.schema([pa.field(ROW, pa.int64()), *own, pa.field(ERROR, pa.string())])


def open_source(content: str | Path | bytes, format: str | None = None, name: str | None = None) -> Source:
    """Look at a file (its path or its bytes); ``name`` is what its bytes were called, if they had a name.

    ``format`` is one of ``FORMATS``; None goes by what is in the file, then by the ending of its name. The formats of
    text may be packed as gzip. InputError, one sentence without the path, if it can't be read.
    """
    if isinstance(content, str):
        content = Path(content)
    if isinstance(content, Path):
        name = name or content.name
    return _look(content, None if format is None else check_format(format), name, pasted=False)


def open_text(text: str) -> Source:
    """Look at a table that was pasted: lines of texts, cells parted by tabs or commas, JSON.

    A first line that holds no known name (``text``, ``premise``, ``label``) is its first row: one cell is then the
    column ``text``, two are ``text_a`` and ``text_b``.
    """
    return _look(text.encode("utf-8", "surrogatepass"), None, None, pasted=True)


def packs(source: Source, size: int = PACK_ROWS) -> Iterator[pa.RecordBatch]:
    """The rows of a table, ``size`` at a time, with ``row`` (from 1) and ``error``; none is left out.

    InputError where the file can't be read on: it was cut off, or it changed.
    """
    with opened(source.content) as file, told():
        stream = file if source.format == "parquet" else unpacked(file)
        yield from _packed(source.reader.rows(stream), source.schema, size)


def packs_of_text(text: str, size: int = PACK_ROWS) -> Iterator[pa.RecordBatch]:
    """``packs`` of a table that was pasted."""
    return packs(open_text(text), size)


def _packed(rows: Iterable[Row], schema: pa.Schema, size: int) -> Iterator[pa.RecordBatch]:
    rows, done, width = iter(rows), 0, len(schema) - 2
    while pack := list(islice(rows, size)):
        if done + len(pack) > MAX_TABLE_ROWS:
            raise InputError(f"The file has more than {MAX_TABLE_ROWS:,} rows, the most that is read: cut it.")
        # A blank row has no cells.
        cells = zip(*(row.cells or (None,) * width for row in pack), strict=True)
        numbers = range(done + 1, done + len(pack) + 1)
        columns = [numbers, *cells, [row.error for row in pack]]
        arrays = [pa.array(values, each.type) for values, each in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        done += len(pack)


def _look(content: Path | bytes, named: Format | None, name: str | None, pasted: bool) -> Source:
    head, whole = _head(content)
    format_ = named or format_of(head, name, whole)
    if (format_ == "parquet") != head.startswith(PARQUET):
        came, wanted = ("Parquet", format_) if head.startswith(PARQUET) else ("no Parquet file", "Parquet")
        raise InputError(f"The file is {came}, and {wanted} was asked for: name another format, or none.")
    with opened(content) as file, told():
        if format_ == "parquet":
            return Source(content, format_, look_at_parquet(file), "A Parquet file.")
        reader, says = _looked(unpacked(file), format_, pasted)
    source = Source(content, format_, reader, says)
    with opened(content) as file, told():
        if next(iter(reader.rows(unpacked(file))), None) is None:
            headed = isinstance(reader, Delimited) and reader.headed
            came = "has a header and no row" if headed else "holds only blank lines"
            raise InputError(f"The file {came}: it needs at least one row with a text.")
    return source


def _head(content: Path | bytes) -> tuple[bytes, bool]:
    """The first bytes of a file, unpacked, and whether they are all; InputError if they are none, or no text."""
    with opened(content) as file, told():
        head = file.read(len(PARQUET))
        if not head:
            raise InputError("The file is empty: it needs at least one row with a text.")
        if head == PARQUET:
            return head, False
        stream = unpacked(file)
        head = stream.read(HEAD_BYTES)
        whole = not stream.read(1)
    if not head:
        raise InputError("The packed file is empty: it needs at least one row with a text.")
    if head.startswith(PARQUET):
        raise InputError("The file is Parquet packed as gzip: unpack it.")
    check_bytes(head)
    return head, whole


def _looked(stream: BinaryIO, format_: Format, pasted: bool) -> tuple[Reader, str]:
    match format_:
        case "text":
            return look_at_lines(stream), "One text a line."
        case "json":
            return look_at_objects(stream, lines=False), "A JSON file."
        case "jsonl":
            return look_at_objects(stream, lines=True), "One JSON object a line."
    reader = look_at_cells(stream, "\t" if format_ == "tsv" else None, pasted)
    parts = {"\t": "tabs", ",": "commas", ";": "semicolons"}[reader.delimiter]
    header = "the first line is the header" if reader.headed else "the first line is the first row, no header"
    return reader, f"Cells parted by {parts}; {header}."
