"""Suites of words at a gap on made-up rows: Ettinger's diagnostics, LAMA."""

from types import SimpleNamespace

import numpy as np
import pytest

from analysis.batch.suites import check_columns
from analysis.models.bundle import ModelBundle
from tests.analysis.oracle import Plain
from tests.batch import plain as published
from tests.batch.scored import scored, summed
from tests.batch.suite_rows import CPRAG, LAMA, NAT, ROLE, SIMP

NEAR = 1e-5


def test_cprag_is_expected_above_both(tiny: ModelBundle, tiny_plain: Plain) -> None:
    items = scored(tiny, CPRAG, "ettinger")
    assert [item["part"] for item in items] == ["accuracy", "sensitivity"] * 3
    text = "The cat sat. It sat on the [MASK]"
    p, rank = published.at_mask(tiny_plain, text, "mat")
    rivals = max(published.at_mask(tiny_plain, text, word)[0] for word in ("room", "dark"))
    assert items[0]["good_rank"] == items[1]["good_rank"] == rank
    assert items[0]["bad_p"] is None
    assert items[1]["difference_p"] == pytest.approx(p - rivals, abs=1e-6)
    # The same context again counts once; a rival that is no single token can't be compared with.
    assert items[4]["repeated"] and items[4]["good_p"] is None
    assert "came before" in items[4]["left_out"]
    assert items[5]["difference_p"] is None
    assert "'lynx' has 4 pieces" in items[5]["left_out"]
    found = summed(tiny, CPRAG, "ettinger").scores[0]
    assert (found.n, found.n_left_out) == (4, 2)
    assert found.overall["accuracy_at_1"].n == found.overall["sensitivity"].n == 2
    assert found.overall["accuracy_at_5"].value == np.mean([items[0]["good_rank"] <= 5, items[2]["good_rank"] <= 5])
    conditions = {each.group for each in found.groups if each.by == "condition"}
    assert conditions == {"constraint H", "constraint L"}


def test_role_compares_a_word_in_both_contexts(tiny: ModelBundle, tiny_plain: Plain) -> None:
    items = scored(tiny, ROLE, "ettinger")
    assert [item["part"] for item in items].count("accuracy") == 4
    sensitivity = [item for item in items if item["part"] == "sensitivity"]
    assert [item["item"] for item in sensitivity] == ["7", "8"]
    a = published.at_mask(tiny_plain, "The dog opened the door, the cat had [MASK]", "opened")[0]
    b = published.at_mask(tiny_plain, "The cat opened the door, the dog had [MASK]", "opened")[0]
    assert sensitivity[0]["difference_p"] == pytest.approx(a - b, abs=1e-6)
    # Any of the expected words will do, of several words the first; what is no token can't come.
    text = "The cat opened the door, the dog had [MASK]"
    assert items[0]["good_rank"] == min(published.at_mask(tiny_plain, text, word)[1] for word in ("sat", "dark"))
    assert items[3]["good_rank"] == published.at_mask(tiny_plain, "She was on the mat, the cat [MASK]", "was")[1]
    found = summed(tiny, ROLE, "ettinger").scores[0]
    assert [each.group for each in found.groups if each.by == "quarter of cloze"] == ["1", "2", "3", "4"]
    assert found.overall["accuracy_at_1"].n == 4
    assert found.overall["sensitivity"].value == np.mean([item["difference_p"] > 0 for item in sensitivity])


def test_a_half_without_its_other_is_said(tiny: ModelBundle) -> None:
    rows = [
        {**ROLE[0], "exp_cloze": "0.1"},
        {**ROLE[2], "exp_cloze": "often"},
        {**ROLE[3], "context": " "},
        {**ROLE[3], "target": None},
    ]
    rows = [{**row, "exp_cloze": str(row["exp_cloze"])} for row in rows]
    items = scored(tiny, rows, "ettinger")
    assert [item["line"] for item in items] == [1, 2, 3, 4, 1]
    assert [item["row"] for item in items] == [1, 2, 3, 4, 5]
    errors = [item["error"] for item in items]
    assert errors[0] is None
    assert errors[1] == "The column exp_cloze holds 'often': write a share, as 0.25."
    assert errors[2] == "The column context is empty in this row: write what the diagnostic needs there."
    assert "The column target is empty" in errors[3]
    assert errors[4] == "Item 7 has the context b alone: both, a and b, are compared."


def test_a_context_without_an_expected_word_is_an_error(tiny: ModelBundle) -> None:
    (item,) = scored(tiny, [{**ROLE[0], "expected": " | "}], "ettinger")
    assert item["error"] == "The column expected is empty in this row: write what the diagnostic needs there."


def test_sensitivities_count_ties_as_all_pairs_do(tiny: ModelBundle) -> None:
    rows = [*SIMP, {**SIMP[1], "target_neg": SIMP[1]["target_aff"]}]
    group = summed(tiny, rows, "ettinger").scores[0].overall
    assert group["sensitivity"].n == group["sensitivity_ties_half"].n == 6
    assert group["sensitivity_ties_apart"].n == 4
    assert group["sensitivity_ties_half"].value == pytest.approx(group["sensitivity"].value + 1 / 6)
    assert group["sensitivity_ties_apart"].value == pytest.approx(group["sensitivity"].value * 6 / 4)


def test_a_negated_context_takes_the_article_of_its_word(tiny: ModelBundle, tiny_plain: Plain) -> None:
    items = scored(tiny, SIMP, "ettinger")
    assert items[3]["good_text"] == "A mat is an [MASK]"
    affirmative, negative = items[4], items[5]
    a = published.at_mask(tiny_plain, "A mat is an [MASK]", "a")[0]
    dog = published.at_mask(tiny_plain, "A mat is a [MASK]", "dog")[0]
    assert affirmative["difference_p"] == pytest.approx(a - dog, abs=1e-6)
    not_a = published.at_mask(tiny_plain, "A mat is not an [MASK]", "a")[0]
    not_dog = published.at_mask(tiny_plain, "A mat is not a [MASK]", "dog")[0]
    assert negative["difference_p"] == pytest.approx(not_dog - not_a, abs=1e-6)
    found = summed(tiny, SIMP, "ettinger").scores[0]
    assert {each.group for each in found.groups if each.by == "condition"} == {"affirmative", "negative"}
    # True completions of affirmative contexts alone are asked for the accuracy.
    assert found.overall["accuracy_at_1"].n == 2
    assert found.overall["sensitivity"].n == 4


def test_natural_negation_goes_by_licensing(tiny: ModelBundle) -> None:
    items = scored(tiny, NAT, "ettinger")
    assert {item["test"] for item in items} == {"NEG-136-NAT"}
    conditions = {each.group for each in summed(tiny, NAT, "ettinger").scores[0].groups if each.by == "condition"}
    assert conditions == {f"{a} {b}" for a in ("affirmative", "negative") for b in ("licensed", "unlicensed")}


def test_lama_ranks_objects_of_one_token_and_each_fact_once(tiny: ModelBundle, tiny_plain: Plain) -> None:
    items = scored(tiny, LAMA, "lama")
    ranks = [
        published.at_mask(tiny_plain, "The cat sat on the [MASK] .", "mat")[1],
        published.at_mask(tiny_plain, "The door was [MASK] . A [MASK] .", "dark")[1],
    ]
    assert [item["object_rank"] for item in items] == [ranks[0], None, None, ranks[1]]
    assert "'lynx' has 4 pieces" in items[1]["left_out"]
    assert items[2]["repeated"]
    found = summed(tiny, LAMA, "lama").scores[0]
    assert (found.n, found.n_left_out) == (2, 2)
    assert found.overall["mrr"].value == pytest.approx(np.mean([1 / rank for rank in ranks]))
    assert found.overall["p_at_10_mean_of_relation"].value == np.mean([rank <= 10 for rank in ranks])


def test_lama_fills_the_template_of_a_relation(tiny: ModelBundle) -> None:
    rows = [{"sub_label": "The cat", "obj_label": "mat", "template": "[X] sat on [Y] ."}]
    assert scored(tiny, rows, "lama", name="P7")[0]["text"] == "The cat sat on [MASK] ."
    assert scored(tiny, rows, "lama", name="P7")[0]["relation"] == "P7"


def test_a_fact_counts_once_where_a_relation_and_a_subject_name_it(tiny: ModelBundle) -> None:
    """SQuAD's rows have one subject, ConceptNet's none: their sentences are items of their own."""
    cat, door = "The cat sat on the [MASK] .", "The door was on the [MASK] ."
    squad = [{"sub_label": "Squad", "obj_label": "mat", "masked_sentences": [each]} for each in (cat, door)]
    assert [item["repeated"] for item in scored(tiny, squad, "lama", name="test")] == [False, False]
    conceptnet = [{"pred": "AtLocation", "obj_label": "mat", "masked_sentence": each} for each in (cat, door)]
    check_columns("lama", SimpleNamespace(names=tuple(conceptnet[0])))
    assert [item["repeated"] for item in scored(tiny, conceptnet, "lama")] == [False, False]


def test_a_fact_that_could_not_be_read_may_come_again(tiny: ModelBundle) -> None:
    items = scored(tiny, [{**LAMA[0], "masked_sentences": None}, LAMA[0]], "lama")
    assert "There is no sentence" in items[0]["error"]
    assert items[1]["object_rank"] is not None
