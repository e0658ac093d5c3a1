"""Clicks and words on a busy machine, where the browser is behind: none is taken back by what was on its way."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

from dashboard.pages import PAGES
from tests.e2e.conftest import ROOT, dashboard
from tests.e2e.shots import at_rest
from tests.e2e.visits import cells, field, go, heading, try_example, write

TEXT = "The {} sat on the mat at noon and looked at the door."
"""Takes seconds here."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("busy")
    log = home / "server.log"
    with dashboard(home, log, script=ROOT / "tests" / "e2e" / "busy_app.py") as address:
        yield address
    assert "Traceback" not in log.read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def opened(page: Page, page_errors: list[str], address: str) -> Iterator[Callable[[str], Page]]:
    def open_at(path: str) -> Page:
        page.goto(f"{address}/{path}")
        # What it reads meanwhile is minutes of work here.
        expect(cells(page).first).to_be_visible()
        return page

    yield open_at
    # The folder of the script has no fonts beside it.
    page_errors[:] = [error for error in page_errors if not re.search(r"404.*(woff2|svg|health|host-config)\)$", error)]


def reading(page: Page, subject: str) -> None:
    """Write a text that is then being read."""
    # The text before may still be read, so that nobody can see the server begin with this one: nothing but its words.
    typed = field(page, "Text")
    typed.fill(TEXT.format(subject))
    typed.press("Control+Enter")
    expect(cells(page).nth(2)).to_contain_text(subject)
    expect(page.get_by_role("button", name="Stop", exact=True).last).to_be_visible()


def test_clicks_and_words_on_a_busy_machine_are_not_taken_back(opened: Callable[[str], Page], page: Page) -> None:
    asked: list[ClientState] = []

    def sent(frame: bytes | str) -> None:
        message = BackMsg.FromString(frame if isinstance(frame, bytes) else frame.encode())
        if message.WhichOneof("type") == "rerun_script":
            asked.append(message.rerun_script)

    page.on("websocket", lambda socket: socket.on("framesent", sent))
    opened("")
    reading(page, "king")
    try_example(page, "A garden-path sentence")
    expect(cells(page)).to_have_count(15)
    at_rest(page)
    expect(field(page, "Text")).to_have_value(re.compile("^The old man the boat"))
    expect(cells(page)).to_have_count(15)
    # What stands in the fields travels with every request: one that no person sent would put back what a click changed.
    assert len(asked) == 3, "the opening, the text and the click"

    reading(page, "dog")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Pairs", exact=True).click()
    expect(heading(page)).to_have_text(PAGES["pairs"].asks)
    page.wait_for_timeout(2_000)
    expect(heading(page)).to_have_text(PAGES["pairs"].asks)
    assert urlsplit(page.url).path == "/pairs"
    what_is_written_while_the_page_is_drawn_stands_in_its_field(page)


def what_is_written_while_the_page_is_drawn_stands_in_its_field(page: Page) -> None:
    go(page, "Fill")
    typed = field(page, "Text")
    try_example(page, "Two gaps side by side")
    write(page, "Text", "The king sat on his throne.")
    expect(page.get_by_text("This text has no gap yet")).to_be_visible()
    expect(typed).to_have_value("The king sat on his throne.")
    # Its candidates are away, and come back before the browser has heard of it.
    write(page, "Text", "The king sat on his [MASK].")
    expect(page.locator(".filled .row").first).to_be_visible()
    at_rest(page)
    expect(typed).to_have_value("The king sat on his [MASK].")
    expect(page.get_by_role("textbox", name="Candidates, one per line")).not_to_have_value("")
    expect(page.get_by_role("combobox", name="Reference")).to_have_count(1)
    expect(page.get_by_test_id("stMain").get_by_test_id("stAlertContainer")).to_have_count(0)
