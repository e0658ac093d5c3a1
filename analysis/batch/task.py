"""A table as one question: its rows in packs by position, what they come to, and what it was taken for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from analysis import export
from analysis.batch.costs import cost_of, inputs_of
from analysis.batch.pasted import Pasted, Sides, pasted
from analysis.batch.recipe import Column, Settings
from analysis.batch.scorer import ERROR, ROW, Scorer
from analysis.batch.suites import suite_of
from analysis.batch.summary import summarise
from analysis.choices import BY_COLUMNS, MASKINGS, PLAIN_ROWS, chosen, several
from analysis.errors import InputError, quoted
from analysis.limits import PACK_ROWS
from analysis.models.estimate import Estimate, estimate_passes
from analysis.questions import Table
from analysis.task import Models, Task
from analysis.types.table import PairScore, ScoredTable, TableColumn, TableKind, TableRow

_CHARS_A_TOKEN = 4
_OF_KIND: dict[TableKind, tuple[str, ...]] = {"text": ("pll",), "pair": ("nsp",), "candidates": ("candidates",)}
"""What plain rows are measured by where nobody says."""
_FOLLOWS = "follows"


@dataclass(frozen=True)
class TablePlan:
    """The rows of a table, and how they are scored."""

    table: Pasted
    settings: Settings
    columns: tuple[Column, ...]

    @cached_property
    def tokens(self) -> tuple[tuple[int, ...], ...]:
        """Of every row the tokens of each of its inputs, guessed from their characters."""
        joined = self.settings.suite is None or self.table.kind == "labelled pair"
        return tuple(
            tuple(2 + length // _CHARS_A_TOKEN for length in ([sum(own)] if joined else own))
            for own in ([len(text) for text in sides] for sides in self.table.sides)
        )


def _plan(models: Models, question: Table) -> TablePlan:
    (bundle,) = models
    masking = chosen("masking", question.masking, MASKINGS)
    measures, scores = several("measures", question.measures), several("scores", question.scores)
    if measures and question.suite not in {BY_COLUMNS, PLAIN_ROWS}:
        raise InputError(
            f"Measures came for the suite '{quoted(question.suite)}', and they are of plain rows: leave one out."
        )
    suite = PLAIN_ROWS if measures else question.suite
    table = pasted(question.table, suite, _said(question.columns))
    if scores and table.suite is None:
        raise InputError("Scores came, and they are of minimal pairs and suites; these rows are plain: leave them out.")
    settings = Settings(
        models=(bundle.spec,),
        measures=measures or _OF_KIND.get(table.kind, ("pll",)),
        suite=table.suite,
        scores=scores,
        columns=table.columns,
        maskings=(masking,),
    )
    scorer = Scorer(settings, models)
    scorer.require()
    return TablePlan(table, settings, scorer.columns())


def _said(columns: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Which column is what, as somebody said it; whether there are such columns is the layout's to say."""
    for each in several("columns", columns):
        if "=" not in each:
            raise InputError(
                f"'{quoted(each)}' came for a column: write its meaning and its name, as in text_a=premise."
            )
    return tuple((meaning, column) for meaning, _, column in (each.partition("=") for each in columns))


def _chunks(_models: Models, plan: TablePlan, tokens: int) -> list[tuple[int, int]]:
    """Packs cut by position: of about so many tensors, and no more rows than a pack has."""
    packs, first, sum_ = [], 0, 0
    for at, own in enumerate(plan.tokens):
        cost = sum(cost_of(n, plan.settings) for n in own)
        if at > first and (sum_ + cost > tokens or at - first == PACK_ROWS):
            packs.append((first, at))
            first, sum_ = at, 0
        sum_ += cost
    return [*packs, (first, len(plan.tokens))]


def _read(models: Models, plan: TablePlan, chunk: tuple[int, int]) -> pa.RecordBatch:
    """The rows of a pack, scored."""
    first, last = chunk
    return Scorer(plan.settings, models)(plan.table.rows.slice(first, last - first))


def _assemble(models: Models, plan: TablePlan, parts: Sequence[pa.RecordBatch]) -> ScoredTable | None:
    scored = [row for part in parts for row in part.to_pylist()]
    if not scored:
        return None
    table, complete = plan.table, len(scored) == len(plan.table.rows)
    return ScoredTable(
        kind=table.kind,
        taken_for=table.taken_for,
        suite=table.suite,
        sides=table.names,
        n_rows=len(table.rows),
        columns=tuple(TableColumn(each.name, each.says, each.source) for each in plan.columns),
        scores=_scores(plan),
        rows=tuple(
            _row(plan, row, sides, group) for row, sides, group in zip(scored, table.sides, table.groups, strict=False)
        ),
        summary=summarise(parts, plan.settings) if complete and table.suite is not None else None,
        masking=plan.settings.masking,
        meaning=models[0].nsp_meaning,
        provenance=models[0].provenance(),
    )


def _row(plan: TablePlan, scored: dict[str, Any], sides: Sides, group: str) -> TableRow:
    values = (scored[column.name] for column in plan.columns)
    return TableRow(
        number=scored[ROW],
        texts=sides,
        values=tuple(tuple(value) if isinstance(value, list) else value for value in values),
        group=group,
        label=scored.get(_FOLLOWS) if plan.table.kind == "labelled pair" else None,
        error=scored[ERROR] or "",
    )


def _scores(plan: TablePlan) -> tuple[PairScore, ...]:
    """The scores of rows that put two sides beside each other."""
    if plan.settings.suite is None or plan.table.kind != "minimal pairs":
        return ()
    suite = suite_of(plan.settings.suite)
    first, second, *_ = suite.sides
    return tuple(
        PairScore(
            name=each.name,
            says=each.says,
            good=f"{first}_{each.column}",
            bad=f"{second}_{each.column}",
            difference=f"difference_{each.column}",
        )
        for each in suite.asked(plan.settings)
    )


def _estimate(models: Models, plan: TablePlan) -> Estimate:
    """As if no two rows were equal, by the number of their characters."""
    inputs = [n for own in plan.tokens for n in own]
    by_length = {n: estimate_passes(models[0], n, inputs_of(n, plan.settings)) for n in set(inputs)}
    each = [by_length[n] for n in inputs]
    return Estimate(sum(one.passes for one in each), sum(one.tokens for one in each), sum(one.seconds for one in each))


TABLE = Task(
    plan=_plan,
    chunks=_chunks,
    read=_read,
    assemble=_assemble,
    export=export.scored_table,
    unit="rows",
    size=lambda plan: len(plan.table.rows),
    estimate=_estimate,
)
