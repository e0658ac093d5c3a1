"""What is sent on comes back in a fresh browser: by link, by session file, and as a report without a network."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Page, expect

from tests.e2e.shots import at_rest
from tests.e2e.visits import Open, alerts, cells, choose, write

HOSTILE = "The <b>old</b> man </script> sat & slept."


@contextmanager
def fresh(browser: Browser, *, offline: bool = False) -> Iterator[Page]:
    """A browser session of its own, which nothing was kept in."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, offline=offline)
    try:
        yield context.new_page()
    finally:
        context.close()


def way_out(page: Page, name: str) -> None:
    page.get_by_test_id("stMain").get_by_role("radio", name=re.compile(name)).click()
    at_rest(page)


def shared(page: Page) -> str:
    way_out(page, "Share a link")
    return page.locator("[data-testid=stCode] code", has_text="?view=").inner_text().strip()


def saved(page: Page, button: str) -> Download:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return waiting.value


def numbers(page: Page) -> list[str]:
    """What the strip and the metrics say."""
    at_rest(page)
    return [*cells(page).all_inner_texts(), *page.get_by_test_id("stMetricValue").all_inner_texts()]


def tokens(page: Page) -> None:
    write(page, "Text", HOSTILE)
    at_rest(page)
    choose(page, "hidden")
    choose(page, "surprisal")
    cells(page).nth(4).click()
    at_rest(page)


def compare(page: Page) -> None:
    write(page, "A", HOSTILE)
    at_rest(page)
    write(page, "B", "The old woman sat & slept.")
    at_rest(page)
    choose(page, "surprisal")
    cells(page).nth(2).click()
    at_rest(page)


def splits(page: Page) -> None:
    write(page, "Text", f"{HOSTILE} Nobody came. It was late.")
    at_rest(page)
    choose(page, "words")


# Of every page by its widgets: tests/dashboard/test_way_out.py.
WORK = {"": tokens, "compare": compare, "splits": splits}


@pytest.mark.parametrize("path", ["", "compare"])
def test_a_link_reopens_the_same_numbers(visit: Open, browser: Browser, path: str) -> None:
    page = visit(path)
    WORK[path](page)
    link = shared(page)
    assert "?" not in page.url, "a link is shown, not put into the address"
    with fresh(browser) as other:
        other.goto(link)
        heading = page.get_by_test_id("stMain").get_by_role("heading", level=1).inner_text()
        expect(other.get_by_test_id("stMain").get_by_role("heading", level=1)).to_have_text(heading)
        at_rest(other)
        assert numbers(other) == numbers(page)
        assert "view=" not in other.url
        expect(alerts(other)).to_have_count(0)


@pytest.mark.parametrize("path", ["", "splits"])
def test_a_session_file_reopens_the_same_numbers_and_says_so(
    visit: Open, browser: Browser, server: str, path: str, tmp_path: Path
) -> None:
    page = visit(path)
    WORK[path](page)
    way_out(page, "Session file")
    file = tmp_path / "session.json"
    saved(page, "Download the session file").save_as(file)
    with fresh(browser) as other:
        other.goto(server)
        at_rest(other)
        other.get_by_text("Open a session file").click()
        other.locator("input[type=file]").set_input_files(file)
        heading = page.get_by_test_id("stMain").get_by_role("heading", level=1).inner_text()
        expect(other.get_by_test_id("stMain").get_by_role("heading", level=1)).to_have_text(heading)
        expect(alerts(other)).to_contain_text("numbers agree with the saved ones")
        assert numbers(other) == numbers(page)


@pytest.mark.parametrize("path", ["", "compare"])
def test_a_report_opens_alone_with_the_same_numbers(visit: Open, browser: Browser, path: str, tmp_path: Path) -> None:
    page = visit(path)
    WORK[path](page)
    title = page.get_by_test_id("stMain").get_by_role("heading", level=1).inner_text()
    way_out(page, "Report")
    file = tmp_path / "report.html"
    saved(page, "Download the report").save_as(file)
    figures = page.get_by_test_id("stMain").locator(".js-plotly-plot").count()
    values = [text for text in page.locator(".js-plotly-plot .xtick text").all_text_contents() if text.strip()]
    with fresh(browser, offline=True) as other:
        wrong: list[str] = []
        other.on("pageerror", lambda error: wrong.append(str(error)))
        other.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        other.goto(file.as_uri())
        expect(other.get_by_role("heading", level=1)).to_have_text(title)
        expect(other.locator(".js-plotly-plot")).to_have_count(figures)
        shown = " ".join(other.locator(".js-plotly-plot .xtick text").all_text_contents())
        assert values
        assert all(value in shown for value in values)
        expect(other.locator("main")).to_contain_text(HOSTILE)
        expect(other.locator("main")).to_contain_text("load_bundle")
        assert other.locator("main b", has_text="old").count() == 0
        assert wrong == []


def test_a_damaged_link_says_so_and_opens_the_default(visit: Open) -> None:
    page = visit("?view=1.damaged")
    expect(alerts(page)).to_contain_text("This link is damaged or cut short")
    expect(cells(page)).to_have_count(62)
    assert "view=" not in page.url


def test_python_is_copied_as_it_stands(visit: Open) -> None:
    page = visit("next_sentence")
    way_out(page, "Copy as Python")
    expect(page.locator("[data-testid=stCode]").last).to_contain_text("compare_segmentations")
