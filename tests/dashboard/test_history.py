"""Undo and redo of texts and edits: each run compares what stands in the fields with what stood there before."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.questions import Text
from dashboard.screen import history

A, B, C = Text("a cat sat"), Text("a dog lay"), Text("a cat sat", "it was dark")


class Page:
    """The fields of a page, and the history of a visit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, text: Text = A) -> None:
        self.state: dict[str, object] = {}
        self.model = "bundled"
        monkeypatch.setattr(history, "st", SimpleNamespace(session_state=self.state))
        self.run(text)

    def run(self, text: Text | None = None, model: str | None = None) -> bool:
        """A run of the page, after what a person has typed or chosen."""
        self.model = model or self.model
        if text is not None:
            self.state |= {"tokens.text_a": text.text_a, "tokens.pair": text.text_b is not None}
            if text.text_b is not None:
                self.state["tokens.text_b"] = text.text_b
        return history.note("tokens", history.Step.of(self.model, self.now))

    def edit(self, position: int, id_: int) -> None:
        history.edit("tokens", position, id_)
        self.run()

    def take_back(self, position: int) -> bool:
        history.take_back("tokens", position)
        return self.run()

    def undo(self) -> None:
        history.undo("tokens")
        self.run()

    def redo(self) -> None:
        history.redo("tokens")
        self.run()

    @property
    def now(self) -> Text:
        text_a, pair = str(self.state["tokens.text_a"]), self.state["tokens.pair"]
        return Text(text_a, str(self.state["tokens.text_b"]) if pair else None, history.edits("tokens"))

    @property
    def possible(self) -> tuple[bool, bool]:
        return history.possible("tokens")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


def edited(text: Text, *edits: tuple[int, int]) -> Text:
    return Text(text.text_a, text.text_b, edits)


def test_a_visit_begins_without_a_past(page: Page) -> None:
    assert page.possible == (False, False)
    assert page.run() is False, "the same again is no step"
    assert (page.now, page.possible) == (A, (False, False))


def test_texts_go_back_and_forth(page: Page) -> None:
    assert page.run(B) is True
    assert page.run(C) is True
    page.undo()
    assert (page.now, page.possible) == (B, (True, True))
    page.undo()
    assert (page.now, page.possible) == (A, (False, True))
    page.redo()
    page.redo()
    assert (page.now, page.possible) == (C, (True, False))


def test_edits_are_steps_of_their_own(page: Page) -> None:
    page.edit(3, 30)
    page.edit(1, 10)
    page.edit(3, 31)
    assert page.now == edited(A, (1, 10), (3, 31)), "sorted by position, one for each"
    page.undo()
    assert page.now == edited(A, (1, 10), (3, 30))
    assert page.take_back(1) is False, "the text is the same"
    assert page.now == edited(A, (3, 30))
    for _ in range(3):
        page.undo()
    assert (page.now, page.possible) == (A, (False, True))


def test_an_edit_that_changes_nothing_is_no_step(page: Page) -> None:
    page.edit(3, 30)
    page.edit(3, 30)
    page.take_back(2)
    page.undo()
    assert (page.now, page.possible) == (A, (False, True))


def test_windows_are_no_step_and_leave_the_edits(page: Page) -> None:
    page.edit(3, 30)
    in_windows = Text(A.text_a, edits=((3, 30),), in_windows=True)
    assert history.note("tokens", history.Step.of("bundled", in_windows)) is False
    assert page.now == edited(A, (3, 30))
    page.undo()
    assert (page.now, page.possible) == (A, (False, True))


@pytest.mark.parametrize("text", [B, C])
def test_a_new_text_drops_the_edits_and_undo_brings_them_back(page: Page, text: Text) -> None:
    page.edit(2, 20)
    assert page.run(text) is True
    assert page.now == text
    page.undo()
    assert page.now == edited(A, (2, 20))
    page.redo()
    assert page.now == text


def test_an_edit_does_not_outlive_the_text_it_was_made_in(page: Page) -> None:
    history.edit("tokens", 2, 20)
    page.run(B)
    assert page.now == B


def test_another_model_drops_the_edits_for_good(page: Page) -> None:
    page.edit(2, 20)
    assert page.run(model="another") is True, "another tokenizer may cut the text otherwise"
    assert page.now == A
    page.undo()
    assert page.now == A, "an id of another vocabulary would be another token"
    page.undo()
    assert page.now == A


def test_a_text_of_another_model_comes_back_without_its_edits(page: Page) -> None:
    page.edit(2, 20)
    page.run(B, model="another")
    page.edit(1, 7)
    page.undo()
    page.undo()
    assert page.now == A


def test_edits_come_back_with_their_own_model(page: Page) -> None:
    page.edit(2, 20)
    page.run(model="another")
    page.run(model="bundled")
    page.undo()
    page.undo()
    assert page.now == edited(A, (2, 20))


def test_a_new_step_forgets_what_could_be_redone(page: Page) -> None:
    page.run(B)
    page.edit(1, 10)
    page.undo()
    page.undo()
    assert page.possible == (False, True)
    page.edit(2, 20)
    assert page.possible == (True, False)
    page.undo()
    assert page.now == A
    page.redo()
    assert page.now == edited(A, (2, 20))


def test_a_step_back_over_a_text_forgets_the_chosen_position(page: Page) -> None:
    page.run(B)
    page.edit(2, 20)
    page.state["tokens.position"] = 2
    page.undo()
    assert page.state["tokens.position"] == 2, "the same text, the same token"
    page.undo()
    assert "tokens.position" not in page.state, "another text: the position would mean another token"
    page.state["tokens.position"] = 1
    page.redo()
    assert "tokens.position" not in page.state


def test_what_is_opened_from_outside_can_be_undone(page: Page) -> None:
    page.edit(2, 20)
    history.open_step("tokens", history.Step.of("bundled", edited(C, (1, 10))))
    assert page.run() is False, "its edits belong to it"
    assert page.now == edited(C, (1, 10))
    page.undo()
    assert page.now == edited(A, (2, 20))
    page.redo()
    history.open_step("tokens", history.Step.of("bundled", edited(C, (1, 10))))
    page.run()
    page.undo()
    assert page.now == edited(A, (2, 20)), "the same again is no step"


def test_pages_have_a_past_each(page: Page) -> None:
    page.run(B)
    assert history.possible("compare") == (False, False)
    history.undo("compare")
    assert page.now == B


def test_only_so_many_steps_are_kept(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_STEPS", 3)
    for number in range(10):
        page.run(Text(f"text {number}"))
    steps = 0
    while page.possible[0]:
        page.undo()
        steps += 1
    assert (steps, page.now) == (3, Text("text 6"))


moves = st.one_of(
    st.sampled_from([A, B, C]),
    st.tuples(st.just("edit"), st.integers(1, 4), st.integers(1, 3)),
    st.tuples(st.just("take back"), st.integers(1, 4)),
)


@given(st.lists(moves, max_size=12), st.integers(0, 14), st.integers(0, 14))
def test_any_way_back_is_the_way_there(steps: list[Text | tuple], back: int, forth: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        page = Page(patch)
        seen = [page.now]
        for step in steps:
            if isinstance(step, Text):
                page.run(step)
            elif step[0] == "edit":
                page.edit(*step[1:])
            else:
                page.take_back(step[1])
            if page.now != seen[-1]:
                seen.append(page.now)
        at = len(seen) - 1
        for _ in range(back):
            assert page.possible[0] == (at > 0)
            if at > 0:
                page.undo()
                at -= 1
            assert page.now == seen[at]
        for _ in range(forth):
            assert page.possible[1] == (at < len(seen) - 1)
            if at < len(seen) - 1:
                page.redo()
                at += 1
            assert page.now == seen[at]
