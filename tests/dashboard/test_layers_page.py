"""The Layers page: its answer, its figures by the numbers they draw, and the way to it from a token."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis import LayerReading, ModelBundle, ask, load_bundle, read_layers
from analysis.questions import Text
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.glossary import UNITS
from dashboard.page import Look, Results
from dashboard.pages import PAGES
from dashboard.pages.layers import asking
from dashboard.pages.layers.answer import LENS, sentence
from dashboard.pages.layers.grid import MOST, grid, span, table
from dashboard.pages.layers.lines import margins, measures, ranks, ranks_table, spread
from dashboard.pages.layers.strip import settling_strip
from dashboard.sections import Chart, Note, flattened
from dashboard.texts import NOTEBOOK
from dashboard.view import ViewState
from tests.dashboard.app import all_is_well, errors, figure, go, open_app, payload, pick, try_example
from tests.dashboard.figures import assert_sound
from tests.dashboard.visits import put, read_through

PAGE = PAGES["layers"]
ABOUT = About("bundled", "[MASK]", 512, 30_522, expected=("election", "attacked"))
LIGHT = palette("light")
LOOK = Look(LIGHT)


@pytest.fixture(scope="module")
def bundled() -> ModelBundle:
    return load_bundle("bundled")


@pytest.fixture(scope="module")
def one(bundled: ModelBundle) -> LayerReading:
    return read_layers(bundled, NOTEBOOK, mask=1, follow=["election", "attacked"], k=5)


@pytest.fixture(scope="module")
def every(bundled: ModelBundle) -> LayerReading:
    return read_layers(bundled, NOTEBOOK, k=5)


def view_of(text: str, **options: Any) -> ViewState:
    return PAGE.check(ViewState("layers", "bundled", (Text(text),)).with_options(**options))


# --- what is asked ---


def test_the_first_mask_is_followed_unless_a_place_is_chosen_or_edited() -> None:
    def place(view: ViewState) -> tuple[int | None, int | None]:
        asked = asking.questions(view, ABOUT)["followed"]
        return asked.position, asked.mask

    assert place(view_of("The cat [MASK].")) == (None, 1)
    assert place(view_of("The cat sat.")) == (1, None)
    assert place(view_of("The cat [MASK].", position=2)) == (2, None)
    edited = replace(view_of("The cat [MASK]."), texts=(Text("The cat [MASK].", edits=((3, 7),)),))
    assert place(edited) == (3, None)


def test_the_notebooks_own_words_are_followed_while_nothing_is_typed() -> None:
    def followed(view: ViewState, about: About = ABOUT) -> tuple[str, ...]:
        return tuple(asking.questions(view, about)["followed"].follow)

    assert followed(view_of(NOTEBOOK)) == ("election", "attacked")
    assert followed(view_of(NOTEBOOK, follow="war; peace, war")) == ("war", "peace")
    assert followed(view_of("The cat [MASK].")) == ()
    assert followed(view_of(NOTEBOOK), replace(ABOUT, expected=("election",))) == ("election",)
    of_roberta = view_of(NOTEBOOK.replace("[MASK]", "<mask>"))
    assert followed(of_roberta, replace(ABOUT, mask_token="<mask>")) == ("election", "attacked")


def test_a_choice_that_changes_nothing_asks_nothing_anew() -> None:
    seen = [asking.questions(view_of("The cat.", reading="seen", masking=each), ABOUT) for each in ("token", "word")]
    assert seen[0] == seen[1]
    hidden = [asking.questions(view_of("The cat.", masking=each), ABOUT) for each in ("token", "word")]
    assert hidden[0] != hidden[1]
    shown = [asking.questions(view_of("The cat.", measure=each), ABOUT) for each in ("rank", "kl")]
    assert shown[0] == shown[1]
    moved = [asking.questions(view_of("The cat.", position=each), ABOUT)["layers"] for each in (1, 2)]
    assert moved[0] == moved[1]


# --- the answer ---


def test_the_answer_is_made_of_the_numbers(one: LayerReading) -> None:
    said = sentence(one).text
    top, p = one.top_tokens[-1][0][0], one.top_p[-1, 0, 0]
    assert said.startswith(f"At the first [MASK] the last layer's answer is {top} ({p * 100:.0f} %): it ")
    assert one.followed is not None
    column = one.followed.tokens.index("attacked")
    begins, ends = one.followed.rank[0, column], one.followed.rank[-1, column]
    assert said.endswith(f" attacked ends at rank {ends:,} (from {begins:,}).")
    assert "election ends" not in said, "it is the answer"


@pytest.mark.parametrize(
    ("tops", "said"),
    [
        ([1, 2, 3, 4], "comes first after the last layer only."),
        ([1, 2, 4, 4], "comes first after layer 2 and stays."),
        ([4, 4, 4, 4], "comes first before the first layer and stays."),
        ([1, 4, 3, 4], "first comes first after layer 1 and stays from the last layer on."),
        ([4, 3, 4, 4], "first comes first before the first layer and stays from layer 2 on."),
    ],
)
def test_when_it_comes_first_and_stays(one: LayerReading, tops: list[int], said: str) -> None:
    ids = np.array(tops, np.int32)[:, None, None]
    some = replace(one, top_ids=ids, rank=one.rank[:4], followed=None)
    assert sentence(some).text.endswith(f"it {said}")


def test_an_own_token_is_named_with_its_ranks(bundled: ModelBundle) -> None:
    found = read_layers(bundled, "The cat sat.", reading="hidden", position=2)
    assert sentence(found).text.startswith("At position 2 (cat), hidden, the last layer's answer is ")
    assert re.search(r" cat ends at rank [\d,]+ \(from [\d,]+\)\.$", sentence(found).text)
    of_template = read_layers(bundled, "The cat sat.", reading="hidden", position=0)
    assert sentence(of_template).text.startswith("At position 0 ([CLS]) the last")


# --- figures ---


def test_ranks_are_drawn_as_they_are_and_their_table_says_them(one: LayerReading) -> None:
    assert one.followed is not None
    line = one.followed
    chart = ranks(one, line, LIGHT)
    for trace, column in zip(chart.figure.data[:-1], range(len(line.ids)), strict=True):
        np.testing.assert_allclose(10 ** np.array(trace.y, float), line.rank[:, column], rtol=1e-6)
    frame = ranks_table(line)
    assert frame["rank of election"].tolist() == line.rank[:, line.tokens.index("election")].tolist()
    assert len(frame) == one.n_layers + 1
    assert list(chart.figure.data[-1].text) == [
        f"{token} {rank:,}" for token, rank in zip(line.tokens, line.rank[-1], strict=True)
    ]
    # Not by colour alone: the answer is thick, a word that is followed has squares, the others are dotted.
    looks = {trace.customdata[0][0]: (trace.line.width, trace.marker.symbol) for trace in chart.figure.data[:-1]}
    assert looks["election"] == (3, "circle")
    assert looks["attacked"][1] == "square"


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [0.0, 4.0, 4.05], [4.1, 4.1], [2.0], []])
def test_labels_keep_apart_and_inside(values: list[float]) -> None:
    places = spread(values, 0.25, 4.2, -0.15)
    assert len(places) == len(values)
    assert all(b - a >= 0.25 - 1e-9 for a, b in zip(sorted(places), sorted(places)[1:], strict=False))
    assert all(-0.15 <= each <= 4.2 for each in places)
    assert spread([1.0, 2.0], 0.25, 4.2, -0.15) == [1.0, 2.0]


def test_measures_and_margins_by_layer_in_the_units_on_screen(one: LayerReading, every: LayerReading) -> None:
    in_bits, in_nats = measures(one, LIGHT, "usual").table, measures(one, LIGHT, "nats").table
    np.testing.assert_allclose(in_bits["entropy (bits)"], one.entropy_bits[:, 0], rtol=1e-6)
    np.testing.assert_allclose(in_nats["KL to the last layer (nats)"], one.kl_bits[:, 0] * np.log(2), rtol=1e-5)
    assert "surprisal (bits)" not in in_bits, "a [MASK] has no token of its own"
    of_position = measures(replace(one, positions=np.array([2], np.int32)), LIGHT, "usual").table
    assert "surprisal (bits)" in of_position
    assert every.margin_nats is not None
    frame = margins(every, every.margin_nats, LIGHT, "bits").table
    np.testing.assert_allclose(frame["margin (bits)"], every.margin_nats / np.log(2), rtol=1e-6)


@pytest.mark.parametrize("key", asking.GROUNDS)
def test_the_grid_prints_what_comes_first_and_its_table_says_the_rest(every: LayerReading, key: str) -> None:
    chart = grid(every, key, LIGHT, "usual", 9)
    printed = [text for trace in chart.figure.data if trace.type == "scatter" for text in trace.text]
    assert len(printed) == (every.n_layers + 1) * len(every.encoded)
    assert sum(text.startswith("<b>") for text in printed) == int(every.answers.sum())
    frame = table(every, "usual")
    layer_3 = frame[frame["layer"] == 3]
    assert layer_3["comes first"].tolist() == [words[0] for words in every.top_tokens[3]]
    assert layer_3["KL to the last layer (bits)"].isna().sum() == 2, "[CLS] and [SEP]"
    assert layer_3["surprisal (bits)"].isna().sum() == 4, "and the two masks, which have no token"


def test_every_figure_is_sound_in_either_theme_and_any_unit(one: LayerReading, every: LayerReading) -> None:
    assert one.followed is not None
    assert every.margin_nats is not None
    for theme in ("light", "dark"):
        colours = palette(theme)
        for units in UNITS:
            for chart in (
                ranks(one, one.followed, colours),
                measures(one, colours, units),
                margins(every, every.margin_nats, colours, units),
                *(grid(every, key, colours, units, 9, fit=True) for key in asking.GROUNDS),
            ):
                assert_sound(chart, one.provenance)


def test_a_long_text_is_drawn_around_the_chosen_position() -> None:
    assert span(MOST, 5) == (0, MOST)
    assert span(400, None) == (0, MOST)
    assert span(400, 200) == (136, 264)
    assert span(400, 399) == (272, 400)
    assert all(first <= chosen < last for chosen in range(400) for first, last in [span(400, chosen)])


def test_the_strip_says_where_each_answer_settles(one: LayerReading, every: LayerReading) -> None:
    drawn = settling_strip(every, LIGHT, "usual")
    shown = {at: chip["value"] for at, chip in zip(drawn["at"], drawn["tokens"], strict=True)}
    assert shown[9] == str(every.settles_at[9])
    assert drawn["legend"]["high"] == "6"
    alone = settling_strip(one, LIGHT, "usual")
    assert [chip["guess"] != "" for chip in alone["tokens"]].count(True) == 1, "the other [MASK] has not come"


def test_parts_of_a_reading_are_drawn_as_far_as_they_go(bundled: ModelBundle) -> None:
    view = view_of("The cat [MASK] on the mat.")
    questions = asking.questions(view, ABOUT)
    found = {name: ask(bundled, question) for name, question in questions.items()}
    known = found["layers"].known.copy()
    known[3:] = False
    part = replace(found["layers"], known=known)
    for results in ({"followed": found["followed"]}, {"followed": found["followed"], "layers": part}, found):
        sections = list(flattened(PAGE.sections(view, Results(results), LOOK)))
        assert any(isinstance(each, Note) and each.text == LENS for each in sections)
        names = [each.place for each in sections if isinstance(each, Chart)]
        assert names[0] == "ranks"
        assert ("layers" in names) == ("layers" in results)
    assert not list(PAGE.sections(view, Results({}), LOOK))
    assert PAGE.answer(view, Results({}), LOOK) is None


# --- on the screen ---


def test_a_token_chosen_on_either_page_is_chosen_on_both() -> None:
    at = pick(open_app(), 4)
    go(at, "layers")
    read_through(at)
    all_is_well(at)
    assert at.session_state["layers.work"].questions["followed"].position == 4
    at.session_state["tokens.position"] = 7
    read_through(at.run())
    go(at, "tokens")
    assert any(each.value.startswith("Position 7 ") for each in at.subheader)


def test_three_clicks_lead_from_the_first_screen_to_the_ranks_of_a_word() -> None:
    at = open_app()
    read_through(at)
    at.button(key="tokens.layers").click().run()
    read_through(at)
    all_is_well(at)
    ranks_drawn = figure(at, "layers.ranks")
    assert any(each.startswith("election ") for each in ranks_drawn["data"][-1]["text"])
    assert ranks_drawn["layout"]["yaxis"]["title"]["text"] == "rank, log scale"


def test_a_word_that_is_typed_beside_a_token_is_followed() -> None:
    at = pick(open_app(), 9)
    read_through(at)
    (word,) = [each for each in at.text_input if str(each.key).startswith("tokens.expected")]
    word.set_value("primaries").run()
    at.button(key="tokens.layers").click().run()
    read_through(at)
    all_is_well(at)
    asked = at.session_state["layers.work"].questions["followed"]
    assert (asked.position, asked.follow) == (9, ("primaries",))
    put(at, {"layers.follow": "Sumter war"})
    read_through(at)
    assert errors(at) == ["'Sumter' has 2 pieces here (sum ##ter): follow one of them."]
    assert at.session_state["layers.work"].questions["followed"].follow == ("war",)


def test_another_text_forgets_the_position_and_keeps_the_page() -> None:
    at = open_app("layers")
    read_through(at)
    pick(at, 50)
    try_example(at, "layers", 1)
    read_through(at)
    all_is_well(at)
    assert at.session_state["layers.work"].questions["followed"].mask == 1
    assert len(payload(at, "layers.strip")["tokens"]) < 50


def test_a_model_whose_layers_are_not_known_is_said_in_a_sentence(checkpoint_folder: Any) -> None:
    at: AppTest = open_app("layers", model=str(checkpoint_folder("tiny_distilbert")))
    assert not at.exception
    assert len(errors(at)) == 1
    assert "distilbert" in errors(at)[0]
