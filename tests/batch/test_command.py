"""``python -m analysis batch``: what it takes, what it prints."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import cli
from analysis.batch.run import Start
from analysis.choices import MASKINGS
from analysis.cli.batch import Progress, shard_of
from analysis.errors import InputError
from analysis.models.estimate import Estimate
from tests.analysis.checkpoints import tiny_bert
from tests.analysis.command_line import answer_of, assert_refused
from tests.analysis.test_cli import MOST_SECONDS, seconds_of_children
from tests.batch.made import rows_of, sentences, write_csv


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_bert(tmp_path_factory.mktemp("command") / "model"))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli.main(["batch", *arguments])
    return status, *capsys.readouterr()


def test_it_prints_a_summary_and_keeps_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, model: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("PRETEXT_MODEL", model)
    texts = [*sentences(9), ""]
    source, output, summary = write_csv(tmp_path / "in.csv", texts), tmp_path / "out.parquet", tmp_path / "s.json"
    found = answer_of(run(capsys, str(source), "-o", str(output), "--measures", "seen, pll", "--summary", str(summary)))
    assert (found["n_rows"], found["n_errors"]) == (10, 1)
    assert found["taken_for"].endswith("(say otherwise with --columns text=COLUMN).")
    assert found["means"]["seen_surprisal_mean_bits"] > 0 > found["means"]["pll_nats"]
    assert json.loads(summary.read_text("utf-8")) == found
    assert len(rows_of(output)) == 10
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("sentence_good,sentence_bad\nthe cat sat,the cat on\n", "utf-8")
    assert answer_of(run(capsys, str(pairs), "-o", str(tmp_path / "p.csv")))["suite"] == "pairs"
    assert_refused(run(capsys, str(source), "-o", str(output)), "is there already: .*--force")
    assert answer_of(run(capsys, str(source), "-o", str(output), "--force", "--limit", "3"))["n_rows"] == 3


def test_columns_of_other_names_and_several_models(
    capsys: pytest.CaptureFixture[str], model: str, tmp_path: Path
) -> None:
    other = str(tiny_bert(tmp_path / "other", seed=3))
    source = write_csv(tmp_path / "in.csv", sentences(5), premise=sentences(5, 1), reply=sentences(5, 2))
    output = tmp_path / "out.parquet"
    columns = ("--columns", "text_a=premise,text_b=reply", "--measures", "nsp", "--model", f"{model},{other}")
    assert answer_of(run(capsys, str(source), "-o", str(output), *columns))["n_errors"] == 0
    row = rows_of(output)[0]
    assert row[f"margin_nats[{model}]"] != row[f"margin_nats[{other}]"]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--shard", "4"], "The shard '4' came: write 1/4"),
        (["--shard", "5/4"], "The shard '5/4' came"),
        (["--shard", "x/4"], "The shard 'x/4' came"),
        (["--columns", "premise"], "The columns 'premise' came: .* as in text_a=premise"),
        (["--columns", "text_a=nothing"], "The column 'nothing' is to be text_a, and the file has none"),
        (["--measures", "magic"], "The measure 'magic' came"),
        (["--suite", "magic"], "The suite 'magic' came"),
        (["--workers", "0"], "0 workers came"),
    ],
)
def test_what_is_refused(
    capsys: pytest.CaptureFixture[str], model: str, tmp_path: Path, arguments: list[str], match: str
) -> None:
    source = write_csv(tmp_path / "in.csv", sentences(3))
    assert_refused(run(capsys, str(source), "-o", str(tmp_path / "o.csv"), "--model", model, *arguments), match)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_shard_counts_from_0_or_from_1() -> None:
    assert [shard_of(each) for each in ("0/4", "1/4", "3/4", "4/4")] == [(0, 4), (1, 4), (3, 4), (0, 4)]
    with pytest.raises(InputError):
        shard_of("1/0")


def test_help_is_quick_and_its_examples_are_commands() -> None:
    took = []
    for _ in range(3):
        before = seconds_of_children()
        help_ = subprocess.run(
            [sys.executable, "-m", "analysis", "batch", "--help"], capture_output=True, text=True, check=True
        ).stdout
        took.append(seconds_of_children() - before)
    assert min(took) <= MOST_SECONDS
    for example in help_.partition("examples:")[2].splitlines():
        if "python -m analysis " in example:
            assert callable(cli._parser().parse_args(example.split()[3:]).run)
    assert all(name in help_ for name in (*MASKINGS, "--resume", "--shard", "--engine"))


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        return True


def test_a_person_is_told_what_it_takes_and_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Start(
        "One text a line.", rows=400, done=100, duplicates=7, estimate=Estimate(passes=900, tokens=8_000, seconds=65.2)
    )
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        progress = Progress()
        watch = progress.watch()
        watch.started(start)
        watch.went_on(200)
        progress.stopped()
        said = stream.getvalue()
        stopped = "Stopped: 300 of 400 rows are done and kept. The same command with --resume goes on.\n"
        assert said.endswith(stopped)
        if not stream.isatty():
            assert said == stopped
            continue
        assert said.startswith(
            "One text a line.\n400 rows, 7 of them equal to others: about 900 passes of the model over 8,000 tokens"
        )
        assert "by estimate 65.2 s\n" in said
        assert "300/400" in said and "rows/s" in said
