"""The Compare page's work, chunk by chunk."""

from streamlit.delta_generator import DeltaGenerator

from dashboard import cache, work
from dashboard.state import CompareQuestion
from dashboard.work import Words, Work

_STATE = "compare.work"


def begin(model: str, asked: CompareQuestion) -> Work:
    """The work on a question, as far as it is; an InputError when it can't be asked."""
    cache.check_comparison(model, asked)
    return work.begin(
        _STATE,
        model,
        asked,
        lambda: cache.compare_chunks(model, asked),
        lambda number: cache.compare_rows(model, asked, number),
        "Comparing",
    )


def go_on(the_work: Work, place: DeltaGenerator) -> None:
    """Read the rest, if there is one and it is wanted."""
    so_far = f"{the_work.done:,} of {the_work.chunks:,} parts read."
    work.go_on(the_work, Words(the_work.chunks, "parts", so_far), place, _STATE)
