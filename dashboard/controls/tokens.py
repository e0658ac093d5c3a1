"""The Tokens page's widgets, and the view that they make."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from analysis.choices import DEFAULT_K, MASKINGS, Masking
from analysis.errors import InputError
from analysis.limits import MAX_WATCH
from analysis.tasks.compare import Given as Side
from analysis.tasks.scores import words_of
from analysis.texts.text import reporting_words
from analysis.types import Encoded, HiddenReading, SeenReading
from dashboard import cache
from dashboard.controls import compare, history, next_sentence
from dashboard.controls.fields import examples, offer_masks, put_choice, put_number, start, text_area
from dashboard.controls.history import Given
from dashboard.controls.sidebar import model_in_use, units
from dashboard.examples import Example
from dashboard.glossary import BY_WORD, COPY_GAP, HIDDEN_READING, MASKING_NAMES, SEEN_READING, TOKEN_MEASURES
from dashboard.pages.tokens.predictions import MAP_COLUMNS, telling_position
from dashboard.screen.markup import plain
from dashboard.state import ViewState, options

SEEN, HIDDEN = "seen", "hidden"
_BY_TOKEN, _BY_WORD = "token", "word"
_FOLLOW_CHARS = 200
_PUT, _PUT_FAILED = "tokens.put", "tokens.put.failed"


def texts(choices: Sequence[Example]) -> tuple[str, str | None]:
    """The page's fields: a text and, switched on, a second segment; undo and redo of both."""
    first, state = choices[0], st.session_state
    start("tokens.text_a", first.text_a)
    start("tokens.text_b", first.text_b or "")
    start("tokens.pair", first.text_b is not None)
    if history.note(model_in_use()):
        # Another text: a position picked in the old one would mean another token.
        state.pop("tokens.position", None)

    def fill(example: Example) -> None:
        state["tokens.text_a"] = example.text_a
        state["tokens.text_b"] = example.text_b or ""
        state["tokens.pair"] = example.text_b is not None

    pair = bool(state["tokens.pair"])
    columns = st.columns(2) if pair else [st.container()]
    with columns[0]:
        text_a = text_area("tokens.text_a", "Text A" if pair else "Text", placeholder="Type or paste a text")
    text_b = None
    if pair:
        with columns[1]:
            text_b = text_area("tokens.text_b", "Text B", placeholder="The second segment")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="tokens.analyse", help="Ctrl+Enter in a field does the same.")
        for label, icon, possible, act in (
            ("Undo", ":material/undo:", history.can_undo(), history.undo),
            ("Redo", ":material/redo:", history.can_redo(), history.redo),
        ):
            st.button(
                label,
                key=f"tokens.{label.lower()}",
                icon=icon,
                type="tertiary",
                disabled=not possible,
                on_click=act,
                help=f"{label} the last change of a text or of a token.",
            )
        st.toggle("Second segment", key="tokens.pair", persist_state="session")
        # Bytes, because a piece takes at least one; [CLS] and [SEP] come on top.
        may_be_long = len(text_a.encode(errors="replace")) + 2 > cache.max_tokens(model_in_use())
        if not pair and (state.get("tokens.windows") or may_be_long):
            st.toggle(
                "Overlapping windows",
                key="tokens.windows",
                persist_state="session",
                help="Read a text that is too long for one input of the model in windows that overlap by half. Every "
                "position is reported from the window where it has most context.",
            )
    examples("tokens", choices, fill)
    offer_masks("tokens", ("text_a", "text_b") if pair else ("text_a",), model_in_use())
    return text_a, text_b


def view_of(model: str, text_a: str, text_b: str | None) -> ViewState:
    """The page's whole input: texts and edits, and what its own controls hold."""
    for key, first in (
        ("measure", "entropy"),
        ("reading", SEEN),
        ("by", _BY_TOKEN),
        ("masking", "word_l2r"),
        ("k", DEFAULT_K),
    ):
        start(f"tokens.{key}", first)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        measure = st.segmented_control(
            "Colour by",
            list(TOKEN_MEASURES),
            format_func=lambda key: TOKEN_MEASURES[key].name,
            key="tokens.measure",
            required=True,
            persist_state="session",
            help="\n\n".join(f"**{measure.name}**: {measure.definition}" for measure in TOKEN_MEASURES.values()),
        )
        kind = st.segmented_control(
            "Reading",
            (SEEN, HIDDEN),
            key="tokens.reading",
            required=True,
            persist_state="session",
            help=f"**seen**: {SEEN_READING}\n\n**hidden**: {HIDDEN_READING}",
        )
        by = st.segmented_control(
            "By",
            (_BY_TOKEN, _BY_WORD),
            key="tokens.by",
            required=True,
            persist_state="session",
            help=BY_WORD,
        )
        with st.popover("Options", icon=":material/tune:"):
            masking = st.radio(
                "What the hidden reading hides",
                MASKINGS,
                format_func=MASKING_NAMES.__getitem__,
                key="tokens.masking",
                persist_state="session",
                help="What the hidden reading masks together with the token it asks for. A word of several pieces "
                "gives itself away when only one of them is hidden.",
            )
            k = st.number_input(
                "Predictions per position",
                min_value=1,
                max_value=cache.LARGEST_K,
                key="tokens.k",
                persist_state="session",
            )
            fit = st.toggle(
                "Fit colours to this text",
                key="tokens.fit",
                persist_state="session",
                help="Off: every text has the same scale, so that pictures can be compared. On: the scale ends at this "
                "text's largest value.",
            )
    st.text_input(
        "Follow words",
        key="tokens.follow",
        placeholder="war, peace",
        max_chars=_FOLLOW_CHARS,
        persist_state="session",
        width=320,
        help=f"How probable a word is at every position, whatever stands there: up to {MAX_WATCH} words of one piece.",
    )
    follow = _followed(model)
    return ViewState(
        page="tokens",
        model=model,
        text_a=text_a,
        text_b=text_b,
        edits=history.edits(),
        options=options(
            {
                "by": by if by in (_BY_TOKEN, _BY_WORD) else _BY_TOKEN,
                "fit": bool(fit),
                "follow": " ".join(follow),
                "k": int(k),
                "masking": masking if masking in MASKINGS else "word_l2r",
                "measure": measure if measure in TOKEN_MEASURES else "entropy",
                "position": _picked_position(),
                "reading": kind if kind in (SEEN, HIDDEN) else SEEN,
                "units": units(),
                "windows": bool(st.session_state.get("tokens.windows")) and text_b is None,
            }
        ),
    )


def restore(view: ViewState) -> None:
    """Put a view into the page's fields."""
    state = st.session_state
    for key, allowed in (
        ("measure", TOKEN_MEASURES),
        ("reading", (SEEN, HIDDEN)),
        ("by", (_BY_TOKEN, _BY_WORD)),
        ("masking", MASKINGS),
    ):
        put_choice(f"tokens.{key}", view.option(key), allowed)
    put_number("tokens.k", view.option("k"), 1, cache.LARGEST_K)
    state["tokens.fit"] = bool(view.option("fit"))
    state["tokens.windows"] = bool(view.option("windows"))
    state["tokens.follow"] = ", ".join(view.name("follow").split())[:_FOLLOW_CHARS]
    history.replace(Given(view.model, view.text_a, view.text_b or "", view.text_b is not None, view.edits))
    position = view.option("position")
    state["tokens.position"] = position if isinstance(position, int) else None


def _followed(model: str) -> list[str]:
    """The words to follow that the model has a piece for; of the others it is said why not."""
    found: dict[int, str] = {}
    for word in dict.fromkeys(re.split(r"[\s,;]+", st.session_state.get("tokens.follow", "").strip(" ,;\t\n"))):
        if not word:
            continue
        if len(found) == MAX_WATCH:
            st.error(f"More than {MAX_WATCH} words came to follow, and only the first {MAX_WATCH} are: delete some.")
            break
        try:
            found.setdefault(cache.followed_id(model, word), word)
        except InputError as error:
            st.error(plain(str(error)))
    return list(found.values())


def masking_of(view: ViewState) -> Masking:
    """The masking that the view's hidden reading is shown with."""
    return next(masking for masking in MASKINGS if masking == view.name("masking"))


def shows_hidden(view: ViewState) -> bool:
    """Whether the strip shows what only a hidden reading knows."""
    return view.name("reading") == HIDDEN or view.name("measure") == COPY_GAP.key


def by_word(view: ViewState) -> bool:
    """Whether the strip has a chip per word."""
    return view.name("by") == _BY_WORD


def at_chosen_position(view: ViewState) -> ViewState:
    """The view as it is after the last pick, for the part of the page that a pick redraws on its own."""
    return replace(view, options=options({**dict(view.options), "position": _picked_position()}))


def at_position(view: ViewState, position: int) -> ViewState:
    """The view with the position that is shown, which nobody may have picked."""
    return replace(view, options=options({**dict(view.options), "position": position}))


def pick_position(position: int) -> None:
    """Choose a token on the page."""
    st.session_state["tokens.position"] = position


def chosen_position(view: ViewState, reading: SeenReading) -> int:
    """The view's position when it lies in the text, else the first [MASK], else the least certain position."""
    position = view.option("position")
    if isinstance(position, int) and 0 <= position < len(reading.encoded):
        return position
    return telling_position(reading)


def actions(model: str, reading: SeenReading, hidden: HiddenReading | None, position: int) -> None:
    """What can be done to the chosen token: mask it, put another in its place, take the edit back."""
    encoded, state = reading.encoded, st.session_state
    if encoded.sequence[position] < 0:
        st.caption("A token of the template stays as it is.")
        return
    mask = cache.mask_token(model)
    st.button(
        f"Put {plain(mask)} here",
        key="tokens.mask",
        disabled=bool(encoded.masked[position]),
        on_click=lambda: history.put(position, cache.token_id(model, mask)),
        width="stretch",
    )
    offered = _offered(reading, hidden, position)

    def put() -> None:
        token = state[_PUT]
        state[_PUT] = None
        if not token:
            return
        try:
            history.put(position, offered[token] if token in offered else cache.token_id(model, token.strip()))
            state.pop(_PUT_FAILED, None)
        except InputError as error:
            state[_PUT_FAILED] = (position, history.now(), str(error))

    st.selectbox(
        "Put another token here",
        list(offered),
        index=None,
        key=_PUT,
        placeholder="a prediction, or type one",
        accept_new_options=True,
        on_change=put,
        help="The predictions of this place, or any other token of the vocabulary, as it is written there (##er).",
    )
    failed = state.get(_PUT_FAILED)
    # What was said of a token belongs to the text as it was then.
    if failed is not None and failed[:2] == (position, history.now()):
        st.error(plain(failed[2]))
    original = _original(reading, position)
    if original is not None:
        st.caption(f"Edited: the text has '{plain(original)}' here.")
        st.button(
            "Take the edit back",
            key="tokens.take_back",
            on_click=history.take_back,
            args=(position,),
            width="stretch",
        )


def cut_here(view: ViewState, reading: SeenReading, position: int) -> None:
    """The way to the Next sentence page with a lone text cut before the chosen word, if anything stands before it."""
    encoded = reading.encoded
    # An edit belongs to this tokenisation, and would be left behind.
    if encoded.text_b is not None or encoded.edits or encoded.sequence[position] < 0:
        return
    word = next((each for each in words_of(encoded) if position in each.positions), None)
    if word is None or word.span[0] == reporting_words(encoded.text_a)[0][0]:
        return
    if st.button(
        "Cut here",
        key="tokens.cut",
        icon=":material/content_cut:",
        width="stretch",
        help="Open the text on Next sentence, cut before this word.",
    ):
        next_sentence.open_cut(view.text_a, word.span[0])
        st.switch_page("dashboard/app_pages/next_sentence.py")


def compare_with_original(view: ViewState) -> None:
    """Where tokens were edited, the way to the Compare page: the text as it stands beside the edited one."""
    if view.edits and st.button(
        "Compare",
        key="tokens.compare",
        icon=":material/compare_arrows:",
        width="stretch",
        help="Open the text as it stands beside the edited one.",
    ):
        original = Side(view.text_a, view.text_b)
        compare.open_beside(original, original._replace(edits=view.edits), view.model)
        st.switch_page("dashboard/app_pages/compare.py")


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


def _offered(reading: SeenReading, hidden: HiddenReading | None, position: int) -> dict[str, int]:
    """Predictions of the place, the hidden reading's first, without the token that stands there."""
    offered: dict[str, int] = {}
    for each in (hidden, reading):
        if each is not None and (not isinstance(each, HiddenReading) or each.known[position]):
            ids = each.statistics.top_ids[position].tolist()
            offered |= {
                token: id_ for token, id_ in zip(each.top_tokens[position], ids, strict=True) if token not in offered
            }
    stands = int(reading.encoded.ids[position])
    # A column beyond the tokenizer's entries has no token that could be put anywhere.
    return {token: id_ for token, id_ in offered.items() if id_ != stands and token != f"<{id_}>"}


def _original(reading: SeenReading, position: int) -> str | None:
    """What the text has at an edited position; None where nothing was edited."""
    encoded: Encoded = reading.encoded
    if position not in np.array([at for at, _ in encoded.edits]):
        return None
    begins, end = encoded.span[position].tolist()
    text = encoded.text_b if encoded.sequence[position] == 1 else encoded.text_a
    return (text or "")[begins:end]
