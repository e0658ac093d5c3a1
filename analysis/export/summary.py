"""The summary of a batch."""

import json
from typing import Any

from analysis.export.parts import plain
from analysis.types import Estimate, LabelledPairs, ScoreSummary, Summary, SummaryGroup

_UNITS = ("nats", "percent")


def summary(found: Summary) -> dict[str, Any]:
    """``rows``, ``errors``, the suite's ``rule``, and by model and score ``groups`` of estimates; names end in units.

    An estimate is ``value``, ``low``, ``high`` and ``n``; null where no item counts.
    """
    return {
        "suite": found.suite,
        "title": found.title,
        "rule": found.rule,
        "source": found.source,
        "licence": found.licence,
        "n_rows": found.n_rows,
        "n_errors": found.n_errors,
        "intervals": {"method": found.method, "seed": found.seed},
        "scores": [_score(each) for each in found.scores],
        "provenance": json.loads(found.metadata),
    }


def _score(found: ScoreSummary) -> dict[str, Any]:
    named = {each.name: _key(each) for group in found.groups for each in group.estimates}
    return {
        "model": found.model,
        "score": found.score,
        "says": found.says,
        "source": found.source,
        "n": found.n,
        "n_ties": found.n_ties,
        "n_left_out": found.n_left_out,
        "n_unknown": found.n_unknown,
        "identical_rows": list(found.identical_rows),
        "definitions": {named[name]: says for name, says in found.definitions if name in named},
        "groups": [_group(each) for each in found.groups],
        "labelled": None if found.labelled is None else _labelled(found.labelled),
    }


def _group(group: SummaryGroup) -> dict[str, Any]:
    return {
        "by": group.by,
        "group": group.group,
        "n": group.n,
        **{_key(each): _estimate(each) for each in group.estimates},
    }


def _key(each: Estimate) -> str:
    """Its name with its unit; shares and correlations are pure numbers."""
    return f"{each.name}_{each.unit}" if each.unit in _UNITS else each.name


def _estimate(each: Estimate) -> dict[str, Any]:
    return {"value": plain(each.value), "low": plain(each.low), "high": plain(each.high), "n": each.n}


def _labelled(found: LabelledPairs) -> dict[str, Any]:
    auc, threshold = found.auc, found.threshold
    return {
        "n_true": found.n_true,
        "n_others": found.n_others,
        "auc": {"value": auc.value, "low": auc.low, "high": auc.high},
        "threshold_nats": threshold.at_nats,
        "balanced_accuracy": threshold.balanced_accuracy,
        "balanced_accuracy_at_0": threshold.balanced_accuracy_at_0,
        "accuracy_at_0": _estimate(found.accuracy_at_0),
        "accuracy_at_threshold": _estimate(found.accuracy_at_threshold),
        "roc": {
            "false_positive_rate": plain(found.false_positive_rate),
            "true_positive_rate": plain(found.true_positive_rate),
            "threshold_nats": plain(found.threshold_nats),
        },
    }
