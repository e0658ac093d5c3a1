"""What the page Batch shows: the rows as points, what they come to, the rows themselves."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.types import Ints, ScoreSummary
from analysis.types.table import Cell, ScoredTable
from dashboard.glossary import Units
from dashboard.page import Look, Results
from dashboard.pages.batch.answer import name_of, numbers, sentence, with_interval
from dashboard.pages.batch.chosen import (
    drawn_number,
    drawn_score,
    groups_of,
    numbers_in,
    numbers_of,
    only_of,
    shown_rows,
    summary_of,
    table_of,
)
from dashboard.pages.batch.figures import by_group, distribution
from dashboard.pages.batch.marks import Marks
from dashboard.pages.batch.parted import good_against_bad, roc
from dashboard.pages.batch.words import ACCURACY, BOOTSTRAP
from dashboard.sections import Act, Beside, Fields, Note, Numbers, Section, Sentence, Table, Waiting
from dashboard.view import ViewState

_NUMBER_PIXELS = 190
_SEVERAL = 2
OPENS = {
    "text": "Tokens",
    "candidates": "Fill",
    "pair": "Next sentence",
    "labelled pair": "Next sentence",
    "minimal pairs": "Compare",
}
"""The page on which a row is looked at by itself."""


def answer(view: ViewState, results: Results, look: Look) -> Sentence | None:
    """What all of the rows come to."""
    return sentence(view, results, look)


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The figures of the rows that are chosen; what all of them come to when they have come."""
    table = table_of(results)
    if table is None:
        yield Waiting()
        return
    rows, number = shown_rows(view, table), drawn_number(view, table)
    choices = {"number": numbers_of, "group": groups_of, "only": only_of}
    fields = [name for name, among in choices.items() if len(among(view, results)) >= _SEVERAL]
    if fields:
        yield Beside(tuple((Fields((name,)),) for name in fields))
    yield Waiting()
    drawn = np.isfinite(table.values(number)[rows]).any()
    if drawn:
        yield by_group(table, drawn_score(view, table), rows, number, look.palette, look.units)
    if len(rows) < len(table.rows):
        yield Note(f"{len(rows):,} of {len(table.rows):,} rows are chosen, for the figures and below.")
    yield Note(table.taken_for)
    if table.complete:
        yield Numbers(tuple(numbers(view, table, look.units)), width=_NUMBER_PIXELS)
    if drawn:
        yield _beside(view, table, rows, number, look)
    yield from _by_group(view, table, look.units)
    yield Table(
        "rows",
        "Rows",
        lambda: whole_table(view, table, rows, look),
        note=f"Choose a row to open it on {OPENS[table.kind]}; a click on the head of a column sorts them.",
        clicks="open",
    )
    yield Act("open")
    yield Table("columns", "What the columns are", lambda: _columns(table), folded=True)


def _beside(view: ViewState, table: ScoredTable, rows: Ints, number: str, look: Look) -> Section:
    """The two figures that explain the first."""
    score, summary = drawn_score(view, table), summary_of(view, table)
    first: tuple[Section, ...] = ()
    # A score may be of some of the rows only, and the number that is drawn of others.
    if score is not None and np.isfinite(table.values(score.difference)[rows]).any():
        first = (good_against_bad(table, score, rows, look.palette, look.units),)
    elif summary is not None and summary.labelled is not None:
        first = (roc(table, summary.labelled, look.palette, look.units),)
    second = (distribution(table, rows, number, look.palette, look.units),)
    return Beside((first, second) if first else (second,))


def _by_group(view: ViewState, table: ScoredTable, units: Units) -> Iterator[Section]:
    summary = summary_of(view, table)
    if summary is None or len(summary.groups) < _SEVERAL:
        return
    yield Table(
        "groups",
        "By group",
        lambda: groups_table(summary),
        help=f"{ACCURACY} {BOOTSTRAP}",
        printed=lambda: printed_groups(summary, units, plain_pairs=table.suite == "pairs"),
    )


def whole_table(view: ViewState, table: ScoredTable, rows: Ints, look: Look) -> pd.DataFrame:
    """The rows with everything that they came to, under the names of its columns, and why some did not."""
    frame = Marks.made(table, drawn_score(view, table), look.palette).listed(rows, (), look.units)
    mine = [table.rows[row] for row in rows.tolist()]
    at = {column.name: number for number, column in enumerate(table.columns)}
    first = [name for name in numbers_in(table) if name in at]
    for name in dict.fromkeys([*first, *at]):
        if any(row.values[at[name]] is not None for row in table.rows):
            frame[name] = [_printed(row.values[at[name]]) for row in mine]
    if any(row.error for row in table.rows):
        frame["error"] = [row.error for row in mine]
    return frame


def _printed(cell: Cell) -> object:
    """A cell as one value: several are parted by bars."""
    if not isinstance(cell, tuple):
        return cell
    return " | ".join(f"{each:.6g}" if isinstance(each, float) else "" if each is None else str(each) for each in cell)


def groups_table(summary: ScoreSummary) -> pd.DataFrame:
    """One row per group, all rows first: how many, and every number of the summary with its interval."""
    rows = []
    for group in summary.groups:
        row: dict[str, object] = {"column": group.by, "group": group.group or "all rows", "items": group.n}
        for each in group.estimates:
            name = f"{each.name.replace('_', ' ')} ({each.unit})"
            row |= {name: each.value, f"{name}, 2.5 %": each.low, f"{name}, 97.5 %": each.high}
        rows.append(row)
    return pd.DataFrame(rows)


def printed_groups(summary: ScoreSummary, units: Units, *, plain_pairs: bool) -> pd.DataFrame:
    """The same as it stands on the page, each interval behind its number."""
    rows = []
    for group in summary.groups:
        row = {"group": group.group or "all rows", "items": f"{group.n:,}"}
        # The rule of plain pairs is the accuracy with ties apart.
        said = {name_of(each, units): with_interval(each, units) for each in group.estimates}
        row |= {name: each for name, each in said.items() if name != "accuracy" or not plain_pairs}
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def _columns(table: ScoredTable) -> pd.DataFrame:
    columns = table.columns
    return pd.DataFrame(
        {
            "column": [each.name for each in columns],
            "is": [each.says for each in columns],
            "source": [each.source for each in columns],
        }
    )
