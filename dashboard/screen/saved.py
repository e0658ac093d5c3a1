"""What is saved as a file, and when."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from mimetypes import MimeTypes

import pandas as pd
import streamlit as st

from analysis.types import Provenance
from dashboard.drawing import tables

_TYPES = MimeTypes()
"""Python's own table of file types: a machine's may say other things of CSV."""


def download(
    label: str, make: Callable[[], str | bytes], name: str, *, key: str, help: str | None = None, ready: bool = True
) -> None:
    """A button that saves a file, made when somebody wants it and not at every run of the page.

    It can be pressed when there is something to save (``ready``).
    """
    st.download_button(
        label,
        make,
        file_name=f"pretext-{name}",
        mime=_TYPES.guess_type(name)[0],
        icon=":material/download:",
        key=key,
        on_click="ignore",
        help=help,
        disabled=not ready,
    )


def csv_and_parquet(make: Callable[[], pd.DataFrame], source: Provenance, name: str, *, key: str) -> None:
    """Two buttons that save a table, made when somebody wants it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for kind, write in (("CSV", tables.csv), ("Parquet", tables.parquet)):
            if kind == "Parquet" and find_spec("pyarrow") is None:
                st.caption("Parquet needs pyarrow, which is not installed here: save the CSV.")
                continue
            whole = partial(_written, write, make, source)
            download(kind, whole, f"{name}.{kind.lower()}", key=f"{key}.{kind.lower()}")


def _written(
    write: Callable[[pd.DataFrame, Provenance, str], str | bytes], make: Callable[[], pd.DataFrame], source: Provenance
) -> str | bytes:
    return write(make(), source, now())


def now() -> str:
    """The moment, in UTC and whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
