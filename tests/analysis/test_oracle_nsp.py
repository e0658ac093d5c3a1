"""The next-sentence head on every variant, against plain calls with the three input rows written out by hand."""

import pytest
from hypothesis import given

from analysis import InputError, ModelBundle, SegmentationComparison, Variant, compare_segmentations, read_seen
from analysis.tasks.segmentations import VARIANT_NAMES
from tests.analysis.oracle import Plain, assert_z_agrees
from tests.analysis.texts import SENTENCE_A, SENTENCE_B, texts

A, B = "She opened the door.", "The room was dark."

# The ids of bert-base-uncased's vocabulary.
CLS, SEP = 101, 102
SHE, OPENED, THE, DOOR, STOP, ROOM, WAS, DARK = 2016, 2441, 1996, 2341, 1012, 2282, 2001, 2601

BY_HAND: dict[str, tuple[list[int], list[int], list[int]]] = {
    "one_segment": (
        [CLS, SHE, OPENED, THE, DOOR, STOP, THE, ROOM, WAS, DARK, STOP, SEP],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ),
    "separator_only": (
        [CLS, SHE, OPENED, THE, DOOR, STOP, SEP, THE, ROOM, WAS, DARK, STOP, SEP],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ),
    "segment_ids_only": (
        [CLS, SHE, OPENED, THE, DOOR, STOP, THE, ROOM, WAS, DARK, STOP, SEP],
        [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ),
    "correct": (
        [CLS, SHE, OPENED, THE, DOOR, STOP, SEP, THE, ROOM, WAS, DARK, STOP, SEP],
        [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ),
    "swapped": (
        [CLS, THE, ROOM, WAS, DARK, STOP, SEP, SHE, OPENED, THE, DOOR, STOP, SEP],
        [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ),
    "flipped_ids": (
        [CLS, SHE, OPENED, THE, DOOR, STOP, SEP, THE, ROOM, WAS, DARK, STOP, SEP],
        [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ),
    "ids_as_mask": (
        [CLS, SHE, OPENED, THE, DOOR, STOP, SEP, THE, ROOM, WAS, DARK, STOP, SEP],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
    ),
    "wrong_boundary": (
        [CLS, SHE, OPENED, SEP, THE, DOOR, STOP, THE, ROOM, WAS, DARK, STOP, SEP],
        [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    ),
}


@pytest.fixture(scope="module")
def comparison(bundled: ModelBundle) -> SegmentationComparison:
    return compare_segmentations(bundled, A, B)


@pytest.mark.parametrize("name", BY_HAND)
def test_variant_written_out_by_hand(comparison: SegmentationComparison, plain: Plain, name: str) -> None:
    variant = comparison[name]
    assert rows_of(variant) == BY_HAND[name]
    assert_variant_agrees(variant, plain)


def test_the_variants_come_in_one_order(comparison: SegmentationComparison) -> None:
    assert tuple(variant.name for variant in comparison.variants) == VARIANT_NAMES == tuple(BY_HAND)
    assert comparison.left_out == ()
    assert [variant.nsp.lone_segment for variant in comparison.variants] == [True] + [False] * 7


def test_the_variants_differ_as_they_should(comparison: SegmentationComparison) -> None:
    """Otherwise a model that ignores its inputs would pass the tests above."""
    margins = [variant.nsp.margin_nats for variant in comparison.variants]
    assert min(abs(m - other) for i, m in enumerate(margins) for other in margins[:i]) > 1e-3


def test_the_notebook_s_pair(bundled: ModelBundle, plain: Plain) -> None:
    a, b = (plain.tokenizer(text, add_special_tokens=False).input_ids for text in (SENTENCE_A, SENTENCE_B))
    together = len(a) + len(b)
    compared = compare_segmentations(bundled, SENTENCE_A, SENTENCE_B)
    expected = {
        "one_segment": ([CLS, *a, *b, SEP], [0] * (together + 2)),
        "separator_only": ([CLS, *a, SEP, *b, SEP], [0] * (together + 3)),
        "segment_ids_only": ([CLS, *a, *b, SEP], [0] * (len(a) + 1) + [1] * (len(b) + 1)),
        "correct": ([CLS, *a, SEP, *b, SEP], [0] * (len(a) + 2) + [1] * (len(b) + 1)),
        "swapped": ([CLS, *b, SEP, *a, SEP], [0] * (len(b) + 2) + [1] * (len(a) + 1)),
        "flipped_ids": ([CLS, *a, SEP, *b, SEP], [1] * (len(a) + 2) + [0] * (len(b) + 1)),
    }
    for name, (ids, segment_ids) in expected.items():
        assert rows_of(compared[name]) == (ids, segment_ids, [1] * len(ids))
    for variant in compared.variants:
        assert_variant_agrees(variant, plain)


@given(text_a=texts, text_b=texts)
def test_any_pair(tiny: ModelBundle, tiny_plain: Plain, text_a: str, text_b: str) -> None:
    try:
        compared = compare_segmentations(tiny, text_a, text_b)
    except InputError:
        return  # what may be refused is the subject of test_bad_input and of the readings' own test
    batch = tiny_plain.tokenizer(text_a, text_b)
    assert rows_of(compared["correct"]) == (batch.input_ids, batch.token_type_ids, batch.attention_mask)
    for variant in compared.variants:
        assert_variant_agrees(variant, tiny_plain)
    assert len(compared.variants) + len(compared.left_out) == len(VARIANT_NAMES)


def test_the_reading_of_a_pair_has_the_correct_variant_s_answer(
    bundled: ModelBundle, comparison: SegmentationComparison
) -> None:
    reading = read_seen(bundled, A, B)
    assert reading.nsp is not None
    assert reading.nsp.margin_nats == pytest.approx(comparison["correct"].nsp.margin_nats, abs=1e-4)
    assert not reading.nsp.lone_segment


def test_a_reading_of_one_text_is_a_lone_segment(bundled: ModelBundle, plain: Plain) -> None:
    reading = read_seen(bundled, f"{A} {B}")
    answer = plain.answer(f"{A} {B}")
    assert reading.nsp is not None
    assert answer.z is not None
    assert reading.nsp.lone_segment
    assert_z_agrees((reading.nsp.logit_is_next, reading.nsp.logit_not_next), reading.nsp.margin_nats, answer.z)


def rows_of(variant: Variant) -> tuple[list[int], list[int], list[int]]:
    encoded = variant.encoded
    return encoded.ids.tolist(), encoded.segment_ids.tolist(), encoded.attention_mask.tolist()


def assert_variant_agrees(variant: Variant, plain: Plain) -> None:
    answer = variant.nsp
    assert_z_agrees((answer.logit_is_next, answer.logit_not_next), answer.margin_nats, plain.z(*rows_of(variant)))
