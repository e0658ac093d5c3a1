"""A scored table as JSON."""

from dataclasses import asdict
from typing import Any

from analysis.export.parts import answer, picked, plain
from analysis.export.summary import summary
from analysis.types import Notices
from analysis.types.table import ScoredTable


def scored_table(table: ScoredTable) -> dict[str, Any]:
    """``rows``, each with its texts and, under the names of their columns, its scores; the ``summary`` of all."""
    names = [column.name for column in table.columns]
    rows = [
        {
            "row": row.number,
            "texts": dict(zip(table.sides, row.texts, strict=True)),
            "group": row.group or None,
            "label": row.label,
            **{name: plain(value) for name, value in zip(names, row.values, strict=True)},
            "error": row.error or None,
        }
        for row in table.rows
    ]
    whole = None if table.summary is None else summary(table.summary)
    body = {
        **picked(table, "kind", "suite", "masking", "taken_for", "n_rows"),
        "columns": [asdict(column) for column in table.columns],
        "rows": rows,
        # The answer itself says where it comes from.
        "summary": None if whole is None else {key: each for key, each in whole.items() if key != "provenance"},
    }
    return answer(table.provenance, Notices(), body)
