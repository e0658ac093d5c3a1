"""Held-out texts of an exact number of tokens: real sentences, in the order of their file."""

from functools import cache
from typing import Any

from analysis.errors import InputError
from training.command import HELD_OUT_FILE
from training.documents import TextDocument, read_documents

WHOLE_WORDS = "booker-t-washington_up-from-slavery"
"""Its first 75 tokens are whole words, so that a [MASK] typed in the place of any of them hides just that token."""

ORDINARY = "h-g-wells_the-war-of-the-worlds"
"""For what depends on words of several pieces."""

_SHORT, _LONG = 3, 44
_MANY_BOOKS = 40

TYPICAL_PADDING = ("mark-twain_the-adventures-of-tom-sawyer", 44)
"""From this sentence on, padding 32 of them to the longest costs 1.8 times the tokens, the median of all such runs."""


def passage(tokenizer: Any, book: str, pieces: int) -> str:
    """A stretch of whole words from a book's first held-out chapter that comes to an exact number of tokens.

    Raises
    ------
    InputError
        If no stretch does.
    """
    words = " ".join(document(book).sentences).split()
    lengths = [len(ids) for ids in tokenizer(words, add_special_tokens=False)["input_ids"]]
    for start in range(len(words)):
        total, stop = 0, start
        while stop < len(words) and total < pieces:
            total += lengths[stop]
            stop += 1
        if total == pieces:
            return " ".join(words[start:stop])
    raise InputError(f"The held-out text of {book} has no stretch of {pieces:,} tokens: choose a smaller number.")


def sentences(book: str, first: int, count: int) -> list[str]:
    """Consecutive sentences of a book's first held-out chapter."""
    return document(book).sentences[first : first + count]


def passages(tokenizer: Any, count: int, pieces: int) -> list[str]:
    """The beginnings of documents, whole sentences of at most so many tokens together, from ``count`` documents."""
    found: list[str] = []
    for each in _documents()[:count]:
        beginning = ""
        for sentence in each.sentences:
            longer = f"{beginning} {sentence}".strip()
            if len(tokenizer(longer, add_special_tokens=False)["input_ids"]) > pieces:
                break
            beginning = longer
        if beginning:
            found.append(beginning)
    return found


def sampled_sentences(count: int, books: int) -> list[str]:
    """Sentences of 3 to 44 words, evenly from the first documents of so many books."""
    by_book: dict[str, list[str]] = {}
    for each in _documents():
        own = by_book.setdefault(each.book, [])
        own += [sentence for sentence in each.sentences if _SHORT <= len(sentence.split()) <= _LONG]
    chosen = list(by_book.values())[:books]
    share = -(-count // len(chosen))
    return [own[len(own) * i // share] for i in range(share) for own in chosen][:count]


def distinct_sentences(count: int) -> list[str]:
    """So many sentences of 3 to 44 words, from many books in turn, no two of them equal."""
    found = list(dict.fromkeys(sampled_sentences(4 * count, _MANY_BOOKS)))
    if len(found) < count:
        raise InputError(f"The held-out texts have {len(found):,} such sentences: choose a smaller number.")
    return found[:count]


def stretches(least: int, most: int) -> list[str]:
    """Whole sentences that have so many words together, one such text from each sentence on; all different."""
    found: dict[str, None] = {}
    for each in _documents():
        lengths = [len(sentence.split()) for sentence in each.sentences]
        for first in range(len(lengths)):
            stop, total = first, 0
            while stop < len(lengths) and total < least:
                total += lengths[stop]
                stop += 1
            if least <= total <= most:
                found[" ".join(each.sentences[first:stop])] = None
    return list(found)


@cache
def document(book: str) -> TextDocument:
    """The first held-out chapter of a book."""
    return next(each for each in _documents() if each.book == book)


@cache
def _documents() -> list[TextDocument]:
    return read_documents(HELD_OUT_FILE)
