"""What Splits and Pairs have in common: many passes of the next-sentence head, in chunks, with their estimate."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import cache, work
from dashboard.state import PairQuestion, SplitQuestion


def begin(page: str, model: str, asked: SplitQuestion | PairQuestion, what: str) -> work.Work:
    """The work on a question, as far as it is; an InputError when it can't be asked."""
    cache.nsp_plan(model, asked)
    return work.begin(
        f"{page}.work",
        model,
        asked,
        lambda: cache.nsp_chunks(model, asked),
        lambda number: cache.nsp_rows(model, asked, number),
        what,
    )


def estimate(model: str, asked: SplitQuestion | PairQuestion) -> DeltaGenerator:
    """Say what the question takes; returns the place where its progress shows."""
    found = cache.estimate(model, asked)
    st.caption(
        f"{found.passes:,} passes of the model over {found.tokens:,} tokens, by estimate {found.seconds:.1f} s on this "
        "machine."
    )
    return st.container()


def go_on(page: str, the_work: work.Work, asked: SplitQuestion | PairQuestion, place: DeltaGenerator) -> None:
    """Read the rest, if there is one and it is wanted."""
    passes = len(cache.nsp_plan(the_work.model, asked).inputs)
    read = round(the_work.done / the_work.chunks * passes)
    words = work.Words(passes, "passes", f"{read:,} of {passes:,} passes read.")
    work.go_on(the_work, words, place, f"{page}.work")
