"""A scored table as JSON."""

from dataclasses import asdict
from typing import Any

from analysis.export.parts import answer, picked, plain
from analysis.types import Notices
from analysis.types.summary import ScoreSummary, Summary
from analysis.types.table import ScoredTable


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
        **picked(table, "kind", "suite", "masking", "taken_for", "n_rows"),
        "columns": [asdict(column) for column in table.columns],
        "rows": rows,
        "summary": None if table.summary is None else _summary(table.summary),
    }
    return answer(table.provenance, Notices(()), body)


def _summary(summary: Summary) -> dict[str, Any]:
    return {"n_errors": summary.n_errors, "scores": [_of_score(each) for each in summary.scores]}


def _of_score(score: ScoreSummary) -> dict[str, Any]:
    return picked(score, "score", "n_ties") | {
        "groups": [
            picked(each, "by", "group")
            | {"estimates": [picked(one, "name", "unit", "value", "low", "high", "n") for one in each.estimates]}
            for each in score.groups
        ],
    }
