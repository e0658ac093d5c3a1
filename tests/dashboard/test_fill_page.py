"""The Fill page on screen: gaps offered and made, orders that are chosen, candidates and what becomes of them.

What each figure and each sentence says is in ``test_fill_charts.py`` and ``test_fill_sections.py``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.choices import FILL_ORDERS
from dashboard.pages.fill import PAGE
from dashboard.pages.fill.asked import TITLES
from dashboard.screen import work
from tests.analysis.texts import AWKWARD
from tests.dashboard.app import (
    all_is_well,
    button,
    captions,
    choose,
    choose_model,
    drawn,
    errors,
    field,
    figure,
    open_app,
    payload,
    read_through,
    reads_of,
    resolved,
    slow_reads,
    the_error,
    try_example,
    type_in,
)

pytestmark = pytest.mark.usefixtures("at_once")
NAMES = [TITLES[order] for order in FILL_ORDERS]


@pytest.fixture
def at() -> AppTest:
    return open_app("fill")


def example(at: AppTest, number: int) -> AppTest:
    return try_example(at, "fill", number)


def choose_orders(at: AppTest, *orders: str) -> AppTest:
    return choose(at, "fill.orders", list(orders))


def orders_shown(at: AppTest) -> list[str]:
    return figure(at, "fill.fill-orders")["layout"]["yaxis"]["ticktext"]


def read_outs(at: AppTest) -> dict[str, str]:
    """The filled texts by the orders that read so."""
    rows = payload(at, "fill.texts")["rows"]
    return {row["orders"]: "".join(part["text"] for part in row["parts"]) for row in rows}


def candidates_shown(at: AppTest) -> list[str]:
    texts = [trace["text"] for trace in figure(at, "fill.candidates")["data"] if trace["type"] == "scatter"]
    return [text.removeprefix("<b>").removesuffix("</b>") for text in texts[0]]


def odds_shown(at: AppTest) -> list[str]:
    texts = [trace["text"] for trace in figure(at, "fill.candidates")["data"] if trace["type"] == "scatter"]
    return [text.partition("odds ")[2] for text in texts[-1]]


def steps_shown(at: AppTest) -> str:
    (title,) = [each.value for each in at.subheader if each.value.startswith("The steps of one order")]
    return resolved(title).removeprefix("The steps of one order: ")


def filled(at: AppTest) -> Any:
    """Everything above the contest."""
    return figure(at, "fill.fill-orders"), figure(at, "fill.steps"), payload(at, "fill.texts")


def said(at: AppTest) -> str:
    return "\n".join(resolved(markdown.value) for markdown in at.markdown)


def test_the_examples(at: AppTest) -> None:
    """What they fill in at the start, and after another one; their candidates come with them."""
    answers = []
    for number, chosen in [*enumerate(PAGE.examples)][::-1]:
        example(at, number)
        all_is_well(at)
        candidates = str(dict(chosen.options)["candidates"]).splitlines()
        assert at.text_area(key="tokens.text_a").value == chosen.text_a
        assert at.toggle(key="tokens.pair").value == (chosen.text_b is not None)
        assert at.text_area(key="fill.candidates").value.splitlines() == candidates
        assert sorted(each.removesuffix("  (reference)") for each in candidates_shown(at)) == sorted(candidates)
        assert (field(at, "Reference").value, field(at, "Gap").value) == (candidates[0], 1)
        answers.append(read_outs(at))
        if number == 1:
            assert "The 5 orders disagree at gaps 1 and 2; independent: **san** (12 %), **york** (4 %)." in said(at)
        field(at, "Gap").set_value(2).run()
    assert "presidential election on an anti-slavery" in answers[2]["every order"]
    assert answers[1] == {
        "independent": "He was born in san york, California.",
        "left to right, confident first, beam": "He was born in san francisco, California.",
        "right to left": "He was born in new york, California.",
    }


# --- orders ---


def ranked(at: AppTest) -> int:
    """How many tokens the list of the only gap has."""
    return len(figure(at, "fill.fill-ranked")["data"][0]["customdata"])


def test_one_gap_has_one_list_and_no_field_for_orders(at: AppTest) -> None:
    type_in(at, "tokens.text_a", "The king [MASK] without an heir.")
    all_is_well(at)
    assert [each.key for each in at.button_group if each.key in {"fill.orders", "fill.steps"}] == []
    assert {each.key for each in at.number_input} == {"fill.k"}
    at.number_input(key="fill.k").set_value(9).run()
    assert ranked(at) == 9
    type_in(at, "tokens.text_a", "The king [MASK] without an [MASK].")
    all_is_well(at)
    assert orders_shown(at) == NAMES
    assert at.button_group(key="fill.orders").value == list(FILL_ORDERS)


@pytest.mark.parametrize("name", ["tiny_bert", "tiny_albert"])
def test_an_examples_candidates_leave_with_the_model_that_has_them(
    at: AppTest, checkpoint_folder: Callable[..., Path], name: str
) -> None:
    own = at.text_area(key="fill.candidates").value
    choose_model(at, str(checkpoint_folder(name)))
    all_is_well(at)
    assert at.text_area(key="fill.candidates").value == ""
    assert "Type the words or phrases that are to compete for the gap" in captions(at)
    type_in(at, "fill.candidates", "cat")
    all_is_well(at)
    assert candidates_shown(at) == ["cat  (reference)"]
    type_in(at, "fill.candidates", "cat\nelection")
    choose_model(at, "bundled")
    assert at.text_area(key="fill.candidates").value == "cat\nelection", "a person's own words stay"
    type_in(at, "fill.candidates", own)
    choose_model(at, str(checkpoint_folder(name)))
    assert at.text_area(key="fill.candidates").value == ""
    choose_model(at, "bundled")
    assert at.text_area(key="fill.candidates").value == own, "and the example's come back"


def test_only_the_orders_that_are_wanted(at: AppTest) -> None:
    choose_orders(example(at, 1), "beam", "independent")
    all_is_well(at)
    assert orders_shown(at) == ["independent", "beam"], "in their fixed order"
    assert "The 2 orders disagree at gap 2; independent: **san** (12 %), **york** (4 %)." in said(at)
    choose_orders(at, "right_to_left")
    assert orders_shown(at) == ["right to left"]
    assert "disagree" not in said(at)
    assert "Steps of" not in [each.label for each in at.button_group], "there is nothing to choose"
    before = filled(at)
    choose_orders(at)
    assert the_error(at) == "No order of filling is chosen: choose at least one."
    assert filled(at) == before
    assert choose_orders(at, *FILL_ORDERS).button_group(key="fill.orders").value == list(FILL_ORDERS)
    all_is_well(at)


def test_the_steps_are_those_of_a_chosen_order(at: AppTest) -> None:
    example(at, 1)
    assert steps_shown(at) == "left to right"
    assert field(at, "Steps of").value == "left_to_right"
    field(at, "Steps of").set_value("confident").run()
    assert steps_shown(at) == "confident first"
    choose_orders(at, "independent", "confident", "beam")
    assert steps_shown(at) == "confident first", "it is still among them"
    assert field(at, "Steps of").value == "confident"
    choose_orders(at, "independent", "beam")
    assert steps_shown(at) == "beam"
    assert field(at, "Steps of").value == "beam", "the field shows what is shown"
    choose_orders(at, *FILL_ORDERS)
    assert steps_shown(at) == "beam"
    at.number_input(key="fill.k").set_value(3).run()
    all_is_well(at)
    assert figure(at, "fill.steps")["layout"]["yaxis"]["range"] == [3.5, 0.5]


def test_what_has_been_read_is_not_read_again(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = reads_of(monkeypatch)
    at.number_input(key="fill.beam").set_value(3).run()
    assert {question.orders for question in reads} == {("beam",)}, "the other orders have no width"
    reads.clear()
    choose_orders(at, "left_to_right", "beam")
    choose_orders(at, *FILL_ORDERS)
    choose(at, "units", "bits")
    field(at, "Steps of").set_value("confident").run()
    at.toggle(key="fill.every").set_value(True).run()
    all_is_well(at)
    assert figure(at, "fill.fill-orders")["layout"]["xaxis"]["ticktext"][-1] == "total (bits)"
    assert reads == []
    type_in(at, "fill.candidates", "election\nconvention")
    assert reads
    assert {type(question).__name__ for question in reads} == {"Contest"}, "the text is filled as it was"
    assert orders_shown(at) == [*NAMES, "beam, no. 2", "beam, no. 3"]


# --- no gap ---


def test_without_a_gap_any_word_can_become_one(at: AppTest) -> None:
    type_in(at, "tokens.text_a", "The cat sat on the <b>mat</b>, *purring*.")
    all_is_well(at)
    assert "This text has no gap yet: write [MASK] where a word is wanted" in said(at)
    assert not drawn(at)
    assert at.button_group(key="fill.make").options == [*"The cat sat on the b mat b\N{WORD JOINER} purring".split()]
    choose(at, "fill.make", 1)
    all_is_well(at)
    assert at.text_area(key="tokens.text_a").value == "The [MASK] sat on the <b>mat</b>, *purring*."
    assert ranked(at) == 5
    assert "no gap yet" not in said(at)
    type_in(at, "tokens.text_a", "The cat sat on the <b>mat</b>, *purring*.")
    choose(at, "fill.make", 1)
    assert at.text_area(key="tokens.text_a").value.startswith("The [MASK] sat"), "the same word can be wanted again"


def test_only_a_lack_of_gaps_is_told_of(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    at.toggle(key="tokens.pair").set_value(True).run()
    type_in(at, "tokens.text_a", "It rained.")
    type_in(at, "tokens.text_b", "We got wet.")
    assert "no gap yet" in said(at)
    monkeypatch.setattr(work, "_AT_ONCE_SECONDS", -1.0)
    monkeypatch.setattr(work, "_SLICE_SECONDS", -1.0)
    monkeypatch.setattr(work, "_come_again", lambda: None)
    type_in(at, "tokens.text_b", "We got [MASK].")
    assert "no gap yet" not in said(at), "it has one, of which nothing has been read"
    assert not drawn(at)
    monkeypatch.setattr(work, "_SLICE_SECONDS", 300.0)
    read_through(at, "fill")
    assert ranked(at) == 5
    at.toggle(key="tokens.pair").set_value(False).run()
    assert "no gap yet" in said(at)


def test_a_gap_written_otherwise_can_become_a_mask(at: AppTest, checkpoint_folder: Callable[..., Path]) -> None:
    """In every field, and in the way that the model in use reads."""
    type_in(at, "fill.candidates", "cat")
    choose_model(at, str(checkpoint_folder("tiny_roberta")))
    at.toggle(key="tokens.pair").set_value(True).run()
    type_in(at, "tokens.text_b", "The cat sat on the ___.")
    all_is_well(at)
    assert "write <mask> where a word is wanted" in said(at)
    button(at, "Write \\<mask>").click().run()
    all_is_well(at)
    assert "presidential <mask> on an anti-slavery" in at.text_area(key="tokens.text_a").value
    assert at.text_area(key="tokens.text_b").value == "The cat sat on the <mask>."
    assert "Write" not in " ".join(each.label for each in at.button)
    assert figure(at, "fill.fill-orders")["layout"]["xaxis"]["ticktext"][:3] == ["gap 1", "gap 2", "gap 3"]


def test_any_text_is_filled_and_stays_text(at: AppTest) -> None:
    hostile = "<img src=x onerror=alert(1)> **bold** $x$ :red[hot] [a](http://b.c)"
    text = " ".join([hostile, *AWKWARD.values(), hostile, "[MASK]", hostile])
    choose_orders(at, "independent")
    type_in(at, "tokens.text_a", text)
    type_in(at, "fill.candidates", "<b>\n**b**")
    all_is_well(at)
    assert at.text_area(key="tokens.text_a").value == text
    assert hostile in read_outs(at)["independent"]
    assert any("&lt;b&gt;" in name for name in candidates_shown(at))
    gaps = field(at, "Gap").options
    field(at, "Gap").set_value(len(gaps)).run()
    (around,) = [each.value for each in at.caption if "\\_\\_\\_\\_" in each.value]
    assert "\\$x\\$ \\:red\\[hot\\]" in around
    type_in(at, "tokens.text_a", f"{hostile} and no gap")
    labels = at.button_group(key="fill.make").options
    assert "bold" in labels
    assert not [label for label in labels if set(label) & set("*<$[`")]


# --- candidates ---


def test_candidates_of_ones_own(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(at, "fill.candidates", "  convention \n\nelection\nconvention\ngeneral election\n##ing\n")
    all_is_well(at)
    assert candidates_shown(at) == ["election  (reference)", "convention", "general election", "##ing"]
    assert [resolved(name) for name in field(at, "Reference").options] == [
        *("convention", "election", "general election", "##ing")
    ]
    assert odds_shown(at)[2] == "–"
    as_before = field(at, "Reference").key
    type_in(at, "fill.candidates", "convention\nprimaries\ngeneral election")
    assert field(at, "Reference").key != as_before, "a browser would go on showing the old name under the same key"
    assert candidates_shown(at)[0] == "convention  (reference)", "the reference before is no candidate any more"
    assert field(at, "Reference").value == "convention"
    reads = reads_of(monkeypatch)
    at.toggle(key="fill.any_length").set_value(True).run()
    assert odds_shown(at)[2].startswith("−")
    field(at, "Reference").set_value("general election").run()
    all_is_well(at)
    assert candidates_shown(at)[2] == "general election  (reference)"
    assert odds_shown(at)[0].startswith("+")
    assert {type(question).__name__ for question in reads} == {"Contest"}
    type_in(at, "fill.candidates", "one")
    assert "Reference" not in [each.label for each in at.selectbox], "there is nothing to choose"
    type_in(at, "fill.candidates", "")
    all_is_well(at)
    assert "Type the words or phrases that are to compete for the gap, one a line." in captions(at)
    assert orders_shown(at) == NAMES


def test_the_gap_that_the_candidates_stand_for(at: AppTest) -> None:
    type_in(at, "fill.candidates", "election\nattacked")
    assert candidates_shown(at)[0].startswith("election")
    assert "1860 presidential ____ on an" in captions(at)
    field(at, "Gap").set_value(2).run()
    all_is_well(at)
    assert candidates_shown(at)[0].startswith("attacked")
    assert "secessionist forces ____ Fort Sumter" in captions(at)
    type_in(at, "tokens.text_a", "Only one [MASK] here.")
    all_is_well(at)
    assert "Gap" not in [each.label for each in at.selectbox]
    type_in(at, "tokens.text_a", "The [MASK] of " + "a [MASK] and " * 8 + "the war.")
    assert field(at, "Gap").options == [f"gap {gap}" for gap in range(1, 10)]
    assert field(at, "Gap").value == 1, "the second was another text's"
    assert figure(at, "fill.fill-orders")["layout"]["xaxis"]["ticktext"] == NAMES, "a row for each of so many gaps"


def test_bad_candidates_are_one_sentence_beside_their_field(at: AppTest) -> None:
    above = filled(at)
    for typed, sentence in (
        ("election\nthe [SEP] end", "The candidate 'the [SEP] end' holds a special token"),
        (" \n  ", "A candidate is only white space"),
        ("\n".join(f"word{number}" for number in range(101)), "101 candidates"),
        ("x" * 100_001, "A candidate has 100,001 characters"),
    ):
        type_in(at, "fill.candidates", typed)
        assert not at.exception
        (error,) = errors(at)
        assert sentence in error
        assert at.text_area(key="fill.candidates").value == typed
        assert filled(at) == above, "the rest of the page stays"
        assert "revision" in captions(at)
        assert "fill.candidates.figure" not in [chart.key for chart in at.get("plotly_chart")]
    type_in(at, "fill.candidates", "election")
    all_is_well(at)
    assert candidates_shown(at) == ["election  (reference)"]


def test_a_bad_text_and_bad_candidates_are_a_sentence_each(at: AppTest) -> None:
    above = filled(at)
    type_in(at, "tokens.text_a", "[MASK] and " * 65)
    assert "65 gaps" in the_error(at)
    type_in(at, "fill.candidates", "[SEP] a")
    assert not at.exception
    first, second = errors(at)
    assert "65 gaps" in first
    assert "holds a special token" in second
    assert filled(at) == above
    type_in(at, "fill.candidates", "dogs\ncats")
    assert "65 gaps" in the_error(at)
    assert sorted(candidates_shown(at)) == ["cats", "dogs  (reference)"], "for the text that could be read"


def test_orders_appear_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    slow_reads(monkeypatch, seconds=1.0)
    at = open_app("fill")
    assert not at.exception
    first = orders_shown(at)
    assert first == NAMES[: len(first)]
    assert len(first) < len(NAMES)
    assert "fill.candidates.figure" not in [chart.key for chart in at.get("plotly_chart")]
    assert "no gap yet" not in said(at)
    at.button(key="fill.work.stop").click().run()
    stopped = orders_shown(at)
    at.run()
    assert orders_shown(at) == stopped, "nothing more is read"
    assert len(stopped) < len(NAMES)
    at.button(key="fill.work.go").click().run()
    read_through(at, "fill")
    assert orders_shown(at) == NAMES
    assert candidates_shown(at)[0] == "election  (reference)"
