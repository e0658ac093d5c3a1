"""The libraries that take seconds to import, by one thread at a time.

Two threads that import from transformers at once, as two visitors at the start do, break its lazy modules: the second
finds names missing that are there a moment later.
"""

import gc
import os
import threading
from importlib import import_module

from analysis import memory

_NAMES = ("analysis.models.store", "analysis.models.forward", "analysis.tasks", "dashboard.screen.run")

_one = threading.Lock()
_brought = threading.Event()


def bring() -> None:
    """Import them, or wait until another thread has.

    They are half a million objects that stay. Python's search for garbage, which stops every thread, took 0.2 s for
    looking through them and passes over them from then on.
    """
    with _one:
        if _brought.is_set():
            return
        memory.keep_few_kernels(os.environ)
        for name in _NAMES:
            import_module(name)
        gc.collect()
        gc.freeze()
        _brought.set()
