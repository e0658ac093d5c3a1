"""Curves over revisions: from a summary that ``batch`` wrote to a report, every number in its table."""

import json
from pathlib import Path

import pytest

from analysis import cli
from analysis.errors import InputError
from dashboard.__main__ import main
from dashboard.paper.curves import report_of_curves
from dashboard.paper.report import html_report
from dashboard.sections import Chart
from tests.analysis.checkpoints import tiny_bert
from tests.analysis.plain_words import assert_plain_sentence

PAIRS = "sentence_good,sentence_bad\nThe cat sat.,The cat sat sat.\nThe dog sat.,The dog door.\n"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """Revisions of two models, not in the order of their training, and one that has a single one."""
    at = tmp_path_factory.mktemp("revisions")
    found = []
    for number, name in enumerate(("m@step_10", "m@step_2", "n@main", "n@1", "alone")):
        found.append(tiny_bert(at / name, seed=number))
    return tuple(found)


def summary(folders: tuple[Path, ...], at: Path, *options: str) -> bytes:
    (at / "pairs.csv").write_text(PAIRS, "utf-8")
    command = ["batch", str(at / "pairs.csv"), "-o", str(at / "out.csv"), "--summary", str(at / "s.json"), *options]
    assert cli.main([*command, "--model", ",".join(map(str, folders)), "--force"]) == 0
    return (at / "s.json").read_bytes()


def test_a_curve_goes_over_the_revisions_in_order_with_every_number_of_the_summary(
    folders: tuple[Path, ...], tmp_path: Path
) -> None:
    content = summary(folders, tmp_path, "--suite", "pairs")
    report = report_of_curves(content, "2026-01-01T00:00:00+00:00")
    told = {each["model"]: each["groups"][0] for each in json.loads(content)["scores"]}
    charts = [each for each in report.sections if isinstance(each, Chart)]
    assert [each.title.partition(",")[0] for each in charts] == [
        "accuracy",
        "accuracy_ties_apart",
        "accuracy_ties_half",
        "difference_mean_nats",
    ]
    order = [folders[at] for at in (1, 0, 3, 2)]
    for chart in charts:
        table, name = chart.table, chart.title.partition(",")[0]
        assert [f"{row['model']}@{row['revision']}" for _, row in table.iterrows()] == [str(each) for each in order]
        values = [told[str(each)][name] for each in order]
        assert table[chart.title].tolist() == [each["value"] for each in values]
        assert table["95 % from"].tolist() == [each["low"] for each in values]
        assert table["to"].tolist() == [each["high"] for each in values]
        one, other = chart.figure.data
        assert [*one.y, *other.y] == table[chart.title].tolist()
        assert one.line.dash != other.line.dash
        assert one.marker.symbol != other.marker.symbol
    assert report.answer is not None
    assert "(step_2) to" in report.answer.text
    assert "(step_10)" in report.answer.text
    assert html_report(report).count("<table") >= len(charts)


def test_plain_rows_have_the_curves_of_their_means(folders: tuple[Path, ...], tmp_path: Path) -> None:
    content = summary(folders[:2], tmp_path, "--measures", "pll", "--columns", "text=sentence_good")
    means = json.loads(content)["means"]
    charts = {each.title: each for each in report_of_curves(content, "").sections if isinstance(each, Chart)}
    assert charts["pll_nats"].table["pll_nats"].tolist() == [means[f"pll_nats[{folders[at]}]"] for at in (1, 0)]


def test_the_command_writes_a_file(
    folders: tuple[Path, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary(folders[:2], tmp_path, "--suite", "pairs")
    assert main(["report", "curves", str(tmp_path / "s.json"), "-o", str(tmp_path / "c.html")]) == 0
    assert "step_10" in (tmp_path / "c.html").read_text("utf-8")
    capsys.readouterr()
    assert main(["report", "curves", str(tmp_path / "none.json"), "-o", str(tmp_path / "c.html")]) == 2
    assert_plain_sentence(capsys.readouterr().err.strip())


def test_what_has_no_curves_is_refused_in_a_sentence(folders: tuple[Path, ...], tmp_path: Path) -> None:
    alone = summary(folders[3:], tmp_path, "--suite", "pairs")
    damaged = json.loads(summary(folders[:2], tmp_path, "--suite", "pairs"))
    damaged["scores"] = [{"model": 7}]
    for content in (alone, b"", b"[]", b"{", b'{"curves": 3}', b"[" * 100_000, json.dumps(damaged).encode()):
        with pytest.raises(InputError) as caught:
            report_of_curves(content, "")
        assert_plain_sentence(caught.value)
