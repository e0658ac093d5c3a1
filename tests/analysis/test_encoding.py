"""From a text to an input: what belongs to which text, which positions count, what is said about it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from analysis import InputError, ModelBundle, compare_segmentations, load_bundle
from analysis.models import tokenizing
from analysis.texts.encoding import encode, rearrange
from analysis.texts.notices import notices
from tests.analysis.checkpoints import change_json
from tests.analysis.texts import texts

Checkpoint = Callable[[str], ModelBundle]


def test_a_pair_by_hand(tiny: ModelBundle) -> None:
    encoded = encode(tiny, "The cats,", " a [MASK]")
    assert encoded.tokens == ("[CLS]", "the", "cat", "##s", ",", "[SEP]", "a", "[MASK]", "[SEP]")
    assert encoded.segment_ids.tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert encoded.attention_mask.tolist() == [1] * 9
    assert encoded.sequence.tolist() == [-1, 0, 0, 0, 0, -1, 1, 1, -1]
    assert encoded.word.tolist() == [-1, 0, 1, 1, 2, -1, 0, 1, -1]
    assert encoded.span.tolist() == [[0, 0], [0, 3], [4, 7], [7, 8], [8, 9], [0, 0], [1, 2], [3, 9], [0, 0]]
    assert encoded.outside.tolist() == [True, False, False, False, False, True, False, True, True]
    assert not encoded.unknown.any()
    assert encoded.n_counted == 5
    assert (encoded.text_a, encoded.text_b) == ("The cats,", " a [MASK]")


def test_a_single_text_has_one_segment(tiny: ModelBundle) -> None:
    encoded = encode(tiny, "the cat")
    assert encoded.text_b is None
    assert encoded.segment_ids.tolist() == [0, 0, 0, 0]
    assert encoded.sequence.tolist() == [-1, 0, 0, -1]


@given(text_a=texts, text_b=texts)
def test_any_pair_leads_back_to_its_text(tiny: ModelBundle, text_a: str, text_b: str) -> None:
    try:
        encoded = encode(tiny, text_a, text_b)
    except InputError:
        return
    for i, token in enumerate(encoded.tokens):
        text = (text_a, text_b)[encoded.sequence[i]]
        piece = text[slice(*encoded.span[i])]
        if encoded.sequence[i] == -1:
            assert token in {"[CLS]", "[SEP]"}
            assert encoded.span[i].tolist() == [0, 0]
        elif token.removeprefix("##").isascii() and piece.isascii() and not encoded.unknown[i]:
            kept = "".join(char for char in piece if char.isprintable())
            assert kept.lower() == token.removeprefix("##").lower()
        assert encoded.unknown[i] == (token == "[UNK]")
        assert encoded.outside[i] == (token in {"[CLS]", "[SEP]", "[PAD]", "[MASK]"})


@given(text=texts)
def test_spans_go_forward_and_words_hold_together(tiny: ModelBundle, text: str) -> None:
    try:
        encoded = encode(tiny, text)
    except InputError:
        return
    inside = encoded.sequence == 0
    spans, words = encoded.span[inside], encoded.word[inside]
    assert (spans[1:, 0] >= spans[:-1, 1]).all()
    assert spans[-1, 1] <= len(text)
    assert set(np.diff(words)) <= {0, 1}
    assert words[0] == 0


def test_arrays_are_read_only_32_bit(tiny: ModelBundle) -> None:
    encoded = encode(tiny, "the cat", "the dog")
    for made in (encoded, rearrange(encoded, [0, 1, 6], [0, 1, 1])):
        values = [getattr(made, each.name) for each in fields(made)]
        arrays = [value for value in values if isinstance(value, np.ndarray)]
        assert len(arrays) == 9
        for array in arrays:
            assert array.dtype.name in {"int32", "bool"}
            assert not array.flags.writeable


def test_rearranging_by_hand(tiny: ModelBundle) -> None:
    encoded = encode(tiny, "the cat", "a dog")  # [CLS] the cat [SEP] a dog [SEP]
    made = rearrange(encoded, [0, 5, 5, 1, 6], [1, 0, 0, 1, 1], attention_mask=[1, 1, 0, 1, 1])
    assert made.tokens == ("[CLS]", "dog", "dog", "the", "[SEP]")
    assert made.ids.tolist() == tiny.tokenizer.convert_tokens_to_ids(list(made.tokens))
    assert made.segment_ids.tolist() == [1, 0, 0, 1, 1]
    assert made.attention_mask.tolist() == [1, 1, 0, 1, 1]
    assert made.sequence.tolist() == [-1, 1, 1, 0, -1]
    assert made.span.tolist() == [[0, 0], [2, 5], [2, 5], [0, 3], [0, 0]]
    assert rearrange(encoded, [0, 1], [0, 0]).attention_mask.tolist() == [1, 1]


def test_notices(tiny: ModelBundle) -> None:
    for text, expected in (
        ("the cat sat", []),
        ("the [MASK] sat", []),
        ("the ไ cat sat", ["Of 4 positions, 1 came out as [UNK]: the model has no pieces for part of this text"]),
        ("ไ cat", ["Of 2 positions, 1 came out as [UNK]: the model has no pieces for part of this text"]),
        ("ไ ไ cat", ["Of 3 positions, 2 came out as [UNK]: the model has no pieces for most of this text"]),
        ("ไ", ["Of 1 position, 1 came out as [UNK]: the model has no pieces for most of this text"]),
        ("the [SEP] cat", ["[SEP] stands in the text itself"]),
        ("[PAD] the [CLS] cat [PAD]", ["[CLS] stands in the text itself", "[PAD] stands in the text itself"]),
        ("the\x00 cat", ["The tokenizer drops 1 character of this text, "]),
        ("the\x00 \x1bcat\n\t", ["The tokenizer drops 2 characters of this text, "]),
    ):
        said = notices(encode(tiny, text))
        assert len(said) == len(expected)
        for sentence, start in zip(said, expected, strict=True):
            assert sentence.startswith(start)
            assert sentence.endswith(".")


def test_notices_of_a_pair_are_about_both_texts(tiny: ModelBundle) -> None:
    said = notices(encode(tiny, "the\x00 cat", "a\x07 [SEP]"))
    assert [sentence.split(" ")[0] for sentence in said] == ["[SEP]", "The"]
    assert "drops 2 characters" in said.said[1]


def test_the_template_of_another_family(checkpoint: Checkpoint) -> None:
    encoded = encode(checkpoint("tiny_roberta"), "a cat", "at")
    assert encoded.tokens == ("<s>", "a", "Ġcat", "</s>", "</s>", "at", "</s>")
    assert encoded.sequence.tolist() == [-1, 0, 0, -1, -1, 1, -1]
    assert encoded.n_counted == 3


def test_the_tokenizer_is_asked_under_its_lock(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    locked: list[bool] = []
    original = type(tiny.tokenizer).__call__

    def watched(self: object, *texts_: object, **options: object) -> object:
        locked.append(tiny.tokenizer_lock.locked())
        return original(self, *texts_, **options)

    monkeypatch.setattr(type(tiny.tokenizer), "__call__", watched)
    encode(tiny, "the cat", "the dog")
    assert locked == [True]


def test_the_normal_forms_of_characters_are_kept_within_bounds(
    tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenizing, "_REMEMBERED", 3)
    normal, known = tiny.tokenizer.backend_tokenizer.normalizer.normalize_str, {}
    for text in ("AbÉ", "xYz", "Ax"):
        found = tokenizing.normalised(tiny.tokenizer, tiny.tokenizer_lock, text, known)
        assert found == {char: normal(char) for char in text}
        assert set(known) == set("AbÉ")


def test_truncation_left_behind_by_someone_else_is_undone(tiny: ModelBundle) -> None:
    """A fast tokenizer remembers the truncation of its last call."""
    tiny.tokenizer("the cat sat", truncation=True, max_length=4)
    assert len(encode(tiny, "the cat sat on the mat")) == 8


def test_segment_ids_that_a_tokenizer_file_leaves_out(checkpoint_folder: Callable[[str], Path], tmp_path: Path) -> None:
    """Its template says segment 0 everywhere; the model was trained with two."""
    folder = shutil.copytree(checkpoint_folder("tiny_albert"), tmp_path / "one-segment")
    described = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    for part in described["post_processor"]["pair"]:
        next(iter(part.values()))["type_id"] = 0
    (folder / "tokenizer.json").write_text(json.dumps(described), encoding="utf-8")
    bundle = load_bundle(str(folder))
    assert set(bundle.tokenizer("the cat", "a dog", return_token_type_ids=True).token_type_ids) == {0}
    assert encode(bundle, "the cat", "a dog").segment_ids.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert encode(bundle, "the cat").segment_ids.tolist() == [0, 0, 0, 0]
    assert compare_segmentations(bundle, "the cat", "a dog")["correct"].encoded.segment_ids.max() == 1


def test_a_model_without_segments_is_given_none(checkpoint: Checkpoint) -> None:
    assert not encode(checkpoint("tiny_roberta"), "a cat", "at").segment_ids.any()


def test_the_mask_token_is_told_by_id(tiny: ModelBundle, checkpoint: Checkpoint) -> None:
    for bundle, text in ((tiny, "a [MASK] [SEP] <mask>"), (checkpoint("tiny_roberta"), "a <mask> [MASK]")):
        encoded = encode(bundle, text)
        assert encoded.masked.sum() == 1
        assert encoded.ids[encoded.masked].tolist() == [bundle.tokenizer.mask_token_id]


@pytest.mark.parametrize("trimmed", [True, False])
def test_spans_hold_no_white_space(checkpoint_folder: Callable[[str], Path], tmp_path: Path, trimmed: bool) -> None:
    """Byte-level pieces begin with the space before them; some tokenizers count it in, a mark in the text must not."""
    folder = shutil.copytree(checkpoint_folder("tiny_roberta"), tmp_path / "spaced")
    described = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    described["post_processor"]["trim_offsets"] = trimmed
    (folder / "tokenizer.json").write_text(json.dumps(described), encoding="utf-8")
    change_json(folder, "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"})
    text = "a cat at"
    encoded = encode(load_bundle(str(folder)), text)
    assert encoded.tokens == ("<s>", "a", "Ġcat", "Ġ", "at", "</s>")
    marked = [text[slice(*span)] for span in encoded.span.tolist()]
    assert marked[:3] + marked[4:] == ["", "a", "cat", "at", ""]
    assert not marked[3].strip()


def test_notices_in_the_words_of_another_family(checkpoint: Checkpoint) -> None:
    bundle = checkpoint("tiny_roberta")
    (said,) = notices(encode(bundle, "a<unk>"))
    assert said.startswith("Of 2 positions, 1 came out as <unk>: ")
    assert notices(encode(bundle, "a\x00b\x07")).said == (), "it keeps what BERT's drops"
