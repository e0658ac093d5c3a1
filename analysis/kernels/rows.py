"""Exponentials and dot products of long rows, by whoever is faster at them on this processor, and on any device.

numpy's exponential took 0.4 of the time of torch's on one processor, and 1.3 times it on another: both are timed once
in a process. numpy's is exact to 2e-7 of itself and torch's to 1e-7, where the float32 kernel of ``torch.softmax`` is
off by up to 2e-5 in p.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch

from analysis.kernels.clock import clock

By = Literal["numpy", "torch"]

_ROWS, _COLUMNS, _TIMES = 4, 30_522, 5
_CLEARLY = 1.05
"""How many times as fast as numpy's torch's must be to be taken: a noisy moment is to change nothing."""

FASTER: dict[int, By] = {}
"""Whose exponential was faster in this process, by number of cores: numpy uses one."""


def exp(x: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    """e^x of float32 numbers, each on its own; into ``out`` where it is given."""
    if x.device.type != "cpu" or faster() == "torch":
        return torch.exp(x, out=out)
    out = torch.empty_like(x) if out is None else out
    np.exp(x.numpy(), out=out.numpy())
    return out


def faster() -> By:
    """Whose exponential is taken."""
    threads = torch.get_num_threads()
    if threads not in FASTER:
        by_numpy, by_torch = timed()
        FASTER[threads] = "torch" if by_torch * _CLEARLY <= by_numpy else "numpy"
    return FASTER[threads]


def timed() -> tuple[float, float]:
    """What a row of a vocabulary takes numpy and torch, in seconds, the shortest of a few."""
    x = torch.linspace(-30, 0, _ROWS * _COLUMNS).view(_ROWS, _COLUMNS)
    out = torch.empty_like(x)
    return _shortest(lambda: np.exp(x.numpy(), out=out.numpy())), _shortest(lambda: torch.exp(x, out=out))


def dot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The sum of a times b over the last axis, rows of one beside those of the other; not a number where 0 meets
    infinity."""
    if a.device.type != "cpu":
        return torch.linalg.vecdot(a, b)
    with np.errstate(invalid="ignore"):
        return torch.from_numpy(np.asarray(np.vecdot(a.numpy(), b.numpy())))


def total_of(x: torch.Tensor) -> torch.Tensor:
    """The sums over the last axis, float64, on the processor: not every device has double precision."""
    return (x.cpu() if x.device.type == "mps" else x).sum(-1, dtype=torch.float64).cpu()


def _shortest(run: Callable[[], object]) -> float:
    found, now = np.inf, clock()
    for _ in range(_TIMES):
        start = now()
        run()
        found = min(found, now() - start)
    return found / _ROWS
