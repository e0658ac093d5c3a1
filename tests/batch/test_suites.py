"""Suites of pairs on made-up rows: items, both sides, ties, and what a bad row ends in."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.batch.suites import SUITES, suite_recipes
from analysis.batch.summary import summarise
from analysis.models.bundle import ModelBundle
from tests.analysis.oracle import Plain
from tests.batch import plain as published
from tests.batch.scored import scored, scored_batches, summed
from tests.batch.suite_rows import BLIMP_ROWS, CPRAG, CROWS_ROWS, EWOK, INTRA, as_read

NEAR = 1e-5


def test_an_item_has_both_scores_both_lengths_and_its_tie(tiny: ModelBundle, tiny_plain: Plain) -> None:
    for row, item in zip(BLIMP_ROWS, scored(tiny, BLIMP_ROWS, "blimp"), strict=True):
        good, bad = (published.pll(tiny_plain, row[name]) for name in ("sentence_good", "sentence_bad"))
        assert item["good_pll_sum_nats"] == pytest.approx(sum(good), abs=NEAR)
        assert item["bad_pll_sum_nats"] == pytest.approx(sum(bad), abs=NEAR)
        assert item["difference_pll_sum_nats"] == item["good_pll_sum_nats"] - item["bad_pll_sum_nats"]
        assert (item["good_n_tokens"], item["bad_n_tokens"]) == (len(good), len(bad))
        same = row["sentence_good"] == row["sentence_bad"]
        assert (item["identical"], item["tie_pll_sum"]) == (same, same)
        assert item["error"] is None


def test_accuracies_are_those_of_an_independent_loop(tiny: ModelBundle, tiny_plain: Plain) -> None:
    won: dict[str, list[float]] = {"one": [], "two": []}
    for row in BLIMP_ROWS:
        good, bad = (sum(published.pll(tiny_plain, row[name])) for name in ("sentence_good", "sentence_bad"))
        won[row["UID"]].append(float(good > bad and row["sentence_good"] != row["sentence_bad"]))
    (found,) = summed(tiny, BLIMP_ROWS, "blimp").scores
    by_uid = {each.group: each["accuracy"].value for each in found.groups if each.by == "UID"}
    assert by_uid == pytest.approx({uid: np.mean(each) for uid, each in won.items()})
    assert found.overall["accuracy_mean_of_uid"].value == pytest.approx(np.mean(list(by_uid.values())))
    assert found.identical_rows == (3,)
    assert found.n_ties == 1


def test_what_the_tokenizer_makes_equal_is_identical(tiny: ModelBundle) -> None:
    rows = [{"sentence_good": "The cat sat.", "sentence_bad": "the  CAT sat."}]
    (item,) = scored(tiny, rows, "pairs")
    assert item["identical"] and item["tie_pll_word_l2r"]
    assert item["difference_pll_word_l2r_nats"] == 0


def test_unknown_tokens_of_both_sides_are_counted(tiny: ModelBundle) -> None:
    rows = [{"sentence_good": "The cat 猫 sat 猫.", "sentence_bad": "The 犬 sat."}]
    (item,) = scored(tiny, rows, "pairs")
    assert (item["good_n_unknown"], item["bad_n_unknown"]) == (2, 1)
    assert summed(tiny, rows, "pairs").scores[0].n_unknown == 3


def test_a_field_that_is_spelled_two_ways_is_one(tiny: ModelBundle) -> None:
    blimp = {each.group for each in summed(tiny, BLIMP_ROWS, "blimp").scores[0].groups if each.by == "field"}
    assert blimp == {"syntax_semantics"}
    babylm = {each.group for each in summed(tiny, BLIMP_ROWS, "babylm-2025").scores[0].groups if each.by == "field"}
    assert babylm == {"syntax/semantics"}


def test_several_scores_stand_side_by_side(tiny: ModelBundle) -> None:
    names = ("pll-sum", "pll-mean", "seen-mean", "crows-diff-mean")
    items = scored(tiny, BLIMP_ROWS, "pairs", scores=names)
    assert items[0]["good_pll_sum_nats"] == pytest.approx(items[0]["good_pll_mean_nats"] * items[0]["good_n_tokens"])
    assert items[2]["difference_crows_diff_mean_nats"] is None
    assert "no token of its own" in items[2]["left_out"]
    found = {each.score: each for each in summed(tiny, BLIMP_ROWS, "pairs", scores=names).scores}
    assert found.keys() == set(names)
    assert (found["crows-diff-mean"].n, found["crows-diff-mean"].n_left_out) == (3, 2)
    assert (found["pll-sum"].n, found["pll-sum"].n_left_out) == (5, 0)


def test_a_bad_row_is_a_row_with_an_error(tiny: ModelBundle) -> None:
    rows = [BLIMP_ROWS[0], {**BLIMP_ROWS[1], "sentence_bad": None}, {**BLIMP_ROWS[2], "sentence_good": "a " * 200}]
    items = scored(tiny, rows, "blimp")
    assert len(items) == 3
    assert "The column sentence_bad is empty" in items[1]["error"]
    assert items[2]["error"].startswith("Of good: This text has 202 tokens")
    found = summed(tiny, rows, "blimp")
    assert (found.n_rows, found.n_errors, found.scores[0].n) == (3, 2, 1)


def test_columns_may_be_called_otherwise(tiny: ModelBundle) -> None:
    columns = (("sentence_good", "fine"), ("sentence_bad", "odd"), ("group", "kind"))
    settings = Settings(suite="pairs", columns=columns)
    batch = pa.RecordBatch.from_pylist(
        [{"row": 1, "fine": "The cat sat.", "odd": "The sat cat.", "kind": "order", "error": None}]
    )
    (found,) = summarise([Scorer(settings, (tiny,))(batch)], settings).scores
    assert [(each.by, each.group) for each in found.groups] == [("", ""), ("group", "order")]


def test_winogrande_fills_the_gap(tiny: ModelBundle, tiny_plain: Plain) -> None:
    row = {
        "qID": "q",
        "sentence": "The cat sat on the mat, the _ was dark.",
        "option1": "cat",
        "option2": "mat",
        "answer": "2",
    }
    rows = [row, {**row, "answer": ""}, {**row, "sentence": "no gap"}]
    items = scored(tiny, rows, "winogrande")
    for side, option in (("right", "mat"), ("wrong", "cat")):
        expected = sum(published.pll(tiny_plain, row["sentence"].replace("_", option)))
        assert items[0][f"{side}_pll_sum_nats"] == pytest.approx(expected, abs=NEAR)
    assert "write 1 or 2" in items[1]["error"]
    assert "no one gap" in items[2]["error"]


def test_zorro_lines_take_turns_across_packs(tiny: ModelBundle, tiny_plain: Plain) -> None:
    lines = [
        "the cat mat on .",
        "the cat on mat .",
        "dark was she .",
        "she was dark .",
        "the sat cat .",
        "the cat sat .",
        "alone",
    ]
    items = scored(tiny, [{"text": line} for line in lines], "zorro", name="order")
    assert [(item["row"], item["line"]) for item in items] == [(1, 1), (2, 3), (3, 5), (4, 7)]
    assert items[1]["good_pll_sum_nats"] == pytest.approx(sum(published.pll(tiny_plain, lines[3])), abs=NEAR)
    assert items[1]["bad_pll_sum_nats"] == pytest.approx(sum(published.pll(tiny_plain, lines[2])), abs=NEAR)
    assert "Line 7 has no twin" in items[3]["error"]
    assert {item["paradigm"] for item in items} == {"order"}


@pytest.mark.parametrize(
    ("suite", "row"),
    [
        ("lama", {"sub_label": 1, "obj_label": 2, "masked_sentence": 3}),
        ("stereoset", {**as_read("intrasentence", INTRA[:1])[0], "id": 1, "target": 2, "bias_type": 3}),
        ("stereoset", {**as_read("intrasentence", INTRA[:1])[0], "context": 3}),
        ("babylm-2025", {**EWOK, "Domain": 1}),
        ("babylm-2025", {"input_prefix": "the cat", "options": "['a', 'b']", "numops": 1}),
        ("babylm-2025", {"sentences": "the cat\tthe dog", "ratio": "many"}),
        ("babylm-2025", {"sentences": "the cat", "ratio": 0.5}),
        ("babylm-2025", {"sentences": "the cat\tthe dog", "ratio": [0.5]}),
        ("zorro", {"text": 7}),
        ("winogrande", {"sentence": 1, "option1": 2, "option2": 3, "answer": 4}),
        ("crows-pairs", {**CROWS_ROWS[0], "sent_more": 1}),
        ("ettinger", {**CPRAG[0], "expected": 5}),
        ("nsp", {"text_a": "the cat", "text_b": 1, "label": 1}),
        ("crows-pairs", {"text": "another file"}),
        ("ettinger", {"text": "another file"}),
    ],
)
def test_cells_of_another_kind_end_in_a_row(tiny: ModelBundle, suite: str, row: dict[str, Any]) -> None:
    """Whatever a cell holds, there is a row for it, and a summary."""
    assert len(scored(tiny, [row], suite)) == (2 if suite == "ettinger" and len(row) > 1 else 1)
    assert summed(tiny, [row], suite).scores


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_says_what_it_is(name: str, tiny: ModelBundle) -> None:
    suite = SUITES[name]
    assert suite.name == name
    assert suite.title and suite.says and suite.source and suite.licence and suite.rule.says and suite.columns
    assert set(suite.own) <= set(suite.scores)
    for recipe in suite_recipes(Settings(suite=name)):
        assert len({column.name for column in recipe.columns}) == len(recipe.columns)
        assert all(column.says for column in recipe.columns)


def test_the_scored_table_has_its_schema(tiny: ModelBundle) -> None:
    for batch in scored_batches(tiny, BLIMP_ROWS, "blimp"):
        assert batch.schema.field("tie_pll_sum").type == pa.bool_()
        assert batch.schema.field("good_pll_sum_nats").type == pa.float64()
        assert b"Salazar" in batch.schema.field("good_pll_sum_nats").metadata[b"source"]
