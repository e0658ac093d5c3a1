"""Fixtures of the analysis tests: plain transformers beside the bundled model, a fake hub, and no network."""

import io
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import _cache_manager

from analysis import cli
from analysis.models.bundle import ModelBundle
from analysis.models.checkpoint import BUNDLED_FOLDER
from analysis.models.store import load_bundle
from tests.analysis.checkpoints import MAKERS
from tests.analysis.command_line import Result, Run
from tests.analysis.fake_hub import FakeHub
from tests.analysis.oracle import Plain

CLOSED = "http://127.0.0.1:9"
"""Port 9 is the discard service, which nothing runs: a hub that can't be reached."""


def point_hub_at(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", endpoint + "/{repo_id}/resolve/{revision}/{filename}")


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty cache and a hub out of reach, for all tests but those that are marked ``hub``."""
    if request.node.get_closest_marker("hub") is None:
        cache = str(tmp_path / "cache")
        monkeypatch.setattr(constants, "HF_HUB_CACHE", cache)
        monkeypatch.setattr(_cache_manager, "HF_HUB_CACHE", cache)
        point_hub_at(monkeypatch, CLOSED)


@pytest.fixture
def fake_hub(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeHub]:
    """A hub on the loopback interface, without any model yet."""
    with FakeHub().running() as hub:
        point_hub_at(monkeypatch, hub.endpoint)
        yield hub


@pytest.fixture(scope="session")
def plain() -> Plain:
    """The bundled model as a notebook would load it."""
    return Plain.load(BUNDLED_FOLDER)


@pytest.fixture(scope="session")
def checkpoint_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a whole tiny checkpoint, by the name of its maker; copy it before changing anything."""
    base = tmp_path_factory.mktemp("checkpoints")

    def folder(name: str) -> Path:
        path = base / name
        return path if path.is_dir() else MAKERS[name](path)

    return folder


@pytest.fixture(scope="session")
def checkpoint(checkpoint_folder: Callable[[str], Path]) -> Callable[[str], ModelBundle]:
    """A tiny checkpoint, loaded, by the name of its maker."""
    return lambda name: load_bundle(str(checkpoint_folder(name)))


@pytest.fixture
def run(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on the tiny model; returns status, stdout, stderr."""
    monkeypatch.setenv("PRETEXT_MODEL", str(tiny_folder))
    monkeypatch.delenv("PRETEXT_DTYPE", raising=False)

    def main(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            status = cli.main(arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else -1
        return status, *capsys.readouterr()

    return main
