"""What every reader of files hands out: columns, and rows of them with at most one fault each."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from analysis.errors import InputError, quoted
from analysis.limits import MAX_BLANK_ROWS, MAX_COLUMNS, MAX_ROW_CHARS, MAX_TEXT_CHARS
from analysis.texts.text import counted

ROW, ERROR = "row", "error"
"""The columns that every table has: the row of the file, counted from 1, and one sentence where it could not be read.

A reader of files may fill ``error`` already; such a row is handed on as it is.
"""


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of a file: ``name`` is what it is called from here on, ``key`` what the file calls it."""

    name: str
    key: str
    type: pa.DataType


class Row(NamedTuple):
    """The cells of a row in the order of the columns, and the sentence that says what is wrong with it, or None."""

    cells: Sequence[Any]
    error: str | None = None


BLANK = Row((), "This row is blank: put a text there, or take it out.")


class Reader(Protocol):
    """How a file is read, found by a look at it; ``rows`` can be asked for again and again."""

    @property
    def columns(self) -> tuple[FileColumn, ...]: ...

    def rows(self, file: Any) -> Iterator[Row]:
        """The rows of a binary file from where it stands; InputError where the file as a whole can't be read."""
        ...


def named(keys: Sequence[str]) -> tuple[str, ...]:
    """The names of columns with these keys; InputError if two are equal, or there are too many.

    White space around a key is none of its name. One without a name is called by its place (``column_1``), and one
    that is called like a column of ours gets ``input_`` before it.
    """
    if len(keys) > MAX_COLUMNS:
        raise InputError(f"The file has {len(keys):,} columns; at most {MAX_COLUMNS:,} are read: leave out the others.")
    given = [key.strip() for key in keys]
    taken = {ROW, ERROR}
    for name in given:
        if name and name in taken and name not in {ROW, ERROR}:
            raise InputError(f"Two columns of the file are called '{quoted(name)}': give one of them another name.")
        taken.add(name)
    names = []
    for place, name in enumerate(given, 1):
        called = name or f"column_{place}"
        if name in {ROW, ERROR, ""}:
            while called in taken:
                called = f"input_{called}"
            taken.add(called)
        names.append(called)
    return tuple(names)


def checked(columns: Sequence[FileColumn], cells: Sequence[Any], error: str | None = None) -> Row:
    """A row whose texts can be read; a cell that can't is empty, and the row's error says why."""
    good, chars = list(cells), 0
    for at, cell in enumerate(cells):
        texts = (cell,) if isinstance(cell, str) else cell if isinstance(cell, list) else ()
        for text in texts:
            if isinstance(text, str):
                chars += len(text)
                fault = fault_of(text)
                if fault is not None:
                    good[at] = None
                    error = error or f"The column {quoted(columns[at].name)} {fault}"
                    break
    if chars > MAX_ROW_CHARS:
        return Row((None,) * len(columns), f"The row has {chars:,} characters; {_AT_MOST}")
    return Row(good, error)


_AT_MOST = f"at most {MAX_ROW_CHARS:,} of a row are read: shorten it, or leave out columns that nobody needs."
TOO_LONG = f"has more than {MAX_ROW_CHARS:,} characters: {_AT_MOST}"
"""Of a line that is left unread."""

_BAD = re.compile("[\0\ud800-\udfff]")


def fault_of(text: str) -> str | None:
    """What is wrong with a cell, as the end of a sentence about it; None if nothing is."""
    if len(text) > MAX_TEXT_CHARS:
        return f"has {len(text):,} characters; at most {MAX_TEXT_CHARS:,} are read: shorten it."
    found = None if text.isascii() and "\0" not in text else _BAD.search(text)
    if found is None:
        return None
    if found.group() == "\0":
        return f"holds a NUL (character {found.start() + 1}), which is no text: delete it."
    return (
        f"holds half a character (the lone surrogate U+{ord(found.group()):04X}, character {found.start() + 1}), "
        "which no encoding can carry: delete it or write the text again."
    )


def without_last_blanks(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows without the blank ones behind the last that isn't; those between are rows with an error."""
    blanks = 0
    for row in rows:
        if row is BLANK:
            blanks += 1
            if blanks > MAX_BLANK_ROWS:
                raise InputError(f"The file has more than {MAX_BLANK_ROWS:,} blank rows together: take them out.")
            continue
        for _ in range(blanks):
            yield BLANK
        blanks = 0
        yield row


def padded(cells: Sequence[Any], width: int) -> list[Any]:
    """The first cells of a row that has too few or too many."""
    return [*cells[:width], *[None] * (width - len(cells))]


def cells_came(came: int, wanted: int, line: int, headed: bool) -> str:
    """The sentence about a row with too few or too many cells."""
    names = "the header names" if headed else "the first row has"
    return (
        f"Line {line:,} has {counted(came, 'cell')} and {names} {wanted:,}: mend it "
        "(a cell that holds what parts cells must stand in double quotes)."
    )
