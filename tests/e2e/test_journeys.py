"""What a visitor does, in a real browser: read, type, pick, move, change pages, download."""

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Download, Locator, Page, expect

from dashboard.drawing.palette import palette
from dashboard.pages import PAGES
from dashboard.texts import NOTEBOOK_A, NOTEBOOK_B
from tests.e2e.shots import at_rest
from tests.e2e.visits import (
    HOSTILE,
    Open,
    alerts,
    assert_no_markup,
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
    saved,
    subheader,
    try_example,
    write,
)

TITLES = {page.key: page.title for page in PAGES.values()}
JSON = {
    "tokens": {
        "JSON, seen": ("pretext-seen.json", "positions", 62),
        "JSON, hidden": ("pretext-hidden.json", "positions", 62),
        "JSON, pll-word l2r": ("pretext-pll-word-l2r.json", "tokens", 58),
    },
    "fill": {"JSON, fill": ("pretext-fill.json", "fillings", 9)},
    "next_sentence": {
        "JSON, next sentence": ("pretext-next-sentence.json", "variants", 8),
        "JSON, controls": ("pretext-controls.json", "controls", 20),
    },
    "splits": {"JSON": ("pretext-splits.json", "boundaries", 55)},
    "pairs": {"JSON": ("pretext-pairs.json", "sentences", 6)},
}
"""Of every page: a button, the name of the file, a list in it and how long it is."""


def test_tokens_are_read_and_picked(visit: Open) -> None:
    page = visit()
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


def test_bad_input_is_said_once_and_goes_with_a_text_of_ones_own(visit: Open, page_errors: list[str]) -> None:
    page = visit("no_such_page")
    expect(heading(page)).to_have_text(PAGES["tokens"].asks)
    page.keyboard.press("Escape")  # Streamlit says in a dialog that there is no such page.
    expect(page.get_by_role("dialog")).to_have_count(0)
    page_errors.clear()

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


def test_every_page_keeps_what_it_was_given_and_gives_its_numbers(visit: Open) -> None:
    page = visit()
    cells(page).nth(3).click()
    expect(subheader(page, "Position 3 · lincoln, seen")).to_be_visible()
    for key, title in TITLES.items():
        go(page, title)
        expect(heading(page)).to_have_text(PAGES[key].asks)
        assert_in_theme(page, "light", title)
        read_through(page)
        for name, (file, holds, length) in JSON.get(key, {}).items():
            assert_json(saved(page, name), file, holds, length)
        assert_narrow_enough(page, title)
    go(page, "Tokens")
    expect(subheader(page, "Position 3 · lincoln, seen")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "3")
    page.get_by_test_id("stExpander").filter(has_text="Every position").locator("summary").click()
    assert_csv(saved(page, "Download CSV"))


def test_pages_in_the_dark(visit: Open) -> None:
    page = visit(dark=True)
    # Of every kind of strip and of small print one.
    for key in ("tokens", "fill", "next_sentence", "compare"):
        title = TITLES[key]
        go(page, title)
        assert_in_theme(page, "dark", title)


def assert_in_theme(page: Page, theme: str, where: str) -> None:
    """The ground is the theme's; what stands on it is read by axe (test_accessibility)."""
    ground = palette(theme).ground
    found = page.get_by_test_id("stApp").evaluate("element => getComputedStyle(element).backgroundColor")
    assert "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", found)[:3]) == ground, where


def assert_json(download: Download, file: str, holds: str, length: int) -> None:
    assert download.suggested_filename == file
    answer = json.loads(download.path().read_text(encoding="utf-8"))
    assert len(answer[holds]) == length
    assert answer["model"]["spec"] == answer["provenance"]["spec"] == "bundled"
    assert {"pretext", "torch", "transformers"} <= set(answer["provenance"]["versions"])
    assert_just_now(answer["provenance"]["exported"])


def assert_csv(download: Download) -> None:
    assert download.suggested_filename == "pretext-positions-hidden.csv"
    rows = list(csv.DictReader(io.StringIO(download.path().read_text(encoding="utf-8"), newline="")))
    assert len(rows) == 62
    assert [row["token"] for row in rows[:4]] == ["[CLS]", "after", "abraham", "lincoln"]
    for row in rows:
        assert row["model"] == "bundled"
        assert row["revision"].startswith("sha256:")
        assert "torch " in row["versions"]
        assert_just_now(row["exported_utc"])


def assert_just_now(moment: str) -> None:
    assert abs((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()) < 300


def assert_narrow_enough(page: Page, where: str) -> None:
    """A narrow window never scrolls sideways."""
    wide = page.viewport_size
    assert wide is not None
    page.set_viewport_size({"width": 420, "height": 1000})
    if where == "Tokens":
        expect(cells(page).first.locator(".value")).to_be_hidden()
        assert_fits(page.locator(".strip"), "strip")
    for box in ("html", "[data-testid=stAppViewContainer]", "[data-testid=stMain]"):
        assert_fits(page.locator(box), f"{where}: {box}")
    page.set_viewport_size(wide)


def assert_fits(box: Locator, name: str) -> None:
    # Figures follow the window a moment later.
    try:
        box.page.wait_for_function("box => box.scrollWidth === box.clientWidth", arg=box.element_handle())
    except TimeoutError:
        pytest.fail(f"{name} scrolls sideways")


def test_markup_stays_text(visit: Open) -> None:
    page = visit()
    # The model's name, in the sidebar.
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_role("combobox").fill(HOSTILE[:55])
    sidebar.get_by_role("combobox").press("Enter")
    error = sidebar.get_by_test_id("stAlertContainer")
    expect(error).to_have_count(1)
    expect(error).to_contain_text(f"'{HOSTILE[:45]}")
    assert_no_markup(sidebar)
    expect(sidebar.get_by_text("Still in use: bundled")).to_be_visible()
    expect(cells(page)).to_have_count(62)

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


def test_gaps_of_ones_own(visit: Open) -> None:
    page = visit("fill")
    readings = page.locator(".filled .row")
    expect(readings).to_have_count(1)
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


def test_moving_the_boundary_with_the_keyboard(visit: Open) -> None:
    # What an address adds changes nothing.
    page = visit("next_sentence?embed_options=junk&next_sentence.text_a=<b>&x=1&x=2")
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
