"""Products by every library, beside plain transformers; and how one of them is chosen."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from analysis.kernels import bert, products
from analysis.kernels.products import Product, Use, arrange, libraries, linear, timed
from analysis.limits import HEAD_PRODUCT_ROWS
from analysis.models import store as model_store
from analysis.models.bundle import ModelBundle
from analysis.models.checkpoint import BUNDLED_FOLDER
from analysis.models.inside import Target, gradients
from analysis.models.store import ModelStore
from analysis.tasks.describe import DESCRIBE
from analysis.types import Library, Tensors
from tests.analysis.oracle import Plain

NEAR = 1e-5
ALL: tuple[Library, ...] = ("oneDNN", "torch", "MKL")
HEAD = Product(384, 30_522, "fp32", rows=HEAD_PRODUCT_ROWS)

Times = dict[Library, tuple[float, float]]
Timed = Callable[[Product, Sequence[Library], object], Times]

needs_all = pytest.mark.skipif(libraries(HEAD) != ALL, reason="this torch has not all libraries, or packs nothing here")


def faster(library: Library, by: float = 2.0) -> Timed:
    """Times by which a library is the fastest, where it can be had."""
    return lambda _product, among, _layers: {
        each: (1 / by, 1 / by) if each == library else (1.0, 1.0) for each in among
    }


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[Timed], None]:
    """Let libraries be chosen anew, by these times."""

    def by(times: Timed) -> None:
        monkeypatch.setattr(products, "CHOICES", {})
        monkeypatch.setattr(products, "timed", times)

    return by


def tensors(length: int, seed: int, columns: int) -> Tensors:
    random = np.random.default_rng(seed)
    ids, segment_ids = random.integers(0, columns, length), random.integers(0, 2, length)
    return Tensors(ids.astype(np.int32), segment_ids.astype(np.int32), np.ones(length, np.int32))


# --- the same numbers, whoever makes them ---


@pytest.fixture(scope="module", params=["tiny", "bundled"])
def folder(request: pytest.FixtureRequest, tiny_folder: Path) -> Path:
    return tiny_folder if request.param == "tiny" else BUNDLED_FOLDER


@needs_all
@pytest.mark.parametrize("library", ALL)
def test_every_library_gives_the_logits_and_gradients_of_transformers(
    folder: Path, library: Library, choose: Callable[[Timed], None]
) -> None:
    choose(faster(library))
    bundle, plain = ModelStore().get(str(folder)), Plain.load(folder, dtype=torch.float64)
    by_shape = {(each.n_in, each.n_out): each.library for each in bundle.kernels}
    assert by_shape.pop((bundle.n_hidden, bundle.n_vocabulary)) == library
    assert set(by_shape.values()) == {"oneDNN" if library == "MKL" else library}

    # As many rows as MKL's weights are packed for, then another number of them.
    inputs = [tensors(length, seed, bundle.n_vocabulary) for seed, length in enumerate((64, 64, 21))]
    rows = [(number, position) for number, each in enumerate(inputs) for position in range(len(each))]
    with torch.inference_mode():
        hidden = bert.hidden_rows(bundle.model, inputs, rows)
        first, rest = hidden.split([HEAD_PRODUCT_ROWS, len(rows) - HEAD_PRODUCT_ROWS])
        logits = torch.cat([bert.mlm_logits(bundle.model, each) for each in (first, rest)])
        z = bert.nsp_logits(bundle.model, bert.hidden_rows(bundle.model, inputs, [(n, 0) for n in range(len(inputs))]))
    answers = [plain.run(**named(each)) for each in inputs]
    expected = np.concatenate([answer.logits for answer in answers])
    np.testing.assert_allclose(logits.numpy(), expected, rtol=0, atol=NEAR * max(1, np.abs(expected).max()))
    np.testing.assert_allclose(z.numpy(), np.stack([answer.z for answer in answers]), rtol=0, atol=2 * NEAR)

    for target in (Target(3, 5), Target(0, None)):
        value, gradient = gradients_of(bundle, inputs[2], target)
        expected_value, expected_gradient = plain_gradients(plain.model, inputs[2], target)
        assert value == pytest.approx(expected_value, abs=2 * NEAR)
        # Single precision loses that much of a gradient, by whichever library.
        largest = np.abs(expected_gradient).max()
        np.testing.assert_allclose(gradient, expected_gradient, rtol=0, atol=2e-4 * largest)


def named(each: Tensors) -> dict[str, torch.Tensor]:
    rows = {"input_ids": each.ids, "token_type_ids": each.segment_ids, "attention_mask": each.attention_mask}
    return {name: torch.from_numpy(row.astype(np.int64))[None] for name, row in rows.items()}


def gradients_of(bundle: ModelBundle, each: Tensors, target: Target) -> tuple[float, np.ndarray]:
    with torch.no_grad():
        words = bundle.model.get_input_embeddings()(torch.from_numpy(each.ids.astype(np.int64)))
    values, gradient = gradients(bundle, each, words.numpy()[None], target)
    return float(values[0]), gradient[0]


def plain_gradients(model: Any, each: Tensors, target: Target) -> tuple[float, np.ndarray]:
    given = named(each)
    words = model.get_input_embeddings()(given.pop("input_ids")).detach().requires_grad_()
    output = model(inputs_embeds=words, **given)
    if target.id is None:
        z = output.seq_relationship_logits[0]
        value = z[0] - z[1]
    else:
        value = output.prediction_logits[0, target.position].log_softmax(-1)[target.id]
    (gradient,) = torch.autograd.grad(value, words)
    return float(value.detach()), gradient[0].numpy()


@needs_all
@pytest.mark.parametrize("then", ["none", "gelu"])
@pytest.mark.parametrize("library", ALL)
@pytest.mark.parametrize("bias", [True, False])
def test_a_product_and_its_activation(
    library: Library, then: products.Then, bias: bool, choose: Callable[[Timed], None]
) -> None:
    choose(faster(library))
    layer = torch.nn.Linear(40, 56, bias=bias)
    x = torch.randn(2, 7, 40)
    expected = functional.linear(x, layer.weight, layer.bias).detach()
    expected = functional.gelu(expected) if then == "gelu" else expected
    arrange([Use(layer, Product(40, 56, "fp32", then, rows=7))])
    for rows in (x, x[0], x[0, 0]):
        want = {3: expected, 2: expected[0], 1: expected[0, 0]}[rows.dim()]
        with torch.inference_mode():
            torch.testing.assert_close(linear(rows, layer, then), want, atol=NEAR, rtol=NEAR)
        given = rows.clone().requires_grad_()
        torch.testing.assert_close(linear(given, layer, then).detach(), want, atol=NEAR, rtol=NEAR)


# --- what is held ---


@needs_all
@pytest.mark.parametrize("library", ALL)
def test_the_bytes_are_those_that_are_held(
    tiny_folder: Path, library: Library, choose: Callable[[Timed], None]
) -> None:
    choose(faster(library))
    bundle = ModelStore().get(str(tiny_folder))
    held = {each.data_ptr(): each.nbytes for each in bundle.model.state_dict().values() if each.device.type != "meta"}
    layouts = [layer.layout for layer in bundle.model.modules() if hasattr(layer, "layout")]
    packed = sum(each.packed.numel() * each.packed.element_size() for each in layouts)
    assert bundle.n_bytes == pytest.approx(sum(held.values()) + packed, abs=bundle.model.config.vocab_size * 8)
    table = bundle.model.get_input_embeddings().weight
    assert bundle.model.cls.predictions.decoder.weight is table
    assert table.device.type == "cpu"
    assert any(each.library == "MKL" for each in layouts) == (library == "MKL")
    assert bool(layouts) == (library != "torch")


# --- how it is chosen ---


def test_another_library_must_be_clearly_faster(choose: Callable[[Timed], None]) -> None:
    layer = torch.nn.Linear(40, 56)
    product = Product(40, 56, "fp32", rows=7)
    for by, expected in ((1.04, libraries(product)[0]), (1.06, "torch")):
        choose(faster("torch", by))
        assert products.kernels_of([Use(layer, product)])[product].library == expected


def test_one_slow_moment_of_another_library_leaves_the_usual_one(choose: Callable[[Timed], None]) -> None:
    layer, product = torch.nn.Linear(40, 56), Product(40, 56, "fp32", rows=7)
    choose(lambda _product, among, _layers: {each: (1.0, 9.0) if each == among[0] else (0.5, 0.99) for each in among})
    assert products.kernels_of([Use(layer, product)])[product].library == libraries(product)[0]


def test_a_choice_is_made_once_for_each_number_of_cores(choose: Callable[[Timed], None]) -> None:
    asked: list[Product] = []

    def note(product: Product, among: Sequence[Library], _layers: object) -> Times:
        asked.append(product)
        return dict.fromkeys(among, (1.0, 1.0))

    choose(note)
    layer, other = torch.nn.Linear(40, 56), torch.nn.Linear(56, 40)
    uses = [Use(layer, Product(40, 56, "fp32")), Use(other, Product(56, 40, "fp32"))]
    for _ in range(2):
        products.kernels_of(uses)
    assert asked == [use.product for use in uses]
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(threads + 1)
        products.kernels_of(uses)
    finally:
        torch.set_num_threads(threads)
    assert len(asked) == 2 * len(uses)


def test_small_products_are_not_timed() -> None:
    layer = torch.nn.Linear(40, 56)
    assert timed(Product(40, 56, "fp32"), ALL, [layer]) == {}


@needs_all
def test_real_times_of_real_shapes(bundled: ModelBundle) -> None:
    """On weights that are what they were before."""
    wide, head = torch.nn.Linear(384, 1_536), torch.nn.Linear(384, 30_522)
    before = [layer.weight.detach().clone() for layer in (wide, head)]
    for layer, product in ((wide, Product(384, 1_536, "fp32", "gelu")), (head, HEAD)):
        found = timed(product, libraries(product), [layer])
        assert set(found) == set(libraries(product))
        assert all(0 < shortest <= longest < 10 for shortest, longest in found.values())
    for layer, weight in zip((wide, head), before, strict=True):
        assert torch.equal(layer.weight, weight)
    assert bundled.kernels


def test_what_can_t_be_taken_any_more_has_no_further_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    takes: dict[Library, float] = {"oneDNN": 2.0, "torch": 3.0, "MKL": 1.0}
    passed, ran = [0.0], []

    def runs(_x: object, _part: object, library: Library, _product: object) -> Callable[[], None]:
        def run() -> None:
            passed[0] += takes[library]
            ran.append(library)

        return run

    monkeypatch.setattr(products, "_run", runs)
    monkeypatch.setattr(products, "clock", lambda: lambda: passed[0])
    found = timed(Product(384, 384, "fp32", rows=7), ALL, [torch.nn.Linear(384, 384)])
    assert found == {library: (seconds, seconds) for library, seconds in takes.items()}
    assert {library: ran.count(library) - 1 for library in ALL} == {"oneDNN": 4, "torch": 1, "MKL": 4}


def test_a_library_that_fails_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = products._laid_out

    def fails(weight: torch.Tensor, library: Library, product: Product) -> Any:
        if library == "oneDNN":
            raise RuntimeError("not on this processor")
        return real(weight, library, product)

    monkeypatch.setattr(products, "_laid_out", fails)
    layer = torch.nn.Linear(384, 384)
    assert set(timed(Product(384, 384, "fp32"), ("oneDNN", "torch"), [layer])) == {"torch"}


# --- the arithmetic that auto takes ---


def in_bf16(times: float) -> Timed:
    """Products in bf16 that are so many times as fast as those in fp32."""
    return lambda product, among, _layers: dict.fromkeys(among, (1 / times if product.dtype == "bf16" else 1.0,) * 2)


@pytest.mark.parametrize(("gain", "dtype"), [(0.6, "fp32"), (1.2, "fp32"), (1.4, "bf16")])
def test_auto_takes_what_was_measured_to_be_faster(
    tiny_folder: Path,
    gain: float,
    dtype: str,
    choose: Callable[[Timed], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose(in_bf16(gain))
    monkeypatch.setattr(model_store, "computes_in_bf16", lambda _device: True)
    # torch multiplies in bf16 on any processor.
    monkeypatch.setattr(products, "libraries", lambda _product: ("torch",))
    bundle = ModelStore().get(str(tiny_folder), dtype="auto")
    assert bundle.dtype == dtype
    assert bundle.why_dtype == f"bf16 measured at {gain:.1f} times the speed of fp32"
    asked = ModelStore().get(str(tiny_folder), dtype="bf16")
    assert (asked.dtype, asked.why_dtype) == ("bf16", f"as asked for; {bundle.why_dtype}")


def test_auto_takes_nothing_on_trust(
    tiny_folder: Path, choose: Callable[[Timed], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(lambda _product, _among, _layers: {})
    monkeypatch.setattr(model_store, "computes_in_bf16", lambda _device: True)
    bundle = ModelStore().get(str(tiny_folder), dtype="auto")
    assert (bundle.dtype, bundle.why_dtype) == ("fp32", "the products are too small to be timed")


# --- what is said of it ---


@needs_all
def test_the_model_s_json_says_who_multiplies(tiny_folder: Path, choose: Callable[[Timed], None]) -> None:
    choose(faster("MKL"))
    bundle = ModelStore().get(str(tiny_folder))
    said = DESCRIBE.export(DESCRIBE.assemble((bundle,), None, [DESCRIBE.read((bundle,), None, 0)]))
    assert (said["dtype"], said["why_dtype"]) == ("fp32", "as asked for")
    head = next(each for each in said["kernels"] if each["n_out"] == bundle.n_vocabulary)
    assert (head["library"], head["n_in"], head["n_rows"]) == ("MKL", bundle.n_hidden, HEAD_PRODUCT_ROWS)
    assert {each["library"]: each["time_ms"] for each in head["times"]} == {"oneDNN": 1e3, "torch": 1e3, "MKL": 500}
