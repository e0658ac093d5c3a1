"""What a command line gives: texts from wherever they come, edits, models."""

import sys
from pathlib import Path
from typing import Any

from analysis.errors import InputError, quoted
from analysis.limits import MAX_PASTED_BYTES, PASTED_TOO_MUCH
from analysis.texts.text import MOST_BYTES, decoded

_MOST_DIGITS = 9
"""More than any position or id has."""
_line_ends: list[str] = []
"""What the line of stderr that says how far something is still lacks: a line break, or nothing."""


def check_stdin(given: list[str]) -> None:
    """InputError if more than one text is to come from stdin."""
    if given.count("-") > 1:
        raise InputError("Only one of the two texts can come from stdin: give the other as text or as @file.")


def read_text(given: str) -> str:
    """A text as typed, from stdin (-) or from a file (@name)."""
    if given == "-":
        return decoded(_stdin(MOST_BYTES), "Stdin")
    return read_file(given[1:], "The file named after @") if given.startswith("@") and len(given) > 1 else given


def read_file(name: str, called: str = "The file") -> str:
    """The text of a file; ``called`` is what the error calls one that can't be read."""
    return decoded(_file(name, MOST_BYTES, called))


def read_table(name: str) -> str:
    """The text of a file, or of stdin (-), that may be as long as a table."""
    most = MAX_PASTED_BYTES + 1
    return decoded(_stdin(most) if name == "-" else _file(name, most), most=most, too_much=PASTED_TOO_MUCH)


def _stdin(most: int) -> bytes:
    if sys.stdin is None:
        raise InputError("Stdin is closed, so that no text comes from it: give the text itself, or a file.")
    return sys.stdin.buffer.read(most)


def _file(name: str, most: int, called: str = "The file") -> bytes:
    try:
        with Path(name).open("rb") as stream:
            return stream.read(most)
    except (OSError, ValueError):
        raise InputError(f"{called} can't be read: check its name and its permissions.") from None


def edits_of(bundle: Any, given: list[str]) -> list[tuple[int, int]]:
    """What --edit gave, ``9=election`` or ``9=2602``, as (9, 2602)."""
    from analysis.texts import pieces

    edits = []
    for each in given:
        position, _, token = each.partition("=")
        if not _is_number(position) or not token:
            raise InputError(f"The edit '{quoted(each)}' came: write the position and a token, as in 9=election.")
        edits.append((int(position), int(token) if _is_number(token) else pieces.id_of(bundle, token)))
    return edits


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _MOST_DIGITS


def load_model(spec: str | None, dtype: str | None, device: str | None = None) -> Any:
    """The model that --model, --dtype and --device name, loaded; a download shows how far it is."""
    from analysis.models import devices, forward, store

    store.quiet_transformers()
    forward.set_threads()
    wanted = None if dtype is None else store.check_dtype(dtype)
    where = None if device is None else devices.check_device(device)
    return store.load_bundle(spec, _show_download if sys.stderr.isatty() else None, dtype=wanted, device=where)


def _show_download(done: int, total: int) -> None:
    _show(f"downloading: {done / 1e6:.0f} of {total / 1e6:.0f} MB", last=done >= total)


def show_parts(done: int, total: int) -> None:
    """Tell a person at a terminal how far a reading is."""
    if total > 1:
        _show(f"reading: {done:,} of {total:,} parts", last=done == total)


def _show(said: str, *, last: bool) -> None:
    sys.stderr.write(f"\r{said}" + ("\n" if last else ""))
    sys.stderr.flush()
    _line_ends[:] = [] if last else ["\n"]


def end_line() -> None:
    """End a line of progress that was broken off, so that what follows has its own."""
    sys.stderr.write("".join(_line_ends))
    _line_ends.clear()
