"""A corpus from file to file: against what people write today, and how much of the time is not the model's."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from analysis.batch import requests
from analysis.batch.recipe import Settings
from analysis.batch.run import Job, run
from analysis.choices import Dtype
from benchmarks.checks import close
from benchmarks.peers import K, Notebook, Statistics, padded_corpus
from benchmarks.race import Contender, processor_time, race
from benchmarks.results import Result, Timing
from benchmarks.roofline import flops_per_second, products
from benchmarks.setting import Setting, ours
from benchmarks.targets import NSP, PADDED, PLL, SEEN
from benchmarks.texts import distinct_sentences
from benchmarks.workloads.seen import same_as

_SENTENCES = {"small": 2000, "base": 500}
"""Fewer for base: all of them would take a quarter of an hour a round, and the ratio is the same."""

_OF_KIND = {SEEN: 1000, PLL: 100, NSP: 1000}
"""Rows of W10: some seconds of each."""

Seconds = tuple[float, float]
"""By the clock, and of processors."""

_CHECKED = 5
"""Rows of each that are compared with plain transformers."""


@dataclass(frozen=True, slots=True)
class Files:
    """The table of texts, and where a contender writes."""

    source: Path
    rows: Path
    tokens: Path


def file_to_file(setting: Setting) -> Result:
    """W7: a CSV file of sentences to a Parquet file of their tokens, seen reading, top 10."""
    texts = distinct_sentences(_SENTENCES[setting.model])
    notebook = Notebook.of(setting.folder)
    with TemporaryDirectory(prefix="pretext-benchmarks-") as folder:
        files = _files(Path(folder), {"text": texts})
        padded = files.tokens.with_stem("padded")
        contenders = [Contender(PADDED, lambda: padded_corpus(notebook, files.source, padded))]
        for dtype in setting.dtypes:
            own = Files(files.source, files.rows.with_stem(f"rows-{dtype}"), files.tokens.with_stem(f"tokens-{dtype}"))
            settings = Settings(models=(setting.spec,), dtype=dtype, measures=("seen",), k=K)
            contenders.append(Contender(ours(dtype), lambda own=own, settings=settings: _run(own, settings)))

        def check(answers: Mapping[str, Path]) -> list[str]:
            # Tens of thousands of rows, and theirs are padded: the largest of their roundings is larger.
            return same_as(PADDED, {name: _statistics_in(path) for name, path in answers.items()}, 1e-4)

        went = race(contenders, check, setting.rounds, beside=products(setting.dtypes))
    return setting.result(
        f"{len(texts):,} sentences, a CSV file to a Parquet file of tokens, top {K}",
        [
            setting.figure(PADDED, dtype, went.seconds(PADDED) / went.seconds(ours(dtype)), "times")
            for dtype in setting.dtypes
        ],
        checks=went.checks,
        timings=went.timings,
        roofline=flops_per_second(went),
    )


def beside_the_model(setting: Setting) -> Result:
    """W10: the share of a run's time that is not spent in the model."""
    dtype: Dtype = setting.dtypes[0]
    texts = distinct_sentences(max(_OF_KIND.values()) + 1)
    measures = {SEEN: "seen", PLL: "pll", NSP: "nsp"}
    figures, timings, said = [], [], []
    with TemporaryDirectory(prefix="pretext-benchmarks-") as folder:
        for kind, measure in measures.items():
            count = _OF_KIND[kind]
            columns = (
                {"text_a": texts[:count], "text_b": texts[1 : count + 1]} if kind == NSP else {"text": texts[:count]}
            )
            files = _files(Path(folder), columns)
            settings = Settings(models=(setting.spec,), dtype=dtype, measures=(measure,), maskings=("token",))
            _run(files, settings, by_token=kind == SEEN)
            said.append(_checked(kind, Notebook.of(setting.folder), texts, files.rows))
            went = [_timed(files, settings, by_token=kind == SEEN) for _ in range(setting.rounds)]
            (whole, _), (inside, _) = min(went)
            figures.append(setting.figure(kind, dtype, 1 - inside / whole, "share"))
            parts = zip((f"{kind}, all of it", f"{kind}, in the model"), zip(*went, strict=True), strict=True)
            timings += [Timing(name, *zip(*seconds, strict=True)) for name, seconds in parts]
    return setting.result(
        "; ".join(f"{kind} of {count:,} rows" for kind, count in _OF_KIND.items())
        + ", a CSV file to a Parquet file, of the seen reading one row per token, too",
        figures,
        checks=tuple(said),
        timings=tuple(timings),
        notes=("In the model is from its inputs to the statistics of its logits: one call for a pack of rows.",),
    )


def _timed(files: Files, settings: Settings, *, by_token: bool) -> tuple[Seconds, Seconds]:
    """Seconds of a run, and of these inside the model."""
    with _inside_the_model() as spent:
        start = perf_counter(), processor_time()
        _run(files, settings, by_token=by_token)
        whole = perf_counter() - start[0], processor_time() - start[1]
    return whole, (sum(clock for clock, _ in spent), sum(processor for _, processor in spent))


@contextmanager
def _inside_the_model() -> Generator[list[Seconds]]:
    """The seconds of every call of the model meanwhile."""
    spent: list[Seconds] = []
    real = requests.forward

    def timed(*given: Any, **more: Any) -> Any:
        start = perf_counter(), processor_time()
        try:
            return real(*given, **more)
        finally:
            spent.append((perf_counter() - start[0], processor_time() - start[1]))

    requests.forward = timed
    try:
        yield spent
    finally:
        requests.forward = real


def _files(folder: Path, columns: Mapping[str, list[str]]) -> Files:
    return Files(write_texts(folder, columns), folder / "rows.parquet", folder / "tokens.parquet")


def write_texts(folder: Path, columns: Mapping[str, list[str]]) -> Path:
    """A CSV file with these columns."""
    path = folder / "texts.csv"
    pa_csv.write_csv(pa.table(dict(columns)), path)
    return path


def _run(files: Files, settings: Settings, *, by_token: bool = True) -> Path:
    run(Job(files.source, files.rows, settings, tokens=files.tokens if by_token else None, begin="anew"))
    return files.tokens


def _statistics_in(path: Path) -> Statistics:
    """Either contender's table of tokens."""
    table = pq.read_table(path)
    numbers = {
        name.removeprefix("seen_"): table.column(name).combine_chunks()
        for name in table.column_names
        if name not in {"model", "token"}
    }
    bits = np.log(2) if "entropy_bits" in numbers else 1.0
    unit = "bits" if "entropy_bits" in numbers else "nats"
    top = numbers["top_p"].flatten().to_numpy(zero_copy_only=False).reshape(-1, K)
    return Statistics(
        numbers[f"entropy_{unit}"].to_numpy() * bits,
        numbers[f"surprisal_{unit}"].to_numpy() * bits,
        numbers["rank"].to_numpy(),
        np.zeros_like(top, np.int64),
        top,
    )


def _checked(kind: str, notebook: Notebook, texts: list[str], rows: Path) -> str:
    table = pq.read_table(rows).slice(0, _CHECKED)
    few = texts[:_CHECKED]
    if kind == SEEN:
        expected = [notebook.seen(text).surprisal_nats[1:-1].mean() for text in few]
        found = -table.column("seen_logp_mean_nats").to_numpy()
    elif kind == PLL:
        expected, found = [notebook.log_p(text).sum() for text in few], table.column("pll_nats").to_numpy()
    else:
        z = notebook.nsp(list(zip(few, texts[1:], strict=False)))
        expected, found = z[:, 0] - z[:, 1], table.column("margin_nats").to_numpy()
    return close(f"{kind} of {len(few)} rows against plain transformers", np.array(expected), found, largest=1e-3)
