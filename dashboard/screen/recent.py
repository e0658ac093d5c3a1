"""Texts that this visit has read lately; a click brings one back, on its page and with its options."""

import os

import streamlit as st

from dashboard.drawing.chart import cut
from dashboard.pages import PAGES
from dashboard.screen import navigation
from dashboard.screen.markup import plain
from dashboard.view import ViewState

_VIEWS = "recent.views"
_KEPT, _BEGINS = 8, 26


def hosted() -> bool:
    """Whether this instance says that strangers share its screens: then no text stays in sight."""
    return os.environ.get("PRETEXT_HOSTED", "").strip() not in {"", "0"}


def note(view: ViewState) -> None:
    """Keep a view that has been read, the newest first, once for the same texts on the same page."""
    if not view.texts or hosted():
        return
    kept: list[ViewState] = st.session_state.get(_VIEWS, [])
    others = [each for each in kept if (each.page, each.texts) != (view.page, view.texts)]
    st.session_state[_VIEWS] = [view, *others][:_KEPT]


def draw(page: str) -> None:
    """The texts in the sidebar, the one that stands on the open page aside."""
    views: list[ViewState] = st.session_state.get(_VIEWS, [])
    kept = views[1:] if views and views[0].page == page else views
    if not kept or hosted():
        return
    with st.sidebar, st.expander("Recent texts", key="recent.texts", icon=":material/history:"):
        for number, view in enumerate(kept):
            begins = cut(" ".join(view.text.text_a.split()), _BEGINS)
            st.button(
                plain(begins or "…"),
                key=f"recent.{number}",
                type="tertiary",
                on_click=navigation.bring,
                args=(view,),
                help=f"Open it on {PAGES[view.page].title}, as it was. Kept for this visit only.",
            )
