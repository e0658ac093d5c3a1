"""Each recipe against the task's own answer for the same row, and one of them against plain transformers.

The rows of a test go through the model together, in a pack; the task reads one alone.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch

from analysis.batch.cells import listed, number_in
from analysis.batch.measures import MEASURES, recipes_of
from analysis.batch.recipe import Settings
from analysis.batch.scorer import Scorer
from analysis.errors import InputError
from analysis.limits import MAX_CANDIDATES
from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle
from analysis.questions import Compare, Contest, Read, Score, Segmentations, Text
from analysis.tasks import ask
from analysis.types import HiddenReading, SeenReading
from analysis.types.mlm import summarise
from tests.analysis.checkpoints import MAKERS
from tests.batch.rows import batch_of, scored

TEXTS = ("The cat sat on the mat.", "She opened the door, the room was dark.", "dog", "A cabin was xyz!", "the the the")
PAIRS = (
    ("The cat sat on the mat.", "The dog sat on the mat."),
    ("She opened the door.", "The room was dark."),
    ("the cat", "the cat"),
    ("dog", "the black dog sat, 1 2"),
    ("The mat was [MASK].", "The mat was dark."),
)
BLANK = "   "


def test_there_is_a_test_for_every_recipe() -> None:
    assert set(OF_TASK) == set(MEASURES)


def seen(bundle: ModelBundle, row: Mapping[str, Any], _settings: Settings) -> dict[str, Any]:
    found: SeenReading = ask(bundle, Read(Text(row["text"])))
    means = summarise(found)
    return {
        "n_tokens": means.n_counted,
        "n_unknown": int(found.encoded.unknown.sum()),
        "seen_surprisal_mean_bits": means.mean_surprisal_bits,
        "seen_entropy_mean_bits": means.mean_entropy_bits,
        "seen_logp_mean_nats": -means.mean_surprisal_bits * math.log(2),
    }


def pll(bundle: ModelBundle, row: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    text = Text(row["text"]) if "text" in row else Text(row["text_a"], row["text_b"])
    several = len(settings.maskings) > 1
    found = {}
    for each in ask(bundle, Score(text, settings.maskings)).scores:
        prefix = f"{each.masking}_" if several else ""
        pair = each.pll_b_nats is not None
        found |= {
            f"{prefix}pll_nats": each.pll_nats,
            f"{prefix}pll_a_given_b_nats": each.pll_a_nats if pair else None,
            f"{prefix}pll_b_given_a_nats": each.pll_b_nats,
            f"{prefix}pseudo_perplexity": each.pseudo_perplexity,
            f"{prefix}bits_per_character": each.bits_per_character,
            "n_words": each.n_words,
            "n_characters": each.n_characters,
        }
    return found


def nsp(bundle: ModelBundle, row: Mapping[str, Any], _settings: Settings) -> dict[str, Any]:
    found = ask(bundle, Segmentations(Text(row["text_a"], row["text_b"])))["correct"].nsp
    return {
        "logit_is_next_nats": found.logit_is_next,
        "logit_not_next_nats": found.logit_not_next,
        "margin_nats": found.margin_nats,
        "p_is_next": found.p_is_next,
    }


def candidates(bundle: ModelBundle, row: Mapping[str, Any], _settings: Settings) -> dict[str, Any]:
    mask, reference = int(row.get("mask") or 1), row.get("reference") or None
    found = ask(bundle, Contest(Text(row["text"]), listed(row["candidates"]), mask, reference))
    own = {each.text: each for each in found.candidates}
    best = max(own.values(), key=lambda each: each.total_nats)
    return {
        "candidate": list(own),
        "candidate_pieces": [" ".join(each.tokens) for each in own.values()],
        "candidate_n_pieces": [len(each.ids) for each in own.values()],
        "candidate_logp_nats": [each.total_nats for each in own.values()],
        "candidate_rank": [each.rank for each in own.values()],
        "candidate_odds_bits": [None if math.isnan(each) else each for each in found.odds_bits.tolist()],
        "candidate_best": best.text,
        "candidate_best_is_tie": False,
        "candidate_best_by_mean": max(own.values(), key=lambda each: each.mean_nats).text,
    }


def segmentations(bundle: ModelBundle, row: Mapping[str, Any], _settings: Settings) -> dict[str, Any]:
    found = ask(bundle, Segmentations(Text(row["text_a"], row["text_b"])))
    margins = {f"margin_{each.name}_nats": each.nsp.margin_nats for each in found.variants}
    margins |= {f"margin_{name}_nats": None for name, _ in found.left_out}
    return margins | {
        "effect_separator_nats": found.effects.separator_nats,
        "effect_segment_ids_nats": found.effects.segment_ids_nats,
        "effect_together_nats": found.effects.together_nats,
        "effect_interaction_nats": found.effects.interaction_nats,
        "segmentations_left_out": " ".join(why for _, why in found.left_out) or None,
    }


def regions(bundle: ModelBundle, row: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    question = Score(Text(row["text"]), settings.maskings[:1], regions=listed(row["regions"]))
    found = ask(bundle, question).scores[0].regions
    return {
        "region": [each.region.text for each in found],
        "region_n_tokens": [each.n_tokens for each in found],
        "region_seen_surprisal_bits": [each.seen_surprisal_bits for each in found],
        "region_seen_logp_nats": [each.seen_logp_nats for each in found],
        "region_surprisal_bits": [each.surprisal_bits for each in found],
        "region_logp_nats": [each.logp_nats for each in found],
    }


def compare(bundle: ModelBundle, row: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    a, b = ("text", "other") if "other" in row else ("text_a", "text_b")
    found = ask(bundle, Compare(Text(row[a]), Text(row[b]), settings.reading, settings.masking))
    own, plls = found.counted, found.pll_nats or (None, None)

    def mean(values: Any) -> float | None:
        return float(values[own].mean(dtype="float64")) if own.any() else None

    return {
        "n_tokens_a": found.a.encoded.n_counted,
        "n_tokens_b": found.b.encoded.n_counted,
        "n_pairs": int(own.sum()),
        "n_differing": int(found.differing.sum()),
        "js_mean_bits": mean(found.divergence.js_bits),
        "js_max_bits": float(found.divergence.js_bits[own].max()) if own.any() else None,
        "entropy_delta_mean_bits": mean(found.delta_entropy_bits),
        "surprisal_delta_mean_bits": mean(found.delta_surprisal_bits),
        "pll_a_nats": plls[0],
        "pll_b_nats": plls[1],
        "pll_delta_nats": found.delta_pll_nats,
    }


def nsp_candidates(bundle: ModelBundle, row: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    labels = listed(row["candidates"]) if row.get("candidates") else settings.labels
    texts = [(settings.template or "{label}").replace("{label}", each) for each in labels]

    def margin(a: str, b: str) -> float:
        return ask(bundle, Segmentations(Text(a, b)))["correct"].nsp.margin_nats

    own = [margin(row["text_a"], each) for each in texts]
    found = {
        "nsp_candidate": list(labels),
        "nsp_candidate_margin_nats": own,
        "nsp_candidate_p_is_next": [1 / (1 + math.exp(-each)) for each in own],
        "nsp_candidate_best": labels[own.index(max(own))],
    }
    if settings.neutral:
        neutral = [sum(margin(a, each) for a in settings.neutral) / len(settings.neutral) for each in texts]
        less = [one - other for one, other in zip(own, neutral, strict=True)]
        found |= {
            "nsp_candidate_neutral_margin_nats": neutral,
            "nsp_candidate_less_neutral_nats": less,
            "nsp_candidate_best_less_neutral": labels[less.index(max(less))],
        }
    return found


OF_TASK: dict[str, Callable[[ModelBundle, Mapping[str, Any], Settings], dict[str, Any]]] = {
    "seen": seen,
    "pll": pll,
    "nsp": nsp,
    "candidates": candidates,
    "segmentations": segmentations,
    "regions": regions,
    "compare": compare,
    "nsp-candidates": nsp_candidates,
}

_TEXTS = [{"text": each} for each in TEXTS]
_PAIRS = [{"text_a": a, "text_b": b} for a, b in PAIRS]
_GAPS = [
    {"text": "The [MASK] sat on the mat.", "candidates": "cat|dog|cabin"},
    {"text": "She [MASK] the [MASK].", "candidates": "door|room", "mask": "2", "reference": "room"},
    {"text": "[MASK]", "candidates": "xyz", "mask": "", "reference": ""},
]
_MARKED = [
    {"text": "The cat sat on the mat.", "regions": "1:2|6"},
    {"text": "She opened the door, the xyz was dark.", "regions": "3:5"},
    {"text": "The [MASK] sat.", "regions": "2"},
]
_CHOICES = [
    {"text_a": "The cat sat on the mat.", "candidates": "she opened the door|the dog sat"},
    {"text_a": "The room was dark.", "candidates": "the dog sat|1 2"},
]
_LABELLED = [{"text_a": "The room was dark."}, {"text_a": "The cat sat."}]

CASES = {
    "seen": (Settings(measures=("seen",)), _TEXTS),
    "pll": (Settings(measures=("pll",)), _TEXTS),
    "pll of pairs": (Settings(measures=("pll",), maskings=("token",)), _PAIRS),
    "pll, several": (Settings(measures=("pll",), maskings=("word_l2r", "token", "reporting_l2r")), _TEXTS),
    "nsp": (Settings(measures=("nsp",)), _PAIRS),
    "candidates": (Settings(measures=("candidates",)), _GAPS),
    "segmentations": (Settings(measures=("segmentations",)), _PAIRS),
    "regions": (Settings(measures=("regions",)), _MARKED),
    "regions, token": (Settings(measures=("regions",), maskings=("token",)), _MARKED),
    "compare": (Settings(measures=("compare",)), _PAIRS),
    "compare, seen": (Settings(measures=("compare",), reading="seen"), _PAIRS),
    "compare, other": (Settings(measures=("compare",)), [{"text": a, "other": b} for a, b in PAIRS]),
    "nsp-candidates": (Settings(measures=("nsp-candidates",)), _CHOICES),
    "nsp-candidates, plain": (Settings(measures=("nsp-candidates",), neutral=()), _CHOICES),
    "nsp-candidates, labels": (
        Settings(
            measures=("nsp-candidates",),
            template="The {label} was dark.",
            labels=("room", "door", "cat"),
            neutral=("N/A", "[MASK]"),
        ),
        _LABELLED,
    ),
}


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, float) and math.isnan(expected):
        return found is None
    return found == (pytest.approx(expected, abs=1e-5, rel=1e-5) if isinstance(expected, float) else expected)


@pytest.mark.parametrize("name", CASES)
def test_a_recipe_gives_what_the_task_answers_for_the_same_row(tiny: ModelBundle, name: str) -> None:
    settings, rows = CASES[name]
    for row, found in zip(rows, scored(settings, tiny, rows), strict=True):
        assert found["error"] is None
        expected = OF_TASK[settings.measures[0]](tiny, row, settings)
        assert {key: found[key] for key in expected if not same(found[key], expected[key])} == {}, (row, expected)


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name][0].measures[0] in {"compare", "candidates"}])
def test_so_it_does_for_a_model_that_is_run_whole(tmp_path: Path, name: str) -> None:
    whole = load_bundle(str(MAKERS["tiny_electra"](tmp_path / "model")))
    settings, rows = CASES[name]
    for row, found in zip(rows, scored(settings, whole, rows), strict=True):
        assert found["error"] is None
        expected = OF_TASK[settings.measures[0]](whole, row, settings)
        assert {key: found[key] for key in expected if not same(found[key], expected[key])} == {}, (row, expected)


@pytest.mark.parametrize("name", CASES)
def test_a_recipe_fills_its_columns_with_their_types_and_bad_rows_stay(tiny: ModelBundle, name: str) -> None:
    settings, rows = CASES[name]
    scorer = Scorer(settings, (tiny,))
    batch = batch_of([dict.fromkeys(rows[0], BLANK), dict.fromkeys(rows[0]), *rows])
    found = scorer(batch)
    assert found.schema == scorer.schema(batch.schema)
    assert len(found) == len(batch)
    errors = found.column("error").to_pylist()
    assert all(errors[:2])
    assert not any(errors[2:])
    for column in scorer.columns():
        assert found.column(column.name).to_pylist()[:2] == [None, None]
        assert column.name.endswith(_UNITS) or column.kind in {"int32", "string", "list<string>", "list<int32>", "bool"}


_UNITS = ("_nats", "_bits", "p_is_next", "pseudo_perplexity", "bits_per_character")


def test_margins_with_a_neutral_beginning_taken_off_are_those_of_plain_transformers(
    tiny: ModelBundle, tiny_folder: Path
) -> None:
    from tests.analysis.oracle import Plain

    plain = Plain.load(tiny_folder)

    def margin(a: str, b: str) -> float:
        z = plain.answer(a, b).z
        assert z is not None
        return float(z[0] - z[1])

    settings, rows = CASES["nsp-candidates, labels"]
    for row, found in zip(rows, scored(settings, tiny, rows), strict=True):
        for label, less in zip(found["nsp_candidate"], found["nsp_candidate_less_neutral_nats"], strict=True):
            b = f"The {label} was dark."
            neutral = (margin("N/A", b) + margin("[MASK]", b)) / 2
            assert less == pytest.approx(margin(row["text_a"], b) - neutral, abs=1e-5)


def test_a_contest_s_first_piece_is_that_of_plain_transformers(tiny: ModelBundle, tiny_folder: Path) -> None:
    from tests.analysis.oracle import Plain

    plain = Plain.load(tiny_folder)
    answer = plain.answer("The [MASK] sat on the mat.")
    (found,) = scored(Settings(measures=("candidates",)), tiny, _GAPS[:1])
    row = torch.from_numpy(answer.log_p[2])
    for word, logp, rank in zip(["cat", "dog"], found["candidate_logp_nats"], found["candidate_rank"], strict=False):
        id_ = plain.tokenizer.convert_tokens_to_ids(word)
        assert logp == pytest.approx(float(row[id_]), abs=1e-5)
        assert rank == 1 + int((row > row[id_]).sum())


def test_rows_that_several_maskings_have_in_common_are_read_once(
    tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis.batch import requests

    inputs: list[int] = []
    real = requests.forward

    def counted(bundle: ModelBundle, given: Any, **more: Any) -> Any:
        inputs.append(len(given))
        return real(bundle, given, **more)

    monkeypatch.setattr(requests, "forward", counted)
    whole_words = [{"text": "the cat sat on the mat"}]
    scored(Settings(measures=("pll",), maskings=("token", "word_l2r", "word")), tiny, whole_words)
    assert inputs == [6]


def test_the_tokens_of_several_maskings_stand_beside_each_other(tiny: ModelBundle) -> None:
    settings = Settings(measures=("seen", "pll"), maskings=("token", "word"), by_token=True, k=3)
    batch = pa.RecordBatch.from_pylist([{"text": "The cabin was dark."}])
    tokens = Scorer(settings, (tiny,)).both(batch)[1].to_pydict()
    for masking in ("token", "word"):
        found: HiddenReading = ask(tiny, Read(Text("The cabin was dark."), masking, k=3))
        own = ~found.encoded.outside
        hidden = [each for each in tokens[f"{masking}_hidden_surprisal_bits"] if each is not None]
        assert hidden == pytest.approx(found.statistics.surprisal_bits[own].tolist(), abs=1e-5)
    assert tokens["token_hidden_p"] != tokens["word_hidden_p"]


def test_two_candidates_that_are_one_are_said_to_tie(tiny: ModelBundle) -> None:
    rows = [{"text": "The [MASK] sat.", "candidates": "cat|Cat"}]
    (found,) = scored(Settings(measures=("candidates",)), tiny, rows)
    assert found["candidate_best"] == "cat"
    assert found["candidate_best_is_tie"] is True


def test_lists_come_as_lists_or_with_bars() -> None:
    assert listed("a | b|c") == listed(["a", "b", "c"]) == ("a", "b", "c")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"text": "The [MASK] sat.", "candidates": None}, "column candidates is empty"),
        ({"text": "The [MASK] sat.", "candidates": "cat", "mask": "one"}, "write a whole number"),
        ({"text": "The cat sat.", "candidates": "cat"}, "has no"),
        ({"text": "The [MASK] sat.", "candidates": "cat", "mask": "3"}, "Gap 3"),
    ],
)
def test_a_contest_that_can_t_be_held_says_why_in_its_row(tiny: ModelBundle, row: dict[str, Any], said: str) -> None:
    good = {"text": "The [MASK] sat.", "candidates": "cat", "mask": "1"}
    found = scored(Settings(measures=("candidates",)), tiny, [row, good])
    assert said in found[0]["error"]
    assert found[1]["error"] is None


@pytest.mark.parametrize("value", [True, "1.5", "x", 2.5, "9" * 5_000, 1e300])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="write a whole number"):
        number_in({"mask": value}, "mask", 1)
    assert [number_in({"mask": each}, "mask", 7) for each in (2, "2", " 2 ", 2.0, None, "")] == [2, 2, 2, 2, 7, 7]


@pytest.mark.parametrize(
    ("measure", "cells", "said"),
    [
        ("splits", {"text_a": "The cat sat.", "text_b": "She left."}, "The column text is empty"),
        ("pairs", {"text": "The cat sat."}, "The column sentences is empty"),
        ("influence", {"text": "The cat sat.", "target": 1}, "The column target holds int, no text"),
        ("read", {"text": "The cat sat.", "watch": 1.5}, "give a whole number"),
        ("fill", {"text": "The [MASK] sat.", "orders": 3}, "holds int among its texts"),
        ("splits", {"text": "The cat sat. She left.", "sentence_starts": "0|x"}, "write a whole number"),
        ("layers", {"text": "The cat sat.", "position": "9" * 5_000}, "write a whole number"),
    ],
)
def test_a_row_that_a_task_can_t_be_asked_of_says_why(
    tiny: ModelBundle, measure: str, cells: dict[str, Any], said: str
) -> None:
    (found,) = scored(Settings(measures=(measure,)), tiny, [cells])
    assert said in found["error"]
    assert found[f"{measure}_json"] is None


def test_blank_cells_leave_a_task_its_defaults_and_lists_of_numbers_come_in_any_way(tiny: ModelBundle) -> None:
    text = "The cat sat. She opened the door."
    rows = [{"text": text, "sentence_starts": each, "seed": " "} for each in ("13", 13, [13], " ")]
    found = [row for each in rows for row in scored(Settings(measures=("splits",)), tiny, [each])]
    assert [row["error"] for row in found] == [None] * 4
    assert len({row["splits_json"] for row in found}) == 1


def test_more_candidates_than_a_contest_takes_are_refused(tiny: ModelBundle) -> None:
    row = {"text_a": "the cat", "candidates": ["dog"] * (MAX_CANDIDATES + 1)}
    (found,) = scored(Settings(measures=("nsp-candidates",)), tiny, [row])
    assert found["error"] == "There are 101 candidates: give 1 to 100."


def test_a_template_without_a_place_for_the_candidate_is_refused_at_once() -> None:
    with pytest.raises(InputError, match=r"has no \{label\}"):
        recipes_of(Settings(measures=("nsp-candidates",), template="This is news."))


def test_a_region_of_masks_alone_has_no_score(tiny: ModelBundle) -> None:
    rows = [{"text": "The [MASK] sat.", "regions": "2"}]
    (found,) = scored(Settings(measures=("regions",)), tiny, rows)
    assert found["region_n_tokens"] == [0]
    assert found["region_logp_nats"] in ([None], [math.nan]) or math.isnan(found["region_logp_nats"][0])
