"""Exponentials by either library, over all that the engine asks for."""

import numpy as np
import pytest
import torch

from analysis.kernels import rows
from analysis.kernels.rows import timed

WHOLE = torch.linspace(-100, 0, 1_000_003)


@pytest.fixture(params=["numpy", "torch"])
def by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> rows.By:
    monkeypatch.setattr(rows, "FASTER", {torch.get_num_threads(): request.param})
    return request.param


def test_exact_over_all_that_is_asked(by: rows.By) -> None:
    exact = np.exp(WHOLE.double().numpy())
    for found in (rows.exp(WHOLE), rows.exp(WHOLE, torch.empty_like(WHOLE))):
        normal = exact > np.finfo(np.float32).tiny
        error = np.abs(found.double().numpy() - exact)
        assert (error[normal] / exact[normal]).max() < 3e-7
        assert error[~normal].max() < 1e-38
    assert rows.exp(torch.zeros(3)).tolist() == [1, 1, 1]


def test_what_is_no_number_stays_none(by: rows.By) -> None:
    found = rows.exp(torch.tensor([-torch.inf, torch.nan, -1e30]))
    assert found.tolist()[::2] == [0, 0]
    assert found[1].isnan()


@pytest.mark.parametrize(("by_numpy", "by_torch", "taken"), [(1, 0.9, "torch"), (1, 0.97, "numpy"), (0.4, 1, "numpy")])
def test_the_faster_is_taken_once(
    by_numpy: float, by_torch: float, taken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [(by_numpy, by_torch)]
    monkeypatch.setattr(rows, "FASTER", {})
    monkeypatch.setattr(rows, "timed", times.pop)
    assert [rows.faster(), rows.faster()] == [taken, taken]


def test_real_times() -> None:
    assert all(0 < seconds < 1 for seconds in timed())


def test_dot_products() -> None:
    a, b = torch.tensor([[1.0, 2.0], [3.0, -1.0]]), torch.tensor([0.5, 4.0])
    assert rows.dot(a, b).tolist() == [8.5, -2.5]
    assert rows.dot(b, b).item() == 16.25
    assert rows.dot(torch.tensor([0.0]), torch.tensor([torch.inf])).isnan()
