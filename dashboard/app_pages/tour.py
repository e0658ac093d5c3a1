"""Tour: the notebook's steps with the running model's own numbers."""

import pandas as pd
import streamlit as st

from analysis.errors import PretextError
from dashboard import cache, examples, glossary, progress, tour, views, way_out
from dashboard.controls import sidebar
from dashboard.paper.report import Table
from dashboard.screen.markup import plain
from dashboard.state import ViewState, options

model = sidebar.model_in_use()
bundle = cache.bundle(model)
_QUESTION = "How do the two heads work, step by step?"
st.title(_QUESTION, anchor=False)
shown: list[Table] = []
st.markdown(
    "One text, two heads, seven steps. Each step shows the code that has just run, this model's numbers, and the "
    f"figure that was published for `{tour.PUBLISHED_MODEL}` where there is one."
)
st.markdown(f"> {plain(examples.NOTEBOOK)}")
with st.expander("To run the steps yourself, begin with this"):
    st.code(tour.preamble(bundle), language="python")

for number, step in enumerate(tour.STEPS, start=1):
    st.subheader(f"{number}. {step.title}", anchor=False)
    st.markdown(step.before)
    code, result = st.columns(2, gap="large")
    with code:
        st.code(step.code, language="python", wrap_lines=True)
    with result:
        absent = step.why_not(bundle)
        if absent:
            st.info(plain(absent))
            continue
        try:
            with progress.computing("Computing"):
                live = cache.tour_step(model, number - 1)
        except PretextError as error:
            st.error(plain(str(error)))
            continue
        columns = ["value", f"{plain(model)}, live", f"{tour.PUBLISHED_MODEL}, published"]
        rows = tour.rows(step, live)
        cells = [[plain(cell) for cell in row] for row in rows]
        shown.append(Table(f"{number}. {step.title}", pd.DataFrame(rows, columns=columns), step.notice(live)))
        st.table(
            pd.DataFrame(cells, columns=columns).set_index("value"),
            border="horizontal",
            alt=f"Live and published values of step {number}",
        )
        st.markdown(plain(step.notice(live)))
        if step.needs_nsp and bundle.nsp_meaning != "next sentence":
            st.caption(glossary.ORDER_HEAD)
way_out.row(
    ViewState(page="tour", model=model, text_a=examples.NOTEBOOK, options=options({"units": sidebar.units()})),
    bundle.provenance(),
    title=_QUESTION,
    results=dict,
    sections=lambda: shown,
    measures=(glossary.MARGIN,),
)
views.provenance_line(bundle.provenance())
