"""Who scores the packs of a run: this process, or spawned ones of our own that write what they have done themselves."""

import os
import signal
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process, resource_tracker
from typing import Any

import pyarrow as pa

from analysis.batch.alike import Chosen, take
from analysis.batch.parts import Parts
from analysis.batch.plan import Pack
from analysis.batch.scorer import Scorer
from analysis.errors import ModelError, PretextError

_DIED = (
    "A worker ended before its rows were done (it was killed, or memory ran out): what is done is kept, so go on with "
    "--resume, perhaps with fewer workers."
)
_SECONDS_TO_END = 5


@dataclass(frozen=True, slots=True)
class Crew:
    """What whoever scores needs, in any process: the scorer, where packs are kept, how the run computes."""

    scorer: Scorer
    parts: Parts
    kernels: Chosen

    def join(self) -> None:
        """Compute as the run does; before the first pack in a process of its own."""
        take(self.kernels)

    def score(self, pack: Pack) -> int:
        """Score a pack and keep it; returns its number."""
        self.parts.keep(pack.number, *self.scorer.both(pack.rows, pack.scored))
        return pack.number


def score_alone(crew: Crew, packs: Iterable[Pack]) -> Iterator[int]:
    """Score packs in this process; yields the number of each that is kept."""
    for pack in packs:
        yield crew.score(pack)


def score_side_by_side(crew: Crew, packs: Iterable[Pack], count: int) -> Iterator[int]:
    """Score packs in ``count`` spawned processes, handed out in order; yields the number of each that is kept.

    Every worker loads its own models. PretextError if one fails; ModelError if one ends before its time.
    """
    with _spawned(crew, count) as workers:
        rest, busy = iter(packs), {}
        for worker in workers:
            _hand_out(worker, rest, busy)
        while busy:
            for ready in connection.wait([*busy, *busy.values()]):
                # A worker that died is ready twice; its pipe may still hold what it did before.
                worker = ready if isinstance(ready, connection.Connection) else None
                if worker is None:
                    dead = next((each for each, sentinel in busy.items() if sentinel == ready), None)
                    if dead is not None and not dead.poll():
                        raise ModelError(_DIED)
                elif worker in busy:
                    yield _received(worker)
                    sentinel = busy.pop(worker)
                    _hand_out((worker, sentinel), rest, busy)


def _hand_out(worker: tuple[Any, int], rest: Iterator[Pack], busy: dict[Any, int]) -> None:
    pack = next(rest, None)
    if pack is None:
        return
    pipe, sentinel = worker
    try:
        pipe.send((pack.number, _packed(pack.rows), pack.scored))
    except OSError:
        raise ModelError(_DIED) from None
    busy[pipe] = sentinel


def _received(worker: Any) -> int:
    try:
        found = worker.recv()
    except (EOFError, OSError):
        raise ModelError(_DIED) from None
    if isinstance(found, PretextError):
        raise found
    return found


@contextmanager
def _spawned(crew: Crew, count: int) -> Generator[list[tuple[Any, int]]]:
    """Each worker's pipe and what tells its end; all are gone when this ends, however it does."""
    context = get_context("spawn")
    processes, workers = [], []
    try:
        with _without_interrupts():
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, crew), daemon=True)
                process.start()
                theirs.close()
                processes.append(process)
                workers.append((ours, process.sentinel))
        yield workers
        for pipe, _ in workers:
            pipe.close()
        for process in processes:
            process.join(_SECONDS_TO_END)
    finally:
        for process in processes:
            process.kill()
            process.join()


@contextmanager
def _without_interrupts() -> Generator[None]:
    """A Ctrl-C that comes meanwhile comes at the end; what is spawned never sees one, for it inherits what is blocked.

    A terminal sends it to all processes, and this one ends the others. To ignore it here instead would lose it.
    """
    # Started by the first process that is spawned, it would let interrupts through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Any, crew: Crew) -> None:
    """A worker: packs in, numbers or an error out, until its pipe is closed or whoever spawned it is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    crew.join()
    while True:
        try:
            number, rows, scored = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            found: int | PretextError = crew.score(Pack(number, _unpacked(rows), scored))
        except PretextError as error:
            found = error
        try:
            pipe.send(found)
        except OSError:
            # Whoever spawned it was killed: the pack is kept, and nobody is left to be told.
            return


def _end_with_parent() -> None:
    """Nobody waits for a worker whose parent was killed."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _packed(rows: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_batch(rows)
    return sink.getvalue().to_pybytes()


def _unpacked(content: bytes) -> pa.RecordBatch:
    return pa.ipc.open_stream(content).read_next_batch()
