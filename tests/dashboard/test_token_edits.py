"""What can be done to a chosen token: mask it, put another in its place, take that back, undo and redo."""

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.choices import MASKINGS
from analysis.models.bundle import ModelBundle
from analysis.tasks.scores import score
from analysis.tasks.seen import read_hidden, read_maskings, read_seen
from analysis.types import Edit
from dashboard import cache
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
    strip,
    the_error,
    type_in,
    values,
    words,
)

TEXT = "Fort Sumter fell in April."
TOKENS = ["[CLS]", "fort", "sum", "##ter", "fell", "in", "april", ".", "[SEP]"]


@pytest.fixture
def at() -> AppTest:
    at = type_in(open_app(), "tokens.text_a", TEXT)
    assert words(at) == TOKENS
    return at


def put(at: AppTest, token: str) -> AppTest:
    """Put a token at the chosen position, one of the offered ones or another that is typed."""
    field = at.selectbox(key="tokens.put")
    if token not in field.options:
        field.options.append(token)
    return field.set_value(token).run()


def mask(at: AppTest, position: int) -> AppTest:
    return pick(at, position).button(key="tokens.mask").click().run()


def take_back(at: AppTest) -> AppTest:
    return at.button(key="tokens.take_back").click().run()


def marked(at: AppTest) -> list[int]:
    return [at_ for at_, token in zip(strip(at)["at"], strip(at)["tokens"], strict=True) if token["edited"]]


def can(at: AppTest) -> tuple[bool, bool]:
    return not button(at, "Undo").disabled, not button(at, "Redo").disabled


def assert_reads(at: AppTest, bundled: ModelBundle, edits: tuple[Edit, ...], text: str = TEXT) -> None:
    """The strip, seen and hidden, is the library's reading of the text with these edits."""
    for kind, read in (("hidden", read_hidden), ("seen", read_seen)):
        reading = read(bundled, text, edits=edits)
        choose(at, "tokens.reading", kind)
        all_is_well(at)
        assert words(at) == list(reading.encoded.tokens)
        want = np.where(reading.encoded.outside, np.nan, reading.statistics.entropy_bits)
        assert values(at) == pytest.approx(want.tolist(), abs=0.011, nan_ok=True)
    assert marked(at) == [position for position, _ in edits]


def test_mask_it(at: AppTest, bundled: ModelBundle) -> None:
    mask(at, 4)
    assert_reads(at, bundled, ((4, bundled.mask_id),))
    assert at.text_area(key="tokens.text_a").value == TEXT, "the text is never rewritten"
    assert "Edited: the text has 'fell' here." in captions(at)
    assert at.button(key="tokens.mask").disabled
    assert strip(at)["chosen"] == 4


def test_put_a_prediction(at: AppTest, bundled: ModelBundle) -> None:
    pick(at, 4)
    offered = at.selectbox(key="tokens.put").options
    seen, hidden = read_seen(bundled, TEXT), read_hidden(bundled, TEXT)
    wanted = [token for token in dict.fromkeys((*hidden.top_tokens[4], *seen.top_tokens[4])) if token != "fell"]
    assert offered == wanted, "the hidden reading's first, and not what stands there"
    put(at, offered[0])
    id_ = int(hidden.statistics.top_ids[4][hidden.top_tokens[4].index(offered[0])])
    assert_reads(at, bundled, ((4, id_),))
    assert at.selectbox(key="tokens.put").value is None, "ready for the next"


@pytest.mark.parametrize("token", ["election", "##er", "[MASK]", "[UNK]", " election "])
def test_put_any_token_of_the_vocabulary(at: AppTest, bundled: ModelBundle, token: str) -> None:
    put(pick(at, 2), token)
    (id_,) = bundled.tokenizer.convert_tokens_to_ids([token.strip()])
    assert_reads(at, bundled, ((2, id_),))


def test_fort_summer_stays_two_pieces(at: AppTest, bundled: ModelBundle) -> None:
    """The text "Fort Summer" would be cut otherwise; an edit leaves the other tokens as they are."""
    put(pick(at, 3), "##mer")
    assert words(at)[1:4] == ["fort", "sum", "##mer"]
    choose(at, "tokens.by", "word")
    assert strip(at)["tokens"][2]["text"] == "summer"
    assert strip(at)["tokens"][2]["edited"]


@pytest.mark.parametrize("token", ["xyzzyq", "Election", "two words", "<b>**x**</b>", "##", "ไทย"])
def test_an_unknown_token_is_said_in_one_sentence(at: AppTest, token: str) -> None:
    pick(at, 2)
    before = (strip(at), drawn(at))
    put(at, token)
    assert the_error(at) == f"'{token.strip()}' is no single token of this model's vocabulary: name one that it has."
    assert (strip(at), drawn(at), can(at)) == (*before, (True, False)), "nothing is changed"
    assert not errors(pick(at, 5)), "it was about another place"
    assert errors(pick(at, 2))
    put(at, "election")
    all_is_well(at)


@pytest.mark.parametrize("token", ["   ", "a\x07b"])
def test_an_odd_token_is_refused_in_one_sentence(at: AppTest, token: str) -> None:
    pick(at, 2)
    before = (strip(at), drawn(at))
    put(at, token)
    the_error(at)
    assert (strip(at), drawn(at), can(at)) == (*before, (True, False))


@pytest.mark.parametrize("then", ["another text", "undo", "masked"])
def test_what_was_said_of_an_unknown_token_goes_with_it(at: AppTest, then: str) -> None:
    mask(at, 4)
    put(pick(at, 2), "xyzzyq")
    assert errors(at)
    if then == "another text":
        pick(type_in(at, "tokens.text_a", "She opened the door."), 2)
    elif then == "undo":
        button(at, "Undo").click().run()
    else:
        mask(at, 2)
    all_is_well(at)


def test_an_endless_token_is_not_given_back_in_full(at: AppTest) -> None:
    put(pick(at, 2), "x" * 2_000)
    assert the_error(at).startswith(f"'{'x' * 30}")


@pytest.mark.parametrize("position", [0, 8])
def test_tokens_of_the_template_stay(at: AppTest, position: int) -> None:
    pick(at, position)
    assert "A token of the template stays as it is." in captions(at)
    assert not [each for each in at.button if each.key in {"tokens.mask", "tokens.take_back"}]
    assert not [each for each in at.selectbox if each.key == "tokens.put"]


def test_take_an_edit_back(at: AppTest, bundled: ModelBundle) -> None:
    mask(at, 2)
    put(pick(at, 4), "rose")
    (rose,) = bundled.tokenizer.convert_tokens_to_ids(["rose"])
    assert marked(at) == [2, 4]
    pick(at, 2)
    assert "Edited: the text has 'Sum' here." in captions(at)
    take_back(at)
    assert_reads(at, bundled, ((4, rose),))
    assert "Edited:" not in captions(at)
    take_back(pick(at, 4))
    assert_reads(at, bundled, ())


def test_undo_and_redo(at: AppTest, bundled: ModelBundle) -> None:
    assert can(at) == (True, False), "the text that was typed can be undone"
    mask(at, 2)
    mask(at, 4)
    states = [(words(at), marked(at))]
    for _ in range(2):
        button(at, "Undo").click().run()
        all_is_well(at)
        states.append((words(at), marked(at)))
    assert [marks for _, marks in states] == [[2, 4], [2], []]
    assert words(at) == TOKENS
    assert can(at) == (True, True)
    for state in reversed(states[:-1]):
        button(at, "Redo").click().run()
        assert (words(at), marked(at)) == state
    assert can(at) == (True, False)
    button(at, "Undo").click().run()
    mask(at, 6)
    assert (marked(at), can(at)) == ([2, 6], (True, False)), "a new step forgets what could be redone"


def test_another_text_drops_the_edits_and_undo_brings_them_back(at: AppTest) -> None:
    mask(at, 2)
    before = strip(at)
    type_in(at, "tokens.text_a", "She opened the door.")
    all_is_well(at)
    assert (marked(at), words(at)[1]) == ([], "she")
    button(at, "Undo").click().run()
    all_is_well(at)
    assert at.text_area(key="tokens.text_a").value == TEXT
    assert strip(at)["tokens"] == before["tokens"]
    button(at, "Redo").click().run()
    assert (marked(at), words(at)[1]) == ([], "she")


def test_a_second_segment_drops_the_edits(at: AppTest) -> None:
    mask(at, 2)
    at.toggle(key="tokens.pair").set_value(True).run()
    type_in(at, "tokens.text_b", "It was dark.")
    all_is_well(at)
    assert marked(at) == []
    pick(at, len(TOKENS))
    at.button(key="tokens.mask").click().run()
    assert marked(at) == [len(TOKENS)], "a token of text B can be masked, too"
    assert "Edited: the text has 'It' here." in captions(at)


def test_an_example_and_a_rewritten_gap_can_be_undone(at: AppTest) -> None:
    at.button(key="tokens.example.2").click().run()
    assert at.toggle(key="tokens.pair").value
    button(at, "Undo").click().run()
    all_is_well(at)
    assert (at.text_area(key="tokens.text_a").value, at.toggle(key="tokens.pair").value) == (TEXT, False)
    type_in(at, "tokens.text_a", "Fort ___ fell.")
    at.button(key="tokens.masks").click().run()
    assert words(at)[2] == "[MASK]"
    button(at, "Undo").click().run()
    assert at.text_area(key="tokens.text_a").value == "Fort ___ fell."


def test_another_model_drops_the_edits(at: AppTest, checkpoint_folder: Callable[..., object]) -> None:
    mask(at, 2)
    choose_model(at, str(checkpoint_folder("tiny_bert")))
    all_is_well(at)
    assert marked(at) == []
    choose_model(at, "bundled")
    all_is_well(at)
    assert (marked(at), words(at)) == ([], TOKENS)


def test_the_last_good_text_is_not_edited_for_another_model(
    at: AppTest, checkpoint_folder: Callable[..., object]
) -> None:
    type_in(at, "tokens.text_a", "the cat sat on a mat")
    mask(at, 2)
    put(at, "[unused40]")
    type_in(at, "tokens.text_a", " ")
    choose_model(at, str(checkpoint_folder("tiny_bert")))
    assert the_error(at)
    assert words(at)[1:-1] == "the cat sat on a mat".split()


@pytest.mark.parametrize(("text", "position"), [("cat", 1), ("[MASK] cat", 2)])
def test_edits_that_leave_no_token_to_count(at: AppTest, text: str, position: int) -> None:
    type_in(at, "tokens.text_a", text)
    good = strip(at)
    mask(at, position)
    assert "only special tokens" in the_error(at)
    assert strip(at) == {**good, "chosen": position}, "the last good result stays"
    assert at.text_area(key="tokens.text_a").value == text
    at.run()
    the_error(at)
    button(at, "Undo").click().run()
    all_is_well(at)
    assert strip(at)["tokens"] == good["tokens"]


def test_edits_stay_over_a_change_of_page(at: AppTest) -> None:
    mask(at, 2)
    before = (strip(at), drawn(at))
    all_is_well(go(at, "next_sentence"))
    go(at, "tokens")
    all_is_well(at)
    assert (strip(at), drawn(at)) == before


def test_edits_stay_beside_another_bad_text(at: AppTest) -> None:
    mask(at, 2)
    good = strip(at)["tokens"]
    type_in(at, "tokens.text_a", "")
    the_error(at)
    assert strip(at)["tokens"] == good
    button(at, "Undo").click().run()
    all_is_well(at)
    assert (strip(at)["tokens"], marked(at)) == (good, [2])


def test_the_scores_are_those_of_the_edited_text(at: AppTest, bundled: ModelBundle) -> None:
    mask(at, 4)
    readings = read_maskings(bundled, TEXT, maskings=MASKINGS, edits=((4, bundled.mask_id),))
    column = at.table[0].value["PLL (nats)"]
    printed = [float(value.replace("−", "-")) for value in column]
    assert printed == pytest.approx([score(reading).pll_nats for reading in readings], abs=0.02)


def test_an_edit_reads_its_own_text_once(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    rows: list[object] = []
    for name, calls in (("read_seen", read), ("read_rows", rows)):
        real = getattr(cache, name)

        def counted(*args: object, real: Callable = real, calls: list = calls, **kwargs: object) -> object:
            calls.append((args, kwargs))
            return real(*args, **kwargs)

        monkeypatch.setattr(cache, name, counted)
    mask(at, 4)
    first = len(rows)
    assert (len(read), first > 0) == (1, True)
    button(at, "Undo").click().run()
    button(at, "Redo").click().run()
    all_is_well(at)
    assert (len(read), len(rows)) == (1, first), "both are in the cache"


def test_what_is_offered_can_be_put(checkpoint_folder: Callable[..., object]) -> None:
    at = open_app(model=str(checkpoint_folder("wide_head")))
    pick(type_in(at, "tokens.text_a", "the cat sat on a mat"), 2)
    for token in at.selectbox(key="tokens.put").options:
        put(at, token)
        all_is_well(at)
        take_back(at)
