"""What a person sees while something takes longer than a moment."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from analysis.errors import PretextError
from analysis.models.hub import Progress
from dashboard import cache
from dashboard.screen.markup import plain

Part = TypeVar("Part")

_MOMENT_SECONDS = 1.0
"""What takes longer than this is shown as far as it has come; what does not would only flicker."""


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


def in_parts(what: str, parts: Sequence[Callable[[], Part]], show: Callable[[Sequence[Part]], None]) -> list[Part]:
    """Compute one part after the other with their count on screen.

    ``show`` draws what is there so far, above the count, when that has taken longer than a moment; it goes when all is
    there.
    """
    done: list[Part] = []
    place, start = st.empty(), time.monotonic()
    try:
        for compute in parts:
            with place.container():
                if done and time.monotonic() - start > _MOMENT_SECONDS:
                    show(done)
                with computing(f"{what}: {len(done) + 1} of {len(parts)}"):
                    done.append(compute())
    except PretextError:
        place.empty()
        raise
    place.empty()
    return done
