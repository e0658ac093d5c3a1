"""Mistakes that other tools made. Each check runs over our function, and over a stand-in that makes the mistake.

A check that accepts its stand-in would not notice the mistake in ours either.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from analysis import (
    Encoded,
    InputError,
    ModelBundle,
    NextSentence,
    compare_segmentations,
    fill_masks,
    read_hidden,
    read_seen,
)
from analysis.kernels.distributions import StatisticsReducer
from analysis.limits import HEAD_PRODUCT_ROWS, HEAD_ROWS
from analysis.models.forward import Rows, forward
from analysis.texts.encoding import encode
from analysis.types import Tensors
from tests.analysis.engine_spy import watched_engine
from tests.analysis.oracle import Plain
from tests.analysis.stand_ins import assert_rejects

Numbers = Sequence[float]


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


def packed_by(run: Callable[[], object]) -> Any:
    """What one pass of the encoder is run on."""
    with watched_engine() as calls:
        run()
    (packed,) = calls.packed
    return packed


def changed(encoded: Encoded, **rows: np.ndarray) -> Tensors:
    same = {"ids": encoded.ids, "segment_ids": encoded.segment_ids, "attention_mask": encoded.attention_mask}
    return Tensors(**{**same, **rows})


def check_segments_of_a_pair(packed: Any) -> None:
    assert packed.segment_ids[packed.distinct].tolist() == [0, 0, 0, 0, 1, 1, 1]  # [CLS] the cat [SEP] | she sat [SEP]


def test_the_second_sentence_has_segment_1(tiny: ModelBundle) -> None:
    encoded = encode(tiny, "the cat", "she sat")
    none_given = changed(encoded, segment_ids=np.zeros(7, np.int32))
    check_segments_of_a_pair(packed_by(lambda: read_seen(tiny, "the cat", "she sat")))
    assert_rejects(check_segments_of_a_pair, packed_by(lambda: forward(tiny, [none_given], nsp=True)))


# --- the mask is where there is no padding (given by position, segment ids became the mask: "0.99 to anything") ---

SEEN, HIDDEN = 0.0, -math.inf


def check_mask_of_padding(packed: Any) -> None:
    assert packed.shape == (2, 7)
    assert packed.segment_ids[packed.distinct].tolist() == [0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0]
    assert packed.bias is not None
    assert packed.bias[:, 0, 0].tolist() == [[SEEN] * 7, [SEEN] * 4 + [HIDDEN] * 3]


def test_the_mask_is_where_there_is_no_padding(tiny: ModelBundle) -> None:
    pair, single = encode(tiny, "the cat", "she sat"), encode(tiny, "the dog")
    ids_as_mask = changed(pair, segment_ids=np.zeros(7, np.int32), attention_mask=pair.segment_ids)
    packed = packed_by(lambda: forward(tiny, [pair, single], nsp=True))
    check_mask_of_padding(packed)
    assert_rejects(check_mask_of_padding, replace(packed, bias=None))
    assert_rejects(check_mask_of_padding, packed_by(lambda: forward(tiny, [ids_as_mask, single], nsp=True)))


def received_by(model: torch.nn.Module, run: Callable[[], object]) -> tuple[tuple[Any, ...], dict[str, torch.Tensor]]:
    """What a model of another family, or its encoder, is called with."""
    calls: list[tuple[tuple[Any, ...], dict[str, torch.Tensor]]] = []
    handle = model.register_forward_pre_hook(
        lambda _module, positional, keywords: calls.append((positional, keywords)), with_kwargs=True
    )
    try:
        run()
    finally:
        handle.remove()
    (call,) = calls
    return call


def check_by_keyword_with_a_mask_of_padding(received: tuple[tuple[Any, ...], dict[str, torch.Tensor]]) -> None:
    positional, keywords = received
    assert positional == ()
    assert {name: given.tolist() for name, given in keywords.items()} == {
        "input_ids": [[2, 5, 6, 3, 14, 8, 3], [2, 5, 7, 3, 0, 0, 0]],
        "attention_mask": [[1] * 7, [1] * 4 + [0] * 3],
        "token_type_ids": [[0, 0, 0, 0, 1, 1, 1], [0] * 7],
    }


def test_other_families_are_called_by_keyword(checkpoint: Callable[[str], ModelBundle]) -> None:
    bundle = checkpoint("tiny_albert")
    encoder = bundle.model.base_model
    inputs = [encode(bundle, "the cat", "she sat"), encode(bundle, "the dog")]
    check_by_keyword_with_a_mask_of_padding(received_by(encoder, lambda: forward(bundle, inputs, nsp=True)))
    ids = torch.tensor([[2, 5, 6, 3, 14, 8, 3], [2, 5, 7, 3, 0, 0, 0]])
    mask, segments = ids.ne(0).long(), torch.tensor([[0, 0, 0, 0, 1, 1, 1], [0] * 7])
    for stand_in in (
        lambda: encoder(ids, segments),
        lambda: encoder(ids, mask, segments),
        lambda: encoder(input_ids=ids, attention_mask=segments, token_type_ids=torch.zeros_like(ids)),
        lambda: encoder(input_ids=ids, attention_mask=torch.ones_like(ids), token_type_ids=segments),
        lambda: encoder(input_ids=ids, attention_mask=mask),
    ):
        assert_rejects(check_by_keyword_with_a_mask_of_padding, received_by(encoder, stand_in))


def test_a_model_whose_parts_are_not_known_is_called_by_keyword(checkpoint: Callable[[str], ModelBundle]) -> None:
    bundle = checkpoint("tiny_electra")
    positional, keywords = received_by(bundle.model, lambda: read_seen(bundle, "the cat", "she sat"))
    assert positional == ()
    assert {name: given.tolist() for name, given in keywords.items()} == {
        "input_ids": [[2, 5, 6, 3, 14, 8, 3]],
        "attention_mask": [[1] * 7],
        "token_type_ids": [[0, 0, 0, 0, 1, 1, 1]],
    }


def check_padding_changes_nothing(z_of: Callable[[list[Encoded]], np.ndarray], tiny: ModelBundle) -> None:
    short, long = encode(tiny, "the dog", "was dark"), encode(tiny, "the cat sat on the mat", "she opened the door")
    alone = z_of([short])[0]
    np.testing.assert_allclose(z_of([short, long])[0], alone, atol=1e-4)
    np.testing.assert_allclose(z_of([long, short])[1], alone, atol=1e-4)


def test_padding_changes_nothing(tiny: ModelBundle, tiny_folder: Path) -> None:
    plain = Plain.load(tiny_folder)

    def ours(inputs: list[Encoded]) -> np.ndarray:
        z = forward(tiny, inputs, nsp=True)
        assert z is not None
        return z

    def padding_seen(inputs: list[Encoded]) -> np.ndarray:
        length = max(len(encoded) for encoded in inputs)
        ids = torch.tensor([[*encoded.ids.tolist(), *[0] * (length - len(encoded))] for encoded in inputs])
        with torch.no_grad():
            return plain.model(input_ids=ids).seq_relationship_logits.numpy()

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
    check_the_limit(lambda text: read_hidden(tiny, text, k=1))
    check_the_limit(lambda text: fill_masks(tiny, f"{text.removeprefix('cat ')} [MASK]"))
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


def check_chunks(chunks: Sequence[tuple[int, int]], rows: int, most: int) -> None:
    """Chunks as (rows, first row)."""
    assert max(size for size, _start in chunks) <= most
    assert [start for _size, start in chunks] == list(np.cumsum([0, *(size for size, _start in chunks[:-1])]))
    assert sum(size for size, _start in chunks) == rows


def test_the_head_never_runs_on_all_rows_at_once(tiny: ModelBundle) -> None:
    inputs = [encode(tiny, "cat " * 60)] * 5
    rows = Rows(inputs=[number for number in range(5) for _ in range(62)], positions=[*range(62)] * 5)
    chunks: list[tuple[int, int]] = []
    with watched_engine() as calls:
        forward(tiny, inputs, mlm=(rows, lambda logits, start: chunks.append((len(logits), start))))
    check_chunks(chunks, 310, HEAD_ROWS)
    check_chunks(list(zip(calls.mlm, np.cumsum([0, *calls.mlm[:-1]]), strict=True)), 310, HEAD_PRODUCT_ROWS)
    for most in (HEAD_ROWS, HEAD_PRODUCT_ROWS):
        with pytest.raises(AssertionError):
            check_chunks([(310, 0)], 310, most)


@pytest.mark.parametrize("name", ["tiny_albert", "tiny_roberta", "tiny_distilbert", "tiny_modernbert"])
def test_the_head_of_another_family_runs_on_the_rows_asked_for(
    checkpoint: Callable[[str], ModelBundle], name: str
) -> None:
    bundle, products = checkpoint(name), []
    encoded = encode(bundle, "a cat at a cat")
    decoder = bundle.model.get_output_embeddings()
    handle = decoder.register_forward_pre_hook(lambda _module, given: products.append(given[0].numel()))
    try:
        forward(bundle, [encoded] * 3, mlm=(Rows([0, 2], [1, 3]), lambda _logits, _start: None))
        forward(bundle, [encoded] * 3, nsp=bundle.nsp.real)
    finally:
        handle.remove()
    assert products == [2 * decoder.in_features]


def check_no_masked_lm(run: Callable[[], object]) -> None:
    with watched_engine() as calls:
        run()
    assert (calls.mlm, len(calls.nsp)) == ([], 1)
    assert {position for rows in calls.rows for _number, position in rows} == {0}, "the encoder ends at [CLS]"


def test_a_question_for_the_other_head_costs_no_masked_lm(tiny: ModelBundle) -> None:
    check_no_masked_lm(lambda: compare_segmentations(tiny, "the cat", "the dog"))
    assert_rejects(check_no_masked_lm, lambda: read_seen(tiny, "the cat", "the dog"))
