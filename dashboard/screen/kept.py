"""What stands in the fields of a visit, kept by its browser over a reload, and over a server that is started anew.

It lies in the storage of one tab, goes with that tab, and is never part of an address. It comes back when the page is
reloaded, or finds a server again that knows nothing of it; who opens a link, a file or the address finds what that
says.
"""

import json
from uuid import uuid4

import streamlit as st

from analysis.limits import MAX_PASTED_BYTES
from dashboard.page import Page
from dashboard.pages import PAGES
from dashboard.screen import components, recent
from dashboard.view import ViewState

_VISIT, _CAME, _SETTLED = "kept.visit", "kept.came", "kept.settled"
_ASKS, _STANDS = "kept.asks", "kept.stands"
_LARGEST = 4 * MAX_PASTED_BYTES
"""Characters: a pasted table, and the texts of all other pages."""


def ask() -> None:
    """Ask the browser what it keeps from the visit before, until something has opened a page or was typed."""
    if not recent.hosted():
        components.keep(None if st.session_state.get(_SETTLED) else _visit(), key=_ASKS, on_kept=_take)


def settle() -> None:
    """What stands in the fields from now on is what somebody wants there."""
    st.session_state[_SETTLED] = True
    st.session_state.pop(_CAME, None)


def came() -> list[str]:
    """The views that the browser has kept, as JSON, once; the last is the one that was looked at last."""
    return st.session_state.pop(_CAME, [])


def stands(content: str) -> bool:
    """Whether a view is what stands in the fields anyway: then nothing is opened, nor drawn anew."""
    return content == st.session_state.get(_STANDS)


def keep(page: Page, view: ViewState) -> None:
    """Let the browser keep what stands in a page's fields."""
    if view.texts and not recent.hosted():
        content = st.session_state[_STANDS] = view.to_json()
        components.keep(_visit() | {"page": page.key, "view": content}, key=f"kept.{page.key}")


def _visit() -> dict[str, object]:
    """By what the browser tells this visit from the one before the reload, and whether that one's may go."""
    state = st.session_state
    return {"visit": state.setdefault(_VISIT, uuid4().hex), "settled": bool(state.get(_SETTLED))}


def _take() -> None:
    content = st.session_state[_ASKS].get("kept")
    if st.session_state.get(_SETTLED) or not isinstance(content, str):
        return
    settle()
    try:
        views = json.loads(content) if len(content) <= _LARGEST else None
    except (ValueError, RecursionError):
        return
    if isinstance(views, list) and len(views) <= len(PAGES):
        st.session_state[_CAME] = [each for each in views if isinstance(each, str)]
