"""The arithmetic on rows of logits: numbers that can be checked by hand, bounds, ties."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis import InputError, ModelError, TokenStatistics
from analysis.kernels import rows
from analysis.kernels.distributions import StatisticsReducer, check_k, top_k
from analysis.limits import HEAD_ROWS
from tests.analysis.plain_words import assert_plain_sentence

LN2, LN3 = np.log(2), np.log(3)


@pytest.fixture(autouse=True, params=["numpy", "torch"])
def _exponentials_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "FASTER", {torch.get_num_threads(): request.param})


# Few distinct values, so that ties are the rule.
rows_of_ties = st.integers(1, 12).flatmap(
    lambda v: st.lists(st.lists(st.sampled_from([-3.0, 0.0, 0.5, 2.0]), min_size=v, max_size=v), min_size=1, max_size=4)
)
rows_of_logits = st.integers(1, 30).flatmap(
    lambda v: st.lists(st.lists(st.floats(-80, 80, width=32), min_size=v, max_size=v), min_size=1, max_size=5)
)


def statistics(logits: Sequence[Sequence[float]], targets: Sequence[int], k: int = 1) -> TokenStatistics:
    rows = torch.tensor(logits, dtype=torch.float32)
    reducer = StatisticsReducer(np.array(targets), k, rows.shape[1])
    reducer(rows, 0)
    return reducer.result()


def sorted_by_hand(row: Sequence[float], k: int) -> list[int]:
    return sorted(range(len(row)), key=lambda i: (-row[i], i))[:k]


@pytest.mark.parametrize(
    ("row", "target", "p", "surprisal", "entropy", "rank"),
    [
        ([0, 0], 0, 1 / 2, 1, 1, 1),
        ([0, 0, 0, 0], 3, 1 / 4, 2, 2, 1),
        ([LN3, 0], 0, 3 / 4, 2 - np.log2(3), 2 - 3 / 4 * np.log2(3), 1),
        ([LN3, 0], 1, 1 / 4, 2, 2 - 3 / 4 * np.log2(3), 2),
        ([LN2, 0, 0], 1, 1 / 4, 2, 3 / 2, 2),  # 1/2, 1/4, 1/4
        ([1000, 0], 0, 1, 0, 0, 1),
        ([1000, 0], 1, 0, 1000 / LN2, 0, 2),
        ([-1000, -1000], 0, 1 / 2, 1, 1, 1),
        ([5], 0, 1, 0, 0, 1),
        ([LN2, 0] * 20, 1, 1 / 60, np.log2(60), np.log2(60) - 2 / 3, 21),  # twenty of 2/60, twenty of 1/60
        ([3, 1, 3, 2, 3], 3, 0.105012, 3.25137, 2.07165, 4),
    ],
)
def test_by_hand(row: list[float], target: int, p: float, surprisal: float, entropy: float, rank: int) -> None:
    found = statistics([row], [target])
    assert found.p_observed[0] == pytest.approx(p, abs=1e-6)
    assert found.surprisal_bits[0] == pytest.approx(surprisal, rel=1e-5, abs=1e-6)
    assert found.entropy_bits[0] == pytest.approx(entropy, abs=1e-5)
    assert found.rank[0] == rank


def test_rounding_never_leaves_the_bounds() -> None:
    """Of equal logits and of nearly certain ones, where single precision steps over the edge by a digit."""
    for columns in range(1, 500):
        assert 0 <= statistics([[1 / columns] * columns], [0]).entropy_bits[0] <= np.float32(np.log2(columns))
    for logit in np.linspace(5, 120, 500):
        assert statistics([[logit, 0, 0]], [0]).entropy_bits[0] >= 0


def test_a_certain_token_has_no_negative_zero() -> None:
    found = statistics([[1000, 0], [5, -5000]], [0, 0])
    assert not np.signbit(found.surprisal_bits).any()
    assert not np.signbit(found.entropy_bits).any()


@given(rows=rows_of_logits, data=st.data())
def test_any_rows(rows: list[list[float]], data: st.DataObject) -> None:
    targets = [data.draw(st.integers(0, len(row) - 1)) for row in rows]
    found = statistics(rows, targets, k=len(rows[0]))
    logits = np.array(rows, np.float32).astype(np.float64)
    log_p = logits - logits.max(-1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(-1, keepdims=True))
    at = np.arange(len(rows)), np.array(targets)
    np.testing.assert_allclose(found.p_observed, np.exp(log_p)[at], atol=1e-6)
    np.testing.assert_allclose(found.surprisal_bits, -log_p[at] / LN2, rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(found.entropy_bits, -(np.exp(log_p) * log_p).sum(-1) / LN2, atol=2e-5)
    np.testing.assert_allclose(found.top_p, np.take_along_axis(np.exp(log_p), found.top_ids, -1), atol=1e-6)
    np.testing.assert_allclose(found.top_p.sum(-1), 1, atol=1e-5)
    assert found.rank.tolist() == [1 + sum(x > row[t] for x in row) for row, t in zip(logits, targets, strict=True)]
    assert (found.entropy_bits >= 0).all()
    assert (found.entropy_bits <= np.float32(np.log2(len(rows[0])))).all()


@given(rows=rows_of_ties, data=st.data())
def test_top_k_with_ties(rows: list[list[float]], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(rows[0])))
    assert top_k(torch.tensor(rows), k).tolist() == [sorted_by_hand(row, k) for row in rows]


def test_top_k_by_hand() -> None:
    for row, k, expected in (
        ([1, 1, 1, 1], 1, [0]),
        ([1, 1, 1, 1], 2, [0, 1]),
        ([1, 1, 1, 1], 4, [0, 1, 2, 3]),
        ([0, 5, 0, 5], 2, [1, 3]),
        ([0, 5, 0, 5], 3, [1, 3, 0]),  # the third place is tied: the smaller id
        ([5, 0, 9, 5, 5], 2, [2, 0]),
        ([5, 0, 9, 5, 5], 5, [2, 0, 3, 4, 1]),
        ([7], 1, [0]),
        ([-1, -1.0000001], 2, [0, 1]),
    ):
        assert top_k(torch.tensor([row], dtype=torch.float32), k).tolist() == [expected]


def test_top_k_of_many_tied_columns() -> None:
    """Wide enough for another algorithm of torch's than the narrow rows above get."""
    row = torch.zeros(30_522)
    row[[20_000, 400, 30_521]] = 2.0
    row[[7, 25_000]] = 1.0
    rows = torch.stack([row, row.flip(0), torch.zeros(30_522)])
    for k in (1, 2, 3, 4, 5, 6, 50, 30_522):
        expected = [sorted_by_hand(each.tolist(), k) for each in rows]
        assert top_k(rows, k).tolist() == expected


def test_chunks_make_no_difference() -> None:
    logits = torch.randn(37, 50, generator=torch.Generator().manual_seed(0)) * 5
    targets = np.arange(37) % 50

    def in_chunks_of(size: int) -> tuple[np.ndarray, ...]:
        reducer = StatisticsReducer(targets, 7, 50)
        for start in range(0, 37, size):
            reducer(logits[start : start + size].clone(), start)
        return fields(reducer.result())

    for size in (1, 5, 15):
        for one, other in zip(in_chunks_of(HEAD_ROWS), in_chunks_of(size), strict=True):
            assert one.tobytes() == other.tobytes()


def test_results_are_small_and_read_only() -> None:
    found = statistics([[0, 1, 2], [2, 1, 0]], [0, 0], k=2)
    assert [array.dtype.name for array in fields(found)] == ["float32"] * 3 + ["int32"] * 2 + ["float32"] * 2 + [
        "int32"
    ]
    for array in fields(found):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_logit_that_is_no_number_is_refused() -> None:
    for bad in (float("nan"), float("inf"), float("-inf")):
        with pytest.raises(ModelError, match="not finite") as caught:
            statistics([[0, 0, 0], [0, bad, 0]], [0, 0])
        assert_plain_sentence(caught.value)


def test_k_out_of_range() -> None:
    for k, n in ((0, 5), (-1, 5), (6, 5), (10**9, 30_522)):
        with pytest.raises(InputError, match=f"1 to {n:,}") as caught:
            check_k(k, n)
        assert_plain_sentence(caught.value)


def test_k_within_range() -> None:
    assert [check_k(k, 5) for k in range(1, 6)] == [1, 2, 3, 4, 5]


def fields(found: TokenStatistics) -> tuple[np.ndarray, ...]:
    return tuple(getattr(found, name) for name in TokenStatistics.__slots__)
