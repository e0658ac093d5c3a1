"""A run on a cluster: Ray's actors score the packs of a plan, on storage that all machines share.

Ray holds its own processes and copies of the rows: on one machine workers of our own are faster and smaller.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.batch.disk import on_disk
from analysis.batch.parts import Parts
from analysis.batch.plan import Pack
from analysis.batch.workers import Crew
from analysis.errors import InputError, ModelError, PretextError

_SCORED = "pretext:scored"
"""Column that tells whether a row is scored."""

_GIVEN = "given"


class PackScorer:
    """An actor: names of files of packs in, each kept where the run keeps what is done; hands out their numbers."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        crew.join()

    def __call__(self, files: pa.Table) -> pa.Table:
        """A table of ``number`` and ``path``: one of ``number`` alone."""
        for each in files.to_pylist():
            (rows,) = pq.read_table(each["path"]).combine_chunks().to_batches()
            scored = tuple(rows.column(_SCORED).to_pylist())
            self._crew.score(Pack(each["number"], rows.drop_columns([_SCORED]), scored))
        return files.select(["number"])


def score_on_ray(crew: Crew, packs: Iterable[Pack], actors: int) -> Iterator[int]:
    """Score packs in so many actors of Ray, each with the settings' threads; yields the number of each that is kept.

    A cluster is the one that RAY_ADDRESS names, else this machine. InputError if Ray isn't installed; PretextError if
    an actor fails.
    """
    ray = _started()
    # Ray's own reading of files takes processors, for which it waits for ever where the actors hold them all.
    files = [pa.table({"number": [pack.number], "path": [str(_given(crew.parts, pack))]}) for pack in packs]
    done = ray.data.from_arrow(files).map_batches(
        PackScorer,
        fn_constructor_args=(crew,),
        batch_size=1,
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
    table = pa.Table.from_batches([pack.rows]).append_column(_SCORED, pa.array(pack.scored))
    with on_disk("What is to be done"):
        path.parent.mkdir(exist_ok=True)
        pq.write_table(table, path)
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
