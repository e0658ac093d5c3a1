"""What the heads look at, beside plain transformers with eager attention and sums written out in loops."""

import math
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from analysis import AttentionWeights, HeadSummaries, InputError, ModelBundle, export, read_attention
from analysis.models import inside
from analysis.models.store import load_bundle
from analysis.texts.encoding import encode
from analysis.types import Encoded, Floats
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects
from tests.analysis.test_inside import NEAR, TEXTS, Eager

ROOT = Path(__file__).parents[2]
INPUTS: tuple[tuple[str, str | None], ...] = (
    *TEXTS,
    ("the", None),
    ("the zebras sat", "[MASK] was dark"),
    ("[MASK] [MASK] cat", "[MASK]"),
    ("the [SEP] cat [PAD] sat [CLS]", "on"),
    ("the cat sat on the mat. " * 2, None),
    ("she opened the door!", "a cat sat on it"),
)
Models = tuple[ModelBundle, Eager]
Table = dict[str, list[list[float]]]


@pytest.fixture(scope="module", params=["tiny_bert", "tiny_roberta", "bundled"])
def both(request: pytest.FixtureRequest, checkpoint_folder: Callable[..., Path]) -> Models:
    name = request.param
    folder = Path("analysis/bundled") if name == "bundled" else checkpoint_folder(name)
    return load_bundle(name if name == "bundled" else str(folder)), Eager(folder, two_heads=name != "tiny_roberta")


def eager_weights(plain: Eager, encoded: Encoded) -> list[np.ndarray]:
    """[H, T, T] of every layer."""
    with torch.no_grad():
        return [each[0].numpy() for each in plain.run(encoded).attentions]


def summed_up(encoded: Encoded, layers: Sequence[np.ndarray]) -> Table:
    """Every number of every head, by its name, query after query and key after key."""
    found: Table = {}
    for layer in layers:
        rows = [_of_head(encoded, head.tolist()) for head in layer]
        for name in rows[0]:
            found.setdefault(name, []).append([row[name] for row in rows])
    return found


def _of_head(encoded: Encoded, head: list[list[float]]) -> dict[str, float]:
    n, text = len(encoded), encoded.sequence.tolist()
    asks = [i for i in range(n) if not encoded.outside[i]]

    def mean(of: Callable[[int], float], queries: Sequence[int] = asks) -> float:
        return sum(map(of, queries)) / len(queries) if queries else math.nan

    def across(one: int, other: int) -> float:
        if encoded.text_b is None:
            return math.nan
        return mean(
            lambda i: sum(head[i][j] for j in range(n) if text[j] == other), [i for i in asks if text[i] == one]
        )

    return {
        "entropy_bits": mean(lambda i: -sum(w * math.log2(w) for w in head[i] if w > 0)),
        "share_cls": mean(lambda i: head[i][0]),
        "share_sep": mean(lambda i: sum(head[i][j] for j in range(1, n) if text[j] == -1)),
        "share_self": mean(lambda i: head[i][i]),
        "share_previous": mean(lambda i: head[i][i - 1]),
        "share_next": mean(lambda i: head[i][i + 1]),
        "distance_tokens": mean(lambda i: sum(w * abs(i - j) for j, w in enumerate(head[i]))),
        "share_a_to_b": across(0, 1),
        "share_b_to_a": across(1, 0),
    }


def assert_numbers(found: HeadSummaries, expected: Table) -> None:
    assert {each.name for each in fields(found)} == set(expected)
    for name, table in expected.items():
        own = getattr(found, name)
        assert own.dtype == np.float32
        np.testing.assert_allclose(own, table, rtol=1e-4, atol=1e-5, err_msg=name)


def kept(bundle: ModelBundle, text: tuple[str, str | None], layer: int) -> AttentionWeights:
    return read_attention(bundle, *text, layer=layer)


@pytest.mark.parametrize("text", INPUTS, ids=str)
def test_weights_and_numbers_are_those_of_the_eager_model(both: Models, text: tuple[str, str | None]) -> None:
    bundle, plain = both
    encoded = encode(bundle, *text)
    layers = eager_weights(plain, encoded)
    expected = summed_up(encoded, layers)
    for number, weights in enumerate(layers, start=1):
        found = kept(bundle, text, number)
        assert (found.layer, found.n_layers, found.n_heads) == (number, bundle.n_layers, len(weights))
        assert found.weights.dtype == np.float32
        np.testing.assert_allclose(found.weights, weights, rtol=0, atol=NEAR)
        assert_numbers(found.summaries, expected)
        for head in range(1, len(weights) + 1):
            np.testing.assert_array_equal(found.showing(head).shown, found.weights[head - 1])
        np.testing.assert_allclose(found.showing(None).shown, weights.mean(0), rtol=0, atol=NEAR)
        assert_numbers(found.showing(None).in_numbers, summed_up(encoded, [weights.mean(0, keepdims=True)]))


def test_the_check_notices_what_is_left_out_or_counted_twice(both: Models) -> None:
    """Every query instead of C, the previous token for the next one, A's side for B's."""
    bundle, plain = both
    encoded = encode(bundle, *INPUTS[4])
    layers = eager_weights(plain, encoded)
    found = HeadSummaries.joined([HeadSummaries.of(encoded, each) for each in layers])
    expected = summed_up(encoded, layers)
    assert_numbers(found, expected)
    everything = replace(encoded, outside=np.zeros_like(encoded.outside))
    turned = [
        HeadSummaries.joined([HeadSummaries.of(everything, each) for each in layers]),
        replace(found, share_previous=found.share_next, share_next=found.share_previous),
        replace(found, share_a_to_b=found.share_b_to_a, share_b_to_a=found.share_a_to_b),
    ]
    for wrong in turned:
        assert_rejects(assert_numbers, wrong, expected)


def of_hand(weights: Any, text_b: str | None = None) -> tuple[Encoded, Floats]:
    """[CLS] a b [SEP] with weights of one's own."""
    ids = np.arange(4, dtype=np.int32)
    outside = np.array([True, False, False, True])
    sequence = np.array([-1, 0, 0 if text_b is None else 1, -1], np.int32)
    span, none = np.zeros((4, 2), np.int32), np.zeros(4, bool)
    encoded = Encoded(
        ids, ids, np.ones(4, np.int32), "a b", text_b, (), ("[CLS]", "a", "b", "[SEP]"), sequence, ids, span, outside,
        none, none,
    )  # fmt: skip
    return encoded, np.array([weights], np.float32)


def test_numbers_made_by_hand() -> None:
    encoded, weights = of_hand([[1, 0, 0, 0], [0.5, 0.25, 0.125, 0.125], [0, 1, 0, 0], [0, 0, 0, 1]], "b")
    found = HeadSummaries.of(encoded, weights)
    expected = {
        "entropy_bits": (1.75 + 0) / 2,
        "share_cls": 0.25,
        "share_sep": 0.0625,
        "share_self": 0.125,
        "share_previous": 0.75,
        "share_next": 0.0625,
        "distance_tokens": (0.5 + 0.125 + 0.25 + 1) / 2,
        "share_a_to_b": 0.125,
        "share_b_to_a": 1.0,
    }
    assert {name: getattr(found, name).item() for name in expected} == pytest.approx(expected)


def numbers(entropy_bits: Any, share_cls: Any) -> HeadSummaries:
    entropy, share = np.array(entropy_bits, np.float32), np.array(share_cls, np.float32)
    nothing = np.zeros_like(entropy)
    return HeadSummaries(entropy, share, *(nothing,) * 7)


@pytest.mark.parametrize(
    ("entropy_bits", "share_cls", "of_all", "of_the_first"),
    [
        ([[2, 1], [3, 4]], [[0, 0], [0, 0]], (1, 2), (1, 2)),
        ([[2, 1], [3, 4]], [[0, 0.9], [0, 0]], (1, 1), (1, 1)),
        ([[2, 1], [3, 4]], [[0.5, 0.9], [0.1, 0]], (2, 1), (1, 2)),
        ([[2, 1], [3, 0.5]], [[0.9, 0.9], [0.9, 0.9]], (2, 2), (1, 2)),
        ([[1, 1], [1, 1]], [[0, 0], [0, 0]], (1, 1), (1, 1)),
    ],
    ids=["lowest entropy", "not on [CLS]", "none in a layer", "none at all", "the first of equals"],
)
def test_the_head_that_says_most(
    entropy_bits: Any, share_cls: Any, of_all: tuple[int, int], of_the_first: tuple[int, int]
) -> None:
    found = numbers(entropy_bits, share_cls)
    assert found.telling() == of_all
    assert found.telling(1) == of_the_first


def test_without_a_layer_the_weights_are_those_of_the_head_that_says_most(both: Models) -> None:
    bundle, _ = both
    for text in INPUTS:
        found = read_attention(bundle, *text)
        assert (found.layer, found.head) == found.summaries.telling()
        asked_for = read_attention(bundle, *text, layer=found.layer)
        np.testing.assert_array_equal(found.weights, asked_for.weights)
        assert asked_for.head == found.head


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"layer": 0}, "this model has layers 1 to 2"),
        ({"layer": 3}, "this model has layers 1 to 2"),
        ({"layer": 1.5}, "give a whole number"),
        ({"layer": 1, "head": 9}, "this model has heads 1 to"),
        ({"head": 1}, "without a layer"),
        ({"average": True}, "without a layer"),
        ({"layer": 1, "head": 1, "average": True}, "choose one of them"),
    ],
    ids=str,
)
def test_what_there_is_not_is_refused(tiny: ModelBundle, asked: Any, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_attention(tiny, "the cat", **asked)
    assert_plain_sentence(caught.value)


@pytest.mark.parametrize("text", ["[MASK] [MASK]", "[SEP]"])
def test_a_text_in_which_nothing_counts_is_refused(tiny: ModelBundle, text: str) -> None:
    with pytest.raises(InputError, match="only special tokens"):
        read_attention(tiny, text)


def test_a_model_whose_layers_are_not_known_is_refused(checkpoint_folder: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="distilbert") as caught:
        read_attention(load_bundle(str(checkpoint_folder("tiny_distilbert"))), "the cat")
    assert_plain_sentence(caught.value)


def test_json_has_one_head_or_the_average(tiny: ModelBundle) -> None:
    found = read_attention(tiny, "the cat sat", "on a mat", layer=2, head=2)
    said, averaged = export.attention(found), export.attention(found.showing(None))
    assert (said["layer"], said["head"], averaged["head"]) == (2, 2, None)
    np.testing.assert_allclose(said["weights"], found.weights[1])
    np.testing.assert_allclose(averaged["weights"], found.weights.mean(0), atol=1e-7)
    assert said["heads"] == averaged["heads"]
    assert [(each["layer"], each["head"]) for each in said["heads"]] == [
        (layer, head) for layer in (1, 2) for head in range(1, found.n_heads + 1)
    ]
    row = said["heads"][found.n_heads]
    assert row["share_a_to_b"] == pytest.approx(float(found.summaries.share_a_to_b[1, 0]))
    assert export.attention(read_attention(tiny, "the cat"))["heads"][0]["share_a_to_b"] is None


def test_one_layer_is_kept_at_a_time(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the layers, and it is asked for once."""
    handed: list[int] = []

    def watching(bundle: ModelBundle, tensors: Any, keep: Callable[[int, Floats], None]) -> None:
        original(bundle, tensors, lambda number, weights: (handed.append(number), keep(number, weights))[1])

    original = inside.attentions
    monkeypatch.setattr(inside, "attentions", watching)
    found = read_attention(tiny, "the cat sat")
    assert handed == list(range(1, tiny.n_layers + 1))
    assert found.weights.shape == (found.n_heads, 5, 5)
