"""Compare: three ways to two inputs, and edits that stay with the side they were made for."""

from bisect import bisect_right
from collections.abc import Callable

import streamlit as st

from analysis.questions import Text
from analysis.texts.text import sentences
from dashboard.drawing.chart import around
from dashboard.page import About, Example, Page
from dashboard.pages.compare import CUTS, MODELS, NOT_CUT, TEXTS
from dashboard.paper.page_report import edits_said
from dashboard.screen import cache, sidebar
from dashboard.screen.acts import Acts
from dashboard.screen.acts.next_sentence import MOST_BOUNDARIES, boundaries, cut_slider, first_cut
from dashboard.screen.fields import draw_examples, draw_option, text_area
from dashboard.screen.markup import plain
from dashboard.screen.told import tell
from dashboard.view import ViewState

_REPLACED, _TYPED = "compare.replaced", "compare.text.typed"
_MODE, _TEXT, _MODEL_B, _PAIR, _SEGMENTS = (
    f"compare.{name}" for name in ("mode", "text", "model_b", "pair", "segments")
)


def open_beside(a: Text, b: Text, model: str) -> None:
    """Put two inputs into the fields, edits included; the page is opened by whoever calls this."""
    state = st.session_state
    state[_MODE] = TEXTS
    state[_SEGMENTS] = a.text_b is not None or b.text_b is not None
    for name, text in (("a", a), ("b", b)):
        state[f"compare.text_{name}"] = text.text_a
        if state[_SEGMENTS]:
            state[f"compare.pair_{name}"] = text.text_b or ""
        state[f"compare.edits_{name}"] = (model, text)
    state.pop(_PAIR, None)


def _draw(page: Page, about: About) -> tuple[Text, ...]:
    first = page.examples[0]
    for name, value in (("text_a", first.text_a), ("text_b", first.text_b or ""), ("pair_a", ""), ("pair_b", "")):
        st.session_state.setdefault(f"compare.{name}", value)
    st.session_state.setdefault(_TEXT, f"{first.text_a} {first.text_b}")
    draw_option(page, page.option("mode"), on_change=_other_way_in, label_visibility="collapsed")
    ways: dict[str, Callable[[Page, str], tuple[Text, ...]]] = {TEXTS: _two_texts, CUTS: _two_cuts, MODELS: _two_models}
    return ways[st.session_state[_MODE]](page, about.spec)


def _put(_page: Page, view: ViewState) -> None:
    # Its options stand in the fields by now: with two texts, what was picked among the pairs goes with them.
    if view.name("mode") == TEXTS:
        picked = st.session_state.get(_PAIR)
        open_beside(*view.texts, view.model)
        st.session_state[_PAIR] = picked
        # A view of two texts has no other one: A goes along to another way in.
        for key in (_TEXT, _TYPED):
            st.session_state.pop(key, None)
    else:
        st.session_state[_TYPED] = True


def _two_texts(page: Page, model: str) -> tuple[Text, ...]:
    state = st.session_state
    segments, (first, second) = bool(state.get(_SEGMENTS)), page.texts.placeholders
    sides = []
    for name, column in zip("ab", st.columns(2), strict=True):
        with column:
            text_area(f"compare.text_{name}", name.upper(), placeholder=first, on_change=_forget)
            key, label = f"compare.pair_{name}", f"Second segment of {name.upper()}"
            if segments:
                text_area(key, label, placeholder=second, on_change=_forget, height=68)
            sides.append(_side(name, model))
            if sides[-1].edits:
                _say_edits(name, sides[-1], model)
    a, b = sides
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="compare.analyse", help="Ctrl+Enter in a field does the same.")
        st.button(
            "Edit A into B", key="compare.copy", on_click=_copy, args=(model,), help="Let B start as a copy of A."
        )
        replaced: tuple[Text, Text] | None = state.get(_REPLACED)
        # As long as B is the copy: what is typed after that is not to be lost either.
        if replaced is not None and b == replaced[0]:
            st.button("Bring B back", key="compare.back", on_click=_bring_back, args=(model,))
        st.button("Swap A and B", key="compare.swap", on_click=_swap)
        tell(_SEGMENTS)
        st.toggle("Second segments", key=_SEGMENTS, persist_state="session", on_change=_forget)

    def fill(example: Example) -> None:
        open_beside(Text(example.text_a), Text(example.text_b or ""), model)

    draw_examples(page, fill)
    return a, b


def _two_cuts(page: Page, _model: str) -> tuple[Text, ...]:
    text, state = _one_text(page), st.session_state
    starts = boundaries(text)
    if not 0 < len(starts) <= MOST_BOUNDARIES:
        if text.strip():
            st.caption(
                f"A text of 2 to {MOST_BOUNDARIES + 1:,} words can be cut; this one has {len(starts) + 1:,}, so both "
                "sides are the whole text."
            )
        state["compare.cut_a"] = state["compare.cut_b"] = NOT_CUT
        return Text(text), Text(text)
    first = first_cut(starts, [at for at, _ in sentences(text)][1:])

    def named(cut: int) -> str:
        # The number keeps two boundaries apart whose words are the same. The slider may also ask for a boundary of the
        # text before.
        return "not cut" if cut == NOT_CUT else plain(f"{bisect_right(starts, cut)} · {around(text, cut)}")

    sides = []
    for name, default in (("a", NOT_CUT), ("b", first)):
        label, places = f"{name.upper()} is cut at", [NOT_CUT, *starts]
        cut = cut_slider(f"compare.cut_{name}", label, places, default, named, on_change=_forget)
        sides.append(Text(text) if cut == NOT_CUT else Text(text[:cut].rstrip(), text[cut:].lstrip()))
    return tuple(sides)


def _two_models(page: Page, model: str) -> tuple[Text, ...]:
    text, option = _one_text(page), page.option("model_b")
    if not st.session_state.get(_MODEL_B):
        st.session_state[_MODEL_B] = next((each for each in sidebar.known_models() if each != model), model)
    tell(_MODEL_B)
    chosen = sidebar.model_field(_MODEL_B, option.label, option.help, _forget)
    if (chosen or model) == model:
        st.caption("Both sides are read by the same model: choose another one for B, or type its name.")
    return Text(text), Text(text)


def _one_text(page: Page) -> str:
    def fill(example: Example) -> None:
        st.session_state[_TEXT] = f"{example.text_a} {example.text_b}"
        _type_text()

    text = text_area(_TEXT, "Text", placeholder=page.texts.placeholders[0], on_change=_type_text)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="compare.analyse.one", help="Ctrl+Enter in the field does the same.")
    draw_examples(page, fill, "compare.one")
    return text


# What a button does, it does to what stands in the fields when it is clicked: words may have come with the click.


def _copy(model: str) -> None:
    a, b = _side("a", model), _side("b", model)
    if a != b:
        st.session_state[_REPLACED] = (a, b)
    open_beside(a, a, model)


def _bring_back(model: str) -> None:
    open_beside(_side("a", model), st.session_state[_REPLACED][1], model)


def _swap() -> None:
    state = st.session_state
    for name in ("text", "pair", "edits"):
        a, b = f"compare.{name}_a", f"compare.{name}_b"
        state[a], state[b] = state.get(b), state.get(a)
    _forget()


def _other_way_in() -> None:
    """Take A's text along to the ways in that have one text, unless one has been typed there."""
    state = st.session_state
    _forget()
    if state.get(_MODE) != TEXTS and not state.get(_TYPED):
        second = state["compare.pair_a"] if state.get(_SEGMENTS) else ""
        state[_TEXT] = " ".join(filter(None, (state["compare.text_a"], second)))


def _type_text() -> None:
    state = st.session_state
    state[_TYPED] = True
    for key in ("compare.cut_a", "compare.cut_b"):
        state.pop(key, None)
    _forget()


def _say_edits(name: str, text: Text, model: str) -> None:
    said = edits_said(text.edits, cache.models().get(model).tokens_of)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(f"Edited after tokenising: {said}."), width="content")
        st.button(
            "Take the edits back",
            key=f"compare.unedit_{name}",
            type="tertiary",
            on_click=lambda: st.session_state.pop(f"compare.edits_{name}", None),
        )


def _side(name: str, model: str) -> Text:
    """A side with its edits, as long as they mean its tokens: text and model are those that they were made for.

    One whose second field is blank is a lone text: the two need not be alike.
    """
    state = st.session_state
    text_b = state[f"compare.pair_{name}"] if state.get(_SEGMENTS) else ""
    text = Text(state[f"compare.text_{name}"], text_b or None)
    of_model, kept = state.get(f"compare.edits_{name}") or (model, text)
    return kept if (of_model, kept.text_a, kept.text_b) == (model, text.text_a, text.text_b) else text


def _forget() -> None:
    st.session_state.pop(_PAIR, None)


def _tidied(view: ViewState) -> ViewState:
    """The view without what stands in the fields of ways in that are not chosen."""
    mode = view.name("mode")
    if mode == TEXTS:
        view = view.with_options(text="")
    if mode != CUTS:
        view = view.with_options(cut_a=None, cut_b=None)
    return view if mode == MODELS else view.with_options(model_b="")


ACTS = Acts(draw_texts=_draw, put_texts=_put, tidied=_tidied)
