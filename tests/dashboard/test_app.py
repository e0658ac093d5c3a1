"""Every page as it comes up and as its controls change it."""

import statistics
import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import cache, examples
from dashboard.charts.palette import palette
from dashboard.examples import NOTEBOOK, NOTEBOOK_A, NOTEBOOK_B
from dashboard.glossary import TOKEN_MEASURES
from tests.dashboard.app import (
    PAGES,
    all_is_well,
    captions,
    drawn,
    figure,
    go,
    metrics,
    open_app,
    payload,
    pick,
    resolved,
    rows,
    strip,
    type_in,
    words,
)

SUBHEADERS = {
    "tokens": ["Position 9 · [MASK]", "Entropy across the sequence", "The 10 most probable tokens at each position"],
    "next_sentence": ["Margins on one axis", "What made it think so", "Both logits"],
    "tour": ["1. A text becomes tokens", "7. The next-sentence head, asked rightly"],
    "model": ["Heads", "Where the numbers come from"],
}


@pytest.fixture
def at() -> AppTest:
    return open_app()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_comes_up(page: str, theme: str) -> None:
    at = open_app(page, theme=theme)
    all_is_well(at)
    assert len(at.title) == 1
    assert at.title[0].value.endswith("?"), "a page begins with the question it answers"
    shown = [resolved(subheader.value) for subheader in at.subheader]
    assert [subheader for subheader in shown if subheader in SUBHEADERS[page]] == SUBHEADERS[page]
    assert "revision" in captions(at)
    for chart in at.get("plotly_chart"):
        assert f'"paper_bgcolor":"{palette(theme).ground}"' in chart.proto.spec


@pytest.mark.parametrize("page", PAGES)
def test_whatever_is_drawn_has_words_for_it(page: str) -> None:
    at = open_app(page)
    twins = [expander.key for expander in at.expander if expander.key and expander.key.endswith(".twin")]
    assert not at.dataframe, "tables are drawn only when they are opened"
    for key in twins:
        at.session_state[key] = True
    at.run()
    all_is_well(at)
    assert len(at.dataframe) == len(twins)
    shown = [*at.get("plotly_chart"), *at.dataframe, *at.table]
    assert len(shown) == {"tokens": 3 + 5, "next_sentence": 3 + 4, "tour": 7, "model": 1}[page]
    for element in shown:
        assert element.proto.alt.strip(), element
    for chart in at.get("plotly_chart"):
        assert len(chart.proto.alt) > 40
    downloads = [button.label for button in at.get("download_button")]
    assert downloads.count("Download CSV") == len(twins)


def test_the_notebooks_text_is_analysed_at_the_start(at: AppTest) -> None:
    assert at.text_area(key="tokens.text_a").value == NOTEBOOK
    assert len(words(at)) == 62
    assert words(at)[:4] == ["[CLS]", "after", "abraham", "lincoln"]
    assert strip(at)["chosen"] == 9
    assert metrics(at)["Positions"] == "58"
    assert metrics(at)["NSP margin"] == "+1.66 nats"
    assert "a single segment is outside what the next-sentence head was trained on" in captions(at)


def test_the_notebooks_pair_is_compared_at_the_start() -> None:
    at = open_app("next_sentence")
    assert (at.text_area(key="nsp.text_a").value, at.text_area(key="nsp.text_b").value) == (NOTEBOOK_A, NOTEBOOK_B)
    assert rows(at)["correct pair"]["margin"] == "+6.68 nats"
    assert "The head says **IsNext** for the correct pair: margin **+6.68 nats**" in at.markdown[0].value
    assert len(rows(at)) == 8


@pytest.mark.parametrize(
    ("seeded", "position"),
    [(0, 0), (61, 61), (2, 2), (62, 9), (10_000, 9), (-1, 9), ("junk", 9), (None, 9), (1.5, 9), ([3], 9)],
)
def test_a_chosen_token(at: AppTest, seeded: object, position: int) -> None:
    pick(at, seeded)
    all_is_well(at)
    assert strip(at)["chosen"] == position
    assert resolved(at.subheader[0].value) == f"Position {position} · {words(at)[position]}"
    frames = figure(at, "tokens.heat")["layout"]["shapes"]
    assert [(frame["x0"], frame["x1"]) for frame in frames] == [(position - 0.5, position + 0.5)]


def test_special_tokens_come_with_their_caveat(at: AppTest) -> None:
    assert "were never chosen" not in captions(pick(at, 9))
    assert "[CLS] and [SEP] were never chosen" in captions(pick(at, 0))


def test_without_a_mask_the_least_certain_token_is_chosen(at: AppTest) -> None:
    type_in(at, "tokens.text_a", "The cat sat on the mat.")
    entropies = [float(token["value"]) for token in strip(at)["tokens"]]
    inner = range(1, len(entropies) - 1)
    assert strip(at)["chosen"] == max(inner, key=entropies.__getitem__)


@pytest.mark.parametrize("measure", TOKEN_MEASURES)
def test_the_measure_colours_the_strip(at: AppTest, measure: str) -> None:
    at.button_group(key="tokens.measure").set_value(measure).run()
    all_is_well(at)
    assert strip(at)["legend"]["name"] == TOKEN_MEASURES[measure].name
    values = {token["value"] for token in strip(at)["tokens"] if not token["ghost"]}
    fills = {token["fill"] for token in strip(at)["tokens"] if not token["ghost"]}
    assert len(values) > 1 or measure == "rank"  # this model gives every token of this text the first rank
    assert len(fills) > 1 or measure == "rank"


def test_colours_that_fit_the_text(at: AppTest) -> None:
    assert strip(at)["legend"]["high"] == "≥ 12 bits"
    values = [token["value"] for token in strip(at)["tokens"]]
    at.toggle(key="tokens.fit").set_value(True).run()
    all_is_well(at)
    assert strip(at)["legend"]["high"] == "7.74 bits"
    assert [token["value"] for token in strip(at)["tokens"]] == values
    assert 7.7 < figure(at, "tokens.heat")["layout"]["coloraxis"]["cmax"] < 8, "its [MASK]s are drawn, too"
    at.toggle(key="tokens.fit").set_value(False).run()
    assert strip(at)["legend"]["high"] == "≥ 12 bits"


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
    at.session_state["tokens.heat.twin"] = True
    at.session_state["tokens.positions.twin"] = True
    at.button_group(key="units").set_value(units).run()
    all_is_well(at)
    shown = metrics(at)
    assert (shown["Mean entropy"], shown["Mean surprisal"], shown["NSP margin"]) == (entropy, surprisal, margin)
    assert figure(at, "tokens.heat")["layout"]["coloraxis"]["colorbar"]["title"]["text"] == scale
    assert strip(at)["legend"]["high"].endswith(scale)
    for table in at.dataframe:
        assert {f"entropy ({scale})", f"surprisal ({scale})"} <= set(table.value.columns)
    go(at, "next_sentence")
    unit = margin.split()[1]
    assert {row["margin"].split()[1] for row in rows(at).values()} == {unit}
    assert f"margin m ({unit})" in figure(at, "nsp.margins")["layout"]["xaxis"]["title"]["text"]
    assert f"({unit})" in figure(at, "nsp.effects")["layout"]["xaxis"]["title"]["text"]


@pytest.mark.parametrize("k", [1, 3, 50])
def test_as_many_predictions_as_asked_for(at: AppTest, k: int) -> None:
    at.number_input(key="tokens.k").set_value(k).run()
    all_is_well(at)
    assert len(figure(at, "tokens.bars")["data"][0]["y"]) == k
    assert f"The {k} most probable tokens at each position" in [subheader.value for subheader in at.subheader]
    assert {len(token["guesses"]) for token in strip(at)["tokens"]} == {min(k, 3)}


def test_the_whole_texts_map(at: AppTest) -> None:
    def columns() -> list[int]:
        heatmaps = [trace for trace in figure(at, "tokens.map")["data"] if trace["type"] == "heatmap"]
        return [x for trace in heatmaps for x in trace["x"]]

    assert len(columns()) == 12
    assert 9 in columns()
    assert columns() == list(range(columns()[0], columns()[-1] + 1))
    assert 61 in (pick(at, 61) and columns())
    at.button_group(key="tokens.span").set_value("Whole text").run()
    assert columns() == list(range(62))


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
def test_the_examples_of_the_tokens_page(at: AppTest, number: int) -> None:
    pick(at, 3)
    example = examples.TOKENS[number]
    at.button(key=f"tokens.example.{number}").click().run()
    all_is_well(at)
    assert at.text_area(key="tokens.text_a").value == example.text_a
    assert at.toggle(key="tokens.pair").value == (example.text_b is not None)
    assert words(at)[strip(at)["chosen"]] == "[MASK]"


@pytest.mark.parametrize("number", range(len(examples.PAIRS)))
def test_the_examples_of_the_next_sentence_page(number: int) -> None:
    at = open_app("next_sentence")
    example = examples.PAIRS[number]
    at.button(key=f"nsp.example.{number}").click().run()
    all_is_well(at)
    assert at.text_area(key="nsp.text_a").value == example.text_a
    assert at.text_area(key="nsp.text_b").value == example.text_b
    says = {True: "IsNext", False: "NotNext"}[rows(at)["correct pair"]["next"]]
    assert f"The head says **{says}**" in at.markdown[0].value
    one_text(at)
    at.button(key=f"nsp.one.example.{number}").click().run()
    assert at.text_area(key="nsp.text").value == f"{example.text_a} {example.text_b}"
    all_is_well(at)


def test_swapping_exchanges_both_texts() -> None:
    at = open_app("next_sentence")
    before = rows(at)
    at.button(key="nsp.swap").click().run()
    all_is_well(at)
    assert (at.text_area(key="nsp.text_a").value, at.text_area(key="nsp.text_b").value) == (NOTEBOOK_B, NOTEBOOK_A)
    assert rows(at)["correct pair"]["margin"] == before["swapped"]["margin"]
    at.button(key="nsp.swap").click().run()
    assert rows(at) == before


def one_text(at: AppTest) -> AppTest:
    return at.button_group(key="nsp.mode").set_value("One text, movable boundary").run()


def pair(at: AppTest) -> tuple[int, int]:
    """How many tokens the correct pair's segments have, special ones included."""
    tokens = rows(at)["correct pair"]["tokens"]
    return tuple(sum(token["segment"] == segment for token in tokens) for segment in (0, 1))


def test_the_boundary_moves() -> None:
    at = one_text(open_app("next_sentence"))
    at.toggle(key="nsp.every").set_value(True).run()
    all_is_well(at)
    assert at.select_slider(key="nsp.cut").value == len(NOTEBOOK_A) + 1, "at first behind the first sentence"
    cut_after_sentence = rows(at)
    assert cut_after_sentence["correct pair"]["margin"] == "+6.68 nats"
    before, after = (button(at, f"{which} sentence end") for which in ("Previous", "Next"))
    assert (before.disabled, after.disabled) == (True, True)

    at.select_slider(key="nsp.cut").set_value(NOTEBOOK.index("Lincoln")).run()
    all_is_well(at)
    assert pair(at)[0] == len(["[CLS]", "after", "abraham", "[SEP]"])
    assert (button(at, "Previous sentence end").disabled, button(at, "Next sentence end").disabled) == (True, False)
    button(at, "Next sentence end").click().run()
    assert rows(at) == cut_after_sentence

    at.select_slider(key="nsp.cut").set_value(NOTEBOOK.rindex("inauguration")).run()
    assert pair(at)[1] == len(["inauguration", ".", "[SEP]"])
    button(at, "Previous sentence end").click().run()
    assert rows(at) == cut_after_sentence


def button(at: AppTest, label: str) -> AppTest:
    (found,) = [button for button in at.button if button.label == label]
    return found


def test_a_text_of_two_words_has_one_boundary() -> None:
    at = type_in(one_text(open_app("next_sentence")), "nsp.text", "Hello there")
    all_is_well(at)
    assert not at.select_slider
    assert pair(at) == (len(["[CLS]", "hello", "[SEP]"]), len(["there", "[SEP]"]))


def test_a_new_text_brings_its_own_boundary() -> None:
    at = one_text(open_app("next_sentence"))
    at.select_slider(key="nsp.cut").set_value(NOTEBOOK.rindex("inauguration")).run()
    type_in(at, "nsp.text", "It rained. We stayed in.")
    all_is_well(at)
    assert at.select_slider(key="nsp.cut").value == len("It rained. ")


def test_rows_are_shortened_unless_every_token_is_wanted() -> None:
    at = open_app("next_sentence")
    assert any("more" in token for token in rows(at)["correct pair"]["tokens"])
    at.toggle(key="nsp.every").set_value(True).run()
    tokens = rows(at)["correct pair"]["tokens"]
    assert len(tokens) == 63
    assert not any("more" in token for token in tokens)


def test_nothing_is_lost_over_a_change_of_page(at: AppTest) -> None:
    type_in(at, "tokens.text_a", "The cat sat on the [MASK].")
    at.toggle(key="tokens.pair").set_value(True).run()
    type_in(at, "tokens.text_b", "It was dark.")
    at.button_group(key="tokens.measure").set_value("rank").run()
    at.number_input(key="tokens.k").set_value(4).run()
    at.button_group(key="units").set_value("nats").run()
    pick(at, 2)
    before = (strip(at), drawn(at))
    go(at, "next_sentence")
    type_in(at, "nsp.text_a", "How are you?")
    at.toggle(key="nsp.every").set_value(True).run()
    middle = (payload(at, "nsp.rows"), drawn(at))
    for page in ("tour", "model"):
        all_is_well(go(at, page))
    assert at.button_group(key="units").value == "nats"
    go(at, "tokens")
    assert (strip(at), drawn(at)) == before
    assert at.text_area(key="tokens.text_b").value == "It was dark."
    go(at, "next_sentence")
    assert (payload(at, "nsp.rows"), drawn(at)) == middle


def test_the_boundary_is_kept_over_a_change_of_page() -> None:
    at = one_text(open_app("next_sentence"))
    at.select_slider(key="nsp.cut").set_value(NOTEBOOK.index("Lincoln")).run()
    before = rows(at)
    go(go(at, "tokens"), "next_sentence")
    assert rows(at) == before


def test_a_new_text_forgets_the_token_that_was_chosen(at: AppTest) -> None:
    pick(at, 3)
    type_in(at, "tokens.text_a", "The cat sat on the [MASK].")
    assert words(at)[strip(at)["chosen"]] == "[MASK]"


def test_the_tour_shows_the_running_models_numbers() -> None:
    at = open_app("tour")
    assert len(at.table) == 7
    for table in at.table:
        assert list(table.value.columns) == ["bundled, live", "bert-base-uncased, published"]
    margins = [[float(resolved(cell)) for cell in at.table[number].value.loc["margin"]] for number in (5, 6)]
    assert margins == [[pytest.approx(1.6583, abs=2e-4), 4.5153], [pytest.approx(6.6832, abs=2e-4), 11.7854]]
    assert len(at.code) == 8, "the preamble and seven steps"
    assert "load_bundle('bundled')" in at.code[0].value


def test_the_model_page_says_which_heads_are_real() -> None:
    at = open_app("model")
    said = "\n".join(markdown.value for markdown in at.markdown)
    for head in ("Masked-language modelling", "Next sentence"):
        assert f":material/check: **{head}**" in said
    (facts,) = [table.value for table in at.table]
    assert resolved(facts.loc["Architecture", "value"]) == "BertForPreTraining"
    assert resolved(facts.loc["Longest input", "value"]).startswith("512 tokens")
    assert "The bundled checkpoint" in said or "bundled checkpoint" in said


@pytest.mark.parametrize("query", [{"x": "<b>"}, {"tokens.text_a": "injected"}, {"units": ["junk", "bits"]}, {"": ""}])
def test_what_the_address_adds_changes_nothing(at: AppTest, query: dict[str, str | list[str]]) -> None:
    before = (strip(at), drawn(at))
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    all_is_well(at)
    assert (strip(at), drawn(at)) == before


def test_a_pick_computes_nothing_and_is_quick(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **kwargs: object) -> None:
        raise AssertionError("the reading is in the cache")

    monkeypatch.setattr(cache, "read_seen", refused)
    took = []
    for position in (3, 40, 9, 61, 17):
        start = time.perf_counter()
        pick(at, position)
        took.append(time.perf_counter() - start)
        all_is_well(at)
        assert strip(at)["chosen"] == position
    print(f"a pick took the server {1000 * statistics.median(took):.0f} ms (median of {len(took)})")  # noqa: T201
    assert statistics.median(took) < 1.5


def test_another_unit_or_measure_computes_nothing(at: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[Callable[..., object]] = []
    monkeypatch.setattr(cache, "read_seen", lambda *args, **kwargs: computed.append(args))
    at.button_group(key="tokens.measure").set_value("p").run()
    at.button_group(key="units").set_value("bits").run()
    all_is_well(at)
    assert computed == []
