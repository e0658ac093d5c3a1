"""The Tokens page's hidden reading, chunk by chunk."""

from typing import cast

from streamlit.delta_generator import DeltaGenerator

from analysis.choices import Masking
from analysis.types import HiddenReading
from dashboard import cache, work
from dashboard.state import Input, ViewState
from dashboard.work import Words, Work

_STATE = "tokens.hidden"


def begin(view: ViewState) -> Work:
    """The work on a view's input, as far as it is."""
    model, given = view.model, view.input
    return work.begin(
        _STATE,
        model,
        given,
        lambda: cache.hidden_chunks(model, given),
        lambda number: cache.hidden_rows(model, given, number),
        "Reading with each token hidden",
    )


def reading(work: Work, masking: Masking) -> HiddenReading | None:
    """The hidden reading as far as it goes; None while there is nothing of it."""
    return cache.hidden_reading(work.model, cast("Input", work.given), masking, work.done) if work.done else None


def go_on(the_work: Work, known: int, positions: int, place: DeltaGenerator) -> None:
    """Read the rest, if there is one and it is wanted; ``known`` of the ``positions`` have been read."""
    so_far = f"{known:,} of {positions:,} positions read with their token hidden."
    work.go_on(the_work, Words(positions, "positions", so_far), place, _STATE)
