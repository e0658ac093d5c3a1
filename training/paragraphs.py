"""How well a checkpoint tells true next sentences in held-out paragraphs: ``python -m training.paragraphs``.

Every paragraph goes through the Pairs page's own function; its controls come from other books.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from analysis.passages import bank
from training.command import HELD_OUT_FILE, Parser, count, exit_status, say
from training.documents import TextDocument, read_documents
from training.passages import SOURCES_FILE, mended, titles_of_books

LEAST_SENTENCES, MOST_SENTENCES = 3, 10
PARAGRAPHS, CONTROLS = 100, 20
RESAMPLES = 2_000

_EXAMPLES = """  python -m training.paragraphs
  python -m training.paragraphs --model bert-base-uncased --json

100 held-out paragraphs of 3 to 10 sentences, drawn with the seed from all documents alike. Of each, how often the true
successor of a sentence has a larger margin than a sentence of another book, and than another sentence of the paragraph;
95 % bootstrap intervals over paragraphs.
"""


@dataclass(frozen=True, slots=True)
class Share:
    """How often the true successor won, with its interval."""

    value: float
    low: float
    high: float
    comparisons: int


@dataclass(frozen=True, slots=True)
class ParagraphFigures:
    """Both shares over so many paragraphs."""

    paragraphs: int
    sentences: int
    against_other_texts: Share
    within_the_text: Share


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; return the exit status."""
    parser: argparse.ArgumentParser = Parser("training.paragraphs", "NSP in held-out paragraphs.", _EXAMPLES)
    parser.add_argument("--model", help="a spec, as for python -m analysis (default: bundled)")
    parser.add_argument("--file", type=Path, default=HELD_OUT_FILE, help="documents (default: the held-out ones)")
    parser.add_argument("--paragraphs", type=count, default=PARAGRAPHS, metavar="N", help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)

    def work() -> None:
        found = evaluate(options.model, read_documents(options.file), options.paragraphs, options.seed)
        if options.json:
            say(json.dumps(asdict(found), indent=1))
            return
        say(f"{found.paragraphs} paragraphs, {found.sentences} sentences")
        for name, share in (("other texts", found.against_other_texts), ("within the text", found.within_the_text)):
            interval = f"{share.low:.3f} to {share.high:.3f}"
            say(f"AUC, {name:16} {share.value:.3f}  ({interval}, {share.comparisons:,} comparisons)")

    return exit_status(work)


def evaluate(spec: str | None, documents: Sequence[TextDocument], n: int, seed: int) -> ParagraphFigures:
    """Run the pairs of paragraphs of some documents."""
    from analysis.models.store import load_bundle
    from analysis.tasks.pairs import pair_matrix

    bundle = load_bundle(spec)
    titles = titles_of_books(SOURCES_FILE.read_text(encoding="utf-8"))
    drawn = draw_paragraphs(documents, n, seed)
    wins: dict[str, list[tuple[float, int]]] = {"other": [], "within": []}
    for book, sentences in drawn:
        elsewhere = [passage for passage in bank() if passage.book != titles.get(book, book)]
        matrix = pair_matrix(bundle, sentences, controls=CONTROLS, seed=seed, passages=elsewhere)
        for name, found in (("other", matrix.other_text), ("within", matrix.adjacency)):
            if found is not None:
                wins[name].append((found.value * found.comparisons, found.comparisons))
    return ParagraphFigures(
        paragraphs=len(drawn),
        sentences=sum(len(sentences) for _, sentences in drawn),
        against_other_texts=_share(wins["other"], seed),
        within_the_text=_share(wins["within"], seed),
    )


def draw_paragraphs(documents: Sequence[TextDocument], n: int, seed: int) -> list[tuple[str, tuple[str, ...]]]:
    """Book and sentences of paragraphs of a fit length: one of each document in turn, until there are enough."""
    random = np.random.default_rng(seed)
    queues = []
    for document in documents:
        fit = [each for each in document.paragraphs if LEAST_SENTENCES <= len(each) <= MOST_SENTENCES]
        queues.append([(document.book, tuple(mended(s) for s in fit[i])) for i in random.permutation(len(fit))])
    found: list[tuple[str, tuple[str, ...]]] = []
    while len(found) < n and any(queues):
        for queue in queues:
            if queue and len(found) < n:
                found.append(queue.pop())
    return found


def _share(wins: Sequence[tuple[float, int]], seed: int) -> Share:
    won, of = np.array(wins).T
    drawn = np.random.default_rng(seed).integers(0, len(won), (RESAMPLES, len(won)))
    low, high = np.quantile(won[drawn].sum(axis=1) / of[drawn].sum(axis=1), [0.025, 0.975])
    return Share(float(won.sum() / of.sum()), float(low), float(high), int(of.sum()))


if __name__ == "__main__":
    raise SystemExit(main())
