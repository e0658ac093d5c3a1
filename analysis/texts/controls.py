"""Controls for the next-sentence head: text that certainly does not follow, drawn from the bank of passages.

A margin alone says little: the head likes some first segments better than others. Beside each pair stands what the
same first segment gets with something else of the same length after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.choices import whole
from analysis.errors import InputError
from analysis.limits import MAX_CONTROLS
from analysis.models.bundle import ModelBundle
from analysis.passages import Passage, bank
from analysis.texts.encoding import encode, own_pieces
from analysis.texts.text import reporting_words
from analysis.types import Encoded, Ints

_LEAST_PIECES = 4
"""Of a control sentence: shorter ones are headings and cries."""


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

    InputError if the count is out of range, or fewer passages are that long.
    """
    count = check_count(count)
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


def draw_sentences(
    bundle: ModelBundle, count: int, seed: int, passages: Sequence[Passage] | None = None
) -> tuple[tuple[str, Ints], ...]:
    """Draw sentences of the bank (or of some passages), each of another passage, with their pieces.

    InputError if the count is out of range, or there are fewer passages.
    """
    count = check_count(count)
    random, among = np.random.default_rng(seed), bank() if passages is None else passages
    if count > len(among):
        raise InputError(f"For {count} controls there are {len(among)} passages: give a smaller number.")
    found: list[tuple[str, Ints]] = []
    for number in random.permutation(len(among))[:count]:
        sentences = among[number].sentences
        # A heading or a cry is no continuation of anything: the first sentence of a random order that is longer.
        pieces = (
            (sentences[at], own_pieces(encode(bundle, sentences[at], in_windows=True)))
            for at in random.permutation(len(sentences))
        )
        found.append(next(each for each in pieces if len(each[1]) >= _LEAST_PIECES))
    return tuple(found)


def check_seed(seed: int) -> int:
    """Return ``seed``, or raise InputError when it is none."""
    seed = whole("seed", seed)
    if seed < 0:
        raise InputError(f"The seed {seed} came: give 0 or a larger whole number.")
    return seed


def check_count(count: int) -> int:
    """Return the number of controls, or say what is allowed (InputError)."""
    count = whole("number of controls", count)
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
