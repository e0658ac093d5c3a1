"""Words followed through the text: the figure."""

import numpy as np
import pytest

from analysis.models.bundle import ModelBundle
from analysis.tasks.readings import read_seen
from analysis.texts.pieces import id_of
from analysis.types import HiddenReading, SeenReading
from dashboard.drawing.palette import palette
from dashboard.pages.tokens.followed import followed_words
from dashboard.sections import Chart
from dashboard.texts import NOTEBOOK
from tests.dashboard import made
from tests.dashboard.figures import (
    assert_line_axes,
    assert_lines,
    assert_sound,
    drawn,
    heatmap_spans,
    shown,
    traces,
)

LONG = [f"t{i}" for i in range(110)]
LIGHT = palette("light")


def both(seen: SeenReading, unread: range = range(0)) -> tuple[SeenReading, HiddenReading]:
    return seen, made.hidden(seen, unread=unread)


CASES: dict[str, tuple[SeenReading, HiddenReading | None]] = {
    "seen alone": (made.reading(watch=(40,)), None),
    "two words": both(made.reading(watch=(40, 7))),
    "hostile words": both(made.reading(made.HOSTILE, watch=(0, 1, 2, 3, 4), k=20, seed=1)),
    "special tokens typed": both(made.reading(["a", "[SEP]", "[CLS]", "[PAD]", "[MASK]", "[UNK]"], watch=(9,))),
    "partly read": both(made.reading(LONG[:23], watch=(3,)), range(10, 30)),
    "three lines": both(made.reading(LONG, watch=(3, 50))),
}


def rows_of(chart: Chart) -> dict[str, list[float]]:
    layout, found = drawn(chart)["layout"], {}
    for trace in traces(chart, "heatmap"):
        axis = layout["yaxis" + trace["yaxis"].removeprefix("y")]
        for name, row in zip(axis["ticktext"], trace["z"], strict=True):
            found.setdefault(shown(name), []).extend(row)
    return found


@pytest.mark.parametrize("case", CASES)
def test_every_word_has_a_row_per_reading(case: str) -> None:
    seen, hidden = CASES[case]
    chart = followed_words(seen, hidden, LIGHT, chosen=2)
    assert_sound(chart, seen.provenance)
    never = seen.encoded.outside & ~seen.encoded.masked
    kinds = {"seen": seen} | ({} if hidden is None else {"hidden": hidden})
    expected = {
        f"{word} {kind}": np.where(never, np.nan, np.log10(reading.statistics.watched_p[:, number])).tolist()
        for number, word in enumerate(seen.watched_tokens)
        for kind, reading in kinds.items()
    }
    found = rows_of(chart)
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert found[name] == pytest.approx(values, rel=1e-5, nan_ok=True), name


@pytest.mark.parametrize("case", CASES)
def test_the_table_has_the_numbers(case: str) -> None:
    seen, hidden = CASES[case]
    table = followed_words(seen, hidden, LIGHT).table
    assert len(table) == len(seen.encoded)
    for number, word in enumerate(seen.watched_tokens):
        np.testing.assert_array_equal(table[f"p {word} seen"], seen.statistics.watched_p[:, number])
        np.testing.assert_array_equal(table[f"rank {word} seen"], seen.statistics.watched_rank[:, number])
        if hidden is not None:
            unread = ~hidden.known
            ranks = np.where(unread, np.nan, hidden.statistics.watched_rank[:, number])
            np.testing.assert_array_equal(table[f"rank {word} hidden"], ranks)


def test_long_texts_are_broken_into_lines() -> None:
    chart = followed_words(*CASES["three lines"], LIGHT)
    assert_lines(heatmap_spans(chart), 0, 112, 48)
    assert_line_axes(chart)


def test_what_is_beyond_the_scale_is_marked() -> None:
    seen = made.reading(watch=(40,))
    at = drawn(followed_words(seen, None, LIGHT))["layout"]["coloraxis"]
    seen.statistics.watched_p[2, 0] = 1e-9
    beyond = drawn(followed_words(seen, None, LIGHT))["layout"]["coloraxis"]
    assert [each["colorbar"]["ticktext"][-1] for each in (at, beyond)] == ["10⁻⁶", "≤ 10⁻⁶"]
    assert (at["cmin"], at["cmax"]) == (beyond["cmin"], beyond["cmax"]) == (-6, 0)


def test_the_alt_says_where_the_word_is_likeliest(bundled: ModelBundle) -> None:
    seen = read_seen(bundled, NOTEBOOK, watch=[id_of(bundled, "war")])
    best = int(np.where(seen.encoded.outside & ~seen.encoded.masked, -1, seen.statistics.watched_p[:, 0]).argmax())
    assert f"war is most probable at position {best} ({seen.encoded.tokens[best]})" in (
        followed_words(seen, None, LIGHT).alt
    )
