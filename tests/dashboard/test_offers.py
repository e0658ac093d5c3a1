"""Offers to write a text as the model reads it: on every page with a field for a text, and nothing without a click."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.pages.compare import CUTS
from dashboard.pages.next_sentence import ONE_TEXT
from tests.dashboard.app import all_is_well, button, captions, choose, go, open_app, places, type_in, words

pytestmark = pytest.mark.usefixtures("at_once")
SAYS = "This model reads single letters, and has no piece for a run of them."
FIELDS = {
    "tokens": ("tokens.text_a",),
    "fill": ("tokens.text_a",),
    "compare": ("compare.text_a", "compare.text_b"),
    "next_sentence": ("next_sentence.text_a", "next_sentence.text_b"),
    "splits": ("splits.text_a",),
    "pairs": ("pairs.text_a",),
}


@pytest.fixture
def protein(checkpoint_folder: Callable[..., Path]) -> str:
    return str(checkpoint_folder("tiny_protein"))


@pytest.mark.parametrize("page", FIELDS)
def test_a_run_of_letters_is_offered_with_spaces(page: str, protein: str) -> None:
    at, typed = open_app(page, model=protein), "EVQLV [MASK]\nGGLVQ"
    for key in FIELDS[page]:
        type_in(at, key, typed)
    assert SAYS in captions(at)
    stood = places(at)
    assert [at.text_area(key=key).value for key in FIELDS[page]] == [typed] * len(FIELDS[page])
    button(at, "Write E V Q L V \\[MASK\\] G G L …").click().run()
    all_is_well(at)
    assert [at.text_area(key=key).value for key in FIELDS[page]] == ["E V Q L V [MASK]\nG G L V Q"] * len(FIELDS[page])
    assert SAYS not in captions(at)
    assert {key: place for key, place in places(at).items() if key in stood}.items() <= stood.items()


def test_both_texts_of_a_pair_are(protein: str) -> None:
    at = type_in(open_app(model=protein), "tokens.text_a", "E V Q")
    at.toggle(key="tokens.pair").set_value(True).run()
    type_in(at, "tokens.text_b", "LVE")
    button(at, "Write L V E").click().run()
    all_is_well(at)
    assert words(at) == ["[CLS]", "E", "V", "Q", "[SEP]", "L", "V", "E", "[SEP]"]


def test_in_the_ways_in_that_have_one_text(protein: str) -> None:
    at = choose(open_app("next_sentence", model=protein), "next_sentence.mode", ONE_TEXT)
    type_in(at, "next_sentence.text", "EVQ LV")
    button(at, "Write E V Q L V").click().run()
    all_is_well(at)
    assert at.text_area(key="next_sentence.text").value == "E V Q L V"
    choose(go(at, "compare"), "compare.mode", CUTS)
    type_in(at, "compare.text", "EVQ LV")
    button(at, "Write E V Q L V").click().run()
    all_is_well(at)
    assert at.text_area(key="compare.text").value == "E V Q L V"


def test_a_gap_is_offered_beside_it(protein: str) -> None:
    at = type_in(open_app("compare", model=protein), "compare.text_a", "EVQ ___")
    type_in(at, "compare.text_b", "E V Q")
    button(at, "Write \\[MASK\\]").click().run()
    assert at.text_area(key="compare.text_a").value == "EVQ [MASK]"
    button(at, "Write E V Q \\[MASK\\]").click().run()
    all_is_well(at)
    assert at.text_area(key="compare.text_a").value == "E V Q [MASK]"


def test_a_model_of_words_is_offered_nothing() -> None:
    at = type_in(open_app(), "tokens.text_a", "EVQLVESGGGLVQPGGSLRLSCAASGFTFS")
    all_is_well(at)
    assert SAYS not in captions(at)
