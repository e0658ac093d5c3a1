"""``Task``: how one kind of question is answered, in parts that can be shown, stopped, kept and put together.

The command line, the dashboard's cache, its progress and its sessions are written once over this record; none of them
knows a task by name.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from analysis import hosting
from analysis.errors import InputError
from analysis.limits import CHUNK_OPERATIONS, PASS_TOKENS
from analysis.models.bundle import ModelBundle
from analysis.models.estimate import Estimate

Models = tuple[ModelBundle, ...]
"""The model that is asked, or two: the second then reads the second input of a comparison."""

Q = TypeVar("Q")
P = TypeVar("P")
Chunk = TypeVar("Chunk")
Part = TypeVar("Part")
R = TypeVar("R")
Rest = ParamSpec("Rest")

WHOLE = 2**62
"""Tensors of a chunk for somebody who waits for all of it."""


@dataclass(frozen=True, slots=True)
class Task(Generic[Q, P, Chunk, Part, R]):
    """How a kind of question is answered.

    Attributes
    ----------
    plan
        (models, question) to what will be read. Every InputError comes from here, before any work.
    chunks
        (models, plan, tokens) to the stretches of work in their order, of about so many tokens each where they can be
        cut; there is at least one.
    read
        (models, plan, chunk) to what one of them comes to. ModelError if a model fails. Where a part ``rests`` on those
        before it, what gives them comes as a fourth argument.
    assemble
        (models, plan, parts of the first chunks) to the answer as far as it goes; None while there is nothing to show.
    export
        A complete answer to JSON; the keys name their units.
    unit, size
        What its progress counts, and how many of them a plan has.
    estimate
        (models, plan) to the passes and the seconds that it takes; None where it takes a moment.
    most_models
        How many models it can be asked of; 2 where the second reads a side of its own.
    """

    plan: Callable[[Models, Q], P]
    chunks: Callable[[Models, P, int], Sequence[Chunk]]
    read: Callable[..., Part]
    assemble: Callable[[Models, P, Sequence[Part]], R | None]
    export: Callable[[R], dict[str, Any]]
    unit: str
    size: Callable[[P], int]
    estimate: Callable[[Models, P], Estimate] | None = None
    most_models: int = 1
    rests: bool = False

    def laid_out(self, models: Models, plan: P, tokens: int) -> Sequence[Chunk]:
        """The chunks of a plan; InputError if they are more than a server lets one question take."""
        chunks = self.chunks(models, plan, tokens)
        hosting.in_force().check_parts(len(chunks))
        return chunks

    def part(self, models: Models, plan: P, chunk: Chunk, before: Callable[[], Sequence[Part]]) -> Part:
        """What a chunk comes to; ``before`` gives the parts of those before it."""
        return self.read(models, plan, chunk, before) if self.rests else self.read(models, plan, chunk)

    def answer(self, models: Models, question: Q, progress: Callable[[int, int], None] | None = None) -> R:
        """Plan, read and assemble from begin to end; errors are those of ``plan`` and ``read``.

        ``progress`` is called with (chunks read, chunks in all) after each; the chunks are then as short as a person
        waits.
        """
        if not 1 <= len(models) <= self.most_models:
            allowed = "one model" if self.most_models == 1 else "one model or two"
            raise InputError(f"This question is asked of {allowed} and {len(models)} came: give {allowed}.")
        plan = self.plan(models, question)
        in_chunks = progress is not None or hosting.in_force().parts is not None
        chunks = self.laid_out(models, plan, tokens_at_once(models) if in_chunks else WHOLE)
        parts: list[Part] = []
        for chunk in chunks:
            parts.append(self.part(models, plan, chunk, lambda: parts))
            if progress is not None:
                progress(len(parts), len(chunks))
        found = self.assemble(models, plan, parts)
        if found is None:
            raise RuntimeError("all parts of a plan came to nothing")
        return found


def of_one(step: Callable[Concatenate[ModelBundle, Rest], R]) -> Callable[Concatenate[Models, Rest], R]:
    """A step of a task that is asked of one model, as a ``Task`` takes it."""
    return lambda models, *rest, **more: step(models[0], *rest, **more)


def tokens_at_once(models: Models) -> int:
    """Tensors of a chunk that a person can wait for: a few tenths of a second on a core or two, whatever the models.

    A layer takes 24 n_hidden^2 operations per token: four products of attention, two four times as wide.
    """
    return min(min(PASS_TOKENS, CHUNK_OPERATIONS // (24 * each.n_hidden**2 * each.n_layers)) for each in models)
