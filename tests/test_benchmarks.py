"""The benchmarks' own arithmetic and honesty; nothing here looks at how long anything takes."""

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from analysis.batch.recipe import Settings
from analysis.errors import InputError
from analysis.kernels import products
from analysis.kernels.products import Product
from analysis.models.bundle import ModelBundle
from analysis.models.checkpoint import BUNDLED_FOLDER
from analysis.models.estimate import Flops, Shape, least_flops
from analysis.tasks.readings import read_hidden
from analysis.tasks.scores import score
from benchmarks import cli, page, results, targets
from benchmarks.bias_process import VARIABLE, mlm_bias
from benchmarks.checks import WrongAnswerError, close, close_on_average
from benchmarks.kernels import chosen
from benchmarks.peers import PIPELINE_START, K, Minicons, Notebook, padded_corpus, statistics
from benchmarks.race import Contender, race
from benchmarks.results import Figure, Machine, Report, Result, Target, Timing
from benchmarks.roofline import least_seconds
from benchmarks.setting import Setting
from benchmarks.texts import ORDINARY, TYPICAL_PADDING, WHOLE_WORDS, distinct_sentences, passage, passages, sentences
from benchmarks.workloads import WORKLOADS, Workload, corpus, corpus_scores, splits, start
from benchmarks.workloads.seen import same_as

TEXT = "the cat sat on the mat , she opened the door ."


def made_up_report() -> Report:
    result = Result(
        workload="W3",
        model="small",
        threads=1,
        rounds=5,
        input="a text of 64 tokens",
        checks=("ours against theirs: largest difference 1e-05 nat (allowed 0.0001)",),
        timings=(
            Timing("minicons", (2.5, 2.0, 2.1), (2.4, 1.9, 2.0)),
            Timing("ours fp32", (0.5, 0.55, 0.75), (0.5, 0.5, 0.5)),
        ),
        figures=(
            Figure("minicons", "fp32", 4.0, "times", Target(3.2)),
            Figure("fill-mask pipeline", "fp32", 3.0, "times", Target(4.0)),
            Figure("ours", "fp32", 120.0, "MB", Target(150, at_least=False)),
            Figure("ranks off", "fp32", 0.0, "rows", Target(0, at_least=False)),
            Figure("minicons", "fp32", 2126.0, "MB"),
        ),
        roofline=(("fp32", 105.2),),
    )
    machine = Machine(cpu="A Processor", cores=2, memory_gib=24, bf16=True, system="Linux 6")
    return Report("2031-02-03", 0.12, machine, (("torch", "2.13.0"), ("minicons", "0.3.39")), (result,))


# --- results and page ---


def test_a_report_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results.write(made_up_report(), file)
    assert results.read(file) == made_up_report()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"date": 1, "results": [{}]}'])
def test_a_file_of_something_else_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(InputError, match="holds no results"):
        results.read(file)
    with pytest.raises(InputError, match="can't be read"):
        results.read(tmp_path / "missing.json")


def test_the_page_tells_machine_versions_spread_and_how_far_each_target_is(tmp_path: Path) -> None:
    written = page.page([made_up_report()])
    assert "2031-02-03" in written
    assert "A Processor, 2 cores, 24 GiB, with bf16 instructions, Linux 6. Load average when it began: 0.12." in written
    assert "torch 2.13.0, minicons 0.3.39." in written
    assert "| minicons / ours | 4.00 x | ≥ 3.20 x | met, 25% to spare |" in written.replace("PLL of one text: ", "")
    assert "3.00 x | ≥ 4.00 x | **missed**, 25% short |" in written
    assert "120 MB | ≤ 150 MB | met, 20% to spare |" in written
    assert "0 rows | ≤ 0 rows | met |" in written
    assert "2126 MB | – |  |" in written
    assert "| minicons | 2.00 s | 2.10 s | 1.90 s | 3 |" in written
    assert "| ours fp32 | 500.0 ms | 550.0 ms | 500.0 ms | 3 |" in written
    assert "Roofline: 105 GFLOP/s in fp32." in written
    assert "largest difference 1e-05 nat" in written


def test_the_page_command_writes_it_from_saved_results(tmp_path: Path) -> None:
    saved, out = tmp_path / "results.json", tmp_path / "page.md"
    results.write(made_up_report(), saved)
    assert cli.main(["page", str(saved), "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == page.page([made_up_report()])


def test_every_target_belongs_to_a_workload_that_can_reach_it() -> None:
    for table in (targets._RATIOS, targets._BOUNDS):
        for workload, model, dtype in table:
            assert model in WORKLOADS[workload].models
            assert dtype in WORKLOADS[workload].dtypes
    assert targets.target("W9", "small", "fp32", "ours") == Target(150, at_least=False)
    assert targets.target("W9", "small", "fp32", "minicons") is None


# --- the limit ---


def test_the_least_flops_are_those_counted_by_hand() -> None:
    shape = Shape(layers=2, hidden=2, inner=8, vocabulary=10)
    # One input of 3 tokens, one row wanted. First layer: 3 tokens of 24 H^2, attention 2 x 2 x 3 x 3 x H.
    first = 3 * 24 * 4 + 72
    # Last: keys and values of 3 tokens, query, output and feed-forward of one row, its attention.
    last = 3 * 16 + 80 + 24
    assert least_flops(shape, [(3, 1)], mlm_rows=1) == Flops(first + last, 2 * 2 * 10 + 2 * 4)
    assert least_flops(shape, [(3, 1)] * 5, mlm_rows=0) == Flops(5 * (first + last), 0)
    assert least_flops(shape, [(3, 3)], mlm_rows=0).encoder == 2 * first


def test_the_least_time_takes_the_head_in_fp32() -> None:
    speed = {"fp32": 10.0, "bf16": 20.0}
    assert least_seconds(Flops(100, 50), "fp32", speed) == 15
    assert least_seconds(Flops(100, 50), "bf16", speed) == 10


@pytest.mark.skipif("MKL" not in products.libraries(Product(384, 30_522, "fp32", rows=128)), reason="no MKL here")
def test_what_was_chosen_is_said_with_its_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "CHOICES", {})
    monkeypatch.setattr(
        products, "timed", lambda _product, among, _layers: {each: (0.001 * len(each),) * 2 for each in among}
    )
    said = list(chosen("small", BUNDLED_FOLDER))
    (head,) = [line for line in said if line.startswith("fp32 384 to 30,522")]
    assert head.startswith("fp32 384 to 30,522: MKL; 128 rows to 8,192 columns: oneDNN 6.00 ms (134 GFLOP/s), torch")
    assert any(line.startswith("fp32 384 to 1,536 and gelu: torch; ") for line in said)
    assert said[-2].startswith("exponentials of a row: numpy; ")
    assert said[-1].startswith("auto takes ")


# --- the race ---


def agree(answers: Mapping[str, np.ndarray]) -> list[str]:
    return [close("ours against theirs", answers["theirs"], answers["ours"], largest=1e-4, unit="nat")]


@pytest.mark.parametrize("wrong", [[1.0, 2.001], [1.0], [1.0, math.nan]])
def test_a_wrong_contender_fails_the_run_before_anything_is_timed(wrong: list[float]) -> None:
    ran = []

    def run(name: str, answer: list[float]) -> np.ndarray:
        ran.append(name)
        return np.array(answer)

    contenders = [
        Contender("theirs", lambda: run("theirs", [1.0, 2.0])),
        Contender("ours", lambda: run("ours", wrong)),
    ]
    with pytest.raises(WrongAnswerError, match="ours against theirs"):
        race(contenders, agree, rounds=5)
    assert ran == ["theirs", "ours"]


def test_contenders_take_turns_and_the_first_one_changes() -> None:
    ran = []

    def run(name: str) -> np.ndarray:
        ran.append(name)
        # Longer than a turn, so that nobody is run twice in it.
        clock.append(clock[-1] + 1)
        return np.array([1.0])

    clock = [0.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.race.perf_counter", lambda: clock[-1])
        went = race([Contender(name, lambda name=name: run(name)) for name in ("theirs", "ours")], agree, rounds=3)
    assert ran == ["theirs", "ours", "theirs", "ours", "ours", "theirs", "theirs", "ours"]
    assert [timing.seconds for timing in went.timings] == [(1, 1, 1), (1, 1, 1)]
    assert went.checks == ("ours against theirs: largest difference 0 nat (allowed 0.0001)",)


def test_a_mean_difference_is_no_largest_one() -> None:
    zeros, one_off = np.zeros(10), np.eye(1, 10)[0]
    assert "mean difference 0.1" in close_on_average("a", zeros, one_off, mean=0.2)
    with pytest.raises(WrongAnswerError):
        close("a", zeros, one_off, largest=0.2)
    with pytest.raises(WrongAnswerError):
        close_on_average("a", zeros, one_off, mean=0.05)


# --- the command line ---


def test_a_wrong_answer_ends_the_command_with_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def run(_self: Workload, _setting: Setting) -> Result:
        race([Contender("theirs", lambda: np.zeros(1)), Contender("ours", lambda: np.ones(1))], agree, rounds=1)
        raise AssertionError("the race went on")

    monkeypatch.setattr(Workload, "run", run)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    file = tmp_path / "results.json"
    assert cli.main(["run", "W1", "--json", str(file)]) == cli.WRONG
    assert "A wrong answer, so nothing was timed. ours against theirs: the largest" in capsys.readouterr().err
    assert not file.exists()


def test_results_are_kept_after_each_workload(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    kept = []

    def run(_self: Workload, setting: Setting) -> Result:
        kept.append(len(json.loads(file.read_text())["results"]) if file.exists() else 0)
        return setting.result("nothing", [setting.figure("minicons", "fp32", 1.0, "times")])

    monkeypatch.setattr(Workload, "run", run)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert cli.main(["run", "W3", "W4", "W3", "--json", str(file)]) == 0
    assert kept == [0, 1]
    report = results.read(file)
    assert [(each.workload, each.model, each.threads, each.rounds) for each in report.results] == [
        ("W3", "small", 1, 5),
        ("W4", "small", 1, 5),
    ]
    assert {"python", "pretext", "torch", "transformers", "tokenizers", "numpy"} <= dict(report.versions).keys()
    assert report.machine.cpu
    assert report.machine.cores >= 1


def test_the_list_and_the_help_name_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list"]) == 0
    listed = capsys.readouterr().out
    for id_, workload in WORKLOADS.items():
        assert id_ in listed
        assert workload.title in listed
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    assert "python -m benchmarks run W3" in capsys.readouterr().out


def test_a_missing_peer_is_one_sentence_that_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "minicons", None)
    monkeypatch.setitem(sys.modules, "minicons.scorer", None)
    with pytest.raises(InputError, match=r"pip install -r requirements.txt -r benchmarks/requirements-peers.txt"):
        Minicons(Path())


# --- texts and contenders ---


@pytest.mark.parametrize("book", [WHOLE_WORDS, ORDINARY])
@pytest.mark.parametrize("pieces", [30, 61, 62, 126, 510])
def test_a_passage_has_exactly_the_tokens_asked_for(bundled: ModelBundle, book: str, pieces: int) -> None:
    text = passage(bundled.tokenizer, book, pieces)
    tokens = bundled.tokenizer(text, add_special_tokens=False, verbose=False).tokens()
    assert len(tokens) == pieces
    if book == WHOLE_WORDS and pieces <= 62:
        assert not [token for token in tokens if token.startswith("##")]


def test_the_sentences_need_the_padding_that_is_said_of_them(bundled: ModelBundle) -> None:
    lengths = np.array([len(ids) for ids in bundled.tokenizer(sentences(*TYPICAL_PADDING, 32))["input_ids"]])
    assert ((lengths - 2).sum() * lengths.max() / (lengths * (lengths - 2)).sum()).round(1) == 1.8


def test_beginnings_of_documents_are_whole_sentences_within_bounds(bundled: ModelBundle) -> None:
    found = passages(bundled.tokenizer, 10, 40)
    lengths = [len(ids) for ids in bundled.tokenizer(found, add_special_tokens=False)["input_ids"]]
    assert 5 <= len(found) <= 10
    assert max(lengths) <= 40
    assert min(lengths) > 0


def test_the_notebook_s_statistics_are_right() -> None:
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0] * 4, [math.log(4), math.log(2), math.log(2)] + [-100.0] * 13])
    found = statistics(logits, torch.tensor([0, 0]))
    assert found.entropy_nats == pytest.approx([math.log(16), 1.5 * math.log(2)])
    assert found.surprisal_nats == pytest.approx([math.log(16), math.log(2)])
    assert found.rank[1] == 1
    assert found.top_ids[1, 0] == 0
    assert found.top_p[1, :3] == pytest.approx([0.5, 0.25, 0.25])


def test_the_peers_run_on_what_ours_runs_on(tiny: ModelBundle, tiny_folder: Path) -> None:
    notebook = Notebook.of(tiny_folder)
    alone = score(read_hidden(tiny, TEXT, masking="token", k=1)).logp_nats[1:-1]
    assert notebook.log_p(TEXT) == pytest.approx(alone, abs=1e-5)
    setting = Setting("W6", "small", tiny_folder, ("fp32",), 1, 1)
    pairs = splits.text_pairs(setting, TEXT)
    assert [pairs[0], pairs[1]] == [("the", TEXT[4:]), (TEXT[4:], "the")]
    expected = notebook.nsp(pairs)
    assert notebook.nsp_in_batches(pairs, 4) == pytest.approx(expected, abs=1e-5)
    assert splits.run_splits(setting, tiny, TEXT) == pytest.approx(expected, abs=1e-5)
    assert [each.ids.tolist() for each in splits.split_inputs(setting, tiny, TEXT)] == [
        notebook.tokenizer(a, b)["input_ids"] for a, b in pairs
    ]


@pytest.mark.parametrize("program", [start._OUR_START, PIPELINE_START], ids=["ours", "pipeline"])
def test_the_programs_of_a_cold_start_import_what_there_is(program: str) -> None:
    imports = [line for line in program.splitlines() if line.startswith(("import ", "from "))]
    assert imports
    exec("\n".join(imports), {})


def test_a_corpus_has_no_sentence_twice(bundled: ModelBundle) -> None:
    found = distinct_sentences(300)
    assert len(found) == len(set(found)) == 300


def test_padded_batches_and_ours_write_the_same_numbers(tiny_folder: Path, tmp_path: Path) -> None:
    texts = ["the cat sat on the mat .", "she opened the door", "dog"]
    files = corpus._files(tmp_path, {"text": texts})
    padded_corpus(Notebook.of(tiny_folder), files.source, tmp_path / "padded.parquet")
    corpus._run(files, Settings(models=(str(tiny_folder),), dtype="fp32", k=K))
    theirs, found = corpus._statistics_in(tmp_path / "padded.parquet"), corpus._statistics_in(files.tokens)
    assert len(same_as("theirs", {"theirs": theirs, "ours": found})) == 4
    assert len(found.rank) == len(theirs.rank) == 9 + 6 + 3


def test_what_is_spent_in_the_model_is_part_of_the_whole(tiny_folder: Path, tmp_path: Path) -> None:
    files = corpus._files(tmp_path, {"text": ["the cat sat .", "dog"]})
    whole, inside = corpus._timed(files, Settings(models=(str(tiny_folder),), dtype="fp32"), by_token=False)
    assert 0 < inside[0] < whole[0]
    assert inside[1] <= whole[1]


def test_made_up_pairs_differ_in_one_word() -> None:
    assert corpus_scores.swapped(["then he sat", "no such word", "it was his dog , he said"]) == [
        ("then he sat", "then she sat"),
        ("it was his dog , he said", "it was his dog , she said"),
    ]


def test_without_its_environment_mlm_bias_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with (
        pytest.raises(InputError, match=r"requirements-mlm-bias\.txt and set PRETEXT_MLM_BIAS_PYTHON="),
        mlm_bias(Path(), 1),
    ):
        pass


def test_corpus_scores_are_those_that_are_compared(tiny_folder: Path) -> None:
    setting = Setting("W18", "small", tiny_folder, ("fp32",), 1, 1)
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setattr(Setting, "spec", property(lambda _self: str(tiny_folder)))
        rows = pa.RecordBatch.from_pylist([{"sentence_good": "the cat sat", "sentence_bad": "the dog sat"}])
        found = corpus_scores._scores(
            setting, rows, corpus_scores._CROWS_COLUMNS, suite="pairs", scores=("crows-shared-sum",)
        )
    assert found.shape == (2,)
    assert np.isfinite(found).all()
