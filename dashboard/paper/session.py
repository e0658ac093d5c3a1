"""Session files: a view with its results, which can be opened again and checked against a new computation.

The layout is described in ``docs/session-file.md``.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from analysis.errors import InputError
from analysis.types import Provenance
from dashboard.view import ViewState

MOST_BYTES = 10_000_000
"""Of a session file: some times what the longest text's results take, and what the server lets in."""

TOLERANCE = 1e-4
"""How far a number may lie from the saved one, absolutely or in proportion: another machine sums in another order."""

_VERSION = 2
_LONGEST = 1_000
"""Characters of a model's name or of a version."""
_SAID, _SHORT = 3, 40
"""Differences that are told (the others are counted), and characters of a value in a sentence."""
_NUMBERS = (int, float)
_LEFT_OUT = frozenset({"provenance", "model"})
"""Parts of a result that say where it comes from: told apart from the numbers."""
_NOT_ONE = "This file is no session of Pretext: choose one that was saved with 'Session file'."


@dataclass(frozen=True, slots=True)
class Session:
    """What a file holds.

    ``made_by`` names the model (of a comparison both) by spec and revision, its arithmetic and the libraries'
    versions; ``results`` are by name.
    """

    view: ViewState
    saved: str
    made_by: dict[str, str]
    results: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How new results compare with saved ones: how many ``numbers`` both have, and their ``largest`` difference.

    ``differences`` are what differs by more than the tolerance, or is another word, or is missing: where, saved, now;
    ``missing`` the names of saved results that are not there now.
    """

    numbers: int
    largest: float
    differences: tuple[tuple[str, str, str], ...]
    missing: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether everything that was saved has been compared and nothing differs by more than the tolerance."""
        return self.numbers > 0 and not self.differences and not self.missing

    def sentence(self) -> str:
        """The outcome in one sentence."""
        left = f" Not compared, because not here (yet): {', '.join(self.missing)}." if self.missing else ""
        if not self.numbers and not self.differences:
            return f"There is nothing to compare with.{left}"
        if not self.differences:
            return (
                f"Computed again, all {self.numbers:,} numbers agree with the saved ones within {TOLERANCE:g} (largest "
                f"difference {self.largest:.1g}).{left}"
            )
        shown = "; ".join(f"{where}: {saved} then, {now} now" for where, saved, now in self.differences[:_SAID])
        count = len(self.differences)
        more = f"; and {count - _SAID:,} more" if count > _SAID else ""
        return f"Computed again, {count:,} values differ from the saved ones: {shown}{more}.{left}"


def made_by(record: Provenance) -> dict[str, str]:
    """Model, revision, arithmetic and versions as one flat record, to be saved and to be compared."""
    return {"model": record.spec, "revision": record.revision, "dtype": record.dtype, **dict(record.versions)}


def dump(view: ViewState, record: Provenance, results: dict[str, Any], saved: str) -> str:
    """A session as the text of a file; ``results`` are JSON-ready, by name, ``saved`` is the moment in ISO 8601."""
    session = {
        "pretext_session": _VERSION,
        "saved": saved,
        "made_by": made_by(record),
        "view": {**asdict(view), "options": dict(view.options)},
        "results": results,
    }
    # Half a character, which a text may hold although it can't be read, has no UTF-8: written as \\ud800 it survives.
    return json.dumps(session, ensure_ascii=True, indent=1, allow_nan=False)


def load(content: bytes) -> Session:
    """Read a session file (InputError if it is too large, none, damaged, or of another version)."""
    if len(content) > MOST_BYTES:
        raise InputError(
            f"This file has {len(content) / 1e6:,.0f} MB and a session at most {MOST_BYTES / 1e6:,.0f}: choose another."
        )
    try:
        fields = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise InputError(_NOT_ONE) from None
    version = fields.get("pretext_session") if isinstance(fields, dict) else None
    if type(version) is not int:
        raise InputError(_NOT_ONE)
    if version != _VERSION:
        do = "update Pretext" if version > _VERSION else "save it anew"
        raise InputError(f"This session file is of version {version}; this Pretext reads {_VERSION}: {do}.")
    view, made, results = (fields.get(name) for name in ("view", "made_by", "results"))
    if not all(isinstance(each, dict) for each in (view, made, results)):
        raise InputError(_NOT_ONE)
    return Session(
        view=ViewState.from_json(json.dumps(view)),
        saved=_short(fields.get("saved", "")),
        made_by={str(name)[:_LONGEST]: str(value)[:_LONGEST] for name, value in made.items()},
        results=results,
    )


def agreement(saved: dict[str, Any], now: dict[str, Any]) -> Agreement:
    """Compare saved results with new ones, name by name."""
    numbers, largest = 0, 0.0
    differences: list[tuple[str, str, str]] = []
    for name in [each for each in saved if each in now]:
        for where, old, new in _leaves(saved[name], now[name], name):
            both = type(old) in _NUMBERS and type(new) in _NUMBERS
            numbers += both
            if both and _close(old, new):
                largest = max(largest, abs(old - new))
            elif old != new:
                differences.append((where, _short(old), _short(new)))
    missing = tuple(name for name in saved if name not in now)
    return Agreement(numbers, largest, tuple(differences), missing)


def _close(old: float, new: float) -> bool:
    try:
        return math.isclose(old, new, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    except OverflowError:  # JSON's whole numbers have no end
        return False


def _leaves(old: Any, new: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            if key not in _LEFT_OUT:
                yield from _leaves(old.get(key), new.get(key), f"{where}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _leaves(a, b, f"{where}[{number}]")
    else:
        yield where, old, new


def _short(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return f"{len(value)} entries"
    if value is None:
        return "nothing"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
