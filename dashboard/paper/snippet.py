"""A view as a Python snippet: the questions behind a page's numbers, for a person to run and to change.

Whatever a view holds reaches the snippet as a literal or, in the first comment, made printable: what was typed stays
data.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

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

Literal = str | int | bool | None | tuple["Literal", ...]


def snippet(page: Page, view: ViewState, questions: Mapping[str, Question]) -> str:
    """Python source that gives the numbers which a page shows for a view, as the page has checked it.

    It can be written as UTF-8 whatever the view holds, and leaves each answer under the name of its question.
    """
    models = dict(zip(page.models(view), _NAMES_OF_MODELS[len(page.models(view))], strict=True))
    texts = {} if not view.texts else dict(zip(view.texts, _NAMES_OF_TEXTS[len(view.texts)], strict=False))
    asked = "bundle" if len(models) == 1 else "(bundle, other)"
    prints = page.prints(view)
    used = {name for name in analysis.__all__ if any(re.search(rf"\b{name}\b", line) for line in prints)}
    given = [getattr(each, field.name) for each in questions.values() for field in fields(each)]
    needed = [
        _called(f"{name} = Text", list(_arguments(text, {}, _COLUMNS))) for text, name in texts.items() if text in given
    ]
    kinds = {type(question).__name__ for question in questions.values()}
    names = {"load_bundle", *used, *kinds, *(["ask"] if questions else []), *(["Text"] if needed else [])}
    return "\n".join(
        [
            f"# Pretext {__version__}, model {''.join(char if char.isprintable() else '?' for char in view.model)}",
            "# Save it as snippet.py and run it in Pretext's folder: python snippet.py",
            *_imported(sorted(names)),
            "",
            *(line for spec, name in models.items() for line in _called(f"{name} = load_bundle", [[_literal(spec)]])),
            *(line for lines in needed for line in lines),
            *(line for name, each in questions.items() for line in _asked(name, asked, each, texts)),
            *(["", *prints] if prints else []),
            "",
        ]
    )


def _imported(names: Sequence[str]) -> list[str]:
    line = f"from analysis import {', '.join(names)}"
    if len(line) <= _COLUMNS:
        return [line]
    return ["from analysis import (", *(f"{_INDENT}{name}," for name in names), ")"]


def _asked(name: str, models: str, question: Question, texts: Mapping[Text, str]) -> list[str]:
    width = _COLUMNS - _BESIDE
    made = _called(type(question).__name__, list(_arguments(question, texts, width)), width)
    return _called(f"{name} = ask", [[models], made])


def _arguments(record: Question | Text, texts: Mapping[Text, str], width: int) -> Iterator[list[str]]:
    """The fields of a record that are not as they would be anyhow: the first ones in their places, others by name.

    ``width`` is that of the lines between which they stand.
    """
    in_place, inside = True, width - _BESIDE
    for each in fields(record):
        value = getattr(record, each.name)
        if value == each.default:
            in_place = False
            continue
        name = "" if in_place else f"{each.name}="
        if isinstance(value, Text):
            made = [texts[value]] if value in texts else _called("Text", list(_arguments(value, {}, inside)), inside)
            first, *rest = made
        else:
            first, *rest = _spread(value, inside, beside=len(name))
        yield [f"{name}{first}", *rest]


def _called(function: str, arguments: Sequence[list[str]], width: int = _COLUMNS) -> list[str]:
    """A call, on one line where it fits; each argument comes as its lines."""
    line = f"{function}({', '.join(lines[0] for lines in arguments)})"
    if len(line) <= width and all(len(lines) == 1 for lines in arguments):
        return [line]
    inside = [[*lines[:-1], f"{lines[-1]},"] for lines in arguments]
    return [f"{function}(", *(f"{_INDENT}{line}" for lines in inside for line in lines), ")"]


def _spread(value: Literal, width: int, beside: int) -> list[str]:
    """A literal on as many lines as it takes; ``beside`` columns of the first are taken."""
    line, inside = _literal(value), width - len(_INDENT)
    if len(line) > width - beside and isinstance(value, str):
        return ["(", *(f"{_INDENT}{_literal(part)}" for part in _parts(value, inside)), ")"]
    if len(line) > width - beside and isinstance(value, tuple):
        items = [_spread(item, inside, beside=len(",")) for item in value]
        return ["(", *(f"{_INDENT}{each}" for *lines, last in items for each in (*lines, f"{last},")), ")"]
    return [line]


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
