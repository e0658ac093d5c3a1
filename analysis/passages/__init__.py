"""The bank of control passages: beginnings of documents that the bundled model was not trained on.

They come from the same books as its training text, which is what makes them fair controls for texts of that kind and
strange ones for others; NOTICE names the books.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from analysis.lines import one_a_line

_BANK = Path(__file__).parent / "bank.jsonl"


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive sentences of one document: its book's title, its name within the book, the sentences."""

    book: str
    document: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentences as one text."""
        return " ".join(self.sentences)

    @property
    def name(self) -> str:
        """Book and document."""
        return f"{self.book}, {self.document}"


@cache
def bank() -> tuple[Passage, ...]:
    """All passages, in the order of their file."""
    lines = [json.loads(line) for line in one_a_line(_BANK.read_text(encoding="utf-8"))]
    return tuple(Passage(line["book"], line["document"], tuple(line["sentences"])) for line in lines)
