"""What the page Pairs shows: the matrix in a few numbers and as a map, one pair among controls, the best orders."""

import math
from collections.abc import Iterator

import numpy as np

from analysis.limits import MAX_ORDERED
from analysis.texts.text import counted
from analysis.types import Auc, PairMatrix
from dashboard.drawing.treatment import told, treatment
from dashboard.glossary import MARGIN, Units, margin_text, share_text
from dashboard.options import cut_by
from dashboard.page import Look, Results
from dashboard.pages.pairs.chosen import chosen_pair
from dashboard.pages.pairs.figures import control_strip, order_table, pair_heatmap, printed_orders
from dashboard.second_head import ADJACENCY_AUC, OTHER_TEXT_AUC, THRESHOLD, controls_of, head_words
from dashboard.sections import Fields, Note, Number, Numbers, Section, Sentence, Strong, Table, Waiting
from dashboard.view import ViewState

ONE_A_LINE = "One sentence a line"
"""The button that cuts a running text."""


def answer(_view: ViewState, results: Results, look: Look) -> Sentence | None:
    """How the true successors stand, among the others of the text and among controls."""
    matrix: PairMatrix | None = results.get("pairs")
    if matrix is None:
        return None
    true = matrix.margin_nats.diagonal(1)
    known = np.isfinite(true)
    if not known.any():
        return None
    n, positive = int(known.sum()), int((true[known] > 0).sum())
    parts = [
        f"The head says {head_words(matrix.meaning).yes} of ",
        Strong(f"{positive} of {n}"),
        f" true successors, on average {margin_text(float(true[known].mean(dtype=float)), look.units)}",
    ]
    found = [
        f"{share_text(each.value)} of the time before {what}"
        for each, what in (
            (matrix.adjacency, "another sentence of the text"),
            (matrix.other_text, "a sentence of another text"),
        )
        if each is not None
    ]
    if found:
        parts.append(f"; it ranks them {' and '.join(found)}")
    if matrix.off_zero and matrix.threshold is not None:
        parts += [
            ". It ranks well, but its 0 sits off: ",
            Strong(margin_text(matrix.threshold.at_nats, look.units)),
            " would part true successors from controls best",
        ]
    return Sentence((*parts, "."), help=f"{MARGIN.definition} {ADJACENCY_AUC} {OTHER_TEXT_AUC} {THRESHOLD}")


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The matrix as far as it has come; its numbers when it is whole."""
    yield Waiting()
    matrix: PairMatrix | None = results.get("pairs")
    if matrix is None:
        return
    own = view.name("controls_from")
    yield from told(matrix.notices)
    if head_words(matrix.meaning).order_note:
        yield Note(head_words(matrix.meaning).order_note)
    yield pair_heatmap(matrix, look.palette, look.units)
    if "pairs" in results.complete:
        yield Numbers(tuple(_numbers(matrix, look.units, own)), width=190)
        if matrix.adjacency is None:
            yield Note("How often the true successor wins (AUC) takes three sentences or more.")
    pair = chosen_pair(view, matrix.sentences)
    yield Fields(("pair",))
    yield control_strip(matrix, *pair, look.palette, look.units)
    share = matrix.percentile(*pair)
    if share is not None:
        yield Note(
            f"This margin is larger than {share:.0%} of those with {counted(len(matrix.controls), 'control')} "
            f"(seed {matrix.seed}). {controls_of(matrix.provenance.spec, own)}"
        )
    yield pair_heatmap(matrix, look.palette, look.units, order_effect=True)
    if len(matrix.sentences) > MAX_ORDERED:
        yield Note(f"All orders are scored for up to {MAX_ORDERED} sentences.")
    if matrix.best_orders:
        title, units = "Best orders", look.units
        make, printed = (lambda: order_table(matrix, units)), (lambda: printed_orders(matrix, units))
        yield Table("best-orders", title, make, printed=printed)
    yield Note(rules(view.name("language"), " ".join(matrix.sentences)))
    yield from treatment(matrix.notices)


def rules(language: str, text: str) -> str:
    """By whose rules the button cuts a text."""
    return cut_by(language, text, f"“{ONE_A_LINE}” cuts")


def _numbers(matrix: PairMatrix, units: Units, own: str) -> Iterator[Number]:
    k = len(matrix.sentences)
    mean = margin_text(float(matrix.margin_nats.diagonal(1).mean(dtype=float)), units)
    yield Number("Margin of true successors", mean, help=MARGIN.definition)
    if matrix.adjacency is not None:
        yield _auc("AUC within the text", matrix.adjacency, ADJACENCY_AUC)
    if matrix.other_text is not None:
        meaning = f"{OTHER_TEXT_AUC} {controls_of(matrix.provenance.spec, own)}"
        yield _auc("AUC against other texts", matrix.other_text, meaning)
    if matrix.threshold is not None:
        best, at_0 = matrix.threshold.balanced_accuracy, matrix.threshold.balanced_accuracy_at_0
        yield Number(
            "Threshold that parts best",
            margin_text(matrix.threshold.at_nats, units),
            f"{share_text(best)} right, {share_text(at_0)} at 0",
            THRESHOLD,
        )
    if matrix.true_order_rank is not None:
        yield Number(
            "Rank of the order as given",
            f"{matrix.true_order_rank:,} of {math.factorial(k):,}",
            help="Among all orders of these sentences, by the sum of the margins of neighbours.",
        )


def _auc(name: str, found: Auc, definition: str) -> Number:
    pairs = f"{found.anchors} first sentences ({found.comparisons:,} comparisons)"
    meaning = f"{definition} Below: the bootstrap interval over {pairs}."
    return Number(name, f"{found.value:.2f}", f"95 %: {found.low:.2f} to {found.high:.2f}", meaning)
