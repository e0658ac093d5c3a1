"""The command line: JSON on stdout, errors as one line on stderr with exit status 2."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

from analysis import hosting
from analysis.cli import flags, given, streams
from analysis.cli.batch import add_batch
from analysis.errors import PretextError
from analysis.questions import Question
from analysis.tasks import TASKS, task_of
from analysis.version import SCHEMA_VERSION, __version__

_EXAMPLES = """examples:
  python -m analysis read "Paris is the capital of [MASK]." -k 3
  python -m analysis read "She opened the door." --pair "The room was dark."
  python -m analysis read "The keys to the cabinet are here." --hidden word_l2r
  python -m analysis read "War broke out in April." --watch war --watch peace
  python -m analysis distribution "Paris is the capital of [MASK]." --position 6
  python -m analysis pll "The keys to the cabinet are on the table."
  python -m analysis pll "She opened the door." --pair "The room was dark." --masking token
  python -m analysis fill "The [MASK] [MASK] was cold." --order beam --beam 3
  python -m analysis candidates "She [MASK] the door." opened "looked at" painted
  python -m analysis nsp "She opened the door." "The room was dark."
  python -m analysis nsp @first.txt @second.txt --model bert-base-uncased
  cat passage.txt | python -m analysis read -
  python -m analysis splits @passage.txt --unit word --controls 5
  python -m analysis splits @kapitel.txt --language de --controls-from passages.txt
  python -m analysis pairs sentences.txt --seed 1
  python -m analysis percentile "She opened the door." "The room was dark." --controls 50
  python -m analysis compare "The old man the boat." "The old man the boats." --reading seen
  python -m analysis compare @text.txt @first.txt --pair-b @second.txt
  python -m analysis attention "She opened the door." --pair "The room was dark." --layer 3 --head 5
  python -m analysis patch "The key [MASK] here." "The keys [MASK] here." --target 3=are
  python -m analysis influence "The keys to the cabinet [MASK] here." --target 6=are --curves
  python -m analysis influence "She opened the door." --pair "The room was dark." --target nsp --method gradients
  python -m analysis batch texts.csv -o scored.parquet --measures seen,pll
  python -m analysis table pairs.csv --suite pairs
  python -m analysis models

A text is taken as typed; - reads it from stdin, @file from a UTF-8 file, and -- before it lets it begin with a dash.
A model is 'bundled' (the default, or what PRETEXT_MODEL names), a Hugging Face id, id@revision, or a folder.
--edit 9=word puts a token of the vocabulary (or its id) at position 9 after tokenising, as often as given.
Entropy, surprisal and the copy gap are in bits; PLL, log-probabilities and NSP margins in nats; "exported" is the
date (UTC).
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that names the help of the whole program; its help goes where stdout leads."""

    def error(self, message: str) -> NoReturn:
        program = " ".join(self.prog.split()[:3])
        self.exit(2, f"{' '.join(message.split())}; see {program} --help\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        # Argparse writes help and version here, to a stderr in place of a closed stdout.
        to_stderr = file is not None and file is sys.stderr
        streams.make_ready()
        if to_stderr:
            super()._print_message(message, sys.stderr)
            return
        try:
            streams.write_out(message)
        except BrokenPipeError:
            self.exit()
        except PretextError as error:
            self.exit(2, f"{error}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status (0, or 2 after an error that one line on stderr explains)."""
    options = _parser().parse_args(arguments)
    return carry_out(lambda: _print(options))


def carry_out(command: Callable[[], int]) -> int:
    """Run a command whose errors are one line on stderr; returns its exit status, or 2 after an error."""
    hosting.everything()  # whoever types commands is at home
    streams.make_ready()
    try:
        return command()
    except PretextError as error:
        given.end_line()
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:
        # The reader has enough.
        return 0
    except KeyboardInterrupt:
        given.end_line()
        return 130


def _print(options: argparse.Namespace) -> int:
    streams.require_stdout()
    streams.write_out(json.dumps(options.run(options), ensure_ascii=False, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m analysis",
        description="What BERT's two pre-training heads predict for a text, as JSON.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pretext {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for name, entry in TASKS.items():
        asks = (entry.question.__doc__ or "").partition("\n")[0]
        command = commands.add_parser(name, help=asks, description=asks)
        asked = flags.asked_by(entry.question)
        flags.add_flags(command, asked)
        flags.add_model(command)
        if any(each.flag.own_model for each in asked):
            command.add_argument("--model-b", metavar="SPEC", help="the model that reads B (default: A's)")
        command.set_defaults(run=partial(_answer, entry.question))
    add_batch(commands)
    models = commands.add_parser("models", help="the models that need no network")
    models.set_defaults(run=_models)
    return parser


def _answer(question: type[Question], options: argparse.Namespace) -> dict[str, Any]:
    asks = flags.asked_by(question)
    texts = flags.read_given(options, asks)
    specs = [options.model, *([options.model_b] if getattr(options, "model_b", None) is not None else [])]
    models = tuple(given.load_model(spec, options.dtype, options.device) for spec in specs)
    asked = question(**flags.values_of(options, asks, texts, models))
    task = task_of(asked)
    if not sys.stderr.isatty():
        return task.export(task.answer(models, asked))
    if task.estimate is not None:
        found = task.estimate(models, task.plan(models, asked))
        sys.stderr.write(
            f"{found.passes:,} passes of the model over {found.tokens:,} tokens, by estimate {found.seconds:.1f} s\n"
        )
        sys.stderr.flush()
    return task.export(task.answer(models, asked, given.show_parts))


def _models(_options: argparse.Namespace) -> dict[str, Any]:
    from analysis.models import hub, store

    listed = [{"spec": store.BUNDLED, "revision": store.bundled_revision(), "where": "in this package"}]
    listed += [{"spec": spec, "revision": commit, "where": "local cache"} for spec, commit in hub.cached_models()]
    return {"schema": SCHEMA_VERSION, "models": listed}
