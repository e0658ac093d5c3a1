"""Ids followed through a text: their probability and rank at every position, seen and hidden, against the oracle."""

import numpy as np
import pytest

from analysis import InputError, ModelBundle, read_hidden, read_seen
from analysis.choices import MASKINGS, Masking
from analysis.limits import MAX_WATCH
from analysis.texts.pieces import id_of, id_to_follow
from analysis.types import TokenStatistics
from tests.analysis.command_line import Run, answer_of
from tests.analysis.hidden_oracle import Sheet
from tests.analysis.oracle import NEAR, Answer, Plain
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects
from tests.analysis.texts import NOTEBOOK, SENTENCE_A, SENTENCE_B

WORDS = ("election", "war", "##er")
LONG = "the zebra cats sat on the mat. " * 8


def check(statistics: TokenStatistics, answer: Answer, ids: list[int]) -> None:
    p = np.exp(answer.log_p[:, ids])
    np.testing.assert_allclose(statistics.watched_p, p, rtol=0, atol=1e-5)
    assert statistics.watched_rank.dtype == np.int32
    logits = answer.logits[:, None, :]
    own = answer.logits[:, ids][:, :, None]
    surely, perhaps = (logits > own + NEAR).sum(-1), (logits > own - NEAR).sum(-1) - 1
    assert ((1 + surely <= statistics.watched_rank) & (statistics.watched_rank <= 1 + perhaps)).all()


def test_a_seen_reading_follows(bundled: ModelBundle, plain: Plain) -> None:
    ids = [id_of(bundled, word) for word in WORDS]
    reading = read_seen(bundled, NOTEBOOK, k=3, watch=ids)
    assert (list(reading.watch), reading.watched_tokens) == (ids, WORDS)
    answer = plain.answer(NOTEBOOK)
    check(reading.statistics, answer, ids)
    assert_rejects(check, reading.statistics, answer, ids[::-1])
    assert_rejects(check, reading.statistics, plain.answer(NOTEBOOK.replace("War", "Peace")), ids)


@pytest.mark.parametrize("masking", MASKINGS)
def test_a_hidden_reading_follows(tiny: ModelBundle, tiny_plain: Plain, masking: Masking) -> None:
    ids = [id_of(tiny, word) for word in ("cat", "dog", "##s")]
    reading = read_hidden(tiny, "the zebra cats [MASK]", "a dog", masking=masking, k=2, watch=ids)
    answer = Sheet.of(tiny_plain, "the zebra cats [MASK]", "a dog").hidden_answer(masking)
    check(reading.statistics, answer, ids)
    assert_rejects(check, reading.seen.statistics, answer, ids)


def test_following_changes_nothing_else(tiny: ModelBundle) -> None:
    alone, beside = (read_hidden(tiny, "the cat sat", "a dog", k=2, watch=watch) for watch in ((), (5, 6, 5)))
    assert alone.statistics.watched_p.shape == alone.statistics.watched_rank.shape == (8, 0)
    assert beside.statistics.watched_p.shape == (8, 3)
    np.testing.assert_array_equal(beside.statistics.watched_p[:, 0], beside.statistics.watched_p[:, 2])
    for name in ("p_observed", "surprisal_bits", "entropy_bits", "rank", "top_ids", "top_p"):
        np.testing.assert_array_equal(getattr(alone.statistics, name), getattr(beside.statistics, name))


def test_the_observed_token_s_own_numbers_are_the_followed_ones(tiny: ModelBundle) -> None:
    reading = read_hidden(tiny, "the cat sat", k=2, watch=[id_of(tiny, "cat")])
    numbers = reading.statistics
    assert reading.encoded.tokens[2] == "cat"
    assert numbers.watched_p[2, 0] == pytest.approx(numbers.p_observed[2], rel=1e-6)
    assert numbers.watched_rank[2, 0] == numbers.rank[2]


def test_in_windows(tiny: ModelBundle) -> None:
    reading = read_hidden(tiny, LONG, k=2, in_windows=True, watch=[id_of(tiny, "cat")])
    assert len(reading.seen.windows) > 1
    assert reading.statistics.watched_p.shape == (len(reading.encoded), 1)
    where = [position for position, token in enumerate(reading.encoded.tokens) if token == "cat"]
    for numbers in (reading.statistics, reading.seen.statistics):
        np.testing.assert_allclose(numbers.watched_p[where, 0], numbers.p_observed[where], rtol=1e-6)


# --- which id a word has ---


def test_a_word_as_people_type_it(bundled: ModelBundle) -> None:
    for word, token in (("war", "war"), ("War", "war"), (" war ", "war"), ("##er", "##er"), ("!", "!")):
        assert id_to_follow(bundled, word) == id_of(bundled, token)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("Sumter", "'Sumter' has 2 pieces here (sum ##ter): follow one of them."),
        ("ab" * 40, " …): follow one of them."),
        ("", "A word to follow is empty"),
        ("  ", "A word to follow is only white space"),
        ("[MASK]", "holds a special token"),
        ("ไทย", "The model has no pieces for the word to follow"),
        ("##zqj", "is no piece of this model's vocabulary"),
    ],
)
def test_a_word_that_has_no_id_of_its_own(bundled: ModelBundle, word: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        id_to_follow(bundled, word)
    assert_plain_sentence(caught.value)
    assert said in str(caught.value)


def test_ids_that_can_t_be_followed(tiny: ModelBundle) -> None:
    for watch, said in (
        ([5] * (MAX_WATCH + 1), f"More than {MAX_WATCH} words came to follow: give at most {MAX_WATCH}."),
        ([10_000], "The id 10,000 came to follow; the model has ids 0 to 73: choose one of them."),
    ):
        with pytest.raises(InputError) as caught:
            read_seen(tiny, "the cat", watch=watch)
        assert str(caught.value) == said


# --- the command line ---


def test_on_the_command_line(run: Run, tiny: ModelBundle) -> None:
    answer = answer_of(run("read", "the cat sat", "--watch", "dog", "--watch", "CAT", "--hidden", "token"))
    ids = [id_of(tiny, word) for word in ("dog", "cat")]
    numbers = read_hidden(tiny, "the cat sat", masking="token", watch=ids).statistics
    for i, position in enumerate(answer["positions"]):
        assert position["watched"] == [
            {
                "token": token,
                "id": id_,
                "p": float(numbers.watched_p[i, at]),
                "rank": int(numbers.watched_rank[i, at]),
            }
            for at, (token, id_) in enumerate(zip(("dog", "cat"), ids, strict=True))
        ]
    assert "watched" not in answer_of(run("read", "the cat sat"))["positions"][0]


def test_a_pair_follows(bundled: ModelBundle, plain: Plain) -> None:
    ids = [id_of(bundled, word) for word in WORDS]
    check(read_seen(bundled, SENTENCE_A, SENTENCE_B, watch=ids).statistics, plain.answer(SENTENCE_A, SENTENCE_B), ids)
