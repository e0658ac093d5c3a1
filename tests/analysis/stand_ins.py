"""How a test shows that it would notice a mistake: it runs over something that makes it."""

from collections.abc import Callable
from typing import Any

import pytest


def assert_rejects(check: Callable[..., None], *stand_in: Any) -> None:
    """Fail unless the check fails on a stand-in with the mistake."""
    with pytest.raises(AssertionError):
        check(*stand_in)
