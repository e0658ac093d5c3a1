"""A run over a file: what is asked of every row, planned, scored pack by pack, put together in order.

Whatever ends a run, a kill at any moment too, leaves what is done beside the output; going on with it gives what the
unbroken run would have given.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa

from analysis.batch import costs
from analysis.batch.given import batches_of
from analysis.batch.manifest import digest_of, manifest_of
from analysis.batch.outputs import check_output, write_table
from analysis.batch.parts import Begin, Parts, kept_threads, parts_of, rows_of, tokens_of
from analysis.batch.plan import WHOLE, Pack, Plan, Shard, packs, planned
from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.batch.short import Short, short_summary
from analysis.batch.workers import score_alone, score_side_by_side
from analysis.errors import InputError
from analysis.limits import MAX_WORKERS
from analysis.models import forward, store
from analysis.models.estimate import Estimate

Engine = Literal["local", "ray"]
ENGINES: tuple[Engine, ...] = ("local", "ray")


@dataclass(frozen=True, slots=True)
class Job:
    """What a run is to do.

    Attributes
    ----------
    source, output
        The file of rows, and where the scored rows go: Parquet, CSV or JSON lines by its end.
    settings
        What is asked of every row; its ``threads`` are the run's to set.
    tokens
        Where the table of tokens goes, if it is wanted.
    limit
        Only so many of the first rows.
    shard
        Only the packs whose number leaves this remainder.
    workers, engine
        Processes at once (actors, of Ray), and who has them.
    begin
        What becomes of an earlier run's output and of what it had done.
    """

    source: Path
    output: Path
    settings: Settings
    tokens: Path | None = None
    limit: int | None = None
    shard: Shard = WHOLE
    workers: int = 1
    engine: Engine = "local"
    begin: Begin = "fresh"


@dataclass(frozen=True, slots=True)
class Start:
    """Told before the first row: rows of this run, how many of them are done or equal others, what the rest takes."""

    rows: int
    done: int
    duplicates: int
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far a run is: at its start, and of each pack its number of rows."""

    started: Callable[[Start], None] = lambda _start: None
    went_on: Callable[[int], None] = lambda _rows: None


def run(job: Job, watch: Watch | None = None) -> Short:
    """Carry out a run; PretextError if it can't begin or go on, and then what is done is kept."""
    watch = watch or Watch()
    folder = _checked(job)
    store.quiet_transformers()
    threads = kept_threads(folder) if job.begin == "resume" else None
    settings = replace(job.settings, by_token=job.tokens is not None, threads=threads or _threads(job.workers))
    scorer = Scorer(settings)
    scorer.require()

    def batches() -> Iterator[pa.RecordBatch]:
        return batches_of(job.source, job.limit)

    plan = planned(batches(), settings, job.shard)
    manifest = manifest_of(scorer, job.source, plan, job.limit)
    with parts_of(folder, manifest, job.begin) as parts:
        done = parts.done(plan.mine)
        left = [number for number in plan.mine if number not in done]
        watch.started(
            Start(
                plan.rows(plan.mine),
                plan.rows(done),
                len(plan.duplicates),
                costs.estimate(scorer.bundles, settings, plan.tokens_to_score(left), job.workers),
            )
        )
        if left:
            for number in _scored(job, scorer, parts, packs(batches(), plan, left), len(left)):
                watch.went_on(plan.rows([number]))
            if digest_of(job.source) != manifest["input"]:
                parts.remove()
                raise InputError("The file changed while it was read: run this again on a file that stays as it is.")
        summary = _put_together(job, scorer, parts, plan)
        parts.remove()
    return summary


def parts_folder(output: Path) -> Path:
    """Where a run keeps what is done."""
    return output.with_name(f"{output.name}.parts")


def _checked(job: Job) -> Path:
    """The folder of what is done; InputError unless the outputs can be written and nothing is lost by it."""
    check_output(job.output, "The output")
    if job.tokens is not None:
        check_output(job.tokens, "The table of tokens")
        if job.tokens.resolve() == job.output.resolve():
            raise InputError("The output and the table of tokens have one name: give each its own.")
    if job.source.resolve() in {path.resolve() for path in (job.output, job.tokens) if path is not None}:
        raise InputError("The output has the name of the input: give it another.")
    if not 1 <= job.workers <= MAX_WORKERS:
        raise InputError(f"{job.workers} workers came: choose 1 to {MAX_WORKERS}.")
    if job.limit is not None and job.limit < 1:
        raise InputError(f"The limit {job.limit} came: choose 1 row or more.")
    folder = parts_folder(job.output)
    if job.begin != "anew" and not folder.exists():
        for path, what in ((job.output, "The output"), (job.tokens, "The table of tokens")):
            if path is not None and path.exists():
                done = ", and nothing is left to go on with" if job.begin == "resume" else ""
                raise InputError(f"{what} is there already{done}: name another, or write it anew with --force.")
    return folder


def _threads(workers: int) -> int:
    """Cores of one pass: those that PRETEXT_THREADS says, else an equal share of all."""
    cores = forward.set_threads()
    return cores if os.environ.get("PRETEXT_THREADS", "") else max(1, cores // workers)


def _scored(job: Job, scorer: Scorer, parts: Parts, rest: Iterator[Pack], count: int) -> Iterator[int]:
    if job.engine == "ray":
        from analysis.batch.rays import score_on_ray

        return score_on_ray(scorer, parts, rest, job.workers)
    workers = min(job.workers, count)
    return score_alone(scorer, parts, rest) if job.workers == 1 else score_side_by_side(scorer, parts, rest, workers)


def _put_together(job: Job, scorer: Scorer, parts: Parts, plan: Plan) -> Short:
    schema = scorer.schema(plan.schema)
    n_scored = len(scorer.columns()) * len(scorer.settings.models) + 1
    if job.tokens is not None:
        write_table(job.tokens, "The table of tokens", scorer.token_schema(), tokens_of(parts, plan))
    write_table(job.output, "The output", schema, rows_of(parts, plan, n_scored))
    return short_summary(rows_of(parts, plan, n_scored), schema.names[-n_scored:-1])
