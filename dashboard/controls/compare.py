"""The Compare page's widgets, and the view that they make."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import streamlit as st

from analysis.choices import DEFAULT_K, MASKINGS, READINGS
from analysis.limits import MAX_TEXT_CHARS
from analysis.tasks.compare import Given
from analysis.texts.text import reporting_words, sentences
from analysis.types import Comparison, Edit
from dashboard import cache
from dashboard.controls.fields import examples, put_choice, put_number, start, text_area
from dashboard.controls.sidebar import known_models, units
from dashboard.examples import Example
from dashboard.glossary import ENTROPY, HIDDEN_READING, MASKING_NAMES, P_OBSERVED, RANK, SEEN_READING, SURPRISAL
from dashboard.pages.compare.figures import farthest
from dashboard.pages.splits.figures import around
from dashboard.screen.markup import plain
from dashboard.state import CompareQuestion, ViewState, edits_of, edits_text, options

TEXTS, CUTS, MODELS = "Two texts", "Two segmentations", "Two models"
MODES = (TEXTS, CUTS, MODELS)
MEASURES = {measure.key: measure for measure in (ENTROPY, SURPRISAL, RANK, P_OBSERVED)}
NOT_CUT = 0
_MOST_BOUNDARIES = 2_000
_REPLACED, _TYPED = "compare.replaced", "compare.text.typed"


class Sides(NamedTuple):
    """What stands in the fields: the way in, both sides, and the model that reads B.

    ``text`` is the one text of both sides, where there is one; ``cuts`` are where it is cut.
    """

    mode: str
    a: Given
    b: Given
    model_b: str
    text: str | None = None
    cuts: tuple[int, int] | None = None


def sides(model: str, choices: Sequence[Example]) -> Sides:
    """The page's fields."""
    first = choices[0]
    for key, value in (("text_a", first.text_a), ("text_b", first.text_b), ("pair_a", ""), ("pair_b", "")):
        start(f"compare.{key}", value)
    start("compare.text", f"{first.text_a} {first.text_b}")
    start("compare.mode", TEXTS)
    mode = st.segmented_control(
        "Compare",
        MODES,
        key="compare.mode",
        required=True,
        persist_state="session",
        on_change=_other_way_in,
        label_visibility="collapsed",
    )
    if mode == CUTS:
        return _two_cuts(model, choices)
    if mode == MODELS:
        return _two_models(model, choices)
    return _two_texts(model, choices)


def view_of(model: str, given: Sides) -> ViewState:
    """The page's whole input."""
    for key, first in (("reading", "hidden"), ("measure", ENTROPY.key), ("masking", "word_l2r"), ("k", DEFAULT_K)):
        start(f"compare.{key}", first)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        reading = st.segmented_control(
            "Reading",
            READINGS,
            key="compare.reading",
            required=True,
            persist_state="session",
            help=f"**seen**: {SEEN_READING}\n\n**hidden**: {HIDDEN_READING}",
        )
        measure = st.segmented_control(
            "Colour by",
            list(MEASURES),
            format_func=lambda key: MEASURES[key].name,
            key="compare.measure",
            required=True,
            persist_state="session",
        )
        with st.popover("Options", icon=":material/tune:"):
            masking = st.radio(
                "What the hidden reading hides",
                MASKINGS,
                format_func=MASKING_NAMES.__getitem__,
                key="compare.masking",
                persist_state="session",
            )
            k = st.number_input(
                "Predictions per position",
                min_value=1,
                max_value=cache.LARGEST_K,
                key="compare.k",
                persist_state="session",
            )
            fit = st.toggle("Fit colours to these texts", key="compare.fit", persist_state="session")
    return ViewState(
        page="compare",
        model=model,
        text_a=given.a.text_a,
        text_b=given.b.text_a,
        edits=given.b.edits,
        options=options(
            {
                "cut_a": None if given.cuts is None else given.cuts[0],
                "cut_b": None if given.cuts is None else given.cuts[1],
                "edits_a": edits_text(given.a.edits),
                "fit": bool(fit),
                "k": int(k),
                "masking": masking if masking in MASKINGS else "word_l2r",
                "measure": measure if measure in MEASURES else ENTROPY.key,
                "mode": given.mode,
                "model_b": given.model_b,
                "pair": _picked_pair(),
                "reading": reading if reading in READINGS else "hidden",
                "segment_a": given.a.text_b,
                "segment_b": given.b.text_b,
                "text": given.text,
                "units": units(),
            }
        ),
    )


def question(view: ViewState) -> CompareQuestion:
    """What the head is asked."""
    second_a, second_b = view.option("segment_a"), view.option("segment_b")
    return CompareQuestion(
        a=Given(view.text_a, second_a if isinstance(second_a, str) else None, edits_of(view.name("edits_a"))),
        b=Given(view.text_b or "", second_b if isinstance(second_b, str) else None, view.edits),
        model_b=view.name("model_b") or view.model,
        reading="seen" if view.name("reading") == "seen" else "hidden",
        masking=next((each for each in MASKINGS if each == view.name("masking")), "word_l2r"),
    )


def pick_pair(pair: int) -> None:
    """Choose a pair on the page."""
    st.session_state["compare.pair"] = pair


def at_picked_pair(view: ViewState) -> ViewState:
    """The view as it is after the last pick, for the part of the page that a pick redraws on its own."""
    return replace(view, options=options({**dict(view.options), "pair": _picked_pair()}))


def at_pair(view: ViewState, pair: int) -> ViewState:
    """The view with the pair that is shown, which nobody may have picked."""
    return replace(view, options=options({**dict(view.options), "pair": pair}))


def chosen_pair(view: ViewState, found: Comparison) -> int:
    """The view's pair when there is one, else the one whose predictions lie farthest apart."""
    pair = view.option("pair")
    if isinstance(pair, int) and 0 <= pair < len(found):
        return pair
    return farthest(found)


def open_beside(a: Given, b: Given, model: str) -> None:
    """Put two inputs into the fields, edits included; the page is opened by whoever calls this."""
    state = st.session_state
    state["compare.mode"] = TEXTS
    state["compare.segments"] = a.text_b is not None or b.text_b is not None
    for name, given in (("a", a), ("b", b)):
        state[f"compare.text_{name}"] = given.text_a
        state[f"compare.pair_{name}"] = given.text_b or ""
        _keep_edits(name, given, model)
    state.pop("compare.pair", None)


def restore(view: ViewState) -> None:
    """Put a view into the page's fields."""
    state, asked = st.session_state, question(view)
    for key, allowed in (("reading", READINGS), ("measure", MEASURES), ("masking", MASKINGS), ("mode", MODES)):
        put_choice(f"compare.{key}", view.option(key), allowed)
    put_number("compare.k", view.option("k"), 1, cache.LARGEST_K)
    state["compare.fit"] = bool(view.option("fit"))
    if view.name("mode") == TEXTS:
        open_beside(asked.a, asked.b, view.model)
    else:
        state["compare.text"], state[_TYPED] = view.name("text"), True
        for name in ("a", "b"):
            state[f"compare.cut_{name}"] = view.option(f"cut_{name}")
        if view.name("mode") == MODELS:
            state["compare.model_b"] = asked.model_b
    pair = view.option("pair")
    state["compare.pair"] = pair if isinstance(pair, int) else None


def _two_texts(model: str, choices: Sequence[Example]) -> Sides:
    state = st.session_state
    segments = bool(state.get("compare.segments"))
    given = []
    for name, column in zip("ab", st.columns(2), strict=True):
        with column:
            text = text_area(
                f"compare.text_{name}", name.upper(), placeholder="Type or paste a text", on_change=_forget
            )
            second = None
            if segments:
                # A side whose second field is blank is a lone text: the two need not be alike.
                second = (
                    text_area(
                        f"compare.pair_{name}",
                        f"Second segment of {name.upper()}",
                        placeholder="Leave it empty for a lone text",
                        height=68,
                        on_change=_forget,
                    )
                    or None
                )
            edits = _kept_edits(name, text, second, model)
            given.append(Given(text, second, edits))
            if edits:
                _say_edits(name, edits, model)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="compare.analyse", help="Ctrl+Enter in a field does the same.")
        st.button(
            "Edit A into B",
            key="compare.copy",
            on_click=_copy,
            args=(given[0], given[1], model),
            help="Let B start as a copy of A.",
        )
        replaced: tuple[Given, Given] | None = state.get(_REPLACED)
        # As long as B is the copy: what is typed after that is not to be lost either.
        if replaced is not None and given[1] == replaced[0]:
            st.button("Bring B back", key="compare.back", on_click=open_beside, args=(given[0], replaced[1], model))
        st.button("Swap A and B", key="compare.swap", on_click=lambda: open_beside(given[1], given[0], model))
        st.toggle("Second segments", key="compare.segments", persist_state="session", on_change=_forget)

    def fill(example: Example) -> None:
        state["compare.segments"] = False
        open_beside(Given(example.text_a), Given(example.text_b or ""), model)

    examples("compare", choices, fill)
    return Sides(TEXTS, given[0], given[1], model)


def _two_cuts(model: str, choices: Sequence[Example]) -> Sides:
    text = _one_text(choices)
    starts = [at for at, _ in reporting_words(text)][1:] if len(text) <= MAX_TEXT_CHARS else []
    if not 0 < len(starts) <= _MOST_BOUNDARIES:
        if text.strip():
            st.caption(
                f"A text of 2 to {_MOST_BOUNDARIES + 1:,} words can be cut; this one has {len(starts) + 1:,}, so both "
                "sides are the whole text."
            )
        return Sides(CUTS, Given(text), Given(text), model, text)
    ends = [at for at, _ in sentences(text)][1:]
    first = next((at for at in starts if ends and at >= ends[0]), starts[len(starts) // 2])

    def named(cut: int) -> str:
        # The number keeps two boundaries apart whose words are the same.
        return "not cut" if cut == NOT_CUT else plain(f"{starts.index(cut) + 1} · {around(text, cut)}")

    given, cuts = [], []
    for name, default in (("a", NOT_CUT), ("b", first)):
        key = f"compare.cut_{name}"
        if st.session_state.get(key) not in {NOT_CUT, *starts}:
            st.session_state[key] = default
        cut = st.select_slider(
            f"{name.upper()} is cut at",
            [NOT_CUT, *starts],
            key=key,
            format_func=named,
            persist_state="session",
            on_change=_forget,
        )
        given.append(Given(text) if cut == NOT_CUT else Given(text[:cut].rstrip(), text[cut:].lstrip()))
        cuts.append(cut)
    return Sides(CUTS, given[0], given[1], model, text, (cuts[0], cuts[1]))


def _two_models(model: str, choices: Sequence[Example]) -> Sides:
    text = _one_text(choices)
    known = list(dict.fromkeys([*known_models(), model]))
    typed = st.session_state.get("compare.model_b")
    if typed and typed not in known:
        known.append(typed)
    if not typed:
        st.session_state["compare.model_b"] = next((each for each in known if each != model), model)
    chosen = st.selectbox(
        "The model that reads B",
        known,
        key="compare.model_b",
        accept_new_options=True,
        persist_state="session",
        on_change=_forget,
        help="A is read by the model of the sidebar. Type any Hugging Face id, id@revision, or a folder.",
    )
    if (chosen or model) == model:
        st.caption("Both sides are read by the same model: choose another one for B, or type its name.")
    return Sides(MODELS, Given(text), Given(text), chosen or model, text)


def _one_text(choices: Sequence[Example]) -> str:
    def fill(example: Example) -> None:
        st.session_state["compare.text"] = f"{example.text_a} {example.text_b}"
        _forget()

    text = text_area("compare.text", "Text", placeholder="Type or paste a text", on_change=_type_text)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="compare.analyse.one", help="Ctrl+Enter in the field does the same.")
    examples("compare.one", choices, fill)
    return text


def _copy(a: Given, b: Given, model: str) -> None:
    if a != b:
        st.session_state[_REPLACED] = (a, b)
    open_beside(a, a, model)


def _other_way_in() -> None:
    """Take A's text along to the ways in that have one text, unless one has been typed there."""
    state = st.session_state
    _forget()
    if state.get("compare.mode") != TEXTS and not state.get(_TYPED):
        state["compare.text"] = " ".join(filter(None, (state["compare.text_a"], state["compare.pair_a"])))


def _type_text() -> None:
    st.session_state[_TYPED] = True
    _forget()


def _say_edits(name: str, edits: Sequence[Edit], model: str) -> None:
    tokens = cache.bundle(model).tokens_of([id_ for _, id_ in edits])
    said = ", ".join(f"{token} at position {position}" for (position, _), token in zip(edits, tokens, strict=True))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(f"Edited after tokenising: {said}."), width="content")
        st.button(
            "Take the edits back",
            key=f"compare.unedit_{name}",
            type="tertiary",
            on_click=lambda: st.session_state.pop(f"compare.edits_{name}", None),
        )


def _keep_edits(name: str, given: Given, model: str) -> None:
    st.session_state[f"compare.edits_{name}"] = (model, given)


def _kept_edits(name: str, text: str, second: str | None, model: str) -> tuple[Edit, ...]:
    """A side's edits, as long as they mean its tokens: the text and the model are those that they were made for."""
    kept: tuple[str, Given] | None = st.session_state.get(f"compare.edits_{name}")
    if kept is None or (kept[0], *kept[1][:2]) != (model, text, second):
        return ()
    return kept[1].edits


def _picked_pair() -> int | None:
    pair = st.session_state.get("compare.pair")
    return pair if isinstance(pair, int) else None


def _forget() -> None:
    st.session_state.pop("compare.pair", None)
