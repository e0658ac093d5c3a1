"""What the tokenizer did to a text, and what a reader of the numbers should know of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

ChangeKind = Literal[
    "dropped", "accents stripped", "case folded", "replaced", "no piece", "run together", "too long", "typed"
]
"""What became of a stretch of a text; the last four are why it came out as [UNK]."""


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of a text that the model does not read as it was typed.

    ``sequence`` is 0 for text A, 1 for B, and the number of one of several texts.

    ``span`` is in code points of its text, ``stood`` what stands there; ``became`` is what the model reads instead,
    nothing where it was dropped.
    """

    sequence: int
    span: tuple[int, int]
    kind: ChangeKind
    stood: str
    became: str


@dataclass(frozen=True, slots=True)
class Notices:
    """Sentences that belong beside the numbers of an input, usually none, and everything that was changed in it.

    Iterating gives the sentences.
    """

    said: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    def __iter__(self) -> Iterator[str]:
        return iter(self.said)

    def __len__(self) -> int:
        return len(self.said)

    def also(self, *said: str) -> "Notices":
        """The same with more sentences."""
        return Notices((*self.said, *said), self.changes)

    @classmethod
    def of_all(cls, each: Iterable["Notices"], called: str) -> "Notices":
        """Those of several lone texts, numbered by ``sequence``; what is said of some of them names them from 1.

        ``called`` is what one of them is: ``Sentence``.
        """
        each = tuple(each)
        of: dict[str, list[int]] = {}
        for number, one in enumerate(each, start=1):
            for said in one.said:
                of.setdefault(said, []).append(number)
        named = (f"{called}{'s' * (len(of[said]) > 1)} {', '.join(map(str, of[said]))}: {said}" for said in of)
        return cls(
            tuple(named),
            tuple(replace(change, sequence=number) for number, one in enumerate(each) for change in one.changes),
        )
