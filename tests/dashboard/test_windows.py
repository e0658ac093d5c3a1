"""The figure of the overlapping windows: one bar per window, as the reading was cut."""

import pytest

from analysis.models.bundle import ModelBundle
from analysis.tasks.readings import read_seen
from analysis.types import SeenReading
from dashboard.drawing.palette import Palette, palette
from dashboard.pages.tokens.windows import windows
from tests.dashboard import made
from tests.dashboard.figures import assert_sound, drawn, traces

LIGHT = palette("light")


@pytest.fixture(scope="session", params=["made", "tiny"])
def reading(request: pytest.FixtureRequest, tiny: ModelBundle) -> SeenReading:
    if request.param == "made":
        return made.windowed()
    return read_seen(tiny, "the cat sat on the mat . " * 30, in_windows=True)


def test_every_window_has_its_two_bars(reading: SeenReading, colours: Palette) -> None:
    chart = windows(reading, colours)
    assert_sound(chart, reading.provenance)
    reads, reports = traces(chart, "bar")
    names = [f"window {number}" for number in range(1, len(reading.windows) + 1)]
    assert reads["y"] == reports["y"] == names
    inner = [window.positions[1:-1].tolist() for window in reading.windows]
    assert [(start, start + length - 1) for start, length in zip(reads["base"], reads["x"], strict=True)] == [
        (own[0], own[-1]) for own in inner
    ]
    assert [(start, start + length) for start, length in zip(reports["base"], reports["x"], strict=True)] == [
        (window.first, window.last) for window in reading.windows
    ]
    assert reads["width"] > reports["width"], "the one is seen behind the other"
    assert reads["marker"]["color"] != reports["marker"]["color"]
    for bars in (reads, reports):
        assert [[start, start + length - 1] for start, length in zip(bars["base"], bars["x"], strict=True)] == (
            bars["customdata"]
        )


def test_what_is_reported_covers_the_text_once(reading: SeenReading) -> None:
    reports = traces(windows(reading, LIGHT), "bar")[1]
    ends = [start + length for start, length in zip(reports["base"], reports["x"], strict=True)]
    assert [0, *ends[:-1]] == reports["base"]
    assert ends[-1] == len(reading.encoded)
    assert drawn(windows(reading, LIGHT))["layout"]["xaxis"]["range"] == [0, len(reading.encoded)]


def test_the_table_counts_both_ends_in() -> None:
    table = windows(made.windowed(), LIGHT).table
    assert table.to_dict("list") == {
        "window": [1, 2, 3, 4],
        "reads from": [1, 5, 9, 11],
        "reads to": [8, 12, 16, 18],
        "reports from": [0, 7, 11, 14],
        "reports to": [6, 10, 13, 19],
    }


def test_the_words_beside_it_count_the_windows() -> None:
    chart = windows(made.windowed(), LIGHT)
    assert chart.title == "The text in 4 overlapping windows"
    assert "4 windows over 20 positions" in chart.alt
