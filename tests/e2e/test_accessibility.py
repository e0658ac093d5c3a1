"""What axe-core finds: no violation of WCAG 2.2 AA on any page, in either theme, but Streamlit's own."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from dashboard.pages import PAGES
from tests.e2e.visits import Open, go, read_through

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
STREAMLITS_OWN = {"list": 'data-testid="stSidebarNavItems"', "listitem": '<li class="st-emotion-cache'}
"""Of a rule: a part of the HTML of the elements that Streamlit draws so, whatever is written in them."""


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
def test_nothing_violates_wcag(visit: Open, dark: bool) -> None:
    page = visit(dark=dark)
    found = {}
    for about in PAGES.values():
        go(page, about.title)
        read_through(page)
        found[about.title] = violations(page)
    assert not any(found.values()), "\n".join(f"{title}: {each}" for title, all_ in found.items() for each in all_)


def test_what_is_wrong_is_found(page: Page) -> None:
    page.set_content(
        "<html lang=en><title>x</title><main><img src='x.png'><p style='color:#ccc'>pale</p></main></html>"
    )
    assert {each.partition(":")[0] for each in violations(page)} == {"image-alt", "color-contrast"}
