"""Controls for the next-sentence head: text that certainly does not follow, drawn from a bank of passages.

A margin alone says little: the head likes some first segments better than others. Beside each pair stands what the
same first segment gets with something else of the same length after it. The bank that comes with Pretext is English:
beside a text in another script, or with a model that has no pieces for it, it would be no control but another alphabet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from analysis import hosting
from analysis.choices import several, whole
from analysis.errors import InputError
from analysis.limits import MAX_CONTROLS, MAX_PASSAGES
from analysis.models.bundle import ModelBundle
from analysis.passages import Passage, bank
from analysis.questions import Pairs, Percentile, Splits
from analysis.texts.encoding import encode, own_pieces
from analysis.texts.pieces import reads
from analysis.texts.scripts import LATIN, main_script
from analysis.texts.sentences import language_for, sentences, word_starts
from analysis.texts.text import check_text
from analysis.types import Ints

Drawn = TypeVar("Drawn")

_YOURS = "your passages"
_LOOKED_AT = 5
"""Passages of a bank that say whether a model has pieces for its language."""
_INSTEAD = (
    "give passages of your own, one a line (“Passages of your own” under Options on a page, --controls-from on the "
    "command line)."
)
_OTHER_SCRIPT = (
    "No controls were drawn, because the passages that come with Pretext are English and this text is in another "
    f"script: {_INSTEAD}"
)
_NO_PIECES = (
    "No controls were drawn, because this model has no pieces for most of the passages that come with Pretext, which "
    f"are English: {_INSTEAD}"
)
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


class ControlSentence(NamedTuple):
    """A sentence and its pieces int32 [n]."""

    text: str
    ids: Ints


def controls_for(
    bundle: ModelBundle,
    text: str,
    question: Splits | Pairs | Percentile,
    draw: Callable[[Sequence[Passage]], tuple[Drawn, ...]],
) -> tuple[tuple[Drawn, ...], tuple[str, ...]]:
    """The controls beside a text, as ``draw`` draws them from a bank, and a sentence on why there are none.

    They come from the question's own passages, or from the bank of Pretext where that is a control of this text with
    this model. InputError for a number of controls or for passages that can't be.
    """
    own = passages_of(question.controls_from, question.language)
    if not check_count(question.controls):
        return (), ()
    if not own and main_script(text) != LATIN:
        return (), (_OTHER_SCRIPT,)
    if not reads(bundle, *(each.text for each in (own or bank())[:_LOOKED_AT])):
        if own:
            raise InputError("This model has no pieces for most of your passages: give passages that it can read.")
        return (), (_NO_PIECES,)
    return draw(own or bank()), ()


def passages_of(given: Sequence[str], language: str) -> tuple[Passage, ...]:
    """Passages of one's own, cut into sentences by the rules of a language.

    InputError if there are too many, one can't be read, or the language is not known.
    """
    given, _ = several("passages", given), language_for(language, "")
    hosting.in_force().check_rows(len(given), "The list of passages")
    if len(given) > MAX_PASSAGES:
        raise InputError(f"The number of passages {len(given):,} came: give {MAX_PASSAGES:,} at most, one a line.")
    length = sum(map(len, given))
    most = hosting.in_force().text_characters
    if length > most:
        raise InputError(f"The passages have {length:,} characters together; at most {most:,} are read: give fewer.")
    return tuple(_passage(text, number, language) for number, text in enumerate(given, start=1))


def draw_controls(
    bundle: ModelBundle, count: int, pieces: int, seed: int, among: Sequence[Passage] | None = None
) -> tuple[Control, ...]:
    """Draw passages of the bank (or of some passages) that have at least so many pieces after either start.

    InputError if the count is out of range, or fewer passages are that long.
    """
    count, among = check_count(count), bank() if among is None else among
    found: list[Control] = []
    for number in np.random.default_rng(seed).permutation(len(among)) if count else ():
        passage = among[number]
        ids, begins = _pieces(bundle, passage.text, keep=among is bank())
        control = Control(passage, ids, _inside_first_sentence(begins, passage))
        if len(control.ids) - control.inside >= pieces:
            found.append(control)
        if len(found) == count:
            break
    if len(found) < count:
        what, do = ("the bank has", "") if among is bank() else (f"there are among {_YOURS}", "give longer ones, or ")
        raise InputError(
            f"For {count} controls of {pieces:,} tokens {what} {len(found)} passages that are long enough: {do}"
            f"{'ask for fewer controls' if do else 'give a smaller number'}, or shorten the text."
        )
    return tuple(found)


def draw_sentences(
    bundle: ModelBundle, count: int, seed: int, passages: Sequence[Passage] | None = None
) -> tuple[ControlSentence, ...]:
    """Draw sentences of the bank (or of some passages), each of another passage, with their pieces.

    InputError if the count is out of range, or fewer passages have a sentence that is long enough.
    """
    count = check_count(count)
    random, among = np.random.default_rng(seed), bank() if passages is None else passages
    found: list[ControlSentence] = []
    for number in random.permutation(len(among)) if count else ():
        sentences = among[number].sentences
        # A heading or a cry is no continuation of anything: the first sentence of a random order that is longer.
        drawn = (
            ControlSentence(sentences[at], _pieces(bundle, sentences[at], keep=among is bank())[0])
            for at in random.permutation(len(sentences))
        )
        found += [each for each in drawn if len(each.ids) >= _LEAST_PIECES][:1]
        if len(found) == count:
            break
    if len(found) < count:
        raise InputError(
            f"For {count} controls there are {len(found)} passages with a sentence of {_LEAST_PIECES} tokens or more: "
            "give a smaller number, or more passages."
        )
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


def _passage(text: str, number: int, language: str) -> Passage:
    """A passage of one's own."""
    check_text(text, f"Passage {number}")
    return Passage(_YOURS, f"line {number}", tuple(text[start:end] for start, end in sentences(text, language)))


def _pieces(bundle: ModelBundle, text: str, *, keep: bool) -> tuple[Ints, Ints]:
    """The ids of a text and the code points where they begin, int32 [n] each; a bank that never changes is kept."""
    found = bundle.pieces.get(text)
    if found is None:
        encoded = encode(bundle, text, in_windows=True)
        found = own_pieces(encoded), encoded.span[encoded.sequence == 0, 0]
        if keep:
            bundle.pieces[text] = found
    return found


def _inside_first_sentence(begins: Ints, passage: Passage) -> int:
    """Pieces before the word nearest the middle of the first sentence that has two words."""
    start = 0
    for sentence in passage.sentences:
        words = word_starts(sentence)
        if len(words) > 1:
            at = start + words[len(words) // 2]
            return int((begins < at).sum())
        start += len(sentence) + 1
    return 0
