"""What can be done to the chosen token of the Tokens page, without a screen."""

from dataclasses import replace

import pytest

from analysis.types import HiddenReading, SeenReading
from dashboard.pages.tokens.chosen import cut_before, offered, original
from tests.dashboard import made

SEEN = made.reading(["the", "cat", "un", "##question", "##ably", "[MASK]", "sat"], k=60)
HIDDEN = made.hidden(SEEN)


@pytest.mark.parametrize(
    ("hidden", "asked"),
    [(None, [SEEN]), (HIDDEN, [HIDDEN, SEEN]), (made.hidden(SEEN, unread=range(2, 20)), [SEEN])],
    ids=["seen alone", "both", "not yet"],
)
def test_what_is_offered_for_a_place(hidden: HiddenReading | None, asked: list[SeenReading | HiddenReading]) -> None:
    tokens = dict.fromkeys(token for reading in asked for token in reading.top_tokens[2])
    stands = made.word(int(SEEN.encoded.ids[2]))
    assert stands in tokens
    assert list(offered(SEEN, hidden, 2)) == [token for token in tokens if token != stands]


def test_a_column_without_a_token_is_not_offered() -> None:
    first = int(SEEN.statistics.top_ids[2, 0])
    beyond = replace(SEEN, top_tokens=tuple((f"<{first}>", *row[1:]) for row in SEEN.top_tokens))
    assert list(offered(beyond, None, 2)) == list(offered(SEEN, None, 2))[1:]


def test_what_stood_where_a_token_was_edited() -> None:
    seen = made.edited(made.reading(["the", "cat", "sat", "down"], second_from=2), (2, 40), (4, 41))
    assert [original(seen.encoded, position) for position in (1, 2, 4)] == [None, "cat", "sat"]


def test_where_a_text_can_be_cut() -> None:
    encoded = SEEN.encoded
    assert encoded.text_a == "the cat unquestionably [MASK] sat"
    cuts = [cut_before(encoded, position) for position in range(len(encoded))]
    assert cuts == [None, None, 4, 8, 8, 8, 23, 30, None], "something stands before all words but the first"
    edited, pair = made.edited(SEEN, (1, 40)), made.reading(["the", "cat", "sat"], second_from=2)
    assert [cut_before(each.encoded, 2) for each in (edited, pair)] == [None, None]
