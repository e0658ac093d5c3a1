"""The Tokens page on screen: the token that is chosen, ways of looking that read nothing anew, followed words.

What its figures and sentences say is in ``test_tokens_sections.py``, what edits do in ``test_token_edits.py``.
"""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.types import HiddenReading, SeenReading
from dashboard.pages.tokens import PAGE
from dashboard.texts import NOTEBOOK
from tests.dashboard.app import (
    all_is_well,
    choose,
    figure,
    go,
    metrics,
    open_app,
    pick,
    reads_of,
    resolved,
    strip,
    the_error,
    type_in,
    values,
    words,
)
from tests.dashboard.visits import put

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def at() -> AppTest:
    return open_app()


def subheaders(at: AppTest) -> list[str]:
    return [resolved(each.value) for each in at.subheader]


def columns(at: AppTest) -> list[int]:
    """The positions that the map shows."""
    return [x for trace in figure(at, "tokens.map")["data"] if trace["type"] == "heatmap" for x in trace["x"]]


def followed(at: AppTest) -> list[str]:
    return figure(at, "tokens.followed")["layout"]["yaxis"]["ticktext"]


def bars(at: AppTest, kind: str) -> list[str]:
    """The tokens beside the bars of a reading."""
    return figure(at, f"tokens.bars-{kind}")["data"][0]["customdata"]


# --- the chosen token ---


def test_the_chosen_token_is_the_same_everywhere(
    at: AppTest, notebook_reading: SeenReading, notebook_hidden: HiddenReading
) -> None:
    assert at.text_area(key="tokens.text_a").value == NOTEBOOK
    for picked, position in ((None, 9), (10, 10), (61, 61)):
        pick(at, picked)
        all_is_well(at)
        assert strip(at)["chosen"] == position
        title = f"Position {position} · {words(at)[position]}"
        both = [f"{title}, seen", f"{title}, hidden"] if position == 10 else [title]
        assert [each for each in subheaders(at) if each.startswith("Position")] == both
        framed = {(shape["x0"], shape["x1"]) for shape in figure(at, "tokens.entropy")["layout"]["shapes"]}
        assert framed == {(position - 0.5, position + 0.5)}
        assert (position in columns(at), len(columns(at))) == (True, 12)
        assert bars(at, "seen")[:10] == list(notebook_reading.top_tokens[position])
        assert ("Copy gap here" in metrics(at)) == (position == 10)
        if position == 10:
            assert bars(at, "hidden")[:10] == list(notebook_hidden.top_tokens[position])


def test_another_text_forgets_the_token_that_was_chosen(at: AppTest) -> None:
    def least_certain() -> int:
        return 1 + int(np.nanargmax(values(at)[1:-1]))

    for number, example in enumerate(PAGE.examples):
        pick(at, 1)
        at.button(key=f"tokens.example.{number}").click().run()
        assert at.toggle(key="tokens.pair").value == (example.text_b is not None)
        assert words(at)[strip(at)["chosen"]] == "[MASK]"
    pick(at, 1)
    at.toggle(key="tokens.pair").set_value(False).run()
    assert strip(at)["chosen"] == least_certain() != 1
    pick(at, 1)
    type_in(at, "tokens.text_a", "It was late and the cat sat on the mat.")
    assert strip(at)["chosen"] == least_certain() != 1


# --- ways of looking ---


def test_another_way_of_looking_reads_nothing(
    at: AppTest, notebook_maskings: dict[str, HiddenReading], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hides(masking: str) -> object:
        reading = notebook_maskings[masking]
        want = np.where(reading.encoded.outside, np.nan, reading.statistics.entropy_bits)
        return pytest.approx(want.tolist(), abs=0.011, nan_ok=True)

    reads = reads_of(monkeypatch)
    pick(at, 10)
    choose(at, "tokens.reading", "hidden")
    assert values(at) == hides("word_l2r")
    put(at, {"tokens.masking": "token", "tokens.k": 3})
    assert values(at) == hides("token")
    assert "The 3 most probable tokens at each position, hidden: the token alone" in subheaders(at)
    for kind in ("seen", "hidden"):
        assert len(bars(at, kind)) in {3, 4}, "and the token that stands there"
    put(at, {"tokens.k": 50, "tokens.span": "all"})
    assert {len(bars(at, "seen")), len(bars(at, "hidden"))} <= {50, 51}
    assert columns(at) == list(range(62))

    choose(at, "tokens.reading", "seen")
    choose(at, "tokens.measure", "gap")
    legend = strip(at)["legend"]
    assert (legend["name"], legend["high"]) == ("copy gap", "≥ 12 bits")
    put(at, {"tokens.fit": True, "units": "nats"})
    high = strip(at)["legend"]["high"]
    assert high.endswith(" nats") and not high.startswith("≥")
    assert figure(at, "tokens.entropy")["layout"]["coloraxis4"]["cmax"] == pytest.approx(float(high[:-5]), abs=0.05)
    all_is_well(at)
    assert reads == []


def test_an_open_table_stays_open_when_the_reading_changes(at: AppTest) -> None:
    (fold,) = [each.key for each in at.expander if each.label == "Every position"]
    at.session_state[fold] = True
    at.run()
    assert "masking" not in at.dataframe[0].value
    choose(at, "tokens.reading", "hidden")
    assert "masking" in at.dataframe[0].value


# --- followed words ---


def test_words_are_followed_as_they_are_typed(at: AppTest) -> None:
    put(at, {"tokens.follow": "War, peace"})
    all_is_well(at)
    assert followed(at) == ["war seen", "war hidden", "peace seen", "peace hidden"]
    go(go(at, "tour"), "tokens")
    assert at.text_input(key="tokens.follow").value == "War, peace"
    put(at, {"tokens.follow": "war", "tokens.text_a": " "})
    the_error(at)
    assert followed(at)[::2] == ["war seen", "peace seen"], "of the last text that could be read"
    type_in(at, "tokens.text_a", "War and peace.")
    all_is_well(at)
    assert followed(at) == ["war seen", "war hidden"]
    all_is_well(put(at, {"tokens.follow": ""}))
    assert "tokens.followed.figure" not in [each.key for each in at.get("plotly_chart")]
