"""Attention: a click on a head shows it, and all weights of one can be saved."""

import re
from typing import Any

import streamlit as st

from analysis.types import AttentionWeights
from dashboard.pages.attention import asked
from dashboard.pages.attention.figures import every_weight
from dashboard.screen.acts import Acts, Shown
from dashboard.screen.saved import csv_and_parquet

_PAGE = "attention"


def _show(mark: Any) -> None:
    """Show the head of a cell; one that there is not is none when the page has been read."""
    clicked = re.fullmatch(r"([0-9]{1,3})\.([0-9]{1,3})", mark) if isinstance(mark, str) else None
    if clicked is not None:
        for name, value in zip(("layer", "head"), clicked.groups(), strict=True):
            st.session_state[f"{_PAGE}.{name}"] = int(value)


def _weights(shown: Shown) -> None:
    """Every query and key of the head that is shown, as a table."""
    raw: AttentionWeights = shown.results.readable["attention"]
    found = asked.shown(shown.view, raw)
    st.caption(f"All {len(found.encoded) ** 2:,} weights of {asked.named(found).lower()}, one row per query and key.")
    head = "average" if found.head is None else found.head
    csv_and_parquet(
        lambda: every_weight(found, found.shown),
        found.provenance,
        f"attention-layer-{found.layer}-head-{head}",
        key=f"{_PAGE}.weights",
    )


ACTS = Acts(places={"weights": _weights}, clicks={"show": _show})
