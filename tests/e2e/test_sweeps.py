"""Splits and Pairs in a real browser: boundaries by hand, a click in the figure, choices that name the text."""

from playwright.sync_api import Locator, Page, expect

from dashboard.pages import PAGES
from tests.e2e.visits import Open, alerts, button, go, heading, subheader, try_example, write


def marks(page: Page) -> Locator:
    return page.locator(".js-plotly-plot .scatterlayer .trace").nth(2).locator("path.point")


def test_a_boundary_is_moved_and_opened_by_a_click(visit: Open) -> None:
    page = visit("splits")
    expect(subheader(page, "Margin at every boundary")).to_be_visible()
    expect(marks(page)).to_have_count(55)
    page.get_by_role("radio", name="sentences", exact=True).click()
    page.get_by_role("radio", name="whole text", exact=True).click()
    expect(marks(page)).to_have_count(5)
    page.get_by_text("Sentence boundaries: 5").click()
    button(page, "Take it away").first.click()
    expect(page.get_by_text("Sentence boundaries: 4")).to_be_visible()
    expect(marks(page)).to_have_count(4)
    button(page, "As found").click()
    expect(page.get_by_text("Sentence boundaries: 5")).to_be_visible()
    expect(marks(page)).to_have_count(5)
    # A mark is a path in a picture, which the pointer hits and Playwright takes for covered.
    marks(page).nth(1).click(force=True)
    expect(heading(page)).to_have_text(PAGES["next_sentence"].asks)
    expect(page.get_by_test_id("stSlider")).to_contain_text("into the arteries. | These")
    expect(alerts(page)).to_have_count(0)


def test_choices_name_the_text_that_is_read(visit: Open) -> None:
    # A browser keeps a choice's label as long as the widget's key stays, whatever the options have become.
    page = visit("splits")
    write(page, "Text", "A dog barked. Nobody heard it.")
    # The choice of the text before may stand below this one for a moment.
    page.get_by_role("radio", name="sentences", exact=True).click()
    boundary = page.get_by_role("combobox", name="Take a boundary apart").first
    expect(boundary).to_have_value("1 · A dog barked. | Nobody heard it.")
    go(page, "Pairs")
    write(page, "Sentences, one a line", "A dog barked.\nNobody heard it.\nIt slept.")
    pair = page.get_by_role("combobox", name="Pair").first
    expect(pair).to_have_value("1, 2 · A dog barked. | Nobody heard it.")

    try_example(page, "A small story")
    button(page, "One sentence a line").click()
    expect(subheader(page, "Sentence 2 after sentence 1, among controls")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(3)
    expect(page.get_by_role("row").filter(has_text="as given")).to_have_count(1)
