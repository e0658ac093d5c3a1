"""Texts too long for one input of the model: refused with their count, or read in overlapping windows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.limits import MAX_WINDOWED_TOKENS
from analysis.models.store import load_bundle
from analysis.tasks.readings import read_hidden, read_seen
from analysis.tasks.scores import read_maskings, score
from analysis.types import HiddenReading, SeenReading
from dashboard.pages.tokens.asking import PUBLISHED
from tests.dashboard.app import (
    all_is_well,
    captions,
    choose,
    metrics,
    open_app,
    pick,
    resolved,
    strip,
    the_error,
    type_in,
    values,
    words,
)

pytestmark = pytest.mark.usefixtures("at_once")
TEXT, SHORT = "the cat sat on the mat . " * 20, "the dog sat on a mat"
"""142 tokens with the special ones, for a model of 64, and 8."""
STILL = "Below is still the last text that could be read."


@pytest.fixture
def folder(checkpoint_folder: Callable[..., Path]) -> str:
    return str(checkpoint_folder("tiny_bert", limit=64))


@pytest.fixture
def at(folder: str) -> AppTest:
    """A visit with a model of 64 tokens and a short text, then one of 142, which has been refused."""
    at = open_app(model=folder)
    return type_in(type_in(at, "tokens.text_a", SHORT), "tokens.text_a", TEXT)


def in_windows(at: AppTest, on: bool = True) -> AppTest:
    return at.toggle(key="tokens.windows").set_value(on).run()


def offers_windows(at: AppTest) -> bool:
    return any(each.key == "tokens.windows" for each in at.toggle)


def windows_shown(at: AppTest) -> list[str]:
    """The heading over the figure of windows, if it is there."""
    said = [resolved(each.value) for each in at.subheader]
    shown = any(each.key == "tokens.windows.figure" for each in at.get("plotly_chart"))
    found = [each for each in said if each.endswith("overlapping windows")]
    assert shown == bool(found)
    return found


def test_a_text_too_long_is_refused_and_windows_are_offered_where_they_help(at: AppTest) -> None:
    assert the_error(at) == (
        "This text has 142 tokens with the special ones; at most 64 are read with this model: "
        "shorten by 78 tokens, or read it in overlapping windows."
    )
    assert (at.text_area(key="tokens.text_a").value, words(at)[2]) == (TEXT, "dog")
    assert offers_windows(at)
    assert not windows_shown(at)
    type_in(at, "tokens.text_a", "the cat")
    all_is_well(at)
    assert not offers_windows(at)
    type_in(at, "tokens.text_a", "." * 64)
    assert the_error(at).endswith("or read it in overlapping windows.")
    assert offers_windows(at), "wherever the sentence names them"
    at.toggle(key="tokens.pair").set_value(True).run()
    at.text_area(key="tokens.text_a").set_value(TEXT)
    type_in(at, "tokens.text_b", "the dog")
    assert "windows" not in the_error(at)
    assert not offers_windows(at), "a pair is never read in them"


def test_a_long_text_is_read_in_windows_as_it_is_asked(at: AppTest, folder: str) -> None:
    def assert_reads(reading: SeenReading | HiddenReading) -> None:
        all_is_well(at)
        blank = reading.encoded.outside & ~reading.encoded.masked
        want = np.where(blank, np.nan, reading.statistics.entropy_bits)
        assert values(at) == pytest.approx(want.tolist(), abs=0.011, nan_ok=True)

    model = load_bundle(folder)
    seen = read_seen(model, TEXT, in_windows=True)
    choose(in_windows(at), "tokens.reading", "seen")
    assert_reads(seen)
    assert windows_shown(at) == [f"The text in {len(seen.windows)} overlapping windows"]
    assert f"was read in {len(seen.windows)} overlapping windows" in captions(at)
    assert "NSP margin" not in metrics(at), "no input held the whole text"
    choose(at, "tokens.reading", "hidden")
    assert_reads(read_hidden(model, TEXT, in_windows=True))
    printed = [float(each.replace("−", "-").replace(",", "")) for each in at.table[0].value["PLL (nats)"]]
    scores = [score(each).pll_nats for each in read_maskings(model, TEXT, maskings=PUBLISHED, in_windows=True)]
    assert printed == pytest.approx(scores, abs=0.05)
    pick(at, 120)
    at.button(key="tokens.mask").click().run()
    assert_reads(read_hidden(model, TEXT, in_windows=True, edits=[(120, model.mask_id)]))
    assert (strip(at)["chosen"], words(at)[120]) == (120, "[MASK]")


def test_windows_that_are_allowed_no_longer_leave_what_was_read(at: AppTest) -> None:
    good = strip(in_windows(at))["tokens"]
    type_in(at, "tokens.text_a", "the cat sat . " * 1_100)
    assert the_error(at) == (
        f"This text has 4,402 tokens with the special ones; at most {MAX_WINDOWED_TOKENS:,} are read in parts: "
        f"shorten by {4_402 - MAX_WINDOWED_TOKENS} tokens."
    )
    type_in(at, "tokens.text_a", TEXT)
    for key in ("tokens.windows", "tokens.pair"):
        at.toggle(key=key).set_value(key == "tokens.pair").run()
        the_error(at)
        assert (strip(at)["tokens"], len(windows_shown(at))) == (good, 1)
        assert STILL in captions(at)
        at.toggle(key=key).set_value(key != "tokens.pair").run()
        all_is_well(at)
    type_in(at, "tokens.text_a", SHORT)
    all_is_well(at)
    assert not windows_shown(at), "a text that fits is read whole"
    assert "NSP margin" in metrics(at)
    assert offers_windows(at), "and they can be switched off"
