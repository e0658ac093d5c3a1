"""Beside an error the rest of a page works, and awkward texts are read; what is refused is tried on every page."""

from collections.abc import Callable

import pytest

from tests.analysis.texts import AWKWARD
from tests.dashboard.app import (
    all_is_well,
    captions,
    choose,
    choose_model,
    drawn,
    go,
    open_app,
    payload,
    pick,
    strip,
    the_error,
    try_example,
    type_in,
    words,
)
from tests.dashboard.visits import put


def test_both_texts_bad_are_one_sentence() -> None:
    at = open_app("next_sentence")
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
    assert strip(at)["legend"]["name"] == "p of the token, hidden"
    put(at, {"tokens.reading": "seen", "tokens.by": "word"})
    the_error(at)
    assert strip(at)["legend"]["name"] == "p of the token, seen"
    put(at, {"tokens.masking": "word", "units": "nats"})
    the_error(at)
    assert len(at.table) == 1, "the scores of the last good text"
    go(go(at, "next_sentence"), "tokens")
    the_error(at)
    assert at.text_area(key="tokens.text_a").value == ""
    try_example(at, "tokens", 0)
    all_is_well(at)


@pytest.mark.parametrize(("by", "reading"), [("word", "hidden"), ("token", "seen")])
def test_awkward_texts_are_read(by: str, reading: str) -> None:
    at = put(open_app(), {"tokens.by": by, "tokens.reading": reading})
    for name, text in AWKWARD.items():
        type_in(at, "tokens.text_a", text)
        all_is_well(at)
        tokens = strip(at)["tokens"]
        assert len(tokens) > 2, name
        assert at.text_area(key="tokens.text_a").value == text
        unknown = sum(token["unknown"] for token in tokens)
        assert ("came out as [UNK]" in captions(at)) == (unknown > 0), name


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("She opened [SEP] the door.", "[SEP] stands in the text itself"),
        ("She\x00 opened\x07 the door.", "drops 2 characters of this text"),
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
