"""The Fill page's widgets, and the view that they make."""

import re
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.choices import FILL_ORDERS, FillOrder
from analysis.errors import InputError
from analysis.limits import MAX_BEAM, MAX_CANDIDATES
from analysis.tasks.fill import DEFAULT_BEAM
from analysis.texts.text import check_text
from analysis.types import FillResult
from dashboard import cache
from dashboard.controls.fields import examples, offer_masks, put_choice, put_number, start, text_area
from dashboard.controls.sidebar import model_in_use, units
from dashboard.examples import Example
from dashboard.glossary import CANDIDATE_TOTAL, ODDS
from dashboard.pages.fill.titles import TITLES
from dashboard.screen.markup import plain
from dashboard.state import ViewState, options

_DEFAULT_K, _LARGEST_K = 5, 20
_WORDS_OFFERED, _WORDS_WITHIN = 24, 400
_CONTEXT, _GAP = 32, "____"
_WORD = re.compile(r"\w+(?:[-’']\w+)*")


def texts(choices: Sequence[Example]) -> tuple[str, str | None]:
    """The page's fields: a text and, switched on, a second segment."""
    first, state = choices[0], st.session_state
    start("fill.text_a", first.text_a)
    start("fill.text_b", first.text_b or "")
    start("fill.pair", first.text_b is not None)
    start("fill.candidates", "\n".join(first.candidates))

    def fill(example: Example) -> None:
        state["fill.text_a"] = example.text_a
        state["fill.text_b"] = example.text_b or ""
        state["fill.pair"] = example.text_b is not None
        state["fill.candidates"] = "\n".join(example.candidates)
        for chosen in ("fill.gap", "fill.reference"):
            state.pop(chosen, None)

    pair = bool(state["fill.pair"])
    columns = st.columns(2) if pair else [st.container()]
    with columns[0]:
        text_a = text_area("fill.text_a", "Text A" if pair else "Text", placeholder="Type a text with gaps: [MASK]")
    text_b = None
    if pair:
        with columns[1]:
            text_b = text_area("fill.text_b", "Text B", placeholder="The second segment")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="fill.analyse", help="Ctrl+Enter in a field does the same.")
        st.toggle("Second segment", key="fill.pair", persist_state="session")
    examples("fill", choices, fill)
    offer_masks("fill", ("text_a", "text_b") if pair else ("text_a",), model_in_use())
    return text_a, text_b


def has_gap(model: str, text_a: str, text_b: str | None) -> bool:
    """Whether there is something to fill; of texts that can't be read, the reading says what is wrong."""
    mask = cache.mask_token(model)
    try:
        given = [check_text(text) for text in (text_a, text_b) if text is not None]
    except InputError:
        return True
    return any(mask in text for text in given)


def offer_gaps(model: str, text: str) -> None:
    """Say that there is no gap yet, and make one of any word at one click."""
    mask, state = cache.mask_token(model), st.session_state
    spans = [found.span() for found in _WORD.finditer(text[:_WORDS_WITHIN])][:_WORDS_OFFERED]

    def make() -> None:
        chosen = state["fill.make"]
        if chosen is not None:
            begins, end = spans[chosen]
            state["fill.text_a"] = f"{text[:begins]}{mask}{text[end:]}"

    st.markdown(
        f"This text has no gap yet: write {plain(mask)} where a word is wanted, or click a word to take it out."
    )
    if spans:
        st.pills(
            "Take out",
            range(len(spans)),
            format_func=lambda number: plain(text[slice(*spans[number])]),
            key="fill.make",
            on_change=make,
            label_visibility="collapsed",
        )


def view_of(model: str, text_a: str, text_b: str | None) -> ViewState:
    """What the orders are computed from; ``with_steps`` and ``with_contest`` add the rest of the page's input."""
    start("fill.orders", list(FILL_ORDERS))
    start("fill.beam", DEFAULT_BEAM)
    start("fill.k", _DEFAULT_K)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.pills(
            "Orders",
            FILL_ORDERS,
            selection_mode="multi",
            format_func=lambda order: TITLES[order].title,
            key="fill.orders",
            persist_state="session",
            wrap=True,
            help="\n\n".join(f"**{order.title}**: {order.meaning}" for order in TITLES.values()),
        )
        beam = st.number_input(
            "Beam width",
            min_value=1,
            max_value=MAX_BEAM,
            key="fill.beam",
            persist_state="session",
            width=130,
            help="How many fillings the beam keeps at each step.",
        )
        k = st.number_input(
            "Tokens per step",
            min_value=1,
            max_value=_LARGEST_K,
            key="fill.k",
            persist_state="session",
            width=130,
            help="How many of the most probable tokens are listed for each step.",
        )
        every = st.toggle(
            "All of the beam",
            key="fill.every",
            persist_state="session",
            disabled="beam" not in chosen,
            help="Show the beam's other fillings below its best.",
        )
    return ViewState(
        page="fill",
        model=model,
        text_a=text_a,
        text_b=text_b,
        options=options(
            {
                "beam": int(beam),
                "every": bool(every),
                "k": int(k),
                "orders": ",".join(order for order in FILL_ORDERS if order in chosen),
                "units": units(),
            }
        ),
    )


def orders_of(view: ViewState) -> tuple[FillOrder, ...]:
    """The orders that the view asks for.

    Raises
    ------
    InputError
        If it asks for none.
    """
    wanted = view.name("orders").split(",")
    chosen = tuple(order for order in FILL_ORDERS if order in wanted)
    if not chosen:
        raise InputError("No order of filling is chosen: choose at least one.")
    return chosen


def with_steps(view: ViewState, result: FillResult) -> ViewState:
    """The view with the order whose steps are shown: the chosen one, else the first that goes step by step."""
    shown = list(dict.fromkeys(filling.order for filling in result.fillings))
    if st.session_state.get("fill.steps") not in shown:
        st.session_state["fill.steps"] = next((order for order in shown if order != "independent"), shown[0])
    chosen = st.segmented_control(
        "Steps of",
        shown,
        format_func=lambda order: TITLES[order].title,
        key="fill.steps",
        required=True,
        persist_state="session",
        wrap=True,
    )
    return replace(view, options=options({**dict(view.options), "steps": chosen or shown[0]}))


def with_contest(view: ViewState, result: FillResult) -> tuple[ViewState, DeltaGenerator]:
    """The view with the candidates, their gap and their reference; and the place for what is wrong with them."""
    state = st.session_state
    gaps = range(1, len(result.positions) + 1)
    left, right = st.columns(2)
    with left:
        typed = text_area(
            "fill.candidates",
            "Candidates, one per line",
            height=168,
            placeholder="a word\na longer phrase\n##ing",
            help=f"Words or phrases, up to {MAX_CANDIDATES}; ## in front names a piece that continues a word.",
        )
        beside = st.container()
    candidates = parsed(typed)
    for name, known in (("fill.gap", gaps), ("fill.reference", candidates)):
        if known and state.get(name) not in known:
            # Set, not forgotten: the browser would go on showing what it shows.
            state[name] = known[0]
    with right:
        gap = 1
        if len(gaps) > 1:
            gap = st.selectbox(
                "Gap",
                gaps,
                format_func=lambda number: f"gap {number}",
                key="fill.gap",
                persist_state="session",
                help="The other gaps stay masked.",
            )
            st.caption(plain(_around(result, gap)))
        reference = None
        if len(candidates) > 1:
            reference = st.selectbox(
                "Reference", candidates, key="fill.reference", persist_state="session", help=ODDS.definition
            )
        any_length = st.toggle(
            "Odds between unequal numbers of pieces",
            key="fill.any_length",
            persist_state="session",
            help=CANDIDATE_TOTAL.caveat,
        )
        st.button("Analyse", key="fill.analyse.candidates", help="Ctrl+Enter in the field does the same.")
    more = {"any_length": bool(any_length), "candidates": typed, "gap": gap or 1, "reference": reference}
    return replace(view, options=options({**dict(view.options), **more})), beside


def restore(view: ViewState) -> None:
    """Put a view into the page's fields."""
    state = st.session_state
    state["fill.text_a"], state["fill.text_b"] = view.text_a, view.text_b or ""
    state["fill.pair"] = view.text_b is not None
    wanted = view.name("orders").split(",")
    state["fill.orders"] = [order for order in FILL_ORDERS if order in wanted]
    put_number("fill.beam", view.option("beam"), 1, MAX_BEAM)
    put_number("fill.k", view.option("k"), 1, _LARGEST_K)
    put_choice("fill.steps", view.option("steps"), FILL_ORDERS)
    state["fill.every"] = bool(view.option("every"))
    state["fill.any_length"] = bool(view.option("any_length"))
    state["fill.candidates"] = view.name("candidates")
    # What the gap and the reference may be depends on the texts: the page itself takes what it has.
    for name in ("gap", "reference"):
        state[f"fill.{name}"] = view.option(name)


def parsed(typed: str) -> tuple[str, ...]:
    """The candidates of the field: its lines, each once; what is nothing but white space is handed on as it is."""
    found = tuple(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))
    return found or ((typed,) if typed else ())


def _around(result: FillResult, gap: int) -> str:
    """A gap with the words around it; other gaps keep their mask token, so that neighbours can be told apart."""
    encoded, position = result.encoded, result.positions[gap - 1]
    text = (encoded.text_b if encoded.sequence[position] == 1 else encoded.text_a) or ""
    begins, end = encoded.span[position].tolist()
    before, after = text[:begins], text[end:]
    if len(before) > _CONTEXT:
        before = f"… {before[-_CONTEXT:].partition(' ')[2]}"
    if len(after) > _CONTEXT:
        after = f"{after[:_CONTEXT].rpartition(' ')[0]} …"
    return f"{before}{_GAP}{after}"
