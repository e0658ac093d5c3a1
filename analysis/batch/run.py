"""A run over a file: what is asked of every row, planned, scored pack by pack, put together in order.

Whatever ends a run, a kill at any moment too, leaves what is done beside the output; going on with it gives what the
unbroken run would have given.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from analysis.batch import alike, costs
from analysis.batch.given import look_at
from analysis.batch.manifest import digest_of, manifest_of
from analysis.batch.means import means_of
from analysis.batch.outputs import check_output, write_table
from analysis.batch.parts import Begin, Parts, kept_kernels, parts_of, rows_of, tokens_of
from analysis.batch.plan import WHOLE, Pack, Plan, Shard, packs, planned
from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.batch.summary import summarise
from analysis.batch.workers import Crew, score_alone, score_side_by_side
from analysis.errors import InputError
from analysis.limits import MAX_WORKERS
from analysis.models import forward, store
from analysis.models.estimate import Estimate
from analysis.types import Summary

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
    format
        Of the file; None goes by what is in it.
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
    format: str | None = None
    limit: int | None = None
    shard: Shard = WHOLE
    workers: int = 1
    engine: Engine = "local"
    begin: Begin = "fresh"


@dataclass(frozen=True, slots=True)
class Start:
    """Told before the first row: what the file is taken for, rows of this run, how many are done or equal others, and
    what the rest takes."""

    says: str
    rows: int
    done: int
    duplicates: int
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: what the file was taken for, the summary, and of plain rows the mean of every column of
    numbers over the rows that have one, None where none has."""

    says: str
    summary: Summary
    means: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far a run is: at its start, and of each pack its number of rows."""

    started: Callable[[Start], None] = lambda _start: None
    went_on: Callable[[int], None] = lambda _rows: None


def run(job: Job, watch: Watch | None = None) -> Outcome:
    """Carry out a run; PretextError if it can't begin or go on, and then what is done is kept."""
    watch = watch or Watch()
    folder = _checked(job)
    given = look_at(job.source, job.format, job.settings)
    # Before a row is read: what changes from now on is noticed when all rows are scored.
    digest = digest_of(job.source)
    store.quiet_transformers()
    kept = kept_kernels(folder) if job.begin == "resume" else None
    threads = _threads(job.workers)
    if kept is not None:
        alike.take(kept)
        threads = kept["threads"]
    settings = replace(given.settings, by_token=job.tokens is not None, threads=threads)
    scorer = Scorer(settings)
    scorer.require()
    if job.tokens is not None and not scorer.token_columns():
        raise InputError("There is no table of tokens of this: leave --tokens out, or measure seen or pll.")
    kernels = kept if kept is not None and alike.holds(kept) else alike.chosen(threads)
    plan = planned(given.batches(job.limit), settings, job.shard)
    manifest = manifest_of(scorer, digest, plan, job.limit, kernels)
    with parts_of(folder, manifest, job.begin) as parts:
        done = parts.done(plan.mine)
        left = [number for number in plan.mine if number not in done]
        watch.started(
            Start(
                given.says,
                plan.rows(plan.mine),
                plan.rows(done),
                len(plan.duplicates),
                costs.estimate(scorer.bundles, settings, plan.tokens_to_score(left), job.workers),
            )
        )
        if left:
            for number in _scored(
                job, Crew(scorer, parts, kernels), packs(given.batches(job.limit), plan, left), len(left)
            ):
                watch.went_on(plan.rows([number]))
            if digest_of(job.source) != digest:
                parts.remove()
                raise InputError("The file changed while it was read: run this again on a file that stays as it is.")
        found = _put_together(job, scorer, parts, plan)
        parts.remove()
    return Outcome(given.says, *found)


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


def _scored(job: Job, crew: Crew, rest: Iterator[Pack], count: int) -> Iterator[int]:
    if job.engine == "ray":
        from analysis.batch.rays import score_on_ray

        return score_on_ray(crew, rest, job.workers)
    return score_alone(crew, rest) if job.workers == 1 else score_side_by_side(crew, rest, min(job.workers, count))


def _put_together(job: Job, scorer: Scorer, parts: Parts, plan: Plan) -> tuple[Summary, dict[str, float | None]]:
    schema = scorer.schema(plan.schema)
    n_scored = len(scorer.columns()) * len(scorer.settings.models) + 1
    if job.tokens is not None:
        write_table(job.tokens, "The table of tokens", scorer.token_schema(), tokens_of(parts, plan))
    write_table(job.output, "The output", schema, rows_of(parts, plan, n_scored))
    summary = summarise(rows_of(parts, plan, n_scored), scorer.settings)
    plain = scorer.settings.suite is None
    return summary, means_of(rows_of(parts, plan, n_scored), schema.names[-n_scored:-1]) if plain else {}
