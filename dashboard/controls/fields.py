"""What the pages' forms have in common: a field for a text, and examples to fill it with."""

import zlib
from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from analysis.texts.text import with_masks
from dashboard import cache
from dashboard.examples import Example
from dashboard.glossary import CONTROLS
from dashboard.screen.markup import plain

LARGEST_SEED = 1_000_000


def text_area(
    key: str,
    label: str,
    *,
    placeholder: str = "",
    on_change: Callable[[], None] | None = None,
    height: int = 112,
    help: str | None = None,
) -> str:
    """A field for one text; it is read when the person leaves it or presses Ctrl+Enter."""
    return st.text_area(
        label,
        key=key,
        height=height,
        placeholder=placeholder,
        on_change=on_change,
        help=help,
        persist_state="session",
    )


def examples(page: str, choices: Sequence[Example], fill: Callable[[Example], None]) -> None:
    """Buttons that fill a page's fields at one click."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Try:", width="content")
        for number, example in enumerate(choices):
            st.button(example.title, key=f"{page}.example.{number}", type="tertiary", on_click=fill, args=(example,))


def offer_masks(page: str, fields: Sequence[str], model: str) -> None:
    """Where a gap is written in a way that this model's tokenizer does not know, offer to rewrite it."""
    state, mask = st.session_state, cache.mask_token(model)
    keys = [f"{page}.{field}" for field in fields]
    if all(with_masks(state[key], mask) == state[key] for key in keys):
        return

    def rewrite() -> None:
        for key in keys:
            state[key] = with_masks(state[key], mask)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"This model's mask token is {plain(mask)}; the text has a gap written otherwise.", width="content")
        st.button(f"Write {plain(mask)}", key=f"{page}.masks", type="tertiary", on_click=rewrite)


def start(key: str, value: object) -> None:
    """What a widget shows first; not a default of the widget's own, beside which nothing else could set its value."""
    st.session_state.setdefault(key, value)


def put_choice(key: str, value: object, allowed: Iterable[object]) -> None:
    """Set a widget to one of its choices; of anything else nothing is taken."""
    if value in set(allowed):
        st.session_state[key] = value


def put_number(key: str, value: object, least: int, most: int) -> None:
    """Set a widget to a whole number, within its bounds."""
    if isinstance(value, int):
        st.session_state[key] = min(max(int(value), least), most)


def key_of(key: str, *texts: str) -> str:
    """A widget's key that changes with texts: a browser keeps the label of a choice as long as the key stays."""
    return f"{key}.{zlib.crc32(chr(0).join(texts).encode(errors='replace')):08x}"


def controls_and_seed(page: str, *, most: int, default: int) -> tuple[int, int]:
    """How many controls from other texts, and what they are drawn with."""
    start(f"{page}.controls", default)
    start(f"{page}.seed", 0)
    controls = st.number_input(
        "Controls",
        min_value=0,
        max_value=most,
        key=f"{page}.controls",
        persist_state="session",
        help=CONTROLS,
    )
    seed = st.number_input("Seed", min_value=0, max_value=LARGEST_SEED, key=f"{page}.seed", persist_state="session")
    return int(controls), int(seed)
