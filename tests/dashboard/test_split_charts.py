"""The curve of a sweep of splits: its numbers are the sweep's, in the unit of the switch, as far as it has come."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from analysis.choices import SplitContext
from analysis.models.bundle import ModelBundle
from analysis.questions import Splits
from analysis.tasks.splits import SPLITS, sweep_splits
from analysis.types import SplitSweep
from dashboard.drawing.chart import around
from dashboard.drawing.palette import Palette, palette
from dashboard.glossary import MARGIN, Units
from dashboard.pages.splits.figures import split_curve
from dashboard.sections import Chart
from tests.analysis.stand_ins import assert_rejects
from tests.dashboard.figures import assert_sound, drawn, traces

TEXT = "The cat sat on the mat. It <b>purred</b> loudly! Then it slept, and %{x} barked."
LIGHT = palette("light")
FACTOR = {"usual": 1.0, "bits": 1 / np.log(2)}


@pytest.fixture(scope="module")
def sweep(bundled: ModelBundle) -> SplitSweep:
    return sweep_splits(bundled, TEXT, unit="word", controls=3)


@pytest.mark.parametrize("units", FACTOR)
def test_the_curve_has_the_sweep_s_numbers(sweep: SplitSweep, units: Units) -> None:
    chart = split_curve([sweep], LIGHT, units)
    assert_sound(chart, sweep.provenance)
    (curve,) = [trace for trace in traces(chart, "scatter") if "customdata" in trace]
    np.testing.assert_allclose(curve["y"], sweep.margin_nats * FACTOR[units], rtol=1e-5)
    (bars,) = traces(chart, "bar")
    np.testing.assert_allclose(bars["y"], sweep.contrast_nats * FACTOR[units], rtol=1e-5)
    low, high = (np.array(trace["y"]) for trace in traces(chart, "scatter")[:2])
    np.testing.assert_allclose(low, sweep.control_margin_nats.min(axis=1) * FACTOR[units], rtol=1e-5)
    np.testing.assert_allclose(high, sweep.control_margin_nats.max(axis=1) * FACTOR[units], rtol=1e-5)
    assert [row[0] for row in curve["customdata"]] == list(range(len(sweep.boundaries))), "what a click hands on"
    rules = [shape["x0"] for shape in drawn(chart)["layout"]["shapes"]]
    assert rules == [number for number, boundary in enumerate(sweep.boundaries, start=1) if boundary.sentence]
    assert len(chart.table) == len(sweep.boundaries)


def test_a_side_of_0_has_its_colour_and_its_shape(sweep: SplitSweep, colours: Palette) -> None:
    z = np.where(np.arange(len(sweep.boundaries))[:, None] % 2, [1.0, -1.0], [-1.0, 1.0]).astype(np.float32)
    chart = split_curve([replace(sweep, z=z)], colours, "usual")
    (curve,) = [trace for trace in traces(chart, "scatter") if "customdata" in trace]
    marks = list(zip(curve["marker"]["symbol"], curve["marker"]["color"], strict=True))
    assert marks[:2] == [("diamond", colours.not_next), ("circle", colours.is_next)]
    assert set(marks) == set(marks[:2])


def test_a_curve_without_controls(bundled: ModelBundle) -> None:
    sweep = sweep_splits(bundled, TEXT, controls=0)
    chart = split_curve([sweep], LIGHT, "usual")
    assert_sound(chart, sweep.provenance)
    assert traces(chart, "bar") == []
    assert "controls" not in chart.how
    assert not [name for name in chart.table.columns if "control" in name or "contrast" in name]


def test_more_boundaries_take_more_room(bundled: ModelBundle) -> None:
    few, many = (
        split_curve([sweep_splits(bundled, text, unit="word", controls=0)], LIGHT, "usual")
        for text in ("A cat sat. It slept.", f"{TEXT} {TEXT}")
    )
    assert few.min_width == 320
    assert many.min_width > 400


@pytest.mark.parametrize("done", [0, 1, 8])
def test_a_sweep_that_was_stopped_is_drawn(bundled: ModelBundle, done: int) -> None:
    models = (bundled,)
    plan = SPLITS.plan(models, Splits(TEXT, unit="word", controls=2))
    parts = [SPLITS.read(models, plan, chunk) for chunk in SPLITS.chunks(models, plan, 1)[:done]]
    chart = split_curve([SPLITS.assemble(models, plan, parts)], LIGHT, "usual")
    json.loads(chart.figure.to_json())
    (curve,) = [trace for trace in traces(chart, "scatter") if "customdata" in trace]
    assert curve["connectgaps"], "what has come lies all over the text"
    assert len(chart.table) == len(plan.boundaries)


def test_the_band_of_a_single_boundary_can_be_seen(bundled: ModelBundle) -> None:
    chart = split_curve([sweep_splits(bundled, "A cat sat. It slept.", controls=3)], LIGHT, "usual")
    low, high = traces(chart, "scatter")[:2]
    assert low["x"][0] < 1 < low["x"][1]
    assert (len(low["y"]), len(high["y"])) == (2, 2)


@pytest.fixture(scope="module")
def both(bundled: ModelBundle) -> list[SplitSweep]:
    contexts: tuple[SplitContext, ...] = ("adjacent", "text")
    return [sweep_splits(bundled, TEXT, unit="word", context=context, controls=2) for context in contexts]


@pytest.mark.parametrize("units", FACTOR)
def test_two_sweeps_are_two_curves_and_not_by_colour_alone(both: list[SplitSweep], units: Units) -> None:
    chart = split_curve(both, LIGHT, units)
    assert_sound(chart, both[0].provenance)
    found = traces(chart, "scatter")
    curves, contrasts = found[:2], found[2:]
    for of, values in ((curves, "margin_nats"), (contrasts, "contrast_nats")):
        assert len(of) == 2
        assert len({trace["line"]["dash"] for trace in of}) == 2, "told apart by their lines"
        for trace, sweep in zip(of, both, strict=True):
            np.testing.assert_allclose(trace["y"], getattr(sweep, values) * FACTOR[units], rtol=1e-5)
    assert [trace["name"] for trace in curves] == ["adjacent sentences", "the whole text"]
    shapes = [{symbol.endswith("-open") for symbol in trace["marker"]["symbol"]} for trace in curves]
    assert shapes == [{False}, {True}], "and by their marks"
    assert drawn(chart)["layout"]["showlegend"]
    assert "solid line has adjacent sentences" in chart.how
    assert "dashed line has the whole text" in chart.how
    for sweep, side in zip(both, ("adjacent sentences", "the whole text"), strict=True):
        names = [name for name in chart.table.columns if name.startswith(f"{side}: ")]
        assert len(names) == 3 + len(sweep.controls) + 1, "both logits, margin, controls, contrast"
        margins = chart.table[f"{side}: {MARGIN.axis(units)}"]
        np.testing.assert_allclose(margins, sweep.margin_nats * FACTOR[units], rtol=1e-5)


def test_where_a_sentence_begins_its_word_is_bold(sweep: SplitSweep) -> None:
    ticks = drawn(split_curve([sweep], LIGHT, "usual"))["layout"]["xaxis"]
    for at, word in zip(ticks["tickvals"], ticks["ticktext"], strict=True):
        assert word.startswith("<b>") == sweep.boundaries[at - 1].sentence


def check_apart(chart: Chart) -> None:
    """A tick is one line high and a mark has its column, however many boundaries there are."""
    ticks = drawn(chart)["layout"]["xaxis"]
    first, last = ticks["range"]
    plot = chart.min_width - 110
    column = plot / (last - first)
    assert column * min(np.diff(ticks["tickvals"]), default=99) >= 12.5, "labels of 11 pixels, upright"
    for curve in traces(chart, "scatter"):
        if isinstance(curve.get("marker", {}).get("size"), list):
            sizes = curve["marker"]["size"]
            assert all((one + other) / 2 < column for one, other in pairwise(sizes)), "beside each other"


@pytest.mark.parametrize("sentences", [2, 40])
def test_neither_labels_nor_marks_overlap(bundled: ModelBundle, sentences: int) -> None:
    text = " ".join(f"Cat {number} sat." for number in range(sentences))
    sweep = sweep_splits(bundled, text, unit="word", context="adjacent", controls=0)
    chart = split_curve([sweep], LIGHT, "usual")
    check_apart(chart)
    if sentences > 2:
        assert_rejects(check_apart, replace(chart, min_width=320))


def test_what_stands_around_a_cut() -> None:
    text = "one  two\nthree " + "four " * 20
    assert around(text, text.index("three")) == "one two | three four four four four f…"
    assert around(text, len(text) - 5).startswith("…")
