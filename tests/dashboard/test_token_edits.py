"""What can be done to a chosen token on screen: mask it, put another in its place, take that back, undo and redo.

What undo and redo come to by themselves is in ``test_history.py``; the ways from here to Next sentence and to Compare
are tested on those pages.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.choices import Edit
from analysis.models.bundle import ModelBundle
from analysis.tasks.readings import read_hidden, read_seen
from analysis.tasks.scores import read_maskings, score
from dashboard.pages.tokens.asking import PUBLISHED
from tests.dashboard.app import (
    all_is_well,
    button,
    captions,
    choose,
    choose_model,
    drawn,
    errors,
    go,
    open_app,
    pick,
    reads_of,
    strip,
    the_error,
    try_example,
    type_in,
    values,
    words,
)

pytestmark = pytest.mark.usefixtures("at_once")
TEXT = "Fort Sumter fell in April."
TOKENS = ["[CLS]", "fort", "sum", "##ter", "fell", "in", "april", ".", "[SEP]"]


@pytest.fixture
def at() -> AppTest:
    at = type_in(open_app(), "tokens.text_a", TEXT)
    assert words(at) == TOKENS
    return at


def put_token(at: AppTest, token: str) -> AppTest:
    """Put a token at the chosen position, one of the offered ones or another that is typed."""
    field = at.selectbox(key="tokens.put")
    if token not in field.options:
        field.options.append(token)
    return field.set_value(token).run()


def mask(at: AppTest, position: int) -> AppTest:
    return pick(at, position).button(key="tokens.mask").click().run()


def marked(at: AppTest) -> list[int]:
    return [i for i, token in zip(strip(at)["at"], strip(at)["tokens"], strict=True) if token["edited"]]


def can(at: AppTest) -> tuple[bool, bool]:
    return not button(at, "Undo").disabled, not button(at, "Redo").disabled


def assert_reads(at: AppTest, bundled: ModelBundle, *edits: Edit) -> None:
    """The strip, hidden and seen, is the library's reading of the text with these edits."""
    for kind, read in (("hidden", read_hidden), ("seen", read_seen)):
        reading = read(bundled, TEXT, edits=edits)
        choose(at, "tokens.reading", kind)
        all_is_well(at)
        assert words(at) == list(reading.encoded.tokens)
        blank = reading.encoded.outside & ~reading.encoded.masked
        want = np.where(blank, np.nan, reading.statistics.entropy_bits)
        assert values(at) == pytest.approx(want.tolist(), abs=0.011, nan_ok=True)
    assert marked(at) == [position for position, _ in edits]


def test_what_is_put_in_place_of_a_token_is_read(at: AppTest, bundled: ModelBundle) -> None:
    mask(at, 4)
    masked = (4, bundled.mask_id)
    assert_reads(at, bundled, masked)
    assert at.text_area(key="tokens.text_a").value == TEXT, "the text is never rewritten"
    assert "Edited: the text has 'fell' here." in captions(at)
    assert at.button(key="tokens.mask").disabled
    scores = [score(each).pll_nats for each in read_maskings(bundled, TEXT, maskings=PUBLISHED, edits=[masked])]
    assert [float(each.replace("−", "-")) for each in at.table[0].value["PLL (nats)"]] == pytest.approx(
        scores, abs=0.02
    )

    first = at.selectbox(key="tokens.put").options[0]
    put_token(at, first)
    assert_reads(at, bundled, (4, int(bundled.tokenizer.convert_tokens_to_ids(first))))
    assert at.selectbox(key="tokens.put").value is None, "ready for the next"

    put_token(pick(at, 3), " ##mer ")
    assert words(at)[1:4] == ["fort", "sum", "##mer"], "the text “Fort Summer” would be cut otherwise"
    assert (marked(at), strip(at)["chosen"]) == ([3, 4], 3)
    assert "Edited: the text has 'ter' here." in captions(at)
    for position in (3, 4):
        pick(at, position).button(key="tokens.take_back").click().run()
        assert "Edited:" not in captions(at)
    assert_reads(at, bundled)
    for position in (0, len(TOKENS) - 1):
        assert "A token of the template stays as it is." in captions(pick(at, position))
        assert not [each.key for each in (*at.button, *at.selectbox) if each.key in {"tokens.mask", "tokens.put"}]


def test_a_token_that_is_none_is_said_in_one_sentence(at: AppTest) -> None:
    pick(at, 2)
    before = (strip(at), drawn(at), can(at))
    for token in ("xyzzyq", "two words", "<b>**x**</b>", "##", "   ", "a\x07b", "x" * 2_000):
        put_token(at, token)
        assert len(the_error(at)) < 300
        assert (strip(at), drawn(at), can(at)) == before, "nothing is changed"
    put_token(at, "Election")
    assert the_error(at) == "'Election' is no single token of this model's vocabulary: name one that it has."
    all_is_well(pick(at, 5))
    assert errors(pick(at, 2)), "it was about this place"
    put_token(at, "election")
    button(at, "Undo").click().run()
    all_is_well(at)
    put_token(at, "xyzzyq")
    button(at, "Redo").click().run()
    all_is_well(at)


def test_steps_go_back_and_forth_and_read_nothing_again(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def state() -> tuple[list[str], list[int]]:
        return words(at), marked(at)

    assert can(at) == (True, False), "the text that was typed can be undone"
    steps = [state()]
    for position in (2, 4):
        mask(at, position)
        steps.append(state())
    reads = reads_of(monkeypatch)
    for step in steps[-2::-1]:
        button(at, "Undo").click().run()
        assert state() == step
    assert can(at) == (True, True)
    for step in steps[1:]:
        button(at, "Redo").click().run()
        assert state() == step
    assert can(at) == (True, False)
    assert reads == []
    shown = (strip(at), drawn(at))
    go(go(at, "next_sentence"), "tokens")
    assert (strip(at), drawn(at)) == shown
    type_in(at, "tokens.text_a", "")
    the_error(at)
    assert state() == steps[-1], "below is the edited text"
    button(at, "Undo").click().run()
    assert (state(), at.text_area(key="tokens.text_a").value) == (steps[-1], TEXT)
    button(at, "Undo").click().run()
    mask(at, 6)
    all_is_well(at)
    assert (marked(at), can(at)) == ([2, 6], (True, False)), "a new step forgets what could be redone"


def test_another_text_drops_the_edits_and_undo_brings_them_back(at: AppTest) -> None:
    mask(at, 2)
    edited = strip(at)["tokens"]
    at.toggle(key="tokens.pair").set_value(True).run()
    type_in(at, "tokens.text_b", "It was dark.")
    all_is_well(at)
    assert marked(at) == []
    mask(at, len(TOKENS))
    assert marked(at) == [len(TOKENS)], "a token of text B"
    assert "Edited: the text has 'It' here." in captions(at)
    at.toggle(key="tokens.pair").set_value(False).run()
    assert (words(at), marked(at)) == (TOKENS, [])
    at.toggle(key="tokens.pair").set_value(True).run()
    assert (at.text_area(key="tokens.text_b").value, marked(at)) == ("It was dark.", [])
    try_example(at, "tokens", 1)
    type_in(at, "tokens.text_a", "Fort ___ fell.")
    at.button(key="tokens.text_a.masks").click().run()
    assert words(at)[2] == "[MASK]"
    for text_a, pair in (
        ("Fort ___ fell.", False),
        ("The old man the boat while the young [MASK] on the shore.", False),
        (TEXT, True),
        (TEXT, False),
    ):
        button(at, "Undo").click().run()
        all_is_well(at)
        assert (at.text_area(key="tokens.text_a").value, at.toggle(key="tokens.pair").value) == (text_a, pair)
    for _ in range(4):
        button(at, "Undo").click().run()
    assert strip(at)["tokens"] == edited


def test_edits_belong_to_one_model(at: AppTest, checkpoint_folder: Callable[..., Path]) -> None:
    other = str(checkpoint_folder("tiny_bert"))
    type_in(at, "tokens.text_a", "the cat sat on a mat")
    put_token(pick(at, 2), "[unused40]")
    assert marked(at) == [2]
    for spec in (other, "bundled"):
        choose_model(at, spec)
        all_is_well(at)
        assert (marked(at), words(at)[1:-1]) == ([], "the cat sat on a mat".split())
    put_token(pick(at, 2), "[unused40]")
    type_in(at, "tokens.text_a", " ")
    choose_model(at, other)
    the_error(at)
    assert words(at)[1:-1] == "the cat sat on a mat".split(), "the last text that could be read, without its edits"


def test_edits_that_leave_no_token_to_count_can_be_undone(at: AppTest) -> None:
    good = strip(type_in(at, "tokens.text_a", "[MASK] cat"))
    mask(at, 2)
    assert "only special tokens" in the_error(at)
    assert strip(at) == {**good, "chosen": 2}, "the last good result stays"
    button(at, "Undo").click().run()
    all_is_well(at)
    assert strip(at)["tokens"] == good["tokens"]
