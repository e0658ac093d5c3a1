"""A table as one question: its rows in packs by position, what they come to, and what it was taken for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import pyarrow as pa

from analysis import export
from analysis.batch.costs import inputs_of
from analysis.batch.measures import MEASURES
from analysis.batch.pasted import Pasted, Sides, pasted
from analysis.batch.recipe import Column, Settings
from analysis.batch.requests import Answers
from analysis.batch.scorer import ERROR, ROW, Scorer
from analysis.batch.suites import suite_of
from analysis.batch.summary import summarise
from analysis.choices import BY_COLUMNS, MASKINGS, PLAIN_ROWS, chosen, several
from analysis.errors import InputError, quoted
from analysis.limits import PACK_ROWS
from analysis.models.estimate import Estimate, estimate_passes
from analysis.questions import Table
from analysis.task import WHOLE, Models, Task
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
    for measure in several("measures", question.measures):
        if measure not in MEASURES:
            # A task's whole answer as a measure is one piece of work, however long it takes.
            raise InputError(
                f"The measure '{quoted(str(measure))}' came: choose among {', '.join(MEASURES)}; "
                "python -m analysis batch has more."
            )
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


class Chunk(NamedTuple):
    """Rows from the first to the last + 1; of one row that is a long work by itself, the ``stretch`` of so many."""

    first: int
    last: int
    stretch: int = 0
    of: int = 1
    tokens: int = 0


Part = pa.RecordBatch | Answers
"""Scored rows; or what a stretch of a long row, which is not its last one, has read for it."""


def _chunks(models: Models, plan: TablePlan, tokens: int) -> list[Chunk]:
    """Packs cut by position: of about so many tensors, and no more rows than a pack has; long rows in stretches."""
    if tokens >= WHOLE:
        edges = [*range(0, len(plan.table.rows), PACK_ROWS), len(plan.table.rows)]
        return [Chunk(*pair) for pair in pairwise(edges)]
    chunks: list[Chunk] = []
    first, sum_ = 0, 0
    costs = Scorer(plan.settings, models).costs(plan.table.rows)
    for at, own in enumerate(costs):
        cost = sum(own)
        if at > first and (sum_ + cost > tokens or at - first == PACK_ROWS):
            chunks.append(Chunk(first, at))
            first, sum_ = at, 0
        sum_ += cost
        if at == first and cost > tokens:
            count = _stretches(own, tokens)
            chunks += [Chunk(at, at + 1, number, count, tokens) for number in range(count)]
            first, sum_ = at + 1, 0
    return chunks if first == len(costs) else [*chunks, Chunk(first, len(costs))]


def _stretches(costs: Sequence[int], tokens: int) -> int:
    """How many stretches of so many tokens, or of one request, some requests are."""
    count, room = 0, -1
    for cost in costs:
        if not count or cost > room:
            count, room = count + 1, tokens
        room -= cost
    return count


def _read(models: Models, plan: TablePlan, chunk: Chunk, before: Callable[[], Sequence[Part]]) -> Part:
    """The rows of a pack, scored; of a long row the next answers of the model, and at its end the row."""
    rows, scorer = plan.table.rows.slice(chunk.first, chunk.last - chunk.first), Scorer(plan.settings, models)
    come: Answers = {}
    if chunk.stretch:
        parts = before()
        for part in parts[len(parts) - chunk.stretch :]:
            come |= part
    if chunk.stretch + 1 < chunk.of:
        return scorer.ahead(rows, come, chunk.tokens)
    return scorer.both(rows, known=come)[0]


def _assemble(models: Models, plan: TablePlan, parts: Sequence[Part]) -> ScoredTable | None:
    batches = [part for part in parts if isinstance(part, pa.RecordBatch)]
    scored = [row for batch in batches for row in batch.to_pylist()]
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
        summary=summarise(batches, plan.settings) if complete and table.suite is not None else None,
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
    rests=True,
)
