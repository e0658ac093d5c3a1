"""The dashboard's own server as ``make run`` starts it, and what it takes of memory and processors (Linux's /proc)."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis import memory
from analysis.errors import InputError
from training.command import PROJECT_FOLDER

FLAGS = (
    *("--server.showEmailPrompt", "false"),
    *("--browser.gatherUsageStats", "false"),
    *("--logger.hideWelcomeMessage", "true"),
    *("--server.fileWatcherType", "none"),
)
"""Those of ``make run``; a test compares them."""

_STARTS_WITHIN, _ENDS_WITHIN = 120.0, 15.0
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_UTIME = 11
"""Where processor time stands in /proc/PID/stat behind the name, first the program's own and then the system's."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its address, its process and the file of what it prints."""

    address: str
    pid: int
    log: Path

    @property
    def memory_mb(self) -> float:
        """What of it is in memory now, in MB of 10^6 bytes."""
        return memory.resident_bytes(self.pid) / 1e6

    @property
    def processor_seconds(self) -> float:
        """Seconds of processors that it has used since it began."""
        return processor_seconds(self.pid)

    @property
    def tracebacks(self) -> int:
        """How often it has printed one."""
        return self.log.read_text(encoding="utf-8", errors="replace").count("Traceback (most recent call last)")


@contextmanager
def running(script: str = "serve.py", ready: str = "/ready") -> Iterator[Server]:
    """A server with its first model loaded and no visitor yet, for as long as the block lasts.

    ``ready`` is the path that answers as soon as visitors may come.

    Raises
    ------
    InputError
        If there is no /proc to read its memory from, or it does not start.
    """
    if not Path("/proc/self/stat").exists():
        raise InputError("The server's memory and processor time are read from Linux's /proc: run the load there.")
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.address", "127.0.0.1"]
    command += ["--server.port", str(port), *FLAGS, "--server.headless", "true"]
    with TemporaryDirectory(prefix="pretext-load-") as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command,
                cwd=PROJECT_FOLDER,
                env=os.environ | {"HF_HUB_OFFLINE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        try:
            found = Server(f"http://127.0.0.1:{port}", process.pid, log)
            _wait_until_ready(found, process, ready)
            yield found
        finally:
            process.terminate()
            try:
                process.wait(_ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def processor_seconds(pid: int) -> float:
    """Seconds of processors that a process has used."""
    # The name stands in brackets and may hold anything.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_UTIME + 1])) / _TICKS


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], ready: str) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            with direct.open(f"{server.address}{ready}", timeout=5):
                return
        except OSError:
            # Nobody listens yet, or the model is being loaded (503).
            time.sleep(0.2)
    ends = server.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise InputError(f"The server was not ready within {_STARTS_WITHIN:.0f} s; it said: {''.join(ends) or 'nothing'}")
