"""The evaluation of BabyLM 2025: several suites, all scored by the sum over the tokens of a completion."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.batch.bootstrap import drawn_each, spearman
from analysis.batch.cells import listed_in, text_in
from analysis.batch.kept import Array
from analysis.batch.recipe import Values
from analysis.batch.scores import Side
from analysis.batch.suites.pairs import BAD, GOOD, TEXT_SCORES, good_and_bad
from analysis.batch.suites.rates import estimate, pair_report, parted
from analysis.batch.suites.suite import Alternatives, Batches, Reported, Rule, Suite, View, written
from analysis.errors import InputError
from analysis.types import SummaryGroup

_PARTS: dict[str, tuple[str, ...]] = {
    "ewok": ("Domain", "Context1", "Context2", "Target1", "Target2", "ContextType", "ContextDiff", "TargetDiff"),
    "entity_tracking": ("input_prefix", "options", "numops"),
    "comps": ("prefix_acceptable", "prefix_unacceptable", "property_phrase"),
    "wug": ("sentences", "ratio"),
}
_PAIRS: tuple[tuple[str, ...], ...] = ((GOOD, BAD, "UID", "linguistics_term", "field"), (GOOD, BAD))
_COMPS = {"comps_base": "base", "comps_wugs": "wugs", "comps_wugs_dist-before": "wugs_dist_before"}
_SIDES = ("good", "bad")
_SPLITS = ("regular", "ambiref", "move_contents")
"""Of entity tracking: the mean is over these, of each the mean over its numbers of operations."""


def part_of(names: Sequence[str]) -> str:
    """Which of the parts a file is, by its columns: ``pairs`` for BLiMP and the supplement."""
    return next((part for part, needed in _PARTS.items() if set(needed) <= set(names)), "pairs")


def with_uid(batches: Batches, name: str) -> Iterator[pa.RecordBatch]:
    """The rows with the ``uid`` that they are averaged by, which for some parts is made of the file's name."""
    for batch in batches:
        part = part_of(batch.schema.names)
        uids = pa.array([_uid(part, row, name) for row in batch.to_pylist()], pa.string())
        given = {each: batch.column(each) for each in batch.schema.names if each != "uid"}
        yield pa.RecordBatch.from_pydict({**given, "uid": uids})


def _uid(part: str, row: dict[str, Any], name: str) -> str | None:
    if part == "pairs":
        return written(row.get("UID")) or name
    if part == "ewok":
        return written(row["Domain"])
    if part == "entity_tracking":
        return f"{name}_{row['numops']}_ops"
    return _COMPS.get(name, "wugs_dist_in_between") if part == "comps" else name


def completions(values: Values) -> tuple[Alternatives, ...]:
    """The right completion, and those that it competes with."""
    part = part_of(list(values))
    if part == "ewok":
        context = text_in(values, "Context1")
        texts = [f"{context} {text_in(values, name)}" for name in ("Target1", "Target2")]
        return tuple((Side(text, start=len(context)),) for text in texts)
    if part == "comps":
        phrase = text_in(values, "property_phrase")
        prefixes = (f"{text_in(values, name)} " for name in ("prefix_acceptable", "prefix_unacceptable"))
        return tuple((Side(f"{prefix}{phrase}", start=len(prefix)),) for prefix in prefixes)
    if part == "entity_tracking":
        prefix, options = text_in(values, "input_prefix"), listed_in(values, "options")
        if len(options) <= 1:
            raise InputError("There are no options to choose among: list the right one first, then the others.")
        sides = [Side(f"{prefix}{option}", start=len(prefix)) for option in options]
        return ((sides[0],), tuple(sides[1:]))
    if part == "wug":
        forms = text_in(values, "sentences").split("\t")
        if len(forms) != len(_SIDES):
            raise InputError("The sentences are not two with a tab between them: write both forms so.")
        return tuple((Side(form),) for form in forms)
    return good_and_bad(values)


def split_weights(uids: Sequence[str]) -> Array:
    """[G]: what each weighs in the mean: alike, but of entity tracking all numbers of operations of a split as one."""
    # A paradigm of BLiMP begins as a split does: regular_plural_subject_verb_agreement_1.
    split = [next((each for each in _SPLITS if re.fullmatch(f"{each}.*_ops", uid)), uid) for uid in uids]
    return np.array([1 / (len(set(split)) * split.count(each)) for each in split])


def report(view: View) -> Reported:
    """Accuracies with ties as right; of wugs, which have no right answer, the correlation with people's."""
    ratio = view.kept.number("ratio")
    if not np.isfinite(ratio).any():
        return pair_report(view)
    difference = view.difference
    known = np.isfinite(difference) & np.isfinite(ratio)
    difference, ratio = difference[known], ratio[known]
    groups = []
    for by, codes, names in parted(view, known):
        for number, name in enumerate(names):
            a, b = difference[codes == number], ratio[codes == number]
            samples = drawn_each(len(a), view.seed, lambda drawn, a=a, b=b: spearman(a[drawn], b[drawn]))
            rho = estimate("spearman", "rho", spearman(a, b), samples, len(a))
            groups.append(SummaryGroup(by, name, len(a), (rho,)))
    says = (
        "Spearman's rho of the softmax of both scores (ranked as their difference) with the ratio of people's choices"
    )
    return Reported(tuple(groups), (("spearman", says),), known)


BABYLM = Suite(
    name="babylm-2025",
    title="BabyLM 2025",
    says="BLiMP and its supplement, EWoK, entity tracking, COMPS and wugs as the challenge of 2025 scores them",
    source="Charpentier et al. 2025, github.com/babylm/evaluation-pipeline-2025",
    licence="Apache-2.0 (pipeline, COMPS); EWoK is gated, and not to be shown in plain text",
    columns=(*_PAIRS, *_PARTS.values()),
    # Where the columns are those of plain pairs, the rule comes by name.
    recognises=lambda names: part_of(names) != "pairs",
    sides=_SIDES,
    sides_of=completions,
    scores=TEXT_SCORES,
    own=("pll-sum",),
    rule=Rule(
        "accuracy",
        "share of items in which no other completion scores higher than the right one: a tie is right",
        tie=1.0,
        mean_over="uid",
        weights=split_weights,
    ),
    report=report,
    groups=("uid", "linguistics_term", "field", "ContextType", "ContextDiff", "TargetDiff"),
    spelled={"syntax_semantics": "syntax/semantics"},
    numbers=("ratio",),
    items=with_uid,
)
