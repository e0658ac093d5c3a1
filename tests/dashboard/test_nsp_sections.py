"""What the pages Next sentence, Splits and Pairs ask, answer, show and hand out, without a screen."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest

from analysis import export
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.questions import Pairs, Segmentations, Splits, Text
from analysis.tasks import ask
from analysis.types import SegmentationComparison
from dashboard.drawing.palette import palette
from dashboard.glossary import CONTRAST, CONTROLS, ORDER_HEAD, margin_text, signed_text
from dashboard.page import About, Look, Page, Results
from dashboard.pages import next_sentence, pairs, splits
from dashboard.pages.next_sentence.rows import TITLES
from dashboard.pages.next_sentence.sections import variant_tensors
from dashboard.pages.pairs.chosen import chosen_pair
from dashboard.sections import Act, Beside, Chart, Fields, Folded, Note, Number, Numbers, Section, Strip, Table, Waiting
from dashboard.texts import STORY
from dashboard.view import Value, ViewState
from tests.dashboard import made

ABOUT = About("bundled", "[MASK]", 512, 30522)
LOOK = Look(palette("light"))
Kind = TypeVar("Kind", bound=Section)


def view(page: Page, *texts: Text, **options: Value) -> ViewState:
    first = page.examples[0]
    return page.check(
        ViewState(page.key, "bundled", texts or (Text(first.text_a, first.text_b),)).with_options(**options)
    )


def whole(**found: Any) -> Results:
    return Results(found, frozenset(found))


def asked(page: Page, seen: ViewState, bundle: ModelBundle) -> Results:
    questions = page.questions(seen, ABOUT)
    found = {name: ask(bundle, question) for name, question in questions.items()}
    return Results(found, frozenset(found), questions=questions)


def shown(page: Page, seen: ViewState, results: Results, look: Look = LOOK) -> list[Section]:
    return list(page.sections(seen, results, look))


def kinds(sections: list[Section]) -> list[str]:
    return [type(section).__name__ for section in sections]


def of_kind(kind: type[Kind], sections: list[Section]) -> list[Kind]:
    return [section for section in sections if isinstance(section, kind)]


def notes(sections: list[Section]) -> list[str]:
    return [note.text for note in of_kind(Note, sections)]


def numbers(sections: list[Section]) -> Mapping[str, Number]:
    (found,) = of_kind(Numbers, sections)
    return {number.name: number for number in found.items}


# --- Next sentence ---


def test_the_question_of_a_pair() -> None:
    page = next_sentence.PAGE
    assert page.questions(view(page, Text("A", "B")), ABOUT) == {"next_sentence": Segmentations(Text("A", "B"))}
    assert page.questions(view(page, Text("A")), ABOUT) == {"next_sentence": Segmentations(Text("A", ""))}
    one = {"mode": next_sentence.ONE_TEXT}
    assert page.questions(view(page, Text("A", "B"), **one), ABOUT) == {"next_sentence": Segmentations(Text("A", "B"))}


@pytest.mark.parametrize(
    ("text", "said"), [("Word", "no place to cut"), (" ", "only white space"), ("x" * 100_001, "at most 100,000")]
)
def test_one_text_that_can_t_be_cut_is_not_told_of_a_second(text: str, said: str) -> None:
    page = next_sentence.PAGE
    with pytest.raises(InputError, match=said) as refused:
        page.questions(view(page, Text(text, ""), mode=next_sentence.ONE_TEXT), ABOUT)
    assert "Text B" not in str(refused.value)


def test_a_comparison_from_the_top_to_the_bottom() -> None:
    page, results = next_sentence.PAGE, whole(next_sentence=made.comparison())
    answer = page.answer(view(page), results, LOOK)
    assert answer is not None
    assert answer.text == "The head says IsNext for the correct pair: margin +6.68 nats, P(IsNext) = 0.999."
    sections = shown(page, view(page), results)
    assert kinds(sections) == ["Waiting", "Strip", "Chart", "Beside", "Table"]
    _, strip, margins, beside, table = sections
    assert isinstance(strip, Strip)
    assert isinstance(beside, Beside)
    assert isinstance(table, Table)
    assert strip.how.endswith("it always saw two.")
    assert [chart.name for (chart,) in ((margins,), *beside.columns)] == ["margins", "effects", "logits"]
    assert table.folded
    assert len(table.make()) == sum(len(variant.encoded) for variant in results["next_sentence"].variants)


def test_the_answer_in_the_other_unit_and_the_other_way() -> None:
    page, results = next_sentence.PAGE, whole(next_sentence=made.comparison([-1.0] * 8))
    answer = page.answer(view(page), results, Look(palette("light"), "bits"))
    assert answer is not None
    assert answer.text == "The head says NotNext for the correct pair: margin −1.44 bits, P(IsNext) = 0.269."
    assert page.answer(view(page), Results({}), LOOK) is None
    assert kinds(shown(page, view(page), Results({}))) == ["Waiting"]


def test_what_has_to_be_said_of_a_comparison() -> None:
    page = next_sentence.PAGE
    comparison = replace(
        made.comparison(),
        meaning="sentence order",
        notices=("A notice.",),
        left_out=(("wrong_boundary", "No room."),),
    )
    sections = shown(page, view(page), whole(next_sentence=comparison))
    assert notes(sections) == [ORDER_HEAD, "A notice.", "wrong boundary: No room."]
    assert kinds(sections)[:5] == ["Waiting", "Note", "Note", "Strip", "Note"]
    assert [note.kind for note in of_kind(Note, sections)] == ["caption", "notice", "caption"]


def test_rows_are_shortened_unless_every_token_is_asked_for() -> None:
    page, results = next_sentence.PAGE, whole(next_sentence=made.comparison(length=60))
    short, every = (
        of_kind(Strip, shown(page, view(page, every=each), results))[0].drawn["rows"][0]["tokens"]
        for each in (False, True)
    )
    assert [cell for cell in short if "more" in cell]
    assert len(every) == len(results["next_sentence"].variants[0].encoded)


def test_the_tensors_are_those_the_model_got(notebook_pair: SegmentationComparison) -> None:
    table = variant_tensors(notebook_pair)
    assert list(dict.fromkeys(table["variant"])) == [TITLES[variant.name].title for variant in notebook_pair.variants]
    for variant in notebook_pair.variants:
        rows, encoded = table[table["variant"] == TITLES[variant.name].title], variant.encoded
        assert rows["position"].tolist() == list(range(len(encoded)))
        assert rows["token"].tolist() == list(encoded.tokens)
        for column, tensor in (
            ("input_ids", encoded.ids),
            ("token_type_ids", encoded.segment_ids),
            ("attention_mask", encoded.attention_mask),
        ):
            assert rows[column].tolist() == tensor.tolist()


# --- Splits ---


def test_the_question_of_a_sweep() -> None:
    page = splits.PAGE
    assert page.questions(view(page), ABOUT) == {"splits": Splits(STORY)}
    chosen = view(page, Text("A b."), unit="word", context="adjacent", controls=2, seed=7, starts="12 40 77")
    assert page.questions(chosen, ABOUT) == {"splits": Splits("A b.", "word", "adjacent", 2, 7, (12, 40, 77))}
    none_left = page.questions(view(page, starts=""), ABOUT)["splits"]
    assert none_left == Splits(STORY, sentence_starts=())


@pytest.mark.parametrize(
    "options",
    [{"starts": "12 x"}, {"starts": 12}, {"starts": "1234567"}, {"starts": "-1"}, {"controls": 21}, {"unit": "page"}],
)
def test_what_a_sweep_can_t_be_asked_is_refused(options: dict[str, Value]) -> None:
    with pytest.raises(InputError, match=r"came for .*: choose "):
        view(splits.PAGE, **options)


def test_a_sweep_between_sentences(bundled: ModelBundle) -> None:
    page = splits.PAGE
    results = asked(page, view(page), bundled)
    sweep, sections = results["splits"], shown(page, view(page), results)
    assert kinds(sections) == ["Waiting", "Numbers", "Note", "Note", "Chart", "Act", "Folded"]
    assert of_kind(Act, sections) == [Act("open")]
    assert {name: (number.value, number.below) for name, number in numbers(sections).items()} == {
        "Boundaries": ("5", "5 between sentences"),
        "Mean margin": (margin_text(float(sweep.margin_nats.mean())), ""),
        "Mean contrast": (signed_text(CONTRAST, float(sweep.contrast_nats.mean())), ""),
        "Not cut at all": (margin_text(sweep.one_segment.margin_nats), ""),
    }
    assert notes(sections)[0] == "Largest margin at: …table and took off her coat. | When she turned round, the …"
    (passages,) = of_kind(Folded, sections)
    assert passages.title == "The 5 control passages (seed 0)"
    assert passages.sections[0] == Note(CONTROLS)
    assert [each.text for each in passages.sections[1:]] == [f"{n}. {name}" for n, name in enumerate(sweep.controls, 1)]
    assert page.exports(view(page), results)["splits"]["boundaries"] == export.split_sweep(sweep)["boundaries"]


def test_a_sweep_between_words(bundled: ModelBundle) -> None:
    page, seen = splits.PAGE, view(splits.PAGE, Text("A cat sat. It slept well."), unit="word", controls=0)
    results = asked(page, seen, bundled)
    sweep, sections = results["splits"], shown(page, seen, results)
    ends = np.array([boundary.sentence for boundary in sweep.boundaries])
    margins = numbers(sections)["Margin between sentences"]
    assert margins.value == margin_text(float(sweep.margin_nats[ends].mean()))
    assert margins.below == f"elsewhere {margin_text(float(sweep.margin_nats[~ends].mean()))}"
    assert "Mean contrast" not in numbers(sections)
    ((_, rank, _),) = sweep.sentence_ranks
    assert notes(sections)[-1] == f"Ranks of the boundaries between sentences among all 5, by margin: {rank}."
    assert of_kind(Folded, sections) == []


# --- Pairs ---


def test_the_question_of_a_matrix() -> None:
    page, seen = pairs.PAGE, view(pairs.PAGE, Text("A cat.\r\n\n  It\u2028sat. \n"), controls=3, seed=4)
    assert page.questions(seen, ABOUT) == {"pairs": Pairs(("A cat.", "It\u2028sat."), 3, 4)}
    assert len(page.questions(view(page), ABOUT)["pairs"].sentences) == 6


def test_a_matrix_from_the_top_to_the_bottom(bundled: ModelBundle) -> None:
    page, seen = pairs.PAGE, view(pairs.PAGE, pair="3,1", controls=4)
    results = asked(page, seen, bundled)
    matrix, sections = results["pairs"], shown(page, seen, results)
    assert kinds(sections) == ["Waiting", "Numbers", "Chart", "Fields", "Chart", "Note", "Chart", "Table"]
    assert [chart.place for chart in of_kind(Chart, sections)] == ["pairs", "pair", "order-effects"]
    assert of_kind(Fields, sections) == [Fields(("pair",))]
    found = numbers(sections)
    mean = float(np.mean([matrix.margin_nats[i, i + 1] for i in range(5)]))
    assert found["Margin of true successors"].value == margin_text(mean)
    assert found["AUC within the text"].value == f"{matrix.adjacency.value:.2f}"
    assert found["AUC within the text"].below == f"95 %: {matrix.adjacency.low:.2f} to {matrix.adjacency.high:.2f}"
    assert found["AUC against other texts"].value == f"{matrix.other_text.value:.2f}"
    assert found["Rank of the order as given"].value == f"{matrix.true_order_rank:,} of 720"
    assert notes(sections) == [
        f"This margin is larger than {matrix.percentile(2, 0):.0%} of those with 4 controls (seed 0). {CONTROLS}"
    ]
    (orders,) = of_kind(Table, sections)
    assert orders.printed is not None
    assert not orders.folded
    assert page.exports(seen, results)["pairs"]["margins_nats"] == export.pair_matrix(matrix)["margins_nats"]


def test_the_pair_that_is_looked_at(bundled: ModelBundle) -> None:
    page, seen = pairs.PAGE, view(pairs.PAGE, Text(f"A cat sat.\nIt slept.\n{'long ' * 20}"), controls=0)
    results, option = asked(page, seen, bundled), page.option("pair")
    names = option.among(seen, results)
    assert list(names) == ["1,2", "1,3", "2,1", "2,3", "3,1", "3,2"]
    assert names["2,3"] == f"2, 3 · It slept. | {'long ' * 12}"
    assert option.among(seen, Results({})) == {}
    sentences = results["pairs"].sentences
    for given, chosen in (("3,1", (2, 0)), ("2,2", (0, 1)), ("4,1", (0, 1)), ("", (0, 1)), (7, (0, 1))):
        assert chosen_pair(seen.with_options(pair=given), sentences) == chosen


def test_what_a_matrix_can_t_have_is_said(bundled: ModelBundle) -> None:
    page = pairs.PAGE
    two, seven = (
        view(page, Text("\n".join(f"The cat sat {number} times." for number in range(count))), controls=1)
        for count in (2, 7)
    )
    assert any("takes three sentences or more" in note for note in notes(shown(page, two, asked(page, two, bundled))))
    sections = shown(page, seven, asked(page, seven, bundled))
    assert notes(sections)[-1] == "All orders are scored for up to 6 sentences."
    assert of_kind(Table, sections) == []


# --- all three ---

SHORT = Text("The cat sat.\nIt purred.\nThen it slept.\nNobody came.")


@pytest.mark.parametrize("page", [splits.PAGE, pairs.PAGE])
def test_of_half_a_reading_there_are_no_numbers(page: Page, bundled: ModelBundle) -> None:
    seen = view(page, SHORT, controls=1)
    results = replace(asked(page, seen, bundled), complete=frozenset())
    sections = shown(page, seen, results)
    assert of_kind(Numbers, sections) == []
    assert of_kind(Chart, sections)
    assert page.exports(seen, results) == {}
    assert of_kind(Waiting, shown(page, seen, Results({})))


@pytest.mark.parametrize("page", [next_sentence.PAGE, splits.PAGE, pairs.PAGE])
def test_the_snippet_s_lines_run_and_the_export_is_json(
    page: Page, bundled: ModelBundle, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = view(page) if page is next_sentence.PAGE else view(page, SHORT, controls=1)
    results = asked(page, seen, bundled)
    exec("\n".join(page.prints(seen)), dict(results.found))
    assert len(capsys.readouterr().out.splitlines()) >= 5
    assert list(json.loads(json.dumps(page.exports(seen, results)))) == [page.key]
