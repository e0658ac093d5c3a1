"""Where sentences begin in a text, by the rules of its language, and where it can be cut.

The rules are the library sentencex's. Where it ends a sentence without white space behind it ("door.The"), ours say
whether that is one: an address, a file's name and an abbreviation are written in the same way.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

from sentencex import get_sentence_boundaries  # ty: ignore[missing-module-member]  (compiled, without stubs)

from analysis.choices import BY_SCRIPT, LANGUAGES, chosen
from analysis.texts.scripts import is_unspaced, language_of
from analysis.texts.text import reporting_words

_ODD_SPACE = re.compile(r"[^\S \n\r]")
_ADDRESS = re.compile(r"://|@|[/\\_=&]|^www\.", re.IGNORECASE)
"""What stands in the addresses of pages, mail and files, and not in words."""
_STOP = re.compile(r"[.?!](?:\[\d+\])?[\"'”’»)\]]*$")
"""The end of a sentence with what may close behind it: a mark of a note, quotes, brackets."""
_OPENING = "\"'“‘«([¿¡"
_SHORT, _NEAR = 2, 200
"""Letters of a word that may end a sentence; code points around an end that are looked at."""
_ENDINGS = frozenset(
    "app asp aspx bat bib bin bz2 cfg com conf cpp css csv dll doc docx edu epub exe gif gov gz html htm ini io ipynb "
    "jar jpeg jpg js json jsonl jsx log md mp3 mp4 net org parquet pdf php png pptx py rar rst sh sql svg tar tex tsv "
    "txt xls xlsx xml yaml yml zip".split()
)
"""Ends of addresses and of files' names, which some write with a capital: Node.Js, Example.Com."""


def language_for(language: str, text: str) -> str:
    """The code of the language whose rules cut a text: the one that is asked for, or that its script stands for.

    InputError for one that is not known.
    """
    if language == BY_SCRIPT:
        return language_of(text)
    return chosen("language", language, (BY_SCRIPT, *LANGUAGES))


def sentences(text: str, language: str = BY_SCRIPT) -> tuple[tuple[int, int], ...]:
    """Spans ``(start, end)`` of the sentences of the text, in code points, without outer white space.

    ``language`` is a code of ``LANGUAGES``, or says that the text's script decides; InputError for another one.
    """
    # Of other white space than this sentencex takes bytes for characters, and panics ("plan B\u00a0. It").
    found = get_sentence_boundaries(language_for(language, text), _ODD_SPACE.sub(" ", text))
    starts = [each["start_index"] for each in found if each["start_index"] and _begins(text, each["start_index"])]
    spans = []
    for start, end in pairwise([0, *starts, len(text)]):
        piece = text[start:end]
        if piece.strip():
            spans.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
    return tuple(spans)


def joined(texts: Iterable[str]) -> str:
    """Texts as one running text: a space between two, but where the second goes on in a script that writes none."""
    whole = ""
    for text in texts:
        whole += text if not whole or is_unspaced(text[:1]) else f" {text}"
    return whole


def word_starts(text: str) -> tuple[int, ...]:
    """Where words begin, in code points, the first one too.

    That is behind white space, and at any letter of a script that is written without spaces between words.
    """
    begins = {start for start, _ in reporting_words(text)}
    return tuple(sorted(begins | {at for at, char in enumerate(text) if is_unspaced(char)}))


def cut_places(text: str, language: str = BY_SCRIPT) -> tuple[int, ...]:
    """Where a text can be cut between words, in code points: where one begins, and where a sentence does.

    The beginning of the text is none of them. InputError for a language that is not known.
    """
    places = {*word_starts(text), *(start for start, _ in sentences(text, language))}
    return tuple(sorted(at for at in places if at > len(text) - len(text.lstrip())))


def _begins(text: str, start: int) -> bool:
    """Whether a sentence that was found begins there: behind white space always, else unless it looks like a name."""
    if text[start - 1].isspace() or text[start].isspace():
        return True
    before = text[max(0, start - _NEAR) : start].rsplit(maxsplit=1)[-1]
    after = text[start : start + _NEAR].split(maxsplit=1)[0]
    stop = _STOP.search(before)
    if stop is None:
        # The full stops of other scripts end nothing but sentences.
        return True
    if _ADDRESS.search(before + after):
        return False
    if not stop.group().startswith("."):
        return True
    word, following = before[: stop.start()].lstrip(_OPENING), re.split(r"\W", after, maxsplit=1)
    # Initials and abbreviations with several stops (U.S.A., e.g., 3.5), names of files and of functions.
    short = len(word) < _SHORT or "." in word.rstrip(".")
    return not (short or following[0].lower() in _ENDINGS or after[len(following[0]) :].startswith("("))
