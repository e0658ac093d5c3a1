"""The scores on the Tokens page: the library's, in the unit of the switch, of one text or of a pair."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.choices import MASKINGS
from analysis.models.bundle import ModelBundle
from analysis.tasks.scores import score
from analysis.tasks.seen import read_maskings
from analysis.types import HiddenReading, SentenceScore
from dashboard.glossary import PLL, SCORE_NAMES
from tests.dashboard.app import all_is_well, captions, choose, open_app, strip, type_in, values


@pytest.fixture
def at() -> AppTest:
    return open_app()


def number(printed: str) -> float:
    return float(printed.replace("−", "-").replace(",", ""))


def assert_scores(at: AppTest, scores: list[SentenceScore], unit: str = "nats") -> None:
    """The numbers of the page's one table are those of ``analysis.scores``."""
    factor = 1 / np.log(2) if unit == "bits" else 1.0
    (table,) = [table.value for table in at.table]
    assert list(table.index) == [SCORE_NAMES[each.masking] for each in scores]
    for each, (_, row) in zip(scores, table.iterrows(), strict=True):
        assert number(row[f"PLL ({unit})"]) == pytest.approx(each.pll_nats * factor, abs=0.02)
        assert number(row["pseudo-perplexity per token"]) == pytest.approx(each.pseudo_perplexity, abs=0.011)
        assert number(row["per word"]) == pytest.approx(each.pseudo_perplexity_word, rel=0.001, abs=0.011)
        assert number(row["bits per character"]) == pytest.approx(each.bits_per_character, abs=0.0011)
        assert (f"A given B ({unit})" in row) == (each.pll_b_nats is not None)
        if each.pll_b_nats is not None:
            assert number(row[f"A given B ({unit})"]) == pytest.approx(each.pll_a_nats * factor, abs=0.02)
            assert number(row[f"B given A ({unit})"]) == pytest.approx(each.pll_b_nats * factor, abs=0.02)


def test_the_scores_are_those_of_the_library(at: AppTest, notebook_maskings: dict[str, HiddenReading]) -> None:
    scores = [score(reading) for reading in notebook_maskings.values()]
    assert_scores(at, scores)
    assert PLL.caveat in captions(at)
    choose(at, "units", "bits")
    assert_scores(at, scores, "bits")
    at.session_state["tokens.words.twin"] = True
    at.run()
    table = at.dataframe[0].value
    assert table["word"].tolist() == [word.text for word in scores[0].words]
    for each in scores:
        column = table[f"log p, {SCORE_NAMES[each.masking]} (bits)"]
        assert column.tolist() == pytest.approx((each.word_logp_nats / np.log(2)).tolist(), abs=0.02)
    assert {f"JSON, {masking}" for masking in MASKINGS} <= {button.label for button in at.get("download_button")}


def test_a_pair_is_read_hidden_and_scored_both_ways(at: AppTest, bundled: ModelBundle) -> None:
    pair = ("She opened the door.", "It was unquestionably dark.")
    type_in(at, "tokens.text_a", pair[0])
    at.toggle(key="tokens.pair").set_value(True).run()
    type_in(at, "tokens.text_b", pair[1])
    choose(at, "tokens.reading", "hidden")
    all_is_well(at)
    readings = read_maskings(bundled, *pair, maskings=MASKINGS)
    assert_scores(at, [score(reading) for reading in readings])
    l2r = readings[MASKINGS.index("word_l2r")]
    want = np.where(l2r.encoded.outside, np.nan, l2r.statistics.entropy_bits)
    assert values(at) == pytest.approx(want.tolist(), abs=0.011, nan_ok=True)
    assert "".join(token["segment"] for token in strip(at)["tokens"]).count("B") == (l2r.encoded.segment_ids == 1).sum()
    assert strip(at)["pair"]
    assert "Next-sentence margin: a single segment" not in captions(at)
