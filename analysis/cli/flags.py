"""A parser made of what is asked for, and the values that the parsed options give.

A question says of each field how a command line asks for it; a page of the dashboard says it of its texts.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from analysis.cli.given import check_stdin, edits_of, read_file, read_table, read_text
from analysis.errors import InputError
from analysis.flag import Flag
from analysis.lines import one_a_line
from analysis.questions import Question, Text


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that a command line asks for: the name of its value, the flag, what holds where nobody gives it."""

    name: str
    flag: Flag
    default: Any = None


def asked_by(question: type[Question]) -> tuple[Asked, ...]:
    """What a question's command asks for."""
    return tuple(
        Asked(each.name, each.metadata["flag"], each.default) for each in fields(question) if "flag" in each.metadata
    )


def add_flags(command: argparse.ArgumentParser, asked: Sequence[Asked]) -> None:
    """Let a command take what is asked for."""
    for each in asked:
        if each.flag.kind == "texts":
            _add_texts(command, each.flag)
        elif each.flag.kind == "sides":
            _add_side(command, each.flag)
        else:
            _add(command, each)


def add_model(command: argparse.ArgumentParser) -> None:
    """Let a command name a model, its arithmetic, and where it computes."""
    command.add_argument("--model", metavar="SPEC", help="'bundled', a Hugging Face id, or a folder")
    command.add_argument(
        "--dtype",
        metavar="DTYPE",
        help="fp32, bf16 (a little less exact, faster on some processors), or auto, which times both (default: what "
        "PRETEXT_DTYPE says, else fp32)",
    )
    add_device(command)


def add_device(command: argparse.ArgumentParser) -> None:
    """Let a command name a device."""
    command.add_argument(
        "--device",
        metavar="DEVICE",
        help="cpu, cuda, mps, or auto: a GPU where there is one (default: what PRETEXT_DEVICE says, else cpu)",
    )


def read_given(options: argparse.Namespace, asked: Sequence[Asked]) -> dict[str, Any]:
    """The texts that the options name, from wherever they come, by name: before a model is loaded.

    InputError if one can't be read.
    """
    named: dict[str, list[str | None]] = {}
    files: dict[str, str] = {}
    for each in asked:
        flag = each.flag
        if flag.kind == "texts":
            named[each.name] = [options.text_a, options.text_b] if flag.pair else [options.text, options.pair]
        elif flag.kind == "sides":
            named[each.name] = [vars(options)[f"text_{flag.name}"], vars(options)[f"pair_{flag.name}"]]
        elif flag.kind == "text":
            named[each.name] = [vars(options)[each.name]]
        elif flag.kind in {"lines", "file"} and vars(options)[each.name] is not None:
            files[each.name] = vars(options)[each.name].removeprefix("@")
    check_stdin([*(text for texts in named.values() for text in texts if text is not None), *files.values()])
    read = {name: [None if text is None else read_text(text) for text in texts] for name, texts in named.items()}
    tables = {each.name for each in asked if each.flag.kind == "file"}
    return read | {name: read_table(file) if name in tables else _lines_of(file) for name, file in files.items()}


def values_of(
    options: argparse.Namespace, asked: Sequence[Asked], texts: dict[str, Any], models: tuple[Any, ...]
) -> dict[str, Any]:
    """The values that the options give, by name; ``texts`` are those of ``read_given``.

    InputError if an edit names no token of the model that reads it.
    """
    return {each.name: _value_of(options, each, texts, models) for each in asked}


def _value_of(options: argparse.Namespace, each: Asked, texts: dict[str, Any], models: tuple[Any, ...]) -> Any:
    flag = each.flag
    if flag.kind == "texts":
        edits = edits_of(models[0], options.edit) if flag.edits else []
        return Text(*texts[each.name], edits=tuple(edits), in_windows=flag.windows and options.windows)
    if flag.kind == "sides":
        given, bundle = (options.edit, models[0]) if flag.name == "a" else (options.edit_b, models[-1])
        return Text(*texts[each.name], edits=tuple(edits_of(bundle, given)))
    if flag.kind in {"text", "lines", "file"} and each.name in texts:
        read = texts[each.name]
        return read[0] if flag.kind == "text" else read if flag.kind == "file" else _lines(flag, read)
    given = vars(options)[each.name]
    if given is None:
        return each.default
    if isinstance(given, list) or isinstance(each.default, tuple):
        return tuple(given) if isinstance(given, list) else (given,)
    return given


def _lines_of(name: str) -> str:
    return read_text("-") if name == "-" else read_file(name)


def _lines(flag: Flag, text: str) -> tuple[str, ...]:
    """The lines of a file; InputError if one that need not be given holds none."""
    lines = one_a_line(text)
    if flag.name and not lines:
        raise InputError(f"The file for {flag.name} holds no words: write one passage a line, or leave it out.")
    return lines


def _add_texts(command: argparse.ArgumentParser, flag: Flag) -> None:
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


def _add_side(command: argparse.ArgumentParser, flag: Flag) -> None:
    name = flag.name.upper()
    command.add_argument(f"text_{flag.name}", metavar=name, help=flag.help)
    command.add_argument(f"--pair-{flag.name}", metavar="TEXT", help=f"a second segment of {name}")
    edit, says = ("--edit", "put a token at a position") if name == "A" else ("--edit-b", "as --edit, of B")
    command.add_argument(edit, action="append", default=[], metavar="N=TOKEN", help=says)


def _add(command: argparse.ArgumentParser, asked: Asked) -> None:
    flag, default = asked.flag, asked.default
    settings: dict[str, Any] = {"help": flag.help}
    shown = default[0] if isinstance(default, tuple) and default else default
    if isinstance(shown, str | int) and not (flag.repeated or flag.kind == "switch" or "(default" in flag.help):
        settings["help"] = f"{flag.help} (default: {shown})"
    if not flag.name:
        several = {"nargs": "+"} if flag.kind == "words" else {}
        command.add_argument(asked.name, metavar=flag.metavar or asked.name.upper(), **settings, **several)
        return
    if flag.metavar:
        settings["metavar"] = flag.metavar
    if flag.kind == "switch":
        command.add_argument(flag.name, dest=asked.name, action="store_true", **settings)
        return
    if flag.kind == "number":
        settings["type"] = int
    if flag.allowed:
        settings["choices"] = flag.allowed
    if flag.repeated:
        settings["action"] = "append"
    # The default is not argparse's: what nobody gives is left to the question.
    command.add_argument(flag.name, dest=asked.name, **settings)
