"""Words to follow as they are typed: those that can be are followed, of the others it is said why not."""

import pytest
from streamlit.testing.v1 import AppTest

from analysis.limits import MAX_WATCH
from analysis.questions import Text
from dashboard.pages import PAGES
from dashboard.view import ViewState
from tests.dashboard.app import all_is_well, errors, figure, open_app, type_in
from tests.dashboard.visits import arrive, data_of

pytestmark = pytest.mark.usefixtures("at_once")


def names(at: AppTest) -> list[str]:
    """The followed words, by the rows of their seen reading."""
    if not [each for each in at.get("plotly_chart") if each.key == "tokens.followed.figure"]:
        return []
    return [name.removesuffix(" seen") for name in figure(at, "tokens.followed")["layout"]["yaxis"]["ticktext"][::2]]


def test_what_can_t_be_followed_is_said_and_the_rest_is() -> None:
    at = type_in(open_app(), "tokens.text_a", "The war was over.")
    for typed, said, followed in [
        ("War; war,  peace ##er", [], ["war", "peace", "##er"]),
        ("war Sumter", ["'Sumter' has 2 pieces here (sum ##ter): follow one of them."], ["war"]),
        (
            "[MASK] a",
            ["The word to follow '[MASK]' holds a special token: type the words that could stand there."],
            ["a"],
        ),
        (
            "a b c d e f",
            [f"6 words came to follow, and only the first {MAX_WATCH} are: delete some."],
            ["a", "b", "c", "d", "e"],
        ),
        ("Sumter", ["'Sumter' has 2 pieces here (sum ##ter): follow one of them."], []),
    ]:
        at.text_input(key="tokens.follow").set_value(typed).run()
        assert not at.exception
        assert errors(at) == said
        assert at.text_input(key="tokens.follow").value == typed
        assert names(at) == followed


def test_a_link_with_such_a_word_opens_its_text() -> None:
    view = ViewState("tokens", "bundled", (Text("The cat sat."),)).with_options(follow="sat antidisestablishmentarian")
    at = arrive(data_of(PAGES["tokens"].check(view)))
    assert len(at.error) == 1
    assert names(at) == ["sat"]
    at.text_input(key="tokens.follow").set_value("sat").run()
    all_is_well(at)
    assert names(at) == ["sat"]
