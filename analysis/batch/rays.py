"""A run on a cluster: Ray's actors score the packs of a plan, on storage that all machines share.

Ray holds its own processes and copies of the rows: on one machine workers of our own are faster and smaller.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.batch.disk import on_disk
from analysis.batch.parts import Parts
from analysis.batch.plan import Pack
from analysis.batch.workers import Crew
from analysis.errors import InputError, ModelError, PretextError

_PACK, _SCORED = "pretext:pack", "pretext:scored"
"""Columns that tell whose pack a row is, and whether it is scored."""

_GIVEN = "given"


class PackScorer:
    """An actor: whole packs in, kept where the run keeps what is done; hands out their numbers."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        crew.join()

    def __call__(self, table: pa.Table) -> pa.Table:
        """A table of whole packs in any order: one row per pack."""
        column = table.column(_PACK)
        numbers = column.unique().to_pylist()
        for number in numbers:
            mine = np.flatnonzero(column.to_numpy() == number)
            (own,) = table.take(pa.array(mine)).combine_chunks().to_batches()
            scored = tuple(own.column(_SCORED).to_pylist())
            self._crew.score(Pack(number, own.drop_columns([_PACK, _SCORED]), scored))
        return pa.table({"number": pa.array(numbers, pa.int64())})


def score_on_ray(crew: Crew, packs: Iterable[Pack], actors: int) -> Iterator[int]:
    """Score packs in so many actors of Ray, each with the settings' threads; yields the number of each that is kept.

    A cluster is the one that RAY_ADDRESS names, else this machine. InputError if Ray isn't installed; PretextError if
    an actor fails.
    """
    ray = _started()
    files = [str(_given(crew.parts, pack)) for pack in packs]
    # Reading takes no processor of its own: the actors may have them all, and would wait for it for ever.
    table = ray.data.read_parquet(files, override_num_blocks=len(files), num_cpus=0)
    done = table.map_batches(
        PackScorer,
        fn_constructor_args=(crew,),
        # A block is a file, and a file is a pack.
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=min(actors, len(files))),
        num_cpus=crew.scorer.settings.threads or 1,
    )
    try:
        for found in done.iter_batches(batch_size=None, batch_format="pyarrow"):
            yield from found.column("number").to_pylist()
    except ray.exceptions.RayError as error:
        raise _cause(error) from None


def _started() -> Any:
    try:
        # By name: whoever checks types has no Ray either.
        ray: Any = import_module("ray")
        import_module("ray.data")
    except ImportError:
        raise InputError(
            "Ray isn't installed: type pip install -r requirements-ray.txt, or leave --engine ray out."
        ) from None
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if not ray.is_initialized():
        own = {} if os.environ.get("RAY_ADDRESS", "") else {"include_dashboard": False}
        ray.init(log_to_driver=False, logging_level=logging.ERROR, configure_logging=True, **own)
    return ray


def _given(parts: Parts, pack: Pack) -> Path:
    """A pack's rows as a file that every machine can read."""
    path = parts.folder / _GIVEN / f"{pack.number:08d}.parquet"
    table = pa.Table.from_batches([pack.rows])
    table = table.append_column(_PACK, pa.array([pack.number] * len(table), pa.int64()))
    with on_disk("What is to be done"):
        path.parent.mkdir(exist_ok=True)
        pq.write_table(table.append_column(_SCORED, pa.array(pack.scored)), path)
    return path.resolve()


def _cause(error: BaseException | None) -> PretextError:
    """The error of ours that an actor ended with, or that it ended."""
    while error is not None:
        if isinstance(error, PretextError):
            return error
        error = getattr(error, "cause", None) or error.__cause__
    return ModelError(
        "A worker of Ray ended before its rows were done: what is done is kept, so go on with --resume, perhaps with "
        "fewer workers."
    )
