"""From a path or bytes to an open file, plain or unpacked, and how its faults are told."""

import gzip
import io
import os
import stat
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from analysis.errors import InputError
from analysis.limits import ALWAYS_UNPACKED_BYTES, MAX_UNPACKED_RATIO

GZIP = b"\x1f\x8b"
_OTHERS = {
    b"PK\x03\x04": "a zip archive or a workbook: save the sheet as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "a workbook: save the sheet as CSV",
    b"BZh": "packed as bzip2: unpack it, or pack it as gzip",
    b"\xfd7zXZ\0": "packed as xz: unpack it, or pack it as gzip",
    b"\x28\xb5\x2f\xfd": "packed as zstd: unpack it, or pack it as gzip",
    b"%PDF": "a PDF: copy its text into a text file",
    b"PARE": "an encrypted Parquet file: write it without encryption",
    b"ARROW1": "an Arrow file: write it as Parquet",
    b"Obj\x01": "an Avro file: write it as Parquet",
    b"SQLite format 3": "a database: export the table as CSV",
}


@contextmanager
def opened(content: Path | bytes) -> Generator[BinaryIO]:
    """The file, open; InputError if there is none, it can't be read, or it is no regular file."""
    if isinstance(content, bytes):
        yield io.BytesIO(content)
        return
    try:
        # A FIFO that nobody writes to would not even open: it is to be refused, not waited for.
        handle = os.open(content, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise InputError("There is no file of that name: check how it is written.") from None
    except IsADirectoryError:
        raise InputError(_FOLDER) from None
    except PermissionError:
        raise InputError("The file may not be read: check its rights.") from None
    except (OSError, ValueError):
        raise InputError("The file can't be opened: check its name.") from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise InputError(_FOLDER if stat.S_ISDIR(mode) else _NO_FILE)
    with os.fdopen(handle, "rb") as file:
        yield file


_FOLDER = "What came is a folder: name one of the files in it."
_NO_FILE = "What came is a device or a pipe, no file: save it to a file first."


def size_of(file: BinaryIO) -> int:
    """Bytes of an open file, as it lies there."""
    at = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(at)
    return size


def unpacked(file: BinaryIO) -> BinaryIO:
    """The file from its begin, unpacked if it is gzip; InputError if it is packed in another way, or twice."""
    stream, packed = _stream(file), False
    head = _head(stream)
    if head.startswith(GZIP):
        packed, stream = True, _unzipped(file)
        head = _head(stream)
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise InputError(f"The file is {what}.")
    if packed and head.startswith(GZIP):
        raise InputError("The file is packed twice: unpack it once.")
    return _unzipped(file) if packed else _stream(file)


def _stream(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def _head(stream: BinaryIO) -> bytes:
    with told():
        return stream.read(16)


def _unzipped(file: BinaryIO) -> BinaryIO:
    size = size_of(file)
    file.seek(0)
    return io.BufferedReader(_Bounded(gzip.GzipFile(fileobj=file, mode="rb"), most_unpacked(size)), 2**16)


class _Bounded(io.RawIOBase):
    """Another stream, up to a number of bytes."""

    def __init__(self, stream: gzip.GzipFile, most: int) -> None:
        self._stream, self._left = stream, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # ty: ignore[incompatible-method-override]
        piece = self._stream.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise too_much()
        buffer[: len(piece)] = piece
        return len(piece)


def most_unpacked(size: int) -> int:
    """Bytes that a packed file of that size may unpack to."""
    return max(ALWAYS_UNPACKED_BYTES, MAX_UNPACKED_RATIO * size)


def too_much() -> InputError:
    """Of a packed file that is made to fill a memory, or looks like one."""
    return InputError(
        f"The file unpacks to more than {MAX_UNPACKED_RATIO} times its size, as no file of texts does: unpack it "
        "yourself if you trust it, and give what comes out."
    )


@contextmanager
def told() -> Generator[None]:
    """Faults of the disk and of unpacking, each as one sentence."""
    try:
        yield
    except EOFError:
        raise InputError("The packed file was cut off before its end: fetch or pack it again.") from None
    except (gzip.BadGzipFile, zlib.error):
        raise InputError("The packed file is damaged: fetch or pack it again.") from None
    except OSError:
        raise InputError("The file could not be read to its end: check that it is still there.") from None
