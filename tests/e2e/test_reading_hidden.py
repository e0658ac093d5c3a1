"""The Tokens page in a real browser: the hidden reading and its Stop, words, edits with undo, long texts."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.shots import at_rest
from tests.e2e.visits import Open, alerts, cells, choose, chosen, focus, subheader, write

TEXT = "Fort Sumter fell in April."
LONG = "The cat sat on the mat while secessionist forces attacked Fort Sumter in South Carolina. " * 24
"""432 positions that count: minutes of reading, which nobody begins unasked."""


def button(page: Page, name: str) -> Locator:
    return page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)


def value(page: Page, at: int) -> Locator:
    return cells(page).nth(at).locator(".value")


def test_the_hidden_reading_is_there_with_the_page(visit: Open) -> None:
    page = visit()
    seen = value(page, 7).inner_text()
    choose(page, "hidden")
    expect(page.locator(".legend .name")).to_have_text("entropy, hidden")
    expect(value(page, 7)).not_to_have_text(seen)
    assert "…" not in page.locator(".strip .cell:not(.ghost) .value").all_inner_texts()
    expect(subheader(page, "What the head guesses at each hidden token")).to_be_visible()
    expect(page.locator(".readout .changed").first).to_be_visible()
    choose(page, "copy gap")
    expect(page.locator(".legend .name")).to_have_text("copy gap")
    expect(value(page, 7)).to_have_text(re.compile(r"^[+−]\d+\.\d\d$"))
    cells(page).nth(7).click()
    expect(subheader(page, "Position 7 · 1860, seen")).to_be_visible()
    expect(subheader(page, "Position 7 · 1860, hidden")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(4)
    expect(page.get_by_role("row").filter(has_text="word-l2r (Kauf & Ivanova 2023)")).to_have_count(1)


def test_another_masking_changes_what_is_hidden(visit: Open) -> None:
    page = visit()
    write(page, "Text", TEXT)
    expect(cells(page)).to_have_count(9)
    choose(page, "hidden")
    expect(page.locator(".legend .name")).to_have_text("entropy, hidden")
    before = value(page, 2).inner_text()
    alone = value(page, 1).inner_text()
    page.get_by_test_id("stMain").get_by_role("button", name="Options").click()
    page.get_by_text("the token alone", exact=True).click()
    expect(value(page, 2)).not_to_have_text(before)
    expect(value(page, 1)).to_have_text(alone)
    page.get_by_role("spinbutton", name="Predictions per position").fill("3")
    page.keyboard.press("Enter")
    expect(subheader(page, "The 3 most probable tokens at each position, hidden: the token alone")).to_be_visible()


def test_words_by_click_and_by_key(visit: Open) -> None:
    page = visit()
    write(page, "Text", TEXT)
    expect(cells(page)).to_have_count(9)
    choose(page, "word")
    expect(cells(page)).to_have_count(7)
    expect(cells(page).locator(".chip")).to_have_text(["[CLS]", "Fort", "Sumter", "fell", "in", "April.", "[SEP]"])
    cells(page).nth(3).click()
    expect(subheader(page, "Position 4 · fell, seen")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "3")
    for key, focused in [("ArrowLeft", 2), ("Home", 0), ("ArrowLeft", 0), ("End", 6), ("ArrowRight", 6)]:
        page.keyboard.press(key)
        assert focus(page) == str(focused)
    expect(page.locator(".foot .line .where")).to_have_text("position 8")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".foot .line .where")).to_have_text("positions 6 to 7")
    page.keyboard.press("Enter")
    expect(subheader(page, "Position 6 · april, seen")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "5")
    # By token again, the same place is chosen.
    choose(page, "token")
    expect(chosen(page)).to_have_attribute("data-index", "6")


def test_an_edit_and_the_way_back(visit: Open) -> None:
    page = visit()
    write(page, "Text", TEXT)
    expect(cells(page)).to_have_count(9)
    cells(page).nth(4).click()
    button(page, "Put [MASK] here").click()
    expect(cells(page).nth(4).locator(".chip")).to_have_text("[MASK]")
    expect(page.locator(".cell.edited")).to_have_count(1)
    expect(page.get_by_text("Edited: the text has 'fell' here.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_value(TEXT)
    at_rest(page)

    field = page.get_by_role("combobox", name="Put another token here")
    field.fill("xyzzyq")
    field.press("Enter")
    expect(alerts(page)).to_have_text(["'xyzzyq' is no single token of this model's vocabulary: name one that it has."])
    field.fill("landed")
    field.press("Enter")
    expect(cells(page).nth(4).locator(".chip")).to_have_text("landed")
    expect(alerts(page)).to_have_count(0)
    at_rest(page)
    button(page, "Undo").click()
    expect(cells(page).nth(4).locator(".chip")).to_have_text("[MASK]")
    at_rest(page)
    button(page, "Redo").click()
    expect(cells(page).nth(4).locator(".chip")).to_have_text("landed")
    at_rest(page)
    button(page, "Take the edit back").click()
    expect(cells(page).nth(4).locator(".chip")).to_have_text("fell")
    expect(page.locator(".cell.edited")).to_have_count(0)


def test_undo_brings_a_text_back_with_its_edits(visit: Open) -> None:
    page = visit()
    write(page, "Text", TEXT)
    expect(cells(page)).to_have_count(9)
    cells(page).nth(2).click()
    button(page, "Put [MASK] here").click()
    expect(page.locator(".cell.edited")).to_have_count(1)
    at_rest(page)
    write(page, "Text", "She opened the door.")
    expect(cells(page)).to_have_count(7)
    expect(page.locator(".cell.edited")).to_have_count(0)
    at_rest(page)
    button(page, "Undo").click()
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_value(TEXT)
    expect(page.locator(".cell.edited .chip")).to_have_text(["[MASK]"])


def asked_for(page: Page) -> Page:
    """A long text of which the rest is being read."""
    write(page, "Text", LONG)
    expect(cells(page)).to_have_count(434)
    choose(page, "hidden")
    go_on = page.get_by_role("button", name=re.compile("^Read the rest"))
    expect(go_on).to_be_visible()
    go_on.click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(button(page, "Stop")).to_be_visible()
    return page


def test_a_long_text_waits_to_be_asked(visit: Open) -> None:
    page = visit()
    write(page, "Text", LONG)
    expect(cells(page)).to_have_count(434)
    choose(page, "hidden")
    expect(page.locator(".legend .name")).to_have_text("entropy, hidden")
    expect(page.get_by_role("button", name=re.compile(r"^Read the rest \(about \d+ (s|min)\)$"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\d+ of 432 positions read with their token hidden\.$"))).to_be_visible()
    printed = page.locator(".strip .cell:not(.ghost) .value").all_inner_texts()
    read = sum(text != "…" for text in printed)
    assert 0 < read < 432
    assert printed == [*printed[:read], *["…"] * (432 - read)], "from the beginning"
    expect(page.get_by_text("Comes when every position has been read")).to_be_visible()


def test_stop_keeps_what_has_been_read(visit: Open) -> None:
    page = asked_for(visit())
    expect(page.get_by_text(re.compile(r"positions read, about"))).to_be_visible()
    button(page, "Stop").click()
    expect(page.get_by_role("button", name=re.compile("^Read the rest"))).to_be_visible()
    so_far = page.get_by_text(re.compile(r"^\d+ of 432 positions read with their token hidden\.$"))
    expect(so_far).to_be_visible()
    at_rest(page)
    read = int(so_far.inner_text().split()[0])
    assert 0 < read < 432
    expect(page.locator(".strip .cell:not(.ghost) .value").filter(has_text="…")).to_have_count(432 - read)


def test_a_token_can_be_chosen_while_the_rest_is_read(visit: Open) -> None:
    page = asked_for(visit())
    cells(page).nth(2).click()
    expect(subheader(page, "Position 2 · cat, seen")).to_be_visible()


@pytest.mark.parametrize("width", [1400, 420])
def test_a_text_too_long_is_read_in_windows(visit: Open, width: int) -> None:
    page = visit(width=width)
    write(page, "Text", LONG * 2)
    expect(alerts(page)).to_have_text(re.compile("at most 512 are read .* or read it in overlapping windows"))
    expect(cells(page)).to_have_count(62)
    page.get_by_text("Overlapping windows", exact=True).click()
    expect(cells(page)).to_have_count(866)
    at_rest(page)
    expect(alerts(page)).to_have_count(0)
    expect(subheader(page, "The text in 3 overlapping windows")).to_be_visible()
    scroll, client = page.get_by_test_id("stMain").evaluate("main => [main.scrollWidth, main.clientWidth]")
    assert scroll == client
    cells(page).nth(700).click()
    expect(chosen(page)).to_have_attribute("data-index", "700")
    expect(page.get_by_role("heading", level=3, name=re.compile(r"^Position 700 · "))).to_be_visible()
