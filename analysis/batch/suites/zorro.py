"""Zorro: lines that take turns, an ungrammatical sentence and its grammatical twin."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from analysis.batch.suites.pairs import BAD, GOOD, TEXT_SCORES, good_and_bad
from analysis.batch.suites.rates import pair_report
from analysis.batch.suites.suite import Batches, Rule, Suite, written

_ITEM = pa.schema(
    [
        pa.field("row", pa.int64()),
        pa.field("line", pa.int64()),
        pa.field("paradigm", pa.string()),
        pa.field(GOOD, pa.string()),
        pa.field(BAD, pa.string()),
        pa.field("error", pa.string()),
    ]
)


def twins(batches: Batches, name: str) -> Iterator[pa.RecordBatch]:
    """Of every two lines one item; a last line without its twin is an error."""
    waiting: tuple[int, str | None, str | None] | None = None
    items = 0
    for batch in batches:
        rows = []
        for line in batch.to_pylist():
            own = (line["row"], written(line.get("text")), line.get("error"))
            if waiting is None:
                waiting = own
                continue
            items += 1
            rows.append((items, waiting[0], name, own[1], waiting[1], waiting[2] or own[2]))
            waiting = None
        yield _batch(rows)
    if waiting is not None:
        lone = waiting[2] or f"Line {waiting[0]} has no twin: this suite's lines come in twos, the bad one first."
        yield _batch([(items + 1, waiting[0], name, None, waiting[1], lone)])


def _batch(rows: Sequence[tuple[object, ...]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([dict(zip(_ITEM.names, row, strict=True)) for row in rows], _ITEM)


ZORRO = Suite(
    name="zorro",
    title="Zorro",
    says="23 paradigms of 2,000 minimal pairs in words that children know",
    source="Huebner et al. 2021, github.com/phueb/Zorro",
    licence="MIT",
    columns=(("text",),),
    # A file of lines, as any other.
    recognises=lambda _names: False,
    sides=("good", "bad"),
    sides_of=good_and_bad,
    scores=TEXT_SCORES,
    own=("pll-sum",),
    rule=Rule("accuracy", "share of pairs with score(good) > score(bad), a tie as wrong", mean_over="paradigm"),
    report=pair_report,
    groups=("paradigm",),
    items=twins,
)
