"""A run's input: a file that was looked at, what its rows are taken for, and they themselves as often as asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from analysis.batch.layout import recognise
from analysis.batch.recipe import Settings
from analysis.batch.suites import AUTO, check_columns, items_of, recognised
from analysis.batch.tables import Source, open_source, packs
from analysis.errors import InputError


@dataclass(frozen=True, slots=True)
class Given:
    """Rows to be scored: ``settings`` name their suite and columns, ``says`` is one sentence about what they are."""

    path: Path
    source: Source
    settings: Settings
    says: str

    def batches(self, limit: int | None = None) -> Iterator[pa.RecordBatch]:
        """All rows, or the first so many; InputError if the file can't be read on."""
        left = limit
        for batch in items_of(self.settings.suite, packs(self.source), self.path.name):
            rows = batch if left is None else batch.slice(0, left)
            left = None if left is None else left - len(rows)
            yield rows
            if left == 0:
                return


def look_at(path: Path, format_: str | None, settings: Settings) -> Given:
    """Look at a file; InputError if it can't be read, or holds nothing that the settings ask for."""
    source = open_source(path, format_)
    suite, says = settings.suite, source.says
    if suite == AUTO:
        suite, taken = recognised(source, settings.columns)
        says = f"{says} {taken}"
    if suite is not None:
        check_columns(suite, source, settings.columns)
        return Given(path, source, replace(settings, suite=suite), says)
    layout = recognise(source.names, settings.columns)
    if layout.kind == "minimal pairs" and settings.suite == AUTO:
        found = replace(settings, suite="pairs", columns=layout.columns)
        return Given(path, source, found, f"{source.says} {layout.says} Ties are told apart.")
    if layout.kind == "minimal pairs":
        raise InputError(f"{layout.says} Pairs are scored together: add --suite auto, or the name of their suite.")
    return Given(path, source, replace(settings, suite=None, columns=layout.columns), f"{says} {layout.says}")
