"""Alignment of two inputs: every position in exactly one pair, the longest common subsequence matched."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.models.bundle import ModelBundle
from analysis.texts.align import GAP, align, align_tokens, kind_of
from analysis.texts.encoding import encode
from tests.analysis.stand_ins import assert_rejects

LETTERS = st.text("abc", max_size=9)
CASES = {
    "nothing": ("", "", ""),
    "equal": ("abc", "abc", "aa bb cc"),
    "one replaced": ("abc", "axc", "aa bx cc"),
    "one more": ("ac", "abc", "aa -b cc"),
    "one less": ("abc", "ac", "aa b- cc"),
    "a longer run replaced by a shorter": ("axyzc", "apc", "aa xp y- z- cc"),
    "a shorter run replaced by a longer": ("apc", "axyzc", "aa px -y -z cc"),
    "nothing in common": ("ab", "xyz", "ax by -z"),
    "all of one side gone": ("ab", "", "a- b-"),
    "moved": ("abcd", "bcda", "a- bb cc dd -a"),
}


def spelled(a: str, b: str) -> str:
    return " ".join(f"{'-' if i == GAP else a[i]}{'-' if j == GAP else b[j]}" for i, j in align(a, b))


def test_small_cases() -> None:
    for a, b, pairs in CASES.values():
        assert spelled(a, b) == pairs


def longest(a: str, b: str) -> int:
    if not a or not b:
        return 0
    if a[0] == b[0]:
        return 1 + longest(a[1:], b[1:])
    return max(longest(a[1:], b), longest(a, b[1:]))


def assert_aligns(align: object, a: str, b: str) -> None:
    pairs = align(a, b)  # ty: ignore[call-non-callable]
    assert [i for i, _ in pairs if i != GAP] == list(range(len(a)))
    assert [j for _, j in pairs if j != GAP] == list(range(len(b)))
    assert (GAP, GAP) not in pairs
    kinds = [kind_of(pair, a, b) for pair in pairs]
    assert kinds.count("match") == longest(a, b)
    between = "".join({"match": "|", "substitution": "s", "insertion": "i", "deletion": "d"}[kind] for kind in kinds)
    for run in between.split("|"):
        assert run in ("s" * run.count("s") + "i" * run.count("i"), "s" * run.count("s") + "d" * run.count("d"))


@given(LETTERS, LETTERS)
def test_every_index_once_in_order_with_the_most_matches(a: str, b: str) -> None:
    assert_aligns(align, a, b)


def test_stand_ins_are_rejected() -> None:
    def place_by_place(a: str, b: str) -> list[tuple[int, int]]:
        shorter = min(len(a), len(b))
        rest = [(i, GAP) for i in range(shorter, len(a))] + [(GAP, j) for j in range(shorter, len(b))]
        return [*((i, i) for i in range(shorter)), *rest]

    assert_rejects(assert_aligns, place_by_place, "abc", "bc")
    assert_rejects(assert_aligns, lambda a, b: align(a, b)[:-1], "abc", "abc")


def tokens(bundle: ModelBundle, a: tuple[str, ...], b: tuple[str, ...]) -> str:
    one, other = encode(bundle, *a), encode(bundle, *b)
    return " ".join(
        f"{'-' if i == GAP else one.tokens[i]}/{'-' if j == GAP else other.tokens[j]}"
        for i, j in align_tokens(one, other)
    )


def test_segments_are_aligned_with_segments(tiny: ModelBundle) -> None:
    found = tokens(tiny, ("the cat", "a dog sat"), ("the dog", "a cat sat"))
    assert found == "[CLS]/[CLS] the/the cat/dog [SEP]/[SEP] a/a dog/cat sat/sat [SEP]/[SEP]"
    # As a whole the dog of one segment would be matched with the dog of the other.
    found = tokens(tiny, ("the", "dog"), ("the dog", "sat"))
    assert found == "[CLS]/[CLS] the/the -/dog [SEP]/[SEP] dog/sat [SEP]/[SEP]"


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        (("the cat sat",), ("the cat", "sat"), "[CLS]/[CLS] the/the cat/cat -/[SEP] sat/sat [SEP]/[SEP]"),
        (("the cat", "sat"), ("the cat sat",), "[CLS]/[CLS] the/the cat/cat [SEP]/- sat/sat [SEP]/[SEP]"),
    ],
)
def test_a_lone_text_is_aligned_with_a_pair_as_a_whole(
    tiny: ModelBundle, a: tuple[str, ...], b: tuple[str, ...], pairs: str
) -> None:
    assert tokens(tiny, a, b) == pairs


def test_one_text_cut_at_two_places_is_aligned_as_a_whole(tiny: ModelBundle) -> None:
    found = tokens(tiny, ("the cat", "sat on a mat"), ("the cat sat on", "a mat"))
    assert found.count("-/") == found.count("/-") == 1
    assert "sat/sat on/on" in found


def test_a_tokenizer_that_counts_spaces_aligns_cuts_all_the_same(checkpoint: Callable[[str], ModelBundle]) -> None:
    found = tokens(checkpoint("tiny_roberta"), ("the cat", "sat on a mat"), ("the cat sat on", "a mat"))
    kinds = [pair.split("/") for pair in found.split(" ")]
    assert sum("-" in pair for pair in kinds) <= 4, "the separators alone have no partner"


def test_a_segment_is_the_text_that_a_position_stands_with(tiny: ModelBundle) -> None:
    np.testing.assert_array_equal(encode(tiny, "the cat", "sat").stands_with, [0, 0, 0, 0, 1, 1])
