"""What visitors do, what they are shown, and whether that was right: the records of a load."""

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["same", "last digit", "wrong"]
"""Whether what was shown is what was expected: to the letter, but for the last digit of a number, or not."""

Kind = Literal["first page", "page", "text"]
"""The dashboard opened, another of its pages, another text."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says: its answer, then each of its numbers with its name and what stands below, as one reads them."""

    answer: str = ""
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A page and the texts that a visitor has put into fields, by their keys; the others hold the page's example."""

    page: str
    typed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a visitor did, on ``page``.

    ``begun`` is a time of ``time.monotonic``, ``finished`` how many seconds later the page was at rest: the end of the
    last run, with nothing left to be read. ``versions`` are the answers that stood there in between, each with the
    seconds from the beginning to the message that brought it; ``said`` is what stood there in the end. ``received`` is
    in bytes.
    """

    kind: Kind
    page: str
    asked: Asked
    begun: float
    finished: float = 0.0
    versions: tuple[tuple[float, str], ...] = ()
    said: Said = field(default_factory=Said)
    errors: tuple[str, ...] = ()
    received: float = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """An act and whether what it brought is right; None where it failed and brought nothing to be checked."""

    act: Act
    verdict: Verdict | None

    @property
    def answered(self) -> float | None:
        """Seconds until the answer stood there that stays; None without one."""
        return self.act.versions[-1][0] if self.act.versions else None
