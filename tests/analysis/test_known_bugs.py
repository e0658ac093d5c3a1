"""Mistakes that other tools made. Each check runs over our function, and over a stand-in that makes the mistake.

A check that accepts its stand-in would not notice the mistake in ours either.
"""

import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from analysis import Encoded, InputError, ModelBundle, NextSentence, compare_segmentations, read_seen
from analysis.distributions import StatisticsReducer
from analysis.encoding import encode
from analysis.forward import forward

Numbers = Sequence[float]


def assert_rejects(check: Callable[[Any], None], stand_in: Any) -> None:
    with pytest.raises(AssertionError):
        check(stand_in)


def statistics(row: Numbers, target: int = 0, k: int = 1) -> Any:
    reducer = StatisticsReducer(np.array([target]), k, len(row))
    reducer(torch.tensor([row], dtype=torch.float32), 0)
    return reducer.result()


# --- entropy over the full vocabulary (one tool took its ten most probable tokens for all) ---


def our_entropy(row: Numbers) -> float:
    return float(statistics(row).entropy_bits[0])


def entropy_of_the_top_ten(row: Numbers) -> float:
    p = torch.tensor(row).softmax(-1).topk(min(10, len(row))).values
    p = p / p.sum()
    return float(-(p * p.log2()).sum())


def check_uniform_entropy(entropy: Callable[[Numbers], float]) -> None:
    for columns in (1, 2, 16, 1000, 30_522):
        assert entropy([0.25] * columns) == pytest.approx(math.log2(columns), abs=1e-4)


def test_entropy_of_the_uniform_distribution() -> None:
    check_uniform_entropy(our_entropy)
    assert_rejects(check_uniform_entropy, entropy_of_the_top_ten)


# --- ranks on logits (softmax in single precision merges neighbours and loses the small) ---


def our_rank(row: Numbers, target: int) -> int:
    return int(statistics(row, target).rank[0])


def rank_on_probabilities(row: Numbers, target: int) -> int:
    p = torch.tensor(row).softmax(-1)
    return 1 + int((p > p[target]).sum())


def rank_by_position_in_a_sort(row: Numbers, target: int) -> int:
    return 1 + torch.tensor(row).argsort(descending=True).tolist().index(target)


MERGED = [200.0, 20.0, 10.0, 0.0]
"""Four logits that differ, of which single precision's softmax makes 1, 0, 0, 0."""


def check_ranks(rank: Callable[[Numbers, int], int]) -> None:
    assert [rank(MERGED, i) for i in range(4)] == [1, 2, 3, 4]
    assert [rank([2.0, 7.0, 2.0, 7.0, 1.0], i) for i in range(5)] == [3, 1, 3, 1, 5]


def test_ranks_are_those_of_the_logits() -> None:
    assert torch.tensor(MERGED).softmax(-1)[1:].unique().numel() == 1, "or nothing merges"
    check_ranks(our_rank)
    assert_rejects(check_ranks, rank_on_probabilities)
    assert_rejects(check_ranks, rank_by_position_in_a_sort)


# --- only differences between logits count ---


def our_numbers(row: Numbers) -> list[float]:
    found = statistics(row, target=1, k=2)
    return [found.p_observed[0], found.surprisal_bits[0], found.entropy_bits[0], found.rank[0], *found.top_p[0]]


def numbers_without_a_shift(row: Numbers) -> list[float]:
    weights = torch.tensor(row).exp()
    p = weights / weights.sum()
    return [float(p[1]), float(-p[1].log2()), float(-(p * p.log2()).sum()), 2.0, *p.topk(2).values.tolist()]


def check_a_constant_changes_nothing(numbers: Callable[[Numbers], list[float]]) -> None:
    row = [1.0, 0.5, -2.0, 0.25]
    for constant in (-128.0, -1.0, 0.0, 3.0, 128.0):
        np.testing.assert_allclose(numbers([x + constant for x in row]), our_numbers(row), rtol=1e-6)


def test_a_constant_added_to_the_logits() -> None:
    check_a_constant_changes_nothing(our_numbers)
    assert_rejects(check_a_constant_changes_nothing, numbers_without_a_shift)


def test_a_constant_added_to_every_bias(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read_seen(tiny, "the cat sat", k=74).statistics
    bias = tiny.model.cls.predictions.decoder.bias
    monkeypatch.setattr(bias, "data", bias.data + 8)
    after = read_seen(tiny, "the cat sat", k=74).statistics
    np.testing.assert_allclose(after.surprisal_bits, before.surprisal_bits, atol=1e-4)
    np.testing.assert_allclose(after.entropy_bits, before.entropy_bits, atol=1e-4)
    assert after.rank.tolist() == before.rank.tolist()


# --- two logits, one distribution (small programs put each through a sigmoid of its own) ---


def our_probabilities(z_0: float, z_1: float) -> tuple[float, float]:
    answer = NextSentence(z_0, z_1, lone_segment=False)
    return answer.p_is_next, answer.p_not_next


def sigmoid_of_each(z_0: float, z_1: float) -> tuple[float, float]:
    return 1 / (1 + math.exp(-z_0)), 1 / (1 + math.exp(-z_1))


def one_less_the_other(z_0: float, z_1: float) -> tuple[float, float]:
    p = 1 / (1 + math.exp(min(z_1 - z_0, 700)))
    return p, 1 - p


def check_two_probabilities(probabilities: Callable[[float, float], tuple[float, float]]) -> None:
    for z_0, z_1 in [(0.0, 0.0), (6.0915, -5.6939), (-3.0, 4.0), (700.0, -700.0), (-700.0, 700.0), (2.0, 2.0)]:
        assert sum(probabilities(z_0, z_1)) == pytest.approx(1, abs=1e-12)
    assert probabilities(1.0, 1.0) == (0.5, 0.5)
    assert probabilities(50.0, 0.0)[1] == pytest.approx(math.exp(-50), rel=1e-9, abs=0)
    assert probabilities(0.0, 50.0)[0] == pytest.approx(math.exp(-50), rel=1e-9, abs=0)


def test_the_two_probabilities_are_one_distribution() -> None:
    check_two_probabilities(our_probabilities)
    assert_rejects(check_two_probabilities, sigmoid_of_each)
    assert_rejects(check_two_probabilities, one_less_the_other)


def test_the_margin_is_the_log_odds() -> None:
    answer = NextSentence(6.0915, -5.6939, lone_segment=False)
    assert answer.margin_nats == pytest.approx(11.7854)
    assert math.log(answer.p_is_next / answer.p_not_next) == pytest.approx(11.7854)


# --- segment ids (one demo passes none, and its second sentence lies in segment 0) ---

Received = dict[str, torch.Tensor]


def received_by_the_model(bundle: ModelBundle, run: Callable[[], object]) -> tuple[tuple[Any, ...], Received]:
    """What the encoder's own forward is called with."""
    calls: list[tuple[tuple[Any, ...], Received]] = []
    handle = bundle.model.bert.register_forward_pre_hook(
        lambda _module, positional, keywords: calls.append((positional, keywords)), with_kwargs=True
    )
    try:
        run()
    finally:
        handle.remove()
    assert len(calls) == 1
    return calls[0]


def check_segments_of_a_pair(received: tuple[tuple[Any, ...], Received]) -> None:
    _positional, keywords = received
    assert keywords.get("token_type_ids") is not None
    (row,) = keywords["token_type_ids"].tolist()
    assert row == [0, 0, 0, 0, 1, 1, 1]  # [CLS] the cat [SEP] | she sat [SEP]


def test_the_second_sentence_has_segment_1(tiny: ModelBundle) -> None:
    check_segments_of_a_pair(received_by_the_model(tiny, lambda: read_seen(tiny, "the cat", "she sat")))
    ids = torch.tensor([encode(tiny, "the cat", "she sat").ids.tolist()])
    for stand_in in (
        lambda: tiny.model(input_ids=ids, attention_mask=torch.ones_like(ids)),
        lambda: tiny.model(input_ids=ids, token_type_ids=torch.zeros_like(ids)),
    ):
        assert_rejects(check_segments_of_a_pair, received_by_the_model(tiny, stand_in))


# --- keyword arguments (given by position, segment ids became the mask: "0.99 to anything") ---


def check_by_keyword_with_a_mask_of_padding(received: tuple[tuple[Any, ...], Received]) -> None:
    positional, keywords = received
    assert positional == ()
    assert set(keywords) >= {"input_ids", "attention_mask", "token_type_ids"}
    ids, mask = keywords["input_ids"], keywords["attention_mask"]
    assert mask.tolist() == [[1] * 7, [1] * 4 + [0] * 3]
    assert ids[1].tolist()[4:] == [0, 0, 0]


def test_the_mask_is_where_there_is_no_padding(tiny: ModelBundle) -> None:
    inputs = [encode(tiny, "the cat", "she sat"), encode(tiny, "the dog")]
    check_by_keyword_with_a_mask_of_padding(received_by_the_model(tiny, lambda: forward(tiny, inputs, nsp=True)))
    ids = torch.zeros(2, 7, dtype=torch.int64)
    for row, encoded in enumerate(inputs):
        ids[row, : len(encoded)] = torch.from_numpy(encoded.ids.astype(np.int64))
    segments = torch.tensor([[0, 0, 0, 0, 1, 1, 1], [0] * 7])
    for stand_in in (
        lambda: tiny.model.bert(ids, segments),
        lambda: tiny.model.bert(ids, torch.ones_like(ids), segments),
        lambda: tiny.model.bert(input_ids=ids, attention_mask=segments, token_type_ids=torch.zeros_like(ids)),
        lambda: tiny.model.bert(input_ids=ids, attention_mask=torch.ones_like(ids), token_type_ids=segments),
    ):
        assert_rejects(check_by_keyword_with_a_mask_of_padding, received_by_the_model(tiny, stand_in))


def check_padding_changes_nothing(z_of: Callable[[list[Encoded]], np.ndarray], tiny: ModelBundle) -> None:
    short, long = encode(tiny, "the dog", "was dark"), encode(tiny, "the cat sat on the mat", "she opened the door")
    alone = z_of([short])[0]
    np.testing.assert_allclose(z_of([short, long])[0], alone, atol=1e-4)
    np.testing.assert_allclose(z_of([long, short])[1], alone, atol=1e-4)


def test_padding_changes_nothing(tiny: ModelBundle) -> None:
    def ours(inputs: list[Encoded]) -> np.ndarray:
        z = forward(tiny, inputs, nsp=True)
        assert z is not None
        return z

    def padding_seen(inputs: list[Encoded]) -> np.ndarray:
        length = max(len(encoded) for encoded in inputs)
        ids = torch.tensor([[*encoded.ids.tolist(), *[0] * (length - len(encoded))] for encoded in inputs])
        with torch.no_grad():
            return tiny.model(input_ids=ids).seq_relationship_logits.numpy()

    check_padding_changes_nothing(ours, tiny)
    with pytest.raises(AssertionError):
        check_padding_changes_nothing(padding_seen, tiny)


# --- a text over the limit (cut off without a word, it was scored as if it were whole) ---


def check_the_limit(read: Callable[[str], object]) -> None:
    read_counts = []
    for words in (61, 62, 63, 64, 1000):
        try:
            read("cat " * words)
        except InputError as error:
            assert "at most 64" in str(error)
        else:
            read_counts.append(words)
    assert read_counts == [61, 62], "62 words are 64 positions with [CLS] and [SEP], exactly as many as the model has"


def test_a_text_over_the_limit_is_refused(tiny: ModelBundle) -> None:
    def cut_in_silence(text: str) -> object:
        return tiny.tokenizer(text, truncation=True, max_length=64)

    def refused_too_early(text: str) -> object:
        if len(tiny.tokenizer(text).input_ids) > 63:
            raise InputError("at most 64")
        return None

    check_the_limit(lambda text: read_seen(tiny, text))
    check_the_limit(lambda text: compare_segmentations(tiny, text.removeprefix("cat cat "), "mat"))
    assert_rejects(check_the_limit, cut_in_silence)
    assert_rejects(check_the_limit, refused_too_early)


# --- which positions count: by id (masks of specials are wrong about those a person typed) ---

TYPED = "the [MASK] sat [SEP] on [PAD] a [CLS] mat [UNK] ."
COUNTED = ["the", "sat", "on", "a", "mat", "[UNK]", "."]


def check_counted_positions(outside: Callable[[str], Sequence[bool]], tokens: Callable[[str], Sequence[str]]) -> None:
    counted = [token for token, out in zip(tokens(TYPED), outside(TYPED), strict=True) if not out]
    assert counted == COUNTED


def test_positions_that_count_are_told_by_id(tiny: ModelBundle) -> None:
    def tokens(text: str) -> Sequence[str]:
        return encode(tiny, text).tokens

    def ours(text: str) -> Sequence[bool]:
        return encode(tiny, text).outside.tolist()

    def by_template(text: str) -> Sequence[bool]:
        return tiny.tokenizer(text, return_special_tokens_mask=True).special_tokens_mask

    def by_special_ids(text: str) -> Sequence[bool]:
        return [i in tiny.tokenizer.all_special_ids for i in tiny.tokenizer(text).input_ids]

    check_counted_positions(ours, tokens)
    for stand_in in (by_template, by_special_ids):
        with pytest.raises(AssertionError):
            check_counted_positions(stand_in, tokens)


# --- memory: the head on a few rows at a time, never [T, V] at once ---


def check_chunks(chunks: Sequence[tuple[int, int]], positions: int) -> None:
    assert max(rows for rows, _start in chunks) <= 16
    assert [start for _rows, start in chunks] == list(range(0, positions, 16))
    assert sum(rows for rows, _start in chunks) == positions


def test_the_head_never_runs_on_all_rows_at_once(tiny: ModelBundle) -> None:
    seen: list[int] = []
    head = tiny.model.cls.predictions
    handle = head.register_forward_hook(lambda _module, _given, output: seen.append(len(output)))
    try:
        reading = read_seen(tiny, "cat " * 50)
        starts = np.cumsum([0, *seen[:-1]]).tolist()
        check_chunks(list(zip(seen, starts, strict=True)), len(reading.encoded))
        seen.clear()
        head(torch.zeros(len(reading.encoded), 24))
    finally:
        handle.remove()
    with pytest.raises(AssertionError):
        check_chunks([(seen[0], 0)], len(reading.encoded))


def test_a_question_for_the_other_head_costs_no_masked_lm(tiny: ModelBundle) -> None:
    calls = SimpleNamespace(mlm=0, nsp=0)
    handles = [
        tiny.model.cls.predictions.register_forward_hook(lambda *_: setattr(calls, "mlm", calls.mlm + 1)),
        tiny.model.cls.seq_relationship.register_forward_hook(lambda *_: setattr(calls, "nsp", calls.nsp + 1)),
    ]
    try:
        compare_segmentations(tiny, "the cat", "the dog")
    finally:
        for handle in handles:
            handle.remove()
    assert (calls.mlm, calls.nsp) == (0, 1)
