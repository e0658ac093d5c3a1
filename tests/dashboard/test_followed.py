"""Words followed through the text: the figure, and the field on the Tokens page."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.models.bundle import ModelBundle
from analysis.tasks.seen import read_hidden, read_seen
from analysis.texts.pieces import id_of
from analysis.types import HiddenReading, SeenReading
from dashboard.drawing.palette import Palette, palette
from dashboard.examples import NOTEBOOK
from dashboard.pages.tokens.followed import followed_words
from dashboard.sections import Chart
from tests.dashboard import made
from tests.dashboard.app import all_is_well, choose, figure, open_app, the_error, type_in
from tests.dashboard.figures import (
    as_lists,
    assert_line_axes,
    assert_lines,
    assert_sound,
    drawn,
    heatmap_spans,
    shown,
    traces,
)

LONG = [f"t{i}" for i in range(110)]


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
def test_every_word_has_a_row_per_reading(case: str, colours: Palette) -> None:
    seen, hidden = CASES[case]
    chart = followed_words(seen, hidden, colours, chosen=2)
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
    table = followed_words(seen, hidden, palette("light")).table
    assert len(table) == len(seen.encoded)
    for number, word in enumerate(seen.watched_tokens):
        np.testing.assert_array_equal(table[f"p {word} seen"], seen.statistics.watched_p[:, number])
        np.testing.assert_array_equal(table[f"rank {word} seen"], seen.statistics.watched_rank[:, number])
        if hidden is not None:
            unread = ~hidden.known
            ranks = np.where(unread, np.nan, hidden.statistics.watched_rank[:, number])
            np.testing.assert_array_equal(table[f"rank {word} hidden"], ranks)


def test_long_texts_are_broken_into_lines() -> None:
    chart = followed_words(*CASES["three lines"], palette("light"))
    assert_lines(heatmap_spans(chart), 0, 112, 48)
    assert_line_axes(chart)


def test_what_is_beyond_the_scale_is_marked() -> None:
    seen = made.reading(watch=(40,))
    at = drawn(followed_words(seen, None, palette("light")))["layout"]["coloraxis"]
    seen.statistics.watched_p[2, 0] = 1e-9
    beyond = drawn(followed_words(seen, None, palette("light")))["layout"]["coloraxis"]
    assert [each["colorbar"]["ticktext"][-1] for each in (at, beyond)] == ["10⁻⁶", "≤ 10⁻⁶"]
    assert (at["cmin"], at["cmax"]) == (beyond["cmin"], beyond["cmax"]) == (-6, 0)


def test_the_alt_says_where_the_word_is_likeliest(bundled: ModelBundle) -> None:
    seen = read_seen(bundled, NOTEBOOK, watch=[id_of(bundled, "war")])
    best = int(np.where(seen.encoded.outside & ~seen.encoded.masked, -1, seen.statistics.watched_p[:, 0]).argmax())
    assert f"war is most probable at position {best} ({seen.encoded.tokens[best]})" in (
        followed_words(seen, None, palette("light")).alt
    )


# --- the page ---


@pytest.fixture
def at() -> AppTest:
    return open_app()


def follow(at: AppTest, words: str) -> AppTest:
    return at.text_input(key="tokens.follow").set_value(words).run()


def names(at: AppTest) -> list[str]:
    return figure(at, "tokens.followed")["layout"]["yaxis"]["ticktext"]


def test_words_are_followed_when_asked_for(at: AppTest, bundled: ModelBundle) -> None:
    with pytest.raises(ValueError, match="not enough values"):
        figure(at, "tokens.followed")
    follow(at, "War, peace")
    all_is_well(at)
    assert names(at) == ["war seen", "war hidden", "peace seen", "peace hidden"]
    ids = [id_of(bundled, word) for word in ("war", "peace")]
    reading = read_hidden(bundled, NOTEBOOK, watch=ids)
    heat = [trace["z"] for trace in as_lists(figure(at, "tokens.followed"))["data"]]
    drawn_rows = np.concatenate([np.array(z, float) for z in heat], axis=1)
    counted = np.flatnonzero(~reading.encoded.outside)
    for row, numbers in ((0, reading.seen.statistics), (3, reading.statistics)):
        expected = np.log10(numbers.watched_p[counted, row // 2])
        np.testing.assert_allclose(drawn_rows[row, counted], expected, rtol=0, atol=1e-4)
    follow(at, "")
    with pytest.raises(ValueError, match="not enough values"):
        figure(at, "tokens.followed")


@pytest.mark.parametrize(
    ("typed", "followed"),
    [("war war", ["war"]), ("War; war,", ["war"]), (" war  peace ", ["war", "peace"]), ("##er", ["##er"])],
)
def test_however_they_are_typed(at: AppTest, typed: str, followed: list[str]) -> None:
    follow(at, typed)
    all_is_well(at)
    assert names(at)[::2] == [f"{word} seen" for word in followed]


@pytest.mark.parametrize(
    ("typed", "said", "followed"),
    [
        ("war Sumter", "'Sumter' has 2 pieces here (sum ##ter): follow one of them.", ["war"]),
        ("[MASK]", "holds a special token", []),
        ("a b c d e f", "More than 5 words came to follow, and only the first 5 are: delete some.", list("abcde")),
    ],
)
def test_what_can_t_be_followed_is_said_and_the_rest_is(
    at: AppTest, typed: str, said: str, followed: list[str]
) -> None:
    follow(at, typed)
    assert said in the_error(at)
    assert at.text_input(key="tokens.follow").value == typed
    if followed:
        assert names(at)[::2] == [f"{word} seen" for word in followed]


def test_a_text_that_can_t_be_read_keeps_the_old_figure(at: AppTest) -> None:
    follow(at, "war")
    type_in(at, "tokens.text_a", " ")
    assert the_error(at)
    assert names(at) == ["war seen", "war hidden"]
    follow(at, "peace")
    assert names(at) == ["war seen", "war hidden"], "of the last text that could be read"
    type_in(at, "tokens.text_a", "War and peace.")
    all_is_well(at)
    assert names(at) == ["peace seen", "peace hidden"]


def test_another_page_and_back(at: AppTest) -> None:
    follow(at, "war")
    choose(at, "tokens.reading", "hidden")
    at.switch_page("dashboard/app_pages/tour.py").run()
    at.switch_page("dashboard/app_pages/tokens.py").run()
    assert at.text_input(key="tokens.follow").value == "war"
    assert names(at) == ["war seen", "war hidden"]
