"""What the page Attention asks, answers, shows and hands out."""

import io
import re
from dataclasses import fields, replace
from typing import TypeVar

import numpy as np
import pandas as pd
import pytest
from lxml import html
from streamlit.testing.v1 import AppTest

from analysis import AttentionWeights, HeadSummaries, ModelBundle, read_attention
from analysis.lines import harmless
from analysis.questions import Attention, Text
from analysis.types import Notices
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.drawing.pictures import picture
from dashboard.page import Look, Results
from dashboard.pages.attention import PAGE, asked
from dashboard.pages.attention.arcs import LEAST, WINDOW, arcs, window
from dashboard.pages.attention.figures import every_weight, largest, looks, matrix
from dashboard.pages.attention.words import CAVEAT, HEAD_MEASURES, SHORT
from dashboard.paper.report import html_report
from dashboard.screen.acts import attention as acts
from dashboard.sections import Act, Chart, Fields, Note, Number, Numbers, Section, Strip, Waiting, flattened
from dashboard.texts import NOTEBOOK
from dashboard.view import Value, ViewState
from tests.dashboard import made
from tests.dashboard.app import all_is_well, go, open_app, pick
from tests.dashboard.kinds import a_report
from tests.dashboard.visits import downloads

LIGHT = palette("light")
LOOK = Look(LIGHT)
ABOUT = About("bundled", "[MASK]", 512, 30522, n_layers=6)
PAIR = Text("She opened the door.", "The room was [MASK] and smelled of dust.")
Kind = TypeVar("Kind", bound=Section)


def view(text: Text = PAIR, **options: Value) -> ViewState:
    return PAGE.check(ViewState("attention", "bundled", (text,)).with_options(**options))


def results(found: AttentionWeights) -> Results:
    return Results({"attention": found}, frozenset({"attention"}))


@pytest.fixture(scope="module")
def found(bundled: ModelBundle) -> AttentionWeights:
    return read_attention(bundled, PAIR.text_a, PAIR.text_b)


def of_kind(kind: type[Kind], seen: ViewState, found: AttentionWeights, look: Look = LOOK) -> list[Kind]:
    shown = PAGE.sections(seen, results(found), look)
    return [each for each in flattened(shown) if isinstance(each, kind)]


def charts(seen: ViewState, found: AttentionWeights) -> dict[str, Chart]:
    return {each.key: each for each in of_kind(Chart, seen, found)}


def made_by_hand(n: int, heads: int = 2) -> AttentionWeights:
    """Two layers' numbers, and the weights of ``heads`` heads over [CLS] words [SEP]."""
    encoded = made.encoded([f"w{at}" for at in range(1, n - 1)])
    weights = np.random.default_rng(n).dirichlet(np.full(n, 0.1), (heads, n)).astype(np.float32)
    summaries = HeadSummaries.joined([HeadSummaries.of(encoded, weights)] * 2)
    return AttentionWeights(encoded, summaries, 1, 1, weights, Notices(), made.PROVENANCE)


# --- what is asked ---


@pytest.mark.parametrize(("layer", "expected"), [(0, None), (1, 1), (6, 6), (7, None), (-3, None), (None, None)])
def test_a_layer_that_the_model_has_not_is_the_one_that_the_rule_picks(layer: int | None, expected: int | None) -> None:
    assert PAGE.questions(view(layer=layer), ABOUT) == {"attention": Attention(PAIR, expected)}


def test_the_heads_and_layers_that_can_be_chosen(found: AttentionWeights) -> None:
    came = results(found)
    assert list(asked.layers(view(), came)) == [0, *range(1, 7)]
    assert list(asked.heads(view(), came)) == [0, *range(1, found.n_heads + 1), -1]
    layer, head = found.summaries.telling()
    assert asked.layers(view(), came)[0].startswith(f"{layer},")
    assert asked.heads(view(), came)[0].startswith(f"{head},")
    settled = PAGE.settled(view(layer=77, head=99, position=400), came)
    assert (settled.option("layer"), settled.option("head"), settled.option("position")) == (0, 0, None)
    assert asked.layers(view(), Results({})) == asked.heads(view(), Results({})) == {}


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [(PAIR, None, 10), (PAIR, 3, 3), (PAIR, 99, 10), (Text("The cat sat."), None, 1), (Text("[SEP] cat"), None, 2)],
    ids=["the first mask", "chosen", "beyond", "no mask", "a special token first"],
)
def test_the_chosen_position(bundled: ModelBundle, text: Text, position: int | None, expected: int) -> None:
    encoded = read_attention(bundled, text.text_a, text.text_b).encoded
    assert asked.chosen_position(view(text, position=position), encoded) == expected


# --- what is shown ---


def test_the_page_from_the_top_to_the_bottom(found: AttentionWeights) -> None:
    shown = [each for each in flattened(PAGE.sections(view(), results(found), LOOK))]
    kinds = [type(each).__name__ for each in shown if type(each).__name__ != "Beside"]
    assert kinds == [
        "Waiting",
        "Chart",
        "Fields",
        "Fields",
        "Numbers",
        "Strip",
        "Note",
        "Chart",
        "Chart",
        "Chart",
        "Act",
        "Table",
    ]
    assert list(charts(view(), found)) == ["heads", "from", "to", "matrix"]
    assert [name for each in shown if isinstance(each, Fields) for name in each.names] == ["layer", "head"]
    assert [each.text for each in shown if isinstance(each, Note)] == [CAVEAT]
    assert [each.name for each in shown if isinstance(each, Act)] == ["weights"]
    assert [type(each) for each in PAGE.sections(view(), Results({}), LOOK)] == [Waiting]
    assert PAGE.answer(view(), Results({}), LOOK) is None


def test_every_number_of_a_head_has_its_words(found: AttentionWeights) -> None:
    names = {each.name for each in fields(HeadSummaries)}
    assert set(HEAD_MEASURES) == set(SHORT) == names
    assert all(measure.key == key and measure.definition.endswith(".") for key, measure in HEAD_MEASURES.items())


@pytest.mark.parametrize(("layer", "head"), [(1, 3), (4, 7), (6, 1), (2, -1)])
def test_the_answer_is_made_of_the_numbers(bundled: ModelBundle, layer: int, head: int) -> None:
    found = read_attention(bundled, PAIR.text_a, PAIR.text_b, layer=layer)
    answer = PAGE.answer(view(layer=layer, head=head, position=3), results(found), LOOK)
    assert answer is not None
    weights = found.weights.mean(0) if head == -1 else found.weights[head - 1]
    asks = ~found.encoded.outside
    places = {
        "the previous token": np.diagonal(weights, -1)[asks[1:]].mean(),
        "the next token": np.diagonal(weights, 1)[asks[:-1]].mean(),
        "the token itself": np.diagonal(weights)[asks].mean(),
        "[CLS]": weights[asks, 0].mean(),
        "[SEP]": weights[asks][:, [6, 16]].sum(1).mean(),
    }
    most = max(places, key=lambda name: places[name])
    assert answer.text.startswith(f"Layer {layer}, {'average over heads' if head == -1 else f'head {head}'} ")
    assert (f"looks mostly at {most}" in answer.text) == (places[most] >= 0.5)
    assert most in answer.text
    first = found.encoded.tokens[int(weights[3].argmax())]
    assert f"from the at position 3 it goes to “{first}”" in answer.text


def test_the_finder_is_the_table_and_frames_what_is_shown(found: AttentionWeights) -> None:
    for key, measure in HEAD_MEASURES.items():
        chart = charts(view(summary=key, layer=found.layer, head=2), found)["heads"]
        values = getattr(found.summaries, key)
        cells, words, marks = chart.figure.data
        np.testing.assert_array_equal(cells.z, values)
        assert chart.table.shape == (72, 11)
        np.testing.assert_array_equal(chart.table[measure.axis()], values.ravel())
        assert list(words.text) == [
            f"{each:.{1 if key in ('entropy_bits', 'distance_tokens') else 2}f}" for each in values.ravel()
        ]
        assert [each[0] for each in marks.customdata] == [f"{a}.{b}" for a in range(1, 7) for b in range(1, 13)]
        assert chart.figure.layout.coloraxis.cmax >= np.nanmax(values) - 1e-6
        (frame,) = chart.figure.layout.shapes
        assert (frame.x0, frame.x1, frame.y0, frame.y1) == (1.5, 2.5, found.layer - 0.5, found.layer + 0.5)
    (frame,) = charts(view(head=-1), found)["heads"].figure.layout.shapes
    assert (frame.x0, frame.x1) == (0.5, 12.5)


def test_a_lone_text_has_nothing_between_segments(bundled: ModelBundle) -> None:
    lone = read_attention(bundled, "The cat sat.")
    seen = view(Text("The cat sat."), summary="share_a_to_b", between="a_b")
    assert charts(seen, lone)["heads"].title == "All heads: mean entropy"
    np.testing.assert_array_equal(asked.filtered(seen, lone), lone.shown)
    (numbers,) = of_kind(Numbers, seen, lone)
    assert [each.name for each in numbers.items][-1] == "Distance"
    option = PAGE.option("between")
    assert option.means((PAIR,), ABOUT) and not option.means((Text("The cat sat."),), ABOUT)


def test_the_numbers_of_an_average_are_those_of_its_own_weights(found: AttentionWeights) -> None:
    seen = view(head=-1)
    (numbers,) = of_kind(Numbers, seen, found)
    own: dict[str, Number] = {each.name: each for each in numbers.items}
    entropy = float(HeadSummaries.of(found.encoded, found.weights.mean(0, keepdims=True)).entropy_bits[0, 0])
    assert own["Entropy"].value == f"{entropy:.2f} bits"
    assert abs(entropy - found.summaries.entropy_bits[found.layer - 1].mean()) > 0.1
    assert len(of_kind(Note, seen, found)) == 2, "what an average hides is said"


@pytest.mark.parametrize("between", asked.BETWEEN)
def test_the_pair_filter_leaves_out_and_rescales_nothing(found: AttentionWeights, between: str) -> None:
    seen = view(between=between, head=5)
    weights, of_b = asked.filtered(seen, asked.shown(seen, found)), np.arange(17) > 6
    for query in range(17):
        for key in range(17):
            kept = between == "all" or between == f"{'ab'[int(of_b[query])]}_{'ab'[int(of_b[key])]}"
            assert weights[query, key] == (found.weights[4, query, key] if kept else 0)
    (strip,) = of_kind(Strip, seen, found)
    np.testing.assert_allclose(strip.drawn["weights"], weights, atol=1e-6)
    np.testing.assert_array_equal(charts(seen, found)["matrix"].table["weight"], weights.ravel())


def test_the_matrix_and_its_table_are_the_weights(found: AttentionWeights) -> None:
    chart = charts(view(head=5, position=3), found)["matrix"]
    (cells,) = chart.figure.data
    np.testing.assert_allclose(cells.z, found.weights[4], atol=5e-5)
    table = chart.table
    assert list(table) == ["query position", "query token", "key position", "key token", "weight"]
    assert len(table) == 17 * 17
    row = table.iloc[3 * 17 + 9]
    assert row.tolist() == [3, "the", 9, "was", found.weights[4, 3, 9]]
    assert f"{found.weights[4].max():.3f}" in chart.alt or "1 − " in chart.alt


def test_a_long_text_has_its_whole_matrix_and_a_window_of_lines() -> None:
    found = made_by_hand(200)
    chart = matrix(found, found.shown, "all", 100, LIGHT)
    (cells,) = chart.figure.data
    assert np.shape(cells.z) == (200, 200)
    assert cells.customdata is None
    strip = arcs(found, found.shown, 100, LIGHT)
    assert strip.drawn["at"] == list(range(68, 132))
    np.testing.assert_allclose(strip.drawn["weights"], found.shown[68:132, 68:132], atol=1e-6)
    assert strip.drawn["chosen"] == 32
    assert "Drawn are positions 68 to 131 of 200" in strip.how
    assert "Drawn are" not in arcs(made_by_hand(WINDOW), made_by_hand(WINDOW).shown, 3, LIGHT).how
    # What stands in the lists is of the whole text.
    assert len(looks(found, found.shown, 100, LIGHT, outward=True).table) == 200


@pytest.mark.parametrize(("chosen", "n"), [(0, 200), (199, 200), (100, 200), (5, 10), (63, 64), (64, 65)])
def test_the_window_holds_the_chosen_token(chosen: int, n: int) -> None:
    first, last = window(chosen, n)
    assert 0 <= first <= chosen < last <= n
    assert last - first == min(n, WINDOW)


def test_the_lists_of_a_token(found: AttentionWeights) -> None:
    weights = found.weights[4]
    for outward, own in ((True, weights[3]), (False, weights[:, 3])):
        chart = looks(found.showing(5), weights, 3, LIGHT, outward=outward)
        (bars,) = chart.figure.data
        order = np.argsort(-own, kind="stable")[:10]
        np.testing.assert_array_equal(bars.x, own[order])
        assert [each[1] for each in bars.customdata] == order.tolist()
        assert chart.table["weight"].tolist() == sorted(own.tolist(), reverse=True)
    assert largest(np.float32([0.5, 0, 0.5, 0.001]), 10, 0.01) == [0, 2]
    assert largest(np.float32([0.001, 0, 0]), 10, 0.01) == [0]
    assert largest(np.zeros(3, np.float32)) == []
    nothing = looks(found, np.zeros_like(weights), 3, LIGHT, outward=True)
    assert nothing.alt.endswith("Nothing.")


def test_the_strip_says_what_every_token_looks_at(found: AttentionWeights) -> None:
    strip = arcs(found.showing(5), found.weights[4], 3, LIGHT)
    assert (strip.chosen, strip.picks, strip.kind) == (3, "position", "arcs")
    token = strip.drawn["tokens"][3]
    first = found.encoded.tokens[int(found.weights[4, 3].argmax())]
    assert token["name"].startswith(f"position 3, the; looks at {first} ")
    assert [each["segment"] for each in strip.drawn["tokens"]] == ["A"] * 7 + ["B"] * 10
    assert [each["ghost"] for each in strip.drawn["tokens"]] == [at in (0, 6, 16) for at in range(17)]


def lines(path: str) -> tuple[float, float]:
    """Where a line of a picture begins and ends, in rows."""
    numbers = [float(each) for each in re.findall(r"-?[\d.]+", path)]
    return numbers[1], numbers[-1]


def test_the_picture_and_the_report_have_a_line_for_every_weight_that_counts(found: AttentionWeights) -> None:
    weights = found.weights[4]
    strip = arcs(found.showing(5), weights, 3, LIGHT)
    expected = sorted(map(tuple, np.argwhere(weights.round(6) >= LEAST).tolist()))
    drawn = html.fromstring(picture(strip, "model", LIGHT).encode())
    paths = [each.get("d") for each in drawn.iter("path")]
    assert sorted((int(a // 18), int(b // 18)) for a, b in map(lines, paths)) == expected
    report = html.fromstring(html_report(a_report(strip)))
    (figure,) = report.find_class("drawn-arcs")
    paths = list(figure.iter("path"))
    assert sorted((int(a), int(b)) for a, b in (lines(each.get("d")) for each in paths)) == expected
    marked = {kind: {lines(each.get("d")) for each in paths if each.get("class") == kind} for kind in ("from", "to")}
    assert marked["from"] == {(3.5, key + 0.5) for query, key in expected if query == 3}
    assert marked["to"] == {(query + 0.5, 3.5) for query, key in expected if key == 3 and query != 3}
    assert len(figure.find_class("cell")) == 2 * 17


def test_what_is_read_to_the_left_looks_to_the_left() -> None:
    found = made_by_hand(6)
    strip = arcs(found, found.shown, 3, LIGHT)

    def sides(direction: str) -> list[float]:
        svg = picture(replace(strip, drawn=strip.drawn | {"dir": direction}), "model", LIGHT)
        (word,) = [each for each in html.fromstring(svg.encode()).iter("text") if each.text == "looks"]
        return [float(word.get("x"))]

    assert sides("ltr") < sides("rtl")


# --- on the screen ---


def test_a_click_that_is_none_changes_nothing(subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch) -> None:
    for junk in [None, 3, "", "3", "3.", "a.b", "-1.2", "1.2.3", "9999.1", ["1.2"]]:
        with subtests.test(junk=junk):
            state: dict[str, object] = {}
            monkeypatch.setattr("streamlit.session_state", state)
            acts.ACTS.clicks["show"](junk)
            assert state == {}
            acts.ACTS.clicks["show"]("3.12")
            assert state == {"attention.layer": 3, "attention.head": 12}


def sentence(at: AppTest) -> str:
    return next(each.value for each in at.main.markdown if "Layer " in each.value)


def test_what_was_chosen_on_tokens_is_chosen_here_and_the_other_way_round() -> None:
    at = pick(open_app(), 20)
    go(at, "attention")
    all_is_well(at)
    assert "at position 20 it goes to" in sentence(at)
    at.session_state["tokens.position"] = 12
    at.run()
    assert "at position 12 it goes to" in sentence(at)
    go(at, "tokens")
    assert any("Position 12" in each.value for each in at.subheader)


def test_all_weights_of_a_head_can_be_saved(bundled: ModelBundle) -> None:
    at = go(open_app(), "attention")
    at.session_state["attention.layer"], at.session_state["attention.head"] = 4, 7
    at.run()
    with downloads() as given:
        at.run()
    all_is_well(at)
    found = read_attention(bundled, NOTEBOOK, layer=4, head=7)
    saved = pd.read_csv(io.StringIO(given["attention.weights.csv"]()), keep_default_na=False)
    expected = every_weight(found, found.shown)
    assert len(saved) == 62 * 62
    np.testing.assert_allclose(saved["weight"], expected["weight"], rtol=1e-6)
    assert saved["key token"].tolist() == [harmless(token) for token in expected["key token"]]
    assert set(saved["model"]) == {"bundled"}
    whole = pd.read_parquet(io.BytesIO(given["attention.weights.parquet"]()))
    np.testing.assert_array_equal(whole["weight"], expected["weight"])


def test_another_model_has_its_own_layers(checkpoint_folder: object) -> None:
    at = go(open_app(), "attention")
    at.session_state["attention.layer"], at.session_state["attention.head"] = 6, 12
    at.run()
    assert "Layer 6, head 12" in sentence(at)
    folder = str(checkpoint_folder("tiny_bert"))  # type: ignore[operator]
    field = at.selectbox(key="model.choice")
    field.options.append(folder)
    field.set_value(folder).run()
    all_is_well(at)
    assert re.search(r"Layer [12], head [12]", sentence(at))
