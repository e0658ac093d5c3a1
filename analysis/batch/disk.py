"""Files that are whole or not there, and what a disk refuses in one sentence."""

import errno
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from analysis.errors import InputError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_PARTIAL = ".partial"
"""At the end of a file's name until it is whole."""


@contextmanager
def on_disk(what: str) -> Generator[None]:
    """Whatever the disk refuses becomes an InputError about ``what``."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise InputError(
                f"{what} can't be written, the disk is full: free some space, then go on with --resume."
            ) from None
        raise InputError(
            f"{what} can't be written: check that its folder is there and that you may write into it."
        ) from None


def write_whole(path: Path, what: str, write: Callable[[BinaryIO], object]) -> None:
    """Write a file that appears under its name when all of it is on the disk; InputError if it can't be.

    ``write`` is given the open file. Nothing is left of a file that could not be finished.
    """
    partial = path.with_name(f"{path.name}{_PARTIAL}")
    with on_disk(what):
        try:
            with partial.open("wb") as stream:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
        finally:
            # Nothing is there under this name once it has its own.
            partial.unlink(missing_ok=True)
        _sync(path.parent)


def _sync(folder: Path) -> None:
    """Without this a name may be gone after the machine itself went down."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
