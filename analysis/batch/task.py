"""A table as one question: its rows in packs by position, what they come to, and what it was taken for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from analysis import export
from analysis.batch import stand_in
from analysis.batch.measures import MEASURES
from analysis.batch.recipe import Settings
from analysis.batch.scorer import ERROR, ROW, Scorer
from analysis.choices import BY_COLUMNS, MASKINGS, PLAIN_ROWS, chosen, several
from analysis.errors import InputError, quoted
from analysis.limits import MAX_PASTED_BYTES, MAX_PASTED_ROWS, PACK_ROWS, PASTED_TOO_MUCH
from analysis.models.estimate import Estimate, estimate_passes
from analysis.questions import Table
from analysis.task import Models, Task
from analysis.types.table import PairScore, ScoredTable, TableColumn, TableKind, TableRow

_CHARS_A_TOKEN = 4
_OF_KIND: Mapping[TableKind, tuple[str, ...]] = {
    "text": ("pll",),
    "pair": ("nsp",),
    "labelled pair": ("nsp",),
    "candidates": ("candidates",),
}
"""What plain rows are scored by where nobody says."""
_TEXTS: Mapping[TableKind, tuple[str, ...]] = {
    "text": ("text",),
    "pair": ("text_a", "text_b"),
    "labelled pair": ("text_a", "text_b"),
    "minimal pairs": ("sentence_good", "sentence_bad"),
    "candidates": ("text",),
}
_YES, _NO = {"1", "true", "yes", "isnext", "entailment"}, {"0", "false", "no", "notnext", "not_entailment"}


@dataclass(frozen=True, slots=True, eq=False)
class TablePlan:
    """The rows of a table, what they were taken for, and how they are scored; ``tokens`` [N] of a row are a guess."""

    kind: TableKind
    taken_for: str
    meanings: Mapping[str, str]
    batch: pa.RecordBatch
    settings: Settings
    columns: tuple[TableColumn, ...]
    tokens: tuple[int, ...]
    hides: bool


def _plan(models: Models, question: Table) -> TablePlan:
    (bundle,) = models
    batch = _batch_of(question.table)
    said = _said(question.columns, batch.schema.names)
    kind, meanings, taken_for = stand_in.layout_of(
        [name for name in batch.schema.names if name not in {ROW, ERROR}], said
    )
    settings = _settings(bundle.spec, question, kind, meanings)
    scorer = _scorer(settings, models)
    scorer.require()
    texts = [column for meaning, column in meanings.items() if meaning in _TEXTS[kind]]
    lengths = [sum(len(row[name] or "") for name in texts) for row in batch.select(texts).to_pylist()]
    return TablePlan(
        kind=kind,
        taken_for=taken_for,
        meanings=meanings,
        batch=batch,
        settings=settings,
        columns=tuple(TableColumn(each.name, each.says, each.source) for each in scorer.columns()),
        tokens=tuple(2 + length // _CHARS_A_TOKEN for length in lengths),
        hides=settings.suite == "pairs" or "pll" in settings.measures,
    )


def _batch_of(text: str) -> pa.RecordBatch:
    """The rows of a table as text; InputError if there is none, or more than are read at once."""
    if not text.strip():
        came = "empty" if not text else "only white space"
        raise InputError(f"The table is {came}: paste rows, such as a text a line.")
    if len(text.encode(errors="replace")) > MAX_PASTED_BYTES:
        raise InputError(f"The table holds {PASTED_TOO_MUCH}.")
    batch = stand_in.batch_of(text)
    if len(batch) > MAX_PASTED_ROWS:
        raise InputError(
            f"The table has {len(batch):,} rows, and {MAX_PASTED_ROWS:,} at most are read at once: save it as a file "
            "and run python -m analysis batch FILE -o OUT.parquet."
        )
    return batch


def _said(columns: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Which column is what, as somebody said it."""
    said = {}
    for each in several("columns", columns):
        meaning, _, column = each.partition("=")
        if meaning not in stand_in.MEANINGS or column not in names:
            raise InputError(
                f"'{quoted(each)}' came for a column: write a meaning ({', '.join(stand_in.MEANINGS)}) and one of the "
                f"table's columns, {', '.join(names[1:-1])}, as in text_a=premise."
            )
        said[meaning] = column
    return said


def _settings(spec: str, question: Table, kind: TableKind, meanings: Mapping[str, str]) -> Settings:
    masking = chosen("masking", question.masking, MASKINGS)
    measures, scores = several("measures", question.measures), several("scores", question.scores)
    suite = (
        {"minimal pairs": "pairs", "labelled pair": "nsp"}.get(kind) if question.suite == BY_COLUMNS else question.suite
    )
    suite = None if suite == PLAIN_ROWS or measures else suite
    if suite not in {None, "pairs", "nsp"}:
        raise InputError(f"The suite '{quoted(question.suite)}' came: choose {BY_COLUMNS}, {PLAIN_ROWS}, pairs or nsp.")
    for each in measures:
        chosen("measure", each, tuple(MEASURES))
    if scores:
        raise InputError("Scores came, and these rows have measures: leave them out.")
    columns = tuple(meanings.items())
    return Settings((spec,), None, measures or _OF_KIND.get(kind, ("pll",)), suite, scores, columns, masking)


def _scorer(settings: Settings, models: Models) -> Scorer:
    scorer = Scorer(settings, models)
    if settings.suite is not None:
        scorer.__dict__["recipes"] = stand_in.recipes(settings.suite, settings)
    return scorer


def _costs(plan: TablePlan) -> list[int]:
    """Tensors of each row's passes, about."""
    return [each * each if plan.hides else each for each in plan.tokens]


def _chunks(_models: Models, plan: TablePlan, tokens: int) -> list[tuple[int, int]]:
    """Packs cut by position: of so many tensors, about, and no more rows than a pack has."""
    packs, first, sum_ = [], 0, 0
    for at, cost in enumerate(_costs(plan)):
        if at > first and (sum_ + cost > tokens or at - first == PACK_ROWS):
            packs.append((first, at))
            first, sum_ = at, 0
        sum_ += cost
    return [*packs, (first, len(plan.tokens))]


def _read(models: Models, plan: TablePlan, chunk: tuple[int, int]) -> tuple[TableRow, ...]:
    """The rows of a pack."""
    first, last = chunk
    scored = _scorer(plan.settings, models)(plan.batch.slice(first, last - first))
    given = plan.batch.slice(first, last - first).to_pylist()
    return tuple(_row(plan, mine, own) for mine, own in zip(scored.to_pylist(), given, strict=True))


def _row(plan: TablePlan, scored: Mapping[str, Any], given: Mapping[str, Any]) -> TableRow:
    def cell(meaning: str) -> str:
        return str(given.get(plan.meanings.get(meaning, ""), "") or "")

    return TableRow(
        number=scored[ROW],
        texts=tuple(cell(meaning) for meaning in _TEXTS[plan.kind]),
        values=tuple(scored[column.name] for column in plan.columns),
        group=cell("group"),
        label=_label(cell("label")),
        error=scored[ERROR] or "",
    )


def _label(cell: str) -> bool | None:
    word = cell.strip().lower()
    return True if word in _YES else False if word in _NO else None


def _assemble(models: Models, plan: TablePlan, parts: Sequence[tuple[TableRow, ...]]) -> ScoredTable | None:
    rows = tuple(row for part in parts for row in part)
    if not rows:
        return None
    table = ScoredTable(
        kind=plan.kind,
        taken_for=plan.taken_for,
        suite=plan.settings.suite,
        n_rows=len(plan.batch),
        columns=plan.columns,
        scores=_scores(plan),
        rows=rows,
        summary=None,
        masking=plan.settings.masking,
        meaning=models[0].nsp_meaning,
        provenance=models[0].provenance(),
    )
    return replace(table, summary=stand_in.summary_of(table)) if table.complete else table


def _scores(plan: TablePlan) -> tuple[PairScore, ...]:
    if plan.settings.suite != "pairs":
        return ()
    says = "the sum of ln p."
    return (PairScore(f"pll-{plan.settings.masking}", says, "good_pll_nats", "bad_pll_nats", "difference_nats"),)


def _estimate(models: Models, plan: TablePlan) -> Estimate:
    """As if no two rows were equal, from the number of their characters."""
    found = [estimate_passes(models[0], n, n if plan.hides else 1) for n in set(plan.tokens)]
    by_length = dict(zip(set(plan.tokens), found, strict=True))
    each = [by_length[n] for n in plan.tokens]
    return Estimate(sum(one.passes for one in each), sum(one.tokens for one in each), sum(one.seconds for one in each))


TABLE = Task(
    plan=_plan,
    chunks=_chunks,
    read=_read,
    assemble=_assemble,
    export=export.scored_table,
    unit="rows",
    size=lambda plan: len(plan.batch),
    estimate=_estimate,
)
