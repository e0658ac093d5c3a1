"""What was typed is there again after the server was started anew and the tab reloaded."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import dashboard
from tests.e2e.shots import at_rest
from tests.e2e.visits import main, send

TYPED = "The old man the [MASK] <b>boats</b>."


def test_a_reload_after_a_restart_keeps_what_was_typed(
    page: Page, page_errors: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home: Path = tmp_path_factory.mktemp("kept")
    with dashboard(home, home / "first.log") as address:
        port = int(address.rpartition(":")[2])
        page.goto(address)
        at_rest(page)
        send(main(page).locator("textarea").first, TYPED)
        at_rest(page)
        page.reload()
        expect(main(page).locator("textarea").first).to_have_value(TYPED)
        at_rest(page)
    with dashboard(home, home / "second.log", port=port):
        page.reload()
        expect(main(page).locator("textarea").first).to_have_value(TYPED)
        at_rest(page)
        assert "boats" not in page.url
        other = page.context.new_page()
        other.goto(address)
        at_rest(other)
        expect(main(other).locator("textarea").first).not_to_have_value(TYPED)
        other.close()
    # While there was no server the page said so.
    page_errors.clear()
