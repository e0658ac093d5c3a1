"""Summaries: rates with intervals, ties told apart, labelled pairs, several models, JSON."""

import json
import time
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

from analysis import export
from analysis.batch.bootstrap import auc, average_ranks, drawn_counts, drawn_means, interval, spearman
from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.batch.suites.nsp import follows, roc
from analysis.batch.suites.rates import share
from analysis.batch.summary import summarise
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.types import Summary
from tests.analysis.oracle import Plain
from tests.batch import plain as published
from tests.batch.scored import scored, scored_batches, summed


def made(differences: np.ndarray, uids: list[str] | None = None, suite: str = "blimp") -> Summary:
    """A summary of pairs whose differences are given, as though a model had scored them."""
    n = len(differences)
    columns = {
        "row": pa.array(np.arange(1, n + 1)),
        "good_pll_sum_nats": pa.array(differences),
        "difference_pll_sum_nats": pa.array(differences),
        "tie_pll_sum": pa.array(differences == 0),
        "identical": pa.array(differences == 0),
        "error": pa.nulls(n, pa.string()),
    }
    if uids is not None:
        columns["UID"] = pa.array(uids)
    batch = pa.RecordBatch.from_pydict(columns)
    parts = [batch.slice(start, 256) for start in range(0, n, 256)]
    return summarise(parts, Settings(suite=suite, scores=("pll-sum",)))


# --- rates ---


@pytest.mark.parametrize(("suite", "own"), [("blimp", 5 / 10), ("babylm-2025", 8 / 10), ("pairs", 5 / 7)])
def test_ties_are_counted_by_the_rule_apart_and_as_one_half(suite: str, own: float) -> None:
    group = made(np.array([1.0] * 5 + [-1.0] * 2 + [0.0] * 3), suite=suite).scores[0].overall
    assert group["accuracy"].value == pytest.approx(own)
    assert (group["accuracy_ties_apart"].value, group["accuracy_ties_apart"].n) == (pytest.approx(5 / 7), 7)
    assert (group["accuracy_ties_half"].value, group["accuracy_ties_half"].n) == (pytest.approx(6.5 / 10), 10)
    assert group["difference_mean"].value == pytest.approx(3 / 10)


def test_intervals_are_those_of_the_obvious_bootstrap() -> None:
    random = np.random.default_rng(3)
    differences = random.normal(0.3, 1, 150)
    differences[:20] = 0
    group = made(differences).scores[0].overall
    loops = {
        "accuracy": lambda own: (own > 0).mean(),
        "accuracy_ties_half": lambda own: (own > 0).mean() + (own == 0).mean() / 2,
        "accuracy_ties_apart": lambda own: (own > 0).sum() / (own != 0).sum(),
        "difference_mean": lambda own: own.mean(),
    }
    for name, loop in loops.items():
        assert (group[name].low, group[name].high) == pytest.approx(
            published.bootstrapped(differences, loop), abs=0.025
        )
        assert group[name].low < group[name].value < group[name].high


def test_the_mean_over_groups_is_resampled_inside_them() -> None:
    random = np.random.default_rng(4)
    won = {"a": random.random(40) < 0.9, "b": random.random(200) < 0.3}
    differences = np.concatenate([np.where(each, 1.0, -1.0) for each in won.values()])
    found = made(differences, ["a"] * 40 + ["b"] * 200).scores[0].overall
    mean = found["accuracy_mean_of_uid"]
    assert mean.value == pytest.approx((won["a"].mean() + won["b"].mean()) / 2)
    assert mean.value != pytest.approx(found["accuracy"].value, abs=0.1)
    spread = np.sqrt(sum(each.var() / len(each) for each in won.values())) / 2
    assert (mean.high - mean.low) / 2 == pytest.approx(1.96 * spread, rel=0.1)


def test_equal_rows_and_seeds_make_equal_summaries() -> None:
    differences = np.random.default_rng(5).normal(0, 1, 300)
    assert made(differences) == made(differences)


def test_of_no_pair_there_is_no_rate(tiny: ModelBundle) -> None:
    found = summed(tiny, [{"sentence_good": "", "sentence_bad": "the cat"}], "pairs")
    assert (found.n_rows, found.n_errors, found.scores[0].n) == (1, 1, 0)
    assert np.isnan(found.scores[0].overall["accuracy"].value)
    json.dumps(export.summary(found), allow_nan=False)


def test_plain_rows_are_counted(tiny: ModelBundle) -> None:
    settings = Settings(measures=("seen",))
    rows = pa.RecordBatch.from_pylist([{"text": "the cat"}, {"text": ""}])
    found = summarise([Scorer(settings, (tiny,))(rows)], settings)
    assert (found.suite, found.n_rows, found.n_errors, found.scores) == (None, 2, 1, ())


def test_every_model_has_its_numbers(tiny: ModelBundle) -> None:
    settings = Settings(models=("one", "two"), suite="pairs")
    rows = [{"row": 1, "sentence_good": "The cat sat.", "sentence_bad": "The sat cat.", "error": None}]
    batch = Scorer(settings, (tiny, tiny))(pa.RecordBatch.from_pylist(rows))
    found = summarise([batch], settings).scores
    assert [each.model for each in found] == ["one", "two"]
    assert found[0].overall == found[1].overall
    assert found[0].n == 1


def test_a_summary_of_all_of_blimp_takes_seconds_and_keeps_no_text() -> None:
    n = 67_000
    random = np.random.default_rng(6)
    uids = np.repeat([f"paradigm_{each}" for each in range(67)], 1000)
    numbers = random.normal(0.5, 2, n)

    def batches():
        for start in range(0, n, 256):
            own = numbers[start : start + 256]
            yield pa.RecordBatch.from_pydict(
                {
                    "row": pa.array(np.arange(start, start + len(own))),
                    "sentence_good": pa.array(["x" * 2_000] * len(own)),
                    "difference_pll_sum_nats": pa.array(own),
                    "tie_pll_sum": pa.array(own == 0),
                    "UID": pa.array(uids[start : start + 256].tolist()),
                    "error": pa.nulls(len(own), pa.string()),
                }
            )

    tracemalloc.start()
    begin = time.perf_counter()
    found = summarise(batches(), Settings(suite="blimp"))
    took, (_, most) = time.perf_counter() - begin, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.scores[0].overall["accuracy"].n == n
    assert len([each for each in found.scores[0].groups if each.by == "UID"]) == 67
    # The texts alone are 134 MB.
    assert most < 130_000_000
    assert took < 60


# --- resampling ---


def test_counts_are_drawn_as_resampled_items_are() -> None:
    drawn = drawn_counts(np.array([[30, 70, 0], [0, 0, 0]]), 1)
    assert drawn.shape == (1000, 2, 3)
    assert (drawn[:, 0].sum(axis=1) == 100).all()
    assert (drawn[:, 1] == 0).all()
    assert drawn[:, 0, 0].std() == pytest.approx(np.sqrt(100 * 0.3 * 0.7), rel=0.1)


def test_means_of_nothing_are_no_numbers() -> None:
    assert np.isnan(interval(drawn_means(np.empty(0), 0))).all()


def test_a_share_of_nothing_is_no_number() -> None:
    found = share("accuracy", np.zeros(0, bool), 0)
    assert found.n == 0
    assert np.isnan([found.value, found.low, found.high]).all()


def test_spearman_by_hand() -> None:
    assert average_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1, 3.5, 2]
    assert spearman(np.array([1.0, 2, 3]), np.array([10.0, 30, 20])) == pytest.approx(0.5)
    assert np.isnan(spearman(np.array([1.0, 1]), np.array([1.0, 2])))


def test_the_area_is_mann_whitneys() -> None:
    true, others = np.array([2.0, 0.0, 1.0]), np.array([0.0, -1.0])
    pairs = [(a > b) + (a == b) / 2 for a in true for b in others]
    found = auc(true, others, 0)
    assert found.value == pytest.approx(np.mean(pairs))
    assert (found.anchors, found.comparisons) == (3, 6)
    assert found.low <= found.value <= found.high


# --- labelled pairs ---


NSP = [
    {"text_a": a, "text_b": b, "label": label}
    for a, b, label in [
        ("The cat sat on the mat.", "The mat was dark.", "1"),
        ("She opened the door.", "The room was dark.", "IsNext"),
        ("The dog was dark.", "on the mat, on", 0),
        ("The room was dark.", "The dog sat.", "NotNext"),
        ("The door was dark.", "She sat on the cat!", True),
        ("The lynx sat.", "She sat.", None),
        ("The lynx sat.", "She sat.", "maybe"),
    ]
]
for each in NSP:
    each["label"] = None if each["label"] is None else str(each["label"])


def test_labelled_pairs_are_parted_by_their_margins(tiny: ModelBundle, tiny_plain: Plain) -> None:
    items = scored(tiny, NSP, "nsp")
    margins = [published.margin(tiny_plain, row["text_a"], row["text_b"]) for row in NSP]
    assert [item["margin_nats"] for item in items[:6]] == pytest.approx(margins[:6], abs=1e-5)
    assert [item["follows"] for item in items] == [True, True, False, False, True, None, None]
    assert "no label" in items[5]["left_out"]
    assert "The label 'maybe' came" in items[6]["error"]
    found = summed(tiny, NSP, "nsp").scores[0]
    assert (found.n, found.n_left_out) == (5, 1)
    true, others = [margins[at] for at in (0, 1, 4)], [margins[at] for at in (2, 3)]
    labelled = found.labelled
    assert labelled is not None
    assert (labelled.n_true, labelled.n_others) == (3, 2)
    assert labelled.auc.value == pytest.approx(np.mean([a > b for a in true for b in others]))
    right = sum(each > 0 for each in true) + sum(each <= 0 for each in others)
    assert labelled.accuracy_at_0.value == pytest.approx(right / 5)
    at = labelled.threshold.at_nats
    best = (np.mean([each > at for each in true]) + np.mean([each <= at for each in others])) / 2
    assert labelled.threshold.balanced_accuracy == pytest.approx(best)
    everywhere = sorted([*true, *others, -99, 99])
    assert best == pytest.approx(
        max((np.mean([each > t for each in true]) + np.mean([each <= t for each in others])) / 2 for t in everywhere)
    )


def test_margins_that_lie_next_to_each_other_are_parted() -> None:
    """Their middle is no float32: in single precision it falls together with one of them."""
    low = np.nextafter(np.float32(1), np.float32(2))
    margins = np.array([low, np.nextafter(low, np.float32(2))], np.float64)
    batch = pa.RecordBatch.from_pydict(
        {"margin_nats": margins, "follows": [False, True], "error": pa.nulls(2, pa.string())}
    )
    labelled = summarise([batch], Settings(suite="nsp")).scores[0].labelled
    assert labelled is not None
    assert labelled.accuracy_at_threshold.value == labelled.threshold.balanced_accuracy == 1
    assert labelled.threshold_nats.tolist() == [np.inf, *margins[::-1].tolist()]


def test_one_label_alone_has_no_area(tiny: ModelBundle) -> None:
    found = summed(tiny, NSP[:2], "nsp").scores[0]
    assert found.labelled is None
    assert found.overall["accuracy_at_0"].n == 2


def test_the_roc_has_its_corners() -> None:
    margin, true = np.array([3.0, 2.0, 2.0, 1.0, 0.0]), np.array([True, True, False, False, False])
    false_rate, true_rate, at = roc(margin, true)
    assert true_rate.tolist() == pytest.approx([0, 0.5, 1, 1])
    assert false_rate.tolist() == pytest.approx([0, 0, 1 / 3, 1])
    assert at.tolist() == [np.inf, 3, 2, 0]
    area = np.trapezoid(true_rate, false_rate)
    assert area == pytest.approx(auc(margin[true], margin[~true], 0).value)


def test_a_long_roc_is_thinned_and_keeps_its_ends() -> None:
    random = np.random.default_rng(8)
    margin, true = random.normal(0, 1, 20_000), random.random(20_000) < 0.5
    false_rate, true_rate, _ = roc(margin, true)
    assert len(false_rate) == 1000
    assert (false_rate[0], true_rate[0], false_rate[-1], true_rate[-1]) == (0, 0, 1, 1)
    area = np.trapezoid(true_rate, false_rate)
    assert area == pytest.approx(auc(margin[true], margin[~true], 0).value, abs=2e-3)


@pytest.mark.parametrize(("label", "says"), [("1", True), (1, True), (0, False), (" IsNext ", True), ("", None)])
def test_labels_are_read_as_people_write_them(label: object, says: bool | None) -> None:
    assert follows(label) is says


def test_another_label_is_one_sentence() -> None:
    with pytest.raises(InputError, match="write 1 \\(or IsNext\\)"):
        follows("2")


# --- JSON ---


def test_keys_of_the_summary_name_their_units(tiny: ModelBundle) -> None:
    rows = [
        {"sentence_good": "The cat sat on the mat.", "sentence_bad": "The cat sat mat on the.", "group": "order"},
        {"sentence_good": "The cat sat.", "sentence_bad": "The cat sat.", "group": "same"},
    ]
    found = export.summary(summed(tiny, rows, "pairs"))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    (score,) = found["scores"]
    assert score["identical_rows"] == [2]
    assert {each["group"] for each in score["groups"]} == {"", "order", "same"}
    keys = set(score["groups"][0]) - {"by", "group", "n"}
    assert keys == {"accuracy", "accuracy_ties_apart", "accuracy_ties_half", "difference_mean_nats"}
    assert score["definitions"].keys() == keys
    assert found["provenance"]["settings"]["suite"] == "pairs"
    assert found["intervals"]["method"].startswith("percentile bootstrap over items, 1,000 resamples")


def test_labelled_pairs_as_json(tiny: ModelBundle) -> None:
    found = export.summary(summed(tiny, NSP, "nsp"))["scores"][0]["labelled"]
    assert found["roc"]["threshold_nats"][0] is None
    assert found["roc"]["true_positive_rate"][-1] == 1
    json.dumps(found, allow_nan=False)


def test_the_metadata_of_the_table_goes_along(tiny: ModelBundle) -> None:
    batches = scored_batches(tiny, [{"sentence_good": "the cat", "sentence_bad": "cat the"}], "pairs")
    found = json.loads(summarise(batches, Settings(suite="pairs")).metadata)
    assert found["models"][0]["revision"].startswith("sha256:")
