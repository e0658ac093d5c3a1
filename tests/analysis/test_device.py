"""Every task on every device of this machine: the processor's numbers, up to rounding."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from analysis import InputError, ModelBundle, ModelError, ask, load_bundle, read_hidden, read_seen
from analysis.choices import Device
from analysis.kernels import products, rows
from analysis.kernels.distributions import StatisticsReducer
from analysis.models import devices, forward
from analysis.models.devices import WANTED_DEVICES, available, default_device
from analysis.models.estimate import flops_per_second
from analysis.models.store import ModelStore
from analysis.tasks import task_of
from tests.analysis.checkpoints import MAKERS
from tests.analysis.command_line import Run, assert_refused
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects
from tests.analysis.test_tasks import ALL, Example
from tests.analysis.texts import NOTEBOOK

NEAR = 1e-4
NEAR_QUOTIENT = 1e-3
"""Of two differences of a few hundredths, whose rounding a quotient makes larger: 1.1e-4 on an H100."""
GPUS: tuple[Device, ...] = ("cuda",) if torch.cuda.is_available() else ()
OF_THE_DEVICE = {"provenance", "device", "dtype", "why_dtype", "kernels", "weights_bytes"}
"""Keys of what is said of the device; all else is what it is on the processor."""

ROOT = Path(__file__).parents[2]

every_device = pytest.mark.parametrize("device", ("cpu", *GPUS))
elsewhere = pytest.mark.parametrize("device", GPUS)
"""What is compared with the processor's numbers; those with themselves would say nothing."""


def apart(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """Where two answers differ: numbers by more than rounding does, all else at all."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            yield f"{where}: {sorted(one.keys() ^ other.keys())}"
            return
        for key in one.keys() - OF_THE_DEVICE:
            yield from apart(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from apart(*pair, f"{where}[{number}]")
    elif isinstance(one, float) and isinstance(other, float):
        near = NEAR_QUOTIENT if ".share" in where else NEAR
        if one != pytest.approx(other, rel=near, abs=near, nan_ok=True):
            yield f"{where}: {one!r} for {other!r}"
    elif one != other:
        yield f"{where}: {one!r} for {other!r}"


def assert_near(one: Any, other: Any) -> None:
    assert list(apart(one, other)) == []


def test_what_is_apart_is_found() -> None:
    answer = {"p": [0.5, float("nan")], "token": "cat", "n": 3, "device": "cpu"}
    assert_near(answer, {**answer, "p": [0.50001, float("nan")], "device": "cuda"})
    for key, value in (("p", [0.501, float("nan")]), ("p", [0.5, 0.5]), ("token", "dog"), ("n", 4)):
        assert_rejects(assert_near, answer, {**answer, key: value})
    assert_rejects(assert_near, answer, {"p": answer["p"]})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Models by name, on a device, each loaded once."""
    base = tmp_path_factory.mktemp("devices")

    def load(name: str, device: Device) -> ModelBundle:
        folder = base / name
        if name != "bundled" and not folder.is_dir():
            MAKERS[name](folder)
        return load_bundle(name if name == "bundled" else str(folder), dtype="fp32", device=device)

    return load


@elsewhere
@pytest.mark.parametrize("example", ALL.values(), ids=[f"{name}, {case}" for name, case in ALL])
def test_every_task(models: Any, example: Example, device: Device) -> None:
    task = task_of(example.question)
    there, here = (tuple(models(name, each) for name in example.models) for each in (device, "cpu"))
    assert_near(*(task.export(ask(each, example.question)) for each in (there, here)))


@elsewhere
@pytest.mark.parametrize(
    "name",
    ["tiny_roberta", "tiny_albert", "tiny_distilbert", "tiny_modernbert", "tiny_electra", "tiny_fnet", "tiny_protein"],
)
def test_every_way_to_run_a_model(models: Any, name: str, device: Device) -> None:
    """In parts with an encoder of its own, and whole."""
    there, here = (models(name, each) for each in (device, "cpu"))
    text = "E V Q L V" if name == "tiny_protein" else "the zebra cats sat on the mat"
    for one, other in ((read_hidden(bundle, text, masking="token") for bundle in (there, here)),):
        for field in ("surprisal_bits", "entropy_bits", "p_observed"):
            pair = (getattr(each.statistics, field) for each in (one, other))
            np.testing.assert_allclose(*pair, rtol=NEAR, atol=NEAR)


@elsewhere
def test_a_long_reading_of_a_whole_vocabulary(models: Any, device: Device) -> None:
    """More rows than are handed out at once, here and there."""
    there, here = (
        read_hidden(models("bundled", each), f"{NOTEBOOK} {NOTEBOOK}", masking="token") for each in (device, "cpu")
    )
    for one, other in ((there, here), (there.seen, here.seen)):
        for field in ("surprisal_bits", "entropy_bits", "p_observed", "top_p"):
            pair = (getattr(each.statistics, field) for each in (one, other))
            np.testing.assert_allclose(*pair, rtol=0, atol=2e-4)
        assert (one.statistics.rank == other.statistics.rank).mean() > 0.98


@every_device
def test_what_is_said_of_it(models: Any, device: Device) -> None:
    bundle = models("tiny_bert", device)
    assert bundle.device == device
    said = read_seen(bundle, "the cat").provenance.dtype
    assert said == ("float32" if device == "cpu" else f"float32, on {device}")
    assert bool(bundle.kernels) == (device == "cpu")
    assert flops_per_second(24, "fp32", 1, device) > 0


@every_device
def test_bf16(models: Any, device: Device) -> None:
    if not products.computes_in_bf16(device):
        with pytest.raises(InputError, match="bf16 came"):
            load_bundle("bundled", dtype="bf16", device=device)
        return
    half, exact = load_bundle("bundled", dtype="bf16", device=device), models("bundled", "cpu")
    bits = [read_hidden(bundle, NOTEBOOK, masking="token").statistics.surprisal_bits for bundle in (half, exact)]
    assert 0 < np.abs(bits[0] - bits[1]).mean() * np.log(2) <= 0.02
    if device != "cpu":
        automatic = load_bundle("bundled", dtype="auto", device=device)
        assert (automatic.dtype, automatic.why_dtype) == ("fp32", "bf16 is measured on processors only")


@every_device
def test_nothing_rounds_to_ten_bits(models: Any, device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not while a model runs; afterwards the setting is what it was."""
    assert not torch.backends.cuda.matmul.allow_tf32
    bundle, seen = replace(models("tiny_bert", device), device="cuda"), []
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    with forward.working(bundle):
        seen.append(torch.backends.cudnn.allow_tf32)
    with pytest.raises(ModelError), forward.working(bundle):
        raise RuntimeError("out of memory")
    assert seen == [False]
    assert torch.backends.cudnn.allow_tf32


# --- the same steps with more rows at a time, as elsewhere than on the processor ---


def test_as_many_rows_at_a_time_as_elsewhere(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = models("tiny_bert", "cpu")
    before = read_hidden(bundle, "the zebra cats sat on the mat, she opened doors", masking="token")
    for count in (1, 512):
        monkeypatch.setattr(forward, "HEAD_ROWS", count)
        monkeypatch.setattr(forward, "HEAD_PRODUCT_ROWS", count)
        after = read_hidden(bundle, "the zebra cats sat on the mat, she opened doors", masking="token")
        for field in ("surprisal_bits", "entropy_bits", "top_p"):
            pair = (getattr(each.statistics, field) for each in (before, after))
            np.testing.assert_allclose(*pair, rtol=1e-5, atol=1e-5)


@every_device
def test_rows_on_a_device(device: Device) -> None:
    x = torch.linspace(-100, 0, 30_522)
    torch.testing.assert_close(rows.exp(x.to(device)).cpu(), x.double().exp().float(), rtol=1e-6, atol=1e-38)
    there = torch.stack([x, x / 2]).to(device)
    torch.testing.assert_close(
        rows.dot(there, there[1]).cpu(), (torch.stack([x, x / 2]) * x / 2).sum(-1), rtol=1e-5, atol=0
    )
    assert rows.total_of(there).dtype == torch.float64
    reducer = StatisticsReducer(np.array([3, 4]), 2, 30_522)
    reducer(there.clone(), 0)
    assert reducer.result().top_ids.tolist() == [[30_521, 30_520]] * 2


# --- what can be asked for ---


def test_a_device_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("gpu", "CUDA", "", "cuda:0"):
        with pytest.raises(InputError, match=f"'{given}' came: choose auto, cpu, cuda or mps") as caught:
            load_bundle("bundled", device=given)
        assert_plain_sentence(caught.value)
    monkeypatch.setenv("PRETEXT_DEVICE", "tpu")
    with pytest.raises(InputError, match="'tpu' came"):
        load_bundle("bundled")


def test_a_device_that_is_not_here(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))
    for wanted in ("cuda", "mps"):
        with pytest.raises(InputError, match=f"{wanted} came, but torch finds none here") as caught:
            load_bundle("bundled", device=wanted)
        assert_plain_sentence(caught.value)
    assert ModelStore().get("bundled", device="auto").device == "cpu"
    assert_refused(run("read", "a", "--device", "cuda"), "choose cpu, or auto")


def test_what_is_taken_when_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRETEXT_DEVICE", raising=False)
    assert default_device() == "cpu"
    monkeypatch.setenv("PRETEXT_DEVICE", " auto ")
    assert default_device() == "auto"
    assert available()[-1] == "cpu"
    assert set(available()) < set(WANTED_DEVICES)
    monkeypatch.setattr(devices, "available", lambda: ("cuda", "cpu"))
    assert devices.found("auto") == "cuda"


# --- the source ---


def arrays_of_what_may_be_elsewhere(source: str) -> list[int]:
    """The lines that ask for the numpy array of a tensor without bringing it to the processor first."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "numpy":
            of = node.func.value
            brought = isinstance(of, ast.Call) and isinstance(of.func, ast.Attribute) and of.func.attr == "cpu"
            if not brought:
                found.append(node.lineno)
    return found


def test_nothing_is_taken_for_an_array_where_it_may_be_elsewhere() -> None:
    """But where only the processor's tensors come: in rows.py, behind a look at the device."""
    for path in (ROOT / "analysis").rglob("*.py"):
        if path != ROOT / "analysis" / "kernels" / "rows.py":
            assert arrays_of_what_may_be_elsewhere(path.read_text(encoding="utf-8")) == [], path
    assert arrays_of_what_may_be_elsewhere("x.numpy()\ny.cpu().numpy()\nz.float().numpy()") == [1, 3]


def test_nothing_asks_for_less_than_single_precision() -> None:
    for path in (ROOT / "analysis").rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert "set_float32_matmul_precision" not in line
            assert "allow_tf32" not in line or line.strip().endswith(("allow_tf32", "= False", "= rounds"))
