"""A parser for each question, made of its fields, and the question that the parsed options ask."""

import argparse
from dataclasses import MISSING, Field, fields
from typing import Any

from analysis.cli.given import edits_of, read_text, read_texts
from analysis.questions import Flag, Question, Text, one_a_line


def add_flags(command: argparse.ArgumentParser, question: type[Question]) -> None:
    """Let a command take what a question asks for."""
    for each in fields(question):
        flag: Flag | None = each.metadata.get("flag")
        if flag is not None:
            if flag.kind == "texts":
                add_texts(command, flag)
            elif flag.kind == "sides":
                _add_side(command, flag)
            else:
                _add(command, each, flag)


def add_texts(command: argparse.ArgumentParser, flag: Flag) -> None:
    """Let a command take a text with what may stand beside it, or a pair."""
    if flag.pair:
        command.add_argument("text_a", metavar="A", help=f"first text: {flag.help}")
        command.add_argument("text_b", metavar="B", help="second text, in the same ways")
    else:
        command.add_argument("text", metavar="TEXT", help=flag.help)
        command.add_argument("--pair", metavar="B", help="a second segment")
    if flag.edits:
        command.add_argument("--edit", action="append", default=[], metavar="N=TOKEN", help="put a token at a position")
    if flag.windows:
        command.add_argument(
            "--windows", action="store_true", help="read a text that is too long in overlapping windows"
        )


def add_model(command: argparse.ArgumentParser) -> None:
    """Let a command name a model and its arithmetic."""
    command.add_argument("--model", metavar="SPEC", help="'bundled', a Hugging Face id, or a folder")
    command.add_argument(
        "--dtype",
        metavar="DTYPE",
        help="fp32, bf16 (faster, a little less exact), or auto (default: what PRETEXT_DTYPE says, else fp32)",
    )


def asks_two_models(question: type[Question]) -> bool:
    """Whether a question may be asked of two models: it has two sides."""
    return any(each.metadata.get("flag", Flag("text", "")).kind == "sides" for each in fields(question))


def read_given(options: argparse.Namespace, question: type[Question]) -> dict[str, Any]:
    """The texts that the options name, from wherever they come, by field: before a model is loaded.

    Raises
    ------
    InputError
        If one can't be read.
    """
    named: dict[str, list[str]] = {}
    lines: dict[str, str] = {}
    for each in fields(question):
        flag: Flag | None = each.metadata.get("flag")
        if flag is None:
            continue
        if flag.kind == "texts":
            named[each.name] = [options.text_a, options.text_b] if flag.pair else _some(options.text, options.pair)
        elif flag.kind == "sides":
            named[each.name] = _some(vars(options)[f"text_{flag.name}"], vars(options)[f"pair_{flag.name}"])
        elif flag.kind == "text":
            named[each.name] = [vars(options)[each.name]]
        elif flag.kind == "lines":
            name = vars(options)[each.name].removeprefix("@")
            lines[each.name] = read_text("-" if name == "-" else f"@{name}")
    # All at once: only one of them can come from stdin.
    read = iter(read_texts([text for texts in named.values() for text in texts]))
    return {name: [next(read) for _ in texts] for name, texts in named.items()} | lines


def question_of(
    options: argparse.Namespace, question: type[Question], texts: dict[str, Any], models: tuple[Any, ...]
) -> Question:
    """The question that the options ask.

    Raises
    ------
    InputError
        If an edit names no token of the model that reads it.
    """
    values: dict[str, Any] = {}
    for each in fields(question):
        flag: Flag | None = each.metadata.get("flag")
        if flag is None:
            continue
        if flag.kind == "texts":
            edits = edits_of(models[0], options.edit) if flag.edits else []
            values[each.name] = Text(*_two(texts[each.name]), tuple(edits), flag.windows and options.windows)
        elif flag.kind == "sides":
            given = options.edit if flag.name == "a" else options.edit_b
            bundle = models[0] if flag.name == "a" else models[-1]
            values[each.name] = Text(*_two(texts[each.name]), tuple(edits_of(bundle, given)))
        elif flag.kind == "text":
            (values[each.name],) = texts[each.name]
        elif flag.kind == "lines":
            values[each.name] = one_a_line(texts[each.name])
        else:
            values[each.name] = _value(each, vars(options)[each.name])
    return question(**values)


def _add_side(command: argparse.ArgumentParser, flag: Flag) -> None:
    name = flag.name.upper()
    command.add_argument(f"text_{flag.name}", metavar=name, help=flag.help)
    command.add_argument(f"--pair-{flag.name}", metavar="TEXT", help=f"a second segment of {name}")
    if flag.name == "a":
        command.add_argument("--edit", action="append", default=[], metavar="N=TOKEN", help="put a token at a position")
    else:
        command.add_argument(
            "--edit-b", action="append", default=[], metavar="N=TOKEN", help="as --edit, which is A's, of B"
        )


def _add(command: argparse.ArgumentParser, asked: "Field[Any]", flag: Flag) -> None:
    settings: dict[str, Any] = {"help": flag.help}
    default = asked.default
    if default is not MISSING and default not in (None, (), False) and not (flag.repeated or "(default" in flag.help):
        shown = default[0] if isinstance(default, tuple) else default
        settings["help"] = f"{flag.help} (default: {shown})"
    if flag.metavar:
        settings["metavar"] = flag.metavar
    if not flag.name:
        several = {"nargs": "+"} if flag.kind == "words" else {}
        command.add_argument(asked.name, **settings, **several)
        return
    if flag.kind == "switch":
        command.add_argument(flag.name, dest=asked.name, action="store_true", **settings)
        return
    if flag.kind == "number":
        settings["type"] = int
    if flag.allowed:
        settings["choices"] = flag.allowed
    if flag.repeated:
        settings["action"] = "append"
    # The default is the question's own: what nobody gives is left to it.
    command.add_argument(flag.name, dest=asked.name, **settings)


def _value(asked: "Field[Any]", given: Any) -> Any:
    if given is None:
        return asked.default
    if isinstance(given, list):
        return tuple(given)
    return (given,) if isinstance(asked.default, tuple) else given


def _some(*given: str | None) -> list[str]:
    return [each for each in given if each is not None]


def _two(texts: list[str]) -> tuple[str, str | None]:
    return texts[0], texts[1] if len(texts) > 1 else None
