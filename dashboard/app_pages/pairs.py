"""Pairs: the next-sentence head on every ordered pair of some sentences, and on each with controls."""

import math

import streamlit as st

from analysis import export
from analysis.limits import MAX_ORDERED
from analysis.types import Auc, PairMatrix
from dashboard import cache, examples, glossary, sweeps, views, way_out
from dashboard.controls import pairs as controls
from dashboard.controls import sidebar
from dashboard.pages.pairs import figures as charts
from dashboard.state import ViewState
from dashboard.work import Work

model = sidebar.model_in_use()
_QUESTION = "Which sentence does the head think comes next?"
st.title(_QUESTION, anchor=False)
text = controls.text(examples.SENTENCES)
beside_the_fields = st.container()
view = controls.view_of(model, text)


def begin(view: ViewState) -> Work:
    """The matrix of a view, as far as it is; an InputError when it can't be."""
    return sweeps.begin("pairs", view.model, controls.question(view), "Pairing the sentences")


def auc(name: str, found: Auc | None, definition: str) -> None:
    """One share with its interval."""
    if found is None:
        return
    st.metric(
        name,
        f"{found.value:.2f}",
        f"95 %: {found.low:.2f} to {found.high:.2f}",
        delta_color="off",
        delta_arrow="off",
        help=f"{definition} Below: the bootstrap interval over {found.anchors} first sentences "
        f"({found.comparisons:,} comparisons).",
    )


def numbers(matrix: PairMatrix) -> None:
    """The matrix in a few numbers."""
    k, units = len(matrix.sentences), sidebar.units()
    following = [float(matrix.margin_nats[i, i + 1]) for i in range(k - 1)]
    with st.grid("auto", min_column_width=190, gap="small"):
        st.metric(
            "Margin of true successors",
            glossary.margin_text(sum(following) / len(following), units),
            help=glossary.MARGIN.definition,
        )
        auc("AUC within the text", matrix.adjacency, glossary.ADJACENCY_AUC)
        auc("AUC against other texts", matrix.other_text, f"{glossary.OTHER_TEXT_AUC} {glossary.CONTROLS}")
        if matrix.true_order_rank is not None:
            st.metric(
                "Rank of the order as given",
                f"{matrix.true_order_rank:,} of {math.factorial(k):,}",
                help="Among all orders of these sentences, by the sum of the margins of neighbours.",
            )


the_work = views.result_of(view, begin, beside_the_fields)
shown = views.shown(view)
asked = controls.question(shown)
matrix = cache.pair_matrix(shown.model, asked, the_work.done)
units = sidebar.units()

waiting = sweeps.estimate(shown.model, asked)
views.notices(matrix.notices)
if matrix.meaning != "next sentence":
    st.caption(glossary.ORDER_HEAD)
if matrix.complete:
    numbers(matrix)
    if matrix.adjacency is None:
        st.caption("How often the true successor wins (AUC) takes three sentences or more.")
width = charts.matrix_width(len(matrix.sentences))
views.show(
    lambda palette: charts.pair_heatmap(matrix, palette, units),
    key="pairs.matrix",
    provenance=matrix.provenance,
    min_width=width,
)
chosen = controls.pair(matrix)
views.show(
    lambda palette: charts.control_strip(matrix, *chosen, palette, units),
    key="pairs.strip",
    provenance=matrix.provenance,
)
share = matrix.percentile(*chosen)
if share is not None:
    st.caption(
        f"This margin is larger than {share:.0%} of those with {len(matrix.controls)} controls (seed {matrix.seed}). "
        f"{glossary.CONTROLS}"
    )
views.show(
    lambda palette: charts.pair_heatmap(matrix, palette, units, order_effect=True),
    key="pairs.effects",
    provenance=matrix.provenance,
    min_width=width,
)
if len(matrix.sentences) > MAX_ORDERED:
    st.caption(f"All orders are scored for up to {MAX_ORDERED} sentences.")
if matrix.best_orders:
    st.subheader("Best orders", anchor=False)
    st.table(
        charts.order_table(matrix, units),
        border="horizontal",
        hide_index=True,
        alt="The best orders of the sentences by the sum of the margins of neighbours",
    )
if matrix.complete:
    views.download_json(lambda: export.pair_matrix(matrix), name="pairs", key="pairs.json")
way_out.row(
    controls.with_pair(shown, chosen),
    matrix.provenance,
    title=_QUESTION,
    results=(lambda: {"pairs": export.pair_matrix(matrix)}) if matrix.complete else None,
    measures=(glossary.MARGIN, glossary.ORDER_EFFECT),
    notes=(
        ("AUC within the text", glossary.ADJACENCY_AUC),
        ("AUC against other texts", glossary.OTHER_TEXT_AUC),
        ("controls", glossary.CONTROLS),
    ),
)
views.provenance_line(matrix.provenance)
sweeps.go_on("pairs", the_work, asked, waiting)
