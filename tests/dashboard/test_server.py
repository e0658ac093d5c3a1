"""The server that ``make run`` starts: whose websockets it takes, when it is ready, how it ends."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.datastructures import Headers
from streamlit.web.server.starlette.starlette_server import _bind_socket

from analysis import memory
from analysis.questions import Text
from dashboard.pages import PAGES
from dashboard.screen.server import given_back, own_origin, send_at_once
from dashboard.view import ViewState
from tests.dashboard.served import PATIENCE, Server, in_a_loop, visiting
from training.command import PROJECT_FOLDER


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


def test_it_sends_without_waiting_for_what_went_before_to_be_acknowledged() -> None:
    async def taken() -> int:
        """Whether a connection that Streamlit's socket takes is set so."""
        connected: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            own = writer.get_extra_info("socket")
            connected.set_result(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listening = await asyncio.start_server(take, sock=_bind_socket("127.0.0.1", 0, 1))
        running = uvicorn.Server(uvicorn.Config(lambda: None))
        sending = asyncio.create_task(send_at_once(running))
        await asyncio.sleep(0)
        running.servers, running.started = [listening], True
        await sending
        async with listening:
            _, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
            found = await connected
            writer.close()
        return found

    assert in_a_loop(taken())


@pytest.mark.parametrize(
    ("taken", "others", "gives"),
    [([200, 110], 0, True), ([102], 0, False), ([200], 1, False), ([0], 0, False)],
    ids=["much, and nobody computes", "little", "somebody computes", "the system does not say"],
)
def test_memory_is_given_back_when_nobody_computes(
    taken: list[int], others: int, gives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    monkeypatch.setattr(memory, "resident_bytes", iter(taken).__next__)
    monkeypatch.setattr(memory, "give_back", lambda: given.append(1))
    assert given_back(100, lambda: others) == (110 if gives else 100)
    assert bool(given) is gives


def test_the_libraries_are_no_garbage_to_be_looked_through() -> None:
    program = (
        "import gc; from dashboard.screen import libraries as l; l.bring(); l.bring(); print(gc.get_freeze_count())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 100_000


def test_no_run_of_a_page_ends_in_a_search_for_garbage() -> None:
    # As Streamlit itself understands the project's settings; it fails for a name that it doesn't know.
    program = "from streamlit import config; print(config.get_option('runner.postScriptGC'))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


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
