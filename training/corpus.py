"""Build the corpus from git checkouts of its sources: ``python -m training.corpus``."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.errors import InputError
from training.checkouts import Checkout, find_checkouts, read_files, read_sources
from training.command import BUNDLED_FOLDER, HELD_OUT_FILE, PROJECT_FOLDER, Parser, exit_status, say
from training.documents import TextDocument, is_kept, read_documents, split_held_out, usable_sentences, write_documents
from training.extract import UnreadableXml, chapter_paragraphs, is_chapter, is_module, module_paragraphs

SOURCES_FILE = PROJECT_FOLDER / "training" / "sources.txt"

RECORDED_SHA256 = "34ebf48585e530ae8ec0bdc26d933ea5641d1aa22cf6d51bd38bfb82e0936f40"
"""Of the uncompressed corpus that the bundled checkpoint was trained on."""

_EXAMPLES = """  python -m training.corpus checkouts --out corpus.jsonl
  python -m training.corpus checkouts --out corpus.jsonl.xz --held-out heldout.jsonl
  python -m training.corpus checkouts --sources mine.txt --out mine.jsonl

"checkouts" is a folder with a clone or mirror of each repository that the list of sources names, made for instance by
  git clone --mirror https://github.com/openstax/osbooks-physics checkouts/openstax/osbooks-physics.git
Files are read out of the listed commit; what is checked out does not matter.
"""


def documents_of(checkout: Checkout) -> Iterator[TextDocument]:
    """Yield the documents of a checkout's commit in git's order; files that are no XML are reported and left out."""
    book = checkout.source.name
    textbook = checkout.source.markup == "cnxml"
    for path, content in read_files(checkout, is_module if textbook else is_chapter):
        # Every module's file has the same name: its folder tells it apart.
        name = Path(path).parent.name if textbook else Path(path).name
        try:
            paragraphs = module_paragraphs(content) if textbook else chapter_paragraphs(content)
        except UnreadableXml as error:
            say(f"{checkout.source.repository}: {path} left out, {error}")
            continue
        if paragraphs:
            yield TextDocument(book, name or book, paragraphs)


def held_out_of(documents: Sequence[TextDocument]) -> list[TextDocument]:
    """The documents that training sets aside, as the bundled checkpoint's tokenizer sees them."""
    # Takes seconds, and only this needs it.
    from training.checkpoint import load_tokenizer

    tokenizer = load_tokenizer(BUNDLED_FOLDER)
    kept = [document for document in documents if is_kept(usable_sentences(document, tokenizer))]
    return split_held_out(kept)[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    checkouts = find_checkouts(read_sources(options.sources), options.checkouts)
    documents: list[TextDocument] = []
    for checkout in checkouts:
        of_source = list(documents_of(checkout))
        documents += of_source
        say(f"{checkout.source.repository} {checkout.source.commit[:10]}: {_size(of_source)}")
    if not documents:
        raise InputError("The sources hold no running text at these commits.")
    digest = write_documents(options.out, documents)
    say(f"{options.out}: {_size(documents)}")
    same = "equal to" if digest == RECORDED_SHA256 else f"differs from the {RECORDED_SHA256} of"
    say(f"SHA-256, uncompressed: {digest}, {same} the recorded corpus")
    if options.held_out:
        held_out = held_out_of(documents)
        write_documents(options.held_out, held_out)
        same = "equal to" if held_out == read_documents(HELD_OUT_FILE) else "not"
        say(f"{options.held_out}: {_size(held_out)}, {same} the shipped held-out documents")


def _size(documents: Sequence[TextDocument]) -> str:
    words = sum(len(sentence.split()) for document in documents for sentence in document.sentences)
    return f"{len(documents):,} documents, {words:,} words"


def _parser() -> Parser:
    parser = Parser(
        "training.corpus", "Build the training corpus from git checkouts of the books it is made of.", _EXAMPLES
    )
    parser.add_argument("checkouts", type=Path, help="folder of git checkouts or mirrors")
    parser.add_argument("--out", type=Path, required=True, help="corpus to write, .jsonl or .jsonl.xz")
    parser.add_argument("--held-out", type=Path, help="also write the documents that training holds out")
    parser.add_argument("--sources", type=Path, default=SOURCES_FILE, help="list of sources (training/sources.txt)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
