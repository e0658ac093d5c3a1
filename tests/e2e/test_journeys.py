"""What a visitor does, in a real browser, from page to page: type, pick, move, click in a figure, come back."""

import re

from playwright.sync_api import Locator, Page, expect

from dashboard.pages import PAGES
from dashboard.texts import NOTEBOOK_A, NOTEBOOK_B
from tests.e2e.shots import at_rest
from tests.e2e.visits import (
    HOSTILE,
    Open,
    alerts,
    assert_no_markup,
    button,
    cells,
    choose,
    choose_from,
    chosen,
    field,
    focus,
    go,
    heading,
    main,
    read_through,
    subheader,
    try_example,
    write,
)


def test_awkward_input_and_gaps_of_ones_own(visit: Open, page_errors: list[str]) -> None:
    page = visit("no_such_page")
    expect(heading(page)).to_have_text(PAGES["tokens"].asks)
    page.keyboard.press("Escape")  # Streamlit says in a dialog that there is no such page.
    expect(page.get_by_role("dialog")).to_have_count(0)
    page_errors.clear()

    a_model_s_name_is_text(page)
    bad_input_is_said_once_and_goes_with_a_text_of_ones_own(page)
    markup_stays_text(page)
    gaps_of_ones_own(page)


def a_model_s_name_is_text(page: Page) -> None:
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_role("combobox").fill(HOSTILE[:55])
    sidebar.get_by_role("combobox").press("Enter")
    error = sidebar.get_by_test_id("stAlertContainer")
    expect(error).to_have_count(1)
    expect(error).to_contain_text(f"'{HOSTILE[:45]}")
    assert_no_markup(sidebar)
    expect(sidebar.get_by_text("Still in use: bundled")).to_be_visible()
    expect(cells(page)).to_have_count(62)


def bad_input_is_said_once_and_goes_with_a_text_of_ones_own(page: Page) -> None:
    write(page, "Text", " ")
    expect(alerts(page)).to_have_text(["The text is only white space: type at least one word."])
    expect(cells(page)).to_have_count(62)
    # A pick redraws a part of the page; the sentence may neither vanish with it nor be said again.
    cells(page).nth(4).click()
    expect(subheader(page, "Position 4 · won, seen")).to_be_visible()
    choose_from(page, "Colour by", "rank")
    expect(alerts(page)).to_have_count(1)
    choose(page, "seen")
    expect(alerts(page)).to_have_count(1)

    write(page, "Text", "The old man the boat.")
    expect(cells(page)).to_have_count(8)
    expect(alerts(page)).to_have_count(0)
    expect(cells(page).nth(5)).to_contain_text("boat")
    expect(page.locator(".readout > span")).to_have_count(8)

    # Segments differ by line and letter, not by colour alone.
    page.get_by_text("Second segment").click()
    write(page, "Text B", "It was dark.")
    expect(cells(page)).to_have_count(13)
    expect(page.locator(".strip .segment")).to_have_text(["A", "B"])
    expect(cells(page).first).to_have_css("border-top-style", "solid")
    expect(cells(page).last).to_have_css("border-top-style", "dashed")
    page.get_by_text("Second segment").click()
    expect(cells(page)).to_have_count(8)


def markup_stays_text(page: Page) -> None:
    write(page, "Text", HOSTILE)
    expect(page.locator(".strip").first).to_contain_text("alert")
    assert_shown(page)

    go(page, "Next sentence")
    for label in ("Text A", "Text B"):
        write(page, label, HOSTILE)
    expect(page.locator(".variants .row.first").get_by_text("example")).to_have_count(2)
    assert_shown(page)
    page.get_by_role("radio", name="One text, movable boundary").click()
    write(page, "Text", HOSTILE)
    expect(page.get_by_test_id("stSlider")).to_contain_text("onerror=alert(1)>")
    assert_shown(page)

    go(page, "Splits")
    write(page, "Text", f"{HOSTILE} came first. Then it was last.")
    expect(main(page)).to_contain_text("onerror=alert(1)>")
    page.get_by_text(re.compile("^Sentence boundaries:")).click()
    expect(page.get_by_role("button", name="Take it away").first).to_be_visible()
    assert_shown(page)


def assert_shown(page: Page) -> None:
    at_rest(page)
    assert_no_markup(main(page))
    expect(alerts(page)).to_have_count(0)


def gaps_of_ones_own(page: Page) -> None:
    go(page, "Fill")
    expect(page.get_by_text("This text has no gap yet")).to_be_visible()
    readings = page.locator(".filled .row")
    try_example(page, "Two gaps side by side")
    expect(readings.locator(".orders")).to_have_text(
        ["independent", "left to right, confident first, beam", "right to left"]
    )
    expect(readings.nth(1).locator(".filler.differs")).to_have_text(["san", "francisco"])
    expect(page.get_by_role("combobox", name="Reference")).to_have_value("san")

    # A text without a gap offers its words; one click makes a gap of one, and the candidates come along.
    write(page, "Text", "The king sat on his throne.")
    expect(page.get_by_text("This text has no gap yet")).to_be_visible()
    page.get_by_test_id("stButtonGroup").get_by_text("throne", exact=True).click()
    expect(field(page, "Text")).to_have_value("The king sat on his [MASK].")
    write(page, "Candidates, one per line", "throne\n[MASK] of gold\nhorse")
    expect(alerts(page)).to_have_text(re.compile("holds a special token"))
    expect(readings).to_have_count(1)
    write(page, "Candidates, one per line", "throne\nhorse")
    expect(alerts(page)).to_have_count(0)
    expect(subheader(page, "The candidates in order")).to_be_visible()
    go(page, "Tokens")
    go(page, "Fill")
    expect(field(page, "Text")).to_have_value("The king sat on his [MASK].")
    expect(field(page, "Candidates, one per line")).to_have_value("throne\nhorse")


def test_boundaries_sweeps_and_comparisons(visit: Open) -> None:
    # What an address adds changes nothing.
    page = visit("next_sentence?embed_options=junk&next_sentence.text_a=<b>&x=1&x=2")
    the_boundary_is_moved_with_the_keyboard(page)
    a_boundary_is_taken_away_and_opened_by_a_click(page)
    choices_name_the_text_that_is_read(page)
    an_edit_opens_beside_its_original_and_pairs_are_chosen(page)


def the_boundary_is_moved_with_the_keyboard(page: Page) -> None:
    expect(page.locator(".variants .row")).to_have_count(10)
    expect(field(page, "Text A")).to_have_value(NOTEBOOK_A)
    zeros = page.locator(".variants .zero").evaluate_all("all => all.map(zero => zero.getBoundingClientRect().left)")
    assert len(zeros) == 9
    assert max(zeros) - min(zeros) < 1, "one axis for all rows"
    margins = page.locator(".variants .margin")
    page.get_by_role("radio", name="One text, movable boundary").click()
    slider = page.get_by_role("slider")
    expect(slider).to_have_attribute(
        "aria-valuetext", re.compile(r"^\d+ … .*Confederacy\. \| War broke out in April.* …$")
    )
    at_rest(page)
    at_the_sentence = margins.all_inner_texts()
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"War \| broke out in April"))
    expect(margins.first).not_to_have_text(at_the_sentence[0])
    page.get_by_role("button", name="Previous sentence end").click()
    expect(margins).to_have_text(at_the_sentence)
    expect(field(page, "Text")).to_have_value(re.compile(re.escape(NOTEBOOK_B)))


def marks(page: Page) -> Locator:
    return page.locator(".js-plotly-plot .scatterlayer .trace").nth(2).locator("path.point")


def a_boundary_is_taken_away_and_opened_by_a_click(page: Page) -> None:
    go(page, "Splits")
    expect(subheader(page, "Margin at every boundary")).to_be_visible()
    read_through(page)
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


def choices_name_the_text_that_is_read(page: Page) -> None:
    # A browser keeps a choice's label as long as the widget's key stays, whatever the options have become.
    go(page, "Splits")
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


def an_edit_opens_beside_its_original_and_pairs_are_chosen(page: Page) -> None:
    go(page, "Tokens")
    cells(page).nth(3).click()
    main(page).get_by_role("button", name=re.compile("Put .MASK. here")).click()
    main(page).get_by_role("button", name=re.compile("Compare$")).click()
    expect(heading(page)).to_have_text("What changes between A and B?")
    expect(page.locator(".strip .cell.substitution")).to_have_count(1)
    choose(page, "seen")
    expect(page.locator(".strip .cell.substitution")).to_have_count(1)

    try_example(page, "Other people")
    expect(cells(page)).to_have_count(14)
    expect(page.locator(".strip .cell.substitution")).to_have_count(2)
    cells(page).nth(2).click()
    expect(subheader(page, "Both predictions · old → young")).to_be_visible()
    cells(page).nth(2).press("ArrowRight")
    assert focus(page) == "3"
    page.keyboard.press("Enter")
    expect(subheader(page, "Both predictions · man → woman")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "3")
    page.keyboard.press("End")
    assert focus(page) == "13"
    expect(alerts(page)).to_have_count(0)
