"""A run over a file: its rows, its outputs, what it refuses."""

import csv
import errno
import json
import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis.batch import plan as planning
from analysis.batch import run as running
from analysis.batch.outputs import write_table
from analysis.batch.plan import Plan, planned
from analysis.batch.recipe import Settings
from analysis.batch.run import Job, Start, Watch, parts_folder, run
from analysis.batch.scorer import Scorer, score
from analysis.errors import InputError
from analysis.kernels import products, rows
from tests.analysis.checkpoints import change_json, tiny_bert
from tests.batch.made import rows_of, same, sentences, write_csv

LONG = "cat " * 600


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_bert(tmp_path_factory.mktemp("run") / "model"))


@pytest.fixture(autouse=True)
def _small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "PACK_ROWS", 8)


@pytest.fixture
def job(model: str, tmp_path: Path) -> Job:
    """Seen and hidden readings of 50 sentences."""
    source = write_csv(tmp_path / "in.csv", sentences(50, seed=1))
    return Job(source, tmp_path / "out.parquet", Settings((model,), measures=("seen", "pll"), k=2))


def test_every_row_comes_out_in_order_with_its_own_columns(job: Job) -> None:
    told: list[Any] = []
    found = run(job, Watch(told.append, told.append))
    rows = rows_of(job.output)
    assert [row["row"] for row in rows] == list(range(1, 51))
    assert [row["id"] for row in rows] == [f"item {at}" for at in range(50)]
    assert (found.summary.n_rows, found.summary.n_errors) == (50, 0)
    assert found.means["pll_nats"] == pytest.approx(np.mean([row["pll_nats"] for row in rows]))
    start = told[0]
    assert isinstance(start, Start) and (start.rows, start.done) == (50, 0)
    assert start.estimate.passes > 50 and start.estimate.seconds > 0
    assert sum(told[1:]) == 50 and len(told) > 5
    assert sorted(path.name for path in job.output.parent.iterdir()) == ["in.csv", "out.parquet"]


def test_bad_rows_are_rows_with_an_error(job: Job) -> None:
    texts = sentences(1_000, seed=2, longest=4)
    bad = range(7, 1_000, 20)
    for number, at in enumerate(bad):
        texts[at] = ("", LONG)[number % 2]
    found = run(replace(job, source=write_csv(job.source, texts), settings=replace(job.settings, measures=("seen",))))
    rows = rows_of(job.output)
    assert (found.summary.n_rows, found.summary.n_errors, len(rows)) == (1_000, 50, 1_000)
    assert [at for at, row in enumerate(rows) if row["error"] is not None] == list(bad)
    assert all((row["n_tokens"] is None) == (row["error"] is not None) for row in rows)


def test_equal_rows_are_scored_once_and_written_each(
    job: Job, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = sentences(30, seed=5)
    for copy, first in ((3, 1), (12, 1), (13, 12), (28, 9), (29, 20)):
        texts[copy] = texts[first]
    texts[15] = texts[16] = LONG
    source, tokens = write_csv(tmp_path / "in.csv", texts), tmp_path / "tokens.parquet"
    scored, both = [], Scorer.both

    def counted(self: Scorer, batch: pa.RecordBatch, score: Any = None) -> Any:
        scored.extend(score)
        return both(self, batch, score)

    monkeypatch.setattr(Scorer, "both", counted)
    run(replace(job, source=source, tokens=tokens))
    assert len(scored) == 30 and scored.count(False) == 6
    rows, by_token = rows_of(job.output), rows_of(tokens)
    assert [row["id"] for row in rows] == [f"item {at}" for at in range(30)]
    assert rows[15]["error"] == rows[16]["error"] is not None
    for copy, first in ((3, 1), (12, 1), (13, 1), (28, 9), (29, 20)):
        own = {"row", "id"}
        assert {k: v for k, v in rows[copy].items() if k not in own} == {
            k: v for k, v in rows[first].items() if k not in own
        }
        mine = [{**row, "row": first + 1} for row in by_token if row["row"] == copy + 1]
        assert mine and mine == [row for row in by_token if row["row"] == first + 1]
    numbers = [row["row"] for row in by_token]
    assert numbers == sorted(numbers) and set(numbers) == set(range(1, 31)) - {16, 17}


def test_the_shards_together_are_the_whole(job: Job, tmp_path: Path) -> None:
    run(job)
    rows: list[dict[str, object]] = []
    for at in range(3):
        shard = replace(job, output=tmp_path / f"{at}.parquet", shard=(at, 3))
        run(shard)
        rows += rows_of(shard.output)
    assert sorted(rows, key=lambda row: row["row"]) == rows_of(job.output)


def test_a_limit_takes_the_first_rows(job: Job) -> None:
    assert run(replace(job, limit=11)).summary.n_rows == 11
    assert [row["row"] for row in rows_of(job.output)] == list(range(1, 12))


def test_csv_and_json_lines_hold_the_same_values(job: Job, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.csv"
    job.source.write_text(job.source.read_text("utf-8").replace("item 0", "=1+1"), "utf-8")
    run(replace(job, tokens=tmp_path / "tokens.parquet"))
    run(replace(job, output=tmp_path / "out.csv", tokens=tokens))
    run(replace(job, output=tmp_path / "out.jsonl"))
    rows = rows_of(job.output)
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()] == rows
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        assert stream.read(1) == "\ufeff"
        cells = list(csv.DictReader(stream))
    assert [float(each["pll_nats"]) for each in cells] == [row["pll_nats"] for row in rows]
    assert [each["error"] for each in cells] == [""] * 50
    assert cells[0]["id"] == "'=1+1", "or a spreadsheet runs it"
    with tokens.open(encoding="utf-8-sig", newline="") as stream:
        by_token = list(csv.DictReader(stream))
    expected = rows_of(tmp_path / "tokens.parquet")
    assert [json.loads(each["seen_top"]) for each in by_token] == [row["seen_top"] for row in expected]
    assert {each["special"] for each in by_token} == {"true", "false"}


def test_lists_without_a_number_are_written_as_null(tmp_path: Path) -> None:
    lists = pa.array([[1.5, math.nan, math.inf], None], pa.list_(pa.float64()))
    batch = pa.RecordBatch.from_pydict({"list": lists})
    for name, expected in (("out.csv", 'list\r\n"[1.5, null, null]"\r\n""\r\n'), ("out.jsonl", None)):
        write_table(tmp_path / name, "The output", batch.schema, [batch])
        content = (tmp_path / name).read_text("utf-8-sig")
        if expected is None:
            assert json.loads(content.splitlines()[0]) == {"list": [1.5, None, None]}
        else:
            assert content.replace("\r\n", "\n") == expected.replace("\r\n", "\n")


def test_the_metadata_names_model_settings_and_versions(job: Job) -> None:
    import pyarrow.parquet as pq

    run(job)
    said = json.loads(pq.read_schema(job.output).metadata[b"pretext"])
    assert said["models"][0]["revision"].startswith("sha256:")
    assert said["settings"]["maskings"] == ["word_l2r"] and said["settings"]["threads"] >= 1


def test_a_suite_s_items_come_out_with_its_summary(job: Job, tmp_path: Path) -> None:
    source = tmp_path / "pairs.csv"
    lines = [f'"{good}","{good if at == 2 else bad}"' for at, (good, bad) in enumerate(PAIRS)]
    source.write_text("\n".join(["sentence_good,sentence_bad", *lines]), "utf-8")
    pairs = replace(job, source=source, settings=replace(job.settings, measures=("seen",)))
    with pytest.raises(InputError, match="Pairs are scored together: add --suite auto"):
        run(pairs)
    found = run(replace(pairs, settings=replace(pairs.settings, suite="auto")))
    assert "minimal pairs" in found.says and found.means == {}
    assert (found.summary.suite, found.summary.n_rows) == ("pairs", 12)
    assert found.summary.scores[0].n_ties == 1
    assert len(rows_of(job.output)) == 12


PAIRS = list(zip(sentences(12, seed=8), sentences(12, seed=9), strict=True))


class Stop(Exception):
    """Ends a run after some packs."""


def broken(job: Job, after: int = 2) -> None:
    """Carry out a run until so many packs are kept."""
    kept: list[int] = []

    def went_on(rows: int) -> None:
        kept.append(rows)
        if len(kept) == after:
            raise Stop

    with pytest.raises(Stop):
        run(job, Watch(went_on=went_on))


def test_a_broken_run_is_neither_written_over_nor_taken_for_another(job: Job, model: str, tmp_path: Path) -> None:
    broken(job)
    with pytest.raises(InputError, match="go on with --resume, or begin anew with --force"):
        run(job)
    resumed = replace(job, begin="resume")
    for other, match in (
        (replace(resumed, settings=replace(job.settings, k=3)), "k '2' and now '3'"),
        (replace(resumed, settings=replace(job.settings, maskings=("token",))), r"maskings '\[\"word_l2r\"\]' and now"),
        (replace(resumed, limit=49), "limit none and now '49'"),
        (replace(resumed, shard=(0, 2)), r"shard '\[0, 1\]' and now '\[0, 2\]'"),
        (replace(resumed, tokens=tmp_path / "t.parquet"), "by_token 'false' and now 'true'"),
        (
            replace(resumed, source=write_csv(tmp_path / "other.csv", sentences(3))),
            "another input, of 50 rows, and now",
        ),
    ):
        with pytest.raises(InputError, match=f"^What is done was made with {match}.*: give the same again, or"):
            run(other)
    change_json(parts_folder(job.output), "manifest.json", {"versions": {"pretext": "0.0.9"}})
    with pytest.raises(InputError, match="made with schema none and now"):
        run(resumed)
    assert not job.output.exists()
    assert run(replace(job, begin="anew")).summary.n_rows == 50
    with pytest.raises(InputError, match="is there already: name another, or write it anew with --force"):
        run(job)
    with pytest.raises(InputError, match="nothing is left to go on with"):
        run(resumed)


def test_other_weights_under_the_same_name_are_refused(job: Job, tmp_path: Path) -> None:
    model = tiny_bert(tmp_path / "mine")
    mine = replace(job, settings=replace(job.settings, models=(str(model),)))
    broken(mine)
    tiny_bert(model, seed=7)
    with pytest.raises(InputError, match=r"made with the model's revision 'sha256:.*' and now 'sha256:"):
        run(replace(mine, begin="resume"))


def test_what_was_chosen_by_timing_is_taken_again(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """In another process, which would have chosen for itself: by another library's product a last digit is another."""
    choices, faster = dict(products.CHOICES), dict(rows.FASTER)
    broken(job)
    path = parts_folder(job.output) / "manifest.json"
    kept = json.loads(path.read_text("utf-8"))["kernels"]
    assert kept["exponentials"] == rows.faster() and kept["products"]
    kept["exponentials"] = "torch" if rows.faster() == "numpy" else "numpy"
    kept["products"] = [{**each, "kernel": {**each["kernel"], "library": "torch"}} for each in kept["products"]]
    change_json(path.parent, path.name, {"kernels": kept})
    with pytest.raises(InputError, match="made with products by other libraries"):
        run(replace(job, begin="resume"))
    monkeypatch.setattr(products, "CHOICES", {})
    monkeypatch.setattr(rows, "FASTER", {})
    run(replace(job, begin="resume"))
    (threads,) = rows.FASTER
    assert rows.FASTER[threads] == kept["exponentials"] != faster[threads]
    assert {each.library for each in products.CHOICES.values()} == {"torch"}
    assert set(products.CHOICES) <= set(choices)


def test_what_is_done_is_not_done_again(job: Job, tmp_path: Path) -> None:
    run(replace(job, output=tmp_path / "whole.parquet"))
    broken(job, after=3)
    told: list[Any] = []
    run(replace(job, begin="resume"), Watch(told.append, told.append))
    assert told[0].done == 24 and sum(told[1:]) == 26
    assert same(job.output, tmp_path / "whole.parquet")


def test_a_run_that_another_is_writing_is_refused(job: Job) -> None:
    def second(_start: Start) -> None:
        with pytest.raises(InputError, match="Another run is writing this output"):
            run(replace(job, begin="resume"))

    run(job, Watch(second))
    assert job.output.exists()


def test_a_file_that_changes_meanwhile_ends_the_run(job: Job) -> None:
    def changed(_start: Start) -> None:
        write_csv(job.source, sentences(50, seed=9))

    with pytest.raises(InputError, match="changed while it was read"):
        run(job, Watch(changed))
    assert not job.output.exists()
    job.source.unlink()
    with pytest.raises(InputError, match="There is no file of that name"):
        run(job)
    assert sorted(path.name for path in job.output.parent.iterdir()) == []


def test_a_file_that_changes_behind_the_plan_ends_the_run(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def then_changed(*given: Any) -> Plan:
        plan = planned(*given)
        write_csv(job.source, sentences(50, seed=9))
        return plan

    monkeypatch.setattr(running, "planned", then_changed)
    with pytest.raises(InputError, match="changed while it was read"):
        run(job)
    assert not job.output.exists()


@pytest.mark.parametrize("after", [1, 5, 16])
def test_a_full_disk_leaves_nothing_half_written(job: Job, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    bring, calls = os.fsync, [0]

    def full(descriptor: int) -> None:
        calls[0] += 1
        if calls[0] >= after:
            raise OSError(errno.ENOSPC, "No space left on device")
        bring(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(InputError, match="the disk is full: free some space, then go on with --resume"):
            run(job)
    left = [path.name for path in (*job.output.parent.rglob("*.partial"), *job.output.parent.glob("out.parquet"))]
    assert left == []
    assert run(replace(job, begin="resume")).summary.n_rows == 50


def test_what_can_not_be_written_is_said_at_once(job: Job, tmp_path: Path) -> None:
    for changes, match in (
        ({"output": tmp_path / "out.xlsx"}, r"ends in '.xlsx': choose a name that ends in .parquet, .csv or .jsonl"),
        ({"output": tmp_path / "no" / "out.csv"}, "in a folder that is there"),
        ({"output": job.source}, "has the name of the input"),
        ({"tokens": job.output}, "have one name"),
        ({"tokens": tmp_path / "t.csv", "settings": replace(job.settings, measures=("nsp",))}, "no table of tokens"),
        ({"workers": 0}, "0 workers came: choose 1 to 256"),
        ({"limit": 0}, "The limit 0 came"),
        ({"settings": replace(job.settings, measures=("magic",))}, "The measure 'magic' came"),
    ):
        with pytest.raises(InputError, match=match):
            run(replace(job, **changes))
    parts_folder(job.output).write_text("a file where the folder should be")
    with pytest.raises(InputError, match="What is done can't be written"):
        run(replace(job, begin="anew"))


def test_the_function_that_spark_is_given_scores_batches_one_by_one(job: Job) -> None:
    """As mapInArrow calls it: an iterator of batches without row or error, in a process that loads its own model."""
    texts = sentences(12, seed=6)
    given = [
        pa.RecordBatch.from_pydict({"id": list(range(at, at + 4)), "text": texts[at : at + 4]}) for at in (0, 4, 8)
    ]
    found = list(score(iter(given), job.settings))
    expected = Scorer(job.settings).schema(given[0].schema)
    assert [len(each) for each in found] == [4, 4, 4]
    assert all(each.schema.equals(expected, check_metadata=True) for each in found)
    run(replace(job, source=write_csv(job.source, texts)))
    rows = rows_of(job.output)
    scored = [row for each in found for row in each.to_pylist()]
    assert [row["id"] for row in scored] == list(range(12))
    assert [row["pll_nats"] for row in scored] == pytest.approx([row["pll_nats"] for row in rows], abs=1e-4)
