"""The pages in the navigation, made from ``PAGES``; from page to page by key."""

from collections.abc import Callable

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.page import Page
from dashboard.pages import PAGES
from dashboard.view import ViewState

_GOES, _BRINGS = "navigation.goes", "navigation.brings"


def navigation(draw: Callable[[str], None]) -> StreamlitPage:
    """Put the pages into the navigation, in groups; returns the one that is open, which ``draw`` draws by its key."""
    groups: dict[str, list[StreamlitPage]] = {}
    for page in PAGES.values():
        groups.setdefault(page.group, []).append(_entry(page, draw))
    return st.navigation(groups)


def go(key: str) -> None:
    """Leave for a page, at the end of what is being done: from a callback, too."""
    st.session_state[_GOES] = key


def bring(view: ViewState) -> None:
    """Open a page with a view of it, at the next run: from a callback."""
    st.session_state[_BRINGS] = view


def brought() -> ViewState | None:
    """The view that is to be opened now, if any, once."""
    return st.session_state.pop(_BRINGS, None)


def leave() -> None:
    """Open the page, or the view, that something on this one, or outside, asked for."""
    if _BRINGS in st.session_state:
        # Asked for in a part of the page that runs by itself: a view is opened where a whole run begins.
        st.rerun()
    key = st.session_state.pop(_GOES, None)
    if key is not None:
        st.switch_page(_entry(PAGES[key], lambda _key: None))


def _entry(page: Page, draw: Callable[[str], None]) -> StreamlitPage:
    return st.Page(
        lambda: draw(page.key),
        title=page.title,
        icon=page.icon,
        url_path=page.key,
        default=page.key == next(iter(PAGES)),
        help=page.tip,
    )
