"""Splits and Pairs on the screen: their chunks, boundaries by hand and ways on."""

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from analysis.models.bundle import ModelBundle
from analysis.tasks.pairs import pair_matrix
from analysis.tasks.splits import sweep_splits
from dashboard import cache, examples
from tests.dashboard.app import (
    all_is_well,
    button,
    captions,
    choose,
    figure,
    metrics,
    open_app,
    the_error,
    type_in,
)
from tests.dashboard.figures import as_lists

# --- the page Splits ---


@pytest.fixture
def at() -> AppTest:
    return open_app("splits")


def cuts(at: AppTest) -> list[float]:
    found = as_lists(figure(at, "splits.curve"))["data"]
    return next(trace["y"] for trace in found if "customdata" in trace)


def test_an_example_is_swept_at_the_start(at: AppTest, bundled: ModelBundle) -> None:
    all_is_well(at)
    sweep = sweep_splits(bundled, examples.STORY)
    assert cuts(at) == pytest.approx(sweep.margin_nats.tolist(), abs=1e-4)
    assert metrics(at)["Boundaries"] == "5"
    assert "31 passes of the model over" in captions(at)


def test_words_controls_and_seed(at: AppTest, bundled: ModelBundle) -> None:
    choose(at, "splits.unit", "word")
    at.number_input(key="splits.controls").set_value(2).run()
    at.number_input(key="splits.seed").set_value(7).run()
    all_is_well(at)
    while any(each.key == "splits.work.stop" for each in at.button):
        at.run()
    sweep = sweep_splits(bundled, examples.STORY, unit="word", controls=2, seed=7)
    assert cuts(at) == pytest.approx(sweep.margin_nats.tolist(), abs=1e-4)
    ranks = ", ".join(f"{margin} ({contrast})" for _, margin, contrast in sweep.sentence_ranks)
    assert ranks in captions(at)
    at.number_input(key="splits.controls").set_value(0).run()
    choose(at, "splits.context", "adjacent")
    all_is_well(at)
    assert "Mean contrast" not in metrics(at)


def test_boundaries_by_hand(at: AppTest, bundled: ModelBundle) -> None:
    story = examples.STORY
    found = [boundary.at for boundary in sweep_splits(bundled, story, controls=0).boundaries]
    at.button(key="splits.away.1").click().run()
    kept = [found[0], *found[2:]]
    assert cuts(at) == pytest.approx(sweep_splits(bundled, story, sentence_starts=kept).margin_nats.tolist(), abs=1e-4)
    at.button(key="splits.on.0").click().run()
    moved = [story.index(" ", kept[0]) + 1, *kept[1:]]
    assert cuts(at) == pytest.approx(sweep_splits(bundled, story, sentence_starts=moved).margin_nats.tolist(), abs=1e-4)
    at.selectbox(key="splits.add").set_value(found[1]).run()
    added = sorted([*moved, found[1]])
    assert cuts(at) == pytest.approx(sweep_splits(bundled, story, sentence_starts=added).margin_nats.tolist(), abs=1e-4)
    button(at, "As found").click().run()
    assert len(cuts(at)) == len(found)
    at.button(key="splits.away.0").click().run()
    type_in(at, "splits.text", "One sentence. Another one. A third.")
    all_is_well(at)
    assert len(cuts(at)) == 2, "of another text its own are found"


def test_what_can_t_be_swept_is_said_once(at: AppTest) -> None:
    before = cuts(at)
    type_in(at, "splits.text", "Only one sentence here.")
    assert "no boundary to cut it at" in the_error(at)
    assert cuts(at) == before
    for number in range(5):
        assert not at.exception, number
    type_in(at, "splits.text", " ")
    assert the_error(at)
    assert at.text_area(key="splits.text").value == " "


def test_a_text_too_long_to_be_cut_whole_is_told_of_adjacent_sentences(at: AppTest) -> None:
    type_in(at, "splits.text", "The cat sat on the mat by the door. " * 60)
    assert the_error(at).endswith("shorten it, or compare adjacent sentences.")
    assert "It begins: The cat sat by the stove" in captions(at)
    choose(at, "splits.context", "adjacent")
    all_is_well(at)


def test_a_boundary_is_opened_on_the_next_sentence_page(at: AppTest) -> None:
    choice(at, "Take a boundary apart").set_value(2).run()
    at.button(key="splits.open").click().run()
    assert not at.exception
    assert at.title[0].value == "Does the head think B follows A, and what made it think so?"
    assert at.text_area(key="nsp.text").value == examples.STORY
    cut = at.session_state["nsp.cut"]
    assert examples.STORY[cut:].startswith("The old woman")


def test_a_click_in_the_figure_opens_it_too(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    at.session_state["splits.clicked"] = 1
    at.run()
    assert examples.STORY[at.session_state["nsp.cut"] :].startswith("At noon")
    for odd in ("x", 99, -1, None):
        again = open_app("splits")
        again.session_state["splits.clicked"] = odd
        again.run()
        all_is_well(again)
        assert "boundaries" in again.title[0].value


# --- the page Pairs ---


def test_an_example_is_paired_at_the_start(bundled: ModelBundle) -> None:
    at = open_app("pairs")
    while any(each.key == "pairs.work.stop" for each in at.button):
        at.run()
    all_is_well(at)
    lines = examples.SENTENCES[0].text_a.splitlines()
    matrix = pair_matrix(bundled, lines)
    heat = as_lists(figure(at, "pairs.matrix"))["data"][0]["z"]
    np.testing.assert_allclose(np.array(heat, float), matrix.margin_nats, rtol=0, atol=1e-4)
    assert matrix.adjacency is not None
    assert metrics(at)["AUC within the text"] == f"{matrix.adjacency.value:.2f}"
    assert metrics(at)["Rank of the order as given"] == f"{matrix.true_order_rank:,} of 720"
    choice(at, "Pair").set_value((2, 0)).run()
    all_is_well(at)
    own = as_lists(figure(at, "pairs.strip"))["data"][2]["x"]
    assert own == pytest.approx([matrix.margin_nats[2, 0]], abs=1e-4)


def test_what_a_matrix_can_t_have_is_said() -> None:
    at = open_app("pairs")
    type_in(at, "pairs.text", "The cat sat.\nIt purred.")
    assert "takes three sentences or more" in captions(at)
    type_in(at, "pairs.text", "\n".join(f"The cat sat {number} times." for number in range(7)))
    assert "All orders are scored for up to 6 sentences." in captions(at)


def choice(at: AppTest, label: str) -> Selectbox:
    return next(each for each in at.selectbox if each.label == label)


def test_a_text_becomes_one_sentence_a_line() -> None:
    at = open_app("pairs")
    type_in(at, "pairs.text", "The cat sat. It purred! Then\nit slept.")
    button(at, "One sentence a line").click().run()
    all_is_well(at)
    assert at.text_area(key="pairs.text").value == "The cat sat.\nIt purred!\nThen it slept."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "sentences and 0 came"),
        ("One line.", "sentences and 1 came"),
        ("\n".join(["A cat."] * 41), "sentences and 41 came"),
        ("A cat.\n[SEP]", "Sentence 2: The text holds only special tokens"),
    ],
)
def test_what_can_t_be_paired_is_said_once(typed: str, said: str) -> None:
    at = type_in(open_app("pairs"), "pairs.text", typed)
    assert said in the_error(at)
    assert at.text_area(key="pairs.text").value == typed


@pytest.mark.parametrize("page", ["splits", "pairs"])
def test_a_long_run_waits_stops_and_keeps(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = cache.nsp.read_nsp
    monkeypatch.setattr(cache, "tokens_at_once", lambda bundle: 1)
    clock = [0.0]

    def slow(bundle: ModelBundle, inputs: object) -> np.ndarray:
        clock[0] += 2.0
        return read(bundle, inputs)

    from dashboard import work

    monkeypatch.setattr(cache.nsp, "read_nsp", slow)
    monkeypatch.setattr(work.time, "monotonic", lambda: clock[0])
    st.cache_data.clear()
    at = open_app(page)
    (go,) = [each for each in at.button if each.key == f"{page}.work.go"]
    assert go.label.startswith("Read the rest (about ")
    assert "1 of " in captions(at)
    go.click().run()
    assert any(each.key == f"{page}.work.stop" for each in at.button)
    at.button(key=f"{page}.work.stop").click().run()
    assert not at.exception
    assert any(each.key == f"{page}.work.go" for each in at.button)
    assert not any(each.key == f"{page}.json" for each in at.get("download_button"))
