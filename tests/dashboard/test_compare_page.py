"""Compare: the page with its three ways in, edits, pairs and bad input."""

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.models.bundle import ModelBundle
from analysis.tasks.compare import Given, compare_inputs
from analysis.types import Comparison
from dashboard import cache, examples
from dashboard.controls.compare import CUTS, MODELS
from dashboard.state import CompareQuestion, ViewState, edits_of, edits_text
from tests.dashboard.app import (
    all_is_well,
    button,
    captions,
    choose,
    figure,
    metrics,
    open_app,
    payload,
    pick,
    the_error,
    type_in,
)
from tests.dashboard.figures import as_lists


def opened() -> AppTest:
    at = open_app("compare")
    return read_through(at)


def read_through(at: AppTest) -> AppTest:
    while any(each.key == "compare.work.stop" for each in at.button):
        at.run()
    all_is_well(at)
    return at


def columns(at: AppTest) -> list[str]:
    return [
        f"{'-' if each['a'] is None else each['a']['text']}/{'-' if each['b'] is None else each['b']['text']}"
        for each in payload(at, "compare.strip")["columns"]
    ]


def test_the_example_is_compared_hidden(bundled: ModelBundle) -> None:
    at = opened()
    example = examples.COMPARE[0]
    wanted = compare_inputs(bundled, Given(example.text_a), Given(example.text_b or ""))
    assert isinstance(wanted, Comparison)
    bars = as_lists(figure(at, "compare.along"))["data"][0]["y"]
    np.testing.assert_allclose(np.array(bars, float), wanted.divergence.js_bits, rtol=0, atol=1e-5)
    assert "old/young" in columns(at)
    assert "sees its own word" not in captions(at)
    assert "NSP margin of B" in metrics(at)


def test_the_seen_reading_says_what_it_is() -> None:
    at = choose(opened(), "compare.reading", "seen")
    all_is_well(at)
    assert "each side sees its own word" in captions(at)


def test_a_pair_is_picked_and_kept_until_the_texts_change() -> None:
    at = opened()
    at.session_state["compare.pair"] = 4
    at.run()
    assert payload(at, "compare.strip")["chosen"] == 4
    type_in(at, "compare.text_b", "The cat sat.")
    read_through(at)
    assert "compare.pair" not in at.session_state
    for odd in ("x", 99, -1, 2.5):
        at.session_state["compare.pair"] = odd
        at.run()
        all_is_well(at)


def test_a_becomes_b_and_they_change_places() -> None:
    at = opened()
    button(at, "Swap A and B").click().run()
    assert at.text_area(key="compare.text_a").value == examples.COMPARE[0].text_b
    button(at, "Edit A into B").click().run()
    read_through(at)
    assert at.text_area(key="compare.text_b").value == examples.COMPARE[0].text_b
    assert {column["kind"] for column in payload(at, "compare.strip")["columns"]} == {"match"}
    assert all(each["js"] == "0.00" for each in payload(at, "compare.strip")["columns"])


def test_what_a_copy_replaced_comes_back() -> None:
    at = opened()
    kept = at.text_area(key="compare.text_b").value
    button(at, "Edit A into B").click().run()
    button(at, "Bring B back").click().run()
    read_through(at)
    assert at.text_area(key="compare.text_b").value == kept
    assert not [each for each in at.button if each.label == "Bring B back"]


def test_the_text_goes_along_to_another_way_in() -> None:
    at = opened()
    type_in(at, "compare.text_a", "Nobody came. It was late.")
    choose(at, "compare.mode", CUTS)
    assert at.text_area(key="compare.text").value == "Nobody came. It was late."
    type_in(at, "compare.text", "It slept. It woke.")
    choose(at, "compare.mode", MODELS)
    assert at.text_area(key="compare.text").value == "It slept. It woke.", "what was typed there stays"


def test_a_lone_replaced_token_that_is_hidden_is_explained() -> None:
    at = opened()
    type_in(at, "compare.text_a", "The old man sat.")
    type_in(at, "compare.text_b", "The old dog sat.")
    read_through(at)
    assert "both sides are the same input" in captions(at)
    assert "single segment is outside" in captions(at)


def test_second_segments_need_not_be_alike() -> None:
    at = opened()
    at.toggle(key="compare.segments").set_value(True).run()
    type_in(at, "compare.text_a", "The cat sat. It slept.")
    type_in(at, "compare.text_b", "The cat sat.")
    type_in(at, "compare.pair_b", "It slept.")
    read_through(at)
    assert columns(at).count("-/[SEP]") == 1


def test_two_segmentations_of_one_text() -> None:
    at = opened()
    choose(at, "compare.mode", CUTS)
    read_through(at)
    assert columns(at).count("-/[SEP]") == 1
    assert [each["kind"] for each in payload(at, "compare.strip")["columns"]].count("match") == len(columns(at)) - 1
    at.select_slider(key="compare.cut_a").set_value(at.select_slider(key="compare.cut_b").value).run()
    read_through(at)
    assert not [each for each in columns(at) if each.startswith("-")]


def test_two_models_whose_words_are_compared(checkpoint_folder: Any) -> None:
    at = opened()
    choose(at, "compare.mode", MODELS)
    read_through(at)
    assert all(each["js"] == "0.00" for each in payload(at, "compare.strip")["columns"]), "the same model twice"
    field = at.selectbox(key="compare.model_b")
    other = str(checkpoint_folder("tiny_roberta"))
    field.options.append(other)
    field.set_value(other).run()
    read_through(at)
    assert "different vocabularies" in at.info[0].value
    assert "Bits per character, A" in metrics(at)
    field = at.selectbox(key="compare.model_b")
    field.options.append("no/such-model")
    field.set_value("no/such-model").run()
    assert the_error(at)


def test_an_edit_made_on_tokens_opens_beside_its_original() -> None:
    at = open_app()
    pick(at, 3)
    at.button(key="tokens.mask").click().run()
    at.button(key="tokens.compare").click().run()
    read_through(at)
    assert at.title[0].value == "What changes between A and B?"
    drawn = payload(at, "compare.strip")["columns"]
    assert [each["kind"] for each in drawn].count("substitution") == 1
    assert drawn[3]["b"]["text"] == "[MASK]"
    assert "Edited after tokenising: [MASK] at position 3." in captions(at)
    kept = at.text_area(key="compare.text_b").value
    type_in(at, "compare.text_b", "Another text.")
    assert "Edited after tokenising" not in captions(at)
    type_in(at, "compare.text_b", kept)
    assert "Edited after tokenising" in captions(at), "the edits come back with their text"
    button(at, "Take the edits back").click().run()
    read_through(at)
    assert {each["kind"] for each in payload(at, "compare.strip")["columns"]} == {"match"}


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("text_a", "", "Input A: The text is empty"),
        ("text_b", " ", "Input B: The text is only white space"),
        ("text_a", "[SEP]", "Input A: The text holds only special tokens"),
        ("text_b", "cat " * 600, "Input B: This text has 602 tokens"),
        ("text_b", "x" * 100_001, "Input B: The text has 100,001 characters"),
    ],
)
def test_bad_input_is_one_sentence_and_loses_nothing(field: str, text: str, said: str) -> None:
    at = opened()
    before = columns(at)
    type_in(at, f"compare.{field}", text)
    assert the_error(at).startswith(said)
    assert at.text_area(key=f"compare.{field}").value == text
    assert columns(at) == before, "the last comparison that could be made stays"
    assert "Below is still the last text" in captions(at)


@pytest.mark.parametrize("text", ["", "word", "x" * 100_001])
def test_a_text_that_can_t_be_cut_is_no_error_of_its_own(text: str) -> None:
    at = opened()
    choose(at, "compare.mode", CUTS)
    type_in(at, "compare.text", text)
    assert not at.exception
    if text == "word":
        read_through(at)
    else:
        assert the_error(at).startswith("Input A")


def test_edits_as_an_option() -> None:
    edits = ((3, 12), (9, 2602))
    assert edits_of(edits_text(edits)) == edits
    assert edits_of("") == ()
    for damaged in ("3", "3=x", "-1=2", "3=1234567890"):
        with pytest.raises(Exception, match="damaged"):
            edits_of(damaged)


def test_the_view_survives_json() -> None:
    at = opened()
    view: ViewState = at.session_state["compare.shown"]
    assert ViewState.from_json(view.to_json()) == view
    assert json.loads(view.to_json())["options"]["reading"] == "hidden"


def test_two_slow_models_show_a_seen_reading_when_all_of_it_is_there(
    monkeypatch: pytest.MonkeyPatch, bundled: ModelBundle
) -> None:
    side = Given("The cat sat on the mat.")
    asked = CompareQuestion(side, side, "bundled", "seen", "word_l2r")
    monkeypatch.setattr("analysis.tasks.compare.ComparePlan.chunks", lambda *_: ((0, 4), (4, 9)))
    assert cache.side_by_side("bundled", asked, 1) is None
    whole = cache.side_by_side("bundled", asked, 2)
    assert isinstance(whole, Comparison)
    assert np.isfinite(whole.delta_entropy_bits).all()


@pytest.mark.parametrize(("before", "after"), [("hidden", "seen"), ("seen", "hidden")])
def test_the_reading_may_change_while_a_text_can_t_be_read(before: str, after: str) -> None:
    at = opened()
    choose(at, "compare.reading", before)
    read_through(at)
    type_in(at, "compare.text_a", " ")
    choose(at, "compare.reading", after)
    assert not at.exception
    assert the_error(at)
    type_in(at, "compare.text_a", "The cat sat.")
    read_through(at)


def test_a_side_that_can_t_be_cut_and_a_lone_model_are_told() -> None:
    at = opened()
    choose(at, "compare.mode", CUTS)
    type_in(at, "compare.text", "Word")
    read_through(at)
    assert "both sides are the whole text" in captions(at)
    choose(at, "compare.mode", MODELS)
    read_through(at)
    assert "read by the same model" in captions(at)
