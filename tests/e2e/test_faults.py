"""Small faults that only a browser shows, each looked for on every page that could have it."""

import re

from playwright.sync_api import expect

from dashboard.pages import PAGES
from tests.e2e.shots import at_rest
from tests.e2e.visits import Open, alerts, go, main, read_through, send

TYPED = [page.title for page in PAGES.values() if page.texts.kind != "none"]

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


def test_an_error_goes_with_its_text(visit: Open) -> None:
    page = visit()
    for title in TYPED:
        go(page, title)
        read_through(page)
        first = main(page).locator("textarea").first
        send(first, " ")
        expect(alerts(page).first).to_be_visible()
        at_rest(page)
        page.evaluate(WATCH)
        send(first, "It rained [MASK] all day and night. We stayed in.\nNobody came to see us.")
        expect(alerts(page)).to_have_count(0)
        read_through(page)
        assert page.evaluate("window.stale") == [], f"{title}: an old text's error above the answer to the new one"


def test_an_embedded_page_has_its_sidebar_folded(visit: Open) -> None:
    page = visit("compare?embed=true")
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    page = visit("compare")
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "false")


def test_no_tooltip_stays_over_a_field(visit: Open) -> None:
    page = visit()
    for title in TYPED:
        go(page, title)
        analyse = main(page).get_by_role("button", name=re.compile("^Analyse$")).first
        analyse.hover()
        analyse.click()
        at_rest(page)
        main(page).locator("textarea").first.hover()
        expect(page.get_by_role("tooltip")).to_have_count(0)
        # Nor while the pointer is on a button: it would hide what is being written.
        field = main(page).locator("textarea").first.bounding_box()
        assert field is not None
        for name in ("Analyse", "Undo", "Try", "Open on"):
            for button in main(page).get_by_role("button", name=re.compile(f"{name}$")).all()[:1]:
                button.hover()
                page.wait_for_timeout(800)
                for tip in page.get_by_role("tooltip").all():
                    box = tip.bounding_box()
                    assert box is None or box["y"] >= field["y"] + field["height"] - 2, f"{title}, {name}"
