"""Views that come from outside, by a link or a session file: into the fields of their page, and then that page."""

import streamlit as st

from analysis.errors import InputError
from dashboard.controls import compare, fill, next_sentence, pairs, sidebar, splits, tokens
from dashboard.paper import link as links
from dashboard.paper import session
from dashboard.screen.markup import plain
from dashboard.state import ViewState

_FAILED, _PAGE, _LOADED, _FILE = "opening.failed", "opening.page", "opening.loaded", "opening.file"
_RESTORE = {
    "tokens": tokens.restore,
    "fill": fill.restore,
    "next_sentence": next_sentence.restore,
    "splits": splits.restore,
    "pairs": pairs.restore,
    "compare": compare.restore,
}


def from_outside() -> None:
    """Open what a link or a file brought; called before anything is drawn."""
    state = st.session_state
    data = st.query_params.get(links.PARAMETER)
    if data is not None:
        # The address keeps nothing of a text longer than it takes to read it.
        del st.query_params[links.PARAMETER]
        try:
            _restore(links.view_of(data))
        except InputError as error:
            state[_FAILED] = str(error)
    page = state.pop(_PAGE, None)
    if page is not None:
        st.switch_page(f"dashboard/app_pages/{page}.py")


def say() -> None:
    """Say, once, what was wrong with the link that brought someone here."""
    failed = st.session_state.pop(_FAILED, None)
    if failed is not None:
        st.warning(plain(failed), icon=":material/link_off:")


def session_field() -> None:
    """The field of the sidebar that opens a session file."""
    with st.sidebar, st.expander("Open a session file", icon=":material/folder_open:"):
        file = st.file_uploader(
            "A session file",
            type="json",
            key=_FILE,
            on_change=_open_file,
            label_visibility="collapsed",
        )
        st.caption("Its view opens, is computed again, and the page says whether the numbers agree.")
        if file is not None and st.session_state.get(f"{_FILE}.failed"):
            st.error(plain(st.session_state[f"{_FILE}.failed"]))


def loaded(view: ViewState) -> session.Session | None:
    """The session that was opened last, while the page still shows its view."""
    found: session.Session | None = st.session_state.get(_LOADED)
    if found is None or _asked(found.view) != _asked(view):
        return None
    return found


def _open_file() -> None:
    state = st.session_state
    state.pop(f"{_FILE}.failed", None)
    file = state.get(_FILE)
    if file is None:
        return
    try:
        found = session.load(file.getvalue())
        _restore(found.view)
    except InputError as error:
        state[f"{_FILE}.failed"] = str(error)
        return
    state[_LOADED] = found


def _restore(view: ViewState) -> None:
    sidebar.restore(view)
    if view.page in _RESTORE:
        _RESTORE[view.page](view)
    st.session_state[_PAGE] = view.page


_ONLY_SHOWN = frozenset(
    {"position", "pair", "first", "second", "measure", "by", "fit", "reading", "units", "every", "steps"}
)


def _asked(view: ViewState) -> object:
    """What results depend on: all but how they are shown."""
    shown = {name: value for name, value in view.options if name not in _ONLY_SHOWN or _matters(view.page, name)}
    return view.page, view.model, view.text_a, view.text_b, view.edits, shown


def _matters(page: str, name: str) -> bool:
    return (page, name) == ("compare", "reading")
