"""``python -m dashboard report``: a page's report as one HTML file, without a server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import cli
from analysis.cli import flags, given
from analysis.cli.flags import Asked
from analysis.errors import InputError, quoted
from analysis.flag import Flag
from analysis.questions import Text
from analysis.version import __version__
from dashboard.about import About
from dashboard.glossary import UNITS
from dashboard.page import Choice, Count, Decimal, Option, Page, Pick, Results, Several, Switch, Words
from dashboard.pages import PAGES
from dashboard.pages.compare import MODELS
from dashboard.view import ViewState

if TYPE_CHECKING:
    from dashboard.paper.report import Report

_EXAMPLES = """examples:
  python -m dashboard report tokens "Paris is the capital of [MASK]." -o paris.html
  python -m dashboard report tokens "The keys to the cabinet are here." --measure surprisal --reading hidden
  python -m dashboard report tokens @passage.txt --windows
  python -m dashboard report fill "She [MASK] the door." --candidates opened --candidates painted
  python -m dashboard report layers "Paris is the capital of [MASK]." --follow france
  python -m dashboard report attention "She opened the door." --summary distance_tokens
  python -m dashboard report influence "The keys to the cabinet [MASK] here." --word are
  python -m dashboard report next_sentence "She opened the door." "The room was dark."
  python -m dashboard report splits @passage.txt --unit word
  python -m dashboard report pairs sentences.txt --controls 10
  python -m dashboard report batch pairs.csv --suite pairs
  python -m dashboard report compare "The key is here." "The keys are here." --model bert-base-uncased
  python -m dashboard report pretext-tokens-session.json -o again.html
  python -m dashboard report curves summary.json -o curves.html

What comes after 'report' is a page or a session file, which is computed anew.
A text is taken as typed; - reads it from stdin, @file from a UTF-8 file, and -- before it lets it begin with a dash.
A model is 'bundled' (the default, or what PRETEXT_MODEL names), a Hugging Face id, id@revision, or a folder.
--edit 9=word puts a token of the vocabulary (or its id) at position 9 after tokenising, as often as given.
The file needs nothing else: it opens without a network, and a file of the same name is replaced.
"""
_TEXT = "a text, - for stdin, or @file"
_NOT_WRITTEN = "The report can't be written to the file named after -o: check its folder, its rights and space."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status (0, or 2 after an error that one line on stderr explains)."""
    given_arguments = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(_session_named(given_arguments))
    return cli.carry_out(lambda: options.run(options))


def _session_named(arguments: list[str]) -> list[str]:
    """``report FILE.json`` as ``report session FILE.json``."""
    if len(arguments) > 1 and arguments[0] == "report" and arguments[1].endswith(".json"):
        return [arguments[0], "session", *arguments[1:]]
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = cli.Parser(
        prog="python -m dashboard",
        description="What a page of the dashboard shows, as one HTML file that needs nothing else.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pretext {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=cli.Parser)
    report = commands.add_parser(
        "report",
        help="a page's figures and tables, with what they mean and how they were made",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pages = report.add_subparsers(required=True, metavar="PAGE", parser_class=cli.Parser)
    for page in PAGES.values():
        command = pages.add_parser(page.key, help=page.asks, description=page.asks)
        flags.add_flags(command, _texts_of(page))
        for option in page.options:
            _add_option(command, option)
        command.add_argument("--units", choices=UNITS, default="usual", help="units (default: %(default)s)")
        flags.add_model(command)
        command.set_defaults(page=page, run=_report)
    session = pages.add_parser("session", help="the view of a session file, computed anew")
    session.add_argument("file", metavar="FILE.json", help="saved by 'Session file' at the foot of a page")
    session.add_argument("--dtype", metavar="DTYPE", help="as for a page")
    flags.add_device(session)
    session.set_defaults(run=_of_session)
    curves = pages.add_parser("curves", help="what several revisions come to, from the summary of a batch")
    curves.add_argument("file", metavar="FILE.json", help="what 'python -m analysis batch ... --summary' wrote")
    curves.set_defaults(run=_of_curves)
    for command in pages.choices.values():
        command.add_argument(
            "-o", "--output", metavar="FILE", default="report.html", help="the file to write (default: %(default)s)"
        )
    return parser


def _texts_of(page: Page) -> tuple[Asked, ...]:
    edits, windows = page.texts.edits, page.texts.windows
    return {
        "none": (),
        "text": (Asked("text", Flag("text", _TEXT)),),
        "segments": (Asked("text", Flag("texts", _TEXT, edits=edits, windows=windows)),),
        "pair": (Asked("text", Flag("texts", _TEXT, pair=True, edits=edits)),),
        "lines": (Asked("text", Flag("lines", "one sentence a line; - for stdin", metavar="FILE")),),
        "table": (Asked("text", Flag("file", "the rows, a file of text; - for stdin", metavar="FILE")),),
        "sides": (Asked("a", Flag("sides", _TEXT, "a")), Asked("b", Flag("sides", "the text beside it", "b"))),
    }[page.texts.kind]


def _add_option(command: argparse.ArgumentParser, option: Option) -> None:
    """Let a command take an option of its page; those that only fields on screen can set are left to their defaults."""
    if option.place == "none" and not (isinstance(option, Pick) or (isinstance(option, Words) and not option.lines)):
        return
    name = f"--{option.name.replace('_', '-')}" if len(option.name) > 1 else f"-{option.name}"
    file = isinstance(option, Words) and option.from_file
    often = isinstance(option, Several) or (isinstance(option, Words) and option.lines and not file)
    said = option.label[0].lower() + option.label[1:] + (", as often as given" if often else "")
    said += ", one a line in a file" if file else ""
    default = "" if option.default in (None, "", False) else f" (default: {option.default})"
    settings: dict[str, Any] = {"action": "append"} if often else {}
    if isinstance(option, Switch):
        settings["action"] = "store_true"
    elif isinstance(option, Decimal):
        settings |= {"type": float, "metavar": "X"}
    elif isinstance(option, Count | Pick) or isinstance(option.default, int):
        settings |= {"type": int, "metavar": "N"}
    elif isinstance(option, Choice | Several) and option.allowed:
        settings["choices"] = option.allowed
    else:
        settings["metavar"] = "WORDS" if often else "FILE" if file else "VALUE"
    command.add_argument(name, dest=f"option_{option.name}", help=f"{said}{default}".replace("%", "%%"), **settings)


def _report(options: argparse.Namespace) -> int:
    target = _target(options.output)
    page: Page = options.page
    asked = _texts_of(page)
    texts = flags.read_given(options, asked)
    chosen: dict[str, Any] = {"units": options.units}
    for option in page.options:
        value = getattr(options, f"option_{option.name}", None)
        if isinstance(value, list):
            value = ("\n" if isinstance(option, Words) else ",").join(value)
        elif value is not None and isinstance(option, Words) and option.from_file:
            value = given.read_file(value)
        if value is not None:
            chosen[option.name] = value
    other = chosen.get("model_b")
    if other:
        chosen["mode"] = MODELS
    specs = [options.model, *([other] if other else [])]
    models = tuple(given.load_model(spec, options.dtype, options.device) for spec in specs)
    values = flags.values_of(options, asked, texts, models).values()
    read = (value if isinstance(value, Text | str) else "\n".join(value) for value in values)
    typed = tuple(each if isinstance(each, Text) else Text(each) for each in read)
    view = ViewState(page.key, models[0].spec, typed).with_options(**chosen)
    return _write(page, page.check(view), models, target, chosen)


def _write(page: Page, view: ViewState, models: tuple[Any, ...], target: Path, chosen: Collection[str] = ()) -> int:
    """Write the report of a view; what was ``chosen`` and is not there is refused, as a field would not offer it."""
    from analysis.tasks import ask
    from dashboard.paper.page_report import report_of
    from dashboard.paper.snippet import snippet

    progress = given.show_parts if sys.stderr.isatty() else None
    questions = page.questions(view, About.of(models[0]))
    if not questions:
        raise InputError(f"The page {page.title} asks nothing of this text, so there is nothing to report: add a gap.")
    found = {name: ask(models, question, progress) for name, question in questions.items()}
    results = Results(found, frozenset(found), questions=questions)
    settled = page.settled(view, results)
    for name in chosen:
        if settled.option(name) != view.option(name):
            raise page.option(name).refuse(view.option(name), "one that this text has")
    report = report_of(
        page,
        settled,
        results,
        snippet=snippet(page, settled, questions),
        link=None,
        made=_now(),
        tokens_of=lambda spec: next(model for model in models if model.spec == spec).tokens_of,
    )
    return _written(report, target)


def _written(report: Report, target: Path) -> int:
    from dashboard.paper.report import html_report

    content = html_report(report).encode()
    try:
        target.write_bytes(content)
    except OSError:
        raise InputError(_NOT_WRITTEN) from None
    sys.stderr.write(f"Wrote {target}, {len(content) / 1e6:.1f} MB.\n")
    return 0


def _of_session(options: argparse.Namespace) -> int:
    """The report of a session file's view, computed anew."""
    from dashboard.paper import session

    target = _target(options.output)
    content = _read(options.file, "session file")
    view = session.load(content).view
    if view.page not in PAGES:
        raise InputError(f"The page '{quoted(view.page)}' came, which this Pretext does not have: update Pretext.")
    page = PAGES[view.page]
    view = page.check(view)
    models = tuple(given.load_model(spec, options.dtype, options.device) for spec in page.models(view))
    return _write(page, view, models, target)


def _of_curves(options: argparse.Namespace) -> int:
    """The report of the curves in a batch's summary."""
    from dashboard.paper import curves

    target = _target(options.output)
    return _written(curves.report_of_curves(_read(options.file, "summary"), _now()), target)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _read(name: str, what: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except (OSError, ValueError):
        raise InputError(f"The {what} can't be read: check its name and its permissions.") from None


def _target(name: str) -> Path:
    """The file to write, if it looks as if it could be: seconds before its content is there."""
    target = Path(name)
    with suppress(OSError):
        if "\0" not in name and target.parent.is_dir() and not target.is_dir():
            return target
    raise InputError(_NOT_WRITTEN)


if __name__ == "__main__":
    sys.exit(main())
