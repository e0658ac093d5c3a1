"""Several processes at once over one file: of our own, and of a local Ray."""

from collections.abc import Callable
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import pyarrow.parquet as pq
import torch

from analysis.batch.recipe import Settings
from analysis.batch.run import Engine, Job, Start, Watch, run
from benchmarks.checks import close
from benchmarks.race import processor_time
from benchmarks.results import Result, Timing
from benchmarks.setting import Setting
from benchmarks.targets import ONE_PROCESS, RAY
from benchmarks.texts import distinct_sentences
from benchmarks.workloads.corpus import write_texts

_SENTENCES = 600
"""PLL of them takes one core two or three minutes: long beside the two seconds in which a process starts."""

_ROUNDS = 2
"""Turns at most: nothing short is timed here."""

_SECONDS, _SIZE = 3.0, 1024
"""Of products for the scaling of the machine itself, and their side."""


def two_at_once(setting: Setting) -> Result:
    """W11: two processes against one, and Ray's against ours, from the first rows that are done."""
    texts = distinct_sentences(_SENTENCES)
    runs: dict[str, tuple[int, Engine]] = {ONE_PROCESS: (1, "local"), _TWO: (2, "local")}
    notes = [f"Products of [{_SIZE}, {_SIZE}], two processes at once against one: {_scaling():.2f} times as many."]
    if find_spec("ray") is None:
        notes.append("Ray is not installed (requirements-ray.txt), so it was not timed.")
    else:
        runs[RAY] = (2, "ray")
    taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in runs}
    with TemporaryDirectory(prefix="pretext-benchmarks-") as folder:
        source = write_texts(Path(folder), {"text": texts})
        for _ in range(min(setting.rounds, _ROUNDS)):
            for name, (workers, engine) in runs.items():
                taken[name].append(_run(setting, source, _output(source, name), workers, engine))
        said = _same(source, runs)
    whole = {name: min(seconds for seconds, _, _ in each) for name, each in taken.items()}
    figures = [setting.figure(ONE_PROCESS, "fp32", whole[ONE_PROCESS] / whole[_TWO], "times")]
    if RAY in runs:
        # Rows a second from the first ones on: a start is paid once, however long the work.
        speed = {name: max(rate for _, _, rate in each) for name, each in taken.items()}
        figures.append(setting.figure(RAY, "fp32", speed[RAY] / speed[_TWO], "times"))
    timings = [
        Timing(name, tuple(seconds for seconds, _, _ in each), tuple(spent for _, spent, _ in each))
        for name, each in taken.items()
    ]
    return setting.result(
        f"PLL of {len(texts)} sentences, a CSV file to a Parquet file, {setting.threads} thread a process",
        figures,
        checks=tuple(said),
        timings=tuple(timings),
        notes=tuple(notes),
    )


_TWO = "two processes"


def _run(setting: Setting, source: Path, output: Path, workers: int, engine: Engine) -> tuple[float, float, float]:
    """Seconds of a run with all that it starts, by the clock and of processors, and its rows per second.

    These are from the first pack on that was done.
    """
    settings = Settings(models=(setting.spec,), dtype="fp32", measures=("pll",), maskings=("token",))
    done: list[tuple[float, int]] = []

    def count(rows: int) -> None:
        done.append((perf_counter(), rows))

    start, spent = perf_counter(), processor_time()
    run(Job(source, output, settings, workers=workers, engine=engine, begin="anew"), Watch(_nothing, count))
    seconds, spent = perf_counter() - start, processor_time() - spent
    between = done[-1][0] - done[0][0]
    return seconds, spent, sum(rows for _, rows in done[1:]) / between if between else float("nan")


def _nothing(_start: Start) -> None:
    pass


def _output(source: Path, name: str) -> Path:
    return source.with_name(f"{name.replace(' ', '-').replace(',', '')}.parquet")


def _same(source: Path, runs: dict[str, tuple[int, Engine]]) -> list[str]:
    found = {name: pq.read_table(_output(source, name)).column("pll_nats").to_numpy() for name in runs}
    return [
        close(f"{name} against {ONE_PROCESS}", found[ONE_PROCESS], found[name], largest=1e-4, unit="nat")
        for name in runs
        if name != ONE_PROCESS
    ]


def _scaling() -> float:
    """How many more products two processes make at once than one."""
    return sum(_products_at_once(2)) / sum(_products_at_once(1))


def _products_at_once(processes: int) -> list[int]:
    with get_context("spawn").Pool(processes) as pool:
        counted: Callable[[object], int] = _products
        return pool.map(counted, [None] * processes, chunksize=1)


def _products(_number: object) -> int:
    torch.set_num_threads(1)
    x = torch.randn(_SIZE, _SIZE)
    torch.mm(x, x)
    start, count = perf_counter(), 0
    while perf_counter() - start < _SECONDS:
        torch.mm(x, x)
        count += 1
    return count
