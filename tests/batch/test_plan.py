"""Packs are cut by position; equal rows are found; nothing grows but a few bytes a row."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from analysis.batch import plan as planning
from analysis.batch import requests
from analysis.batch.costs import cost_of, estimate, tokens_of
from analysis.batch.plan import Plan, packs, planned
from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from tests.batch.made import sentences

SEEN, PLL = Settings(), Settings(measures=("pll",))


def batches(texts: list[str], size: int, **columns: list[object]) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(texts), size):
        own = {name: values[start : start + size] for name, values in columns.items()}
        here = texts[start : start + size]
        rows = pa.array(range(start + 1, start + 1 + len(here)), pa.int64())
        errors = pa.array([None if text else "Nothing." for text in here], pa.string())
        yield pa.RecordBatch.from_pydict({"row": rows, "text": pa.array(here), **own, "error": errors})


def test_packs_hold_a_bounded_cost_however_the_input_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "PACK_ROWS", 16)
    monkeypatch.setattr(planning, "PACK_TOKENS", 600)
    texts = [*sentences(100), "long " * 200, *sentences(30)]
    found = planned(batches(texts, 7), PLL)
    other = planned(batches(texts, 64), PLL)
    assert found.edges.tolist() == other.edges.tolist()
    costs = [cost_of(tokens_of({"text": text}, PLL), PLL) for text in texts]
    assert costs == [count * count for count in found.tokens.tolist()]
    sizes = np.diff(found.edges)
    assert sizes.sum() == len(texts) and 1 <= sizes.min() and sizes.max() <= 16
    sums = [sum(costs[start:stop]) for start, stop in zip(found.edges[:-1], found.edges[1:], strict=True)]
    assert all(total <= 600 for total, size in zip(sums, sizes, strict=True) if size > 1)
    # As full as can be: the next row would have been too much.
    nexts = zip(sums[:-1], sizes[:-1], found.edges[1:-1], strict=True)
    assert all(size == 16 or total + costs[at] > 600 for total, size, at in nexts)

    got = list(packs(batches(texts, 7), found, range(len(sizes))))
    again = list(packs(batches(texts, 64), found, [3]))
    assert [row for pack in got for row in pack.rows.column("row").to_pylist()] == list(range(1, len(texts) + 1))
    assert again[0].rows.equals(got[3].rows)


def test_equal_rows_point_to_the_first_and_rows_that_cannot_be_read_to_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "PACK_ROWS", 2)
    texts = ["a cat", "a dog", "a cat", "", "a cat", "", "a dog", "a mat"]
    found = planned(batches(texts, 3, number=list(range(8))), SEEN)
    assert dict(zip(found.duplicates.tolist(), found.firsts.tolist(), strict=True)) == {2: 0, 4: 0, 6: 1}
    assert [pack.scored for pack in packs(batches(texts, 3, number=list(range(8))), found, [1, 3])] == [
        (False, True),
        (False, True),
    ]
    assert found.tokens_to_score(range(4)).tolist() == [3, 3, 3]
    # Of what another measure may read, every column counts.
    assert len(planned(batches(texts, 3, number=list(range(8))), Settings(measures=("layers",))).duplicates) == 0
    # What a recipe doesn't read makes no row another.
    asked = [["x", "y"]] * 7 + [["x"]]
    contest = batches(texts, 3, number=list(range(8)), candidates=asked)
    assert planned(contest, Settings(measures=("candidates",))).duplicates.tolist() == [2, 4, 6]
    asked[4] = ["z"]
    contest = batches(texts, 3, number=list(range(8)), candidates=asked)
    assert planned(contest, Settings(measures=("candidates", "seen"))).duplicates.tolist() == [2, 6]


def test_a_shard_looks_for_equal_rows_in_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "PACK_ROWS", 1)
    texts = ["a cat", "a cat", "a dog", "a cat", "a cat"]
    shards = [planned(batches(texts, 5), SEEN, (at, 2)) for at in range(2)]
    assert [list(each.mine) for each in shards] == [[0, 2, 4], [1, 3]]
    assert [each.duplicates.tolist() for each in shards] == [[4], [3]]
    assert [each.firsts.tolist() for each in shards] == [[0], [1]]


def test_a_file_that_changed_is_told() -> None:
    texts = sentences(20)
    found = planned(batches(texts, 8), SEEN)
    for other in (texts[:-1], [*texts, "one more"]):
        with pytest.raises(InputError, match="changed while it was read"):
            list(packs(batches(other, 8), found, [0]))
    with pytest.raises(InputError, match="no rows"):
        planned(iter(()), SEEN)
    with pytest.raises(InputError, match="The column 'premise' is to be text_a"):
        planned(batches(texts, 8), replace(SEEN, columns=(("text_a", "premise"),)))


def peak(count: int) -> tuple[int, int]:
    """Bytes of Arrow at once while a file of so many rows is planned and cut, and those of its plan."""
    most = 0

    def watched() -> Iterator[pa.RecordBatch]:
        nonlocal most
        for start in range(0, count, 256):
            yield next(batches(sentences(256, seed=start), 256))
            most = max(most, pa.total_allocated_bytes())

    before = pa.total_allocated_bytes()
    found: Plan = planned(watched(), SEEN)
    for _ in packs(watched(), found, range(len(found.edges) - 1)):
        pass
    plan_bytes = sum(each.nbytes for each in (found.edges, found.tokens, found.duplicates, found.firsts))
    return most - before, plan_bytes


def test_ten_times_the_rows_take_no_more_memory_at_once() -> None:
    small, _ = peak(1_024)
    large, of_plan = peak(10_240)
    assert 0 < large <= 1.05 * small
    assert of_plan <= 24 * 10_240


A, B = (
    "The letters from my aunt are in the drawer of the old table.",
    "She reads them again when it rains in the evening.",
)
ROW = {"candidates": ["old", "new", "red", "cold"], "regions": "2:4"}


@pytest.mark.parametrize(
    ("settings", "row"),
    [
        (Settings(measures=("seen",)), {"text": A}),
        (Settings(measures=("pll",)), {"text_a": A, "text_b": B}),
        (Settings(measures=("nsp",)), {"text_a": A, "text_b": B}),
        (Settings(measures=("segmentations",)), {"text_a": A, "text_b": B}),
        (Settings(measures=("candidates",)), {"text": A.replace("old", "[MASK]"), **ROW}),
        (Settings(measures=("nsp-candidates",)), {"text_a": A, **ROW}),
        (Settings(measures=("compare",)), {"text_a": A, "text_b": A.replace("old", "new")}),
        (Settings(measures=("compare",), reading="seen"), {"text_a": A, "text_b": A.replace("old", "new")}),
        (Settings(suite="pairs", scores=("pll-sum",)), {"sentence_good": A, "sentence_bad": A.replace("are", "is")}),
        (Settings(suite="pairs", scores=("seen-mean",)), {"sentence_good": A, "sentence_bad": A.replace("are", "is")}),
        (Settings(suite="nsp"), {"text_a": A, "text_b": B, "label": 1}),
    ],
    ids=lambda each: "-".join((*each.measures, *each.scores, each.reading)) if isinstance(each, Settings) else "",
)
def test_what_a_row_is_said_to_take_is_about_what_it_takes(
    settings: Settings, row: dict[str, object], bundled: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, taken = requests._run, []

    def run(bundle: ModelBundle, asked: list[requests.Request], how: object) -> object:
        taken.extend(each.n_tokens for each in asked)
        return real(bundle, asked, how)

    monkeypatch.setattr(requests, "_run", run)
    (batch,) = pa.Table.from_pylist([row]).to_batches()
    assert Scorer(settings, (bundled,))(batch).column("error").to_pylist() == [None]
    said = estimate((bundled,), settings, planned([batch], settings).tokens, 1)
    assert sum(taken) / 2 <= said.tokens <= 2 * sum(taken)
