"""The Fill page as a visitor uses it: gaps filled in several orders, candidates against each other, bad input."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.choices import FILL_ORDERS
from analysis.errors import ModelError
from dashboard import cache, progress
from dashboard.examples import FILL, NOTEBOOK
from dashboard.glossary import CANDIDATE_TOTAL, FILL_TOTAL
from dashboard.pages.fill.titles import TITLES
from tests.analysis.texts import AWKWARD
from tests.dashboard.app import (
    all_is_well,
    captions,
    choose_model,
    drawn,
    errors,
    figure,
    go,
    open_app,
    payload,
    resolved,
    the_error,
    type_in,
)

STILL = "Below is still the last text that could be read."
ADJACENT = FILL[1].text_a
NAMES = [TITLES[order].title for order in FILL_ORDERS]


@pytest.fixture
def at() -> AppTest:
    return open_app("fill")


def example(at: AppTest, number: int) -> AppTest:
    return at.button(key=f"fill.example.{number}").click().run()


def choose_orders(at: AppTest, *orders: str) -> AppTest:
    return at.button_group(key="fill.orders").set_value(list(orders)).run()


def orders_shown(at: AppTest) -> list[str]:
    return figure(at, "fill.table")["layout"]["yaxis"]["ticktext"]


def words_shown(at: AppTest) -> list[str]:
    scatters = [trace for trace in figure(at, "fill.table")["data"] if trace["type"] == "scatter"]
    return scatters[0]["text"]


def read_outs(at: AppTest) -> dict[str, str]:
    """The filled texts by the orders that read so."""
    rows = payload(at, "fill.texts")["rows"]
    return {row["orders"]: "".join(part["text"] for part in row["parts"]) for row in rows}


def candidates_shown(at: AppTest) -> list[str]:
    scatters = [trace for trace in figure(at, "fill.contest")["data"] if trace["type"] == "scatter"]
    return [text.removeprefix("<b>").removesuffix("</b>") for text in scatters[0]["text"]]


def numbers_shown(at: AppTest) -> list[str]:
    scatters = [trace for trace in figure(at, "fill.contest")["data"] if trace["type"] == "scatter"]
    return scatters[-1]["text"]


def filled(at: AppTest) -> object:
    """Everything above the contest."""
    return figure(at, "fill.table"), figure(at, "fill.step"), payload(at, "fill.texts")


def said(at: AppTest) -> str:
    return "\n".join(resolved(markdown.value) for markdown in at.markdown)


def test_the_notebooks_gaps_are_filled_at_the_start(at: AppTest) -> None:
    all_is_well(at)
    assert at.title[0].value == "What would the head put into the gaps?"
    assert at.text_area(key="fill.text_a").value == NOTEBOOK
    assert orders_shown(at) == NAMES
    assert words_shown(at) == ["election", "attacked"] * 5
    assert "The 5 orders all fill the gaps **alike**." in said(at)
    assert list(read_outs(at)) == ["every order"]
    assert "presidential election on an anti-slavery" in read_outs(at)["every order"]
    assert FILL_TOTAL.caveat in captions(at)
    assert candidates_shown(at)[0] == "election  (reference)"
    assert "revision" in captions(at)


def test_adjacent_gaps_on_which_the_orders_disagree(at: AppTest) -> None:
    example(at, 1)
    all_is_well(at)
    assert "The 5 orders disagree at **gaps 1 and 2**." in said(at)
    assert read_outs(at) == {
        "independent": "He was born in san york, California.",
        "left to right, confident first, beam": "He was born in san francisco, California.",
        "right to left": "He was born in new york, California.",
    }
    assert figure(at, "fill.table")["layout"]["xaxis"]["ticktext"] == ["gap 1 ≠", "gap 2 ≠", "total (nats)"]
    assert len(figure(at, "fill.table")["layout"]["shapes"]) == 4, "francisco three times, new once"


@pytest.mark.parametrize("number", range(len(FILL)))
def test_the_examples(at: AppTest, number: int) -> None:
    example(example(at, (number + 1) % len(FILL)), number)
    all_is_well(at)
    chosen = FILL[number]
    assert at.text_area(key="fill.text_a").value == chosen.text_a
    assert at.toggle(key="fill.pair").value == (chosen.text_b is not None)
    assert at.text_area(key="fill.candidates").value.splitlines() == list(chosen.candidates)
    shown = [name.removesuffix("  (reference)") for name in candidates_shown(at)]
    assert sorted(shown) == sorted(chosen.candidates)
    assert at.selectbox(key="fill.reference").value == chosen.candidates[0]


def test_only_the_orders_that_are_wanted(at: AppTest) -> None:
    choose_orders(example(at, 1), "beam", "independent")
    all_is_well(at)
    assert orders_shown(at) == ["independent", "beam"], "in their fixed order"
    assert "The 2 orders disagree at **gap 2**." in said(at)
    choose_orders(at, "right_to_left")
    assert orders_shown(at) == ["right to left"]
    assert "disagree" not in said(at)
    assert resolved(at.subheader[2].value) == "The steps of one order: right to left"
    before = filled(at)
    choose_orders(at)
    assert the_error(at) == "No order of filling is chosen: choose at least one."
    assert filled(at) == before
    choose_orders(at, *FILL_ORDERS)
    all_is_well(at)


def test_the_beams_width_and_its_other_hypotheses(at: AppTest) -> None:
    example(at, 1)
    at.toggle(key="fill.every").set_value(True).run()
    assert orders_shown(at) == [*NAMES, *(f"beam, no. {place}" for place in range(2, 6))]
    at.number_input(key="fill.beam").set_value(2).run()
    all_is_well(at)
    assert orders_shown(at) == [*NAMES, "beam, no. 2"]
    choose_orders(at, "independent")
    assert at.toggle(key="fill.every").disabled
    assert orders_shown(at) == ["independent"]


def test_another_width_computes_the_beam_alone(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[object] = []
    once = cache.fill_masks
    monkeypatch.setattr(cache, "fill_masks", lambda *a, **k: computed.append(k["orders"]) or once(*a, **k))
    at.number_input(key="fill.beam").set_value(3).run()
    assert computed == [("beam",)]
    at.button_group(key="units").set_value("bits").run()
    at.button_group(key="fill.steps").set_value("confident").run()
    at.toggle(key="fill.every").set_value(True).run()
    all_is_well(at)
    assert computed == [("beam",)], "nothing else needs the model"


@pytest.mark.parametrize("order", FILL_ORDERS)
def test_the_steps_of_an_order(at: AppTest, order: str) -> None:
    example(at, 1)
    at.button_group(key="fill.steps").set_value(order).run()
    all_is_well(at)
    heads = figure(at, "fill.step")["layout"]["xaxis"]["ticktext"]
    assert [head.removeprefix("<b>").removesuffix("</b>") for head in heads] == {
        "independent": ["gap 1", "gap 2"],
        "right_to_left": ["step 1: gap 2", "step 2: gap 1"],
    }.get(order, ["step 1: gap 1", "step 2: gap 2"])
    at.number_input(key="fill.k").set_value(3).run()
    assert figure(at, "fill.step")["layout"]["yaxis"]["range"] == [3.5, 0.5]


def test_nine_gaps_get_a_row_each(at: AppTest) -> None:
    type_in(at, "fill.text_a", "The [MASK] of " + "a [MASK] and " * 8 + "the war.")
    all_is_well(at)
    assert len(figure(at, "fill.table")["layout"]["yaxis"]["ticktext"]) == 10
    assert figure(at, "fill.table")["layout"]["xaxis"]["ticktext"] == NAMES
    assert at.selectbox(key="fill.gap").options == [f"gap {gap}" for gap in range(1, 10)]


def test_the_units_change_every_number(at: AppTest) -> None:
    example(at, 1)
    at.button_group(key="units").set_value("bits").run()
    assert figure(at, "fill.table")["layout"]["xaxis"]["ticktext"][-1] == "total (bits)"
    assert figure(at, "fill.contest")["layout"]["xaxis"]["title"]["text"] == "log P (bits)"
    assert numbers_shown(at)[2] == "rank 3 · odds −1.39 bits"
    at.button_group(key="units").set_value("nats").run()
    all_is_well(at)
    assert figure(at, "fill.contest")["layout"]["xaxis"]["title"]["text"] == "ln P (nats)"
    assert numbers_shown(at)[2] == "rank 3 · odds −0.96 nats"


# --- no gap ---


def test_without_a_gap_any_word_can_become_one(at: AppTest) -> None:
    type_in(at, "fill.text_a", "The cat sat on the mat, *purring*.")
    all_is_well(at)
    assert "This text has no gap yet: write [MASK] where a word is wanted" in said(at)
    assert not drawn(at)
    offered = at.button_group(key="fill.make")
    assert offered.options == ["The", "cat", "sat", "on", "the", "mat", "purring"]
    offered.set_value(1).run()
    all_is_well(at)
    assert at.text_area(key="fill.text_a").value == "The [MASK] sat on the mat, *purring*."
    assert len(words_shown(at)) == 5
    example(type_in(at, "fill.text_a", "No gap."), 0)
    all_is_well(at)
    assert drawn(at)


def test_a_gap_in_the_second_segment_is_enough(at: AppTest) -> None:
    at.toggle(key="fill.pair").set_value(True).run()
    type_in(at, "fill.text_a", "It rained.")
    type_in(at, "fill.text_b", "We got wet.")
    all_is_well(at)
    assert not drawn(at)
    type_in(at, "fill.text_b", "We got [MASK].")
    all_is_well(at)
    assert words_shown(at)
    at.toggle(key="fill.pair").set_value(False).run()
    assert "no gap yet" in said(at)


@pytest.mark.parametrize("gap", ["[mask]", "<mask>", "___"])
def test_a_gap_written_otherwise_can_become_a_mask(at: AppTest, gap: str) -> None:
    type_in(at, "fill.text_a", f"The cat sat on the {gap}.")
    at.button(key="fill.masks").click().run()
    all_is_well(at)
    assert at.text_area(key="fill.text_a").value == "The cat sat on the [MASK]."
    assert len(words_shown(at)) == 5


# --- bad input ---

UNREADABLE = {
    "empty": "",
    "blank": " \t\n\u00a0 ",
    "only gaps": "[MASK] [MASK]",
    "too many gaps": "[MASK] and " * 65,
    "too many tokens": "[MASK] " + "cat " * 600,
    "1 MB": "The [MASK] sat. " * 70_000,
}


@pytest.mark.parametrize("field", ["text_a", "text_b"])
def test_a_text_that_cannot_be_read(at: AppTest, field: str) -> None:
    if field == "text_b":
        example(at, 2)
    for number, (name, text) in enumerate(UNREADABLE.items()):
        if name == "only gaps" and field == "text_b":
            continue
        good = filled(at)
        type_in(at, f"fill.{field}", text)
        the_error(at)
        assert at.text_area(key=f"fill.{field}").value == text, "nothing that was typed is lost"
        assert filled(at) == good, "the last good result stays"
        assert STILL in captions(at)
        type_in(at, f"fill.{field}", f"The [MASK] opened door {number}.")
        all_is_well(at)
        assert STILL not in captions(at)
        assert filled(at) != good


@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_text_is_filled(at: AppTest, name: str) -> None:
    text = AWKWARD[name] if "[MASK]" in AWKWARD[name] else f"{AWKWARD[name]} [MASK]."
    type_in(at, "fill.text_a", text)
    all_is_well(at)
    assert words_shown(at)
    assert at.text_area(key="fill.text_a").value == text


def test_markup_stays_text(at: AppTest) -> None:
    hostile = "<img src=x onerror=alert(1)> **bold** $x$ :red[hot] [a](http://b.c)"
    type_in(at, "fill.text_a", f"{hostile} [MASK] {hostile} [MASK]")
    type_in(at, "fill.candidates", "<img src=x>\n**b**")
    all_is_well(at)
    assert hostile in read_outs(at)[next(iter(read_outs(at)))]
    assert any("&lt;img" in name for name in candidates_shown(at))
    around = [caption.value for caption in at.caption if "\\_\\_\\_\\_" in caption.value]
    assert len(around) == 1
    assert "\\$x\\$ \\:red\\[hot\\]" in around[0]
    type_in(at, "fill.text_a", f"{hostile} and no gap")
    labels = at.button_group(key="fill.make").options
    assert "bold" in labels
    assert not [label for label in labels if set(label) & set("*<$[`")]


def test_what_a_model_cannot_do_is_said(at: AppTest, checkpoint_folder: Callable[..., Path]) -> None:
    choose_model(at, str(checkpoint_folder("without_mlm")))
    assert "came without trained masked-LM weights" in the_error(at)
    assert not drawn(at), "numbers of two models never stand on one page"
    choose_model(at, "bundled")
    all_is_well(at)
    assert words_shown(at)


def test_a_model_with_another_mask_token(at: AppTest, checkpoint_folder: Callable[..., Path]) -> None:
    choose_model(at, str(checkpoint_folder("tiny_roberta")))
    all_is_well(at)
    assert "write <mask> where a word is wanted" in said(at)
    at.button(key="fill.masks").click().run()
    assert "<mask> on an anti-slavery" in at.text_area(key="fill.text_a").value
    assert len(words_shown(at)) == 10


def test_a_model_that_fails_says_so_and_keeps_the_last(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise ModelError("The model ran out of memory on this text: shorten it.")

    before = filled(at)
    monkeypatch.setattr(cache, "fill_masks", fails)
    type_in(at, "fill.text_a", "The [MASK] sat.")
    assert the_error(at) == "The model ran out of memory on this text: shorten it."
    assert filled(at) == before


# --- candidates ---


def test_candidates_of_ones_own(at: AppTest) -> None:
    type_in(at, "fill.candidates", "  convention \n\nelection\nconvention\ngeneral election\n##ing\n")
    all_is_well(at)
    assert candidates_shown(at) == ["election  (reference)", "convention", "general election", "##ing"]
    assert at.selectbox(key="fill.reference").options == ["convention", "election", "general election", "##ing"]
    assert numbers_shown(at)[2].endswith("odds –")
    type_in(at, "fill.candidates", "convention\nprimaries\ngeneral election")
    assert candidates_shown(at)[0] == "convention  (reference)", "the reference before is no candidate any more"
    assert CANDIDATE_TOTAL.caveat in captions(at)
    at.toggle(key="fill.any_length").set_value(True).run()
    assert "odds −" in numbers_shown(at)[2]
    at.selectbox(key="fill.reference").set_value("general election").run()
    all_is_well(at)
    assert candidates_shown(at)[2] == "general election  (reference)"
    assert "odds +" in numbers_shown(at)[0]


def test_the_gap_that_the_candidates_stand_for(at: AppTest) -> None:
    type_in(at, "fill.candidates", "election\nattacked")
    assert candidates_shown(at)[0].startswith("election")
    assert "1860 presidential ____ on an" in captions(at)
    at.selectbox(key="fill.gap").set_value(2).run()
    all_is_well(at)
    assert candidates_shown(at)[0].startswith("attacked")
    assert "secessionist forces ____ Fort Sumter" in captions(at)
    type_in(at, "fill.text_a", "Only one [MASK] here.")
    all_is_well(at)
    assert "fill.gap" not in [box.key for box in at.selectbox]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("election\nthe [SEP] end", "The candidate 'the [SEP] end' holds a special token"),
        ("[MASK]", "special token"),
        ("ไทย", "The model has no pieces for the candidate 'ไทย'"),
        ("##notapiece", "'##notapiece' is no piece of this model's vocabulary"),
        (" \n  ", "A candidate is only white space"),
        ("a " * 17, "17 pieces; at most 16 are scored"),
    ],
)
def test_bad_candidates_are_one_sentence_beside_their_field(at: AppTest, typed: str, sentence: str) -> None:
    above = filled(at)
    type_in(at, "fill.candidates", typed)
    assert sentence in the_error(at)
    assert at.text_area(key="fill.candidates").value == typed
    assert filled(at) == above, "the rest of the page stays"
    assert "revision" in captions(at)
    assert "fill.contest.figure" not in [chart.key for chart in at.get("plotly_chart")]
    type_in(at, "fill.candidates", "election")
    all_is_well(at)
    assert candidates_shown(at) == ["election  (reference)"]


def test_too_many_candidates(at: AppTest) -> None:
    above = filled(at)
    type_in(at, "fill.candidates", "\n".join(f"word{number}" for number in range(101)))
    assert not at.exception
    assert len(errors(at)) == 1
    assert "101 candidates" in errors(at)[0]
    assert filled(at) == above


def test_no_candidates_is_no_mistake(at: AppTest) -> None:
    type_in(at, "fill.candidates", "")
    all_is_well(at)
    assert "Type the words or phrases that are to compete for the gap." in captions(at)
    assert filled(at)


def test_a_bad_text_and_bad_candidates_are_a_sentence_each(at: AppTest) -> None:
    type_in(at, "fill.text_a", "")
    type_in(at, "fill.candidates", "[SEP] a")
    assert not at.exception
    assert len(errors(at)) == 2
    assert "holds a special token" in errors(at)[1]


# --- the visit ---


def test_nothing_is_lost_over_a_change_of_page(at: AppTest) -> None:
    example(at, 2)
    type_in(at, "fill.text_b", "Her [MASK] and her [MASK] went on.")
    type_in(at, "fill.candidates", "sister\nbrother\nold brother")
    choose_orders(at, "left_to_right", "beam")
    at.number_input(key="fill.beam").set_value(3).run()
    at.number_input(key="fill.k").set_value(4).run()
    at.toggle(key="fill.every").set_value(True).run()
    at.button_group(key="fill.steps").set_value("beam").run()
    at.selectbox(key="fill.gap").set_value(2).run()
    at.selectbox(key="fill.reference").set_value("brother").run()
    at.toggle(key="fill.any_length").set_value(True).run()
    before = (filled(at), drawn(at))
    for page in ("tokens", "model"):
        all_is_well(go(at, page))
    go(at, "fill")
    all_is_well(at)
    assert (filled(at), drawn(at)) == before
    assert at.text_area(key="fill.text_b").value == "Her [MASK] and her [MASK] went on."
    assert at.text_area(key="fill.candidates").value == "sister\nbrother\nold brother"


def test_every_table_opens(at: AppTest) -> None:
    for twin in ("table", "step", "contest", "pieces"):
        at.session_state[f"fill.{twin}.twin"] = True
    at.run()
    all_is_well(at)
    assert [len(table.value) for table in at.dataframe] == [18, 10, 5, 6]
    assert all(table.proto.alt for table in at.dataframe)
    assert [button.label for button in at.get("download_button")].count("Download CSV") == 4


def in_parts(shown: list[object], *, fails: bool = False) -> AppTest:
    """A page that computes three parts (the last of which may fail) and notes what it showed on the way."""

    def script(shown: list[object], fails: bool) -> None:
        import streamlit as st

        from analysis.errors import ModelError, PretextError
        from dashboard import progress

        def last() -> int:
            if fails:
                raise ModelError("no")
            return 3

        def show(done: list[int]) -> None:
            shown.append(list(done))
            st.write("on the way")

        try:
            st.write(f"all: {progress.in_parts('Part', [lambda: 1, lambda: 2, last], show)}")
        except PretextError:
            st.write("failed")

    return AppTest.from_function(script, kwargs={"shown": shown, "fails": fails}).run()


def test_orders_that_take_long_appear_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_MOMENT_SECONDS", -1.0)
    for fails, left in ((False, "all: [1, 2, 3]"), (True, "failed")):
        shown: list[object] = []
        at = in_parts(shown, fails=fails)
        assert shown == [[1], [1, 2]]
        assert [markdown.value for markdown in at.markdown] == [left], "what came on the way is gone"
    monkeypatch.setattr(progress, "_MOMENT_SECONDS", 60.0)
    quick: list[object] = []
    in_parts(quick)
    assert quick == [], "what is quick does not flicker"


def test_slow_orders_end_in_the_same_page(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [chart.key for chart in at.get("plotly_chart")]
    monkeypatch.setattr(progress, "_MOMENT_SECONDS", -1.0)
    at.number_input(key="fill.k").set_value(6).run()
    all_is_well(at)
    assert [chart.key for chart in at.get("plotly_chart")] == before, "nothing of what came first is left"
