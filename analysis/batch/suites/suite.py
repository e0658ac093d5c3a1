"""``Suite``: how the items of a published file are read, scored and reported."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.batch.kept import Array, Codes, Kept
from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.requests import Work
from analysis.batch.scores import SCORES, Found, Given, Score, Side, read, together
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.types import LabelledPairs, SummaryGroup

Batches = Iterator[pa.RecordBatch]
Alternatives = tuple[Side, ...]
REPEATED = "repeated"
"""Column of an item that came before and, by its suite's rule, counts once."""

_GAP_SCORE = "p-at-k"


def as_they_are(batches: Batches, _name: str) -> Batches:
    """Items that are the rows of their file."""
    return batches


@dataclass(frozen=True, slots=True)
class Rule:
    """A suite's own number: its name and unit, what a tie counts (None: it is apart), and what it is a mean over.

    ``weights`` are of the names in the column ``mean_over``; None weighs them alike.
    """

    name: str
    says: str
    tie: float | None = 0.0
    unit: str = "share"
    mean_over: str = ""
    weights: Callable[[Sequence[str]], Array] | None = None

    @property
    def scale(self) -> int:
        """What a share is multiplied by."""
        return 100 if self.unit == "percent" else 1


@dataclass(frozen=True, slots=True)
class View:
    """What a summary of one model under one score is made of; several scores where they share out the rows."""

    suite: "Suite"
    kept: Kept
    scores: tuple[Score, ...]
    suffix: str
    seed: int
    meanings: dict[str, str] = field(default_factory=dict)
    """Columns of the file by what they are to be."""

    def number(self, name: str) -> Array:
        """A column of the recipe."""
        return self.kept.number(f"{name}{self.suffix}")

    def group(self, by: str) -> tuple[Codes, tuple[str, ...]]:
        """A column that parts the items, under the names that are meant."""
        return self.kept.respelled(self.meanings.get(by, by), self.suite.spelled)

    def of_scores(self, name: str) -> Array:
        """A column that there is one of for each score, by its name with ``{column}`` or ``{score}`` in it."""
        found = np.full(self.kept.n_rows, np.nan)
        for score in self.scores:
            own = self.number(name.format(column=score.column, score=_slug(score)))
            found = np.where(np.isfinite(found), found, own)
        return found

    @property
    def difference(self) -> Array:
        """[N]: first side minus the best of its rivals."""
        return self.of_scores("difference_{column}")

    @property
    def ties(self) -> npt.NDArray[np.bool_]:
        """[N]: whether they are equal by the score's rule."""
        return self.of_scores("tie_{score}") == 1

    @property
    def unit(self) -> str:
        """Of the score."""
        return self.scores[0].unit


@dataclass(frozen=True, slots=True)
class Reported:
    """The numbers of a suite.

    Groups, all items first; (name, sentence) of the estimates; bool [N], which rows count in them; labelled pairs.
    """

    groups: tuple[SummaryGroup, ...]
    definitions: tuple[tuple[str, str], ...]
    known: npt.NDArray[np.bool_]
    labelled: LabelledPairs | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """A published suite.

    Attributes
    ----------
    name, title, says, source, licence
        What it is called by ``--suite`` and in words, what it measures, where it comes from, under which terms.
    columns
        What the file has: the sets of columns that are read.
    recognises
        Whether a file of such columns is taken for it when nobody names a suite.
    sides
        Names of what an item puts beside each other, the one that should win first.
    sides_of
        Of a row, for each of the sides its alternatives, of which the best counts: none where an item has no such side.
    scores, own
        Names of the scores that can be asked for, and of those taken when nobody asks.
    rule
        Its own metric.
    report
        The numbers of a summary.
    groups
        Columns whose values part the items.
    spelled
        Names in these columns that stand for another.
    numbers, names
        Other columns that the report needs, as numbers and as names.
    items
        From the batches of a file, and its name, to batches of items.
    rivals
        How many of the other sides the first is compared with; all when None.
    recipe
        What is done with an item.
    joint
        Whether its scores share out the items, so that there is a summary of all of them, too.
    """

    name: str
    title: str
    says: str
    source: str
    licence: str
    columns: tuple[tuple[str, ...], ...]
    recognises: Callable[[Sequence[str]], bool]
    sides: tuple[str, ...]
    sides_of: Callable[[Values], tuple[Alternatives, ...]]
    scores: tuple[str, ...]
    own: tuple[str, ...]
    rule: Rule
    report: Callable[[View], Reported]
    groups: tuple[str, ...] = ()
    spelled: dict[str, str] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    items: Callable[[Batches, str], Batches] = as_they_are
    rivals: int | None = None
    recipe: "Callable[[Suite, Settings], Recipe] | None" = None
    joint: bool = False

    def asked(self, settings: Settings) -> tuple[Score, ...]:
        """The scores of the settings, or the suite's own; InputError if one is unknown or of another kind of item."""
        for name in settings.scores:
            if name not in self.scores:
                raise InputError(
                    f"The score '{name}' came: choose among those of {self.title}, {', '.join(self.scores)}."
                )
        return tuple(SCORES[name] for name in dict.fromkeys(settings.scores or self.own))


def written(value: object) -> str | None:
    """A cell as text, None where it is empty: some files hold numbers where others hold names."""
    return None if value is None else str(value)


def has(*columns: str) -> Callable[[Sequence[str]], bool]:
    """Recognises a file that has all of these columns."""
    return lambda names: set(columns) <= set(names)


def columns_of(suite: Suite, scores: Sequence[Score]) -> tuple[Column, ...]:
    """The columns that a suite's items get."""
    first, *others = suite.sides
    rivals = " or ".join(others[: suite.rivals])
    found = [
        each
        for side in suite.sides
        for each in (
            Column(f"{side}_n_tokens", "int32", f"tokens of {side} that count"),
            Column(f"{side}_n_unknown", "int32", "of them unknown to the vocabulary"),
        )
    ]
    if others:
        found.append(Column("identical", "bool", f"whether the model reads the same for {first} and {rivals}"))
    for score in scores:
        at_gap = score.name == _GAP_SCORE
        for side in suite.sides:
            found.append(Column(f"{side}_{score.column}", "float64", f"of {side}: {score.says}", score.source))
            found += [Column(f"{side}_rank", "int32", f"rank of {side} at its gap, from 1")] if at_gap else []
        if others:
            says = f"{first} minus {'the best of ' if len(others[: suite.rivals]) > 1 else ''}{rivals}"
            found.append(Column(f"difference_{score.column}", "float64", says))
            found.append(
                Column(f"tie_{_slug(score)}", "bool", f"whether {score.name} of {first} and {rivals} is equal")
            )
    return (*found, Column("left_out", "string", "why the suite's rule leaves this item out, or out of a score"))


def recipe_of(suite: Suite, settings: Settings) -> Recipe:
    """Both sides of every item under every score that is asked for."""
    scores = suite.asked(settings)

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        if values.get(REPEATED):
            return Scored({"left_out": "The same item came before, and the suite counts it once."})
        given = [
            [_read(bundle, side, name) for side in alternatives]
            for name, alternatives in zip(suite.sides, suite.sides_of(values), strict=True)
        ]
        flat = [each for alternatives in given for each in alternatives]
        able = [each for each in scores if each.reads == flat[0].side.kind]
        found = yield from together([each.of(bundle, flat) for each in able])
        return Scored(_values(suite, able, given, found))

    head = "nsp" if all(each.reads == "pair" for each in scores) else "mlm"
    return Recipe(suite.name, None, columns_of(suite, scores), score, head=head)


def _read(bundle: ModelBundle, side: Side, name: str) -> Given:
    try:
        return read(bundle, side)
    except InputError as error:
        raise InputError(f"Of {name.replace('_', ' ')}: {error}") from error


def _values(
    suite: Suite, scores: Sequence[Score], given: list[list[Given]], found: Sequence[list[Found]]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    counted: list[Given | None] = []
    for score, flat in zip(scores, found, strict=True):
        rest = iter(flat)
        best = [_best([next(rest) for _ in own], any_of=number == 0) for number, own in enumerate(given)]
        for side, (_, one) in zip(suite.sides, best, strict=True):
            values[f"{side}_{score.column}"] = one.value
            if score.name == _GAP_SCORE:
                values[f"{side}_rank"] = one.rank
            values["left_out"] = values.get("left_out") or one.why
        if not counted:
            counted = [own[at] if own else None for own, (at, _) in zip(given, best, strict=True)]
        first, *others = (one.value for _, one in best)
        rivals = others[: suite.rivals]
        known = [each for each in rivals if each is not None]
        if first is not None and known and len(known) == len(rivals):
            values[f"difference_{score.column}"] = first - max(known)
            values[f"tie_{_slug(score)}"] = score.ties(first, max(known))
    for side, each in zip(suite.sides, counted, strict=True):
        if each is not None:
            values |= {f"{side}_n_tokens": len(each.scored), f"{side}_n_unknown": each.n_unknown}
    if len(counted) > 1 and counted[0] is not None and counted[1] is not None:
        values["identical"] = counted[0].equals(counted[1])
    return values


def _best(found: list[Found], *, any_of: bool) -> tuple[int, Found]:
    """The alternative with the largest value; of a rival's every one must have one, of the first side any."""
    unknown = next((each for each in found if each.value is None), None)
    known = [(each.value, -at) for at, each in enumerate(found) if each.value is not None]
    if not known or (unknown is not None and not any_of):
        return 0, unknown or Found(None)
    at = -max(known)[1]
    return at, found[at]


def _slug(score: Score) -> str:
    return score.name.replace("-", "_")
