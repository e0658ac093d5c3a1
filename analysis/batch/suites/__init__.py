"""Published suites: how their files are read, how their items are scored, what they report."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from analysis.batch.recipe import Recipe, Settings
from analysis.batch.suites.babylm import BABYLM
from analysis.batch.suites.blimp import BLIMP
from analysis.batch.suites.crows import CROWS
from analysis.batch.suites.ettinger import ETTINGER
from analysis.batch.suites.lama import LAMA
from analysis.batch.suites.nsp import NSP
from analysis.batch.suites.pairs import PAIRS
from analysis.batch.suites.stereoset import STEREOSET
from analysis.batch.suites.suite import Batches, Suite, as_they_are, recipe_of
from analysis.batch.suites.winogrande import WINOGRANDE
from analysis.batch.suites.zorro import ZORRO
from analysis.errors import InputError, quoted

SUITES: dict[str, Suite] = {
    each.name: each for each in (BLIMP, BABYLM, CROWS, STEREOSET, ETTINGER, LAMA, WINOGRANDE, ZORRO, PAIRS, NSP)
}
"""By the name that ``--suite`` takes."""

Meanings = Sequence[tuple[str, str]]

AUTO = "auto"
"""In the place of a suite: the one that the columns tell."""


class Columns(Protocol):
    """What of a file tells its suite."""

    @property
    def names(self) -> Sequence[str]:
        """Its columns."""
        ...


def suite_of(name: str) -> Suite:
    """A suite by its name; InputError if it is unknown."""
    if name not in SUITES:
        raise InputError(f"The suite '{name}' came: choose among {', '.join(SUITES)}.")
    return SUITES[name]


def recognised(source: Columns, columns: Meanings = ()) -> tuple[str | None, str]:
    """The suite that a file's columns tell, None if none, and a sentence that says what the file is taken for.

    ``columns`` are (meaning, column) of a file that names its texts otherwise, as ``Settings.columns`` has them.
    """
    names = (*source.names, *(meaning for meaning, _ in columns))
    for suite in SUITES.values():
        if suite.recognises(names):
            return suite.name, _taken_for(suite, names)
    return None, "The columns are those of no suite, so every row is scored by itself."


def check_columns(name: str, source: Columns, columns: Meanings = ()) -> None:
    """InputError if a file has not the columns of a suite that was asked for by name."""
    suite, there = suite_of(name), {*source.names, *(meaning for meaning, _ in columns)}
    if not any(there.issuperset(needed) for needed in suite.columns):
        # A set that only adds to another one need not be said.
        least = [each for each in suite.columns if not any(set(other) < set(each) for other in suite.columns)]
        wanted = "; or ".join(", ".join(each) for each in least)
        raise InputError(
            f"The columns of this file are {quoted(', '.join(source.names))}, and {suite.title} has {wanted}: "
            "name another suite, or none."
        )


def items_of(suite: str | None, batches: Batches, name: str = "") -> Iterator[pa.RecordBatch]:
    """The items of a suite as rows, out of the batches of a file that is called ``name``; without a suite its rows."""
    return batches if suite is None else suite_of(suite).items(batches, name.partition(".")[0])


def suite_recipes(settings: Settings) -> tuple[Recipe, ...]:
    """The recipe of a suite's items; InputError if the suite or a score is unknown, or columns can't be renamed."""
    suite = suite_of(settings.suite or "")
    suite.asked(settings)
    if settings.columns and suite.items is not as_they_are:
        raise InputError(
            f"Names of columns came, and {suite.title} is read by the published ones: leave them out, and name the "
            "file's columns as published."
        )
    return ((suite.recipe or recipe_of)(suite, settings),)


def _taken_for(suite: Suite, names: Sequence[str]) -> str:
    if suite is not PAIRS:
        return f"The columns are those of {suite.title}, so its rule is taken: {suite.rule.says}."
    others = [each.name for each in (BLIMP, BABYLM) if "UID" in names or each is BABYLM]
    return (
        "The columns are those of minimal pairs, so ties are told apart; other rules come by name: "
        f"--suite {' or --suite '.join(others)}."
    )
