"""Next sentence: two texts, or one with a boundary that can be moved."""

from bisect import bisect_right

import streamlit as st

from analysis.questions import Text
from analysis.texts.sentences import joined
from dashboard.about import About
from dashboard.drawing.direction import apart
from dashboard.page import Example, Page
from dashboard.pages.next_sentence import ONE_TEXT, TWO_TEXTS
from dashboard.screen import cuts, offers
from dashboard.screen.acts import Acts
from dashboard.screen.fields import draw_areas, draw_menus, draw_option, put_example, start_texts, text_area
from dashboard.screen.markup import plain
from dashboard.view import ViewState

_TEXT, _CUT, _MODE, _GAP = (f"next_sentence.{name}" for name in ("text", "cut", "mode", "gap"))
_SPACE = " "


def open_cut(text: str, at: int) -> None:
    """Put one text, cut at a code point, into the fields; the page is opened by whoever calls this."""
    state = st.session_state
    state[_MODE], state[_TEXT], state[_CUT] = ONE_TEXT, text, at


def open_two(text_a: str, text_b: str) -> None:
    """Put two texts into the fields; the page is opened by whoever calls this."""
    state = st.session_state
    state[_MODE], state["next_sentence.text_a"], state["next_sentence.text_b"] = TWO_TEXTS, text_a, text_b


def _draw(page: Page, about: About) -> tuple[Text, ...]:
    start_texts(page, about)
    first = page.begins_with(about)
    st.session_state.setdefault(_TEXT, joined(filter(None, (first.text_a, first.text_b))))
    st.session_state.setdefault(_MODE, TWO_TEXTS)
    return (_one_text(page, about) if st.session_state[_MODE] == ONE_TEXT else _two_texts(page, about),)


def _fill(page: Page, example: Example) -> None:
    put_example(page, example)
    st.session_state[_TEXT] = f"{example.text_a} {example.text_b}"
    _forget_cut()


def _two_texts(page: Page, about: About) -> Text:
    text_a, text_b = draw_areas(page, pair=True)

    def texts() -> Text:
        return Text(st.session_state[text_a], st.session_state[text_b])

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key=f"{page.key}.analyse")
        st.button("Swap A and B", key=f"{page.key}.swap", on_click=_swap, args=(page.key,))
        draw_option(page, page.option("mode"), label_visibility="collapsed")
        draw_menus(page, about.spec, texts, lambda example: _fill(page, example))
    offers.offer((text_a, text_b), about)
    return texts()


def _one_text(page: Page, about: About) -> Text:
    text = text_area(
        _TEXT,
        "Text",
        placeholder="Type or paste a text of two sentences or more",
        label_visibility="collapsed",
        on_change=_forget_cut,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key=f"{page.key}.analyse.one")
        draw_option(page, page.option("mode"), label_visibility="collapsed")
        draw_menus(
            page,
            about.spec,
            lambda: Text(st.session_state[_TEXT]),
            lambda example: _fill(page, example),
            f"{page.key}.one",
        )
    offers.offer((_TEXT,), about, on_click=_forget_cut)
    return _cut_by_hand(text)


def _put(_page: Page, view: ViewState) -> None:
    text = view.text
    if view.name("mode") == ONE_TEXT:
        before = f"{text.text_a}{view.name('gap')}" if text.text_b else text.text_a
        open_cut(f"{before}{text.text_b or ''}", len(before))
    else:
        open_two(text.text_a, text.text_b or "")


def _forget_cut() -> None:
    st.session_state.pop(_CUT, None)


def _swap(page: str) -> None:
    state = st.session_state
    state[f"{page}.text_a"], state[f"{page}.text_b"] = state[f"{page}.text_b"], state[f"{page}.text_a"]


def _cut_by_hand(text: str) -> Text:
    """A boundary that can be moved, at first behind the first sentence; what stands around it is kept beside both."""
    language = cuts.language_on("next_sentence")
    places = cuts.boundaries(text, language)
    if not places:
        return Text(text, "")
    ends = cuts.ends(text, language)
    first, places = cuts.first_cut(places, ends), cuts.with_held(_CUT, text, places)

    def around(cut: int) -> str:
        # The number keeps two boundaries apart whose words are the same: the slider knows its options by their text. It
        # may also ask for a boundary of the text before.
        words = f"{text[max(0, cut - 24) : cut].strip()} | {text[cut : cut + 24].strip()}"
        return plain(f"{bisect_right(places, cut)} {apart(f'… {words} …')}")

    def move_to(cut: int) -> None:
        st.session_state[_CUT] = cut

    cut = first
    if 1 < len(places) <= cuts.MOST_BOUNDARIES:
        cut = cuts.cut_slider(_CUT, "Boundary", places, first, around, help="Drag it, or use the arrow keys.")
    before, after = [end for end in ends if end < cut][-1:], [end for end in ends if end > cut][:1]
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, found, icon in (
            ("Previous sentence end", before, ":material/arrow_back:"),
            ("Next sentence end", after, ":material/arrow_forward:"),
        ):
            st.button(label, icon=icon, disabled=not found, on_click=move_to, args=tuple(found) or (cut,))
        cuts.say_language(language, text)
    text_a, text_b = text[:cut].rstrip(), text[cut:].lstrip()
    st.session_state[_GAP] = text[len(text_a) : len(text) - len(text_b)]
    return Text(text_a, text_b)


def _tidied(view: ViewState) -> ViewState:
    """The view without what stood at the boundary of one text, where there are two."""
    return view if view.name("mode") == ONE_TEXT else view.with_options(gap=_SPACE)


ACTS = Acts(draw_texts=_draw, put_texts=_put, tidied=_tidied)
