"""Suites' files as they are published, in made-up rows: read, taken for what they are, every item scored."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.batch.given import look_at
from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.batch.summary import summarise
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from tests.batch import suite_rows as made

Rows = list[dict[str, Any]]


def as_lines(rows: Rows, path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def as_cells(rows: Rows, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)


def as_stereoset(_rows: Rows, path: Path) -> None:
    data = {"intrasentence": made.INTRA, "intersentence": made.INTER}
    path.write_text(json.dumps({"version": "1.0", "data": data}), encoding="utf-8")


def as_text(rows: Rows, path: Path) -> None:
    path.write_text("".join(f"{row['text']}\n" for row in rows), encoding="utf-8")


ZORRO = [{"text": text} for text in ("the cat mat on .", "the cat on mat .", "dark was she .", "she was dark .")]
PAIRS = [{"good": "The cat sat.", "bad": "The sat cat.", "condition": "order"}]
NSP = [
    {"text_a": "The cat sat.", "text_b": "It was dark.", "label": 1},
    {"text_a": "A mat.", "text_b": "x", "label": 0},
]

FILES: dict[str, tuple[str, str, int, Rows, Callable[[Rows, Path], None]]] = {
    "paradigm.jsonl": ("auto", "pairs", 5, made.BLIMP_ROWS, as_lines),
    "one.jsonl": ("blimp", "blimp", 5, made.BLIMP_ROWS, as_lines),
    "ewok.jsonl": ("auto", "babylm-2025", 1, [made.EWOK], as_lines),
    "crows_pairs_anonymized.csv": ("auto", "crows-pairs", 4, made.CROWS_ROWS, as_cells),
    "dev.json": ("auto", "stereoset", 6, [], as_stereoset),
    "CPRAG-102.tsv": ("auto", "ettinger", 6, made.CPRAG, as_cells),
    "ROLE-88.tsv": ("auto", "ettinger", 6, made.ROLE, as_cells),
    "NEG-136-SIMP.tsv": ("auto", "ettinger", 6, made.SIMP, as_cells),
    "NEG-136-NAT.tsv": ("auto", "ettinger", 6, made.NAT, as_cells),
    "P1.jsonl": ("auto", "lama", 4, made.LAMA, as_lines),
    "order.txt": ("zorro", "zorro", 2, ZORRO, as_text),
    "mine.csv": ("auto", "pairs", 1, PAIRS, as_cells),
    "labelled.csv": ("auto", "nsp", 2, NSP, as_cells),
}


@pytest.mark.parametrize("name", FILES)
def test_a_published_file_runs_as_it_is(tiny: ModelBundle, tmp_path: Path, name: str) -> None:
    asked, suite, items, rows, write = FILES[name]
    write(rows, tmp_path / name)
    given = look_at(tmp_path / name, None, Settings(suite=asked))
    assert given.settings.suite == suite
    scorer = Scorer(given.settings, (tiny,))
    scored = [scorer(batch) for batch in given.batches()]
    assert sum(map(len, scored)) == items
    assert all(row["error"] is None for batch in scored for row in batch.to_pylist())
    found = summarise(scored, given.settings)
    assert (found.suite, found.n_rows, found.n_errors) == (suite, items, 0)
    assert found.scores[0].n > 0
    stems = {row.get("paradigm") or row.get("uid") for batch in scored for row in batch.to_pylist()}
    assert not any("." in (stem or "") for stem in stems)


def test_groups_of_another_name_part_the_pairs(tiny: ModelBundle, tmp_path: Path) -> None:
    as_cells(PAIRS, tmp_path / "mine.csv")
    given = look_at(tmp_path / "mine.csv", None, Settings(suite="auto"))
    scorer = Scorer(given.settings, (tiny,))
    groups = summarise([scorer(batch) for batch in given.batches()], given.settings).scores[0].groups
    assert [(each.by, each.group) for each in groups] == [("", ""), ("group", "order")]


def test_a_suite_by_name_needs_its_columns(tmp_path: Path) -> None:
    as_lines(made.BLIMP_ROWS, tmp_path / "one.jsonl")
    with pytest.raises(InputError, match="and CrowS-Pairs has sent_more"):
        look_at(tmp_path / "one.jsonl", None, Settings(suite="crows-pairs"))
