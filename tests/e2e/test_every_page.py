"""Every page as it opens, in one walk through all of them in either theme, for opening a page is what takes long.

In a lecture hall's window answer and picture stand there without scrolling, and axe-core finds no violation of
WCAG 2.2 AA; on a telephone the answer does, nothing scrolls sideways, and what may scroll has a fade where it goes on.
"""

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Download, Locator, Page, expect

from dashboard.drawing.palette import palette
from dashboard.pages import PAGES
from tests.dashboard.app import A_PAGE_OF_EACH
from tests.e2e.shots import at_rest
from tests.e2e.visits import (
    Open,
    alerts,
    cells,
    chosen,
    go,
    heading,
    main,
    read_through,
    saved,
    send,
    subheader,
)

HALL, TELEPHONE = {"width": 1024, "height": 576}, {"width": 420, "height": 800}
A_LINE = 20
"""Pixels of a picture that are its beginning."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
STREAMLITS_OWN = {"list": 'data-testid="stSidebarNavItems"', "listitem": '<li class="st-emotion-cache'}
"""Of a rule: a part of the HTML of the elements that Streamlit draws so, whatever is written in them."""
SCROLLERS = """() => [...document.querySelectorAll('[data-testid=stMain] *')]
  .filter((each) => each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 2)
  .filter((each) => /auto|scroll/.test(getComputedStyle(each).overflowX))
  .filter((each) => !each.closest('[data-testid=stDataFrame], [data-testid=stCode], [data-baseweb]'))
  .map((each) => {
    const style = getComputedStyle(each)
    const more = (side) => style.getPropertyValue(`--more-${side}`)
    return [each.className, style.maskImage, more('right'), more('left')]
  })"""


HAS_A_TOOLTIP = "[data-testid=stTooltipHoverTarget]"


WATCH = """() => {
  window.stale = []
  const field = document.querySelector('[data-testid=stMain] textarea')
  const seen = () => {
    const error = document.querySelector('[data-testid=stMain] [data-testid=stAlertContainer]')
    const drawn = document.querySelector('[class*="-answer"]')
    if (error && drawn && drawn.innerText !== window.before && drawn.innerText) window.stale.push(drawn.innerText)
  }
  window.before = document.querySelector('[class*="-answer"]')?.innerText
  new MutationObserver(seen).observe(document.body, { childList: true, subtree: true, characterData: true })
}"""


def test_every_page_in_the_light(visit: Open) -> None:
    page = visit(**HALL)
    the_first_screen_says_what_this_is_and_fills_the_masks(page)
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "false")
    cells(page).nth(3).click()
    expect(subheader(page, "Position 3 · lincoln, seen")).to_be_visible()
    violated = {}
    sizes = [HALL, TELEPHONE]
    for key, about in PAGES.items():
        go(page, about.title, sidebar=sizes[0] == HALL)
        expect(heading(page)).to_have_text(about.asks)
        read_through(page)
        assert_in_theme(page, "light", about.title)
        # Every other page opens on a telephone: what is drawn is laid out twice, not three times.
        for size in sizes:
            page.set_viewport_size(size)
            if size == HALL:
                assert_in_sight(page, key)
                violated[about.title] = violations(page)
            else:
                assert_on_a_telephone(page, key)
        sizes.reverse()
    page.set_viewport_size(HALL)
    go(page, "Tokens")
    expect(subheader(page, "Position 3 · lincoln, seen")).to_be_visible()
    expect(chosen(page)).to_have_attribute("data-index", "3")
    assert_json(saved(page, "JSON, hidden"), "pretext-hidden.json", "positions", 62)
    page.get_by_test_id("stExpander").filter(has_text="Every position").locator("summary").click()
    assert_csv(saved(page, "Download CSV"))
    assert_none(violated)


def test_every_page_in_the_dark(visit: Open) -> None:
    page = visit(dark=True, **HALL)
    violated = {}
    for key, about in PAGES.items():
        go(page, about.title)
        read_through(page)
        assert_in_theme(page, "dark", about.title)
        # All else that it looks at is the same in the light.
        violated[about.title] = violations(page, only="color-contrast")
        if key in A_PAGE_OF_EACH.values():
            an_error_goes_with_its_text(page, about.title)
            no_tooltip_stays_over_a_field(page, about.title)
    assert_none(violated)


def test_an_embedded_page_has_its_sidebar_folded(visit: Open) -> None:
    page = visit("compare?embed=true")
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")


def the_first_screen_says_what_this_is_and_fills_the_masks(page: Page) -> None:
    read_through(page)
    expect(page).to_have_title("Tokens · Pretext")
    head = page.get_by_test_id("stSidebarHeader")
    assert "Pretext" in head.evaluate("node => getComputedStyle(node, '::before').content")
    expect(heading(page)).to_contain_text("BERT")
    for at, word in ((9, "election"), (43, "attacked")):
        expect(cells(page).nth(at)).to_contain_text(word)
        assert bounds(cells(page).nth(at))[1] <= HALL["height"], word


def assert_in_sight(page: Page, key: str) -> None:
    expect(answer(page, key)).to_be_visible()
    _, answered = bounds(answer(page, key))
    drawn, _ = bounds(picture(page))
    assert answered <= HALL["height"], (key, answered)
    assert drawn + A_LINE <= HALL["height"], (key, drawn)
    assert answered <= drawn, (key, "the answer stands above its picture")


def assert_on_a_telephone(page: Page, key: str) -> None:
    for box in ("html", "[data-testid=stAppViewContainer]", "[data-testid=stMain]"):
        assert_fits(page.locator(box), f"{key}: {box}")
    _, answered = bounds(answer(page, key))
    assert answered <= TELEPHONE["height"], (key, answered)
    sideways = page.evaluate(SCROLLERS)
    for name, mask, right, left in sideways:
        assert "gradient" in mask, (key, name)
        assert right not in {"", "0px"}, (key, name)
        assert left == "0px", (key, "at the beginning there is nothing to the left")
    assert sideways or key != "tokens", "its maps are wider than this"
    if key == "tokens":
        expect(cells(page).first.locator(".value")).to_be_hidden()
        assert_fits(page.locator(".strip"), "strip")


def assert_none(violated: dict[str, list[str]]) -> None:
    assert not any(violated.values()), "\n".join(
        f"{title}: {each}" for title, all_ in violated.items() for each in all_
    )


def answer(page: Page, key: str) -> Locator:
    return main(page).locator(f".st-key-{key}-answer p").first


def picture(page: Page) -> Locator:
    """The first thing that is drawn of a result: a strip, rows, a figure, a table."""
    return main(page).locator(".frame, .variants, .filled, .js-plotly-plot, [data-testid=stTable]").first


def bounds(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box is not None
    return box["y"], box["y"] + box["height"]


def violations(page: Page, only: str = "") -> list[str]:
    """What axe-core finds, by all rules of WCAG or by one."""
    rules = {"type": "rule", "values": [only]} if only else {"type": "tag", "values": TAGS}
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found: dict[str, Any] = Axe().run(page, options=options).response
    return [
        f"{rule['id']}: {node['html'][:200]} ({node.get('failureSummary', '')[:300]})"
        for rule in found["violations"]
        for node in rule["nodes"]
        if STREAMLITS_OWN.get(rule["id"], "\0") not in node["html"]
    ]


def assert_in_theme(page: Page, theme: str, where: str) -> None:
    """The ground is the theme's; what stands on it is read by axe (``violations``)."""
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


def assert_fits(box: Locator, name: str) -> None:
    # Figures follow the window a moment later.
    try:
        box.page.wait_for_function("box => box.scrollWidth === box.clientWidth", arg=box.element_handle())
    except TimeoutError:
        pytest.fail(f"{name} scrolls sideways")


def an_error_goes_with_its_text(page: Page, title: str) -> None:
    first = main(page).locator("textarea").first
    send(first, " ")
    expect(alerts(page).first).to_be_visible()
    at_rest(page)
    page.evaluate(WATCH)
    send(first, "It rained [MASK] all day and night. We stayed in.\nNobody came to see us.")
    expect(alerts(page)).to_have_count(0)
    read_through(page)
    assert page.evaluate("window.stale") == [], f"{title}: an old text's error above the answer to the new one"


def no_tooltip_stays_over_a_field(page: Page, title: str) -> None:
    analyse = main(page).get_by_role("button", name=re.compile("^Analyse$")).first
    analyse.hover()
    analyse.click()
    at_rest(page)
    main(page).locator("textarea").first.hover()
    expect(page.get_by_role("tooltip")).to_have_count(0)
    # Nor while the pointer is on a button below it, which would hide what is being written: none of them has one.
    for name in ("Analyse", "Undo", "Try", "Open on"):
        for button in main(page).locator("button", has_text=name).all()[:1]:
            assert not button.evaluate(f"button => button.closest('{HAS_A_TOOLTIP}')"), f"{title}, {name}"
    assert main(page).locator(HAS_A_TOOLTIP).count(), "or they are told by something else"


def test_what_violates_is_found(page: Page) -> None:
    page.set_content(
        "<html lang=en><title>x</title><main><img src='x.png'><p style='color:#ccc'>pale</p></main></html>"
    )
    assert {each.partition(":")[0] for each in violations(page)} == {"image-alt", "color-contrast"}
    assert [each.partition(":")[0] for each in violations(page, only="color-contrast")] == ["color-contrast"]
