"""Published suites: how their files are read, how their items are scored, what they report."""

from analysis.batch.recipe import Recipe, Settings
from analysis.errors import InputError

SUITES: tuple[str, ...] = ()
"""Names of the suites."""


def suite_recipes(settings: Settings) -> tuple[Recipe, ...]:
    """The recipe of a suite's items; InputError if the suite is unknown."""
    raise InputError(f"The suite '{settings.suite}' came: choose among {', '.join(SUITES)}.")
