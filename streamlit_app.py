"""Pretext's dashboard: ``streamlit run streamlit_app.py`` (or ``make run``)."""

from pathlib import Path

import streamlit as st

from dashboard.pages import PAGES
from dashboard.screen import libraries
from dashboard.screen.navigation import leave, navigation


def draw(key: str) -> None:
    from dashboard.screen import run

    run.page(key)


# Before there are pages: of their icons the browser would fetch one from elsewhere, for its tab.
st.set_page_config(
    page_title="Pretext",
    page_icon=Path(__file__).parent / "static" / "icon.svg",
    layout="wide",
    initial_sidebar_state="collapsed" if st.context.is_embedded else 236,
)
page = navigation(draw)
key = page.url_path or next(iter(PAGES))
st.set_page_config(page_title=f"{page.title} · Pretext")
st.html(Path(__file__).parent / "dashboard" / "screen" / "frame.css")

with st.spinner("Starting: loading the libraries and the model, a few seconds once"):
    # torch and transformers take seconds to import; here the frame of the page is already on screen.
    libraries.bring()
    from analysis.errors import PretextError
    from dashboard.screen import kept, opening, recent, sidebar
    from dashboard.screen.markup import plain

    # What says that a model is being loaded has a place that is always there: without it everything below is drawn anew
    # one place higher when that goes, and a field loses what is being typed.
    with st.empty():
        opening.from_outside(key)
        try:
            sidebar.draw()
        except PretextError as error:
            # Without any model there is no page to show; the sentence says what to set right before the next start.
            st.error(plain(str(error)))
            st.stop()

leave()
kept.ask()
recent.draw(key)
opening.draw()
page.run()
opening.forget()
