"""A page on the screen: its question, its fields, and below them what its questions have come to."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.errors import PretextError
from analysis.questions import Text
from dashboard.drawing.chart import cut
from dashboard.drawing.palette import palette
from dashboard.page import Look, Page
from dashboard.pages import PAGES
from dashboard.screen import acts, cache, fields, kept, navigation, recent, sidebar, told, way_out, work
from dashboard.screen.acts import Shown
from dashboard.screen.markup import plain
from dashboard.screen.show import draw, draw_all
from dashboard.view import ViewState

_BEGINS = 60
"""Code points by which a person knows a text again."""


def page(key: str) -> None:
    """Draw the page of a key: its question, its texts, and below them what belongs to them."""
    told.begin(key)
    st.title(PAGES[key].asks, anchor=False)
    try:
        _draw(PAGES[key], acts.of(key))
    except PretextError as error:
        # The model's folder has gone since the sidebar was drawn.
        st.error(plain(str(error)))
    told.end()
    navigation.leave()


def _draw(page: Page, own: acts.Acts) -> None:
    about = cache.about(sidebar.model_in_use())
    if page.needs in about.lacks:
        # Nothing here could be answered, so no field is offered.
        st.error(plain(about.lacks[page.needs]))
        return
    # Offers and sentences come and go in it: all that stands below has a place that stays, else it is drawn anew.
    with st.container(key="texts"):
        texts = own.draw_texts(page, about) if own.draw_texts else fields.draw_texts(page, about, own.buttons)
    _below(page.key, texts)


def _begun(page: Page, view: ViewState, beside: DeltaGenerator) -> tuple[ViewState, work.Work]:
    """The view whose questions can be asked: this one or, with a sentence on what is wrong, the last that could be.

    Stops the page when there has been none.
    """
    last_good = f"{page.key}.shown"
    try:
        under_way = _work(page, view, beside)
    except PretextError as error:
        beside = beside.container()
        beside.error(plain(str(error)))
    else:
        st.session_state[last_good] = view
        return view, under_way
    previous: ViewState | None = st.session_state.get(last_good)
    if previous is None:
        st.stop()
    # The model in use by now may be another one: numbers of two models never stand on one page.
    previous = fields.as_shown_now(page, fields.of_model(previous, view.model), sidebar.units())
    try:
        under_way = _work(page, previous, beside)
    except PretextError:
        st.stop()
    begins = cut(" ".join(previous.text.text_a.split()), _BEGINS)
    beside.caption(plain(f"Below is still the last text that could be read. It begins: {begins}"))
    return previous, under_way


def _work(page: Page, view: ViewState, beside: DeltaGenerator) -> work.Work:
    # A second model may have to be loaded: that is said beside the texts, too.
    with beside:
        for spec in page.models(view):
            sidebar.load(spec)
    return work.begin(page.key, page.models(view), page.questions(view, cache.about(view.model)))


@st.fragment
def _below(key: str, texts: tuple[Text, ...]) -> None:
    """Everything below the texts, the answer first: a click in it redraws this and nothing else.

    ``texts`` are those of the run that drew the page; when a click here has changed them, the page is read anew.
    """
    try:
        _draw_below(PAGES[key], acts.of(key), texts)
    except PretextError as error:
        # What the parts of a page ask of the model they ask with its folder deleted or damaged, too.
        st.error(plain(str(error)))


def _draw_below(page: Page, own: acts.Acts, texts: tuple[Text, ...]) -> None:
    key = page.key
    if own.draw_texts is None and fields.texts_in(page) != texts:
        st.rerun()
    # A placeholder is emptied as soon as this run comes to it: what was wrong with an older text goes at once, and not
    # when everything has been drawn and read.
    beside_the_texts, answered = st.empty(), st.container(key=f"{key}.answer")
    fields.draw_options(page, cache.about(sidebar.model_in_use()), texts)
    view = own.tidied(fields.view_of(page, sidebar.model_in_use(), sidebar.units(), texts))
    kept.keep(page, view)
    with st.container():  # for sentences that come and go, too
        own.below_options(page, view)
    view, under_way = _begun(page, view, beside_the_texts)
    results = under_way.results()
    view = fields.settled(page, view, results)
    recent.note(view)
    look = Look(palette(st.context.theme.type), sidebar.units())
    shown = Shown(page, view, results, under_way, own, look)
    answer = page.answer(view, results, look)
    if answer is not None:
        with answered:
            draw(answer, shown)
    draw_all(page.sections(view, results, look), shown)
    way_out.foot(shown)
    # Before the reading goes on, which may end this run.
    navigation.leave()
    work.go_on(under_way, shown.waiting or st.container(), f"{key}.work")
