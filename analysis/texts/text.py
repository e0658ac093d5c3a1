"""Texts before they are tokens: what is accepted, the stretches between white space, a text cut in two."""

import re
import unicodedata

from analysis.errors import InputError
from analysis.limits import MAX_TEXT_CHARS

_GAP = re.compile(r"\[mask\]|<mask>|_{3,}", re.IGNORECASE)
_WORD = re.compile(r"\S+")


def check_text(text: str, name: str = "The text") -> str:
    """Return ``text`` unchanged; ``name`` is what to call it in the sentence ("Text A") that says why it can't be read.

    InputError if it is blank, longer than ``MAX_TEXT_CHARS`` code points, or holds half of a surrogate pair.
    """
    if not text.strip():
        came = "empty" if not text else "only white space"
        raise InputError(f"{name} is {came}: type at least one word.")
    if len(text) > MAX_TEXT_CHARS:
        raise InputError(
            f"{name} has {len(text):,} characters; at most {MAX_TEXT_CHARS:,} are read: paste one passage at a time."
        )
    for at, char in enumerate(text):
        if "\ud800" <= char <= "\udfff":
            raise InputError(
                f"{name} holds half a character (the lone surrogate U+{ord(char):04X}, character {at + 1}), "
                "which no encoding can carry: delete it or paste the text again."
            )
    return text


def control_characters(text: str) -> int:
    """How many control characters (other than white space) the text holds; BERT's tokenizers drop them."""
    return sum(unicodedata.category(char) == "Cc" and not char.isspace() for char in text)


def with_masks(text: str, mask_token: str) -> str:
    """The text with everything that people write for a gap ([mask], <mask>, ___) made the model's mask token."""
    return _GAP.sub(lambda _: mask_token, text)


def reporting_words(text: str) -> tuple[tuple[int, int], ...]:
    """Spans ``(start, end)`` of the whitespace-delimited stretches of the text, in code points."""
    return tuple(match.span() for match in _WORD.finditer(text))


def cut_text(text: str, at: int) -> tuple[str, str]:
    """Cut a text in two at code point ``at``, InputError if one side would be blank; the white space around it goes."""
    before, after = text[:at].rstrip(), text[at:].lstrip()
    if not before.strip() or not after.strip():
        raise InputError(
            "This text has no place to cut, and the next-sentence head needs something on both sides: add a sentence."
        )
    return before, after


def counted(count: int, noun: str) -> str:
    """A number with its noun: 1 token, 1,024 tokens."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
