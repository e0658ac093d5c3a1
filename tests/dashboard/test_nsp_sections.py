"""What the pages Next sentence, Splits and Pairs ask, answer, show and hand out, without a screen."""

import json
from collections.abc import Mapping
from dataclasses import astuple, replace
from typing import Any, TypeVar

import numpy as np
import pytest

from analysis import export
from analysis.errors import InputError
from analysis.models.bundle import ModelBundle
from analysis.questions import Pairs, Percentile, Segmentations, Splits, Text
from analysis.tasks import ask
from analysis.types import Notices, SegmentationComparison
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.glossary import CONTRAST, margin_text, odds_text, p_text, share_text, signed_text
from dashboard.page import Look, Page, Results
from dashboard.pages import next_sentence, pairs, splits
from dashboard.pages.next_sentence.rows import TITLES
from dashboard.pages.next_sentence.sections import variant_tensors
from dashboard.pages.pairs.chosen import chosen_pair
from dashboard.second_head import ORDER_HEAD, controls_of
from dashboard.sections import (
    Act,
    Chart,
    Fields,
    Folded,
    Note,
    Number,
    Numbers,
    Section,
    Sentence,
    Strip,
    Table,
    Waiting,
)
from dashboard.texts import PASSAGE, STORY
from dashboard.view import Value, ViewState
from tests.dashboard import made
from tests.dashboard.figures import traces

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


def test_the_questions_of_a_pair() -> None:
    """The pair itself first, so that it need not wait for its controls."""
    page = next_sentence.PAGE
    for text, asked_of in ((Text("A", "B"), Text("A", "B")), (Text("A"), Text("A", ""))):
        found = page.questions(view(page, text), ABOUT)
        assert list(found.items()) == [
            ("next_sentence", Segmentations(asked_of)),
            ("controls", Percentile(asked_of, 20, 0)),
        ]
    one = {"mode": next_sentence.ONE_TEXT}
    assert page.questions(view(page, Text("A", "B"), **one), ABOUT)["next_sentence"] == Segmentations(Text("A", "B"))
    fewer = page.questions(view(page, Text("A", "B"), controls=3, seed=5), ABOUT)
    assert fewer["controls"] == Percentile(Text("A", "B"), 3, 5)
    assert list(page.questions(view(page, Text("A", "B"), controls=0), ABOUT)) == ["next_sentence"]


@pytest.mark.parametrize(
    ("text", "said"), [("Word", "no place to cut"), (" ", "only white space"), ("x" * 100_001, "at most 100,000")]
)
def test_one_text_that_can_t_be_cut_is_not_told_of_a_second(text: str, said: str) -> None:
    page = next_sentence.PAGE
    with pytest.raises(InputError, match=said) as refused:
        page.questions(view(page, Text(text, ""), mode=next_sentence.ONE_TEXT), ABOUT)
    assert "Text B" not in str(refused.value)


def test_a_comparison_from_the_top_to_the_bottom() -> None:
    page, comparison = next_sentence.PAGE, made.comparison()
    among = made.among([-1.0, 2.0, 9.0, 3.0], pair=comparison["correct"].nsp)
    results = whole(next_sentence=comparison, controls=among)
    answer = page.answer(view(page), results, LOOK)
    assert answer is not None
    assert answer.text == (
        "The head says IsNext: margin +6.68 nats, 800 to 1, more than 75 % of 4 controls. The middle [SEP] made "
        "+3.76 nats of it, the segment ids +1.26 nats."
    )
    sections = shown(page, view(page), results)
    assert kinds(sections) == ["Strip", "Waiting", "Table", "Table", "Chart", "Folded", "Table"]
    strip, _, numbers_, controls, effects, fold, table = sections
    assert isinstance(strip, Strip)
    assert isinstance(controls, Table)
    assert isinstance(fold, Folded)
    assert strip.how.endswith("it always saw two.")
    assert len(numbers_.make()) == 8
    assert controls.title == "The 4 controls (seed 0)"
    assert len(controls.make()) == 4
    assert controls.note == controls_of(among.provenance.spec)
    assert effects.name == "effects"
    assert fold.title == "What do two logits mean?"
    assert len(table.make()) == sum(len(variant.encoded) for variant in comparison.variants)
    assert all(each.folded for each in of_kind(Table, sections))


@pytest.mark.parametrize("come", [0, 2])
def test_the_answer_does_not_wait_for_the_controls(come: int) -> None:
    page, comparison = next_sentence.PAGE, made.comparison()
    among = made.among([1.0, 2.0][:come] + [np.nan] * (2 - come), pair=comparison["correct"].nsp)
    found = {"next_sentence": comparison} | ({"controls": among} if come else {})
    results = Results(found, frozenset({"next_sentence"}))
    answer, sections = page.answer(view(page), results, LOOK), shown(page, view(page), results)
    assert answer is not None
    assert ("of 2 controls" in answer.text) == (come == 2)
    assert kinds(sections)[:3] == ["Strip", "Waiting", "Table"], "what is waited for stands below"
    (strip,) = of_kind(Strip, sections)
    assert strip.drawn["rows"][0]["title"] == "correct pair"


def test_the_answer_in_the_other_unit_and_the_other_way() -> None:
    page, results = next_sentence.PAGE, whole(next_sentence=made.comparison([-1.0] * 8))
    answer = page.answer(view(page), results, Look(palette("light"), "bits"))
    assert answer is not None
    assert answer.text.startswith("The head says NotNext: margin −1.44 bits, 2.7 to 1. ")
    assert page.answer(view(page), Results({}), LOOK) is None
    assert kinds(shown(page, view(page), Results({}))) == ["Waiting"]


# --- two logits from elsewhere ---


def logits_read(**options: Value) -> list[Section]:
    page = next_sentence.PAGE
    (fold,) = of_kind(Folded, shown(page, view(page, **options), whole(next_sentence=made.comparison())))
    return list(fold.sections)


@pytest.mark.parametrize(("z0", "z1"), [(3.36, -3.32), (-3.32, 3.36), (0.0, 0.0), (12.0, -9.5), (2, -1)])
def test_two_pasted_logits_are_read(z0: float, z1: float) -> None:
    sections = logits_read(z0=z0, z1=z1)
    m = float(z0) - float(z1)
    (said,) = of_kind(Sentence, sections)
    assert said.text.startswith("These two logits, ")
    assert f"say {'IsNext' if m > 0 else 'NotNext'}: {odds_text(m)}. Index 0 is IsNext, index 1 NotNext" in said.text
    found = numbers(sections)
    p, rest = 1 / (1 + np.exp(-m)), 1 / (1 + np.exp(m))
    assert {name: number.value for name, number in found.items()} == {
        "Margin z0 − z1": margin_text(m),
        "P(IsNext)": p_text(p, rest),
        "P(NotNext)": p_text(rest, p),
        "Odds": f"{np.exp(m):.3g}",
    }


def test_until_both_are_there_the_pair_s_own_are_read() -> None:
    for options in ({}, {"z0": 1.5}, {"z1": 1.5}):
        sections = logits_read(**options)
        (said,) = of_kind(Sentence, sections)
        assert said.text.startswith("The correct pair's two logits, +3.34 and −3.34, say IsNext")
        assert any("Type both logits" in note for note in notes(sections)) == bool(options)
    slips = " ".join(notes(logits_read()))
    for slip in ("attention mask", "Index 0 is IsNext", "sentence order", "newly initialized"):
        assert slip in slips


def test_what_is_no_logit_is_refused(subtests: pytest.Subtests) -> None:
    for name in ["z0", "z1"]:
        for given in ["3.36", True, float("nan"), float("inf"), 10**400, 2e6]:
            with subtests.test(given=given, name=name):
                with pytest.raises(InputError, match=r"came for .*: choose a number from -1,000,000 to 1,000,000"):
                    view(next_sentence.PAGE, **{name: given})


def test_logits_survive_a_link() -> None:
    page = next_sentence.PAGE
    seen = view(page, z0=3.3651, z1=-2)
    assert page.check(ViewState.from_json(seen.to_json())) == seen
    assert (seen.option("z0"), seen.option("z1")) == (3.3651, -2.0)
    assert isinstance(seen.option("z1"), float), "as its field holds it"


# --- what else is said ---


def test_what_has_to_be_said_of_a_comparison() -> None:
    page = next_sentence.PAGE
    comparison = replace(
        made.comparison(),
        meaning="sentence order",
        notices=Notices(("A notice.",)),
        left_out=(("wrong_boundary", "No room."),),
    )
    sections = shown(page, view(page), whole(next_sentence=comparison))
    assert notes(sections) == [ORDER_HEAD, "A notice.", "wrong boundary: No room."]
    assert kinds(sections)[:6] == ["Note", "Note", "Strip", "Waiting", "Table", "Note"]
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
    """At first two subjects, by word, with adjacent context: the fall between them is the picture."""
    page = splits.PAGE
    assert page.questions(view(page), ABOUT) == {"splits": Splits(PASSAGE, "word", "adjacent")}
    chosen = view(page, Text("A b."), unit="sentence", context="text", controls=2, seed=7, starts="12 40 77")
    assert page.questions(chosen, ABOUT) == {"splits": Splits("A b.", "sentence", "text", 2, 7, (12, 40, 77))}
    none_left = page.questions(view(page, starts=""), ABOUT)["splits"]
    assert none_left == Splits(PASSAGE, "word", "adjacent", sentence_starts=())
    both = page.questions(view(page, Text("A b."), context="both"), ABOUT)
    assert list(both.items()) == [
        ("splits", Splits("A b.", "word", "adjacent")),
        ("whole", Splits("A b.", "word", "text")),
    ]


@pytest.mark.parametrize(
    "options",
    [{"starts": "12 x"}, {"starts": 12}, {"starts": "1234567"}, {"starts": "-1"}, {"controls": 21}, {"unit": "page"}],
)
def test_what_a_sweep_can_t_be_asked_is_refused(options: dict[str, Value]) -> None:
    with pytest.raises(InputError, match=r"came for .*: choose "):
        view(splits.PAGE, **options)


def test_a_sweep_between_sentences(bundled: ModelBundle) -> None:
    page, seen = splits.PAGE, view(splits.PAGE, Text(STORY), unit="sentence", context="text")
    results = asked(page, seen, bundled)
    sweep, sections = results["splits"], shown(page, seen, results)
    parts = ("Waiting", "Fields", "Chart", "Note", "Act", "Act", "Numbers", "Note", "Note", "Folded", "Table")
    assert kinds(sections) == [*parts]
    assert of_kind(Act, sections) == [Act("open"), Act("boundaries")]
    assert {name: (number.value, number.below) for name, number in numbers(sections).items()} == {
        "Boundaries": ("5", "5 between sentences"),
        "Mean margin": (margin_text(float(sweep.margin_nats.mean())), ""),
        "Mean contrast": (signed_text(CONTRAST, float(sweep.contrast_nats.mean())), ""),
        "Not cut at all": (margin_text(sweep.one_segment.margin_nats), ""),
    }
    assert notes(sections)[0] == (
        "Sentences are cut by the rules for English (by its script): choose another under Options."
    )
    assert notes(sections)[1] == "Largest margin at: …table and took off her coat. | When she turned round, the …"
    (passages,) = of_kind(Folded, sections)
    assert passages.title == "The 5 control passages (seed 0)"
    assert passages.sections[0] == Note(controls_of("bundled"))
    assert [each.text for each in passages.sections[1:]] == [f"{n}. {name}" for n, name in enumerate(sweep.controls, 1)]
    assert page.exports(seen, results)["splits"]["boundaries"] == export.split_sweep(sweep)["boundaries"]


def test_a_sweep_between_words(bundled: ModelBundle) -> None:
    page = splits.PAGE
    seen = view(page, Text("A cat sat. It slept well."), context="text", controls=0)
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


def test_the_page_opens_where_the_subject_changes(bundled: ModelBundle) -> None:
    page = splits.PAGE
    results = asked(page, view(page, controls=0), bundled)
    answer = page.answer(view(page), results, LOOK)
    assert answer is not None
    sweep = results["splits"]
    falls = PASSAGE.index("Stock prices")
    (at,) = [number for number, boundary in enumerate(sweep.boundaries) if boundary.at == falls]
    margin = margin_text(float(sweep.margin_nats[at]))
    assert f"between sentences the margin is lowest, {margin}, at “…the blood back to the heart. | Stock" in answer.text


def test_both_contexts_come_one_after_the_other(bundled: ModelBundle) -> None:
    page, seen = splits.PAGE, view(splits.PAGE, Text("A cat sat. It slept well. So."), context="both", controls=1)
    results = asked(page, seen, bundled)
    first = Results({"splits": results["splits"]}, frozenset({"splits"}), questions=results.questions)
    for come, curves in ((first, 1), (results, 2)):
        sections = shown(page, seen, come)
        (chart,) = of_kind(Chart, sections)
        assert len([each for each in traces(chart, "scatter") if each["mode"] == "lines+markers"]) == curves
        assert len(of_kind(Numbers, sections)) == len(of_kind(Folded, sections)) == curves
        answer = page.answer(seen, come, LOOK)
        assert answer is not None
        assert answer.text.count("nats") == curves
        assert list(page.exports(seen, come)) == ["splits", "whole"][:curves]


def test_of_both_contexts_the_one_that_can_t_be_asked_is_said(tiny: ModelBundle) -> None:
    page, seen = splits.PAGE, view(splits.PAGE, Text("The cat sat on the mat . " * 20), context="both", controls=0)
    questions = page.questions(seen, ABOUT)
    assert ask(tiny, questions["splits"]).one_segment is None
    with pytest.raises(InputError, match="compare adjacent sentences"):
        ask(tiny, questions["whole"])
    assert Fields((), question="whole") in shown(page, seen, whole(splits=ask(tiny, questions["splits"])))


# --- Pairs ---


def test_the_question_of_a_matrix() -> None:
    page, seen = pairs.PAGE, view(pairs.PAGE, Text("A cat.\r\n\n  It\u2028sat. \n"), controls=3, seed=4)
    assert page.questions(seen, ABOUT) == {"pairs": Pairs(("A cat.", "It\u2028sat."), 3, 4)}
    assert len(page.questions(view(page), ABOUT)["pairs"].sentences) == 6


def test_a_matrix_from_the_top_to_the_bottom(bundled: ModelBundle) -> None:
    page, seen = pairs.PAGE, view(pairs.PAGE, pair="3,1", controls=4)
    results = asked(page, seen, bundled)
    matrix, sections = results["pairs"], shown(page, seen, results)
    assert kinds(sections) == [
        "Waiting",
        "Chart",
        "Numbers",
        "Fields",
        "Chart",
        "Note",
        "Chart",
        "Table",
        "Note",
        "Table",
    ]
    assert [chart.place for chart in of_kind(Chart, sections)] == ["pairs", "pair", "order-effects"]
    assert of_kind(Fields, sections) == [Fields(("pair",))]
    found = numbers(sections)
    mean = float(np.mean([matrix.margin_nats[i, i + 1] for i in range(5)]))
    assert found["Margin of true successors"].value == margin_text(mean)
    assert found["AUC within the text"].value == f"{matrix.adjacency.value:.2f}"
    assert found["AUC within the text"].below == f"95 %: {matrix.adjacency.low:.2f} to {matrix.adjacency.high:.2f}"
    assert found["AUC against other texts"].value == f"{matrix.other_text.value:.2f}"
    assert found["Rank of the order as given"].value == f"{matrix.true_order_rank:,} of 720"
    larger = f"This margin is larger than {matrix.percentile(2, 0):.0%} of those with 4 controls (seed 0)."
    rules = "“One sentence a line” cuts by the rules for English (by its script): choose another under Options."
    assert notes(sections) == [f"{larger} {controls_of('bundled')}", rules]
    assert matrix.threshold is not None
    threshold = found["Threshold that parts best"]
    assert threshold.value == margin_text(matrix.threshold.at_nats)
    best, at_0 = (share_text(each) for each in list(astuple(matrix.threshold))[1:])
    assert threshold.below == f"{best} right, {at_0} at 0"
    orders, _treatment = of_kind(Table, sections)
    assert orders.printed is not None
    assert not orders.folded
    assert page.exports(seen, results)["pairs"]["margins_nats"] == export.pair_matrix(matrix)["margins_nats"]


@pytest.mark.parametrize("shift", [0.0, -6.0])
def test_a_head_that_ranks_well_and_sits_off_0_is_said_to(bundled: ModelBundle, shift: float) -> None:
    """All margins moved by as much: nothing changes in the ranks, and the sentence names the threshold."""
    page, seen = pairs.PAGE, view(pairs.PAGE, controls=2)
    matrix = asked(page, seen, bundled)["pairs"]
    z, controls = matrix.z.copy(), matrix.control_z.copy()
    z[..., 0], controls[..., 0] = z[..., 1] + 3 + shift, controls[..., 1] - 3 + shift
    moved = replace(matrix, z=z, control_z=controls, other_text=replace(matrix.other_text, value=0.97))
    for units, at in (("usual", "−6.00 nats"), ("bits", "−8.66 bits")):
        answer = page.answer(seen, whole(pairs=moved), Look(palette("light"), units))
        assert answer is not None
        said = f"It ranks well, but its 0 sits off: {at} would part true successors from controls best."
        assert answer.text.endswith(said) == bool(shift)
        assert ("sits off" in answer.text) == bool(shift)


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
    assert notes(sections)[-2] == "All orders are scored for up to 6 sentences."
    assert [table.name for table in of_kind(Table, sections)] == ["tokenizer"]


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
    assert list(json.loads(json.dumps(page.exports(seen, results)))) == list(results.questions)
