"""What a tokenizer made of a text before the model read it: what it dropped, stripped, folded, or had no piece for."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from analysis.texts.text import with_letters_apart
from analysis.types import STARTS_WORD, Bools, Change, ChangeKind, Ints

Becomes = Mapping[str, str]
"""What a tokenizer's normalisation makes of each character of a text, by itself."""


@dataclass(frozen=True, slots=True)
class Takes:
    """What a tokenizer can take apart.

    ``unk`` is what it makes of the rest, ``longest`` the longest word that it takes apart, if it has a limit, and
    ``letters`` are those that it can't part where they stand together.
    """

    unk: str
    longest: int | None
    letters: frozenset[str]


def changes_of(
    text: str,
    sequence: int,
    becomes: Becomes,
    spans: Ints,
    special: Bools,
    unknown: Mapping[int, bool],
    takes: Takes,
) -> tuple[Change, ...]:
    """What of a text the model does not read as it was typed, in the order of the text; white space is left aside.

    ``spans`` [N, 2] and ``special`` [N] are of its pieces; those in ``unknown`` came out as [UNK], True where an edit
    put it there.
    """
    unk, longest = takes.unk, takes.longest
    typed = _covered(spans[special]) if special.any() else set()
    typed |= _covered(spans[[number for number in unknown if text[slice(*spans[number])] == unk]]) if unknown else set()
    kind_of = {char: kind for char, became in becomes.items() if (kind := _kind(char, became)) is not None}
    kinds = {at: kind_of[char] for at, char in enumerate(text) if char in kind_of}
    if typed or not _all_of(text, spans):
        lost = set(range(len(text))) - _covered(spans)
        kinds |= {at: "dropped" for at in lost if not text[at].isspace()}
        kinds = {at: kind for at, kind in kinds.items() if at not in typed}
    found = []
    # Neighbours of one kind are one change: where they stand less how many stand before them is the same.
    for (_, kind), run in groupby(enumerate(sorted(kinds)), lambda each: (each[1] - each[0], kinds[each[1]])):
        own = [at for _, at in run]
        stood = text[own[0] : own[-1] + 1]
        became = "" if kind == "dropped" else "".join(_bare(becomes[char]) for char in stood)
        found.append(Change(sequence, (own[0], own[-1] + 1), kind, stood, became))
    for number, edited in unknown.items():
        start, end = spans[number].tolist()
        stood, kind = text[start:end], "no piece"
        if edited or stood == unk:
            kind = "typed"
        elif with_letters_apart(stood, takes.letters) != stood:
            kind = "run together"
        elif longest is not None and sum(len(_bare(becomes[char])) for char in stood) > longest:
            kind = "too long"
        found.append(Change(sequence, (start, end), kind, stood, unk))
    return tuple(sorted(found, key=lambda change: change.span))


def named(char: str) -> str:
    """A character that may be invisible, by its number and name."""
    return f"U+{ord(char):04X} {unicodedata.name(char, 'without a name').lower()}"


@lru_cache(4096)
def _kind(char: str, became: str) -> ChangeKind | None:
    became = _bare(became)
    if char.isspace() or became == char:
        return None
    if not became:
        return "dropped"
    if became == char.lower():
        return "case folded"
    stripped = "".join(each for each in unicodedata.normalize("NFD", char) if unicodedata.category(each) != "Mn")
    return "accents stripped" if became.lower() == stripped.lower() else "replaced"


def _bare(became: str) -> str:
    """Without the white space, and the marks of it, that some tokenizers put around a character."""
    return became.strip().strip(STARTS_WORD)


def _all_of(text: str, spans: Ints) -> bool:
    """Whether pieces hold each character but white space once: what most texts come to, soon seen."""
    return "".join([text[start:end] for start, end in spans.tolist()]) == "".join(text.split())


def _covered(spans: Ints) -> set[int]:
    return {at for start, end in spans.tolist() for at in range(start, end)}
