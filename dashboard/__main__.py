"""``python -m dashboard report``: a text's report as one HTML file, without a server."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import cli
from analysis.choices import MASKINGS
from analysis.errors import InputError
from analysis.version import __version__
from dashboard.glossary import COPY_GAP, ENTROPY, TOKEN_MEASURES

if TYPE_CHECKING:
    from analysis.models.bundle import ModelBundle
    from dashboard.text_report import TextResults

_SEEN, _HIDDEN = "seen", "hidden"

_EXAMPLES = """examples:
  python -m dashboard report "Paris is the capital of [MASK]." -o paris.html
  python -m dashboard report "The keys to the cabinet are here." --measure surprisal --masking token
  python -m dashboard report "She opened the door." --pair "The room was dark." -k 5
  python -m dashboard report @passage.txt --windows --reading seen
  python -m dashboard report "War broke out in April." --edit 1=peace --model bert-base-uncased
  cat passage.txt | python -m dashboard report - -o passage.html

A text is taken as typed; - reads it from stdin, @file from a UTF-8 file, and -- before it lets it begin with a dash.
A model is 'bundled' (the default, or what PRETEXT_MODEL names), a Hugging Face id, id@revision, or a folder.
--edit 9=word puts a token of the vocabulary (or its id) at position 9 after tokenising, as often as given.
The file needs nothing else: it opens without a network, and a file of the same name is replaced.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status (0, or 2 after an error that one line on stderr explains)."""
    options = _parser().parse_args(arguments)
    return cli.carry_out(lambda: _report(options))


def _parser() -> argparse.ArgumentParser:
    parser = cli.Parser(
        prog="python -m dashboard",
        description="What the dashboard shows of a text, as one HTML file that needs nothing else.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pretext {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=cli.Parser)
    report = commands.add_parser(
        "report",
        help="the figures and tables of a text or pair, with what they mean and how they were made",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    report.add_argument("text", metavar="TEXT", help="a text, - for stdin, or @file")
    cli.add_pair(report)
    report.add_argument(
        "--reading",
        choices=(_SEEN, _HIDDEN),
        default=_HIDDEN,
        help="hidden: each token hidden in turn, beside what the head says when it sees them; seen: only the latter, "
        "which takes one pass (default: %(default)s)",
    )
    report.add_argument(
        "--masking",
        choices=MASKINGS,
        default="word_l2r",
        help="what is hidden with a token: it alone, the later pieces of its word too, or all of them "
        "(default: %(default)s)",
    )
    cli.add_depth(report, "position")
    report.add_argument(
        "--measure",
        choices=tuple(TOKEN_MEASURES),
        default=ENTROPY.key,
        help="colours the tokens (default: %(default)s)",
    )
    cli.add_edits(report)
    cli.add_windows(report)
    cli.add_model(report)
    report.add_argument(
        "-o", "--output", metavar="FILE", default="report.html", help="the file to write (default: %(default)s)"
    )
    return parser


def _report(options: argparse.Namespace) -> int:
    texts = cli.texts_of(options)
    if options.measure == COPY_GAP.key and options.reading == _SEEN:
        raise InputError("The copy gap compares seen with hidden: leave --reading seen out, or choose another measure.")
    target = _target(options.output)
    from dashboard.paper.report import html_report
    from dashboard.text_report import text_report

    results = _results(cli.bundle_of(options), texts, options)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    content = html_report(text_report(results, masking=options.masking, measure=options.measure, made=made)).encode()
    try:
        target.write_bytes(content)
    except OSError:
        raise _not_written() from None
    sys.stderr.write(f"Wrote {target}, {len(content) / 1e6:.1f} MB.\n")
    return 0


def _target(name: str) -> Path:
    """The file to write, if it looks as if it could be: seconds before its content is there."""
    target = Path(name)
    try:
        if "\0" not in name and target.parent.is_dir() and not target.is_dir():
            return target
    except OSError:
        pass
    raise _not_written()


def _results(bundle: "ModelBundle", texts: list[str], options: argparse.Namespace) -> "TextResults":
    from analysis.tasks import hidden
    from analysis.tasks import seen as mlm
    from analysis.tasks import segmentations as nsp
    from analysis.types import TokenStatistics
    from dashboard.text_report import TextResults

    edits = cli.edits_of(bundle, options.edit)
    seen = mlm.read_seen(bundle, *texts, k=options.k, edits=edits, in_windows=options.windows)
    unseen = []
    if options.reading == _HIDDEN:
        plan = hidden.plan_hidden(bundle, seen.encoded, MASKINGS)
        parts = []
        for start, stop in plan.chunks_of(hidden.tokens_at_once(bundle)):
            parts.append(hidden.read_rows(bundle, plan, (start, stop), options.k))
            _show_progress(stop, len(plan.inputs))
        rows = TokenStatistics.joined(parts)
        unseen = [hidden.reading_of(bundle, plan, rows, seen, masking) for masking in MASKINGS]
    comparing = options.pair is not None and bundle.nsp.real
    return TextResults(
        seen=seen,
        hidden=tuple(unseen),
        comparison=nsp.compare_segmentations(bundle, *texts) if comparing else None,
        why_no_nsp=bundle.nsp.why_absent,
        dtype=bundle.dtype,
    )


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        sys.stderr.write(f"\rreading with each token hidden: {done:,} of {total:,} inputs{end}")
        sys.stderr.flush()


def _not_written() -> InputError:
    return InputError("The report can't be written to the file named after -o: check its folder, its rights and space.")


if __name__ == "__main__":
    sys.exit(main())
