"""Held-out figures of a checkpoint with both heads: ``python -m training.evaluate``."""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from analysis.errors import InputError
from training.batches import clean_batch, corrupted_batch, read_heads
from training.checkpoint import Checkpoint, load_checkpoint
from training.command import BUNDLED_FOLDER, HELD_OUT_FILE, PROJECT_FOLDER, Parser, count, exit_status, say
from training.corruption import SHARE_CHOSEN
from training.documents import TextDocument, read_documents
from training.examples import NO_LABEL, assemble
from training.vocabulary import Vocabulary, vocabulary_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.examples import Example, Sentence

MAX_TEXT_TOKENS = 126
"""With [CLS] and [SEP] 128, the length that most of training saw."""

MAX_TEXTS = 300
TEXTS_AT_ONCE = 16
PAIRS_AT_ONCE = 32
MAX_SENTENCE_TOKENS = 126
MIN_SENTENCES = 12
ANCHORS_PER_DOCUMENT = 6
DISTANT_SENTENCES = 5
TOP = 5

_EXAMPLES = """  python -m training.evaluate
  python -m training.evaluate --json > figures.json
  python -m training.evaluate --model continued
  python -m training.evaluate --model continued --file other.jsonl --seeds 5

MLM: texts of up to 128 tokens, 15 % of the tokens chosen and corrupted 80/10/10. NSP: a sentence and its successor
against a sentence of another book, or a sentence of the same document at least 5 away. AUC: how often the true
successor has the larger margin. A seed decides which texts, tokens and sentences; figures are means over the seeds.
"""


@dataclass(frozen=True, slots=True)
class BookSentences:
    """A held-out document: its book, and the token ids of its sentences."""

    book: str
    sentences: list["Sentence"]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The same anchor sentences with three kinds of second segment, as examples without a label."""

    successor: list["Example"]
    other_book: list["Example"]
    same_document: list["Example"]


@dataclass(frozen=True, slots=True)
class MlmFigures:
    """Of ``n_targets`` chosen tokens: mean loss in nats, share predicted first, share among the first five."""

    loss_nats: float
    p_top1: float
    p_top5: float
    n_targets: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One seed's figures.

    Attributes
    ----------
    mlm_loss_nats, mlm_top1, mlm_top5
        Mean cross-entropy at the chosen tokens; shares of them predicted first and among the first five.
    nsp_accuracy
        Margin above 0 for successors, not above 0 for sentences of other books; mean of the two shares.
    nsp_auc_other_books, nsp_auc_same_document
        P(margin of a successor > margin of the other kind), ties 1/2.
    mlm_targets, nsp_pairs
        How many chosen tokens, and how many pairs of each kind.
    """

    mlm_loss_nats: float
    mlm_top1: float
    mlm_top5: float
    nsp_accuracy: float
    nsp_auc_other_books: float
    nsp_auc_same_document: float
    mlm_targets: int
    nsp_pairs: int


LABELS = {
    "mlm_loss_nats": "MLM loss, nats",
    "mlm_top1": "MLM top-1",
    "mlm_top5": "MLM top-5",
    "nsp_accuracy": "NSP accuracy at margin 0, other books",
    "nsp_auc_other_books": "NSP AUC, other books",
    "nsp_auc_same_document": "NSP AUC, same document",
    "mlm_targets": "chosen tokens",
    "nsp_pairs": "pairs of each kind",
}


def auc(positives: "NDArray[np.floating]", negatives: "NDArray[np.floating]") -> float:
    """P(positive > negative) + 1/2 P(equal) over all pairs of the two samples, each of shape [n]."""
    above = positives[:, None] > negatives[None, :]
    equal = positives[:, None] == negatives[None, :]
    return float(above.mean() + 0.5 * equal.mean())


def accuracy_at_zero(positives: "NDArray[np.floating]", negatives: "NDArray[np.floating]") -> float:
    """Mean of the share of positive margins above 0 and the share of negative ones not above 0."""
    return float(((positives > 0).mean() + (negatives <= 0).mean()) / 2)


def texts_of(document: BookSentences) -> Iterator[list[int]]:
    """Join neighbouring sentences to texts of at most ``MAX_TEXT_TOKENS`` tokens; a longer sentence is cut."""
    text: list[int] = []
    for sentence in document.sentences:
        if text and len(text) + len(sentence) > MAX_TEXT_TOKENS:
            yield text
            text = []
        text = text + list(sentence[:MAX_TEXT_TOKENS])
    if text:
        yield text


def draw_texts(documents: Sequence[BookSentences], vocabulary: Vocabulary, rng: random.Random) -> list["Example"]:
    """Draw up to ``MAX_TEXTS`` texts in random order, each a lone segment."""
    texts = [text for document in documents for text in texts_of(document)]
    rng.shuffle(texts)
    return [assemble(text, (), NO_LABEL, vocabulary) for text in texts[:MAX_TEXTS]]


def draw_pairs(documents: Sequence[BookSentences], vocabulary: Vocabulary, rng: random.Random) -> Pairs:
    """Draw anchors from each long enough document, and for each its successor and one of either other kind."""
    pairs = Pairs([], [], [])

    def add(kind: list["Example"], a: "Sentence", b: "Sentence") -> None:
        kind.append(assemble(a[:MAX_SENTENCE_TOKENS], b[:MAX_SENTENCE_TOKENS], NO_LABEL, vocabulary))

    for document in documents:
        sentences = document.sentences
        if len(sentences) < MIN_SENTENCES:
            continue
        elsewhere = [other.sentences for other in documents if other.book != document.book]
        for anchor in rng.sample(range(len(sentences) - 1), ANCHORS_PER_DOCUMENT):
            add(pairs.successor, sentences[anchor], sentences[anchor + 1])
            add(pairs.other_book, sentences[anchor], rng.choice(rng.choice(elsewhere)))
            distant = [at for at in range(len(sentences)) if abs(at - anchor) >= DISTANT_SENTENCES]
            add(pairs.same_document, sentences[anchor], sentences[rng.choice(distant)])
    return pairs


def mlm_figures(
    checkpoint: Checkpoint, texts: Sequence["Example"], vocabulary: Vocabulary, rng: random.Random
) -> MlmFigures:
    """Corrupt the texts and measure the MLM head at the chosen tokens."""
    nats, n_targets, n_top1, n_top5 = 0.0, 0, 0, 0
    for examples in _groups(texts, TEXTS_AT_ONCE):
        batch = corrupted_batch(examples, vocabulary, rng, SHARE_CHOSEN)
        with torch.inference_mode():
            outputs = read_heads(checkpoint.model, batch)
            nats += cross_entropy(outputs.mlm_logits, outputs.mlm_targets, reduction="sum").item()
            hits = outputs.mlm_logits.topk(TOP).indices == outputs.mlm_targets[:, None]
        n_targets += len(hits)
        n_top1 += int(hits[:, 0].sum())
        n_top5 += int(hits.sum())
    return MlmFigures(nats / n_targets, n_top1 / n_targets, n_top5 / n_targets, n_targets)


def margins(checkpoint: Checkpoint, pairs: Sequence["Example"], vocabulary: Vocabulary) -> "NDArray[np.float32]":
    """NSP margins z_0 - z_1 of the pairs, in nats, shape [n]."""
    parts = []
    for examples in _groups(pairs, PAIRS_AT_ONCE):
        with torch.inference_mode():
            logits = read_heads(checkpoint.model, clean_batch(examples, vocabulary)).nsp_logits
        parts.append((logits[:, 0] - logits[:, 1]).numpy())
    return np.concatenate(parts)


def figures_of_seed(
    checkpoint: Checkpoint, documents: Sequence[BookSentences], vocabulary: Vocabulary, seed: int
) -> Figures:
    """Draw with one seed and measure both heads."""
    # The order of draws is part of the card's figures: texts, their corruption, then pairs, all from one generator.
    rng = random.Random(seed)
    mlm = mlm_figures(checkpoint, draw_texts(documents, vocabulary, rng), vocabulary, rng)
    pairs = draw_pairs(documents, vocabulary, rng)
    successor = margins(checkpoint, pairs.successor, vocabulary)
    other_book = margins(checkpoint, pairs.other_book, vocabulary)
    same_document = margins(checkpoint, pairs.same_document, vocabulary)
    return Figures(
        mlm_loss_nats=mlm.loss_nats,
        mlm_top1=mlm.p_top1,
        mlm_top5=mlm.p_top5,
        nsp_accuracy=accuracy_at_zero(successor, other_book),
        nsp_auc_other_books=auc(successor, other_book),
        nsp_auc_same_document=auc(successor, same_document),
        mlm_targets=mlm.n_targets,
        nsp_pairs=len(successor),
    )


def mean_of(per_seed: Sequence[Figures]) -> dict[str, float]:
    """Mean of each figure over the seeds, by its name."""
    return {
        field.name: sum(getattr(figures, field.name) for figures in per_seed) / len(per_seed)
        for field in fields(Figures)
    }


def read_held_out(path: Path, checkpoint: Checkpoint) -> list[BookSentences]:
    """Read and tokenise the documents to measure on.

    Raises
    ------
    InputError
        If they are too few or too short to draw pairs from.
    """
    documents = [_tokenised(text, checkpoint) for text in read_documents(path)]
    if len({document.book for document in documents}) == 1:
        raise InputError(f"{path} holds one book only; sentences of another book are needed to compare with.")
    if all(len(document.sentences) < MIN_SENTENCES for document in documents):
        raise InputError(f"{path} has no document of {MIN_SENTENCES} sentences or more to draw pairs from.")
    return documents


def table(per_seed: Sequence[Figures], mean: dict[str, float]) -> str:
    """The figures as lines of text: a row for each, a column for the mean and for each seed."""
    label_width = max(map(len, LABELS.values()))
    heads = ["mean", *(f"seed {seed}" for seed in range(len(per_seed)))]
    lines = [" " * label_width + "".join(f"{head:>9}" for head in heads)]
    for name, label in LABELS.items():
        values = [mean[name], *(getattr(figures, name) for figures in per_seed)]
        digits = 0 if isinstance(values[-1], int) else 3
        lines.append(f"{label:<{label_width}}" + "".join(f"{value:>9.{digits}f}" for value in values))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    torch.set_num_threads(options.threads)
    checkpoint = load_checkpoint(options.model)
    if checkpoint.random_weights:
        raise InputError(f"{options.model} lacks {', '.join(checkpoint.random_weights)}; there is no head to measure.")
    checkpoint.model.eval()
    vocabulary = vocabulary_of(checkpoint.tokenizer)
    documents = read_held_out(options.file, checkpoint)
    if not options.json:
        say(f"{_shown(options.model)} on {_shown(options.file)}: {len(documents)} documents, {options.seeds} seeds")
    per_seed = [figures_of_seed(checkpoint, documents, vocabulary, seed) for seed in range(options.seeds)]
    mean = mean_of(per_seed)
    if options.json:
        result = {"documents": len(documents), "mean": mean, "per_seed": [asdict(figures) for figures in per_seed]}
        say(json.dumps(result, indent=2))
    else:
        say(table(per_seed, mean))


def _tokenised(text: TextDocument, checkpoint: Checkpoint) -> BookSentences:
    ids = checkpoint.tokenizer(text.sentences, add_special_tokens=False)["input_ids"]
    # A blank sentence has no tokens and is nothing to ask about.
    return BookSentences(text.book, [sentence for sentence in ids if sentence])


def _shown(path: Path) -> str:
    return str(path.relative_to(PROJECT_FOLDER) if path.is_relative_to(PROJECT_FOLDER) else path)


def _groups(items: Sequence["Example"], size: int) -> Iterator[Sequence["Example"]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _parser() -> Parser:
    parser = Parser(
        "training.evaluate", "Measure both heads of a checkpoint on documents that training never saw.", _EXAMPLES
    )
    parser.add_argument("--model", type=Path, default=BUNDLED_FOLDER, help="checkpoint folder (the bundled one)")
    parser.add_argument("--file", type=Path, default=HELD_OUT_FILE, help="JSON lines of documents (the held-out ones)")
    parser.add_argument("--seeds", type=count, default=3, help="number of seeds, 0, 1, ... (%(default)s)")
    parser.add_argument("--threads", type=count, default=2, help="CPU threads (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON: all digits, the mean and each seed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
