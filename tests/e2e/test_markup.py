"""What a real page makes of escaped text: nothing but text, whatever a release of Streamlit adds to its Markdown."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page

from tests.dashboard.test_markup import CONSTRUCTS, JOINER
from tests.e2e.conftest import ROOT, dashboard
from tests.e2e.shots import at_rest


@pytest.fixture(autouse=True)
def _this_pages_own_complaints(page: Page, page_errors: list[str]) -> Iterator[None]:
    """Its folder has no fonts beside it, and the text as it is asks for a picture that is nowhere."""
    yield
    page_errors[:] = [error for error in page_errors if not re.search(r"404.*(woff2|nowhere\.png)\)$", error)]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("markup")
    with dashboard(home, home / "server.log", script=ROOT / "tests" / "e2e" / "markup_app.py") as address:
        yield address


def is_text(place: Locator, text: str) -> bool:
    """Whether the text is there as it was given, in one paragraph that holds no element."""
    shown = place.inner_text().replace(JOINER, "").strip()
    return shown == " ".join(text.split()) and place.locator("p").count() == 1 and place.locator("p *").count() == 0


def test_escaped_text_is_shown_as_it_was_given(page: Page, address: str) -> None:
    page.goto(address)
    at_rest(page)
    cells = page.locator(".st-key-table tbody td")
    caught = 0
    for number, text in enumerate(CONSTRUCTS):
        line = " ".join(text.split())
        assert is_text(page.locator(f".st-key-plain-{number} [data-testid=stMarkdownContainer]"), text), text
        beside = page.locator(f".st-key-beside-{number} [data-testid=stCaptionContainer]")
        assert beside.inner_text().replace(JOINER, "").endswith(f"🎉 {line}"), text
        assert beside.locator("p *").count() == 1, "our own icon, and nothing of the text"
        assert cells.nth(number).inner_text().replace(JOINER, "").strip() == line
        bare = page.locator(f".st-key-bare-{number} [data-testid=stMarkdownContainer]")
        caught += bare.count() != 1 or not is_text(bare, text)
    assert caught > 25, "the check would let anything pass"

    first, last = (" ".join(text.split()) for text in (CONSTRUCTS[0], CONSTRUCTS[-1]))
    ends = page.get_by_test_id("stSliderTickBar").locator("[data-testid=stMarkdownContainer]")
    assert [text.strip() for text in ends.all_inner_texts()] == [first, last], "a slider's labels are Markdown, too"
    assert ends.locator("p *").count() == 0
