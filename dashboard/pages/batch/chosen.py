"""Which rows are shown, and which of their numbers is drawn."""

from collections.abc import Mapping

import numpy as np

from analysis.types import Ints, ScoreSummary
from analysis.types.table import PairScore, ScoredTable
from dashboard.glossary import NATS_PER_BIT, Units
from dashboard.page import Results
from dashboard.view import Value, ViewState

ALL = ""
"""In the place of a group, or of a kind of rows."""
WRONG, TIES, ERRORS = "wrong", "ties", "errors"
_FIRST = ("margin_nats", "pll_nats", "candidate_logp_nats", "seen_surprisal_mean_bits")
_NAMES = {"candidate_logp_nats": "ln p of the best candidate", "pll": "PLL"}
_UNITS: tuple[Units, ...] = ("bits", "nats")


def table_of(results: Results) -> ScoredTable | None:
    """The table as far as it has come."""
    return results.get("batch")


def drawn_number(view: ViewState, table: ScoredTable) -> str:
    """The column whose numbers are drawn: the one that was chosen, else of pairs the difference, of texts the PLL."""
    names = numbers_in(table)
    chosen = view.name("number")
    return chosen if chosen in names else names[0]


def drawn_score(view: ViewState, table: ScoredTable) -> PairScore | None:
    """The score that the drawn number is of, or the first; None of rows that are no minimal pairs."""
    number = drawn_number(view, table)
    mine = [each for each in table.scores if number in (each.good, each.bad, each.difference)]
    return next(iter([*mine, *table.scores]), None)


def summary_of(view: ViewState, table: ScoredTable) -> ScoreSummary | None:
    """What the rows come to under that score, once all have come; None of plain rows."""
    if table.summary is None:
        return None
    score = drawn_score(view, table)
    return next((each for each in table.summary.scores if score is None or each.score == score.name), None)


def numbers_in(table: ScoredTable) -> list[str]:
    """The columns that hold a number, the one to look at first before the others."""
    held = [
        column.name
        for at, column in enumerate(table.columns)
        if any(isinstance(row.values[at], float | int) and not isinstance(row.values[at], bool) for row in table.rows)
        or column.name in _FIRST
    ]
    of_scores = [name for each in table.scores for name in (each.difference, each.good, each.bad)]
    rest = sorted(held, key=lambda name: "_n_" in f"_{name}")
    return list(dict.fromkeys([*of_scores, *(name for name in _FIRST if name in held), *rest])) or [
        table.columns[0].name
    ]


def numbers_of(_view: ViewState, results: Results) -> dict[Value, str]:
    """The numbers that can be drawn, by the names of their columns."""
    table = table_of(results)
    return {} if table is None else {name: said(table, name) for name in numbers_in(table)}


def groups_of(_view: ViewState, results: Results) -> dict[Value, str]:
    """The groups that rows are of, all of them first."""
    table = table_of(results)
    groups = {} if table is None else dict.fromkeys(row.group for row in table.rows if row.group)
    return {ALL: "all", **{group: group for group in groups}}


def only_of(view: ViewState, results: Results) -> dict[Value, str]:
    """Kinds of rows that there are."""
    table = table_of(results)
    if table is None:
        return {ALL: "all rows"}
    right = verdicts(table, drawn_score(view, table))
    found: dict[Value, str] = {ALL: "all rows"}
    found |= {WRONG: "wrong"} if (right < 0).any() else {}
    found |= {TIES: "ties"} if (right == 0).any() else {}
    return found | ({ERRORS: "errors"} if any(row.error for row in table.rows) else {})


def verdicts(table: ScoredTable, score: PairScore | None) -> np.ndarray:
    """Of every row 1 where the head is right, -1 where it is wrong, 0 for a tie; not a number where nobody can say."""
    if score is not None:
        return np.sign(table.values(score.difference))
    if table.kind == "labelled pair":
        side = np.array([np.nan if row.label is None else 1.0 if row.label else -1.0 for row in table.rows])
        return np.where(table.values("margin_nats") > 0, 1.0, -1.0) * side + 0 * table.values("margin_nats")
    return np.full(len(table.rows), np.nan)


def shown_rows(view: ViewState, table: ScoredTable) -> Ints:
    """The places of the rows that are shown, int32, in the table's order."""
    group, only = view.name("group"), view.name("only")
    of = np.array([not group or row.group == group for row in table.rows], bool)
    right = verdicts(table, drawn_score(view, table))
    kinds: Mapping[str, np.ndarray] = {
        WRONG: right < 0,
        TIES: right == 0,
        ERRORS: np.array([bool(row.error) for row in table.rows], bool),
    }
    return np.flatnonzero(of & kinds.get(only, np.ones(len(of), bool))).astype(np.int32)


def said(table: ScoredTable, column: str, units: Units = "usual") -> str:
    """A column's name as one reads it, its unit behind it: "good minus bad (nats)"."""
    bare, unit = _parted(column)
    words = _NAMES.get(column) or " ".join(_NAMES.get(word, word) for word in bare.split("_"))
    for score in table.scores:
        by = f", {score.name}" if len(table.scores) > 1 or column != score.difference else ""
        first, second, *_ = table.sides
        names = {score.difference: f"{first} minus {second}", score.good: first, score.bad: second}
        words = f"{names[column]}{by}" if column in names else words
    return f"{words} ({shown_unit(unit, units)})" if unit else words


def bare(table: ScoredTable, column: str) -> str:
    """The same without its unit."""
    return said(table, column).removesuffix(f" ({_parted(column)[1]})")


def unit_of(column: str, units: Units) -> str:
    """The unit of a column on screen; nothing of a pure number."""
    return shown_unit(_parted(column)[1], units)


def converted(values: np.ndarray, column: str, units: Units) -> np.ndarray:
    """A column's numbers in the unit on screen."""
    return values * factor(_parted(column)[1], units)


def shown_unit(unit: str, units: Units) -> str:
    """What stands on screen for a unit: only bits and nats can be chosen."""
    return unit if units == "usual" or unit not in _UNITS else units


def factor(unit: str, units: Units) -> float:
    """What a number in a unit is multiplied by to be in the one on screen."""
    shown = shown_unit(unit, units)
    return 1.0 if shown == unit else NATS_PER_BIT if shown == "nats" else 1 / NATS_PER_BIT


def _parted(column: str) -> tuple[str, str]:
    bare, _, unit = column.rpartition("_")
    return (bare, unit) if bare and unit in _UNITS else (column, "")
