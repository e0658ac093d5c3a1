"""Two logits from elsewhere, read: margin, probabilities and odds, against plain arithmetic and torch."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis import InputError, NextSentence, two_logits
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects

LOGITS = st.floats(-1e4, 1e4)


def check_numbers(found: NextSentence, z0: float, z1: float) -> None:
    p = torch.softmax(torch.tensor([z0, z1], dtype=torch.float64), 0)
    assert found.margin_nats == z0 - z1
    assert found.p_is_next == pytest.approx(p[0].item(), rel=1e-9)
    assert found.p_not_next == pytest.approx(p[1].item(), rel=1e-9)
    if abs(z0 - z1) < 700:
        assert found.odds == pytest.approx(math.exp(z0 - z1))


@given(LOGITS, LOGITS)
def test_two_logits_are_read_as_softmax_has_them(z0: float, z1: float) -> None:
    check_numbers(two_logits(z0, z1), z0, z1)


def test_the_other_index_is_found_out() -> None:
    assert_rejects(check_numbers, two_logits(-3.32, 3.36), 3.36, -3.32)


def test_odds_beyond_all_floats() -> None:
    assert two_logits(5e3, -5e3).odds == math.inf
    assert two_logits(-5e3, 5e3).odds == 0
    assert two_logits(0, 0).odds == 1


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("which", [0, 1])
def test_what_is_no_number_is_refused(bad: float, which: int) -> None:
    given = [1.0, 1.0]
    given[which] = bad
    with pytest.raises(InputError, match=f"The logit z{which} came as") as caught:
        two_logits(*given)
    assert_plain_sentence(caught.value)
