"""The server that ``make run`` starts: whose websockets it takes, when it is ready, how it ends."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from analysis.questions import Text
from dashboard.pages import PAGES
from dashboard.screen.server import own_origin
from dashboard.view import ViewState
from tests.dashboard.served import PATIENCE, Server, visiting


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server"))
    try:
        running.wait_for("/_stcore/health")
        yield running
    finally:
        running.end()


def test_a_websocket_is_taken_from_a_page_of_the_server_only(server: Server) -> None:
    own, localhost = f"http://{server.host}", f"localhost:{server.port}"
    assert server.handshake(own) == 101
    assert server.handshake(f"http://{localhost}", host=localhost) == 101
    assert server.handshake() == 403, "no origin"
    for origin in (
        "http://elsewhere.example",
        "http://127.0.0.1:1",
        f"http://{localhost}",
        "null",
        "",
        f"file://{own}",
    ):
        assert server.handshake(origin) == 403, origin
    assert server.handshake(own, "http://elsewhere.example") in {400, 403}
    rebound = f"elsewhere.example:{server.port}"
    assert server.handshake(f"http://{rebound}", host=rebound) == 403, "a name that was made to mean this machine"


def test_it_says_when_its_model_is_there_without_a_visitor(server: Server) -> None:
    assert server.wait_for("/ready") <= {503, None}


def test_ctrl_c_ends_it_quietly_while_it_computes(server: Server) -> None:
    text = Text("The old man sat on the mat and looked at the sea for a while. " * 30)
    view = PAGES["tokens"].check(ViewState("tokens", "bundled", (text,)))
    with visiting(server) as visitor:
        visitor.opens(view)
        visitor.sees(b"positions read")
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(PATIENCE) == 0
    written = server.log.read_text()
    assert "Traceback" not in written
    assert "Error" not in written
    assert not re.search("abort", written, re.IGNORECASE)


def test_settings_that_can_t_be_followed_start_no_server(tmp_path: Path) -> None:
    server = Server(tmp_path, PRETEXT_PUBLIC="perhaps")
    assert server.process.wait(PATIENCE) != 0
    assert "PRETEXT_PUBLIC = 'perhaps' came" in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize(
    ("origin", "host", "taken"),
    [
        ("https://lab.example", "lab.example", True),
        ("https://LAB.example", "lab.example", True),
        ("https://lab.example", "lab.example:8501", False),
        ("https://proxy.example", "10.0.0.1", True),
        ("https://proxy.example.evil", "10.0.0.1", False),
        ("http://[", "[", False),
        ("ws://lab.example", "lab.example", False),
    ],
)
def test_an_origin_is_the_address_that_is_asked_or_one_of_the_settings(origin: str, host: str, taken: bool) -> None:
    assert own_origin(Headers({"origin": origin, "host": host}), ["https://proxy.example"]) is taken
