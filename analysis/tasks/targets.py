"""The one number that an influence is asked of, and the words that it may rest on."""

from dataclasses import dataclass

import numpy as np

from analysis.choices import AS_GIVEN
from analysis.errors import InputError, quoted
from analysis.models.bundle import ModelBundle
from analysis.models.inside import Target
from analysis.questions import Text
from analysis.tasks.hidden import plan_hidden
from analysis.tasks.segmentations import segmented
from analysis.texts.encoding import one_input
from analysis.texts.targets import first_mask, last_word, named
from analysis.texts.words import bare, words_of
from analysis.types import Encoded, ReportingWord, Tensors


@dataclass(frozen=True, slots=True)
class Posed:
    """A target of one input, ready to be read.

    ``position`` is None for the next-sentence margin; ``id`` is None for it, and where the head's first guess is asked
    for. ``hidden`` are the positions of the target's word, which are [MASK] in ``tensors``; ``words`` are those that
    the answer may rest on, each with the pieces that are not.
    """

    encoded: Encoded
    position: int | None
    id: int | None
    hidden: tuple[int, ...]
    tensors: Tensors
    words: tuple[ReportingWord, ...]

    @property
    def guessed(self) -> bool:
        """Whether the token is the head's first guess."""
        return self.position is not None and self.id is None

    def read_as(self, id_: int | None) -> Target:
        """The target as gradients take it."""
        return Target(0 if self.position is None else self.position, id_)


def asked_of(bundle: ModelBundle, text: Text, target: str, segmentation: str) -> Posed:
    """Find the target of a text, hide it and list the other words.

    InputError if the text can't be read, has no such position or no other word, the token is none or several of this
    model's, or the model lacks the head.
    """
    encoded = one_input(bundle, text)
    position, id_ = named(bundle, encoded, target, _place(encoded))
    if position is None:
        if segmentation != AS_GIVEN and encoded.text_b is None:
            raise InputError(
                f"The segmentation '{quoted(segmentation)}' came and one text: add a second segment, or leave it out."
            )
        if encoded.text_b is not None:
            encoded = segmented(bundle, encoded, segmentation)
        return Posed(encoded, None, None, (), encoded, _any(other_words(encoded, ())))
    if segmentation != AS_GIVEN:
        raise InputError(
            f"The segmentation '{quoted(segmentation)}' came with a position: leave it out, or choose the target nsp."
        )
    plan = plan_hidden(bundle, encoded, ("word",), [position])
    (_, hidden), tensors = plan.inputs[0], plan.tensors(0, bundle.mask_id)
    return Posed(encoded, position, id_, hidden, tensors, _any(other_words(encoded, (*hidden, position))))


def other_words(encoded: Encoded, hidden: tuple[int, ...]) -> tuple[ReportingWord, ...]:
    """The reporting words with those of their pieces that count and are not hidden; those without such are left out."""
    edited, found = dict[int, int](encoded.edits), []
    for word in words_of(encoded):
        free = tuple(at for at in word.positions if not encoded.outside[at] and at not in hidden)
        if free == word.positions:
            found.append(word)
        elif free:
            text = (encoded.text_a, encoded.text_b or "")[word.sequence]
            shown = "".join(bare(encoded.tokens[at]) if at in edited else text[slice(*encoded.span[at])] for at in free)
            span = (int(encoded.span[free[0], 0]), int(encoded.span[free[-1], 1]))
            found.append(ReportingWord(word.sequence, span, shown, free))
    return tuple(found)


def _any(words: tuple[ReportingWord, ...]) -> tuple[ReportingWord, ...]:
    if not words:
        raise InputError("This text has no other word that the answer could rest on: add at least one.")
    return words


def _place(encoded: Encoded) -> int | None:
    """The first [MASK], else the first piece of the last word; None where there is neither."""
    mask = first_mask(encoded)
    last = last_word(encoded, np.flatnonzero(~encoded.outside).tolist()) if mask is None else mask
    if mask is not None or last is None:
        return last
    own = (encoded.word == encoded.word[last]) & (encoded.sequence == encoded.sequence[last]) & ~encoded.outside
    return int(own.argmax())
