"""Strips, read-outs and rows of variants stand in the order in which their text is read."""

import unicodedata

import pytest

from analysis import ask, read_seen
from analysis.models.bundle import ModelBundle
from analysis.questions import Text
from analysis.texts.encoding import encode
from analysis.texts.words import words_of
from dashboard.about import About
from dashboard.drawing.direction import apart, direction_of
from dashboard.drawing.palette import palette
from dashboard.drawing.strip import strip
from dashboard.page import Look, Results
from dashboard.pages import PAGES
from dashboard.pages.compare.pairs import changed
from dashboard.sections import Note, Strip, flattened
from dashboard.view import ViewState
from tests.dashboard.test_nsp_sections import asked

HEBREW, ARABIC = "היא פתחה את הדלת.", "فتح الباب."


def test_the_text_s_own_words_say_how_it_runs(subtests: pytest.Subtests, bundled: ModelBundle) -> None:
    """Its special tokens and [UNK]s are written in Latin letters whatever it is."""
    for text_a, text_b, runs in [
        ("She opened the door.", None, "ltr"),
        (HEBREW, None, "rtl"),
        (ARABIC, None, "rtl"),
        (f"[MASK] {HEBREW}", None, "rtl"),
        (f"[SEP] {HEBREW}", "door", "rtl"),
        ("door", HEBREW, "ltr"),
        (f"1860: {HEBREW}", None, "rtl"),
        ("the word שלום means peace", None, "ltr"),
        ("他打开了门。", None, "ltr"),
        ("ᚠᛇ", HEBREW, "ltr"),
    ]:
        with subtests.test(text_a=text_a, text_b=text_b, runs=runs):
            assert direction_of(encode(bundled, text_a, text_b)) == runs


@pytest.mark.parametrize(
    ("page", "kinds"), [("tokens", {"tokens", "readout"}), ("compare", {"aligned"}), ("attention", {"arcs"})]
)
def test_every_strip_of_a_page_runs_so(bundled: ModelBundle, page: str, kinds: set[str]) -> None:
    for text, runs in ((HEBREW, "rtl"), ("The door.", "ltr")):
        the_page = PAGES[page]
        texts = (Text(text),) * (2 if page == "compare" else 1)
        view = the_page.check(ViewState(page, "bundled", texts))
        results = asked(the_page, view, bundled)
        look = Look(palette("light"))
        strips = [each for each in flattened(the_page.sections(view, results, look)) if isinstance(each, Strip)]
        assert {each.kind for each in strips} == kinds
        assert {each.drawn["dir"] for each in strips} == {runs}


def test_the_rows_of_variants_run_so(bundled: ModelBundle) -> None:
    page = PAGES["next_sentence"]
    view = page.check(ViewState("next_sentence", "bundled", (Text(HEBREW, ARABIC),)).with_options(controls=0))
    results = asked(page, view, bundled)
    (strip,) = [
        each for each in flattened(page.sections(view, results, Look(palette("light")))) if isinstance(each, Strip)
    ]
    assert strip.drawn["dir"] == "rtl"


def test_a_quotation_that_runs_to_the_left_is_kept_apart(bundled: ModelBundle) -> None:
    """A mask in it would part it, and its halves would stand in the order of the sentence around them."""
    text = "החדר היה חשוך. [MASK] פחדה. היא הלכה."
    page = PAGES["splits"]
    view = page.check(ViewState("splits", bundled.spec, (Text(text),)).with_options(controls=0))
    (sweep,) = (ask(bundled, each) for each in page.questions(view, About.of(bundled)).values())
    results = Results({"splits": sweep}, frozenset({"splits"}))
    answer = page.answer(view, results, Look(palette("light")))
    notes = [each.text for each in page.sections(view, results, Look(palette("light"))) if isinstance(each, Note)]
    assert answer is not None
    for said in (answer.text, next(each for each in notes if each.startswith("Largest margin"))):
        first, last = said.index("\u2068"), said.index("\u2069")
        assert "|" in said[first:last]
        assert not {"R", "AL"}.intersection(map(unicodedata.bidirectional, said[:first] + said[last:]))


def test_a_number_stays_behind_a_word_that_runs_to_the_left(bundled: ModelBundle) -> None:
    assert (apart("door"), apart("1860"), apart("##ל")) == ("door", "1860", "\u2068##ל\u2069")
    reading = read_seen(bundled, HEBREW)
    drawn = strip(reading, "entropy", palette("light"), "usual", words=words_of(reading.encoded))
    guesses = [guess for token in drawn["tokens"] for guess in token["guesses"] if " → " in guess]
    assert any(guess.startswith("\u2068") for guess in guesses)
    assert all(guess.count("\u2068") == guess.count("\u2069") for guess in guesses)


def test_what_became_of_a_token_is_told_from_left_to_right() -> None:
    assert changed("cat", "dog") == "cat → dog"
    assert changed("##ת", "##ה") == f"{apart('##ת')} → {apart('##ה')}" != "##ת → ##ה"
