"""The figures of a comparison: margins, logits and effects are the result's, in the unit of the switch."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.types import SegmentationComparison
from dashboard.drawing.palette import Palette, palette
from dashboard.glossary import Units, p_text, signed
from dashboard.pages.next_sentence import figures as nsp
from dashboard.pages.next_sentence.rows import TITLES
from tests.dashboard import made
from tests.dashboard.figures import assert_sound, drawn, traces

LIGHT = palette("light")
FACTOR = {"usual": 1.0, "bits": 1 / math.log(2)}
UNIT = {"usual": "nats", "bits": "bits"}
P_TICKS = ["0.00001", "0.001", "0.01", "0.1", "0.5", "0.9", "0.99", "0.999", "0.99999"]

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


def titles(comparison: SegmentationComparison) -> list[str]:
    return [TITLES[variant.name].title for variant in comparison.variants]


@pytest.mark.parametrize("units", UNIT)
def test_the_margins_are_drawn_as_they_are(comparison: SegmentationComparison, units: Units, colours: Palette) -> None:
    chart = nsp.margins(comparison, colours, units)
    assert_sound(chart, comparison.provenance)
    answers = [variant.nsp for variant in comparison.variants]
    margins = [FACTOR[units] * answer.margin_nats for answer in answers]
    *stems, dots, carrier = traces(chart, "scatter")
    assert [stem["y"] for stem in stems] == [[title, title] for title in titles(comparison)]
    for stem, margin in zip(stems, margins, strict=True):
        assert stem["x"] == [0, pytest.approx(margin)]
    assert dots["y"] == titles(comparison)
    assert dots["x"] == pytest.approx(margins)
    assert dots["text"] == [signed(margin) for margin in margins]
    assert dots["customdata"] == [p_text(answer.p_is_next, answer.p_not_next) for answer in answers]
    # Colour is not alone: the shape says the same.
    expected = [("circle", colours.is_next) if m > 0 else ("diamond", colours.not_next) for m in margins]
    assert list(zip(dots["marker"]["symbol"], dots["marker"]["color"], strict=True)) == expected
    assert carrier["x"] == [None]
    assert f" ({UNIT[units]}) " in drawn(chart)["layout"]["xaxis"]["title"]["text"]
    assert f"variants in {UNIT[units]}." in chart.alt


@pytest.mark.parametrize("units", UNIT)
def test_the_axis_of_probabilities_lies_over_that_of_margins(comparison: SegmentationComparison, units: Units) -> None:
    chart = nsp.margins(comparison, LIGHT, units)
    layout = drawn(chart)["layout"]
    low, high = layout["xaxis"]["range"]
    assert layout["xaxis2"]["range"] == [low, high]
    assert low == -high
    *_, dots, _ = traces(chart, "scatter")
    assert all(low < margin < high for margin in dots["x"])
    ticks = dict(zip(layout["xaxis2"]["ticktext"], layout["xaxis2"]["tickvals"], strict=True))
    for text, at in ticks.items():
        p = float(text)
        assert at == pytest.approx(FACTOR[units] * math.log(p / (1 - p)), abs=1e-9)
    assert list(ticks) == [text for text in P_TICKS if text in ticks]
    assert set(P_TICKS[1:-1]) <= set(ticks)
    reach = FACTOR[units] * math.log(0.99999 / 0.00001)
    assert ("0.99999" in ticks) == ("0.00001" in ticks) == (reach <= high)


@pytest.mark.parametrize("units", UNIT)
def test_the_table_of_variants(comparison: SegmentationComparison, units: Units) -> None:
    table = nsp.margins(comparison, LIGHT, units).table
    answers = [variant.nsp for variant in comparison.variants]
    assert table["variant"].tolist() == titles(comparison)
    assert table["logit IsNext"].tolist() == [answer.logit_is_next for answer in answers]
    assert table["logit NotNext"].tolist() == [answer.logit_not_next for answer in answers]
    assert table["P(IsNext)"].tolist() == [answer.p_is_next for answer in answers]
    assert table["tokens"].tolist() == [len(variant.encoded) for variant in comparison.variants]
    np.testing.assert_allclose(
        table[f"margin ({UNIT[units]})"], [FACTOR[units] * answer.margin_nats for answer in answers]
    )


def test_the_logits_are_drawn_as_they_are(comparison: SegmentationComparison, colours: Palette) -> None:
    chart = nsp.logits(comparison, colours)
    assert_sound(chart, comparison.provenance)
    is_next, not_next = traces(chart, "bar")
    assert is_next["x"] == [variant.nsp.logit_is_next for variant in comparison.variants]
    assert not_next["x"] == [variant.nsp.logit_not_next for variant in comparison.variants]
    for bars, name, colour in ((is_next, "IsNext, z0", colours.is_next), (not_next, "NotNext, z1", colours.not_next)):
        assert (bars["name"], bars["marker"]["color"], bars["y"]) == (name, colour, titles(comparison))
        assert bars["text"] == [signed(logit) for logit in bars["x"]]
    assert is_next["marker"]["pattern"]["shape"] != not_next["marker"]["pattern"]["shape"], "not by colour alone"
    low, high = drawn(chart)["layout"]["xaxis"]["range"]
    assert all(low < logit < high for logit in is_next["x"] + not_next["x"])


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


def test_the_alts_say_the_correct_pairs_numbers() -> None:
    comparison = CASES["all kinds"]
    assert "has +6.68 nats, the same words in one segment +1.66 nats." in nsp.margins(comparison, LIGHT, "usual").alt
    assert "has +9.64 bits, the same words in one segment +2.39 bits." in nsp.margins(comparison, LIGHT, "bits").alt
    assert "has +3.34 and −3.34." in nsp.logits(comparison, LIGHT).alt
    assert (
        "by +3.76 nats, the segment ids by +1.26 nats, together +5.02 nats"
        in nsp.effects(comparison, LIGHT, "usual").alt
    )
