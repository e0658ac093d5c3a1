"""Compare: three ways to two inputs, and edits that stay with the side they were made for."""

from bisect import bisect_right
from collections.abc import Callable

import streamlit as st

from analysis.questions import Text
from analysis.texts.sentences import joined
from dashboard.about import About
from dashboard.drawing.chart import around
from dashboard.drawing.direction import apart
from dashboard.page import Example, Page
from dashboard.pages.compare import CUTS, MODELS, NOT_CUT, TEXTS
from dashboard.paper.page_report import edits_said
from dashboard.screen import cache, cuts, offers, sidebar
from dashboard.screen.acts import Acts
from dashboard.screen.fields import draw_menus, draw_option, text_area
from dashboard.screen.markup import plain
from dashboard.screen.told import tell
from dashboard.view import ViewState

_REPLACED, _TYPED, _SECOND = "compare.replaced", "compare.text.typed", "compare.second"
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
    first = page.begins_with(about)
    for name, value in (("text_a", first.text_a), ("text_b", first.text_b or ""), ("pair_a", ""), ("pair_b", "")):
        st.session_state.setdefault(f"compare.{name}", value)
    st.session_state.setdefault(_TEXT, joined(filter(None, (first.text_a, first.text_b))))
    st.session_state.setdefault(_MODE, TEXTS)
    ways: dict[str, Callable[[Page, str], tuple[Text, ...]]] = {TEXTS: _two_texts, CUTS: _two_cuts, MODELS: _two_models}
    found = ways[st.session_state[_MODE]](page, about.spec)
    _offer(page, about)
    return found


def _offer(page: Page, about: About) -> None:
    mode, segments = st.session_state[_MODE], bool(st.session_state.get(_SEGMENTS))
    if mode == TEXTS:
        names = ("text_a", "text_b", *(("pair_a", "pair_b") if segments else ()))
        keys = tuple(f"compare.{name}" for name in names)
    else:
        keys = (_TEXT, *((_SECOND,) if segments and mode == MODELS else ()))
    # Two models may have two mask tokens.
    gaps = page.texts.gaps and mode != MODELS
    offers.offer(keys, about, gaps=gaps, on_click=_forget if mode == TEXTS else _type_text)


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
    if view.name("mode") == MODELS:
        second = view.texts[0].text_b
        st.session_state[_SEGMENTS], st.session_state[_SECOND] = second is not None, second or ""


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
        st.button("Analyse", key="compare.analyse")
        st.button("Edit A into B", key="compare.copy", on_click=_copy, args=(model,))
        replaced: tuple[Text, Text] | None = state.get(_REPLACED)
        # As long as B is the copy: what is typed after that is not to be lost either.
        if replaced is not None and b == replaced[0]:
            st.button("Bring B back", key="compare.back", on_click=_bring_back, args=(model,))
        st.button("Swap A and B", key="compare.swap", on_click=_swap)
        tell(_SEGMENTS)
        st.toggle("Second segments", key=_SEGMENTS, persist_state="session", on_change=_forget)
        _draw_ways_in(page)

        def fill(example: Example) -> None:
            open_beside(Text(example.text_a), Text(example.text_b or ""), model)

        draw_menus(page, model, lambda: _side("a", model), fill)
    return a, b


def _draw_ways_in(page: Page) -> None:
    draw_option(page, page.option("mode"), on_change=_other_way_in, label_visibility="collapsed")


def _two_cuts(page: Page, model: str) -> tuple[Text, ...]:
    text, state = _one_text(page, model).text_a, st.session_state
    language = cuts.language_on("compare")
    starts = cuts.boundaries(text, language)
    if not 0 < len(starts) <= cuts.MOST_BOUNDARIES:
        if text.strip():
            st.caption(
                f"A text of 2 to {cuts.MOST_BOUNDARIES + 1:,} words can be cut; this one has {len(starts) + 1:,}, so "
                "both sides are the whole text."
            )
        state["compare.cut_a"] = state["compare.cut_b"] = NOT_CUT
        return Text(text), Text(text)
    first = cuts.first_cut(starts, cuts.ends(text, language))

    def named(cut: int) -> str:
        # The number keeps two boundaries apart whose words are the same. The slider may also ask for a boundary of the
        # text before.
        return "not cut" if cut == NOT_CUT else plain(f"{bisect_right(starts, cut)} · {apart(around(text, cut))}")

    sides = []
    for name, default in (("a", NOT_CUT), ("b", first)):
        label, key = f"{name.upper()} is cut at", f"compare.cut_{name}"
        places = [NOT_CUT, *cuts.with_held(key, text, starts)]
        cut = cuts.cut_slider(key, label, places, default, named, on_change=_forget)
        sides.append(Text(text) if cut == NOT_CUT else Text(text[:cut].rstrip(), text[cut:].lstrip()))
    cuts.say_language(language, text)
    return tuple(sides)


def _two_models(page: Page, model: str) -> tuple[Text, ...]:
    text, option = _one_text(page, model, segments=True), page.option("model_b")
    if not st.session_state.get(_MODEL_B):
        st.session_state[_MODEL_B] = next((each for each in sidebar.known_models() if each != model), model)
    tell(_MODEL_B)
    chosen = sidebar.model_field(_MODEL_B, option.label, option.help, _forget)
    if (chosen or model) == model:
        st.caption("Both sides are read by the same model: choose another one for B, or type its name.")
    return text, text


def _one_text(page: Page, model: str, *, segments: bool = False) -> Text:
    """The text of both sides, with a second segment where it is wanted and can be (``segments``)."""

    def fill(example: Example) -> None:
        state = st.session_state
        state[_TEXT], state[_SEGMENTS] = f"{example.text_a} {example.text_b}", False
        _type_text()

    shown, pair = page.texts.placeholders, segments and bool(st.session_state.get(_SEGMENTS))
    columns = st.columns(2) if pair else [st.container()]
    label = "Text A" if pair else "Text"
    with columns[0]:
        hidden = "visible" if pair else "collapsed"
        text_area(_TEXT, label, placeholder=shown[0], label_visibility=hidden, on_change=_type_text)
    if pair:
        st.session_state.setdefault(_SECOND, "")
        with columns[1]:
            text_area(_SECOND, "Second segment", placeholder=shown[1], on_change=_type_text)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="compare.analyse.one")
        if segments:
            tell(_SEGMENTS)
            st.toggle("Second segment", key=_SEGMENTS, persist_state="session", on_change=_forget)
        _draw_ways_in(page)
        draw_menus(page, model, lambda: _whole(segments=segments), fill, "compare.one")
    return _whole(segments=segments)


def _whole(*, segments: bool) -> Text:
    """What stands in the fields of the ways in that have one text."""
    state = st.session_state
    second = state.get(_SECOND) if segments and state.get(_SEGMENTS) else None
    return Text(state[_TEXT], second or None)


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
        first, second = state["compare.text_a"], state["compare.pair_a"] if state.get(_SEGMENTS) else ""
        apart = state.get(_MODE) == MODELS
        state[_TEXT] = first if apart else joined(filter(None, (first, second)))
        state[_SECOND] = second if apart else ""


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
