"""Families other than BERT, each against the plain forward of its own class."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given

from analysis import InputError, ModelBundle, compare_segmentations, read_seen
from tests.analysis.oracle import Plain, assert_agrees, assert_z_agrees
from tests.analysis.texts import texts

TWO_HEADED = ("tiny_bert", "hub_layout", "wide_head", "tiny_albert")
ONE_HEADED = ("tiny_roberta", "tiny_distilbert", "tiny_modernbert", "tiny_electra", "without_nsp")
PAIRS = (
    ("the cat sat on the mat.", None),
    ("the cat sat on the mat.", "she opened a door!"),
    ("the [MASK] <mask> sat", None),
    ("e\u0301 🙂 ไทย", "שלום"),
    ("a", None),
)


@pytest.fixture(scope="session")
def plain_of(checkpoint_folder: Callable[[str], Path]) -> Callable[[str], Plain]:
    loaded: dict[str, Plain] = {}

    def plain(name: str) -> Plain:
        if name not in loaded:
            loaded[name] = Plain.load(checkpoint_folder(name), two_heads=name in TWO_HEADED)
        return loaded[name]

    return plain


@pytest.mark.parametrize("name", TWO_HEADED + ONE_HEADED)
def test_a_reading_is_the_family_s_own(
    checkpoint: Callable[[str], ModelBundle], plain_of: Callable[[str], Plain], name: str
) -> None:
    bundle, plain = checkpoint(name), plain_of(name)
    for text_a, text_b in PAIRS:
        batch = plain.tokenizer(text_a, text_b, return_tensors="pt", return_token_type_ids=bundle.uses_segment_ids)
        assert_agrees(read_seen(bundle, text_a, text_b, k=9), plain.run(**batch))


@given(text=texts)
def test_byte_level_pieces_read_any_text(
    checkpoint: Callable[[str], ModelBundle], plain_of: Callable[[str], Plain], text: str
) -> None:
    bundle, plain = checkpoint("tiny_roberta"), plain_of("tiny_roberta")
    try:
        reading = read_seen(bundle, text, k=3)
    except InputError:
        assert not text.strip() or len(plain.tokenizer(text).input_ids) > bundle.max_tokens
    else:
        assert_agrees(reading, plain.answer(text))


def test_the_order_head_on_every_variant(
    checkpoint: Callable[[str], ModelBundle], plain_of: Callable[[str], Plain]
) -> None:
    compared = compare_segmentations(checkpoint("tiny_albert"), "the cat sat.", "the dog sat on the mat.")
    assert compared.meaning == "sentence order"
    for variant in compared.variants:
        rows = (variant.encoded.ids, variant.encoded.segment_ids, variant.encoded.attention_mask)
        expected = plain_of("tiny_albert").z(*(row.tolist() for row in rows))
        answer = variant.nsp
        assert_z_agrees((answer.logit_is_next, answer.logit_not_next), answer.margin_nats, expected)
    assert compared["correct"].encoded.segment_ids.max() == 1


def test_a_masked_token_of_another_name_is_left_out(checkpoint: Callable[[str], ModelBundle]) -> None:
    reading = read_seen(checkpoint("tiny_roberta"), "a <mask> cat")
    assert [token for token, out in zip(reading.encoded.tokens, reading.encoded.outside, strict=True) if out] == [
        "<s>",
        "<mask>",
        "</s>",
    ]
    assert reading.notices.said == ()
