"""Tokens: what the masked-LM head expects at each position."""

import streamlit as st

from analysis import export
from analysis.mlm import summarise
from analysis.types import SeenReading
from dashboard import cache, examples, glossary, progress, views
from dashboard.charts import strip, tables, tokens
from dashboard.components.readout import read_out
from dashboard.components.strip import token_strip
from dashboard.controls import sidebar
from dashboard.controls import tokens as controls
from dashboard.state import ViewState

model = sidebar.model_in_use()
st.title("What does the head expect at each position?", anchor=False)
text_a, text_b = controls.texts(examples.TOKENS)
beside_the_fields = st.container()


def read(view: ViewState) -> SeenReading:
    """The view's reading, from the cache or computed."""
    with progress.computing("Reading"):
        return cache.seen_reading(view.model, view.text_a, view.text_b, view.number("k"))


def numbers(reading: SeenReading) -> None:
    """The text in a few numbers, and the next-sentence head's answer that came along."""
    summary, units = summarise(reading), sidebar.units()
    with st.grid("auto", min_column_width=120, gap="small"):
        st.metric("Positions", f"{summary.n_counted}", help="All but [CLS], [SEP], [PAD] and [MASK].")
        for measure, value in (
            (glossary.ENTROPY, summary.mean_entropy_bits),
            (glossary.SURPRISAL, summary.mean_surprisal_bits),
        ):
            st.metric(f"Mean {measure.name}", measure.text(value, units), help=measure.definition)
        st.metric("Rank 1", f"{summary.share_rank_1:.0%}", help="Share of the positions whose own token comes first.")
        st.metric("[UNK]", f"{summary.share_unknown:.0%}", help="Share of positions the tokenizer has no piece for.")
        if reading.nsp is not None:
            st.metric(
                "NSP margin" if reading.nsp.meaning == "next sentence" else "Order margin",
                glossary.margin_text(reading.nsp.margin_nats, units),
                help=glossary.MARGIN.definition + (f" {glossary.LONE_SEGMENT}" if reading.nsp.lone_segment else ""),
            )
    if reading.nsp is not None and reading.nsp.lone_segment:
        st.caption(f"Next-sentence margin: {glossary.LONE_SEGMENT[0].lower()}{glossary.LONE_SEGMENT[1:]}")


@st.fragment
def explore(view: ViewState, reading: SeenReading) -> None:
    """Everything below the controls: a click on a token redraws this and nothing else."""
    view = controls.at_chosen_position(view)
    palette, units, source = sidebar.theme(), sidebar.units(), reading.provenance
    chosen, fit = controls.chosen_position(view, reading), bool(view.option("fit"))

    drawn = strip.strip(reading, view.name("measure"), palette, units, fit=fit)
    token_strip(drawn, chosen, key="tokens.strip", on_pick=controls.pick_position)
    views.notices(reading.notices)
    numbers(reading)

    length = len(reading.encoded)
    here, everywhere = (
        st.columns([2, 3], gap="large") if length <= tokens.LONG_TEXT else (st.container(), st.container())
    )
    with here:
        views.show(tokens.position_bars(reading, chosen, palette), key="tokens.bars", provenance=source)
        if tokens.rarely_a_target(reading, chosen):
            st.caption(glossary.RARE_TARGETS)
    with everywhere:
        heat = tokens.entropy_heatmap(reading, palette, units, chosen, fit=fit)
        views.show(heat, key="tokens.heat", provenance=source, min_width=tokens.heat_width(length))

    span = controls.map_span(chosen, length)
    top_k = tokens.top_k_map(reading, palette, span, chosen)
    views.show(top_k, key="tokens.map", provenance=source, min_width=tokens.map_width(span))

    st.subheader("What the head reads back", anchor=False)
    read_out(strip.read_out(reading), key="tokens.readout")
    st.caption(f"The most probable token of every position; where it differs from the text, what stood there is struck "
               f"through. {glossary.SEEN_READING}")  # fmt: skip

    views.table_twin(
        lambda: tables.positions(reading, units),
        name="positions",
        key="tokens.positions",
        provenance=source,
        label="Every position",
    )
    views.table_twin(
        lambda: tables.tensors(reading.encoded),
        name="tensors",
        key="tokens.tensors",
        provenance=source,
        label="Input tensors",
    )
    views.download_json(lambda: export.seen_reading(reading), name="reading", key="tokens.json")
    views.provenance_line(source)


view = controls.view_of(model, text_a, text_b)
explore(view, views.result_of(view, read, beside_the_fields))
