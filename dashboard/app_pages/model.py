"""Model: what is loaded, which of its heads are real, where the numbers come from."""

import pandas as pd
import streamlit as st

from analysis.models.checkpoint import BUNDLED, BUNDLED_FOLDER
from dashboard import cache, glossary, views, way_out
from dashboard.controls import sidebar
from dashboard.paper.report import Table
from dashboard.screen.markup import plain, without_relative_links
from dashboard.state import ViewState, options

bundle = cache.bundle(sidebar.model_in_use())
source = bundle.provenance()
_QUESTION = "Which model made these numbers?"
st.title(_QUESTION, anchor=False)

facts = {
    "Model": bundle.spec,
    "Revision": source.short_revision,
    "Architecture": bundle.architecture,
    "Layers × hidden size": f"{bundle.n_layers} × {bundle.n_hidden}",
    "Parameters": f"{bundle.n_parameters / 1e6:.1f} million",
    "Weights in memory": f"{bundle.n_bytes / 1e6:.0f} MB, {source.dtype}",
    "Longest input": f"{bundle.max_tokens} tokens with the special ones",
    "Vocabulary": f"{bundle.n_vocabulary:,} columns of the head, {len(bundle.tokenizer):,} entries of the tokenizer",
    "Licence": bundle.licence or "not stated by the checkpoint",
}
st.table(
    pd.DataFrame({"fact": facts.keys(), "value": [plain(value) for value in facts.values()]}).set_index("fact"),
    border="horizontal",
    hide_header=True,
    alt="Facts about the model in use",
)
st.caption("The revision in full, to cite:")
st.code(f"{bundle.spec} @ {bundle.revision}", language=None, wrap_lines=True)

st.subheader("Heads", anchor=False)
for name, head, task in (
    ("Masked-language modelling", bundle.mlm, "which token belongs at a position"),
    ("Next sentence", bundle.nsp, f"trained on: {bundle.nsp_meaning}"),
):
    if head.real:
        st.markdown(f":material/check: **{name}**: its weights came with the checkpoint ({task}).")
    else:
        st.markdown(f":material/close: **{name}**: {plain(head.why_absent or '')}")

if bundle.spec == BUNDLED:
    with st.expander("Model card", key="model.card"):
        st.markdown(without_relative_links((BUNDLED_FOLDER / "README.md").read_text(encoding="utf-8")))

st.subheader("Where the numbers come from", anchor=False)
st.markdown(
    f"Each number is computed here, from the model's own weights ({source.dtype}), by one forward pass per input; "
    "nothing is looked up and nothing is sent anywhere. "
    + (
        "They equal those of plain transformers on the same weights (the project's tests compare them)."
        if bundle.dtype == "fp32"
        else "In float32 they equal those of plain transformers on the same weights; bfloat16, asked for when "
        "Pretext was started, is faster and moves surprisals by less than a hundredth of a bit on average."
    )
)
for measure in (*glossary.TOKEN_MEASURES.values(), glossary.MARGIN):
    unit = f", in {measure.native}" if measure.native else ""
    st.markdown(f"**{measure.name}** ({measure.symbol}{unit}): {measure.definition}")
st.markdown(f"{glossary.SEEN_READING} {glossary.RARE_TARGETS}")
way_out.row(
    ViewState(page="model", model=bundle.spec, options=options({"units": sidebar.units()})),
    source,
    title=_QUESTION,
    results=dict,
    sections=lambda: (Table("The model", pd.DataFrame({"fact": facts.keys(), "value": facts.values()})),),
    measures=(*glossary.TOKEN_MEASURES.values(), glossary.MARGIN),
)
views.provenance_line(source)
