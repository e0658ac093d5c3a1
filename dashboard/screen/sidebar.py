"""The sidebar: the model, the units, how figures are saved."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis import hosting
from analysis.errors import PretextError
from analysis.hosting import Hosting
from analysis.models.store import BUNDLED, default_spec
from dashboard.glossary import UNITS, Units
from dashboard.page import Pick
from dashboard.pages import PAGES
from dashboard.screen import cache
from dashboard.screen.markup import plain

_MODEL, _MODEL_IN_USE, _MODEL_FAILED = "model.choice", "model.in_use", "model.failed"
_RESTORED = "model.restored"
_UNITS = "units"
_CAMERA = "What the camera in a figure's corner saves: SVG is sharp at any size, PNG has 4 dots per pixel."


def units() -> Units:
    """The units chosen in the sidebar."""
    chosen = st.session_state.get(_UNITS)
    return chosen if chosen in UNITS else "usual"


def model_in_use() -> str:
    """The spec of the model that the sidebar has loaded, or will first of all."""
    return st.session_state.get(_MODEL_IN_USE) or default_spec()


def draw() -> None:
    """Draw the sidebar's frame and load the model that it names."""
    with st.sidebar:
        st.session_state.setdefault(_MODEL, st.session_state.get(_MODEL_IN_USE) or default_spec())
        allowed_here = hosting.in_force()
        choice = model_field(
            _MODEL,
            "Model",
            "Those that this server is run for."
            if allowed_here.public
            else "The bundled model and what lies in the local Hugging Face cache need no network. Type any Hugging "
            "Face id (bert-base-uncased), id@revision, or a folder with a checkpoint in safetensors.",
        )
        place = st.container()
        if allowed_here.public:
            st.caption(plain(said(allowed_here)))
        for key, label, allowed, help_ in (
            (_UNITS, "Units", UNITS, "Usual: entropy and surprisal in bits, margins in nats. 1 nat is 1.44 bits."),
            ("figures", "Save figures as", ("SVG", "PNG"), _CAMERA),
        ):
            st.session_state.setdefault(key, allowed[0])
            st.segmented_control(label, allowed, key=key, required=True, persist_state="session", help=help_)
    _use(choice, place)


def put(model: str, units: str) -> None:
    """Choose a model, which is loaded already, and units; what was picked in the text is kept with it."""
    st.session_state[_MODEL] = st.session_state[_RESTORED] = model
    if units in UNITS:
        st.session_state[_UNITS] = units


def said(allowed: Hosting) -> str:
    """What a server of strangers has switched off, and why."""
    fetched = "are fetched within bounds" if allowed.downloads else "are not downloaded"
    rows = "" if allowed.table_rows is None else f", a file {allowed.table_rows:,} rows"
    return (
        "Others use this server, too. So models are chosen from this list, folders can't be named and models "
        f"{fetched}; a text has at most {allowed.text_characters:,} characters{rows}, and very long questions are "
        "refused. Run Pretext yourself for all of it."
    )


def known_models() -> list[str]:
    """Specs to choose from: what needs no network, the default, and the model in use; or what a server is run for."""
    allowed = hosting.in_force().models
    if allowed is not None:
        return list(allowed)
    in_use = st.session_state.get(_MODEL_IN_USE)
    return list(dict.fromkeys([*cache.offline_models(), default_spec(), *([in_use] if in_use else [])]))


def model_field(key: str, label: str, help: str, on_change: Callable[[], None] | None = None) -> str:
    """A field for a model, chosen or, where any may be named, typed."""
    known, typed = known_models(), st.session_state.get(key)
    return st.selectbox(
        label,
        [*known, typed] if typed and typed not in known else known,
        key=key,
        accept_new_options=not hosting.in_force().public,
        persist_state="session",
        on_change=on_change,
        help=help,
    )


def load(spec: str) -> None:
    """Load a model if it has not been, with progress (InputError or ModelError when there is none)."""
    if cache.models().at_hand(spec):
        return
    place = st.empty()
    place.progress(0.0, text=f"Loading the model {plain(spec)} …")

    def show(done: int, total: int) -> None:
        share = done / total if total else 0.0
        place.progress(share, text=f"Downloading {plain(spec)}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")

    try:
        cache.models().get(spec, show)
    finally:
        place.empty()


def _use(choice: str | None, place: DeltaGenerator) -> None:
    """Load the chosen model; when it can't be, say so beside the field and stay with the one in use.

    Whose folder was deleted or damaged meanwhile is left for the bundled one.
    """
    state = st.session_state
    in_use = state.get(_MODEL_IN_USE)
    wanted = choice or in_use or BUNDLED
    failed = state.get(_MODEL_FAILED)
    if failed is None or failed[0] != wanted:
        state.pop(_MODEL_FAILED, None)
        try:
            load(wanted)
        except PretextError as error:
            state[_MODEL_FAILED] = (wanted, str(error))
        else:
            _take(wanted, picked=state.pop(_RESTORED, None) == wanted)
            return
    stays = in_use or BUNDLED
    try:
        load(stays)
    except PretextError:
        stays = BUNDLED
        load(stays)
    _take(stays)
    with place:
        st.error(plain(state[_MODEL_FAILED][1]))
        st.caption(f"{'Still in use' if stays == in_use else 'In use instead'}: {plain(stays)}")
        st.button("Try again", key="model.again", on_click=lambda: state.pop(_MODEL_FAILED, None))


def _take(spec: str, *, picked: bool = False) -> None:
    """Use a loaded model; ``picked`` if what is picked in the texts was picked with it."""
    state = st.session_state
    if not picked and state.get(_MODEL_IN_USE) not in {None, spec}:
        # Another tokenizer may cut the text otherwise: what was picked would be another token or pair.
        for page in PAGES.values():
            for option in page.options:
                if isinstance(option, Pick):
                    state.pop(page.field(option.name), None)
    state[_MODEL_IN_USE] = spec
