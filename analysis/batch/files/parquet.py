"""Parquet: typed columns, read a few rows at a time, whatever a small file claims to hold."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.batch.files.opening import most_unpacked, size_of, too_much
from analysis.batch.files.pages import DamagedError, Page, longest_text, pages_of
from analysis.batch.files.rows import FileColumn, Row, checked, named
from analysis.errors import InputError, quoted
from analysis.limits import (
    AT_ONCE_BYTES,
    MAX_COLUMNS,
    MAX_LIST_BYTES,
    MAX_LIST_VALUES,
    MAX_ROW_CHARS,
    MAX_TABLE_ROWS,
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
            unfolded, most = 0, most_unpacked(size_of(file))
            for batch in table.iter_batches(batch_size=at_once, use_threads=False):
                # What a dictionary's texts come to when each stands where it is meant.
                unfolded += sum(map(_unfolded, batch.columns))
                if unfolded > most:
                    raise too_much()
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
    table = pq.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    if table.metadata.num_columns > MAX_COLUMNS:
        raise InputError(
            f"The file has {table.metadata.num_columns:,} columns; at most {MAX_COLUMNS:,} are read: leave out others."
        )
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
    """Rows that are read at once, from the headers of all pages; InputError if what they say is too much.

    A text of a dictionary may stand in every row, and one in ``DELTA_BYTE_ARRAY`` be the begin of every other.
    """
    # Eight bytes a row, for rows that take none.
    size, whole, repeated = size_of(file), 8 * table.metadata.num_rows, 0
    for number in range(table.metadata.num_row_groups):
        group, pages_at_once, repeated_here = table.metadata.row_group(number), 0, 0
        for at in range(table.metadata.num_columns):
            pages = _pages(file, group.column(at), size)
            data = [page for page in pages if not page.dictionary]
            largest = max((page.unpacked for page in pages if page.dictionary), default=0)
            whole += sum(page.unpacked for page in pages)
            pages_at_once += largest + max((page.unpacked for page in data), default=0)
            repeated_here += max([largest, *(page.unpacked for page in data if page.repeats)])
            if table.schema.column(at).max_repetition_level:
                _check_lists(file, group.column(at), pages)
        repeated = max(repeated, repeated_here)
        if pages_at_once > AT_ONCE_BYTES:
            raise InputError(
                f"The pages of the Parquet file unpack to {pages_at_once:,} bytes at once; at most {AT_ONCE_BYTES:,} "
                "are read: write it with pages of 1 MiB, as most programs do."
            )
    if whole > most_unpacked(size):
        raise too_much()
    return max(1, min(PACK_ROWS, AT_ONCE_BYTES // max(1, repeated)))


def _pages(file: BinaryIO, chunk: pq.ColumnChunkMetaData, size: int) -> list[Page]:
    if not chunk.num_values:
        return []
    start = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < start:
        start = chunk.dictionary_page_offset
    if start < 0 or chunk.total_compressed_size < 0 or start + chunk.total_compressed_size > size:
        raise DamagedError
    return list(pages_of(file, start, chunk.total_compressed_size))


def _check_lists(file: BinaryIO, chunk: pq.ColumnChunkMetaData, pages: list[Page]) -> None:
    """InputError if a row of a column of lists could be too large: all of a row group's elements may be one row's."""
    name = f"The column '{quoted(chunk.path_in_schema.split('.')[0])}' of the file has lists"
    values = sum(page.values for page in pages if not page.dictionary)
    if values > MAX_LIST_VALUES:
        raise InputError(
            f"{name} with {values:,} elements in a row group; at most {MAX_LIST_VALUES:,} are read: write smaller row "
            "groups."
        )
    longest = max((page.unpacked for page in pages if page.repeats), default=0)
    if chunk.physical_type == "BYTE_ARRAY":
        dictionaries = (longest_text(file, page, chunk.compression) for page in pages if page.dictionary)
        longest = max([longest, *dictionaries])
    if values * longest > MAX_LIST_BYTES:
        raise InputError(
            f"{name} that may unpack to {values * longest:,} bytes a row; at most {MAX_LIST_BYTES:,} are read: write "
            "smaller row groups, without dictionaries."
        )


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
