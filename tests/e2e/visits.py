"""What visits have in common: the strip, the fields and the headings of a page, and the way between pages."""

import re
from collections.abc import Callable

from playwright.sync_api import Download, Locator, Page, expect

from tests.e2e.browser import PATIENCE
from tests.e2e.shots import at_rest

Open = Callable[..., Page]

HOSTILE = "<img src=x onerror=alert(1)> **b** $x$ :red[c] :material/check: a -> b https://example.com"

# A shared machine has slow moments; what is right at once is not waited for.
expect.set_options(timeout=PATIENCE)


def main(page: Page) -> Locator:
    return page.get_by_test_id("stMain")


def heading(page: Page) -> Locator:
    return main(page).get_by_role("heading", level=1)


def subheader(page: Page, text: str) -> Locator:
    return page.get_by_role("heading", level=3, name=text, exact=True)


def alerts(page: Page) -> Locator:
    return main(page).get_by_test_id("stAlertContainer")


def button(page: Page, name: str) -> Locator:
    return main(page).get_by_role("button", name=name, exact=True)


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=label, exact=True)


def cells(page: Page) -> Locator:
    return page.locator(".strip .cell")


def chosen(page: Page) -> Locator:
    return page.locator('.strip .cell[aria-selected="true"]')


def focus(page: Page) -> str | None:
    return page.locator(".strip .cell:focus").get_attribute("data-index")


def choose(page: Page, name: str) -> None:
    """Choose one of a row of buttons, and wait for what it changes."""
    one = page.get_by_role("radio", name=name, exact=True)
    one.click()
    expect(one).to_be_checked()
    at_rest(page)


def choose_from(page: Page, label: str, name: str) -> None:
    """Choose one of a list, and wait for what it changes."""
    page.get_by_role("combobox", name=re.compile(label)).click()
    page.get_by_role("option", name=name, exact=True).click()
    at_rest(page)


def try_example(page: Page, name: str) -> None:
    """Choose one of the examples beside a text."""
    button(page, "Try").click()
    page.get_by_role("menuitem", name=name).click()


def read_through(page: Page) -> None:
    """Let everything be read; a page whose reading takes long on a busy machine asks before."""
    ask = main(page).get_by_role("button", name=re.compile("^Read the rest"))
    stop = button(page, "Stop")
    at_rest(page)
    while ask.or_(stop).count():
        if ask.count():
            ask.click()
            expect(ask).to_have_count(0)
        # Whoever finds on the way that it takes long asks again.
        expect(stop).to_have_count(0)
        at_rest(page)


def write(page: Page, label: str, text: str) -> None:
    send(field(page, label), text)


def send(typed: Locator, text: str) -> None:
    """Type a text, and wait until the server has begun with it: the page may look at rest until then."""
    page = typed.page
    typed.fill(text)
    page.evaluate(_WATCH_FOR_A_RUN)
    typed.press("Control+Enter")
    page.evaluate("() => window.begun")


_WATCH_FOR_A_RUN = """() => {
  const app = document.querySelector('[data-testid=stApp]')
  window.begun = new Promise((done) => {
    new MutationObserver(done).observe(app, { attributeFilter: ['data-test-script-state'] })
    setTimeout(done, 5000)
  })
}"""


def go(page: Page, title: str, *, sidebar: bool = True) -> None:
    """Open a page; ``sidebar`` says whether it is in sight."""
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True)
    if sidebar:
        link.click()
    else:
        link.evaluate("link => link.click()")
    expect(page.locator("a[data-testid=stSidebarNavLink][aria-current=page]")).to_have_text(re.compile(title))
    at_rest(page)


def way_out(page: Page, name: str) -> None:
    """Open one of the ways out at the foot of the page that open in view."""
    main(page).get_by_role("button", name=re.compile(f"^(share|code|image)? ?{name}")).last.click()
    expect(page.get_by_test_id("stPopoverBody")).to_be_in_viewport()
    at_rest(page)


def pick(page: Page, number: int) -> None:
    """Choose one of the strip's tokens, and wait for what is said of it."""
    of_it = page.get_by_role("heading", level=3, name=re.compile("^(Position|Both predictions) "))
    before = of_it.first.inner_text()
    cells(page).nth(number).click()
    expect(cells(page).nth(number)).to_have_attribute("aria-selected", "true")
    expect(of_it.first).not_to_have_text(before)
    at_rest(page)


def saved(page: Page, name: str) -> Download:
    """What a button gives to keep."""
    wanted = button(page, name)
    expect(wanted).to_be_visible()
    # Until the run that draws it has ended the server may be about to make it anew.
    at_rest(page)
    with page.expect_download() as waiting:
        wanted.click()
    return waiting.value


def assert_no_markup(place: Locator) -> None:
    """Nothing of the hostile text became an element: formula, colour, icon, bold, link or picture."""
    for made in (
        "img[src=x]",
        "a[href*='example.com']",
        ".katex",
        ".stMarkdownColoredText",
        "em",
        "strong:text-is('b')",
        "[translate=no]:text-is('check')",
    ):
        expect(place.locator(made)).to_have_count(0)
