"""A visitor who leaves in the middle of the longest work: the next one is served at once, and nothing goes on."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.questions import Contest, Text
from dashboard.pages import PAGES
from dashboard.view import ViewState
from tests.analysis.longest import LONGEST
from tests.dashboard.served import Server, visiting

SHORT = "The old man sat on the mat."
_STAYS, _SERVED, _STILL = 3.0, 3.0, 2.0
"""Seconds: how long the first one stays, what the next one may wait, and when nothing is computed any more."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    try:
        running.wait_for("/ready")
        yield running
    finally:
        running.end()


def seconds_of_leaving(server: Server) -> tuple[float, float]:
    """What the next visitor waits for a short text, and the server's processor time in a second when both have gone."""
    contest = LONGEST["candidates"]["of many pieces"]
    assert isinstance(contest, Contest)
    fill = ViewState("fill", "bundled", (contest.text,), (("candidates", "\n".join(contest.candidates)),))
    with visiting(server) as first:
        # What is done once in a process is nobody's waiting.
        first.opens(PAGES["tokens"].check(ViewState("tokens", "bundled", (Text("A dog ran."),))))
        first.has_it_all()
    with visiting(server) as long:
        long.opens(PAGES["fill"].check(fill))
        long.sees(b"fill.work.go")
        long.presses("fill.work.go")
        long.sees(b"fill.work.stop")
        time.sleep(_STAYS)
    left = time.monotonic()
    with visiting(server) as short:
        short.opens(PAGES["tokens"].check(ViewState("tokens", "bundled", (Text(SHORT),))))
        short.has_it_all()
        waited = time.monotonic() - left
    time.sleep(max(0.0, left + max(_STILL, waited + 1.0) - time.monotonic()))
    before = server.seconds
    time.sleep(1.0)
    return waited, server.seconds - before


def test_the_next_visitor_is_served_and_nothing_goes_on(server: Server) -> None:
    waited, busy = seconds_of_leaving(server)
    assert waited < _SERVED
    assert busy < 0.1
