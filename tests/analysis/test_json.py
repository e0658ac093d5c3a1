"""The JSON of every command: its numbers are those of 0.1, under the keys that docs/json.md publishes."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.command_line import Run, answer_of
from tests.analysis.json_of_0_1 import INPUTS, arguments_of, machine, numbers_of, recorded

DOCS = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
MACHINE, ANSWERS = recorded()
TOLERANCE = 1e-4
NEW = "–"
PURE = {
    *("p", "p_a", "p_b", "p_is_next", "percentile", "topk_overlap", "value", "low", "high"),
    *("pseudo_perplexity", "pseudo_perplexity_word", "balanced_accuracy", "balanced_accuracy_at_0"),
}
"""Keys of fractions without a unit."""

Names = dict[tuple[str, str], dict[str, str]]
"""By command and place the names of keys: as they are now, and as 0.1 called them, – for what it did not have."""


def published() -> Names:
    """The table of docs/json.md."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*)\| (–|`\w+`) \| `(\w+)` \|$", DOCS, re.MULTILINE)
    names: Names = {}
    for command, places, before, now in rows:
        for place in re.findall(r"`([^`]+)`", places) or [""]:
            names.setdefault((command, place), {})[now] = before.strip("`")
    return names


NAMES = published()


def as_in_0_1(answer: Any, command: str, place: str = "") -> Any:
    """An answer of now without the keys that are new, and the others as 0.1 called them."""
    if isinstance(answer, list):
        return [as_in_0_1(each, command, f"{place}[]") for each in answer]
    if not isinstance(answer, dict):
        return answer
    names = NAMES.get((command, place), {})
    return {
        names.get(key, key): as_in_0_1(value, command, inside(place, key))
        for key, value in answer.items()
        if names.get(key) != NEW
    }


def inside(place: str, key: str) -> str:
    return f"{place}.{key}".lstrip(".")


def differences(now: Any, before: Any, tolerance: float, path: str = "") -> Iterator[str]:
    """Where two answers differ: floats by more than the tolerance, absolutely or in proportion, all else at all."""
    if isinstance(now, dict) and isinstance(before, dict) and now.keys() == before.keys():
        for key, value in now.items():
            yield from differences(value, before[key], tolerance, f"{path}.{key}")
    elif isinstance(now, list) and isinstance(before, list) and len(now) == len(before):
        for i, (one, other) in enumerate(zip(now, before, strict=True)):
            yield from differences(one, other, tolerance, f"{path}[{i}]")
    elif isinstance(now, float) and isinstance(before, float):
        if abs(now - before) > tolerance * max(1, abs(before)):
            yield f"{path}: {now!r} for {before!r}"
    elif type(now) is not type(before) or now != before:
        yield f"{path}: {now!r} for {before!r}"


@pytest.fixture
def ask(run: Run, checkpoint_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """What a command answers now to a question of the record."""
    monkeypatch.setenv("PRETEXT_THREADS", "1")

    def answer(name: str) -> Any:
        arguments = arguments_of(INPUTS[name], checkpoint_folder)
        return numbers_of(answer_of(run(*arguments, stdin=INPUTS[name][1].encode())))

    return answer


@pytest.mark.parametrize("name", INPUTS)
def test_the_numbers_are_those_of_0_1(ask: Callable[[str], Any], name: str) -> None:
    """To the last digit on the machine of the record; on others, which add in another order, to four digits."""
    command = INPUTS[name][0][0]
    tolerance = 0.0 if machine() == MACHINE else TOLERANCE
    assert list(differences(as_in_0_1(ask(name), command), numbers_of(ANSWERS[name]), tolerance)) == []


def test_every_input_was_recorded() -> None:
    assert set(ANSWERS) == set(INPUTS)
    assert len(INPUTS) > 25
    commands = {arguments[0] for arguments, _ in INPUTS.values()}
    assert commands == {"read", "pll", "fill", "candidates", "nsp", "splits", "pairs", "compare"}


@pytest.mark.parametrize(
    ("now", "before", "found"),
    [
        ({"a": [1.0, 2]}, {"a": [1.0, 2]}, []),
        ({"a": [1.00001, 2]}, {"a": [1.0, 2]}, []),
        ({"a": [1.001, 2]}, {"a": [1.0, 2]}, [".a[0]: 1.001 for 1.0"]),
        ({"a": [1.0, 3]}, {"a": [1.0, 2]}, [".a[1]: 3 for 2"]),
        ({"a": 1}, {"a": 1.0}, [".a: 1 for 1.0"]),
        ({"a": True}, {"a": 1}, [".a: True for 1"]),
        ({"a": [1]}, {"a": [1, 2]}, [".a: [1] for [1, 2]"]),
        ({"a": 1}, {"b": 1}, [": {'a': 1} for {'b': 1}"]),
    ],
)
def test_a_difference_is_found(now: Any, before: Any, found: list[str]) -> None:
    assert list(differences(now, before, TOLERANCE)) == found
    assert bool(list(differences(now, before, 0.0))) == (now != before or bool(found))


# --- what docs/json.md says ---


def keys(answer: Any, place: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every key of an answer, the place at which it stands, and its value."""
    if isinstance(answer, dict):
        for key, value in answer.items():
            yield place, key, value
            yield from keys(value, inside(place, key))
    elif isinstance(answer, list):
        for each in answer:
            yield from keys(each, f"{place}[]")


def fractions(answer: Any) -> bool:
    """Whether this is a fraction, or a list of fractions."""
    return any(fractions(each) for each in answer) if isinstance(answer, list) else isinstance(answer, float)


def test_the_keys_are_those_that_are_explained(ask: Callable[[str], Any]) -> None:
    """Fractions name their units; every row of the table is met but for edits, which 0.1's ``nsp`` did not take."""
    explained = set(re.findall(r"`(\w+)`", DOCS.partition("## Changes since 0.1")[0]))
    met: set[tuple[str, str, str]] = set()
    for name, (arguments, _) in INPUTS.items():
        for place, key, value in keys(ask(name)):
            assert key in explained
            if fractions(value):
                unit = key.endswith(("_bits", "_nats")) or "bits_per_character" in {key, place}
                assert unit or key in PURE, (place, key)
            met.add((arguments[0], place, key))
    named = {(*where, now) for where, names in NAMES.items() for now in names}
    assert named - met == {("nsp", "", "edits")}
