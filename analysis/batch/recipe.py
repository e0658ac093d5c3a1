"""``Recipe``: what is made of a row of a table, with the columns that it fills."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from analysis.batch.requests import Work
from analysis.choices import DEFAULT_K, DEFAULT_MASKING, Masking, Punctuation, ReadingKind
from analysis.models.bundle import ModelBundle

Kind = Literal["float64", "float32", "int64", "int32", "bool", "string", "list<string>", "list<float64>", "list<int32>"]
Values = Mapping[str, Any]
"""A row by the name of its column."""

DEFAULT_NEUTRAL = ("N/A",)
"""Zhao et al.'s (2021) first text without content."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer: its name ends in its unit; ``says`` defines it, ``source`` is where that comes from."""

    name: str
    kind: Kind
    says: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a row comes to: a value for each column, and for the table of tokens columns of equal length."""

    values: dict[str, Any]
    tokens: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a row is scored.

    ``reads`` are the columns that decide what a row comes to, None where every one may; ``columns`` and ``tokens``
    those that it fills, in the table of rows and in that of tokens; ``head`` is the one that the model must have.
    ``score`` raises InputError for a row that it can't read, which becomes that row's error.
    """

    name: str
    reads: tuple[str, ...] | None
    columns: tuple[Column, ...]
    score: Callable[[ModelBundle, Values], Work[Scored]]
    tokens: tuple[Column, ...] = ()
    head: Literal["mlm", "nsp"] | None = "mlm"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked of every row: picklable, and JSON by its fields.

    Attributes
    ----------
    models
        Specs, at least one; the columns of several are told apart by ``[spec]`` at their end.
    dtype, device
        As for ``load_bundle``.
    measures
        Names of recipes, or of tasks (``layers``), whose answer is one column of JSON.
    suite
        The name of a suite whose items the rows are; None for plain rows.
    scores
        Named scores of minimal pairs and suites; empty means the suite's own.
    columns
        (meaning, column of the file), such as ``("text_a", "premise")``, where a file names them otherwise.
    maskings, k
        As for ``pll`` and ``read``; the columns of several maskings begin with their names.
    reading
        What ``compare`` compares: every position with its token hidden, or seen.
    punctuation
        As for the regions of ``pll``.
    template, labels
        For ``nsp-candidates``: the text in whose ``{label}`` each candidate is put, and the candidates of a row that
        brings none.
    neutral
        Texts that say nothing, whose margin is taken off ``nsp-candidates``; none to take nothing off.
    by_token
        Whether there is a table of tokens, too.
    threads
        Cores of one pass; None leaves them as they are.
    """

    models: tuple[str, ...] = ("bundled",)
    dtype: str | None = None
    device: str | None = None
    measures: tuple[str, ...] = ("seen",)
    suite: str | None = None
    scores: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    maskings: tuple[Masking, ...] = (DEFAULT_MASKING,)
    k: int = DEFAULT_K
    reading: ReadingKind = "hidden"
    punctuation: Punctuation = "attached"
    template: str | None = None
    labels: tuple[str, ...] = ()
    neutral: tuple[str, ...] = DEFAULT_NEUTRAL
    by_token: bool = False
    threads: int | None = None

    @property
    def masking(self) -> Masking:
        """The first masking: that of whatever is read under one alone."""
        return self.maskings[0]
