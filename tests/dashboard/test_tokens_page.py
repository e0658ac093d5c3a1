"""The Tokens page on screen: the token that is chosen, ways of looking that read nothing anew, followed words.

What its figures and sentences say is in ``test_tokens_sections.py``, what edits do in ``test_token_edits.py``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis import read_distribution
from analysis.choices import ReadingKind
from analysis.models.bundle import ModelBundle
from analysis.types import HiddenReading, SeenReading
from dashboard.page import Count, Page
from dashboard.pages import PAGES
from dashboard.pages.tokens import PAGE
from dashboard.screen import saved
from dashboard.texts import NOTEBOOK
from tests.dashboard.app import (
    all_is_well,
    captions,
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
    try_example,
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
        both = [f"{title}, hidden", f"{title}, seen"] if position == 10 else [title]
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
        choose(at, "tokens.reading", "seen")
        least = 1 + int(np.nanargmax(values(at)[1:-1]))
        choose(at, "tokens.reading", "hidden")
        return least

    for number, example in enumerate(PAGE.examples):
        pick(at, 1)
        try_example(at, "tokens", number)
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
        blank = reading.encoded.outside & ~reading.encoded.masked
        want = np.where(blank, np.nan, reading.statistics.entropy_bits)
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
    assert "masking" in at.dataframe[0].value
    choose(at, "tokens.reading", "seen")
    assert "masking" not in at.dataframe[0].value


# --- the whole distribution ---


def opened(at: AppTest) -> list[Any]:
    """The whole distribution, once its fold has been opened."""
    at.session_state["tokens.distribution"] = True
    all_is_well(at.run())
    return [each.value for each in at.dataframe if list(each.value) == ["token", "id", "p", "log p (nats)", "rank"]]


@pytest.mark.parametrize("kind", ["seen", "hidden"])
def test_the_whole_distribution_is_read_when_somebody_opens_it(
    at: AppTest, bundled: ModelBundle, monkeypatch: pytest.MonkeyPatch, kind: ReadingKind
) -> None:
    reads = reads_of(monkeypatch)
    choose(at, "tokens.reading", kind)
    for position in (10, 9, 0):
        pick(at, position)
        at.session_state["tokens.distribution"] = False
        at.run()
        before = len(reads)
        assert f"The whole distribution at position {position}" in [each.label for each in at.expander]
        assert not [each for each in at.dataframe if len(each.value) == bundled.n_vocabulary]
        (table,) = opened(at)
        found = read_distribution(bundled, NOTEBOOK, position=position, reading=kind)
        assert table["id"].tolist() == found.order.tolist()
        np.testing.assert_allclose(table["p"], found.p[found.order], rtol=1e-4)
        assert len(reads) == before + 1
        saved = [each.label for each in at.get("download_button") if each.label in {"CSV", "Parquet"}]
        assert saved == ["CSV", "Parquet"]


def test_without_pyarrow_it_is_said_what_can_be_saved(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "find_spec", lambda _name: None)
    assert len(opened(at)) == 1
    assert [each.label for each in at.get("download_button") if each.label in {"CSV", "Parquet"}] == ["CSV"]
    assert "Parquet needs pyarrow, which is not installed here: save the CSV." in captions(at)


# --- numbers beyond what is allowed ---


def counts_of(page: Page) -> list[Count]:
    return [option for option in page.options if isinstance(option, Count) and option.place != "none"]


@pytest.mark.parametrize("page", [page for page in PAGES.values() if counts_of(page)], ids=lambda page: page.key)
def test_a_number_that_is_not_allowed_stays_and_is_said_to_be(
    page: Page, checkpoint_folder: Callable[..., Path]
) -> None:
    """Nothing that was typed is taken back without a word, and the nearest that is allowed holds."""
    # A path of the most steps is seconds of a real model.
    at = open_app(page.key, model=str(checkpoint_folder("tiny_bert")) if page.key == "influence" else None)
    for option in counts_of(page):
        field, default = f"{page.key}.{option.name}", at.number_input(key=f"{page.key}.{option.name}").value
        assert f"Allowed: {option.least:,} to {option.most:,}." in at.number_input(key=field).help
        for typed in (option.most + 1, 30_522_000, option.least - 1) if page.key == "tokens" else (option.most + 1,):
            at.number_input(key=field).set_value(typed).run()
            said = the_error(at)
            assert f"{typed:,}" in said and f"{option.least:,} to {option.most:,}" in said
            assert at.number_input(key=field).value == typed
            assert f"until then {option.nearest(typed):,} holds." in said
        at.number_input(key=field).set_value(default)
    all_is_well(at.run())


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
