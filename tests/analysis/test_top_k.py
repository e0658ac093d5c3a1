"""The K most probable ids of wide rows, which are looked for in blocks: as a full stable sort finds them."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis import ModelError
from analysis.kernels import distributions
from analysis.kernels.distributions import StatisticsReducer, top_k
from tests.analysis.stand_ins import assert_rejects

BLOCK = distributions._BLOCK
WIDTHS = (1, 5, 127, 128, 129, 255, 257, 512, 513, 640, 1000, 1024, 1031, 5000, 30_522)


def by_a_full_sort(rows: np.ndarray, k: int) -> list[list[int]]:
    """Ids by (-logit, id): numpy's stable sort keeps equal ones in the order of their ids."""
    return np.argsort(-rows, axis=-1, kind="stable")[:, :k].tolist()


def check(rows: np.ndarray, k: int, found: list[list[int]]) -> None:
    assert found == by_a_full_sort(rows, k)


def ours(rows: np.ndarray, k: int) -> list[list[int]]:
    return top_k(torch.from_numpy(rows), k).tolist()


def by_torch_alone(rows: np.ndarray, k: int) -> list[list[int]]:
    return torch.from_numpy(rows).topk(k).indices.tolist()


def in_the_chosen_blocks_only(rows: np.ndarray, k: int) -> list[list[int]]:
    """The K blocks that torch picks by their maxima, whichever of equal ones those are."""
    found = []
    for row in rows:
        blocks = np.array([row[start : start + BLOCK].max() for start in range(0, len(row), BLOCK)], np.float32)
        chosen = torch.from_numpy(blocks).topk(k).indices.tolist()
        ids = sorted(i for block in chosen for i in range(block * BLOCK, min((block + 1) * BLOCK, len(row))))
        found.append(sorted(ids, key=lambda i: (-row[i], i))[:k])
    return found


@st.composite
def rows_of_ties(draw: st.DrawFn) -> tuple[np.ndarray, int]:
    width, rows = draw(st.sampled_from(WIDTHS)), draw(st.integers(1, 3))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = draw(st.sampled_from([[0.0, 1.0], [-3.0, -0.0, 0.0, 2.5], [*range(40)], [7.0]]))
    # Most columns low, so that the K-th place is tied here and decided there.
    rare = draw(st.sampled_from([1.0, 0.1, 0.002]))
    made = np.where(random.random((rows, width)) < rare, random.choice(values, (rows, width)), min(values))
    near_all = st.integers(max(1, width - 3), width)
    return made.astype(np.float32), draw(st.one_of(st.integers(1, min(width, 60)), near_all))


@given(made=rows_of_ties())
def test_rows_of_ties(made: tuple[np.ndarray, int]) -> None:
    rows, k = made
    check(rows, k, ours(rows, k))


def test_rows_without_ties() -> None:
    for width in WIDTHS:
        rows = np.random.default_rng(width).permuted(np.tile(np.arange(width, dtype=np.float32), (3, 1)), axis=1)
        for k in {1, min(2, width), min(9, width), width // 512 or 1, width // 512 + 1, width}:
            check(rows, k, ours(rows, k))


def row_with(width: int, high: dict[int, float]) -> np.ndarray:
    row = np.zeros((1, width), np.float32)
    row[0, list(high)] = list(high.values())
    return row


BY_HAND = {
    "the K-th place is tied with a block that was not chosen": (1280, 2, {1200: 5, 300: 3, 700: 3, 900: 3}),
    "tied with every block": (1280, 2, {1279: 5, **{start: 3 for start in range(0, 1280, BLOCK)}}),
    "tied inside one block": (1280, 2, {640: 5, 641: 3, 642: 3, 643: 3}),
    "tied inside one block and with an earlier one": (1280, 2, {640: 5, 641: 3, 642: 3, 1: 3}),
    "tied at the first place": (1280, 1, {1279: 5, 128: 5, 127: 5}),
    "at the borders of blocks": (1280, 2, {127: 5, 128: 5, 255: 5, 256: 5}),
    "in the part of a block at the end": (1290, 2, {1289: 5, 1280: 3, 1279: 3}),
    "tied with the part of a block at the end": (1290, 2, {1285: 3, 5: 5, 1280: 3}),
    "nothing stands out": (1290, 2, {}),
    "all of them in one block": (4096, 8, {i: 1 for i in range(200, 256)}),
    "below the rest": (1290, 2, {0: -5, 1289: -5, 128: -5}),
}


def test_by_hand_and_other_ways_go_wrong_there() -> None:
    for width, k, _ in BY_HAND.values():
        assert k * BLOCK * distributions._WORTH_BLOCKS <= width, "or no blocks are looked at"
    rows = [(row_with(width, high), k) for width, k, high in BY_HAND.values()]

    def check_all(found_by: object) -> None:
        assert callable(found_by)
        for row, k in rows:
            check(row, k, found_by(row, k))

    check_all(ours)
    assert_rejects(check_all, by_torch_alone)
    assert_rejects(check_all, in_the_chosen_blocks_only)


def test_rows_are_told_apart() -> None:
    """Some tied and some not, side by side."""
    rows = np.concatenate([row_with(1290, high) for width, k, high in BY_HAND.values() if (width, k) == (1290, 2)])
    rows = np.concatenate([rows, np.random.default_rng(0).normal(size=(5, 1290)).astype(np.float32)])
    check(rows, 2, ours(rows, 2))


@pytest.mark.parametrize("k", [1, 9, 10, 5000])
def test_a_logit_that_is_no_number(k: int) -> None:
    """At the borders of blocks, in the part of one at the end, and everywhere; without a word from numpy."""
    for bad, at in product((np.nan, np.inf, -np.inf), (0, 127, 128, 4999, slice(4992, None), slice(None))):
        rows = np.random.default_rng(0).normal(size=(3, 5000)).astype(np.float32)
        rows[1, at] = bad
        reducer = StatisticsReducer(np.array([4, 5, 6]), k, 5000)
        reducer(torch.from_numpy(rows), 0)
        with pytest.raises(ModelError, match="not finite"):
            reducer.result()
