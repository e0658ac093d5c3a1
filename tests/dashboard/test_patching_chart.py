"""The figure of patches and the sentence over it: the result's numbers, in the unit of the switch, as far as it is."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis import load_bundle
from analysis.models.bundle import ModelBundle
from analysis.questions import Patch, Text
from analysis.task import WHOLE
from analysis.tasks.patching import PATCH, patch_states
from analysis.types import Notices, Patching
from dashboard.drawing.palette import Palette, contrast, palette
from dashboard.glossary import Units, signed
from dashboard.pages.layers.patching import PATCHED, SEES_ITSELF, patch_grid, patched, where_it_sits
from dashboard.sections import Chart, Note, Sentence
from tests.dashboard import made
from tests.dashboard.figures import assert_line_axes, assert_sound, drawn, heatmap_spans, shown, traces

KEY, KEYS = Text("The key to the cabinets [MASK] on the table."), Text("The keys to the cabinets [MASK] on the table.")
LIGHT = palette("light")
FACTOR = {"usual": 1.0, "bits": 1 / math.log(2)}


@pytest.fixture(scope="module")
def keys(bundled: ModelBundle) -> Patching:
    return patch_states(bundled, KEY, KEYS, target="6=are")


@pytest.fixture(scope="module")
def margin(bundled: ModelBundle) -> Patching:
    return patch_states(
        bundled, Text("She opened the door.", "It was dark."), Text("She opened the door.", "It was red.")
    )


@pytest.fixture(scope="module")
def long(checkpoint_folder: Callable[..., Path]) -> Patching:
    tiny = load_bundle(str(checkpoint_folder("tiny_bert")))
    words = "the cat sat on the mat and a dog was dark " * 7
    return patch_states(tiny, Text(f"{words} the cat"), Text(f"{words} the dog"))


def cells(chart: Chart) -> np.ndarray:
    """What the heatmaps hold, line after line: [L + 1, T + 2]."""
    return np.column_stack([np.array(trace["z"], float) for trace in traces(chart, "heatmap")])


@pytest.mark.parametrize("units", FACTOR)
@pytest.mark.parametrize("name", ["keys", "margin", "long"])
def test_every_cell_is_the_result_s(request: pytest.FixtureRequest, name: str, units: Units) -> None:
    found: Patching = request.getfixturevalue(name)
    chart = patch_grid(found, LIGHT, units)
    assert_sound(chart, found.provenance)
    length, drawn_cells = len(found.a), cells(chart)
    np.testing.assert_allclose(drawn_cells[:, :length], found.effect_nats * FACTOR[units], rtol=1e-5, atol=1e-7)
    assert np.isnan(drawn_cells[:, length]).all(), "the column of all stands apart"
    np.testing.assert_allclose(drawn_cells[:, length + 1], found.difference_nats * FACTOR[units], rtol=1e-5)
    axis = drawn(chart)["layout"]["coloraxis"]
    assert axis["cmax"] == -axis["cmin"] == pytest.approx(max(0.1, np.nanmax(np.abs(drawn_cells))))
    assert f"{signed(axis['cmin'])} and {signed(axis['cmax'])} {'bits' if units == 'bits' else 'nats'}" in chart.how
    table = chart.table
    assert len(table) == (found.n_layers + 1) * (length + 1)
    values = table[f"effect of the patch ({'bits' if units == 'bits' else 'nats'})"].to_numpy()
    np.testing.assert_allclose(values.reshape(-1, length + 1), np.delete(drawn_cells, length, 1), rtol=1e-5, atol=1e-7)
    assert table["position"].tolist()[: length + 1] == [*map(str, range(length)), "all"]


def test_the_tokens_of_both_stand_over_the_columns(keys: Patching) -> None:
    chart = patch_grid(keys, LIGHT, "usual")
    assert_line_axes(chart)
    layout = drawn(chart)["layout"]
    heads = [shown(text) for name in ("xaxis", "xaxis2") for text in layout[name]["ticktext"]]
    assert heads == [*keys.a.tokens, "", "all"]
    above = [
        (x, text)
        for trace in traces(chart, "scatter")
        for x, y, text in zip(trace["x"], trace["y"], trace["text"], strict=True)
        if y == keys.n_layers + 1
    ]
    assert above == [(2, "keys")]
    assert layout["yaxis"]["ticktext"] == [*map(str, range(7)), "in B"]
    assert chart.min_width == 70 * 7 + 110, "two lines of seven columns"
    (frame,) = layout["shapes"]
    assert (frame["x0"], frame["x1"], frame["xref"]) == (5.5, 6.5, "x")


def test_a_long_text_has_narrow_columns_and_both_tokens_upright(long: Patching) -> None:
    chart = patch_grid(long, LIGHT, "usual")
    assert_line_axes(chart)
    assert len(long.a) > 36
    assert len(heatmap_spans(chart)) == math.ceil((len(long.a) + 2) / 36)
    layout = drawn(chart)["layout"]
    heads = [text for name in ("xaxis", "xaxis2", "xaxis3") for text in layout.get(name, {"ticktext": []})["ticktext"]]
    (at,) = long.differing.nonzero()[0]
    assert heads[at] == "<b>cat → dog</b>"
    assert [head for head in heads if head.startswith("<b>")] == ["<b>cat → dog</b>", "<b>all</b>"]
    assert not traces(chart, "scatter")


def test_every_number_can_be_read_on_its_colour(keys: Patching, colours: Palette) -> None:
    chart = patch_grid(keys, colours, "usual")
    end, seen = drawn(chart)["layout"]["coloraxis"]["cmax"], 0
    values = cells(chart)
    for trace in traces(chart, "scatter"):
        for x, y, text, ink in zip(
            trace["x"], trace["y"], trace["text"], np.resize(trace["textfont"]["color"], len(trace["x"])), strict=True
        ):
            if y <= keys.n_layers:
                assert text == signed(values[y, x])
                assert contrast(str(ink), colours.leaning((values[y, x] + end) / (2 * end))) >= 4.5
                seen += 1
    assert seen == (np.abs(np.nan_to_num(values)) >= 0.05 * end).sum() > 10


def test_it_says_where_the_effect_sits(keys: Patching, margin: Patching) -> None:
    said = where_it_sits(keys, "usual").text
    assert keys.largest is not None
    layer, position = keys.largest
    assert said.startswith(f"From A to B ln p of “are” at position 6 changes by {signed(keys.difference_nats)} nats; ")
    turns = int((keys.peaks == 6).argmax())
    assert f"the one at position 2 (key → keys) moves it most up to layer {turns - 1}, " in said
    assert f"the one at position 6 ([MASK]) from layer {turns} on" in said
    share = f"{keys.share[layer, position] * 100:.0f} % of the difference"
    largest = signed(float(keys.effect_nats[layer, position]))
    assert said.endswith(f"lies after layer {layer} at position {position} (key → keys): {largest} nats, {share}.")
    assert where_it_sits(margin, "bits").text.startswith("From A to B the next-sentence margin changes by ")
    assert patch_grid(keys, LIGHT, "usual").alt.endswith(said)


def test_the_places_by_hand(keys: Patching) -> None:
    effect = np.zeros_like(keys.effect_nats)
    for layer, position in enumerate([2, 2, 4, 4, 6, 6, 6]):
        effect[layer, position] = -0.5
    said = where_it_sits(replace(keys, effect_nats=effect), "usual").text
    assert (
        "up to layer 1, the one at position 4 (the) in layers 2 to 3, the one at position 6 ([MASK]) from layer 4 on"
        in said
    )
    assert "largest effect lies after layer 1 at position 2 (key → keys): −0.50 nats" in said
    effect = effect.copy()
    effect[1, 2], effect[1, 5], effect[3, 4], effect[3, 7] = 0, -0.5, 0, -0.5
    said = where_it_sits(replace(keys, effect_nats=effect), "usual").text
    assert "of single states" not in said, "that it wanders is not told place by place"
    still = replace(keys, effect_nats=0 * effect, value_b_nats=keys.value_a_nats)
    assert where_it_sits(still, "usual").text == "From A to B ln p of “are” at position 6 changes by 0.00 nats."
    assert_sound(patch_grid(still, LIGHT, "usual"), still.provenance)


def test_the_caveat_stands_beside_the_figure(bundled: ModelBundle, keys: Patching) -> None:
    shown_of = {
        name: list(patched(found, LIGHT, "usual")) for name, found in (("masked", keys), ("seen", _seen(bundled)))
    }
    assert [type(each) for each in shown_of["masked"]] == [Sentence, Chart, Note]
    assert shown_of["masked"][-1] == Note(PATCHED)
    assert [each.text for each in shown_of["seen"] if isinstance(each, Note)] == [SEES_ITSELF, PATCHED]
    odd = replace(keys, notices_b=Notices(("Of 2 positions, 1 came out as [UNK].",)))
    assert Note("B: Of 2 positions, 1 came out as [UNK].", "notice") in list(patched(odd, LIGHT, "usual"))


def _seen(bundle: ModelBundle) -> Patching:
    return patch_states(bundle, Text("the cat sat down"), Text("the dog sat down"))


@pytest.mark.parametrize("done", [1, 2, 3, 6])
def test_patches_that_were_stopped_are_drawn(bundled: ModelBundle, done: int) -> None:
    models, question = (bundled,), Patch(KEY, KEYS, "6=are")
    plan = PATCH.plan(models, question)
    parts = [PATCH.read(models, plan, chunk) for chunk in PATCH.chunks(models, plan, WHOLE)[:done]]
    found = PATCH.assemble(models, plan, parts)
    chart = patch_grid(found, LIGHT, "usual")
    json.loads(chart.figure.to_json())
    assert "of single states" not in chart.alt
    assert ("so far" in chart.alt) == (done > 2)
    assert np.isnan(cells(chart)[:, 3]).sum() == (7 - 2) - max(0, done - 2)


def test_any_token_is_safe(keys: Patching) -> None:
    hostile = made.encoded([*made.HOSTILE, "א", "##b"])
    other = made.encoded([*made.HOSTILE[1:], "<i>", "ב", "##c"])
    for repeats in (1, 4):
        tokens = [made.encoded([*each.tokens[1:-1]] * repeats) for each in (hostile, other)]
        effect = np.full((7, len(tokens[0])), 0.25, np.float32)
        found = replace(keys, a=tokens[0], b=tokens[1], effect_nats=effect, token="<b>x</b>")
        assert_sound(patch_grid(found, LIGHT, "usual"), found.provenance)
