"""A page of texts that try to be markup, each escaped and each as it is; ``test_markup.py`` reads it."""

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from dashboard.screen.markup import plain
from tests.dashboard.test_markup import CONSTRUCTS

st.title("Markup", anchor=False)
for number, text in enumerate(CONSTRUCTS):
    with st.container(key=f"plain-{number}"):
        st.markdown(plain(text))
    with st.container(key=f"bare-{number}"):
        st.markdown(text)
    with st.container(key=f"beside-{number}"):
        # An icon and an emoji of our own make the page load what looks for them.
        st.caption(f":material/info: :tada: {plain(text)}")
with st.container(key="table"):
    st.table({"text": [plain(text) for text in CONSTRUCTS]})
st.select_slider("Boundary", [plain(text) for text in CONSTRUCTS], key="slider")
