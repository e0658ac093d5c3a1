"""A toy checkpoint with a toy vocabulary, toy documents, and a few real ones."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertForPreTraining, BertTokenizerFast

from training.command import HELD_OUT_FILE
from training.documents import TextDocument, read_documents, write_documents
from training.vocabulary import Vocabulary

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [f"w{number}" for number in range(40)]


@pytest.fixture(autouse=True)
def _same_threads() -> Iterator[None]:
    """The commands set the number of threads of the whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary(cls_id=2, sep_id=3, pad_id=0, mask_id=4, first_word=1000, size=30_000)


@pytest.fixture(scope="session")
def toy_tokenizer() -> BertTokenizerFast:
    return BertTokenizerFast(vocab={token: index for index, token in enumerate([*SPECIALS, *WORDS])})


@pytest.fixture(scope="session")
def toy_config() -> BertConfig:
    return BertConfig(
        vocab_size=len(SPECIALS) + len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=512,
    )


@pytest.fixture(scope="session")
def toy_folder(
    tmp_path_factory: pytest.TempPathFactory, toy_config: BertConfig, toy_tokenizer: BertTokenizerFast
) -> Path:
    """A tiny random BERT with both heads."""
    folder = tmp_path_factory.mktemp("toy")
    torch.manual_seed(0)
    BertForPreTraining(toy_config).save_pretrained(folder)
    toy_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def toy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 documents of two books, so that two are held out."""
    rng = random.Random(0)

    def sentence() -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(5, 9)))

    documents = [
        TextDocument(f"book{index % 2}", f"m{index}", (tuple(sentence() for _ in range(14)),)) for index in range(60)
    ]
    path = tmp_path_factory.mktemp("documents") / "toy.jsonl"
    write_documents(path, documents)
    return path


@pytest.fixture(scope="session")
def few_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four held-out documents of four books."""
    of_book = {document.book: document for document in read_documents(HELD_OUT_FILE)}
    path = tmp_path_factory.mktemp("documents") / "few.jsonl.xz"
    write_documents(path, list(of_book.values())[:4])
    return path
