"""The hidden reading against plain transformers on the text with exactly the named positions masked."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from analysis import HiddenReading, InputError, ModelBundle, read_hidden, read_maskings, read_seen
from analysis.choices import MASKINGS, Masking
from analysis.limits import PASS_TOKENS
from analysis.tasks.hidden import plan_hidden, read_rows, reading_of
from analysis.texts.encoding import encode
from analysis.types import Edit
from tests.analysis.engine_spy import watched_engine
from tests.analysis.hidden_oracle import Sheet, log2_p_observed
from tests.analysis.oracle import Plain, assert_agrees, assert_statistics_agree
from tests.analysis.texts import AWKWARD, SENTENCE_A, texts

TEXTS: dict[str, tuple[str, str | None, tuple[Edit, ...]]] = {
    "one token": ("a", None, ()),
    "words of one piece": ("the cat sat on the mat .", None, ()),
    "words of several pieces": ("zebra cats sat", None, ()),
    "one word": ("zebras", None, ()),
    "punctuation inside words": ("the cat,dog! was 1,2. dark!", None, ()),
    "a pair": ("the cats sat", "she opened doors", ()),
    "the same word on both sides": ("zebra", "zebra", ()),
    "an unknown word": ("the ไ cats", None, ()),
    "a typed [SEP]": ("the cats [SEP] sat", None, ()),
    "a typed [MASK]": ("the cats [MASK] zebra [MASK]", "a [MASK]", ()),
    "a [MASK] against a word": ("cats[MASK]s zebra", None, ()),
    "everything typed": ("[CLS] a [MASK] cats [SEP] zeb [PAD] d [UNK]", None, ()),
    "an edit": ("the cats sat", None, ((2, 7),)),
    "an edit inside a word": ("zebra sat", None, ((3, 9),)),
    "an edit to [MASK]": ("zebra sat", None, ((3, 4), (6, 4))),
    "an edit to another special inside a word": ("zebra sat", None, ((3, 3), (5, 0))),
    "edits of a pair": ("the cats", "zebra", ((6, 30), (1, 14))),
}


def assert_reads_hidden(reading: HiddenReading, sheet: Sheet) -> None:
    """All numbers of a hidden reading, and the seen one that came with it."""
    seen, masked = sheet.answer(), sheet.hidden_answer(reading.masking)
    assert reading.encoded.ids.tolist() == sheet.ids
    assert_agrees(reading.seen, seen)
    assert_statistics_agree(reading.statistics, masked)
    gap = log2_p_observed(seen) - log2_p_observed(masked)
    np.testing.assert_allclose(reading.copy_gap_bits, gap, rtol=0, atol=4e-4)
    outside = np.setdiff1d(np.arange(len(sheet.ids)), sheet.counted)
    assert (reading.copy_gap_bits[outside] == 0).all()
    assert reading.encoded.outside.nonzero()[0].tolist() == outside.tolist()


@pytest.mark.parametrize(("text_a", "text_b", "edits"), TEXTS.values(), ids=TEXTS)
def test_every_row(
    tiny: ModelBundle, tiny_plain: Plain, text_a: str, text_b: str | None, edits: tuple[Edit, ...]
) -> None:
    sheet = Sheet.of(tiny_plain, text_a, text_b, edits)
    for reading in read_maskings(tiny, text_a, text_b, k=5, edits=edits):
        assert_reads_hidden(reading, sheet)
        assert reading.n_inputs == len(sheet.masked_sets(reading.masking))


def test_the_maskings_differ_where_a_word_has_several_pieces(tiny: ModelBundle) -> None:
    """Or the tests above could take one for another."""
    token, l2r, word, stretch = read_maskings(tiny, "the zebra", k=1)
    assert l2r.statistics.surprisal_bits.tolist() == stretch.statistics.surprisal_bits.tolist()
    one, other, third = (each.statistics.surprisal_bits for each in (token, l2r, word))
    assert [one[1] == other[1] == third[1], other[2] == third[2]] == [True, True]
    assert min(abs(one[2] - other[2]), *abs(other[3:6] - third[3:6])) > 1e-3
    assert one[6] == other[6] != third[6], "the last piece has no later ones"


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD)
def test_awkward_texts_on_the_bundled_model(bundled: ModelBundle, plain: Plain, text: str) -> None:
    assert_reads_hidden(read_hidden(bundled, text, k=3), Sheet.of(plain, text))


def test_the_default_is_word_l2r(bundled: ModelBundle, plain: Plain) -> None:
    reading = read_hidden(bundled, SENTENCE_A)
    assert reading.masking == "word_l2r"
    assert_reads_hidden(reading, Sheet.of(plain, SENTENCE_A))


@pytest.mark.parametrize("name", ["tiny_roberta", "tiny_albert", "tiny_distilbert", "wide_head"])
def test_other_families(
    checkpoint: Callable[[str], ModelBundle], checkpoint_folder: Callable[[str], Path], name: str
) -> None:
    plain = Plain.load(checkpoint_folder(name), two_heads=name in {"tiny_albert", "wide_head"})
    for reading in read_maskings(checkpoint(name), "a cat, zebras at", k=4):
        assert_reads_hidden(reading, Sheet.of(plain, "a cat, zebras at"))


@settings(max_examples=15)
@given(text=texts)
def test_any_text(tiny: ModelBundle, tiny_plain: Plain, text: str) -> None:
    try:
        readings = read_maskings(tiny, text, k=3)
    except InputError:
        return  # what may be refused is the subject of test_bad_input and of the seen reading's own test
    for reading in readings:
        assert_reads_hidden(reading, Sheet.of(tiny_plain, text))


# --- several maskings at once ---

SHARED = ("zebra cats sat on the mat, she [MASK] ไ", "the doors")


def assert_same(one: HiddenReading, other: HiddenReading) -> None:
    """Two readings, up to what the company in a batch does to the last digits."""
    assert (one.masking, one.n_inputs, one.encoded.tokens) == (other.masking, other.n_inputs, other.encoded.tokens)
    assert one.statistics.rank.tolist() == other.statistics.rank.tolist()
    assert one.top_tokens == other.top_tokens
    for name in ("p_observed", "surprisal_bits", "entropy_bits", "top_p"):
        np.testing.assert_allclose(getattr(one.statistics, name), getattr(other.statistics, name), atol=2e-5)


def test_rows_that_hide_the_same_are_run_once(tiny: ModelBundle, tiny_plain: Plain) -> None:
    with watched_engine() as calls:
        read_maskings(tiny, *SHARED)
    sheet = Sheet.of(tiny_plain, *SHARED)
    sets = sheet.masked_sets(*MASKINGS)
    assert len(sets) < sum(len(sheet.masked_sets(masking)) for masking in MASKINGS)
    expected = [sheet.ids, *(sheet.with_masks(each) for each in sets)]
    assert sorted(calls.ids) == sorted(expected), "the seen input, and each masked set once"


def test_three_at_once_are_three_readings(tiny: ModelBundle) -> None:
    together = read_maskings(tiny, *SHARED, k=4)
    assert tuple(reading.masking for reading in together) == MASKINGS
    for reading in together:
        assert_same(reading, read_hidden(tiny, *SHARED, masking=reading.masking, k=4))


def test_maskings_come_in_the_order_asked_for(tiny: ModelBundle) -> None:
    asked: tuple[Masking, ...] = ("word", "token")
    first, second = read_maskings(tiny, *SHARED, maskings=asked)
    assert (first.masking, second.masking) == asked
    assert_same(first, read_hidden(tiny, *SHARED, masking="word"))


def test_the_seen_reading_that_comes_along(tiny: ModelBundle) -> None:
    for reading in read_maskings(tiny, *SHARED, k=4):
        alone = read_seen(tiny, *SHARED, k=4)
        assert reading.seen.statistics.rank.tolist() == alone.statistics.rank.tolist()
        assert reading.seen.nsp == alone.nsp
        assert reading.provenance == alone.provenance


# --- chunks ---


def test_chunks_hold_as_many_inputs_as_fit(tiny: ModelBundle) -> None:
    plan = plan_hidden(tiny, encode(tiny, *SHARED), MASKINGS)
    edges = [*range(0, len(plan.inputs), 3), len(plan.inputs)]
    assert plan.chunks_of(3 * len(plan.encoded) + 1) == tuple(pairwise(edges))
    assert plan.chunks_of(1) == tuple((number, number + 1) for number in range(len(plan.inputs)))


def test_a_chunk_is_one_pass(tiny: ModelBundle) -> None:
    plan = plan_hidden(tiny, encode(tiny, "cat " * 60), MASKINGS)
    chunks = plan.chunks_of(PASS_TOKENS)
    assert len(chunks) == 2
    for chunk in chunks:
        with watched_engine() as calls:
            read_rows(tiny, plan, chunk, 1)
        assert len(calls.inputs) == 1


def test_what_has_not_come_has_no_rank_and_no_copy_gap(tiny: ModelBundle) -> None:
    seen = read_seen(tiny, *SHARED, k=4)
    plan = plan_hidden(tiny, seen.encoded, ("token",))
    rows = read_rows(tiny, plan, plan.chunks_of(60)[0], 4)
    part = reading_of(tiny, plan, rows, seen, "token")
    there, missing = ~part.encoded.outside & part.known, ~part.known
    assert (there.sum(), part.complete) == (len(rows.rank), False)
    assert missing.any()
    assert part.statistics.rank[missing].tolist() == [0] * missing.sum()
    assert np.isnan(part.copy_gap_bits[missing]).all()
    assert (part.copy_gap_bits[part.encoded.outside] == 0).all()
