"""Suites on made-up rows in their published columns: items, both sides, ties, and the traps of each format."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.batch.scores import SCORES
from analysis.batch.suites import SUITES, check_columns, recognised, suite_recipes
from analysis.batch.summary import summarise
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle
from tests.analysis.checkpoints import without_nsp
from tests.analysis.oracle import Plain
from tests.batch import plain as published
from tests.batch.scored import scored, scored_batches, summed

NEAR = 1e-5


@pytest.fixture(scope="module")
def tiny_plain(tiny_folder: Path) -> Plain:
    return Plain.load(tiny_folder)


def blimp_row(good: str, bad: str, uid: str, field: str = "syntax_semantics") -> dict[str, Any]:
    about = {"field": field, "linguistics_term": "binding", "UID": uid, "simple_LM_method": True, "pairID": "0"}
    return {"sentence_good": good, "sentence_bad": bad, **about}


BLIMP_ROWS = [
    blimp_row("The cat sat on the mat.", "The cat sat mat on the.", "one"),
    blimp_row("She opened the door.", "She opened door the.", "one", "syntax/semantics"),
    blimp_row("The dog was dark.", "The dog was dark.", "one"),
    blimp_row("The room was dark!", "The room dark was!", "two"),
    blimp_row("lynx", "lynxes on mats", "two"),
]


# --- minimal pairs ---


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


# --- BabyLM ---


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


EWOK = {
    "Domain": "rooms",
    "Context1": "The cat sat on the mat.",
    "Context2": "The dog sat on the mat.",
    "Target1": "The cat was dark.",
    "Target2": "The dog was dark.",
    "ContextType": "direct",
    "ContextDiff": "swap",
    "TargetDiff": "swap",
}


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


# --- CrowS-Pairs ---


CROWS_ROWS = [
    {
        "": number,
        "sent_more": more,
        "sent_less": less,
        "stereo_antistereo": direction,
        "bias_type": kind,
        "annotations": "[]",
    }
    for number, (more, less, direction, kind) in enumerate(
        [
            ("The cat sat on the mat.", "The dog sat on the mat.", "stereo", "cats"),
            ("The dog opened the door!", "The cat opened the door!", "stereo", "dogs"),
            ("She was dark.", "The lynx was dark.", "antistereo", "cats"),
            ("The room was dark", "The room was dark", "antistereo", "rooms"),
        ]
    )
]


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


def test_crows_compares_at_three_decimals() -> None:
    assert SCORES["crows-shared-sum"].ties(-3.00041, -3.00012)
    assert not SCORES["pll-sum"].ties(-3.00041, -3.00012)
    assert not SCORES["crows-shared-sum"].ties(-3.0016, -3.0004)


# --- StereoSet ---


def example(number: int, target: str, kind: str, context: str, sentences: Sequence[str]) -> dict[str, Any]:
    labels = ("unrelated", "stereotype", "anti-stereotype")
    made = [
        {"id": f"s{number}{at}", "sentence": text, "labels": [{"label": label, "human_id": "h"}], "gold_label": label}
        for at, (label, text) in enumerate(zip(labels, sentences, strict=True))
    ]
    return {"id": f"e{number}", "target": target, "bias_type": kind, "context": context, "sentences": made}


def filled(number: int, target: str, context: str, words: Sequence[str], kind: str = "profession") -> dict[str, Any]:
    return example(number, target, kind, context, [context.replace("BLANK", word) for word in words])


INTRA = [
    filled(1, "cat", "The cat was BLANK.", ("mat", "dark", "sat")),
    filled(2, "cat", "The BLANK cat sat.", ("on", "lynx", "dark")),
    filled(3, "dog", "The dog sat, BLANK!", ("she", "well-on", "on"), "gender"),
    filled(4, "door", "The door was BLANK", ("dog", "dark", "dark")),
]
INTER = [
    example(5, "cat", "profession", "The cat sat.", ("The door was dark.", "She opened it.", "The cat was dark.")),
    example(6, "dog", "gender", "The dog was dark.", ("on the mat", "The dog sat.", "The dog opened the door.")),
]


def as_read(half: str, examples: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The examples of an array of the file as its reader hands them out: what is nested is JSON."""
    return [{"array": f"data.{half}", **each, "sentences": json.dumps(each["sentences"])} for each in examples]


STEREOSET = as_read("intrasentence", INTRA) + as_read("intersentence", INTER)
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


# --- Ettinger ---


CPRAG = [
    {
        "item": number,
        "context_s1": "The cat sat.",
        "context_s2": second,
        "expected": "mat",
        "within_category": within,
        "between_category": "dark",
        "constraint": constraint,
    }
    for number, (second, within, constraint) in enumerate(
        [("It sat on the", "room", "H"), ("The dog sat on the", "door", "L"), ("It sat on the", "lynx", "H")]
    )
]


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


ROLE = [
    {"item": item, "context": context, "expected": expected, "exp_cloze": cloze, "target": target, "tgt_cloze": 0.0}
    for item, context, expected, cloze, target in [
        ("7-b", "The cat opened the door, the dog had ", "sat on|dark", 0.1, "opened "),
        ("7-a", "The dog opened the door, the cat had ", "opened", 0.5, "opened"),
        ("8-b", "She was on the mat, the cat ", "lynxes|was", 0.3, "sat"),
        ("8-a", "The cat was on the mat, she", "sat", 0.7, "sat"),
    ]
]


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


SIMP = [
    {
        "item": 0,
        "context_aff": "A cat is (a|an)",
        "context_neg": "A cat is not (a|an)",
        "target_aff": "mat",
        "target_neg": "x",
    },
    {
        "item": 1,
        "context_aff": "A mat is (a|an)",
        "context_neg": "A mat is not (a|an)",
        "target_aff": "a",
        "target_neg": "dog",
    },
]
NAT = [
    {
        "item": 0,
        "context_aff": "The room is",
        "context_neg": "The room isn't",
        "target_aff": "dark",
        "target_neg": "on",
        "licensing": "Y",
    },
    {
        "item": 1,
        "context_aff": "The mat is",
        "context_neg": "The mat isn't",
        "target_aff": "on",
        "target_neg": "dark",
        "licensing": "N",
    },
]


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


# --- LAMA, WinoGrande, Zorro ---


LAMA = [
    {"sub_label": "cat", "obj_label": "mat", "masked_sentences": ["The cat sat on the [MASK] ."], "predicate_id": "P1"},
    {"sub_label": "dog", "obj_label": "lynx", "masked_sentences": ["The dog was a [MASK] ."], "predicate_id": "P1"},
    {"sub_label": "cat", "obj_label": "mat", "masked_sentences": ["A cat on a [MASK] ."], "predicate_id": "P1"},
    {
        "sub_label": "door",
        "obj_label": "dark",
        "masked_sentences": ["The door was [MASK] .", "A [MASK] ."],
        "predicate_id": "P2",
    },
]


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


# --- what a file is taken for ---


COLUMNS = {
    "pairs": [tuple(BLIMP_ROWS[0]), ("sentence_good", "sentence_bad"), ("sentence_good", "sentence_bad", "group")],
    "babylm-2025": [tuple(EWOK), ("input_prefix", "options", "numops"), ("sentences", "ratio")],
    "crows-pairs": [tuple(CROWS_ROWS[0])],
    "stereoset": [tuple(STEREOSET[0])],
    "ettinger": [tuple(CPRAG[0]), tuple(ROLE[0]), tuple(SIMP[0]), tuple(NAT[0])],
    "lama": [tuple(LAMA[0]), ("uuid", "obj_label", "sub_label", "masked_sentence")],
    "winogrande": [("qID", "sentence", "option1", "option2", "answer")],
    "nsp": [("text_a", "text_b", "label")],
    None: [("text",), ("text_a", "text_b"), ("sentence", "label")],
}


@pytest.mark.parametrize(("suite", "names"), [(suite, names) for suite, sets in COLUMNS.items() for names in sets])
def test_a_file_is_recognised_by_its_columns(suite: str | None, names: tuple[str, ...]) -> None:
    found, sentence = recognised(SimpleNamespace(names=names))
    assert found == suite
    assert sentence.startswith("The columns are those of")
    assert sentence.endswith((".", "babylm-2025"))


def test_where_suites_share_columns_their_rules_come_by_name() -> None:
    _, sentence = recognised(SimpleNamespace(names=tuple(BLIMP_ROWS[0])))
    assert "ties are told apart" in sentence
    assert "--suite blimp or --suite babylm-2025" in sentence


def test_columns_of_another_name_are_meant(tiny: ModelBundle) -> None:
    source, columns = SimpleNamespace(names=("fine", "odd")), (("sentence_good", "fine"), ("sentence_bad", "odd"))
    assert recognised(source)[0] is None
    assert recognised(source, columns)[0] == "pairs"
    check_columns("pairs", source, columns)


@pytest.mark.parametrize(
    ("suite", "names"), [(suite, names) for suite, sets in COLUMNS.items() if suite for names in sets]
)
def test_a_named_suite_reads_its_own_columns(suite: str, names: tuple[str, ...]) -> None:
    check_columns(suite, SimpleNamespace(names=names))
    with pytest.raises(InputError, match=r"name another suite, or none\.$"):
        check_columns(suite, SimpleNamespace(names=("text_c", "row")))


def test_the_columns_that_a_suite_has_are_said() -> None:
    with pytest.raises(InputError) as error:
        check_columns("crows-pairs", SimpleNamespace(names=("sentence_good", "sentence_bad")))
    assert str(error.value) == (
        "The columns of this file are sentence_good, sentence_bad, and CrowS-Pairs has sent_more, sent_less, "
        "stereo_antistereo, bias_type: name another suite, or none."
    )


def test_unknown_names_are_one_sentence() -> None:
    with pytest.raises(InputError, match="The suite 'glue' came: choose among blimp"):
        suite_recipes(Settings(suite="glue"))
    with pytest.raises(InputError, match="The score 'isnext-margin' came: choose among those of BLiMP, pll-sum"):
        suite_recipes(Settings(suite="blimp", scores=("isnext-margin",)))


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
