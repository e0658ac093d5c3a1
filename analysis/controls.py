"""Controls for the next-sentence head: text that certainly does not follow, drawn from the bank of passages.

A margin alone says little: the head likes some first segments better than others. Beside each pair stands what the
same first segment gets with something else of the same length after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.encoding import encode, own_pieces
from analysis.errors import InputError
from analysis.limits import MAX_CONTROLS
from analysis.loading import ModelBundle
from analysis.passages import Passage, bank
from analysis.text import reporting_words
from analysis.types import Encoded, Ints

_LEAST_PIECES = 4
"""A shorter sentence is a heading or a cry, and no continuation of anything."""


@dataclass(frozen=True, slots=True)
class Control:
    """A passage's pieces int32 [n], and how many of them stand before a place inside its first sentence."""

    passage: Passage
    ids: Ints
    inside: int

    def beginning(self, pieces: int, *, in_sentence: bool) -> Ints:
        """So many pieces from the start of a sentence, or from inside one."""
        start = self.inside if in_sentence else 0
        return self.ids[start : start + pieces]


def draw_controls(bundle: ModelBundle, count: int, pieces: int, seed: int) -> tuple[Control, ...]:
    """Draw passages of the bank that have at least so many pieces after either start.

    Raises
    ------
    InputError
        If the count is out of range, or fewer passages are that long.
    """
    check_count(count)
    found: list[Control] = []
    for number in np.random.default_rng(seed).permutation(len(bank())) if count else ():
        passage = bank()[number]
        encoded = encode(bundle, passage.text, in_windows=True)
        control = Control(passage, own_pieces(encoded), _inside_first_sentence(encoded, passage))
        if len(control.ids) - control.inside >= pieces:
            found.append(control)
        if len(found) == count:
            break
    if len(found) < count:
        raise InputError(
            f"For {count} controls of {pieces:,} tokens the bank has {len(found)} passages that are long enough: give "
            "a smaller number, or shorten the text."
        )
    return tuple(found)


def draw_sentences(bundle: ModelBundle, count: int, seed: int) -> tuple[tuple[str, Ints], ...]:
    """Draw sentences of the bank, each with its pieces; no two from the same passage unless there are too few.

    Raises
    ------
    InputError
        If the count is out of range.
    """
    check_count(count)
    random = np.random.default_rng(seed)
    found: list[tuple[str, Ints]] = []
    for number in random.permutation(len(bank())) if count else ():
        for at in random.permutation(len(bank()[number].sentences)):
            sentence = bank()[number].sentences[at]
            ids = own_pieces(encode(bundle, sentence, in_windows=True))
            if len(ids) >= _LEAST_PIECES:
                found.append((sentence, ids))
                break
        if len(found) == count:
            break
    return tuple(found)


def check_count(count: int) -> int:
    """Return the number of controls, or say what is allowed (InputError)."""
    if not 0 <= count <= MAX_CONTROLS:
        raise InputError(f"The number of controls {count:,} came: choose 0 to {MAX_CONTROLS}.")
    return count


def _inside_first_sentence(encoded: Encoded, passage: Passage) -> int:
    """Pieces before the word nearest the middle of the first sentence that has two words."""
    start = 0
    for sentence in passage.sentences:
        words: Sequence[tuple[int, int]] = reporting_words(sentence)
        if len(words) > 1:
            at = start + words[len(words) // 2][0]
            return int((encoded.span[encoded.sequence == 0, 0] < at).sum())
        start += len(sentence) + 1
    return 0
