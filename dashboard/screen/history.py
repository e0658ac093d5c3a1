"""What a page was given, step by step: undo and redo of texts and of edits.

Each run compares what stands in the fields with what stood there before. Edits belong to one tokenisation: when a text
or the model changes they go, and undo brings them back together with the text.
"""

from dataclasses import replace
from typing import NamedTuple

import streamlit as st

from analysis.choices import Edit
from analysis.questions import Text

_STEPS = 100
"""Steps that can be undone."""


class Step(NamedTuple):
    """What stands in the fields, with the edits, and the model whose tokens they are."""

    model: str
    text: Text

    @classmethod
    def of(cls, model: str, text: Text) -> "Step":
        """The step of a text; to read it in windows or not is none, and leaves its tokens as they are."""
        return cls(model, replace(text, in_windows=False))


def note(page: str, step: Step) -> bool:
    """Take down what stands in the fields now; True when texts (not edits) have changed since the last run."""
    state = st.session_state
    before = now(page)
    if before is None or step == before:
        state[f"{page}.now"] = step
        return False
    other_text = (step.model, _bare(step.text)) != (before.model, _bare(before.text))
    if other_text:
        step = step._replace(text=_bare(step.text))
    open_step(page, step)
    return other_text


def now(page: str) -> Step | None:
    """What stood in the fields, with the edits, when this run began."""
    return st.session_state.get(f"{page}.now")


def edits(page: str) -> tuple[Edit, ...]:
    """The edits in force, sorted by position."""
    return st.session_state.get(f"{page}.edits", ())


def edit(page: str, position: int, id_: int) -> None:
    """Put an id at a position."""
    st.session_state[f"{page}.edits"] = tuple(sorted({**dict(edits(page)), position: id_}.items()))


def take_back(page: str, position: int) -> None:
    """Let the text's own token stand at a position again."""
    st.session_state[f"{page}.edits"] = tuple(edit for edit in edits(page) if edit[0] != position)


def possible(page: str) -> tuple[bool, bool]:
    """Whether there is a step to go back, and one to go forward again."""
    return bool(st.session_state.get(f"{page}.past")), bool(st.session_state.get(f"{page}.future"))


def undo(page: str) -> None:
    """Go back one step."""
    _move(page, "past", "future")


def redo(page: str) -> None:
    """Go forward one step."""
    _move(page, "future", "past")


def open_step(page: str, step: Step) -> None:
    """Let other texts and edits stand in the fields; undo brings back what stood there."""
    state, before = st.session_state, now(page)
    if before is not None and before != step:
        state[f"{page}.past"] = [*state.get(f"{page}.past", []), before][-_STEPS:]
        state[f"{page}.future"] = []
    put(page, step)


def put(page: str, step: Step) -> None:
    """Let a step stand in the fields."""
    state, text = st.session_state, step.text
    fields = {"text_a": text.text_a, "pair": text.text_b is not None}
    if text.text_b is not None:
        fields["text_b"] = text.text_b
    for name, value in fields.items():
        if state.get(f"{page}.{name}") != value:
            state[f"{page}.{name}"] = value
    state[f"{page}.edits"] = text.edits
    state[f"{page}.now"] = step


def _move(page: str, source: str, target: str) -> None:
    state, before = st.session_state, now(page)
    if before is None or not state.get(f"{page}.{source}"):
        return
    *rest, step = state[f"{page}.{source}"]
    state[f"{page}.{source}"], state[f"{page}.{target}"] = rest, [*state.get(f"{page}.{target}", []), before]
    if _bare(step.text) != _bare(before.text):
        state.pop(f"{page}.position", None)
    # The model stays: edits of another model's vocabulary would mean other tokens.
    text = step.text if step.model == before.model else _bare(step.text)
    put(page, Step(before.model, text))


def _bare(text: Text) -> Text:
    return replace(text, edits=())
