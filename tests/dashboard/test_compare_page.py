"""The Compare page on screen: three ways in, edits that stay with their side, the pair that is looked at, two models.

What its figures and sentences say is in ``test_compare_charts.py``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis import Text, ask, compare_inputs, load_bundle
from analysis.models.bundle import ModelBundle
from analysis.questions import Compare
from analysis.types import Comparison
from dashboard.pages.compare import CUTS, MODELS, PAGE, TEXTS
from dashboard.pages.compare.words import SEEN_COMPARISON
from dashboard.paper import link
from dashboard.screen import cache
from dashboard.view import ViewState
from tests.dashboard.app import (
    all_is_well,
    button,
    captions,
    choose,
    choose_model,
    errors,
    figure,
    go,
    metrics,
    open_app,
    payload,
    pick,
    read_through,
    reads_of,
    resolved,
    slow_reads,
    the_error,
    try_example,
    type_in,
)
from tests.dashboard.figures import as_lists

pytestmark = pytest.mark.usefixtures("at_once")
A, B = PAGE.examples[0].text_a, str(PAGE.examples[0].text_b)
MODEL_B = "compare.model_b"
CAT, DOG = "The cat sat by the door.", "The dog sat by the door."


@pytest.fixture
def at() -> AppTest:
    return open_app("compare")


def columns(at: AppTest) -> list[str]:
    return [
        f"{'-' if each['a'] is None else each['a']['text']}/{'-' if each['b'] is None else each['b']['text']}"
        for each in payload(at, "compare.strip")["columns"]
    ]


def kinds(at: AppTest) -> list[str]:
    return [each["kind"] for each in payload(at, "compare.strip")["columns"]]


def divergences(at: AppTest) -> list[float]:
    return np.array(as_lists(figure(at, "compare.differences"))["data"][0]["y"], float).tolist()


def assert_one_input(at: AppTest) -> None:
    """Nothing differs, and that is said in words instead of drawn."""
    assert "one and the same input" in " ".join(each.value for each in at.markdown)
    assert not [
        each.key
        for each in at.get("plotly_chart")
        if each.key in {"compare.differences.figure", "compare.movers.figure"}
    ]


def pick_pair(at: AppTest, pair: object) -> AppTest:
    at.session_state["compare.pair"] = pair
    return at.run()


def texts(at: AppTest) -> tuple[str, str]:
    return at.text_area(key="compare.text_a").value, at.text_area(key="compare.text_b").value


def wanted(bundled: ModelBundle, *question: Any) -> list[float]:
    found = ask(bundled, Compare(*question))
    assert isinstance(found, Comparison)
    return found.divergence.js_bits.astype(float).tolist()


# --- two texts ---


def test_two_texts_are_compared_as_they_are_asked(at: AppTest, bundled: ModelBundle) -> None:
    all_is_well(at)
    assert "old/young" in columns(at)
    for reading, masking in (("hidden", "word_l2r"), ("hidden", "token"), ("seen", "token")):
        at.radio(key="compare.masking").set_value(masking)
        choose(at, "compare.reading", reading)
        all_is_well(at)
        assert (SEEN_COMPARISON in captions(at)) == (reading == "seen")
        np.testing.assert_allclose(divergences(at), wanted(bundled, Text(A), Text(B), reading, masking), atol=1e-5)


def test_what_is_only_shown_reads_nothing(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = reads_of(monkeypatch)
    choose(at, "compare.measure", "surprisal")
    at.number_input(key="compare.k").set_value(3).run()
    at.toggle(key="compare.fit").set_value(True).run()
    pick_pair(at, 2)
    choose(at, "units", "nats")
    all_is_well(at)
    drawn = payload(at, "compare.strip")
    assert drawn["legends"][0]["name"].startswith("surprisal")
    assert "≥" not in drawn["legends"][0]["high"]
    assert len(as_lists(figure(at, "compare.mirrored"))["data"][0]["x"]) == 3
    assert reads == []
    choose(at, "compare.reading", "seen")
    assert len(reads) == 1
    choose(at, "compare.reading", "hidden")
    assert len(reads) == 1, "it is kept"


def test_a_becomes_b_and_they_change_places(at: AppTest) -> None:
    button(at, "Swap A and B").click().run()
    assert texts(at) == (B, A)
    assert "young/old" in columns(at)
    button(at, "Edit A into B").click().run()
    all_is_well(at)
    assert texts(at) == (B, B)
    assert set(kinds(at)) == {"match"}
    assert_one_input(at)


def test_what_a_copy_replaced_comes_back_while_b_is_the_copy(at: AppTest) -> None:
    def offered() -> bool:
        return "Bring B back" in [each.label for each in at.button]

    button(at, "Edit A into B").click().run()
    assert offered()
    type_in(at, "compare.text_b", CAT)
    assert not offered(), "what was typed since is not to be lost either"
    type_in(at, "compare.text_b", A)
    button(at, "Edit A into B").click().run()
    button(at, "Bring B back").click().run()
    all_is_well(at)
    assert texts(at) == (A, B)
    assert not offered()


def test_second_segments_need_not_be_alike(at: AppTest, bundled: ModelBundle) -> None:
    at.toggle(key="compare.segments").set_value(True).run()
    type_in(at, "compare.text_a", "The cat sat. It slept.")
    type_in(at, "compare.text_b", "The cat sat.")
    type_in(at, "compare.pair_b", "It slept.")
    all_is_well(at)
    assert columns(at).count("-/[SEP]") == 1
    expected = wanted(bundled, Text("The cat sat. It slept."), Text("The cat sat.", "It slept."))
    np.testing.assert_allclose(divergences(at), expected, atol=1e-5)
    button(at, "Swap A and B").click().run()
    assert columns(at).count("[SEP]/-") == 1
    at.toggle(key="compare.segments").set_value(False).run()
    all_is_well(at)
    assert "[SEP]/-" not in columns(at)


# --- the pair ---


def test_a_picked_pair_is_kept_until_it_would_mean_another(at: AppTest) -> None:
    def assert_kept() -> None:
        assert payload(at, "compare.strip")["chosen"] == 4

    def assert_forgotten() -> None:
        assert payload(at, "compare.strip")["chosen"] != 4
        all_is_well(pick_pair(at, 4))

    assert_forgotten()
    assert_kept()
    choose(choose(at, "compare.reading", "seen"), "compare.measure", "rank")
    go(go(at, "tokens"), "compare")
    assert_kept()
    type_in(at, "compare.text_a", CAT)
    assert_forgotten()
    type_in(at, "compare.text_b", DOG)
    assert_forgotten()
    at.toggle(key="compare.segments").set_value(True).run()
    assert_forgotten()
    type_in(at, "compare.pair_a", "It slept.")
    assert_forgotten()
    for label in ("Swap A and B", "Edit A into B"):
        button(at, label).click().run()
        assert_forgotten()
    try_example(at, "compare", 1)
    assert_forgotten()
    choose(at, "compare.mode", CUTS)
    assert_forgotten()
    at.select_slider(key="compare.cut_a").set_value(at.select_slider(key="compare.cut_b").value).run()
    assert_forgotten()
    type_in(at, "compare.text", CAT)
    assert_forgotten()
    choose(at, "compare.mode", TEXTS)
    for odd in ("x", 99, -1, 2.5):
        pick_pair(at, odd)
        all_is_well(at)


# --- edits ---


def test_an_edit_made_on_tokens_opens_beside_its_original(checkpoint_folder: Callable[..., Path]) -> None:
    at = open_app()
    at.toggle(key="tokens.pair").set_value(True).run()
    type_in(at, "tokens.text_a", CAT)
    type_in(at, "tokens.text_b", "It slept.")
    pick(at, 2)
    at.button(key="tokens.mask").click().run()
    at.button(key="tokens.compare").click().run()
    all_is_well(at)
    said = "Edited after tokenising: [MASK] at position 2."
    assert at.title[0].value == PAGE.asks
    assert kinds(at).count("substitution") == 1
    assert columns(at)[2] == "cat/[MASK]"
    assert captions(at).count(said) == 1
    assert at.text_area(key="compare.pair_b").value == "It slept."

    button(at, "Swap A and B").click().run()
    assert columns(at)[2] == "[MASK]/cat"
    button(at, "Edit A into B").click().run()
    assert columns(at)[2] == "[MASK]/[MASK]"
    assert captions(at).count(said) == 2, "a copy has the edits too"
    button(at, "Bring B back").click().run()
    button(at, "Swap A and B").click().run()
    assert columns(at)[2] == "cat/[MASK]"

    type_in(at, "compare.text_b", DOG)
    assert said not in captions(at)
    assert columns(at)[2] == "cat/dog"
    type_in(at, "compare.text_b", CAT)
    assert said in captions(at), "the edits come back with their text"
    type_in(at, "compare.pair_b", "")
    assert said not in captions(at), "their positions are those of the pair"
    type_in(at, "compare.pair_b", "It slept.")
    choose_model(at, str(checkpoint_folder("tiny_bert")))
    all_is_well(at)
    assert said not in captions(at), "their ids are those of one vocabulary"
    choose_model(at, "bundled")
    assert columns(at)[2] == "cat/[MASK]"

    button(at, "Take the edits back").click().run()
    all_is_well(at)
    assert set(kinds(at)) == {"match"}
    assert said not in captions(at)


# --- two segmentations ---


def test_two_segmentations_of_one_text(at: AppTest, bundled: ModelBundle) -> None:
    choose(at, "compare.mode", CUTS)
    type_in(at, "compare.text", "It rained. We stayed in. Nobody came.")
    all_is_well(at)
    cut_a, cut_b = (at.select_slider(key=f"compare.cut_{name}") for name in "ab")
    assert (cut_a.value, cut_b.value) == (0, len("It rained. "))
    assert columns(at).count("-/[SEP]") == 1
    assert kinds(at).count("match") == len(columns(at)) - 1
    whole, cut = Text("It rained. We stayed in. Nobody came."), Text("It rained.", "We stayed in. Nobody came.")
    np.testing.assert_allclose(divergences(at), wanted(bundled, whole, cut), atol=1e-5)
    at.select_slider(key="compare.cut_a").set_value(len("It rained. We stayed in. ")).run()
    assert sorted(each for each in columns(at) if "-" in each) == ["-/[SEP]", "[SEP]/-"]
    at.select_slider(key="compare.cut_a").set_value(len("It rained. ")).run()
    assert set(kinds(at)) == {"match"}
    assert_one_input(at)
    type_in(at, "compare.text", "Who is there? It is me.")
    assert at.select_slider(key="compare.cut_a").value == 0
    assert at.select_slider(key="compare.cut_b").value == len("Who is there? "), "another text has its own"


def test_a_text_that_can_t_be_cut_is_whole_on_both_sides(at: AppTest) -> None:
    choose(at, "compare.mode", CUTS)
    type_in(at, "compare.text", "Word")
    all_is_well(at)
    assert "both sides are the whole text" in captions(at)
    assert set(kinds(at)) == {"match"}
    for text in ("", "x" * 100_001):
        type_in(at, "compare.text", text)
        assert the_error(at).startswith("Input A")
        assert at.text_area(key="compare.text").value == text
        assert set(kinds(at)) == {"match"}


# --- two models ---


def test_two_models(at: AppTest, checkpoint_folder: Callable[..., Path], bundled: ModelBundle) -> None:
    choose(at, "compare.mode", MODELS)
    type_in(at, "compare.text", CAT)
    all_is_well(at)
    assert "read by the same model" in captions(at)
    assert_one_input(at)

    other = str(checkpoint_folder("tiny_roberta"))
    choose_model(at, other, MODEL_B)
    all_is_well(at)
    assert "read by the same model" not in captions(at)
    assert "different vocabularies" in at.info[0].value
    by_word = compare_inputs(bundled, Text(CAT), Text(CAT), other=load_bundle(other))
    for name, bits in zip("AB", by_word.bits_per_character, strict=True):
        assert resolved(metrics(at)[f"Bits per character, {name}"]) == f"{bits:.3f} bits"

    before = metrics(at)
    choose_model(at, "no/such-model", MODEL_B)
    assert "no/such-model" in the_error(at)
    assert metrics(at) == before, "the last comparison that could be made stays"
    assert "still the last text" in captions(at)


def test_two_models_read_a_second_segment(checkpoint_folder: Callable[..., Path]) -> None:
    one, two = (str(checkpoint_folder("tiny_bert", seed=seed)) for seed in (0, 1))
    at = open_app("compare", model=one)
    at.toggle(key="compare.segments").set_value(True).run()
    type_in(at, "compare.text_a", "the cat sat .")
    type_in(at, "compare.pair_a", "the dog sat .")
    choose(at, "compare.mode", MODELS)
    choose_model(at, two, MODEL_B)
    all_is_well(at)
    both = Text("the cat sat .", "the dog sat .")
    assert at.session_state["compare.shown"].texts == (both, both), "A's two segments went along"
    found = compare_inputs(load_bundle(one), both, both, other=load_bundle(two))
    assert isinstance(found, Comparison)
    np.testing.assert_allclose(divergences(at), found.divergence.js_bits, atol=1e-5)
    type_in(at, "compare.second", "")
    assert at.session_state["compare.shown"].texts == (Text("the cat sat ."),) * 2, "left empty it is a lone text"
    at.toggle(key="compare.segments").set_value(False).run()
    all_is_well(at)

    there = open_app("compare", model=one)
    view = PAGE.check(ViewState("compare", one, (both, both)).with_options(mode=MODELS, text=both.text_a, model_b=two))
    there.query_params[link.PARAMETER] = link.link("", view, [PAGE.key]).partition("=")[2]
    there.run()
    all_is_well(there)
    assert there.text_area(key="compare.second").value == both.text_b
    assert there.session_state["compare.shown"].texts == view.texts


def test_two_models_of_one_vocabulary_are_compared_by_token(checkpoint_folder: Callable[..., Path]) -> None:
    one, two = (str(checkpoint_folder("tiny_bert", seed=seed)) for seed in (0, 1))
    at = open_app("compare", model=one)
    choose(at, "compare.mode", MODELS)
    type_in(at, "compare.text", "the cats sat on the mat .")
    choose_model(at, two, MODEL_B)
    all_is_well(at)
    side = Text("the cats sat on the mat .")
    found = compare_inputs(load_bundle(one), side, side, other=load_bundle(two))
    assert isinstance(found, Comparison)
    assert set(kinds(at)) == {"match"}
    np.testing.assert_allclose(divergences(at), found.divergence.js_bits, atol=1e-5)
    assert max(divergences(at)) > 0
    choose(at, "compare.mode", TEXTS)
    assert PAGE.models(at.session_state["compare.shown"]) == (one,), "a way in that is not chosen asks no model"


# --- the ways in ---


def test_the_text_goes_along_to_another_way_in(at: AppTest) -> None:
    type_in(at, "compare.text_a", "Nobody came. It was late.")
    choose(at, "compare.mode", CUTS)
    assert at.text_area(key="compare.text").value == "Nobody came. It was late."
    type_in(at, "compare.text", "It slept. It woke.")
    choose(at, "compare.mode", MODELS)
    assert at.text_area(key="compare.text").value == "It slept. It woke.", "what was typed there stays"
    try_example(at, "compare.one", 2)
    assert at.text_area(key="compare.text").value == f"{PAGE.examples[2].text_a} {PAGE.examples[2].text_b}"
    choose(at, "compare.mode", TEXTS)
    assert texts(at) == ("Nobody came. It was late.", B)
    view = PAGE.check(ViewState("compare", "bundled", (Text(CAT, "It slept."), Text(DOG))))
    at.query_params[link.PARAMETER] = link.link("", view, [PAGE.key]).partition("=")[2]
    at.run()
    assert texts(at) == (CAT, DOG)
    choose(at, "compare.mode", CUTS)
    assert at.text_area(key="compare.text").value == f"{CAT} It slept.", "a view that is opened has no other text"


def test_the_view_holds_nothing_of_ways_in_that_are_not_chosen(at: AppTest) -> None:
    def view() -> ViewState:
        return at.session_state["compare.shown"]

    def held() -> tuple[Any, ...]:
        return tuple(view().option(name) for name in ("mode", "text", "cut_a", "cut_b", "model_b"))

    choose(at, "compare.mode", CUTS)
    type_in(at, "compare.text", CAT)
    assert held() == (CUTS, CAT, 0, CAT.index("by"), "")
    choose(at, "compare.mode", MODELS)
    assert held() == (MODELS, CAT, None, None, "bundled")
    choose(at, "compare.mode", TEXTS)
    assert held() == (TEXTS, "", None, None, "")
    assert view().texts == (Text(A), Text(B))
    choose(at, "compare.mode", CUTS)
    assert held() == (CUTS, CAT, 0, CAT.index("by"), ""), "in the fields it stays"


# --- bad input, long work ---


def test_bad_input_is_told_of_its_side(at: AppTest) -> None:
    before = columns(at)
    for field, text, said in (
        ("text_a", "[SEP]", "Input A: The text holds only special tokens"),
        ("text_a", A, None),
        ("text_b", "cat " * 600, "Input B: This text has 602 tokens"),
    ):
        type_in(at, f"compare.{field}", text)
        assert columns(at) == before
        assert [error.startswith(str(said)) for error in errors(at)] == [True] * (said is not None)


def test_the_reading_may_change_while_a_text_can_t_be_read(at: AppTest) -> None:
    hidden = divergences(at)
    type_in(at, "compare.text_a", " ")
    choose(at, "compare.reading", "seen")
    the_error(at)
    assert divergences(at) == hidden, "below stands what was asked of the last text"
    type_in(at, "compare.text_a", A)
    all_is_well(at)
    assert divergences(at) != hidden
    type_in(at, "compare.text_a", " ")
    choose(at, "compare.reading", "hidden")
    the_error(at)
    type_in(at, "compare.text_a", A)
    assert divergences(at) == hidden


def test_a_long_comparison_stops_and_keeps(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "tokens_at_once", lambda models: 1)
    slow_reads(monkeypatch, seconds=2.0)
    reads = reads_of(monkeypatch)
    type_in(at, "compare.text_a", CAT)
    all_is_well(at)
    parts = at.session_state["compare.work"].chunks["compare"]
    at.button(key="compare.work.go").click().run()
    at.button(key="compare.work.stop").click().run()
    all_is_well(at)
    stopped = len(reads)
    assert 1 < stopped < parts
    assert any(np.isnan(divergences(at)))
    assert "compare.json.compare" not in [each.key for each in at.get("download_button")]
    at.button(key="compare.work.go").click().run()
    read_through(at, "compare")
    assert len(reads) == parts, "each once"
    assert "compare.json.compare" in [each.key for each in at.get("download_button")]
