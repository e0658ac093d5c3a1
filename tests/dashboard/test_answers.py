"""The sentence that leads a page: made of this result's numbers, true of them, on screen and in the report."""

import math

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analysis.models.bundle import ModelBundle
from analysis.tasks.readings import read_hidden
from analysis.tasks.scores import score
from dashboard.glossary import odds_text, share_text
from dashboard.second_head import head_words
from tests.dashboard.app import open_app, resolved, type_in

pytestmark = pytest.mark.usefixtures("at_once")


def answer(at: AppTest) -> str:
    """The first sentence of the page's main part."""
    return resolved(at.markdown[0].value).replace("**", "")


@pytest.mark.parametrize(
    "text", ["The cat sat on the [MASK] today.", "Nobody [MASK] to [MASK], [MASK] said.", "It rained."]
)
def test_what_is_said_of_tokens_is_the_readings(text: str, bundled: ModelBundle) -> None:
    said = answer(type_in(open_app(), "tokens.text_a", text))
    reading = read_hidden(bundled, text)
    for at in np.flatnonzero(reading.encoded.masked)[:2]:
        seen = reading.seen
        assert f"{seen.top_tokens[at][0]} ({share_text(float(seen.statistics.top_p[at, 0]))})" in said
    counted = ~reading.encoded.outside
    first = float((reading.statistics.rank[counted] == 1).mean())
    assert f"it names {share_text(first)} of the {counted.sum()} tokens first" in said
    worst = int(np.where(counted, reading.statistics.surprisal_bits, -1).argmax())
    assert f"the least expected is {reading.encoded.tokens[worst]} at position {worst}, " in said


def test_the_preferred_text_is_the_one_of_the_larger_score(bundled: ModelBundle) -> None:
    a, b = "The keys to the cabinet are on the table.", "The keys to the cabinet is on the table."
    at = open_app("compare")
    for one, other in ((a, b), (b, a)):
        type_in(at, "compare.text_a", one)
        type_in(at, "compare.text_b", other)
        scores = [score(read_hidden(bundled, text)).pll_nats for text in (one, other)]
        better = "A" if scores[0] > scores[1] else "B"
        assert answer(at).startswith(f"The head prefers {better} by {abs(scores[0] - scores[1]):.2f} nats")


def test_one_and_the_same_input_is_said_to_be_one() -> None:
    at = open_app("compare")
    type_in(at, "compare.text_a", "The résumé was short.")
    type_in(at, "compare.text_b", "the resume was short.")
    assert "one and the same input" in answer(at)
    type_in(at, "compare.text_b", "the resume was shorter.")
    assert "one and the same input" not in answer(at)


def test_a_share_in_words(subtests: pytest.Subtests) -> None:
    for share, text in [
        (0, "0 %"),
        (1e-9, "< 1 %"),
        (0.0049, "< 1 %"),
        (0.005, "< 1 %"),
        (0.0051, "1 %"),
        (0.222, "22 %"),
        (0.996, "> 99 %"),
        (1, "100 %"),
    ]:
        with subtests.test(share=share, text=text):
            assert share_text(share) == text


def test_odds_in_words(subtests: pytest.Subtests) -> None:
    for margin, text in [
        (6.683, "800 to 1"),
        (-6.683, "800 to 1"),
        (0.0, "1 to 1"),
        (math.log(1.55), "1.6 to 1"),
        (math.log(12_345), "12,000 to 1"),
        (14.0, "more than a million to 1"),
        (1e9, "more than a million to 1"),
    ]:
        with subtests.test(margin=margin, text=text):
            assert odds_text(margin) == text


def test_the_verdict_is_in_the_words_of_what_the_head_was_trained_on() -> None:
    assert [head_words("next sentence").says(each) for each in (1, -1)] == ["IsNext", "NotNext"]
    assert [head_words("sentence order").says(each) for each in (1, -1)] == ["in order", "swapped"]
