"""Texts too long for one input of the model: refused with their count, or read in overlapping windows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.choices import MASKINGS
from analysis.limits import MAX_WINDOWED_TOKENS
from analysis.models.store import load_bundle
from analysis.tasks.scores import score
from analysis.tasks.seen import read_hidden, read_maskings, read_seen
from tests.dashboard.app import (
    ENTRYPOINT,
    all_is_well,
    captions,
    choose,
    figure,
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

TEXT = "the cat sat on the mat . " * 20
"""142 tokens with the special ones, for a model of 64."""


@pytest.fixture(scope="module")
def folder(checkpoint_folder: Callable[..., Path]) -> str:
    return str(checkpoint_folder("tiny_bert", limit=64))


@pytest.fixture
def at(folder: str) -> AppTest:
    """A visit with a model of 64 tokens and a text of 142, which has been refused."""
    at = AppTest.from_file(ENTRYPOINT, default_timeout=60)
    at.session_state["model.choice"] = folder
    at.session_state["tokens.text_a"] = "the dog sat on a mat"
    return type_in(at.run(), "tokens.text_a", TEXT)


def in_windows(at: AppTest, on: bool = True) -> AppTest:
    return at.toggle(key="tokens.windows").set_value(on).run()


def offers_windows(at: AppTest) -> bool:
    return any(toggle.key == "tokens.windows" for toggle in at.toggle)


def shows_windows(at: AppTest) -> bool:
    return any(chart.key == "tokens.windows.chart.figure" for chart in at.get("plotly_chart"))


def test_a_text_too_long_is_refused_with_its_count(at: AppTest) -> None:
    assert the_error(at) == (
        "This text has 142 tokens with the special ones; at most 64 are read with this model: "
        "shorten by 78 tokens, or read it in overlapping windows."
    )
    assert words(at)[2] == "dog", "the last good result stays"
    assert at.text_area(key="tokens.text_a").value == TEXT
    assert offers_windows(at)
    assert not shows_windows(at)


def test_windows_are_offered_where_they_are_needed(at: AppTest) -> None:
    type_in(at, "tokens.text_a", "the cat")
    all_is_well(at)
    assert not offers_windows(at)


def test_windows_are_offered_wherever_the_sentence_names_them(at: AppTest) -> None:
    type_in(at, "tokens.text_a", "." * 64)
    assert the_error(at).endswith("or read it in overlapping windows.")
    assert offers_windows(at)


def test_it_is_read_in_windows_when_that_is_wanted(at: AppTest, folder: str) -> None:
    in_windows(at)
    all_is_well(at)
    reading = read_seen(load_bundle(folder), TEXT, in_windows=True)
    assert len(reading.windows) > 2
    assert words(at) == list(reading.encoded.tokens)
    want = np.where(reading.encoded.outside, np.nan, reading.statistics.entropy_bits)
    assert values(at) == pytest.approx(want.tolist(), abs=0.011, nan_ok=True)
    assert f"was read in {len(reading.windows)} overlapping windows" in captions(at)
    assert "NSP margin" not in metrics(at), "no input held the whole text"
    names = [f"window {number}" for number in range(1, len(reading.windows) + 1)]
    assert [bars["y"] for bars in figure(at, "tokens.windows.chart")["data"]] == [names, names]
    assert f"The text in {len(names)} overlapping windows" in [resolved(each.value) for each in at.subheader]


def test_its_hidden_reading_and_its_scores_come_from_the_same_windows(at: AppTest, folder: str) -> None:
    choose(in_windows(at), "tokens.reading", "hidden")
    all_is_well(at)
    model = load_bundle(folder)
    reading = read_hidden(model, TEXT, in_windows=True)
    want = np.where(reading.encoded.outside, np.nan, reading.statistics.entropy_bits)
    assert values(at) == pytest.approx(want.tolist(), abs=0.011, nan_ok=True)
    readings = read_maskings(model, TEXT, maskings=MASKINGS, in_windows=True)
    printed = [float(value.replace("−", "-").replace(",", "")) for value in at.table[0].value["PLL (nats)"]]
    assert printed == pytest.approx([score(each).pll_nats for each in readings], abs=0.05)


def test_a_token_beyond_the_models_limit_can_be_chosen_and_masked(at: AppTest) -> None:
    pick(in_windows(at), 120)
    at.button(key="tokens.mask").click().run()
    all_is_well(at)
    assert strip(at)["chosen"] == 120
    assert [i for i, token in enumerate(strip(at)["tokens"]) if token["edited"]] == [120]
    assert words(at)[120] == "[MASK]"
    assert shows_windows(at)


def test_a_text_that_fits_is_read_whole_although_windows_are_allowed(at: AppTest) -> None:
    type_in(in_windows(at), "tokens.text_a", "the cat sat")
    all_is_well(at)
    assert not shows_windows(at)
    assert "overlapping windows" not in captions(at)
    assert "NSP margin" in metrics(at)
    assert offers_windows(at), "it can be switched off again"


def test_windows_have_a_limit_too(at: AppTest) -> None:
    in_windows(at)
    type_in(at, "tokens.text_a", "the cat sat . " * 1_100)
    assert the_error(at) == (
        f"This text has 4,402 tokens with the special ones; at most {MAX_WINDOWED_TOKENS:,} are read in windows: "
        f"shorten by {4_402 - MAX_WINDOWED_TOKENS} tokens."
    )
    assert len(words(at)) == 142, "the last good result stays"
    assert shows_windows(at)


def test_a_pair_is_never_read_in_windows(folder: str) -> None:
    at = open_app(model=folder)
    at.toggle(key="tokens.pair").set_value(True).run()
    at.text_area(key="tokens.text_a").set_value(TEXT)
    type_in(at, "tokens.text_b", "the dog")
    assert "windows" not in the_error(at)
    assert not offers_windows(at)


@pytest.mark.parametrize("then", ["windows off", "a second segment"])
def test_a_text_read_in_windows_stays_when_they_are_no_longer_allowed(at: AppTest, then: str) -> None:
    good = strip(in_windows(at))["tokens"]
    if then == "windows off":
        in_windows(at, False)
    else:
        at.toggle(key="tokens.pair").set_value(True).run()
    the_error(at)
    assert strip(at)["tokens"] == good
    assert "Below is still the last text that could be read." in captions(at)
