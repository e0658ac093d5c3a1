"""A measure is one entry in analysis/measures.py and one in dashboard/glossary.py: what shows measures finds it."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from analysis import export
from analysis.measures import TOKEN_MEASURES, Reading, TokenMeasure, measures_of
from analysis.questions import Text
from analysis.texts.words import words_of
from analysis.types import Scores, summarise
from dashboard import glossary
from dashboard.drawing import tables
from dashboard.drawing.palette import palette
from dashboard.drawing.strip import strip
from dashboard.glossary import Measure
from dashboard.pages.tokens import PAGE
from dashboard.pages.tokens.heatmap import entropy_heatmap
from dashboard.sections import Chart
from dashboard.view import ViewState
from tests.dashboard import made
from tests.dashboard.figures import drawn

LIGHT = palette("light")
SEEN = made.reading(["un", "##til", "the", "[MASK]", "cat"])
HIDDEN = made.hidden(SEEN)
CHOICES = (SEEN.statistics.top_p > 0.01).sum(axis=1).astype(float)

Register = Callable[[TokenMeasure, Measure], None]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Puts a measure into both tables for the time of a test."""

    def both(measured: TokenMeasure, measure: Measure) -> None:
        monkeypatch.setitem(TOKEN_MEASURES, measured.key, measured)
        monkeypatch.setitem(glossary.TOKEN_MEASURES, measure.key, measure)

    return both


@pytest.fixture
def guesses(register: Register) -> None:
    """How many of the listed predictions are worth a guess: a pure number of the prediction, linear and one-sided."""
    register(
        TokenMeasure(
            "guesses", "guesses", "", "max", lambda r: (r.statistics.top_p > 0.01).sum(axis=1).astype(float), whole=True
        ),
        Measure("guesses", "guesses", "g", "", 0, 5, "How many predictions have p over 0.01.", form="rank"),
    )


def scale_titles(chart: Chart) -> list[str]:
    layout = drawn(chart)["layout"]
    return [layout[key]["colorbar"]["title"]["text"] for key in layout if key.startswith("coloraxis")]


@pytest.mark.usefixtures("guesses")
def test_the_strip_colours_by_it_by_token_and_by_word() -> None:
    chips = strip(SEEN, "guesses", LIGHT, "usual")
    assert [chip["value"] for chip in chips["tokens"][1:4]] == [f"{n:.0f}" for n in CHOICES[1:4]]
    assert (chips["legend"]["name"], chips["legend"]["low"], chips["legend"]["high"]) == ("guesses, seen", "0", "≥ 5")
    word = strip(SEEN, "guesses", LIGHT, "usual", words=words_of(SEEN.encoded))["tokens"][1]
    assert (word["text"], word["value"]) == ("until", f"{CHOICES[1:3].max():.0f}")


@pytest.mark.usefixtures("guesses")
def test_the_heatmap_has_rows_of_it_on_a_scale_of_their_own() -> None:
    chart = entropy_heatmap(SEEN, HIDDEN, LIGHT, "usual")
    assert scale_titles(chart)[-1] == "guesses"
    np.testing.assert_array_equal(chart.table["guesses seen"][1:4], CHOICES[1:4])
    assert chart.table["guesses hidden"][1:4].notna().all()
    assert "guesses" in chart.alt


@pytest.mark.usefixtures("guesses")
def test_tables_and_exports_write_it() -> None:
    assert tables.positions(SEEN, "usual")["guesses"].tolist() == CHOICES.tolist()
    positions = json.loads(json.dumps(export.reading(SEEN)))["positions"]
    assert [position["guesses"] for position in positions] == CHOICES.tolist()
    assert {type(position["guesses"]) for position in positions} == {int}


@pytest.mark.usefixtures("guesses")
@pytest.mark.parametrize(("kind", "reading"), [("seen", SEEN), ("hidden", HIDDEN)])
def test_a_snippet_prints_it(kind: str, reading: Reading, capsys: pytest.CaptureFixture[str]) -> None:
    view = PAGE.check(ViewState("tokens", "bundled", (Text("until the [MASK] cat"),)))
    prints = PAGE.prints(view.with_options(position=2, reading=kind, k=3))
    exec("\n".join(prints), {"scores": Scores((HIDDEN,), ()), "summarise": summarise, "measures_of": measures_of})
    printed, numbers = capsys.readouterr().out.splitlines(), reading.statistics
    assert f"entropy: {numbers.entropy_bits[2]:.6g} bits" in printed
    assert f"rank: {numbers.rank[2]}" in printed
    assert f"guesses: {(numbers.top_p[2, :3] > 0.01).sum()}" in printed
    assert any(line.startswith("gap: ") for line in printed) == (kind == "hidden")


@pytest.mark.parametrize(
    ("unit", "low", "title", "name"),
    [
        ("bits", 0, "H, S, D (bits)", "D"),
        ("bits", -12, "doubt (bits)", "doubt"),
        ("nats", 0, "doubt (nats)", "doubt"),
    ],
)
def test_the_scale_follows_from_unit_and_ends(register: Register, unit: str, low: float, title: str, name: str) -> None:
    """One unit on one scale, what has two sides of 0 on a scale of its own."""
    register(
        TokenMeasure("doubt", f"doubt_{unit}", unit, "sum", lambda reading: reading.statistics.entropy_bits / 2),
        Measure("doubt", "doubt", "D", unit, low, 12, "Half the entropy."),
    )
    chart = entropy_heatmap(SEEN, HIDDEN, LIGHT, "usual")
    assert title in scale_titles(chart)
    names = [text for text in drawn(chart)["layout"]["yaxis"]["ticktext"] if text.startswith(name)]
    assert names == [f"{name} seen", f"{name} hidden"]


def test_what_only_a_hidden_reading_knows_has_one_row_and_no_place_in_a_seen_one(register: Register) -> None:
    register(
        TokenMeasure("loss", "loss_bits", "bits", "sum", lambda reading: reading.copy_gap_bits, needs_hidden=True),
        Measure("loss", "loss", "L", "bits", -12, 12, "The copy gap again."),
    )
    assert "loss" in entropy_heatmap(SEEN, HIDDEN, LIGHT, "usual").table.filter(like="loss").columns[0]
    assert not any("loss" in column for column in entropy_heatmap(SEEN, None, LIGHT, "usual").table)
    assert "loss (bits)" in tables.positions(HIDDEN, "usual")
    assert "loss (bits)" not in tables.positions(SEEN, "usual")
    assert "loss_bits" in export.reading(HIDDEN)["positions"][1]
    assert "loss_bits" not in export.reading(SEEN)["positions"][1]
    assert strip(HIDDEN, "loss", LIGHT, "usual")["legend"]["name"] == "loss", "it is of both readings"
