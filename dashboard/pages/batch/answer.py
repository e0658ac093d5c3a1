"""What the rows come to between them, in one sentence and in a few numbers."""

import math
from collections.abc import Iterator

import numpy as np

from analysis.texts.text import counted
from analysis.types import Estimate, LabelledPairs, ScoreSummary, SummaryGroup
from analysis.types.table import PairScore, ScoredTable
from dashboard.glossary import MARGIN, PLL, Units, margin_text, share_text, signed
from dashboard.page import Look, Results
from dashboard.pages.batch.chosen import (
    bare,
    converted,
    drawn_number,
    drawn_score,
    factor,
    shown_unit,
    summary_of,
    table_of,
    unit_of,
)
from dashboard.pages.batch.words import ACCURACY, AUC, BOOTSTRAP
from dashboard.printed import large_text
from dashboard.second_head import THRESHOLD, head_words
from dashboard.sections import Number, Sentence, Strong
from dashboard.view import ViewState

_SIGNS = {"share": "%", "percent": "%", "rho": ""}
"""Of the units of a summary those that are printed with a number wherever it stands, or not at all."""


def sentence(view: ViewState, results: Results, look: Look) -> Sentence | None:
    """What the rows come to: a share of pairs, how well the margin parts them, or the mean of a number."""
    table = table_of(results)
    if table is None:
        return None
    if all(row.error for row in table.rows):
        first = table.rows[0]
        return Sentence(
            (f"None of {counted(len(table.rows), 'row')} could be read. Row {first.number}: {first.error}",)
        )
    if not table.complete:
        return _so_far(view, table)
    return _of_all(view, table, look.units)


def _of_all(view: ViewState, table: ScoredTable, units: Units) -> Sentence:
    score, summary = drawn_score(view, table), summary_of(view, table)
    if summary is None or not summary.overall.estimates:
        return _of_numbers(view, table, units)
    rates = rates_of(summary.overall)
    if score is not None and rates is not None:
        return _of_minimal_pairs(table, score, summary, rates, units)
    if summary.labelled is not None:
        return _of_labelled_pairs(summary.labelled, units)
    return _of_a_suite(table, summary, units)


def numbers(view: ViewState, table: ScoredTable, units: Units) -> Iterator[Number]:
    """The same with what goes along: both ways to count ties, intervals, how many rows could not be read."""
    score, summary = drawn_score(view, table), summary_of(view, table)
    errors = sum(bool(row.error) for row in table.rows)
    rates = None if summary is None else rates_of(summary.overall)
    if score is not None and summary is not None and rates is not None:
        yield from _of_rates(table, summary, rates, units)
    elif summary is not None and summary.labelled is not None:
        yield from _of_labels(summary.labelled, units)
    elif summary is not None and summary.overall.estimates:
        yield from _of_estimates(summary, units)
    else:
        yield from _of_column(drawn_number(view, table), table, units)
    if errors:
        yield Number("Errors", f"{errors:,}", f"of {counted(len(table.rows), 'row')}", "Rows that could not be read.")


def rates_of(group: SummaryGroup) -> tuple[Estimate, Estimate, Estimate] | None:
    """Of minimal pairs the share with ties apart, that with ties as one half, and the mean difference."""
    named = {each.name.removeprefix("accuracy_"): each for each in group.estimates}
    if not {"ties_apart", "ties_half", "difference_mean"} <= named.keys():
        return None
    return named["ties_apart"], named["ties_half"], named["difference_mean"]


def estimate_text(found: Estimate, units: Units) -> str:
    """A number of a summary with its unit; nothing to say where no item counts."""
    unit = _SIGNS.get(found.unit, shown_unit(found.unit, units))
    return f"{_bare(found, found.value, units)} {unit}".rstrip() if math.isfinite(found.value) else "–"


def interval_text(found: Estimate, units: Units) -> str:
    """Both ends of its interval; beside the number they need no unit but the percent sign."""
    ends = f"{_bare(found, found.low, units)} to {_bare(found, found.high, units)} {_SIGNS.get(found.unit, '')}"
    return ends.rstrip() if math.isfinite(found.value) else "–"


def _bare(found: Estimate, value: float, units: Units) -> str:
    if found.unit == "share":
        return share_text(value).removesuffix(" %")
    if found.unit in {"nats", "bits"}:
        return signed(value * factor(found.unit, units))
    return large_text(value)


def _so_far(view: ViewState, table: ScoredTable) -> Sentence:
    parts: tuple[str, ...] = (f"{len(table.rows):,} of {table.n_rows:,} rows so far",)
    score = drawn_score(view, table)
    if score is not None:
        difference = table.values(score.difference)
        read = int(np.isfinite(difference).sum())
        preferred = f": the head prefers the {table.sides[0]} one in "
        parts = (*parts, preferred, Strong(f"{int((difference > 0).sum())} of {read}"))
    return Sentence((*parts, "."))


def _of_minimal_pairs(
    table: ScoredTable, score: PairScore, summary: ScoreSummary, rates: tuple[Estimate, ...], units: Units
) -> Sentence:
    accuracy, _, mean = rates
    ties = f"; {counted(summary.n_ties, 'tie')} left out" if summary.n_ties else ""
    if not accuracy.n:
        came = f"All {summary.n_ties:,} pairs are ties." if summary.n_ties else "No pair has a score."
        return Sentence((came,), help=ACCURACY)
    right = round(accuracy.value * accuracy.n)
    return Sentence(
        (
            f"The head prefers the {table.sides[0]} sentence in ",
            Strong(f"{right:,} of {counted(accuracy.n, 'pair')}, {share_text(accuracy.value)}"),
            f" (95 %: {interval_text(accuracy, units)}{ties}), on average by ",
            Strong(estimate_text(mean, units)),
            f" ({interval_text(mean, units)}).",
        ),
        help=f"{score.name}: {score.says}. {ACCURACY} {BOOTSTRAP}",
    )


def _of_a_suite(table: ScoredTable, summary: ScoreSummary, units: Units) -> Sentence:
    """By the suite's own numbers, the first of which is its rule's."""
    first, title = summary.overall.estimates[0], "" if table.summary is None else table.summary.title
    return Sentence(
        (
            f"{title} over {counted(summary.n, 'item')}, {_words(first.name)}: ",
            Strong(estimate_text(first, units)),
            f" (95 %: {interval_text(first, units)}).",
        ),
        help=f"{'; '.join(f'{_words(name)}: {says}' for name, says in summary.definitions)}. {BOOTSTRAP}",
    )


def name_of(found: Estimate, units: Units) -> str:
    """What a number of a summary is called, with its unit where the number is not printed with it."""
    return _words(found.name) + ("" if found.unit in _SIGNS else f" ({shown_unit(found.unit, units)})")


def with_interval(found: Estimate, units: Units) -> str:
    """A number of a summary with both ends of its interval, as it is printed below its name in a table."""
    if not math.isfinite(found.value):
        return "–"
    sign = _SIGNS.get(found.unit, "")
    ends = interval_text(found, units).removesuffix(f" {sign}")
    return f"{f'{_bare(found, found.value, units)} {sign}'.rstrip()} ({ends})"


def _words(name: str) -> str:
    known = {"accuracy_ties_apart": "accuracy, ties apart", "accuracy_ties_half": "ties as one half"}
    return known.get(name, name.replace("_", " "))


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
    own, name, unit = values[known], bare(table, number), unit_of(number, units)
    parts: list[str] = [f"The {name} of {counted(len(known), 'row')} is "]
    if number == "margin_nats":
        says = f"{int((own > 0).sum()):,} of {counted(len(known), 'pair')}"
        parts = [f"The head says {head_words(table.meaning).yes} of ", Strong(says), "; the margin is "]
    parts += [Strong(f"{large_text(own.mean())} {unit}".rstrip()), " on average"]
    if len(known) > 1:
        ends = [
            f"{large_text(values[at])} in row {table.rows[at].number:,}"
            for at in (int(known[own.argmin()]), int(known[own.argmax()]))
        ]
        parts.append(f", from {ends[0]} to {ends[1]}")
    return Sentence((*parts, "."), help=f"{PLL.definition} {PLL.caveat}" if "pll" in number else "")


def _number(name: str, found: Estimate, units: Units, help: str = "") -> Number:
    return Number(name, estimate_text(found, units), f"95 %: {interval_text(found, units)}", help)


def _of_rates(table: ScoredTable, summary: ScoreSummary, rates: tuple[Estimate, ...], units: Units) -> Iterator[Number]:
    apart, half, mean = rates
    own = summary.overall.estimates[0]
    yield _number("Accuracy, ties apart", apart, units, ACCURACY)
    yield _number("Ties as one half", half, units, ACCURACY)
    if table.summary is not None and table.suite != "pairs":
        yield _number(f"By the rule of {table.summary.title}", own, units, table.summary.rule)
    first, second, *_ = table.sides
    yield _number(f"{first[:1].upper()}{first[1:]} minus {second}, mean", mean, units, BOOTSTRAP)
    identical = len(summary.identical_rows)
    below = f"{identical:,} identical to the model" if identical else f"of {counted(summary.n, 'pair')}"
    yield Number("Ties", f"{summary.n_ties:,}", below)


def _of_estimates(summary: ScoreSummary, units: Units) -> Iterator[Number]:
    said = dict(summary.definitions)
    for each in summary.overall.estimates:
        yield _number(_words(each.name), each, units, said.get(each.name, ""))


def _of_labels(found: LabelledPairs, units: Units) -> Iterator[Number]:
    yield Number(
        "AUC", f"{found.auc.value:.2f}", f"95 %: {found.auc.low:.2f} to {found.auc.high:.2f}", f"{AUC} {BOOTSTRAP}"
    )
    for name, each in (("Right at 0", found.accuracy_at_0), ("Right at the threshold", found.accuracy_at_threshold)):
        yield _number(name, each, units)
    best = f"{share_text(found.threshold.balanced_accuracy)} balanced"
    yield Number("Threshold that parts best", margin_text(found.threshold.at_nats, units), best, THRESHOLD)


def _of_column(number: str, table: ScoredTable, units: Units) -> Iterator[Number]:
    values, unit = converted(table.values(number), number, units), unit_of(number, units)
    values = values[np.isfinite(values)]
    for name, of in (("Mean", np.mean), ("Median", np.median), ("Standard deviation", np.std)) if len(values) else ():
        below = f"of {counted(len(values), 'row')}"
        yield Number(name, f"{large_text(float(of(values)))} {unit}".rstrip(), below)
