"""What stands on a page is kept by the browser, for a reload of its tab: after one the server knows nothing of it.

It is kept in the tab's own storage (``sessionStorage``), under the page whose texts it shares, and goes with the tab.
What comes back from there comes from outside: it is checked as a link is.
"""

import secrets
from dataclasses import replace

import streamlit as st

from analysis.errors import InputError
from dashboard.page import Page
from dashboard.screen import components, navigation, recent
from dashboard.view import ViewState

_SETTLED, _VISIT = "kept.settled", "kept.visit"
_MOST_CHARS = 200_000
"""Of a view: a browser keeps some millions of characters."""


def draw(page: Page, view: ViewState) -> None:
    """Let the browser keep a view; the first time that a visit sees these texts, ask whether it has another one."""
    if not view.texts or recent.hosted() or navigation.is_leaving():
        # What is on its way here stays kept until it stands here: a reload may come between.
        return
    content = view.to_json()
    if len(content) > _MOST_CHARS or not _is_whole(content):
        return

    def found(kept: str) -> None:
        settle(page)
        try:
            before = ViewState.from_json(kept)
        except InputError:
            # Of another version: as good as nothing.
            return
        # Another page that shares these texts may have kept them.
        navigation.bring(before if before.page == page.key else replace(view, texts=before.texts))

    visit = st.session_state.setdefault(_VISIT, secrets.token_hex(8))
    data = {"name": page.home, "visit": visit, "view": content, "asks": _asks(page)}
    with st.container(key="kept"):
        components.draw_kept(data, on_found=found, key=f"kept.{page.home}")


def settle(page: Page) -> None:
    """What stands on a page is what this visit wants there, whatever was kept before it."""
    state = st.session_state
    state[_SETTLED] = state.get(_SETTLED, frozenset()) | {page.home}


def _asks(page: Page) -> bool:
    return page.home not in st.session_state.get(_SETTLED, frozenset())


def _is_whole(content: str) -> bool:
    """Whether no half of a character is in it, which can't be sent."""
    try:
        content.encode()
    except UnicodeEncodeError:
        return False
    return True
