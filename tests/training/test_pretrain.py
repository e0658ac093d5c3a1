"""Short runs: from a toy model, from a bare encoder, from the bundled checkpoint, and on from a saved folder."""

import copy
import math
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForPreTraining, BertModel, BertTokenizerFast

from training.checkpoint import load_checkpoint
from training.command import BUNDLED_FOLDER
from training.pretrain import Settings, Step, main, train
from training.vocabulary import vocabulary_of


def run(corpus: Path, out: Path, *more: str) -> int:
    small = ("--tokens", "256", "--warmup", "1", "--threads", "1")
    return main([str(corpus), "--out", str(out), *small, *more])


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def loads_with_both_heads(folder: Path) -> bool:
    """Whether plain transformers finds every weight of both heads in the folder."""
    _, report = BertForPreTraining.from_pretrained(folder, output_loading_info=True)
    BertTokenizerFast.from_pretrained(folder)
    return not report["missing_keys"] and not report["unexpected_keys"]


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Traceback" not in said
    return said


def test_toy_run(toy_folder: Path, toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "toy"
    assert run(toy_file, out, "--init", str(toy_folder), "--steps", "3", "--evaluate-every", "2") == 0
    said = capsys.readouterr().out
    assert "58 documents to train on" in said
    assert "2 held out" in said
    assert said.count("held out: MLM") == 2
    assert "step 3 of 3" in said
    assert "nan" not in said
    assert loads_with_both_heads(out)
    assert sorted(file.name for file in out.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    before, after = weights(toy_folder), weights(out)
    assert before.keys() == after.keys()
    unchanged = [name for name in before if torch.equal(before[name], after[name])]
    assert unchanged == []


def test_the_same_seed_gives_the_same_weights(toy_folder: Path, toy_file: Path, tmp_path: Path) -> None:
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        assert run(toy_file, tmp_path / name, "--init", str(toy_folder), "--steps", "3", "--seed", seed) == 0
    a, b, c = (weights(tmp_path / name) for name in "abc")
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a[name], c[name]) for name in a)


def test_evaluating_between_steps_changes_nothing(toy_folder: Path, toy_file: Path, tmp_path: Path) -> None:
    for name, every in (("often", "1"), ("once", "300")):
        more = ("--init", str(toy_folder), "--steps", "3", "--evaluate-every", every, "--fp16")
        assert run(toy_file, tmp_path / name, *more) == 0
    often, once = (weights(tmp_path / name) for name in ("often", "once"))
    assert all(tensor.dtype == torch.float16 for tensor in once.values())
    assert all(torch.equal(often[name], once[name]) for name in once)


def test_a_bare_encoder_gets_its_heads(
    toy_config: BertConfig,
    toy_tokenizer: BertTokenizerFast,
    toy_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    encoder = tmp_path / "encoder"
    BertModel(toy_config).save_pretrained(encoder)
    toy_tokenizer.save_pretrained(encoder)
    assert run(toy_file, tmp_path / "out", "--init", str(encoder), "--steps", "1", "--bf16") == 0
    said = capsys.readouterr().out
    assert "cls.seq_relationship.weight" in said
    assert "bert." not in said
    assert loads_with_both_heads(tmp_path / "out")


def test_going_on_from_the_bundled_checkpoint(
    few_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert run(few_file, first, "--steps", "2", "--rate", "1e-4") == 0
    assert "starting at random" not in capsys.readouterr().out
    assert loads_with_both_heads(first)
    bundled, after = weights(BUNDLED_FOLDER), weights(first)
    assert bundled.keys() == after.keys()
    changed = [name for name in bundled if not torch.equal(bundled[name].float(), after[name])]
    assert {"cls.seq_relationship.weight", "cls.predictions.transform.dense.weight"} <= set(changed)
    assert run(few_file, second, "--init", str(first), "--steps", "1", "--rate", "1e-4", "--fp16") == 0
    assert (second / "model.safetensors").stat().st_size == (BUNDLED_FOLDER / "model.safetensors").stat().st_size


def toy_steps(folder: Path, steps: int, rate: float) -> Sequence[Step]:
    torch.set_num_threads(1)
    checkpoint = load_checkpoint(folder)
    documents = [[[5 + document, 6 + document, 7, 8 + sentence] for sentence in range(6)] for document in range(4)]
    settings = Settings(
        steps=steps, peak_rate=rate, warmup_steps=1, mask_share=0.15, batch_tokens=256, seed=0, bf16=False
    )
    return list(train(checkpoint.model, documents, vocabulary_of(checkpoint.tokenizer), settings))


def test_it_learns(toy_folder: Path) -> None:
    steps = toy_steps(toy_folder, 60, 1e-2)
    assert [step.number for step in steps] == list(range(1, 61))
    assert all(math.isfinite(step.mlm_nats + step.nsp_nats) for step in steps)
    assert steps[0].mlm_nats == pytest.approx(math.log(45), abs=0.5)
    assert sum(step.mlm_nats for step in steps[-10:]) / 10 < steps[0].mlm_nats - 0.5


def test_a_loss_that_is_not_finite_stops_the_run(
    toy_folder: Path, toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoiled, out = tmp_path / "spoiled", tmp_path / "out"
    shutil.copytree(toy_folder, spoiled)
    tensors = weights(toy_folder)
    tensors["cls.seq_relationship.bias"][0] = math.nan
    save_file(tensors, spoiled / "model.safetensors", metadata={"format": "pt"})
    assert run(toy_file, out, "--init", str(spoiled), "--steps", "1") == 2
    assert "The loss of step 1 is not finite" in refused(capsys)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--steps", "0", "whole number of 1 or more"),
        ("--steps", "many", "whole number of 1 or more"),
        ("--mask", "1.5", "between 0 and 1"),
        ("--rate", "-1", "between 0 and 1"),
        ("--rate", "nan", "between 0 and 1"),
        ("--seed", "-1", "0 or more"),
        ("--colour", "red", "unrecognized"),
    ],
)
def test_bad_arguments(
    toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, expected: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(toy_file, tmp_path / "out", "--steps", "1", option, value)
    assert stopped.value.code == 2
    assert expected in refused(capsys)


def test_missing_files(toy_folder: Path, toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = tmp_path / "nowhere"
    assert run(nowhere, tmp_path / "a", "--steps", "1") == 2
    assert "can't be read" in refused(capsys)
    assert run(toy_file, tmp_path / "b", "--steps", "1", "--init", str(nowhere)) == 2
    assert "lacks config.json" in refused(capsys)
    assert run(toy_file, toy_folder, "--steps", "1") == 2
    assert "already holds a model" in refused(capsys)
    assert run(toy_file, toy_file, "--steps", "1") == 2
    assert "can't be made" in refused(capsys)


def test_unfit_folders(toy_folder: Path, toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged, other = tmp_path / "damaged", tmp_path / "other"
    for folder in (damaged, other):
        shutil.copytree(toy_folder, folder)
    (damaged / "model.safetensors").write_bytes(b"not weights")
    (other / "config.json").write_text('{"model_type": "gpt2"}', encoding="utf-8")
    assert run(toy_file, tmp_path / "a", "--steps", "1", "--init", str(damaged)) == 2
    assert "damaged" in refused(capsys)
    assert run(toy_file, tmp_path / "b", "--steps", "1", "--init", str(other)) == 2
    assert "gpt2" in refused(capsys)


@pytest.mark.parametrize(
    ("setting", "expected"), [("max_position_embeddings", "2 positions"), ("vocab_size", "45 entries for 2 rows")]
)
def test_a_model_too_small_for_the_examples(
    toy_config: BertConfig,
    toy_tokenizer: BertTokenizerFast,
    toy_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    expected: str,
) -> None:
    small = copy.deepcopy(toy_config)
    setattr(small, setting, 2)
    BertForPreTraining(small).save_pretrained(tmp_path)
    toy_tokenizer.save_pretrained(tmp_path)
    assert run(toy_file, tmp_path / "out", "--steps", "1", "--init", str(tmp_path)) == 2
    assert expected in refused(capsys)


def test_too_few_documents(
    toy_folder: Path, toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = tmp_path / "short.jsonl"
    short.write_text("".join(toy_file.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    assert run(short, tmp_path / "out", "--steps", "1", "--init", str(toy_folder)) == 2
    assert "1 documents to train on" in refused(capsys)
