"""The Tokens page as its controls change it: measures, readings, words, units, and what is computed for it."""

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.choices import MASKINGS
from analysis.models.bundle import ModelBundle
from analysis.tasks.scores import words_of
from analysis.tasks.seen import read_seen
from analysis.types import HiddenReading, SeenReading
from dashboard import cache, examples
from dashboard.drawing import strip as strips
from dashboard.drawing.palette import palette
from dashboard.examples import NOTEBOOK
from dashboard.glossary import HIDDEN_READING, MASKING_NAMES, SEEN_READING, TOKEN_MEASURES
from tests.dashboard.app import (
    all_is_well,
    captions,
    choose,
    drawn,
    figure,
    metrics,
    open_app,
    payload,
    pick,
    resolved,
    strip,
    type_in,
    values,
    words,
)
from tests.dashboard.measured import MEASURED

PIECES = "Fort Sumter, unquestionably anti-slavery, fell."
"""A text with words of several pieces, which the maskings hide differently."""


@pytest.fixture
def at() -> AppTest:
    return open_app()


@pytest.fixture
def nothing_is_computed(monkeypatch: pytest.MonkeyPatch, at: AppTest) -> None:
    """From now on: what the page needs must be in the cache."""

    def refused(*args: object, **kwargs: object) -> None:
        raise AssertionError("it is in the cache")

    for name in ("read_seen", "read_rows"):
        monkeypatch.setattr(cache, name, refused)


def test_the_notebooks_text_is_analysed_at_the_start(at: AppTest) -> None:
    assert at.text_area(key="tokens.text_a").value == NOTEBOOK
    assert len(words(at)) == 62
    assert words(at)[:4] == ["[CLS]", "after", "abraham", "lincoln"]
    assert strip(at)["chosen"] == 9
    assert metrics(at)["Positions"] == "58"
    assert metrics(at)["NSP margin"] == "+1.66 nats"
    assert "a single segment is outside what the next-sentence head was trained on" in captions(at)


@pytest.mark.parametrize(
    ("seeded", "position"),
    [(0, 0), (61, 61), (2, 2), (62, 9), (10_000, 9), (-1, 9), ("junk", 9), (None, 9), (1.5, 9), ([3], 9)],
)
def test_a_chosen_token(at: AppTest, seeded: object, position: int) -> None:
    pick(at, seeded)
    all_is_well(at)
    assert strip(at)["chosen"] == position
    own = position == 2
    title = f"Position {position} · {words(at)[position]}"
    shown = [resolved(subheader.value) for subheader in at.subheader]
    assert shown[: 1 + own] == ([f"{title}, seen", f"{title}, hidden"] if own else [title])
    (frame,) = {(frame["x0"], frame["x1"]) for frame in figure(at, "tokens.heat")["layout"]["shapes"]}
    assert frame == (position - 0.5, position + 0.5)


def test_special_tokens_come_with_their_caveat(at: AppTest) -> None:
    assert "were never chosen" not in captions(pick(at, 9))
    assert "[CLS] and [SEP] were never chosen" in captions(pick(at, 0))


def test_without_a_mask_the_least_certain_token_is_chosen(at: AppTest) -> None:
    type_in(at, "tokens.text_a", "The cat sat on the mat.")
    entropies = values(at)
    assert strip(at)["chosen"] == max(range(1, len(entropies) - 1), key=entropies.__getitem__)
    choose(at, "tokens.reading", "hidden")
    assert values(at) != entropies
    assert strip(at)["chosen"] == max(range(1, len(entropies) - 1), key=entropies.__getitem__), "as before"


@pytest.mark.parametrize("by", ["token", "word"])
@pytest.mark.parametrize("kind", ["seen", "hidden"])
@pytest.mark.parametrize("measure", TOKEN_MEASURES)
def test_the_strip_shows_what_was_chosen(
    at: AppTest, notebook_reading: SeenReading, notebook_hidden: HiddenReading, measure: str, kind: str, by: str
) -> None:
    choose(choose(choose(at, "tokens.measure", measure), "tokens.reading", kind), "tokens.by", by)
    all_is_well(at)
    reading = notebook_hidden if kind == "hidden" or MEASURED[measure].needs_hidden else notebook_reading
    parts = words_of(reading.encoded) if by == "word" else None
    want = strips.strip(reading, measure, palette("light"), "usual", words=parts)
    shown = strip(at)
    assert (shown["legend"], shown["at"]) == (want["legend"], want["at"])
    assert [token["text"] for token in shown["tokens"]] == [token["text"] for token in want["tokens"]]
    assert [token["ghost"] for token in shown["tokens"]] == [token["ghost"] for token in want["tokens"]]
    if measure not in {"rank", "p"}:  # printed with few digits or as 1 - 8e-6
        assert values(at) == pytest.approx(values(want), abs=0.011, nan_ok=True)
        assert len(set(values(at))) > 10
    assert at.get("bidi_component")[0].key == "tokens.strip"


def test_the_copy_gap_is_shown_at_the_chosen_token(at: AppTest, notebook_hidden: HiddenReading) -> None:
    pick(at, 2)
    gap = float(notebook_hidden.copy_gap_bits[2])
    assert gap > 0.5
    shown = metrics(at)["Copy gap here"].split()
    assert (float(shown[0]), shown[1]) == (pytest.approx(gap, abs=0.011), "bits")
    choose(at, "units", "nats")
    shown = metrics(at)["Copy gap here"].split()
    assert (float(shown[0]), shown[1]) == (pytest.approx(gap * np.log(2), abs=0.011), "nats")
    for position in (0, 9):
        assert "Copy gap here" not in metrics(pick(at, position)), "nothing is hidden there"


def test_both_readings_of_a_token_stand_beside_each_other(
    at: AppTest, notebook_reading: SeenReading, notebook_hidden: HiddenReading
) -> None:
    pick(at, 43)
    bars = {key: figure(at, key)["data"][0] for key in ("tokens.bars",)}
    assert "tokens.bars.hidden.figure" not in [chart.key for chart in at.get("plotly_chart")], "a [MASK] has one"
    assert bars["tokens.bars"]["customdata"][:3] == list(notebook_reading.top_tokens[43][:3])
    pick(at, 10)
    for key, reading in (("tokens.bars", notebook_reading), ("tokens.bars.hidden", notebook_hidden)):
        assert figure(at, key)["data"][0]["customdata"][:10] == list(reading.top_tokens[10][:10])


def test_the_means_of_both_readings(at: AppTest, notebook_reading: SeenReading, notebook_hidden: HiddenReading) -> None:
    counted = ~notebook_reading.encoded.outside
    shown = {metric.label: (metric.value, metric.delta) for metric in at.metric}
    for label, field in (("Mean entropy", "entropy_bits"), ("Mean surprisal", "surprisal_bits")):
        seen, hidden = (
            float(getattr(reading.statistics, field)[counted].mean()) for reading in (notebook_reading, notebook_hidden)
        )
        value, delta = shown[label]
        assert float(value.removesuffix(" bits")) == pytest.approx(seen, abs=0.011)
        assert float(delta.removeprefix("hidden ").removesuffix(" bits")) == pytest.approx(hidden, abs=0.011)
    hidden_first = float((notebook_hidden.statistics.rank[counted] == 1).mean())
    assert shown["Rank 1"] == ("100%", f"hidden {hidden_first:.0%}")
    assert shown["Positions"][1] == shown["[UNK]"][1] == shown["NSP margin"][1] == ""


@pytest.mark.parametrize("kind", ["seen", "hidden"])
def test_the_map_and_the_read_out_follow_the_reading(
    at: AppTest, notebook_reading: SeenReading, notebook_hidden: HiddenReading, kind: str
) -> None:
    choose(at, "tokens.reading", kind)
    reading = notebook_reading if kind == "seen" else notebook_hidden
    read = [word["predicted"] for word in payload(at, "tokens.readout")["words"]]
    assert read == [top[0] for top in reading.top_tokens]
    said = [resolved(subheader.value) for subheader in at.subheader]
    hidden = f"hidden: {MASKING_NAMES['word_l2r']}"
    assert f"The 10 most probable tokens at each position, {'seen' if kind == 'seen' else hidden}" in said
    assert ("What the head reads back" in said) == (kind == "seen")
    assert ("What the head guesses at each hidden token" in said) == (kind == "hidden")
    assert (SEEN_READING in captions(at), HIDDEN_READING in captions(at)) == (kind == "seen", kind == "hidden")


def test_colours_that_fit_the_text(at: AppTest, notebook_hidden: HiddenReading) -> None:
    axes = {"coloraxis": 12, "coloraxis2": 12, "coloraxis3": 4, "coloraxis4": 12}
    assert {key: figure(at, "tokens.heat")["layout"][key]["cmax"] for key in axes} == axes
    assert strip(at)["legend"]["high"] == "≥ 12 bits"
    printed = [token["value"] for token in strip(at)["tokens"]]
    at.toggle(key="tokens.fit").set_value(True).run()
    all_is_well(at)
    assert strip(at)["legend"]["high"] == "7.74 bits"
    assert [token["value"] for token in strip(at)["tokens"]] == printed
    fitted = {key: figure(at, "tokens.heat")["layout"][key]["cmax"] for key in axes}
    largest = float(notebook_hidden.statistics.surprisal_bits[~notebook_hidden.encoded.outside].max())
    assert fitted["coloraxis"] == pytest.approx(largest, abs=0.01), "both readings share the scale"
    assert fitted["coloraxis4"] == pytest.approx(float(np.abs(notebook_hidden.copy_gap_bits).max()), abs=0.01)
    choose(at, "tokens.measure", "gap")
    assert strip(at)["legend"]["high"] == f"{fitted['coloraxis4']:.3g} bits"
    at.toggle(key="tokens.fit").set_value(False).run()
    assert (strip(at)["legend"]["low"], strip(at)["legend"]["high"]) == ("≤ −12", "≥ 12 bits")


@pytest.mark.parametrize(("masking", "seconds"), [(masking, other) for masking in MASKINGS for other in MASKINGS])
@pytest.mark.usefixtures("nothing_is_computed")
def test_another_masking_is_there_at_once(
    at: AppTest, notebook_maskings: dict[str, HiddenReading], masking: str, seconds: str
) -> None:
    choose(at, "tokens.reading", "hidden")
    for chosen in (masking, seconds):
        at.radio(key="tokens.masking").set_value(chosen).run()
        all_is_well(at)
        reading = notebook_maskings[chosen]
        want = np.where(reading.encoded.outside, np.nan, reading.statistics.entropy_bits)
        assert values(at) == pytest.approx(want.tolist(), abs=0.011, nan_ok=True)
        said = [resolved(subheader.value) for subheader in at.subheader]
        assert f"The 10 most probable tokens at each position, hidden: {MASKING_NAMES[chosen]}" in said


def test_maskings_differ_exactly_in_words_of_several_pieces(at: AppTest) -> None:
    choose(type_in(at, "tokens.text_a", PIECES), "tokens.reading", "hidden")
    found = {}
    for masking in MASKINGS:
        at.radio(key="tokens.masking").set_value(masking).run()
        found[masking] = values(at)
    joined = [token["joined"] for token in strip(at)["tokens"]]
    several = [own or after for own, after in zip(joined, [*joined[1:], False], strict=True)]
    last = [own and not after for own, after in zip(joined, [*joined[1:], False], strict=True)]
    assert sum(several) > 3
    for i, (token, l2r, word) in enumerate(zip(*found.values(), strict=True)):
        if not np.isnan(token):
            assert (l2r != token) == (several[i] and not last[i]), "the last piece has none after it"
            assert (word != token) == several[i]


@pytest.mark.parametrize("k", [1, 3, 50])
@pytest.mark.usefixtures("nothing_is_computed")
def test_as_many_predictions_as_asked_for(at: AppTest, k: int) -> None:
    pick(at, 10)
    at.number_input(key="tokens.k").set_value(k).run()
    all_is_well(at)
    for key in ("tokens.bars", "tokens.bars.hidden"):
        assert len(figure(at, key)["data"][0]["y"]) in {k, k + 1}, "and the token that stands there"
    assert f"The {k} most probable tokens at each position, seen" in [subheader.value for subheader in at.subheader]
    for kind in ("seen", "hidden"):
        choose(at, "tokens.reading", kind)
        assert {len(token["guesses"]) for token in strip(at)["tokens"]} == {min(k, 3)}
        rows = [trace for trace in figure(at, "tokens.map")["data"] if trace["type"] == "heatmap"]
        assert {len(trace["y"]) for trace in rows} == {k}


def test_the_whole_texts_map(at: AppTest) -> None:
    def columns() -> list[int]:
        heatmaps = [trace for trace in figure(at, "tokens.map")["data"] if trace["type"] == "heatmap"]
        return [x for trace in heatmaps for x in trace["x"]]

    assert len(columns()) == 12
    assert 9 in columns()
    assert columns() == list(range(columns()[0], columns()[-1] + 1))
    assert 61 in (pick(at, 61) and columns())
    choose(at, "tokens.span", "Whole text")
    assert columns() == list(range(62))


def test_a_chip_of_a_word_is_ringed_when_one_of_its_pieces_is_chosen(at: AppTest, bundled: ModelBundle) -> None:
    type_in(at, "tokens.text_a", PIECES)
    choose(at, "tokens.by", "word")
    encoded = read_seen(bundled, PIECES).encoded
    for chip, first in enumerate(strip(at)["at"]):
        last = [*strip(at)["at"], len(encoded)][chip + 1] - 1
        assert strip(pick(at, last))["chosen"] == chip
        assert resolved(at.subheader[0].value).startswith(f"Position {last} · {encoded.tokens[last]}"), first


@pytest.mark.parametrize(
    ("units", "entropy", "surprisal", "margin", "scale"),
    [
        ("usual", "0.73 bits", "0.14 bits", "+1.66 nats", "bits"),
        ("bits", "0.73 bits", "0.14 bits", "+2.39 bits", "bits"),
        ("nats", "0.50 nats", "0.10 nats", "+1.66 nats", "nats"),
    ],
)
def test_the_units_change_every_number(
    at: AppTest, units: str, entropy: str, surprisal: str, margin: str, scale: str
) -> None:
    choose(at, "tokens.reading", "hidden")
    at.session_state["tokens.heat.twin"] = True
    at.session_state["tokens.positions.twin"] = True
    choose(at, "units", units)
    all_is_well(at)
    shown = metrics(at)
    assert (shown["Mean entropy"], shown["Mean surprisal"], shown["NSP margin"]) == (entropy, surprisal, margin)
    assert all(metric.delta.endswith(scale) for metric in at.metric if metric.label.startswith("Mean"))
    layout = figure(at, "tokens.heat")["layout"]
    titles = [layout[key]["colorbar"]["title"]["text"] for key in layout if key.startswith("coloraxis")]
    assert titles == [f"H, S ({scale})", f"surplus ({scale})", "rank, log scale", f"copy gap ({scale})"]
    assert strip(at)["legend"]["high"].endswith(scale)
    (heat, positions) = [set(table.value.columns) for table in at.dataframe]
    columns = {f"{measured.name} ({scale})" for measured in MEASURED.values() if measured.unit == "bits"}
    assert columns <= positions
    assert columns <= {column.removesuffix(" seen") for column in heat}
    choose(at, "tokens.measure", "gap")
    assert strip(at)["legend"]["high"].endswith(scale)
    unit = "bits" if units == "bits" else "nats"
    assert f"PLL ({unit})" in at.table[0].value.columns


def test_an_open_table_stays_open_when_the_reading_changes(at: AppTest) -> None:
    at.session_state["tokens.positions.twin"] = True
    at.run()
    assert "masking" not in at.dataframe[0].value
    choose(at, "tokens.reading", "hidden")
    assert len(at.dataframe) == 1
    assert "masking" in at.dataframe[0].value


def test_the_second_segment(at: AppTest) -> None:
    assert len(at.text_area) == 1
    at.toggle(key="tokens.pair").set_value(True).run()
    assert len(at.text_area) == 2
    type_in(at, "tokens.text_b", "It was dark.")
    all_is_well(at)
    assert {token["segment"] for token in strip(at)["tokens"]} == {"A", "B"}
    assert words(at)[-5:] == ["it", "was", "dark", ".", "[SEP]"]
    assert "a single segment is outside" not in captions(at)
    at.toggle(key="tokens.pair").set_value(False).run()
    assert {token["segment"] for token in strip(at)["tokens"]} == {"A"}
    at.toggle(key="tokens.pair").set_value(True).run()
    assert at.text_area(key="tokens.text_b").value == "It was dark.", "what was typed is kept"


@pytest.mark.parametrize("number", range(len(examples.TOKENS)))
def test_the_examples(at: AppTest, number: int) -> None:
    type_in(at, "tokens.text_a", "The cat sat on a mat.")
    pick(at, 3)
    example = examples.TOKENS[number]
    at.button(key=f"tokens.example.{number}").click().run()
    all_is_well(at)
    assert at.text_area(key="tokens.text_a").value == example.text_a
    assert at.toggle(key="tokens.pair").value == (example.text_b is not None)
    assert words(at)[strip(at)["chosen"]] == "[MASK]"


def test_a_new_text_forgets_the_token_that_was_chosen(at: AppTest) -> None:
    pick(at, 3)
    type_in(at, "tokens.text_a", "The cat sat on the [MASK].")
    assert words(at)[strip(at)["chosen"]] == "[MASK]"


@pytest.mark.usefixtures("nothing_is_computed")
def test_a_pick_computes_nothing_and_is_quick(at: AppTest) -> None:
    took = []
    for position in (3, 40, 9, 61, 17):
        start = time.perf_counter()
        pick(at, position)
        took.append(time.perf_counter() - start)
        all_is_well(at)
        assert strip(at)["chosen"] == position
    print(f"a pick took the server {1000 * statistics.median(took):.0f} ms (median of {len(took)})")  # noqa: T201
    assert statistics.median(took) < 1.5


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tokens.measure", "p"),
        ("tokens.measure", "gap"),
        ("tokens.reading", "hidden"),
        ("tokens.by", "word"),
        ("tokens.span", "Whole text"),
        ("units", "nats"),
    ],
)
@pytest.mark.usefixtures("nothing_is_computed")
def test_another_way_of_looking_computes_nothing(at: AppTest, key: str, value: str) -> None:
    before = (strip(at), drawn(at))
    choose(at, key, value)
    all_is_well(at)
    assert (strip(at), drawn(at)) != before


@pytest.mark.parametrize("maker", ["tiny_roberta", "tiny_distilbert", "tiny_albert", "tiny_modernbert", "wide_head"])
def test_the_hidden_reading_by_word_of_another_kind_of_model(
    maker: str, checkpoint_folder: Callable[..., object]
) -> None:
    at = open_app(model=str(checkpoint_folder(maker)))
    type_in(at, "tokens.text_a", "the cat sat on a mat")
    choose(choose(at, "tokens.reading", "hidden"), "tokens.by", "word")
    all_is_well(at)
    assert [token["text"] for token in strip(at)["tokens"] if not token["ghost"]] == "the cat sat on a mat".split()
    assert not np.isnan(values(at)[1:-1]).any()
    assert len(at.table) == 1
