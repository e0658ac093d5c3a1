"""The libraries that take seconds to import, by one thread at a time.

Two threads that import from transformers at once, as two visitors at the start do, break its lazy modules: the second
finds names missing that are there a moment later.
"""

import threading
from importlib import import_module

_ONE = threading.Lock()


def bring() -> None:
    """Import them, or wait until another thread has."""
    with _ONE:
        for name in ("analysis.models.store", "analysis.models.forward", "analysis.tasks"):
            import_module(name)
