"""What a command answered: JSON and nothing else, or one line and status 2."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

Result = tuple[int, str, str]
"""Status, stdout, stderr."""

Run = Callable[..., Result]


def answer_of(result: Result) -> dict[str, Any]:
    status, out, err = result
    assert (status, err) == (0, "")
    assert out.endswith("}\n")
    return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def assert_refused(result: Result, match: str) -> str:
    status, out, err = result
    assert (status, out) == (2, "")
    assert err.endswith("\n")
    assert len(err.splitlines()) == 1, err
    assert re.search(match, err), err
    return err.removesuffix("\n")
