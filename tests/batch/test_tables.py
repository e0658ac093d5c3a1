"""Rows come out of a file as they went in, in every format, and each fault is one sentence in its own row."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.batch.tables import Source, open_source, open_text, packs, packs_of_text
from analysis.errors import InputError
from analysis.limits import LOOK_ROWS, MAX_COLUMNS, MAX_ROW_CHARS, MAX_TEXT_CHARS
from tests.batch.written import ALL, WRITTEN, packed, parquet, parquet_of, written

TYPED = [format_ for format_ in WRITTEN if format_ not in {"csv", "tsv"}]
ROWS = [
    {"text": "The cat sat.", "group": "a, b"},
    {"text": 'She said "no", twice.', "group": "tab\there"},
    {"text": "two\nlines and\u2028no third\x85", "group": "é 他 😀"},
    {"text": "[MASK] and [SEP]", "group": "'"},
]
ONE = [{"text": "The cat sat."}, {"text": "[MASK] é\u2028\x85 😀"}, {"text": "three, four; five"}]


def rows_of(source: Source, size: int = 3) -> list[dict[str, Any]]:
    found = [row for pack in packs(source, size) for row in pack.to_pylist()]
    assert [row["row"] for row in found] == list(range(1, len(found) + 1))
    return found


def good(source: Source) -> list[dict[str, Any]]:
    """The rows without what is ours; none may have an error."""
    found = rows_of(source)
    assert [row["error"] for row in found] == [None] * len(found)
    return [{name: row[name] for name in source.names} for row in found]


def assert_one_sentence(error: object) -> None:
    said = str(error)
    assert said[0].isupper() or said[0] == "'"
    assert said.endswith(".") and "\n" not in said
    assert len(said) < 400
    assert "/" not in said and "Traceback" not in said and "Error" not in said


def refused(content: bytes | Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        list(packs(open_source(content, **options)))
    assert_one_sentence(caught.value)
    return str(caught.value)


# --- round trips ---


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("format_", ALL)
def test_every_format_gives_the_same_rows(format_: str, zipped: bool, tmp_path: Path) -> None:
    if format_ == "parquet" and zipped:
        assert "unpack it" in refused(packed(written(format_, ROWS)))
        return
    rows = ONE if format_ == "text" else ROWS
    content = written(format_, rows)
    content = packed(content) if zipped else content
    path = tmp_path / f"table.{'txt' if format_ == 'text' else format_}{'.gz' if zipped else ''}"
    path.write_bytes(content)
    for source in (
        open_source(path),
        open_source(str(path)),
        open_source(content, name=path.name),
        open_source(content, format=format_),
    ):
        assert source.format == format_
        assert good(source) == rows
        assert good(source) == rows, "a second time"


@pytest.mark.parametrize("format_", ALL)
def test_a_format_shows_without_a_name(format_: str) -> None:
    rows = ONE if format_ == "text" else ROWS
    source = open_source(written(format_, rows))
    assert (source.format, good(source)) == (format_, rows)


_CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@given(st.lists(st.fixed_dictionaries({"text": _CELL, "group": _CELL}), min_size=1, max_size=8))
def test_any_texts_go_through(rows: list[dict[str, str]]) -> None:
    for format_ in WRITTEN:
        assert good(open_source(written(format_, rows), format=format_)) == rows


@pytest.mark.parametrize("size", [1, 2, 4, 256])
def test_packs_have_the_size_that_is_asked_for(size: int) -> None:
    source = open_source(written("csv", ROWS))
    found = list(packs(source, size))
    assert [len(pack) for pack in found[:-1]] == [size] * (len(found) - 1)
    assert all(pack.schema.equals(source.schema) for pack in found)
    assert source.schema.names == ["row", "text", "group", "error"]


def test_the_schema_is_the_same_whatever_a_pack_holds() -> None:
    lines = [{"text": "a", "n": 1.5, "l": ["x"], "t": True}, {"text": None, "n": None, "l": [], "t": None}]
    source = open_source(written("jsonl", lines * 2))
    assert {pack.schema for pack in packs(source, 1)} == {source.schema}
    assert good(source) == lines * 2


# --- what cells are ---


@pytest.mark.parametrize("format_", TYPED)
def test_numbers_keep_their_type(format_: str) -> None:
    rows = [{"text": "a", "whole": 2**60, "real": 0.1, "truth": True, "texts": ["x", "y"], "none": None}]
    source = open_source(written(format_, rows * 2))
    types = {field.name: field.type for field in source.schema}
    assert types["whole"] == pa.int64() and types["real"] == pa.float64() and types["truth"] == pa.bool_()
    assert types["texts"] == pa.list_(pa.string()) and types["none"] == pa.string()
    assert good(source) == rows * 2


@pytest.mark.parametrize("format_", ["json", "jsonl", "parquet"])
def test_what_is_nested_becomes_json(format_: str) -> None:
    rows = [{"text": "a", "sentences": [{"label": "é", "n": 1}]}, {"text": "b", "sentences": [{"label": "x", "n": 2}]}]
    found = good(open_source(written(format_, rows)))
    assert [json.loads(row["sentences"]) for row in found] == [row["sentences"] for row in rows]


def test_parquet_types_without_a_word_of_ours_become_text() -> None:
    table = pa.table(
        {
            "text": pa.array(["a"]).dictionary_encode(),
            "date": pa.array([0], pa.date32()),
            "at": pa.array([0], pa.timestamp("us", "UTC")),
            "bytes": pa.array([b"\xc3\xa9"]),
            "large": pa.array(["b"], pa.large_string()),
            "small": pa.array([7], pa.int8()),
            "money": pa.array(["1.50"]).cast(pa.decimal128(5, 2)),
            "options": pa.array([["x"]], pa.large_list(pa.string())),
        }
    )
    source = open_source(parquet_of(table))
    assert source.schema.field("small").type == pa.int8()
    (row,) = good(source)
    assert row == {
        "text": "a",
        "date": "1970-01-01",
        "at": "1970-01-01 00:00:00.000000Z",
        "bytes": "é",
        "large": "b",
        "small": 7,
        "money": "1.50",
        "options": ["x"],
    }


def test_a_column_is_of_the_kind_of_most_rows() -> None:
    lines = [{"text": "a", "score": 1}, {"text": 5, "score": 0.5}, {"text": "c", "score": "none"}]
    rows = rows_of(open_source(written("jsonl", lines)))
    assert [row["score"] for row in rows] == [1.0, 0.5, None]
    assert [row["error"] is None for row in rows] == [True, False, False]
    assert "text holds the number 5" in rows[1]["error"] and "score holds text ('none')" in rows[2]["error"]
    assert rows[2]["text"] == "c", "what is good of a row stays"


def test_another_kind_after_the_look_is_that_rows_error_and_another_key_is_left_out() -> None:
    lines = [*[{"text": "x", "n": 1}] * LOOK_ROWS, {"text": "x", "new": 1}, {"text": "x", "n": 0.5}]
    rows = rows_of(open_source(written("jsonl", lines)), 256)
    assert rows[-2] == {"row": LOOK_ROWS + 1, "text": "x", "n": None, "error": None}
    assert [row["row"] for row in rows if row["error"]] == [LOOK_ROWS + 2]
    assert_one_sentence(rows[-1]["error"])


def test_the_columns_are_the_keys_of_all_rows_that_are_looked_at() -> None:
    source = open_source(b'{"text": "a"}\n{"text": "b", "group": "g"}\n')
    assert good(source) == [{"text": "a", "group": None}, {"text": "b", "group": "g"}]


def test_arrays_inside_an_object_are_one_table_that_says_which() -> None:
    content = {"version": 1, "none": [], "names": ["a"], "data": {"in": [{"a": "x"}], "out": [{"a": "y", "b": "z"}]}}
    for indent in (None, 2):
        source = open_source(json.dumps(content, indent=indent).encode())
        assert source.format == "json"
        assert good(source) == [
            {"array": "data.in", "a": "x", "b": None},
            {"array": "data.out", "a": "y", "b": "z"},
        ]


def test_one_object_a_line_is_known_whatever_the_ending() -> None:
    assert open_source(b'{"text": "a"}\n{"text": "b"}\n', name="x.json").format == "jsonl"
    assert open_source(b'[{"text": "a"}]', name="x.jsonl").format == "json"
    assert open_source(b"[MASK] is a text.\n", name="x.txt").format == "text"


# --- faults of single rows ---

LONG = "x" * (MAX_TEXT_CHARS + 1)
ROW_FAULTS: dict[str, tuple[str, bytes, str]] = {
    "csv, too few": ("csv", b"b", "has 1 cell and the header names 2"),
    "csv, too many": ("csv", b"b,c,d", "has 3 cells and the header names 2"),
    "tsv, too few": ("tsv", b"b", "has 1 cell and the header names 2"),
    "csv, a quote inside": ("csv", b'"b"x,c', "quote"),
    "csv, an open quote": ("csv", b'"b,c', "quote"),
    "csv, blank": ("csv", b"", "blank"),
    "csv, only commas": ("csv", b" ,", "blank"),
    "tsv, blank": ("tsv", b"", "blank"),
    "csv, latin-1": ("csv", b"caf\xe9,c", "not UTF-8"),
    "tsv, latin-1": ("tsv", b"caf\xe9\tc", "not UTF-8"),
    "csv, NUL": ("csv", b"a\0b,c", "NUL"),
    "csv, a long cell": ("csv", LONG.encode() + b",c", "has 100,001 characters"),
    "csv, a longer cell": ("csv", LONG.encode() * 2 + b",c", "100,000 characters"),
    "csv, a line without end": ("csv", LONG.encode() * 11 + b",c", "1,000,000 characters"),
    "tsv, a line without end": ("tsv", LONG.encode() * 11 + b"\tc", "1,000,000 characters"),
    "jsonl, no JSON": ("jsonl", b'{"text": "b"', "no JSON"),
    "jsonl, no object": ("jsonl", b'["b"]', "no object"),
    "jsonl, null": ("jsonl", b"null", "no object"),
    "jsonl, deep": ("jsonl", b"[" * 100_000, "no JSON"),
    "jsonl, a huge number": ("jsonl", b'{"text": ' + b"9" * 5_000 + b"}", "no JSON"),
    "jsonl, a key twice": ("jsonl", b'{"text": "b", "text": "c"}', "twice"),
    "jsonl, half a character": ("jsonl", b'{"text": "\\ud83d", "group": "c"}', "half a character"),
    "jsonl, half a character in a key": ("jsonl", b'{"\\ud83d": "b"}', "half a character"),
    "jsonl, NUL": ("jsonl", b'{"text": "a\\u0000b", "group": "c"}', "NUL"),
    "jsonl, latin-1": ("jsonl", b'{"text": "caf\xe9"}', "not UTF-8"),
    "jsonl, a number": ("jsonl", b'{"text": 5}', "the number 5"),
    "jsonl, not a number": ("jsonl", b'{"text": NaN}', "holds a number"),
    "jsonl, a list": ("jsonl", b'{"text": ["a"]}', "a list of texts"),
    "jsonl, blank": ("jsonl", b" ", "blank"),
    "jsonl, a long cell": ("jsonl", b'{"text": "' + LONG.encode() + b'"}', "has 100,001 characters"),
    "jsonl, a line without end": ("jsonl", b'{"text": "' + LONG.encode() * 11 + b'"}', "1,000,000 characters"),
    "json, no object": ("json", b"5", "no object"),
    "json, no JSON": ("json", b"{'text': 1}", "no JSON"),
    "json, half a character": ("json", b'{"text": "\\udc80"}', "half a character"),
    "json, latin-1": ("json", b'{"text": "caf\xe9"}', "not UTF-8"),
    "json, a number": ("json", b'{"text": 5}', "the number 5"),
    "json, a long cell": ("json", b'{"text": "' + LONG.encode() + b'"}', "has 100,001 characters"),
    "json, a longer cell": ("json", b'{"text": "\\"[' + LONG.encode() * 11 + b'"}', "1,000,000 characters"),
    "text, blank": ("text", b" ", "blank"),
    "text, latin-1": ("text", b"caf\xe9", "not UTF-8"),
    "text, NUL": ("text", b"a\0b", "NUL"),
    "text, long": ("text", LONG.encode(), "has 100,001 characters"),
    "text, without end": ("text", LONG.encode() * 11, "1,000,000 characters"),
}
_LINES = {
    "csv": (b"text,group\n", b"good %d,g", b"\n"),
    "tsv": (b"text\tgroup\n", b"good %d\tg", b"\n"),
    "jsonl": (b"", b'{"text": "good %d", "group": "g"}', b"\n"),
    "json": (b"[", b'{"text": "good %d", "group": "g"}', b","),
    "text": (b"", b"good %d", b"\n"),
}


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("case", ROW_FAULTS)
def test_a_damaged_row_is_a_row_with_an_error(case: str, end: bytes) -> None:
    format_, bad, says = ROW_FAULTS[case]
    head, line, between = _LINES[format_]
    rows = [line % number for number in range(20)]
    rows[7] = rows[12] = bad
    content = (head + between.join(rows) + (b"]" if format_ == "json" else b"")).replace(b"\n", end)
    found = rows_of(open_source(content, format=format_))
    assert len(found) == len(rows)
    assert [row["row"] for row in found if row["error"]] == [8, 13]
    for row in found:
        if row["error"]:
            assert says in row["error"]
            assert_one_sentence(row["error"])
        else:
            assert row["text"] == f"good {row['row'] - 1}"


def test_a_damaged_parquet_cell_is_a_row_with_an_error() -> None:
    texts = [b"good", b"caf\xe9", LONG.encode(), b"a\0b", None, b"good"]
    for kind in (pa.string(), pa.binary()):
        bare = pa.array(texts, pa.binary())
        array = pa.Array.from_buffers(kind, len(texts), bare.buffers())
        rows = rows_of(open_source(parquet_of(pa.table({"text": array, "n": range(6)}))))
        assert [row["text"] for row in rows] == ["good", None, None, None, None, "good"]
        assert [row["n"] for row in rows] == list(range(6))
        says = ["UTF-8", "100,001 characters", "NUL"]
        assert [says[at] in (rows[at + 1]["error"] or "") for at in range(3)] == [True] * 3
        assert [rows[at]["error"] for at in (0, 4, 5)] == [None] * 3


def test_fifty_bad_rows_of_a_thousand_leave_a_thousand() -> None:
    bad = [b"b", b"b,c,d", b'"open,c', b"caf\xe9,c", b""]
    lines = [bad[at // 20 % 5] if at % 20 == 7 else b"good,g" for at in range(1000)]
    found = rows_of(open_source(b"text,group\n" + b"\n".join(lines)), 256)
    assert len(found) == 1000
    assert [row["row"] for row in found if row["error"]] == [at + 1 for at in range(1000) if at % 20 == 7]


@pytest.mark.parametrize("format_", ["csv", "tsv", "jsonl", "text"])
def test_blank_lines_at_the_end_are_none(format_: str) -> None:
    rows = ONE if format_ == "text" else ROWS
    assert good(open_source(written(format_, rows) + b"\n \n\r\n\n", format=format_)) == rows


def test_a_row_is_too_long_as_a_whole() -> None:
    wide = {f"t{number}": "x" * (MAX_TEXT_CHARS - 1) for number in range(MAX_ROW_CHARS // MAX_TEXT_CHARS + 1)}
    narrow = dict.fromkeys(wide, "x")
    for content in (parquet([wide, narrow]), written("json", [wide, narrow])):
        first, second = rows_of(open_source(content))
        assert "1,000,000" in first["error"] and set(first.values()) == {1, None, first["error"]}
        assert second["error"] is None


# --- quotes ---


def test_a_quote_that_is_not_closed_swallows_no_row() -> None:
    rows = rows_of(open_source(b'text,group\n"open,1\n' + b"good,2\n" * 30_000))
    assert len(rows) == 30_001
    assert [row["row"] for row in rows if row["error"]] == [1]


def test_tsv_keeps_the_quotes_of_files_that_quote_nothing() -> None:
    content = b'text\tgroup\n"Yes," he said.\t1\n"Open\t2\n5" wide\t3\n"whole"\t4\n"a\tb"\t5\nno "\t6\n'
    assert [row["text"] for row in good(open_source(content, format="tsv"))] == [
        '"Yes," he said.',
        '"Open',
        '5" wide',
        "whole",
        "a\tb",
        'no "',
    ]


def test_semicolons_part_cells_where_the_header_has_them() -> None:
    content = b"text;label\nOne, two.;1\n"
    assert good(open_source(content, name="x.csv")) == [{"text": "One, two.", "label": "1"}]


# --- headers ---


def test_columns_without_a_name_are_called_by_their_place() -> None:
    source = open_source(b",text, group ,\n7,a,b,c\n", name="x.csv")
    assert source.names == ("column_1", "text", "group", "column_4")


def test_columns_that_are_called_like_ours_are_moved() -> None:
    source = open_source(b"row,error,input_row,text\n1,e,2,a\n", name="x.csv")
    assert source.names == ("input_input_row", "input_error", "input_row", "text")
    assert rows_of(source)[0] == {
        "row": 1,
        "input_input_row": "1",
        "input_error": "e",
        "input_row": "2",
        "text": "a",
        "error": None,
    }


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ("The cat.\tIt sat.\nA dog.\tIt ran.", ("text_a", "text_b"), "The cat."),
        ("premise\thypothesis\nA dog.\tIt ran.", ("premise", "hypothesis"), "A dog."),
        ("Sentence 1\tX\nA dog.\tIt ran.", ("Sentence 1", "X"), "A dog."),
        ("good\tbad\tgroup\nA dog.\tA dogs.\tx", ("good", "bad", "group"), "A dog."),
        ("A dog.\tA dogs.\tx\n1\t2\t3", ("text_a", "text_b", "column_3"), "A dog."),
        ("cat\tdog\na\tb", ("text_a", "text_b"), "cat"),
        ("The cat sat.\nA dog, too.", ("text",), "The cat sat."),
        ("text\nA dog, too.", ("text",), "A dog, too."),
        ("text,label\nA dog.,1", ("text", "label"), "A dog."),
        ('{"text": "a"}\n{"text": "b"}', ("text",), "a"),
        ('"one\nline"\t"x ""y"""\nA dog.\tIt ran.', ("text_a", "text_b"), "one\nline"),
    ],
)
def test_pasted_tables(text: str, names: tuple[str, ...], first: str) -> None:
    source = open_text(text)
    assert source.names == names
    (pack, *_) = packs_of_text(text)
    assert pack.column(1)[0].as_py() == first


def test_pasted_half_characters_are_that_rows_error() -> None:
    first, second = rows_of(open_text("ok\nbad \ud83d\n" + "ok\n" * 20))[:2]
    assert first["error"] is None and "half a character" in second["error"]


def test_a_file_without_a_header_keeps_its_first_row() -> None:
    source = open_source(b"The cat sat.,It was dark.\nA dog ran.,It slept.\n", name="x.csv")
    assert source.names == ("text_a", "text_b") and "no header" in source.says
    assert len(good(source)) == 2
    named = open_source(b"premiere,fin\nA dog ran.,It slept.\n", name="x.csv")
    assert named.names == ("premiere", "fin") and "is the header" in named.says


# --- files that can't be read ---

WHOLE_FAULTS: dict[str, tuple[bytes, str | None, str]] = {
    "empty": (b"", "x.csv", "is empty"),
    "empty gzip": (packed(b""), "x.csv.gz", "is empty"),
    "empty lines": (b"\n\n", "x.txt", "blank"),
    "header only": (b"text,label\n", "x.csv", "a header and no row"),
    "header and blank lines": (b"text,label\n\n,\n", "x.csv", "a header and no row"),
    "header only, tsv": (b"text\tlabel", "x.tsv", "a header and no row"),
    "no row, jsonl": (b" \n", "x.jsonl", "no rows"),
    "no row, json": (b"[]", "x.json", "no array of objects"),
    "an object, json": (b'{"text": "a"}', "x.json", "no array of objects"),
    "texts, json": (b'["a", "b"]', "x.json", "no object"),
    "no row, parquet": (parquet_of(pa.table({"text": pa.array([], pa.string())})), None, "no row"),
    "blank header": (b"\ntext\na\n", "x.csv", "blank"),
    "equal names": (b"text,a,text\n1,2,3\n", "x.csv", "called 'text'"),
    "equal keys": (b'{"a": 1, " a": 2}\n', "x.jsonl", "called 'a'"),
    "equal parquet names": (
        parquet_of(pa.Table.from_arrays([pa.array(["a"])] * 2, ["text", "text"])),
        None,
        "called 'text'",
    ),
    "too many names": (b"x," * MAX_COLUMNS + b"y\n1\n", "x.csv", "1,001 columns"),
    "too many keys": (
        b"".join(b'{"k%d": 1}\n' % number for number in range(MAX_COLUMNS + 1)),
        "x.jsonl",
        "1,001 columns",
    ),
    "a header without end": (b"x" * 3 * MAX_ROW_CHARS, "x.csv", "1,000,000 characters"),
    "an open quote in the header": (b'"text,label\na,1\n', "x.csv", "quote"),
    "utf-16": ("text\nabc\n".encode("utf-16"), "x.csv", "UTF-16"),
    "utf-16 without mark": ("text\nabc\n".encode("utf-16-le"), "x.csv", "UTF-16"),
    "utf-32": ("text\nabc\n".encode("utf-32"), "x.csv", "UTF-32"),
    "latin-1": ("text\né\nà\n".encode("latin-1"), "x.csv", "Line 2 is not UTF-8 (it holds the byte E9)"),
    "latin-1, text": ("a\né\nà\n".encode("latin-1"), "x.txt", "Line 2 is not UTF-8"),
    "latin-1, jsonl": ('{"text": "é"}\n'.encode("latin-1"), "x.jsonl", "Line 1 is not UTF-8"),
    "a workbook": (b"PK\x03\x04" + b"x" * 99, "x.csv", "workbook"),
    "bzip2": (b"BZh91AY", "x.csv", "bzip2"),
    "bytes": (bytes(range(256)) * 9 + b"\0" * 999, "x.csv", "no text"),
    "gzip twice": (packed(packed(b"text\na\n")), "x.csv.gz", "twice"),
    "gzip cut off": (packed(os.urandom(9_999).hex().encode())[:-9], "x.txt.gz", "cut off"),
    "gzip damaged": (packed(b"text\na\n" * 99)[:-8] + b"\0" * 8, "x.csv.gz", "damaged"),
    "no gzip behind its mark": (b"\x1f\x8b" + b"x" * 99, "x.csv.gz", "damaged"),
    "json cut off": (b'[{"text": "a"}, {"te', "x.json", "ends too early"),
    "json without its end": (b'[{"text": "a"}', "x.json", "ends too early"),
    "json goes on": (b'[{"text": "a"}] x', "x.json", "no JSON from line 1"),
    "json without commas": (b'[{"text": "a"}\n{"text": "b"}]', "x.json", "no JSON from line 2"),
    "json between": (b'{"a": nul, "b": [{"text": "a"}]}', "x.json", "no JSON"),
    "only bad lines": (b"{\n[\n", "x.jsonl", "Line 1 is no JSON"),
    "parquet cut off": (parquet(ROWS)[:-20], None, "damaged"),
    "parquet's mark alone": (b"PAR1", None, "damaged"),
    "no parquet": (b"text\na\n", "x.parquet", "no Parquet"),
}


@pytest.mark.parametrize("case", WHOLE_FAULTS)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    content, name, says = WHOLE_FAULTS[case]
    assert says in refused(content, name=name)
    path = tmp_path / (name or "x.parquet")
    path.write_bytes(content)
    assert says in refused(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "folder" in refused(tmp_path)
    assert "device or a pipe" in refused(tmp_path / "pipe")
    assert "device or a pipe" in refused(Path("/dev/zero"))
    assert "no file of that name" in refused(tmp_path / "none.csv")
    assert "can't be opened" in refused(Path("a\0b"))
    assert "can't be opened" in refused(tmp_path / ("x" * 999))


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"text\na\n")
    source = open_source(path)
    path.unlink()
    with pytest.raises(InputError, match="no file of that name"):
        list(packs(source))


def test_a_file_that_fails_while_it_is_read_is_told(tmp_path: Path) -> None:
    whole = packed(os.urandom(999_999).hex().encode().replace(b"0", b"\n"))
    source = open_source(whole, format="text")
    cut = Source(whole[:-99_999], source.format, source.reader, source.says)
    with pytest.raises(InputError, match="cut off"):
        list(packs(cut))


@pytest.mark.parametrize("format_", ["xlsx", "", "CSV"])
def test_an_unknown_format_is_refused(format_: str) -> None:
    assert "choose among csv, tsv, jsonl, json, parquet, text" in refused(b"text\na\n", format=format_)


def test_a_format_that_is_not_the_files_is_refused() -> None:
    assert "Parquet" in refused(parquet(ROWS), format="csv")
    assert "Parquet" in refused(written("csv", ROWS), format="parquet")


def test_a_mark_of_order_is_none_of_the_first_name() -> None:
    for content in (b"\xef\xbb\xbftext\na\n", b'\xef\xbb\xbf[{"text": "a"}]', b'\xef\xbb\xbf{"text": "a"}\n'):
        assert good(open_source(content)) == [{"text": "a"}]


@given(
    format_=st.sampled_from(ALL),
    at=st.integers(0, 400),
    put=st.binary(max_size=6),
    cut=st.integers(0, 8),
    zipped=st.booleans(),
)
def test_no_damage_raises_anything_else(format_: str, at: int, put: bytes, cut: int, zipped: bool) -> None:
    whole = written(format_, ONE if format_ == "text" else ROWS)
    whole = packed(whole) if zipped else whole
    at = at % len(whole)
    try:
        list(packs(open_source(whole[:at] + put + whole[at + cut :])))
    except InputError as error:
        assert_one_sentence(error)


@given(st.binary(max_size=200), st.sampled_from([None, *ALL]))
def test_no_bytes_raise_anything_else(content: bytes, format_: str | None) -> None:
    try:
        list(packs(open_source(content, format=format_)))
    except InputError as error:
        assert_one_sentence(error)
