"""On a narrow screen, what scrolls sideways says so: it fades out where there is more of it."""

import pytest
from playwright.sync_api import Page

from dashboard.pages import PAGES
from tests.e2e.shots import at_rest
from tests.e2e.visits import Open, read_through

SCROLLERS = """() => [...document.querySelectorAll('[data-testid=stMain] *')]
  .filter((each) => each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 2)
  .filter((each) => /auto|scroll/.test(getComputedStyle(each).overflowX))
  .filter((each) => !each.closest('[data-testid=stDataFrame], [data-testid=stCode], [data-baseweb]'))
  .map((each) => {
    const style = getComputedStyle(each)
    const more = (side) => style.getPropertyValue(`--more-${side}`)
    return [each.className, style.maskImage, more('right'), more('left')]
  })"""


def scrollers(page: Page) -> list[list[str]]:
    return page.evaluate(SCROLLERS)


@pytest.mark.parametrize("key", PAGES)
def test_what_scrolls_sideways_fades_at_its_side(visit: Open, key: str) -> None:
    page = visit("" if key == next(iter(PAGES)) else key, width=420, height=800)
    read_through(page)
    at_rest(page)
    found = scrollers(page)
    for name, mask, right, left in found:
        assert "gradient" in mask, name
        assert right not in {"", "0px"}, name
        assert left == "0px", "at the beginning there is nothing to the left"
    if key == "tokens":
        assert found, "its maps are wider than this"
