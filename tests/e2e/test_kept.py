"""What was typed is there again after the server was started anew and the tab reloaded."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.texts import NOTEBOOK
from tests.e2e.browser import PATIENCE
from tests.e2e.conftest import dashboard
from tests.e2e.visits import main, send

TYPED = "The old man the [MASK] <b>boats</b>."


def test_a_reload_after_a_restart_keeps_what_was_typed(
    page: Page, page_errors: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home: Path = tmp_path_factory.mktemp("kept")
    with dashboard(home, home / "first.log") as address:
        port = int(address.rpartition(":")[2])
        page.goto(address)
        send(main(page).locator("textarea").first, TYPED)
        page.wait_for_function("sessionStorage.getItem('pretext.tokens')?.includes('boats')", timeout=PATIENCE)
        page.reload()
        expect(main(page).locator("textarea").first).to_have_value(TYPED, timeout=PATIENCE)
    with dashboard(home, home / "second.log", port=port):
        page.reload()
        expect(main(page).locator("textarea").first).to_have_value(TYPED, timeout=PATIENCE)
        assert "boats" not in page.url
        other = page.context.new_page()
        other.goto(address)
        expect(main(other).locator("textarea").first).to_have_value(NOTEBOOK, timeout=PATIENCE)
        other.close()
        page.goto("about:blank")
    # While there was no server the page said so.
    page_errors.clear()
