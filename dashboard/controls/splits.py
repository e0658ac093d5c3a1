"""The Splits page's widgets, and the view that they make."""

import re
from collections.abc import Sequence

import streamlit as st

from analysis.choices import SPLIT_CONTEXTS, SPLIT_UNITS
from analysis.limits import MAX_TEXT_CHARS
from analysis.tasks.splits import DEFAULT_CONTROLS
from analysis.texts.text import reporting_words, sentences
from dashboard.controls.fields import (
    LARGEST_SEED,
    controls_and_seed,
    examples,
    put_choice,
    put_number,
    start,
    text_area,
)
from dashboard.controls.sidebar import units
from dashboard.examples import Example
from dashboard.pages.splits.figures import around
from dashboard.screen.markup import plain
from dashboard.state import SplitQuestion, ViewState, options

MOST_CONTROLS = 20
_UNITS = {"sentence": "sentences", "word": "words"}
_CONTEXTS = {"text": "the whole text", "adjacent": "adjacent sentences"}
_STARTS = "splits.starts"
_MOST_BOUNDARIES = 2_000


def text(choices: Sequence[Example]) -> str:
    """The page's field."""
    start("splits.text", choices[0].text_a)

    def fill(example: Example) -> None:
        st.session_state["splits.text"] = example.text_a
        _forget_starts()

    given = text_area(
        "splits.text", "Text", placeholder="Type or paste a text of two sentences or more", on_change=_forget_starts
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="splits.analyse", help="Ctrl+Enter in the field does the same.")
    examples("splits", choices, fill)
    return given


def view_of(model: str, given: str) -> ViewState:
    """The page's whole input."""
    start("splits.unit", "sentence")
    start("splits.context", "text")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        unit = st.segmented_control(
            "Cut between",
            SPLIT_UNITS,
            format_func=_UNITS.__getitem__,
            key="splits.unit",
            required=True,
            persist_state="session",
        )
        context = st.segmented_control(
            "On either side",
            SPLIT_CONTEXTS,
            format_func=_CONTEXTS.__getitem__,
            key="splits.context",
            required=True,
            persist_state="session",
            help="All of the text before and after the cut, or only the sentence (or its part) next to it.",
        )
        with st.popover("Options", icon=":material/tune:"):
            controls, seed = controls_and_seed("splits", most=MOST_CONTROLS, default=DEFAULT_CONTROLS)
    return ViewState(
        page="splits",
        model=model,
        text_a=given,
        options=options(
            {
                "context": context if context in SPLIT_CONTEXTS else "text",
                "controls": controls,
                "seed": seed,
                "starts": _starts(given),
                "unit": unit if unit in SPLIT_UNITS else "sentence",
                "units": units(),
            }
        ),
    )


def question(view: ViewState) -> SplitQuestion:
    """What the head is asked."""
    starts = view.option("starts")
    return SplitQuestion(
        text=view.text_a,
        unit=next(each for each in SPLIT_UNITS if each == view.name("unit")),
        context=next(each for each in SPLIT_CONTEXTS if each == view.name("context")),
        controls=view.number("controls"),
        seed=view.number("seed"),
        starts=tuple(int(each) for each in starts.split()) if isinstance(starts, str) else None,
    )


def restore(view: ViewState) -> None:
    """Put a view into the page's fields."""
    state = st.session_state
    state["splits.text"] = view.text_a
    put_choice("splits.unit", view.option("unit"), SPLIT_UNITS)
    put_choice("splits.context", view.option("context"), SPLIT_CONTEXTS)
    put_number("splits.controls", view.option("controls"), 0, MOST_CONTROLS)
    put_number("splits.seed", view.option("seed"), 0, LARGEST_SEED)
    _forget_starts()
    if isinstance(view.option("starts"), str):
        state[_STARTS] = sorted({int(each) for each in re.findall(r"\b[0-9]{1,6}\b", view.name("starts"))})


def _forget_starts() -> None:
    st.session_state.pop(_STARTS, None)


def _starts(given: str) -> str | None:
    """Sentence boundaries chosen by hand, as one string; None while they are those that were found."""
    words = [at for at, _ in reporting_words(given)][1:]
    if not 0 < len(words) <= _MOST_BOUNDARIES or len(given) > MAX_TEXT_CHARS:
        return None
    found = sorted({next((word for word in words if word >= at), words[-1]) for at, _ in sentences(given)[1:]})
    kept = [at for at in st.session_state.get(_STARTS, found) if at in words]

    def put(chosen: Sequence[int]) -> None:
        st.session_state[_STARTS] = sorted(set(chosen))

    def move(boundary: int, by: int) -> None:
        put([words[words.index(each) + by] if each == boundary else each for each in kept])

    def add() -> None:
        chosen = st.session_state["splits.add"]
        st.session_state["splits.add"] = None
        if chosen is not None:
            put([*kept, chosen])

    with st.expander(f"Sentence boundaries: {len(kept)}", key="splits.boundaries"):
        for number, boundary in enumerate(kept):
            at = words.index(boundary)
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.caption(plain(f"before word {at + 2}: {around(given, boundary)}"), width="stretch")
                for name, icon, help_, possible, act, arguments in (
                    ("back", "chevron_left", "One word back", at and words[at - 1] not in kept, move, (boundary, -1)),
                    (
                        "on",
                        "chevron_right",
                        "One word on",
                        at + 1 < len(words) and words[at + 1] not in kept,
                        move,
                        (boundary, 1),
                    ),
                    ("away", "close", "Take it away", True, put, ([each for each in kept if each != boundary],)),
                ):
                    st.button(
                        help_,
                        key=f"splits.{name}.{number}",
                        icon=f":material/{icon}:",
                        type="tertiary",
                        disabled=not possible,
                        on_click=act,
                        args=arguments,
                    )
        st.selectbox(
            "Add one",
            [word for word in words if word not in kept],
            index=None,
            key="splits.add",
            format_func=lambda at: plain(f"before word {words.index(at) + 2}: {around(given, at)}"),
            placeholder="type a word of the text to find its place",
            on_change=add,
        )
        st.button("As found", key="splits.found", on_click=_forget_starts, disabled=kept == found)
    return None if kept == found else " ".join(str(at) for at in kept)
