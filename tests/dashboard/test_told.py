"""What fields show where a request was sent while the browser still drew the run before.

A browser shows what a person did last; a field changes under it only where a run tells its value.
"""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.pages import PAGES
from dashboard.pages.next_sentence import ONE_TEXT, TWO_TEXTS
from tests.dashboard.app import all_is_well, go, open_app, try_example, words

pytestmark = pytest.mark.usefixtures("at_once")
GAP, TYPED = "The king sat on his [MASK].", "The king sat."


def field(at: AppTest, key: str) -> Any:
    fields = (*at.text_area, *at.selectbox, *at.text_input, *at.toggle, *at.button_group, *at.number_input, *at.radio)
    (found,) = [each for each in fields if each.key == key]
    return found


def put(at: AppTest, key: str, value: object) -> AppTest:
    return field(at, key).set_value(value).run()


def told(at: AppTest, key: str) -> object:
    """The value that the last run told for a field; None where it left the field as it was."""
    return field(at, key).value if field(at, key).proto.set_value else None


def late(at: AppTest, key: str, value: object) -> Callable[[], AppTest]:
    """What is put into a field now, as the browser shows the page; the server hears of it when this is called."""
    changed = field(at, key)
    before = changed._value
    shown = changed.set_value(value).root.get_widget_states()
    changed._value = before
    # A browser says nothing of buttons that are not pressed.
    sent = WidgetStates(widgets=[each for each in shown.widgets if each.WhichOneof("value") != "trigger_value"])
    return lambda: at._run(sent)


@pytest.mark.parametrize(
    ("page", "key", "value", "by", "hides", "shows"),
    [
        ("tokens", "tokens.text_b", "It was dark.", "tokens.pair", False, True),
        ("fill", "fill.candidates", "throne\nhorse", "tokens.text_a", "No gap.", GAP),
        ("fill", "fill.any_length", True, "tokens.text_a", "No gap.", GAP),
        ("next_sentence", "next_sentence.text_b", "It was dark.", "next_sentence.mode", ONE_TEXT, TWO_TEXTS),
    ],
)
def test_a_field_that_comes_back_is_told_its_value(
    page: str, key: str, value: object, by: str, hides: object, shows: object
) -> None:
    at = open_app(page)
    if by == "tokens.pair":
        put(at, by, True)
    put(at, key, value)
    comes_back = late(at, by, shows)
    put(at, by, hides)
    comes_back()
    all_is_well(at)
    assert told(at, key) == value


def test_what_was_written_before_an_example_came_stands_in_the_field_as_it_is_read() -> None:
    at = open_app()
    at.run()
    write = late(at, "tokens.text_a", TYPED)
    try_example(at, "tokens", 1)
    assert str(told(at, "tokens.text_a")).startswith("The old man"), "it may arrive after what is written"
    write()
    all_is_well(at)
    assert words(at)[1:3] == ["the", "king"]
    assert told(at, "tokens.text_a") == TYPED


def test_a_field_that_stays_is_left_to_the_browser() -> None:
    at = open_app()
    put(at, "tokens.text_a", TYPED)
    assert told(at, "tokens.text_a") == TYPED, "it could have been written before the page's own text came"
    put(at, "tokens.text_a", GAP)
    put(at, "tokens.follow", "king")
    for key in ("tokens.text_a", "tokens.pair", "tokens.measure", "tokens.k"):
        assert told(at, key) is None
    for k in (3, 4, 5):
        assert told(put(at, "tokens.k", k), "tokens.k") is None, "clicks go on while a run is on its way"


def test_every_field_of_a_page_that_is_opened_again_is_told() -> None:
    at = open_app()
    put(at, "tokens.text_a", TYPED)
    put(at, "tokens.masking", "token")
    go(go(at, "tour"), "tokens")
    assert (told(at, "tokens.text_a"), told(at, "tokens.masking")) == (TYPED, "token")
    at.run()
    assert (told(at, "tokens.text_a"), told(at, "tokens.masking")) == (None, None)


def click_on(at: AppTest, page: str) -> AppTest:
    """Open a page by its entry in the navigation: a browser says nothing of the fields of the page that it leaves."""
    at._page_hash = calc_hash("" if page == "tokens" else page)
    kept = [each for each in at.sidebar.root.get_widget_states().widgets if "-model.choice" in each.id]
    return at._run(WidgetStates(widgets=kept))


@pytest.mark.parametrize("page", [key for key, each in PAGES.items() if each.home == "tokens" and key != "tokens"])
def test_a_text_that_nobody_has_touched_goes_to_the_pages_that_share_it(page: str) -> None:
    at = open_app()
    text = field(at, "tokens.text_a").value
    assert text
    for other in (page, "tokens"):
        click_on(at, other)
        all_is_well(at)
        assert field(at, "tokens.text_a").value == told(at, "tokens.text_a") == text
