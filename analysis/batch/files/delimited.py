"""CSV, TSV and one text a line: cells of text, read as a stream."""

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from analysis.batch.files.lines import Line, lines_of
from analysis.batch.files.rows import (
    BLANK,
    TOO_LONG,
    FileColumn,
    Row,
    cells_came,
    checked,
    named,
    padded,
    without_last_blanks,
)
from analysis.batch.layout import is_known
from analysis.errors import InputError
from analysis.limits import LOOK_ROWS, MAX_COLUMNS, MAX_TEXT_CHARS

_DELIMITERS = ",;\t"
_SENTENCE = re.compile(r"\s\S.*[.!?…。！？][\"'”’»)]*\s*$", re.DOTALL)  # noqa: RUF001
_MOST_NOT_UTF8 = 0.1
"""Share of lines from which the file as a whole is in another encoding, and no few lines of it damaged."""


class _Record(NamedTuple):
    """A row as it was written: its cells, or what is wrong with it; both where the cells are only part of the truth."""

    line: int
    cells: list[str]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Delimited:
    """Cells parted by ``delimiter``, the first line a header if ``headed``; an empty cell is none."""

    columns: tuple[FileColumn, ...]
    delimiter: str
    headed: bool

    def rows(self, file: BinaryIO) -> Iterator[Row]:
        records = _records(lines_of(file), self.delimiter, len(self.columns))
        if self.headed:
            next(records, None)
        return without_last_blanks(self._row(record) for record in records)

    def _row(self, record: _Record) -> Row:
        width = len(self.columns)
        error = record.error
        if error is None and not any(cell.strip() for cell in record.cells):
            return BLANK
        if error is None and len(record.cells) != width:
            error = cells_came(len(record.cells), width, record.line, self.headed)
        cells = [cell or None for cell in padded(record.cells, width)]
        return checked(self.columns, cells, error)


@dataclass(frozen=True, slots=True)
class Lines:
    """One text a line, in the column ``text``."""

    columns: tuple[FileColumn, ...] = (FileColumn("text", "text", pa.string()),)

    def rows(self, file: BinaryIO) -> Iterator[Row]:
        return without_last_blanks(self._row(line) for line in lines_of(file))

    def _row(self, line: Line) -> Row:
        if line.too_long:
            return Row((None,), f"Line {line.number:,} {TOO_LONG}")
        text = line.text.rstrip("\r\n")
        if not text.strip():
            return BLANK
        return checked(self.columns, (text,)) if line.fault is None else Row((None,), line.fault)


def look_at_lines(file: BinaryIO) -> Lines:
    """InputError if the file is in another encoding."""
    _check_encoding(lines_of(file))
    return Lines()


def look_at_cells(file: BinaryIO, delimiter: str | None, pasted: bool) -> Delimited:
    """The columns of the file; ``delimiter`` None is looked for in its first line.

    InputError if the header can't be read, or the file is in another encoding. The first line is the header if one of
    its cells is a name that is known. In a file it also is where none of them reads like a sentence (several words and
    a full stop); in a pasted table such a line is its first row.
    """
    lines = _check_encoding(lines_of(file))
    first = next(lines, None)
    if first is None:
        raise InputError("The file is empty: it needs a header and at least one row.")
    delimiter = delimiter or delimiter_of(first.text)
    header = next(_records(_and_then(first, lines), delimiter, None))
    if first.too_long:
        raise InputError(f"The first line of the file, its header, {TOO_LONG}")
    if header.error is not None:
        raise InputError(header.error)
    if not any(cell.strip() for cell in header.cells):
        raise InputError("The first line of the file is blank: put the names of the columns there.")
    if len(header.cells) > MAX_COLUMNS:
        named(header.cells)
    headed = is_header(header.cells, pasted)
    keys = tuple(header.cells) if headed else _by_place(len(header.cells))
    names = named(keys)
    columns = tuple(FileColumn(name, key, pa.string()) for name, key in zip(names, keys, strict=True))
    for name in names:
        if len(name) > MAX_TEXT_CHARS or "\0" in name:
            raise InputError("The name of a column in the file's header holds a NUL, or is too long: mend the header.")
    return Delimited(columns, delimiter, headed)


def delimiter_of(line: str) -> str:
    """What parts the cells of a header: a comma, a semicolon or a tab, whichever is most often outside quotes."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(_DELIMITERS, key=bare.count)


def is_header(cells: list[str], pasted: bool) -> bool:
    """Whether a first line names columns."""
    if any(is_known(cell) for cell in cells):
        return True
    return not pasted and not any(_SENTENCE.search(cell) for cell in cells)


def _by_place(width: int) -> tuple[str, ...]:
    if width == 1:
        return ("text",)
    return ("text_a", "text_b", *(f"column_{place}" for place in range(3, width + 1)))


def _and_then(first: Line, rest: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from rest


def _check_encoding(lines: Iterator[Line]) -> Iterator[Line]:
    """The first lines, for the header, which may go over several; InputError if too many lines are no UTF-8."""
    seen, bad, chars = 0, 0, 0
    first: str | None = None
    kept: list[Line] = []
    for line in islice(lines, LOOK_ROWS):
        seen += 1
        if chars <= MAX_TEXT_CHARS:
            kept.append(line)
            chars += len(line.text)
        if (fault := line.fault) is not None:
            bad, first = bad + 1, first or fault
    if first is not None and bad > _MOST_NOT_UTF8 * seen:
        raise InputError(first)
    return iter(kept)


class _Feed:
    """Lines as the csv module takes them, and those of the row at hand: what it took wrongly comes again."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines, self._again = lines, deque[Line]()
        self.taken: list[Line] = []

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        if line.too_long:
            raise _TooLongError
        return line.text

    def give_back(self) -> None:
        """All lines but the first."""
        self._again.extendleft(reversed(self.taken[1:]))


class _TooLongError(Exception):
    """A line that is left unread, or a row of too many lines."""


def _records(lines: Iterator[Line], delimiter: str, width: int | None) -> Iterator[_Record]:
    """Rows of cells; ``width`` is how many the header has, None for the header itself.

    Quotes count where a cell is wholly in them. In TSV a quote elsewhere is one like any other character, as in files
    that quote nothing, and so is one that opens a row of several lines with another number of cells. In CSV a quote
    that is not closed is a fault of its own line: those behind it are read as rows.
    """
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.taken = []
        error = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLongError):
            cells = None
        first = feed.taken[0]
        if cells is not None and delimiter == "\t" and len(feed.taken) > 1 and width not in {None, len(cells)}:
            cells = None
        if cells is None:
            feed.give_back()
            cells = []
            if first.too_long:
                error = f"Line {first.number:,} {TOO_LONG}"
            elif delimiter == "\t":
                cells = first.text.rstrip("\r\n").split("\t")
            elif len(first.text) > csv.field_size_limit():
                error = f"Line {first.number:,} has a cell of more than {MAX_TEXT_CHARS:,} characters: shorten it."
            else:
                error = (
                    f"Line {first.number:,} opens a quote that isn't closed, or has one inside a cell: write a quote "
                    "twice, and the whole cell in quotes."
                )
            yield _Record(first.number, cells, error or first.fault)
        else:
            faults = (line.fault for line in feed.taken)
            yield _Record(first.number, cells, next((fault for fault in faults if fault is not None), None))
