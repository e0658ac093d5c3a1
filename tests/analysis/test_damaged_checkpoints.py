"""Checkpoints with something wrong: each gets one plain sentence, none of them a traceback or a wrong number."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from analysis import ModelBundle, ModelError, limits, load_bundle, read_seen
from analysis.kernels import bert
from analysis.models import checkpoint, families, hub, preflight
from analysis.models.store import ModelStore
from tests.analysis import checkpoints
from tests.analysis.checkpoints import Tensors, change_json, change_weights
from tests.analysis.plain_words import assert_plain_sentence

WEIGHTS = "model.safetensors"
Damage = Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    """What is done to a whole checkpoint, and what the sentence must speak of."""

    name: str
    damage: Damage
    match: str

    def __str__(self) -> str:
        return self.name


def holding(file: str, content: bytes) -> Damage:
    def damage(folder: Path) -> None:
        (folder / file).write_bytes(content)

    return damage


def lacking(*files: str) -> Damage:
    def damage(folder: Path) -> None:
        for file in files:
            (folder / file).unlink()

    return damage


def config(**changes: object) -> Damage:
    return lambda folder: change_json(folder, "config.json", changes)


def tokenizer(**changes: object) -> Damage:
    return lambda folder: change_json(folder, "tokenizer_config.json", changes)


def weights(change: Callable[[Tensors], Tensors]) -> Damage:
    return lambda folder: change_weights(folder, change)


def losing(part: str) -> Damage:
    return weights(lambda stored: {key: tensor for key, tensor in stored.items() if part not in key})


def cut_short(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:5000])


def another_shape(stored: Tensors) -> Tensors:
    return {**stored, "bert.pooler.dense.weight": stored["bert.pooler.dense.weight"][:5]}


def weights_in_a_folder(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).mkdir()


def only_some_shards(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "model-00001-of-00002.safetensors")


NO_CONFIG, NO_TOKENIZER, NO_WEIGHTS = "no configuration", "no tokenizer that can be read", "no weights in safetensors"
BAD_WEIGHTS, AT_ODDS = "weights that can't be read or don't fit", "can't build a model from: correct its config.json"

QUANTISED = {"quant_method": "bitsandbytes", "load_in_8bit": True}

CASES = [
    Case("no config.json", lacking("config.json"), NO_CONFIG),
    Case("cut config.json", holding("config.json", b'{"model_type": "bert",'), NO_CONFIG),
    Case("config.json is a list", holding("config.json", b"[]"), NO_CONFIG),
    Case("config.json without a type", holding("config.json", b"{}"), NO_CONFIG),
    Case("config.json is not text", holding("config.json", b"\xff\xfe\x00"), NO_CONFIG),
    Case("config.json nested too deep", holding("config.json", b'{"a":' * 2000), NO_CONFIG),
    Case("unknown type", config(model_type="nosuch"), NO_CONFIG),
    Case("hidden_size is a word", config(hidden_size="big"), NO_CONFIG),
    Case("hidden_act is null", config(hidden_act=None), NO_CONFIG),
    Case("no positions", config(max_position_embeddings=None), NO_CONFIG),
    Case("a vision model", config(model_type="vit"), "no masked-LM head"),
    Case("hidden_size of 0", config(hidden_size=0), AT_ODDS),
    Case("no attention heads", config(num_attention_heads=0), AT_ODDS),
    Case("unknown activation", config(hidden_act="nonsense"), AT_ODDS),
    Case("unknown quantisation", config(quantization_config={"quant_method": "gptq"}), AT_ODDS),
    Case("a quantisation that is not installed", config(quantization_config=QUANTISED), AT_ODDS),
    Case("padding beyond the vocabulary", config(pad_token_id=1000), AT_ODDS),
    Case("fewer entries than weights", config(vocab_size=10), BAD_WEIGHTS),
    Case("an enormous vocabulary", config(vocab_size=10**13), "at most 16,777,216 can be"),
    Case("fewer positions than weights", config(max_position_embeddings=32), BAD_WEIGHTS),
    Case("no weights", lacking(WEIGHTS), NO_WEIGHTS),
    Case("a folder for weights", weights_in_a_folder, "something else than a file"),
    Case("empty weights", holding(WEIGHTS, b""), BAD_WEIGHTS),
    Case("a pointer for weights", holding(WEIGHTS, b"version 1\noid sha256:00\nsize 5\n"), BAD_WEIGHTS),
    Case("weights cut short", cut_short, BAD_WEIGHTS),
    Case("another shape", weights(another_shape), BAD_WEIGHTS),
    Case("a shard missing", only_some_shards, BAD_WEIGHTS),
    Case("no tensors", weights(lambda _stored: {}), "weights of 0 tensors"),
    Case("a lost layer", losing("layer.1."), "lacks 16 of its encoder's weights"),
    Case("lost embeddings", losing("word_embeddings"), "lacks 1 of its encoder's weights"),
    Case("a layer more than weights", config(num_hidden_layers=3), "lacks 16 of its encoder's weights"),
    Case("no head at all", losing("cls."), "without either pre-training head"),
    Case("no tokenizer", lacking("tokenizer.json", "tokenizer_config.json"), "without a vocabulary"),
    Case("no tokenizer.json", lacking("tokenizer.json"), "without a vocabulary"),
    Case("tokenizer.json is a list", holding("tokenizer.json", b"[]"), NO_TOKENIZER),
    Case("tokenizer.json is noise", holding("tokenizer.json", b"\xff\x00"), NO_TOKENIZER),
    Case("tokenizer_config.json is a list", holding("tokenizer_config.json", b"[]"), NO_TOKENIZER),
    Case("no mask token", tokenizer(mask_token=None), "no mask token"),
    Case("a word for a length", tokenizer(model_max_length="x"), "model_max_length"),
    Case("a length of 0", tokenizer(model_max_length=0), "model_max_length"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_damaged_checkpoint_is_refused(tiny_folder: Path, tmp_path: Path, case: Case) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "damaged")
    case.damage(folder)
    with pytest.raises(ModelError, match=case.match) as caught:
        load_bundle(str(folder))
    assert_plain_sentence(caught.value)
    assert str(folder) not in str(caught.value)


def test_a_library_that_a_tokenizer_needs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SentencePiece model without its library; one that no library would make fast is refused as it always is."""
    folder = checkpoints.tiny_albert(tmp_path / "albert")
    (folder / "tokenizer.json").unlink()
    (folder / "spiece.model").write_bytes(b"no model")
    monkeypatch.setattr(checkpoint, "find_spec", lambda _name: None)
    with pytest.raises(ModelError, match=r"pip install -r requirements-tokenizers\.txt") as caught:
        load_bundle(str(folder))
    assert_plain_sentence(caught.value)
    monkeypatch.setattr(checkpoint, "find_spec", lambda _name: "there")
    with pytest.raises(ModelError, match="no tokenizer that can be read"):
        ModelStore().get(str(folder))


def test_a_tokenizer_of_japanese_words_is_refused_at_once(tiny_folder: Path, tmp_path: Path) -> None:
    """It is written in Python, with libraries of its own or without: to install them would lead nowhere."""
    folder = shutil.copytree(tiny_folder, tmp_path / "japanese")
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("\n".join(checkpoints.TOY_VOCABULARY), encoding="utf-8")
    change_json(folder, "tokenizer_config.json", {"tokenizer_class": "BertJapaneseTokenizer"})
    for kind in ("mecab", "sudachi", "jumanpp", "basic"):
        change_json(folder, "tokenizer_config.json", {"word_tokenizer_type": kind})
        with pytest.raises(ModelError, match="no fast tokenizer") as caught:
            load_bundle(str(folder))
        assert_plain_sentence(caught.value)


def test_a_bare_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="without either pre-training head") as caught:
        load_bundle(str(checkpoints.bare_encoder(tmp_path / "encoder")))
    assert_plain_sentence(caught.value)


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("bert.encoder.layer.0.output.dense.weight", NAN),
        ("bert.embeddings.LayerNorm.weight", INFINITE),
        ("cls.predictions.transform.dense.weight", NAN),
        ("cls.predictions.bias", INFINITE),
        ("cls.predictions.bias", -INFINITE),
        ("bert.pooler.dense.weight", NAN),
        ("cls.seq_relationship.bias", INFINITE),
    ],
)
def test_numbers_that_are_none_are_never_shown(tiny_folder: Path, tmp_path: Path, key: str, value: float) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "damaged")
    change_weights(folder, lambda stored: {**stored, key: torch.full_like(stored[key], value)})
    bundle = load_bundle(str(folder))
    with pytest.raises(ModelError, match="not finite") as caught:
        read_seen(bundle, "the cat sat")
    assert_plain_sentence(caught.value)


def test_one_number_that_is_none_is_enough(tiny_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "damaged")
    last = "cls.predictions.bias"
    change_weights(folder, lambda stored: {**stored, last: torch.cat([stored[last][:-1], torch.tensor([NAN])])})
    with pytest.raises(ModelError, match="not finite"):
        read_seen(load_bundle(str(folder)), "the cat sat")


def test_a_tokenizer_of_another_model(checkpoint_folder: Callable[[str], Path], tmp_path: Path) -> None:
    """Its ids go beyond the embeddings: nothing is read from wherever that leads."""
    folder = shutil.copytree(checkpoint_folder("tiny_roberta"), tmp_path / "mixed")
    for name in ("config.json", WEIGHTS):
        shutil.copy(checkpoint_folder("tiny_bert") / name, folder / name)
    with pytest.raises(ModelError, match="same checkpoint") as caught:
        read_seen(load_bundle(str(folder)), "the cat sat")
    assert_plain_sentence(caught.value)


@pytest.mark.parametrize("error", [AttributeError("d_model"), KeyError("size"), TypeError("None"), ValueError("x")])
def test_a_size_that_is_left_out(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    def fail(_model: object) -> int:
        raise error

    monkeypatch.setattr(families, "n_hidden", fail)
    with pytest.raises(ModelError, match="lacks a size or a token") as caught:
        load_bundle(str(shutil.copytree(tiny_folder, tmp_path / "sizeless")))
    assert_plain_sentence(caught.value)


def test_too_large_a_folder(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "large")
    monkeypatch.setattr(preflight, "MAX_WEIGHTS_BYTES", 1000)
    with pytest.raises(ModelError, match="at most") as caught:
        load_bundle(str(folder))
    assert_plain_sentence(caught.value)


def test_the_limits_are_those_of_the_design() -> None:
    assert preflight.MAX_WEIGHTS_BYTES == limits.MAX_WEIGHTS_BYTES >= hub.MAX_DOWNLOAD_BYTES


def test_files_that_may_not_be_opened(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stand-in for permissions, which the superuser of a container is not held by."""
    folder = shutil.copytree(tiny_folder, tmp_path / "closed")

    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelError, match="permissions") as caught:
        load_bundle(str(folder))
    assert_plain_sentence(caught.value)


def test_out_of_memory_is_said(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(bert, "hidden_rows", full)
    with pytest.raises(ModelError, match="not enough memory") as caught:
        read_seen(tiny, "the cat sat")
    assert_plain_sentence(caught.value)
