"""Fixtures of the dashboard's tests: no network, no cache that outlives a test, results to draw."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
import streamlit as st
from huggingface_hub import constants
from huggingface_hub.utils import _cache_manager
from streamlit.components.v2 import manifest_scanner

from analysis.choices import MASKINGS
from analysis.models.bundle import ModelBundle
from analysis.tasks.hidden import HiddenPlan, read_rows
from analysis.tasks.seen import read_hidden, read_maskings, read_seen
from analysis.tasks.segmentations import compare_segmentations
from analysis.types import HiddenReading, SeenReading, SegmentationComparison, TokenStatistics
from dashboard import cache, tour
from dashboard.drawing.palette import Palette, palette
from dashboard.examples import NOTEBOOK, NOTEBOOK_A, NOTEBOOK_B
from tests.analysis import checkpoints
from tests.analysis.conftest import CLOSED, point_hub_at


@pytest.fixture(autouse=True)
def _no_network_and_no_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A hub out of reach, an empty cache of models, and nothing left from the test before."""
    cache = str(tmp_path / "hub")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", cache)
    monkeypatch.setattr(_cache_manager, "HF_HUB_CACHE", cache)
    monkeypatch.delenv("PRETEXT_MODEL", raising=False)
    point_hub_at(monkeypatch, CLOSED)
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def remembered() -> dict[str, Callable[..., object]]:
    calls = {call.__name__: lru_cache(maxsize=None)(call) for call in (read_seen, compare_segmentations)}
    return {**calls, "read_rows": _remembering_rows()}


def _remembering_rows() -> Callable[..., TokenStatistics]:
    """``read_rows`` that knows a plan by what it reads: a plan holds arrays, which make no key."""
    known: dict[object, TokenStatistics] = {}

    def rows(
        bundle: ModelBundle, plan: HiddenPlan, chunk: tuple[int, int], k: int, watch: tuple[int, ...] = ()
    ) -> TokenStatistics:
        start, stop = chunk
        asked = tuple((number - start, position) for number, position in plan.rows if start <= number < stop)
        tensors = (plan.encoded.ids.tobytes(), plan.encoded.segment_ids.tobytes())
        key = (bundle, *tensors, plan.inputs[start:stop], asked, k, watch)
        if key not in known:
            known[key] = read_rows(bundle, plan, chunk, k, watch)
        return known[key]

    return rows


@pytest.fixture(autouse=True)
def _no_work_done_twice(monkeypatch: pytest.MonkeyPatch, remembered: dict[str, Callable[..., object]]) -> None:
    """What takes long and comes out the same every time is done once for all tests, below the cleared caches."""
    # AppTest looks through every installed package for components at the start of each visit.
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", list)
    for module, name in (
        (cache, "read_seen"),
        (cache, "read_rows"),
        (cache.nsp, "compare_segmentations"),
        (tour, "read_seen"),
        (tour, "compare_segmentations"),
    ):
        monkeypatch.setattr(module, name, remembered[name])


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
