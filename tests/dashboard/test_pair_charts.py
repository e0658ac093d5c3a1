"""The figures of a matrix of pairs: their numbers are the matrix', in the unit of the switch, as far as it has come."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.models.bundle import ModelBundle
from analysis.questions import Pairs
from analysis.tasks.pairs import PAIRS, pair_matrix
from analysis.types import PairMatrix
from dashboard.drawing.palette import Palette, contrast, palette
from dashboard.glossary import Units, signed
from dashboard.pages.pairs.figures import control_strip, order_table, pair_heatmap, printed_orders
from dashboard.sections import Chart
from tests.analysis.stand_ins import assert_rejects
from tests.dashboard.figures import assert_sound, drawn, traces

SENTENCES = ("The cat sat.", "It <b>purred</b>!", "Then it slept &amp; woke.", "Nobody came.")
LIGHT = palette("light")
FACTOR = {"usual": 1.0, "bits": 1 / np.log(2)}


@pytest.fixture(scope="module")
def matrix(bundled: ModelBundle) -> PairMatrix:
    return pair_matrix(bundled, SENTENCES, controls=4)


@pytest.mark.parametrize("units", FACTOR)
def test_the_matrix_has_its_margins(matrix: PairMatrix, units: Units) -> None:
    for effect, values in ((False, matrix.margin_nats), (True, matrix.order_effect_nats)):
        chart = pair_heatmap(matrix, LIGHT, units, order_effect=effect)
        assert_sound(chart, matrix.provenance)
        (heat,) = traces(chart, "heatmap")
        np.testing.assert_allclose(np.array(heat["z"], float), values * FACTOR[units], rtol=1e-5)
        frames = [(shape["x0"], shape["y0"]) for shape in drawn(chart)["layout"]["shapes"]]
        assert frames == [(1.5, 0.5), (2.5, 1.5), (3.5, 2.5)], "column i + 1 of row i"
        assert drawn(chart)["layout"]["yaxis"]["ticklabelstandoff"] >= 4, "no label touches a cell"
        printed = sum(len(trace["text"]) for trace in traces(chart, "scatter"))
        assert printed == 12
        assert len(chart.table) == 12


def check_scale(charts: list[Chart], values: list[np.ndarray]) -> None:
    """The scale fits what is drawn, is symmetric about 0, the same in all matrices of the page, and stated."""
    largest = max(float(np.nanmax(np.abs(each))) for each in values)
    for chart in charts:
        axis = drawn(chart)["layout"]["coloraxis"]
        assert axis["cmax"] == pytest.approx(largest, rel=1e-5)
        assert axis["cmin"] == -axis["cmax"]
        ticks = dict(zip(axis["colorbar"]["tickvals"], axis["colorbar"]["ticktext"], strict=True))
        assert float(ticks[axis["cmax"]]) == pytest.approx(axis["cmax"], abs=0.005)
        assert f"from {signed(axis['cmin'])} to {signed(axis['cmax'])}" in chart.how


@pytest.mark.parametrize("units", FACTOR)
@pytest.mark.parametrize("times", [0.2, 1.0, 7.0])
def test_both_matrices_have_one_scale_that_fits(matrix: PairMatrix, units: Units, times: float) -> None:
    found = replace(matrix, z=(matrix.z * times).astype(np.float32))
    values = [each * FACTOR[units] for each in (found.margin_nats, found.order_effect_nats)]
    charts = [pair_heatmap(found, LIGHT, units, order_effect=effect) for effect in (False, True)]
    check_scale(charts, values)
    wider = pair_heatmap(replace(found, z=found.z * 2), LIGHT, units)
    assert_rejects(check_scale, [wider, charts[1]], values)


def test_every_number_can_be_read_on_its_colour(matrix: PairMatrix, colours: Palette) -> None:
    chart = pair_heatmap(matrix, colours, "usual")
    for trace in traces(chart, "scatter"):
        for x, y, ink in zip(trace["x"], trace["y"], trace["textfont"]["color"], strict=True):
            value, end = float(matrix.margin_nats[y - 1, x - 1]), drawn(chart)["layout"]["coloraxis"]["cmax"]
            ground = colours.leaning((value + end) / (2 * end))
            assert contrast(ink, ground) >= 4.5


def test_a_pair_among_its_controls(matrix: PairMatrix) -> None:
    chart = control_strip(matrix, 1, 2, LIGHT, "usual")
    assert_sound(chart, matrix.provenance)
    controls, others, own = (trace["x"] for trace in traces(chart, "scatter"))
    np.testing.assert_allclose(controls, matrix.control_margin_nats[1], rtol=1e-6)
    np.testing.assert_allclose(others, matrix.margin_nats[1, [0, 3]], rtol=1e-6)
    np.testing.assert_allclose(own, [matrix.margin_nats[1, 2]], rtol=1e-6)
    assert f"above {matrix.percentile(1, 2):.0%} of the controls" in chart.alt
    assert chart.table["second"].tolist() == [*matrix.controls, SENTENCES[0], SENTENCES[3], SENTENCES[2]]
    assert (chart.name, chart.place) == ("pair-2-3", "pair")


def test_orders_as_a_table(matrix: PairMatrix) -> None:
    table, printed = order_table(matrix, "bits"), printed_orders(matrix, "bits")
    given = table[table[""] == "as given"]
    assert given["rank"].tolist() == [matrix.true_order_rank]
    assert given["order"].tolist() == ["1 → 2 → 3 → 4"]
    totals = [each.total_nats / np.log(2) for each in matrix.best_orders]
    assert table["sum of margins (bits)"][:5].tolist() == pytest.approx(totals)
    assert printed["sum of margins (bits)"][:5].tolist() == [signed(total) for total in totals]


@pytest.mark.parametrize("done", [0, 5, 12, 14])
def test_a_matrix_that_was_stopped_is_drawn(bundled: ModelBundle, done: int) -> None:
    models = (bundled,)
    plan = PAIRS.plan(models, Pairs(SENTENCES, controls=2))
    parts = [PAIRS.read(models, plan, (number, number + 1)) for number in range(done)]
    found = PAIRS.assemble(models, plan, parts)
    for chart in (pair_heatmap(found, LIGHT, "usual"), control_strip(found, 3, 0, LIGHT, "usual")):
        json.loads(chart.figure.to_json())
    assert ("mean over true successors" in pair_heatmap(found, LIGHT, "usual").alt) == (done >= 12)
