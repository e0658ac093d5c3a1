"""The pages Splits and Pairs on screen: boundaries moved by hand, pairs that are chosen, long work, ways on.

Their figures and sentences are in ``test_split_charts.py``, ``test_pair_charts.py`` and ``test_nsp_sections.py``.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.models.bundle import ModelBundle
from analysis.tasks.pairs import pair_matrix
from analysis.tasks.splits import sweep_splits
from dashboard.pages import PAGES
from dashboard.screen import acts, cache, show
from dashboard.texts import PASSAGE, STORY
from tests.dashboard.app import (
    all_is_well,
    button,
    captions,
    choose,
    field,
    figure,
    go,
    metrics,
    open_app,
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
SHORT = "A cat sat. It slept. Nobody came."


def starts_of(text: str, *words: str) -> list[int]:
    return [text.index(word) for word in words]


# --- Splits ---


@pytest.fixture
def at() -> AppTest:
    return open_app("splits")


@pytest.fixture
def short(at: AppTest) -> AppTest:
    """The page with a text of three sentences, swept between them, with all of it on either side, without controls."""
    at.number_input(key="splits.controls").set_value(0)
    at.button_group(key="splits.unit").set_value("sentence")
    at.button_group(key="splits.context").set_value("text")
    return type_in(at, "splits.text_a", SHORT)


def cuts(at: AppTest) -> list[float]:
    """The margin at each boundary."""
    found = as_lists(figure(at, "splits.splits"))["data"]
    return next(trace["y"] for trace in found if "customdata" in trace)


def rows_of_boundaries(at: AppTest) -> list[str]:
    return [resolved(each.value) for each in at.caption if each.value.startswith("before word ")]


def test_a_text_is_swept_as_it_is_asked(at: AppTest, bundled: ModelBundle) -> None:
    all_is_well(at)
    opens = sweep_splits(bundled, PASSAGE, unit="word", context="adjacent")
    assert cuts(at) == pytest.approx(opens.margin_nats.tolist(), abs=1e-4)
    assert metrics(at)["Boundaries"] == "55"
    type_in(at, "splits.text_a", SHORT)
    choose(at, "splits.context", "text")
    at.number_input(key="splits.controls").set_value(2).run()
    at.number_input(key="splits.seed").set_value(7).run()
    all_is_well(at)
    sweep = sweep_splits(bundled, SHORT, unit="word", controls=2, seed=7)
    assert cuts(at) == pytest.approx(sweep.margin_nats.tolist(), abs=1e-4)
    ranks = ", ".join(f"{margin} ({contrast})" for _, margin, contrast in sweep.sentence_ranks)
    assert ranks in captions(at)
    assert "2 control passages (seed 7)" in " ".join(each.label for each in at.expander)
    at.number_input(key="splits.controls").set_value(0).run()
    choose(at, "splits.context", "both")
    all_is_well(at)
    assert "Mean contrast" not in metrics(at)
    found = [trace["y"] for trace in as_lists(figure(at, "splits.splits"))["data"] if "customdata" in trace]
    for drawn, context in zip(found, ("adjacent", "text"), strict=True):
        wanted = sweep_splits(bundled, SHORT, unit="word", context=context, controls=0)
        assert drawn == pytest.approx(wanted.margin_nats.tolist(), abs=1e-4)


def test_a_text_too_long_to_be_cut_whole_has_one_of_both_curves(short: AppTest) -> None:
    type_in(choose(short, "splits.context", "both"), "splits.text_a", "The cat sat on the mat by the door. " * 60)
    all_is_well(short)
    assert ", or compare adjacent sentences." in captions(short), "a notice: the other curve stands"
    assert len(cuts(short)) == 59
    assert len([trace for trace in figure(short, "splits.splits")["data"] if "customdata" in trace]) == 1


def test_boundaries_by_hand(short: AppTest, bundled: ModelBundle) -> None:
    at = short

    def assert_cut_at(*words: str) -> None:
        all_is_well(at)
        wanted = sweep_splits(bundled, SHORT, controls=0, sentence_starts=starts_of(SHORT, *words))
        assert cuts(at) == pytest.approx(wanted.margin_nats.tolist(), abs=1e-4)
        assert len(rows_of_boundaries(at)) == len(words)

    assert_cut_at("It", "Nobody")
    at.button(key="splits.away.1").click().run()
    assert_cut_at("It")
    at.button(key="splits.back.0").click().run()
    assert_cut_at("sat")
    at.button(key="splits.on.0").click().run()
    assert_cut_at("It")
    field(at, "Add one").set_value(SHORT.index("cat")).run()
    assert_cut_at("cat", "It")
    assert field(at, "Add one").value is None
    go(go(at, "tokens"), "splits")
    assert_cut_at("cat", "It")
    button(at, "As found").click().run()
    assert_cut_at("It", "Nobody")
    assert button(at, "As found").disabled
    at.button(key="splits.away.0").click().run()
    type_in(at, "splits.text_a", "One sentence. Another one. A third. A last.")
    all_is_well(at)
    assert len(cuts(at)) == 3, "of another text its own are found"


def test_boundaries_have_their_places_apart_and_within_the_text(short: AppTest) -> None:
    at = type_in(short, "splits.text_a", "Go! Stop! Now then")
    assert [each.split(":")[0] for each in rows_of_boundaries(at)] == ["before word 2", "before word 3"]
    can = {
        each.key.removeprefix("splits."): not each.disabled
        for each in at.button
        if each.key and each.key.startswith(("splits.back", "splits.on.", "splits.away"))
    }
    assert can == {
        "back.0": False,
        "on.0": False,
        "away.0": True,
        "back.1": False,
        "on.1": True,
        "away.1": True,
    }


def test_the_last_boundary_that_was_taken_away_comes_back(short: AppTest) -> None:
    at = type_in(short, "splits.text_a", "A cat sat. It slept.")
    before = cuts(at)
    at.button(key="splits.away.0").click().run()
    assert "no boundary" in the_error(at)
    assert cuts(at) == before, "the last one that could be swept"
    assert rows_of_boundaries(at) == []
    button(at, "As found").click().run()
    all_is_well(at)
    assert len(rows_of_boundaries(at)) == 1


def test_a_text_too_long_to_be_cut_whole_is_told_of_adjacent_sentences(short: AppTest) -> None:
    type_in(short, "splits.text_a", "The cat sat on the mat by the door. " * 60)
    assert the_error(short).endswith(", or compare adjacent sentences.")
    assert f"It begins: {SHORT}" in captions(short)
    choose(short, "splits.context", "adjacent")
    all_is_well(short)
    assert len(cuts(short)) == 59


def test_a_boundary_is_opened_on_the_next_sentence_page(at: AppTest) -> None:
    """By the button, or by a click in the figure, which sends what it likes."""
    for odd in ("x", 99, -1, None, 1.0):
        at.session_state["splits.clicked"] = odd
        at.run()
        all_is_well(at)
        assert at.title[0].value == PAGES["splits"].asks
    type_in(at, "splits.text_a", STORY)
    choose(at, "splits.unit", "sentence")
    choose(at, "splits.context", "text")
    field(at, "Take a boundary apart").set_value(2).run()
    for opens, begins in (("button", "The old woman"), ("click", "At noon")):
        if opens == "button":
            at.button(key="splits.open").click().run()
        else:
            at.session_state["splits.clicked"] = 1
            at.run()
        all_is_well(at)
        assert at.title[0].value == PAGES["next_sentence"].asks
        assert at.text_area(key="next_sentence.text").value == STORY
        assert STORY[at.session_state["next_sentence.cut"] :].startswith(begins)
        go(at, "splits")
        assert field(at, "Take a boundary apart").value in {0, 2}


@pytest.mark.parametrize(
    ("selection", "kept"),
    [
        ({"selection": {"points": [{"customdata": [3]}]}}, 3),
        ({"selection": {"points": []}}, "before"),
        ({"selection": {"points": [{"x": 1}]}}, "before"),
        ({"selection": {"points": [{"customdata": None}]}}, "before"),
        (None, "before"),
    ],
)
def test_a_click_in_the_figure_is_kept_until_it_is_opened(
    selection: object, kept: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = {"splits.splits.figure": selection, "splits.clicked": "before"}
    monkeypatch.setattr(show.st, "session_state", state)
    page = PAGES["splits"]
    chart = SimpleNamespace(clicks="open", place="splits")
    shown = SimpleNamespace(page=page, acts=acts.of("splits"), key=lambda name: f"splits.{name}")
    show._clicked(chart, shown)()
    assert state["splits.clicked"] == kept


# --- Pairs ---


def pairs_of(text: str, *, controls: int = 2) -> AppTest:
    at = open_app("pairs")
    at.number_input(key="pairs.controls").set_value(controls)
    return type_in(at, "pairs.text_a", text)


def test_sentences_are_paired_as_they_are_asked(bundled: ModelBundle) -> None:
    lines = ["The cat sat.", "It purred.", "Then it slept."]
    at = pairs_of("\n\n".join(lines))
    at.number_input(key="pairs.seed").set_value(5).run()
    all_is_well(at)
    matrix = pair_matrix(bundled, lines, controls=2, seed=5)
    heat = as_lists(figure(at, "pairs.pairs"))["data"][0]["z"]
    np.testing.assert_allclose(np.array(heat, float), matrix.margin_nats, rtol=0, atol=1e-4)
    assert metrics(at)["Rank of the order as given"] == f"{matrix.true_order_rank:,} of 6"

    def assert_pair(i: int, j: int) -> None:
        controls, _, own = (each["x"] for each in as_lists(figure(at, "pairs.pair"))["data"])
        assert own == pytest.approx([matrix.margin_nats[i, j]], abs=1e-4)
        assert controls == pytest.approx(matrix.control_margin_nats[i].tolist(), abs=1e-4)

    assert_pair(0, 1)
    assert field(at, "Pair").value == "1,2"
    field(at, "Pair").set_value("3,1").run()
    assert_pair(2, 0)
    go(go(at, "tokens"), "pairs")
    assert_pair(2, 0)


def test_another_pair_or_unit_reads_nothing_and_another_text_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    at = pairs_of("The cat sat.\nIt purred.\nThen it slept.")
    reads = reads_of(monkeypatch)
    field(at, "Pair").set_value("3,1").run()
    choose(at, "units", "bits")
    all_is_well(at)
    assert reads == []
    type_in(at, "pairs.text_a", "Nobody came.\nIt rained.\nWe left.")
    all_is_well(at)
    assert reads
    assert field(at, "Pair").value == "1,2", "the third and the first were another text's"
    assert field(at, "Pair").options[0] == "1, 2 · Nobody came. | It rained."
    field(at, "Pair").set_value("3,1").run()
    try_example(at, "pairs", 0)
    assert field(at, "Pair").value == "1,2"
    type_in(at, "pairs.text_a", "Nobody came.\nIt rained.")
    all_is_well(at)
    assert field(at, "Pair").options == ["1, 2 · Nobody came. | It rained.", "2, 1 · It rained. | Nobody came."]
    assert "takes three sentences or more" in captions(at)


def test_a_text_becomes_one_sentence_a_line() -> None:
    at = pairs_of("The cat sat. It purred! Then\nit slept.")
    button(at, "One sentence a line").click().run()
    all_is_well(at)
    assert at.text_area(key="pairs.text_a").value == "The cat sat.\nIt purred!\nThen it slept."
    assert len(field(at, "Pair").options) == 6


def test_what_can_t_be_paired_is_said_of_the_sentence() -> None:
    at = pairs_of("A cat sat.\nIt slept.")
    before = figure(at, "pairs.pairs")
    for typed, said in (
        ("One line.", "sentences and 1 came"),
        ("A cat.\n[SEP]", "Sentence 2: The text holds only special tokens"),
    ):
        type_in(at, "pairs.text_a", typed)
        assert said in the_error(at)
        assert at.text_area(key="pairs.text_a").value == typed
        assert figure(at, "pairs.pairs") == before


# --- long work ---


@pytest.mark.parametrize(
    ("page", "text", "passes"),
    [("splits", SHORT, 13), ("pairs", "A cat sat.\nIt slept.\nNobody came.\nIt rained.", 16)],
)
def test_a_long_run_waits_stops_and_keeps(page: str, text: str, passes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_app(page)
    at.number_input(key=f"{page}.controls").set_value(1).run()
    monkeypatch.setattr(cache, "tokens_at_once", lambda models: 1)
    slow_reads(monkeypatch, seconds=2.0)
    if page == "splits":
        choose(at, "splits.context", "text")
    reads = reads_of(monkeypatch)
    type_in(at, f"{page}.text_a", text)

    def work_button(name: str) -> Any:
        (found,) = [each for each in at.button if each.key == f"{page}.work.{name}"]
        return found

    all_is_well(at)
    assert work_button("go").label.startswith("Read the rest (about ")
    assert f"1 of {passes} passes read" in captions(at), "of what takes so long only the first part was read"
    assert not at.metric, "of a part of it there are no numbers"
    assert at.get("plotly_chart"), "but what has come is drawn"
    work_button("go").click().run()
    work_button("stop").click().run()
    all_is_well(at)
    stopped = len(reads)
    at.run()
    assert len(reads) == stopped < passes, "nothing more is read"
    assert f"{stopped} of {passes} passes read" in captions(at)
    assert f"{page}.json.{page}" not in [each.key for each in at.get("download_button")]
    work_button("go").click().run()
    read_through(at, page)
    assert at.metric
    assert f"{page}.json.{page}" in [each.key for each in at.get("download_button")]
    assert len(reads) == passes, "each once"
