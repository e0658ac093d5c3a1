"""No work without chunks: of the longest question of every task no chunk is longer than a person waits."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from analysis import questions
from analysis.models.bundle import ModelBundle
from analysis.questions import Question
from analysis.task import WHOLE, Task, tokens_at_once
from analysis.tasks import TASKS, task_of
from tests.analysis.longest import LONGEST, Counted, counting
from tests.analysis.stand_ins import assert_rejects

MOST = 1.15
"""Of the bound: cutting by tokens leaves the heads of a pass out, and both inputs of a seen comparison are one pass."""
_LOOKED_AT = 60
"""Chunks that are run of a question."""
_IN_ORDER = {questions.Fill, questions.Table}
"""Of these all: each goes on where the one before it ended."""

CASES = {f"{name}, {case}": question for name, cases in LONGEST.items() for case, question in cases.items()}


@pytest.fixture
def counted(bundled: ModelBundle) -> Iterator[Counted]:
    with counting(bundled) as found:
        yield found


def works(task: Task[Any, Any, Any, Any, Any], question: Question, counted: Counted, tokens: int) -> list[float]:
    """What each of the chunks that are looked at takes, in tokens through the model."""
    models = (counted.bundle,)
    plan = task.plan(models, question)
    chunks = task.laid_out(models, plan, tokens)
    step = 1 if type(question) in _IN_ORDER else -(-len(chunks) // _LOOKED_AT)
    parts: list[Any] = []
    found = []
    for chunk in (*chunks[::step], *chunks[-1:]) if step > 1 else chunks:
        counted.taken()
        parts.append(task.part(models, plan, chunk, lambda: parts))
        found.append(counted.taken())
    return found


def check_bounded(task: Task[Any, Any, Any, Any, Any], question: Question, counted: Counted, tokens: int) -> None:
    found = works(task, question, counted, tokens)
    assert max(found) <= MOST * tokens, f"chunk {found.index(max(found))} of {len(found)}"


def test_every_task_has_its_longest_question() -> None:
    assert LONGEST.keys() == TASKS.keys()
    assert all(type(each) is TASKS[name].question for name, cases in LONGEST.items() for each in cases.values())


@pytest.mark.parametrize("name", CASES)
def test_no_chunk_is_longer_than_a_person_waits(counted: Counted, name: str) -> None:
    check_bounded(task_of(CASES[name]), CASES[name], counted, tokens_at_once((counted.bundle,)))


@pytest.mark.parametrize("name", ["read, in windows", "fill, every order", "nsp, a long pair", "table, candidates"])
def test_a_task_whose_work_is_one_piece_is_rejected(counted: Counted, name: str) -> None:
    task = task_of(CASES[name])
    whole = replace(task, chunks=lambda models, plan, _tokens: task.chunks(models, plan, WHOLE))
    assert_rejects(check_bounded, whole, CASES[name], counted, tokens_at_once((counted.bundle,)))
