"""What a Parquet file will unpack to, read from the headers of its pages before a page is unpacked.

The file's own footer may say anything; the headers are what the reader unpacks by. They are Thrift's compact protocol:
https://github.com/apache/parquet-format (README, "File format", and parquet.thrift, ``PageHeader``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa

_FIRST_BYTES, _MOST_BYTES = 2**9, 2**20
"""Of a header: most have some 50 bytes, with statistics of long texts more."""

DELTA_BYTE_ARRAY = 7
"""The encoding whose values repeat the begin of the one before, so that few bytes make many."""

_DEEPEST = 8
_TYPE, _UNPACKED, _PACKED, _DATA, _DICTIONARY, _DATA_2 = 1, 2, 3, 5, 7, 8
_VALUES, _ENCODING, _ENCODING_2 = 1, 2, 4
_DICTIONARY_PAGE = 2


class DamagedError(Exception):
    """What stands where a header should is none."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: where its content begins, its bytes there and unpacked, and the values in it.

    ``repeats`` says that its encoding is ``DELTA_BYTE_ARRAY``.
    """

    start: int
    packed: int
    unpacked: int
    values: int
    dictionary: bool
    repeats: bool


def pages_of(file: BinaryIO, start: int, length: int) -> Iterator[Page]:
    """The pages of a column's chunk, ``length`` bytes from ``start`` on; DamagedError if there are none."""
    at, end = start, start + length
    while at < end:
        header, size = _header(file, at, end)
        unpacked, packed = header.get(_UNPACKED), header.get(_PACKED)
        if not isinstance(unpacked, int) or not isinstance(packed, int) or unpacked < 0 or packed < 0:
            raise DamagedError
        begin = at + size
        at = begin + packed
        if at > end:
            raise DamagedError
        is_dictionary = header.get(_TYPE) == _DICTIONARY_PAGE
        said = header.get(_DICTIONARY if is_dictionary else _DATA) or header.get(_DATA_2) or {}
        encoding = said.get(_ENCODING_2 if _DATA_2 in header else _ENCODING)
        yield Page(begin, packed, unpacked, _whole(said.get(_VALUES, 0)), is_dictionary, encoding == DELTA_BYTE_ARRAY)


def longest_text(file: BinaryIO, page: Page, compression: str) -> int:
    """Bytes of the longest text of a dictionary's page; those of the page where they can't be told apart."""
    file.seek(page.start)
    content = file.read(page.packed)
    try:
        if compression != "UNCOMPRESSED":
            content = pa.Codec(compression.lower()).decompress(content, page.unpacked).to_pybytes()
    except (pa.ArrowException, OSError, ValueError):
        return page.unpacked
    longest, at = 0, 0
    for _ in range(page.values):
        length = int.from_bytes(content[at : at + 4], "little")
        longest, at = max(longest, length), at + 4 + length
        if at > len(content):
            return page.unpacked
    return longest


def _whole(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise DamagedError
    return value


def _header(file: BinaryIO, at: int, end: int) -> tuple[dict[int, Any], int]:
    """A header's fields by number, and its bytes."""
    length = _FIRST_BYTES
    while True:
        file.seek(at)
        piece = file.read(min(length, end - at))
        try:
            compact = _Compact(piece)
            return compact.struct(), compact.at
        except IndexError:
            if length >= min(_MOST_BYTES, end - at):
                raise DamagedError from None
            length *= 8


class _Compact:
    """Thrift's compact protocol over some bytes; IndexError if they end too early."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """The fields that are numbers, truths or structs themselves; the others are passed over."""
        if depth > _DEEPEST:
            raise DamagedError
        fields: dict[int, Any] = {}
        number = 0
        while (byte := self._byte()) != 0:
            step, kind = byte >> 4, byte & 15
            number = number + step if step else self._zigzag()
            fields[number] = self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        match kind:
            case 1 | 2:
                return kind == 1
            case 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._zigzag()
            case 7:
                self._skip(8)
            case 8:
                self._skip(self._varint())
            case 9 | 10:
                self._list(depth)
            case 12:
                return self.struct(depth + 1)
            case _:
                raise DamagedError
        return None

    def _list(self, depth: int) -> None:
        byte = self._byte()
        kind, count = byte & 15, byte >> 4
        for _ in range(self._varint() if count == 15 else count):  # noqa: PLR2004
            # A truth takes a byte of its own in a list.
            self._value(3 if kind in {1, 2} else kind, depth + 1)

    def _byte(self) -> int:
        byte = self.content[self.at]
        self.at += 1
        return byte

    def _varint(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:  # noqa: PLR2004
                return value
            shift += 7
            if shift > 63:  # noqa: PLR2004
                raise DamagedError

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self.content):
            raise IndexError
