"""The objects of a JSON file's arrays one after the other, without the file in the memory."""

import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, TextIO

from analysis.batch.files.lines import text_of
from analysis.errors import InputError
from analysis.limits import MAX_ROW_CHARS

_PIECE = 2**16
_DEEPEST = 2
"""Objects around an array, as in {"data": {"first": [...], "second": [...]}}."""

_NESTED = 10_000
"""Brackets in brackets: far more than the reader of one value takes, whose row then has an error."""

_SPACE = re.compile(r"[ \t\r\n]*")
_RUN = re.compile(r'(?:[^"{}\[\]]+|"(?:[^"\\]+|\\.)*+")*+', re.DOTALL)
"""Of what is in an object or an array: whole strings, and all between them."""

_OUTSIDE, _INSIDE = re.compile(r'["{}\[\],]'), re.compile(r'["\\]')


class Element(NamedTuple):
    """The text of a row's object, None if it is too long; ``array`` names its array, None if that is the file."""

    where: str
    text: str | None
    array: str | None = None


def elements(file: BinaryIO) -> Iterator[Element]:
    """The elements of every array of objects in the file; InputError if there is none, or what is around them is no
    JSON."""
    found = 0
    with text_of(file) as stream:
        scanner = _Scanner(stream)
        for element in _walk(scanner, ()):
            found += 1
            yield element
        if scanner.peek():
            raise _broken(scanner)
    if not found:
        raise InputError(
            'The file holds no array of objects: write [{"text": ...}, ...], or one object a line in a .jsonl file.'
        )


def _walk(scanner: "_Scanner", path: tuple[str, ...]) -> Iterator[Element]:
    """What is in the value at hand."""
    opening = scanner.peek()
    if opening == "[":
        yield from _array(scanner, ".".join(path) if path else None)
    elif opening == "{" and len(path) < _DEEPEST:
        scanner.take()
        while scanner.peek() != "}":
            key = _key(scanner)
            if scanner.take() != ":":
                raise _broken(scanner)
            yield from _walk(scanner, (*path, key))
            if scanner.peek() == ",":
                scanner.take()
            elif scanner.peek() != "}":
                raise _broken(scanner)
        scanner.take()
    else:
        _check(scanner, scanner.value(), path)


def _check(scanner: "_Scanner", text: str | None, path: tuple[str, ...]) -> None:
    """InputError if a value that is passed over is none."""
    try:
        if text is not None and path:
            json.loads(text)
    except (ValueError, RecursionError):
        raise _broken(scanner) from None


def _key(scanner: "_Scanner") -> str:
    text = scanner.value() if scanner.peek() == '"' else None
    try:
        return json.loads(text or "")
    except ValueError:
        raise _broken(scanner) from None


def _array(scanner: "_Scanner", name: str | None) -> Iterator[Element]:
    """The array at hand; one inside an object that doesn't begin with an object is passed over."""
    scanner.take()
    if scanner.peek() == "]":
        scanner.take()
        return
    rows = name is None or scanner.peek() == "{"
    while True:
        text = scanner.value()
        if rows:
            yield Element(f"The object that ends in line {scanner.line:,}", text, name)
        end = scanner.take()
        if end == "]":
            return
        if end != ",":
            raise _broken(scanner)


def _broken(scanner: "_Scanner") -> InputError:
    what = "ends too early" if not scanner.peek() else f"is no JSON from line {scanner.line:,} on"
    return InputError(f"The file {what}: mend it, or write one object a line in a .jsonl file.")


class _Scanner:
    """A file of JSON from left to right."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._buffer, self._at = "", 0
        self._lines, self._counted = 0, 0
        self._parts: list[str] = []
        self._length = 0

    @property
    def line(self) -> int:
        """Counted from 1."""
        self._lines += self._buffer.count("\n", self._counted, self._at)
        self._counted = self._at
        return 1 + self._lines

    def peek(self) -> str:
        """The next character that is no white space; nothing at the end."""
        while True:
            found = _SPACE.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._fill():
                return ""

    def take(self) -> str:
        """The same, and past it."""
        char = self.peek()
        self._at += len(char)
        return char

    def value(self) -> str | None:
        """The text of the value at hand, past it; None if it is too long. InputError if the file ends in it."""
        self.peek()
        self._parts, self._length = [], 0
        depth, inside = 0, False
        while True:
            if depth and not inside and (run := _RUN.match(self._buffer, self._at)):
                self._take_to(run.end())
            found = (_INSIDE if inside else _OUTSIDE).search(self._buffer, self._at)
            if found is None:
                self._take_to(len(self._buffer))
                if self._fill():
                    continue
                if depth or inside:
                    raise _broken(self)
                break
            mark = found.group()
            if mark == "\\" and found.end() == len(self._buffer):
                # What it escapes is still to come.
                self._take_to(found.start())
                if not self._fill():
                    raise _broken(self)
                continue
            if not inside and not depth and mark in ",]}":
                self._take_to(found.start())
                break
            self._take_to(found.end() + (mark == "\\"))
            inside ^= mark == '"'
            depth += 0 if inside else (mark in "{[") - (mark in "}]")
            if depth > _NESTED:
                raise _broken(self)
            if not inside and not depth:
                break
        return self._taken()

    def _taken(self) -> str | None:
        return "".join(self._parts) if self._length <= MAX_ROW_CHARS else None

    def _take_to(self, stop: int) -> None:
        self._length += stop - self._at
        if self._length <= MAX_ROW_CHARS:
            self._parts.append(self._buffer[self._at : stop])
        else:
            self._parts.clear()
        self._at = stop

    def _fill(self) -> bool:
        """More of the file behind what isn't past yet; False at its end."""
        more = self._stream.read(_PIECE)
        self._lines += self._buffer.count("\n", self._counted, self._at)
        self._buffer, self._at, self._counted = self._buffer[self._at :] + more, 0, 0
        return bool(more)
