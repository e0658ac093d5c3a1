"""What only the screen can do for one page: a file for each page that needs it, found by the page's key."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from dashboard.screen.shown import Acts


@cache
def of(page: str) -> Acts:
    """The acts of a page by its key."""
    name = f"dashboard.screen.acts.{page}"
    return import_module(name).ACTS if find_spec(name) is not None else Acts()
