"""Words and a click that arrive together: on a page that is being read a browser sends both in one request."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages.compare import CUTS, MODELS, NOT_CUT, TEXTS
from tests.dashboard.app import all_is_well, errors, open_app, try_example

pytestmark = pytest.mark.usefixtures("at_once")
TYPED = "The king sat on the mat."


def at_once(at: AppTest, button: str, **typed: str) -> AppTest:
    """Write into fields and click, in one request."""
    for name, text in typed.items():
        at.text_area(key=f"{button.partition('.')[0]}.{name}").set_value(text)
    if button.endswith(".examples"):
        return try_example(at, button.removesuffix(".examples"), 2)
    return at.button(key=button).click().run()


def field(at: AppTest, key: str) -> str:
    return at.text_area(key=key).value


@pytest.mark.parametrize("button", ["tokens.undo", "tokens.examples"])
def test_words_that_come_with_a_click_are_a_step(button: str) -> None:
    at = open_app()
    first = field(at, "tokens.text_a")
    at.text_area(key="tokens.text_a").set_value("The cat sat.").run()
    at_once(at, button, text_a=TYPED)
    all_is_well(at)
    if button == "tokens.undo":
        assert field(at, "tokens.text_a") == "The cat sat."
        at.button(key="tokens.redo").click().run()
    else:
        assert field(at, "tokens.text_a") == "She opened the door."
        at.button(key="tokens.undo").click().run()
    assert field(at, "tokens.text_a") == TYPED
    for _ in range(2):
        at.button(key="tokens.undo").click().run()
    assert field(at, "tokens.text_a") == first


def test_redo_after_words_of_ones_own_changes_nothing() -> None:
    at = open_app()
    at.text_area(key="tokens.text_a").set_value("The cat sat.").run()
    at.button(key="tokens.undo").click().run()
    at_once(at, "tokens.redo", text_a=TYPED)
    all_is_well(at)
    assert field(at, "tokens.text_a") == TYPED


@pytest.mark.parametrize(
    ("button", "a", "b"),
    [
        ("compare.copy", TYPED, TYPED),
        ("compare.swap", "The young woman sat by the sea and watched the boats.", TYPED),
    ],
)
def test_the_buttons_of_compare_take_what_stands_in_the_fields(button: str, a: str, b: str) -> None:
    at = open_app("compare")
    at_once(at, button, text_a=TYPED)
    all_is_well(at)
    assert (field(at, "compare.text_a"), field(at, "compare.text_b")) == (a, b)
    if button == "compare.copy":
        at_once(at, "compare.back", text_a="It was dark.")
        assert field(at, "compare.text_a") == "It was dark."
        assert field(at, "compare.text_b").startswith("The young woman")


def test_second_segments_that_are_switched_off_stay_and_take_no_part() -> None:
    at = open_app("compare")
    at.toggle(key="compare.segments").set_value(True).run()
    at.text_area(key="compare.pair_a").set_value("It was dark.").run()
    at.toggle(key="compare.segments").set_value(False).run()
    for _ in range(2):
        at.button(key="compare.swap").click().run()
    at.button_group(key="compare.mode").set_value(CUTS).run()
    assert field(at, "compare.text") == "The old man sat by the sea and watched the boats."
    at.button_group(key="compare.mode").set_value(TEXTS).run()
    at.toggle(key="compare.segments").set_value(True).run()
    all_is_well(at)
    assert field(at, "compare.pair_a") == "It was dark."


def test_an_example_of_one_way_in_goes_along_to_the_other_and_its_cuts_go() -> None:
    at = open_app("compare")
    at.button_group(key="compare.mode").set_value(MODELS).run()
    try_example(at, "compare.one", 1)
    text = field(at, "compare.text")
    at.button_group(key="compare.mode").set_value(CUTS).run()
    assert field(at, "compare.text") == text
    at.text_area(key="compare.text").set_value("Hello").run()
    all_is_well(at)
    assert at.session_state["compare.cut_b"] == NOT_CUT


def test_a_word_taken_out_is_the_one_that_was_clicked() -> None:
    at = open_app("fill")
    at.text_area(key="tokens.text_a").set_value("the cat and the dog and the bird").run()
    words = at.button_group(key="fill.make").options
    assert len(set(words)) == len(words) == 8
    at.button_group(key="fill.make").set_value(3).run()
    assert field(at, "tokens.text_a") == "the cat and [MASK] dog and the bird"


def test_words_of_an_old_text_are_not_offered_beside_a_new_one() -> None:
    at = open_app("fill")
    at.text_area(key="tokens.text_a").set_value("the cat sat").run()
    pills = at.button_group(key="fill.make")
    at.text_area(key="tokens.text_a").set_value(TYPED)
    pills.set_value(1).run()
    assert field(at, "tokens.text_a") == TYPED
    at.toggle(key="tokens.pair").set_value(True).run()
    at.text_area(key="tokens.text_a").set_value("It was dark and it was cold.").run()
    assert errors(at)
    assert "fill.make" not in [each.key for each in at.button_group]


def test_a_boundary_is_moved_only_in_the_text_that_it_is_of() -> None:
    at = open_app("splits")
    at_once(at, "splits.away.0", text_a="It was dark. It was cold.")
    all_is_well(at)
    assert "splits.starts" not in at.session_state


def test_adjacent_sentences_open_as_the_two_that_were_read() -> None:
    at = open_app("splits")
    at.text_area(key="splits.text_a").set_value("It was dark. The cat sat. It slept.").run()
    at.button_group(key="splits.unit").set_value("sentence").run()
    chosen = next(each for each in at.selectbox if str(each.key).startswith("splits.chosen"))
    assert chosen.options[1].startswith("2 · "), "shown as it is: a list reads no Markdown"
    chosen.set_value(1).run()
    at.button(key="splits.open").click().run()
    all_is_well(at)
    assert field(at, "next_sentence.text_a") == "The cat sat."
    assert field(at, "next_sentence.text_b") == "It slept."


def test_a_list_shows_its_options_as_they_are_written() -> None:
    at = open_app("fill")
    at.text_area(key="fill.candidates").set_value("##ing\nco_op").run()
    reference = next(each for each in at.selectbox if str(each.key).startswith("fill.reference"))
    assert reference.options == ["##ing", "co_op"]
