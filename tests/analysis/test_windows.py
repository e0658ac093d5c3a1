"""Texts too long for one input: where the windows lie, plain transformers on them, and that nothing is ever cut."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import HiddenReading, InputError, ModelBundle, SeenReading, load_bundle, read_hidden, read_seen
from analysis.choices import MASKINGS, Masking
from analysis.limits import MAX_WINDOWED_TOKENS
from analysis.tasks.hidden import plan_hidden
from analysis.texts.encoding import encode
from analysis.texts.windows import windows
from analysis.types import Tensors, Window
from tests.analysis.checkpoints import TOY_LIMIT, tiny_bert
from tests.analysis.hidden_oracle import Sheet
from tests.analysis.oracle import Answer, Plain, assert_agrees, assert_statistics_agree
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects

LONG = "the zebra cats sat on the mat, she [MASK] opened doors ไ was dark! " * 5
"""A hundred positions of a model with 64, with words of several pieces, some of them across a window's end."""

Cut = tuple[Window, ...]

NOTHING = np.zeros(0, np.int32)
A_WINDOW = Window(Tensors(NOTHING, NOTHING, NOTHING), NOTHING, 0, 0)


# --- where they lie ---


def check_covered_once(cut: Cut, length: int) -> None:
    reported = [position for window in cut for position in range(window.first, window.last)]
    assert reported == list(range(length))
    for window in cut:
        assert set(range(window.first, window.last)) <= set(window.positions.tolist())


def check_layout(cut: Cut, length: int, max_tokens: int) -> None:
    """Each is [CLS], an unbroken stretch, [SEP]; all of them full; neighbours share half of their pieces or more."""
    room = max_tokens - 2
    starts = []
    for window in cut:
        first, *stretch, last = window.positions.tolist()
        assert (first, last) == (0, length - 1)
        assert stretch == list(range(stretch[0], stretch[0] + room))
        starts.append(stretch[0])
    steps = np.diff(starts).tolist()
    assert (starts[0], starts[-1]) == (1, length - 1 - room)
    assert steps[:-1] == [max(1, room // 2)] * (len(steps) - 1)
    assert 1 <= steps[-1] <= max(1, room // 2)


def check_most_context(cut: Cut) -> None:
    """Of the two sides of a position the shorter is as long as in any window that has it."""

    def shorter_side(window: Window, position: int) -> int:
        stretch = window.positions[1:-1]
        return min(position - int(stretch[0]), int(stretch[-1]) - position)

    for window in cut:
        for position in set(range(window.first, window.last)) & set(window.positions[1:-1].tolist()):
            sides = [shorter_side(each, position) for each in cut if position in each.positions[1:-1]]
            assert shorter_side(window, position) == max(sides)


def check(cut: Cut, length: int, max_tokens: int) -> None:
    check_covered_once(cut, length)
    check_layout(cut, length, max_tokens)
    check_most_context(cut)


def side_by_side(length: int, max_tokens: int) -> Cut:
    """A stand-in whose windows don't overlap: the first word of each has nothing before it."""
    room = max_tokens - 2
    stretches = [np.arange(start, min(start + room, length - 1)) for start in range(1, length - 1, room)]
    return tuple(
        replace(
            A_WINDOW,
            positions=np.concatenate([[0], stretch, [length - 1]]),
            first=0 if number == 0 else stretch[0],
            last=length if number == len(stretches) - 1 else stretch[-1] + 1,
        )
        for number, stretch in enumerate(stretches)
    )


def from_the_first_that_has_it(cut: Cut) -> Cut:
    """A stand-in that reports every position from the first window it is in, up to its very end."""
    ends = [int(window.positions[-2]) + 1 for window in cut]
    return tuple(
        replace(window, first=0 if number == 0 else ends[number - 1], last=ends[number] + (number == len(cut) - 1))
        for number, window in enumerate(cut)
    )


@given(length=st.integers(5, 150), max_tokens=st.integers(3, 64))
def test_where_the_windows_lie(tiny: ModelBundle, length: int, max_tokens: int) -> None:
    encoded = encode(tiny, "cat " * (length - 2), in_windows=True)
    cut = windows(encoded, max_tokens)
    if length <= max_tokens:
        assert [(window.first, window.last) for window in cut] == [(0, length)]
        assert cut[0].positions.tolist() == list(range(length))
        return
    check(cut, length, max_tokens)
    for window in cut:
        assert len(window.tensors) == max_tokens
        for name in ("ids", "segment_ids", "attention_mask"):
            np.testing.assert_array_equal(getattr(window.tensors, name), getattr(encoded, name)[window.positions])


def test_windows_by_hand(tiny: ModelBundle) -> None:
    cut = windows(encode(tiny, "cat " * 9), 6)  # [CLS] 1..9 [SEP], four pieces at once
    assert [window.positions[1:-1].tolist() for window in cut] == [
        [1, 2, 3, 4],
        [3, 4, 5, 6],
        [5, 6, 7, 8],
        [6, 7, 8, 9],
    ]
    assert [(window.first, window.last) for window in cut] == [(0, 4), (4, 6), (6, 7), (7, 11)]


def test_windows_that_lie_otherwise_are_noticed(tiny: ModelBundle) -> None:
    cut = windows(encode(tiny, "cat " * 300, in_windows=True), 62)
    check(cut, 302, 62)
    aside = side_by_side(302, 62)
    check_covered_once(aside, 302)
    assert_rejects(check_layout, aside, 302, 62)
    check_covered_once(from_the_first_that_has_it(cut), 302)
    assert_rejects(check_most_context, from_the_first_that_has_it(cut))
    for wrong in (cut[:-1], cut[1:], (*cut, cut[-1])):
        assert_rejects(check_covered_once, wrong, 302)


# --- what is read in them ---


def in_windows(sheet: Sheet, cut: Cut, masking: Masking | None) -> Answer:
    """Plain transformers on each window's ids; of each position the row of the window that reports it."""
    logits = []
    for window in cut:
        rows = window.positions.tolist()
        part = sheet.window(rows)
        answer = part.answer() if masking is None else part.hidden_answer(masking)
        logits += [answer.logits[rows.index(position)] for position in range(window.first, window.last)]
    return Answer(np.array(sheet.ids), np.array(logits), None)


@pytest.mark.parametrize("name", ["tiny_bert", "tiny_roberta"])
def test_a_long_text_is_read_window_by_window(
    checkpoint: Callable[[str], ModelBundle], checkpoint_folder: Callable[[str], Path], name: str
) -> None:
    bundle, plain = checkpoint(name), Plain.load(checkpoint_folder(name), two_heads=name == "tiny_bert")
    sheet = Sheet.of(plain, LONG)
    reading = read_seen(bundle, LONG, k=5, in_windows=True)
    assert len(sheet.ids) > bundle.max_tokens
    check(reading.windows, len(sheet.ids), bundle.max_tokens)
    assert_agrees(reading, in_windows(sheet, reading.windows, None))
    said = f"read in {len(reading.windows)} overlapping windows"
    assert [said in notice for notice in reading.notices].count(True) == 1
    assert reading.provenance.truncation == f"none; {len(reading.windows)} windows of {bundle.max_tokens} tokens"


@pytest.mark.parametrize("masking", MASKINGS)
def test_a_long_text_is_hidden_window_by_window(tiny: ModelBundle, tiny_plain: Plain, masking: Masking) -> None:
    sheet = Sheet.of(tiny_plain, LONG)
    reading = read_hidden(tiny, LONG, masking=masking, k=5, in_windows=True)
    cut = reading.seen.windows
    ends = [int(window.positions[-2]) for window in cut]
    assert any(sheet.word_ids[end] == sheet.word_ids[end + 1] for end in ends[:-1]), "or no word is cut by a window"
    assert reading.encoded.ids.tolist() == sheet.ids
    assert_statistics_agree(reading.statistics, in_windows(sheet, cut, masking))
    assert_agrees(reading.seen, in_windows(sheet, cut, None))


def test_an_edit_in_a_long_text(tiny: ModelBundle, tiny_plain: Plain) -> None:
    edits = ((1, 7), (70, 4), (80, 9))
    sheet = Sheet.of(tiny_plain, LONG, edits=edits)
    reading = read_hidden(tiny, LONG, k=2, edits=edits, in_windows=True)
    assert_statistics_agree(reading.statistics, in_windows(sheet, reading.seen.windows, "word_l2r"))


# --- a text that fits ---


def test_a_text_that_fits_is_read_as_ever(tiny: ModelBundle) -> None:
    for words in (1, 20, TOY_LIMIT - 2):
        text = "cat " * words
        for one, other in (
            (read_seen(tiny, text), read_seen(tiny, text, in_windows=True)),
            (read_hidden(tiny, text), read_hidden(tiny, text, in_windows=True)),
        ):
            assert numbers(one) == numbers(other)
        seen = read_seen(tiny, text, in_windows=True)
        assert (seen.windows, seen.notices.said, seen.provenance.truncation) == ((), (), "none")
        assert seen.nsp is not None


def numbers(reading: SeenReading | HiddenReading) -> list[bytes]:
    return [getattr(reading.statistics, name).tobytes() for name in reading.statistics.__slots__]


# --- what is refused, never cut ---


def check_nothing_is_lost(read: Callable[[str], SeenReading | HiddenReading]) -> None:
    """Whatever the length: every position is there with its id and a number, or the sentence says how many came."""
    for words in (TOY_LIMIT - 2, TOY_LIMIT - 1, 200, MAX_WINDOWED_TOKENS - 2, MAX_WINDOWED_TOKENS - 1, 20_000):
        try:
            reading = read("cat " * words)
        except InputError as error:
            assert_plain_sentence(error)
            assert f"This text has {words + 2:,} tokens with the special ones; at most " in str(error)
        else:
            assert reading.encoded.ids.tolist() == [2, *[6] * words, 3]
            assert len(reading.statistics.surprisal_bits) == words + 2
            assert np.isfinite(reading.statistics.surprisal_bits).all()


def test_a_long_text_is_never_cut(tiny: ModelBundle) -> None:
    check_nothing_is_lost(lambda text: read_seen(tiny, text, k=1))
    check_nothing_is_lost(lambda text: read_seen(tiny, text, k=1, in_windows=True))
    assert_rejects(check_nothing_is_lost, lambda text: read_seen(tiny, text[: 4 * 62], k=1))
    assert_rejects(check_nothing_is_lost, lambda text: read_seen(tiny, text[: 4 * 2000], k=1, in_windows=True))


REFUSED = {
    "more than one input": (
        ("cat " * 63, None),
        False,
        "This text has 65 tokens with the special ones; at most 64 are read with this model: shorten by 1 token, "
        "or read it in overlapping windows.",
    ),
    "more than all windows": (
        ("cat " * 4095, None),
        True,
        "This text has 4,097 tokens with the special ones; at most 4,096 are read in parts: shorten by 1 token.",
    ),
    "a pair": (
        ("cat " * 60, "cat " * 3),
        True,
        "These two texts have 66 tokens with the special ones; at most 64 are read with this model: shorten by "
        "2 tokens.",
    ),
}


@pytest.mark.parametrize(("texts", "wide", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_too_long(tiny: ModelBundle, texts: tuple[str, str | None], wide: bool, sentence: str) -> None:
    for read in (read_seen, read_hidden):
        with pytest.raises(InputError) as caught:
            read(tiny, *texts, in_windows=wide)
        assert str(caught.value) == sentence


def test_the_limits_of_windows(tiny: ModelBundle) -> None:
    assert len(encode(tiny, "cat " * 4094, in_windows=True)) == MAX_WINDOWED_TOKENS
    assert read_seen(tiny, "cat " * 58, "cat " * 3, in_windows=True).nsp is not None


def test_a_model_with_hardly_any_room(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "short", max_position_embeddings=4)
    bundle, plain = load_bundle(str(folder)), Plain.load(folder)
    reading = read_hidden(bundle, "the cats sat", masking="word", in_windows=True)
    check(reading.seen.windows, 6, 4)
    sheet = Sheet.of(plain, "the cats sat")
    assert_statistics_agree(reading.statistics, in_windows(sheet, reading.seen.windows, "word"))


def test_one_word_of_a_thousand_pieces_is_planned_at_once(checkpoint: Callable[[str], ModelBundle]) -> None:
    """Byte-level tokenizers make one of every address or unspaced passage."""
    bundle = checkpoint("tiny_roberta")
    encoded = encode(bundle, "x" * 1000, in_windows=True)
    began = time.process_time()
    plan = plan_hidden(bundle, encoded, MASKINGS)
    assert time.process_time() - began < 1
    assert len(plan.row_of[0][plan.row_of[0] >= 0]) == 1000
