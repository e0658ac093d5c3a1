"""What is done of a run: each pack's rows in a file of their own beside the output, whole or not there."""

import fcntl
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import pyarrow as pa

from analysis.batch.alike import Chosen
from analysis.batch.disk import on_disk, write_whole
from analysis.batch.manifest import Manifest, key_of, require_same
from analysis.batch.plan import Plan
from analysis.batch.scorer import ROW
from analysis.errors import InputError

_MANIFEST, _LOCK = "manifest.json", "lock"
_PARTS = "What is done"
_ROWS = ".rows.arrow"
Begin = Literal["fresh", "resume", "anew"]
"""Nothing may be there; what is there is gone on with; what is there goes."""

_OPEN = 32
"""Parts that are held open to copy equal rows from."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A folder of packs that are done; their names bear the run's key, so that none of another run is taken for one."""

    folder: Path
    key: str
    by_token: bool

    def done(self, numbers: Iterable[int]) -> set[int]:
        """Which of some packs are done."""
        there = set(os.listdir(self.folder))
        return {number for number in numbers if self._path(number, "rows").name in there}

    def keep(self, number: int, rows: pa.RecordBatch, tokens: pa.RecordBatch) -> None:
        """Keep what a pack came to; InputError if the disk refuses."""
        # The rows last: a pack whose rows are there is done.
        if self.by_token:
            write_whole(self._path(number, "tokens"), _PARTS, lambda stream: _write(stream, tokens))
        write_whole(self._path(number, "rows"), _PARTS, lambda stream: _write(stream, rows))

    def rows(self, number: int) -> pa.RecordBatch:
        """The rows of a pack that is done."""
        return _read(self._path(number, "rows"))

    def tokens(self, number: int) -> pa.RecordBatch:
        """The rows of the table of tokens of a pack that is done."""
        return _read(self._path(number, "tokens"))

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int, kind: str) -> Path:
        return self.folder / f"{number:08d}-{self.key}.{kind}.arrow"


@contextmanager
def parts_of(folder: Path, manifest: Manifest, begin: Begin) -> Generator[Parts]:
    """The folder of a run, made or gone on with, and nobody else's meanwhile.

    InputError if it is in use, holds parts of another run, can't be written, or is there though nobody resumes.
    """
    with on_disk(_PARTS):
        folder.mkdir(exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT)
    try:
        _lock(lock)
        try:
            yield _begun(folder, manifest, begin)
        finally:
            # Nothing done is nothing to go on with.
            if not _packs(folder):
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _begun(folder: Path, manifest: Manifest, begin: Begin) -> Parts:
    kept = folder / _MANIFEST
    if begin == "anew" or not _packs(folder):
        # The manifest last: without it nothing is there.
        for path in sorted(folder.iterdir(), key=lambda path: path.name == _MANIFEST):
            if path.is_file() and path.name != _LOCK:
                path.unlink(missing_ok=True)
    if not kept.exists():
        write_whole(kept, _PARTS, lambda stream: _dump(stream, manifest))
    elif begin == "fresh":
        raise InputError(
            "An earlier run left what it had done beside the output: go on with --resume, or begin anew with --force."
        )
    else:
        require_same(_manifest(kept), manifest)
    return Parts(folder, key_of(manifest), manifest["settings"]["by_token"])


def _packs(folder: Path) -> bool:
    """Whether any pack is there, of whatever run."""
    return folder.exists() and any(path.name.endswith(_ROWS) for path in folder.iterdir())


def _lock(descriptor: int) -> None:
    """Until the file is closed, which the end of this process does, too, however it comes."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError("Another run is writing this output: wait for its end, or name another output.") from None
    except OSError:
        # Some file systems of clusters lock nothing.
        return


def kept_kernels(folder: Path) -> Chosen | None:
    """How an earlier run computed, which may move a last digit; None where there was none."""
    kept = folder / _MANIFEST
    return _manifest(kept).get("kernels") if kept.exists() else None


def _manifest(path: Path) -> Manifest:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{_PARTS} can't be read: begin anew with --force.") from None


def _dump(stream: BinaryIO, manifest: Manifest) -> None:
    stream.write(json.dumps(manifest, ensure_ascii=False, indent=1).encode())


def rows_of(parts: Parts, plan: Plan, n_scored: int) -> Iterator[pa.RecordBatch]:
    """The rows of a run in order, the last ``n_scored`` columns of duplicates filled in from their first."""
    earlier = lru_cache(_OPEN)(parts.rows)
    for number in plan.mine:
        rows, copies = parts.rows(number), plan.copies(number)
        if copies:
            pool, index = [rows], np.arange(len(rows))
            length = len(rows)
            for other, places in _by_pack(plan, copies).items():
                pool.append(earlier(other).take(pa.array([within for _, within in places])))
                index[[at for at, _ in places]] = np.arange(length, length + len(places))
                length += len(places)
            whole = pa.concat_batches(pool)
            n_own = rows.num_columns - n_scored
            columns = [rows.column(at) for at in range(n_own)]
            columns += [whole.column(at).take(pa.array(index)) for at in range(n_own, rows.num_columns)]
            rows = pa.RecordBatch.from_arrays(columns, schema=rows.schema)
        yield rows


def tokens_of(parts: Parts, plan: Plan) -> Iterator[pa.RecordBatch]:
    """The table of tokens in the order of the rows, with those of duplicates."""
    earlier = lru_cache(_OPEN)(lambda number: (_numbers(parts.rows(number)), parts.tokens(number)))
    for number in plan.mine:
        tokens, copies = parts.tokens(number), plan.copies(number)
        pieces, own = [tokens], _numbers(parts.rows(number))
        for other, places in _by_pack(plan, copies).items():
            numbers, theirs = earlier(other)
            of = _numbers(theirs)
            for at, within in places:
                piece = theirs.take(pa.array(np.flatnonzero(of == numbers[within])))
                pieces.append(piece.set_column(0, piece.schema.field(0), pa.array(np.full(len(piece), own[at]))))
        whole = pa.concat_batches(pieces)
        yield whole.take(pa.array(np.argsort(_numbers(whole), kind="stable")))


def _by_pack(plan: Plan, copies: list[tuple[int, int]]) -> dict[int, list[tuple[int, int]]]:
    """By the pack of the earlier row: where the copy is in its own pack, and where the earlier one is in its."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for at, first in copies:
        pack = plan.pack_of(first)
        found[pack].append((at, first - plan.positions(pack)[0]))
    return found


def _numbers(batch: pa.RecordBatch) -> np.ndarray:
    return batch.column(ROW).to_numpy()


def _write(stream: BinaryIO, batch: pa.RecordBatch) -> None:
    with pa.ipc.new_file(stream, batch.schema) as writer:
        writer.write_batch(batch)


def _read(path: Path) -> pa.RecordBatch:
    try:
        with pa.memory_map(str(path)) as stream:
            return pa.ipc.open_file(stream).get_batch(0)
    except (OSError, pa.ArrowInvalid):
        raise InputError(f"{_PARTS} can't be read: begin anew with --force.") from None
