"""Texts before they are tokens: words, cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import InputError
from analysis.texts.text import check_text, control_characters, cut_text, reporting_words
from tests.analysis.plain_words import assert_plain_sentence


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
