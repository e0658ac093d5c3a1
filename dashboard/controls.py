"""Every widget, from the sidebar's model to a page's texts and options; what they hold becomes a ``ViewState``.

Widgets keep their values over page changes (``persist_state``). Their keys begin with the page they belong to.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.errors import PretextError
from analysis.limits import DEFAULT_K, MAX_TEXT_CHARS
from analysis.loading import BUNDLED, default_spec
from analysis.text import reporting_words, sentences, with_masks
from analysis.types import SeenReading
from dashboard import cache, progress
from dashboard.charts.palette import Palette, palette
from dashboard.charts.tokens import MAP_COLUMNS
from dashboard.examples import Example
from dashboard.glossary import TOKEN_MEASURES, UNITS, Units
from dashboard.markup import plain
from dashboard.state import ViewState, options

_UNIT_LABELS = {"usual": "usual", "bits": "bits", "nats": "nats"}
_MODEL, _MODEL_IN_USE, _MODEL_FAILED = "model.choice", "model.in_use", "model.failed"
_UNITS = "units"
_LARGEST_K = 50
_MOST_BOUNDARIES = 2_000
"""A text with more words than this has more tokens than the models with a next-sentence head read."""

TWO_TEXTS, ONE_TEXT = "Two texts", "One text, movable boundary"


def theme() -> Palette:
    """The palette of the theme that the browser shows."""
    return palette(st.context.theme.type)


def units() -> Units:
    """The units chosen in the sidebar."""
    chosen = st.session_state.get(_UNITS)
    return chosen if chosen in UNITS else "usual"


def model_in_use() -> str:
    """The spec of the model that the sidebar has loaded."""
    return st.session_state[_MODEL_IN_USE]


def sidebar() -> None:
    """Draw the sidebar's frame and load the model that it names."""
    with st.sidebar:
        choice = _model_choice()
        place = st.container()
        st.segmented_control(
            "Units",
            UNITS,
            default="usual",
            format_func=_UNIT_LABELS.__getitem__,
            key=_UNITS,
            required=True,
            persist_state="session",
            help="Usual: entropy and surprisal in bits, margins in nats. 1 nat is 1.44 bits.",
        )
    _load(choice, place)


def text_area(key: str, label: str, *, placeholder: str = "", on_change: Callable[[], None] | None = None) -> str:
    """A field for one text; it is read when the person leaves it or presses Ctrl+Enter."""
    return st.text_area(
        label,
        key=key,
        height=112,
        placeholder=placeholder,
        on_change=on_change,
        persist_state="session",
    )


def examples(page: str, choices: Sequence[Example], fill: Callable[[Example], None]) -> None:
    """Buttons that fill a page's fields at one click."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Try:", width="content")
        for number, example in enumerate(choices):
            st.button(example.title, key=f"{page}.example.{number}", type="tertiary", on_click=fill, args=(example,))


def tokens_texts(choices: Sequence[Example]) -> tuple[str, str | None]:
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


def tokens_view(model: str, text_a: str, text_b: str | None) -> ViewState:
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


def next_sentence_texts(choices: Sequence[Example]) -> tuple[str, str, str]:
    """The Next sentence page's fields: how the texts are given, and both texts; B is empty when A can't be cut."""
    start = choices[0]
    st.session_state.setdefault("nsp.text_a", start.text_a)
    st.session_state.setdefault("nsp.text_b", start.text_b or "")
    st.session_state.setdefault("nsp.text", f"{start.text_a} {start.text_b}")

    def fill(example: Example) -> None:
        st.session_state["nsp.text_a"] = example.text_a
        st.session_state["nsp.text_b"] = example.text_b or ""
        st.session_state["nsp.text"] = f"{example.text_a} {example.text_b}"
        st.session_state.pop("nsp.cut", None)

    mode = st.segmented_control(
        "Input",
        (TWO_TEXTS, ONE_TEXT),
        default=TWO_TEXTS,
        key="nsp.mode",
        required=True,
        persist_state="session",
        label_visibility="collapsed",
    )
    if mode == ONE_TEXT:
        text = text_area(
            "nsp.text", "Text", placeholder="Type or paste a text of two sentences or more", on_change=_forget_cut
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Analyse", key="nsp.analyse.one")
        examples("nsp.one", choices, fill)
        return ONE_TEXT, *_cut_by_hand(text)
    left, right = st.columns(2)
    with left:
        text_a = text_area("nsp.text_a", "Text A", placeholder="The first sentence")
    with right:
        text_b = text_area("nsp.text_b", "Text B", placeholder="Does this follow?")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Analyse", key="nsp.analyse", help="Ctrl+Enter in a field does the same.")
        st.button("Swap A and B", key="nsp.swap", on_click=_swap)
    examples("nsp", choices, fill)
    return TWO_TEXTS, text_a, text_b


def next_sentence_view(model: str, mode: str, text_a: str, text_b: str) -> ViewState:
    """The Next sentence page's whole input."""
    every_token = st.toggle(
        "Show every token",
        key="nsp.every",
        persist_state="session",
        help="Long texts are shortened in the rows below; the head always reads all of them.",
    )
    return ViewState(
        page="next_sentence",
        model=model,
        text_a=text_a,
        text_b=text_b,
        options=options({"every": bool(every_token), "mode": mode, "units": units()}),
    )


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


def _forget_cut() -> None:
    st.session_state.pop("nsp.cut", None)


def _swap() -> None:
    state = st.session_state
    state["nsp.text_a"], state["nsp.text_b"] = state["nsp.text_b"], state["nsp.text_a"]


def _cut_by_hand(text: str) -> tuple[str, str]:
    """A boundary between words that can be moved, at first behind the first sentence."""
    starts = [start for start, _ in reporting_words(text)][1:]
    if not starts or len(text) > MAX_TEXT_CHARS:
        return text, ""
    ends = [start for start, _ in sentences(text)][1:]
    first = next((start for start in starts if ends and start >= ends[0]), starts[len(starts) // 2])
    if st.session_state.get("nsp.cut") not in starts:
        st.session_state["nsp.cut"] = first

    def around(cut: int) -> str:
        # The number keeps two boundaries apart whose words are the same: the slider knows its options by their text.
        words = f"{text[max(0, cut - 24) : cut].strip()} | {text[cut : cut + 24].strip()}"
        return plain(f"{starts.index(cut) + 1} … {words} …")

    def move_to(cut: int) -> None:
        st.session_state["nsp.cut"] = cut

    if 1 < len(starts) <= _MOST_BOUNDARIES:
        cut = st.select_slider(
            "Boundary",
            starts,
            key="nsp.cut",
            format_func=around,
            persist_state="session",
            help="Drag it, or use the arrow keys.",
        )
    else:
        cut = first
    before = [end for end in ends if end < cut]
    after = [end for end in ends if end > cut]
    with st.container(horizontal=True):
        for label, found, icon in (
            ("Previous sentence end", before[-1:], ":material/arrow_back:"),
            ("Next sentence end", after[:1], ":material/arrow_forward:"),
        ):
            st.button(label, icon=icon, disabled=not found, on_click=move_to, args=tuple(found) or (cut,))
    return text[:cut].rstrip(), text[cut:].lstrip()


def _model_choice() -> str:
    in_use = st.session_state.get(_MODEL_IN_USE)
    known = list(dict.fromkeys([*cache.offline_models(), default_spec(), *([in_use] if in_use else [])]))
    typed = st.session_state.get(_MODEL)
    if typed and typed not in known:
        known.append(typed)
    st.session_state.setdefault(_MODEL, in_use or default_spec())
    return st.selectbox(
        "Model",
        known,
        key=_MODEL,
        accept_new_options=True,
        persist_state="session",
        help=(
            "The bundled model and what lies in the local Hugging Face cache need no network. Type any Hugging Face id "
            "(bert-base-uncased), id@revision, or a folder with a checkpoint in safetensors."
        ),
    )


def _load(choice: str | None, place: DeltaGenerator) -> None:
    """Load the chosen model; when it can't be, say so beside the field and stay with the one in use."""
    state = st.session_state
    in_use = state.get(_MODEL_IN_USE)
    wanted = choice or in_use or BUNDLED
    failed = state.get(_MODEL_FAILED)
    if failed is None or failed[0] != wanted:
        state.pop(_MODEL_FAILED, None)
        try:
            if wanted not in cache.known_models():
                with progress.loading(wanted) as show:
                    cache.bundle(wanted, show)
            if wanted != in_use:
                # Another tokenizer may cut the text otherwise: a picked position would mean another token.
                state.pop("tokens.position", None)
            state[_MODEL_IN_USE] = wanted
            return
        except PretextError as error:
            state[_MODEL_FAILED] = (wanted, str(error))
    stays = in_use or BUNDLED
    if stays not in cache.known_models():
        cache.bundle(stays)
    state[_MODEL_IN_USE] = stays
    with place:
        st.error(plain(state[_MODEL_FAILED][1]))
        st.caption(f"Still in use: {plain(stays)}")
        st.button("Try again", key="model.again", on_click=lambda: state.pop(_MODEL_FAILED, None))
