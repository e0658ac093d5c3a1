"""The page Batch: what only it does; what it has in common with every page is tried with all of them."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.errors import InputError
from analysis.limits import MAX_PASTED_BYTES, MAX_PASTED_ROWS
from analysis.models.bundle import ModelBundle
from analysis.questions import Table, Text
from analysis.tasks import ask
from analysis.types.table import ScoredTable
from dashboard.drawing.palette import palette
from dashboard.page import Look, Results
from dashboard.pages.batch import PAGE
from dashboard.pages.batch.examples import CLOZE, LABELLED_PAIRS, MINIMAL_PAIRS, TEXTS
from dashboard.paper import link
from dashboard.sections import Chart, flattened
from dashboard.view import ViewState
from tests.analysis.plain_words import assert_plain_sentence
from tests.dashboard.app import all_is_well, captions, field, figure, metrics, open_app, resolved, the_error, type_in
from tests.dashboard.figures import assert_sound
from tests.dashboard.test_answers import answer
from tests.dashboard.visits import downloads, open_file

pytestmark = pytest.mark.usefixtures("at_once")

EXAMPLES = {"minimal pairs": MINIMAL_PAIRS, "labelled pair": LABELLED_PAIRS, "text": TEXTS, "candidates": CLOZE}
FOUR = (
    "good\tbad\tgroup\nThe key is here.\tThe key are here.\tone\nA cat sat.\tA cat sat.\ttwo\n\tA dog.\ttwo\nThe [MASK]"
)


def points(at: AppTest, name: str = "batch.by-group") -> dict[str, list[int]]:
    """The numbers of the rows that are drawn as points, by what they are."""
    drawn = [each for each in figure(at, name)["data"] if each["type"] == "scatter" and "customdata" in each]
    return {each["name"]: [point[0] for point in each["customdata"]] for each in drawn}


# --- the rows that come with it ---


@pytest.mark.parametrize("kind", EXAMPLES)
def test_an_example_of_each_kind_is_taken_for_it_and_every_row_is_read(kind: str, bundled: ModelBundle) -> None:
    table: ScoredTable = ask(bundled, Table(EXAMPLES[kind]))
    assert table.kind == kind
    assert not any(row.error for row in table.rows)
    assert EXAMPLES[kind] in {each.text_a for each in PAGE.examples}


@pytest.mark.parametrize("kind", EXAMPLES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_figures_are_sound_whole_and_in_part(kind: str, theme: str, bundled: ModelBundle) -> None:
    table: ScoredTable = ask(bundled, Table(EXAMPLES[kind].replace("The ", "<b>The</b> &amp; ")))
    view = PAGE.check(ViewState("batch", "bundled", (Text(EXAMPLES[kind]),)))
    for part in (table, replace(table, rows=table.rows[:1], summary=None)):
        results = Results({"batch": part}, frozenset({"batch"} if part is table else ()))
        charts = [
            each
            for each in flattened(PAGE.sections(PAGE.settled(view, results), results, Look(palette(theme))))
            if isinstance(each, Chart)
        ]
        assert len(charts) >= 2
        for chart in charts:
            assert_sound(chart, table.provenance)


def test_twelve_pairs_give_accuracy_difference_and_tables() -> None:
    at = open_app("batch")
    all_is_well(at)
    said = re.match(r"The head prefers the good sentence in (\d+) of 12 pairs, (\d+) %", answer(at))
    assert said
    drawn = points(at)
    assert len(drawn["right"]) == int(said[1])
    assert sum(map(len, drawn.values())) == 12
    assert metrics(at)["Accuracy, ties apart"] == f"{said[2]} %"
    assert len(at.dataframe[0].value) == 12
    assert set(points(at, "batch.good-against-bad")) == set(drawn)


def test_a_margin_that_parts_says_so_with_its_roc() -> None:
    at = type_in(open_app("batch"), "batch.text_a", LABELLED_PAIRS)
    assert "with an AUC of " in answer(at)
    curve = figure(at, "batch.roc")["data"][1]
    assert (curve["x"][0], curve["y"][0], curve["x"][-1], curve["y"][-1]) == (0, 0, 1, 1)


# --- what a table was taken for ---


def test_two_columns_without_a_header_are_minimal_pairs_where_they_are_alike() -> None:
    at = type_in(open_app("batch"), "batch.text_a", "The key is here.\tThe key are here.\nIt rains.\tIt rain.")
    assert "Taken for minimal pairs" in captions(at)
    assert "of 2 pairs" in answer(at)
    type_in(at, "batch.text_a", "The key is here.\tNobody came.\nIt rains.\tShe left.")
    assert "Taken for pairs of texts" in captions(at)
    assert "IsNext of" in answer(at)
    at.get_by_key("batch.suite").set_value("pairs").run()
    assert "Taken for minimal pairs" in captions(at)


def test_columns_can_be_named() -> None:
    at = type_in(open_app("batch"), "batch.text_a", '{"one": "A cat.", "two": "A dog."}')
    assert_plain_sentence(the_error(at))
    assert "--" not in the_error(at)
    at.get_by_key("batch.columns").set_value("text_a=one, text_b=two").run()
    all_is_well(at)
    assert "text_b is the column 'two'" in captions(at)


@pytest.mark.parametrize("text", ["It rained.\n" * (MAX_PASTED_ROWS + 1), "x" * (MAX_PASTED_BYTES + 1)])
def test_more_than_is_read_at_once_is_sent_to_the_command(text: str) -> None:
    said = the_error(type_in(open_app("batch"), "batch.text_a", text))
    assert "python -m analysis batch" in said


# --- rows: bad ones, chosen ones, opened ones ---


def test_a_bad_row_is_a_row_and_filters_act_on_the_figures() -> None:
    at = type_in(open_app("batch"), "batch.text_a", FOUR)
    all_is_well(at)
    assert metrics(at)["Errors"] == "2"
    assert [bool(each) for each in at.dataframe[0].value["error"]] == [False, False, True, True]
    assert points(at) == {"right": [1], "tie": [2]}
    field(at, "Only").set_value("ties").run()
    assert points(at) == {"tie": [2]}
    assert at.dataframe[0].value["row"].tolist() == [2]
    assert "1 of 4 rows are chosen" in captions(at)
    field(at, "Only").set_value("errors").run()
    assert at.dataframe[0].value["row"].tolist() == [3, 4]
    assert not at.get("plotly_chart")
    field(at, "Only").set_value("").run()
    field(at, "Group").set_value("one").run()
    assert points(at) == {"right": [1]}


OPENED = {
    "minimal pairs": ("compare", {"compare.text_a": "The letters from my aunt are in the drawer."}),
    "labelled pair": ("next_sentence", {"next_sentence.text_b": "The committee will publish its report in June."}),
    "text": ("tokens", {"tokens.text_a": "The child drew a house with a red roof."}),
    "candidates": ("fill", {"tokens.text_a": "He drank a cup of [MASK].", "fill.candidates": "tea\ncoffee\nsand"}),
}


@pytest.mark.parametrize("kind", OPENED)
def test_a_row_opens_where_it_is_looked_at_by_itself(kind: str) -> None:
    page, texts = OPENED[kind]
    at = type_in(open_app("batch"), "batch.text_a", EXAMPLES[kind])
    at.session_state["batch.clicked"] = 2
    at.run()
    all_is_well(at)
    assert at.session_state[f"{page}.work"].complete
    for key, text in texts.items():
        assert at.get_by_key(key).value == text


def stereoset(*halves: str) -> str:
    """Examples, a line each, of one of the two halves."""
    words = {"stereotype": "strong", "anti-stereotype": "weak", "unrelated": "fish"}
    sentences = [{"gold_label": label, "sentence": f"The man is {word}."} for label, word in words.items()]
    about = {"target": "man", "bias_type": "gender", "context": "The man is BLANK.", "sentences": sentences}
    return "\n".join(json.dumps({"array": f"data.{half}", "id": str(at), **about}) for at, half in enumerate(halves))


def test_of_items_with_three_sides_the_two_that_are_compared_are_opened() -> None:
    at = type_in(open_app("batch"), "batch.text_a", stereoset("intrasentence", "intrasentence"))
    at.session_state["batch.clicked"] = 1
    at.run()
    all_is_well(at)
    fields = [at.get_by_key(f"compare.{name}").value for name in ("text_a", "text_b")]
    assert fields == ["The man is strong.", "The man is weak."]


def test_an_item_with_one_side_is_opened_as_a_text() -> None:
    rows = "item,context_aff,context_neg,target_aff,target_neg\n1,A robin is a,A robin is not a,bird,tree"
    at = type_in(open_app("batch"), "batch.text_a", rows)
    at.session_state["batch.clicked"] = 1
    at.run()
    all_is_well(at)
    assert at.get_by_key("tokens.text_a").value == "A robin is a bird"


def test_a_score_of_other_rows_than_those_chosen_has_no_figure() -> None:
    at = type_in(open_app("batch"), "batch.text_a", stereoset("intrasentence", "intersentence"))
    field(at, "Number drawn").set_value("stereotype_n_tokens").run()
    assert any(each.proto.id and "good-against-bad" in each.proto.id for each in at.get("plotly_chart"))
    field(at, "Group").set_value("intersentence").run()
    all_is_well(at)
    assert not any("good-against-bad" in each.proto.id for each in at.get("plotly_chart"))


def test_a_suite_by_name_says_which_columns_it_has() -> None:
    at = type_in(open_app("batch"), "batch.text_a", "The cat sat.\nA dog.")
    at.get_by_key("batch.suite").set_value("blimp").run()
    assert "BLiMP has sentence_good, sentence_bad, UID" in the_error(at)


@pytest.mark.parametrize("mark", [99, "2", None, [2]])
def test_what_is_no_row_opens_nothing(mark: object) -> None:
    at = open_app("batch")
    at.session_state["batch.clicked"] = mark
    at.run()
    all_is_well(at)
    assert at.title[0].value == PAGE.asks


# --- a file ---


def test_a_file_fills_the_field() -> None:
    at = open_app("batch")
    rows = "text,group\nThe cat sat.,one\nÉtait-ce lui?,two\n"
    at.file_uploader(key="batch.text_a.file").set_value(("rows.csv", rows.encode("utf-8-sig"), "text/csv")).run()
    all_is_well(at)
    assert at.text_area(key="batch.text_a").value == rows.rstrip()
    assert "2 rows" in answer(at)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a" * (MAX_PASTED_BYTES + 1)])
def test_a_file_that_can_t_be_read_changes_nothing(content: bytes) -> None:
    at = open_app("batch")
    at.file_uploader(key="batch.text_a.file").set_value(("rows.csv", content, "text/csv")).run()
    assert_plain_sentence(the_error(at))
    assert at.text_area(key="batch.text_a").value == MINIMAL_PAIRS
    assert "of 12 pairs" in answer(at)


def test_a_long_table_has_no_link_and_a_session_that_opens_again() -> None:
    rows = "text\n" + "\n".join(f"The cat number {number} sat on mat {number * 7919 % 9973}." for number in range(999))
    with pytest.raises(InputError, match="save a session file instead"):
        link.link("http://localhost", PAGE.check(ViewState("batch", "bundled", (Text(rows),))), [])
    rows = "\n".join(rows.split("\n")[:4])
    at = type_in(open_app("batch"), "batch.text_a", rows)
    with downloads() as given:
        at.run()
    assert open_file(open_app(), given["batch.session"]()).success
    long = PAGE.check(ViewState("batch", "bundled", (Text("text\n" + "It rained. " * 100_000),)))
    assert ViewState.from_json(long.to_json()) == long


# --- units ---


def test_units_change_figures_and_sentence_alike() -> None:
    at = open_app("batch")
    nats = np.concatenate([each["x"] for each in figure(at, "batch.by-group")["data"] if each["type"] == "scatter"])
    at.get_by_key("units").set_value("bits").run()
    bits = np.concatenate([each["x"] for each in figure(at, "batch.by-group")["data"] if each["type"] == "scatter"])
    np.testing.assert_allclose(bits, nats / np.log(2))
    assert re.search(r"on average by [+−][\d.]+ bits", resolved(answer(at)))


def test_units_change_what_a_suite_and_groups_come_to() -> None:
    rows = "sent_more,sent_less,stereo_antistereo,bias_type\nThe man is strong.,The man is weak.,stereo,gender\n"
    at = type_in(open_app("batch"), "batch.text_a", rows + "She is loud.,He is loud.,antistereo,gender")
    nats, groups = metrics(at)["difference mean"], at.get("table")[0].value
    at.get_by_key("units").set_value("bits").run()
    bits, after = metrics(at)["difference mean"], at.get("table")[0].value
    assert as_number(bits) == pytest.approx(as_number(nats) / np.log(2), abs=0.02)
    assert (nats[-5:], bits[-5:]) == (" nats", " bits")
    for one, other in zip(groups["difference mean (nats)"], after["difference mean (bits)"], strict=True):
        assert as_number(other) == pytest.approx(as_number(one) / np.log(2), abs=0.02)


def as_number(said: str) -> float:
    """The number that something printed begins with."""
    return float(resolved(said).split()[0].replace("−", "-"))


def test_a_table_of_which_nothing_can_be_read_says_why_at_once() -> None:
    at = type_in(open_app("batch"), "batch.text_a", "The cat sat. " * 400)
    all_is_well(at)
    assert "None of 1 row could be read. Row 1: This text has" in answer(at)
