"""The command line: ``list``, ``run``, ``kernels`` and ``page``."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from analysis import cli
from benchmarks import page, results
from benchmarks.checks import WrongAnswerError
from benchmarks.load import figures
from benchmarks.models import MODELS, folders
from benchmarks.results import Report, Result
from benchmarks.setting import Setting
from benchmarks.workloads import WORKLOADS
from training.command import Parser, count, exit_status, say

WRONG = 1
_ALL = "all"
_DTYPES = ("fp32", "bf16")
_PAGE = Path(__file__).parent / "README.md"

_EXAMPLES = """  python -m benchmarks list
  python -m benchmarks run W3 --model small --threads 1 --dtype fp32 --rounds 5 --json w3.json
  python -m benchmarks run all --model small base --dtype fp32 bf16 --json all.json
  python -m benchmarks kernels --model small --threads 1
  python -m benchmarks page all.json --load saturated.json class.json

Exit status: 0, whatever the figures are; 1 if a contender's answers are wrong; 2 after a refusal.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return exit_status(partial(options.run, options))
    except WrongAnswerError as error:
        sys.stderr.write(f"A wrong answer, so nothing was timed. {error}\n")
        return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = Parser("benchmarks", "Pretext against what people use today, as ratios on one machine.", _EXAMPLES)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=cli.Parser)

    listing = commands.add_parser("list", help="the workloads")
    listing.set_defaults(run=_list)

    run = commands.add_parser("run", help="time workloads and keep the results")
    run.add_argument("ids", nargs="+", metavar="ID", choices=(*WORKLOADS, _ALL), help="W1, W2 ... or all")
    run.add_argument("--model", nargs="+", choices=MODELS, default=["small"], help="default: small")
    run.add_argument("--dtype", nargs="+", choices=_DTYPES, default=["fp32"], help="of ours; default: fp32")
    run.add_argument("--threads", type=count, default=1, metavar="N", help="cores of a forward pass; default: 1")
    run.add_argument("--rounds", type=count, default=5, metavar="N", help="turns of each contender; default: 5")
    run.add_argument("--json", type=Path, metavar="FILE", help="where to keep the results")
    run.set_defaults(run=_run)

    kernels = commands.add_parser("kernels", help="which library makes each product here, and what each took")
    kernels.add_argument("--model", nargs="+", choices=MODELS, default=["small"], help="default: small")
    kernels.add_argument("--threads", type=count, default=1, metavar="N", help="cores of a forward pass; default: 1")
    kernels.set_defaults(run=_kernels)

    write = commands.add_parser("page", help="write the page from saved results")
    write.add_argument("results", nargs="*", type=Path, metavar="RESULTS.json", help="none: the page without figures")
    write.add_argument("--load", nargs="*", type=Path, default=[], metavar="FILE", help="of python -m benchmarks.load")
    write.add_argument("--out", type=Path, default=_PAGE, metavar="FILE", help="default: benchmarks/README.md")
    write.set_defaults(run=_page)
    return parser


def _list(_options: argparse.Namespace) -> None:
    for each in WORKLOADS.values():
        say(f"{each.id:4} {each.title}")
        say(f"     against {each.against}; {', '.join(each.models)}; {', '.join(each.dtypes)}")


def _run(options: argparse.Namespace) -> None:
    _prepare(options.threads)
    from benchmarks import machine

    chosen = list(WORKLOADS) if _ALL in options.ids else list(dict.fromkeys(options.ids))
    report = Report(
        date=datetime.now(UTC).date().isoformat(),
        load=machine.load_average(),
        machine=machine.this_machine(),
        versions=machine.versions(),
        results=(),
    )
    done: list[Result] = []
    with folders(options.model) as found:
        for setting in _settings(options, chosen, found):
            say(f"{setting.workload} on {setting.model} ...")
            result = WORKLOADS[setting.workload].run(setting)
            done.append(result)
            for line in page.lines(result):
                say(f"  {line}")
            if options.json is not None:
                # After each workload, so that what is done is kept when the rest is stopped.
                results.write(_with(report, done), options.json)


def _prepare(threads: int) -> None:
    # Before anything imports the libraries: nothing may be looked up on a network.
    os.environ["HF_HUB_OFFLINE"] = "1"
    from analysis.models.forward import set_threads
    from analysis.models.store import quiet_transformers

    quiet_transformers()
    set_threads(threads)


def _kernels(options: argparse.Namespace) -> None:
    _prepare(options.threads)
    from benchmarks.kernels import chosen

    with folders(options.model) as found:
        for model, folder in found.items():
            for line in chosen(model, folder):
                say(f"{model}: {line}")


def _settings(options: argparse.Namespace, chosen: Sequence[str], found: dict[str, Path]) -> list[Setting]:
    """One for each workload and model asked for that go together."""
    settings = []
    for id_ in chosen:
        workload = WORKLOADS[id_]
        dtypes = tuple(each for each in workload.dtypes if each in options.dtype)
        settings += [
            Setting(id_, model, folder, dtypes, options.threads, options.rounds)
            for model, folder in found.items()
            if model in workload.models and dtypes
        ]
    if not settings:
        say("Nothing to run: see python -m benchmarks list for the models and arithmetics of each workload.")
    return settings


def _with(report: Report, done: Sequence[Result]) -> Report:
    return Report(report.date, report.load, report.machine, report.versions, tuple(done))


def _page(options: argparse.Namespace) -> None:
    reports = [results.read(path) for path in options.results]
    loads = [figures.read(path) for path in options.load]
    options.out.write_text(page.page(reports, loads), encoding="utf-8")
    say(f"Wrote {options.out}.")
