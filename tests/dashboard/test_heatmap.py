"""The heatmap across the sequence: the readings' numbers, on scales that never mix units, blank where nothing came."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.types import HiddenReading, SeenReading
from dashboard.drawing.palette import Palette, palette
from dashboard.glossary import Units
from dashboard.pages.tokens import heatmap
from dashboard.pages.tokens.heatmap import entropy_heatmap
from dashboard.sections import Chart
from tests.dashboard import made
from tests.dashboard.figures import assert_line_axes, assert_lines, assert_sound, drawn, heatmap_spans, shown, traces
from tests.dashboard.measured import MEASURED, Measured, known_of

Readings = tuple[SeenReading, HiddenReading | None]

LONG = [f"t{i}" for i in range(510)]
IN_UNITS: tuple[Units, ...] = ("usual", "nats")
"""What is usual here are bits."""
LIGHT = palette("light")
FACTOR = {"usual": 1.0, "bits": 1.0, "nats": math.log(2)}
UNIT = {"usual": "bits", "bits": "bits", "nats": "nats"}


def both(seen: SeenReading, **settings: object) -> Readings:
    return seen, made.hidden(seen, **settings)


CASES: dict[str, Readings] = {
    "one token": both(made.reading(["cat"])),
    "seen alone": (made.reading(), None),
    "by whole words": both(made.reading(["anti", "##slav", "##ery", "[MASK]", "sat"]), masking="word"),
    "a pair": both(made.reading(["the", "cat", "sat", "down"], second_from=2)),
    "hostile tokens": both(made.reading(made.HOSTILE, k=20, seed=1)),
    "special tokens typed": both(made.reading(["a", "[SEP]", "[CLS]", "[PAD]", "[MASK]", "[UNK]"])),
    "partly read": both(made.reading(LONG[:23]), unread=range(10, 30)),
    "nothing of it read": both(made.reading(), unread=range(6)),
    "512 positions": both(made.reading(LONG)),
    "512 positions, seen alone": (made.reading(LONG), None),
}


@pytest.fixture(params=[*CASES, "the notebook's text"])
def readings(request: pytest.FixtureRequest, notebook_reading: SeenReading, notebook_hidden: HiddenReading) -> Readings:
    return CASES.get(request.param, (notebook_reading, notebook_hidden))


@pytest.fixture(params=[*((case, "usual") for case in CASES), *((case, "nats") for case in ("a pair", "partly read"))])
def in_units(request: pytest.FixtureRequest) -> tuple[Readings, Units]:
    """Every reading in its usual units; in others a whole one and one that is not."""
    case, units = request.param
    return CASES[case], units


def expected(readings: Readings, units: Units) -> dict[str, np.ndarray]:
    """What every row says, from the readings themselves: not a number where nothing was asked or nothing has come."""
    seen, hidden = readings
    special, masked = seen.encoded.outside, seen.encoded.masked
    rows: dict[str, np.ndarray] = {}
    for reading in (seen, *([] if hidden is None else [hidden])):
        for measured in known_of(reading).values():
            if measured.rows is None:
                continue
            blank = special if measured.of_token else special & ~masked
            name = measured.rows if measured.needs_hidden else f"{measured.rows} {reading.kind}"
            factor = FACTOR[units] if measured.unit else 1.0
            rows[name] = np.where(blank, np.nan, measured.values(reading)) * factor
    return rows


def measured_in(row: str) -> Measured:
    """The measure that a row of this name shows."""
    return next(each for each in MEASURED.values() if each.rows is not None and f"{row} ".startswith(f"{each.rows} "))


def titled(measured: Measured, unit: str) -> str:
    """The title of a measure's scale."""
    return f"{measured.scale} ({unit})" if measured.unit else f"{measured.scale}"


def rows_drawn(chart: Chart) -> dict[str, list[float]]:
    """Every row by the name on its axis, over all lines."""
    layout, found = drawn(chart)["layout"], {}
    for trace in traces(chart, "heatmap"):
        y_axis = layout["yaxis" + trace["yaxis"].removeprefix("y")]
        names = dict(zip(y_axis["tickvals"], y_axis["ticktext"], strict=True))
        for y, row in zip(trace["y"], trace["z"], strict=True):
            found.setdefault(names[y], []).extend(row)
    return found


def scales(chart: Chart) -> dict[str, tuple[set[str], dict]]:
    """Names of the rows on each colour scale, and the scale."""
    layout, names = drawn(chart)["layout"], {}
    for trace in traces(chart, "heatmap"):
        names.setdefault(trace["coloraxis"], set()).update(cell[1] for row in trace["customdata"] for cell in row)
    assert set(names) == {key for key in layout if key.startswith("coloraxis")}
    return {layout[key]["colorbar"]["title"]["text"]: (rows, layout[key]) for key, rows in names.items()}


def test_the_rows_are_the_readings_numbers(in_units: tuple[Readings, Units]) -> None:
    readings, units = in_units
    chart = entropy_heatmap(*readings, LIGHT, units)
    assert_sound(chart, readings[0].provenance)
    rows, want = rows_drawn(chart), expected(readings, units)
    assert set(rows) == set(want)
    for name, row in want.items():
        on_scale = np.log10(row) if measured_in(name).log else row
        np.testing.assert_allclose(np.array(rows[name], float), on_scale, rtol=1e-6, err_msg=name)


def test_the_table_has_the_same_numbers_unrounded(in_units: tuple[Readings, Units]) -> None:
    readings, units = in_units
    table, unit = entropy_heatmap(*readings, LIGHT, units).table, UNIT[units]
    seen, hidden = readings
    assert table["position"].tolist() == list(range(len(seen.encoded)))
    assert table["token"].tolist() == list(seen.encoded.tokens)
    want = expected(readings, units)
    named = {}
    for row in want:
        measured = measured_in(row)
        column = f"{measured.name} ({unit})" if measured.unit else measured.name
        named[row] = column if measured.needs_hidden else f"{column} {row.split()[-1]}"
    assert set(table.columns) - {"position", "token", "masking"} == set(named.values())
    for name, column in named.items():
        np.testing.assert_allclose(table[column].to_numpy(float), want[name], rtol=1e-6, err_msg=column)
    if hidden is not None:
        assert set(table["masking"]) == {hidden.masking}


@pytest.mark.parametrize("fit", [False, True])
def test_a_scale_never_mixes_units(in_units: tuple[Readings, Units], fit: bool) -> None:
    readings, units = in_units
    unit, chart = UNIT[units], entropy_heatmap(*readings, LIGHT, units, fit=fit)
    found = {title: rows for title, (rows, _) in scales(chart).items()}
    want: dict[str, set[str]] = {}
    for row in expected(readings, units):
        want.setdefault(titled(measured_in(row), unit), set()).add(row)
    assert found == want
    for trace in traces(chart, "heatmap"):
        assert not {"zmin", "zmax", "colorscale", "showscale"} & set(trace), "the scale is the axis', not the trace's"


def test_the_scales_are_the_same_for_every_text(in_units: tuple[Readings, Units]) -> None:
    readings, units = in_units
    chart, want = entropy_heatmap(*readings, LIGHT, units), expected(readings, units)
    for title, (rows, scale) in scales(chart).items():
        measured = measured_in(next(iter(rows)))
        ends = np.log10(measured.ends) if measured.log else np.array(measured.ends)
        assert [scale["cmin"], scale["cmax"]] == pytest.approx(ends * (FACTOR[units] if measured.unit else 1))
        values = np.concatenate([np.log10(want[row]) if measured.log else want[row] for row in rows])
        ticks = dict(zip(scale["colorbar"]["tickvals"], scale["colorbar"]["ticktext"], strict=True))
        assert ticks[max(ticks)].startswith("≥ ") == bool((values > scale["cmax"]).any()), title
        assert ticks[min(ticks)].startswith("≤ ") == bool((values < scale["cmin"]).any()), title


@pytest.mark.parametrize(("n_vocabulary", "units"), [(2, "usual"), (25, "nats"), (4_095, "usual"), (30_522, "nats")])
def test_no_scale_of_bits_goes_beyond_what_the_vocabulary_allows(n_vocabulary: int, units: Units) -> None:
    """The scale of entropy and surprisal ends at the lesser of 12 bits and log2 V; the others are as ever."""
    ends = {}
    for n in (n_vocabulary, 30_522):
        seen = replace(made.reading(), n_vocabulary=n)
        found = scales(entropy_heatmap(seen, made.hidden(seen), LIGHT, units))
        ends[n] = {min(measured_in(row).name for row in rows): scale["cmax"] for rows, scale in found.values()}
    small, usual = dict(ends[n_vocabulary]), ends[30_522]
    assert small.pop("entropy") == pytest.approx(min(12, math.log2(n_vocabulary)) * FACTOR[units])
    assert usual.pop("entropy") == pytest.approx(12 * FACTOR[units])
    assert small == usual


def test_what_lies_beyond_a_scale_is_marked_as_clipped() -> None:
    seen = made.reading(["a", "b", "c", "d"])
    hidden = made.hidden(seen, writeable=True)
    seen.statistics.surprisal_bits[1:5] = [13, 1, 1, 1]
    hidden.statistics.surprisal_bits[1:5] = [0.5, 14, 1, 1]
    hidden.statistics.rank[1:5] = [20_000, 3, 2, 1]
    bars = {
        title: scale["colorbar"] for title, (_, scale) in scales(entropy_heatmap(seen, hidden, LIGHT, "usual")).items()
    }
    assert bars["H, S (bits)"]["ticktext"] == ["0", "3", "6", "9", "≥ 12"]
    assert bars["copy gap (bits)"]["ticktext"] == ["≤ −12", "0", "≥ 12"]
    assert bars["rank, log scale"]["ticktext"] == ["1", "100", "≥ 10,000"]
    assert bars["rank, log scale"]["tickvals"] == [0, 2, 4]


def test_fitted_scales_end_at_this_texts_largest_values(in_units: tuple[Readings, Units]) -> None:
    readings, units = in_units
    want = expected(readings, units)
    for title, (rows, scale) in scales(entropy_heatmap(*readings, LIGHT, units, fit=True)).items():
        values = np.concatenate([want[row] for row in rows])
        values = values[np.isfinite(values)]
        # An all but even text still has a scale: its least range is a tenth of the unit on screen.
        measured = measured_in(next(iter(rows)))
        if measured.log:
            ends = (0, math.log10(max(1.1, values.max(initial=1))))
        elif measured.diverging:
            ends = (-max(0.1, np.abs(values).max(initial=0)), max(0.1, np.abs(values).max(initial=0)))
        else:
            ends = (0, max(0.1, values.max(initial=0)))
        assert (scale["cmin"], scale["cmax"]) == pytest.approx(ends, rel=1e-5), title
        assert not any(text.startswith(("≥", "≤")) for text in scale["colorbar"]["ticktext"]), title


@pytest.mark.parametrize("fit", [False, True])
@pytest.mark.parametrize("units", IN_UNITS)
def test_what_has_two_sides_leans_both_ways_from_0(colours: Palette, units: Units, fit: bool) -> None:
    for title, (rows, scale) in scales(entropy_heatmap(*CASES["512 positions"], colours, units, fit=fit)).items():
        diverging = measured_in(next(iter(rows))).diverging
        assert (scale["cmin"] == -scale["cmax"]) == diverging, title
        wanted = colours.diverging if diverging else colours.sequential
        assert tuple(colour for _, colour in scale["colorscale"]) == wanted
        shares = [share for share, _ in scale["colorscale"]]
        assert shares == pytest.approx(np.linspace(0, 1, len(wanted)))
        assert 0 in scale["colorbar"]["tickvals"]


def test_ranks_are_spread_by_their_logarithm() -> None:
    seen = made.reading(["a", "b", "c", "d"])
    seen.statistics.rank[1:5] = [1, 10, 1000, 10_000]
    chart = entropy_heatmap(seen, None, LIGHT, "usual")
    assert rows_drawn(chart)["rank seen"][1:5] == pytest.approx([0, 1, 3, 4])
    assert chart.table["rank seen"].tolist()[1:5] == [1, 10, 1000, 10_000]


def test_the_pointer_reads_what_the_cell_holds(readings: Readings) -> None:
    chart, want = entropy_heatmap(*readings, LIGHT, "nats"), expected(readings, "nats")
    for trace in traces(chart, "heatmap"):
        assert trace["hoverongaps"] is False, "a blank cell has nothing to say"
        for row in trace["customdata"]:
            for position, (token, name, text) in zip(trace["x"], row, strict=True):
                assert shown(token) == readings[0].encoded.tokens[position]
                value = want[name][position]
                if math.isnan(value):
                    assert text == ""
                else:
                    number, *unit = text.replace("−", "-").replace(",", "").split()
                    assert float(number) == pytest.approx(value, abs=0.0051)
                    assert unit == (["nats"] if measured_in(name).unit else [])


def test_what_has_not_been_read_stays_blank() -> None:
    seen, hidden = CASES["partly read"]
    chart = entropy_heatmap(seen, hidden, LIGHT, "usual")
    rows = {name: np.isfinite(row) for name, row in rows_drawn(chart).items()}
    counted = ~seen.encoded.outside
    for name, there in rows.items():
        own = name.endswith("seen")
        assert there.tolist() == (counted if own else counted & hidden.known).tolist(), name
    blank = chart.table[~hidden.known]
    for column in chart.table:
        if column.endswith("hidden") or column.startswith("copy gap"):
            assert blank[column].isna().all(), column


def test_the_alt_names_the_least_certain_position(readings: Readings) -> None:
    chart = entropy_heatmap(*readings, LIGHT, "usual")
    entropy = chart.table["entropy (bits) seen"]
    peak = int(entropy.idxmax())
    assert f"at position {peak} ({readings[0].encoded.tokens[peak]}): {entropy[peak]:.2f} bits." in chart.alt
    assert f"at {len(readings[0].encoded)} positions" in chart.alt
    assert (", seen and hidden." in chart.alt) == (readings[1] is not None)
    assert ("copy gap" in chart.alt) == (readings[1] is not None)


@pytest.mark.parametrize(
    ("length", "with_hidden"), [(3, True), (47, False), (48, True), (49, False), (62, True), (96, True), (97, False)]
)
def test_the_lines_cover_every_position_once(length: int, with_hidden: bool) -> None:
    seen = made.reading(LONG[: length - 2])
    chart = entropy_heatmap(seen, made.hidden(seen) if with_hidden else None, LIGHT, "usual")
    assert_lines(heatmap_spans(chart), 0, length, heatmap.COLUMNS)
    assert_line_axes(chart)
    assert chart.min_width == heatmap.least_width(min(length, heatmap.COLUMNS))


def test_every_row_has_its_name(readings: Readings) -> None:
    chart = entropy_heatmap(*readings, LIGHT, "usual")
    layout, lines = drawn(chart)["layout"], {}
    for trace in traces(chart, "heatmap"):
        lines.setdefault(trace["yaxis"], []).extend(trace["y"])
    for y, rows in lines.items():
        y_axis = layout["yaxis" + y.removeprefix("y")]
        assert y_axis["tickvals"] == rows
        assert y_axis["range"] == [rows[-1] + 0.5, -0.5], "from the top"


@pytest.mark.parametrize(
    ("case", "chosen"),
    [("512 positions", 0), ("512 positions", 47), ("512 positions, seen alone", 48), ("512 positions", 511)],
)
def test_the_chosen_position_is_framed_over_all_rows(case: str, chosen: int) -> None:
    chart = entropy_heatmap(*CASES[case], LIGHT, "usual", chosen)
    (frame,) = drawn(chart)["layout"]["shapes"]
    homes = [trace for trace in traces(chart, "heatmap") if chosen in trace["x"]]
    assert {(frame["xref"], frame["yref"])} == {(home["xaxis"], home["yaxis"]) for home in homes}
    rows = [y for home in homes for y in home["y"]]
    assert (frame["x0"], frame["x1"]) == (chosen - 0.5, chosen + 0.5)
    assert (frame["y0"], frame["y1"]) == (min(rows) - 0.5, max(rows) + 0.5)


def test_nothing_is_framed_when_nothing_is_chosen() -> None:
    assert not drawn(entropy_heatmap(*CASES["a pair"], LIGHT, "usual"))["layout"].get("shapes")
