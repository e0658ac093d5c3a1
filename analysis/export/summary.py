"""The summary of a batch."""

import json
from typing import Any

from analysis.export.parts import picked
from analysis.types import Estimate, LabelledPairs, ScoreSummary, Summary, SummaryGroup

_UNITS = ("nats", "percent")


def summary(found: Summary) -> dict[str, Any]:
    """``rows``, ``errors``, the suite's ``rule``, and by model and score ``groups`` of estimates; names end in units.

    An estimate is ``value``, ``low``, ``high`` and ``n``; null where no item counts.
    """
    return {
        **picked(found, "suite", "title", "rule", "source", "licence", "n_rows", "n_errors"),
        "intervals": picked(found, "method", "seed"),
        "scores": [_score(each) for each in found.scores],
        "curves": {name: list(specs) for name, specs in found.curves},
        "provenance": json.loads(found.metadata),
    }


def _score(found: ScoreSummary) -> dict[str, Any]:
    named = {each.name: _key(each) for group in found.groups for each in group.estimates}
    return {
        **picked(found, "model", "score", "says", "source"),
        **picked(found, "n", "n_ties", "n_left_out", "n_unknown", "identical_rows"),
        "definitions": {named[name]: says for name, says in found.definitions if name in named},
        "groups": [_group(each) for each in found.groups],
        "labelled": None if found.labelled is None else _labelled(found.labelled),
    }


def _group(group: SummaryGroup) -> dict[str, Any]:
    return picked(group, "by", "group", "n") | {_key(each): _estimate(each) for each in group.estimates}


def _key(each: Estimate) -> str:
    """Its name with its unit; shares and correlations are pure numbers."""
    return f"{each.name}_{each.unit}" if each.unit in _UNITS else each.name


def _estimate(each: Estimate) -> dict[str, Any]:
    return picked(each, "value", "low", "high", "n")


def _labelled(found: LabelledPairs) -> dict[str, Any]:
    return {
        **picked(found, "n_true", "n_others"),
        "auc": picked(found.auc, "value", "low", "high"),
        "threshold_nats": found.threshold.at_nats,
        **picked(found.threshold, "balanced_accuracy", "balanced_accuracy_at_0"),
        "accuracy_at_0": _estimate(found.accuracy_at_0),
        "accuracy_at_threshold": _estimate(found.accuracy_at_threshold),
        "roc": picked(found, "false_positive_rate", "true_positive_rate", "threshold_nats"),
    }
