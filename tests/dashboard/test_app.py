"""Every page as it comes up and as its controls change it."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import examples
from dashboard.drawing.palette import palette
from dashboard.examples import NOTEBOOK, NOTEBOOK_A, NOTEBOOK_B
from tests.dashboard.app import (
    PAGES,
    all_is_well,
    button,
    captions,
    choose,
    drawn,
    figure,
    go,
    open_app,
    payload,
    pick,
    resolved,
    rows,
    strip,
    type_in,
)

SUBHEADERS = {
    "tokens": [
        "Position 9 · [MASK]",
        "Entropy across the sequence",
        "The 10 most probable tokens at each position, seen",
        "What the head reads back",
        "Pseudo-log-likelihood",
    ],
    "fill": ["What each order fills in", "The text, filled", "The candidates in order"],
    "next_sentence": ["Margins on one axis", "What made it think so", "Both logits"],
    "splits": ["Margin at every boundary"],
    "pairs": [
        "Margins of all ordered pairs",
        "Sentence 2 after sentence 1, among controls",
        "Order effects",
        "Best orders",
    ],
    "compare": ["Both predictions · the", "The words that moved most", "Where they differ"],
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
    shown = [*at.get("plotly_chart"), *at.dataframe]
    expected = {
        "tokens": 3 + 6,
        "fill": 3 + 4,
        "next_sentence": 3 + 4,
        "splits": 2,
        "pairs": 6,
        "compare": 6,
        "tour": 0,
        "model": 0,
    }
    assert len(shown) == expected[page]
    for element in shown:
        assert element.proto.alt.strip(), element
    for chart in at.get("plotly_chart"):
        assert len(chart.proto.alt) > 40
    downloads = [button.label for button in at.get("download_button")]
    assert downloads.count("Download CSV") == len(twins)


@pytest.mark.parametrize(
    ("page", "tables"),
    [
        ("tokens", 1),
        ("tour", 7),
        ("model", 1),
    ],
)
def test_every_table_has_words_for_it(page: str, tables: int) -> None:
    at = open_app(page)
    assert len(at.table) == tables
    for table in at.table:
        assert table.proto.alt.strip(), table.value


def test_the_notebooks_pair_is_compared_at_the_start() -> None:
    at = open_app("next_sentence")
    assert (at.text_area(key="nsp.text_a").value, at.text_area(key="nsp.text_b").value) == (NOTEBOOK_A, NOTEBOOK_B)
    assert rows(at)["correct pair"]["margin"] == "+6.68 nats"
    assert "The head says **IsNext** for the correct pair: margin **+6.68 nats**" in at.markdown[0].value
    assert len(rows(at)) == 8


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


@pytest.mark.parametrize(
    ("units", "unit", "margin"), [("usual", "nats", 6.68), ("bits", "bits", 9.64), ("nats", "nats", 6.68)]
)
def test_the_units_change_every_margin(units: str, unit: str, margin: float) -> None:
    at = choose(open_app("next_sentence"), "units", units)
    all_is_well(at)
    assert rows(at)["correct pair"]["margin"] == f"+{margin:.2f} {unit}"
    assert {row["margin"].split()[1] for row in rows(at).values()} == {unit}
    assert f"margin m ({unit})" in figure(at, "nsp.margins")["layout"]["xaxis"]["title"]["text"]
    assert f"({unit})" in figure(at, "nsp.effects")["layout"]["xaxis"]["title"]["text"]


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
    choose(choose(choose(at, "tokens.measure", "surprisal"), "tokens.reading", "hidden"), "tokens.by", "word")
    at.number_input(key="tokens.k").set_value(4).run()
    at.radio(key="tokens.masking").set_value("word").run()
    at.toggle(key="tokens.fit").set_value(True).run()
    choose(at, "units", "nats")
    pick(at, 2)
    at.button(key="tokens.mask").click().run()
    before = (strip(at), drawn(at))
    assert before[0]["tokens"][2]["edited"]
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
    assert not button(at, "Undo").disabled
    go(at, "next_sentence")
    assert (payload(at, "nsp.rows"), drawn(at)) == middle


def test_the_boundary_is_kept_over_a_change_of_page() -> None:
    at = one_text(open_app("next_sentence"))
    at.select_slider(key="nsp.cut").set_value(NOTEBOOK.index("Lincoln")).run()
    before = rows(at)
    go(go(at, "tokens"), "next_sentence")
    assert rows(at) == before


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


def test_a_text_is_cut_before_the_chosen_word() -> None:
    at = type_in(open_app(), "tokens.text_a", "The antechamber was dark. Nobody came.")
    first = next(i for i, token in enumerate(strip(at)["tokens"]) if token["text"].startswith("nobody"))
    pick(at, 1)
    assert not [each for each in at.button if each.key == "tokens.cut"], "nothing stands before the first word"
    pick(at, first)
    at.button(key="tokens.mask").click().run()
    assert not [each for each in at.button if each.key == "tokens.cut"], "an edit would be left behind"
    at.button(key="tokens.undo").click().run()
    pick(at, first)
    at.button(key="tokens.cut").click().run()
    all_is_well(at)
    assert at.title[0].value == "Does the head think B follows A, and what made it think so?"
    assert at.text_area(key="nsp.text").value[at.session_state["nsp.cut"] :] == "Nobody came."
