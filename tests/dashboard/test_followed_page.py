"""Words followed through the text: the field on the Tokens page."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.models.bundle import ModelBundle
from analysis.tasks.readings import read_hidden
from analysis.texts.pieces import id_of
from dashboard.texts import NOTEBOOK
from tests.dashboard.app import all_is_well, choose, figure, open_app, the_error, type_in
from tests.dashboard.figures import as_lists


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
