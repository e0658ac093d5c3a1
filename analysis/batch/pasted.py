"""A table that is asked as one question: its rows, what they are, and their texts as a person looks at them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from analysis import hosting
from analysis.batch.layout import CALLED, Layout, recognise
from analysis.batch.recipe import Values
from analysis.batch.scorer import ERROR
from analysis.batch.scores import GAP, Side
from analysis.batch.suites import check_columns, items_of, recognised, suite_of
from analysis.batch.tables import Source, open_text, packs
from analysis.choices import BY_COLUMNS, PLAIN_ROWS
from analysis.errors import InputError
from analysis.limits import MAX_PASTED_BYTES, MAX_PASTED_ROWS, PASTED_TOO_MUCH
from analysis.types.table import TableKind

Sides = tuple[str, ...]
_GOOD, _BAD, _A, _B = "sentence_good", "sentence_bad", "text_a", "text_b"
_PAIRS, _NSP, _TWO = "pairs", "nsp", 2
_TEXTS: Mapping[TableKind, tuple[str, ...]] = {
    "text": ("text",),
    "pair": (_A, _B),
    "labelled pair": (_A, _B),
    "minimal pairs": (_GOOD, _BAD),
    "candidates": ("text",),
}
_NAMES: Mapping[TableKind, tuple[str, ...]] = {
    "text": ("text",),
    "pair": ("A", "B"),
    "labelled pair": ("A", "B"),
    "minimal pairs": ("good", "bad"),
    "candidates": ("text",),
}
_ALIKE = 0.5
"""Share of their words that two columns without a name have in common from which they are taken for minimal pairs."""


@dataclass(frozen=True, slots=True, eq=False)
class Pasted:
    """A table's rows, with ``row`` and ``error``, and what they were taken for.

    ``columns`` are (meaning, column), ``names`` what the texts of a row are called; ``sides`` and ``groups`` [N] are
    the texts of every row, none where it can't be read, and its group.
    """

    rows: pa.RecordBatch
    kind: TableKind
    suite: str | None
    columns: tuple[tuple[str, str], ...]
    taken_for: str
    names: tuple[str, ...]
    sides: tuple[Sides, ...]
    groups: tuple[str, ...]


def pasted(text: str, suite: str, columns: Sequence[tuple[str, str]]) -> Pasted:
    """A table as text; ``suite`` names what its rows are, ``columns`` are (meaning, column) that somebody has said.

    InputError if there is nothing in it, more than is read at once, or nothing in it that could be read.
    """
    if not text.strip():
        came = "empty" if not text else "only white space"
        raise InputError(f"The table is {came}: paste rows, such as a text a line.")
    if len(text.encode(errors="replace")) > MAX_PASTED_BYTES:
        raise InputError(f"The table holds {PASTED_TOO_MUCH}.")
    source = open_text(text)
    if suite in {BY_COLUMNS, PLAIN_ROWS, _PAIRS, _NSP}:
        return _by_layout(source, suite, columns)
    return _by_suite(source, suite, columns)


def _by_layout(source: Source, asked: str, said: Sequence[tuple[str, str]]) -> Pasted:
    """A table whose columns say what it is: plain rows, minimal pairs, labelled pairs, or a suite that is known by."""
    known, _ = recognised(source)
    if asked == BY_COLUMNS and known is not None and known not in {_PAIRS, _NSP} and not said:
        return _by_suite(source, known, ())
    layout, rows = recognise(source.names, said), _joined(packs(source), source.schema)
    if layout.kind == "pair" and (
        asked == _PAIRS or (asked == BY_COLUMNS and _unnamed(source) and _alike(rows, layout))
    ):
        meant = {_A: _GOOD, _B: _BAD}
        layout = replace(
            layout,
            kind="minimal pairs",
            columns=tuple((meant.get(each, each), column) for each, column in layout.columns),
        )
    suite = _suite(layout.kind, asked)
    kind: TableKind = "pair" if suite is None and layout.kind == "labelled pair" else layout.kind
    at = dict(layout.columns)
    texts = [at[meaning] for meaning in _TEXTS[kind]]
    listed = rows.to_pylist()
    return Pasted(
        rows=rows,
        kind=kind,
        suite=suite,
        columns=layout.columns,
        taken_for=f"{replace(layout, kind=kind).taken_for}. {source.says}",
        names=_NAMES[kind],
        sides=tuple(tuple(_cell(row[name]) for name in texts) for row in listed),
        groups=tuple(_cell(row[at["group"]]) if "group" in at else "" for row in listed),
    )


def _suite(kind: TableKind, asked: str) -> str | None:
    """The suite of rows of a kind, None where they are measured one by one; InputError if they are none of it."""
    own = {"minimal pairs": _PAIRS, "labelled pair": _NSP}.get(kind)
    if asked == PLAIN_ROWS and own != _PAIRS:
        return None
    if asked not in {BY_COLUMNS, own}:
        asks = {_PAIRS: ("minimal pairs", _GOOD), _NSP: ("labelled pairs", "label")}
        what, meaning = asks.get(asked, ("plain rows", "text"))
        raise InputError(
            f"The table was taken for {CALLED[kind]}, and {what} were asked for: name their columns, as in "
            f"{meaning}=COLUMN, or ask for what they are."
        )
    return own


def _by_suite(source: Source, name: str, said: Sequence[tuple[str, str]]) -> Pasted:
    """A table that is read as a suite reads its files."""
    suite = suite_of(name)
    check_columns(name, source, said)
    rows = _joined(items_of(name, packs(source)), source.schema)
    listed = rows.to_pylist()
    by = next((by for by in suite.groups if any(row.get(by) for row in listed)), None)
    sides = tuple(
        _sides(suite.sides_of, row | {meaning: row.get(column) for meaning, column in said}) for row in listed
    )
    return Pasted(
        rows=rows,
        kind="minimal pairs" if len(suite.sides) >= _TWO else "text",
        suite=name,
        columns=tuple(said),
        taken_for=f"Taken for {suite.title}, by whose rule it counts: {suite.rule.says}. {source.says}",
        names=tuple(each.replace("_", " ") for each in suite.sides),
        sides=tuple((*own, *[""] * (len(suite.sides) - len(own))) for own in sides),
        groups=tuple(_cell(row.get(by)) if by is not None else "" for row in listed),
    )


def _joined(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """The rows of a table as one batch; InputError if there are more than are read at once."""
    found, count = [], 0
    for batch in batches:
        found.append(batch)
        count += len(batch)
        if count > MAX_PASTED_ROWS:
            raise InputError(
                f"The table has more than {MAX_PASTED_ROWS:,} rows, the most that are read at once: save it as a file "
                "and run python -m analysis batch FILE -o OUT.parquet."
            )
    whole = pa.Table.from_batches(found, found[0].schema if found else schema).combine_chunks().to_batches()
    if not whole:
        raise InputError("The table has no rows: paste at least one below its header.")
    hosting.in_force().check_rows(count, "The table")
    return whole[0]


def _sides(sides_of: Any, values: Values) -> Sides:
    if values.get(ERROR) is not None:
        return ()
    try:
        return tuple(_shown(own[0]) if own else "" for own in sides_of(values))
    except InputError:
        # It is that row's error, too, and said there.
        return ()


def _shown(side: Side) -> str:
    """A side as one text: its word in its gap, its second text behind the first."""
    text = side.text if side.word is None else side.text.replace(GAP, side.word, 1)
    return text if side.second is None else f"{text} {side.second}"


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _unnamed(source: Source) -> bool:
    """Whether the two texts have no names: the first line was no header."""
    return not getattr(source.reader, "headed", True)


def _alike(rows: pa.RecordBatch, layout: Layout) -> bool:
    """Whether the two texts of most rows have most of their words in common, as minimal pairs have."""
    at = dict(layout.columns)
    shares = [
        _common(row[at[_A]], row[at[_B]]) for row in rows.to_pylist() if row[at[_A]] and row[at[_B]] and not row[ERROR]
    ]
    return bool(shares) and sum(share >= _ALIKE for share in shares) * _TWO > len(shares)


def _common(a: str, b: str) -> float:
    """Words that both have, as a share of the shorter one's."""
    one, other = (set(re.findall(r"\w+", text.casefold())) for text in (a, b))
    return len(one & other) / max(1, min(len(one), len(other)))
