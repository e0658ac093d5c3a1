"""The Tokens page in a real browser: picks, the hidden reading and its Stop, words, edits with undo, long texts."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.shots import at_rest
from tests.e2e.visits import (
    Open,
    alerts,
    button,
    cells,
    choose,
    choose_from,
    chosen,
    field,
    focus,
    heading,
    main,
    read_through,
    subheader,
    write,
)

TEXT = "Fort Sumter fell in April."
SENTENCE = "The cat sat on the mat while secessionist forces attacked Fort Sumter in South Carolina. "
LONG = SENTENCE * 24
"""432 positions that count: a quarter of a minute of reading on two cores, which nobody begins unasked."""


def value(page: Page, at: int) -> Locator:
    return cells(page).nth(at).locator(".value")


def test_a_text_is_read_picked_hidden_and_edited(visit: Open) -> None:
    page = visit()
    tokens_are_read_and_picked(page)
    the_hidden_reading_and_another_masking(page)
    words_edits_and_the_way_back(page)


def tokens_are_read_and_picked(page: Page) -> None:
    # The notebook's text is there at once, with its figures.
    expect(page).to_have_title("Tokens · Pretext")
    expect(cells(page)).to_have_count(62)
    expect(cells(page).nth(2)).to_contain_text("abraham")
    expect(subheader(page, "Position 9 · [MASK]")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(3)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()

    # Under the pointer or the focus a token shows three guesses; without either the chosen one does.
    line = page.locator(".foot .line")
    cells(page).nth(43).hover()
    expect(line).to_contain_text("position 43")
    expect(line.locator(".guess")).to_have_count(3)
    expect(line.locator(".guess").first).to_have_text(re.compile(r"^attacked  0\.\d{3}$"))
    heading(page).hover()
    expect(line).to_contain_text("position 9")
    chosen(page).focus()
    page.keyboard.press("ArrowRight")
    expect(line).to_contain_text("position 10")
    expect(line.locator(".guess")).to_have_count(3)

    cells(page).nth(2).click()
    expect(subheader(page, "Position 2 · abraham, seen")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "2")
    at_rest(page)
    # The arrow keys move the focus, and nothing is chosen before Enter says so.
    for key, focused in [
        ("ArrowRight", 3),
        ("ArrowRight", 4),
        ("ArrowLeft", 3),
        ("End", 61),
        ("ArrowRight", 61),
        ("Home", 0),
    ]:
        page.keyboard.press(key)
        assert focus(page) == str(focused)
    expect(chosen(page)).to_have_attribute("data-index", "2")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(subheader(page, "Position 60 · ., seen")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "60")
    expect(cells(page).nth(60)).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(subheader(page, "Position 0 · [CLS]")).to_be_visible()

    # With Shift the words from the chosen token on are marked, and it stays chosen; the same once more takes them out.
    cells(page).nth(2).click()
    expect(chosen(page)).to_have_attribute("data-index", "2")
    at_rest(page)
    cells(page).nth(3).click(modifiers=["Shift"])
    region = page.locator(".strip .cell.region")
    expect(region).to_have_count(2)
    expect(region.nth(1)).to_have_accessible_name(re.compile("in the region of words 2 to 3"))
    expect(chosen(page)).to_have_attribute("data-index", "2")
    at_rest(page)
    cells(page).nth(3).focus()
    page.keyboard.press("Shift+Enter")
    expect(region).to_have_count(0)
    expect(cells(page).nth(3)).to_be_focused()


def the_hidden_reading_and_another_masking(page: Page) -> None:
    read_through(page)
    choose(page, "seen")
    expect(page.locator(".legend .name")).to_have_text("entropy, seen")
    seen = value(page, 7).inner_text()
    choose(page, "hidden")
    expect(page.locator(".legend .name")).to_have_text("entropy, hidden")
    expect(value(page, 7)).not_to_have_text(seen)
    assert "…" not in page.locator(".strip .cell:not(.ghost) .value").all_inner_texts()
    expect(subheader(page, "What the head guesses at each hidden token")).to_be_visible()
    expect(page.locator(".readout .changed").first).to_be_visible()
    choose_from(page, "Colour by", "copy gap")
    expect(page.locator(".legend .name")).to_have_text("copy gap")
    expect(value(page, 7)).to_have_text(re.compile(r"^[+−]\d+\.\d\d$"))
    cells(page).nth(7).click()
    expect(subheader(page, "Position 7 · 1860, seen")).to_be_visible()
    expect(subheader(page, "Position 7 · 1860, hidden")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(4)
    expect(page.get_by_role("row").filter(has_text="word-l2r (Kauf & Ivanova 2023)")).to_have_count(1)

    write(page, "Text", TEXT)
    expect(cells(page)).to_have_count(9)
    choose_from(page, "Colour by", "entropy")
    expect(page.locator(".legend .name")).to_have_text("entropy, hidden")
    before, alone = value(page, 2).inner_text(), value(page, 1).inner_text()
    button(page, "Options").click()
    page.get_by_text("the token alone", exact=True).click()
    expect(value(page, 2)).not_to_have_text(before)
    expect(value(page, 1)).to_have_text(alone)
    page.get_by_role("spinbutton", name="Predictions per position").fill("3")
    page.keyboard.press("Enter")
    expect(subheader(page, "The 3 most probable tokens at each position, hidden: the token alone")).to_be_visible()


def words_edits_and_the_way_back(page: Page) -> None:
    choose(page, "seen")
    choose(page, "word")
    expect(cells(page).locator(".chip")).to_have_text(["[CLS]", "Fort", "Sumter", "fell", "in", "April.", "[SEP]"])
    cells(page).nth(3).click()
    expect(subheader(page, "Position 4 · fell, seen")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "3")
    at_rest(page)
    for key, focused in [("ArrowLeft", 2), ("Home", 0), ("ArrowLeft", 0), ("End", 6), ("ArrowRight", 6)]:
        page.keyboard.press(key)
        assert focus(page) == str(focused)
    where = page.locator(".foot .line .where")
    expect(where).to_have_text("position 8")
    page.keyboard.press("ArrowLeft")
    expect(where).to_have_text("positions 6 to 7")
    page.keyboard.press("Enter")
    expect(subheader(page, "Position 6 · april, seen")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "5")
    # By token again, the same place is chosen.
    choose(page, "token")
    expect(chosen(page)).to_have_attribute("data-index", "6")

    cells(page).nth(4).click()
    expect(subheader(page, "Position 4 · fell, seen")).to_be_visible()
    chip, edited = cells(page).nth(4).locator(".chip"), page.locator(".cell.edited")
    button(page, "Put [MASK] here").click()
    expect(chip).to_have_class(re.compile("guess"))
    expect(edited).to_have_count(1)
    expect(page.get_by_text("Edited: the text has 'fell' here.")).to_be_visible()
    expect(field(page, "Text")).to_have_value(TEXT)
    another = page.get_by_role("combobox", name="Put another token here")
    at_rest(page)
    another.fill("xyzzyq")
    another.press("Enter")
    expect(alerts(page)).to_have_text(["'xyzzyq' is no single token of this model's vocabulary: name one that it has."])
    at_rest(page)
    another.fill("landed")
    another.press("Enter")
    expect(chip).to_have_text("landed")
    expect(alerts(page)).to_have_count(0)
    for name, token in (("Undo", " %"), ("Redo", "landed"), ("Take the edit back", "fell")):
        button(page, name).click()
        expect(chip).to_contain_text(token)
    expect(edited).to_have_count(0)

    # Undo brings a text back with its edits.
    button(page, "Put [MASK] here").click()
    expect(edited).to_have_count(1)
    write(page, "Text", "She opened the door.")
    expect(cells(page)).to_have_count(7)
    expect(edited).to_have_count(0)
    button(page, "Undo").click()
    expect(field(page, "Text")).to_have_value(TEXT)
    expect(page.locator(".cell.edited .chip.guess")).to_have_count(1)


def test_long_texts(visit: Open) -> None:
    page = visit(width=420)
    a_long_text_waits_to_be_asked_and_can_be_stopped(page)
    a_text_too_long_is_read_in_windows(page)


def a_long_text_waits_to_be_asked_and_can_be_stopped(page: Page) -> None:
    write(page, "Text", LONG)
    expect(cells(page)).to_have_count(434)
    expect(page.locator(".legend .name")).to_have_text("entropy, hidden")
    read_on = main(page).get_by_role("button", name=re.compile(r"^Read the rest \(about \d+ (s|min)\)$"))
    # On a quick machine it takes less than what waits to be asked for, and can be stopped all the same.
    expect(read_on.or_(button(page, "Stop"))).to_be_visible()
    if not read_on.count():
        button(page, "Stop").click()
    expect(read_on).to_be_visible()
    at_first = read_from_the_beginning(page)
    expect(page.get_by_text("Comes when every position has been read")).to_be_visible()

    read_on.click()
    expect(page.get_by_text(re.compile(r"positions read, about"))).to_be_visible()
    # Clicks on a page that is being read: test_busy.
    button(page, "Stop").click()
    expect(read_on).to_be_visible()
    assert read_from_the_beginning(page) > at_first


def read_from_the_beginning(page: Page) -> int:
    """How many positions the strip has, from the beginning and without a hole; a part, as the page says."""
    so_far = page.get_by_text(re.compile(r"^\d+ of 432 positions read\.$"))
    expect(so_far).to_be_visible()
    assert int(so_far.inner_text().split()[0]) < 432
    printed = page.locator(".strip .cell:not(.ghost) .value").all_inner_texts()
    read = sum(text != "…" for text in printed)
    assert read < 432
    assert printed[read:] == ["…"] * (432 - read)
    return read


def a_text_too_long_is_read_in_windows(page: Page) -> None:
    write(page, "Text", SENTENCE * 30)
    expect(alerts(page)).to_have_text(re.compile("at most 512 are read .* or read it in overlapping windows"))
    expect(cells(page)).to_have_count(434)
    page.get_by_text("Overlapping windows", exact=True).click()
    expect(cells(page)).to_have_count(542)
    expect(alerts(page)).to_have_count(0)
    expect(subheader(page, "The text in 2 overlapping windows")).to_be_visible()
    cells(page).nth(500).click()
    expect(chosen(page)).to_have_attribute("data-index", "500")
    expect(page.get_by_role("heading", level=3, name=re.compile(r"^Position 500 · "))).to_be_visible()
    scroll, client = main(page).evaluate("main => [main.scrollWidth, main.clientWidth]")
    assert scroll == client
