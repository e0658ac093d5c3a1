"""Regions: runs of words scored as one, against sums by hand, seen and hidden."""

import math

import numpy as np
import pytest

from analysis import InputError, ModelBundle, Score, Text, ask, read_hidden, read_seen
from analysis.choices import MASKINGS
from analysis.texts.encoding import encode
from analysis.texts.words import words_of
from tests.analysis.plain_words import assert_plain_sentence

SENTENCE = "The traveler lost the souvenir."


def test_a_region_is_the_sum_of_its_pieces(bundled: ModelBundle) -> None:
    found = ask(bundled, Score(Text(SENTENCE), MASKINGS, regions=("1:3", "4:5", "5")))
    seen = read_seen(bundled, SENTENCE, k=1).statistics.surprisal_bits
    assert found["word_l2r"].pll_nats == pytest.approx(sum(each.logp_nats for each in found.scores[1].regions[:2]))
    assert found.scores[1].regions[1].logp_nats == pytest.approx(-30.066, abs=1e-3)
    for score in found.scores:
        hidden = read_hidden(bundled, SENTENCE, masking=score.masking, k=1).statistics.surprisal_bits
        assert [each.region.text for each in score.regions] == ["The traveler lost", "the souvenir.", "souvenir."]
        for each in score.regions:
            own = list(each.region.positions)
            assert each.n_tokens == len(own)
            assert each.seen_surprisal_bits == pytest.approx(float(seen[own].sum()), abs=1e-4)
            assert each.surprisal_bits == pytest.approx(float(hidden[own].sum()), abs=1e-4)
            assert each.logp_nats == pytest.approx(-math.log(2) * each.surprisal_bits)
            assert each.seen_logp_nats == pytest.approx(-math.log(2) * each.seen_surprisal_bits)


def test_punctuation_can_be_apart(tiny: ModelBundle) -> None:
    encoded = encode(tiny, '"the cat," she was !', "(a) b.c d")
    assert [word.text for word in words_of(encoded)] == ['"the', 'cat,"', "she", "was", "!", "(a)", "b.c", "d"]
    apart = words_of(encoded, "apart")
    assert [word.text for word in apart] == ['"', "the", "cat", ',"', "she", "was", "!", "(", "a", ")", "b.c", "d"]
    for words in (words_of(encoded), apart):
        assert [at for word in words for at in word.positions] == np.flatnonzero(encoded.sequence >= 0).tolist()
    found = ask(tiny, Score(Text('"the cat,"'), regions=("3",), punctuation="apart"))
    assert found.scores[0].regions[0].region.text == "cat"


def test_what_nobody_scored_has_no_sum(tiny: ModelBundle) -> None:
    (region,) = ask(tiny, Score(Text("the [MASK] cat"), regions=("2",))).scores[0].regions
    assert region.n_tokens == 0
    assert math.isnan(region.logp_nats)
    assert math.isnan(region.seen_surprisal_bits)


@pytest.mark.parametrize("region", ["", "0:1", "2:1", "1:9", "a", "1-2", "1:2:3", "3:4", "-1", "9" * 40])
def test_a_region_that_is_none_is_refused(tiny: ModelBundle, region: str) -> None:
    with pytest.raises(InputError, match="The region '") as caught:
        ask(tiny, Score(Text("the cat sat", "a dog"), regions=(region,)))
    assert_plain_sentence(caught.value)
    with pytest.raises(InputError, match="punctuation"):
        ask(tiny, Score(Text("the cat"), punctuation="off"))
