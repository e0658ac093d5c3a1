"""What is typed is there again after a reload, from a server that was killed and started anew, too."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import dashboard
from tests.e2e.shots import at_rest
from tests.e2e.visits import alerts, choose, field, go, heading, write

TYPED, OTHER, LONG = (
    "Nobody saw the grey cat leave.",
    "She opened the [MASK] and read.",
    " ".join(["one more word"] * 900),
)


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    # Beside a server that goes, a console is never silent.
    opened = context.new_page()
    yield opened
    opened.close()


def test_a_reload_keeps_what_was_typed_and_the_address_nothing(tab: Page, tmp_path: Path) -> None:
    with dashboard(tmp_path, tmp_path / "first.log") as address:
        tab.goto(f"{address}/splits")
        at_rest(tab)
        write(tab, "Text", OTHER)
        at_rest(tab)
        go(tab, "Tokens")
        assert field(tab, "Text").input_value() != TYPED
        unseen = tab.locator("[data-testid=stLayoutWrapper]:has(> [class*=-unseen])")
        assert set(unseen.evaluate_all("all => all.map(each => getComputedStyle(each).display)")) == {"none"}
        write(tab, "Text", TYPED)
        at_rest(tab)
        choose(tab, "hidden")
        tab.reload()
        expect(field(tab, "Text")).to_have_value(TYPED)
        at_rest(tab)
        expect(tab.get_by_role("radio", name="hidden", exact=True)).to_be_checked()
        # What can't be read was typed all the same.
        write(tab, "Text", LONG)
        expect(alerts(tab)).to_have_count(1)
        at_rest(tab)
        port = int(address.rpartition(":")[2])
    with dashboard(tmp_path, tmp_path / "second.log", port=port):
        # The page finds the server by itself, and its fields are locked until then.
        expect(field(tab, "Text")).to_be_enabled()
        go(tab, "Splits")
        expect(field(tab, "Text")).to_have_value(OTHER)
        tab.reload()
        expect(field(tab, "Text")).to_have_value(OTHER)
        at_rest(tab)
        assert urlsplit(tab.url)[2:] == ("/splits", "", "")
        go(tab, "Tokens")
        expect(field(tab, "Text")).to_have_value(LONG)
        # Who opens the address anew finds the page as it is.
        tab.goto(f"{address}/")
        at_rest(tab)
        assert field(tab, "Text").input_value() not in {TYPED, LONG}
        expect(heading(tab)).to_be_visible()
    assert "Traceback" not in (tmp_path / "first.log").read_text() + (tmp_path / "second.log").read_text()
