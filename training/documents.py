"""Documents on disk, and which of them are kept and held out.

A file holds one JSON object a line, ``{"book", "module", "paras": [[sentence, ...], ...]}``, as text (``.jsonl``) or
compressed (``.jsonl.xz``).
"""

import hashlib
import json
import lzma
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeVar

from analysis.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

T = TypeVar("T")

MIN_SENTENCE_TOKENS = 4
MAX_SENTENCE_TOKENS = 120
MIN_SENTENCES = 2
HELD_OUT_EVERY = 50


@dataclass(frozen=True, slots=True)
class TextDocument:
    """A chapter or module: its book, its name within the book, and its paragraphs as tuples of sentences."""

    book: str
    module: str
    paragraphs: tuple[tuple[str, ...], ...]

    @property
    def sentences(self) -> list[str]:
        """All sentences in order, whatever their paragraph."""
        return [sentence for paragraph in self.paragraphs for sentence in paragraph]

    def to_json(self) -> str:
        """The document's line in a file, without the line end."""
        return json.dumps({"book": self.book, "module": self.module, "paras": self.paragraphs})


def read_documents(path: Path) -> list[TextDocument]:
    """Read all documents of a file.

    Raises
    ------
    InputError
        If the file is missing, unreadable or empty, or a line is not a document.
    """
    try:
        with _open(path, "rt") as lines:
            documents = [_document(line, number, path) for number, line in enumerate(lines, start=1)]
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or 'not a file of documents'}.") from error
    except (lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is damaged; it should be JSON lines in UTF-8, with .xz if compressed.") from error
    if not documents:
        raise InputError(f"{path} holds no documents.")
    return documents


def write_documents(path: Path, documents: Iterator[TextDocument] | Sequence[TextDocument]) -> str:
    """Write documents to a file, compressed if its name ends in .xz; return the SHA-256 of the uncompressed lines.

    The file appears only when it is complete.
    """
    digest = hashlib.sha256()
    partial = path.with_name(f".partial-{path.name}")
    try:
        with _open(partial, "wt") as file:
            for document in documents:
                line = f"{document.to_json()}\n"
                digest.update(line.encode())
                file.write(line)
        os.replace(partial, path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
    return digest.hexdigest()


def usable_sentences(document: TextDocument, tokenizer: "PreTrainedTokenizerBase") -> list[list[int]]:
    """Token ids of a document's sentences, without special tokens: the very short left out, the very long cut."""
    ids: list[list[int]] = tokenizer(document.sentences, add_special_tokens=False)["input_ids"]
    return [sentence[:MAX_SENTENCE_TOKENS] for sentence in ids if len(sentence) >= MIN_SENTENCE_TOKENS]


def is_kept(sentences: Sequence[Sequence[int]]) -> bool:
    """Whether a document's usable sentences suffice to draw a pair from it."""
    return len(sentences) >= MIN_SENTENCES


def split_held_out(kept: Sequence[T]) -> tuple[list[T], list[T]]:
    """Part kept documents into those to train on and those held out: the first and every 50th after it."""
    train = [document for index, document in enumerate(kept) if index % HELD_OUT_EVERY]
    return train, list(kept[::HELD_OUT_EVERY])


def _open(path: Path, mode: Literal["rt", "wt"]) -> IO[str]:
    if path.suffix == ".xz":
        # Its annotation doesn't tell text from bytes.
        file: Any = lzma.open(path, mode, encoding="utf-8", newline="\n")
        return file
    return path.open(mode, encoding="utf-8", newline="\n")


def _document(line: str, number: int, path: Path) -> TextDocument:
    try:
        return _parsed(json.loads(line))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f'Line {number} of {path} is no document; one looks like {{"book": "b", "module": "m", "paras": [["A."]]}}.'
        ) from error


def _parsed(raw: Any) -> TextDocument:
    paragraphs = tuple(tuple(paragraph) for paragraph in raw["paras"])
    texts = [raw["book"], raw["module"], *(sentence for paragraph in paragraphs for sentence in paragraph)]
    if not all(isinstance(text, str) for text in texts) or len(texts) == len((raw["book"], raw["module"])):
        raise ValueError
    return TextDocument(raw["book"], raw["module"], paragraphs)
