"""JSON: a row is an object, one a line or in an array, and its keys are the columns."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa

from analysis.batch.files.arrays import Element, elements
from analysis.batch.files.lines import lines_of, not_utf8
from analysis.batch.files.rows import BLANK, TOO_LONG, FileColumn, Row, checked, fault_of, named, without_last_blanks
from analysis.errors import InputError, quoted
from analysis.limits import LOOK_ROWS, MAX_COLUMNS

ARRAY = "array"
"""The column that says in which array of the file a row stands, where these are inside an object."""

TEXT, WHOLE, NUMBER, TRUTH = "text", "a whole number", "a number", "true or false"
TEXTS, NUMBERS, NOTHING, NESTED = "a list of texts", "a list of numbers", "an empty list", "an object or a list"
_TYPES = {
    TEXT: pa.string(),
    WHOLE: pa.int64(),
    NUMBER: pa.float64(),
    TRUTH: pa.bool_(),
    TEXTS: pa.list_(pa.string()),
    NUMBERS: pa.list_(pa.float64()),
    NESTED: pa.string(),
}
"""Kinds of values, in the words of an error's sentence; what is nested otherwise is kept as JSON."""

_SCALARS = {str: TEXT, int: WHOLE, float: NUMBER, bool: TRUTH}
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects, one a line (``lines``) or in an array; ``kinds`` are of the columns, one each.

    The columns are the keys of the first ``LOOK_ROWS`` rows, each of the kind that most of them have. Other keys of
    later rows are left out (suites of many files have keys that only some of them have); a value of another kind is an
    error of its row.
    """

    columns: tuple[FileColumn, ...]
    kinds: tuple[str, ...]
    lines: bool

    def rows(self, file: BinaryIO) -> Iterator[Row]:
        return without_last_blanks(self._row(element) for element in _elements(file, self.lines))

    def _row(self, element: Element) -> Row:
        if element.text is not None and not element.text.strip():
            return BLANK
        try:
            found = _object(element)
        except InputError as fault:
            return Row((None,) * len(self.columns), str(fault))
        cells, error = [], None
        for column, kind in zip(self.columns, self.kinds, strict=True):
            value = found.get(column.key)
            try:
                cells.append(None if value is None else _fitted(value, kind))
            except ValueError:
                cells.append(None)
                error = error or (
                    f"The column {quoted(column.name)} holds {_said(value)} in this row, and {kind} in most of the "
                    "first rows: write it so, or null."
                )
        return checked(self.columns, cells, error)


def look_at_objects(file: BinaryIO, lines: bool) -> Objects:
    """The columns of the file; InputError if it holds no object, too many keys, or two that read the same."""
    kinds: dict[str, Counter[str]] = {}
    seen, bad, first = 0, 0, None
    for element in islice(_elements(file, lines), LOOK_ROWS):
        if element.text is not None and not element.text.strip():
            continue
        seen += 1
        try:
            found = _object(element)
        except InputError as fault:
            bad, first = bad + 1, first or fault
            continue
        for key, value in found.items():
            kinds.setdefault(key, Counter())
            if value is not None:
                kinds[key][_kind(value)] += 1
        if len(kinds) > MAX_COLUMNS:
            named(tuple(kinds))
    if first and (not kinds or 2 * bad > seen):
        raise first
    if not kinds:
        raise InputError("The file holds no rows: at least one object with a text is needed.")
    names, chosen = named(tuple(kinds)), tuple(_chosen(each) for each in kinds.values())
    columns = tuple(FileColumn(name, key, _TYPES[kind]) for name, key, kind in zip(names, kinds, chosen, strict=True))
    return Objects(columns, chosen, lines)


def _elements(file: BinaryIO, lines: bool) -> Iterator[Element]:
    if not lines:
        return elements(file)
    return (Element(f"Line {line.number:,}", None if line.too_long else line.text) for line in lines_of(file))


def _object(element: Element) -> dict[str, Any]:
    """A row's object; InputError if it is none."""
    if element.text is None:
        raise InputError(f"{element.where} {TOO_LONG}")
    if (fault := not_utf8(element.where, element.text)) is not None:
        raise InputError(fault)
    try:
        # A value such as 1e999 is none; very deep nesting ends in RecursionError.
        found = _DECODER.decode(element.text)
    except _TwiceError as twice:
        raise InputError(f"{element.where} has the key '{quoted(str(twice))}' twice: take one out.") from None
    except (ValueError, RecursionError):
        raise InputError(
            f"{element.where} is no JSON ('{quoted(element.text)}'): write one object there, its keys and texts in "
            "double quotes."
        ) from None
    if not isinstance(found, dict):
        raise InputError(f'{element.where} holds {_said(found)}, no object: write {{"text": ...}} there.')
    if len(found) > MAX_COLUMNS:
        raise InputError(f"{element.where} has {len(found):,} keys; at most {MAX_COLUMNS:,} are read.")
    for key in found:
        if fault_of(key) is not None:
            raise InputError(f"{element.where} has a key that holds a NUL or half a character: write another.")
    return found if element.array is None else {ARRAY: element.array} | _moved(found)


def _moved(found: dict[str, Any]) -> dict[str, Any]:
    """The object with its own key ``array`` out of the way of ours."""
    return {(f"input_{key}" if key == ARRAY else key): value for key, value in found.items()}


class _TwiceError(ValueError):
    """A key that stands twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError(Counter(key for key, _ in pairs).most_common(1)[0][0])
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def _kind(value: Any) -> str:
    if isinstance(value, list):
        if all(isinstance(each, str) for each in value):
            return TEXTS if value else NOTHING
        numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in value)
        return NUMBERS if numbers else NESTED
    return _SCALARS.get(type(value), NESTED)


def _chosen(kinds: Counter[str]) -> str:
    """The kind of a column whose values have these: the most frequent, of equals text."""
    lists = [kind for kind in (TEXTS, NUMBERS, NESTED) if kinds[kind]]
    together = Counter({kind: kinds[kind] for kind in (TEXT, WHOLE, NUMBER, TRUTH)})
    if kinds[NUMBER]:
        together[NUMBER] += together.pop(WHOLE, 0)
    many = sum(kinds[kind] for kind in (*lists, NOTHING))
    together[(lists or [TEXTS])[0] if len(lists) < 2 else NESTED] = many  # noqa: PLR2004
    kind, count = together.most_common(1)[0]
    return kind if count else TEXT


def _fitted(value: Any, kind: str) -> Any:
    """The value as one of a column's kind; ValueError if it is another."""
    found = _kind(value)
    if kind == NESTED:
        return json.dumps(value, ensure_ascii=False)
    if kind == NUMBER and found == WHOLE and abs(value) <= 2**53:
        return float(value)
    if kind == WHOLE and found == NUMBER and value.is_integer():
        value, found = int(value), WHOLE
    if isinstance(value, list) and kind == found == NUMBERS:
        return [_fitted(each, NUMBER) for each in value]
    if kind in {TEXTS, NUMBERS} and found == NOTHING:
        return value
    if found != kind or (kind == WHOLE and not -_LARGEST <= value < _LARGEST):
        raise ValueError
    return value


def _said(value: Any) -> str:
    """A value in a sentence."""
    kind = "null" if value is None else _kind(value)
    if kind in {WHOLE, NUMBER} and abs(value) < _LARGEST:
        return f"the number {value}"
    return f"{kind} ('{quoted(value)}')" if isinstance(value, str) else kind
