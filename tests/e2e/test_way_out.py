"""What is sent on comes back in a fresh browser: by link, by session file, and as a report without a network."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from lxml import etree
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import PATIENCE
from tests.e2e.shots import at_rest
from tests.e2e.visits import (
    Open,
    alerts,
    cells,
    choose,
    choose_from,
    go,
    heading,
    main,
    pick,
    read_through,
    saved,
    way_out,
    write,
)

HOSTILE = "The <b>old</b> man </script> sat & slept."

OtherBrowser = Callable[..., Page]


@pytest.fixture
def other_browser(browser: Browser) -> Iterator[OtherBrowser]:
    """A browser session of its own, which nothing was kept in; what it complains of fails the test."""
    contexts = []
    wrong: list[str] = []

    def opened(*, offline: bool = False) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1400, "height": 1000}, offline=offline))
        contexts[-1].set_default_timeout(PATIENCE)
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def tokens(page: Page) -> None:
    write(page, "Text", HOSTILE)
    expect(cells(page)).to_have_count(20)
    choose(page, "hidden")
    choose_from(page, "Colour by", "surprisal")
    pick(page, 4)


def compare(page: Page) -> None:
    for side, text in (("A", HOSTILE), ("B", "The old woman sat & slept.")):
        write(page, side, text)
        expect(page.get_by_role("textbox", name=side, exact=True)).to_have_value(text)
        at_rest(page)
    choose_from(page, "Colour by", "surprisal")
    pick(page, 2)


# Of every page by its widgets: tests/dashboard.
WORK = {"Tokens": tokens, "Compare": compare}


def numbers(page: Page) -> list[str]:
    """What the page is, and what the strip and the metrics say."""
    read_through(page)
    metrics = page.get_by_test_id("stMetricValue").all_inner_texts()
    assert metrics
    return [heading(page).inner_text(), *cells(page).all_inner_texts(), *metrics]


def shared(page: Page) -> str:
    way_out(page, "Link")
    found = page.locator("[data-testid=stCode] code", has_text="?view=").inner_text().strip()
    page.keyboard.press("Escape")
    return found


def session_file(page: Page, folder: Path) -> Path:
    download = saved(page, "Session file")
    download.save_as(folder / download.suggested_filename)
    return folder / download.suggested_filename


def test_links_session_files_and_reports_have_the_same_numbers(
    visit: Open, other_browser: OtherBrowser, tmp_path: Path
) -> None:
    page = visit()
    given = {}
    for title, work in WORK.items():
        go(page, title)
        work(page)
        given[title] = (numbers(page), shared(page), session_file(page, tmp_path))
        assert "?" not in page.url, "a link is shown, not put into the address"

    other = other_browser()
    # A link opens a visit of its own; into it comes the file of a page that the link says nothing of.
    shown, link, _ = given["Tokens"]
    other.goto(link)
    expect(heading(other)).to_have_text(shown[0])
    assert numbers(other) == shown
    assert "view=" not in other.url
    expect(alerts(other)).to_have_count(0)

    shown, _, file = given["Compare"]
    other.get_by_text("Open a session file").click()
    other.locator("input[type=file]").set_input_files(file)
    expect(heading(other)).to_have_text(shown[0])
    expect(alerts(other)).to_contain_text("numbers agree with the saved ones")
    assert numbers(other) == shown

    a_damaged_link_opens_the_first_page_and_python_is_copied(other, page.url)
    a_strip_is_saved_as_svg_and_as_png(page)
    go(page, "Tokens")
    a_report_opens_alone_with_the_same_numbers(page, other_browser(offline=True), tmp_path)


def a_report_opens_alone_with_the_same_numbers(page: Page, other: Page, tmp_path: Path) -> None:
    read_through(page)
    file = tmp_path / "report.html"
    saved(page, "Report").save_as(file)
    figures = main(page).locator(".js-plotly-plot").count()
    values = [text for text in page.locator(".js-plotly-plot .xtick text").all_text_contents() if text.strip()]

    other.goto(file.as_uri())
    expect(other.get_by_role("heading", level=1)).to_have_text(heading(page).inner_text())
    expect(other.locator(".js-plotly-plot:has(.main-svg)")).to_have_count(figures)
    shown = " ".join(other.locator(".js-plotly-plot .xtick text").all_text_contents())
    assert values
    assert all(value in shown for value in values)
    expect(other.locator("main")).to_contain_text(HOSTILE)
    expect(other.locator("main")).to_contain_text("load_bundle")
    assert other.locator("main b", has_text="old").count() == 0


def a_damaged_link_opens_the_first_page_and_python_is_copied(page: Page, address: str) -> None:
    page.goto(urljoin(address, "/?view=1.damaged"))
    expect(alerts(page)).to_contain_text("This link is damaged or cut short")
    expect(cells(page)).to_have_count(62)
    assert "view=" not in page.url
    go(page, "Next sentence")
    way_out(page, "Python")
    expect(page.locator("[data-testid=stCode]").last).to_contain_text("Segmentations(")


def a_strip_is_saved_as_svg_and_as_png(page: Page) -> None:
    """Of the Compare page."""
    way_out(page, "Figures")
    opened = page.get_by_test_id("stPopoverBody")
    sizes = []
    for kind in ("SVG", "PNG"):
        with page.expect_download() as waiting:
            opened.get_by_role("button", name=kind, exact=True).click()
        assert waiting.value.suggested_filename == f"pretext-compare-strip.{kind.lower()}"
        content = Path(waiting.value.path()).read_bytes()
        if kind == "SVG":
            root = etree.fromstring(content)
            sizes.append((3 * int(root.get("width")), 3 * int(root.get("height"))))
        else:
            sizes.append(struct.unpack(">II", content[16:24]))
    assert sizes[0] == sizes[1], "three dots for each pixel"
    page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    at_rest(page)
