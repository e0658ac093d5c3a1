"""Every command with its streams closed, full, cut off or of another encoding: one line, status 0 or 2, no traceback.

As a program one command of each kind is run; the others run in this process, with the streams that Python then has.
"""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis import cli
from analysis.models.store import load_bundle
from analysis.tasks import TASKS
from tests.analysis.plain_words import assert_plain_sentence

ROOT = Path(__file__).parents[2]
A, B = "the cat sat on a mat", "the dog sat on a mat"
COMMANDS: dict[str, tuple[str, ...]] = {
    "read": (A, "-k", "1"),
    "distribution": (A, "--position", "1"),
    "pll": (A,),
    "fill": ("the [MASK] sat",),
    "candidates": ("the [MASK] sat", "cat", "dog"),
    "nsp": (A, B),
    "splits": (f"{A}. {B}.", "--controls", "0"),
    "pairs": ("-", "--controls", "0"),
    "percentile": (A, B, "--controls", "1"),
    "compare": (A, B),
    "layers": (A,),
    "attention": (A,),
    "patch": (A, B, "--target", "1=cat"),
    "influence": (A, "--target", "1=cat", "--method", "occlusion"),
    "tour": (),
    "table": ("-", "--measure", "seen"),
    "model": (),
    "models": (),
}
LINES = b"the cat sat\nthe dog sat\na mat sat\n"
Status = tuple[int, str]


class _Broken(io.RawIOBase):
    """A pipe whose reader has gone, or a disk that is full."""

    def __init__(self, error: type[OSError]) -> None:
        super().__init__()
        self._error = error

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        if not self.closed:
            raise self._error
        return len(bytes(data))  # type: ignore[call-overload]


def test_every_command_is_tried() -> None:
    assert COMMANDS.keys() == {*TASKS, "models"}


@pytest.fixture
def run(tiny_folder: Path) -> Callable[..., Status]:
    """Run a command with some streams; its status and what it said on stderr."""
    load_bundle(str(tiny_folder))

    def main(name: str, *arguments: str, **streams: object) -> Status:
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PRETEXT_MODEL", "bundled" if name in {"percentile", "tour"} else str(tiny_folder))
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINES)))
            patch.setattr(sys, "stderr", said)
            for stream, value in streams.items():
                patch.setattr(sys, stream, value)
            try:
                status = cli.main([name, *arguments])
            except SystemExit as end:
                status = int(end.code or 0)
        return status, said.getvalue()

    return main


@pytest.mark.parametrize("name", COMMANDS)
def test_no_stream_of_a_command_gives_a_traceback(
    name: str, run: Callable[..., Status], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.streams, "_drop", lambda: None)  # it would close this process's own
    given = COMMANDS[name]
    status, said = run(name, *given, stdout=io.StringIO(), stdin=None)
    assert status == (2 if "-" in given else 0)
    if said:
        assert_plain_sentence(said.removesuffix("\n"))
    status, said = run(name, *given, stdout=None)
    assert status == 2
    assert_plain_sentence(said.removesuffix("\n"))
    ascii_only = io.BytesIO()
    stdout = io.TextIOWrapper(ascii_only, encoding="ascii")
    assert run(name, *given, stdout=stdout) == (0, "")
    assert ascii_only.getvalue().decode("utf-8").startswith("{")
    for error, expected in ((BrokenPipeError, 0), (OSError, 2)):
        broken = io.TextIOWrapper(io.BufferedWriter(_Broken(error)))
        status, said = run(name, *given, stdout=broken)
        assert status == expected
        assert len(said.splitlines()) == (expected == 2)
        broken.buffer.raw.close()  # nothing is to be flushed by whoever collects it
    assert run(name, *given, stdout=None, stderr=None)[0] == 2
    # Its help, too.
    assert run(name, "--help", stdout=None) == (2, f"{cli.streams.CLOSED}\n")
    assert run(name, "--help", stdout=io.TextIOWrapper(io.BytesIO(), encoding="ascii")) == (0, "")


PROGRAMS = ("analysis", "dashboard", "benchmarks", "training.corpus")
WAYS = {
    "{} --help >&-": (2, 1),
    "{} --version >&-": (2, 1),
    "{} --help | head -1": (0, 0),
    "{} --help | true": (0, 0),
    "{} --help >/dev/full": (2, 1),
    "{} --help >&- 2>&-": (2, 0),
    "{} --none 2>&-": (2, 0),
    "{} --none <&-": (2, 1),
    "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {} --help >/dev/null": (0, 0),
    "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {} --küche": (2, 1),
}
SHARED = ("{} --help >&-", "{} --help | head -1", "{} --none 2>&-")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("way", WAYS)
def test_no_program_ends_in_a_traceback(way: str) -> None:
    """As they are started, with the buffer that Python writes at its end."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    status, lines = WAYS[way]
    # All of them go through the same few lines; each start takes seconds.
    for program in PROGRAMS if way in SHARED else PROGRAMS[:1]:
        command = f"set -o pipefail; {way.format(f'{sys.executable} -m {program}')}"
        done = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert (done.returncode, len(done.stderr.splitlines())) == (status, lines), (program, done.stderr)
