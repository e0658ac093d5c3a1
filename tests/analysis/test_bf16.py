"""The other arithmetic: how far it may be off, where it is refused, and that it says so in every result."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis import InputError, ModelBundle, compare_segmentations, load_bundle, read_hidden, read_seen
from analysis.errors import quoted
from analysis.kernels import products
from analysis.models import store as model_store
from analysis.models.forward import Rows, forward
from analysis.models.store import MODELS, ModelStore, default_dtype
from analysis.texts.encoding import encode
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects
from tests.analysis.texts import AWKWARD, NOTEBOOK, SENTENCE_A, SENTENCE_B

MEAN_ERROR_NATS = 0.01
TOP_1_AGREEMENT = 0.995

needs_bf16 = pytest.mark.skipif(not products.computes_in_bf16(), reason="this processor does not compute in bf16")


@pytest.fixture(scope="module")
def half() -> ModelBundle:
    """The bundled model in bf16."""
    return load_bundle("bundled", dtype="bf16")


# --- how far it is off ---


@needs_bf16
def test_surprisals_are_near_and_predictions_the_same(bundled: ModelBundle, half: ModelBundle) -> None:
    errors, same = [], []
    for text in (NOTEBOOK, *AWKWARD.values()):
        one, other = (read_hidden(bundle, text, masking="token", k=1) for bundle in (bundled, half))
        for exact, near in ((one, other), (one.seen, other.seen)):
            bits = near.statistics.surprisal_bits - exact.statistics.surprisal_bits
            errors.append(np.abs(bits) * np.log(2))
            same.append(near.statistics.top_ids[:, 0] == exact.statistics.top_ids[:, 0])
    assert 0 < np.concatenate(errors).mean() <= MEAN_ERROR_NATS
    assert np.concatenate(same).mean() >= TOP_1_AGREEMENT


@needs_bf16
def test_margins_are_near(bundled: ModelBundle, half: ModelBundle) -> None:
    one, other = (compare_segmentations(bundle, SENTENCE_A, SENTENCE_B) for bundle in (bundled, half))
    for exact, near in zip(one.variants, other.variants, strict=True):
        assert near.nsp.margin_nats == pytest.approx(exact.nsp.margin_nats, abs=0.05)


@needs_bf16
def test_every_result_says_so(bundled: ModelBundle, half: ModelBundle) -> None:
    assert (bundled.dtype, half.dtype) == ("fp32", "bf16")
    assert read_seen(bundled, "a").provenance.dtype == "float32"
    assert read_hidden(half, "a").provenance.dtype == "bfloat16 encoder, float32 heads"
    assert half.n_bytes < bundled.n_bytes
    assert half.n_parameters == bundled.n_parameters
    assert half.revision == bundled.revision


# --- the heads stay in single precision: ranks are of logits that differ ---


def check_logits_differ(row: torch.Tensor) -> None:
    assert row.dtype == torch.float32
    assert len(row.unique()) > 0.9 * len(row)


@needs_bf16
def test_ranks_are_of_logits_in_single_precision(half: ModelBundle) -> None:
    kept: list[torch.Tensor] = []
    encoded = encode(half, NOTEBOOK)
    forward(half, [encoded], mlm=(Rows([0, 0], [2, 9]), lambda logits, _start: kept.extend(logits.clone())))
    read = read_seen(half, NOTEBOOK).statistics
    for row, position in zip(kept, (2, 9), strict=True):
        check_logits_differ(row)
        assert_rejects(check_logits_differ, row.bfloat16().float())
        assert read.rank[position] == 1 + int((row > row[int(encoded.ids[position])]).sum())


@needs_bf16
def test_only_the_encoder_s_products_are_in_bf16(half: ModelBundle) -> None:
    half_precision = {name for name, tensor in half.model.named_parameters() if tensor.dtype == torch.bfloat16}
    linear = ("query", "key", "value", "dense")
    assert {name.split(".")[-2] for name in half_precision} == set(linear)
    assert {name.partition(".layer.")[0] for name in half_precision} == {"bert.encoder"}
    assert len(half_precision) == half.n_layers * 6 * 2


# --- who gets it ---


@needs_bf16
def test_both_kinds_of_one_model_live_beside_each_other(tiny_folder: Path) -> None:
    store, spec = ModelStore(), str(tiny_folder)
    single = store.get(spec, dtype="fp32")
    before = read_seen(single, "the cat sat").statistics.surprisal_bits
    halved = store.get(spec, dtype="bf16")
    assert store.loaded() == (spec, spec)
    assert store.get(spec, dtype="fp32") is single
    assert store.get(spec, dtype="bf16") is halved
    assert {parameter.dtype for parameter in single.model.parameters()} == {torch.float32}
    np.testing.assert_array_equal(read_seen(single, "the cat sat").statistics.surprisal_bits, before)
    assert not np.array_equal(read_seen(halved, "the cat sat").statistics.surprisal_bits, before)


@needs_bf16
@pytest.mark.parametrize("name", ["tiny_albert", "tiny_roberta", "tiny_distilbert", "tiny_modernbert"])
def test_a_model_that_is_no_bert_is_refused_it(checkpoint_folder: Callable[[str], Path], name: str) -> None:
    spec = str(checkpoint_folder(name))
    with pytest.raises(InputError, match="no BERT with both heads") as caught:
        load_bundle(spec, dtype="bf16")
    assert_plain_sentence(caught.value)
    assert load_bundle(spec, dtype="auto").dtype == "fp32"


def test_a_processor_that_can_t(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_store, "computes_in_bf16", lambda _device: False)
    store, spec = ModelStore(), str(tiny_folder)
    with pytest.raises(InputError, match="this processor does not compute in it") as caught:
        store.get(spec, dtype="bf16")
    assert_plain_sentence(caught.value)
    automatic = store.get(spec, dtype="auto")
    assert automatic.dtype == "fp32"
    assert automatic.why_dtype == "bf16 is not possible: this processor does not compute in it"
    assert store.get(spec, dtype="fp32").dtype == "fp32"


def test_what_is_taken_when_none_is_named(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRETEXT_DTYPE", raising=False)
    assert default_dtype() == "fp32"
    monkeypatch.setenv("PRETEXT_DTYPE", " auto ")
    assert default_dtype() == "auto"
    monkeypatch.setenv("PRETEXT_DTYPE", "bf16")
    monkeypatch.setattr(model_store, "computes_in_bf16", lambda _device: False)
    with pytest.raises(InputError, match="bf16 came"):
        ModelStore().get(str(tiny_folder))


def test_an_arithmetic_that_is_none() -> None:
    for given in ("fp16", "FP32", "float32", "", "bf16 "):
        with pytest.raises(InputError, match=f"'{quoted(given)}' came: choose auto, fp32 or bf16") as caught:
            load_bundle("bundled", dtype=given)
        assert_plain_sentence(caught.value)
    with pytest.raises(InputError, match="came: choose auto, fp32 or bf16") as caught:
        load_bundle("bundled", dtype="bf\n16 " * 500)
    assert_plain_sentence(caught.value)


def test_the_environment_names_one_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRETEXT_DTYPE", "half")
    with pytest.raises(InputError, match="'half' came") as caught:
        MODELS.get("bundled")
    assert_plain_sentence(caught.value)
