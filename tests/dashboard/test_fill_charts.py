"""The figures of filled gaps and of candidates: what is drawn is what was computed, marked by more than colour."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from analysis.choices import FillOrder
from analysis.types import CandidateContest, CandidateScore, Filling, FillResult, FillStep, Notices
from dashboard.drawing.chart import cut
from dashboard.drawing.palette import Palette, contrast, palette
from dashboard.glossary import CANDIDATE_TOTAL, FILL_TOTAL, Units, p_text, signed
from dashboard.pages.fill import contest, steps
from dashboard.pages.fill import orders as fill
from dashboard.pages.fill.asked import TITLES
from dashboard.pages.fill.filled import LONG_TEXT, read_outs
from tests.dashboard import made
from tests.dashboard.figures import Json, assert_sound, drawn, shown, traces

LIGHT = palette("light")
FACTOR = {"usual": 1.0, "nats": 1.0, "bits": 1 / math.log(2)}
BITS_FACTOR = {"usual": 1.0, "nats": math.log(2), "bits": 1.0}
UNIT = {"usual": "nats", "nats": "nats", "bits": "bits"}


def step(position: int, id_: int, p: float, *, k: int = 3) -> FillStep:
    """A step that took column ``id_`` with probability ``p``; the k listed are those columns from ``id_`` on."""
    ids = np.arange(id_, id_ + k) % made.COLUMNS
    listed = np.array([p, *(p / 2**n for n in range(1, k))], np.float32)
    return FillStep(position, id_, made.word(id_), math.log(p), ids, listed, tuple(map(made.word, ids.tolist())))


def filling(order: FillOrder, positions: Sequence[int], ids: Sequence[int], *, p: float = 0.4) -> Filling:
    """All gaps filled in the order of ``positions``; each next one is half as probable."""
    chosen = [step(at, id_, p / 2**n) for n, (at, id_) in enumerate(zip(positions, ids, strict=True))]
    return Filling(order, tuple(chosen))


def result(fillings: Sequence[Filling], *, gaps: int = 2, second_from: int | None = None) -> FillResult:
    words = [each for _ in range(gaps) for each in ("word", "[MASK]")] + ["end", "."]
    encoded = made.encoded(words, second_from=second_from)
    positions = tuple(np.flatnonzero(encoded.masked).tolist())
    return FillResult(encoded, positions, tuple(fillings), Notices(), made.PROVENANCE)


def five(gaps: int = 2) -> FillResult:
    """All orders; the second gap is filled by hostile columns, and not alike."""
    at = tuple(2 + 2 * gap for gap in range(gaps))
    alike = [20 + gap for gap in range(gaps)]
    other = [alike[0], *(gap for gap in range(1, gaps))]
    return result(
        [
            filling("independent", at, alike),
            filling("left_to_right", at, other),
            filling("right_to_left", at[::-1], alike[::-1]),
            filling("confident", at, alike, p=0.9997),
            filling("beam", at, other, p=0.0001),
            filling("beam", at, alike, p=0.00005),
        ],
        gaps=gaps,
    )


CASES = {
    "two gaps": five(),
    "one gap": result([filling("independent", (2,), (0,)), filling("beam", (2,), (0,))], gaps=1),
    "one order": result([filling("left_to_right", (2, 4), (0, 2))]),
    "eight gaps": five(8),
    "nine gaps": five(9),
    "sixty-four gaps": five(64),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> FillResult:
    return CASES[request.param]


def best(case: FillResult) -> list[Filling]:
    return [case[order] for order in dict.fromkeys(filling.order for filling in case.fillings)]


def by_cell(case: FillResult, chart: Json, values: Sequence[Sequence[object]]) -> list[list[object]]:
    """What a heatmap holds as [order][gap], however it lies."""
    rows = len(case.positions) > fill.GAPS_ACROSS
    return [list(column) for column in zip(*values, strict=True)] if rows else [list(row) for row in values]


@pytest.mark.parametrize("units", ["usual", "bits"])
def test_the_orders_are_drawn_as_they_are(case: FillResult, units: Units) -> None:
    chart = fill.orders(case, LIGHT, units)
    assert_sound(chart, made.PROVENANCE)
    (heat,) = traces(chart, "heatmap")
    words, probabilities, *marks, totals = traces(chart, "scatter")
    p = [[math.exp(at[position]) for position in case.positions] for at in map(logp_at, best(case))]
    np.testing.assert_allclose(by_cell(case, heat, heat["z"]), p)
    assert [shown(word) for word in words["text"]] == [cut(token, 12) for each in best(case) for token in each.tokens]
    assert probabilities["text"] == [p_text(each) for row in p for each in row]
    assert totals["text"] == [signed(FACTOR[units] * each.total_nats) for each in best(case)]
    layout = drawn(chart)["layout"]
    ticks = [layout[axis]["ticktext"] for axis in ("xaxis", "yaxis")]
    assert f"total ({UNIT[units]})" in ticks[0] + ticks[1]
    names = [TITLES[each.order] for each in best(case)]
    assert names in ticks
    assert all(name.capitalize() in chart.alt or name in chart.alt for name in names)
    assert len(marks) == any(case.disagree)


@pytest.mark.parametrize("name", ["eight gaps", "nine gaps"])
def test_every_word_can_be_read_on_its_colour(name: str, colours: Palette) -> None:
    chart = fill.orders(CASES[name], colours, "usual")
    (heat,) = traces(chart, "heatmap")
    words, probabilities, marks, _totals = traces(chart, "scatter")
    for trace in (words, probabilities, marks):
        for ink, x, y in zip(trace["textfont"]["color"], trace["x"], trace["y"], strict=True):
            assert contrast(ink, colours.shade(heat["z"][round(y)][round(x)])) >= 4.5


def logp_at(filling: Filling) -> dict[int, float]:
    return {step.position: step.logp_nats for step in filling.steps}


def test_disagreement_is_marked_by_more_than_colour(case: FillResult) -> None:
    chart = fill.orders(case, LIGHT, "usual")
    first, *others = best(case)
    apart = [
        (row, gap)
        for row, each in enumerate(others, start=1)
        for gap, (one, other) in enumerate(zip(each.tokens, first.tokens, strict=True))
        if one != other
    ]
    layout = drawn(chart)["layout"]
    centres = [(round((s["x0"] + s["x1"]) / 2), round((s["y0"] + s["y1"]) / 2)) for s in layout.get("shapes", [])]
    turned = len(case.positions) > fill.GAPS_ACROSS
    assert sorted(centres) == sorted((row, gap) if turned else (gap, row) for row, gap in apart)
    assert ("≠" in chart.how) == bool(apart)
    heads = layout["yaxis" if turned else "xaxis"]["ticktext"][:-1]
    assert [head.endswith("≠") for head in heads] == [position in case.disagree for position in case.positions]


def test_a_beams_other_hypotheses_come_on_request() -> None:
    case = CASES["two gaps"]
    few, all_of_them = (fill.orders(case, LIGHT, "usual", every=every) for every in (False, True))
    names = [drawn(chart)["layout"]["yaxis"]["ticktext"] for chart in (few, all_of_them)]
    assert names[1] == [*names[0], "beam, no. 2"]
    assert len(few.table) == len(all_of_them.table) == 2 * len(case.fillings), "the table always has them"
    few, all_of_them = (fill.orders(five(9), LIGHT, "usual", every=every) for every in (False, True))
    assert few.min_width < all_of_them.min_width, "a column more"


@pytest.mark.parametrize("units", ["usual", "bits"])
def test_the_table_of_orders(case: FillResult, units: Units) -> None:
    table = fill.orders(case, LIGHT, units).table
    assert len(table) == len(case.fillings) * len(case.positions)
    total = f"total ({UNIT[units]})"
    sums = table.groupby("order", sort=False)[f"log p ({UNIT[units]})"].sum()
    totals = table.groupby("order", sort=False)[total].first()
    np.testing.assert_allclose(sums, totals)
    np.testing.assert_allclose(totals, [FACTOR[units] * each.total_nats for each in case.fillings])
    backwards = table[table["order"] == "right to left"]
    assert backwards["gap"].tolist() == backwards["step"].tolist()[::-1]


def test_totals_come_with_their_caveat() -> None:
    assert FILL_TOTAL.caveat in fill.orders(five(), LIGHT, "usual").how
    assert FILL_TOTAL.caveat not in fill.orders(CASES["one order"], LIGHT, "usual").how, "nothing to compare"


@pytest.mark.parametrize(
    ("order", "gaps"),
    [("independent", 1), ("independent", 5), ("right_to_left", 4), ("right_to_left", 64), ("beam", 1), ("beam", 5)],
)
def test_the_steps_are_drawn_as_they_were_taken(order: FillOrder, gaps: int) -> None:
    case = five(gaps) if gaps > 1 else result([filling(order, (2,), (0,))], gaps=1)
    taken = case[order]
    chart = steps.steps(case, taken, LIGHT, "usual")
    assert_sound(chart, made.PROVENANCE)
    heads = [
        shown(text)
        for name, axis in drawn(chart)["layout"].items()
        if name.startswith("xaxis")
        for text in axis["ticktext"]
    ]
    gap_at = {position: gap for gap, position in enumerate(case.positions, start=1)}
    numbered = [f"gap {gap_at[step.position]}" for step in taken.steps]
    if order != "independent":
        numbered = [f"step {number}: {head}" for number, head in enumerate(numbered, start=1)]
    assert heads == numbered
    listed = [p for step in taken.steps for p in step.top_p.tolist()]
    bars = [length for trace in traces(chart, "bar") for length in trace["x"]]
    np.testing.assert_allclose(np.array(bars) / bars[0], np.array(listed) / listed[0])
    words = [word for trace in traces(chart, "scatter")[::2] for word in trace["text"]]
    bold = [shown(word) for word in words if word.startswith("<b>")]
    assert bold == [cut(step.token, 14) for step in taken.steps]
    table = chart.table
    assert table["token"].tolist() == [token for step in taken.steps for token in step.top_tokens]
    assert table.loc[table["taken"], "token"].tolist() == [step.token for step in taken.steps]
    assert chart.min_width <= steps.steps(five(4), five(4)["beam"], LIGHT, "usual").min_width, "four are a line"


def test_a_choice_from_beyond_the_listed_is_listed_too() -> None:
    low = replace(step(2, 20, 0.5), id=90, token="<b>low</b>", logp_nats=math.log(0.001))
    case = result([Filling("beam", (low,))], gaps=1)
    chart = steps.steps(case, case["beam"], LIGHT, "usual")
    assert_sound(chart, made.PROVENANCE)
    last = chart.table.iloc[-1]
    assert (last["token"], bool(last["taken"])) == ("<b>low</b>", True)
    assert math.isnan(last["place"]), "its place among all tokens is not known"
    assert last["p"] == pytest.approx(0.001)


# --- the text, filled ---


def lines(case: FillResult) -> dict[str, str]:
    """The rows of the read-out, their fillers in [brackets], those that disagree in {braces}."""
    marks = {True: "{%s}", False: "[%s]"}
    return {
        row["orders"]: "".join(
            marks[part["differs"]] % (("##" if part["piece"] else "") + part["text"])
            if part["kind"] == "filler"
            else part["text"] + (": " if part["kind"] == "segment" else "")
            for part in row["parts"]
        )
        for row in read_outs(case)["rows"]
    }


def test_orders_that_read_alike_are_one_row() -> None:
    assert lines(five()) == {
        "independent, right to left, confident first": "word [column20] word {column21} end .",
        "left to right, beam": "word [column20] word {&amp;} end .",
    }
    assert list(lines(result([filling("independent", (2, 4), (20, 21)), filling("beam", (2, 4), (20, 21))]))) == [
        "every order"
    ]
    assert list(lines(CASES["one order"])) == ["left to right"]


def piece(case: FillResult, token: str) -> FillResult:
    first = replace(case.fillings[0].steps[0], token=token)
    return replace(case, fillings=(Filling("independent", (first,)),))


@pytest.mark.parametrize(
    ("token", "line"),
    [
        ("cat", "word [cat] end ."),
        ("##s", "word[##s] end ."),
        ("Ġcat", "word [cat] end ."),
        ("▁cat", "word [cat] end ."),
        ("Ġ", "word [Ġ] end ."),
    ],
)
def test_a_filler_stands_in_the_text_as_a_word(token: str, line: str) -> None:
    case = piece(result([filling("independent", (2,), (20,))], gaps=1), token)
    assert lines(case) == {"independent": line}


def test_a_gap_that_counts_the_space_before_it_keeps_the_space() -> None:
    case = piece(result([filling("independent", (2,), (20,))], gaps=1), "Ġcat")
    span = case.encoded.span.copy()
    span[2, 0] -= 1
    assert lines(replace(case, encoded=replace(case.encoded, span=span))) == {"independent": "word [cat] end ."}


def test_both_segments_are_read_out() -> None:
    case = result([filling("independent", (2, 5), (20, 21))], second_from=2)
    assert lines(case) == {"independent": "A: word [column20]B: word [column21] end ."}


def test_of_a_long_text_what_stands_around_the_gaps() -> None:
    words = ["a"] * LONG_TEXT
    encoded = made.encoded([*words, "[MASK]", *words, "[MASK]", *words])
    positions = tuple(np.flatnonzero(encoded.masked).tolist())
    case = FillResult(encoded, positions, (filling("beam", positions, (20, 21)),), Notices(), made.PROVENANCE)
    (line,) = lines(case).values()
    assert len(line) < LONG_TEXT
    assert line.count(" … ") == 3
    for token in ("column20", "column21"):
        assert f"a [{token}] a" in line


# --- candidates ---


def score(text: str, logp: Sequence[float], rank: int | None = None) -> CandidateScore:
    tokens = tuple(text.split()) if len(logp) > 1 else (text,)
    return CandidateScore(text, tokens, tuple(range(len(logp))), np.array(logp), rank if len(logp) == 1 else None)


def made_contest(scores: Sequence[CandidateScore], reference: int = 0, *, any_length: bool = False) -> CandidateContest:
    totals = np.array([each.total_nats for each in scores])
    same = np.array([any_length or len(each.ids) == len(scores[reference].ids) for each in scores])
    odds = np.where(same, (totals - totals[reference]) / math.log(2), np.nan)
    return CandidateContest(
        made.encoded(["a", "[MASK]"]), 2, tuple(scores), odds, reference, Notices(), made.PROVENANCE
    )


HOSTILE = [score(text, [-1.0 - i], 1 + 1_000 * i) for i, text in enumerate(made.HOSTILE)]
CONTESTS = {
    "one": made_contest([score("cat", [-2.0], 3)]),
    "unequal": made_contest([score("a b c", [-1.0, -2, -4]), score("cat", [-3.0], 7), score("x y z", [-1.0, -1, -1])]),
    "unequal, asked for": made_contest([score("cat", [-3.0], 7), score("a b", [-1.0, -2])], any_length=True),
    "hostile": made_contest(HOSTILE, 3),
    "long": made_contest([score("word " * 16, [-5.0] * 16), score("w" * 200, [-1e-9], 1)]),
    "certain": made_contest([score("cat", [0.0], 1), score("dog", [0.0], 2)]),
    "a hundred": made_contest([score(f"word{i}", [-i / 7], i) for i in range(1, 101)], 50),
}


@pytest.mark.parametrize("units", ["usual", "bits"])
@pytest.mark.parametrize("name", CONTESTS)
def test_the_candidates_are_drawn_best_on_top(name: str, units: Units) -> None:
    case = CONTESTS[name]
    chart = contest.bars(case, LIGHT, units)
    assert_sound(chart, made.PROVENANCE)
    ranked = sorted(case.candidates, key=lambda each: -each.total_nats)
    (bars,) = traces(chart, "bar")
    assert bars["x"] == pytest.approx([FACTOR[units] * each.total_nats for each in ranked])
    assert bars["y"] == list(range(len(ranked)))
    names, totals, pieces, numbers = (trace["text"] for trace in traces(chart, "scatter"))
    reference = case.candidates[case.reference]
    assert [shown(text) for text in names] == [
        cut(each.text, 26) + ("  (reference)" if each is reference else "") for each in ranked
    ]
    assert totals == [f"{signed(FACTOR[units] * each.total_nats)} {UNIT[units]}" for each in ranked]
    assert [text.split()[0] for text in pieces] == [str(len(each.ids)) for each in ranked]
    hatched = [shape == "/" for shape in bars["marker"]["pattern"]["shape"]]
    assert hatched == [len(each.ids) != len(reference.ids) for each in ranked], "not by colour alone"
    assert (CANDIDATE_TOTAL.caveat in chart.how) == any(hatched)
    for each, text in zip(ranked, numbers, strict=True):
        assert ("rank" in text) == (len(each.ids) == 1)
        assert ("mean" in text) == (len(each.ids) > 1)
    low, high = drawn(chart)["layout"]["xaxis"]["range"]
    assert low == 0 >= min(bars["x"]) > high


@pytest.mark.parametrize(("units", "odds"), [("nats", "odds −1.00 nats"), ("bits", "odds −1.44 bits")])
def test_odds_are_given_where_they_are_defined(units: Units, odds: str) -> None:
    case = made_contest([score("cat", [-2.0], 1), score("dog", [-3.0], 2), score("a b", [-2.0, -2.5])])
    *_, numbers = (trace["text"] for trace in traces(contest.bars(case, LIGHT, units), "scatter"))
    mean = signed(FACTOR[units] * -2.25)
    assert numbers == ["rank 1", f"rank 2 · {odds}", f"mean {mean} · odds –"]
    asked = made_contest(case.candidates, any_length=True)
    *_, numbers = (trace["text"] for trace in traces(contest.bars(asked, LIGHT, units), "scatter"))
    assert not any(text.endswith("–") for text in numbers)


@pytest.mark.parametrize("units", ["nats", "bits"])
@pytest.mark.parametrize("name", CONTESTS)
def test_the_tables_of_a_contest(name: str, units: Units) -> None:
    case = CONTESTS[name]
    table, pieces = contest.bars(case, LIGHT, units).table, contest.pieces_table(case, units)
    order = np.argsort([-each.total_nats for each in case.candidates], kind="stable")
    assert table["candidate"].tolist() == [case.candidates[i].text for i in order]
    odds = BITS_FACTOR[units] * case.odds_bits[order]
    np.testing.assert_allclose(table[f"log odds ({'nats' if units == 'nats' else 'bits'})"], odds)
    unit = UNIT[units]
    np.testing.assert_allclose(table[f"mean per piece ({unit})"] * table["pieces"], table[f"total ({unit})"])
    assert len(pieces) == sum(len(each.ids) for each in case.candidates)
    sums = pieces.groupby("candidate", sort=False)[f"log P ({unit})"].sum()
    np.testing.assert_allclose(sums, table[f"total ({unit})"], atol=1e-12)
