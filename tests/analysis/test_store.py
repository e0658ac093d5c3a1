"""Who stays in memory: the least recently used goes, the bundled one and those in use stay, each is loaded once."""

import gc
import shutil
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from analysis import InputError, ModelError, read_seen
from analysis.limits import DEFAULT_MODEL_MEMORY_BYTES, FORWARDS_AT_ONCE
from analysis.models import store
from analysis.models.bundle import Gate
from analysis.models.store import ModelStore

Load = Callable[[str], None]


class Loader:
    """Stands in for reading a checkpoint: notes who was asked for, fails as often as it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failures = 0
        self.seconds = 0.0
        self._lock = threading.Lock()

    def __call__(self, key: Any, _progress: object) -> Any:
        spec = key.spec
        with self._lock:
            self.asked.append(spec)
            fails = self.failures > 0
            self.failures -= fails
        time.sleep(self.seconds)
        if fails:
            raise ModelError("This folder is damaged: fetch the checkpoint again.")
        return SimpleNamespace(spec=spec, revision=f"revision of {spec}", n_bytes=10, gate=Gate())


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> Loader:
    stand_in = Loader()
    monkeypatch.setattr(store, "_load", stand_in)
    return stand_in


@pytest.mark.usefixtures("loader")
def test_the_least_recently_used_is_put_away() -> None:
    for budget, asked, kept in (
        (30, "a b c", "a b c"),
        (30, "a b c d", "b c d"),
        (30, "a b c a d", "c a d"),  # a was used again: b is the least recent
        (10, "a b c", "c"),
        (0, "a b", "b"),  # the one asked for last stays, whatever it weighs
        (0, "bundled a b", "bundled b"),
        (20, "bundled a b", "bundled b"),
        (20, "a bundled b a", "bundled a"),
        (10, "a bundled", "bundled"),
    ):
        models = ModelStore(budget)
        for spec in asked.split():
            assert models.get(spec).spec == spec
        assert models.loaded() == tuple(kept.split())


def test_a_model_in_use_is_not_put_away(loader: Loader) -> None:
    models = ModelStore(10)
    with models.get("a").gate():
        models.get("b")
        assert models.loaded() == ("a", "b")
        assert models.computing() == 1
        models.get("c")
        assert models.loaded() == ("a", "c")
    assert models.computing() == 0
    models.get("d")
    assert models.loaded() == ("d",)
    assert loader.asked == ["a", "b", "c", "d"]


def test_a_model_is_loaded_once_and_again_after_it_was_put_away(loader: Loader) -> None:
    models = ModelStore(20)
    first = models.get("a")
    assert models.get(" a ") is first
    for spec in ("b", "c", "a"):
        models.get(spec)
    assert loader.asked == ["a", "b", "c", "a"]
    assert models.get("a") is not first


def test_eight_at_once_load_once(loader: Loader) -> None:
    loader.seconds = 0.05
    models, start = ModelStore(100), threading.Barrier(8)

    def ask(_number: int) -> Any:
        start.wait()
        return models.get("a")

    with ThreadPoolExecutor(8) as pool:
        bundles = list(pool.map(ask, range(8)))
    assert loader.asked == ["a"]
    assert all(bundle is bundles[0] for bundle in bundles)


def test_a_slow_load_does_not_keep_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    finish, models = threading.Event(), ModelStore(100)

    def load(key: Any, _progress: object) -> Any:
        spec = key.spec
        assert spec != "slow" or finish.wait(10)
        return SimpleNamespace(spec=spec, revision=f"revision of {spec}", n_bytes=10, gate=Gate())

    monkeypatch.setattr(store, "_load", load)
    models.get("ready")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(models.get, "slow")
        assert models.get("ready").spec == "ready"
        assert models.get("another").spec == "another"
        assert not slow.done()
        finish.set()
        assert slow.result(10).spec == "slow"


def test_a_failed_load_can_be_tried_again(loader: Loader) -> None:
    models = ModelStore(100)
    models.get("a")
    loader.failures = 2
    for _ in range(2):
        with pytest.raises(ModelError):
            models.get("b")
        assert models.loaded() == ("a",)
        assert models.get("a").spec == "a"
    assert models.get("b").spec == "b"


def test_all_who_wait_hear_of_a_failed_load_and_may_ask_again(loader: Loader) -> None:
    loader.seconds, loader.failures = 0.5, 1
    models, start = ModelStore(100), threading.Barrier(8)

    def ask(_number: int) -> bool:
        start.wait()
        try:
            return models.get("a").spec == "a"
        except ModelError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [False] * 8
    assert loader.asked == ["a"]
    assert models.get("a").spec == "a"


def test_a_folder_that_failed_is_not_read_again_until_it_is_written(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, mended = shutil.copytree(tiny_folder, tmp_path / "folder"), (tiny_folder / "config.json").read_text()
    (folder / "config.json").write_text("{}")
    models, looked = ModelStore(), []
    find = store.checkpoint.find
    monkeypatch.setattr(store.checkpoint, "find", lambda spec, *rest: (looked.append(spec), find(spec, *rest))[1])
    for _ in range(3):
        with pytest.raises(ModelError, match="no configuration"):
            models.get(str(folder))
    assert len(looked) == 1
    monkeypatch.setattr(store, "FAILURE_SECONDS", 0)
    with pytest.raises(ModelError, match="no configuration"):
        models.get(str(folder))
    assert len(looked) == 2
    monkeypatch.undo()
    (folder / "config.json").write_text(mended)
    assert models.get(str(folder)).n_layers == 2


def test_a_load_that_hangs_ends_in_a_sentence_for_all_who_wait(
    monkeypatch: pytest.MonkeyPatch, tiny_folder: Path
) -> None:
    """A disk that hangs can't be stopped, but nobody has to wait for it, and other models are there meanwhile."""
    monkeypatch.setattr(store, "LOAD_SECONDS", 0.3)
    hangs, load, models = threading.Event(), store._load, ModelStore()
    monkeypatch.setattr(store, "_load", lambda key, *rest: hangs.wait(30) if key[0] == "slow" else load(key, *rest))
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(ModelError, match="come no further"):
            models.get("slow")
        assert time.monotonic() - began < 2
    monkeypatch.setattr(store, "LOAD_SECONDS", 30)
    assert models.get(str(tiny_folder)).n_layers == 2
    hangs.set()


def test_a_load_that_takes_long_in_several_steps_does_not_hang(
    monkeypatch: pytest.MonkeyPatch, tiny_folder: Path
) -> None:
    """A large folder on a slow disk: it is read twice, for its revision and for its weights."""
    passed = [0.0]
    monkeypatch.setattr(store, "time", SimpleNamespace(monotonic=lambda: passed[0]))

    def slowly(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*given: Any) -> Any:
            passed[0] += 0.8 * store.LOAD_SECONDS
            time.sleep(3 * store._POLL_SECONDS)
            return real(*given)

        return step

    for name in ("find", "read"):
        monkeypatch.setattr(store.checkpoint, name, slowly(getattr(store.checkpoint, name)))
    assert ModelStore().get(str(tiny_folder)).n_layers == 2


def test_whoever_stops_waiting_does_not_end_the_load(monkeypatch: pytest.MonkeyPatch, loader: Loader) -> None:
    """A visitor who leaves during a download (the page's progress then raises) must not throw it away."""
    loaded = threading.Event()

    def load(key: Any, job: Any) -> Any:
        job.note(1, 2)
        time.sleep(0.4)
        loaded.set()
        return loader(key, job)

    monkeypatch.setattr(store, "_load", load)
    models = ModelStore(100)

    def leave(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        models.get("a", leave)
    assert not loaded.is_set()
    assert models.get("a").spec == "a"
    assert loader.asked == ["a"]


def test_the_revision_outlives_the_weights(loader: Loader) -> None:
    models = ModelStore(10)
    models.get("a")
    models.get("b")
    assert models.loaded() == ("b",)
    assert models.revision("a") == "revision of a"
    assert models.known() == ("a", "b")
    assert loader.asked == ["a", "b"]


def test_a_folder_that_is_written_anew_is_loaded_again(tiny_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "training")
    models = ModelStore()
    before = models.get(str(folder))
    assert models.get(str(folder)) is before
    weights = load_file(folder / "model.safetensors")
    save_file({name: tensor + 0.01 for name, tensor in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    after = models.get(str(folder))
    assert after.revision != before.revision
    assert models.revision(str(folder)) == after.revision


@pytest.mark.usefixtures("loader")
def test_the_budget_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DEFAULT_MODEL_MEMORY_BYTES > 40
    for given, n_loaded in (("25", 2), ("10", 1), ("", 4), (None, 4)):
        if given is None:
            monkeypatch.delenv("PRETEXT_MODEL_MEMORY", raising=False)
        else:
            monkeypatch.setenv("PRETEXT_MODEL_MEMORY", given)
        models = ModelStore()
        for spec in "abcd":
            models.get(spec)
        assert len(models.loaded()) == n_loaded


def test_what_is_put_away_is_freed(checkpoint_folder: Callable[[str], Path]) -> None:
    specs = [str(checkpoint_folder(name)) for name in ("tiny_bert", "tiny_albert", "hub_layout")]
    sizes = {spec: ModelStore(0).get(spec).n_bytes for spec in specs}
    models = ModelStore(sizes[specs[1]] + sizes[specs[2]])
    first = weakref.ref(models.get(specs[0]).model)
    for spec in specs[1:]:
        assert read_seen(models.get(spec), "the cat").nsp
    gc.collect()
    assert models.loaded() == tuple(specs[1:])
    assert first() is None


def test_the_gate_counts_who_is_there() -> None:
    gate = Gate()
    assert gate.present == 0
    with pytest.raises(ZeroDivisionError), gate():
        assert gate.present == 1
        1 / 0  # noqa: B018
    assert gate.present == 0
    with ThreadPoolExecutor(1) as pool, ExitStack() as turns:
        for _ in range(FORWARDS_AT_ONCE):
            turns.enter_context(gate())
        waiting = pool.submit(go_through, gate)
        deadline = time.monotonic() + 10
        while gate.present <= FORWARDS_AT_ONCE and time.monotonic() < deadline:
            time.sleep(0.001)
        assert gate.present == FORWARDS_AT_ONCE + 1, "the one who waits is counted too"
        assert not waiting.done()
        turns.close()
        waiting.result(10)
    assert gate.present == 0


def go_through(gate: Gate) -> None:
    with gate():
        pass


@pytest.mark.usefixtures("loader")
def test_a_budget_that_is_no_number_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("much", "-5", "1e9", "3GB"):
        monkeypatch.setenv("PRETEXT_MODEL_MEMORY", given)
        with pytest.raises(InputError, match="set a number of bytes"):
            ModelStore().get("a")
