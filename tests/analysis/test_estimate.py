"""What a job is said to take: the arithmetic by hand, and that it is in proportion."""

from analysis import ModelBundle, Splits
from analysis.models.estimate import Shape, distinct_tokens, estimate_nsp, flops_per_second, least_flops
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


def test_the_machine_is_timed_once() -> None:
    assert flops_per_second(64, "fp32", 1) == flops_per_second(64, "fp32", 1) > 1e6
