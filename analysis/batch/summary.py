"""What scored rows come to, in one pass over them: a few numbers of each are kept, none of the texts."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from analysis.batch.bootstrap import METHOD
from analysis.batch.kept import Kept
from analysis.batch.recipe import Column, Settings
from analysis.batch.revisions import curves
from analysis.batch.suites import suite_of, suite_recipes
from analysis.batch.suites.suite import Suite, View
from analysis.types import ScoreSummary, Summary

_ROW, _ERROR = "row", "error"
_NUMBERS = {"float64", "float32", "int64", "int32", "bool"}
_UNKNOWN, _LEFT_OUT = "n_unknown", "left_out"


def summarise(batches: Iterable[pa.RecordBatch], settings: Settings, *, seed: int = 0) -> Summary:
    """Sum up the rows that a ``Scorer`` of these settings made.

    Plain rows, of no suite, are counted, with their errors. Intervals are drawn with ``seed``: equal rows and seeds,
    equal summaries. InputError if the suite or a score is unknown.
    """
    suite = None if settings.suite is None else suite_of(settings.suite)
    columns = () if suite is None else tuple(each for recipe in suite_recipes(settings) for each in recipe.columns)
    kept, n_errors, metadata = _kept(suite, columns, settings), 0, "{}"
    for batch in batches:
        kept.add(batch)
        n_errors += len(batch) - batch.column(_ERROR).null_count
        metadata = (batch.schema.metadata or {}).get(b"pretext", metadata.encode()).decode()
    scores = () if suite is None else tuple(_scores(suite, settings, kept, columns, seed))
    return Summary(
        suite=settings.suite,
        title="rows" if suite is None else suite.title,
        rule="" if suite is None else suite.rule.says,
        source="" if suite is None else suite.source,
        licence="" if suite is None else suite.licence,
        n_rows=kept.n_rows,
        n_errors=n_errors,
        method=METHOD,
        seed=seed,
        scores=scores,
        metadata=metadata,
        curves=tuple(curves(settings.models).items()),
    )


def _kept(suite: Suite | None, columns: Sequence[Column], settings: Settings) -> Kept:
    if suite is None:
        return Kept((), ())
    suffixes = [_suffix(spec, settings.models) for spec in settings.models]
    made = [f"{each.name}{suffix}" for each in columns if each.kind in _NUMBERS for suffix in suffixes]
    meanings = dict(settings.columns)
    left_out = [f"{_LEFT_OUT}{suffix}" for suffix in suffixes]
    return Kept(
        (_ROW, *suite.numbers, *made), (*(meanings.get(by, by) for by in suite.groups), *suite.names, *left_out)
    )


def _suffix(spec: str, models: tuple[str, ...]) -> str:
    """What the columns of one of several models end in."""
    return "" if len(models) == 1 else f"[{spec}]"


def _scores(
    suite: Suite, settings: Settings, kept: Kept, columns: Sequence[Column], seed: int
) -> Iterator[ScoreSummary]:
    asked = suite.asked(settings)
    together = [asked] if suite.joint and len(asked) > 1 else []
    for spec in settings.models:
        for scores in (*((each,) for each in asked), *together):
            view = View(suite, kept, scores, _suffix(spec, settings.models), seed, dict(settings.columns))
            yield _of(spec, view, [each.name for each in columns if each.name.endswith(_UNKNOWN)])


def _of(spec: str, view: View, unknown: Sequence[str]) -> ScoreSummary:
    found = view.suite.report(view)
    left_out = view.kept.group(f"{_LEFT_OUT}{view.suffix}")[0] >= 0
    identical = (view.number("identical") == 1) & found.known
    return ScoreSummary(
        model=spec,
        score=" + ".join(each.name for each in view.scores),
        says="; ".join(each.says for each in view.scores),
        source="; ".join(each.source for each in view.scores),
        n=int(found.known.sum()),
        n_ties=int((view.ties & found.known).sum()),
        n_left_out=int((left_out & ~found.known).sum()),
        n_unknown=int(sum(np.nansum(view.number(name)[found.known]) for name in unknown)),
        identical_rows=tuple(view.kept.number(_ROW)[identical].astype(int).tolist()),
        definitions=found.definitions,
        groups=found.groups,
        labelled=found.labelled,
    )
