"""The next-sentence head on all ordered pairs of sentences: margins, controls, how often the true next one wins."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import InputError, ModelBundle, PairMatrix, Pairs, pair_matrix, percentile
from analysis.limits import MAX_SENTENCES
from analysis.passages import bank
from analysis.questions import Percentile, Text
from analysis.tasks.pairs import PAIRS, auc
from analysis.tasks.percentile import PERCENTILE
from analysis.tasks.segmentations import read_nsp
from analysis.texts.controls import draw_sentences
from analysis.types import Floats, Threshold
from analysis.types.nsp import threshold_of
from tests.analysis.command_line import Run, answer_of, assert_refused
from tests.analysis.engine_spy import watched_engine
from tests.analysis.oracle import Plain
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects

CLOSE = 1e-4
STORY = (
    "The cat sat on the mat.",
    "It purred loudly!",
    "Then it slept.",
    "The dog barked at it.",
    "Nobody came.",
)


@pytest.fixture(scope="module")
def matrix(bundled: ModelBundle) -> PairMatrix:
    return pair_matrix(bundled, STORY, controls=6, seed=2)


def margin(plain: Plain, a: str, b: str) -> float:
    z = plain.answer(a, b).z
    assert z is not None
    return float(z[0] - z[1])


def check_margins(matrix: PairMatrix, plain: Plain) -> None:
    for i, a in enumerate(STORY):
        for j, b in enumerate(STORY):
            if i != j:
                assert matrix.margin_nats[i, j] == pytest.approx(margin(plain, a, b), abs=CLOSE)
        for r, control in enumerate(matrix.controls):
            assert matrix.control_margin_nats[i, r] == pytest.approx(margin(plain, a, control), abs=CLOSE)


def test_every_pair_is_a_plain_call_on_two_texts(matrix: PairMatrix, plain: Plain) -> None:
    check_margins(matrix, plain)
    assert_rejects(check_margins, replace(matrix, z=matrix.z.transpose(1, 0, 2)), plain)
    assert np.isnan(np.diagonal(matrix.margin_nats)).all()


def test_order_effects(matrix: PairMatrix) -> None:
    margins = matrix.margin_nats
    for i, j in permutations(range(5), 2):
        assert matrix.order_effect_nats[i, j] == margins[i, j] - margins[j, i]


def test_how_often_the_true_next_one_wins(matrix: PairMatrix) -> None:
    m, controls = matrix.margin_nats, matrix.control_margin_nats
    wins = [
        float(m[i, i + 1] > m[i, j]) + (m[i, i + 1] == m[i, j]) / 2
        for i in range(4)
        for j in range(5)
        if j not in (i, i + 1)
    ]
    assert matrix.adjacency is not None
    assert matrix.adjacency.value == pytest.approx(np.mean(wins))
    assert (matrix.adjacency.anchors, matrix.adjacency.comparisons) == (4, 12)
    wins = [float(m[i, i + 1] > each) for i in range(4) for each in controls[i]]
    assert matrix.other_text is not None
    assert matrix.other_text.value == pytest.approx(np.mean(wins))
    assert matrix.other_text.comparisons == 24
    for found in (matrix.adjacency, matrix.other_text):
        assert 0 <= found.low <= found.value <= found.high <= 1


def test_orders(matrix: PairMatrix) -> None:
    m = matrix.margin_nats.astype(float)
    totals = {order: sum(m[i, j] for i, j in pairwise(order)) for order in permutations(range(5))}
    best = sorted(totals, key=lambda order: -totals[order])
    assert [each.order for each in matrix.best_orders] == best[:5]
    assert matrix.best_orders[0].total_nats == pytest.approx(totals[best[0]])
    true = tuple(range(5))
    assert matrix.true_order is not None
    assert matrix.true_order.total_nats == pytest.approx(totals[true])
    assert matrix.true_order_rank == 1 + sum(total > totals[true] for total in totals.values())


def test_percentiles(matrix: PairMatrix, bundled: ModelBundle) -> None:
    found = matrix.percentile(0, 1)
    below = matrix.control_margin_nats[0] < matrix.margin_nats[0, 1]
    assert found == below.mean()
    alone = percentile(bundled, STORY[0], STORY[1], controls=6, seed=2)
    assert alone.controls == matrix.controls
    assert alone.percentile == found
    np.testing.assert_allclose(alone.control_margin_nats, matrix.control_margin_nats[0], rtol=0, atol=1e-5)
    assert alone.nsp.margin_nats == pytest.approx(matrix.margin_nats[0, 1], abs=1e-5)


def test_too_few_sentences_for_statistics(bundled: ModelBundle) -> None:
    two = pair_matrix(bundled, STORY[:2], controls=2)
    assert (two.adjacency, two.other_text) == (None, None)
    assert [each.order for each in two.best_orders] in ([(0, 1), (1, 0)], [(1, 0), (0, 1)])
    without = pair_matrix(bundled, STORY[:3], controls=0)
    assert without.other_text is None
    assert without.adjacency is not None
    assert without.percentile(0, 1) is None
    assert without.complete


def test_more_than_six_sentences_have_no_orders(bundled: ModelBundle) -> None:
    seven = pair_matrix(bundled, [*STORY, "The end.", "Or not."], controls=0)
    assert (seven.best_orders, seven.true_order, seven.true_order_rank) == ((), None, None)


# --- statistics ---


def check_auc(of: Callable[[list[float], list[Floats]], float]) -> None:
    assert of([1.0], [np.array([0.0, 1.0, 2.0], np.float32)]) == pytest.approx(0.5), "ties count a half"
    assert of([3.0, 0.0], [np.array([1.0]), np.array([1.0, 2.0])]) == pytest.approx(1 / 3), "over all comparisons"
    assert of([5.0], [np.array([1.0, 2.0])]) == 1.0


def test_the_auc_counts_ties_half() -> None:
    def ours(true: list[float], others: list[Floats]) -> float:
        found = auc(true, others, seed=0)
        assert found is not None
        return found.value

    def without_ties(true: list[float], others: list[Floats]) -> float:
        return float(np.mean([each > other for each, rest in zip(true, others, strict=True) for other in rest]))

    check_auc(ours)
    assert_rejects(check_auc, without_ties)
    assert auc([], [], seed=0) is None
    assert auc([1.0], [np.empty(0, np.float32)], seed=0) is None


def test_the_interval_holds_sentences_together() -> None:
    """Twenty anchors that win all or nothing are twenty observations, however many comparisons each has."""
    true, others = [1.0] * 20, [np.full(50, 2.0 * (number % 2), np.float32) for number in range(20)]
    found = auc(true, others, seed=0)
    assert found is not None
    assert found.value == 0.5
    assert found.high - found.low == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 20), rel=0.15)
    again, other = auc(true, others, seed=0), auc(true, others, seed=1)
    assert found == again != other


# --- the threshold that parts best ---


def check_threshold(of: Callable[[Floats, Floats], Threshold]) -> None:
    """Worked out by hand: of true pairs and others the threshold, the balanced accuracy there and at 0."""
    for true, others, at, best, at_0 in (
        ([2.0, 4.0], [-4.0, -2.0], 0.0, 1.0, 1.0),
        ([-1.0, 3.0], [-5.0, -3.0], -2.0, 1.0, 0.75),
        ([5.0, 6.0], [1.0, 2.0, 3.0], 4.0, 1.0, 0.5),
        # Three true pairs of four are above 1, where every other one is below: 7 / 8.
        ([-4.0, 1.5, 2.0, 3.0], [-6.0, -5.0, 1.0], 1.25, 0.875, (0.75 + 2 / 3) / 2),
        # Nothing parts them: every threshold is as good, and the middle stretch holds 0.
        ([0.5], [0.5], 0.0, 0.5, 0.5),
    ):
        found = of(np.array(true, np.float32), np.array(others, np.float32))
        assert found.balanced_accuracy == pytest.approx(best)
        assert found.balanced_accuracy_at_0 == pytest.approx(at_0)
        assert found.at_nats == pytest.approx(at)


def test_the_threshold_parts_as_no_other_does() -> None:
    check_threshold(threshold_of)

    def at_a_margin(true: Floats, others: Floats) -> Threshold:
        found = threshold_of(true, others)
        return replace(found, at_nats=float(true[true > found.at_nats].min()))

    def by_plain_accuracy(true: Floats, others: Floats) -> Threshold:
        found = threshold_of(true, others)
        right = (true > found.at_nats).sum() + (others <= found.at_nats).sum()
        return replace(found, balanced_accuracy=float(right / (len(true) + len(others))))

    assert_rejects(check_threshold, at_a_margin)
    assert_rejects(check_threshold, by_plain_accuracy)


@given(st.lists(st.floats(-30, 30, width=32), min_size=1), st.lists(st.floats(-30, 30, width=32), min_size=1))
def test_no_threshold_does_better(true: list[float], others: list[float]) -> None:
    m, c = np.array(true, np.float32), np.array(others, np.float32)
    found = threshold_of(m, c)

    def accuracy(at: float) -> float:
        return float(((m > at).mean() + (c <= at).mean()) / 2)

    tried = [accuracy(float(at)) for at in (*m, *c, -31, 31, 0)]
    assert accuracy(found.at_nats) == pytest.approx(found.balanced_accuracy)
    assert found.balanced_accuracy >= max(tried) - 1e-12
    assert found.balanced_accuracy >= 0.5 - 1e-12


def test_a_matrix_has_the_threshold_of_its_successors(matrix: PairMatrix, bundled: ModelBundle) -> None:
    m = matrix.margin_nats
    true = np.array([m[i, i + 1] for i in range(4)])
    assert matrix.threshold == threshold_of(true, matrix.control_margin_nats[:4].ravel())
    assert pair_matrix(bundled, STORY[:2], controls=0).threshold is None
    assert pair_matrix(bundled, STORY[:2], controls=2).threshold is not None
    plan = PAIRS.plan((bundled,), Pairs(STORY[:3], controls=2))
    under_way = PAIRS.assemble((bundled,), plan, [read_nsp(bundled, plan.inputs[:8])])
    assert under_way is not None
    assert (under_way.threshold, under_way.off_zero) == (None, False)


@pytest.mark.parametrize(("shift", "auc", "off"), [(0.0, 0.95, False), (-6.0, 0.95, True), (-6.0, 0.7, False)])
def test_a_head_that_ranks_well_may_sit_off_0(matrix: PairMatrix, shift: float, auc: float, off: bool) -> None:
    """All margins moved by as much: the ranks are the same, and 0 parts no longer."""
    assert matrix.other_text is not None
    z, controls = (each - np.array([0, 0], np.float32) for each in (matrix.z, matrix.control_z))
    z[..., 0], controls[..., 0] = z[..., 1] + 3 + shift, controls[..., 1] - 3 + shift
    moved = replace(matrix, z=z, control_z=controls, other_text=replace(matrix.other_text, value=auc))
    assert moved.threshold is not None
    assert moved.threshold.at_nats == pytest.approx(shift, abs=1e-5)
    assert moved.off_zero == off


# --- controls ---


def test_control_sentences_come_from_different_passages(bundled: ModelBundle) -> None:
    drawn = draw_sentences(bundled, 20, 0)
    homes = [next(passage.name for passage in bank() if text in passage.sentences) for text, _ in drawn]
    assert len(set(homes)) == 20
    assert all(len(ids) >= 4 for _, ids in drawn)
    some = draw_sentences(bundled, 3, 0, bank()[:3])
    assert all(any(text in passage.sentences for passage in bank()[:3]) for text, _ in some)
    with pytest.raises(InputError) as caught:
        draw_sentences(bundled, 4, 0, bank()[:3])
    assert_plain_sentence(caught.value)


def test_a_long_first_sentence_leaves_a_control_what_room_there_is(tiny: ModelBundle) -> None:
    plan = PAIRS.plan((tiny,), Pairs(("cat " * 50, "The dog."), controls=2))
    assert all(len(each) <= 64 for each in plan.inputs)


# --- refusals ---


def test_sentences_that_can_t_be_paired(bundled: ModelBundle) -> None:
    for sentences, said in (
        (["A cat."] * (MAX_SENTENCES + 1), "sentences and 41 came"),
        (["A cat.", " "], "Sentence 2: The text is only white space"),
        (["cat " * 300, "A dog.", "dog " * 300], "Sentences 1 and 3 have 603 tokens together"),
    ):
        with pytest.raises(InputError) as caught:
            pair_matrix(bundled, sentences)
        assert_plain_sentence(caught.value)
        assert said in str(caught.value)


def test_a_percentile_takes_controls(bundled: ModelBundle) -> None:
    with pytest.raises(InputError) as caught:
        percentile(bundled, "A cat.", "A dog.", controls=0)
    assert_plain_sentence(caught.value)
    with pytest.raises(InputError, match="The seed -1 came"):
        percentile(bundled, "A cat.", "A dog.", seed=-1)


def test_a_percentile_comes_when_all_controls_have(bundled: ModelBundle) -> None:
    plan = PERCENTILE.plan((bundled,), Percentile(Text(STORY[0], STORY[1]), 3))
    whole = percentile(bundled, *STORY[:2], controls=3)
    assert PERCENTILE.assemble((bundled,), plan, []) is None
    for count in (1, 3, 4):
        found = PERCENTILE.assemble((bundled,), plan, [read_nsp(bundled, plan.inputs[:count])])
        assert found is not None
        assert found.complete == np.isfinite(found.percentile) == (count == 4)
        assert found.nsp.margin_nats == pytest.approx(whole.nsp.margin_nats, abs=1e-5)


def test_a_percentile_can_t_be_changed(tiny: ModelBundle) -> None:
    assert not percentile(tiny, "A cat.", "A dog.", controls=2).control_z.flags.writeable


# --- how it is computed ---


def test_the_masked_language_head_is_never_run(bundled: ModelBundle) -> None:
    with watched_engine() as calls:
        pair_matrix(bundled, STORY[:3], controls=2)
    assert calls.mlm == []
    assert sum(calls.nsp) == 6 + 6


def test_what_follows_from_a_matrix_that_was_stopped(bundled: ModelBundle) -> None:
    plan = PAIRS.plan((bundled,), Pairs(STORY[:3], controls=2))
    some, pairs_only = (PAIRS.assemble((bundled,), plan, [read_nsp(bundled, plan.inputs[:count])]) for count in (4, 6))
    assert some is not None
    assert pairs_only is not None
    assert np.isfinite(some.margin_nats).sum() == 4
    assert (some.adjacency, some.other_text, some.best_orders, some.percentile(0, 1)) == (None, None, (), None)
    assert len(pairs_only.best_orders) == 5
    assert pairs_only.adjacency is None


# --- the command line ---


def test_on_the_command_line(run: Run, tiny: ModelBundle, tmp_path: Path) -> None:
    lines = ["The cat sat.", "The dog was dark!", "She opened the door."]
    file = tmp_path / "sentences.txt"
    file.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    answer = answer_of(run("pairs", str(file), "--controls", "3", "--seed", "1"))
    assert answer == answer_of(run("pairs", f"@{file}", "--controls", "3", "--seed", "1")) | {
        "provenance": answer["provenance"]
    }
    assert answer["sentences"] == lines
    matrix = pair_matrix(tiny, lines, controls=3, seed=1)
    margins = matrix.margin_nats.astype(object)
    margins[np.eye(3, dtype=bool)] = None
    assert answer["margins_nats"] == margins.tolist()
    assert answer["control_margins_nats"] == matrix.control_margin_nats.tolist()
    assert matrix.adjacency is not None
    assert answer["adjacency_auc"]["value"] == matrix.adjacency.value
    assert matrix.threshold is not None
    assert answer["threshold"]["at_nats"] == matrix.threshold.at_nats
    assert answer["true_order"]["rank"] == matrix.true_order_rank
    assert [each["percentile"] for each in answer["percentiles"]] == [matrix.percentile(0, 1), matrix.percentile(1, 2)]
    from_stdin = answer_of(run("pairs", "-", "--controls", "0", stdin="\n".join(lines).encode()))
    assert from_stdin["other_text_auc"] is None
    alone = np.array(from_stdin["margins_nats"], float)
    np.testing.assert_allclose(alone, matrix.margin_nats, rtol=0, atol=1e-5)


def test_refusals_on_the_command_line(run: Run, tmp_path: Path) -> None:
    for name in (str(tmp_path / "none.txt"), "", "@"):
        assert assert_refused(run("pairs", name), "^The file can't be read")
    (tmp_path / "one.txt").write_text("The cat.\n", encoding="utf-8")
    assert_refused(run("pairs", str(tmp_path / "one.txt")), "sentences and 1 came")


def test_a_notice_names_its_sentences(bundled: ModelBundle) -> None:
    found = pair_matrix(
        bundled, ["The door opened.", "No\u200bbody ran.", "Nobody came.", "No\u200bbody ran."], controls=0
    )
    assert [said.partition(": ")[0] for said in found.notices] == ["Sentences 2, 4"]
    found = pair_matrix(bundled, ["The door opened.", "No\u200bbody ran.", "Nobody came."], controls=0)
    assert [said.partition(": ")[0] for said in found.notices] == ["Sentence 2"]
