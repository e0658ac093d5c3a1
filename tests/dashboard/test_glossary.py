"""Numbers as they are printed, units as they are switched, words as they stand on axes."""

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.measures import TOKEN_MEASURES
from dashboard import glossary
from dashboard.glossary import (
    COPY_GAP,
    ENTROPY,
    MARGIN,
    P_OBSERVED,
    PLL,
    RANK,
    SURPLUS,
    SURPRISAL,
    UNITS,
    Measure,
    margin_text,
    p_text,
    signed,
)
from tests.dashboard.measured import MEASURED

MEASURES = tuple(value for value in vars(glossary).values() if isinstance(value, Measure))
PRINTED = re.compile(r"0\.\d{3}|\d(\.\d)?e−\d+|1 − \de−\d+|> 1 − 1e−7")


def read_back(text: str) -> float:
    """The probability that a printed one stands for."""
    text = text.removeprefix("> ").replace("−", "-")
    return 1 - float(text.removeprefix("1 - ")) if text.startswith("1 - ") else float(text)


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
@example(0.9994999)
@example(0.00049999)
@example(math.nextafter(1, 0))
@example(math.nextafter(0, 1))
def test_a_probability_between_never_reads_0_or_1(p: float) -> None:
    text = p_text(p)
    assert PRINTED.fullmatch(text), text
    assert text not in {"0.000", "1.000"}
    assert read_back(text) == pytest.approx(p, rel=0.05, abs=0.0005)


@given(st.floats(1e-300, 0.0005, exclude_max=True))
def test_a_probability_near_1_keeps_the_digits_of_the_rest(rest: float) -> None:
    text = p_text(1 - rest, rest)
    assert re.fullmatch(r"1 − \de−\d+", text)
    assert float(text.removeprefix("1 − ").replace("−", "-")) == pytest.approx(rest, rel=0.5)


def test_a_probability_as_printed(subtests: pytest.Subtests) -> None:
    for p, rest, text in [
        (0.5, None, "0.500"),
        (0.2199, None, "0.220"),
        (0.0005, None, "0.001"),
        (0.000499, None, "5.0e−4"),
        (2.1e-7, None, "2.1e−7"),
        (0.9994, None, "0.999"),
        (0.9995, None, "1 − 5e−4"),
        (0.99999, 8e-6, "1 − 8e−6"),
        (1 - 8e-6, None, "1 − 8e−6"),
        (1.0, None, "> 1 − 1e−7"),
        (1.0, 3e-14, "1 − 3e−14"),
        (1.0, 0.0, "1"),
        (0.0, None, "0"),
    ]:
        with subtests.test(p=p, rest=rest, text=text):
            assert p_text(p, rest) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (0.0049, "0.00"),
        (-0.0049, "0.00"),
        (0.006, "+0.01"),
        (-0.006, "−0.01"),
        (4.5153, "+4.52"),
        (-11.7854, "−11.79"),
    ],
)
def test_a_difference_as_printed(value: float, text: str) -> None:
    assert signed(value) == text
    assert margin_text(value) == f"{text} nats"


@given(st.floats(-1000, 1000))
def test_a_sign_stands_exactly_where_the_printed_number_is_not_zero(value: float) -> None:
    text = signed(value)
    assert "-" not in text
    assert (text[0] in "+−") == (float(text.replace("−", "-")) != 0)
    assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.0051)


def test_the_switch_of_units(subtests: pytest.Subtests) -> None:
    for measure, units, text, axis in [
        (ENTROPY, "usual", "2.00 bits", "entropy (bits)"),
        (ENTROPY, "bits", "2.00 bits", "entropy (bits)"),
        (ENTROPY, "nats", "1.39 nats", "entropy (nats)"),
        (SURPRISAL, "usual", "2.00 bits", "surprisal (bits)"),
        (SURPRISAL, "nats", "1.39 nats", "surprisal (nats)"),
        (COPY_GAP, "usual", "2.00 bits", "copy gap (bits)"),
        (COPY_GAP, "nats", "1.39 nats", "copy gap (nats)"),
        (PLL, "usual", "2.00 nats", "PLL (nats)"),
        (PLL, "bits", "2.89 bits", "PLL (bits)"),
        (MARGIN, "usual", "2.00 nats", "margin (nats)"),
        (MARGIN, "nats", "2.00 nats", "margin (nats)"),
        (MARGIN, "bits", "2.89 bits", "margin (bits)"),
        (RANK, "nats", "2.00", "rank"),
        (P_OBSERVED, "bits", "2.00", "p of the token"),
    ]:
        with subtests.test(measure=measure, units=units, text=text, axis=axis):
            assert measure.text(2.0, units) == text
            assert measure.axis(units) == axis
            if measure is MARGIN:
                assert margin_text(2.0, units) == f"+{text}"


@given(st.floats(-1e6, 1e6))
def test_bits_and_nats_are_the_same_number_twice(value: float) -> None:
    assert ENTROPY.convert(value, "nats") == pytest.approx(value * math.log(2))
    assert MARGIN.convert(value, "bits") == pytest.approx(value / math.log(2))
    assert MARGIN.convert(ENTROPY.convert(value, "nats"), "bits") == pytest.approx(value)


@given(st.floats(1e-12, 1, exclude_max=True))
@example(0.5)
def test_a_margin_of_a_probability_undoes_the_sigmoid(p: float) -> None:
    assert 1 / (1 + math.exp(-glossary.margin_of_p(p))) == pytest.approx(p)


def test_the_probabilities_of_the_margin_axis_are_symmetric() -> None:
    ticks = glossary.P_OF_MARGIN_TICKS
    assert ticks == (0.00001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.99999)
    margins = [glossary.margin_of_p(p) for p in ticks]
    assert margins == pytest.approx([-m for m in reversed(margins)])


def test_every_measure_says_what_it_is(subtests: pytest.Subtests) -> None:
    for measure in MEASURES:
        with subtests.test(measure=measure):
            assert measure.low < measure.high
            assert measure.native in {"bits", "nats", ""}
            assert measure.name
            assert measure.symbol
            assert measure.definition.endswith(".")


def test_a_scale_ends_where_its_values_do() -> None:
    """Both sides of a difference reach equally far, a log-probability ends at 0, a share of a bit at 1."""
    ends = {measure.key: (measure.low, measure.high) for measure in MEASURES}
    differences = (
        *("contrast", "order", "odds", "margin", "delta_entropy", "delta_surprisal", "surplus", "gap", "influence"),
        "patch",
    )
    log_probabilities = ("pll", "fill_total", "candidate_total", "candidate_mean")
    assert [key for key in differences if ends[key][0] != -ends[key][1]] == []
    assert [key for key in log_probabilities if ends[key][1] != 0] == []
    assert ends["js"] == ends["p"] == (0, 1)
    assert {key for key in ends if ends[key][0] == 0} == {"entropy", "surprisal", "js", "p", "kl", "settles"}
    assert set(ends) == {*differences, *log_probabilities, "entropy", "surprisal", "js", "p", "rank", "kl", "settles"}
    assert {key: ends[key] for key in MEASURED} == {key: row.ends for key, row in MEASURED.items()}


def test_the_measures_of_a_token() -> None:
    assert list(glossary.TOKEN_MEASURES) == list(TOKEN_MEASURES) == list(MEASURED)
    for key, measured in TOKEN_MEASURES.items():
        measure, row = glossary.TOKEN_MEASURES[key], MEASURED[key]
        assert measure.key == measured.key == key
        assert (measure.name, measured.field) == (row.name, row.field)
        assert measure.native == measured.unit == row.unit
        assert (measure.form == "rank") == measured.whole
    assert len({measure.key for measure in MEASURES}) == len(MEASURES)


@pytest.mark.parametrize(
    ("measure", "value", "units", "number", "end"),
    [
        (ENTROPY, 2.5, "usual", "2.50", "2.5"),
        (ENTROPY, 12, "nats", "8.32", "8.32"),
        (SURPLUS, 2.5, "usual", "+2.50", "2.5"),
        (SURPLUS, -12, "usual", "−12.00", "−12"),
        (RANK, 12_345, "nats", "12,345", "12,345"),
        (RANK, 1, "usual", "1", "1"),
        (P_OBSERVED, 0.25, "nats", "0.250", "0.250"),
        (P_OBSERVED, 1, "usual", "> 1 − 1e−7", "1"),
        (P_OBSERVED, 0, "usual", "0", "0"),
        (MARGIN, -3.5, "bits", "−5.05", "−5.05"),
    ],
)
def test_a_number_beside_its_unit_and_at_the_end_of_a_scale(
    measure: Measure, value: float, units: glossary.Units, number: str, end: str
) -> None:
    assert measure.number(value, units) == number
    assert measure.end(value, units) == end


@pytest.mark.parametrize(
    ("measure", "shares"),
    [
        (ENTROPY, {0: 0, 6: 0.5, 12: 1, 18: 1.5}),
        (SURPLUS, {-12: 0, 0: 0.5, 12: 1}),
        (RANK, {1: 0, 100: 0.5, 10_000: 1}),
    ],
)
def test_where_a_value_lies_on_the_scale(measure: Measure, shares: dict[float, float]) -> None:
    assert {value: measure.share(value) for value in shares} == pytest.approx(shares)
    assert math.isnan(measure.share(math.nan))


def test_names_in_a_row() -> None:
    rows = [[], ["a"], ["a", "b"], ["a", "b", "c"]]
    assert [glossary.listed(row) for row in rows] == ["", "a", "a and b", "a, b and c"]


def test_a_pll_is_said_to_be_no_probability() -> None:
    assert "not the log-probability of the text" in PLL.caveat


@pytest.mark.parametrize(
    ("measure", "diverges"),
    [
        (ENTROPY, False),
        (SURPRISAL, False),
        (RANK, False),
        (P_OBSERVED, False),
        (COPY_GAP, True),
        (SURPLUS, True),
        (MARGIN, True),
    ],
)
def test_a_measure_diverges_when_its_values_lie_on_both_sides_of_0(measure: Measure, diverges: bool) -> None:
    assert measure.diverging == diverges
    if diverges:
        assert measure.low == -measure.high


def test_a_measure_in_the_unit_on_screen(subtests: pytest.Subtests) -> None:
    for measure in MEASURES:
        with subtests.test(measure=measure):
            for units in UNITS:
                shown = measure.in_units(units)
                assert shown.native == measure.unit(units)
                assert (shown.low, shown.high) == pytest.approx(
                    (measure.convert(measure.low, units), measure.convert(measure.high, units))
                )
                assert shown.text(measure.convert(2.0, units)) == measure.text(2.0, units)
                assert (shown.key, shown.name, shown.diverging) == (measure.key, measure.name, measure.diverging)
                assert shown.in_units("usual") == shown


@given(st.lists(st.floats(-50, 50), max_size=6))
@example([])
@example([0.0])
@example([-3.0, 2.0])
def test_a_fitted_scale_holds_its_values(values: list[float]) -> None:
    one_sided, both_sided = ENTROPY.fitted(values), COPY_GAP.fitted(values)
    assert (one_sided.low, one_sided.high) == (0, max([0.1, *values]))
    assert (both_sided.low, both_sided.high) == (-both_sided.high, max([0.1, *map(abs, values)]))
    assert all(both_sided.low <= value <= both_sided.high for value in values)
    assert RANK.fitted([]).high > RANK.low, "a scale that begins at 1 does not end there"


def test_a_rank_has_its_thousands_apart() -> None:
    assert [glossary.rank_text(rank) for rank in (1, 999, 1000, 30522)] == ["1", "999", "1,000", "30,522"]
