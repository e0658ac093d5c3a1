"""``python -m analysis batch``: the rows of a file through the models, into a table."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from analysis import memory
from analysis.choices import DEFAULT_K, DEFAULT_MASKING, MASKINGS, PUNCTUATION, READINGS
from analysis.cli import flags
from analysis.errors import InputError, quoted

_SAYS = "score the rows of a file: texts, pairs, or a suite's items"
_EXAMPLES = """examples:
  python -m analysis batch texts.csv -o scored.parquet
  python -m analysis batch texts.txt -o scored.csv --measures seen,pll --tokens tokens.parquet
  python -m analysis batch pairs.jsonl -o scored.jsonl --measures nsp --columns text_a=premise,text_b=hypothesis
  python -m analysis batch texts.parquet -o scored.parquet --measures pll --model bundled,bert-base-uncased --workers 2
  python -m analysis batch texts.parquet -o scored.parquet --measures pll --resume
  python -m analysis batch texts.parquet -o part-3.parquet --measures pll --shard 3/8
  python -m analysis batch texts.parquet -o scored.parquet --measures pll --engine ray --workers 16

Every row of the file is a row of the output, in the same order, with its number in the column row, its own columns, and
what was measured; one that can't be read says why in the column error. Equal rows are scored once. Whatever ends a run,
what is done is kept beside the output, and the same command with --resume goes on exactly.
"""


def add_batch(commands: Any) -> None:
    """Let a command line score files."""
    command = commands.add_parser(
        "batch", help=_SAYS, description=_SAYS, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = command.add_argument
    add("source", metavar="IN", type=Path, help="a CSV, TSV, JSONL, JSON or Parquet file, or one text a line")
    add("-o", "--output", metavar="OUT", type=Path, required=True, help="a name that ends in .parquet, .csv or .jsonl")
    add("--tokens", metavar="OUT", type=Path, help="a second table, one row per token")
    add("--summary", metavar="FILE", type=Path, help="keep the summary, which stdout has, as a JSON file, too")
    what = command.add_mutually_exclusive_group()
    what.add_argument("--measures", metavar="NAMES", help="seen, pll, nsp, or other commands' names, of every row")
    what.add_argument(
        "--suite",
        metavar="NAME",
        help="a suite's name, or auto (the default): the one whose columns the file has, else seen of every row",
    )
    add("--scores", metavar="NAMES", default="", help="named scores of a suite or of pairs (default: the suite's own)")
    add(
        "--columns",
        metavar="LIST",
        action="append",
        default=[],
        help="where columns have other names, as in text_a=premise",
    )
    add("--format", metavar="NAME", help="of the file: csv, tsv, jsonl, json, parquet or text (default: by its name)")
    add(
        "--masking",
        choices=MASKINGS,
        action="append",
        help=f"what a hidden reading hides, as often as given (default: {DEFAULT_MASKING})",
    )
    add("--reading", choices=READINGS, default="hidden", help="what compare compares (default: hidden)")
    add(
        "--punctuation",
        choices=PUNCTUATION,
        default="attached",
        help="whether punctuation at a word's edge is part of it where regions are counted",
    )
    add("--template", metavar="TEXT", help="for nsp-candidates: the text in whose {label} each candidate is put")
    add("--label", metavar="WORD", action="append", default=[], help="for nsp-candidates: a candidate of every row")
    add(
        "--neutral",
        metavar="TEXT",
        action="append",
        help="for nsp-candidates: a text that says nothing, whose margin is taken off; '' takes nothing off",
    )
    add("-k", type=int, default=DEFAULT_K, help=f"predictions per token of the second table (default: {DEFAULT_K})")
    add("--model", metavar="SPECS", help="'bundled', Hugging Face ids, id@revision or folders, with commas between")
    add("--dtype", metavar="DTYPE", help="fp32, bf16 or auto (default: what PRETEXT_DTYPE says, else fp32)")
    flags.add_device(command)
    add("--workers", metavar="N", type=int, default=1, help="processes at once, which share the cores (default: 1)")
    add("--shard", metavar="I/N", default="0/1", help="one of N parts of the file: 1/4 to 4/4, or 0/4 to 3/4")
    add("--engine", choices=("local", "ray"), default="local", help="this machine, or a cluster (requirements-ray.txt)")
    add("--limit", metavar="N", type=int, help="only the first N rows")
    begin = command.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_const", dest="begin", const="resume", help="go on with a broken run")
    begin.add_argument("--force", action="store_const", dest="begin", const="anew", help="write over an earlier run")
    command.set_defaults(run=run_batch)


def run_batch(options: argparse.Namespace) -> dict[str, Any]:
    """Carry out a run; returns its summary as JSON. PretextError or KeyboardInterrupt leave what is done."""
    memory.keep_few_kernels(os.environ)
    shard, columns = shard_of(options.shard), _columns(",".join(options.columns))
    from analysis.batch.disk import write_whole
    from analysis.batch.recipe import DEFAULT_NEUTRAL, Settings
    from analysis.batch.run import Job, run
    from analysis.export.summary import summary
    from analysis.models import store
    from analysis.version import SCHEMA_VERSION

    settings = Settings(
        models=_names(options.model or store.default_spec()),
        dtype=options.dtype,
        device=options.device,
        measures=("seen",) if options.measures is None else _names(options.measures),
        suite=options.suite or ("auto" if options.measures is None else None),
        scores=_names(options.scores),
        columns=columns,
        maskings=tuple(dict.fromkeys(options.masking or (DEFAULT_MASKING,))),
        reading=options.reading,
        punctuation=options.punctuation,
        template=options.template,
        labels=tuple(options.label),
        neutral=DEFAULT_NEUTRAL if options.neutral is None else tuple(each for each in options.neutral if each),
        k=options.k,
    )
    job = Job(
        options.source,
        options.output,
        settings,
        tokens=options.tokens,
        format=options.format,
        limit=options.limit,
        shard=shard,
        workers=options.workers,
        engine=options.engine,
        begin=options.begin or "fresh",
    )
    progress = Progress()
    try:
        found = run(job, progress.watch())
    except KeyboardInterrupt:
        progress.stopped()
        raise
    finally:
        progress.close()
    said = {"schema": SCHEMA_VERSION, "taken_for": found.says, **summary(found.summary), "means": found.means}
    if options.summary is not None:
        content = json.dumps(said, ensure_ascii=False, indent=2).encode()
        write_whole(options.summary, "The summary", lambda stream: stream.write(content))
    return said


_MOST_DIGITS = 6


class Progress:
    """Tells a person at a terminal what a run will take, how far it is, and how to go on with one that was stopped."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._rows = self._done = 0

    def watch(self) -> Any:
        """What a run tells."""
        from analysis.batch.run import Watch

        return Watch(self._started, self._went_on)

    def stopped(self) -> None:
        """Say how to go on."""
        self.close()
        if self._rows:
            sys.stderr.write(
                f"Stopped: {self._done:,} of {self._rows:,} rows are done and kept. The same command with --resume "
                "goes on.\n"
            )

    def close(self) -> None:
        """End the line of progress."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _started(self, start: Any) -> None:
        self._rows, self._done = start.rows, start.done
        if not sys.stderr.isatty():
            return
        from tqdm import tqdm

        found = start.estimate
        equal = f", {start.duplicates:,} of them equal to others" if start.duplicates else ""
        sys.stderr.write(
            f"{start.says}\n{start.rows:,} rows{equal}: about {found.passes:,} passes of the model over "
            f"{found.tokens:,} tokens, by estimate {_duration(found.seconds)}\n"
        )
        self._bar = tqdm(total=start.rows, initial=start.done, unit=" rows", smoothing=0, file=sys.stderr)

    def _went_on(self, rows: int) -> None:
        self._done += rows
        if self._bar is not None:
            self._bar.update(rows)


def shard_of(given: str) -> tuple[int, int]:
    """``1/4`` as (1, 4), ``4/4`` as ``0/4``: arrays of jobs count from 0 or from 1. InputError if it is no part."""
    number, _, of = given.partition("/")
    known = all(each.isascii() and each.isdecimal() and len(each) <= _MOST_DIGITS for each in (number, of))
    if not known or not 0 <= int(number) <= int(of) or int(of) < 1:
        raise InputError(f"The shard '{quoted(given)}' came: write 1/4 to 4/4 (or 0/4 to 3/4) for the four of four.")
    return int(number) % int(of), int(of)


def _names(given: str) -> tuple[str, ...]:
    return tuple(name for name in (each.strip() for each in given.split(",")) if name)


def _columns(given: str) -> tuple[tuple[str, str], ...]:
    pairs = [each.partition("=") for each in _names(given)]
    for meaning, equals, column in pairs:
        if not (meaning and equals and column):
            raise InputError(
                f"The columns '{quoted(given)}' came: write what a column means and its name, as in text_a=premise."
            )
    return tuple((meaning.strip(), column.strip()) for meaning, _, column in pairs)


def _duration(seconds: float) -> str:
    if seconds < 100:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"  # noqa: PLR2004
