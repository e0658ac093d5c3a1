"""Folders made to hang, to fill the memory or to stop everybody else: each is refused at once, beside a good one."""

import json
import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis import limits
from analysis.errors import ModelError
from analysis.models.store import ModelStore
from tests.analysis.checkpoints import change_json, tiny_albert, tiny_bert, tiny_modernbert

WEIGHTS = "model.safetensors"
AT_MOST_SECONDS = 3
AT_MOST_BYTES = 200 * 2**20


@dataclass(frozen=True)
class Case:
    name: str
    damage: Callable[[Path], None]
    match: str
    made: Callable[[Path], Path] = tiny_bert

    def __str__(self) -> str:
        return self.name


def config(**changes: object) -> Callable[[Path], None]:
    return lambda folder: change_json(folder, "config.json", changes)


def sparse(name: str, size: int) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        with (folder / name).open("wb") as stream:
            stream.truncate(size)

    return damage


def fifo(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return damage


def device(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to("/dev/zero")

    return damage


def header(entries: dict[str, object]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = json.dumps(entries).encode()
        (folder / WEIGHTS).write_bytes(len(content).to_bytes(8, "little") + content)

    return damage


def promised(folder: Path) -> None:
    """A header of more bytes than the file has."""
    (folder / WEIGHTS).write_bytes((2**40).to_bytes(8, "little") + b"{}")


NOT_A_FILE, NO_HEADER = "something else than a file", "weights that can't be read or don't fit"
CASES = [
    Case("10^9 layers", config(num_hidden_layers=10**9), "at most 4,096 can be"),
    Case("10^9 layers, listed by the configuration", config(num_hidden_layers=10**9), "at most 4,096", tiny_modernbert),
    Case("10^4 layers and weights of 2", config(num_hidden_layers=10**4), "at most 4,096 can be"),
    Case("4,000 layers and weights of 2", config(num_hidden_layers=4_000), "which can't fill them"),
    Case("4,000 groups of one layer", config(num_hidden_groups=4_000), "which can't fill them", tiny_albert),
    Case("4,000 layers in a group", config(inner_group_num=4_000), "which can't fill them", tiny_albert),
    Case("10^9 labels", config(num_labels=10**9), "'num_labels' = 1,000,000,000"),
    Case("a vocabulary of 16 million", config(vocab_size=16_000_000), "weights of "),
    Case("16 million positions", config(max_position_embeddings=16_000_000), "weights of "),
    Case("a layer a million wide", config(intermediate_size=1_000_000), "weights of "),
    Case("10^9 made up tokens", lambda f: change_json(f, "tokenizer_config.json", {"extra_ids": 10**9}), "extra_ids"),
    Case("a tokenizer of 480 MB", sparse("tokenizer.json", 480 * 10**6), "at most 128 MiB"),
    Case("a configuration of 20 MB", sparse("config.json", 20 * 2**20), "at most 16 MiB"),
    Case("9 GiB of nothing", sparse(WEIGHTS, 9 * 2**30), "at most 8 GiB"),
    Case("7 GiB of nothing", sparse(WEIGHTS, 7 * 2**30), NO_HEADER),
    Case("a header of a terabyte", promised, NO_HEADER),
    Case("a tensor in no bytes", header({"a": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 0]}}), NO_HEADER),
    Case("bytes before the file", header({"a": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}), NO_HEADER),
    Case("a shape that is none", header({"a": {"dtype": "F32", "shape": ["x"], "data_offsets": [0, 0]}}), NO_HEADER),
    *(Case(f"a pipe for {name}", fifo(name), NOT_A_FILE) for name in (WEIGHTS, "config.json", "tokenizer.json")),
    Case("a pipe for the card", fifo("README.md"), NOT_A_FILE),
    Case("a device for weights", device(WEIGHTS), NOT_A_FILE),
    Case("a device for the configuration", device("config.json"), NOT_A_FILE),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Callable[[Path], Path]], Path]]:
    kept: dict[Callable[[Path], Path], Path] = {}

    def once(make: Callable[[Path], Path]) -> Path:
        if make not in kept:
            kept[make] = make(tmp_path_factory.mktemp("made") / "model")
        return kept[make]

    yield once


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_refused_at_once_and_in_little_memory(
    made: Callable[[Callable[[Path], Path]], Path], tmp_path: Path, case: Case
) -> None:
    folder = shutil.copytree(made(case.made), tmp_path / "hostile")
    case.damage(folder)
    store = ModelStore()
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with pytest.raises(ModelError, match=case.match):
        store.get(str(folder))
    assert time.perf_counter() - began < AT_MOST_SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < AT_MOST_BYTES


def test_a_good_folder_loads_beside_bad_ones(made: Callable[[Callable[[Path], Path]], Path], tmp_path: Path) -> None:
    good, store = made(tiny_bert), ModelStore()
    folders = [shutil.copytree(good, tmp_path / str(number)) for number in range(3)]
    for folder, damage in zip(folders, (fifo(WEIGHTS), sparse(WEIGHTS, 7 * 2**30), fifo("README.md")), strict=True):
        damage(folder)
    with ThreadPoolExecutor(len(folders)) as pool:
        bad = [pool.submit(store.get, str(folder)) for folder in folders]
        began = time.perf_counter()
        assert store.get(str(good)).n_layers == 2
        assert time.perf_counter() - began < AT_MOST_SECONDS
        assert all(isinstance(each.exception(AT_MOST_SECONDS), ModelError) for each in bad)


def test_the_bounds_leave_room_for_real_models() -> None:
    """XLM-V has 901,629 entries; the largest encoders have some hundred layers."""
    assert limits.MAX_SETTING > 10 * 901_629
    assert limits.MAX_MODULES > 10 * 100
