"""What a job is said to take: the arithmetic by hand, and that it is in proportion."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from analysis import ModelBundle, Splits
from analysis.models.estimate import Shape, distinct_tokens, estimate_nsp, flops_per_second, least_flops
from analysis.questions import Compare, Contest, Layers, Question, Read, Score, Segmentations, Text
from analysis.tasks import task_of
from analysis.tasks.splits import SPLITS

SHAPE = Shape(layers=2, hidden=4, inner=16, vocabulary=10)


def test_what_the_first_layer_shares_is_not_counted() -> None:
    whole = least_flops(SHAPE, [(3, 1)] * 2, mlm_rows=0)
    shared = least_flops(SHAPE, [(3, 1)] * 2, mlm_rows=0, distinct=4)
    assert whole.encoder - shared.encoder == 2 * 6 * 4 * 4, "three products of two tokens"
    one_layer = Shape(layers=1, hidden=4, inner=16, vocabulary=10)
    found = [least_flops(one_layer, [(3, 1)] * 2, mlm_rows=0, distinct=distinct).encoder for distinct in (None, 4)]
    assert found[0] - found[1] == 2 * 4 * 4 * 4, "keys and values"


def test_sizes_of_a_configuration(bundled: ModelBundle) -> None:
    assert Shape.of(bundled) == Shape(6, 384, 1_536, 30_522)


def test_an_estimate_counts_the_plan(bundled: ModelBundle) -> None:
    plan = SPLITS.plan((bundled,), Splits("The cat sat. It purred. Then it slept.", controls=2))
    found = estimate_nsp(bundled, plan.inputs)
    assert (found.passes, found.tokens) == (7, sum(map(len, plan.inputs)))
    rows = (zip(each.ids, each.segment_ids, range(len(each)), strict=True) for each in plan.inputs)
    assert distinct_tokens(plan.inputs) == len({tuple(map(int, row)) for some in rows for row in some}) < found.tokens
    more = estimate_nsp(bundled, plan.inputs * 10)
    assert more.seconds > 5 * found.seconds


LONE = Text("The old zebras unharnessed the [MASK] before dawn.")
OTHER = Text("The old zebras sat beside the [MASK].")
WINDOWED = Text("The old man sat on the mat and looked at the sea for a while. " * 60, in_windows=True)


@pytest.mark.parametrize(
    "question",
    [
        Read(LONE),
        Read(LONE, "word_l2r"),
        Read(WINDOWED),
        Score(LONE, ("token", "word")),
        Contest(LONE, ("cart", "zebra-like thing", "unharnessed zebras")),
        Segmentations(Text("She opened the door.", "The room was dark.")),
        Layers(LONE),
        Layers(LONE, "hidden", position=3),
        Compare(LONE, OTHER, "seen"),
        Compare(LONE, OTHER, "hidden"),
    ],
    ids=lambda question: type(question).__name__,
)
def test_an_estimate_is_of_the_tokens_that_go_through_the_model(bundled: ModelBundle, question: Question) -> None:
    went: list[int] = []

    @contextmanager
    def gate(size: int = 0) -> Generator[None]:
        went.append(size)
        yield

    task, models = task_of(question), (replace(bundled, gate=gate),)
    assert task.estimate is not None
    found = task.estimate(models, task.plan(models, question))
    task.answer(models, question)
    assert found.tokens == sum(went)
    assert 0 < found.passes <= found.tokens
    assert found.seconds > 0


def test_the_machine_is_timed_once() -> None:
    assert flops_per_second(64, "fp32", 1) == flops_per_second(64, "fp32", 1) > 1e6
