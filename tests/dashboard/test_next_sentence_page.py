"""The Next sentence page on screen: two texts, or one whose boundary moves; and the ways to it from other pages."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages.next_sentence import ONE_TEXT, PAGE
from dashboard.texts import NOTEBOOK, NOTEBOOK_A, NOTEBOOK_B
from tests.dashboard.app import (
    all_is_well,
    button,
    choose,
    go,
    open_app,
    payload,
    pick,
    resolved,
    rows,
    strip,
    the_error,
    try_example,
    type_in,
)

pytestmark = pytest.mark.usefixtures("at_once")
CUT = "next_sentence.cut"


@pytest.fixture
def at() -> AppTest:
    return open_app("next_sentence")


def one_text(at: AppTest) -> AppTest:
    return choose(at, "next_sentence.mode", ONE_TEXT)


def cut_at(at: AppTest, position: int) -> AppTest:
    return at.select_slider(key=CUT).set_value(position).run()


def pair(at: AppTest) -> tuple[int, int]:
    """How many tokens the correct pair's segments have, special ones included."""
    tokens = rows(at)["correct pair"]["tokens"]
    return sum(token["segment"] == 0 for token in tokens), sum(token["segment"] == 1 for token in tokens)


def test_the_examples(at: AppTest) -> None:
    """In both ways in; the first stands there at the start."""
    assert rows(at)["correct pair"]["margin"] == "+6.68 nats"
    assert len(rows(at)) == 9, "the pair, its controls, and seven variants"
    answers = []
    for number, example in [*enumerate(PAGE.examples)][::-1]:
        try_example(at, "next_sentence", number)
        all_is_well(at)
        fields = [at.text_area(key=f"next_sentence.text_{name}").value for name in "ab"]
        assert fields == [example.text_a, example.text_b]
        says = {True: "IsNext", False: "NotNext"}[rows(at)["correct pair"]["next"]]
        assert resolved(at.markdown[0].value).startswith(f"The head says **{says}**: margin ")
        answers.append(says)
    assert answers == ["IsNext", "NotNext", "IsNext"]
    one_text(at)
    for number, example in enumerate(PAGE.examples):
        cut_at(at, at.text_area(key="next_sentence.text").value.index(" ") + 1)
        try_example(at, "next_sentence.one", number)
        all_is_well(at)
        assert at.text_area(key="next_sentence.text").value == f"{example.text_a} {example.text_b}"
        assert at.select_slider(key=CUT).value == len(example.text_a) + 1, "not where the last text was cut"


def test_swapping_exchanges_both_texts(at: AppTest) -> None:
    before = rows(at)
    button(at, "Swap A and B").click().run()
    all_is_well(at)
    assert at.text_area(key="next_sentence.text_a").value == NOTEBOOK_B
    assert at.text_area(key="next_sentence.text_b").value == NOTEBOOK_A
    assert rows(at)["correct pair"]["margin"] == before["swapped"]["margin"]
    button(at, "Swap A and B").click().run()
    assert rows(at) == before


def test_every_token_and_every_unit_on_request(at: AppTest) -> None:
    assert any("more" in token for token in rows(at)["correct pair"]["tokens"])
    at.toggle(key="next_sentence.every").set_value(True).run()
    choose(at, "units", "bits")
    all_is_well(at)
    tokens = rows(at)["correct pair"]["tokens"]
    assert len(tokens) == 63
    assert not any("more" in token for token in tokens)
    assert rows(at)["correct pair"]["margin"] == "+9.64 bits"
    assert payload(at, "next_sentence.rows")["axis"]["unit"] == "bits"
    assert "+9.64 bits" in resolved(at.markdown[0].value)


# --- one text ---


def test_the_boundary_moves_and_stays_where_it_was_put(at: AppTest) -> None:
    one_text(at)
    at.toggle(key="next_sentence.every").set_value(True).run()
    all_is_well(at)
    assert at.select_slider(key=CUT).value == len(NOTEBOOK_A) + 1, "at first behind the first sentence"
    cut_after_sentence = rows(at)
    assert cut_after_sentence["correct pair"]["margin"] == "+6.68 nats"
    before, after = (button(at, f"{which} sentence end") for which in ("Previous", "Next"))
    assert (before.disabled, after.disabled) == (True, True)

    cut_at(at, NOTEBOOK.index("Lincoln"))
    all_is_well(at)
    assert pair(at)[0] == len(["[CLS]", "after", "abraham", "[SEP]"])
    assert (button(at, "Previous sentence end").disabled, button(at, "Next sentence end").disabled) == (True, False)
    moved = rows(at)
    go(go(at, "tokens"), "next_sentence")
    assert rows(at) == moved, "it is kept over a change of page"
    button(at, "Next sentence end").click().run()
    assert rows(at) == cut_after_sentence

    cut_at(at, NOTEBOOK.rindex("inauguration"))
    assert pair(at)[1] == len(["inauguration", ".", "[SEP]"])
    button(at, "Previous sentence end").click().run()
    assert rows(at) == cut_after_sentence


def test_a_text_brings_its_own_boundary(at: AppTest) -> None:
    cut_at(one_text(at), NOTEBOOK.rindex("inauguration"))
    type_in(at, "next_sentence.text", "It rained. We stayed in.")
    all_is_well(at)
    assert at.select_slider(key=CUT).value == len("It rained. ")
    type_in(at, "next_sentence.text", "one two three four five")
    assert at.select_slider(key=CUT).value == len("one two three "), "without an end of a sentence in the middle"
    type_in(at, "next_sentence.text", "the end | the end | the end")
    names = at.select_slider(key=CUT).options
    assert len(set(names)) == len(names) == 7, "the same words around it twice are two boundaries"
    type_in(at, "next_sentence.text", "Hello there")
    all_is_well(at)
    assert not at.select_slider, "there is one place to cut it"
    assert pair(at) == (len(["[CLS]", "hello", "[SEP]"]), len(["there", "[SEP]"]))


def test_what_can_t_be_cut_is_said_of_the_one_text(at: AppTest) -> None:
    before = rows(one_text(at))
    for text, said in (("Word", "no place to cut"), ("", "The text is empty"), ("word " * 2_100, "2,103 tokens")):
        type_in(at, "next_sentence.text", text)
        error = the_error(at)
        assert said in error
        assert "Text B" not in error
        assert at.text_area(key="next_sentence.text").value == text
        assert rows(at) == before
    choose(at, "next_sentence.mode", "Two texts")
    all_is_well(at)
    assert at.text_area(key="next_sentence.text_b").value == NOTEBOOK_B


# --- from other pages ---


def test_a_text_is_cut_before_the_word_chosen_on_tokens() -> None:
    at = type_in(open_app(), "tokens.text_a", "An antechamber. Nobody ever came.")
    first = next(i for i, token in enumerate(strip(at)["tokens"]) if token["text"] == "came")
    pick(at, 1)
    assert "tokens.cut" not in [each.key for each in at.button], "nothing stands before the first word"
    pick(at, first)
    at.button(key="tokens.mask").click().run()
    assert "tokens.cut" not in [each.key for each in at.button], "an edit would be left behind"
    at.button(key="tokens.undo").click().run()
    pick(at, first)
    at.button(key="tokens.cut").click().run()
    all_is_well(at)
    assert at.title[0].value == PAGE.asks
    assert at.text_area(key="next_sentence.text").value[at.session_state[CUT] :] == "came."
    assert pair(at) == (first + 1, len(["came", ".", "[SEP]"]))
