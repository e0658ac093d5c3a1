"""Undo and redo of texts and edits: each run compares what stands in the fields with what stood there before."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.types import Edit
from dashboard.controls import history

A, B, C = ("a cat sat", "", False), ("a dog lay", "", False), ("a cat sat", "it was dark", True)
Texts = tuple[str, str, bool]


class Page:
    """The fields of the Tokens page, and the history of a visit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, texts: Texts = A) -> None:
        self.state: dict[str, object] = {}
        self.model = "bundled"
        monkeypatch.setattr(history, "st", SimpleNamespace(session_state=self.state))
        self.run(texts)

    def run(self, texts: Texts | None = None, model: str | None = None) -> bool:
        """A run of the page, after what a person has typed or chosen."""
        self.model = model or self.model
        if texts is not None:
            self.state.update(zip(("tokens.text_a", "tokens.text_b", "tokens.pair"), texts, strict=True))
        return history.note(self.model)

    def put(self, position: int, id_: int) -> None:
        history.put(position, id_)
        self.run()

    def undo(self) -> None:
        history.undo()
        self.run()

    def redo(self) -> None:
        history.redo()
        self.run()

    @property
    def now(self) -> tuple[Texts, tuple[Edit, ...]]:
        texts = tuple(self.state[f"tokens.{name}"] for name in ("text_a", "text_b", "pair"))
        return texts, history.edits()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


def possible() -> tuple[bool, bool]:
    return history.can_undo(), history.can_redo()


def test_a_visit_begins_without_a_past(page: Page) -> None:
    assert possible() == (False, False)
    assert page.run() is False, "the same again is no step"
    assert possible() == (False, False)
    assert history.edits() == ()


def test_texts_go_back_and_forth(page: Page) -> None:
    assert page.run(B) is True
    assert page.run(C) is True
    page.undo()
    assert (page.now, possible()) == ((B, ()), (True, True))
    page.undo()
    assert (page.now, possible()) == ((A, ()), (False, True))
    page.redo()
    page.redo()
    assert (page.now, possible()) == ((C, ()), (True, False))


def test_edits_are_steps_of_their_own(page: Page) -> None:
    page.put(3, 30)
    page.put(1, 10)
    page.put(3, 31)
    assert page.now == (A, ((1, 10), (3, 31))), "sorted by position, one for each"
    page.undo()
    assert page.now == (A, ((1, 10), (3, 30)))
    history.take_back(1)
    assert page.run() is False, "the text is the same"
    assert page.now == (A, ((3, 30),))
    page.undo()
    page.undo()
    page.undo()
    assert (page.now, possible()) == ((A, ()), (False, True))


def test_an_edit_that_changes_nothing_is_no_step(page: Page) -> None:
    page.put(3, 30)
    page.put(3, 30)
    history.take_back(2)
    page.run()
    page.undo()
    assert (page.now, possible()) == ((A, ()), (False, True))


@pytest.mark.parametrize("texts", [B, C])
def test_a_new_text_drops_the_edits_and_undo_brings_them_back(page: Page, texts: Texts) -> None:
    page.put(2, 20)
    assert page.run(texts) is True
    assert page.now == (texts, ())
    page.undo()
    assert page.now == (A, ((2, 20),))
    page.redo()
    assert page.now == (texts, ())


def test_another_model_drops_the_edits_for_good(page: Page) -> None:
    page.put(2, 20)
    assert page.run(model="another") is True, "another tokenizer may cut the text otherwise"
    assert page.now == (A, ())
    page.undo()
    assert page.now == (A, ()), "an id of another vocabulary would be another token"
    page.undo()
    assert page.now == (A, ())


def test_an_edit_does_not_outlive_the_text_it_was_made_in(page: Page) -> None:
    history.put(2, 20)
    page.run(B)
    assert page.now == (B, ())


def test_a_text_of_another_model_comes_back_without_its_edits(page: Page) -> None:
    page.put(2, 20)
    page.run(B, model="another")
    page.put(1, 7)
    page.undo()
    page.undo()
    assert page.now == (A, ())


def test_edits_come_back_with_their_own_model(page: Page) -> None:
    page.put(2, 20)
    page.run(model="another")
    page.run(model="bundled")
    page.undo()
    page.undo()
    assert page.now == (A, ((2, 20),))


def test_a_new_step_forgets_what_could_be_redone(page: Page) -> None:
    page.run(B)
    page.put(1, 10)
    page.undo()
    page.undo()
    assert possible() == (False, True)
    page.put(2, 20)
    assert possible() == (True, False)
    page.undo()
    assert page.now == (A, ())
    page.redo()
    assert page.now == (A, ((2, 20),))


def test_a_step_back_over_a_text_forgets_the_chosen_position(page: Page) -> None:
    page.run(B)
    page.put(2, 20)
    page.state["tokens.position"] = 2
    page.undo()
    assert page.state["tokens.position"] == 2, "the same text, the same token"
    page.undo()
    assert "tokens.position" not in page.state, "another text: the position would mean another token"
    page.state["tokens.position"] = 1
    page.redo()
    assert "tokens.position" not in page.state


def test_only_so_many_steps_are_kept(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_STEPS", 3)
    for number in range(10):
        page.run((f"text {number}", "", False))
    steps = 0
    while history.can_undo():
        page.undo()
        steps += 1
    assert (steps, page.now[0][0]) == (3, "text 6")


moves = st.one_of(
    st.sampled_from([A, B, C]),
    st.tuples(st.just("put"), st.integers(1, 4), st.integers(1, 3)),
    st.tuples(st.just("take back"), st.integers(1, 4)),
)


@given(st.lists(moves, max_size=12), st.integers(0, 14), st.integers(0, 14))
def test_any_way_back_is_the_way_there(steps: list[tuple], back: int, forth: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        page = Page(patch)
        seen = [page.now]
        for step in steps:
            if step[0] == "put":
                page.put(*step[1:])
            elif step[0] == "take back":
                history.take_back(step[1])
                page.run()
            else:
                page.run(step)
            if page.now != seen[-1]:
                seen.append(page.now)
        at = len(seen) - 1
        for _ in range(back):
            assert history.can_undo() == (at > 0)
            if at > 0:
                page.undo()
                at -= 1
            assert page.now == seen[at]
        for _ in range(forth):
            assert history.can_redo() == (at < len(seen) - 1)
            if at < len(seen) - 1:
                page.redo()
                at += 1
            assert page.now == seen[at]
