"""Made-up files and their scored rows, without a reader of files in between."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.batch.suites import items_of
from analysis.batch.summary import summarise
from analysis.models.bundle import ModelBundle
from analysis.types import Summary

Rows = Sequence[dict[str, Any]]


def packs(rows: Rows, size: int = 3) -> Iterator[pa.RecordBatch]:
    """The rows of a file as its reader hands them out: with their numbers, and no errors."""
    for start in range(0, len(rows), size):
        own = [{"row": start + at, "error": None, **row} for at, row in enumerate(rows[start : start + size], start=1)]
        table = pa.Table.from_pylist(own)
        error = pa.array([row["error"] for row in own], pa.string())
        table = table.set_column(table.schema.get_field_index("error"), "error", error)
        yield table.combine_chunks().to_batches()[0]


def scored(
    bundle: ModelBundle, rows: Rows, suite: str, *, name: str = "", scores: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """The scored items of a suite's file."""
    return [row for batch in scored_batches(bundle, rows, suite, name=name, scores=scores) for row in batch.to_pylist()]


def scored_batches(
    bundle: ModelBundle, rows: Rows, suite: str, *, name: str = "", scores: tuple[str, ...] = ()
) -> list[pa.RecordBatch]:
    scorer = Scorer(Settings(suite=suite, scores=scores), (bundle,))
    return [scorer(batch) for batch in items_of(suite, packs(rows), name)]


def summed(bundle: ModelBundle, rows: Rows, suite: str, *, name: str = "", scores: tuple[str, ...] = ()) -> Summary:
    """What the items of a suite's file come to."""
    settings = Settings(suite=suite, scores=scores)
    return summarise(scored_batches(bundle, rows, suite, name=name, scores=scores), settings)
