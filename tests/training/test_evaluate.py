"""The held-out figures: their helpers by hand, and a few documents for real."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertForPreTraining, BertModel, BertTokenizerFast

from training.checkpoint import load_checkpoint
from training.command import BUNDLED_FOLDER
from training.documents import read_documents
from training.evaluate import BookSentences, accuracy_at_zero, auc, main, margins, texts_of
from training.examples import NO_LABEL, assemble
from training.vocabulary import vocabulary_of

Auc = Callable[[np.ndarray, np.ndarray], float]


def check_auc(function: Auc) -> None:
    cases = [
        ([1.0], [0.0], 1.0),
        ([0.0], [1.0], 0.0),
        ([1.0], [1.0], 0.5),
        # 1 against 1 ties, the three others are won.
        ([1.0, 2.0], [1.0, 0.0], 0.875),
        # 3 wins twice; 1 loses to 2 and wins against 0; 0 loses and ties.
        ([3.0, 1.0, 0.0], [2.0, 0.0], 3.5 / 6),
    ]
    for positives, negatives, expected in cases:
        assert function(np.array(positives), np.array(negatives)) == pytest.approx(expected)


def auc_ties_win(positives: np.ndarray, negatives: np.ndarray) -> float:
    """Bug: a tie counts as a win."""
    return float((positives[:, None] >= negatives[None, :]).mean())


def test_auc() -> None:
    check_auc(auc)


def test_the_check_rejects_ties_that_win() -> None:
    with pytest.raises(AssertionError):
        check_auc(auc_ties_win)


def test_auc_turned_round_is_its_complement() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 30).astype(float), rng.integers(0, 5, 20).astype(float)
    assert auc(a, b) + auc(b, a) == pytest.approx(1.0)


def test_a_margin_of_zero_is_not_next() -> None:
    assert accuracy_at_zero(np.array([1.0, 0.0]), np.array([0.0, -1.0, 2.0, 3.0])) == pytest.approx(0.5)


def test_texts_fill_up_to_the_limit() -> None:
    sentences = [[1] * 100, [2] * 26, [3], [4] * 300, [5]]
    texts = list(texts_of(BookSentences("b", sentences)))
    assert texts == [[1] * 100 + [2] * 26, [3], [4] * 126, [5]]


def test_margins_agree_with_plain_transformers(few_file: Path) -> None:
    first, second = (document.sentences for document in read_documents(few_file)[:2])
    pairs = [(first[0], first[1]), (first[0], second[5]), (second[3], second[2])]
    checkpoint = load_checkpoint(BUNDLED_FOLDER)
    checkpoint.model.eval()
    vocabulary = vocabulary_of(checkpoint.tokenizer)
    ids = [[checkpoint.tokenizer(text, add_special_tokens=False)["input_ids"] for text in pair] for pair in pairs]
    measured = margins(checkpoint, [assemble(a, b, NO_LABEL, vocabulary) for a, b in ids], vocabulary)

    tokenizer = BertTokenizerFast.from_pretrained(BUNDLED_FOLDER)
    model = BertForPreTraining.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32).eval()
    for (a, b), margin in zip(pairs, measured, strict=True):
        with torch.inference_mode():
            z = model(**tokenizer(a, b, return_tensors="pt")).seq_relationship_logits[0]
        assert margin == pytest.approx(float(z[0] - z[1]), abs=1e-3)


def test_the_bundled_checkpoint_on_a_few_documents(few_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--file", str(few_file), "--seeds", "1", "--threads", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["documents"] == 4
    assert result["per_seed"] == [result["mean"]]
    mean = result["mean"]
    assert 1.5 < mean["mlm_loss_nats"] < 4.5
    assert 0.3 < mean["mlm_top1"] < mean["mlm_top5"] < 1
    assert mean["nsp_auc_other_books"] > 0.85
    assert mean["nsp_auc_same_document"] < mean["nsp_auc_other_books"]


def test_a_toy_model_guesses(toy_folder: Path, toy_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", str(toy_folder), "--file", str(toy_file), "--seeds", "2", "--threads", "1"]) == 0
    first, heads, *rows = capsys.readouterr().out.splitlines()
    assert first.endswith("60 documents, 2 seeds")
    assert heads.split() == ["mean", "seed", "0", "seed", "1"]
    table = {row[:40].strip(): [float(value) for value in row.split()[-3:]] for row in rows}
    assert table["MLM loss, nats"][0] == pytest.approx(np.log(45), abs=0.3)
    assert table["NSP AUC, other books"][0] == pytest.approx(0.5, abs=0.12)
    assert table["pairs of each kind"] == [360, 360, 360]
    mean, *per_seed = table["MLM loss, nats"]
    assert mean == pytest.approx(sum(per_seed) / 2, abs=1e-3)


def test_a_model_without_heads_is_refused(
    toy_folder: Path, toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    BertModel.from_pretrained(toy_folder).save_pretrained(tmp_path)
    BertTokenizerFast.from_pretrained(toy_folder).save_pretrained(tmp_path)
    assert main(["--model", str(tmp_path), "--file", str(toy_file)]) == 2
    assert "no head to measure" in capsys.readouterr().err


def test_unfit_documents_are_refused(
    toy_folder: Path, toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = toy_file.read_text(encoding="utf-8").splitlines(keepends=True)
    short = [json.dumps({"book": book, "module": "m", "paras": [["w1 w2 w3"]]}) + "\n" for book in "ab"]
    for kept, expected in ((lines[::2], "one book only"), (short, "12 sentences or more")):
        path = tmp_path / "unfit.jsonl"
        path.write_text("".join(kept), encoding="utf-8")
        assert main(["--model", str(toy_folder), "--file", str(path)]) == 2
        assert expected in capsys.readouterr().err
