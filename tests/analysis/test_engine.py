"""BERT on packed tokens against ``BertForPreTraining`` in double precision, one input at a time.

Single precision alone puts plain transformers 2e-5 from the exact logits of the bundled model (the largest are 17), and
the engine 3e-5: ``NEAR`` is a part of the largest logit, ``NEAR_Z`` is for the next-sentence head's two.
"""

import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis import ModelBundle, load_bundle
from analysis.kernels import bert, products
from analysis.kernels.bert import hidden_rows, mlm_logits, nsp_logits
from analysis.limits import PASS_TOKENS
from analysis.models.checkpoint import BUNDLED_FOLDER
from analysis.models.forward import Rows, forward
from analysis.models.store import ModelStore
from analysis.tasks.readings import read_hidden
from analysis.texts.encoding import encode
from analysis.types import Tensors
from tests.analysis.checkpoints import tiny_bert
from tests.analysis.engine_spy import watched_engine
from tests.analysis.oracle import Answer, Plain
from tests.analysis.stand_ins import assert_rejects
from tests.analysis.texts import NOTEBOOK, SENTENCE_A, SENTENCE_B
from tests.analysis.weights import tensors_of

NEAR, NEAR_Z = 4e-6, 1e-5
APART = 1e-5
"""How far the same input's logits may differ between two batches."""

Where = Sequence[tuple[int, int]]


def inputs_of(
    lengths: Sequence[int], *, columns: int = 74, segments: int = 2, holes: bool = False, seed: int = 0
) -> list[Tensors]:
    """Any ids and segment ids; with holes three in ten keys are hidden, anywhere but at [CLS]."""
    random = np.random.default_rng(seed)
    made = []
    for length in lengths:
        mask = random.random(length) < (0.7 if holes else 2)
        mask[0] = True
        ids, segment_ids = random.integers(0, columns, length), random.integers(0, segments, length)
        made.append(Tensors(*(row.astype(np.int32) for row in (ids, segment_ids, mask))))
    return made


def every_row(inputs: Sequence[Tensors]) -> list[tuple[int, int]]:
    return [(number, position) for number, each in enumerate(inputs) for position in range(len(each))]


def exact_answer(exact: Plain, tensors: Tensors) -> Answer:
    names = {"input_ids": tensors.ids, "token_type_ids": tensors.segment_ids, "attention_mask": tensors.attention_mask}
    return exact.run(**{name: torch.from_numpy(row.astype(np.int64))[None] for name, row in names.items()})


def logits_of(bundle: ModelBundle, inputs: Sequence[Tensors], rows: Where) -> tuple[np.ndarray, np.ndarray]:
    """Masked-LM logits [R, V] of the rows, next-sentence logits [B, 2] of all inputs."""
    with torch.inference_mode():
        hidden = hidden_rows(bundle.model, inputs, rows)
        first = hidden_rows(bundle.model, inputs, [(number, 0) for number in range(len(inputs))])
        return mlm_logits(bundle.model, hidden).numpy(), nsp_logits(bundle.model, first).numpy()


def assert_agrees(bundle: ModelBundle, exact: Plain, inputs: Sequence[Tensors], rows: Where) -> None:
    logits, z = logits_of(bundle, inputs, rows)
    assert (logits.dtype, z.dtype) == (np.float32, np.float32)
    answers = [exact_answer(exact, each) for each in inputs]
    expected = np.array([answers[number].logits[position] for number, position in rows])
    np.testing.assert_allclose(logits, expected, rtol=0, atol=NEAR * np.abs(expected).max())
    np.testing.assert_allclose(z, np.array([answer.z for answer in answers]), rtol=0, atol=NEAR_Z)


@pytest.fixture(scope="module")
def exact(tiny_folder: Path) -> Plain:
    """The tiny random BERT in double precision."""
    return Plain.load(tiny_folder, dtype=torch.float64)


# --- the same logits as BertForPreTraining ---

BATCHES = {
    "one input": [9],
    "one token": [1],
    "equal lengths": [7, 7, 7],
    "unequal lengths": [5, 64, 1, 20],
    "the longest last": [2, 3, 64],
}
ROWS: dict[str, Callable[[Sequence[Tensors]], Where]] = {
    "all": every_row,
    "the first of each": lambda inputs: [(number, 0) for number in range(len(inputs))],
    "the last of each": lambda inputs: [(number, len(each) - 1) for number, each in enumerate(inputs)],
    "one of the last input": lambda inputs: [(len(inputs) - 1, len(inputs[-1]) // 2)],
    "none of the last input": lambda inputs: every_row(inputs[:-1]),
    "three, one and none": lambda inputs: [(0, p) for p in (len(inputs[0]) - 1, 0, 0)] + [(len(inputs) // 2, 0)],
}


@pytest.mark.parametrize("lengths", BATCHES.values(), ids=BATCHES)
def test_any_batch(tiny: ModelBundle, exact: Plain, lengths: Sequence[int]) -> None:
    for holes in (False, True):
        inputs = inputs_of(lengths, holes=holes)
        for rows in {tuple(rows(inputs)) for rows in ROWS.values()} - {()}:
            assert_agrees(tiny, exact, inputs, rows)


@pytest.mark.parametrize("seed", range(4))
def test_random_rows_of_random_batches(tiny: ModelBundle, exact: Plain, seed: int) -> None:
    random = np.random.default_rng(seed)
    inputs = inputs_of(random.integers(1, 65, random.integers(1, 9)), holes=bool(seed % 2), seed=seed)
    kept = [row for row in every_row(inputs) if random.random() < 0.2] or [(0, 0)]
    assert_agrees(tiny, exact, inputs, kept)


def test_the_bundled_model(bundled: ModelBundle) -> None:
    exact = Plain.load(BUNDLED_FOLDER, dtype=torch.float64)
    texts = [encode(bundled, *each) for each in ((NOTEBOOK,), ("a",), (SENTENCE_A, SENTENCE_B))]
    inputs = [Tensors(each.ids, each.segment_ids, each.attention_mask) for each in texts]
    assert_agrees(bundled, exact, inputs, every_row(inputs))
    assert_agrees(bundled, exact, inputs_of([150, 40], columns=30_522, holes=True), [(0, 149), (0, 3), (1, 0)])


ODD: dict[str, dict[str, object]] = {
    "relu, one head": {"hidden_act": "relu", "num_attention_heads": 1},
    "gelu_new, two heads": {"hidden_act": "gelu_new", "num_attention_heads": 2},
    "silu, eight heads": {"hidden_act": "silu", "num_attention_heads": 8},
    "gelu_pytorch_tanh, 24 heads": {"hidden_act": "gelu_pytorch_tanh", "num_attention_heads": 24},
    "tanh, one layer": {"hidden_act": "tanh", "num_hidden_layers": 1},
    "131 columns, one segment": {"columns": 131, "type_vocab_size": 1},
    "1000 columns, five segments": {"columns": 1000, "type_vocab_size": 5},
    "five layers": {"num_hidden_layers": 5},
    "odd widths": {"hidden_size": 35, "num_attention_heads": 5, "intermediate_size": 13},
    "a large epsilon": {"layer_norm_eps": 0.1},
    "scores apart": {"tie_word_embeddings": False},
}


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD)
def test_an_odd_configuration(tmp_path: Path, changes: dict[str, object]) -> None:
    folder = tiny_bert(tmp_path / "odd", seed=3, **changes)
    bundle = load_bundle(str(folder))
    assert bert.suits(bundle.model)
    columns, segments = int(str(changes.get("columns", 74))), int(str(changes.get("type_vocab_size", 2)))
    inputs = inputs_of([9, 64, 1], columns=columns, segments=segments, holes=True)
    assert_agrees(bundle, Plain.load(folder, dtype=torch.float64), inputs, every_row(inputs))


def test_which_models_suit(checkpoint: Callable[[str], ModelBundle], tmp_path: Path) -> None:
    for name in ("tiny_bert", "hub_layout", "wide_head", "without_nsp"):
        assert bert.suits(checkpoint(name).model), name
    for name in ("tiny_albert", "tiny_roberta", "tiny_distilbert", "tiny_modernbert"):
        assert not bert.suits(checkpoint(name).model), name
    causal = tiny_bert(tmp_path / "causal", is_decoder=True)
    assert not bert.suits(load_bundle(str(causal)).model), "its attention looks backwards only"


# --- batches ---


def test_more_tokens_than_one_pass_takes(tiny: ModelBundle, exact: Plain) -> None:
    inputs = inputs_of([*range(1, 65)] * 2, holes=True)
    assert sum(map(len, inputs)) > 2 * PASS_TOKENS
    rows = [(number, len(each) // 2) for number, each in enumerate(inputs)]
    got = np.empty((len(rows), tiny.n_vocabulary))

    def keep(logits: torch.Tensor, start: int) -> None:
        got[start : start + len(logits)] = logits.numpy()

    with watched_engine() as calls:
        z = forward(tiny, inputs, mlm=(Rows(*zip(*rows, strict=True)), keep), nsp=True)
    sizes = [sum(map(len, each)) for each in calls.inputs]
    assert len(sizes) > 2
    assert max(sizes) <= PASS_TOKENS
    assert sum(sizes) == sum(map(len, inputs)), "every input is run once, for both heads"
    answers = [exact_answer(exact, each) for each in inputs]
    expected = np.array([answers[number].logits[position] for number, position in rows])
    np.testing.assert_allclose(got, expected, rtol=0, atol=NEAR * np.abs(expected).max())
    np.testing.assert_allclose(z, np.array([answer.z for answer in answers]), rtol=0, atol=NEAR_Z)


def test_an_input_longer_than_a_pass_is_run_alone(tiny: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.models.forward.PASS_TOKENS", 10)
    with watched_engine() as calls:
        forward(tiny, inputs_of([4, 30, 6, 5]), nsp=True)
    assert [[len(each) for each in inputs] for inputs in calls.inputs] == [[30], [6], [5, 4]]


@pytest.mark.parametrize("holes", [False, True])
def test_company_changes_nothing(tiny: ModelBundle, holes: bool) -> None:
    inputs = inputs_of([11, 64, 1, 11, 30], holes=holes)
    alone = [logits_of(tiny, [each], every_row([each])) for each in inputs]
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [0, 3], [2, 1]):
        together = [inputs[number] for number in order]
        logits, z = logits_of(tiny, together, every_row(together))
        expected = np.concatenate([alone[number][0] for number in order])
        np.testing.assert_allclose(logits, expected, rtol=0, atol=APART)
        np.testing.assert_allclose(z, np.concatenate([alone[number][1] for number in order]), rtol=0, atol=APART)


def test_a_hidden_key_changes_nothing(tiny: ModelBundle) -> None:
    (kept,) = inputs_of([12])
    mask, other = kept.attention_mask.copy(), kept.ids.copy()
    mask[[4, 7]] = 0
    other[[4, 7]] = [1, 2]
    rows = [(0, position) for position in range(12) if mask[position]]
    (first, _), (second, _), (unhidden, _) = (
        logits_of(tiny, [Tensors(ids, kept.segment_ids, seen)], rows)
        for ids, seen in ((kept.ids, mask), (other, mask), (other, kept.attention_mask))
    )
    np.testing.assert_array_equal(first, second)
    assert np.abs(unhidden - first).max() > 0.01, "or the ids at those positions never mattered"


# --- no arithmetic for nobody: the padding, and the last layer's rows ---


@contextmanager
def counted_products() -> Iterator[list[int]]:
    """Rows that each linear layer is given, in order."""
    counts: list[int] = []
    linear = bert.linear

    def counted(x: torch.Tensor, layer: torch.nn.Linear, *then: str) -> torch.Tensor:
        counts.append(x.numel() // layer.in_features)
        return linear(x, layer, *then)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bert, "linear", counted)
        yield counts


def check_products(counts: list[int], tokens: int, rows: int) -> None:
    """Two layers: six products each, of which the last layer's keys and values alone are of all tokens."""
    assert counts == [tokens] * 6 + [tokens, tokens, rows, rows, rows, rows]


def test_no_padding_and_no_row_too_many_reaches_a_linear_layer(tiny: ModelBundle) -> None:
    inputs = inputs_of([64, 3, 1, 20])
    for rows in (every_row(inputs), [(0, 5)], [(1, 0), (1, 2), (3, 7)]):
        with counted_products() as counts, torch.inference_mode():
            hidden = hidden_rows(tiny.model, inputs, rows)
        assert hidden.shape == (len(rows), 24)
        check_products(counts, 88, len(rows))
    assert_rejects(check_products, [4 * 64] * 6 + [4 * 64, 4 * 64, 1, 1, 1, 1], 88, 1)
    assert_rejects(check_products, [88] * 12, 88, 1)


def test_what_inputs_have_in_common_is_projected_once(tiny: ModelBundle) -> None:
    with watched_engine() as calls:
        read_hidden(tiny, "the cat sat on the mat", masking="token", k=1)
    seen, hidden = calls.packed
    assert len(seen.ids) == 8
    assert hidden.shape == (6, 8)
    assert len(hidden.ids) == 8 + 6, "the text's tokens, and [MASK] at each of its places"
    here = zip(hidden.ids[hidden.distinct], hidden.positions[hidden.distinct], strict=True)
    inputs = [token for each in calls.inputs[1] for token in zip(each.ids, range(8), strict=True)]
    assert [tuple(map(int, each)) for each in here] == [tuple(map(int, each)) for each in inputs]


def test_what_is_read_is_not_changed(tiny: ModelBundle) -> None:
    """The weights are shared by everyone, and a row may be asked for twice."""
    before = {name: tensor.clone() for name, tensor in tensors_of(tiny.model).items()}
    inputs = inputs_of([8, 5])
    kept = [(each.ids.tobytes(), each.segment_ids.tobytes(), each.attention_mask.tobytes()) for each in inputs]
    first, again = (logits_of(tiny, inputs, [(0, 3), (0, 3), (1, 2)])[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[0], first[1])
    assert kept == [(each.ids.tobytes(), each.segment_ids.tobytes(), each.attention_mask.tobytes()) for each in inputs]
    after = tensors_of(tiny.model)
    assert len(after) > len(list(tiny.model.parameters())), "packed weights too"
    assert all(torch.equal(tensor, before[name]) for name, tensor in after.items())


def test_nothing_is_held_twice(tiny: ModelBundle) -> None:
    """The head's matrix is packed for products and plain for the embeddings; every other weight is the one or other."""
    model = tiny.model
    products = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
    twice = [layer for layer in products if layer.weight.device.type != "meta"]
    assert twice == [model.cls.predictions.decoder]
    assert twice[0].weight is model.get_input_embeddings().weight


@pytest.mark.parametrize("why", ["no oneDNN", "another processor"])
def test_without_packed_weights(tiny_folder: Path, exact: Plain, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    """Where weights can't be packed, products are torch's own."""
    if why == "no oneDNN":
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    else:
        monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(products, "CHOICES", {})
    plain = ModelStore().get(str(tiny_folder))
    assert not any(hasattr(layer, "layout") for layer in plain.model.modules())
    inputs = inputs_of([8, 5], holes=True)
    assert_agrees(plain, exact, inputs, every_row(inputs))
