"""Pairs labelled by whether the second text follows the first: how well the next-sentence margin tells them apart."""

import numpy as np

from analysis.batch.bootstrap import Array, Margins, auc
from analysis.batch.cells import text_in
from analysis.batch.readings import nsp_recipe
from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.requests import Work
from analysis.batch.scores import Side
from analysis.batch.suites.rates import parted, share
from analysis.batch.suites.suite import Alternatives, Reported, Rule, Suite, View, has
from analysis.errors import InputError, quoted
from analysis.limits import MAX_ROC_POINTS
from analysis.models.bundle import ModelBundle
from analysis.types import Auc, Bools, Estimate, LabelledPairs, SummaryGroup
from analysis.types.nsp import threshold_of

_FOLLOWS = {"1", "1.0", "true", "yes", "isnext", "is_next", "next"}
_DOES_NOT = {"0", "0.0", "false", "no", "notnext", "not_next", "random"}


def two(values: Values) -> tuple[Alternatives, ...]:
    """The two texts."""
    return ((Side(text_in(values, "text_a"), second=text_in(values, "text_b")),),)


def follows(label: object) -> bool | None:
    """What a label says, None of an empty one; InputError for another word."""
    said = "" if label is None else str(label).strip().casefold()
    if said in _FOLLOWS | _DOES_NOT:
        return said in _FOLLOWS
    if not said:
        return None
    raise InputError(
        f"The label '{quoted(str(label))}' came: write 1 (or IsNext) where B follows A, else 0 (or NotNext)."
    )


def recipe(_suite: Suite, settings: Settings) -> Recipe:
    """The next-sentence head's answer, and what the label says."""
    plain = nsp_recipe(settings)

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        label = follows(values.get("label"))
        found = yield from plain.score(bundle, values)
        left_out = "This pair has no label." if label is None else None
        return Scored(found.values | {"follows": label, "left_out": left_out})

    columns = (
        *plain.columns,
        Column("follows", "bool", "what the label says: whether B follows A"),
        Column("left_out", "string", "why the pair counts in no rate"),
    )
    return Recipe("nsp", None, columns, score, head="nsp")


def report(view: View) -> Reported:
    """ROC, AUC, and the accuracies at margin 0 and at the best threshold; AUC and accuracies by group, too."""
    margin, label = view.number("margin_nats"), view.number("follows")
    known = np.isfinite(margin) & np.isfinite(label)
    margin, true = margin[known], label[known] == 1
    whole = _labelled(margin, true, view.seed)
    groups = []
    for by, codes, names in parted(view, known):
        for number, name in enumerate(names):
            own = codes == number
            found = [share("accuracy_at_0", (margin[own] > 0) == true[own], view.seed)]
            if whole is not None:
                at = whole.threshold.at_nats
                found.append(share("accuracy_at_threshold", (margin[own] > at) == true[own], view.seed))
            # Of all of them it has been drawn already.
            area = whole.auc if whole and not by else _auc(margin[own], true[own], view.seed)
            if area is not None:
                found.append(Estimate("auc", "share", area.value, area.low, area.high, int(own.sum())))
            groups.append(SummaryGroup(by, name, int(own.sum()), tuple(found)))
    return Reported(tuple(groups), _DEFINITIONS, known, whole)


def _labelled(margin: Margins, true: Bools, seed: int) -> LabelledPairs | None:
    area = _auc(margin, true, seed)
    if area is None:
        return None
    threshold = threshold_of(margin[true], margin[~true])
    false_rate, true_rate, at = roc(margin, true)
    return LabelledPairs(
        n_true=int(true.sum()),
        n_others=int((~true).sum()),
        auc=area,
        threshold=threshold,
        accuracy_at_0=share("accuracy_at_0", (margin > 0) == true, seed),
        accuracy_at_threshold=share("accuracy_at_threshold", (margin > threshold.at_nats) == true, seed),
        false_positive_rate=false_rate.astype(np.float32),
        true_positive_rate=true_rate.astype(np.float32),
        threshold_nats=at,
    )


def _auc(margin: Margins, true: Bools, seed: int) -> Auc | None:
    return auc(margin[true], margin[~true], seed) if true.any() and not true.all() else None


def roc(margin: Margins, true: Bools) -> tuple[Array, Array, Array]:
    """Corners of the ROC: false and true positive rates, and the least margin that is said to follow there.

    Points on a straight stretch are left out; of more than ``MAX_ROC_POINTS`` so many remain, evenly picked.
    """
    order = np.argsort(-margin, kind="stable")
    values = margin[order]
    last = np.flatnonzero(np.append(values[1:] != values[:-1], True))
    hits = np.append(0, np.cumsum(true[order])[last])
    misses = np.append(0, last + 1) - hits
    at = np.append(np.inf, values[last])
    turns = np.diff(hits[:-1]) * np.diff(misses[1:]) != np.diff(hits[1:]) * np.diff(misses[:-1])
    kept = np.flatnonzero(np.concatenate([[True], turns, [True]]))
    if len(kept) > MAX_ROC_POINTS:
        kept = kept[np.linspace(0, len(kept) - 1, MAX_ROC_POINTS).round().astype(np.intp)]
    return misses[kept] / misses[-1], hits[kept] / hits[-1], at[kept]


_DEFINITIONS = (
    ("accuracy_at_0", "share of pairs on their label's side of margin 0, which the head's two answers part at"),
    (
        "accuracy_at_threshold",
        "the same at the margin of the largest balanced accuracy, which was chosen on these pairs",
    ),
    ("auc", "P(margin of a true pair > margin of another), ties one half"),
)

NSP = Suite(
    name="nsp",
    title="labelled pairs",
    says="how well the next-sentence margin tells pairs that follow from those that don't",
    source="any file with these columns",
    licence="the file's own",
    columns=(("text_a", "text_b", "label"), ("text_a", "text_b", "label", "group")),
    recognises=has("text_a", "text_b", "label"),
    sides=("pair",),
    sides_of=two,
    scores=("isnext-margin",),
    own=("isnext-margin",),
    rule=Rule("accuracy_at_0", "accuracy at margin 0 and at the best threshold, area under the ROC"),
    report=report,
    groups=("group",),
    recipe=recipe,
)
