"""Bad input: one plain sentence beside the field, the typed text kept, the last good result still there."""

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.analysis.texts import AWKWARD
from tests.dashboard.app import (
    ENTRYPOINT,
    all_is_well,
    captions,
    choose,
    choose_model,
    drawn,
    go,
    open_app,
    payload,
    pick,
    rows,
    strip,
    the_error,
    type_in,
    words,
)

STILL = "Below is still the last text that could be read."
UNREADABLE = {
    "empty": "",
    "blank": " \t\n\u00a0 ",
    "control characters only": "\x00\x07\x1b",
    "a zero-width space only": "\u200b",
    "too many tokens": "cat " * 600,
    "one endless word": "x" * 3_000 + " " + "cat " * 520,
    "1 MB": "The cat sat. " * 80_000,
}
SPECIAL_ONLY = "[SEP] [CLS] [PAD]"


class Field:
    """One field of one page: how to get there, and what shows its result."""

    def __init__(self, page: str, key: str, result: Callable[[AppTest], object], prepare: str | None = None) -> None:
        self.page, self.key, self.result, self._prepare = page, key, result, prepare

    def open(self) -> AppTest:
        at = open_app(self.page)
        if self._prepare == "pair":
            at.toggle(key="tokens.pair").set_value(True).run()
            type_in(at, "tokens.text_b", "It was dark.")
        elif self._prepare == "one text":
            at.button_group(key="next_sentence.mode").set_value("One text, movable boundary").run()
        all_is_well(at)
        return at


def tokens_result(at: AppTest) -> object:
    return strip(at)["tokens"]


FIELDS = {
    "the text": Field("tokens", "tokens.text_a", tokens_result),
    "text A": Field("tokens", "tokens.text_a", tokens_result, "pair"),
    "text B": Field("tokens", "tokens.text_b", tokens_result, "pair"),
    "A of the pair": Field("next_sentence", "next_sentence.text_a", rows),
    "B of the pair": Field("next_sentence", "next_sentence.text_b", rows),
    "the text to cut": Field("next_sentence", "next_sentence.text", rows, "one text"),
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_text_that_cannot_be_read(field: str) -> None:
    place = FIELDS[field]
    at = place.open()
    for number, text in enumerate(UNREADABLE.values()):
        good = place.result(at)
        type_in(at, place.key, text)
        sentence = the_error(at)
        assert at.text_area(key=place.key).value == text, "nothing that was typed is lost"
        assert place.result(at) == good, "the last good result stays"
        assert STILL in captions(at)
        if field in {"the text", "the text to cut"}:
            assert not re.search("Text [AB]", sentence), "a field of its own is no text A"
        else:
            assert re.match(f"Text {place.key[-1].upper()} |These two texts ", sentence)
        type_in(at, place.key, f"She opened door {number}. It was dark.")
        all_is_well(at)
        assert STILL not in captions(at)
        assert place.result(at) != good


def test_only_special_tokens() -> None:
    at = open_app()
    good = strip(at)["tokens"]
    type_in(at, "tokens.text_a", SPECIAL_ONLY)
    assert "only special tokens" in the_error(at)
    assert strip(at)["tokens"] == good


@pytest.mark.parametrize("text", ["one", "antidisestablishmentarianism", "  one  ", "…"])
def test_a_text_without_a_place_to_cut(text: str) -> None:
    place = FIELDS["the text to cut"]
    at = place.open()
    good = rows(at)
    type_in(at, "next_sentence.text", text)
    assert "no place to cut" in the_error(at)
    assert at.text_area(key="next_sentence.text").value == text
    assert rows(at) == good


def test_the_first_text_of_a_visit_may_be_bad() -> None:
    at = AppTest.from_file(ENTRYPOINT, default_timeout=60)
    at.session_state["tokens.text_a"] = " "
    at.run()
    the_error(at)
    assert STILL not in captions(at)
    assert not drawn(at)
    type_in(at, "tokens.text_a", "The cat sat.")
    all_is_well(at)
    assert words(at)[1:4] == ["the", "cat", "sat"]


def test_both_texts_bad_are_one_sentence() -> None:
    at = FIELDS["A of the pair"].open()
    at.text_area(key="next_sentence.text_a").set_value("")
    type_in(at, "next_sentence.text_b", "")
    assert the_error(at).startswith("Text A is empty")


def test_the_rest_of_the_page_works_beside_an_error() -> None:
    at = open_app()
    type_in(at, "tokens.text_a", "")
    pick(at, 2)
    the_error(at)
    assert strip(at)["chosen"] == 2
    choose(at, "tokens.measure", "p")
    the_error(at)
    assert strip(at)["legend"]["name"] == "p of the token, seen"
    choose(choose(at, "tokens.reading", "hidden"), "tokens.by", "word")
    the_error(at)
    assert strip(at)["legend"]["name"] == "p of the token, hidden"
    at.radio(key="tokens.masking").set_value("word").run()
    the_error(at)
    assert len(at.table) == 1, "the scores of the last good text"
    at.button_group(key="units").set_value("nats").run()
    the_error(at)
    go(go(at, "next_sentence"), "tokens")
    the_error(at)
    assert at.text_area(key="tokens.text_a").value == ""
    at.button(key="tokens.example.0").click().run()
    all_is_well(at)


@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_text_is_read(name: str) -> None:
    at = type_in(open_app(), "tokens.text_a", AWKWARD[name])
    all_is_well(at)
    for by in ("word", "token"):
        for reading in ("hidden", "seen"):
            choose(choose(at, "tokens.by", by), "tokens.reading", reading)
            all_is_well(at)
    tokens = strip(at)["tokens"]
    assert len(tokens) > 2
    assert at.text_area(key="tokens.text_a").value == AWKWARD[name]
    unknown = sum(token["unknown"] for token in tokens)
    assert ("came out as [UNK]" in captions(at)) == (unknown > 0)


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("She opened [SEP] the door.", "[SEP] stands in the text itself"),
        ("She\x00 opened\x07 the door.", "2 control characters"),
        ("ไทย ไทย", "the model has no pieces for most of this text"),
    ],
)
def test_what_a_reader_should_know_is_said(text: str, notice: str) -> None:
    at = type_in(open_app(), "tokens.text_a", text)
    all_is_well(at)
    assert notice in captions(at)


def test_the_longest_text_that_fits_is_read() -> None:
    at = type_in(open_app(), "tokens.text_a", "cat " * 510)
    all_is_well(at)
    assert len(words(at)) == 512
    type_in(at, "tokens.text_a", "cat " * 511)
    assert the_error(at).endswith("shorten by 1 token, or read it in overlapping windows.")


def test_markup_in_a_text_stays_text() -> None:
    hostile = "<img src=x onerror=alert(1)> **bold** $x$ :red[hot] [a](http://b.c)"
    at = type_in(open_app(), "tokens.text_a", hostile)
    all_is_well(at)
    go(at, "next_sentence")
    for key in ("next_sentence.text_a", "next_sentence.text_b"):
        type_in(at, key, hostile)
    all_is_well(at)
    assert payload(at, "next_sentence.rows")["rows"]
    at.button_group(key="next_sentence.mode").set_value("One text, movable boundary").run()
    type_in(at, "next_sentence.text", "a **b** $c$ d")
    all_is_well(at)
    labels = at.select_slider(key="next_sentence.cut").options
    assert labels[0] == r"1 … a | \*\*b\*\* \$c\$ d …"


@pytest.mark.parametrize("gap", ["[mask]", "<mask>", "___"])
def test_a_gap_written_otherwise_can_become_a_mask(gap: str) -> None:
    at = type_in(open_app(), "tokens.text_a", f"The cat sat on the {gap}.")
    all_is_well(at)
    at.button(key="tokens.text_a.masks").click().run()
    all_is_well(at)
    assert at.text_area(key="tokens.text_a").value == "The cat sat on the [MASK]."
    assert words(at)[strip(at)["chosen"]] == "[MASK]"
    assert "a gap written otherwise" not in captions(at)


def test_a_text_that_only_the_other_model_could_read(checkpoint_folder: Callable[..., object]) -> None:
    """Numbers of two models never stand on one page: what the smaller model can't read is not shown as if it had."""
    at = choose_model(open_app(), str(checkpoint_folder("tiny_bert", limit=64)))
    assert "64" in the_error(at)
    assert not drawn(at)
    choose_model(at, "bundled")
    all_is_well(at)
    assert drawn(at)
