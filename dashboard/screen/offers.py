"""Offers to write a text as the model in use reads it: a click puts it into its fields, and nothing else does."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from analysis.texts.text import with_letters_apart, with_masks
from dashboard.about import About
from dashboard.drawing.chart import cut
from dashboard.screen.markup import plain

_SHOWN = 24
"""Code points of a text that is offered."""

Rewrite = Callable[[str], str]


def offer(keys: Sequence[str], about: About, *, gaps: bool = False, on_click: Callable[[], None] | None = None) -> None:
    """What can be offered for the texts in the fields of these keys.

    A run of letters with spaces between them, where the model reads single letters; where the page fills ``gaps``, one
    that is written otherwise as the model's mask token. ``on_click`` is called when a text has been put in.
    """
    mask, letters = about.mask_token, about.letters
    if gaps:
        says = f"This model's mask token is {plain(mask)}; the text has a gap written otherwise."
        _draw(keys, partial(with_masks, mask_token=mask), says, lambda _new: mask, "masks", on_click)
    says = "This model reads single letters, and has no piece for a run of them."
    _draw(keys, partial(with_letters_apart, letters=letters), says, lambda new: cut(new, _SHOWN), "letters", on_click)


def _draw(
    keys: Sequence[str],
    rewrite: Rewrite,
    says: str,
    names: Rewrite,
    kind: str,
    on_click: Callable[[], None] | None,
) -> None:
    state = st.session_state
    new = {key: rewrite(state[key]) for key in keys}
    changed = [key for key in keys if new[key] != state[key]]
    if not changed:
        return

    def put() -> None:
        # Words may have come with the click.
        for key in keys:
            state[key] = rewrite(state[key])
        if on_click is not None:
            on_click()

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(says, width="content")
        label = f"Write {plain(names(new[changed[0]]))}"
        st.button(label, key=f"{keys[0]}.{kind}", type="tertiary", on_click=put)
