"""Several models over the same rows: a set of columns each, and errors that say whose they are."""

from pathlib import Path

import pyarrow as pa
import pytest

from analysis.batch.recipe import Settings
from analysis.batch.revisions import curves
from analysis.batch.scorer import Scorer
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle
from tests.analysis.checkpoints import MAKERS, tiny_bert
from tests.batch.rows import scored

ROWS = [{"text_a": "The cat sat.", "text_b": "She opened the door."}, {"text_a": "The room was dark.", "text_b": "dog"}]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    return load_bundle(str(tiny_bert(tmp_path_factory.mktemp("other") / "bert", seed=1)))


@pytest.fixture(scope="module")
def headless(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    return load_bundle(str(MAKERS["without_nsp"](tmp_path_factory.mktemp("headless") / "bert")))


def test_each_model_has_columns_of_its_own_that_are_those_of_it_alone(tiny: ModelBundle, other: ModelBundle) -> None:
    measures = ("seen", "pll", "nsp")
    both = scored(Settings(models=("one", "two"), measures=measures), (tiny, other), ROWS)
    for spec, bundle in (("one", tiny), ("two", other)):
        alone = scored(Settings(models=(spec,), measures=measures), bundle, ROWS)
        for row, expected in zip(both, alone, strict=True):
            for name, value in expected.items():
                assert row[name if name in ("row", "error", "text_a", "text_b") else f"{name}[{spec}]"] == value
    assert both[0]["pll_nats[one]"] != both[0]["pll_nats[two]"]


def test_a_model_without_the_head_leaves_its_own_columns_empty_and_no_others(
    tiny: ModelBundle, headless: ModelBundle
) -> None:
    settings = Settings(models=("whole", "headless"), measures=("seen", "nsp"))
    scorer = Scorer(settings, (tiny, headless))
    scorer.require()
    alone = scored(Settings(models=("whole",), measures=("seen", "nsp")), tiny, ROWS)
    found = scorer(pa.RecordBatch.from_pylist(ROWS)).to_pylist()
    for row, expected in zip(found, alone, strict=True):
        assert row["margin_nats[headless]"] is None
        assert row["margin_nats[whole]"] == expected["margin_nats"]
        assert row["seen_entropy_mean_bits[headless]"] is not None
        assert row["error"].startswith("headless: ")
        assert "whole: " not in row["error"]


def test_one_recipe_s_error_leaves_the_others_their_columns(headless: ModelBundle) -> None:
    (row, _) = scored(Settings(measures=("nsp", "seen")), headless, ROWS)
    assert row["margin_nats"] is None
    assert row["seen_entropy_mean_bits"] is not None
    assert "bundled" in row["error"]


def test_a_head_that_no_model_has_is_refused_before_any_row(headless: ModelBundle) -> None:
    with pytest.raises(InputError):
        Scorer(Settings(measures=("nsp",)), (headless,)).require()


def test_what_every_model_says_alike_is_said_once(tiny: ModelBundle, other: ModelBundle) -> None:
    rows = [{"text": " "}, {"text": "the cat"}]
    settings = Settings(models=("one", "two"), measures=("seen", "pll"))
    found = scored(settings, (tiny, other), rows)
    alone = scored(Settings(measures=("seen",)), tiny, rows)
    assert found[0]["error"] == alone[0]["error"]
    assert found[1]["error"] is None


def test_tokens_of_several_models_name_theirs(tiny: ModelBundle, headless: ModelBundle) -> None:
    settings = Settings(models=("whole", "headless"), measures=("seen",), by_token=True, k=2)
    _, tokens = Scorer(settings, (tiny, headless)).both(pa.RecordBatch.from_pylist(ROWS))
    assert set(tokens.column("model").to_pylist()) == {"whole", "headless"}


def test_a_model_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match="came twice"):
        Scorer(Settings(models=("bundled", "bundled")))


def test_revisions_stand_in_the_order_of_their_steps() -> None:
    given = ("a@step_10k", "a@main", "b", "a@step_2k", "c@7fd1a7b", "c@0a0b0c0d", "a", "c@step-3", str(Path("/x/y")))
    assert curves(given) == {
        "a": ("a@step_2k", "a@step_10k", "a@main", "a"),
        "c": ("c@step-3", "c@7fd1a7b", "c@0a0b0c0d"),
    }


def test_a_file_that_was_scored_before_keeps_all_its_columns(tiny: ModelBundle, other: ModelBundle) -> None:
    given = {"text": "the cat", "n_tokens": 7, "input_n_tokens": 8, "n_tokens[one]": 9}
    (found,) = scored(Settings(), tiny, [given])
    expected = {"input_n_tokens": 8, "input_input_n_tokens": 7, "n_tokens[one]": 9, "n_tokens": 2}
    assert {name: found[name] for name in expected} == expected
    (found,) = scored(Settings(models=("one", "two")), (tiny, other), [given])
    expected = {"input_n_tokens": 8, "input_input_n_tokens": 7, "input_n_tokens[one]": 9, "n_tokens[one]": 2}
    assert {name: found[name] for name in expected} == expected
