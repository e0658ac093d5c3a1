"""The numbers of suites whose items have one side that should win: shares with ties counted, apart and as one half."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analysis.batch.bootstrap import Array, Counts, drawn_counts, drawn_means, interval
from analysis.batch.kept import Codes, among
from analysis.batch.suites.suite import Reported, Rule, View
from analysis.types import Estimate, SummaryGroup

_WON, _LOST, _TIE = range(3)
_OUTCOMES = 3
Known = npt.NDArray[np.bool_]


def estimate(name: str, unit: str, value: float, samples: Array, n: int) -> Estimate:
    """A number with the interval of its resamples."""
    return Estimate(name, unit, float(value), *interval(samples), n)


def share(name: str, yes: Known, seed: int) -> Estimate:
    """The share of items [n] of which something is true; not a number of none."""
    n, n_yes = len(yes), int(yes.sum())
    drawn = drawn_counts(np.array([[n_yes, n - n_yes]]), seed)[:, 0, 0]
    return estimate(name, "share", n_yes / (n or np.nan), drawn / (n or np.nan), n)


def shares(rule: Rule, difference: Array, seed: int) -> list[Estimate]:
    """By the rule, ties apart, ties as one half, of differences [n] of which 0 is a tie."""
    counts = counted(np.zeros(len(difference), np.intp), _outcomes(difference, difference == 0), 1, _OUTCOMES)
    return _shares(rule, counts[0], drawn_counts(counts, seed)[:, 0])


def parted(view: View, known: Known) -> list[tuple[str, Codes, tuple[str, ...]]]:
    """(column, codes, names) of the items with a score: all of them as one group, then by each column of the suite."""
    found = [("", np.zeros(int(known.sum()), np.intp), ("",))]
    for by in view.suite.groups:
        codes, names = among(*view.group(by), known)
        if names:
            found.append((by, codes, names))
    return found


def pair_report(view: View) -> Reported:
    """Shares of the items whose first side wins, by the suite's rule and with its ties told apart."""
    rule, difference = view.suite.rule, view.difference
    known = np.isfinite(difference)
    difference, ties = difference[known], view.ties[known]
    outcomes = _outcomes(difference, ties)
    groups: list[SummaryGroup] = []
    over: Estimate | None = None
    for by, codes, names in parted(view, known):
        counts = counted(codes, outcomes, len(names), _OUTCOMES)
        drawn = drawn_counts(counts, view.seed)
        for number, name in enumerate(names):
            own = difference[codes == number]
            mean = own.mean() if len(own) else np.nan
            shares = _shares(rule, counts[number], drawn[:, number])
            beside = estimate("difference_mean", view.unit, mean, drawn_means(own, view.seed), len(own))
            groups.append(SummaryGroup(by, name, len(own), (*shares, beside)))
        if by == rule.mean_over and by:
            over = _mean_over(rule, names, counts, drawn)
    if over is not None:
        groups[0] = SummaryGroup("", "", groups[0].n, (*groups[0].estimates, over))
    return Reported(tuple(groups), definitions(view), known)


def definitions(view: View) -> tuple[tuple[str, str], ...]:
    """What the names of ``pair_report`` mean."""
    rule, (first, *others) = view.suite.rule, view.suite.sides
    won = f"items with {view.scores[0].name} of {first} above that of {' and '.join(others[: view.suite.rivals])}"
    found = [
        (rule.name, rule.says),
        (f"{rule.name}_ties_apart", f"share of {won}, among those without a tie"),
        (f"{rule.name}_ties_half", f"share of {won}, a tie as one half"),
        ("difference_mean", f"mean of {first} minus its rival"),
    ]
    if rule.mean_over:
        found.append((over_name(rule), f"mean of {rule.name} over the values of {rule.mean_over}"))
    return tuple(found)


def over_name(rule: Rule) -> str:
    """Of a mean over groups."""
    return f"{rule.name}_mean_of_{rule.mean_over.lower()}"


def counted(codes: Codes, outcomes: Codes, n_groups: int, n_outcomes: int) -> Counts:
    """[G, C]: how many items of each group come to each outcome."""
    own = codes >= 0
    cells = codes[own] * n_outcomes + outcomes[own]
    return np.bincount(cells, minlength=n_groups * n_outcomes).reshape(n_groups, n_outcomes)


def _outcomes(difference: Array, ties: Known) -> Codes:
    return np.where(ties, _TIE, np.where(difference > 0, _WON, _LOST))


def _shares(rule: Rule, counts: Counts, drawn: Counts) -> list[Estimate]:
    """By the rule, ties apart, ties as one half, of counts [C] and of those of resamples [R, C]."""
    n, n_ties = int(counts.sum()), int(counts[_TIE])
    ways: Sequence[tuple[str, float | None]] = (("", rule.tie), ("_ties_apart", None), ("_ties_half", 0.5))
    return [
        estimate(
            f"{rule.name}{end}",
            rule.unit,
            rule.scale * float(_share(counts, tie)),
            rule.scale * _share(drawn, tie),
            n - n_ties if tie is None else n,
        )
        for end, tie in ways
    ]


def _share(counts: Counts, tie: float | None) -> Array:
    """[...]: the share of [..., C] that is won; not a number where nothing counts."""
    won, lost, ties = (counts[..., each].astype(np.float64) for each in (_WON, _LOST, _TIE))
    total = won + lost if tie is None else won + lost + ties
    return (won + (tie or 0) * ties) / np.where(total > 0, total, np.nan)


def _mean_over(rule: Rule, names: Sequence[str], counts: Counts, drawn: Counts) -> Estimate:
    weights = np.full(len(names), 1 / len(names)) if rule.weights is None else rule.weights(names)
    value = rule.scale * float(_share(counts, rule.tie) @ weights)
    return estimate(over_name(rule), rule.unit, value, rule.scale * _share(drawn, rule.tie) @ weights, len(names))
