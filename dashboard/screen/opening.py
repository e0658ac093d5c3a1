"""Views that come from outside, by a link, a session file or a reload: checked whole, then into their page's fields.

A view that is refused changes nothing: its page, texts, options and model are looked at before anything is written.
Whoever made a link does not make this server load or fetch a model: one that was never loaded here is asked about, and
until somebody answers the view's texts are read by the model in use.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from analysis import hosting
from analysis.errors import InputError, PretextError, quoted
from analysis.models.store import BUNDLED, default_spec
from dashboard.page import Page
from dashboard.pages import PAGES
from dashboard.paper import link, session
from dashboard.screen import acts, cache, fields, kept, navigation, sidebar
from dashboard.screen.markup import plain
from dashboard.view import ViewState

_FAILED, _LOADED, _FILE, _BROUGHT = "opening.failed", "opening.loaded", "opening.file", "opening.brought"
_ASKS, _AGREED = "opening.asks", "opening.agreed"


@dataclass(frozen=True, slots=True)
class _Came:
    """A view that came from outside: what brought it, in words, and the session that it is part of, if any."""

    view: ViewState
    by: str
    saved: session.Session | None = None

    @property
    def unknown(self) -> tuple[str, ...]:
        """The models that it names and that nobody here has loaded."""
        known = {BUNDLED, default_spec(), *cache.models().known()}
        return tuple(dict.fromkeys(each for each in PAGES[self.view.page].models(self.view) if each not in known))


def from_outside(page: str) -> None:
    """Open what a link, a reload of a page or a file brought; called before anything is drawn."""
    state = st.session_state
    _from_before_the_reload(page)
    data = st.query_params.get(link.PARAMETER)
    if data is not None:
        # The address keeps nothing of a text longer than it takes to read it.
        del st.query_params[link.PARAMETER]
        kept.settle()
        _try(lambda: _ask_or_open(_Came(_checked(link.view_of(data)), "The link")), _FAILED)
    view = navigation.brought()
    if view is not None:
        _try(lambda: _ask_or_open(_Came(_checked(view), "What stood here")), _FAILED)
    brought: bytes | None = state.pop(_BROUGHT, None)
    if brought is not None:
        _try(lambda: _ask_or_open(_from_file(brought)), f"{_FILE}.failed")
    agreed: _Came | None = state.pop(_AGREED, None)
    if agreed is not None:
        _try(lambda: _open(agreed.view, agreed.saved), _FAILED)


def _from_before_the_reload(page: str) -> None:
    """Put what the browser kept into the fields of its pages; the page that was reloaded stays the open one."""
    *others, last = kept.came() or [None]
    for content in others:
        _try(partial(_put_back, content), _FAILED)
    if last is None or kept.stands(last):
        return
    _try(lambda: _ask_or_open(_Came(_checked(ViewState.from_json(last)), "What stood here")), _FAILED)
    navigation.go(page)


def _put_back(content: str) -> None:
    _put(fields.of_model(_checked(ViewState.from_json(content)), sidebar.model_in_use()))


def _try(act: Callable[[], None], failed: str) -> None:
    try:
        act()
    except PretextError as error:
        st.session_state[failed] = str(error)


def draw() -> None:
    """The field of the sidebar that opens a session file; what was wrong with the link that led here."""
    with st.sidebar, st.expander("Open a session file", key=f"{_FILE}.fold", icon=":material/folder_open:"):
        file = st.file_uploader("A session file", type="json", key=_FILE, on_change=_take, label_visibility="collapsed")
        st.caption("Its view opens, is computed again, and the page says whether the numbers agree.")
        if file is not None and st.session_state.get(f"{_FILE}.failed"):
            st.error(plain(st.session_state[f"{_FILE}.failed"]))
    # Their places are always there: else the page's fields are drawn anew, and lose what is being typed.
    said, asked = st.container(), st.container(key=_ASKS)
    failed = st.session_state.get(_FAILED)
    if failed is not None:
        said.warning(plain(failed), icon=":material/link_off:")
    asks: _Came | None = st.session_state.get(_ASKS)
    if asks is not None:
        with asked:
            _draw_question(asks)


def _draw_question(asks: _Came) -> None:
    in_use, specs = sidebar.model_in_use(), asks.unknown or PAGES[asks.view.page].models(asks.view)
    names = " and ".join(quoted(spec) for spec in specs)
    st.info(
        plain(
            f"{asks.by} names the model {names}, which was never loaded here: that may download it, and takes its "
            f"time and memory. Meanwhile the text is read by {quoted(in_use)}."
        ),
        icon=":material/help:",
    )
    with st.container(horizontal=True):
        st.button(plain(f"Load {names}"), key=f"{_ASKS}.load", on_click=_answer, args=(asks,))
        st.button(plain(f"Keep {quoted(in_use)}"), key=f"{_ASKS}.keep", on_click=_answer)


def _answer(agreed: _Came | None = None) -> None:
    st.session_state.pop(_ASKS, None)
    if agreed is not None:
        st.session_state[_AGREED] = agreed


def forget() -> None:
    """What was wrong with a link is said once; as long as a page is being read, it draws itself again."""
    works = [st.session_state.get(f"{key}.work") for key in PAGES]
    if all(work is None or work.complete or work.waits for work in works):
        st.session_state.pop(_FAILED, None)


def loaded(page: Page, view: ViewState) -> session.Session | None:
    """The session that was opened last, while the page still asks what it asked."""
    found: session.Session | None = st.session_state.get(_LOADED)
    return found if found is not None and _asked(page, found.view) == _asked(page, view) else None


def _take() -> None:
    state = st.session_state
    state.pop(f"{_FILE}.failed", None)
    file = state.get(_FILE)
    if file is not None:
        state[_BROUGHT] = file.getvalue()


def _from_file(content: bytes) -> _Came:
    found = session.load(content)
    return _Came(_checked(found.view), "The session file", found)


def _checked(view: ViewState) -> ViewState:
    """The view with all options of its page; InputError if there is no such page, or it can't show it here."""
    page = PAGES.get(view.page)
    if page is None:
        raise InputError(
            f"The page '{quoted(view.page)}' came, which this Pretext does not have: open it again from where it came "
            "from, or update Pretext."
        )
    view = page.check(view)
    for spec in page.models(view):
        hosting.in_force().check_model(spec)
    return view


def _ask_or_open(came: _Came) -> None:
    """Open a view, or its texts if somebody has to be asked about its models first."""
    st.session_state.pop(_ASKS, None)
    if came.unknown:
        st.session_state[_ASKS] = came
        _put(fields.with_models(came.view, sidebar.model_in_use(), came.unknown))
    else:
        _open(came.view, came.saved)


def _open(view: ViewState, found: session.Session | None = None) -> None:
    """Open a view with its models; ``found`` is the session that it came with."""
    for spec in PAGES[view.page].models(view):
        sidebar.load(spec)
    sidebar.put(view.model, view.name("units"))
    _put(view)
    if found is not None:
        st.session_state[_LOADED] = replace(found, view=acts.of(view.page).tidied(view))


def _put(view: ViewState) -> None:
    page = PAGES[view.page]
    fields.put_options(page, view)
    (acts.of(page.key).put_texts or fields.put_texts)(page, view)
    navigation.go(page.key)


def _asked(page: Page, view: ViewState) -> object:
    """What results depend on: all but how they are shown."""
    shown = {option.name for option in page.options if option.shows} | {"units"}
    return view.page, view.model, view.texts, [each for each in view.options if each[0] not in shown]
