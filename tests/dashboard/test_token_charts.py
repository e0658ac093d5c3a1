"""The figures of a reading: their numbers are the reading's, on scales that never mix units, with any token in them."""

import math

import numpy as np
import pytest

from analysis.types import SeenReading
from dashboard.charts import tokens
from dashboard.charts.palette import Palette, contrast, palette
from dashboard.glossary import UNITS, Units, p_text, rank_text
from tests.dashboard import made
from tests.dashboard.figures import assert_sound, drawn, shown, traces

LONG = [f"t{i}" for i in range(510)]
CASES = {
    "one token": made.reading(["cat"]),
    "k = 1": made.reading(k=1),
    "k = 50": made.reading(k=50),
    "a pair": made.reading(["the", "cat", "sat", "down"], second_from=2),
    "hostile tokens": made.reading(made.HOSTILE, k=20, seed=1),
    "special tokens typed": made.reading(["a", "[SEP]", "[CLS]", "[PAD]", "[MASK]", "[UNK]"]),
    "25 positions": made.reading(LONG[:23]),
    "73 positions": made.reading(LONG[:71]),
    "512 positions": made.reading(LONG),
    "512 positions, k = 50": made.reading(LONG, k=50),
}
LIGHT = palette("light")
SCALE_BITS = 12
FACTOR = {"usual": 1.0, "bits": 1.0, "nats": math.log(2)}


@pytest.fixture(params=[*CASES, "the notebook's text"])
def reading(request: pytest.FixtureRequest, notebook_reading: SeenReading) -> SeenReading:
    return CASES.get(request.param, notebook_reading)


def n(reading: SeenReading) -> int:
    return len(reading.encoded)


@pytest.mark.parametrize("units", UNITS)
def test_the_heatmap_draws_the_readings_numbers(reading: SeenReading, units: Units) -> None:
    chart = tokens.entropy_heatmap(reading, LIGHT, units)
    assert_sound(chart, reading.provenance)
    unit = "nats" if units == "nats" else "bits"
    is_mask = np.array([token == "[MASK]" for token in reading.encoded.tokens])
    entropy = np.where(reading.encoded.outside & ~is_mask, np.nan, reading.statistics.entropy_bits)
    surprisal = np.where(reading.encoded.outside, np.nan, reading.statistics.surprisal_bits)
    table = chart.table
    assert table["token"].tolist() == list(reading.encoded.tokens)
    for column, bits in ((f"entropy ({unit})", entropy), (f"surprisal ({unit})", surprisal)):
        if unit == "bits":
            np.testing.assert_array_equal(table[column].to_numpy(np.float32), bits.astype(np.float32))
        else:
            np.testing.assert_allclose(table[column], bits * math.log(2), rtol=1e-6)
    z = np.concatenate([np.asarray(trace["z"], float) for trace in traces(chart, "heatmap")], axis=1)
    np.testing.assert_allclose(z, [table[f"entropy ({unit})"], table[f"surprisal ({unit})"]], rtol=1e-6)


@pytest.mark.parametrize("units", UNITS)
def test_the_heatmap_has_one_fixed_scale_in_one_unit(reading: SeenReading, units: Units) -> None:
    chart = tokens.entropy_heatmap(reading, LIGHT, units)
    layout = drawn(chart)["layout"]
    assert [key for key in layout if key.startswith("coloraxis")] == ["coloraxis"]
    scale = layout["coloraxis"]
    assert (scale["cmin"], scale["cmax"]) == (0, pytest.approx(SCALE_BITS * FACTOR[units]))
    assert scale["colorbar"]["title"]["text"] == ("nats" if units == "nats" else "bits")
    assert {trace["coloraxis"] for trace in traces(chart, "heatmap")} == {"coloraxis"}
    assert not any("zmin" in trace or "colorscale" in trace for trace in traces(chart, "heatmap"))
    clipped = bool((np.nan_to_num(chart.table.iloc[:, 2:].to_numpy(float)) > scale["cmax"]).any())
    assert scale["colorbar"]["ticktext"][-1].startswith("≥ ") == clipped


def test_what_lies_beyond_the_scale_is_marked_as_clipped() -> None:
    reading = CASES["512 positions"]
    assert (reading.statistics.surprisal_bits > SCALE_BITS).any()
    ticks = drawn(tokens.entropy_heatmap(reading, LIGHT, "usual"))["layout"]["coloraxis"]["colorbar"]
    assert dict(zip(ticks["tickvals"], ticks["ticktext"], strict=True)) == {0: "0", 4: "4", 8: "8", 12: "≥ 12"}


@pytest.mark.parametrize("units", UNITS)
def test_a_fitted_scale_ends_at_the_largest_value_of_both_rows(reading: SeenReading, units: Units) -> None:
    chart = tokens.entropy_heatmap(reading, LIGHT, units, fit=True)
    scale = drawn(chart)["layout"]["coloraxis"]
    largest = float(np.nanmax(chart.table.iloc[:, 2:].to_numpy(float)))
    assert (scale["cmin"], scale["cmax"]) == (0, pytest.approx(max(largest, 0.1), rel=1e-6))
    assert not any(text.startswith("≥") for text in scale["colorbar"]["ticktext"])
    assert f"0 to {scale['cmax']:.3g} " in chart.how


def test_the_alt_names_the_least_certain_position(reading: SeenReading) -> None:
    chart = tokens.entropy_heatmap(reading, LIGHT, "usual")
    entropy = chart.table["entropy (bits)"]
    peak = int(entropy.idxmax())
    assert f"position {peak} ({reading.encoded.tokens[peak]}): {entropy[peak]:.2f} bits." in chart.alt
    assert f"at {n(reading)} positions" in chart.alt


def spans(chart: tokens.Chart) -> list[tuple[int, int]]:
    """First and last position of each line, read off the heatmaps."""
    lines = [trace["x"] for trace in traces(chart, "heatmap")]
    assert all(line == list(range(line[0], line[-1] + 1)) for line in lines)
    return [(line[0], line[-1]) for line in lines]


@pytest.mark.parametrize("length", [3, 14, 24, 25, 26, 49, 62, 72, 73, 100, 385, 512])
def test_the_heatmaps_lines_cover_every_position_once(length: int) -> None:
    chart = tokens.entropy_heatmap(made.reading(LONG[: length - 2]), LIGHT, "usual")
    most = tokens.HEATMAP_COLUMNS if length <= tokens.LONG_TEXT else 2 * tokens.HEATMAP_COLUMNS
    assert_lines(spans(chart), 0, length, most)
    assert_axes(chart)


@pytest.mark.parametrize(
    ("first", "last"), [(0, 3), (0, 12), (5, 17), (0, 13), (0, 62), (7, 140), (500, 512), (0, 512)]
)
def test_the_maps_lines_cover_every_position_once(first: int, last: int) -> None:
    chart = tokens.top_k_map(CASES["512 positions"], LIGHT, (first, last))
    assert_lines(spans(chart), first, last, tokens.MAP_COLUMNS)
    assert_axes(chart)
    assert tokens.map_width((first, last)) == tokens.map_width((0, min(last - first, tokens.MAP_COLUMNS)))
    assert f"positions {first} to {last - 1}" in chart.alt


def assert_lines(lines: list[tuple[int, int]], first: int, last: int, most: int) -> None:
    assert [position for start, stop in lines for position in range(start, stop + 1)] == list(range(first, last))
    lengths = [stop - start + 1 for start, stop in lines]
    assert max(lengths) <= most
    assert max(lengths) - min(lengths) <= 1
    assert len(lines) == math.ceil((last - first) / most), "no more lines than are needed"


def assert_axes(chart: tokens.Chart) -> None:
    """Every line is drawn on axes of its own, in the same width, none above another."""
    layout = drawn(chart)["layout"]
    heatmaps = traces(chart, "heatmap")
    axes = [(trace["xaxis"], trace["yaxis"]) for trace in heatmaps]
    assert len(set(axes)) == len(axes)
    widths, edges = set(), []
    for (x, y), trace in zip(axes, heatmaps, strict=True):
        x_axis, y_axis = (layout[name[0] + "axis" + name[1:]] for name in (x, y))
        assert (x_axis["anchor"], y_axis["anchor"]) == (y, x)
        assert x_axis["range"][0] == trace["x"][0] - 0.5
        widths.add(x_axis["range"][1] - x_axis["range"][0])
        assert len(x_axis["tickvals"]) == len(x_axis["ticktext"]) == len(trace["x"])
        low, high = y_axis["domain"]
        assert 0 <= low < high <= 1
        edges += [high, low]
    assert len(widths) == 1
    assert edges == sorted(edges, reverse=True)


@pytest.mark.parametrize("chosen", [0, 1, 30, 61, 511])
def test_the_chosen_position_is_framed_where_it_is_drawn(chosen: int) -> None:
    reading = CASES["512 positions"]
    for chart, rows in (
        (tokens.entropy_heatmap(reading, LIGHT, "usual", chosen), (-0.5, 1.5)),
        (tokens.top_k_map(reading, LIGHT, (0, 512), chosen), (0.5, 5.5)),
    ):
        (frame,) = drawn(chart)["layout"]["shapes"]
        (home,) = [trace for trace in traces(chart, "heatmap") if chosen in trace["x"]]
        assert (frame["xref"], frame["yref"]) == (home["xaxis"], home["yaxis"])
        assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (chosen - 0.5, chosen + 0.5, *rows)


@pytest.mark.parametrize("chosen", [None, 40])
def test_nothing_is_framed_outside_the_map(chosen: int | None) -> None:
    chart = tokens.top_k_map(CASES["512 positions"], LIGHT, (0, 12), chosen)
    assert not drawn(chart)["layout"].get("shapes")


def test_the_map_draws_the_readings_numbers(reading: SeenReading, colours: Palette) -> None:
    span = (0, min(n(reading), 40))
    chart = tokens.top_k_map(reading, colours, span)
    assert_sound(chart, reading.provenance)
    k = reading.statistics.top_p.shape[1]
    table = chart.table
    assert len(table) == k * (span[1] - span[0])
    np.testing.assert_array_equal(table["p"].to_numpy().reshape(-1, k), reading.statistics.top_p[: span[1]])
    np.testing.assert_array_equal(table["id"].to_numpy().reshape(-1, k), reading.statistics.top_ids[: span[1]])
    assert table["predicted"].tolist() == [word for words in reading.top_tokens[: span[1]] for word in words]
    assert table["place"].tolist() == list(range(1, k + 1)) * (span[1] - span[0])
    assert [row for trace in traces(chart, "heatmap") for row in np.transpose(trace["z"]).tolist()] == (
        reading.statistics.top_p[: span[1]].tolist()
    )
    scale = drawn(chart)["layout"]["coloraxis"]
    assert (scale["cmin"], scale["cmax"], scale["colorbar"]["title"]["text"]) == (0, 1, "probability")


def test_the_maps_words_stand_in_their_cells_and_can_be_read(reading: SeenReading, colours: Palette) -> None:
    span = (0, min(n(reading), 40))
    statistics = reading.statistics
    cells = {}
    for trace in traces(tokens.top_k_map(reading, colours, span), "scatter"):
        for x, y, text in zip(trace["x"], trace["y"], trace["text"], strict=True):
            assert (x, y) not in cells
            cells[x, y] = text
            shade = colours.shade(float(statistics.top_p[x, y - 1]))
            assert contrast(trace["textfont"]["color"], shade) >= 4.5
    assert set(cells) == {(x, y) for x in range(*span) for y in range(1, statistics.top_p.shape[1] + 1)}
    for (x, y), text in cells.items():
        word, marked = shown(text), statistics.top_ids[x, y - 1] == reading.encoded.ids[x]
        if not reading.encoded.outside[x]:
            assert word.startswith("•") == marked
        word, whole = word.removeprefix("•"), reading.top_tokens[x][y - 1]
        assert word == whole or (word.endswith("…") and whole.startswith(word[:-1]) and len(whole) > len(word))


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_the_bars_list_the_observed_token_with_its_rank(reading: SeenReading, place: str, colours: Palette) -> None:
    at = {"first": 0, "middle": n(reading) // 2, "last": n(reading) - 1}[place]
    chart = tokens.position_bars(reading, at, colours)
    assert_sound(chart, reading.provenance)
    statistics, encoded, table = reading.statistics, reading.encoded, chart.table
    k = statistics.top_p.shape[1]
    assert table["token"].tolist()[:k] == list(reading.top_tokens[at])
    np.testing.assert_array_equal(table["p"].to_numpy(np.float32)[:k], statistics.top_p[at])
    (bars,) = traces(chart, "bar")
    assert bars["x"] == table["p"].tolist()
    assert bars["text"] == [p_text(p) for p in table["p"]]
    bold = [text for text in drawn(chart)["layout"]["yaxis"]["ticktext"] if text.startswith("<b>")]
    token, rank, p = encoded.tokens[at], int(statistics.rank[at]), float(statistics.p_observed[at])
    assert f"position {at}, where {token} stands" in chart.alt
    assert table["stands here"].sum() == len(bold)
    if encoded.outside[at]:
        assert (bold, len(table)) == ([], k)
        assert "rank" not in chart.alt
        return
    row = table[table["stands here"]].iloc[0]
    assert (row["rank"], row["p"]) == (rank, pytest.approx(p, rel=1e-6))
    assert row["token"] == (token if rank > k else reading.top_tokens[at][rank - 1])
    assert [shown(text) for text in bold] == [f"{row['token']}  (rank {rank_text(rank)})"]
    assert f"{token} has rank {rank_text(rank)}, p {p_text(p)}." in chart.alt


@pytest.mark.parametrize(
    ("token", "rarely"),
    [("[CLS]", True), ("[SEP]", True), ("[PAD]", True), ("[MASK]", False), ("[UNK]", False), ("a", False)],
)
def test_special_tokens_were_no_targets(token: str, rarely: bool) -> None:
    reading = CASES["special tokens typed"]
    assert tokens.rarely_a_target(reading, reading.encoded.tokens.index(token)) == rarely
