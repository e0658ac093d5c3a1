"""The tour: what is printed runs and gives what is shown, and no sentence claims more than its numbers."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis import ModelBundle, ModelError, Tour, TourStep, TourSteps, ask, load_bundle
from analysis.models.checkpoint import BUNDLED_FOLDER
from analysis.tasks import task_of
from analysis.tasks import tour as steps_that_run
from analysis.types import CodeKind
from dashboard.drawing.palette import palette
from dashboard.glossary import UNITS, Units, p_text
from dashboard.page import Look, Results
from dashboard.pages import PAGES
from dashboard.pages.tour import PAGE
from dashboard.pages.tour.sections import printed
from dashboard.pages.tour.words import WORDS
from dashboard.readable import readable
from dashboard.second_head import ORDER_HEAD, head_words
from dashboard.sections import (
    Act,
    Beside,
    Chart,
    Code,
    Heading,
    Note,
    Section,
    Sentence,
    Strip,
    Table,
    Waiting,
    flattened,
)
from dashboard.texts import NOTEBOOK
from dashboard.view import ViewState
from tests.dashboard.app import all_is_well, choose, open_app, resolved
from tests.dashboard.figures import assert_sound

VIEW = PAGE.check(ViewState("tour", "bundled"))
LOOK = Look(palette("light"))
ROOT = Path(__file__).parents[2]

# The figures that the notebook printed, copied from it by hand.
READ_OUT = (
    "##ecin although abraham lincolnshire won 1948 november 1860 presidential primaries on his anti - slavery platform "
    ", an initial seven tributary states declared their independence from the country to form ##ici confederacy ##yre "
    "war broke out in april 1861 when ##oya ##ist forces occupied fort sum ##mer for south carolina ##trip just over a "
    "month before grant ' s inauguration ; ##tson"
)
PUBLISHED: dict[str, dict[str, Any]] = {
    "tokens": {"tokens": 62},
    "logits": {"shape": [1, 62, 30522], "first three logits": [-7.6192, -7.5433, -7.6124]},
    "one_position": {"argmax": 8181, "its token": "abraham"},
    "greedy_read_out": {"read-out": READ_OUT},
    "masks": {"first [MASK]": "primaries", "second [MASK]": "occupied"},
    "where_it_forms": {},
    "one_segment": {"logits": [2.8256, -1.6897], "margin (nats)": 4.5153},
    "two_segments": {"tokens": 63, "logits": [6.0915, -5.6939], "margin (nats)": 11.7854, "argmax": 0},
}


@pytest.fixture(scope="session", params=["bundled", "tiny_bert", "wide_head", "tiny_roberta", "tiny_albert"])
def tour(request: pytest.FixtureRequest, checkpoint_folder: Callable[..., Path]) -> TourSteps:
    spec = "bundled" if request.param == "bundled" else str(checkpoint_folder(request.param))
    return ask(load_bundle(spec), Tour())


def taken(tour: TourSteps) -> list[TourStep]:
    """The steps that a model could take."""
    steps = [step for step in tour.steps if step.why_absent is None]
    assert len(steps) >= len(WORDS) - 3
    return steps


def whole(tour: TourSteps) -> Results:
    return Results({"tour": tour}, frozenset({"tour"}), questions={"tour": Tour()})


def shown(results: Results) -> list[Section]:
    return list(PAGE.sections(VIEW, results, LOOK))


def by_step(sections: list[Section]) -> list[list[Section]]:
    """What stands under each step's heading, what stands beside each other in its order."""
    steps: list[list[Section]] = []
    for section in flattened(sections):
        if isinstance(section, Heading):
            steps.append([])
        elif steps and not isinstance(section, Beside | Waiting):
            steps[-1].append(section)
    return steps


def a_step(name: str, values: dict[str, Any]) -> TourStep:
    return TourStep(name, "mlm", {}, values, {}, None)


# --- the steps ---


def test_the_published_figures_are_the_notebooks(tour: TourSteps) -> None:
    assert {step.name: step.published for step in tour.steps} == PUBLISHED
    assert len(READ_OUT.split()) == 62


def run(tour: TourSteps, step: TourStep, kind: CodeKind) -> dict[str, Any]:
    """The names that a step's code leaves, after the lines it stands on."""
    fresh: dict[str, Any] = {"__name__": "notebook"}
    exec(compile(tour.preamble[kind] + step.code[kind], step.name, "exec"), fresh)
    return fresh


def test_the_printed_code_gives_what_is_shown(tour: TourSteps) -> None:
    for step in taken(tour):
        assert run(tour, step, "pretext")["values"] == step.values
        assert len(step.values) >= 2


MAKERS = ["bundled", "tiny_bert", "tiny_roberta", "tiny_albert", "tiny_fnet", "without_nsp", "without_mlm"]


@pytest.mark.parametrize("maker", MAKERS)
def test_the_same_in_plain_transformers_gives_the_same(
    maker: str, checkpoint_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    spec = maker if maker == "bundled" else str(checkpoint_folder(maker))
    tour = ask(load_bundle(spec), Tour())
    for step in tour.steps:
        assert bool(step.code["transformers"]) == (step.why_absent is None)
        if step.why_absent is None:
            left = run(tour, step, "transformers")
            assert_same(left["values"], step.values)
            assert not re.search(r"\banalysis\.|from analysis|import analysis", step.code["transformers"])
            if "outputs" in left:
                assert tuple(left["outputs"].keys()) == tour.outputs


def assert_same(plain: dict[str, Any], ours: dict[str, Any]) -> None:
    """The same names, words and whole numbers; fractions but for the order in which they were added."""
    assert list(plain) == list(ours)
    for name, value in ours.items():
        if isinstance(value, float) or (isinstance(value, list) and any(isinstance(each, float) for each in value)):
            assert plain[name] == pytest.approx(value, abs=2e-4), name
        else:
            assert plain[name] == value, name


@pytest.mark.parametrize(
    ("maker", "missing"),
    [
        ("without_nsp", {"one_segment", "two_segments"}),
        ("tiny_distilbert", {"where_it_forms", "one_segment", "two_segments"}),
        ("without_mlm", {"logits", "one_position", "greedy_read_out", "masks", "where_it_forms"}),
    ],
)
def test_a_step_without_its_head_says_why(
    maker: str, missing: set[str], checkpoint_folder: Callable[..., Path]
) -> None:
    tour = ask(load_bundle(str(checkpoint_folder(maker))), Tour())
    whys = {step.name: step.why_absent for step in tour.steps if step.why_absent is not None}
    assert set(whys) == missing
    for sections, step in zip(by_step(shown(whole(tour))), tour.steps, strict=True):
        assert bool(step.values) == (step.name not in missing)
        assert (sections[-1] == Note(whys.get(step.name, ""), "info")) == (step.name in missing)
        assert any(isinstance(each, Chart | Strip) for each in sections) == (step.name not in missing)
    for why in whys.values():
        assert "head" in why or "layers" in why
        assert why.endswith(".")


def test_a_step_that_fails_leaves_the_others(bundled: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_of_what: object) -> None:
        raise ModelError("This model gives logits that are not finite.")

    monkeypatch.setattr(steps_that_run, "read_seen", fails)
    tour = ask(bundled, Tour())
    failed = [step.name for step in tour.steps if step.why_absent == "This model gives logits that are not finite."]
    assert failed == ["one_position", "greedy_read_out", "masks"]
    assert [step.name for step in tour.steps if step.values] == [
        *("tokens", "logits", "where_it_forms", "one_segment", "two_segments")
    ]


def test_both_masks_are_found_whatever_the_mask_token_is(tour: TourSteps) -> None:
    assert len(tour.steps[0].values["masks at"]) == 2


def test_the_bundled_models_figures(bundled: ModelBundle) -> None:
    """Against what was written down when the model was trained (``analysis/bundled/figures.json``)."""
    written = json.loads((BUNDLED_FOLDER / "figures.json").read_text(encoding="utf-8"))["notebook"]
    live = {step.name: step.values for step in ask(bundled, Tour()).steps}
    one, pair = written["nsp"]["one_segment"], written["nsp"]["correct_pair"]
    assert (live["tokens"]["tokens"], live["two_segments"]["tokens"]) == (one["tokens"], pair["tokens"])
    for name, figures in (("one_segment", one), ("two_segments", pair)):
        assert live[name]["logits"] == pytest.approx(figures["logits"], abs=0.001)
        assert live[name]["margin (nats)"] == pytest.approx(figures["margin_nats"], abs=0.002)
    first, second = written["one_segment_masks"]
    masks_at = live["tokens"]["masks at"]
    assert masks_at == [first["position"], second["position"]]
    assert live["masks"]["first [MASK]"] == first["top"][0][0]
    assert live["masks"]["second [MASK]"] == second["top"][0][0]
    assert live["masks"]["p of the first"] == pytest.approx(first["top"][0][1], abs=0.01)
    changed = [i for i in written["greedy_differs_at"] if i not in {0, 61, *masks_at}]
    assert live["greedy_read_out"]["read back as something else"] == len(changed)


# --- the page ---


def test_every_step_stands_there_with_its_code_its_values_and_a_sentence(tour: TourSteps) -> None:
    sections = shown(whole(tour))
    headings = [section.text for section in sections if isinstance(section, Heading)]
    called = head_words(tour.meaning).called
    titles = [called(WORDS[step.name].title) for step in tour.steps]
    assert headings == [f"{number}. {title}" for number, title in enumerate(titles, start=1)]
    assert any("IsNext" in each.text for each in sections if isinstance(each, Sentence)) == (
        tour.meaning == "next sentence" and any(step.head == "nsp" for step in tour.steps)
    )
    for step, under in zip(readable(tour).steps, by_step(sections), strict=True):
        if step.why_absent is None:
            *_, table = (each for each in under if isinstance(each, Table))
            said, *notes = [each for each in under[under.index(table) + 1 :] if not isinstance(each, Act | Code)]
            assert list(table.make().columns) == [
                "value",
                f"{tour.provenance.spec}, live",
                "bert-base-uncased, published",
            ]
            assert said == Sentence((called(WORDS[step.name].notice(step.values)),))
            order = step.head == "nsp" and tour.meaning == "sentence order"
            assert step.name == "tokens" or notes == ([Note(ORDER_HEAD)] if order else [])


def test_what_has_come_is_shown_before_the_rest(bundled: ModelBundle) -> None:
    task = task_of(Tour())
    models = (bundled,)
    plan = task.plan(models, Tour())
    chunks = task.chunks(models, plan, 1)
    assert [type(section) for section in shown(Results({}))] == [Waiting]
    some = task.assemble(models, plan, [task.read(models, plan, chunk) for chunk in chunks[:2]])
    partial = Results({"tour": some}, questions={"tour": Tour()})
    sections = shown(partial)
    assert len(by_step(sections)) == 2
    assert isinstance(sections[-1], Waiting)
    assert PAGE.exports(VIEW, partial) == {}


def test_a_published_figure_stands_beside_a_live_one(tour: TourSteps) -> None:
    for step in taken(tour):
        assert set(step.published) <= set(step.values)
        rows = {name: (live, published) for name, live, published in printed(step)}
        assert list(rows) == list(step.values)
        for name, (live, published) in rows.items():
            assert (published == "–") == (name not in step.published)
            if re.match(r"p\b|P\(", name):
                assert live not in {"0.0000", "1.0000"}, (step.name, name)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("p", 0.5, "0.5000"),
        ("p", 0.99996, "1 − 4e−5"),
        ("p of the first", 3e-6, "3.0e−6"),
        ("P(IsNext)", 1.0, "> 1 − 1e−7"),
        ("margin (nats)", 1.0, "1.0000"),
        ("margin (nats)", 0.00001, "0.0000"),
        ("first five ids", [101, 2044], "101, 2044"),
    ],
)
def test_a_live_value_as_printed(name: str, value: object, text: str) -> None:
    assert printed(a_step("one_position", {name: value})) == [(name, text, "–")]


def test_what_is_exported_are_the_numbers_of_the_page(tour: TourSteps) -> None:
    exported = PAGE.exports(VIEW, whole(tour))["tour"]
    assert exported == json.loads(json.dumps(exported))
    values = [{each["name"]: each["value"] for each in step["values"]} for step in exported["steps"]]
    assert values == [step.values for step in tour.steps]
    assert [step["why"] for step in exported["steps"]] == [step.why_absent for step in tour.steps]


def test_the_snippet_prints_every_value(tour: TourSteps, capsys: pytest.CaptureFixture[str]) -> None:
    exec("\n".join(PAGE.prints(VIEW)), {"tour": tour})
    said = capsys.readouterr().out
    for number, step in enumerate(tour.steps, start=1):
        assert (f"{number}. {step.why_absent}\n" in said) == (step.why_absent is not None)
        for name, value in step.values.items():
            assert f"{number}. {name}: {value}; published: {step.published.get(name, 'nothing')}\n" in said


def test_the_steps_stand_on_screen_with_the_running_models_numbers(at_once: None) -> None:
    at = open_app("tour")
    all_is_well(at)
    margins = [
        dict(zip(table.value["value"], table.value.iloc[:, 1:].to_numpy().tolist(), strict=True)) for table in at.table
    ]
    assert len(margins) == len(WORDS)
    assert [list(table.value.columns)[1:] for table in at.table] == [
        ["bundled, live", "bert-base-uncased, published"]
    ] * len(WORDS)
    one, two = ([float(resolved(cell)) for cell in step["margin (nats)"]] for step in margins[-2:])
    assert one == pytest.approx([1.6583, 4.5153], abs=2e-4)
    assert two == pytest.approx([6.6832, 11.7854], abs=2e-4)
    of_page = [each.value for each in at.code[: 1 + len(WORDS)]]
    assert "from_pretrained('analysis/bundled')" in of_page[0]
    assert not any("analysis import" in each for each in of_page), "the preamble and each step"
    choose(at, "tour.code", "pretext")
    assert "load_bundle('bundled')" in at.code[0].value
    assert all("model(**" not in each.value for each in at.code[: 1 + len(WORDS)])


def test_every_code_block_has_its_explanation_above_and_is_folded(tour: TourSteps) -> None:
    for kind in get_args(CodeKind):
        view = VIEW.with_options(code=kind)
        sections = list(flattened(PAGE.sections(view, whole(tour), LOOK)))
        blocks = [(sections[at - 1], each) for at, each in enumerate(sections) if isinstance(each, Code)]
        assert [each.source for _, each in blocks] == [
            tour.preamble[kind],
            *(step.code[kind] for step in tour.steps if step.code[kind]),
        ]
        for above, code in blocks:
            assert code.title
            assert isinstance(above, Sentence | Note)


def test_every_step_that_was_taken_has_a_figure_with_its_numbers(tour: TourSteps) -> None:
    drawn = {}
    for step, under in zip(tour.steps, by_step(shown(whole(tour))), strict=True):
        for each in under:
            if isinstance(each, Chart | Strip):
                drawn[step.name] = each
            if isinstance(each, Chart):
                assert_sound(each, tour.provenance)
    assert list(drawn) == [step.name for step in taken(tour)]
    of = {step.name: step for step in taken(readable(tour))}
    ids = drawn["tokens"].drawn["tokens"]
    assert [int(chip["value"]) for chip in ids] == of["tokens"].basis.ids.tolist()
    assert len(ids) == of["tokens"].values["tokens"]
    assert drawn["logits"].table["columns"].sum() == of["logits"].values["shape"][2]
    best = drawn["one_position"].table.iloc[0]
    assert (best["token"], best["p"]) == (of["one_position"].values["its token"], of["one_position"].values["p"])
    changed = [word for word in drawn["greedy_read_out"].drawn["words"] if not word["same"]]
    assert len(changed) >= of["greedy_read_out"].values["read back as something else"]
    if "where_it_forms" in drawn:
        values, frame = of["where_it_forms"].values, drawn["where_it_forms"].table
        assert frame["comes first"].tolist() == values["first after each"]
        answered = (frame.iloc[:, 2] == 1).tolist()
        assert answered.index(True) == values["answer comes first after"]
        assert all(answered[values["and stays from"] :])
        assert not answered[values["and stays from"] - 1] or not values["and stays from"]
    firsts = drawn["masks"].table.groupby("position").first()["token"].tolist()
    assert firsts == [of["masks"].values[f"{which} [MASK]"] for which in ("first", "second")]


@pytest.mark.parametrize("units", UNITS)
def test_margins_follow_the_units(bundled: ModelBundle, units: Units) -> None:
    tour = ask(bundled, Tour())
    sections = list(PAGE.sections(VIEW, whole(tour), Look(palette("light"), units)))
    unit = "bits" if units == "bits" else "nats"
    factor = 1 / math.log(2) if units == "bits" else 1
    for name in ("one_segment", "two_segments"):
        step = next(each for each in tour.steps if each.name == name)
        live = {row[0]: row[1:] for row in printed(step, units)}[f"margin ({unit})"]
        assert float(live[0]) == pytest.approx(step.values["margin (nats)"] * factor, abs=1e-4)
        assert float(live[1]) == pytest.approx(step.published["margin (nats)"] * factor, abs=1e-4)
    other = "nats" if unit == "bits" else "bits"
    for each in flattened(sections):
        if isinstance(each, Chart) and f"margin ({unit})" in each.table:
            assert f"margin ({other})" not in each.table
        if isinstance(each, Sentence) and "margin" in each.text:
            assert f" {other}" not in each.text


def test_how_the_two_columns_come_to_agree_is_said(bundled: ModelBundle) -> None:
    tour = ask(bundled, Tour())
    assert any("Choose bert-base-uncased as the model in the sidebar" in text for text in notes_of(tour))
    for spec in ("bert-base-uncased", "google-bert/bert-base-uncased", "bert-base-uncased@86b5e09"):
        there = replace(tour, provenance=replace(tour.provenance, spec=spec))
        assert any(text.endswith("the two columns of numbers agree but for rounding.") for text in notes_of(there))


def notes_of(tour: TourSteps) -> list[str]:
    return [each.text for each in shown(whole(tour)) if isinstance(each, Note)]


@pytest.mark.parametrize("step", WORDS)
def test_a_step_leads_to_its_page_with_the_same_text(step: str, at_once: None) -> None:
    at = open_app("tour")
    way = at.button(key=f"tour.open.{step}")
    page = next(each for each in PAGES.values() if way.label == f"Open on {each.title}")
    way.click().run()
    all_is_well(at)
    assert at.title[0].value == page.asks
    there = " ".join(
        at.text_area(key=f"{page.home}.text_{name}").value for name in ("a", "b")[: 1 + (page.texts.kind == "pair")]
    )
    assert there == NOTEBOOK


# --- what the numbers are said to show ---


def numbers(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def assert_true(name: str, said: str, live: dict[str, Any]) -> None:
    """Read a notice back and compare every number and every direction in it with the live values."""
    READERS[name](said, live)
    assert said.endswith(".")


def _read_tokens(said: str, live: dict[str, Any]) -> None:
    assert re.search(r"makes (\d+) tokens", said).group(1) == str(live["tokens"])
    for token in re.findall(r"\[CLS\]|\[SEP\]|##", said):
        assert token in live["first five"], "not every tokenizer is BERT's"


def _read_logits(said: str, live: dict[str, Any]) -> None:
    found = re.search(r"of the (\d+) positions gets ([\d,]+) numbers, .*: ([\d,]+) in all", said)
    positions, width, product = map(numbers, found.groups())
    assert [1, positions, width] == live["shape"]
    assert product == positions * width
    assert "vocabulary" not in said, "a head may have more columns than the tokenizer has entries"


def _read_one_position(said: str, live: dict[str, Any]) -> None:
    assert f"stands '{live['token']}'" in said
    assert ("reads back the token that stands there" in said) == (live["its token"] == live["token"])
    assert (f"puts '{live['its token']}' there instead" in said) == (live["its token"] != live["token"])
    assert said.endswith(f"with p {p_text(live['p'])}.")


def _read_read_out(said: str, live: dict[str, Any]) -> None:
    changed, n = live["read back as something else"], live["positions that count"]
    if all_of := re.match(r"All (\d+) tokens come back as they were", said):
        assert (changed, n) == (0, int(all_of.group(1)))
        return
    found = re.match(r"(\d+) of (\d+) tokens come back as they were, (\d+) as something else", said)
    assert tuple(map(int, found.groups())) == (n - changed, n, changed)
    assert changed > 0


def _read_masks(said: str, live: dict[str, Any]) -> None:
    for which in ("first", "second"):
        assert f"'{live[f'{which} [MASK]']}' with p {p_text(live[f'p of the {which}'])}" in said
    assert "'election' and 'attacked'" in said


def _read_where_it_forms(said: str, live: dict[str, Any]) -> None:
    found = re.search(r"answer is '(.+)': it first comes first after (\d+) of (\d+) layers, and .* from (\d+) on", said)
    assert found is not None
    answer, first, n, stays = found.groups()
    assert answer == live["first after each"][-1]
    assert [int(first), int(n), int(stays)] == [
        live["answer comes first after"],
        live["layers"],
        live["and stays from"],
    ]
    firsts = live["first after each"]
    assert firsts.index(answer) == int(first)
    assert set(firsts[int(stays) :]) == {answer}
    assert firsts[: int(stays)][-1:] != [answer]


def _assert_side(said: str, margin: float) -> None:
    """What is said after a printed margin fits what is printed, rounding included."""
    as_printed = numbers(re.search(r"([+−]?\d+\.\d\d) nats, (on|neither)", said).group(1))
    assert as_printed == pytest.approx(margin, abs=0.0051)
    assert ("on the side of IsNext" in said) == (as_printed > 0)
    assert ("on the side of NotNext" in said) == (as_printed < 0)
    assert ("neither IsNext nor NotNext" in said) == (as_printed == 0)


def _read_one_segment(said: str, live: dict[str, Any]) -> None:
    _assert_side(said, live["margin (nats)"])


def _read_two_segments(said: str, live: dict[str, Any]) -> None:
    _assert_side(said, live["margin (nats)"])
    change = live["margin (nats)"] - live["margin of one segment (nats)"]
    if "leaves the margin where it was" in said:
        assert f"{change:.2f}" in {"0.00", "-0.00"}
        return
    verb, by = re.search(r"B begins (raises|lowers) the margin by (\d+\.\d\d) nats", said).groups()
    assert verb == ("raises" if change > 0 else "lowers")
    assert by == f"{abs(change):.2f}" != "0.00"


READERS = {
    "tokens": _read_tokens,
    "logits": _read_logits,
    "one_position": _read_one_position,
    "greedy_read_out": _read_read_out,
    "masks": _read_masks,
    "where_it_forms": _read_where_it_forms,
    "one_segment": _read_one_segment,
    "two_segments": _read_two_segments,
}


def test_every_notice_says_what_the_numbers_show(tour: TourSteps) -> None:
    for step in taken(tour):
        assert_true(step.name, WORDS[step.name].notice(step.values), dict(step.values))


margins = st.floats(-30, 30) | st.floats(-0.02, 0.02)


@given(margins, margins)
@example(0.0, 0.0)
@example(0.005, 0.0)
@example(-0.005, 0.0)
@example(0.0049999, -0.0000001)
@example(5.0, 5.005)
def test_the_notices_of_any_margins_hold(margin: float, of_one: float) -> None:
    live = {"margin (nats)": margin, "margin of one segment (nats)": of_one}
    for name in ("one_segment", "two_segments"):
        assert_true(name, WORDS[name].notice(live), live)


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0, 1, exclude_min=True, exclude_max=True), st.booleans())
def test_the_notices_of_any_reading_hold(changed: int, n: int, p: float, same: bool) -> None:
    live = {
        "token": "abraham",
        "its token": "abraham" if same else "lincoln",
        "p": p,
        "read back as something else": min(changed, n),
        "positions that count": n,
    }
    for name in ("one_position", "greedy_read_out"):
        assert_true(name, WORDS[name].notice(live), live)


WRONG = {
    "wrong direction": ("+6.68 nats, on the side of IsNext", "lowers the margin by 5.02 nats"),
    "wrong side": ("+6.68 nats, on the side of NotNext", "raises the margin by 5.02 nats"),
    "no change": ("+6.68 nats, on the side of IsNext", "leaves the margin where it was"),
    "wrong number": ("+6.86 nats, on the side of IsNext", "raises the margin by 5.02 nats"),
}


@pytest.mark.parametrize(("has", "moved"), WRONG.values(), ids=WRONG)
def test_the_check_rejects_a_wrong_sentence(has: str, moved: str) -> None:
    said = f"x has {has}. Telling the head where B begins {moved}."
    with pytest.raises(AssertionError):
        assert_true("two_segments", said, {"margin (nats)": 6.68, "margin of one segment (nats)": 1.66})
