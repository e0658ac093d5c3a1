"""The Next sentence page's widgets, and the view that they make."""

from collections.abc import Sequence

import streamlit as st

from analysis.limits import MAX_TEXT_CHARS
from analysis.texts.text import reporting_words, sentences
from dashboard.controls.fields import examples, start, text_area
from dashboard.controls.sidebar import units
from dashboard.examples import Example
from dashboard.screen.markup import plain
from dashboard.state import ViewState, options

_MOST_BOUNDARIES = 2_000
"""A text with more words than this has more tokens than the models with a next-sentence head read."""

TWO_TEXTS, ONE_TEXT = "Two texts", "One text, movable boundary"


def texts(choices: Sequence[Example]) -> tuple[str, str, str]:
    """The Next sentence page's fields: how the texts are given, and both texts; B is empty when A can't be cut."""
    first = choices[0]
    start("nsp.text_a", first.text_a)
    start("nsp.text_b", first.text_b or "")
    start("nsp.text", f"{first.text_a} {first.text_b}")
    start("nsp.mode", TWO_TEXTS)

    def fill(example: Example) -> None:
        st.session_state["nsp.text_a"] = example.text_a
        st.session_state["nsp.text_b"] = example.text_b or ""
        st.session_state["nsp.text"] = f"{example.text_a} {example.text_b}"
        st.session_state.pop("nsp.cut", None)

    mode = st.segmented_control(
        "Input",
        (TWO_TEXTS, ONE_TEXT),
        key="nsp.mode",
        required=True,
        persist_state="session",
        label_visibility="collapsed",
    )
    if mode == ONE_TEXT:
        text = text_area(
            "nsp.text", "Text", placeholder="Type or paste a text of two sentences or more", on_change=_forget_cut
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Analyse", key="nsp.analyse.one")
        examples("nsp.one", choices, fill)
        return ONE_TEXT, *_cut_by_hand(text)
    left, right = st.columns(2)
    with left:
        text_a = text_area("nsp.text_a", "Text A", placeholder="The first sentence")
    with right:
        text_b = text_area("nsp.text_b", "Text B", placeholder="Does this follow?")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="nsp.analyse", help="Ctrl+Enter in a field does the same.")
        st.button("Swap A and B", key="nsp.swap", on_click=_swap)
    examples("nsp", choices, fill)
    return TWO_TEXTS, text_a, text_b


def view_of(model: str, mode: str, text_a: str, text_b: str) -> ViewState:
    """The Next sentence page's whole input."""
    every_token = st.toggle(
        "Show every token",
        key="nsp.every",
        persist_state="session",
        help="Long texts are shortened in the rows below; the head always reads all of them.",
    )
    return ViewState(
        page="next_sentence",
        model=model,
        text_a=text_a,
        text_b=text_b,
        options=options({"every": bool(every_token), "mode": mode, "units": units()}),
    )


def open_cut(text: str, at: int) -> None:
    """Put one text, cut at a word, into the fields; the page is opened by whoever calls this."""
    state = st.session_state
    state["nsp.mode"], state["nsp.text"], state["nsp.cut"] = ONE_TEXT, text, at


def restore(view: ViewState) -> None:
    """Put a view into the page's fields."""
    state = st.session_state
    state["nsp.every"] = bool(view.option("every"))
    text_b = view.text_b or ""
    if view.name("mode") == ONE_TEXT:
        open_cut(f"{view.text_a} {text_b}" if text_b else view.text_a, len(view.text_a) + 1)
        return
    state["nsp.mode"] = TWO_TEXTS
    state["nsp.text_a"], state["nsp.text_b"] = view.text_a, text_b


def _forget_cut() -> None:
    st.session_state.pop("nsp.cut", None)


def _swap() -> None:
    state = st.session_state
    state["nsp.text_a"], state["nsp.text_b"] = state["nsp.text_b"], state["nsp.text_a"]


def _cut_by_hand(text: str) -> tuple[str, str]:
    """A boundary between words that can be moved, at first behind the first sentence."""
    starts = [at for at, _ in reporting_words(text)][1:]
    if not starts or len(text) > MAX_TEXT_CHARS:
        return text, ""
    ends = [at for at, _ in sentences(text)][1:]
    first = next((at for at in starts if ends and at >= ends[0]), starts[len(starts) // 2])
    if st.session_state.get("nsp.cut") not in starts:
        st.session_state["nsp.cut"] = first

    def around(cut: int) -> str:
        # The number keeps two boundaries apart whose words are the same: the slider knows its options by their text.
        words = f"{text[max(0, cut - 24) : cut].strip()} | {text[cut : cut + 24].strip()}"
        return plain(f"{starts.index(cut) + 1} … {words} …")

    def move_to(cut: int) -> None:
        st.session_state["nsp.cut"] = cut

    if 1 < len(starts) <= _MOST_BOUNDARIES:
        cut = st.select_slider(
            "Boundary",
            starts,
            key="nsp.cut",
            format_func=around,
            persist_state="session",
            help="Drag it, or use the arrow keys.",
        )
    else:
        cut = first
    before = [end for end in ends if end < cut]
    after = [end for end in ends if end > cut]
    with st.container(horizontal=True):
        for label, found, icon in (
            ("Previous sentence end", before[-1:], ":material/arrow_back:"),
            ("Next sentence end", after[:1], ":material/arrow_forward:"),
        ):
            st.button(label, icon=icon, disabled=not found, on_click=move_to, args=tuple(found) or (cut,))
    return text[:cut].rstrip(), text[cut:].lstrip()
