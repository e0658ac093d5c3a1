"""Columns are known by their usual names, in any spelling, and somebody's word counts more."""

import pytest

from analysis.batch.layout import MEANINGS, TOGETHER, Layout, is_known, recognise
from analysis.errors import InputError


def kind_and_columns(layout: Layout) -> tuple[str, dict[str, str]]:
    return layout.kind, dict(layout.columns)


@pytest.mark.parametrize(
    ("names", "kind", "columns"),
    [
        (["text"], "text", {"text": "text"}),
        (["id", "Sentence"], "text", {"text": "Sentence"}),
        (["anything"], "text", {"text": "anything"}),
        (["anything", "label", "id"], "text", {"text": "anything", "label": "label"}),
        (["text_a", "text_b"], "pair", {"text_a": "text_a", "text_b": "text_b"}),
        (["sentence1", "sentence2", "idx"], "pair", {"text_a": "sentence1", "text_b": "sentence2"}),
        (["Sentence 1", "SENTENCE-2"], "pair", {"text_a": "Sentence 1", "text_b": "SENTENCE-2"}),
        (["a", "b"], "pair", {"text_a": "a", "text_b": "b"}),
        (["context", "sentence"], "pair", {"text_a": "context", "text_b": "sentence"}),
        (
            ["premise", "hypothesis", "gold_label"],
            "labelled pair",
            {"text_a": "premise", "text_b": "hypothesis", "label": "gold_label"},
        ),
        (
            ["sentence_good", "sentence_bad", "UID"],
            "minimal pairs",
            {"sentence_good": "sentence_good", "sentence_bad": "sentence_bad", "group": "UID"},
        ),
        (["Good", "Bad"], "minimal pairs", {"sentence_good": "Good", "sentence_bad": "Bad"}),
        (
            ["acceptable", "unacceptable"],
            "minimal pairs",
            {"sentence_good": "acceptable", "sentence_bad": "unacceptable"},
        ),
        (["text", "candidates"], "candidates", {"text": "text", "candidates": "candidates"}),
        (["text", "text_a", "text_b"], "pair", {"text_a": "text_a", "text_b": "text_b"}),
        (["Text", "text"], "text", {"text": "text"}),
    ],
)
def test_usual_names(names: list[str], kind: str, columns: dict[str, str]) -> None:
    layout = recognise(names)
    assert kind_and_columns(layout) == (kind, columns)
    for column in columns.values():
        assert f"'{column}'" in layout.says
    assert "--columns" in layout.says and layout.says.endswith(".")


@pytest.mark.parametrize(
    ("names", "said", "kind", "columns"),
    [
        (["x", "y"], {"text": "y"}, "text", {"text": "y"}),
        (["x", "y"], {"text_a": "y", "text_b": "x"}, "pair", {"text_a": "y", "text_b": "x"}),
        (["text_a", "text_b"], {"text": "text_b"}, "text", {"text": "text_b"}),
        (["x", "hypothesis"], {"text_a": "x"}, "pair", {"text_a": "x", "text_b": "hypothesis"}),
        (
            ["text_a", "text_b"],
            {"sentence_good": "text_a", "sentence_bad": "text_b"},
            "minimal pairs",
            {"sentence_good": "text_a", "sentence_bad": "text_b"},
        ),
        (["text", "x"], {"candidates": "X"}, "candidates", {"text": "text", "candidates": "x"}),
        (["text", "label"], {"group": "label"}, "text", {"text": "text", "group": "label"}),
    ],
)
def test_what_is_said_counts_more(names: list[str], said: dict[str, str], kind: str, columns: dict[str, str]) -> None:
    assert kind_and_columns(recognise(names, said.items())) == (kind, columns)


@pytest.mark.parametrize(
    ("names", "said", "says"),
    [
        (["x", "y"], [], "it has 'x', 'y'"),
        (["label", "group"], [], "it has 'label', 'group'"),
        (["x", "y"], [("text_a", "x")], "text_b is missing"),
        (["x", "y"], [("text", "z")], "it has 'x', 'y'"),
        (["x", "y"], [("txt", "x")], ", ".join(MEANINGS)),
        (["x", "y"], [("text", "x"), ("text", "y")], "choose one"),
        ([f"c{number}" for number in range(99)], [], "and 69 more"),
    ],
)
def test_the_sentence_lists_what_there_is(names: list[str], said: list[tuple[str, str]], says: str) -> None:
    with pytest.raises(InputError) as caught:
        recognise(names, said)
    assert says in str(caught.value) and str(caught.value).endswith(".")


def test_every_name_of_the_list_is_taken_as_it_is_listed() -> None:
    for meanings, ways in TOGETHER.items():
        for way in ways:
            assert dict(recognise(way).columns) == dict(zip(meanings, way, strict=True))
            assert all(is_known(name.upper()) for name in way)
    assert not is_known("premiere") and not is_known("") and not is_known("1")
