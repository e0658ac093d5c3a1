"""Compare in a real browser: an edit beside its original, a click and the arrow keys on the aligned strip."""

import re

from playwright.sync_api import expect

from tests.e2e.visits import Open, alerts, cells, choose, chosen, focus, heading, main, subheader, try_example


def test_an_edit_opens_beside_its_original_and_pairs_are_chosen(visit: Open) -> None:
    page = visit()
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
