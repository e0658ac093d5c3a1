"""A visitor who leaves in the middle of the longest work: the next one is served at once, and nothing goes on."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from analysis.questions import Contest, Text
from dashboard.pages import PAGES
from dashboard.view import ViewState
from tests.analysis.longest import LONGEST
from tests.dashboard.served import Server, visiting

SHORT = "The old man sat on the mat."
_STAYS, _SERVED, _STILL = 3.0, 3.0, 2.0
"""Seconds: how long the first one stays, what the next one may wait, and when nothing is computed any more."""
_IDLE = 0.25
"""Of a second: what a server takes that does nothing, on a busy machine."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for both tests; the second ends it."""
    running = Server(tmp_path_factory.mktemp("server"))
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
        # A quick machine needs less than what waits to be asked for.
        if long.sees(b"fill.work.go", b"fill.work.stop") == b"fill.work.go":
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
    assert busy < _IDLE


def test_a_server_that_is_killed_and_started_again_answers_the_same_link(server: Server, tmp_path: Path) -> None:
    long = "The old man sat on the mat and looked at the sea for a while. " * 20
    view = PAGES["tokens"].check(ViewState("tokens", "bundled", (Text(long),)))
    with visiting(server) as visitor:
        visitor.opens(view)
        visitor.sees(b"positions read")
        server.process.kill()
        with pytest.raises(ConnectionClosed):
            visitor.sees(b"what no server says")
    server.process.wait()
    (tmp_path / "again").mkdir()
    again = Server(tmp_path / "again", port=server.port)
    try:
        again.wait_for("/ready")
        with visiting(again) as visitor:
            visitor.opens(view)
            visitor.sees(b"positions read")
        assert "Traceback" not in again.log.read_text()
    finally:
        again.end()
