"""Pretext's dashboard: ``streamlit run streamlit_app.py`` (or ``make run``)."""

from pathlib import Path

import streamlit as st

from dashboard.screen.navigation import leave, navigation

st.set_page_config(
    page_title="Pretext",
    page_icon=Path(__file__).parent / "static" / "icon.svg",
    layout="wide",
    initial_sidebar_state=260,
)


def draw(key: str) -> None:
    from dashboard.screen import run

    run.page(key)


page = navigation(draw)

with st.spinner("Starting: loading the libraries and the model, a few seconds once"):
    # torch and transformers take seconds to import; here the frame of the page is already on screen.
    from analysis.errors import PretextError
    from dashboard.screen import opening, sidebar
    from dashboard.screen.markup import plain

    opening.from_outside()
    try:
        sidebar.draw()
    except PretextError as error:
        # Without any model there is no page to show; the sentence says what to set right before the next start.
        st.error(plain(str(error)))
        st.stop()

leave()
opening.draw()
page.run()
opening.forget()
