"""What the Influence page asks, answers and shows, without a screen; and the position that it shares with Tokens."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import PretextError
from analysis.models.bundle import ModelBundle
from analysis.questions import Influence, Text
from analysis.tasks import ask
from analysis.tasks.influence import INFLUENCE
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.glossary import INFLUENCE as MEASURE
from dashboard.page import Look, Results
from dashboard.pages import PAGES
from dashboard.pages.influence import PAGE
from dashboard.sections import Chart, Note, Numbers, Section, Strip, Table, Waiting
from dashboard.view import Value, ViewState
from tests.dashboard.app import all_is_well, go, open_app, pick
from tests.dashboard.visits import read_through

LOOK = Look(palette("light"))
TEXT = "The keys to the cabinet [MASK] on the table."
ABOUT = About("bundled", "[MASK]", 512, 30522)


def view(text_a: str = TEXT, text_b: str | None = None, **options: Value) -> ViewState:
    given = {"steps": 4, "shuffles": 2, **options}
    return PAGE.check(ViewState("influence", "bundled", (Text(text_a, text_b),)).with_options(**given))


def asked(view: ViewState, bundle: ModelBundle, names: Sequence[str] = ("occlusion", "gradients", "every")) -> Results:
    found, failed, questions = {}, {}, PAGE.questions(view, ABOUT)
    for name, question in questions.items():
        try:
            found |= {name: ask(bundle, question)} if name in names else {}
        except PretextError as error:
            failed[name] = str(error)
    return Results(found, frozenset(found), failed, questions)


def shown(view: ViewState, results: Results) -> list[Section]:
    return list(PAGE.sections(view, results, LOOK))


def said(view: ViewState, results: Results) -> str:
    found = PAGE.answer(view, results, LOOK)
    return "" if found is None else found.text


# --- what is asked ---


@pytest.mark.parametrize(
    ("options", "target"),
    [
        ({}, ""),
        ({"position": 3}, "3"),
        ({"position": 3, "word": " dog "}, "3=dog"),
        ({"word": "are"}, "=are"),
        ({"target": "nsp", "position": 3, "word": "dog"}, "nsp"),
    ],
)
def test_the_target_is_what_the_fields_say(options: dict[str, Value], target: str) -> None:
    questions = PAGE.questions(view(**options), ABOUT)
    assert {each.target for each in questions.values() if isinstance(each, Influence)} == {target}
    assert list(questions) == ["occlusion", "gradients"]


def test_a_segmentation_is_asked_of_a_margin_of_a_pair_alone() -> None:
    def segmentations(asked: ViewState) -> set[str]:
        return {each.segmentation for each in PAGE.questions(asked, ABOUT).values() if isinstance(each, Influence)}

    wrong = {"segmentation": "swapped"}
    assert segmentations(view("a cat", "a dog", target="nsp", **wrong)) == {"swapped"}
    assert segmentations(view("a cat", "a dog", **wrong)) == segmentations(view(target="nsp", **wrong)) == {"correct"}


# --- the answer ---


def test_the_answer_names_the_three_words_that_it_rests_on(bundled: ModelBundle) -> None:
    asks = view(word="are")
    results = asked(asks, bundled, ["occlusion"])
    found = results["occlusion"]
    sentence = said(asks, results)
    assert sentence.startswith("At [MASK] (position 6) the token are (log p −")
    for number in found.order[:3]:
        minus = f"−{found.influence_nats[number]:.2f} nats"
        assert f"{found.words[number].text} ({minus}" in sentence
    assert sentence.count("without it") == 1
    in_bits = PAGE.answer(asks, results, replace(LOOK, units="bits"))
    assert in_bits is not None
    assert "bits without it" in in_bits.text


def test_the_answer_of_gradients_and_of_a_margin(bundled: ModelBundle) -> None:
    asks = view("She opened the door.", "The room was dark.", target="nsp", colour="gradients")
    results = asked(asks, bundled)
    assert said(asks, results).startswith("The next-sentence margin of +")
    assert said(asks, results).endswith("by integrated gradients.")
    occlusion = asked(asks, bundled, ["occlusion"])
    assert "without it" in said(asks, occlusion), "until the gradients have come"


def test_where_no_word_raises_it_the_answer_says_so(bundled: ModelBundle) -> None:
    results = asked(view(), bundled, ["occlusion"])
    none = replace(results["occlusion"], influence_nats=np.full(8, -0.5, np.float32))
    assert "rests on no single word" in said(view(), replace(results, found={"occlusion": none}))


# --- what is shown ---


def test_the_strip_says_of_each_word_what_it_adds(bundled: ModelBundle) -> None:
    asks = view("Fort Sumter fell [MASK].", position=2)
    (strip,) = [each for each in shown(asks, asked(asks, bundled, ["occlusion"])) if isinstance(each, Strip)]
    chips = strip.drawn["tokens"]
    assert strip.chosen == 2
    assert [chip["value"] for chip in chips if not chip["ghost"]][1:3] == ["target", ""]
    fort = chips[1]
    assert fort["value"][0] in "+−0"
    assert fort["name"] == f"position 1, fort, influence {fort['value']} nats"
    assert fort["fill"] == LOOK.palette.leaning(MEASURE.share(float(fort["value"].replace("−", "-"))))
    assert all(not chip["guesses"] for chip in chips)


def test_a_masked_target_shows_the_token_and_its_probability(bundled: ModelBundle) -> None:
    results = asked(view(), bundled, ["occlusion"])
    (strip,) = [each for each in shown(view(), results) if isinstance(each, Strip)]
    token, share, _percent = strip.drawn["tokens"][6]["guess"].split()
    assert token == results["occlusion"].token
    assert 0 < float(share) <= 100


def test_both_methods_stand_beside_each_other(bundled: ModelBundle) -> None:
    sections = shown(view(), asked(view(), bundled))
    bars, curves = [each for each in sections if isinstance(each, Chart)]
    assert len([trace for trace in bars.figure.data if trace.type == "bar"]) == 2
    assert [column for column in bars.table.columns if "nats" in column] == [
        "occlusion (nats)",
        "integrated gradients (nats)",
    ]
    assert len(bars.table) == 8
    assert {*curves.table["order"]} == {"occlusion", "integrated gradients", "random 1", "random 2"}
    (numbers,) = [each for each in sections if isinstance(each, Numbers)]
    assert [each.name for each in numbers.items][1:] == ["Agreement of the two", "Residual of the gradients"]
    (areas,) = [each for each in sections if isinstance(each, Table) and each.name == "influence-areas"]
    assert areas.make()["random, mean"].notna().all()
    assert any(isinstance(each, Note) and "not why" in each.text for each in sections)


def test_the_bars_have_the_words_that_the_answer_names(bundled: ModelBundle) -> None:
    """However small their influence is beside that of words which speak against it."""
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen [MASK]."
    results = asked(view(text), bundled)
    n = len(results["occlusion"].words)
    assert n > 12
    values = np.linspace(-9, -5, n, dtype=np.float32)
    values[[2, 7, 9]] = 0.3, 0.2, 0.1
    found = {**results.found, "occlusion": replace(results["occlusion"], influence_nats=values)}
    bars = next(each for each in shown(view(text), replace(results, found=found)) if isinstance(each, Chart))
    drawn = list(bars.figure.layout.yaxis.ticktext)
    assert drawn[:3] == ["three", "eight", "ten"]
    assert len(drawn) == 12


def test_a_residual_that_is_large_is_said(bundled: ModelBundle) -> None:
    results = asked(view(), bundled)
    path = results["gradients"].path
    for share, expected in ((0.01, 0), (0.05, 1)):
        missed = replace(path, sum_nats=path.difference_nats * (1 + share))
        found = {**results.found, "gradients": replace(results["gradients"], path=missed)}
        notes = [each for each in shown(view(), replace(results, found=found)) if isinstance(each, Note)]
        assert sum("more than 2 %" in each.text for each in notes) == expected


def test_the_matrix_comes_where_it_is_asked_for(bundled: ModelBundle) -> None:
    results = asked(view("The cat sat."), bundled)
    assert "influence-every" not in [each.name for each in shown(view(), results) if isinstance(each, Chart)]
    asks = view("The cat sat.", every=True)
    (matrix,) = [each for each in shown(asks, asked(asks, bundled)) if isinstance(each, Chart) and "every" in each.name]
    # "sat." is a word of two pieces: of "sat" the full stop is left, and the other way round.
    assert len(matrix.table) == 4 * 2 + 2


def test_of_a_reading_under_way_what_has_come_is_shown(bundled: ModelBundle) -> None:
    asks = view()
    question = PAGE.questions(asks, ABOUT)["occlusion"]
    models = (bundled,)
    plan = INFLUENCE.plan(models, question)
    parts: list[object] = []
    for chunk in INFLUENCE.chunks(models, plan, 30):
        parts.append(INFLUENCE.part(models, plan, chunk, lambda: parts))
        found = INFLUENCE.assemble(models, plan, parts)
        results = Results({"occlusion": found}, questions={"occlusion": question})
        sections = shown(asks, results)
        assert any(isinstance(each, Strip) for each in sections)
        assert any(isinstance(each, Waiting) for each in sections)
        assert bool(said(asks, results)) == found.known
        for each in sections:
            if isinstance(each, Chart):
                assert "nan" not in each.alt or not found.complete


# --- on the screen ---


def test_the_position_is_that_of_tokens() -> None:
    assert PAGE.field("position") == "tokens.position"
    assert PAGE.field("word") == "influence.word"
    assert PAGES["tokens"].field("position") == "tokens.position"
    at = open_app("tokens")
    at.text_area(key="tokens.text_a").set_value("The cat sat.").run()
    pick(at, 2)
    go(at, "influence")
    all_is_well(read_through(at))
    assert at.session_state["influence.work"].results()["occlusion"].position == 2
    at.text_area(key="tokens.text_a").set_value("A dog slept [MASK].").run()
    all_is_well(read_through(at))
    assert "tokens.position" not in at.session_state
    assert at.session_state["influence.work"].results()["occlusion"].token
