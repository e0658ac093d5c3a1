"""What the Fill page asks, answers, shows and hands out, without a screen."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.choices import FILL_ORDERS
from analysis.errors import InputError, PretextError
from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle
from analysis.questions import Text
from analysis.tasks import ask
from analysis.tasks.contest import CONTEST
from analysis.tasks.fill import FILL
from analysis.tasks.readings import read_seen
from analysis.texts.text import with_masks
from analysis.types import FillResult
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.page import Look, Results
from dashboard.pages.fill import PAGE
from dashboard.pages.fill.gaps import has_gap
from dashboard.readable import shown_as
from dashboard.sections import Act, Beside, Chart, Fields, Heading, Note, Section, Strip, Table, Waiting
from dashboard.view import Value, ViewState
from tests.analysis.task_rules import without_the_moment

LOOK = Look(palette("light"))
ABOUT = About("bundled", "[MASK]", 512, 30522)
ADJACENT = "He was born in [MASK] [MASK], California."


def view(text_a: str = ADJACENT, text_b: str | None = None, **options: Value) -> ViewState:
    return PAGE.check(ViewState("fill", "bundled", (Text(text_a, text_b),)).with_options(**options))


def asked(view: ViewState, bundle: ModelBundle, names: Sequence[str] = (*FILL_ORDERS, "candidates")) -> Results:
    """What these of the view's questions come to."""
    found, failed = {}, {}
    for name, question in PAGE.questions(view, ABOUT).items():
        try:
            found |= {name: ask(bundle, question)} if name in names else {}
        except PretextError as error:
            failed[name] = str(error)
    return Results(found, frozenset(found), failed, PAGE.questions(view, ABOUT))


def shown(view: ViewState, results: Results) -> list[Section]:
    return list(PAGE.sections(view, results, LOOK))


def charts(view: ViewState, results: Results) -> dict[str, Chart]:
    return {each.place: each for each in shown(view, results) if isinstance(each, Chart)}


def answer(view: ViewState, results: Results) -> str | None:
    found = PAGE.answer(view, results, LOOK)
    return None if found is None else found.text


def test_the_page_from_the_top_to_the_bottom(bundled: ModelBundle) -> None:
    seen = view(candidates="san\nnew\nsan jose")
    results = asked(seen, bundled)
    assert answer(seen, results) == "The 5 orders disagree at gaps 1 and 2; independent: san (12 %), york (4 %)."
    sections = shown(seen, results)
    assert [type(each) for each in sections] == [
        *(Waiting, Chart, Strip, Fields, Chart, Heading, Beside, Chart, Table, Table)
    ]
    assert [each.place for each in sections if isinstance(each, Chart)] == ["fill-orders", "steps", "candidates"]
    (beside,) = (each for each in sections if isinstance(each, Beside))
    candidates, (gap, around, odds) = beside.columns
    assert around == Note("He was born in ____ [MASK], California.")
    assert candidates == (Fields(("candidates",), question="candidates"),), "what is wrong with them is said here"
    in_place = {name for each in (*sections, *candidates, gap, odds) if isinstance(each, Fields) for name in each.names}
    assert in_place == {option.name for option in PAGE.options if option.place == "sections"}
    pieces, treatment = (each for each in sections if isinstance(each, Table))
    assert treatment.make()["typed"].tolist() == ["H", "C"]
    assert pieces.make()["piece"].tolist() == ["san", "new", "san", "jose"]


@pytest.mark.parametrize("number", range(len(PAGE.examples)))
def test_the_examples(number: int, bundled: ModelBundle) -> None:
    example = PAGE.examples[number]
    seen = view(example.text_a, example.text_b, **dict(example.options))
    results = asked(seen, bundled)
    assert results.complete == {*FILL_ORDERS, "candidates"}
    assert list(charts(seen, results)) == ["fill-orders", "steps", "candidates"]
    scored = results["candidates"]
    assert "\n".join(each.text for each in scored.candidates) == dict(example.options)["candidates"]
    assert scored.reference == 0


def test_orders_that_agree_and_one_order(bundled: ModelBundle) -> None:
    agree = view(PAGE.examples[0].text_a)
    said = answer(agree, asked(agree, bundled))
    assert said == "The 5 orders all fill the gaps alike: election (22 %), attacked (21 %)."
    two = view(orders="beam,independent")
    said = answer(two, asked(two, bundled))
    assert said == "The 2 orders disagree at gap 2; independent: san (12 %), york (4 %)."
    one = view(orders="beam")
    assert (answer(one, asked(one, bundled)) or "").startswith("Beam, the head fills the gaps with ")


ONE_GAP = {
    "a text": ("Only one [MASK] is here.", None, ()),
    "a pair": ("It rained.", "We got [MASK].", ()),
    "an edit": ("The cat sat on the mat.", None, ((3, 103),)),
}


@pytest.mark.parametrize("case", ONE_GAP)
@pytest.mark.parametrize("orders", [",".join(FILL_ORDERS), "beam", "confident,independent"])
def test_one_gap_is_one_ranked_list_whatever_the_orders(case: str, orders: str, bundled: ModelBundle) -> None:
    text_a, text_b, edits = ONE_GAP[case]
    seen = view(text_a, text_b, orders=orders, candidates="", k=7)
    seen = replace(seen, texts=(replace(seen.text, edits=edits),))
    results = asked(seen, bundled)
    found = charts(seen, results)
    assert list(found) == ["fill-ranked"]
    reading = read_seen(bundled, text_a, text_b, k=7, edits=edits)
    (gap,) = reading.encoded.masked.nonzero()[0].tolist()
    table = found["fill-ranked"].table
    assert table["token"].tolist() == list(reading.top_tokens[gap])
    assert table["p"].tolist() == pytest.approx(reading.statistics.top_p[gap].tolist(), abs=1e-6)
    assert table["place"].tolist() == list(range(1, 8))
    sections = shown(seen, results)
    assert [type(each) for each in sections if isinstance(each, Chart | Strip)] == [Chart, Strip]
    assert not any(isinstance(each, Fields) and "steps" in each.names for each in sections)
    first, *rest = reading.top_tokens[gap][:4]
    said = answer(seen, results) or ""
    assert said.startswith(f"The head fills the gap with {first} (")
    assert [word for word in rest if f"{word} (" not in said] == []


@pytest.mark.parametrize(
    ("texts", "several"),
    [
        ([Text("no gap")], False),
        ([Text("one [MASK]")], False),
        ([Text("one [MASK]", "and [MASK]")], True),
        ([Text("[MASK] [MASK]")], True),
        ([Text("one [MASK] and an edit", edits=((1, 5),))], True),
    ],
)
def test_orders_have_a_field_where_there_may_be_several_gaps(texts: list[Text], several: bool) -> None:
    of_orders = {option.name for option in PAGE.options if not option.means([Text("[MASK]")], ABOUT)}
    assert of_orders == {"orders", "beam", "every"}
    for option in PAGE.options:
        assert option.means(texts, ABOUT) == (several or option.name not in of_orders)


# --- whose words they are ---

OTHERS = ["tiny_bert", "tiny_roberta", "tiny_modernbert"]


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("number", range(len(PAGE.examples)))
def test_an_examples_candidates_are_none_for_a_model_without_its_words(
    checkpoint_folder: Callable[..., Path], name: str, number: int
) -> None:
    """Its vocabulary has letters for them at best: a contest of those would mean nothing."""
    bundle, example = load_bundle(str(checkpoint_folder(name))), PAGE.examples[number]
    about = About.of(bundle)
    mask = about.mask_token
    text_b = None if example.text_b is None else with_masks(example.text_b, mask)
    seen = view(with_masks(example.text_a, mask), text_b, **dict(example.options))
    assert "candidates" not in PAGE.questions(seen, about)
    own = PAGE.questions(seen.with_options(candidates="cat\nelection"), about)
    assert own["candidates"].candidates == ("cat", "election"), "what a person types is asked"
    results = Results({"independent": ask(bundle, PAGE.questions(seen, about)["independent"])}, questions={})
    notes = [each.text for each in shown(seen, results) if isinstance(each, Note)]
    assert notes[-1].startswith("Type the words or phrases")
    assert shown_as(results["independent"].fillings[0].steps[0].top_tokens[0], bundle.writes) in notes[-1]


def test_they_are_asked_of_a_model_that_has_them(bundled: ModelBundle) -> None:
    about = About.of(bundled)
    assert about.strange == frozenset()
    for example in PAGE.examples:
        asked_for = PAGE.questions(view(example.text_a, example.text_b, **dict(example.options)), about)
        assert "\n".join(asked_for["candidates"].candidates) == dict(example.options)["candidates"]


# --- questions ---


def test_another_width_asks_nothing_but_the_beam() -> None:
    before, after = (PAGE.questions(view(beam=beam), ABOUT) for beam in (5, 3))
    assert list(before) == [*FILL_ORDERS, "candidates"]
    assert {name for name in before if before[name] != after[name]} == {"beam"}
    fewer = PAGE.questions(view(orders="confident,independent"), ABOUT)
    assert list(fewer) == ["independent", "confident", "candidates"]
    assert all(fewer[name] == before[name] for name in fewer)


def test_what_is_only_shown_asks_nothing() -> None:
    changed = view(every=True, steps="beam", units="bits")
    assert PAGE.questions(changed, ABOUT) == PAGE.questions(view(), ABOUT)


def test_without_an_order_there_is_nothing_to_ask() -> None:
    with pytest.raises(InputError, match="No order of filling is chosen: choose at least one"):
        PAGE.questions(view(orders=""), ABOUT)


def test_without_a_gap_there_is_a_place_to_make_one() -> None:
    seen = view("The cat sat.")
    assert PAGE.questions(seen, ABOUT) == {}
    assert shown(seen, Results({})) == [Act("gaps"), Waiting()]
    assert answer(seen, Results({})) is None
    assert PAGE.exports(seen, Results({})) == {}


@pytest.mark.parametrize(
    ("text", "there"),
    [
        (Text("It rained."), False),
        (Text("It rained.", "We got [MASK]."), True),
        (Text("A gap written otherwise: <mask>"), False),
        (Text(""), True),
        (Text("It rained.", " "), True),
        (Text("x" * 100_001), True),
    ],
)
def test_a_gap_is_missed_only_in_a_text_that_can_be_read(text: Text, there: bool) -> None:
    assert has_gap(text, "[MASK]") == there


@pytest.mark.parametrize(
    ("typed", "candidates"),
    [
        ("  san \n\nnew\rsan\r\nnew york\n##ing\n", ("san", "new", "new york", "##ing")),
        ("one\u2028line\u0085only", ("one\u2028line\u0085only",)),
        (" \n  ", (" \n  ",)),
    ],
)
def test_each_line_is_a_candidate_once(typed: str, candidates: tuple[str, ...]) -> None:
    assert PAGE.questions(view(candidates=typed), ABOUT)["candidates"].candidates == candidates


@pytest.mark.parametrize(
    ("gap", "reference", "expected"),
    [(1, None, (1, "san")), (2, "new", (2, "new")), (3, "york", (1, "san")), (0, "", (1, "san"))],
)
def test_gap_and_reference_are_some_that_there_are(
    gap: int, reference: str | None, expected: tuple[int, str], bundled: ModelBundle
) -> None:
    seen = view(candidates="san\nnew", gap=gap, reference=reference, orders="independent")
    question = PAGE.questions(seen, ABOUT)["candidates"]
    assert (question.mask, question.reference) == expected
    results = asked(seen, bundled, ["independent"])
    offered = {name: PAGE.option(name).among(seen, results) for name in ("gap", "reference")}
    assert offered == {"gap": {1: "gap 1", 2: "gap 2"}, "reference": {"san": "san", "new": "new"}}


# --- what has come ---


def test_with_orders_missing_the_rest_is_shown(bundled: ModelBundle) -> None:
    seen = view(steps="beam")
    part = asked(seen, bundled, ["independent", "left_to_right"])
    said = answer(seen, part)
    assert said == "The 2 orders disagree at gap 2; independent: san (12 %), york (4 %)."
    assert list(charts(seen, part)) == ["fill-orders", "steps"]
    assert set(charts(seen, part)["fill-orders"].table["order"]) == {"independent", "left to right"}
    assert charts(seen, part)["steps"].title == "The steps of one order: left to right"
    assert PAGE.exports(seen, part) == {}


@pytest.mark.parametrize(
    ("orders", "steps", "taken"),
    [
        ("independent,beam", "independent", "independent"),
        ("independent,beam", "confident", "beam"),
        ("independent", "left_to_right", "independent"),
    ],
)
def test_the_steps_are_those_of_an_order_that_there_is(
    orders: str, steps: str, taken: str, bundled: ModelBundle
) -> None:
    seen = view(orders=orders, steps=steps, candidates="")
    results = asked(seen, bundled)
    assert charts(seen, results)["steps"].title == f"The steps of one order: {taken}"
    offered = PAGE.option("steps").among(seen, results)
    assert taken == steps or next(iter(offered)) == taken, "what a field falls back to"
    assert f"for step in {taken}.fillings[0].steps:" in PAGE.prints(seen)


def test_candidates_that_cannot_be_scored_leave_the_rest(bundled: ModelBundle) -> None:
    seen = view(candidates="[SEP] a", orders="independent")
    results = asked(seen, bundled)
    assert "special token" in results.failed["candidates"]
    assert list(charts(seen, results)) == ["fill-orders", "steps"]
    assert list(PAGE.exports(seen, results)) == ["fill"]


def test_without_candidates_it_is_said_what_to_type(bundled: ModelBundle) -> None:
    seen = view("Only one [MASK].", candidates="", orders="independent")
    notes = [each.text for each in shown(seen, asked(seen, bundled)) if isinstance(each, Note)]
    (said,) = notes
    assert said.startswith("Type the words or phrases that are to compete for the gap")


def test_notices_of_the_text_are_passed_on(bundled: ModelBundle) -> None:
    seen = view("The ☃☃ is [MASK].", orders="independent", candidates="")
    results = asked(seen, bundled)
    notices = [each.text for each in shown(seen, results) if isinstance(each, Note) and each.kind == "notice"]
    assert notices == list(results["independent"].notices)
    assert notices


def test_all_of_the_beam_on_request(bundled: ModelBundle) -> None:
    few, all_of_it = (
        charts(each, asked(each, bundled))["fill-orders"].figure.layout.yaxis.ticktext
        for each in (view(orders="beam", every=every, beam=3, candidates="") for every in (False, True))
    )
    assert list(few) == ["beam"]
    assert list(all_of_it) == ["beam", "beam, no. 2", "beam, no. 3"]


# --- the way out ---


def test_exports_are_the_answers_of_the_command_line(bundled: ModelBundle) -> None:
    seen = view(candidates="san\nnew")
    results = asked(seen, bundled)
    found = PAGE.exports(seen, results)
    together = FillResult.joined([results[order] for order in FILL_ORDERS])
    expected = {"fill": FILL.export(together), "candidates": CONTEST.export(results["candidates"])}
    assert without_the_moment(found) == without_the_moment(expected)
    json.dumps(found, allow_nan=False)


def test_what_the_snippet_prints(bundled: ModelBundle, capsys: pytest.CaptureFixture[str]) -> None:
    seen = view(candidates="san\nnew", orders="independent,right_to_left")
    exec("\n".join(PAGE.prints(seen)), dict(asked(seen, bundled).found))
    assert capsys.readouterr().out.splitlines() == [
        "independent: san york, -5.39 nats",
        "right_to_left: new york, -3.30 nats",
        "position 6: york, -3.30 nats",
        "position 5: new, -0.00 nats",
        "san: -2.09 nats, log odds +0.00 bits",
        "new: -2.16 nats, log odds -0.09 bits",
    ]
