"""What the three commands share: plain output, plain refusals, argument types."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from analysis import cli
from analysis.cli import streams

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
BUNDLED_FOLDER = PROJECT_FOLDER / "analysis" / "bundled"
HELD_OUT_FILE = PROJECT_FOLDER / "training" / "heldout.jsonl.xz"

REFUSED = 2
INTERRUPTED = 130


class Parser(cli.Parser):
    """An argument parser whose complaint is one sentence on stderr, and whose ``--help`` keeps the examples' lines."""

    def __init__(self, prog: str, description: str, examples: str) -> None:
        super().__init__(
            prog=f"python -m {prog}",
            description=description,
            epilog=f"examples:\n{examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"{message}; see {self.prog} --help\n")


def say(line: str = "") -> None:
    """Write a line to stdout at once, so that a run can be followed through a pipe (InputError if it can't be)."""
    streams.write_out(f"{line}\n")


def exit_status(work: Callable[[], None]) -> int:
    """Run a command's work; turn a refusal into one line on stderr and status 2.

    It ends at once where its stdout is closed: its lines say what it does.
    """

    def command() -> int:
        try:
            streams.require_stdout()
            work()
        except KeyboardInterrupt:
            sys.stderr.write("Stopped.\n")
            return INTERRUPTED
        return 0

    return cli.carry_out(command)


def count(text: str) -> int:
    """Argument type: a whole number of 1 or more."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def whole(text: str) -> int:
    """Argument type: a whole number of 0 or more."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def fraction(text: str) -> float:
    """Argument type: a number above 0 and below 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value
