"""The model card says what the data beside it say, and what the checkpoint does."""

import json
import re
from typing import Any

import pytest
import torch
from transformers import BertForPreTraining, BertTokenizerFast

from training.checkouts import read_sources
from training.command import BUNDLED_FOLDER, HELD_OUT_FILE
from training.corpus import SOURCES_FILE
from training.documents import read_documents
from training.evaluate import LABELS

CARD = (BUNDLED_FOLDER / "README.md").read_text(encoding="utf-8")
FIGURES: dict[str, Any] = json.loads((BUNDLED_FOLDER / "figures.json").read_text(encoding="utf-8"))
NOTEBOOK: dict[str, Any] = FIGURES["notebook"]

ROW_OF_INPUT = {
    "one_segment": "one segment",
    "correct_pair": 'cut after "Confederacy."',
    "swapped": "the two swapped",
    "unrelated_second": f'second: "{NOTEBOOK["unrelated_b"]}"',
}


def rows(card: str) -> dict[str, list[str]]:
    """The cells of the card's table rows by their first cell."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in card.splitlines() if line[:1] == "|"]
    return {first: others for first, *others in cells}


def check_held_out_table(card: str) -> None:
    table = rows(card)
    held_out = FIGURES["held_out"]
    for name, value in held_out["checkpoint"].items():
        assert [float(cell) for cell in table[LABELS[name]]] == [held_out["phase_1"][name], value]


def check_notebook_table(card: str) -> None:
    table = rows(card)
    for name, figures in NOTEBOOK["nsp"].items():
        expected = [figures["tokens"], *figures["logits"], figures["margin_nats"]]
        assert [float(cell) for cell in table[ROW_OF_INPUT[name]]] == expected


def test_the_tables_agree_with_the_data() -> None:
    check_held_out_table(CARD)
    check_notebook_table(CARD)


@pytest.mark.parametrize(("figure", "check"), [("0.483", check_held_out_table), ("6.683", check_notebook_table)])
def test_the_checks_reject_another_figure(figure: str, check: Any) -> None:
    assert figure in CARD
    with pytest.raises(AssertionError):
        check(CARD.replace(figure, "0.123"))


def test_the_held_out_documents_are_the_counted_ones() -> None:
    documents = read_documents(HELD_OUT_FILE)
    assert len(documents) == FIGURES["held_out"]["documents"]
    assert {document.book for document in documents} <= {source.name for source in read_sources(SOURCES_FILE)}


def test_every_source_is_listed_with_its_commit() -> None:
    sources = read_sources(SOURCES_FILE)
    page = (BUNDLED_FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    listed = re.findall(r"github\.com/(\S+)/tree/([0-9a-f]{40})\) \| `([0-9a-f]{40})`", page)
    assert listed == [(source.repository, source.commit, source.commit) for source in sources]
    assert {source.licence for source in sources} == {"CC-BY-4.0", "CC0-1.0"}


@pytest.fixture(scope="module")
def plain() -> tuple[BertForPreTraining, BertTokenizerFast]:
    model = BertForPreTraining.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32).eval()
    return model, BertTokenizerFast.from_pretrained(BUNDLED_FOLDER)


@pytest.mark.parametrize("name", list(ROW_OF_INPUT))
def test_the_notebook_s_margins(plain: tuple[BertForPreTraining, BertTokenizerFast], name: str) -> None:
    model, tokenizer = plain
    a, b, unrelated = NOTEBOOK["text_a"], NOTEBOOK["text_b"], NOTEBOOK["unrelated_b"]
    texts = {
        "one_segment": (f"{a} {b}",),
        "correct_pair": (a, b),
        "swapped": (b, a),
        "unrelated_second": (a, unrelated),
    }[name]
    encoded = tokenizer(*texts, return_tensors="pt")
    with torch.inference_mode():
        z = model(**encoded).seq_relationship_logits[0]
    expected = NOTEBOOK["nsp"][name]
    assert encoded["input_ids"].shape[1] == expected["tokens"]
    assert z.tolist() == pytest.approx(expected["logits"], abs=1e-3)
    assert float(z[0] - z[1]) == pytest.approx(expected["margin_nats"], abs=2e-3)


def test_the_notebook_s_masks(plain: tuple[BertForPreTraining, BertTokenizerFast]) -> None:
    model, tokenizer = plain
    encoded = tokenizer(f"{NOTEBOOK['text_a']} {NOTEBOOK['text_b']}", return_tensors="pt")
    with torch.inference_mode():
        logits = model(**encoded).prediction_logits[0]
    for mask in NOTEBOOK["one_segment_masks"]:
        p, ids = logits[mask["position"]].softmax(-1).topk(len(mask["top"]))
        assert tokenizer.convert_ids_to_tokens(ids.tolist()) == [word for word, _ in mask["top"]]
        assert p.tolist() == pytest.approx([value for _, value in mask["top"]], abs=6e-3)
    differs = (logits.argmax(-1) != encoded["input_ids"][0]).nonzero()[:, 0]
    assert differs.tolist() == NOTEBOOK["greedy_differs_at"]
