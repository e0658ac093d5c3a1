"""A table's values as a report writes them."""

import math
from typing import Any

import numpy as np
import pandas as pd

MAX_ROWS = 2_000
"""Rows of a table that are written out; a longer one is complete in its CSV."""

_OPEN_ROWS, _OPEN_COLUMNS = 30, 9


Heads = tuple[tuple[str, bool], ...]
Rows = tuple[tuple[str, ...], ...]


def cells_of(frame: pd.DataFrame, *, exact: bool) -> tuple[Heads, Rows]:
    """Each column's name with whether it holds numbers, and the first ``MAX_ROWS`` rows as text.

    ``exact`` for numbers in all their digits, else six.
    """
    columns = [(str(name), column.to_numpy()) for name, column in frame.head(MAX_ROWS).items()]
    heads = tuple((name, np.issubdtype(values.dtype, np.number)) for name, values in columns)
    return heads, tuple(zip(*([_cell(value, exact) for value in values] for _, values in columns), strict=True))


def is_large(frame: pd.DataFrame) -> bool:
    """Whether a table is more than anybody would read on paper."""
    return len(frame) > _OPEN_ROWS or len(frame.columns) > _OPEN_COLUMNS


def with_names(frame: pd.DataFrame) -> pd.DataFrame:
    """The table, with the names of its rows, if they have any, as its first column."""
    if pd.api.types.is_integer_dtype(frame.index):
        return frame
    return frame.reset_index(names=str(frame.index.name or ""))


def _cell(value: Any, exact: bool) -> str:
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, float | np.floating) or not math.isfinite(value):
        return str(value)
    if float(value).is_integer():
        return f"{value:.0f}"
    short = f"{value:.6g}"
    # Six digits that read as 1 would hide how far from it the value is.
    return str(value) if exact or short in {"1", "-1"} else short
