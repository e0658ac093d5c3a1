"""Compare: its figures' numbers, and what the page shows of a comparison, part by part."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis import export
from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle
from analysis.questions import Compare, Text
from analysis.tasks import ask, task_of
from analysis.types import Comparison, WordComparison
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.glossary import DELTA_ENTROPY, Units, signed_text
from dashboard.page import Look, Results
from dashboard.pages.compare import MODELS, PAGE, TEXTS
from dashboard.pages.compare.along import along, word_bars
from dashboard.pages.compare.pair import mirrored, movers
from dashboard.pages.compare.pairs import farthest
from dashboard.pages.compare.strip import aligned, both
from dashboard.pages.compare.words import SAME_WHEN_HIDDEN, SEEN_COMPARISON
from dashboard.paper.page_report import report_of
from dashboard.sections import Beside, Chart, Heading, Note, Numbers, Section, Strip, Table, Waiting, flattened
from dashboard.view import Value, ViewState
from tests.analysis.task_rules import without_the_moment
from tests.dashboard.figures import assert_sound, traces
from tests.dashboard.kinds import MADE
from tests.dashboard.test_payloads import assert_plain_json

A = Text("The <b>old</b> man sat by the sea, %{x} &amp; watched.")
B = Text("The young woman sat quietly by the sea &amp; watched.")
KEYS = (Text("The keys to the cabinet are [MASK]."), Text("The keys to the cabinet is [MASK]."))
LIGHT = palette("light")
FACTOR = {"usual": 1.0, "nats": math.log(2)}


@pytest.fixture(scope="module")
def found(bundled: ModelBundle) -> Comparison:
    comparison = ask(bundled, Compare(A, B, "seen"))
    assert isinstance(comparison, Comparison)
    return comparison


@pytest.fixture(scope="module")
def keys(bundled: ModelBundle) -> Comparison:
    return ask(bundled, Compare(*KEYS))


@pytest.fixture(scope="module")
def by_word(bundled: ModelBundle, checkpoint_folder: Any) -> WordComparison:
    other = load_bundle(str(checkpoint_folder("tiny_roberta")))
    comparison = ask((bundled, other), Compare(B, Text("Quiet men watched."), "seen"))
    assert isinstance(comparison, WordComparison)
    return comparison


# --- figures ---


@pytest.mark.parametrize("measure", PAGE.option("measure").allowed)
@pytest.mark.parametrize("units", FACTOR)
def test_the_strip_has_a_column_for_every_pair(found: Comparison, units: Units, measure: str) -> None:
    drawn = aligned(found, measure, LIGHT, units)
    assert_plain_json(drawn)
    assert len(drawn["columns"]) == len(found)
    for pair, column in enumerate(drawn["columns"]):
        assert (column["a"] is None) == (column["kind"] == "insertion")
        assert (column["b"] is None) == (column["kind"] == "deletion")
        js = found.divergence.js_bits[pair]
        assert column["js"] == ("" if np.isnan(js) else f"{js * FACTOR[units]:.2f}")
    assert [legend["name"] for legend in drawn["legends"]][1] == "JS divergence"


@pytest.mark.parametrize("units", FACTOR)
def test_figures_have_the_comparison_s_numbers(found: Comparison, units: Units) -> None:
    pair = int(np.nanargmax(found.divergence.js_bits))
    differences = along(found, LIGHT, units, pair)
    moved = movers(found, pair, LIGHT, units)
    sides = mirrored(found, pair, LIGHT)
    for chart in (differences, moved, sides):
        assert_sound(chart, found.provenance)
    (bars,) = traces(differences, "bar")
    np.testing.assert_allclose(np.array(bars["y"], float), found.divergence.js_bits * FACTOR[units], rtol=1e-5)
    entropy, surprisal = traces(differences, "scatter")
    np.testing.assert_allclose(np.array(entropy["y"], float), found.delta_entropy_bits * FACTOR[units], rtol=1e-5)
    np.testing.assert_allclose(np.array(surprisal["y"], float), found.delta_surprisal_bits * FACTOR[units], rtol=1e-5)
    (parts,) = traces(moved, "bar")
    total = np.abs(parts["x"]).sum() / FACTOR[units]
    assert total == pytest.approx(found.divergence.js_bits[pair], abs=1e-5), "bars and the rest are the divergence"
    for x, p_a, p_b in zip(
        parts["x"][:-1], found.divergence.mover_p_a[pair], found.divergence.mover_p_b[pair], strict=False
    ):
        assert (x > 0) == (p_b > p_a), "to the side on which the token is more probable"
    left, right = traces(sides, "bar")
    np.testing.assert_allclose(-np.array(left["x"]), found.a.statistics.top_p[found.index_a[pair]], rtol=1e-6)
    np.testing.assert_allclose(right["x"], found.b.statistics.top_p[found.index_b[pair]], rtol=1e-6)


@pytest.mark.parametrize("units", FACTOR)
def test_the_table_has_what_the_differences_are_made_of(found: Comparison, units: Units) -> None:
    table, unit = along(found, LIGHT, units, 0).table, "nats" if units == "nats" else "bits"
    for name, change in (("entropy", found.delta_entropy_bits), ("surprisal", found.delta_surprisal_bits)):
        b_less_a = table[f"{name} in B ({unit})"] - table[f"{name} in A ({unit})"]
        np.testing.assert_allclose(b_less_a, change * FACTOR[units], atol=1e-5)
        np.testing.assert_allclose(table[f"change of {name} ({unit})"], change * FACTOR[units], atol=1e-6)
    gap = found.kinds.index("insertion")
    assert table["A"][gap] == "∅"
    assert np.isnan(table["position in A"][gap])
    assert np.isnan(table["rank in A"][gap])


def test_a_gap_has_one_side_only(found: Comparison) -> None:
    chart = mirrored(found, found.kinds.index("insertion"), LIGHT)
    assert_sound(chart, found.provenance)
    assert len(traces(chart, "bar")) == 1
    assert "∅ →" in chart.title


def test_words_of_two_vocabularies(by_word: WordComparison) -> None:
    chart = word_bars(by_word, LIGHT, "bits")
    assert_sound(chart, by_word.provenance)
    first, second = traces(chart, "bar")
    np.testing.assert_allclose(np.array(first["y"], float), by_word.surprisal_a_bits, rtol=1e-5)
    np.testing.assert_allclose(np.array(second["y"], float), by_word.surprisal_b_bits, rtol=1e-5)
    assert len(chart.table) == len(by_word)


def test_two_models_are_named_wherever_numbers_go(bundled: ModelBundle, by_word: WordComparison) -> None:
    source, a, b = by_word.provenance, by_word.a.provenance, by_word.b.provenance
    assert a == bundled.provenance()
    assert b.spec != a.spec
    assert (source.spec, source.revision) == (f"{a.spec} | {b.spec}", f"{a.revision} | {b.revision}")
    assert source.label == f"{a.label} | {b.label}"
    assert b.short_revision in str(word_bars(by_word, LIGHT, "bits").figure)
    assert ask(bundled, Compare(B, B, "seen")).provenance == a


def test_both_strips_have_one_scale_when_it_is_fitted(found: Comparison) -> None:
    a, b = both(found, "surprisal", LIGHT, "bits", fit=True)
    assert a["legend"] == b["legend"]
    most = max(reading.statistics.surprisal_bits[~reading.encoded.outside].max() for reading in (found.a, found.b))
    assert a["legend"]["high"] == f"{most:.3g} bits"


# --- the page ---


def view_of(texts: Sequence[Text] = (A, B), **chosen: Value) -> ViewState:
    return PAGE.check(ViewState("compare", "bundled", tuple(texts)).with_options(**chosen))


def shown(found: object, view: ViewState, units: Units = "usual") -> list[Section]:
    return list(PAGE.sections(view, Results({"compare": found}, frozenset({"compare"})), Look(LIGHT, units)))


def numbers(sections: Sequence[Section]) -> dict[str, str]:
    return {each.name: each.value for section in sections if isinstance(section, Numbers) for each in section.items}


def notes(sections: Sequence[Section]) -> list[str]:
    return [section.text for section in sections if isinstance(section, Note)]


def test_a_comparison_is_shown_in_this_order(found: Comparison) -> None:
    sections = shown(found, view_of(reading="seen"))
    kinds = [type(section) for section in sections]
    assert kinds == [Strip, Waiting, Note, Numbers, Note, Beside, Chart, Table, Table, Table]
    assert notes(sections)[0] == SEEN_COMPARISON
    assert sections[0].chosen == farthest(found)
    assert list(numbers(sections)) == [
        "JS divergence, matches",
        "JS divergence, replaced",
        "Mean change of entropy",
        "Mean change of surprisal",
        "Next-sentence margin of A",
        "Next-sentence margin of B",
    ]


def test_a_picked_pair_is_shown_if_there_is_one(found: Comparison) -> None:
    for pair, wanted in ((4, 4), (len(found), farthest(found)), (-1, farthest(found))):
        strip, *_ = sections = shown(found, view_of(pair=pair, k=3))
        assert strip.chosen == wanted
        (beside,) = (section for section in sections if isinstance(section, Beside))
        assert beside.columns[0][0].name == f"pair-{wanted}"
        assert beside.columns[0][0].place == "mirrored"
        assert len(traces(beside.columns[0][0], "bar")[0]["x"]) == 3


def test_a_pair_that_has_no_second_prediction_says_why(bundled: ModelBundle, found: Comparison) -> None:
    def moved(sections: Sequence[Section]) -> tuple[Section, ...]:
        return next(section.columns[1] for section in sections if isinstance(section, Beside))

    heading, note = moved(shown(found, view_of(pair=found.kinds.index("insertion"))))
    assert isinstance(heading, Heading)
    assert "on one side only" in note.text
    question = Compare(Text("The cat sat by the door. " * 8), Text("The dog sat by the door. " * 8))
    task = task_of(question)
    plan = task.plan((bundled,), question)
    chunks = task.chunks((bundled,), plan, 1)
    partial = task.assemble((bundled,), plan, [task.read((bundled,), plan, chunk) for chunk in chunks[:2]])
    assert not partial.complete
    view = view_of((question.a, question.b), pair=len(partial) - 1)
    results = Results({"compare": partial}, questions={"compare": question})
    assert "not read yet" in moved(list(PAGE.sections(view, results, Look(LIGHT))))[1].text
    assert PAGE.exports(view, results) == {}
    (waiting,) = PAGE.sections(view, Results({}), Look(LIGHT))
    assert isinstance(waiting, Waiting)


def test_averages_are_over_what_counts(keys: Comparison) -> None:
    words = [pair for pair, i in enumerate(keys.index_a) if not keys.a.encoded.outside[i]]
    matches = [pair for pair in words if keys.kinds[pair] == "match"]
    said = numbers(shown(keys, view_of(KEYS)))
    assert said["JS divergence, matches"] == f"{keys.divergence.js_bits[matches].mean():.2f} bits"
    change = keys.delta_entropy_bits[matches].astype("f8").mean()
    assert said["Mean change of entropy"] == signed_text(DELTA_ENTROPY, float(change))
    assert farthest(keys) in words


def test_a_lone_replaced_token_that_is_hidden_is_explained(bundled: ModelBundle) -> None:
    texts = Text("The old man sat."), Text("The old dog sat.")
    found = ask(bundled, Compare(*texts))
    sections = shown(found, view_of(texts))
    assert notes(sections)[0] == SAME_WHEN_HIDDEN
    assert "single segment is outside" in notes(sections)[1]
    assert SEEN_COMPARISON not in notes(sections)


@pytest.mark.parametrize("units", FACTOR)
def test_two_vocabularies_are_shown_by_word(by_word: WordComparison, units: Units) -> None:
    sections = shown(by_word, view_of((B, Text("Quiet men watched."))), units)
    assert [type(section) for section in sections] == [Note, Strip, Strip, Numbers, Note, Chart, Table, Table]
    assert "different vocabularies" in sections[0].text
    bits = by_word.bits_per_character
    assert [numbers(sections)[f"Bits per character, {name}"] for name in "AB"] == [f"{each:.3f} bits" for each in bits]


def test_an_order_head_has_an_order_margin(checkpoint_folder: Any) -> None:
    found = ask(load_bundle(str(checkpoint_folder("tiny_albert"))), Compare(A, B))
    sections = shown(found, view_of())
    assert "Order margin of A" in numbers(sections)
    assert sum("trained on sentence order" in note for note in notes(sections)) == 2


@pytest.mark.parametrize("units", FACTOR)
def test_the_margins_are_in_the_table_too(keys: Comparison, units: Units) -> None:
    sections = shown(keys, view_of(KEYS), units)
    (table,) = (each.make() for each in sections if isinstance(each, Table) and each.name == "next-sentence-head")
    a, b = keys.a.nsp, keys.b.nsp
    assert table["logit IsNext"].tolist() == [a.logit_is_next, b.logit_is_next]
    margins = table[f"margin ({'bits' if units == 'bits' else 'nats'})"]
    assert [f"{value:+.2f} nats".replace("-", "−") for value in margins] == [
        numbers(sections)[f"Next-sentence margin of {name}"] for name in "AB"
    ]


def test_what_is_asked_and_of_whom(bundled: ModelBundle, keys: Comparison) -> None:
    about = About.of(bundled)
    edited = replace(B, text_b="It was late.", edits=((2, 103),))
    view = view_of((A, edited), reading="seen", masking="word", k=3)
    assert PAGE.questions(view, about) == {"compare": Compare(A, edited, "seen", "word", 50)}
    assert PAGE.questions(view, replace(about, n_vocabulary=20))["compare"].k == 20
    for mode, other, models in (
        (MODELS, "", ("bundled",)),
        (MODELS, "bundled", ("bundled",)),
        (MODELS, "other", ("bundled", "other")),
        (TEXTS, "other", ("bundled",)),
    ):
        assert PAGE.models(view.with_options(mode=mode, model_b=other)) == models
    whole = Results({"compare": keys}, frozenset({"compare"}), questions={"compare": Compare(*KEYS)})
    assert without_the_moment(PAGE.exports(view_of(KEYS), whole)) == without_the_moment(
        {"compare": export.comparison(keys)}
    )


def test_what_a_cut_is_called() -> None:
    view = view_of(KEYS, cut_a=0, cut_b=10)
    cuts = [PAGE.option(f"cut_{side}").said(view.option(f"cut_{side}")) for side in "ab"]
    assert cuts == ["not cut", "character 10"]


def test_a_report_has_the_inputs_as_they_were_read(keys: Comparison) -> None:
    view = view_of((Text("It slept. It woke."), Text("It slept.", "It woke.")), text="It slept. It woke.")
    results = Results({"compare": keys}, frozenset({"compare"}))
    report = report_of(PAGE, view, results, snippet="", link=None, made=MADE, tokens_of=lambda _: tuple)
    assert report.inputs == (("A", "It slept. It woke."), ("B", "It slept."), ("Second segment of B", "It woke."))


@pytest.mark.parametrize("mode", [TEXTS, MODELS])
def test_what_the_snippet_prints_runs(
    by_word: WordComparison, found: Comparison, mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "\n".join(PAGE.prints(view_of(mode=mode, model_b="other")))
    exec(lines, {"compare": found, "WordComparison": WordComparison})
    assert capsys.readouterr().out.count("moved most:") == len(found)
    assert max(map(len, lines.splitlines())) <= 88
    if mode == MODELS:
        exec(lines, {"compare": by_word, "WordComparison": WordComparison})
        assert capsys.readouterr().out.count(": B - A ") == len(by_word)


# --- which is preferred ---


def said(found: Any, units: Units = "usual") -> str:
    answer = PAGE.answer(view_of(), Results({"compare": found}, frozenset({"compare"})), Look(LIGHT, units))
    assert answer is not None
    return answer.text


@pytest.mark.parametrize("units", FACTOR)
def test_the_preferred_side_is_the_one_of_the_larger_score(keys: Comparison, units: Units) -> None:
    a, b = keys.pll_nats
    better = "AB"[b > a]
    numbers_ = numbers(shown(keys, view_of(KEYS), units))
    for name, pll in (("A", a), ("B", b)):
        assert numbers_[f"Pseudo-log-likelihood of {name}"] == f"{pll:.2f} nats".replace("-", "−")
    assert said(keys, units).startswith(f"The head prefers {better} by {abs(b - a):.2f} nats: ")
    swapped = replace(keys, a=keys.b, b=keys.a)
    assert said(swapped, units).startswith(f"The head prefers {'BA'[b > a]} by {abs(b - a):.2f} nats: ")
    (scores,) = (each for each in shown(keys, view_of(KEYS), units) if getattr(each, "name", "") == "scores")
    assert scores.make()[f"PLL ({'bits' if units == 'bits' else 'nats'})"].tolist() == [a, b, b - a]


def test_equal_scores_prefer_neither_and_lengths_are_told(bundled: ModelBundle, keys: Comparison) -> None:
    near = replace(keys, b=keys.a)
    object.__setattr__(near, "kinds", ("substitution", *near.kinds[1:]))
    assert "same input" in said(near)
    shorter = ask(bundled, Compare(Text("The cat sat."), Text("The cat sat down there.")))
    n = [side.encoded.n_counted for side in (shorter.a, shorter.b)]
    assert f"The sums are over {n[0]} tokens of A and {n[1]} of B: longer texts have lower ones." in said(shorter)
    one = ask(bundled, Compare(Text("cat"), Text("The cat sat down there.")))
    assert f"The sums are over 1 token of A and {one.b.encoded.n_counted} of B" in said(one)
    assert "longer texts" not in said(keys)


# --- nothing differs ---


@pytest.mark.parametrize("reading", ["seen", "hidden"])
def test_equal_inputs_are_said_to_be_equal_and_no_axis_shows_noise(
    bundled: ModelBundle, reading: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    same = ask(bundled, Compare(A, A, reading))
    sections = shown(same, view_of((A, A), reading=reading))
    assert "one and the same input" in said(same)
    drawn = [each.name for each in charts(sections)]
    assert drawn == [f"pair-{farthest(same)}"]
    assert any("no word moved" in note for note in notes(list(flattened(sections))))
    assert any("both divergence and changes are 0" in note for note in notes(sections))
    exec("\n".join(PAGE.prints(view_of((A, A)))), {"compare": same, "WordComparison": WordComparison})
    assert capsys.readouterr().out.count("  moved most: nothing\n") == len(same)


def charts(sections: Sequence[Section]) -> list[Chart]:
    return [each for each in flattened(sections) if isinstance(each, Chart)]


def test_an_axis_that_may_be_all_zeros_has_a_least_range_that_is_told(
    found: Comparison, keys: Comparison, by_word: WordComparison
) -> None:
    for units in ("usual", "bits", "nats"):
        for each in (found, keys, by_word):
            texts = (A, B) if each is not by_word else (B, Text("Quiet men watched."))
            for chart in charts(shown(each, view_of(texts), units)):
                for name, axis in chart.figure.to_dict()["layout"].items():
                    if "axis" in name and "ticktext" not in axis:
                        assert "range" in axis or "include" in axis.get("autorangeoptions", {}), (chart.name, name)
                        assert "range" in axis or "at least" in chart.how, chart.name


@pytest.mark.parametrize("p", [0.9, 0.04, 0.0004])
def test_bars_fit_their_axis_and_no_number_stands_on_one(found: Comparison, p: float) -> None:
    pair = farthest(found)
    smaller = {
        side: replace(
            getattr(found, side),
            statistics=replace(
                getattr(found, side).statistics, top_p=getattr(found, side).statistics.top_p.clip(max=p)
            ),
        )
        for side in "ab"
    }
    chart = mirrored(replace(found, **smaller), pair, LIGHT)
    layout = chart.figure.to_dict()["layout"]
    low, high = layout["xaxis"]["range"]
    most = max(abs(x) for trace in traces(chart, "bar") for x in trace["x"])
    assert -low == high
    assert most <= high
    assert high <= max(0.05, 2.5 * most) * 1.02, "the bars fill their side"
    for each in (chart, movers(found, pair, LIGHT, "usual")):
        assert all("text" not in trace for trace in traces(each, "bar"))
        said_beside = each.figure.to_dict()["layout"]["yaxis2"]
        assert said_beside["side"] == "right"
        assert said_beside["overlaying"] == "y"


def test_what_is_abbreviated_is_explained_in_its_place(found: Comparison) -> None:
    strip, *_ = shown(found, view_of())
    assert "JS, between them, is the Jensen-Shannon divergence" in strip.how
    assert not any(" JS" in f" {name}" and "divergence" not in name for name in numbers(shown(found, view_of())))
