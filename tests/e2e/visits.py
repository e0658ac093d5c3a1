"""What visits have in common: the strip, the fields and the headings of a page, and the way between pages."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.e2e.shots import at_rest

Open = Callable[..., Page]

# A shared machine has slow moments; what is right at once is not waited for.
expect.set_options(timeout=20_000)


def cells(page: Page) -> Locator:
    return page.locator(".strip .cell")


def chosen(page: Page) -> Locator:
    return page.locator('.strip .cell[aria-selected="true"]')


def focus(page: Page) -> str | None:
    return page.locator(".strip .cell:focus").get_attribute("data-index")


def subheader(page: Page, text: str) -> Locator:
    return page.get_by_role("heading", level=3, name=text, exact=True)


def alerts(page: Page) -> Locator:
    return page.get_by_test_id("stMain").get_by_test_id("stAlertContainer")


def choose(page: Page, name: str) -> None:
    """Choose one of a row of buttons, and wait for what it changes."""
    page.get_by_role("radio", name=name, exact=True).click()
    at_rest(page)


def write(page: Page, label: str, text: str) -> None:
    field = page.get_by_role("textbox", name=label, exact=True)
    field.fill(text)
    field.press("Control+Enter")


def go(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    expect(page.locator("a[data-testid=stSidebarNavLink][aria-current=page]")).to_have_text(re.compile(title))
    at_rest(page)
