"""Splits: sentence boundaries moved by hand, and any boundary opened on Next sentence."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

import streamlit as st

from analysis.texts.boundaries import places
from analysis.types import SplitSweep
from dashboard.drawing.chart import around
from dashboard.drawing.direction import apart
from dashboard.screen import cuts, navigation
from dashboard.screen.acts import Acts, Shown, next_sentence
from dashboard.screen.fields import key_of
from dashboard.screen.markup import plain

_STARTS, _CLICKED = "splits.starts", "splits.clicked"


def _boundaries(shown: Shown) -> None:
    """Sentence boundaries, each of which can be moved on or taken away, and others that can be added."""
    text, state, sweep = shown.view.text.text_a, st.session_state, shown.results["splits"]
    # As they were put, even where the text can't be cut at them: what is shown is then of before.
    held = state.get(_STARTS) if state["splits.text_a"] == text else shown.view.option("starts")
    language = shown.view.name("language")
    # A boundary lies between two tokens; one that was found inside a token lies behind it.
    can_be = [each.at for each in places(sweep.encoded)]
    if not 0 < len(can_be) <= cuts.MOST_BOUNDARIES:
        return
    words = cuts.boundaries(text, language)
    steps = sorted({*can_be}.intersection(words))
    found = sorted({next((at for at in can_be if at >= end), can_be[-1]) for end in cuts.ends(text, language)})
    kept = found if held is None else [at for at in (int(each) for each in str(held).split()) if at in can_be]

    def named(at: int) -> str:
        return f"{'before' if at in words else 'inside'} word {bisect_right(words, at) + 1}: {apart(around(text, at))}"

    def put(chosen: Sequence[int]) -> None:
        if st.session_state["splits.text_a"] != text:
            # Another text came with the same click, and these are no boundaries of it.
            return
        new = sorted(set(chosen))
        st.session_state[_STARTS] = None if new == found else " ".join(str(at) for at in new)

    def add() -> None:
        chosen = st.session_state["splits.add"]
        st.session_state["splits.add"] = None
        if chosen is not None:
            put([*kept, chosen])

    with st.expander(f"Sentence boundaries: {len(kept)}", key="splits.boundaries"):
        for number, boundary in enumerate(kept):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.caption(plain(named(boundary)), width="stretch")
                rest = [each for each in kept if each != boundary]
                for name, icon, label, to in (
                    ("back", "chevron_left", "One word back", steps[: bisect_left(steps, boundary)][-1:]),
                    ("on", "chevron_right", "One word on", steps[bisect_right(steps, boundary) :][:1]),
                    ("away", "close", "Take it away", []),
                ):
                    st.button(
                        label,
                        key=f"splits.{name}.{number}",
                        icon=f":material/{icon}:",
                        type="tertiary",
                        disabled=name != "away" and (not to or to[0] in kept),
                        on_click=put,
                        args=([*rest, *to],),
                    )
        st.selectbox(
            "Add one",
            [at for at in can_be if at not in kept],
            index=None,
            key="splits.add",
            format_func=named,
            placeholder="type a word of the text to find its place",
            on_change=add,
        )
        st.button("As found", key="splits.found", on_click=put, args=(found,), disabled=kept == found)


def _open(shown: Shown) -> None:
    """A boundary on the Next sentence page: chosen here, or clicked in the figure."""
    sweep: SplitSweep = shown.results["splits"]
    text, numbers = sweep.encoded.text_a, range(len(sweep.boundaries))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            "Take a boundary apart",
            numbers,
            format_func=lambda number: f"{number + 1} · {apart(around(text, sweep.boundaries[number].at))}",
            key=key_of("splits.chosen", text, *(str(each.at) for each in sweep.boundaries)),
        )
        wanted = st.button("Open on Next sentence", key="splits.open", icon=":material/arrow_forward:")
    clicked = st.session_state.pop(_CLICKED, None)
    chosen = number if wanted else clicked
    if isinstance(chosen, int) and chosen in numbers:
        at = sweep.boundaries[chosen].at
        if sweep.context == "adjacent":
            ends = [0, *(each.at for each in sweep.boundaries if each.sentence), len(text)]
            begins, end = max(each for each in ends if each < at), min(each for each in ends if each > at)
            next_sentence.open_two(text[begins:at].strip(), text[at:end].strip())
        else:
            next_sentence.open_cut(text, at)
        navigation.go("next_sentence")


def _click(mark: Any) -> None:
    """Keep which boundary was clicked: it is opened once it has been checked."""
    st.session_state[_CLICKED] = mark


ACTS = Acts(places={"boundaries": _boundaries, "open": _open}, clicks={"open": _click})
