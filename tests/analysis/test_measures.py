"""The table of measures: what each says of a reading, by hand, and what is not known of one."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis import ModelBundle, read_hidden, read_seen
from analysis.measures import TOKEN_MEASURES, TokenMeasure, measures_of
from analysis.types import HiddenReading, SeenReading, TokenStatistics

TEXT = "the cats [MASK] on a mat"


@pytest.fixture(scope="module")
def seen(tiny: ModelBundle) -> SeenReading:
    return read_seen(tiny, TEXT, k=3)


@pytest.fixture(scope="module")
def hidden(tiny: ModelBundle) -> HiddenReading:
    return read_hidden(tiny, TEXT, k=3)


def test_every_measure_names_its_unit() -> None:
    for key, measure in TOKEN_MEASURES.items():
        assert measure.key == key
        assert measure.field.endswith(f"_{measure.unit}") if measure.unit else "_" not in measure.field
        assert measure.unit in {"bits", "nats", ""}
    assert len({measure.field for measure in TOKEN_MEASURES.values()}) == len(TOKEN_MEASURES)


def test_which_measures_a_reading_knows(seen: SeenReading, hidden: HiddenReading) -> None:
    assert measures_of(hidden) == tuple(TOKEN_MEASURES.values())
    assert measures_of(seen) == tuple(each for each in TOKEN_MEASURES.values() if each.key != "gap")
    for reading in (seen, hidden):
        for measure in measures_of(reading):
            values = measure.values(reading)
            assert values.shape == (len(reading.encoded),)
            assert np.isfinite(values).all()
    assert np.isnan(TOKEN_MEASURES["gap"].values(seen)).all()


def test_the_surplus_by_hand(seen: SeenReading, hidden: HiddenReading) -> None:
    """Surprisal less entropy: under a certain prediction what surprises, under an even one nothing more than any."""
    surplus = TOKEN_MEASURES["surplus"]
    for reading in (seen, hidden):
        numbers = reading.statistics
        assert surplus.values(reading).tolist() == (numbers.surprisal_bits - numbers.entropy_bits).tolist()
    bits = np.array([0.0, 10.0, 3.0, 8.0], np.float32), np.array([0.0, 0.0, 3.0, 9.5], np.float32)
    numbers = replace(TokenStatistics.blank(1), surprisal_bits=bits[0], entropy_bits=bits[1])
    assert surplus.values(replace(seen, statistics=numbers)).tolist() == [0, 10, 0, -1.5]


def test_what_has_not_come_is_not_known(seen: SeenReading, hidden: HiddenReading) -> None:
    stopped = TokenStatistics.joined([hidden.statistics.take(np.arange(3)), TokenStatistics.blank(3)])
    rows = np.minimum(np.arange(len(hidden.encoded)), 3)
    reading = replace(hidden, statistics=stopped.take(rows), known=rows < 3)
    for measure in TOKEN_MEASURES.values():
        assert np.isnan(measure.values(reading)).tolist() == [False] * 3 + [True] * (len(rows) - 3), measure.key


@pytest.mark.parametrize(
    ("key", "together"),
    [("entropy", 2.0), ("surprisal", 6.0), ("surplus", 2.0), ("rank", 3.0), ("p", 6.0), ("gap", 6.0)],
)
def test_how_the_pieces_of_a_word_are_put_together(key: str, together: float) -> None:
    measure, values = TOKEN_MEASURES[key], np.array([9.0, 1.0, 2.0, 3.0, 9.0], np.float32)
    assert measure.of_word(values, [1, 2, 3]) == together
    assert measure.of_word(values, [4]) == 9
    assert math.isnan(measure.of_word(values, []))
    assert math.isnan(measure.of_word(np.array([1.0, np.nan]), [0, 1])), "a word is known when all its pieces are"


def test_where_a_measure_says_something(seen: SeenReading) -> None:
    tokens = seen.encoded.tokens

    def told(measure: TokenMeasure) -> list[str]:
        return [token for token, there in zip(tokens, measure.told(seen.encoded), strict=True) if there]

    own = ["the", "cat", "##s", "on", "a", "mat"]
    assert told(TOKEN_MEASURES["surprisal"]) == own
    assert told(TOKEN_MEASURES["entropy"]) == [*own[:3], "[MASK]", *own[3:]]
