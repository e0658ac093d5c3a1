"""What the page Pairs shows: the matrix in a few numbers and as a map, one pair among controls, the best orders."""

import math
from collections.abc import Iterator

from analysis.limits import MAX_ORDERED
from analysis.texts.text import counted
from analysis.types import Auc, PairMatrix
from dashboard.glossary import ADJACENCY_AUC, CONTROLS, MARGIN, ORDER_HEAD, OTHER_TEXT_AUC, Units, margin_text
from dashboard.page import Look, Results
from dashboard.pages.pairs.chosen import chosen_pair
from dashboard.pages.pairs.figures import control_strip, order_table, pair_heatmap, printed_orders
from dashboard.sections import Fields, Note, Number, Numbers, Section, Table, Waiting
from dashboard.view import ViewState


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The matrix as far as it has come; its numbers when it is whole."""
    yield Waiting()
    matrix: PairMatrix | None = results.get("pairs")
    if matrix is None:
        return
    yield from (Note(each, "notice") for each in matrix.notices)
    if matrix.meaning != "next sentence":
        yield Note(ORDER_HEAD)
    if "pairs" in results.complete:
        yield Numbers(tuple(_numbers(matrix, look.units)), width=190)
        if matrix.adjacency is None:
            yield Note("How often the true successor wins (AUC) takes three sentences or more.")
    yield pair_heatmap(matrix, look.palette, look.units)
    pair = chosen_pair(view, matrix.sentences)
    yield Fields(("pair",))
    yield control_strip(matrix, *pair, look.palette, look.units)
    share = matrix.percentile(*pair)
    if share is not None:
        yield Note(
            f"This margin is larger than {share:.0%} of those with {counted(len(matrix.controls), 'control')} "
            f"(seed {matrix.seed}). {CONTROLS}"
        )
    yield pair_heatmap(matrix, look.palette, look.units, order_effect=True)
    if len(matrix.sentences) > MAX_ORDERED:
        yield Note(f"All orders are scored for up to {MAX_ORDERED} sentences.")
    if matrix.best_orders:
        title, units = "Best orders", look.units
        make, printed = (lambda: order_table(matrix, units)), (lambda: printed_orders(matrix, units))
        yield Table("best-orders", title, make, printed=printed)


def _numbers(matrix: PairMatrix, units: Units) -> Iterator[Number]:
    k = len(matrix.sentences)
    mean = margin_text(float(matrix.margin_nats.diagonal(1).mean(dtype=float)), units)
    yield Number("Margin of true successors", mean, help=MARGIN.definition)
    if matrix.adjacency is not None:
        yield _auc("AUC within the text", matrix.adjacency, ADJACENCY_AUC)
    if matrix.other_text is not None:
        yield _auc("AUC against other texts", matrix.other_text, f"{OTHER_TEXT_AUC} {CONTROLS}")
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
