"""The sidebar: the model, the units, and what depends on the browser's theme."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.errors import PretextError
from analysis.models.store import BUNDLED, default_spec
from dashboard.drawing.palette import Palette, palette
from dashboard.glossary import UNITS, Units
from dashboard.page import Pick
from dashboard.pages import PAGES
from dashboard.screen import cache, progress
from dashboard.screen.markup import plain

_UNIT_LABELS = {"usual": "usual", "bits": "bits", "nats": "nats"}
_MODEL, _MODEL_IN_USE, _MODEL_FAILED = "model.choice", "model.in_use", "model.failed"
_RESTORED = "model.restored"
_UNITS = "units"


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


def draw() -> None:
    """Draw the sidebar's frame and load the model that it names."""
    with st.sidebar:
        choice = _model_choice()
        place = st.container()
        st.session_state.setdefault(_UNITS, "usual")
        st.segmented_control(
            "Units",
            UNITS,
            format_func=_UNIT_LABELS.__getitem__,
            key=_UNITS,
            required=True,
            persist_state="session",
            help="Usual: entropy and surprisal in bits, margins in nats. 1 nat is 1.44 bits.",
        )
        st.session_state.setdefault("figures", "SVG")
        st.segmented_control(
            "Save figures as",
            ("SVG", "PNG"),
            key="figures",
            required=True,
            persist_state="session",
            help="What the camera in a figure's corner saves: SVG is sharp at any size, PNG has 4 dots per pixel.",
        )
    _load(choice, place)


def put(model: str, units: str) -> None:
    """Choose a model, which is loaded already, and units; what was picked in the text is kept with it."""
    st.session_state[_MODEL] = st.session_state[_RESTORED] = model
    if units in UNITS:
        st.session_state[_UNITS] = units


def known_models() -> list[str]:
    """Specs to choose from: what needs no network, the default, and the model in use."""
    in_use = st.session_state.get(_MODEL_IN_USE)
    return list(dict.fromkeys([*cache.offline_models(), default_spec(), *([in_use] if in_use else [])]))


def load_other(spec: str) -> None:
    """Load a second model, with progress (InputError or ModelError when there is none)."""
    if spec not in cache.known_models():
        with progress.loading(spec) as show:
            cache.bundle(spec, show)


def _model_choice() -> str:
    in_use = st.session_state.get(_MODEL_IN_USE)
    known = known_models()
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
            if state.pop(_RESTORED, None) != wanted and in_use is not None and wanted != in_use:
                # Another tokenizer may cut the text otherwise: what was picked would be another token or pair.
                for page in PAGES.values():
                    for option in page.options:
                        if isinstance(option, Pick):
                            state.pop(f"{page.key}.{option.name}", None)
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
