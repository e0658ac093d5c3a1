"""A view as a Python snippet: the questions behind a page's numbers, for a person to run and to change.

Whatever a view holds reaches the snippet as a literal or, in the first comment, made printable: what was typed stays
data.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass

import analysis
from analysis.questions import Question, Text
from analysis.version import __version__
from dashboard.page import Page
from dashboard.view import ViewState

_COLUMNS = 88
"""Width of a line, black's: a page shows a snippet beside other things."""
_INDENT = "    "
_BESIDE = len(_INDENT) + len(",")
"""Columns that go off for what stands inside a call."""
_NAMES_OF_TEXTS = {1: ("text",), 2: ("a", "b")}
_NAMES_OF_MODELS = {1: ("bundle",), 2: ("bundle", "other")}

_NAME = re.compile(r"(?<![.\w])\w+")
"""What is looked up by itself, and in no other object."""

Literal = str | int | bool | None | tuple["Literal", ...]


def snippet(page: Page, view: ViewState, questions: Mapping[str, Question]) -> str:
    """Python source that gives the numbers which a page shows for a view, as the page has checked it.

    It can be written as UTF-8 whatever the view holds, and leaves each answer under the name of its question.
    """
    specs, within = page.models(view), _COLUMNS - _BESIDE
    models = dict(zip(specs, _NAMES_OF_MODELS[len(specs)], strict=True))
    texts = {} if not view.texts else dict(zip(view.texts, _NAMES_OF_TEXTS[len(view.texts)], strict=False))
    asked = "bundle" if len(models) == 1 else "(bundle, other)"
    given = [getattr(each, field.name) for each in questions.values() for field in fields(each)]
    needed = {name: list(_arguments(text, {}, _COLUMNS)) for text, name in texts.items() if text in given}
    calls = [
        *(_called(f"{name} = load_bundle", [[_literal(spec)]]) for spec, name in models.items()),
        *(_called(f"{name} = Text", arguments) for name, arguments in needed.items()),
        *(_called(f"{name} = ask", [[asked], _source(each, texts, within)]) for name, each in questions.items()),
    ]
    prints = page.prints(view)
    used = {name for line in prints for name in _NAME.findall(line)} & set(analysis.__all__)
    kinds = {type(question).__name__ for question in questions.values()}
    names = sorted({"load_bundle", *used, *kinds, *(["ask"] if questions else []), *(["Text"] if needed else [])})
    imported = [f"from analysis import {', '.join(names)}"]
    if len(imported[0]) > _COLUMNS:
        imported = ["from analysis import (", *(f"{_INDENT}{name}," for name in names), ")"]
    return "\n".join(
        [
            f"# Pretext {__version__}, model {''.join(char if char.isprintable() else '?' for char in view.model)}",
            "# Save it as snippet.py and run it in Pretext's folder: python snippet.py",
            *imported,
            "",
            *(line for lines in calls for line in lines),
            *(["", *prints] if prints else []),
            "",
        ]
    )


def _source(value: Question | Text | Literal, texts: Mapping[Text, str], width: int, beside: int = 0) -> list[str]:
    """A value on as many lines as it takes; ``beside`` columns of the first are taken where it is a literal."""
    if isinstance(value, Text) and value in texts:
        return [texts[value]]
    if is_dataclass(value):
        return _called(type(value).__name__, list(_arguments(value, texts, width)), width)
    line, inside = _literal(value), width - len(_INDENT)
    if len(line) > width - beside and isinstance(value, str):
        return ["(", *(f"{_INDENT}{_literal(part)}" for part in _parts(value, inside)), ")"]
    if len(line) > width - beside and isinstance(value, tuple):
        return _called("", [_source(item, texts, inside, len(",")) for item in value], 0)
    return [line]


def _arguments(record: Question | Text, texts: Mapping[Text, str], width: int) -> Iterator[list[str]]:
    """The fields of a record that are not as they would be anyhow: the first ones in their places, others by name.

    ``width`` is that of the lines between which they stand.
    """
    in_place = True
    for each in fields(record):
        value = getattr(record, each.name)
        if value == each.default:
            in_place = False
            continue
        name = "" if in_place else f"{each.name}="
        first, *rest = _source(value, texts, width - _BESIDE, len(name))
        yield [f"{name}{first}", *rest]


def _called(function: str, arguments: Sequence[list[str]], width: int = _COLUMNS) -> list[str]:
    """A call, on one line where it fits; each argument comes as its lines."""
    line = f"{function}({', '.join(lines[0] for lines in arguments)})"
    if len(line) <= width and all(len(lines) == 1 for lines in arguments):
        return [line]
    inside = [[*lines[:-1], f"{lines[-1]},"] for lines in arguments]
    return [f"{function}(", *(f"{_INDENT}{line}" for lines in inside for line in lines), ")"]


def _parts(text: str, width: int) -> list[str]:
    """The text in stretches whose literals fit, cut behind white space where there is some."""
    parts, start = [], 0
    while start < len(text):
        longest = text[start : start + width]
        fits = bisect_right(range(1, len(longest) + 1), width, key=lambda n: len(_literal(longest[:n])))
        stretch = longest[:fits]
        if start + fits < len(text):
            stretch = stretch[: max((i + 1 for i, char in enumerate(stretch) if char.isspace()), default=fits)]
        parts.append(stretch)
        start += len(stretch)
    return parts


def _literal(value: Literal) -> str:
    """Python source of a value on one line; ``repr`` escapes whatever can't be printed, lone surrogates too."""
    if isinstance(value, tuple):
        return f"({', '.join(_literal(each) for each in value)}{',' if len(value) == 1 else ''})"
    if isinstance(value, str) and '"' not in value:
        # With an apostrophe in front of the text, repr takes double quotes, as black would.
        return '"' + repr("'" + value)[2:]
    return repr(value)
