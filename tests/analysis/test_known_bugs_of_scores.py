"""Mistakes that other tools made in hiding tokens and in scoring. Each check also runs over one that makes it."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from analysis import Encoded, ModelBundle, SentenceScore, read_hidden, score, score_candidates
from analysis.choices import MASKINGS
from analysis.kernels.distributions import StatisticsReducer
from analysis.models.forward import Rows, forward
from analysis.texts.encoding import encode, replaced
from tests.analysis.engine_spy import Calls, watched_engine
from tests.analysis.stand_ins import assert_rejects

TEXT = "the zebra cats [SEP] sat on [MASK] ไ"

Asked = Sequence[tuple[list[int], int]]
"""Of each row the ids of the input it is a row of, and its position."""


# --- every position of C is hidden exactly once (one tool never came to the last) ---


def check_each_is_hidden_once(asked: Asked, encoded: Encoded, mask_id: int) -> None:
    own = encoded.ids.tolist()
    counted = [position for position, id_ in enumerate(own) if id_ not in {0, 2, 3, 4}]
    assert sorted(position for _ids, position in asked) == counted
    for ids, position in asked:
        assert ids == [*own[:position], mask_id, *own[position + 1 :]]


def asked_by(run: Callable[[], object]) -> Asked:
    with watched_engine() as calls:
        run()
    return calls.asked


def test_every_position_is_hidden_once(tiny: ModelBundle) -> None:
    encoded = encode(tiny, TEXT)
    own, mask = encoded.ids.tolist(), tiny.mask_id
    asked = asked_by(lambda: read_hidden(tiny, TEXT, masking="token"))
    hidden = [row for row in asked if row[0] != own]  # the others are the seen reading's
    check_each_is_hidden_once(hidden, encoded, mask)
    twice = [([*own[:2], mask, mask, *own[4:]], 2), *hidden[1:]]
    for stand_in in (hidden[:-1], [*hidden, hidden[0]], twice, [(own, position) for _ids, position in hidden]):
        assert_rejects(check_each_is_hidden_once, stand_in, encoded, mask)


# --- memory: the head runs on the hidden rows only (one tool made every row of every masked text, [N, N, V]) ---


def check_rows_of_the_head(calls: Calls, encoded: Encoded) -> None:
    assert sum(calls.mlm) <= len(encoded) + encoded.n_counted


def every_row_of_every_masked_text(bundle: ModelBundle, encoded: Encoded) -> None:
    counted, n = np.flatnonzero(~encoded.outside), len(encoded)
    inputs = [replaced(encoded, [position], bundle.mask_id) for position in counted]
    rows = Rows([number for number in range(len(inputs)) for _ in range(n)], [*range(n)] * len(inputs))
    forward(bundle, inputs, mlm=(rows, lambda _logits, _start: None))


def test_the_head_runs_on_the_hidden_rows_only(tiny: ModelBundle) -> None:
    encoded = encode(tiny, TEXT)
    for masking in MASKINGS:
        with watched_engine() as calls:
            read_hidden(tiny, TEXT, masking=masking)
        check_rows_of_the_head(calls, encoded)
    with watched_engine() as calls:
        every_row_of_every_masked_text(tiny, encoded)
    assert_rejects(check_rows_of_the_head, calls, encoded)


# --- a candidate of several pieces (scored by its first piece, 'cats' was worth as much as 'cat') ---


def check_no_tie_with_the_first_piece(score_of: Callable[[str], float]) -> None:
    for word, first in (("cats", "cat"), ("zoo", "z"), ("opened the door", "opened"), ("zoo", "zo"), ("1,2", "1")):
        assert abs(score_of(word) - score_of(first)) > 0.01
    assert score_of("zoos") < score_of("z"), "more pieces to guess, and each with a price"


def test_a_candidate_of_several_pieces(tiny: ModelBundle) -> None:
    def ours(word: str) -> float:
        return score_candidates(tiny, "the [MASK] sat", candidates=[word]).candidates[0].total_nats

    def by_the_first_piece(word: str) -> float:
        first = tiny.tokenizer.tokenize(word)[0]
        return ours(first)

    check_no_tie_with_the_first_piece(ours)
    assert_rejects(check_no_tie_with_the_first_piece, by_the_first_piece)


# --- scores by word are sums of pieces and cover the text (one tool dropped a word, another took means) ---

ByWord = Sequence[tuple[str, float]]


def check_words(by_word: ByWord, text: str, pll_nats: float) -> None:
    assert [word for word, _score in by_word] == text.split()
    assert math.fsum(nats for _word, nats in by_word) == pytest.approx(pll_nats, abs=1e-6)


def test_scores_by_word(tiny: ModelBundle) -> None:
    def ours(found: SentenceScore) -> ByWord:
        return [(word.text, nats) for word, nats in zip(found.words, found.word_logp_nats, strict=True)]

    def means(found: SentenceScore) -> ByWord:
        return [(word, nats / len(each.positions)) for (word, nats), each in zip(ours(found), found.words, strict=True)]

    def first_pieces(found: SentenceScore) -> ByWord:
        return [(each.text, found.logp_nats[each.positions[0]]) for each in found.words]

    for masking in MASKINGS:
        found = score(read_hidden(tiny, "The zebra,  cats\nsat!", masking=masking))
        check_words(ours(found), "The zebra,  cats\nsat!", found.pll_nats)
        for stand_in in (ours(found)[:-1], ours(found)[1:], means(found), first_pieces(found)):
            assert_rejects(check_words, stand_in, "The zebra,  cats\nsat!", found.pll_nats)


# --- each row is a distribution of its own (normalised together, one text's logits changed another's numbers) ---


def our_surprisals(logits: torch.Tensor) -> list[float]:
    reducer = StatisticsReducer(np.zeros(len(logits), int), 1, logits.shape[1])
    reducer(logits.clone(), 0)
    return reducer.result().surprisal_bits.tolist()


def normalised_together(logits: torch.Tensor) -> list[float]:
    return (-logits.flatten().log_softmax(0).view_as(logits)[:, 0] / math.log(2)).tolist()


def shifted_by_the_largest_of_all(logits: torch.Tensor) -> list[float]:
    weights = (logits - logits.max()).exp()
    return (-(weights[:, 0] / weights.sum(-1)).log2()).tolist()


def check_a_constant_of_one_row_changes_nothing(surprisals: Callable[[torch.Tensor], list[float]]) -> None:
    logits = torch.randn(3, 40, generator=torch.Generator().manual_seed(0))
    before = our_surprisals(logits)
    for row in range(3):
        for constant in (-200.0, -1.0, 1.0, 200.0):
            moved = logits.clone()
            moved[row] += constant
            assert surprisals(moved) == pytest.approx(before, abs=1e-4)


def test_a_constant_of_one_row_changes_nothing() -> None:
    check_a_constant_of_one_row_changes_nothing(our_surprisals)
    assert_rejects(check_a_constant_of_one_row_changes_nothing, normalised_together)
    assert_rejects(check_a_constant_of_one_row_changes_nothing, shifted_by_the_largest_of_all)


# --- a PLL is no mean and knows its segments (A's part and B's part are the whole) ---


def test_the_parts_of_a_pair_are_the_whole(tiny: ModelBundle) -> None:
    for masking in MASKINGS:
        found = score(read_hidden(tiny, "the zebra sat", "she [MASK] cats", masking=masking))
        assert found.pll_b_nats is not None
        assert found.pll_a_nats + found.pll_b_nats == pytest.approx(np.nansum(found.logp_nats), abs=1e-9)
        assert min(found.pll_a_nats, found.pll_b_nats) < 0
