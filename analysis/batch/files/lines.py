"""Lines of a file of text, however long, and in whatever encoding they turn out to be."""

import io
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, NamedTuple

from analysis.errors import InputError
from analysis.limits import MAX_ROW_CHARS

HEAD_BYTES = 2**16
"""What is looked at before a format is chosen."""

_ESCAPED = re.compile("[\udc80-\udcff]")
_MOST_NULS = 0.05
"""Share of NULs from which bytes are no text: one in two of Latin letters in UTF-16, and few in what is damaged."""

_WIDE = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


class Line(NamedTuple):
    """A line with its end; ``number`` counts from 1. Of one that is ``too_long`` the begin is all there is."""

    number: int
    text: str
    too_long: bool = False

    @property
    def fault(self) -> str | None:
        """What is wrong with its bytes, as one sentence; None if nothing is."""
        return not_utf8(f"Line {self.number:,}", self.text)


def not_utf8(what: str, text: str) -> str | None:
    """The sentence about a stretch of a file whose bytes were no UTF-8; None if they were."""
    if text.isascii() or not (found := _ESCAPED.search(text)):
        return None
    raw = text.encode("utf-8", "surrogateescape")
    try:
        raw.decode("utf-8", "surrogatepass")
        return f"{what} holds half a character (a lone surrogate), which no encoding can carry: delete it."
    except UnicodeDecodeError:
        byte = ord(found.group()) - 0xDC00
        return f"{what} is not UTF-8 (it holds the byte {byte:02X}): save the file as UTF-8 and try again."


@contextmanager
def text_of(file: BinaryIO) -> Generator[io.TextIOWrapper]:
    """The file as text without its mark of order; bytes that are no UTF-8 become lone surrogates, for ``not_utf8``."""
    stream = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield stream
    finally:
        # The file stays open: closing it is for whoever opened it, who perhaps has.
        with suppress(ValueError):
            stream.detach()


def check_bytes(head: bytes) -> None:
    """InputError if the begin of a file is no text, or one in an encoding of wide characters."""
    for mark, name in _WIDE.items():
        if head.startswith(mark):
            raise InputError(f"The file is {name}: save it as UTF-8 and try again.")
    if head.count(0) > _MOST_NULS * len(head):
        raise InputError("The file holds bytes that are no text, or UTF-16: save it as text in UTF-8.")


def lines_of(file: BinaryIO) -> Iterator[Line]:
    r"""The lines of a file; only \n, \r\n and \r end one."""
    most = MAX_ROW_CHARS + 2  # with its end
    with text_of(file) as stream:
        number, waiting = 0, ""
        while text := waiting or stream.readline(most):
            waiting, number = "", number + 1
            too_long, piece = len(text.rstrip("\r\n")) > MAX_ROW_CHARS, text
            while len(piece) == most and not piece.endswith(("\n", "\r")):
                piece = stream.readline(most)
            if len(piece) == most and piece.endswith("\r"):
                # Cut between the two characters of an end, perhaps.
                waiting = stream.readline(most)
                waiting = "" if waiting == "\n" else waiting
            yield Line(number, text, too_long)
