"""The Pairs page's widgets, and the view that they make."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from analysis.tasks.pairs import DEFAULT_CONTROLS
from analysis.texts.text import sentences
from analysis.types import PairMatrix
from dashboard.controls.fields import LARGEST_SEED, controls_and_seed, examples, key_of, put_number, start, text_area
from dashboard.controls.sidebar import units
from dashboard.examples import Example
from dashboard.screen.markup import plain
from dashboard.state import PairQuestion, ViewState, options

MOST_CONTROLS = 50
_SHORT = 60


def text(choices: Sequence[Example]) -> str:
    """The page's field: one sentence a line."""
    state = st.session_state
    start("pairs.text", choices[0].text_a)

    def fill(example: Example) -> None:
        state["pairs.text"] = example.text_a

    given = text_area("pairs.text", "Sentences, one a line", placeholder="Two sentences or more", height=168)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="pairs.analyse", help="Ctrl+Enter in the field does the same.")
        st.button(
            "One sentence a line",
            key="pairs.lines",
            on_click=_one_a_line,
            help="Cut the text where a sentence splitter finds the ends of sentences.",
        )
    examples("pairs", choices, fill)
    return given


def view_of(model: str, given: str) -> ViewState:
    """The page's whole input."""
    with st.popover("Options", icon=":material/tune:"):
        controls, seed = controls_and_seed("pairs", most=MOST_CONTROLS, default=DEFAULT_CONTROLS)
    return ViewState(
        page="pairs",
        model=model,
        text_a=given,
        options=options({"controls": controls, "seed": seed, "units": units()}),
    )


def question(view: ViewState) -> PairQuestion:
    """What the head is asked."""
    lines = tuple(line.strip() for line in view.text_a.splitlines() if line.strip())
    return PairQuestion(lines, view.number("controls"), view.number("seed"))


def pair(matrix: PairMatrix) -> tuple[int, int]:
    """The pair that is looked at among its controls."""
    pairs = [(i, j) for i in range(len(matrix.sentences)) for j in range(len(matrix.sentences)) if i != j]

    def named(each: tuple[int, int]) -> str:
        i, j = each
        texts = f"{matrix.sentences[i][:_SHORT]} | {matrix.sentences[j][:_SHORT]}"
        return plain(f"{i + 1}, {j + 1} · {texts}")

    key = key_of("pairs.pair", *matrix.sentences)
    if st.session_state.get(key) not in pairs:
        st.session_state[key] = pairs[0]
    chosen = st.selectbox("Pair", pairs, format_func=named, key=key)
    return chosen if chosen in pairs else pairs[0]


def restore(view: ViewState) -> None:
    """Put a view into the page's fields."""
    st.session_state["pairs.text"] = view.text_a
    put_number("pairs.controls", view.option("controls"), 0, MOST_CONTROLS)
    put_number("pairs.seed", view.option("seed"), 0, LARGEST_SEED)
    first, second = view.option("first"), view.option("second")
    if isinstance(first, int) and isinstance(second, int):
        st.session_state[key_of("pairs.pair", *question(view).sentences)] = (first - 1, second - 1)


def with_pair(view: ViewState, chosen: tuple[int, int]) -> ViewState:
    """The view with the pair that is looked at, counted from 1."""
    return replace(view, options=options({**dict(view.options), "first": chosen[0] + 1, "second": chosen[1] + 1}))


def _one_a_line() -> None:
    given = st.session_state["pairs.text"]
    st.session_state["pairs.text"] = "\n".join(given[first:last].replace("\n", " ") for first, last in sentences(given))
