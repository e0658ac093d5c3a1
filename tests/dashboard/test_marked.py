"""Regions marked in the strip: from two positions to a run of words, into the page's option, and onto the chips."""

import pytest

from analysis import ModelBundle, ask, read_seen
from analysis.choices import PUNCTUATION
from analysis.texts.encoding import encode
from analysis.texts.words import words_of
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.drawing.strip import strip
from dashboard.page import Look, Results
from dashboard.pages import PAGES
from dashboard.pages.tokens.marked import run_of, toggled
from dashboard.sections import Strip, flattened
from dashboard.view import Text, ViewState
from tests.dashboard.app import all_is_well, open_app, type_in
from tests.dashboard.app import strip as drawn

TEXT = "The traveler lost, at last, the door."
POSITIONS = ["[CLS]", "the", "traveler", "lost", ",", "at", "last", ",", "the", "door", ".", "[SEP]"]


def test_from_two_positions_to_the_words(subtests: pytest.Subtests, bundled: ModelBundle) -> None:
    for chosen, clicked, attached, apart in [
        (1, 2, (1, 2), (1, 2)),
        (2, 1, (1, 2), (1, 2)),
        (3, 3, (3, 3), (3, 3)),
        (3, 5, (3, 4), (3, 5)),
        (4, 4, (3, 3), (4, 4)),
        (9, 3, (3, 7), (3, 9)),
        (0, 2, (1, 2), (1, 2)),
        (11, 9, (7, 7), (9, 10)),
        (0, 11, (1, 7), (1, 10)),
        (0, 0, None, None),
    ]:
        with subtests.test(chosen=chosen, clicked=clicked, attached=attached, apart=apart):
            encoded = encode(bundled, TEXT)
            assert list(encoded.tokens) == POSITIONS
            wanted = {"attached": attached, "apart": apart}
            for punctuation in PUNCTUATION:
                assert run_of(words_of(encoded, punctuation), chosen, clicked) == wanted[punctuation]


def test_a_run_lies_in_one_text(bundled: ModelBundle) -> None:
    encoded = encode(bundled, "the cat sat", "on the mat")
    words = words_of(encoded)
    assert [encoded.tokens[at] for at in (2, 4, 6)] == ["cat", "[SEP]", "the"]
    assert run_of(words, 2, 6) == (4, 5), "in the text that was clicked, from its beginning on"
    assert run_of(words, 6, 2) == (2, 3)
    assert run_of(words, 2, 4) == (2, 3)


def test_a_run_that_is_there_is_taken_out(bundled: ModelBundle) -> None:
    words = words_of(encode(bundled, TEXT))
    for before, after in (
        ("", "1:2"),
        ("5", "5, 1:2"),
        ("1:2", ""),
        ("3; 1:2 7", "3, 7"),
        ("12", "12, 1:2"),
    ):
        assert toggled(before, words, 1, 2) == after
        assert toggled(before, words, 2, 1) == after
    assert toggled("1, 3", words, 1, 1) == "3", "one word is a run of one"
    assert toggled("3", words, 0, 0) == "3"
    full = ", ".join(f"{number}:{number}" for number in range(100, 122))
    assert toggled(full, words, 1, 2) == full, "no more than the option holds"


def test_the_chips_of_a_region_are_marked_and_say_so(bundled: ModelBundle) -> None:
    page, look = PAGES["tokens"], Look(palette("light"), "usual")
    view = page.check(ViewState("tokens", bundled.spec, (Text(TEXT),)).with_options(regions="2:3, 7"))
    (question,) = page.questions(view, About("bundled", "[MASK]", 512, 30522)).values()
    results = Results({"scores": ask(bundled, question)}, frozenset({"scores"}))
    (section,) = (
        each
        for each in flattened(page.sections(view, results, look))
        if isinstance(each, Strip) and each.key == "strip"
    )
    tokens = section.drawn["tokens"]
    assert [token["region"] for token in tokens] == [at in {2, 3, 4, 9, 10} for at in range(12)]
    assert [at for at, token in enumerate(tokens) if token["opens"]] == [2, 9]
    assert [at for at, token in enumerate(tokens) if token["closes"]] == [4, 10]
    assert "in the region of words 2 to 3" in tokens[3]["name"]
    assert "in the region of word 7" in tokens[9]["name"]
    assert "region" not in tokens[1]["name"]
    assert section.marks
    by_word = page.sections(view.with_options(by="word"), results, look)
    (section,) = (each for each in flattened(by_word) if isinstance(each, Strip) and each.key == "strip")
    assert [at for at, token in enumerate(section.drawn["tokens"]) if token["region"]] == [2, 3, 7]


@pytest.mark.usefixtures("at_once")
def test_another_text_forgets_the_regions_of_the_last_one() -> None:
    """They are set by a click, and count the words of one text."""
    at = open_app()
    at.session_state["tokens.regions"] = "30:40"
    all_is_well(at.run())
    assert sum(token["region"] for token in drawn(at)["tokens"]) >= 11
    all_is_well(type_in(at, "tokens.text_a", TEXT))
    assert not any(token["region"] for token in drawn(at)["tokens"])


def test_a_strip_without_regions_has_none(bundled: ModelBundle) -> None:
    found = strip(read_seen(bundled, TEXT), "entropy", palette("light"), "usual")
    assert not any(token["region"] or token["opens"] or token["closes"] for token in found["tokens"])
