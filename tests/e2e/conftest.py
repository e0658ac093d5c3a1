"""A browser, the running dashboard and a page that forgives no error, for the tests of this folder."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.e2e.browser import LAUNCH_ARGS, PATIENCE, find_browser, in_ci, why_none

ROOT = Path(__file__).parents[2]
STARTUP_SECONDS = 60

# Streamlit asks these of the page's own address first and then of the server's root, where they are.
STREAMLIT_PROBES = re.compile(r"404.*/[a-z_]+/_stcore/(health|host-config)\)$")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, and put it into the middle, where the second of two workers begins.

    So one browser and one server do for all of it, and their caches are warm; whoever is done first takes from the end.
    """
    of_here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    others = [item for item in items if item not in set(of_here)]
    for item in of_here:
        item.add_marker(pytest.mark.e2e)
    half = len(items) // 2
    items[:] = [*others[:half], *of_here, *others[half:]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one browser of the session; without one its tests fail where ``CI=true`` and are skipped elsewhere."""
    path = find_browser()
    if path is None:
        if in_ci():
            pytest.fail(why_none(), pytrace=False)
        pytest.skip(why_none())
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=LAUNCH_ARGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the dashboard, started with the project's own settings and without a network."""
    home = tmp_path_factory.mktemp("server")
    log = home / "server.log"
    with dashboard(home, log) as address:
        yield address
    written = log.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in written, f"the dashboard raised while it was being tested:\n{written}"


@contextmanager
def dashboard(home: Path, log: Path, script: Path = ROOT / "serve.py", port: int = 0) -> Iterator[str]:
    """Runs the dashboard (or another script) while the block lasts, on a free port unless one is named.

    ``home`` stands in for the user's home folder, so that neither their Streamlit settings nor the models they have
    downloaded take part. Everything the server prints goes to ``log``.
    """
    port = port or _free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true"]
    command += [
        "--browser.gatherUsageStats",
        "false",
        "--server.fileWatcherType",
        "none",
        "--logger.enableRich",
        "false",
    ]
    environment = {name: value for name, value in os.environ.items() if name not in {"HF_HOME", "HF_HUB_CACHE"}}
    # One thread: tests run beside each other, and threads of short texts would wait for each other.
    environment |= {"HF_HUB_OFFLINE": "1", "HOME": str(home), "OMP_NUM_THREADS": "1"}
    with log.open("w", encoding="utf-8") as sink:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_healthy(address, process, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def page_errors() -> list[str]:
    """What the page complained of. A test that provokes a complaint looks at it here and clears the list."""
    return []


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all pages: what they are made of is fetched and compiled once. A visit begins anew with each page."""
    shared = browser.new_context(viewport={"width": 1400, "height": 1000})
    shared.set_default_timeout(PATIENCE)
    yield shared
    shared.close()


@pytest.fixture
def page(context: BrowserContext, page_errors: list[str]) -> Iterator[Page]:
    """A new page, 1400 by 1000; errors in its console or its scripts fail the test."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            page_errors.append(f"{message.text} ({message.location['url']})")

    opened = context.new_page()
    opened.on("console", on_console)
    opened.on("pageerror", lambda error: page_errors.append(str(error)))
    yield opened
    opened.close()
    context.set_offline(False)
    assert page_errors == []


@pytest.fixture
def visit(page: Page, server: str, page_errors: list[str]) -> Iterator[Callable[..., Page]]:
    """Open the dashboard at an address; nothing but its own server may be asked for anything, no dialog may appear."""
    from tests.e2e.shots import at_rest  # which itself needs this file

    asked: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    def open_at(path: str = "", *, dark: bool = False, width: int = 1400, height: int = 1000) -> Page:
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{server}/{path}")
        at_rest(page)
        page_errors[:] = [error for error in page_errors if not STREAMLIT_PROBES.search(error)]
        return page

    yield open_at
    # Whatever the browser complained of after the last opening by address is for the fixture ``page`` to judge.
    page_errors[:] = [error for error in page_errors if not STREAMLIT_PROBES.search(error)]
    others = [url for url in asked if urlsplit(url).scheme not in {"data", "blob"} and not url.startswith(f"{server}/")]
    assert asked
    assert others == []
    assert dialogs == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with direct.open(f"{address}/_stcore/health", timeout=5) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    written = log.read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"the dashboard did not start within {STARTUP_SECONDS} s:\n{written}")
