"""Splits and Pairs in a real browser: boundaries by hand, a click in the figure, hostile text."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.shots import at_rest
from tests.e2e.visits import Open, alerts, choose, subheader, write

HOSTILE = "<img src=x onerror=alert(1)> **b** $x$ first. Then :red[c] :material/check: a -> b came! %{x} last."


def marks(page: Page) -> Locator:
    return page.locator(".js-plotly-plot .scatterlayer .trace").nth(2).locator("path.point")


def test_a_boundary_is_moved_and_opened_by_a_click(visit: Open) -> None:
    page = visit("splits")
    expect(subheader(page, "Margin at every boundary")).to_be_visible()
    expect(marks(page)).to_have_count(5)
    page.get_by_text("Sentence boundaries: 5").click()
    page.get_by_role("button", name="Take it away").first.click()
    expect(page.get_by_text("Sentence boundaries: 4")).to_be_visible()
    at_rest(page)
    expect(marks(page)).to_have_count(4)
    page.get_by_role("button", name="As found").click()
    expect(page.get_by_text("Sentence boundaries: 5")).to_be_visible()
    at_rest(page)
    expect(marks(page)).to_have_count(5)
    marks(page).nth(1).scroll_into_view_if_needed()
    box = marks(page).nth(1).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    heading = page.get_by_test_id("stMain").get_by_role("heading", level=1)
    expect(heading).to_have_text("Does the head think B follows A, and what made it think so?")
    expect(page.get_by_test_id("stSlider")).to_contain_text("since the morning. | At noon")
    at_rest(page)
    expect(alerts(page)).to_have_count(0)


def test_choices_name_the_text_that_is_read(visit: Open) -> None:
    # A browser keeps a choice's label as long as the widget's key stays, whatever the options have become.
    page = visit("splits")
    write(page, "Text", "A dog barked. Nobody heard it.")
    at_rest(page)
    expect(page.get_by_role("combobox", name="Take a boundary apart")).to_have_value(
        "1 · A dog barked. | Nobody heard it."
    )
    page = visit("pairs")
    write(page, "Sentences, one a line", "A dog barked.\nNobody heard it.\nIt slept.")
    at_rest(page)
    expect(page.get_by_role("combobox", name="Pair")).to_have_value("1, 2 · A dog barked. | Nobody heard it.")


def test_markup_in_a_sweep_stays_text(visit: Open) -> None:
    page = visit("splits")
    write(page, "Text", HOSTILE)
    at_rest(page)
    choose(page, "words")
    page.get_by_text(re.compile("^Sentence boundaries:")).click()
    at_rest(page)
    expect(page.get_by_test_id("stMain")).to_contain_text("onerror=alert(1)>")
    assert_no_markup(page)


def test_markup_in_pairs_stays_text(visit: Open) -> None:
    page = visit("pairs")
    write(page, "Sentences, one a line", f"{HOSTILE}\nA dog.\n{HOSTILE[::-1]}")
    at_rest(page)
    expect(page.get_by_test_id("stMain")).to_contain_text("A dog.")
    assert_no_markup(page)


def assert_no_markup(page: Page) -> None:
    main = page.get_by_test_id("stMain")
    expect(
        main.locator("img[src=x], .katex, .stMarkdownColoredText, [data-testid=stCaptionContainer] strong")
    ).to_have_count(0)
    expect(alerts(page)).to_have_count(0)


def test_pairs_among_controls(visit: Open) -> None:
    page = visit("pairs")
    expect(subheader(page, "Sentence 2 after sentence 1, among controls")).to_be_visible()
    page.get_by_role("button", name="One sentence a line").click()
    at_rest(page)
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(3)
    expect(page.get_by_role("row").filter(has_text="as given")).to_have_count(1)
