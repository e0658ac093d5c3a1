"""From the first screen to where an answer forms and what it rests on, in a click each; a patch from another text."""

from playwright.sync_api import Page, expect

from dashboard.pages import PAGES
from dashboard.texts import NOTEBOOK
from tests.e2e.visits import Open, alerts, button, field, go, heading, main, read_through, send


def answer(page: Page, key: str) -> list[str]:
    """What is set off in a page's answer."""
    said = main(page).locator(f".st-key-{key}-answer")
    expect(said.locator("strong").first).to_be_visible()
    return said.locator("strong").all_text_contents()


def test_a_click_from_the_first_screen_to_layers_and_to_influence(visit: Open) -> None:
    page = visit()
    button(page, "Open in Layers").click()
    expect(heading(page)).to_have_text(PAGES["layers"].asks)
    read_through(page)
    assert answer(page, "layers")[0] == "election"
    ranks = page.get_by_test_id("stPlotlyChart").first
    # The word that stood there is a line of its own, with a rank after each of seven layers.
    expect(ranks.get_by_text("election 1")).to_be_visible()
    expect(ranks.locator(".scatterlayer .trace").first.locator("path.point")).to_have_count(7)

    beside = field(page, "The same text with another word (B)")
    send(beside, NOTEBOOK.replace("presidential", "primary", 1))
    read_through(page)
    expect(page.get_by_role("heading", level=3).filter(has_text="B's states in A")).to_be_visible()
    send(beside, "Another text.")
    expect(alerts(page)).to_contain_text("give both equally many tokens")

    go(page, "Influence")
    read_through(page)
    assert answer(page, "influence") == ["election", "presidential", "won", "states"]

    go(page, "Attention")
    read_through(page)
    weights = page.locator(".arcs")
    expect(weights).to_be_visible()
    assert answer(page, "attention")[0].startswith("Layer ")
