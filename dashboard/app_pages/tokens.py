"""Tokens: what the masked-LM head expects at each position, seeing its token and not."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis import export
from analysis.choices import MASKINGS
from analysis.tasks.scores import score, words_of
from analysis.tasks.seen import summarise
from analysis.types import Edit, HiddenReading, SeenReading
from dashboard import cache, examples, glossary, hidden, progress, views, way_out
from dashboard.controls import history, sidebar
from dashboard.controls import tokens as controls
from dashboard.drawing import strip, tables
from dashboard.drawing.palette import Palette, palette
from dashboard.pages.tokens import followed, heatmap, windows
from dashboard.pages.tokens import predictions as tokens
from dashboard.paper.report import Table
from dashboard.screen.components.readout import read_out
from dashboard.screen.components.strip import token_strip
from dashboard.state import ViewState
from dashboard.work import Work

model = sidebar.model_in_use()
_QUESTION = "What does the head expect at each position?"
st.title(_QUESTION, anchor=False)
text_a, text_b = controls.texts(examples.TOKENS)
beside_the_fields = st.container()


def read(view: ViewState) -> SeenReading:
    """The view's reading, from the cache or computed."""
    with progress.computing("Reading"):
        return cache.seen_reading(view.model, view.input)


def numbers(seen: SeenReading, unseen: HiddenReading | None) -> None:
    """The text in a few numbers, seen and hidden, and the next-sentence head's answer that came along."""
    units, summary = sidebar.units(), summarise(seen)
    other = summarise(unseen) if unseen is not None and unseen.complete else None

    def metric(name: str, value: str, hidden_value: str | None, help_: str) -> None:
        delta = None if hidden_value is None else f"hidden {hidden_value}"
        st.metric(name, value, delta, delta_color="off", delta_arrow="off", help=help_)

    with st.grid("auto", min_column_width=120, gap="small"):
        metric("Positions", f"{summary.n_counted}", None, "All but [CLS], [SEP], [PAD] and [MASK].")
        for measure, field in ((glossary.ENTROPY, "mean_entropy_bits"), (glossary.SURPRISAL, "mean_surprisal_bits")):
            metric(
                f"Mean {measure.name}",
                measure.text(getattr(summary, field), units),
                None if other is None else measure.text(getattr(other, field), units),
                measure.definition,
            )
        metric(
            "Rank 1",
            f"{summary.share_rank_1:.0%}",
            None if other is None else f"{other.share_rank_1:.0%}",
            "Share of the positions whose own token comes first.",
        )
        metric("[UNK]", f"{summary.share_unknown:.0%}", None, "Share of positions the tokenizer has no piece for.")
        if seen.nsp is not None:
            metric(
                "NSP margin" if seen.nsp.meaning == "next sentence" else "Order margin",
                glossary.margin_text(seen.nsp.margin_nats, units),
                None,
                glossary.MARGIN.definition + (f" {glossary.LONE_SEGMENT}" if seen.nsp.lone_segment else ""),
            )
    if seen.nsp is not None and seen.nsp.lone_segment:
        st.caption(f"Next-sentence margin: {glossary.LONE_SEGMENT[0].lower()}{glossary.LONE_SEGMENT[1:]}")


def at_position(view: ViewState, seen: SeenReading, unseen: HiddenReading | None, chosen: int) -> None:
    """The distributions at the chosen position, seen and hidden beside each other, and what can be done to it."""
    source = seen.provenance
    two = unseen is not None and not seen.encoded.outside[chosen] and bool(unseen.known[chosen])
    *places, acts = st.columns([3, 3, 2] if two else [3, 2], gap="large")
    with places[0]:
        views.show(lambda palette: tokens.position_bars(seen, chosen, palette), key="tokens.bars", provenance=source)
        if tokens.rarely_a_target(seen, chosen):
            st.caption(glossary.RARE_TARGETS)
    if two and unseen is not None:
        with places[1]:
            views.show(
                lambda palette: tokens.position_bars(unseen, chosen, palette),
                key="tokens.bars.hidden",
                provenance=source,
            )
    with acts:
        if two and unseen is not None:
            gap = float(unseen.copy_gap_bits[chosen])
            st.metric(
                "Copy gap here",
                f"{glossary.signed(glossary.COPY_GAP.convert(gap, sidebar.units()))} "
                f"{glossary.COPY_GAP.unit(sidebar.units())}",
                help=glossary.COPY_GAP.definition,
            )
        controls.actions(view.model, seen, unseen, chosen)
        controls.cut_here(view, seen, chosen)
        controls.compare_with_original(view)


def sentence_scores(work: Work) -> None:
    """Pseudo-log-likelihood under the three maskings, in sum and by word, with what it does not mean."""
    st.subheader("Pseudo-log-likelihood", anchor=False, help=glossary.PLL.definition)
    if not work.complete:
        st.caption("Comes when every position has been read with its token hidden.")
        return
    readings = [reading for masking in MASKINGS if (reading := hidden.reading(work, masking)) is not None]
    scores, units, source = [score(each) for each in readings], sidebar.units(), readings[0].provenance
    st.table(
        tables.scores(scores, units),
        border="horizontal",
        alt="Pseudo-log-likelihood, pseudo-perplexities and bits per character under three maskings",
    )
    st.caption(glossary.PLL.caveat)
    views.table_twin(
        lambda: tables.word_scores(scores, units),
        name="words",
        key="tokens.words",
        provenance=source,
        label="Every word",
    )
    with st.container(horizontal=True):
        for each, one in zip(scores, readings, strict=True):
            views.download_json(
                lambda each=each, one=one: export.sentence_score(each, one),
                name=f"pll-{each.masking}",
                key=f"tokens.pll.{each.masking}",
                label=f"JSON, {each.masking}",
            )


@st.fragment
def explore(view: ViewState, seen: SeenReading, edits: tuple[Edit, ...]) -> None:
    """Everything below the controls: a click on a token redraws this and nothing else.

    ``edits`` are those of the run that drew the page; when a click here has changed them, the page is read anew.
    """
    if history.edits() != edits:
        st.rerun()
    views.begin()
    view = controls.at_chosen_position(view)
    k = view.number("k")
    work = hidden.begin(view)
    unseen = hidden.reading(work, controls.masking_of(view))
    unseen = None if unseen is None else unseen.first(k)
    seen = seen.first(k)
    chosen = controls.chosen_position(view, seen)
    waiting = draw(view, seen, unseen, work, chosen)
    known = 0 if unseen is None else int((unseen.known & ~seen.encoded.outside).sum())
    hidden.go_on(work, known, seen.encoded.n_counted, waiting)


def draw(view: ViewState, seen: SeenReading, unseen: HiddenReading | None, work: Work, chosen: int) -> DeltaGenerator:
    """The strip, the figures, the tables; returns the place where the hidden reading shows how far it is."""
    units, source = sidebar.units(), seen.provenance
    fit, length = bool(view.option("fit")), len(seen.encoded)
    shown = unseen if controls.shows_hidden(view) and unseen is not None else seen
    words = words_of(seen.encoded) if controls.by_word(view) else None

    def chips(colours: Palette) -> dict[str, Any]:
        return strip.strip(shown, view.name("measure"), colours, units, fit=fit, words=words)

    token_strip(chips(sidebar.theme()), chosen, key="tokens.strip", on_pick=controls.pick_position)
    waiting = st.container()
    views.notices(seen.notices)
    numbers(seen, unseen)
    at_position(view, seen, unseen, chosen)
    views.show(
        lambda palette: heatmap.entropy_heatmap(seen, unseen, palette, units, chosen, fit=fit),
        key="tokens.heat",
        provenance=source,
        min_width=heatmap.heat_width(length),
    )
    if seen.watch:
        views.show(
            lambda palette: followed.followed_words(seen, unseen, palette, chosen),
            key="tokens.followed",
            provenance=source,
            min_width=heatmap.heat_width(length),
        )
    if seen.windows:
        views.show(lambda palette: windows.windows(seen, palette), key="tokens.windows.chart", provenance=source)

    span = controls.map_span(chosen, length)
    views.show(
        lambda palette: tokens.top_k_map(shown, palette, span, chosen),
        key="tokens.map",
        provenance=source,
        min_width=tokens.map_width(span),
    )

    st.subheader(
        "What the head reads back" if shown.kind == "seen" else "What the head guesses at each hidden token",
        anchor=False,
    )
    read_out(strip.read_out(shown), key="tokens.readout")
    st.caption(
        "The most probable token of every position; where it differs from the text, what stood there is struck "
        f"through. {glossary.SEEN_READING if shown.kind == 'seen' else glossary.HIDDEN_READING}"
    )
    sentence_scores(work)

    views.table_twin(
        lambda: tables.positions(shown, units),
        name=f"positions-{shown.kind}",
        key="tokens.positions",
        provenance=source,
        label="Every position",
    )
    views.table_twin(
        lambda: tables.tensors(seen.encoded),
        name="tensors",
        key="tokens.tensors",
        provenance=source,
        label="Input tensors",
    )
    with st.container(horizontal=True):
        views.download_json(lambda: export.seen_reading(seen), name="seen", key="tokens.json", label="JSON, seen")
        if unseen is not None and unseen.complete:
            views.download_json(
                lambda: export.hidden_reading(unseen), name="hidden", key="tokens.json.hidden", label="JSON, hidden"
            )
    way_out.row(
        controls.at_position(view, chosen),
        source,
        title=_QUESTION,
        results=lambda: results(seen, unseen),
        sections=lambda: (chips(palette("light")), *on_paper(work)),
        measures=(glossary.ENTROPY, glossary.SURPRISAL, glossary.RANK, glossary.P_OBSERVED, glossary.COPY_GAP),
        notes=(("seen reading", glossary.SEEN_READING), ("hidden reading", glossary.HIDDEN_READING)),
    )
    views.provenance_line(source)
    return waiting


def on_paper(work: Work) -> tuple[Table, ...]:
    """The sentence scores for a report, when everything has been read."""
    if not work.complete:
        return ()
    scores = [score(reading) for masking in MASKINGS if (reading := hidden.reading(work, masking)) is not None]
    frame = tables.scores(scores, sidebar.units()).reset_index(names="definition")
    return (Table("Pseudo-log-likelihood", frame, glossary.PLL.caveat),)


def results(seen: SeenReading, unseen: HiddenReading | None) -> dict[str, Any]:
    """What a session file holds of this page: the hidden reading when it is whole."""
    found = {"seen": export.seen_reading(seen)}
    if unseen is not None and unseen.complete:
        found["hidden"] = export.hidden_reading(unseen)
    return found


view = controls.view_of(model, text_a, text_b)
reading = views.result_of(view, read, beside_the_fields)
explore(views.shown(view), reading, view.edits)
