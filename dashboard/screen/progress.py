"""What a person sees while something takes longer than a moment."""

from collections.abc import Generator
from contextlib import contextmanager

import streamlit as st

from analysis.models.hub import Progress
from dashboard.screen import cache
from dashboard.screen.markup import plain


@contextmanager
def loading(spec: str) -> Generator[Progress]:
    """Show that a model is being loaded, with the megabytes when it has to be downloaded; gone when it is there."""
    place = st.empty()
    place.progress(0.0, text=f"Loading the model {plain(spec)} …")

    def show(done: int, total: int) -> None:
        share = done / total if total else 0.0
        place.progress(share, text=f"Downloading {plain(spec)}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")

    try:
        yield show
    finally:
        place.empty()


@contextmanager
def computing(what: str) -> Generator[None]:
    """Show what is being computed, and how many others are at it."""
    others = cache.computing()
    waiting = f" ({others} others are computing)" if others > 1 else " (one other is computing)" if others else ""
    with st.spinner(f"{what}{waiting}"):
        yield
