"""Tour: from a step to the page that asks the same of any text, with the notebook's text in its fields."""

from collections.abc import Callable

import streamlit as st

from analysis.passages.notebook import NOTEBOOK_A, NOTEBOOK_B
from analysis.questions import Text
from dashboard.pages import PAGES
from dashboard.screen import cache, navigation
from dashboard.screen.acts import Acts, Shown
from dashboard.view import Value, ViewState


def _way(step: str, page: str, **chosen: Value) -> Callable[[Shown], None]:
    """Draws the button that opens a page with the text of the tour and some of its options."""

    def draw(shown: Shown) -> None:
        if PAGES[page].needs in cache.about(shown.view.model).lacks:
            return
        st.button(
            f"Open on {PAGES[page].title}",
            key=shown.key(f"open.{step}"),
            icon=PAGES[page].icon,
            help="The same text on the page where it can be changed.",
            on_click=_open,
            args=(page, shown.view.model, shown.look.units, chosen),
        )

    return draw


def _open(key: str, model: str, units: Value, chosen: dict[str, Value]) -> None:
    page, mask = PAGES[key], cache.about(model).mask_token
    a, b = (text.replace("[MASK]", mask) for text in (NOTEBOOK_A, NOTEBOOK_B))
    text = Text(a, b) if page.texts.kind == "pair" else Text(f"{a} {b}")
    navigation.bring(page.check(ViewState(key, model, (text,)).with_options(**chosen, units=units)))


ACTS = Acts(
    places={
        "open.tokens": _way("tokens", "tokens"),
        "open.logits": _way("logits", "tokens", reading="seen", position=2),
        "open.one_position": _way("one_position", "tokens", reading="seen", position=2),
        "open.greedy_read_out": _way("greedy_read_out", "tokens", reading="seen"),
        "open.masks": _way("masks", "fill"),
        "open.where_it_forms": _way("where_it_forms", "layers", reading="seen"),
        "open.one_segment": _way("one_segment", "next_sentence"),
        "open.two_segments": _way("two_segments", "next_sentence"),
    }
)
