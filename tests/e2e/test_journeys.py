"""What a visitor does, in a real browser: read, type, pick, move, change pages, download."""

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Download, Locator, Page, expect

from dashboard.drawing.palette import contrast, palette
from dashboard.examples import NOTEBOOK_A, NOTEBOOK_B
from tests.e2e.shots import at_rest
from tests.e2e.visits import Open, alerts, cells, choose, chosen, focus, go, subheader, write

PAGES = ("Tokens", "Fill", "Next sentence", "Splits", "Pairs", "Compare", "Tour", "Model")
HOSTILE = "<img src=x onerror=alert(1)> **b** $x$ :red[c] :material/check: a -> b https://example.com"


def test_the_notebooks_text_is_there_at_once(visit: Open) -> None:
    page = visit()
    expect(page).to_have_title(re.compile("^(Tokens|Pretext)"))
    expect(cells(page)).to_have_count(62)
    expect(cells(page).nth(2)).to_contain_text("abraham")
    expect(subheader(page, "Position 9 · [MASK]")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(3)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()


def test_a_text_of_ones_own(visit: Open) -> None:
    page = visit()
    write(page, "Text", "The old man the boat.")
    expect(cells(page)).to_have_count(8)
    expect(cells(page).nth(5)).to_contain_text("boat")
    expect(page.locator(".readout > span")).to_have_count(8)


def test_picking_tokens(visit: Open) -> None:
    page = visit()
    cells(page).nth(2).click()
    expect(subheader(page, "Position 2 · abraham, seen")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "2")

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


def test_hovering_shows_three_guesses(visit: Open) -> None:
    page = visit()
    line = page.locator(".foot .line")
    cells(page).nth(43).hover()
    expect(line).to_contain_text("position 43")
    expect(line.locator(".guess")).to_have_count(3)
    expect(line.locator(".guess").first).to_have_text(re.compile(r"^attacked  0\.\d{3}$"))
    page.get_by_role("heading", level=1).hover()
    expect(line).to_contain_text("position 9")
    chosen(page).focus()
    page.keyboard.press("ArrowRight")
    expect(line).to_contain_text("position 10")
    expect(line.locator(".guess")).to_have_count(3)


def test_segments_differ_by_line_and_letter(visit: Open) -> None:
    page = visit()
    page.get_by_text("Second segment").click()
    write(page, "Text B", "It was dark.")
    expect(cells(page)).to_have_count(67)
    letters = page.locator(".strip .segment")
    expect(letters).to_have_text(["A", "B"])
    first, last = cells(page).first, cells(page).last
    expect(first).to_have_css("border-top-style", "solid")
    expect(last).to_have_css("border-top-style", "dashed")


def test_text_and_token_are_kept_over_a_change_of_page(visit: Open) -> None:
    page = visit()
    write(page, "Text", "The cat sat on the [MASK] today.")
    expect(cells(page)).to_have_count(10)
    cells(page).nth(3).click()
    expect(subheader(page, "Position 3 · sat, seen")).to_be_visible()
    for title in (*PAGES[1:], PAGES[0]):
        go(page, title)
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_value("The cat sat on the [MASK] today.")
    expect(subheader(page, "Position 3 · sat, seen")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "3")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_in_its_theme(visit: Open, dark: bool) -> None:
    page = visit(dark=dark)
    colours = palette("dark" if dark else "light")
    for title in PAGES:
        go(page, title)
        ground = page.get_by_test_id("stApp").evaluate("element => getComputedStyle(element).backgroundColor")
        assert hex_of(ground) == colours.ground
        assert_readable(page, colours.ground, title)


def assert_readable(page: Page, ground: str, where: str) -> None:
    """Small print that stands on the ground reaches 4.5:1."""
    small = page.locator(
        "[data-testid=stCaptionContainer] p, .ghost .chip, .cell .value, .line .where, .legend .end, .meaning, "
        ".numbers .p, .numbers .verdict, .readout del, .filled .orders, .filled .segment"
    )
    found = small.evaluate_all(
        "all => all.filter(e => e.textContent.trim()).map(e => [getComputedStyle(e).color, e.className])"
    )
    for colour, name in {tuple(pair) for pair in found}:
        assert contrast(hex_of(over(colour, ground)), ground) >= 4.5, (where, name, colour)


def over(colour: str, ground: str) -> str:
    """A colour that may be transparent, as it looks on the ground."""
    *rgb, alpha = [float(part) for part in re.findall(r"[\d.]+", colour)] + ([] if "rgba" in colour else [1.0])
    below = [int(ground[i : i + 2], 16) for i in (1, 3, 5)]
    return "rgb({}, {}, {})".format(*(round(alpha * c + (1 - alpha) * b) for c, b in zip(rgb, below, strict=True)))


def hex_of(colour: str) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])


def test_a_narrow_window_never_scrolls_sideways(visit: Open) -> None:
    for path in ("", "fill", "next_sentence", "splits", "pairs", "compare", "tour", "model"):
        page = visit(path, width=420)
        for box in ("html", "[data-testid=stAppViewContainer]", "[data-testid=stMain]"):
            assert_fits(page.locator(box), f"{path}: {box}")
        if not path:
            expect(cells(page).first.locator(".value")).to_be_hidden()
            assert_fits(page.locator(".strip"), "strip")


def assert_fits(box: Locator, name: str) -> None:
    scroll, client = box.evaluate("box => [box.scrollWidth, box.clientWidth]")
    assert scroll == client, name


def test_what_an_address_adds_changes_nothing(visit: Open) -> None:
    page = visit("next_sentence?embed_options=junk&nsp.text_a=<b>&x=1&x=2")
    expect(page.locator(".variants .row")).to_have_count(8)
    expect(page.get_by_role("textbox", name="Text A", exact=True)).to_have_value(NOTEBOOK_A)


def test_an_unknown_address_opens_the_first_page(visit: Open, page_errors: list[str]) -> None:
    page = visit("no_such_page")
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_have_text(
        "What does the head expect at each position?"
    )
    page_errors.clear()


@pytest.mark.parametrize(
    ("path", "mode", "labels", "shows"),
    [
        ("", None, ["Text"], ".strip"),
        ("next_sentence", None, ["Text A", "Text B"], ".variants"),
        ("next_sentence", "One text, movable boundary", ["Text"], "[data-testid=stSlider]"),
    ],
    ids=["the text", "the pair", "the text to cut"],
)
def test_markup_in_a_field_stays_text(visit: Open, path: str, mode: str | None, labels: list[str], shows: str) -> None:
    page = visit(path)
    if mode:
        page.get_by_role("radio", name=mode).click()
        at_rest(page)
    for label in labels:
        write(page, label, HOSTILE)
        at_rest(page)
    expect(page.locator(shows)).to_contain_text("onerror=alert(1)>" if mode else "example")
    assert_no_markup(page.get_by_test_id("stMain"), shows)
    expect(page.locator("img[src=x]")).to_have_count(0)


def assert_no_markup(place: Locator, shows: str) -> None:
    """Nothing of the hostile text became an element: bold, formula, colour, icon, link or picture."""
    expect(
        place.locator(f"{shows} :is(strong:not(.title), em, .katex, a, img, [translate=no], .stMarkdownColoredText)")
    ).to_have_count(0)
    expect(place.locator("a[href*='example.com'], img[src='x']")).to_have_count(0)


def test_markup_in_the_models_name_stays_text(visit: Open) -> None:
    page = visit()
    field = page.get_by_test_id("stSidebar").get_by_role("combobox")
    field.fill(f"{HOSTILE[:55]}")
    field.press("Enter")
    error = page.get_by_test_id("stSidebar").get_by_test_id("stAlertContainer")
    expect(error).to_have_count(1)
    expect(error).to_contain_text(f"'{HOSTILE[:45]}")
    assert_no_markup(page.get_by_test_id("stSidebar"), "[data-testid=stAlertContainer]")
    expect(page.get_by_test_id("stSidebar").get_by_text("Still in use: bundled")).to_be_visible()
    expect(cells(page)).to_have_count(62)


def test_bad_input_is_said_once_and_goes_away(visit: Open) -> None:
    page = visit()
    write(page, "Text", " ")
    expect(alerts(page)).to_have_text(["The text is only white space: type at least one word."])
    expect(cells(page)).to_have_count(62)
    # A pick redraws a part of the page; the sentence may neither vanish with it nor be said again.
    cells(page).nth(4).click()
    expect(subheader(page, "Position 4 · won, seen")).to_be_visible()
    choose(page, "rank")
    expect(alerts(page)).to_have_count(1)
    choose(page, "hidden")
    expect(alerts(page)).to_have_count(1)
    write(page, "Text", "The cat sat.")
    expect(cells(page)).to_have_count(6)
    expect(alerts(page)).to_have_count(0)


def saved(page: Page, button: str) -> tuple[Download, str]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).first.click()
    return waiting.value, waiting.value.path().read_text(encoding="utf-8")


def assert_just_now(moment: str) -> None:
    assert abs((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()) < 300


@pytest.mark.parametrize(
    ("path", "button", "name", "holds"),
    [
        ("", "JSON, seen", "pretext-seen.json", "positions"),
        ("", "JSON, hidden", "pretext-hidden.json", "positions"),
        ("", "JSON, word_l2r", "pretext-pll-word_l2r.json", "tokens"),
        ("fill", "Download JSON", "pretext-fill.json", "fillings"),
        ("next_sentence", "Download JSON", "pretext-next-sentence.json", "variants"),
        ("splits", "Download JSON", "pretext-splits.json", "boundaries"),
        ("pairs", "Download JSON", "pretext-pairs.json", "sentences"),
    ],
)
def test_a_download_of_json(visit: Open, path: str, button: str, name: str, holds: str) -> None:
    download, content = saved(visit(path), button)
    assert download.suggested_filename == name
    answer = json.loads(content)
    lengths = {"positions": 62, "tokens": 58, "fillings": 9, "variants": 8, "boundaries": 5, "sentences": 6}
    assert len(answer[holds]) == lengths[holds]
    assert answer["model"]["spec"] == answer["provenance"]["spec"] == "bundled"
    assert {"pretext", "torch", "transformers"} <= set(answer["provenance"]["versions"])
    assert_just_now(answer["provenance"]["exported"])


def test_a_download_of_csv(visit: Open) -> None:
    page = visit()
    page.get_by_test_id("stExpander").filter(has_text="Every position").locator("summary").click()
    at_rest(page)
    download, content = saved(page, "Download CSV")
    assert download.suggested_filename == "pretext-positions-seen.csv"
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert len(rows) == 62
    assert [row["token"] for row in rows[:4]] == ["[CLS]", "after", "abraham", "lincoln"]
    for row in rows:
        assert row["model"] == "bundled"
        assert row["revision"].startswith("sha256:")
        assert "torch " in row["versions"]
        assert_just_now(row["exported_utc"])


def test_gaps_of_ones_own(visit: Open) -> None:
    page = visit("fill")
    readings = page.locator(".filled .row")
    expect(readings).to_have_count(1)
    page.get_by_role("button", name="Two gaps side by side").click()
    expect(readings.locator(".orders")).to_have_text(
        ["independent", "left to right, confident first, beam", "right to left"]
    )
    expect(readings.nth(1).locator(".filler.differs")).to_have_text(["san", "francisco"])
    at_rest(page)
    expect(page.get_by_role("combobox", name="Reference")).to_have_value("san")

    # A text without a gap offers its words; one click makes a gap of one, and the candidates come along.
    write(page, "Text", "The king sat on his throne.")
    expect(page.get_by_text("This text has no gap yet")).to_be_visible()
    page.get_by_test_id("stButtonGroup").get_by_text("throne", exact=True).click()
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_value("The king sat on his [MASK].")
    write(page, "Candidates, one per line", "throne\n[MASK] of gold\nhorse")
    alert = page.get_by_test_id("stMain").get_by_test_id("stAlertContainer")
    expect(alert).to_have_text(re.compile("holds a special token"))
    expect(readings).to_have_count(1)
    write(page, "Candidates, one per line", "throne\nhorse")
    expect(alert).to_have_count(0)
    at_rest(page)
    expect(subheader(page, "The candidates in order")).to_be_visible()
    go(page, "Tokens")
    go(page, "Fill")
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_value("The king sat on his [MASK].")
    expect(page.get_by_role("textbox", name="Candidates, one per line")).to_have_value("throne\nhorse")


def test_moving_the_boundary_with_the_keyboard(visit: Open) -> None:
    page = visit("next_sentence")
    margins = page.locator(".variants .margin")
    expect(margins).to_have_count(8)
    page.get_by_role("radio", name="One text, movable boundary").click()
    slider = page.get_by_role("slider")
    expect(slider).to_have_attribute(
        "aria-valuetext", re.compile(r"^\d+ … .*Confederacy\. \| War broke out in April.* …$")
    )
    at_the_sentence = margins.all_inner_texts()
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"War \| broke out in April"))
    expect(margins.nth(3)).not_to_have_text(at_the_sentence[3])
    at_rest(page)
    page.get_by_role("button", name="Previous sentence end").click()
    expect(margins).to_have_text(at_the_sentence)
    expect(page.get_by_role("textbox", name="Text", exact=True)).to_have_value(re.compile(re.escape(NOTEBOOK_B)))
