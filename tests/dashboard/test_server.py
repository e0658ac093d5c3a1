"""The server that ``make run`` starts: whose websockets it takes, when it is ready, how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from starlette.datastructures import Headers
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import connect

from analysis.questions import Text
from dashboard.pages import PAGES
from dashboard.screen.server import own_origin
from dashboard.view import ViewState
from tests.dashboard.visits import data_of

ROOT = Path(__file__).parents[2]
PATIENCE = 240
"""Seconds that a busy machine may take."""
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server:
    """The server as a program of its own, on a free port."""

    def __init__(self, home: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.log = home / "server.log"
        own = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PRETEXT_"))}
        own |= {"HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"} | environment
        command = [sys.executable, "-m", "streamlit", "run", "serve.py", "--server.port", str(self.port)]
        command += ["--server.headless", "true", "--logger.enableRich", "false"]
        with self.log.open("w") as sink:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=own, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT
            )

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def get(self, path: str) -> int | None:
        """The status of an answer; None while nothing answers."""
        try:
            with _DIRECT.open(f"http://{self.host}{path}", timeout=10) as answer:
                return answer.status
        except HTTPError as refused:
            return refused.code
        except OSError:
            return None

    def wait_for(self, path: str) -> set[int | None]:
        """Wait until a path answers with 200; returns the answers until then."""
        before: set[int | None] = set()
        deadline = time.monotonic() + PATIENCE
        while (status := self.get(path)) != 200:
            before.add(status)
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return before

    def handshake(self, *origins: str, host: str | None = None) -> int:
        """The status of the answer to the request for a websocket."""
        lines = ["GET /_stcore/stream HTTP/1.1", f"Host: {host or self.host}", "Connection: Upgrade"]
        lines += ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        lines += [f"Origin: {origin}" for origin in origins]
        with socket.create_connection(("127.0.0.1", self.port), 30) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            return int(connection.recv(64).split()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server"))
    try:
        running.wait_for("/_stcore/health")
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait()


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
    message = BackMsg()
    message.rerun_script.query_string = f"view={data_of(view)}"
    address = f"ws://{server.host}/_stcore/stream"
    settings = {"origin": f"http://{server.host}", "subprotocols": ["streamlit"], "max_size": None, "proxy": None}
    with connect(address, **settings) as websocket:
        websocket.send(message.SerializeToString())
        deadline = time.monotonic() + PATIENCE
        while b"positions read" not in websocket.recv(timeout=PATIENCE):
            assert time.monotonic() < deadline
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
