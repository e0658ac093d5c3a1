"""The server that ``make run`` starts, as a program of its own, and visitors of it without a browser."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from dashboard.view import ViewState
from tests.dashboard.visits import data_of

ROOT = Path(__file__).parents[2]
PATIENCE = 240
"""Seconds that a busy machine may take."""
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def in_a_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What it comes to, in a thread of its own: a browser of other tests leaves a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Server:
    """The server as a program of its own, on a free port unless one is named."""

    def __init__(self, home: Path, port: int = 0, **environment: str) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
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

    @property
    def seconds(self) -> float:
        """What the server has taken of the processor."""
        # After the name, which may hold anything, of a process: user and system time are the 12th and 13th field.
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Visitor:
    """Somebody who has a page open: what the server sends, and clicks on what it has drawn."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids: set[str] = set()
        self._page = ""

    def opens(self, view: ViewState) -> None:
        """Ask for a page as a link does."""
        message = BackMsg()
        message.rerun_script.query_string = f"view={data_of(view)}"
        self._connection.send(message.SerializeToString())

    def presses(self, key: str) -> None:
        """Press the button of a key, which has been drawn."""
        message = BackMsg()
        (widget,) = [each for each in self._ids if each.endswith(f"-{key}")]
        state = message.rerun_script.widget_states.widgets.add()
        state.id, state.trigger_value = widget, True
        message.rerun_script.page_script_hash = self._page
        self._connection.send(message.SerializeToString())

    def sees(self, *texts: bytes) -> bytes:
        """Wait until something of the server's holds one of some texts, and return that text."""
        deadline = time.monotonic() + PATIENCE
        while True:
            got = self._next()[0]
            found = next((text for text in texts if text in got), None)
            if found is not None:
                return found
            assert time.monotonic() < deadline

    def has_it_all(self) -> None:
        """Wait until a run has ended of which everything was read."""
        deadline, stop = time.monotonic() + PATIENCE, False
        while True:
            got, message = self._next()
            kind = message.WhichOneof("type")
            if kind == "script_finished" and not stop:
                return
            stop = kind != "new_session" and (stop or b".work.stop" in got)
            assert time.monotonic() < deadline

    def _next(self) -> tuple[bytes, ForwardMsg]:
        got = self._connection.recv(timeout=PATIENCE)
        assert isinstance(got, bytes)
        self._ids |= {each.decode() for each in re.findall(rb"\$\$ID-[\w.-]+", got)}
        message = ForwardMsg.FromString(got)
        if message.WhichOneof("type") == "new_session":
            self._page = message.new_session.page_script_hash
        return got, message


@contextmanager
def visiting(server: Server) -> Iterator[Visitor]:
    """Somebody who comes, and leaves at the end of the block."""
    address = f"ws://{server.host}/_stcore/stream"
    settings = {"origin": f"http://{server.host}", "subprotocols": ["streamlit"], "max_size": None, "proxy": None}
    # Whoever leaves waits for nobody.
    with connect(address, close_timeout=0.1, **settings) as websocket:
        yield Visitor(websocket)
