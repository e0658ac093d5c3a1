"""Memory doesn't grow with a file, nor with what a small one unpacks to."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tests.analysis.stand_ins import assert_rejects
from tests.batch.written import ALL, packed, parquet_of, written

ROOT = Path(__file__).parents[2]
MB = 2**20

PROBE = """
import json, sys
from pathlib import Path
import pyarrow as pa
from analysis.batch.tables import open_source, packs
from analysis.errors import InputError

def peak_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

def forget_the_peak():
    Path("/proc/self/clear_refs").write_text("5")

pa.array(["a"])  # loads what the first array loads
found = {}
for path in [sys.argv[1], *sys.argv[1:]]:
    forget_the_peak()
    before, rows, error = peak_mb(), 0, None
    try:
        for pack in packs(open_source(Path(path))):
            rows += len(pack)
    except InputError as caught:
        error = str(caught)
    found[path] = {"before": before, "peak": peak_mb(), "rows": rows, "error": error}
print(json.dumps(found))
"""


def measured(paths: list[Path]) -> list[dict]:
    """What a process of its own read of each, and its peaks."""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("this system does not tell a process's memory")
    command = [sys.executable, "-c", PROBE, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout).values())


WHOLE_MB = 50_000 * 340 / MB
"""What the rows of the larger file take: a reader that has all of them at once must be rejected."""


def check_memory(small: float, large: float) -> None:
    assert large <= 1.05 * small


def test_ten_times_the_rows_take_the_same_memory(tmp_path: Path) -> None:
    pairs = []
    for format_ in (*ALL, "csv.gz"):
        for times in (1, 10):
            # Long enough that the pages of the smaller Parquet file are full, too.
            rows = [{"text": f"The cat sat on the mat {number:06}. " * 10} for number in range(5_000 * times)]
            content = packed(written("csv", rows)) if format_ == "csv.gz" else written(format_, rows)
            pairs.append(tmp_path / f"{times}.{'txt' if format_ == 'text' else format_}")
            pairs[-1].write_bytes(content)
    found = measured(pairs)
    for small, large in zip(found[::2], found[1::2], strict=True):
        assert (small["rows"], large["rows"], small["error"], large["error"]) == (5_000, 50_000, None, None)
        check_memory(small["peak"], large["peak"])
        assert_rejects(check_memory, small["peak"], large["peak"] + WHOLE_MB)


def often(piece: bytes, times: int, before: bytes = b"") -> bytes:
    """The same again and again, as gzip."""
    return packed(before) + packed(piece) * times


def dictionary(count: int, length: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array(["x" * length]))


LARGE = {"compression": "zstd", "dictionary_pagesize_limit": 2**30}
DELTA = {"compression": "zstd", "use_dictionary": False, "column_encoding": {"text": "DELTA_BYTE_ARRAY"}}

BOMBS: dict[str, tuple[str, Callable[[], bytes], str | None]] = {
    "zeros": ("csv.gz", lambda: often(b"\0" * MB, 300, b"text\n"), "no text"),
    "one line": ("txt.gz", lambda: often(b"a" * MB, 300), "unpacks"),
    "long rows": ("txt.gz", lambda: often((b"a" * 99_999 + b"\n") * 10, 300), "unpacks"),
    "one header": ("csv.gz", lambda: often(b"a," * (MB // 2), 300), "unpacks"),
    "one cell": ("csv.gz", lambda: often(b"a" * MB, 300, b'text\n"'), "unpacks"),
    "one object": ("json.gz", lambda: often(b"a" * MB, 300, b'[{"text": "'), "unpacks"),
    "a page": ("parquet", lambda: parquet_of(pa.table({"text": ["x" * 200 * MB]}), **LARGE), "at once"),
    "a dictionary": (
        "parquet",
        lambda: parquet_of(pa.table({"text": dictionary(10_000, 20 * MB)}), **LARGE),
        "unpacks",
    ),
    "dictionaries": (
        "parquet",
        lambda: parquet_of(pa.table({f"t{at}": dictionary(10_000, 90_000) for at in range(50)}), **LARGE),
        "unpacks",
    ),
    "a dictionary's lists": (
        "parquet",
        lambda: parquet_of(
            pa.table({"l": pa.ListArray.from_arrays(pa.array([0, 10_000], pa.int32()), dictionary(10_000, 20 * MB))}),
            **LARGE,
        ),
        "lists that may unpack",
    ),
    "prefixes": (
        "parquet",
        lambda: parquet_of(pa.table({"text": [f"{'x' * 9 * MB}{number}" for number in range(99)]}), **DELTA),
        "unpacks",
    ),
    "elements": (
        "parquet",
        lambda: parquet_of(pa.table({"l": pa.array([[None] * 11_000_000], pa.list_(pa.string()))})),
        "elements in a row group",
    ),
    "rows": ("parquet", lambda: parquet_of(pa.table({"text": pa.nulls(20_000_000, pa.string())})), "unpacks"),
    "width": ("parquet", lambda: parquet_of(pa.table({"b": pa.array([None], pa.binary(2_000_000))})), "wide"),
}


def test_a_bomb_is_bounded(tmp_path: Path) -> None:
    paths = []
    for name, (ending, made, _) in BOMBS.items():
        paths.append(tmp_path / f"{name}.{ending}")
        paths[-1].write_bytes(made())
        assert paths[-1].stat().st_size < MB
    for (name, (_, _, says)), found in zip(BOMBS.items(), measured(paths), strict=True):
        assert says in (found["error"] or ""), (name, found)
        assert found["peak"] - found["before"] < 450, (name, found)


def test_a_line_of_a_hundred_megabytes_is_one_row(tmp_path: Path) -> None:
    contents = {
        "a.csv": b"text\n%s\nb\n",
        "a.txt": b"%s\nb\n",
        "a.jsonl": b'{"text": "%s"}\n{"text": "b"}\n',
        "a.json": b'[{"text": "%s"}, {"text": "b"}]',
    }
    paths = []
    for name, content in contents.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content % (b"a" * 100 * 10**6))
    for found in measured(paths):
        assert (found["rows"], found["error"]) == (2, None)
        assert found["peak"] - found["before"] < 30
