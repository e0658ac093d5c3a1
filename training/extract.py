"""Running prose out of textbook modules (CNXML) and novels (XHTML), in paragraphs of sentences.

The corpus of the bundled checkpoint came from these rules: what they keep and drop decides its bytes.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree
from syntok import segmenter

Paragraphs = tuple[tuple[str, ...], ...]

CNXML = "{http://cnx.rice.edu/cnxml}"
XHTML = "{http://www.w3.org/1999/xhtml}"

OUTSIDE_PROSE = frozenset(
    "code equation exercise figure footnote glossary iframe list media metadata note-ref preformat table".split()
)
"""CNXML elements within a paragraph that a reader would skip; a blank takes their place."""

NO_RUNNING_TEXT = frozenset("exercise footnote glossary list problem solution table".split())
"""CNXML elements whose paragraphs are tasks, entries or asides."""

FRONT_AND_BACK_MATTER = "imprint colophon uncopyright titlepage halftitle dedication endnotes loi toc".split()

TYPEWRITER_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})
WORD_JOINER = "\u2060"

MAX_SENTENCE_CHARS = 600


class Lengths(NamedTuple):
    """What is long enough: a paragraph and a sentence in characters, a paragraph in sentences."""

    paragraph_chars: int
    sentence_chars: int
    sentences: int


# A short paragraph of a textbook is a caption or a label; one of a novel is somebody speaking.
TEXTBOOK = Lengths(paragraph_chars=120, sentence_chars=20, sentences=2)
NOVEL = Lengths(paragraph_chars=1, sentence_chars=8, sentences=1)
MIN_NOVEL_SENTENCES = 6


class UnreadableXml(ValueError):
    """The source is not well-formed XML."""


def is_module(path: str) -> bool:
    """Whether a path in a checkout is a module of a textbook."""
    return path.endswith("index.cnxml")


def is_chapter(path: str) -> bool:
    """Whether a path in a checkout is a text of a novel, front and back matter aside."""
    named_like_one = re.search(r"epub/text/[a-z].*\.xhtml$", path)
    return bool(named_like_one) and not any(name in path for name in FRONT_AND_BACK_MATTER)


def module_paragraphs(source: bytes) -> Paragraphs:
    """Paragraphs of a CNXML module, those with formulae left out; empty if it holds no running text."""
    content = _root(source).find(f"{CNXML}content")
    if content is None:
        return ()
    running = (element for element in content.iter(f"{CNXML}para") if not _is_inside(element, NO_RUNNING_TEXT))
    return tuple(_paragraphs((_prose(element) for element in running), TEXTBOOK))


def chapter_paragraphs(source: bytes) -> Paragraphs:
    """Paragraphs of an XHTML chapter with typewriter quotes; empty if it has fewer than six sentences."""
    texts = ("".join(element.itertext()).replace(WORD_JOINER, "") for element in _root(source).iter(f"{XHTML}p"))
    paragraphs = tuple(_paragraphs((_collapsed(text).translate(TYPEWRITER_QUOTES) for text in texts), NOVEL))
    return paragraphs if sum(map(len, paragraphs)) >= MIN_NOVEL_SENTENCES else ()


def sentences_of(text: str) -> list[str]:
    """Split a paragraph at sentence boundaries.

    syntok writes a contracted "not" out and drops its apostrophe, so "don't" comes back as "donot". The corpus was
    recorded like that, and the shipped checkpoint learnt from it.
    """
    return [
        "".join(token.spacing + token.value for token in sentence).strip()
        for paragraph in segmenter.process(text)
        for sentence in paragraph
    ]


def _paragraphs(texts: Iterator[str], least: Lengths) -> Iterator[tuple[str, ...]]:
    for text in texts:
        if len(text) < least.paragraph_chars:
            continue
        kept = tuple(
            sentence for sentence in sentences_of(text) if least.sentence_chars <= len(sentence) <= MAX_SENTENCE_CHARS
        )
        if len(kept) >= least.sentences:
            yield kept


def _root(source: bytes) -> etree._Element:
    # Nothing outside the file is read, and no entity it declares is expanded: a checkout is somebody else's text.
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(source, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableXml(str(error)) from error


def _prose(element: etree._Element) -> str:
    """The text of a paragraph; nothing if a formula is part of it, since a sentence with a hole teaches nonsense."""
    pieces: list[str] = []
    complete = _collect(element, pieces)
    return _collapsed("".join(pieces)) if complete else ""


def _collect(element: etree._Element, pieces: list[str]) -> bool:
    """Append the text of ``element`` to ``pieces``; return whether no formula was met."""
    complete = True
    pieces.append(element.text or "")
    for child in element:
        name = _name(child)
        if name == "math":
            complete = False
        elif name in OUTSIDE_PROSE:
            pieces.append(" ")
        else:
            complete = _collect(child, pieces) and complete
        pieces.append(child.tail or "")
    return complete


def _is_inside(element: etree._Element, names: frozenset[str]) -> bool:
    return any(_name(ancestor) in names for ancestor in element.iterancestors())


def _name(element: etree._Element) -> str:
    # A comment has a function for a tag, and no name.
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _collapsed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
