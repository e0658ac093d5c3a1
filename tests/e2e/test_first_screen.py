"""What is seen without scrolling: in a lecture hall's window, and on a telephone."""

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.pages import PAGES
from tests.e2e.visits import Open, cells, go, main, read_through

HALL, TELEPHONE = {"width": 1024, "height": 576}, {"width": 420, "height": 800}
A_LINE = 20
"""Pixels of a picture that are its beginning."""


def answer(page: Page, key: str) -> Locator:
    return main(page).locator(f".st-key-{key}-answer p").first


def picture(page: Page) -> Locator:
    """The first thing that is drawn of a result: a strip, rows, a figure, a table."""
    return main(page).locator(".frame, .variants, .filled, .js-plotly-plot, [data-testid=stTable]").first


def bounds(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box is not None
    return box["y"], box["y"] + box["height"]


@pytest.mark.parametrize("dark", [False, True])
def test_every_page_shows_its_answer_and_its_picture_in_a_small_window(visit: Open, dark: bool) -> None:
    page = visit(dark=dark, **HALL)
    for key, about in PAGES.items():
        go(page, about.title)
        read_through(page)
        expect(answer(page, key)).to_be_visible()
        _, answered = bounds(answer(page, key))
        drawn, _ = bounds(picture(page))
        assert answered <= HALL["height"], (key, answered)
        assert drawn + A_LINE <= HALL["height"], (key, drawn)
        assert answered <= drawn, (key, "the answer stands above its picture")


def test_every_page_shows_its_answer_on_a_telephone(visit: Open) -> None:
    page = visit(**TELEPHONE)
    for key in PAGES:
        page = visit(key if key != "tokens" else "", **TELEPHONE)
        read_through(page)
        _, answered = bounds(answer(page, key))
        assert answered <= TELEPHONE["height"], (key, answered)


def test_the_first_screen_says_what_this_is_and_fills_the_masks(visit: Open) -> None:
    page = visit(**HALL)
    read_through(page)
    expect(page).to_have_title("Tokens · Pretext")
    head = page.get_by_test_id("stSidebarHeader")
    assert "Pretext" in head.evaluate("node => getComputedStyle(node, '::before').content")
    expect(main(page).get_by_role("heading", level=1)).to_contain_text("BERT")
    for at, word in ((9, "election"), (43, "attacked")):
        expect(cells(page).nth(at)).to_contain_text(word)
        assert bounds(cells(page).nth(at))[1] <= HALL["height"], word
