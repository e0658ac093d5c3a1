"""Takes a picture of every page, light and dark, wide and narrow: ``python -m tests.e2e.shots [OUT_DIR]``."""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.browser import LAUNCH_ARGS, PATIENCE, find_browser, why_none
from tests.e2e.conftest import ROOT, dashboard

Theme = Literal["light", "dark"]

THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = (1400, 420)
FIRST_HEIGHT = 1000
STATES = {"tokens": {"hidden": ("hidden", "surprisal"), "words": ("word", "copy gap")}}
"""What else is taken of a page: the state's name, and the buttons that lead from the state before to it."""
COVER, COVER_SIZE, COVER_SCALE = "pretext.png", (1400, 900), 1.5
"""The README's picture: the first page, light."""
COVER_BYTES, COVER_COLOURS = 400_000, 256
"""How large the README's picture may be, and how many colours it keeps when it would be larger."""
GALLERY: dict[str, tuple[str, ...]] = {
    "fill": (),
    "next-sentence": (),
    "splits": ("words",),
    "pairs": (),
    "compare": (),
    "tour": (),
}
"""The pages of the README's gallery, and the buttons that lead to what is worth a picture."""
GALLERY_SIZE = (1400, 1050)
SETTLES = 4
"""How often a page may grow when it gets the height it asked for, before it is taken as it is."""


def at_rest(page: Page) -> None:
    """Wait until the server has nothing more to send and the browser nothing more to draw."""
    page.wait_for_function(_AT_REST, polling=50, timeout=PATIENCE)
    page.evaluate("() => document.fonts.ready.then(() => true)")


_AT_REST = """() => {
  const app = document.querySelector('[data-testid=stApp]')
  const heading = document.querySelector('[data-testid=stMain] h1')
  return app?.dataset.testScriptState === 'notRunning' && heading?.checkVisibility() && !document.querySelector(
    '[data-stale=true], [data-testid=stSpinner], [data-testid=stSkeleton], .js-plotly-plot:not(:has(.main-svg))'
  )
}"""


def pages(page: Page) -> dict[str, str]:
    """File name and address of every page, as the app's own navigation lists them."""
    links = page.get_by_test_id("stSidebarNavLink").evaluate_all(
        "links => links.map(link => [link.querySelector('p').textContent, link.href])"
    )
    return {re.sub(r"\W+", "-", title.strip().lower()): address for title, address in links}


def in_full(page: Page) -> None:
    """Make the window as high as the page, so that nothing has to be scrolled."""
    for _ in range(SETTLES):
        wanted = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
        size = page.viewport_size or {"width": 0, "height": 0}
        if wanted == size["height"]:
            return
        page.set_viewport_size({"width": size["width"], "height": wanted})
        page.wait_for_timeout(400)
        at_rest(page)


def take_all(browser: Browser, address: str, folder: Path) -> Iterator[Path]:
    """Every page (some in several states) in every theme and width, and the README's picture."""
    for theme in THEMES:
        for width in WIDTHS:
            context = browser.new_context(viewport={"width": width, "height": FIRST_HEIGHT}, color_scheme=theme)
            page = context.new_page()
            page.goto(address)
            at_rest(page)
            for name, target in pages(page).items():
                page.set_viewport_size({"width": width, "height": FIRST_HEIGHT})
                page.goto(target)
                at_rest(page)
                in_full(page)
                yield _saved(page, folder / f"{name}-{theme}-{width}.png")
                for state, buttons in STATES.get(name, {}).items():
                    for button in buttons:
                        page.get_by_role("radio", name=button, exact=True).click()
                    # The click is on its way: what is at rest now may be the state before.
                    page.wait_for_timeout(400)
                    at_rest(page)
                    in_full(page)
                    yield _saved(page, folder / f"{name}-{state}-{theme}-{width}.png")
            context.close()
    yield from take_gallery(browser, address, folder)


def take_gallery(browser: Browser, address: str, folder: Path) -> Iterator[Path]:
    """The README's pictures: the first page large, then one of every other page."""
    yield take_cover(browser, address, folder)
    width, height = GALLERY_SIZE
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="light")
    page = context.new_page()
    page.goto(address)
    at_rest(page)
    found = pages(page)
    for name, buttons in GALLERY.items():
        page.goto(found[name])
        at_rest(page)
        for button in buttons:
            page.get_by_role("radio", name=button, exact=True).click()
            page.wait_for_timeout(400)
            at_rest(page)
        path = _saved(page, folder / f"gallery-{name}.png")
        _reduce(path)
        yield path
    context.close()


def take_cover(browser: Browser, address: str, folder: Path) -> Path:
    """The README's picture."""
    width, height = COVER_SIZE
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light", device_scale_factor=COVER_SCALE
    )
    page = context.new_page()
    page.goto(address)
    at_rest(page)
    path = _saved(page, folder / COVER)
    context.close()
    if path.stat().st_size > COVER_BYTES:
        _reduce(path)
    return path


def _saved(page: Page, path: Path) -> Path:
    page.mouse.move(0, 0)
    page.screenshot(path=path, animations="disabled", caret="hide")
    return path


def _reduce(path: Path) -> None:
    try:
        from PIL import Image
    except ImportError:
        return
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COVER_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.shots", description=__doc__)
    parser.add_argument(
        "folder",
        metavar="OUT_DIR",
        nargs="?",
        type=Path,
        default=ROOT / "docs" / "pictures",
        help="where the pictures go (default: docs/pictures)",
    )
    parser.add_argument("--gallery", action="store_true", help="take only the README's pictures")
    asked = parser.parse_args()
    found = find_browser()
    if found is None:
        sys.stderr.write(f"{why_none()}\n")
        return 1
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        with dashboard(Path(home), Path(home) / "server.log") as address:
            browser = playwright.chromium.launch(executable_path=found, args=LAUNCH_ARGS)
            take = take_gallery if asked.gallery else take_all
            for path in take(browser, address, asked.folder):
                sys.stdout.write(f"{path}  {path.stat().st_size / 1000:.0f} kB\n")
                sys.stdout.flush()
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
