"""Pretext's dashboard: ``streamlit run streamlit_app.py`` (or ``make run``)."""

from pathlib import Path

import streamlit as st

st.set_page_config(
    page_title="Pretext",
    page_icon=Path(__file__).parent / "static" / "icon.svg",
    layout="wide",
    initial_sidebar_state=260,
)

page = st.navigation(
    [
        st.Page(
            "dashboard/app_pages/tokens.py",
            title="Tokens",
            icon=":material/short_text:",
            default=True,
            help="What the masked-language-modelling head expects at each position of a text.",
        ),
        st.Page(
            "dashboard/app_pages/fill.py",
            title="Fill",
            icon=":material/space_bar:",
            help="What the head puts into the gaps of a text, one by one or jointly, and which candidate fits best.",
        ),
        st.Page(
            "dashboard/app_pages/next_sentence.py",
            title="Next sentence",
            icon=":material/linear_scale:",
            help="Whether the head thinks B follows A, and what made it think so.",
        ),
        st.Page(
            "dashboard/app_pages/splits.py",
            title="Splits",
            icon=":material/content_cut:",
            help="The next-sentence margin at every boundary of a text, beside controls.",
        ),
        st.Page(
            "dashboard/app_pages/pairs.py",
            title="Pairs",
            icon=":material/grid_on:",
            help="The next-sentence margins of all ordered pairs of some sentences.",
        ),
        st.Page(
            "dashboard/app_pages/compare.py",
            title="Compare",
            icon=":material/compare_arrows:",
            help="Two texts, two segmentations or two models side by side on aligned tokens.",
        ),
        st.Page(
            "dashboard/app_pages/tour.py",
            title="Tour",
            icon=":material/menu_book:",
            help="Both heads in seven steps, each with its code and its published figure.",
        ),
        st.Page(
            "dashboard/app_pages/model.py",
            title="Model",
            icon=":material/deployed_code:",
            help="What is loaded, which of its heads are real, and where the numbers come from.",
        ),
    ]
)

with st.spinner("Starting: loading the libraries and the model, a few seconds once"):
    # torch and transformers take seconds to import; here the frame of the page is already on screen.
    from analysis.errors import PretextError
    from dashboard import opening, views
    from dashboard.controls import sidebar
    from dashboard.screen.markup import plain

    opening.from_outside()
    try:
        sidebar.draw()
    except PretextError as error:
        # Without any model there is no page to show; the sentence says what to set right before the next start.
        st.error(plain(str(error)))
        st.stop()

opening.session_field()
opening.say()
views.begin()
page.run()
