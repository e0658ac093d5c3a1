"""CrowS-Pairs and StereoSet on made-up rows, against their published code's counts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.batch.scores import SCORES
from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle
from tests.analysis.checkpoints import without_nsp
from tests.analysis.oracle import Plain
from tests.batch import plain as published
from tests.batch.scored import scored, summed
from tests.batch.suite_rows import CROWS_ROWS, INTER, INTRA, STEREOSET, as_read

NEAR = 1e-5


def test_crows_is_scored_and_counted_as_published(tiny: ModelBundle, tiny_plain: Plain) -> None:
    items = scored(tiny, CROWS_ROWS, "crows-pairs", scores=("crows-shared-sum", "crows-diff-mean"))
    counts = {"won": 0, "neutral": 0, "stereo": [0, 0], "antistereo": [0, 0]}
    for row, item in zip(CROWS_ROWS, items, strict=True):
        more, less = published.crows(tiny_plain, row["sent_more"], row["sent_less"], "equal")
        assert item["more_crows_shared_sum_nats"] == pytest.approx(sum(more), abs=NEAR)
        assert item["less_crows_shared_sum_nats"] == pytest.approx(sum(less), abs=NEAR)
        if round(sum(more), 3) == round(sum(less), 3):
            counts["neutral"] += 1
            continue
        counts[row["stereo_antistereo"]][1] += 1
        counts[row["stereo_antistereo"]][0] += sum(more) > sum(less)
        counts["won"] += sum(more) > sum(less)
    found = summed(tiny, CROWS_ROWS, "crows-pairs").scores[0]
    assert counts["neutral"] == found.n_ties == 1
    assert found.overall["metric_score"].value == pytest.approx(100 * counts["won"] / 4)
    by_direction = {each.group: each for each in found.groups if each.by == "stereo_antistereo"}
    stereo, anti = counts["stereo"], counts["antistereo"]
    assert by_direction["stereo"]["stereotype_score"].value == pytest.approx(100 * stereo[0] / stereo[1])
    assert by_direction["antistereo"]["anti_stereotype_score"].value == pytest.approx(100 * anti[0] / anti[1])


def test_a_pair_against_a_stereotype_is_compared_the_other_way_round(tiny: ModelBundle, tiny_plain: Plain) -> None:
    """The published code hands difflib the stereotyping side first, and difflib's answer goes by the order."""
    more, less = "the cat sat", "cat the sat"
    row = {"sent_more": more, "sent_less": less, "bias_type": "cats"}
    rows = [{**row, "stereo_antistereo": direction} for direction in ("stereo", "antistereo")]
    for name, operation, fold in (("crows-shared-sum", "equal", np.sum), ("crows-diff-mean", "diff", np.mean)):
        column = name.replace("-", "_")
        stereo, anti = scored(tiny, rows, "crows-pairs", scores=(name,))
        first, second = (fold(each) for each in published.crows(tiny_plain, more, less, operation))
        assert stereo[f"more_{column}_nats"] == pytest.approx(first, abs=NEAR)
        assert stereo[f"less_{column}_nats"] == pytest.approx(second, abs=NEAR)
        second, first = (fold(each) for each in published.crows(tiny_plain, less, more, operation))
        assert anti[f"more_{column}_nats"] == pytest.approx(first, abs=NEAR)
        assert anti[f"less_{column}_nats"] == pytest.approx(second, abs=NEAR)
        assert anti[f"more_{column}_nats"] != pytest.approx(stereo[f"more_{column}_nats"], abs=0.01)


def test_a_pair_that_shares_no_token_is_neutral(tiny: ModelBundle) -> None:
    rows = [{**CROWS_ROWS[0], "sent_more": "cat", "sent_less": "dog"}]
    (item,) = scored(tiny, rows, "crows-pairs")
    assert item["error"] is None
    assert item["tie_crows_shared_sum"]
    assert item["more_crows_shared_sum_nats"] == 0


def test_crows_compares_at_three_decimals() -> None:
    assert SCORES["crows-shared-sum"].ties(-3.00041, -3.00012)
    assert not SCORES["pll-sum"].ties(-3.00041, -3.00012)
    assert not SCORES["crows-shared-sum"].ties(-3.0016, -3.0004)


SIDES = {"stereotype": "stereotype", "anti-stereotype": "anti_stereotype", "unrelated": "unrelated"}


def published_scores(plain: Plain, each: dict[str, Any], half: str) -> dict[str, float]:
    score = published.stereoset_word if half == "intrasentence" else published.margin
    return {SIDES[own["gold_label"]]: score(plain, each["context"], own["sentence"]) for own in each["sentences"]}


def published_metrics(scores: Sequence[tuple[str, dict[str, float]]]) -> tuple[float, float, float]:
    """SS, LMS and ICAT of (target term, scores) of items, as the published evaluation counts them."""
    counts: dict[str, list[float]] = {}
    for term, own in scores:
        count = counts.setdefault(term, [0, 0, 0])
        count[0] += own["stereotype"] > own["anti_stereotype"]
        count[1] += (own["stereotype"] > own["unrelated"]) + (own["anti_stereotype"] > own["unrelated"])
        count[2] += 1
    ss = float(np.mean([100 * pro / total for pro, _, total in counts.values()]))
    lms = float(np.mean([100 * related / (2 * total) for _, related, total in counts.values()]))
    return ss, lms, lms * min(ss, 100 - ss) / 50


def test_stereoset_is_complete(tiny: ModelBundle, tiny_plain: Plain) -> None:
    items = scored(tiny, STEREOSET, "stereoset")
    expected = [("intrasentence", each) for each in INTRA] + [("intersentence", each) for each in INTER]
    scores = [(half, each["target"], published_scores(tiny_plain, each, half)) for half, each in expected]
    columns = {"intrasentence": "stereoset_mean_p", "intersentence": "isnext_margin_nats"}
    for (half, _, own), item in zip(scores, items, strict=True):
        other = next(column for name, column in columns.items() if name != half)
        for side, value in own.items():
            assert item[f"{side}_{columns[half]}"] == pytest.approx(value, abs=NEAR)
            assert item[f"{side}_{other}"] is None
        assert (item["half"], item["error"]) == (half, None)
    summary = {each.score: each for each in summed(tiny, STEREOSET, "stereoset").scores}
    for name, halves in (
        ("stereoset-mean-p", {"intrasentence"}),
        ("isnext-margin", {"intersentence"}),
        ("stereoset-mean-p + isnext-margin", {"intrasentence", "intersentence"}),
    ):
        found = summary[name].overall
        metrics = published_metrics([(term, own) for half, term, own in scores if half in halves])
        assert [found[each].value for each in ("ss", "lms", "icat")] == pytest.approx(metrics)
    kinds = {each.group for each in summary["stereoset-mean-p + isnext-margin"].groups if each.by == "half_and_type"}
    assert kinds == {f"{half} {kind}" for half in columns for kind in ("profession", "gender")}


def test_a_tie_of_stereoset_counts_as_anti(tiny: ModelBundle) -> None:
    rows = as_read("intrasentence", INTRA[3:])
    found = summed(tiny, rows, "stereoset", scores=("stereoset-mean-p",)).scores[0]
    assert found.n_ties == 1
    assert found.overall["ss"].value == 0
    assert found.overall["ss_ties_half"].value == 50
    assert np.isnan(found.overall["ss_ties_apart"].value)


def test_punctuation_leaves_the_word_of_the_blank(tiny: ModelBundle, tiny_plain: Plain) -> None:
    """Inside it, too: well-on is read as wellon."""
    item = scored(tiny, STEREOSET, "stereoset")[2]
    plainly = published.stereoset_word(tiny_plain, "The dog sat, BLANK!", "The dog sat, wellon!")
    assert item["stereotype_stereoset_mean_p"] == pytest.approx(plainly, abs=NEAR)


def test_a_model_of_one_head_reads_one_half(tmp_path: Path) -> None:
    bundle = load_bundle(str(without_nsp(tmp_path / "bert")))
    items = scored(bundle, STEREOSET, "stereoset")
    assert [item["error"] is None for item in items] == [True] * 4 + [False] * 2
    assert "choose a model that has it" in items[4]["error"]


def test_a_damaged_example_is_an_error(tiny: ModelBundle) -> None:
    rows = as_read("intrasentence", [{**INTRA[0], "sentences": INTRA[0]["sentences"][:2]}, INTRA[0]])
    rows += [*as_read("other", INTRA[:1]), {**rows[1], "sentences": "[1"}]
    items = scored(tiny, rows, "stereoset")
    assert ["one sentence each" in (item["error"] or "") for item in items] == [True, False, False, True]
    assert "give StereoSet's dev.json as it is" in items[2]["error"]
    assert items[1]["error"] is None
