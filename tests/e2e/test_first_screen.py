"""Every page as it opens: in a lecture hall's window in either theme, and on a telephone.

One walk through the pages looks at all that is true of each of them, for opening a page is what takes long: answer and
picture without scrolling, no violation of WCAG 2.2 AA that axe-core finds, a fade where something scrolls sideways.
"""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from dashboard.pages import PAGES
from tests.e2e.visits import Open, cells, go, main, read_through

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


def answer(page: Page, key: str) -> Locator:
    return main(page).locator(f".st-key-{key}-answer p").first


def picture(page: Page) -> Locator:
    """The first thing that is drawn of a result: a strip, rows, a figure, a table."""
    return main(page).locator(".frame, .variants, .filled, .js-plotly-plot, [data-testid=stTable]").first


def bounds(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box is not None
    return box["y"], box["y"] + box["height"]


def violations(page: Page) -> list[str]:
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found: dict[str, Any] = Axe().run(page, options=options).response
    return [
        f"{rule['id']}: {node['html'][:200]} ({node.get('failureSummary', '')[:300]})"
        for rule in found["violations"]
        for node in rule["nodes"]
        if STREAMLITS_OWN.get(rule["id"], "\0") not in node["html"]
    ]


@pytest.mark.parametrize("dark", [False, True])
def test_every_page_in_a_small_window(visit: Open, dark: bool) -> None:
    page = visit(dark=dark, **HALL)
    violated = {}
    for key, about in PAGES.items():
        go(page, about.title)
        read_through(page)
        expect(answer(page, key)).to_be_visible()
        _, answered = bounds(answer(page, key))
        drawn, _ = bounds(picture(page))
        assert answered <= HALL["height"], (key, answered)
        assert drawn + A_LINE <= HALL["height"], (key, drawn)
        assert answered <= drawn, (key, "the answer stands above its picture")
        violated[about.title] = violations(page)
    assert not any(violated.values()), "\n".join(
        f"{title}: {each}" for title, all_ in violated.items() for each in all_
    )


def test_what_violates_is_found(page: Page) -> None:
    page.set_content(
        "<html lang=en><title>x</title><main><img src='x.png'><p style='color:#ccc'>pale</p></main></html>"
    )
    assert {each.partition(":")[0] for each in violations(page)} == {"image-alt", "color-contrast"}


def test_every_page_on_a_telephone(visit: Open) -> None:
    for key in PAGES:
        page = visit(key if key != next(iter(PAGES)) else "", **TELEPHONE)
        read_through(page)
        _, answered = bounds(answer(page, key))
        assert answered <= TELEPHONE["height"], (key, answered)
        sideways = page.evaluate(SCROLLERS)
        for name, mask, right, left in sideways:
            assert "gradient" in mask, (key, name)
            assert right not in {"", "0px"}, (key, name)
            assert left == "0px", (key, "at the beginning there is nothing to the left")
        assert sideways or key != "tokens", "its maps are wider than this"


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
