"""The top-k map and the bars of one position: the numbers of a seen or a hidden reading, with any token in them."""

import numpy as np
import pytest

from analysis.choices import MASKINGS, Masking
from analysis.types import HiddenReading, SeenReading
from dashboard.drawing.palette import Palette, contrast, palette
from dashboard.glossary import MASKING_NAMES, p_text, rank_text
from dashboard.pages.tokens import predictions as tokens
from tests.dashboard import made
from tests.dashboard.figures import assert_line_axes, assert_lines, assert_sound, drawn, heatmap_spans, shown, traces

Reading = SeenReading | HiddenReading

LONG = [f"t{i}" for i in range(510)]
CASES = {
    "one token": made.reading(["cat"]),
    "k = 1": made.reading(k=1),
    "k = 50": made.reading(k=50),
    "a pair": made.reading(["the", "cat", "sat", "down"], second_from=2),
    "hostile tokens": made.reading(made.HOSTILE, k=20, seed=1),
    "special tokens typed": made.reading(["a", "[SEP]", "[CLS]", "[PAD]", "[MASK]", "[UNK]"]),
    "512 positions": made.reading(LONG),
    "hidden": made.hidden(),
    "hidden, hostile tokens": made.hidden(made.reading(made.HOSTILE, k=20, seed=1), masking="word"),
    "hidden, special tokens typed": made.hidden(made.reading(["a", "[SEP]", "[CLS]", "[PAD]", "[MASK]", "[UNK]"])),
    "hidden, a pair": made.hidden(made.reading(["the", "cat", "sat", "down"], second_from=2), masking="token"),
}
PARTLY = made.hidden(made.reading(LONG[:12]), unread=range(5, 20))
LIGHT = palette("light")


@pytest.fixture(params=[*CASES, "the notebook's text", "the notebook's text, hidden"])
def reading(request: pytest.FixtureRequest, notebook_reading: Reading, notebook_hidden: HiddenReading) -> Reading:
    real = {"the notebook's text": notebook_reading, "the notebook's text, hidden": notebook_hidden}
    return {**CASES, **real}[request.param]


def n(reading: Reading) -> int:
    return len(reading.encoded)


@pytest.mark.parametrize(("first", "last"), [(0, 3), (5, 17), (0, 13), (7, 140), (500, 512), (0, 512)])
def test_the_maps_lines_cover_every_position_once(first: int, last: int) -> None:
    chart = tokens.top_k_map(CASES["512 positions"], LIGHT, (first, last))
    assert_lines(heatmap_spans(chart), first, last, tokens.MAP_COLUMNS)
    assert_line_axes(chart)
    assert chart.min_width == 110 + 70 * min(last - first, tokens.MAP_COLUMNS)
    assert f"positions {first} to {last - 1}" in chart.alt


@pytest.mark.parametrize("chosen", [0, 30, 511])
def test_the_chosen_position_is_framed_where_it_is_drawn(chosen: int) -> None:
    chart = tokens.top_k_map(CASES["512 positions"], LIGHT, (0, 512), chosen)
    (frame,) = drawn(chart)["layout"]["shapes"]
    (home,) = [trace for trace in traces(chart, "heatmap") if chosen in trace["x"]]
    assert (frame["xref"], frame["yref"]) == (home["xaxis"], home["yaxis"])
    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (chosen - 0.5, chosen + 0.5, 0.5, 5.5)


@pytest.mark.parametrize("chosen", [None, 40])
def test_nothing_is_framed_outside_the_map(chosen: int | None) -> None:
    chart = tokens.top_k_map(CASES["512 positions"], LIGHT, (0, 12), chosen)
    assert not drawn(chart)["layout"].get("shapes")


def test_the_map_draws_the_readings_numbers(reading: Reading) -> None:
    span = (0, min(n(reading), 40))
    chart = tokens.top_k_map(reading, LIGHT, span)
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


def test_the_maps_words_stand_in_their_cells_and_can_be_read(reading: Reading, colours: Palette) -> None:
    span = (0, min(n(reading), 40))
    statistics = reading.statistics
    cells = {}
    for trace in traces(tokens.top_k_map(reading, colours, span), "scatter"):
        inks = trace["textfont"]["color"]
        for x, y, text, ink in zip(trace["x"], trace["y"], trace["text"], inks, strict=True):
            assert (x, y) not in cells
            cells[x, y] = text
            shade = colours.shade(float(statistics.top_p[x, y - 1]))
            assert contrast(ink, shade) >= 4.5
    assert set(cells) == {(x, y) for x in range(*span) for y in range(1, statistics.top_p.shape[1] + 1)}
    for (x, y), text in cells.items():
        word, marked = shown(text), statistics.top_ids[x, y - 1] == reading.encoded.ids[x]
        if not reading.encoded.outside[x]:
            assert word.startswith("•") == marked
        word, whole = word.removeprefix("•"), reading.top_tokens[x][y - 1]
        assert word == whole or (word.endswith("…") and whole.startswith(word[:-1]) and len(whole) > len(word))


def test_the_bars_list_the_observed_token_with_its_rank(subtests: pytest.Subtests, reading: Reading) -> None:
    for place in ["first", "middle", "last"]:
        with subtests.test(place=place):
            at = {"first": 0, "middle": n(reading) // 2, "last": n(reading) - 1}[place]
            chart = tokens.position_bars(reading, at, LIGHT)
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
            assert f"position {at}, where {token} stands, {reading.kind}." in chart.alt
            assert (chart.name, chart.place) == (f"position-{at}-{reading.kind}", f"bars-{reading.kind}")
            assert table["stands here"].sum() == len(bold)
            if encoded.outside[at]:
                assert (bold, len(table)) == ([], k)
                assert "rank" not in chart.alt
                assert chart.title == f"Position {at} · {token}", "nothing more is hidden here"
                continue
            assert chart.title == f"Position {at} · {token}, {reading.kind}"
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


@pytest.mark.parametrize("masking", MASKINGS)
def test_a_hidden_readings_figures_say_what_was_hidden(masking: Masking) -> None:
    reading = made.hidden(masking=masking)
    bars, chart = tokens.position_bars(reading, 1, LIGHT), tokens.top_k_map(reading, LIGHT, (0, 4))
    assert f"hidden: {MASKING_NAMES[masking]}" in bars.how
    assert chart.title == f"The 5 most probable tokens at each position, hidden: {MASKING_NAMES[masking]}"
    assert (chart.name, chart.place, "hidden" in chart.alt) == ("top-k-hidden", "map", True)
    seen = tokens.top_k_map(reading.seen, LIGHT, (0, 4))
    assert (seen.name, seen.title) == ("top-k-seen", "The 5 most probable tokens at each position, seen")


def test_the_map_is_blank_where_nothing_has_been_read() -> None:
    chart = tokens.top_k_map(PARTLY, LIGHT, (0, n(PARTLY)))
    known = PARTLY.known
    for trace in traces(chart, "heatmap"):
        there = np.isfinite(np.array(trace["z"], float))
        np.testing.assert_array_equal(there, np.tile(known[trace["x"]], (len(there), 1)))
    for trace in traces(chart, "scatter"):
        for x, text in zip(trace["x"], trace["text"], strict=True):
            assert bool(text) == known[x]
    assert all(trace["hoverongaps"] is False for trace in traces(chart, "heatmap")), "a blank cell has nothing to say"
    blank = chart.table[~np.repeat(known, 5)]
    assert set(blank["predicted"]) == {""}
    assert blank[["id", "p"]].isna().all(axis=None)
