"""What a file is taken for, and what is said of columns, suites and scores that don't fit."""

from types import SimpleNamespace

import pytest

from analysis.batch.recipe import Settings
from analysis.batch.suites import check_columns, recognised, suite_recipes
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from tests.batch.suite_rows import BLIMP_ROWS, CPRAG, CROWS_ROWS, EWOK, LAMA, NAT, ROLE, SIMP, STEREOSET

NEAR = 1e-5


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
    with pytest.raises(InputError, match="The score 'pll-sum' came: choose among those of labelled pairs, isnext"):
        suite_recipes(Settings(suite="nsp", scores=("pll-sum",)))


@pytest.mark.parametrize("suite", ["babylm-2025", "stereoset", "ettinger", "lama", "zorro"])
def test_a_suite_that_makes_its_items_reads_published_names_alone(suite: str) -> None:
    with pytest.raises(InputError, match="name the file's columns as published"):
        suite_recipes(Settings(suite=suite, columns=(("obj_label", "answer"),)))


def test_margins_alone_need_no_masked_lm_head() -> None:
    heads = {
        scores: recipe.head
        for scores in ((), ("isnext-margin",), ("stereoset-mean-p",))
        for recipe in suite_recipes(Settings(suite="stereoset", scores=scores))
    }
    assert heads == {(): "mlm", ("isnext-margin",): "nsp", ("stereoset-mean-p",): "mlm"}
