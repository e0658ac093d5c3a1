"""Finds or installs the browser of the end-to-end tests: ``python -m tests.e2e.browser``."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
LAUNCH_ARGS = (
    "--no-sandbox",  # Chromium refuses to start as root otherwise; only our own pages are opened
    "--disable-gpu",
    "--force-prefers-reduced-motion",  # without a GPU an icon that turns takes its share of a processor
    "--disable-quic",
    "--no-first-run",
    # The rest keeps it from calling home, which a closed network answers with errors.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 180_000
"""Milliseconds that a page may take on a busy machine."""
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def in_ci() -> bool:
    """Whether a missing browser is a failure (``CI=true``) or a reason to skip."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


def find_browser() -> Path | None:
    """The browser to drive: ``PRETEXT_BROWSER`` and no other when it is set, else the first one on this machine."""
    asked = os.environ.get("PRETEXT_BROWSER")
    if asked:
        return _executable(asked)
    for command in COMMANDS:
        if found := _executable(command):
            return found
    for application in APPLICATIONS:
        if application.is_file():
            return application
    return _playwrights_own()


def provide_browser() -> Path | None:
    """The browser that is there, or else one installed now: Debian's when that is possible, playwright's if not."""
    found = find_browser()
    if found or os.environ.get("PRETEXT_BROWSER"):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _try(["apt-get", "update", "-qq"], quietly)
        _try(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], quietly)
        found = find_browser()
    if not found:
        _try([sys.executable, "-m", "playwright", "install", "chromium"], os.environ)
        found = find_browser()
    return found


def why_none() -> str:
    """One sentence for the reader who has no browser."""
    asked = os.environ.get("PRETEXT_BROWSER")
    if asked:
        return f"PRETEXT_BROWSER names {asked!r}, which is not a program that can be run."
    return "No Chromium or Chrome was found: install one, or name it in PRETEXT_BROWSER."


def _executable(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _playwrights_own() -> Path | None:
    # In a process of its own: playwright's synchronous interface cannot be started twice in one.
    answer = subprocess.run([sys.executable, "-c", ASK_PLAYWRIGHT], capture_output=True, text=True, check=False)
    path = Path(answer.stdout.strip() or "nowhere")
    return path if path.is_file() else None


def _try(command: list[str], environment: Mapping[str, str]) -> None:
    """Runs an installer; what it achieved is seen afterwards by looking for the browser."""
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def main() -> int:
    before = find_browser()
    browser = before or provide_browser()
    if not browser:
        consequence = "" if in_ci() else " The tests that need it are skipped."
        sys.stdout.write(f"{why_none()}{consequence}\n")
        return int(in_ci())
    sys.stdout.write(f"Browser for the tests: {browser}{'' if before else ', installed now'}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
