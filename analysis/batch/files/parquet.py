"""Parquet: typed columns, read a few rows at a time, whatever a small file claims to hold."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.batch.files.opening import size_of, too_much
from analysis.batch.files.pages import DamagedError, pages_of
from analysis.batch.files.rows import FileColumn, Row, checked, named
from analysis.errors import InputError, quoted
from analysis.limits import (
    ALWAYS_UNPACKED_BYTES,
    AT_ONCE_BYTES,
    MAX_COLUMNS,
    MAX_LIST_VALUES,
    MAX_ROW_CHARS,
    MAX_TABLE_ROWS,
    MAX_UNPACKED_RATIO,
    PACK_ROWS,
)

_BUFFER_BYTES = 2**16
_WIDEST = MAX_ROW_CHARS
"""Bytes of a type of fixed width, or its elements: an empty cell takes them, too."""

_FAULTS = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, DamagedError)
_DAMAGED = "The Parquet file is damaged, or was cut off before its end: fetch or write it again."


@dataclass(frozen=True, slots=True)
class Parquet:
    """The rows of a Parquet file: numbers, truths and lists of them keep their type, what is nested otherwise becomes
    JSON, dates and what else there is text."""

    columns: tuple[FileColumn, ...]

    def rows(self, file: BinaryIO) -> Iterator[Row]:
        try:
            table, at_once = _open(file)
            if tuple(table.schema_arrow.names) != tuple(column.key for column in self.columns):
                raise InputError("The file's columns have changed while it was read: try again.")
            for batch in table.iter_batches(batch_size=at_once, use_threads=False):
                yield from self._rows_of(batch)
        except _FAULTS:
            raise InputError(_DAMAGED) from None

    def _rows_of(self, batch: pa.RecordBatch) -> Iterator[Row]:
        parts = [batch]
        if sum(map(_unfolded, batch.columns)) > AT_ONCE_BYTES:
            parts = [batch.slice(at, 1) for at in range(len(batch))]
        for part in parts:
            if len(part) == 1 and sum(map(_unfolded, part.columns)) > AT_ONCE_BYTES:
                yield Row((None,) * len(self.columns), f"The row takes more than {AT_ONCE_BYTES:,} bytes: shorten it.")
                continue
            cells = [_cells(each, column) for each, column in zip(part.columns, self.columns, strict=True)]
            for values in zip(*cells, strict=True):
                fault = next((value for value in values if isinstance(value, _Fault)), None)
                good = [None if isinstance(value, _Fault) else value for value in values]
                yield checked(self.columns, good, None if fault is None else str(fault))


def look_at_parquet(file: BinaryIO) -> Parquet:
    """The columns of the file; InputError if it is damaged, holds no row, or unpacks to more than is read."""
    try:
        table, _ = _open(file)
        schema, rows = table.schema_arrow, table.metadata.num_rows
    except _FAULTS:
        raise InputError(_DAMAGED) from None
    names = named(schema.names)
    columns = tuple(FileColumn(name, each.name, _kept(each.type)) for name, each in zip(names, schema, strict=True))
    if not columns or not rows:
        raise InputError("The file has columns and no row." if columns else "The file has no column.")
    return Parquet(columns)


def _open(file: BinaryIO) -> tuple[pq.ParquetFile, int]:
    """The file, and how many of its rows are read at once; InputError where that would be too much."""
    table = pq.ParquetFile(file)
    # Texts are read as numbers of a dictionary's: a long one that stands in every row is kept once.
    names = [table.schema.column(at).path for at in range(len(table.schema))]
    texts = [name for at, name in enumerate(names) if table.schema.column(at).physical_type == "BYTE_ARRAY"]
    table = pq.ParquetFile(file, read_dictionary=texts, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    if len(names) > MAX_COLUMNS:
        raise InputError(f"The file has {len(names):,} columns; at most {MAX_COLUMNS:,} are read.")
    if table.metadata.num_rows > MAX_TABLE_ROWS:
        raise InputError(f"The file has {table.metadata.num_rows:,} rows; at most {MAX_TABLE_ROWS:,} are read: cut it.")
    for each in table.schema_arrow:
        _check_width(each.type)
    return table, _at_once(file, table)


def _check_width(kind: pa.DataType) -> None:
    width = 0
    if pa.types.is_fixed_size_binary(kind):
        width = kind.byte_width
    elif pa.types.is_fixed_size_list(kind):
        width = kind.list_size
    if width > _WIDEST:
        raise InputError(f"A column of the file is {width:,} wide in every row; at most {_WIDEST:,} is read.")
    for at in range(kind.num_fields):
        _check_width(kind.field(at).type)


def _at_once(file: BinaryIO, table: pq.ParquetFile) -> int:
    """Rows that are read at once, from the headers of all pages; InputError if the pages are too large."""
    size, whole, repeated = size_of(file), 0, 0
    for group in range(table.metadata.num_row_groups):
        together = 0
        for at in range(table.metadata.num_columns):
            chunk, column = table.metadata.row_group(group).column(at), table.schema.column(at)
            start = chunk.data_page_offset
            if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < start:
                start = chunk.dictionary_page_offset
            if start < 0 or chunk.total_compressed_size < 0 or start + chunk.total_compressed_size > size:
                raise DamagedError
            pages = list(pages_of(file, start, chunk.total_compressed_size))
            data = [page.unpacked for page in pages if not page.dictionary]
            dictionaries = [page.unpacked for page in pages if page.dictionary]
            whole += sum(data) + sum(dictionaries)
            together += max(data, default=0) + max(dictionaries, default=0)
            repeats = max((page.unpacked for page in pages if page.repeats), default=0)
            repeated = max(repeated, repeats)
            if column.max_repetition_level:
                values = sum(page.values for page in pages if not page.dictionary)
                if repeats:
                    raise InputError(
                        f"The column '{quoted(column.path)}' of the file has lists in an encoding (DELTA_BYTE_ARRAY) "
                        "whose size nobody can tell beforehand: write it in another."
                    )
                if values > MAX_LIST_VALUES:
                    raise InputError(
                        f"The column '{quoted(column.path)}' of the file has lists with {values:,} elements in a row "
                        f"group; at most {MAX_LIST_VALUES:,} are read: write smaller row groups."
                    )
        if together > AT_ONCE_BYTES:
            raise InputError(
                f"The pages of the Parquet file unpack to {together:,} bytes at once; at most {AT_ONCE_BYTES:,} are "
                "read: write it with pages of 1 MiB, as most programs do."
            )
    if whole > max(ALWAYS_UNPACKED_BYTES, MAX_UNPACKED_RATIO * size):
        raise too_much()
    return max(1, min(PACK_ROWS, AT_ONCE_BYTES // max(1, repeated)))


def _unfolded(given: pa.Array) -> int:
    """Bytes of what the dictionaries stand for, about."""
    if isinstance(given, pa.ExtensionArray):
        given = given.storage
    if isinstance(given, pa.DictionaryArray):
        if not _is_text(given.type.value_type):
            return 8 * len(given)
        lengths = pc.call_function("binary_length", [given.dictionary]).cast(pa.int64())
        return pc.call_function("sum", [lengths.take(given.indices)]).as_py() or 0
    inner: list[pa.Array] = []
    if isinstance(given, pa.StructArray):
        inner = given.flatten()
    elif isinstance(given, pa.MapArray):
        start, stop = given.offsets[0].as_py() or 0, given.offsets[-1].as_py() or 0
        inner = [each.slice(start, stop - start) for each in (given.keys, given.items)]
    elif isinstance(given, pa.ListArray | pa.LargeListArray | pa.FixedSizeListArray):
        inner = [given.flatten()]
    return sum(map(_unfolded, inner)) + 8 * len(given) if inner else given.nbytes


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_binary(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)


def _bare(kind: pa.DataType) -> pa.DataType:
    """A type without its dictionary."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _kept(kind: pa.DataType) -> pa.DataType:
    """The type of a column from here on."""
    kind = _bare(kind)
    if _is_number(kind):
        return kind
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = _bare(kind.value_type)
        if _is_number(inner):
            return pa.list_(inner)
        if pa.types.is_string(inner) or pa.types.is_large_string(inner):
            return pa.list_(pa.string())
    return pa.string()


class _Fault(str):
    """What stands for a cell that can't be read: the sentence."""

    __slots__ = ()


def _cells(array: pa.Array, column: FileColumn) -> list[Any]:
    """The cells of a column as its type has them, or a ``_Fault`` each."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    kind = _bare(array.type)
    nested = pa.types.is_nested(kind) and column.type == pa.string()
    try:
        if column.type == pa.string() and not nested and not _is_text(kind):
            array = (array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array).cast(pa.string())
        return [_cell(value, nested, column) for value in array.to_pylist()]
    except _FAULTS:
        # One of them can't be had; the others can.
        return [_one(value, nested, column) for value in array]


def _one(value: pa.Scalar, nested: bool, column: FileColumn) -> Any:
    try:
        return _cell(value.as_py(), nested, column)
    except UnicodeDecodeError:
        return _not_utf8(column)
    except _FAULTS:
        return _Fault(f"The column {quoted(column.name)} holds a value that can't be written as text: leave it out.")


def _cell(value: Any, nested: bool, column: FileColumn) -> Any:
    if value is None:
        return None
    if nested:
        return json.dumps(value, ensure_ascii=False, default=_plain)
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return _not_utf8(column)
    return _plain(value) if column.type == pa.string() and not isinstance(value, str) else value


def _not_utf8(column: FileColumn) -> _Fault:
    return _Fault(
        f"The column {quoted(column.name)} holds bytes that are no UTF-8 text: write it again, or leave it out."
    )


def _plain(value: Any) -> str:
    """A value that JSON has no word for."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
