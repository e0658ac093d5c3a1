"""Fixtures of the dashboard's tests: no network, no cache that outlives a test, results to draw."""

import json
import os
import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from huggingface_hub import constants
from huggingface_hub.utils import _cache_manager
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import app_test, local_script_runner

from analysis import compare_segmentations, read_hidden, read_maskings, read_seen
from analysis.choices import MASKINGS
from analysis.models.bundle import ModelBundle
from analysis.questions import Question
from analysis.task import Models
from analysis.tasks import task_of
from analysis.types import HiddenReading, SeenReading, SegmentationComparison
from dashboard.drawing import chart
from dashboard.drawing.palette import Palette, palette
from dashboard.drawing.taken import TakenFigure
from dashboard.screen import cache, work
from dashboard.texts import NOTEBOOK, NOTEBOOK_A, NOTEBOOK_B
from tests.analysis import checkpoints
from tests.analysis.conftest import CLOSED, point_hub_at


@pytest.fixture(autouse=True)
def _no_network_and_no_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A hub out of reach, an empty cache of models, and nothing left from the test before."""
    folder = str(tmp_path / "hub")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", folder)
    monkeypatch.setattr(_cache_manager, "HF_HUB_CACHE", folder)
    monkeypatch.delenv("PRETEXT_MODEL", raising=False)
    point_hub_at(monkeypatch, CLOSED)
    st.cache_data.clear()
    st.cache_resource.clear()


class Remembered:
    """What parts of questions came to, over all tests, those of other workers too: a file for each in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._here = folder, dict[object, Any]()
        folder.mkdir(exist_ok=True)

    def here(self, key: object, act: Callable[[], object]) -> Any:
        if key not in self._here:
            self._here[key] = act()
        return self._here[key]

    def anywhere(self, key: object, act: Callable[[], object]) -> Any:
        file = self._folder / sha256(pickle.dumps(key)).hexdigest()

        def found_or_done() -> object:
            if file.exists():
                return pickle.loads(file.read_bytes())
            done = act()
            unfinished = file.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(pickle.dumps(done))
            unfinished.replace(file)
            return done

        return self.here(key, found_or_done)


@pytest.fixture(scope="session")
def _remembered(tmp_path_factory: pytest.TempPathFactory) -> Remembered:
    base = tmp_path_factory.getbasetemp()
    return Remembered((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "remembered")


@pytest.fixture(autouse=True)
def _no_work_done_twice(monkeypatch: pytest.MonkeyPatch, _remembered: Remembered) -> None:
    """What takes long and comes out the same every time is done once for all tests, below the cleared caches."""
    # AppTest looks through every installed package for components at the start of each visit.
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", list)

    def remembering(question: Question) -> Any:
        task = task_of(question)

        def of(models: Models) -> tuple[object, ...]:
            return question, *((model.spec, model.revision) for model in models)

        def plan(models: Models, _question: Question) -> object:
            return _remembered.here(of(models), lambda: task.plan(models, question))

        def read(models: Models, plan: object, chunk: object, *before: object) -> object:
            return _remembered.anywhere((chunk, *of(models)), lambda: task.read(models, plan, chunk, *before))

        return replace(task, plan=plan, read=read)

    monkeypatch.setattr(cache, "task_of", remembering)


@pytest.fixture(scope="session", autouse=True)
def _runs_are_waited_for() -> Iterator[None]:
    """AppTest looks a thousand times a second whether a run has ended, and compiles the one script for each anew."""
    compiled = ScriptCache()

    def wait(runner: Any, timeout: float) -> None:
        runner._script_thread.join(timeout)
        if not runner.script_stopped():
            runner.request_stop()
            runner.join()
            raise RuntimeError(f"AppTest script run timed out after {timeout}(s)")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        patch.setattr(app_test, "ScriptCache", lambda: compiled)
        yield


@pytest.fixture(scope="session", autouse=True)
def _every_figure_is_what_plotly_makes_of_it() -> Iterator[None]:
    """Figures are taken at their word; here Plotly checks every property of each, of equal ones once."""

    @lru_cache(400)
    def checked(given: bytes) -> TakenFigure:
        figure = TakenFigure(pickle.loads(given))
        assert json.loads(figure.to_json()) == json.loads(figure.checked.to_json())
        return figure

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chart, "TakenFigure", lambda given: checked(pickle.dumps(given)))
        yield


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages show what has been read when all of it has, however slow the machine."""
    monkeypatch.setattr(work, "_AT_ONCE_SECONDS", 300.0)


@pytest.fixture(params=["light", "dark"])
def colours(request: pytest.FixtureRequest) -> Palette:
    return palette(request.param)


@pytest.fixture(scope="session")
def notebook_reading(bundled: ModelBundle) -> SeenReading:
    return read_seen(bundled, NOTEBOOK)


@pytest.fixture(scope="session")
def notebook_hidden(bundled: ModelBundle) -> HiddenReading:
    return read_hidden(bundled, NOTEBOOK)


@pytest.fixture(scope="session")
def notebook_maskings(bundled: ModelBundle) -> dict[str, HiddenReading]:
    return {reading.masking: reading for reading in read_maskings(bundled, NOTEBOOK, maskings=MASKINGS)}


@pytest.fixture(scope="session")
def notebook_pair(bundled: ModelBundle) -> SegmentationComparison:
    return compare_segmentations(bundled, NOTEBOOK_A, NOTEBOOK_B)


@pytest.fixture(scope="session")
def checkpoint_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A tiny random checkpoint by the name of its maker, wide enough for the notebook's text unless it is told not."""
    base = tmp_path_factory.mktemp("checkpoints")

    def folder(name: str, *, limit: int = 512, **settings: int) -> Path:
        path = base / "-".join([name, str(limit), *(f"{key}{value}" for key, value in settings.items())])
        if not path.is_dir():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(checkpoints, "TOY_LIMIT", limit)
                checkpoints.MAKERS[name](path, **settings)
        return path

    return folder
