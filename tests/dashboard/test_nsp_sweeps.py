"""Splits and Pairs: their figures' numbers, and the pages with their chunks, boundaries by hand and ways on."""

import json

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from analysis.models.bundle import ModelBundle
from analysis.tasks.pairs import matrix_of, pair_matrix, plan_pairs
from analysis.tasks.segmentations import read_nsp
from analysis.tasks.splits import plan_splits, sweep_of, sweep_splits
from analysis.types import PairMatrix, SplitSweep
from dashboard import cache, examples
from dashboard.drawing.palette import Palette, palette
from dashboard.glossary import UNITS, Units
from dashboard.pages.pairs import figures as pair_charts
from dashboard.pages.splits import figures as split_charts
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
from tests.dashboard.figures import as_lists, assert_sound, drawn, traces

TEXT = "The cat sat on the mat. It <b>purred</b> loudly! Then it slept, and %{x} barked."
SENTENCES = ("The cat sat.", "It <b>purred</b>!", "Then it slept &amp; woke.", "Nobody came.")
FACTOR = {"usual": 1.0, "bits": 1 / np.log(2), "nats": 1.0}


@pytest.fixture(scope="module")
def sweep(bundled: ModelBundle) -> SplitSweep:
    return sweep_splits(bundled, TEXT, unit="word", controls=3)


@pytest.fixture(scope="module")
def matrix(bundled: ModelBundle) -> PairMatrix:
    return pair_matrix(bundled, SENTENCES, controls=4)


# --- figures ---


@pytest.mark.parametrize("units", UNITS)
def test_the_curve_has_the_sweep_s_numbers(sweep: SplitSweep, colours: Palette, units: Units) -> None:
    chart = split_charts.split_curve(sweep, colours, units)
    assert_sound(chart, sweep.provenance)
    (curve,) = [trace for trace in traces(chart, "scatter") if "customdata" in trace]
    np.testing.assert_allclose(curve["y"], sweep.margin_nats * FACTOR[units], rtol=1e-5)
    (bars,) = traces(chart, "bar")
    np.testing.assert_allclose(bars["y"], sweep.contrast_nats * FACTOR[units], rtol=1e-5)
    low, high = (np.array(trace["y"]) for trace in traces(chart, "scatter")[:2])
    np.testing.assert_allclose(low, sweep.control_margin_nats.min(axis=1) * FACTOR[units], rtol=1e-5)
    np.testing.assert_allclose(high, sweep.control_margin_nats.max(axis=1) * FACTOR[units], rtol=1e-5)
    assert [row[0] for row in curve["customdata"]] == list(range(len(sweep.boundaries)))
    rules = [shape["x0"] for shape in drawn(chart)["layout"]["shapes"]]
    assert rules == [number for number, boundary in enumerate(sweep.boundaries, start=1) if boundary.sentence]
    assert len(chart.table) == len(sweep.boundaries)


def test_a_curve_without_controls(bundled: ModelBundle) -> None:
    sweep = sweep_splits(bundled, TEXT, controls=0)
    chart = split_charts.split_curve(sweep, palette("light"), "usual")
    assert_sound(chart, sweep.provenance)
    assert traces(chart, "bar") == []
    assert "controls" not in chart.how
    assert not [name for name in chart.table.columns if "control" in name or "contrast" in name]


def test_a_sweep_that_was_stopped_is_drawn(bundled: ModelBundle, colours: Palette) -> None:
    plan = plan_splits(bundled, TEXT, unit="word", controls=2)
    for done in (0, 1, 8):
        z = read_nsp(bundled, plan.inputs[:done]) if done else np.empty((0, 2), np.float32)
        chart = split_charts.split_curve(sweep_of(bundled, plan, z), colours, "usual")
        json.loads(chart.figure.to_json())
        assert len(chart.table) == len(plan.boundaries)


def test_what_stands_around_a_cut() -> None:
    text = "one  two\nthree " + "four " * 20
    assert split_charts.around(text, text.index("three")) == "one two | three four four four four f…"
    assert split_charts.around(text, len(text) - 5).startswith("…")


@pytest.mark.parametrize("units", UNITS)
def test_the_matrix_has_its_margins(matrix: PairMatrix, colours: Palette, units: Units) -> None:
    for effect, values in ((False, matrix.margin_nats), (True, matrix.order_effect_nats)):
        chart = pair_charts.pair_heatmap(matrix, colours, units, order_effect=effect)
        assert_sound(chart, matrix.provenance)
        (heat,) = traces(chart, "heatmap")
        np.testing.assert_allclose(np.array(heat["z"], float), values * FACTOR[units], rtol=1e-5)
        frames = [(shape["x0"], shape["y0"]) for shape in drawn(chart)["layout"]["shapes"]]
        assert frames == [(1.5, 0.5), (2.5, 1.5), (3.5, 2.5)], "column i + 1 of row i"
        printed = sum(len(trace["text"]) for trace in traces(chart, "scatter"))
        assert printed == 12
        assert len(chart.table) == 12


def test_a_pair_among_its_controls(matrix: PairMatrix, colours: Palette) -> None:
    chart = pair_charts.control_strip(matrix, 1, 2, colours, "usual")
    assert_sound(chart, matrix.provenance)
    controls, others, own = (trace["x"] for trace in traces(chart, "scatter"))
    np.testing.assert_allclose(controls, matrix.control_margin_nats[1], rtol=1e-6)
    np.testing.assert_allclose(others, matrix.margin_nats[1, [0, 3]], rtol=1e-6)
    np.testing.assert_allclose(own, [matrix.margin_nats[1, 2]], rtol=1e-6)
    assert f"above {matrix.percentile(1, 2):.0%} of the controls" in chart.alt


def test_orders_as_a_table(matrix: PairMatrix) -> None:
    table = pair_charts.order_table(matrix, "usual")
    given = table[table[""] == "as given"]
    assert given["rank"].tolist() == [str(matrix.true_order_rank)]
    assert given["order"].tolist() == ["1 → 2 → 3 → 4"]


def test_a_matrix_that_was_stopped_is_drawn(bundled: ModelBundle) -> None:
    plan = plan_pairs(bundled, SENTENCES, controls=2)
    for done in (0, 5, 12, 14):
        z = read_nsp(bundled, plan.inputs[:done]) if done else np.empty((0, 2), np.float32)
        found = matrix_of(bundled, plan, z)
        for chart in (
            pair_charts.pair_heatmap(found, palette("dark"), "usual"),
            pair_charts.control_strip(found, 3, 0, palette("dark"), "usual"),
        ):
            json.loads(chart.figure.to_json())


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


def test_the_band_of_a_single_boundary_can_be_seen(bundled: ModelBundle, colours: Palette) -> None:
    chart = split_charts.split_curve(sweep_splits(bundled, "A cat sat. It slept.", controls=3), colours, "usual")
    low, high = traces(chart, "scatter")[:2]
    assert low["x"][0] < 1 < low["x"][1]
    assert (len(low["y"]), len(high["y"])) == (2, 2)


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
