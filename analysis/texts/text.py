"""Texts before they are tokens: what is accepted, the stretches between white space, a text cut in two."""

import re
import unicodedata

from analysis import hosting
from analysis.errors import InputError
from analysis.limits import MAX_TEXT_CHARS

_GAP = re.compile(r"\[mask\]|<mask>|_{3,}", re.IGNORECASE)
_RUN = re.compile(r"\[\w+\]|<\w+>|[^\W\d_]{2,}")
"""Letters that stand together, and what is written like a special token, whose letters are none of the text's."""
_WORD = re.compile(r"\S+")

MOST_BYTES = 4 * MAX_TEXT_CHARS + 1
"""Of a file: one more than the longest text could take in UTF-8, so that a longer one is still seen to be too long."""


TOO_MUCH = f"more than {MAX_TEXT_CHARS:,} characters, the most that is read: give one passage"


def decoded(content: bytes, name: str = "The file", most: int = MOST_BYTES, too_much: str = TOO_MUCH) -> str:
    """The text of a file's first ``most`` bytes, without the line ends behind it; ``name`` is what to call it.

    InputError if there is more than is read, which says that it holds ``too_much``, or it is not UTF-8.
    """
    if len(content) >= most:
        raise InputError(f"{name} holds {too_much}.")
    try:
        return content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError(f"{name} is not UTF-8 text: save it as UTF-8 and try again.") from None


def check_text(text: str, name: str = "The text") -> str:
    """Return ``text`` unchanged; ``name`` is what to call it in the sentence ("Text A") that says why it can't be read.

    InputError if it is blank, longer than ``MAX_TEXT_CHARS`` code points (or what a server allows), or holds half of a
    surrogate pair.
    """
    if not text.strip():
        came = "empty" if not text else "only white space"
        raise InputError(f"{name} is {came}: type at least one word.")
    check_length(text, name)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{name} holds half a character (the lone surrogate U+{ord(text[error.start]):04X}, character "
            f"{error.start + 1}), which no encoding can carry: delete it or paste the text again."
        ) from None
    return text


def check_length(text: str, name: str = "The text") -> None:
    """InputError if a text has more code points than are read here: ``MAX_TEXT_CHARS``, or what the server allows."""
    most = hosting.in_force().text_characters
    if len(text) > most:
        raise InputError(
            f"{name} has {len(text):,} characters; at most {most:,} are read: paste one passage at a time."
        )


def control_characters(text: str) -> int:
    """How many control characters (other than white space) the text holds; BERT's tokenizers drop them."""
    return sum(unicodedata.category(char) == "Cc" and not char.isspace() for char in text)


def with_masks(text: str, mask_token: str) -> str:
    """The text with everything that people write for a gap ([mask], <mask>, ___) made the model's mask token."""
    return _GAP.sub(lambda _: mask_token, text)


def with_letters_apart(text: str, letters: frozenset[str]) -> str:
    """The text with a space between the letters of every run of them, most of which are among ``letters``."""
    return _RUN.sub(lambda found: _parted(found.group(), letters), text)


def _parted(run: str, letters: frozenset[str]) -> str:
    return " ".join(run) if run.isalpha() and 2 * sum(each in letters for each in run) > len(run) else run


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
