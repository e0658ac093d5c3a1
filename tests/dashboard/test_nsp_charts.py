"""The table and the figure of a comparison: logits, margins and effects are the result's, in the unit of the switch."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.types import NextSentence, SegmentationComparison
from dashboard.drawing.palette import Palette, palette
from dashboard.glossary import Units, p_text, signed
from dashboard.pages.next_sentence import figures as nsp
from dashboard.pages.next_sentence.among import better_than, control_table
from dashboard.pages.next_sentence.rows import TITLES, variant_rows, variant_table
from tests.analysis.stand_ins import assert_rejects
from tests.dashboard import made
from tests.dashboard.figures import assert_sound, drawn, traces

LIGHT = palette("light")
FACTOR = {"usual": 1.0, "bits": 1 / math.log(2)}
UNIT = {"usual": "nats", "bits": "bits"}

SEVEN = made.comparison()
CASES = {
    "all kinds": made.comparison(),
    "all zero": made.comparison([0.0] * 8),
    "huge": made.comparison([800.0, -800, 3, 2, 1, 0, -1, -2]),
    "no wrong boundary": replace(SEVEN, variants=SEVEN.variants[:-1]),
}


@pytest.fixture(params=[*CASES, "the notebook's pair"])
def comparison(request: pytest.FixtureRequest, notebook_pair: SegmentationComparison) -> SegmentationComparison:
    return CASES.get(request.param, notebook_pair)


def nsp_of(comparison: SegmentationComparison) -> dict[str, NextSentence]:
    """The variants by their titles, in the order of the rows."""
    first, *rest = sorted(comparison.variants, key=lambda each: each.name != "correct")
    return {TITLES[each.name].title: each.nsp for each in (first, *rest)}


def number(text: str) -> float:
    return float(text.split(maxsplit=1)[0].replace("−", "-"))


def check_rows(drawn: dict[str, Any], answers: dict[str, NextSentence], units: Units) -> None:
    """One row per variant, the correct pair first and set off, its numbers the head's and its dot where they say."""
    rows = [row for row in drawn["rows"] if row["at"] is not None]
    assert [row["title"] for row in rows] == list(answers)
    assert [row["first"] for row in rows] == [True] + [False] * (len(rows) - 1)
    high = number(drawn["axis"]["high"])
    assert number(drawn["axis"]["low"]) == -high, "symmetric about 0"
    assert high > 0
    for row, answer in zip(rows, answers.values(), strict=True):
        margin = FACTOR[units] * answer.margin_nats
        assert row["margin"] == f"{signed(margin)} {UNIT[units]}"
        assert row["at"] == pytest.approx(50 * (1 + margin / high), abs=0.02), "the same axis in all rows"
        assert 0 <= row["at"] <= 100
        assert (row["z0"], row["z1"]) == (signed(answer.logit_is_next), signed(answer.logit_not_next))
        assert row["next"] == (answer.margin_nats > 0)
        assert row["p"] == f"P({drawn['axis']['yes']}) {p_text(answer.p_is_next, answer.p_not_next)}"
        assert row["verdict"] == (drawn["axis"]["yes"] if answer.margin_nats > 0 else drawn["axis"]["no"])


def test_every_row_has_its_numbers_and_its_dot(
    subtests: pytest.Subtests, comparison: SegmentationComparison, colours: Palette
) -> None:
    for units, unit in UNIT.items():
        with subtests.test(units=units):
            drawn_rows = variant_rows(comparison, None, colours, units, None)
            check_rows(drawn_rows, nsp_of(comparison), units)
            assert (drawn_rows["axis"]["unit"], drawn_rows["is_next"]) == (unit, colours.is_next)


def test_rows_that_say_something_else_are_found_out() -> None:
    right = variant_rows(SEVEN, None, LIGHT, "usual", None)
    first, *rest = right["rows"]
    for wrong in (
        right | {"rows": [*rest, first]},
        right | {"rows": [first | {"at": 100 - first["at"]}, *rest]},
        right | {"rows": [first | {"z0": first["z1"]}, *rest]},
        right | {"axis": right["axis"] | {"low": "−1"}},
    ):
        assert_rejects(check_rows, wrong, nsp_of(SEVEN), "usual")


def test_the_axis_does_not_make_much_of_little() -> None:
    """A pair of logits that hardly differ has its dot near 0; the largest margin lies inside the axis all the same."""
    for margins, most in (([0.3] * 8, 53), ([800.0, -800, 3, 2, 1, 0, -1, -2], 100)):
        rows = variant_rows(made.comparison(margins), None, LIGHT, "usual", None)["rows"]
        assert max(row["at"] for row in rows) <= most


@pytest.mark.parametrize("units", UNIT)
def test_controls_have_a_row_of_marks_on_the_same_axis(units: Units) -> None:
    among = made.among([-7.5, -1.0, 0.25, 9.5], pair=SEVEN["correct"].nsp)
    drawn_rows = variant_rows(SEVEN, among, LIGHT, units, None)
    check_rows(drawn_rows, nsp_of(SEVEN), units)
    row = drawn_rows["rows"][1]
    high = number(drawn_rows["axis"]["high"])
    margins = [FACTOR[units] * margin for margin in (-7.5, -1.0, 0.25, 9.5)]
    assert row["marks"] == pytest.approx([50 * (1 + margin / high) for margin in margins], abs=0.02)
    assert all(0 <= mark <= 100 for mark in row["marks"])
    assert (row["title"], row["margin"], row["p"]) == ("4 controls", "more than 75 %", "of 4 controls")
    assert [cell["more"] for cell in row["tokens"] if "more" in cell] == ["a sentence of another text"]
    assert {cell.get("segment") for cell in row["tokens"]} == {0, 1, None}
    table = control_table(among, units)
    assert table["control"].tolist() == list(among.controls)
    assert table[f"margin ({UNIT[units]})"].tolist() == pytest.approx(margins)
    assert table["below the pair"].tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    ("margins", "said"),
    [
        ([1, 2, 3], "more than all"),
        ([7, 8, 9], "more than none"),
        ([1, 2, 9], "more than 67 %"),
        ([1, math.nan, 2], ""),
    ],
)
def test_how_usual_a_margin_is_in_words(margins: list[float], said: str) -> None:
    assert better_than(made.among(margins, pair=SEVEN["correct"].nsp)) == said


def test_the_row_of_controls_stands_there_before_they_do() -> None:
    """So that nothing moves when they come."""
    before = variant_rows(SEVEN, None, LIGHT, "usual", None, 3)["rows"]
    after = variant_rows(SEVEN, made.among([1.0] * 3, pair=SEVEN["correct"].nsp), LIGHT, "usual", None, 3)["rows"]
    assert [row["title"] for row in before] == [row["title"] for row in after]
    row = before[1]
    assert (row["title"], row["margin"], row["p"], row["marks"], row["at"]) == ("3 controls", "…", "", [], None)
    assert [row["tokens"] for row in before] == [row["tokens"] for row in after]


def test_of_controls_under_way_those_are_marked_that_have_come() -> None:
    among = made.among([1.0, math.nan, 2.0], pair=SEVEN["correct"].nsp)
    row = variant_rows(SEVEN, among, LIGHT, "usual", None)["rows"][1]
    assert (len(row["marks"]), row["margin"], row["p"]) == (2, "…", "")


@pytest.mark.parametrize("units", UNIT)
def test_the_table_of_variants(comparison: SegmentationComparison, units: Units) -> None:
    table, found = variant_table(comparison, units), nsp_of(comparison)
    answers = list(found.values())
    assert table["variant"].tolist() == list(found)
    assert table["logit IsNext"].tolist() == [answer.logit_is_next for answer in answers]
    assert table["logit NotNext"].tolist() == [answer.logit_not_next for answer in answers]
    assert table["P(IsNext)"].tolist() == [answer.p_is_next for answer in answers]
    assert set(table["tokens"]) == {len(variant.encoded) for variant in comparison.variants}
    np.testing.assert_allclose(
        table[f"margin ({UNIT[units]})"], [FACTOR[units] * answer.margin_nats for answer in answers]
    )


@pytest.mark.parametrize("units", UNIT)
def test_the_effects_add_up(comparison: SegmentationComparison, units: Units) -> None:
    chart = nsp.effects(comparison, LIGHT, units)
    assert_sound(chart, comparison.provenance)
    found = comparison.effects
    nats = [found.separator_nats, found.segment_ids_nats, found.together_nats, found.interaction_nats]
    (bars,) = traces(chart, "bar")
    assert bars["x"] == pytest.approx([FACTOR[units] * effect for effect in nats])
    separator, segment_ids, together, _ = bars["x"]
    assert bars["base"] == pytest.approx([0, separator, 0, 0])
    assert separator + segment_ids == pytest.approx(together, abs=1e-6)
    assert bars["text"] == [signed(FACTOR[units] * effect) for effect in nats]
    rows = bars["y"]
    assert rows[3] - rows[2] > rows[1] - rows[0], "the interaction stands apart"
    assert drawn(chart)["layout"]["yaxis"]["ticktext"] == ["separator", "segment ids", "together", "interaction"]
    assert chart.table["effect"].tolist() == ["separator", "segment ids", "together", "interaction"]
    assert chart.table[f"change of the margin ({UNIT[units]})"].tolist() == bars["x"]
    low, high = drawn(chart)["layout"]["xaxis"]["range"]
    ends = [base + effect for base, effect in zip(bars["base"], bars["x"], strict=True)]
    assert low < min(0, *ends)
    assert max(0, *ends) < high


def test_the_alt_says_the_effects() -> None:
    assert (
        "by +3.76 nats, the segment ids by +1.26 nats, together +5.02 nats"
        in nsp.effects(CASES["all kinds"], LIGHT, "usual").alt
    )
