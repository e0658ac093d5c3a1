"""What holds of every task, whatever it answers; each rule takes the task, so that one that breaks it can be tried."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import InputError
from analysis.flag import Flag
from analysis.models.bundle import ModelBundle
from analysis.questions import Text
from analysis.task import WHOLE
from tests.analysis.plain_words import assert_plain_sentence

Models = tuple[ModelBundle, ...]

NEAR = 1e-5
"""Two batches of the same input differ in their last digits."""

UNITS = {"bits", "nats", "bytes", "ms", "share", "percent"}
PURE = {
    *(
        "schema",
        "seed",
        "index",
        "index_a",
        "index_b",
        "id",
        "segment",
        "segment_ids",
        "attention_mask",
        "word",
        "masking_word",
    ),
    *("position", "positions", "disagree", "at", "from", "to", "boundary", "first", "second", "order"),
    *("p", "p_a", "p_b", "p_is_next", "topk_overlap", "percentile", "value", "low", "high"),
    *("balanced_accuracy", "balanced_accuracy_at_0"),
    *("row", "identical_rows", "n", "false_positive_rate", "true_positive_rate", "bits_per_character"),
    *("layer", "first_at", "settles_at"),
    *("rank", "rank_a", "rank_b", "by_margin", "by_contrast"),
    *("layer", "head", "weights", "distance_tokens", "share", "share_cls", "share_sep", "share_self"),
    *("share_previous", "share_next", "share_a_to_b", "share_b_to_a"),
    *("positions_hidden", "random", "residual_share"),
    *("anchors", "comparisons", "max_tokens", "pseudo_perplexity", "pseudo_perplexity_word"),
}
"""Keys of numbers without a unit: places and names, shares and probabilities, ranks, counts, perplexities.
Those of other counts begin with ``n_``."""


# --- JSON ---


def numbers_without_a_unit(exported: Any, key: str = "") -> set[str]:
    """The keys of numbers, or of lists and tables of them, that neither name a unit nor need none."""
    if UNITS & {*key.split("_")}:
        return set()
    if isinstance(exported, dict):
        return {found for key, value in exported.items() for found in numbers_without_a_unit(value, key)}
    if isinstance(exported, list):
        return {found for value in exported for found in numbers_without_a_unit(value, key)}
    is_number = isinstance(exported, int | float) and not isinstance(exported, bool)
    return {key} if is_number and key not in PURE and "_n_" not in f"_{key}_" else set()


def check_json(task: Any, whole: Any) -> None:
    """Nothing that JSON has not, and every number with its unit."""
    exported = task.export(whole)
    assert exported == json.loads(json.dumps(exported), parse_constant=_refuse)
    bare = numbers_without_a_unit(exported)
    assert not bare, f"name a unit for {', '.join(sorted(bare))}, or say in PURE that they have none"


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def without_the_moment(exported: Any) -> Any:
    """An answer without the moment at which it was exported."""
    if isinstance(exported, dict):
        return {key: without_the_moment(value) for key, value in exported.items() if key != "exported"}
    return [without_the_moment(each) for each in exported] if isinstance(exported, list) else exported


def check_read_only(result: Any) -> None:
    """No array in it can be written to."""
    if isinstance(result, np.ndarray):
        assert not result.flags.writeable
    elif is_dataclass(result):
        for each in fields(result):
            check_read_only(getattr(result, each.name))
    elif isinstance(result, tuple):
        for each in result:
            check_read_only(each)


# --- parts ---


def assert_same(one: Any, other: Any, where: str = "") -> None:
    """Two results: numbers up to rounding, everything else equal."""
    assert type(one) is type(other), where
    if is_dataclass(one):
        for each in fields(one):
            assert_same(getattr(one, each.name), getattr(other, each.name), f"{where}.{each.name}")
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        if one.dtype.kind == "f":
            np.testing.assert_allclose(one, other, rtol=NEAR, atol=NEAR, err_msg=where)
        else:
            np.testing.assert_array_equal(one, other, err_msg=where)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=NEAR, abs=NEAR, nan_ok=True), where
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), where
        for number, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{where}[{number}]")
    else:
        assert one == other, where


def assert_begins(part: Any, whole: Any, where: str = "") -> None:
    """What is there of a part is in the whole; what has not come is None, "", 0, not a number, or a shorter tuple."""
    if part is None or (isinstance(part, str) and part == ""):
        return
    assert type(part) is type(whole), where
    if is_dataclass(part):
        for each in fields(part):
            assert_begins(getattr(part, each.name), getattr(whole, each.name), f"{where}.{each.name}")
    elif isinstance(part, np.ndarray):
        assert part.shape == whole.shape, where
        come = np.isfinite(part) if part.dtype.kind == "f" else part != 0
        np.testing.assert_allclose(part[come], whole[come], rtol=NEAR, atol=NEAR, err_msg=where)
    elif isinstance(part, float):
        assert np.isnan(part) or part == pytest.approx(whole, rel=NEAR, abs=NEAR), where
    elif isinstance(part, tuple):
        assert len(part) <= len(whole), where
        for number, pair in enumerate(zip(part, whole[: len(part)], strict=True)):
            assert_begins(*pair, f"{where}[{number}]")
    else:
        assert part == whole, where


def is_less(part: Any, whole: Any) -> bool:
    """Whether a result can be told from the whole one: it says that it is not complete, or has less in a list."""
    shorter = (len(getattr(part, name)) < len(getattr(whole, name)) for name in lists_of(whole))
    return not getattr(part, "complete", True) or any(shorter)


def lists_of(result: Any) -> list[str]:
    return [each.name for each in fields(result) if isinstance(getattr(result, each.name), tuple)]


def check_chunks(task: Any, models: Models, question: Any, whole: Any) -> None:
    """Read in the shortest stretches it is what it is in the longest; no part of it is taken for the whole."""
    plan = task.plan(models, question)
    chunks = task.chunks(models, plan, 1)
    assert len(chunks) >= len(task.chunks(models, plan, WHOLE)) >= 1
    parts: list[Any] = []
    for chunk in chunks:
        parts.append(task.part(models, plan, chunk, lambda: parts))
    assert_same(task.assemble(models, plan, parts), whole)
    for count in range(len(parts)):
        part = task.assemble(models, plan, parts[:count])
        if part is not None:
            assert is_less(part, whole), f"{count} of {len(parts)} parts"
            assert_begins(part, whole)


def check_progress(task: Any, models: Models, question: Any, whole: Any) -> None:
    """Whoever waits is told before what it takes, and after every chunk how far it is, and gets the same."""
    plan, told = task.plan(models, question), []
    assert task.size(plan) >= 1
    if task.estimate is not None:
        found = task.estimate(models, plan)
        # Of rows nobody counts the passes before they are read; positions and pairs share some (test_estimate.py).
        assert found.passes == task.size(plan) or task.unit in {"rows", "positions", "pairs"}
        assert found.passes > 0
        assert found.seconds > 0
    watched = task.answer(models, question, lambda done, total: told.append((done, total)))
    assert_same(watched, whole)
    assert told == [(number, len(told)) for number in range(1, len(told) + 1)]
    assert told


# --- refusals ---


class ClosedGate:
    """In the place of a model's gate: nobody comes in."""

    present = 0

    def __call__(self, _size: int = 0) -> None:
        raise AssertionError("a pass of the model before the question is refused")


TEXTS = {
    "empty": "",
    "blank": " \r\n\t",
    "nothing that is kept": "\x07\u200b",
    "half a character": "the cat \udfff sat",
    "too many characters": "a" * 100_001,
    "too many tokens": "cat " * 5_000,
}
EDITS = (((0, 5),), ((10**12, 5),), ((1, -1),), ((1, 10**12),))
VALUES: dict[str, Sequence[Any]] = {
    "k": (0, -1, 75, 10**12),
    "regions": (("0:1",), ("2:1",), ("all",), ("1:900",)),
    "punctuation": ("", "off"),
    "watch": ((-1,), (10_000,), (5,) * 6, ("the cat",), ("[MASK]",)),
    "follow": ((-1,), (10_000,), (5,) * 6, ("the cat",), ("[MASK]",)),
    "masking": ("", "words", "TOKEN"),
    "maskings": ((), ("token", "words")),
    "orders": ((), ("sideways",), ("confident", "best")),
    "beam": (0, -1, 21),
    "candidates": (("cat", ""), ("ไ",), ("[MASK]",), ("a",) * 101, ("z" * 17,)),
    "mask": (0, -1, 99),
    "reference": ("", "ไ"),
    "unit": ("", "letter"),
    "context": ("", "all"),
    "controls": (-1, 51),
    "seed": (-1,),
    "sentence_starts": ((2,), (10**12,)),
    "language": ("", "xx", "DE", "german"),
    "controls_from": (*((text,) for text in TEXTS.values() if not text.startswith("cat")), ("A cat.",) * 1_001),
    "sentences": ((), ("The cat.",), ("The cat.",) * 41),
    "reading": ("", "felt"),
    "layer": (0, -1, 99, 10**12),
    "head": (0, -1, 99, 10**12),
    "position": (-1, 5_000, 10**12),
    "target": (
        *("cat", "nothing", "-1", "1.5", "5000", "1234567890", "9" * 40, "1=", "=the cat"),
        *("1=ไ", "1=5000", "2=the cat", "nsp=1", "\udfff"),
    ),
    "method": ("", "felt"),
    "steps": (0, 1, 513, True, 10**12),
    "baseline": ("", "[MASK]"),
    "segmentation": ("", "swapped", "nothing"),
    "shuffles": (-1, 21, 10**12),
    "table": (
        *("", " \r\n\t", "text\n", "the cat\n" * 1_001, "the cat " * 300_000, "text,text_a\n\x00\x01"),
        *('{"one": "a cat", "two": "a dog"}', '[{"text": "a cat"'),
    ),
    "suite": ("", "blim", "PAIRS"),
    "measures": (("nothing",), ("pll", "table")),
    "scores": (("nothing",), ("pll-sum", "")),
    "columns": (("text",), ("text=nothing",), ("nothing=text",), ("=",)),
}
"""What no task takes for a field of that name; two-valued fields have no such thing."""


def spoiled(question: Any, name: str) -> list[Any]:
    """The question with everything in the place of one field that can't stand there."""
    value = getattr(question, name)
    if isinstance(value, Text):
        bad = [replace(value, text_a=text) for text in TEXTS.values()]
        bad += [replace(value, text_b=text) for text in TEXTS.values()]
        bad += [replace(value, edits=edits) for edits in EDITS]
    elif isinstance(value, str) and name not in VALUES:
        bad = list(TEXTS.values())
    elif isinstance(value, bool):
        bad = []
    else:
        assert name in VALUES, f"say in VALUES what a question's '{name}' may not be"
        bad = list(VALUES[name])
        if name == "sentences":
            bad += [(value[0], text) for text in TEXTS.values()]
    return [replace(question, **{name: each}) for each in bad]


def assert_refused(task: Any, models: Models, question: Any, match: str = "") -> None:
    """The plan says no, in one plain sentence, before any pass."""
    closed = tuple(replace(each, gate=ClosedGate()) for each in models)
    try:
        task.plan(closed, question)
    except InputError as error:
        assert_plain_sentence(error)
        assert match in str(error)
    else:
        raise AssertionError(f"planned all the same: {question}"[:300])


# --- the command line ---


def can_be_said(question: Any) -> bool:
    """Whether the command has flags for all of it: one of several names at most, and no field without a flag."""
    for each in fields(question):
        value, flag = getattr(question, each.name), each.metadata.get("flag")
        if value == each.default:
            continue
        one = flag is not None and not flag.repeated and flag.kind != "lines"
        if flag is None or (isinstance(each.default, tuple) and one and flag.name and len(value) != 1):
            return False
    return True


def arguments_of(question: Any, folder: Path) -> list[str]:
    """The command line's arguments that ask a question; lines go to a file in a folder."""
    beside: list[str] = []
    named: list[str] = []
    for each in fields(question):
        value, flag = getattr(question, each.name), each.metadata.get("flag")
        if flag is None or value == each.default:
            continue
        if flag.kind in {"texts", "sides"}:
            beside.append(value.text_a)
            named += _of_a_text(value, flag, beside)
        elif flag.kind == "text":
            beside.append(value)
        elif flag.kind in {"lines", "file"}:
            (folder / each.name).write_text(value if flag.kind == "file" else "\n".join(value), encoding="utf-8")
            (named if flag.name else beside).extend(filter(None, (flag.name, str(folder / each.name))))
        elif not flag.name:
            beside += value
        elif flag.kind == "switch":
            named.append(flag.name)
        else:
            values = value if isinstance(value, tuple) else (value,)
            named += [word for each in values for word in (flag.name, str(each))]
    return [*named, "--", *beside] if beside else named


def _of_a_text(text: Text, flag: Flag, beside: list[str]) -> list[str]:
    side = flag.name if flag.kind == "sides" else ""
    named = [word for at, id_ in text.edits for word in ("--edit-b" if side == "b" else "--edit", f"{at}={id_}")]
    if text.text_b is not None and flag.pair:
        beside.append(text.text_b)
    elif text.text_b is not None:
        named += [f"--pair-{side}" if side else "--pair", text.text_b]
    return [*named, "--windows"] if text.in_windows else named


# --- questions ---


def check_question(question: Any) -> None:
    """A key of a cache, and a session's input."""
    twin = type(question)(**{each.name: getattr(question, each.name) for each in fields(question)})
    assert twin == question
    assert hash(twin) == hash(question)
    said = asdict(question)
    assert json.loads(json.dumps(said, allow_nan=False)).keys() == said.keys()
