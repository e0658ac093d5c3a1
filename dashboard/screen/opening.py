"""Views that come from outside, by a link or a session file: checked whole, then into the fields of their page.

A view that is refused changes nothing: its page, texts, options and model are looked at before anything is written.
"""

from dataclasses import replace

import streamlit as st

from analysis.errors import InputError, PretextError, quoted
from dashboard.page import Page
from dashboard.pages import PAGES
from dashboard.paper import link, session
from dashboard.screen import acts, fields, navigation, sidebar
from dashboard.screen.markup import plain
from dashboard.view import ViewState

_FAILED, _LOADED, _FILE, _BROUGHT = "opening.failed", "opening.loaded", "opening.file", "opening.brought"


def from_outside() -> None:
    """Open what a link or a file brought; called before anything is drawn."""
    state = st.session_state
    data = st.query_params.get(link.PARAMETER)
    if data is not None:
        # The address keeps nothing of a text longer than it takes to read it.
        del st.query_params[link.PARAMETER]
        try:
            _open(link.view_of(data))
        except PretextError as error:
            state[_FAILED] = str(error)
    view = navigation.brought()
    if view is not None:
        try:
            _open(view)
        except PretextError as error:
            state[_FAILED] = str(error)
    brought: bytes | None = state.pop(_BROUGHT, None)
    if brought is not None:
        try:
            found = session.load(brought)
            found = replace(found, view=_open(found.view))
        except PretextError as error:
            state[f"{_FILE}.failed"] = str(error)
        else:
            state[_LOADED] = found


def draw() -> None:
    """The field of the sidebar that opens a session file; what was wrong with the link that led here."""
    with st.sidebar, st.expander("Open a session file", icon=":material/folder_open:"):
        file = st.file_uploader("A session file", type="json", key=_FILE, on_change=_take, label_visibility="collapsed")
        st.caption("Its view opens, is computed again, and the page says whether the numbers agree.")
        if file is not None and st.session_state.get(f"{_FILE}.failed"):
            st.error(plain(st.session_state[f"{_FILE}.failed"]))
    failed = st.session_state.get(_FAILED)
    if failed is not None:
        st.warning(plain(failed), icon=":material/link_off:")


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


def _open(view: ViewState) -> ViewState:
    """Returns the view as its page has it."""
    page = PAGES.get(view.page)
    if page is None:
        raise InputError(
            f"The page '{quoted(view.page)}' came, which this Pretext does not have: open it again from where it came "
            "from, or update Pretext."
        )
    own = acts.of(page.key)
    view = page.check(view)
    for spec in page.models(view):
        sidebar.load(spec)
    tidied = own.tidied(view)
    sidebar.put(view.model, view.name("units"))
    fields.put_options(page, view)
    (own.put_texts or fields.put_texts)(page, view)
    navigation.go(page.key)
    return tidied


def _asked(page: Page, view: ViewState) -> object:
    """What results depend on: all but how they are shown."""
    shown = {option.name for option in page.options if option.shows} | {"units"}
    return view.page, view.model, view.texts, [each for each in view.options if each[0] not in shown]
