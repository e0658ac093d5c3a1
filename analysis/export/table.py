"""A scored table as JSON."""

from dataclasses import asdict
from typing import Any

from analysis.export.parts import answer, picked, plain
from analysis.types import Notices
from analysis.types.table import Rate, ScoredTable, TableSummary


def scored_table(table: ScoredTable) -> dict[str, Any]:
    """``rows``, each with its texts and, under the names of their columns, its scores; the ``summary`` of all."""
    names = [column.name for column in table.columns]
    rows = [
        {
            "row": row.number,
            "texts": list(row.texts),
            "group": row.group or None,
            "label": row.label,
            **{name: plain(value) for name, value in zip(names, row.values, strict=True)},
            "error": row.error or None,
        }
        for row in table.rows
    ]
    body = {
        **picked(table, "kind", "suite", "taken_for", "n_rows"),
        "columns": [asdict(column) for column in table.columns],
        "rows": rows,
        "summary": None if table.summary is None else _summary(table.summary),
    }
    return answer(table.provenance, Notices(()), body)


def _summary(summary: TableSummary) -> dict[str, Any]:
    return {
        "n_errors": summary.n_errors,
        "rates": [
            picked(each, "score", "n_right", "n_ties")
            | {"group": each.group or None, "accuracy": _rate(each.accuracy)}
            | {"accuracy_ties_half": _rate(each.accuracy_ties_half), "difference_nats": _rate(each.difference)}
            for each in summary.rates
        ],
        "auc": None if summary.auc is None else _rate(summary.auc),
        "accuracy_at_0": None if summary.accuracy_at_0 is None else _rate(summary.accuracy_at_0),
        "threshold": None if summary.threshold is None else asdict(summary.threshold),
        "roc": [{"false_positive_rate": x, "true_positive_rate": y} for x, y in summary.roc],
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return picked(rate, "value", "low", "high", "n")
