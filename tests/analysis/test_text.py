"""Texts before they are tokens: words, sentences, cuts."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis import InputError
from analysis.texts.text import check_text, control_characters, cut_text, reporting_words, sentences
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.texts import NOTEBOOK, SENTENCE_A, SENTENCE_B, texts


def pieces(text: str, spans: tuple[tuple[int, int], ...]) -> list[str]:
    return [text[start:end] for start, end in spans]


def test_reporting_words() -> None:
    for text, expected in {
        "": [],
        "  ": [],
        "cat": ["cat"],
        "  The cat, \n sat.": ["The", "cat,", "sat."],
        "a\u00a0b\u2003c": ["a", "b", "c"],
        "🙂 ok": ["🙂", "ok"],
        "anti-slavery Lincoln's": ["anti-slavery", "Lincoln's"],
    }.items():
        assert pieces(text, reporting_words(text)) == expected


@given(text=st.text())
def test_words_cover_the_text(text: str) -> None:
    assert "".join(pieces(text, reporting_words(text))) == "".join(text.split())


def test_sentences() -> None:
    for text, expected in (
        (NOTEBOOK, [SENTENCE_A, SENTENCE_B]),
        ("She opened the door. The room was dark.", ["She opened the door.", "The room was dark."]),
        ("Dr. Smith came. He left.", ["Dr. Smith came.", "He left."]),
        ("  One.\n\nTwo.  ", ["One.", "Two."]),
        ("No end", ["No end"]),
        ("🙂🙂 Yes. 🙂 No.", ["🙂🙂 Yes.", "🙂 No."]),
        ("", []),
        (" \n ", []),
    ):
        assert pieces(text, sentences(text)) == expected


@given(text=st.text(st.sampled_from("A. b\u00a0\u0085\u2003\u2028\u202f\u3000\x1c\t\r\n1é🙂(\"'!"), max_size=12))
@example("He chose plan B\u00a0. It went well.")
def test_any_white_space_may_stand_before_a_full_stop(text: str) -> None:
    assert "".join("".join(pieces(text, sentences(text))).split()) == "".join(text.split())


@given(text=texts)
def test_sentences_cover_the_text(text: str) -> None:
    spans = sentences(text)
    assert "".join("".join(pieces(text, spans)).split()) == "".join(text.split())
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert all(piece and piece == piece.strip() for piece in pieces(text, spans))


def test_cutting() -> None:
    for text, at, expected in (
        ("One. Two.", 5, ("One.", "Two.")),
        ("One. Two.", 4, ("One.", "Two.")),
        ("One.   Two.", 6, ("One.", "Two.")),
        ("🙂 a", 1, ("🙂", "a")),
    ):
        assert cut_text(text, at) == expected


def test_nothing_on_one_side_of_the_cut() -> None:
    for text, at in (("One.", 0), ("One.", 4), ("One.", 99), (" One.", 1), ("One. ", 4)):
        with pytest.raises(InputError, match="no place to cut"):
            cut_text(text, at)


def test_control_characters() -> None:
    counts = {"": 0, "a\tb\nc\r": 0, "\x00": 1, "a\x07b\x1b[0m": 2, "\x80\x9f": 2, "é\u200b": 0}
    for text, count in counts.items():
        assert control_characters(text) == count


@given(text=st.text(min_size=1).filter(str.strip))
def test_a_text_that_is_accepted_is_not_changed(text: str) -> None:
    assert check_text(text) == text


def test_a_surrogate_is_named_with_its_place() -> None:
    with pytest.raises(InputError, match=r"Text B .*U\+DC80, character 3") as caught:
        check_text("ab\udc80", "Text B")
    assert_plain_sentence(caught.value)
