"""The bank of control passages, cut from the held-out documents: ``python -m training.passages``."""

import argparse
import json
import re
from pathlib import Path

from training.command import BUNDLED_FOLDER, HELD_OUT_FILE, PROJECT_FOLDER, Parser, exit_status, say
from training.documents import TextDocument, read_documents

SOURCES_FILE = BUNDLED_FOLDER / "SOURCES.md"
BANK_FILE = PROJECT_FOLDER / "analysis" / "passages" / "bank.jsonl"

LEAST_CHARS = 3_000
"""Of a passage, sentences joined: some 600 tokens, more than the longest text that a control stands in for."""

_NOT = re.compile(
    r"\b(ca|wo|sha|ai|hai|do|does|did|is|are|was|were|has|have|had|would|could|should|need|must)not\b", re.IGNORECASE
)
_REFERENCE = re.compile(r" ?\( *\)")

_PUBLISHER = "OpenStax"
_ROW = re.compile(r"^\| ([^|]+?) \| \[([^\]]+)\]", re.MULTILINE)

_EXAMPLES = """  python -m training.passages
  python -m training.passages --file other.jsonl --out bank.jsonl

A passage is the beginning of a document, whole sentences of at least 3,000 characters together. Contractions of "not"
that the sentence splitter had run together and empty brackets of references are mended.
"""


def main(arguments: list[str] | None = None) -> int:
    """Write the bank; return the exit status."""
    parser: argparse.ArgumentParser = Parser("training.passages", "Cut the bank of control passages.", _EXAMPLES)
    parser.add_argument("--file", type=Path, default=HELD_OUT_FILE, help="documents (default: the held-out ones)")
    parser.add_argument("--out", type=Path, default=BANK_FILE, help="the bank (default: the project's own)")
    options = parser.parse_args(arguments)

    def work() -> None:
        lines = bank_lines(read_documents(options.file), titles_of_books(SOURCES_FILE.read_text(encoding="utf-8")))
        options.out.write_text("".join(lines), encoding="utf-8")
        say(f"Wrote {len(lines)} passages to {options.out}.")

    return exit_status(work)


def bank_lines(documents: list[TextDocument], titles: dict[str, str]) -> list[str]:
    """A JSON line for each document that is long enough, of those that begin alike the first."""
    lines: dict[str, str] = {}
    for document in documents:
        sentences = passage(document)
        # A publisher's preface is no passage of the book.
        if sentences and not any(_PUBLISHER in sentence for sentence in sentences):
            title = titles.get(document.book, document.book)
            line = {"book": title, "document": document.module, "sentences": sentences}
            lines.setdefault(sentences[0], f"{json.dumps(line, ensure_ascii=False)}\n")
    return list(lines.values())


def titles_of_books(sources: str) -> dict[str, str]:
    """Titles by repository, from the table of the bundled model's sources."""
    return {match[2]: match[1] for match in _ROW.finditer(sources)}


def passage(document: TextDocument) -> list[str]:
    """The first sentences of a document that come to ``LEAST_CHARS``; none when it is shorter."""
    kept: list[str] = []
    for sentence in document.sentences:
        kept.append(mended(sentence))
        if len(" ".join(kept)) >= LEAST_CHARS:
            return kept
    return []


def mended(sentence: str) -> str:
    """The sentence as its book has it, as far as what was lost can be told."""
    return _REFERENCE.sub("", _NOT.sub(r"\1n't", sentence))


if __name__ == "__main__":
    raise SystemExit(main())
