"""BabyLM's suites on made-up rows, each scored as its pipeline does: completions, ties as right, means over sets."""

from collections.abc import Sequence

import numpy as np
import pytest

from analysis.batch.suites import SUITES
from analysis.models.bundle import ModelBundle
from tests.analysis.oracle import Plain
from tests.batch import plain as published
from tests.batch.scored import scored, summed
from tests.batch.suite_rows import EWOK, blimp_row

NEAR = 1e-5


def test_babylm_takes_a_tie_as_right(tiny: ModelBundle) -> None:
    rows = [blimp_row("The cat sat.", "The cat sat.", "one")]
    group = summed(tiny, rows, "babylm-2025").scores[0].overall
    assert group["accuracy"].value == 1
    assert group["accuracy_ties_half"].value == 0.5
    assert np.isnan(group["accuracy_ties_apart"].value)
    assert summed(tiny, rows, "blimp").scores[0].overall["accuracy"].value == 0


def test_babylm_supplement_goes_by_the_file(tiny: ModelBundle) -> None:
    rows = [{"sentence_good": "The cat sat.", "sentence_bad": "cat The sat."}]
    assert scored(tiny, rows, "babylm-2025", name="hypernym")[0]["uid"] == "hypernym"


def test_ewok_scores_the_target_alone_after_the_first_context(tiny: ModelBundle, tiny_plain: Plain) -> None:
    (item,) = scored(tiny, [EWOK], "babylm-2025")
    for side, target in (("good", "Target1"), ("bad", "Target2")):
        text = f"{EWOK['Context1']} {EWOK[target]}"
        expected = published.pll(tiny_plain, text, f" {EWOK[target]}")
        assert item[f"{side}_pll_sum_nats"] == pytest.approx(sum(expected), abs=NEAR)
        assert item[f"{side}_n_tokens"] == len(expected) == 5
    assert item["uid"] == "rooms"


def test_comps_scores_the_phrase_after_either_prefix(tiny: ModelBundle, tiny_plain: Plain) -> None:
    row = {"prefix_acceptable": "The cat", "prefix_unacceptable": "The door", "property_phrase": "sat on a mat."}
    (item,) = scored(tiny, [row], "babylm-2025", name="comps_wugs_dist-before")
    for side, prefix in (("good", "The cat"), ("bad", "The door")):
        expected = sum(published.pll(tiny_plain, f"{prefix} sat on a mat.", "sat on a mat."))
        assert item[f"{side}_pll_sum_nats"] == pytest.approx(expected, abs=NEAR)
    assert item["uid"] == "wugs_dist_before"


def test_entity_tracking_takes_the_first_of_the_best_options(tiny: ModelBundle, tiny_plain: Plain) -> None:
    prefix = "The mat was on the door. The door was"
    options = [" dark.", " on the mat.", " the cat!"]
    rows = [
        {"input_prefix": prefix, "options": options, "numops": 2},
        {"input_prefix": prefix, "options": options[::-1], "numops": 0},
        {"input_prefix": prefix, "options": [options[1], options[1]], "numops": 0},
    ]
    items = scored(tiny, rows, "babylm-2025", name="regular")
    for row, item in zip(rows, items, strict=True):
        plls = [sum(published.pll(tiny_plain, prefix + option, option)) for option in row["options"]]
        assert item["good_pll_sum_nats"] == pytest.approx(plls[0], abs=NEAR)
        assert item["bad_pll_sum_nats"] == pytest.approx(max(plls[1:]), abs=NEAR)
    assert [item["uid"] for item in items] == ["regular_2_ops", "regular_0_ops", "regular_0_ops"]
    assert items[2]["tie_pll_sum"]


def test_entity_tracking_averages_splits_and_in_them_operations() -> None:
    weights = SUITES["babylm-2025"].rule.weights
    assert weights is not None
    found = weights(["regular_0_ops", "regular_1_ops", "regular_2_ops", "ambiref_0_ops"])
    assert found == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])
    assert weights(["rooms", "doors"]) == pytest.approx([1 / 2, 1 / 2])
    # These paradigms of BLiMP begin as a split does, and are none.
    blimp = [f"regular_plural_subject_verb_agreement_{number}" for number in (1, 2)]
    assert weights([*blimp, "wh_island"]) == pytest.approx([1 / 3] * 3)


def test_wugs_are_correlated_with_people(tiny: ModelBundle, tiny_plain: Plain) -> None:
    forms = [("the cat", "the cats"), ("the dog sat", "the sat"), ("a mat", "mats"), ("dark", "darker"), ("on", "on")]
    rows = [
        {"sentences": f"{a}\t{b}", "ratio": ratio}
        for (a, b), ratio in zip(forms, (0.9, 0.2, 0.4, 0.4, 0.1), strict=True)
    ]
    items = scored(tiny, rows, "babylm-2025", name="wug_past_tense")
    first, second = (np.array([sum(published.pll(tiny_plain, own[at])) for own in forms]) for at in (0, 1))
    assert [item["difference_pll_sum_nats"] for item in items] == pytest.approx(first - second, abs=NEAR)

    def ranks(values: Sequence[float]) -> list[float]:
        return [sum(b < a for b in values) + (sum(b == a for b in values) + 1) / 2 for a in values]

    p = 1 / (1 + np.exp(second - first))
    expected = np.corrcoef(ranks(p), ranks([row["ratio"] for row in rows]))[0, 1]
    found = summed(tiny, rows, "babylm-2025", name="wug_past_tense").scores[0].overall
    assert found["spearman"].value == pytest.approx(expected)
    assert [each.name for each in found.estimates] == ["spearman"]


def test_an_option_is_a_text(tiny: ModelBundle) -> None:
    row = {"input_prefix": "The door was", "numops": 0}
    items = scored(tiny, [{**row, "options": [" dark.", None]}, {**row, "options": [" dark."]}], "babylm-2025")
    assert items[0]["error"] == "The column options holds NoneType among its texts: write it as text."
    assert items[1]["error"].startswith("There are no options to choose among")
