"""Inputs of a model and where numbers come from."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import accumulate, pairwise
from typing import Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

from analysis.choices import Edit
from analysis.errors import InputError
from analysis.types.notices import Change

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Array = TypeVar("Array", bound=npt.NDArray[np.generic])
_BESIDE = " | "
PieceKind = Literal["words", "bytes", "sentencepiece"]
"""How a vocabulary writes its pieces: as they are read (WordPiece), byte by byte, or with a mark for a space."""
TEMPLATE = -1
"""``Encoded.sequence`` and ``Encoded.word`` of a special token that the tokenizer's template added."""
CONTINUES_WORD = "##"
"""How WordPiece vocabularies mark a piece that continues a word."""
STARTS_WORD = "Ġ▁"
"""How byte-level and SentencePiece vocabularies write the space in front of a word."""


@dataclass(frozen=True, slots=True)
class Record:
    """Base of the records that hold arrays: whoever made them, they are read-only now."""

    def __post_init__(self) -> None:
        for name in _names(type(self)):
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Rows(Record):
    """Base of the records of nothing but arrays with one row each for the same things."""

    def take(self, rows: Ints) -> Self:
        """The same numbers of some rows, in their order."""
        return type(self)(*[getattr(self, name)[rows] for name in _names(type(self))])

    def cut(self, counts: Sequence[int]) -> list[Self]:
        """The first so many rows, the next so many, and so on: the same memory, so none of it goes before the last."""
        every = [getattr(self, name) for name in _names(type(self))]
        edges = accumulate(counts, initial=0)
        return [type(self)(*[each[start:stop] for each in every]) for start, stop in pairwise(edges)]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The rows of several, one after the other."""
        return cls(*[np.concatenate([getattr(part, name) for part in parts]) for name in _names(cls)])


@dataclass(frozen=True, slots=True)
class Head:
    """Whether a pre-training head's weights came from the checkpoint.

    ``why_absent`` is None exactly when the head is real; else it is one plain sentence.
    """

    why_absent: str | None = None

    @property
    def real(self) -> bool:
        """True when every weight of the head came from the checkpoint."""
        return self.why_absent is None

    def require(self) -> None:
        """Raise InputError when its weights are not the checkpoint's."""
        if self.why_absent is not None:
            raise InputError(f"{self.why_absent.removesuffix('.')}: choose a model that has it, such as 'bundled'.")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a number comes from; every result and every JSON answer carries one.

    ``heads`` says of ``mlm`` and ``nsp`` whether the checkpoint brought its weights.
    """

    spec: str
    revision: str
    heads: tuple[tuple[str, bool], ...]
    architecture: str
    dtype: str
    schema: int
    versions: tuple[tuple[str, str], ...]
    truncation: str

    @property
    def label(self) -> str:
        """Short name for the corner of a figure: the model and the start of its revision, or both models."""
        named = zip(self.spec.split(_BESIDE), self.short_revision.split(_BESIDE), strict=False)
        return _BESIDE.join(f"{spec} @ {revision}" for spec, revision in named)

    @property
    def short_revision(self) -> str:
        """The first ten characters of the revision's digest, or of both."""
        return _BESIDE.join(each.removeprefix("sha256:")[:10] for each in self.revision.split(_BESIDE))

    def beside(self, other: "Provenance") -> "Provenance":
        """The record of numbers that two models made: both names and revisions with a bar between."""
        if (self.spec, self.revision, self.dtype) == (other.spec, other.revision, other.dtype):
            return self
        fields = ("spec", "revision", "architecture", "dtype")
        return replace(self, **{name: f"{getattr(self, name)}{_BESIDE}{getattr(other, name)}" for name in fields})


@dataclass(frozen=True, slots=True)
class Tensors(Record):
    """What the model reads of one input: int32 [T] each."""

    ids: Ints
    segment_ids: Ints
    attention_mask: Ints

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Encoded(Tensors):
    """One input of the model, with what is needed to draw it and to lead every token back to its text.

    Attributes
    ----------
    text_a, text_b
        The texts as given; ``text_b`` is None for a single segment.
    edits
        What was put in place of the text's own ids, sorted by position.
    tokens
        T strings.
    sequence
        int32 [T]: 0 for a piece of text A, 1 for one of text B, -1 for a token of the template.
    word
        int32 [T]: masking word (the tokenizer's ``word_ids``) within its sequence, -1 for a token of the template.
    span
        int32 [T, 2]: first and last + 1 code point in the sequence's text; 0, 0 for a token of the template.
    outside
        bool [T]: True outside C, the positions that count: a token of the template, whatever the tokenizer calls it, or
        one whose id is [CLS], [SEP], [PAD] or [MASK], or marks begin and end.
    masked
        bool [T]: True where the id is the model's mask token.
    unknown
        bool [T]: True where the tokenizer knew no piece ([UNK]).
    changes
        What the tokenizer changed in the texts, and why a piece is [UNK].
    writes
        How the vocabulary writes its pieces.
    pieces
        T strings of the vocabulary where ``tokens`` are read back for the screen; else none.
    """

    text_a: str
    text_b: str | None
    edits: tuple[Edit, ...]
    tokens: tuple[str, ...]
    sequence: Ints
    word: Ints
    span: Ints
    outside: Bools
    masked: Bools
    unknown: Bools
    changes: tuple[Change, ...] = ()
    writes: PieceKind = "words"
    pieces: tuple[str, ...] = ()

    @property
    def stands_with(self) -> Ints:
        """int32 [T]: the text (0 or 1) of each position; a token of the template goes with the piece before it."""
        text = self.sequence.copy()
        text[0] = text[text != TEMPLATE][0]
        for i in np.flatnonzero(text == TEMPLATE):
            text[i] = text[i - 1]
        return frozen(text)

    @property
    def offsets(self) -> dict[str, list[int | None]]:
        """``from`` and ``to`` of every position: first and last + 1 code point; None for a token of the template."""
        ends = zip(("from", "to"), self.span.T.tolist(), strict=True)
        own = (self.sequence != TEMPLATE).tolist()
        return {name: [at if there else None for at, there in zip(each, own, strict=True)] for name, each in ends}

    @property
    def n_counted(self) -> int:
        """N = |C|: how many positions count in averages and scores."""
        return int((~self.outside).sum())


@dataclass(frozen=True, slots=True)
class Window(Record):
    """A stretch of a text too long for one input, read on its own.

    ``positions`` are int32 [T]: the position of the whole text at each position of this input. ``first`` and ``last``
    bound the positions (last excluded) that are reported from this window, because none sees them with more context.
    """

    tensors: Tensors
    positions: Ints
    first: int
    last: int


@cache
def _names(record: type[Record]) -> tuple[str, ...]:
    """The fields of a record; asking for them takes longer than what is done with them."""
    return tuple(each.name for each in fields(record))


def frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array
