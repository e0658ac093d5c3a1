"""What the Tokens page was given, step by step: undo and redo of texts and of edits.

Each run compares what stands in the fields with what stood there before. Edits belong to one tokenisation: when a text
or the model changes they go, and undo brings them back together with the text.
"""

from typing import NamedTuple

import streamlit as st

from analysis.types import Edit

_NOW, _PAST, _FUTURE = "tokens.now", "tokens.past", "tokens.future"
_EDITS = "tokens.edits"
_STEPS = 100
"""Steps that can be undone."""


class Given(NamedTuple):
    """What stands in the fields, and the edits."""

    model: str
    text_a: str
    text_b: str
    pair: bool
    edits: tuple[Edit, ...]


def note(model: str) -> bool:
    """Take down what stands in the fields now; True when texts (not edits) have changed since the last run."""
    state = st.session_state
    now = Given(model, state["tokens.text_a"], state["tokens.text_b"], bool(state["tokens.pair"]), edits())
    before: Given | None = state.get(_NOW)
    if before is None or now == before:
        state[_NOW] = now
        return False
    other_text = now[:-1] != before[:-1]
    if other_text:
        now = now._replace(edits=())
    state[_PAST] = [*state.get(_PAST, []), before][-_STEPS:]
    state[_FUTURE] = []
    _set(now)
    return other_text


def now() -> Given | None:
    """What stood in the fields, and the edits, when this run began."""
    return st.session_state.get(_NOW)


def edits() -> tuple[Edit, ...]:
    """The edits in force, sorted by position."""
    return st.session_state.get(_EDITS, ())


def put(position: int, id_: int) -> None:
    """Put an id at a position."""
    st.session_state[_EDITS] = tuple(sorted({**dict(edits()), position: id_}.items()))


def take_back(position: int) -> None:
    """Let the text's own token stand at a position again."""
    st.session_state[_EDITS] = tuple(edit for edit in edits() if edit[0] != position)


def can_undo() -> bool:
    """Whether there is a step to go back."""
    return bool(st.session_state.get(_PAST))


def can_redo() -> bool:
    """Whether there is a step to go forward again."""
    return bool(st.session_state.get(_FUTURE))


def undo() -> None:
    """Go back one step."""
    _move(_PAST, _FUTURE)


def redo() -> None:
    """Go forward one step."""
    _move(_FUTURE, _PAST)


def replace(given: Given) -> None:
    """Let other texts and edits stand in the fields; undo brings back what stood there."""
    state = st.session_state
    before: Given | None = state.get(_NOW)
    if before is not None and before != given:
        state[_PAST] = [*state.get(_PAST, []), before][-_STEPS:]
        state[_FUTURE] = []
    state["tokens.text_a"], state["tokens.text_b"], state["tokens.pair"] = given[1:4]
    _set(given)


def _move(source: str, target: str) -> None:
    state = st.session_state
    *rest, step = state[source]
    state[source], state[target] = rest, [*state.get(target, []), state[_NOW]]
    # The model stays: edits of another model's vocabulary would mean other tokens.
    same = step.model == state[_NOW].model
    if step.text_a != state[_NOW].text_a or step.text_b != state[_NOW].text_b or step.pair != state[_NOW].pair:
        state.pop("tokens.position", None)
    _set(step._replace(model=state[_NOW].model, edits=step.edits if same else ()))


def _set(given: Given) -> None:
    state = st.session_state
    if (state["tokens.text_a"], state["tokens.text_b"], state["tokens.pair"]) != given[1:4]:
        state["tokens.text_a"], state["tokens.text_b"], state["tokens.pair"] = given[1:4]
    state[_EDITS] = given.edits
    state[_NOW] = given
