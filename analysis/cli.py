"""The command line: JSON on stdout, errors as one line on stderr with exit status 2."""

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from analysis.errors import InputError, PretextError
from analysis.limits import DEFAULT_K, MAX_TEXT_CHARS
from analysis.version import __version__

_EXAMPLES = """examples:
  python -m analysis read "Paris is the capital of [MASK]." -k 3
  python -m analysis read "She opened the door." --pair "The room was dark."
  python -m analysis nsp "She opened the door." "The room was dark."
  python -m analysis nsp @first.txt @second.txt --model bert-base-uncased
  cat passage.txt | python -m analysis read -
  python -m analysis models

A text is taken as typed; - reads it from stdin, @file from a UTF-8 file, and -- before it lets it begin with a dash.
A model is 'bundled' (the default, or what PRETEXT_MODEL names), a Hugging Face id, id@revision, or a folder.
Entropy and surprisal are in bits, NSP margins in nats; "exported" is the date (UTC).
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{' '.join(message.split())}; see python -m analysis --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status (0, or 2 after an error that one line on stderr explains)."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return _print(options.run(options))
    except PretextError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _print(answer: dict[str, Any]) -> int:
    try:
        json.dump(answer, sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has enough (`| head`): leave quietly.
        _drop_output()
    except OSError:
        _drop_output()
        raise InputError("The answer can't be written to where stdout leads: check the space and the rights.") from None
    return 0


def _drop_output() -> None:
    """Send what is still to be flushed nowhere, or Python complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m analysis",
        description="What BERT's two pre-training heads predict for a text, as JSON.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pretext {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    read = commands.add_parser("read", help="every position's distribution: top-k, entropy, surprisal, rank")
    read.add_argument("text", metavar="TEXT", help="a text, - for stdin, or @file")
    read.add_argument("--pair", metavar="B", help="a second segment")
    read.add_argument("-k", type=int, default=DEFAULT_K, help="predictions per position (default: %(default)s)")
    read.set_defaults(run=_read)

    nsp = commands.add_parser("nsp", help="the next-sentence logits of a pair, segmented rightly and wrongly")
    nsp.add_argument("text_a", metavar="A", help="first text, - for stdin, or @file")
    nsp.add_argument("text_b", metavar="B", help="second text, - for stdin, or @file")
    nsp.set_defaults(run=_nsp)

    models = commands.add_parser("models", help="the models that need no network")
    models.set_defaults(run=_models)

    for command in (read, nsp):
        command.add_argument("--model", metavar="SPEC", help="'bundled', a Hugging Face id, or a folder")
    return parser


def _read(options: argparse.Namespace) -> dict[str, Any]:
    texts = _texts([options.text, *([] if options.pair is None else [options.pair])])
    from analysis import export, mlm  # after the arguments are known to be good: these take seconds

    bundle = _bundle(options.model)
    return export.seen_reading(mlm.read_seen(bundle, *texts, k=options.k))


def _nsp(options: argparse.Namespace) -> dict[str, Any]:
    texts = _texts([options.text_a, options.text_b])
    from analysis import export, nsp

    bundle = _bundle(options.model)
    return export.segmentation_comparison(nsp.compare_segmentations(bundle, *texts))


def _models(_options: argparse.Namespace) -> dict[str, Any]:
    from analysis import hub, loading

    listed = [{"spec": loading.BUNDLED, "revision": loading.bundled_revision(), "where": "in this package"}]
    listed += [{"spec": spec, "revision": commit, "where": "local cache"} for spec, commit in hub.cached_models()]
    return {"models": listed}


def _bundle(spec: str | None) -> Any:
    from analysis import forward, loading

    loading.quiet_transformers()
    forward.set_threads()
    return loading.load_bundle(spec, _show_progress if sys.stderr.isatty() else None)


def _show_progress(done: int, total: int) -> None:
    end = "\n" if done >= total else ""
    sys.stderr.write(f"\rdownloading: {done / 1e6:.0f} of {total / 1e6:.0f} MB{end}")
    sys.stderr.flush()


def _texts(given: list[str]) -> list[str]:
    if given.count("-") > 1:
        raise InputError("Only one of the two texts can come from stdin: give the other as text or as @file.")
    return [_text(text) for text in given]


def _text(given: str) -> str:
    if given == "-":
        return _decoded(sys.stdin.buffer.read(_most_bytes()), "Stdin")
    if given.startswith("@") and len(given) > 1:
        try:
            with Path(given[1:]).open("rb") as stream:
                return _decoded(stream.read(_most_bytes()), "The file")
        except (OSError, ValueError):
            raise InputError("The file named after @ can't be read: check its name and its permissions.") from None
    return given


def _most_bytes() -> int:
    # One more than the longest text could take in UTF-8, so that a longer one is still seen to be too long.
    return 4 * MAX_TEXT_CHARS + 1


def _decoded(content: bytes, name: str) -> str:
    if len(content) == _most_bytes():
        raise InputError(
            f"{name} holds more than {MAX_TEXT_CHARS:,} characters, the most that is read: give one passage."
        )
    try:
        return content.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise InputError(f"{name} is not UTF-8 text: save it as UTF-8 and try again.") from None
