"""The clock by which one way of computing is chosen over another."""

import time
from collections.abc import Callable

import torch

_FINE_SECONDS = 1e-5


def clock() -> Callable[[], float]:
    """Of this thread's work alone where it does all, so that a busy machine changes no choice; else the wall's."""
    alone = torch.get_num_threads() == 1 and time.get_clock_info("thread_time").resolution < _FINE_SECONDS
    return time.thread_time if alone else time.perf_counter
