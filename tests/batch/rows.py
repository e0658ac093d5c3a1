"""Rows through the scorer, as the tests hand them over."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.models.bundle import ModelBundle

Row = Mapping[str, Any]


def scored(settings: Settings, bundles: ModelBundle | Sequence[ModelBundle], rows: Sequence[Row]) -> list[dict]:
    """The rows with their columns, by name."""
    own = (bundles,) if isinstance(bundles, ModelBundle) else bundles
    return Scorer(settings, own)(batch_of(rows)).to_pylist()


def batch_of(rows: Sequence[Row]) -> pa.RecordBatch:
    """The rows with every column that one of them has."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.RecordBatch.from_pydict({name: [row.get(name) for row in rows] for name in names})
