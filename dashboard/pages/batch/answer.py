"""What the rows come to between them, in one sentence and in a few numbers."""

from collections.abc import Iterator

import numpy as np

from analysis.texts.text import counted
from analysis.types import Estimate, LabelledPairs, ScoreSummary
from analysis.types.table import PairScore, ScoredTable
from dashboard.glossary import MARGIN, PLL, Units, margin_text, share_text, signed
from dashboard.page import Look, Results
from dashboard.pages.batch.chosen import converted, drawn_number, drawn_score, said, summary_of, table_of, unit_of
from dashboard.pages.batch.words import ACCURACY, AUC, BOOTSTRAP, RATES
from dashboard.second_head import THRESHOLD, head_words
from dashboard.sections import Number, Sentence, Strong
from dashboard.view import ViewState


def sentence(view: ViewState, results: Results, look: Look) -> Sentence | None:
    """What the rows come to: a share of pairs, how well the margin parts them, or the mean of a number."""
    table = table_of(results)
    if table is None:
        return None
    if all(row.error for row in table.rows):
        return Sentence((f"None of {counted(len(table.rows), 'row')} could be read: each says why.",))
    if not table.complete:
        return _so_far(view, table)
    score, summary = drawn_score(view, table), summary_of(view, table)
    if score is not None and summary is not None:
        return _of_minimal_pairs(score, summary, look.units)
    if summary is not None and summary.labelled is not None:
        return _of_labelled_pairs(summary.labelled, look.units)
    return _of_numbers(view, table, look.units)


def numbers(view: ViewState, table: ScoredTable, units: Units) -> Iterator[Number]:
    """The same with what goes along: both ways to count ties, intervals, how many rows could not be read."""
    score, summary = drawn_score(view, table), summary_of(view, table)
    errors = sum(bool(row.error) for row in table.rows)
    if score is not None and summary is not None:
        yield from _of_rates(score, summary, units)
    elif summary is not None and summary.labelled is not None:
        yield from _of_labels(summary.labelled, units)
    else:
        yield from _of_column(drawn_number(view, table), table, units)
    if errors:
        yield Number("Errors", f"{errors:,}", f"of {counted(len(table.rows), 'row')}", "Rows that could not be read.")


def shares(found: Estimate) -> str:
    """Both ends of a share's interval."""
    return f"{share_text(found.low)} to {share_text(found.high)}" if found.n else "–"


def difference_text(score: PairScore, value: float, units: Units) -> str:
    """A difference of two scores with its sign and unit."""
    return f"{_difference(score, value, units)} {unit_of(score.difference, units)}".rstrip()


def _difference(score: PairScore, value: float, units: Units) -> str:
    return signed(float(converted(np.array(value), score.difference, units)))


def _so_far(view: ViewState, table: ScoredTable) -> Sentence:
    parts: tuple[str, ...] = (f"{len(table.rows):,} of {table.n_rows:,} rows so far",)
    score = drawn_score(view, table)
    if score is not None:
        difference = table.values(score.difference)
        read = int(np.isfinite(difference).sum())
        parts = (*parts, ": the head prefers the good sentence in ", Strong(f"{int((difference > 0).sum())} of {read}"))
    return Sentence((*parts, "."))


def _of_minimal_pairs(score: PairScore, summary: ScoreSummary, units: Units) -> Sentence:
    accuracy, mean = (summary.overall[name] for name in (RATES[0], RATES[2]))
    ties = f"; {counted(summary.n_ties, 'tie')} left out" if summary.n_ties else ""
    if not accuracy.n:
        return Sentence((f"All of {counted(summary.n, 'pair')} are ties.",), help=ACCURACY)
    right = round(accuracy.value * accuracy.n)
    return Sentence(
        (
            "The head prefers the good sentence in ",
            Strong(f"{right:,} of {counted(accuracy.n, 'pair')}, {share_text(accuracy.value)}"),
            f" (95 %: {shares(accuracy)}{ties}), on average by ",
            Strong(difference_text(score, mean.value, units)),
            f" ({_difference(score, mean.low, units)} to {_difference(score, mean.high, units)}).",
        ),
        help=f"{score.name}: {score.says} {ACCURACY} {BOOTSTRAP}",
    )


def _of_labelled_pairs(found: LabelledPairs, units: Units) -> Sentence:
    pairs = counted(found.n_true + found.n_others, "pair")
    return Sentence(
        (
            "The margin parts pairs that follow from those that don't with an AUC of ",
            Strong(f"{found.auc.value:.2f}"),
            f" (95 %: {found.auc.low:.2f} to {found.auc.high:.2f}, {pairs}); at 0 it is right of ",
            Strong(share_text(found.accuracy_at_0.value)),
            f", at {margin_text(found.threshold.at_nats, units)}, its best threshold here, of "
            f"{share_text(found.accuracy_at_threshold.value)}.",
        ),
        help=f"{MARGIN.definition} {AUC} {THRESHOLD} {BOOTSTRAP}",
    )


def _of_numbers(view: ViewState, table: ScoredTable, units: Units) -> Sentence:
    number = drawn_number(view, table)
    values = converted(table.values(number), number, units)
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return Sentence((f"{counted(len(table.rows), 'row')} came, and none has a number to draw.",))
    own, name, unit = values[known], said(number).partition(" (")[0], unit_of(number, units)
    parts: list[str] = [f"The {name} of {counted(len(known), 'row')} is "]
    if number == "margin_nats":
        says = f"{int((own > 0).sum()):,} of {counted(len(known), 'pair')}"
        parts = [f"The head says {head_words(table.meaning).yes} of ", Strong(says), "; the margin is "]
    parts += [Strong(f"{plain_number(own.mean())} {unit}".rstrip()), " on average"]
    if len(known) > 1:
        ends = [
            f"{plain_number(values[at])} in row {table.rows[at].number:,}"
            for at in (int(known[own.argmin()]), int(known[own.argmax()]))
        ]
        parts.append(f", from {ends[0]} to {ends[1]}")
    return Sentence((*parts, "."), help=f"{PLL.definition} {PLL.caveat}" if "pll" in number else "")


def plain_number(value: float) -> str:
    """Two decimals and a real minus."""
    return f"{value:,.2f}".replace("-", "−")


def _of_rates(score: PairScore, summary: ScoreSummary, units: Units) -> Iterator[Number]:
    apart, half, mean = (summary.overall[name] for name in RATES)
    yield Number(
        "Accuracy, ties apart", share_text(apart.value) if apart.n else "–", f"95 %: {shares(apart)}", ACCURACY
    )
    yield Number("Ties as one half", share_text(half.value), f"95 %: {shares(half)}", ACCURACY)
    ends = f"{_difference(score, mean.low, units)} to {_difference(score, mean.high, units)}"
    yield Number("Good minus bad, mean", difference_text(score, mean.value, units), f"95 %: {ends}", BOOTSTRAP)
    identical = len(summary.identical_rows)
    below = f"{identical:,} identical to the model" if identical else f"of {counted(summary.n, 'pair')}"
    yield Number("Ties", f"{summary.n_ties:,}", below)


def _of_labels(found: LabelledPairs, units: Units) -> Iterator[Number]:
    yield Number(
        "AUC", f"{found.auc.value:.2f}", f"95 %: {found.auc.low:.2f} to {found.auc.high:.2f}", f"{AUC} {BOOTSTRAP}"
    )
    for name, each in (("Right at 0", found.accuracy_at_0), ("Right at the threshold", found.accuracy_at_threshold)):
        yield Number(name, share_text(each.value), f"95 %: {shares(each)}")
    best = f"{share_text(found.threshold.balanced_accuracy)} balanced"
    yield Number("Threshold that parts best", margin_text(found.threshold.at_nats, units), best, THRESHOLD)


def _of_column(number: str, table: ScoredTable, units: Units) -> Iterator[Number]:
    values, unit = converted(table.values(number), number, units), unit_of(number, units)
    values = values[np.isfinite(values)]
    for name, of in (("Mean", np.mean), ("Median", np.median), ("Standard deviation", np.std)) if len(values) else ():
        below = f"of {counted(len(values), 'row')}"
        yield Number(name, f"{plain_number(float(of(values)))} {unit}".rstrip(), below)
