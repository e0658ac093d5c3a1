"""Reporting words, and what counts of a text: denominators are made of C, the positions that count."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.types.inputs import Encoded


@dataclass(frozen=True, slots=True)
class ReportingWord:
    """A whitespace-delimited stretch of text A (``sequence`` 0) or B (1), with the positions of its pieces.

    ``span`` is in code points of its text; ``text`` is what stands there, edits included.
    """

    sequence: int
    span: tuple[int, int]
    text: str
    positions: tuple[int, ...]

    def is_scored(self, encoded: Encoded) -> bool:
        """Whether a position of C lies in it; a word that nobody scored has no score and counts in no mean."""
        return not encoded.outside[list(self.positions)].all()


@dataclass(frozen=True, slots=True)
class Region:
    """A run of reporting words of one text, ``first`` to ``last`` counted from 1, with its pieces and its place."""

    first: int
    last: int
    sequence: int
    span: tuple[int, int]
    text: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RegionScore:
    """A region's sums over its pieces in C, ``n_tokens`` of them; not a number where there are none.

    Seen and hidden, the hidden ones under the masking of the score that they belong to: surprisal in bits, and ln p.
    """

    region: Region
    n_tokens: int
    seen_surprisal_bits: float
    seen_logp_nats: float
    surprisal_bits: float
    logp_nats: float


def n_characters(encoded: Encoded, words: Sequence[ReportingWord]) -> int:
    """Code points of the text that live on in the pieces of C, and one for each gap between two scored words.

    White space in a piece is none of them, nor is what the tokenizer drops.
    """
    total = 0
    for number, text in enumerate((encoded.text_a, encoded.text_b)):
        if text is not None:
            own = (encoded.sequence == number) & ~encoded.outside
            lost = {
                at
                for each in encoded.changes
                if each.kind == "dropped" and each.sequence == number
                for at in range(*each.span)
            }
            read = {at for start, end in encoded.span[own].tolist() for at in range(start, end)} - lost
            scored = sum(word.sequence == number and word.is_scored(encoded) for word in words)
            total += sum(not text[at].isspace() for at in read) + max(scored - 1, 0)
    return total
