"""What a process that runs for long takes of memory, and gives back.

Both are the work of libraries below Python: glibc's malloc keeps an arena for every few threads, of which each grows to
what its threads once needed at a time, and torch's libraries keep what they compile for every number of rows.
"""

import ctypes
import os
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_KERNELS = "16"
_ARENAS = 2
_M_ARENA_MAX = -8
"""Of mallopt, in glibc's malloc.h."""


def keep_few_kernels(environment: MutableMapping[str, str]) -> None:
    """Bound what torch's libraries compile for each number of rows and keep.

    Inputs differ, so it would grow by some hundred megabytes. Said before torch is imported; workers inherit it.
    """
    for name in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
        environment.setdefault(name, _KERNELS)


def keep_few_arenas() -> None:
    """Let all threads share a few arenas: what one visitor's thread has freed the next one's takes."""
    with suppress(OSError, AttributeError):
        _libc().mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give the system what is free; it takes some hundredths of a second, and who allocates waits meanwhile."""
    with suppress(OSError, AttributeError):
        _libc().malloc_trim(0)


def resident_bytes(process: int | str = "self") -> int:
    """What of a process is in memory; 0 where the system does not say."""
    with suppress(OSError):
        pages = Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _libc() -> Any:
    """The C library; AttributeError by what of it is not glibc's."""
    return ctypes.CDLL("libc.so.6")
