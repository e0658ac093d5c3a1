"""Compare in a real browser: a click and the arrow keys on the aligned strip, an edit beside its original."""

import re

from playwright.sync_api import expect

from tests.e2e.shots import at_rest
from tests.e2e.visits import Open, alerts, cells, choose, chosen, focus, subheader, write


def test_a_pair_is_chosen_by_a_click_and_by_keys(visit: Open) -> None:
    page = visit("compare")
    at_rest(page)
    expect(cells(page)).to_have_count(14)
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


def test_hostile_texts_stay_texts(visit: Open) -> None:
    page = visit("compare")
    write(page, "A", "<img src=x onerror=alert(1)> **b** :red[c] cat")
    at_rest(page)
    write(page, "B", "<img src=x onerror=alert(1)> $x$ dog")
    at_rest(page)
    assert page.locator("[data-testid=stMain] img[src=x]").count() == 0
    expect(page.locator(".strip")).to_contain_text("alert")


def test_an_edit_on_tokens_opens_beside_its_original(visit: Open) -> None:
    page = visit()
    at_rest(page)
    cells(page).nth(3).click()
    page.get_by_role("button", name=re.compile("Put .MASK. here")).click()
    page.get_by_test_id("stMain").get_by_role("button", name=re.compile("Compare$")).click()
    heading = page.get_by_test_id("stMain").get_by_role("heading", level=1)
    expect(heading).to_have_text("What changes between A and B?")
    at_rest(page)
    expect(page.locator(".strip .cell.substitution")).to_have_count(1)
    choose(page, "seen")
    expect(page.locator(".strip .cell.substitution")).to_have_count(1)
