"""The Tokens page's widgets, and the view that they make."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from analysis.limits import DEFAULT_K
from analysis.text import with_masks
from analysis.types import SeenReading
from dashboard import cache
from dashboard.charts.tokens import MAP_COLUMNS
from dashboard.controls.fields import examples, text_area
from dashboard.controls.sidebar import model_in_use, units
from dashboard.examples import Example
from dashboard.glossary import TOKEN_MEASURES
from dashboard.markup import plain
from dashboard.state import ViewState, options

_LARGEST_K = 50


def texts(choices: Sequence[Example]) -> tuple[str, str | None]:
    """The Tokens page's fields: a text and, switched on, a second segment."""
    start = choices[0]
    st.session_state.setdefault("tokens.text_a", start.text_a)
    st.session_state.setdefault("tokens.text_b", start.text_b or "")
    st.session_state.setdefault("tokens.pair", start.text_b is not None)

    def forget_position() -> None:
        st.session_state.pop("tokens.position", None)

    def fill(example: Example) -> None:
        st.session_state["tokens.text_a"] = example.text_a
        st.session_state["tokens.text_b"] = example.text_b or ""
        st.session_state["tokens.pair"] = example.text_b is not None
        forget_position()

    pair = bool(st.session_state["tokens.pair"])
    columns = st.columns(2) if pair else [st.container()]
    with columns[0]:
        text_a = text_area(
            "tokens.text_a", "Text A" if pair else "Text", placeholder="Type or paste a text", on_change=forget_position
        )
    text_b = None
    if pair:
        with columns[1]:
            text_b = text_area("tokens.text_b", "Text B", placeholder="The second segment", on_change=forget_position)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="tokens.analyse", help="Ctrl+Enter in a field does the same.")
        st.toggle("Second segment", key="tokens.pair", persist_state="session", on_change=forget_position)
    examples("tokens", choices, fill)
    _offer_masks(forget_position)
    return text_a, text_b


def view_of(model: str, text_a: str, text_b: str | None) -> ViewState:
    """The Tokens page's whole input: texts, and the measure and depth that its own controls hold."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = st.segmented_control(
            "Colour by",
            list(TOKEN_MEASURES),
            default="entropy",
            format_func=lambda key: TOKEN_MEASURES[key].name,
            key="tokens.measure",
            required=True,
            persist_state="session",
            help="\n\n".join(f"**{measure.name}**: {measure.definition}" for measure in TOKEN_MEASURES.values()),
        )
        k = st.number_input(
            "Predictions per position",
            min_value=1,
            max_value=_LARGEST_K,
            value=DEFAULT_K,
            key="tokens.k",
            persist_state="session",
            width=190,
        )
        fit = st.toggle(
            "Fit colours to this text",
            key="tokens.fit",
            persist_state="session",
            help="Off: every text has the same scale, so that pictures can be compared. On: the scale ends at this "
            "text's largest value.",
        )
    return ViewState(
        page="tokens",
        model=model,
        text_a=text_a,
        text_b=text_b,
        options=options(
            {
                "fit": bool(fit),
                "k": int(k),
                "measure": measure if measure in TOKEN_MEASURES else "entropy",
                "position": _picked_position(),
                "units": units(),
            }
        ),
    )


def at_chosen_position(view: ViewState) -> ViewState:
    """The view as it is after the last pick, for the part of the page that a pick redraws on its own."""
    return replace(view, options=options({**dict(view.options), "position": _picked_position()}))


def pick_position(position: int) -> None:
    """Choose a token on the Tokens page."""
    st.session_state["tokens.position"] = position


def chosen_position(view: ViewState, reading: SeenReading) -> int:
    """The view's position when it lies in the text, else the first [MASK], else the least certain position."""
    position = view.option("position")
    if isinstance(position, int) and 0 <= position < len(reading.encoded):
        return position
    masks = reading.encoded.masked.nonzero()[0]
    if len(masks):
        return int(masks[0])
    counted = (~reading.encoded.outside).nonzero()[0]
    return int(counted[reading.statistics.entropy_bits[counted].argmax()])


def map_span(chosen: int, length: int) -> tuple[int, int]:
    """Which positions the top-k map shows: those around the chosen one, or all."""
    around, whole = "Around the chosen token", "Whole text"
    wanted = st.segmented_control(
        "Top-k map",
        (around, whole),
        default=around,
        key="tokens.span",
        required=True,
        persist_state="session",
        label_visibility="collapsed",
    )
    if wanted == whole or length <= MAP_COLUMNS:
        return 0, length
    first = min(max(0, chosen - MAP_COLUMNS // 2), length - MAP_COLUMNS)
    return first, first + MAP_COLUMNS


def _picked_position() -> int | None:
    position = st.session_state.get("tokens.position")
    return position if isinstance(position, int) else None


def _offer_masks(then: Callable[[], None]) -> None:
    """Where a gap is written in a way that this model's tokenizer does not know, offer to rewrite it."""
    state, mask = st.session_state, cache.mask_token(model_in_use())
    keys = ("tokens.text_a", "tokens.text_b") if state["tokens.pair"] else ("tokens.text_a",)
    if all(with_masks(state[key], mask) == state[key] for key in keys):
        return

    def rewrite() -> None:
        for key in keys:
            state[key] = with_masks(state[key], mask)
        then()

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"This model's mask token is {plain(mask)}; the text has a gap written otherwise.", width="content")
        st.button(f"Write {plain(mask)}", key="tokens.masks", type="tertiary", on_click=rewrite)
