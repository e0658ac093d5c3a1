"""The command line: JSON on stdout, errors as one line on stderr with exit status 2."""

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from analysis.choices import DEFAULT_K, FILL_ORDERS, MASKINGS, READINGS, SPLIT_CONTEXTS, SPLIT_UNITS
from analysis.errors import InputError, PretextError, quoted
from analysis.limits import MAX_TEXT_CHARS
from analysis.version import __version__

_EXAMPLES = """examples:
  python -m analysis read "Paris is the capital of [MASK]." -k 3
  python -m analysis read "She opened the door." --pair "The room was dark."
  python -m analysis read "The keys to the cabinet are here." --hidden word_l2r
  python -m analysis read "War broke out in April." --watch war --watch peace
  python -m analysis pll "The keys to the cabinet are on the table."
  python -m analysis pll "She opened the door." --pair "The room was dark." --masking token
  python -m analysis fill "The [MASK] [MASK] was cold." --order beam --beam 3
  python -m analysis candidates "She [MASK] the door." opened "looked at" painted
  python -m analysis nsp "She opened the door." "The room was dark."
  python -m analysis nsp @first.txt @second.txt --model bert-base-uncased
  cat passage.txt | python -m analysis read -
  python -m analysis splits @passage.txt --unit word --controls 5
  python -m analysis pairs sentences.txt --seed 1
  python -m analysis compare "The old man the boat." "The old man the boats." --reading seen
  python -m analysis compare @text.txt @first.txt --pair-b @second.txt
  python -m analysis models

A text is taken as typed; - reads it from stdin, @file from a UTF-8 file, and -- before it lets it begin with a dash.
A model is 'bundled' (the default, or what PRETEXT_MODEL names), a Hugging Face id, id@revision, or a folder.
--edit 9=word puts a token of the vocabulary (or its id) at position 9 after tokenising, as often as given.
Entropy, surprisal and the copy gap are in bits; PLL, log-probabilities and NSP margins in nats; "exported" is the
date (UTC).
"""


_MOST_DIGITS = 9
"""More than any position or id has."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that names the help of the whole program."""

    def error(self, message: str) -> NoReturn:
        program = " ".join(self.prog.split()[:3])
        self.exit(2, f"{' '.join(message.split())}; see {program} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status (0, or 2 after an error that one line on stderr explains)."""
    options = _parser().parse_args(arguments)
    return carry_out(lambda: _print(options.run(options)))


def carry_out(command: Callable[[], int]) -> int:
    """Run a command whose errors are one line on stderr; returns its exit status, or 2 after an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return command()
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
    parser = Parser(
        prog="python -m analysis",
        description="What BERT's two pre-training heads predict for a text, as JSON.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pretext {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)

    read = commands.add_parser("read", help="every position's distribution: top-k, entropy, surprisal, rank")
    read.add_argument("text", metavar="TEXT", help="a text, - for stdin, or @file")
    add_pair(read)
    add_depth(read, "position")
    read.add_argument("--hidden", choices=MASKINGS, help="hide each token in turn instead of letting the head see it")
    add_windows(read)
    read.add_argument(
        "--watch", action="append", default=[], metavar="WORD", help="its p and rank at every position, too"
    )
    read.set_defaults(run=_read)

    pll = commands.add_parser("pll", help="pseudo-log-likelihood and what is derived from it, by token and by word")
    pll.add_argument("text", metavar="TEXT", help="a text, - for stdin, or @file")
    add_pair(pll)
    pll.add_argument(
        "--masking",
        choices=MASKINGS,
        default="word_l2r",
        help="token: the original PLL; word_l2r: the later pieces of a word hidden too; word: all of them "
        "(default: %(default)s)",
    )
    add_windows(pll)
    pll.set_defaults(run=_pll)

    fill = commands.add_parser("fill", help="fill the [MASK]s of a text, each for itself or jointly")
    fill.add_argument("text", metavar="TEXT", help="a text with [MASK]s, - for stdin, or @file")
    add_pair(fill)
    add_depth(fill, "step")
    fill.add_argument("--order", choices=FILL_ORDERS, help="one order only (default: all, and where they disagree)")
    fill.add_argument("--beam", type=int, default=5, metavar="WIDTH", help="hypotheses kept (default: %(default)s)")
    fill.set_defaults(run=_fill)

    candidates = commands.add_parser("candidates", help="words or phrases against each other for one [MASK]")
    candidates.add_argument("text", metavar="TEXT", help="a text with a [MASK], - for stdin, or @file")
    candidates.add_argument("candidates", metavar="WORD", nargs="+", help="a word or phrase; ##x is a continuation")
    add_pair(candidates)
    candidates.add_argument("--mask", type=int, default=1, metavar="N", help="which [MASK] (default: the first)")
    candidates.add_argument("--reference", metavar="WORD", help="what the odds are against (default: the first)")
    candidates.add_argument("--any-length", action="store_true", help="odds between unequal numbers of pieces too")
    candidates.set_defaults(run=_candidates)

    of_nsp = _add_nsp(commands)
    compare = _add_compare(commands)

    models = commands.add_parser("models", help="the models that need no network")
    models.set_defaults(run=_models)

    for command in (read, pll, fill, candidates, compare):
        add_edits(command)
    for command in (read, pll, fill, candidates, *of_nsp, compare):
        add_model(command)
    return parser


def add_pair(command: argparse.ArgumentParser) -> None:
    """Let a command take a second segment."""
    command.add_argument("--pair", metavar="B", help="a second segment")


def add_depth(command: argparse.ArgumentParser, of: str) -> None:
    """Let a command take the number of predictions ``of`` a position or a step."""
    command.add_argument("-k", type=int, default=DEFAULT_K, help=f"predictions per {of} (default: %(default)s)")


def add_windows(command: argparse.ArgumentParser) -> None:
    """Let a command read long texts in windows."""
    command.add_argument("--windows", action="store_true", help="read a text that is too long in overlapping windows")


def add_edits(command: argparse.ArgumentParser) -> None:
    """Let a command put tokens at positions."""
    command.add_argument("--edit", action="append", default=[], metavar="N=TOKEN", help="put a token at a position")


def add_model(command: argparse.ArgumentParser) -> None:
    """Let a command name a model and its arithmetic."""
    command.add_argument("--model", metavar="SPEC", help="'bundled', a Hugging Face id, or a folder")
    command.add_argument(
        "--dtype",
        metavar="DTYPE",
        help="fp32, bf16 (faster, a little less exact), or auto (default: what PRETEXT_DTYPE says, else fp32)",
    )


def _add_nsp(commands: Any) -> list[argparse.ArgumentParser]:
    """The commands of the next-sentence head."""
    nsp = commands.add_parser("nsp", help="the next-sentence logits of a pair, segmented rightly and wrongly")
    nsp.add_argument("text_a", metavar="A", help="first text, - for stdin, or @file")
    nsp.add_argument("text_b", metavar="B", help="second text, - for stdin, or @file")
    nsp.set_defaults(run=_nsp)

    splits = commands.add_parser("splits", help="the next-sentence margin at every boundary of a text, with controls")
    splits.add_argument("text", metavar="TEXT", help="a text, - for stdin, or @file")
    splits.add_argument("--unit", choices=SPLIT_UNITS, default="sentence", help="where to cut (default: %(default)s)")
    splits.add_argument(
        "--context",
        choices=SPLIT_CONTEXTS,
        default="text",
        help="all of the text on either side, or the adjacent sentences only (default: %(default)s)",
    )
    splits.add_argument(
        "--sentence-at",
        type=int,
        action="append",
        metavar="N",
        help="a character at which a sentence begins, instead of those found, as often as given",
    )
    _controls(splits, 5)
    splits.set_defaults(run=_splits)

    pairs = commands.add_parser("pairs", help="the next-sentence margins of all ordered pairs of sentences")
    pairs.add_argument("file", metavar="FILE", help="one sentence a line; - for stdin")
    _controls(pairs, 20)
    pairs.set_defaults(run=_pairs)
    return [nsp, splits, pairs]


def _add_compare(commands: Any) -> argparse.ArgumentParser:
    compare = commands.add_parser("compare", help="two readings on aligned tokens: divergence, deltas, what moved")
    compare.add_argument("text_a", metavar="A", help="a text, - for stdin, or @file")
    compare.add_argument("text_b", metavar="B", help="the text beside it, - for stdin, or @file")
    compare.add_argument("--pair-a", metavar="TEXT", help="a second segment of A")
    compare.add_argument("--pair-b", metavar="TEXT", help="a second segment of B")
    compare.add_argument(
        "--reading", choices=READINGS, default="hidden", help="whether a position sees its token (default: %(default)s)"
    )
    compare.add_argument("--masking", choices=MASKINGS, default="word_l2r", help="as for pll (default: %(default)s)")
    add_depth(compare, "position")
    compare.add_argument(
        "--edit-b", action="append", default=[], metavar="N=TOKEN", help="as --edit, which is A's, of B"
    )
    compare.add_argument("--model-b", metavar="SPEC", help="the model that reads B (default: A's)")
    compare.set_defaults(run=_compare)
    return compare


def _controls(command: argparse.ArgumentParser, count: int) -> None:
    command.add_argument(
        "--controls", type=int, default=count, metavar="R", help="controls from other texts (default: %(default)s)"
    )
    command.add_argument("--seed", type=int, default=0, help="what they are drawn with (default: %(default)s)")


def _read(options: argparse.Namespace) -> dict[str, Any]:
    texts = texts_of(options)
    from analysis import export
    from analysis.tasks import seen as mlm
    from analysis.texts import pieces

    bundle = bundle_of(options)
    how = {
        "k": options.k,
        "edits": edits_of(bundle, options.edit),
        "in_windows": options.windows,
        "watch": [pieces.id_to_follow(bundle, word) for word in options.watch],
    }
    if options.hidden is None:
        return export.seen_reading(mlm.read_seen(bundle, *texts, **how))
    return export.hidden_reading(mlm.read_hidden(bundle, *texts, masking=options.hidden, **how))


def _pll(options: argparse.Namespace) -> dict[str, Any]:
    texts = texts_of(options)
    from analysis import export
    from analysis.tasks import scores
    from analysis.tasks import seen as mlm

    bundle = bundle_of(options)
    reading = mlm.read_hidden(
        bundle,
        *texts,
        masking=options.masking,
        k=1,
        edits=edits_of(bundle, options.edit),
        in_windows=options.windows,
    )
    return export.sentence_score(scores.score(reading), reading)


def _fill(options: argparse.Namespace) -> dict[str, Any]:
    texts = texts_of(options)
    from analysis import export
    from analysis.tasks import fill

    bundle = bundle_of(options)
    orders = FILL_ORDERS if options.order is None else (options.order,)
    result = fill.fill_masks(
        bundle, *texts, orders=orders, k=options.k, beam=options.beam, edits=edits_of(bundle, options.edit)
    )
    return export.fill_result(result)


def _candidates(options: argparse.Namespace) -> dict[str, Any]:
    texts = texts_of(options)
    given: list[str] = options.candidates
    if options.reference is not None and options.reference not in given:
        given = [options.reference, *given]
    from analysis import export
    from analysis.tasks import fill

    bundle = bundle_of(options)
    contest = fill.score_candidates(
        bundle,
        *texts,
        candidates=given,
        mask=options.mask,
        reference=0 if options.reference is None else given.index(options.reference),
        any_length=options.any_length,
        edits=edits_of(bundle, options.edit),
    )
    return export.candidate_contest(contest)


def edits_of(bundle: Any, given: list[str]) -> list[tuple[int, int]]:
    """What --edit gave, ``9=election`` or ``9=2602``, as (9, 2602)."""
    from analysis.texts import pieces

    edits = []
    for each in given:
        position, _, token = each.partition("=")
        if not _is_number(position) or not token:
            raise InputError(f"The edit '{quoted(each)}' came: write the position and a token, as in 9=election.")
        edits.append((int(position), int(token) if _is_number(token) else pieces.id_of(bundle, token)))
    return edits


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _MOST_DIGITS


def _nsp(options: argparse.Namespace) -> dict[str, Any]:
    texts = _texts([options.text_a, options.text_b])
    from analysis import export
    from analysis.tasks import segmentations as nsp

    bundle = bundle_of(options)
    return export.segmentation_comparison(nsp.compare_segmentations(bundle, *texts))


def _splits(options: argparse.Namespace) -> dict[str, Any]:
    (text,) = _texts([options.text])
    from analysis import export
    from analysis.tasks import splits

    bundle = bundle_of(options)
    plan = splits.plan_splits(
        bundle,
        text,
        unit=options.unit,
        context=options.context,
        controls=options.controls,
        seed=_seed(options),
        sentence_starts=options.sentence_at,
    )
    return export.split_sweep(splits.sweep_of(bundle, plan, _logits(bundle, plan)))


def _pairs(options: argparse.Namespace) -> dict[str, Any]:
    name = options.file.removeprefix("@")
    content = _text("-" if name == "-" else f"@{name}")
    from analysis import export
    from analysis.tasks import pairs

    bundle = bundle_of(options)
    sentences = [line.strip() for line in content.splitlines() if line.strip()]
    plan = pairs.plan_pairs(bundle, sentences, controls=options.controls, seed=_seed(options))
    return export.pair_matrix(pairs.matrix_of(bundle, plan, _logits(bundle, plan)))


def _logits(bundle: Any, plan: Any) -> Any:
    """The next-sentence logits of a plan's inputs; a person at a terminal is told first what that takes."""
    from analysis.models import estimate
    from analysis.tasks import segmentations as nsp

    if sys.stderr.isatty():
        found = estimate.estimate_nsp(bundle, plan.inputs)
        sys.stderr.write(
            f"{found.passes:,} passes of the model over {found.tokens:,} tokens, by estimate {found.seconds:.1f} s\n"
        )
        sys.stderr.flush()
    return nsp.read_nsp(bundle, plan.inputs)


def _compare(options: argparse.Namespace) -> dict[str, Any]:
    given = [options.text_a, options.text_b, options.pair_a, options.pair_b]
    read = iter(_texts([text for text in given if text is not None]))
    text_a, text_b, pair_a, pair_b = (None if text is None else next(read) for text in given)
    from analysis import export
    from analysis.tasks import compare

    bundle = bundle_of(options)
    other = (
        bundle if options.model_b is None else bundle_of(argparse.Namespace(model=options.model_b, dtype=options.dtype))
    )
    found = compare.compare_inputs(
        bundle,
        compare.Given(text_a or "", pair_a, tuple(edits_of(bundle, options.edit))),
        compare.Given(text_b or "", pair_b, tuple(edits_of(other, options.edit_b))),
        other=other,
        reading=options.reading,
        masking=options.masking,
        k=options.k,
    )
    return export.comparison(found)


def _seed(options: argparse.Namespace) -> int:
    if options.seed < 0:
        raise InputError(f"The seed {options.seed} came: give 0 or a larger whole number.")
    return options.seed


def _models(_options: argparse.Namespace) -> dict[str, Any]:
    from analysis.models import hub, store

    listed = [{"spec": store.BUNDLED, "revision": store.bundled_revision(), "where": "in this package"}]
    listed += [{"spec": spec, "revision": commit, "where": "local cache"} for spec, commit in hub.cached_models()]
    return {"models": listed}


def bundle_of(options: argparse.Namespace) -> Any:
    """The model that --model and --dtype name, loaded."""
    from analysis.models import forward, store

    store.quiet_transformers()
    forward.set_threads()
    return store.load_bundle(options.model, _show_progress if sys.stderr.isatty() else None, dtype=options.dtype)


def _show_progress(done: int, total: int) -> None:
    end = "\n" if done >= total else ""
    sys.stderr.write(f"\rdownloading: {done / 1e6:.0f} of {total / 1e6:.0f} MB{end}")
    sys.stderr.flush()


def texts_of(options: argparse.Namespace) -> list[str]:
    """TEXT and what --pair gave, from wherever they come: one text or two."""
    return _texts([options.text, *([] if options.pair is None else [options.pair])])


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
