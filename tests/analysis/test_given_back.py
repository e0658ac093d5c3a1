"""What a process that runs for long takes of memory: each in a process of its own, as it can't be taken back."""

import platform
import subprocess
import sys

import pytest

from analysis import memory

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc has arenas")

ARENAS = """
import ctypes, sys, threading
from analysis import memory
if sys.argv[1] == "few":
    memory.keep_few_arenas()
libc, all_there = ctypes.CDLL("libc.so.6"), threading.Barrier(13)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
def visit():
    libc.malloc(60_000)
    all_there.wait()
    all_there.wait()
for _ in range(12):
    threading.Thread(target=visit, daemon=True).start()
all_there.wait()
libc.stdout = ctypes.c_void_p.in_dll(libc, "stdout")
libc.malloc_info(0, libc.stdout)
libc.fflush(libc.stdout)
"""
GIVES = """
from analysis import memory
taken = [b"x" * 60_000 for _ in range(4_000)]
last = b"x" * 60_000
full = memory.resident_bytes()
del taken
freed = memory.resident_bytes()
memory.give_back()
print(full, freed, memory.resident_bytes())
"""


def said(program: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    ).stdout


def test_what_is_compiled_for_each_shape_is_bounded_unless_somebody_says_otherwise() -> None:
    """Unbounded, 15,000 texts took a quarter more memory than 1,500."""
    environment = {"LRU_CACHE_CAPACITY": "9"}
    memory.keep_few_kernels(environment)
    assert environment == {"LRU_CACHE_CAPACITY": "9", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "16"}


@glibc
def test_threads_share_a_few_arenas() -> None:
    assert said(ARENAS, "few").count("<heap nr=") == 2
    assert said(ARENAS, "as they come").count("<heap nr=") > 2, "else there is nothing to be kept few"


@glibc
def test_what_is_free_is_given_back() -> None:
    full, freed, given = map(int, said(GIVES).split())
    assert full > 240_000_000
    assert freed > 200_000_000, "else nothing is left to be given back"
    assert given < 50_000_000


def test_a_system_without_glibc_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> None:
        raise OSError

    monkeypatch.setattr(memory.ctypes, "CDLL", missing)
    memory.keep_few_arenas()
    memory.give_back()
