"""What can be asked of a model: a file for each subject, which ends in its tasks."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis import questions
from analysis.questions import Question

if TYPE_CHECKING:
    from analysis.models.bundle import ModelBundle
    from analysis.task import Task


class Entry(NamedTuple):
    """A kind of question and where its task is: a module of ``analysis`` and the name in it."""

    question: type[Question]
    module: str
    name: str


TASKS: dict[str, Entry] = {
    "read": Entry(questions.Read, "tasks.readings", "READ"),
    "distribution": Entry(questions.Distribution, "tasks.distribution", "DISTRIBUTION"),
    "pll": Entry(questions.Score, "tasks.scores", "SCORE"),
    "fill": Entry(questions.Fill, "tasks.fill", "FILL"),
    "candidates": Entry(questions.Contest, "tasks.contest", "CONTEST"),
    "nsp": Entry(questions.Segmentations, "tasks.segmentations", "SEGMENTATIONS"),
    "splits": Entry(questions.Splits, "tasks.splits", "SPLITS"),
    "pairs": Entry(questions.Pairs, "tasks.pairs", "PAIRS"),
    "percentile": Entry(questions.Percentile, "tasks.percentile", "PERCENTILE"),
    "compare": Entry(questions.Compare, "tasks.compare", "COMPARE"),
    "layers": Entry(questions.Layers, "tasks.layers", "LAYERS"),
    "attention": Entry(questions.Attention, "tasks.attention", "ATTENTION"),
    "patch": Entry(questions.Patch, "tasks.patching", "PATCH"),
    "influence": Entry(questions.Influence, "tasks.influence", "INFLUENCE"),
    "table": Entry(questions.Table, "batch.task", "TABLE"),
    "tour": Entry(questions.Tour, "tasks.tour", "TOUR"),
    "model": Entry(questions.Describe, "tasks.describe", "DESCRIBE"),
}
"""By the name of the command. A task is imported when it is asked: torch takes seconds."""

_OF_QUESTION = {entry.question: entry for entry in TASKS.values()}


def task_of(question: Question) -> "Task[Any, Any, Any, Any, Any]":
    """The task that answers a question."""
    entry = _OF_QUESTION[type(question)]
    return getattr(import_module(f"analysis.{entry.module}"), entry.name)


def ask(
    models: "ModelBundle | Sequence[ModelBundle]",
    question: Question,
    progress: Callable[[int, int], None] | None = None,
) -> Any:
    """Answer a question from begin to end.

    Parameters
    ----------
    models
        A loaded model; for a comparison of two models both, of which the second reads ``b``.
    question
        One of ``analysis.questions``: ``ask(bundle, Read(Text("Paris is the capital of [MASK].")))``.
    progress
        Called with (parts read, parts in all).

    Returns
    -------
    A result of ``analysis.types``: see the function of the task's module that goes by the question's name.

    Raises
    ------
    InputError
        If the question can't be asked of these models.
    ModelError
        If a model fails.
    """
    return task_of(question).answer(tuple(models) if isinstance(models, Sequence) else (models,), question, progress)
