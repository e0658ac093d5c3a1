"""What is saved as a file, and when."""

from collections.abc import Callable
from datetime import UTC, datetime
from mimetypes import MimeTypes

import streamlit as st

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


def now() -> str:
    """The moment, in UTC and whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
