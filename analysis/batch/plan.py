"""What a run will do, from one pass over its input: where packs are cut, which rows are equal, what each costs.

Packs are cut by position in the input, whatever of it is done already or belongs to another shard: the rows of a pack
go through the model together, so that their numbers are the same to the last bit however often a run was broken off.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.batch.costs import cost_of, tokens_of
from analysis.batch.recipe import Settings
from analysis.batch.scorer import ERROR, ROW, Scorer
from analysis.errors import InputError
from analysis.limits import PACK_ROWS, PACK_TOKENS
from analysis.types import Ints

Longs = npt.NDArray[np.int64]
Shard = tuple[int, int]
"""Which of how many, the first counted 0."""

WHOLE: Shard = (0, 1)
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Pack:
    """Rows that are scored together: which pack it is, its rows, and which of them are scored."""

    number: int
    rows: pa.RecordBatch
    scored: tuple[bool, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """N rows in P packs.

    Attributes
    ----------
    schema
        Of the input.
    edges
        Position of each pack's first row and N, int64 [P + 1].
    tokens
        Of each row, about, int32 [N]; 0 of one that can't be read.
    duplicates, firsts
        Positions, ascending, of rows that equal an earlier one of the shard, and those of these, int64 [D].
    shard
        The packs whose numbers leave the shard's remainder are this run's.
    """

    schema: pa.Schema
    edges: Longs
    tokens: Ints
    duplicates: Longs
    firsts: Longs
    shard: Shard = WHOLE

    @property
    def mine(self) -> range:
        """Numbers of this run's packs."""
        return range(self.shard[0], len(self.edges) - 1, self.shard[1])

    def positions(self, number: int) -> tuple[int, int]:
        """Of a pack's first row, and of its last + 1."""
        return int(self.edges[number]), int(self.edges[number + 1])

    def pack_of(self, position: int) -> int:
        """The pack that a row lies in."""
        return int(np.searchsorted(self.edges, position, side="right")) - 1

    def copies(self, number: int) -> list[tuple[int, int]]:
        """Of a pack's rows that equal an earlier one: where in the pack, and the position of the earlier one."""
        start, stop = self.positions(number)
        low, high = np.searchsorted(self.duplicates, (start, stop))
        own = (self.duplicates[low:high] - start).tolist()
        return list(zip(own, self.firsts[low:high].tolist(), strict=True))

    def rows(self, numbers: Iterable[int]) -> int:
        """How many rows some packs have."""
        return sum(stop - start for start, stop in map(self.positions, numbers))

    def tokens_to_score(self, numbers: Iterable[int]) -> Ints:
        """The tokens of these packs' rows, without those that can't be read and those that equal an earlier one."""
        left = np.zeros(len(self.tokens), np.bool_)
        for number in numbers:
            left[slice(*self.positions(number))] = True
        left[self.duplicates] = False
        left[self.tokens == 0] = False
        return self.tokens[left]


def planned(batches: Iterable[pa.RecordBatch], settings: Settings, shard: Shard = WHOLE) -> Plan:
    """Plan a run over these rows; InputError if there are none."""
    edges, tokens, digests, mine = array("q", [0]), array("i"), bytearray(), array("q")
    schema, held, used = None, 0, {}
    for batch in batches:
        if schema is None or batch.schema.names != schema.names:
            schema, used = schema or batch.schema, _used(batch.schema, settings)
        for values, error in _rows(batch, used):
            count = 0 if error else tokens_of(values, settings)
            cost = 0 if error else cost_of(count, settings)
            here = len(tokens)
            if here > edges[-1] and (held + cost > PACK_TOKENS or here - edges[-1] == PACK_ROWS):
                edges.append(here)
                held = 0
            held += cost
            tokens.append(count)
            if not error and (len(edges) - 1) % shard[1] == shard[0]:
                digests += _digest(values)
                mine.append(here)
    if schema is None or not tokens:
        raise InputError("The file holds no rows: give one with a row at least.")
    edges.append(len(tokens))
    duplicates, firsts = _equal(digests, np.frombuffer(mine, np.int64))
    found = np.frombuffer(edges, np.int64), np.frombuffer(tokens, np.int32)
    return Plan(schema, *found, duplicates, firsts, shard)


def packs(batches: Iterable[pa.RecordBatch], plan: Plan, numbers: Iterable[int]) -> Iterator[Pack]:
    """Some of a plan's packs, in order, from its input; InputError if that isn't what it was when it was planned."""
    wanted, last = set(numbers), len(plan.edges) - 1
    number, held, pieces = 0, 0, []
    for batch in batches:
        if number < last and batch.schema.names != plan.schema.names:
            raise _changed()
        rest = batch
        while len(rest) and number < last:
            start, stop = plan.positions(number)
            piece = rest.slice(0, stop - start - held)
            rest = rest.slice(len(piece))
            held += len(piece)
            pieces += [piece] if number in wanted else []
            if held == stop - start:
                if number in wanted:
                    copies = {at for at, _ in plan.copies(number)}
                    rows = pa.concat_batches([piece.cast(plan.schema) for piece in pieces])
                    yield Pack(number, rows, tuple(at not in copies for at in range(held)))
                number, held, pieces = number + 1, 0, []
        if len(rest):
            raise _changed()
    if number < last:
        raise _changed()


def _changed() -> InputError:
    return InputError("The file changed while it was read: leave it as it is until all rows are scored.")


def _used(schema: pa.Schema, settings: Settings) -> dict[str, str]:
    """The columns that decide what a row comes to, by what they mean."""
    renamed = {column: column for column in schema.names if column not in {ROW, ERROR}} | dict(settings.columns)
    by_recipe = [recipe.reads for recipe in Scorer(settings).recipes]
    if None not in by_recipe:
        read = {meaning for own in by_recipe for meaning in own or ()}
        renamed = {meaning: column for meaning, column in renamed.items() if meaning in read}
    missing = [(meaning, column) for meaning, column in renamed.items() if column not in schema.names]
    for meaning, column in missing:
        raise InputError(f"The column '{column}' is to be {meaning}, and the file has none of that name.")
    return renamed


def _rows(batch: pa.RecordBatch, used: Mapping[str, str]) -> Iterator[tuple[dict[str, Any], bool]]:
    columns = [batch.column(column).to_pylist() for column in used.values()]
    errors = batch.column(ERROR).is_valid().to_pylist() if ERROR in batch.schema.names else [False] * len(batch)
    for at, error in enumerate(errors):
        yield {meaning: column[at] for meaning, column in zip(used, columns, strict=True)}, error


def _digest(values: Mapping[str, Any]) -> bytes:
    # repr tells 1 from "1" and where one value ends.
    return blake2b(repr(tuple(values.values())).encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()


def _equal(digests: bytearray, positions: Longs) -> tuple[Longs, Longs]:
    """Positions of rows with an earlier digest, and of the first row that has it."""
    halves = np.frombuffer(digests, np.uint64).reshape(-1, 2)
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    first = np.ones(len(order), np.bool_)
    first[1:] = (halves[order[1:]] != halves[order[:-1]]).any(axis=1)
    # lexsort is stable: of equal rows the earliest comes first.
    of = positions[order[np.flatnonzero(first)]][np.cumsum(first) - 1]
    own, of = positions[order[~first]], of[~first]
    by_position = np.argsort(own)
    return own[by_position], of[by_position]
