"""A view as a Python snippet: the calls of ``analysis`` behind a page's numbers, for a person to run and to change.

Whatever a view holds reaches the snippet as a literal or, in the first comment, made printable: what was typed stays
data.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from analysis.errors import InputError, quoted
from analysis.tasks.compare import Given
from analysis.types import Edit
from analysis.version import __version__
from dashboard.controls import compare as compare_controls
from dashboard.controls import fill as fill_controls
from dashboard.controls import pairs as pairs_controls
from dashboard.controls import splits as splits_controls
from dashboard.controls import tokens as tokens_controls
from dashboard.examples import NOTEBOOK_A, NOTEBOOK_B
from dashboard.state import ViewState

_COLUMNS = 88
"""Width of a line, black's: a page shows a snippet beside other things."""
_INDENT = "    "

Literal = str | int | Edit | list[str] | list[int] | list[Edit]


class _Code(NamedTuple):
    """A page's part of a snippet.

    ``names`` are what it takes from ``analysis`` besides ``load_bundle``, ``lines`` everything below the loaded model.
    """

    names: tuple[str, ...]
    lines: list[str]
    imports: tuple[str, ...] = ()


def snippet(view: ViewState) -> str:
    """Python source that gives the numbers which a page shows for a view.

    Parameters
    ----------
    view
        As the page's own controls made it.

    Returns
    -------
    str
        It can be written as UTF-8 whatever the view holds, and leaves the page's main result in ``result`` (a contest
        of candidates in ``contest``).

    Raises
    ------
    InputError
        If there is no such page, or the view asks for nothing that could be computed.
    """
    if view.page not in _PAGES:
        raise InputError(f"The page '{quoted(view.page)}' came: choose one of {', '.join(_PAGES)}.")
    code = _PAGES[view.page](view)
    return "\n".join(
        [
            f"# Pretext {__version__}, model {_printable(view.model)}",
            "# Save it as snippet.py and run it in Pretext's folder: python snippet.py",
            f"from analysis import {', '.join(sorted(('load_bundle', *code.names)))}",
            *code.imports,
            "",
            *_called("bundle", "load_bundle", [_literal(view.model)]),
            *code.lines,
            "",
        ]
    )


def _tokens(view: ViewState) -> _Code:
    given, hidden = view.input, tokens_controls.shows_hidden(view)
    name = "read_hidden" if hidden else "read_seen"
    arguments = [
        *_given_texts(view),
        *([f"masking={_literal(tokens_controls.masking_of(view))}"] if hidden else []),
        f"k={view.number('k')}",
        *(["edits=edits"] if given.edits else []),
        *(["in_windows=True"] if given.in_windows else []),
        *(["watch=watch"] if given.follow else []),
    ]
    lines = [
        *_texts(view),
        *(_assigned("edits", list(given.edits)) if given.edits else []),
        *_watch(given.follow),
        *_called("result", name, arguments),
        "",
        "summary = summarise(result)",
        'print(f"{summary.n_counted} positions that count")',
        'print(f"mean entropy {summary.mean_entropy_bits:.2f} bits")',
        'print(f"mean surprisal {summary.mean_surprisal_bits:.2f} bits")',
        'print(f"own token first at {summary.share_rank_1:.0%} of them")',
        *(['print(f"pseudo-log-likelihood {score(result).pll_nats:.2f} nats")'] if hidden else []),
        *_at_position(view.option("position"), hidden),
        *_followed(given.follow),
    ]
    imports = ("from analysis.encoding import id_to_follow",) if given.follow else ()
    return _Code((name, "summarise", *(["score"] if hidden else [])), lines, imports)


def _watch(follow: Sequence[str]) -> list[str]:
    if not follow:
        return []
    return [*_assigned("follow", list(follow)), "watch = [id_to_follow(bundle, word) for word in follow]"]


def _at_position(position: object, hidden: bool) -> list[str]:
    if not isinstance(position, int):
        return []
    return [
        "",
        f"position = {position}",
        "numbers = result.statistics",
        'print(f"position {position}: {result.encoded.tokens[position]}")',
        'print(f"entropy {numbers.entropy_bits[position]:.2f} bits")',
        'print(f"surprisal {numbers.surprisal_bits[position]:.2f} bits")',
        'print(f"rank {numbers.rank[position]}")',
        *(['print(f"copy gap {result.copy_gap_bits[position]:+.2f} bits")'] if hidden else []),
        "for token, p in zip(result.top_tokens[position], numbers.top_p[position]):",
        '    print(f"  {token}: p = {p:.4f}")',
    ]


def _followed(follow: Sequence[str]) -> list[str]:
    if not follow:
        return []
    return [
        "",
        "for word, p in zip(follow, result.statistics.watched_p.T):",
        '    print(f"{word}: at most p = {p.max():.4f}, at position {p.argmax()}")',
    ]


def _fill(view: ViewState) -> _Code:
    orders, steps = fill_controls.orders_of(view), view.name("steps")
    # The page takes no width into account for the other orders either.
    beam = [f"beam={view.number('beam')}"] if "beam" in orders else []
    lines = [
        *_texts(view),
        *_assigned("orders", list(orders)),
        *_called("result", "fill_masks", [*_given_texts(view), "orders=orders", f"k={view.number('k')}", *beam]),
        "",
        "for filling in result.fillings:",
        '    words = " ".join(filling.tokens)',
        '    print(f"{filling.order}: {words}, {filling.total_nats:.2f} nats")',
    ]
    if steps in orders:
        lines += [
            "",
            f"for step in result[{_literal(steps)}].steps:",
            '    print(f"position {step.position}: {step.token}, {step.logp_nats:.2f} nats")',
        ]
    candidates = fill_controls.parsed(view.name("candidates"))
    if not candidates:
        return _Code(("fill_masks",), lines)
    return _Code(("fill_masks", "score_candidates"), [*lines, "", *_contest(view, candidates)])


def _contest(view: ViewState, candidates: tuple[str, ...]) -> list[str]:
    reference = view.name("reference")
    arguments = [
        *_given_texts(view),
        "candidates=candidates",
        f"mask={view.number('gap')}",
        f"reference={candidates.index(reference) if reference in candidates else 0}",
        f"any_length={bool(view.option('any_length'))}",
    ]
    return [
        *_assigned("candidates", list(candidates)),
        *_called("contest", "score_candidates", arguments),
        "# The odds are nan between unequal numbers of pieces unless any_length is True.",
        "for candidate, odds in zip(contest.candidates, contest.odds_bits):",
        '    total = f"{candidate.total_nats:.2f} nats"',
        '    print(f"{candidate.text}: {total}, log odds {odds:+.2f} bits")',
    ]


def _next_sentence(view: ViewState) -> _Code:
    lines = [
        *_assigned("text_a", view.text_a),
        *_assigned("text_b", view.text_b or ""),
        *_called("result", "compare_segmentations", ["bundle", "text_a", "text_b"]),
        "",
        'answer, effects = result["correct"].nsp, result.effects',
        'print(f"P(IsNext) = {answer.p_is_next:.4f}")',
        "for variant in result.variants:",
        '    print(f"{variant.name}: margin {variant.nsp.margin_nats:+.2f} nats")',
        'print(f"the middle [SEP] adds {effects.separator_nats:+.2f} nats")',
        'print(f"segment ids add {effects.segment_ids_nats:+.2f} nats")',
    ]
    return _Code(("compare_segmentations",), lines)


def _splits(view: ViewState) -> _Code:
    asked = splits_controls.question(view)
    arguments = [
        "bundle",
        "text",
        f"unit={_literal(asked.unit)}",
        f"context={_literal(asked.context)}",
        f"controls={asked.controls}",
        f"seed={asked.seed}",
        *([] if asked.starts is None else ["sentence_starts=starts"]),
    ]
    lines = [
        *_assigned("text", asked.text),
        *([] if asked.starts is None else _assigned("starts", list(asked.starts))),
        *_called("result", "sweep_splits", arguments),
        "",
        "margins = result.margin_nats",
        'print(f"{len(margins)} boundaries, mean margin {margins.mean():+.2f} nats")',
        *(['print(f"mean contrast {result.contrast_nats.mean():+.2f} nats")'] if asked.controls else []),
        "# The largest margins, ten at most: there are hundreds between words.",
        "for number in margins.argsort()[::-1][:10]:",
        "    at = result.boundaries[number].at",
        '    print(f"before {text[at : at + 24]!r}: {margins[number]:+.2f} nats")',
    ]
    return _Code(("sweep_splits",), lines)


def _pairs(view: ViewState) -> _Code:
    asked = pairs_controls.question(view)
    arguments = ["bundle", "sentences", f"controls={asked.controls}", f"seed={asked.seed}"]
    lines = [
        *_assigned("sentences", list(asked.sentences)),
        *_called("result", "pair_matrix", arguments),
        "",
        "for i in range(len(sentences) - 1):",
        '    print(f"{i + 1}, {i + 2}: margin {result.margin_nats[i, i + 1]:+.2f} nats")',
        "if result.adjacency is not None:",
        '    print(f"AUC within the text {result.adjacency.value:.2f}")',
        "if result.other_text is not None:",
        '    print(f"AUC against other texts {result.other_text.value:.2f}")',
        "if result.true_order_rank is not None:",
        '    print(f"rank of the order as given {result.true_order_rank}")',
    ]
    return _Code(("pair_matrix",), lines)


def _compare(view: ViewState) -> _Code:
    asked = compare_controls.question(view)
    two = asked.model_b != view.model
    arguments = [
        *("bundle", "a", "b"),
        *(["other=other"] if two else []),
        f"reading={_literal(asked.reading)}",
        *([f"masking={_literal(asked.masking)}"] if asked.reading == "hidden" else []),
        f"k={view.number('k')}",
    ]
    lines = [
        *(_called("other", "load_bundle", [_literal(asked.model_b)]) if two else []),
        *_side("a", asked.a),
        *_side("b", asked.b),
        *_called("result", "compare_inputs", arguments),
        "",
        *(_BY_WORD if two else []),
        *(f"{_INDENT if two else ''}{line}" for line in _BY_TOKEN),
    ]
    return _Code(("Given", "compare_inputs", *(["WordComparison"] if two else [])), lines)


_BY_TOKEN = (
    "a, b, js = result.a.encoded.tokens, result.b.encoded.tokens, result.divergence.js_bits",
    "for n, (i, j) in enumerate(zip(result.index_a, result.index_b)):",
    '    pair = f"{a[i] if i >= 0 else None} | {b[j] if j >= 0 else None}"',
    '    print(f"{pair}: {result.kinds[n]}, JS {js[n]:.3f} bits")',
    '    print("  moved most:", *result.mover_tokens[n][:3])',
)
_BY_WORD = (
    "if isinstance(result, WordComparison):",
    '    print("bits per character of A and of B:", *result.bits_per_character)',
    "    for word, change in zip(result.words_a, result.delta_surprisal_bits):",
    '        print(f"{word.text}: B - A {change:+.2f} bits")',
    "else:",
)


def _side(name: str, given: Given) -> list[str]:
    arguments = [f"text_{name}"]
    lines = _assigned(f"text_{name}", given.text_a)
    if given.text_b is not None:
        lines += _assigned(f"second_{name}", given.text_b)
        arguments.append(f"second_{name}")
    if given.edits:
        lines += _assigned(f"edits_{name}", list(given.edits))
        arguments.append(f"edits=tuple(edits_{name})")
    return [*lines, f"{name} = Given({', '.join(arguments)})"]


def _tour(view: ViewState) -> _Code:
    lines = [
        *_assigned("a", NOTEBOOK_A),
        *_assigned("b", NOTEBOOK_B),
        "mask = bundle.tokenizer.mask_token",
        'a, b = a.replace("[MASK]", mask), b.replace("[MASK]", mask)',
        "",
        'result = read_seen(bundle, f"{a} {b}")',
        'print(f"{len(result.encoded)} tokens, {result.n_vocabulary:,} logits each")',
        'print(" ".join(words[0] for words in result.top_tokens))',
        "for i in result.encoded.masked.nonzero()[0]:",
        "    best, p = result.top_tokens[i][0], result.statistics.top_p[i, 0]",
        '    print(f"{mask} at position {i}: {best}, p = {p:.4f}")',
        "",
        "if bundle.nsp.real:",
        "    pair = compare_segmentations(bundle, a, b)",
        '    for name in ("one_segment", "correct"):',
        '        print(f"{name}: margin {pair[name].nsp.margin_nats:+.4f} nats")',
    ]
    return _Code(("compare_segmentations", "read_seen"), lines)


def _model(view: ViewState) -> _Code:
    lines = [
        "result = bundle.provenance()",
        "",
        'print(f"{result.spec}, revision {result.revision}")',
        'print(f"{result.architecture}, {result.dtype}, {bundle.n_bytes / 1e6:.0f} MB")',
        'print(f"at most {bundle.max_tokens} tokens, {bundle.n_vocabulary:,} columns")',
        'for name, head in (("masked-LM", bundle.mlm), ("next-sentence", bundle.nsp)):',
        '    state = "its weights came with the checkpoint" if head.real else head.why_absent',
        '    print(f"{name} head: {state}")',
    ]
    return _Code((), lines)


_PAGES: dict[str, Callable[[ViewState], _Code]] = {
    "tokens": _tokens,
    "fill": _fill,
    "next_sentence": _next_sentence,
    "splits": _splits,
    "pairs": _pairs,
    "compare": _compare,
    "tour": _tour,
    "model": _model,
}


def _given_texts(view: ViewState) -> list[str]:
    return ["bundle", "text_a", *([] if view.text_b is None else ["text_b"])]


def _texts(view: ViewState) -> list[str]:
    return [*_assigned("text_a", view.text_a), *([] if view.text_b is None else _assigned("text_b", view.text_b))]


def _called(target: str, function: str, arguments: Sequence[str]) -> list[str]:
    line = f"{target} = {function}({', '.join(arguments)})"
    if len(line) <= _COLUMNS:
        return [line]
    return [f"{target} = {function}(", *(f"{_INDENT}{each}," for each in arguments), ")"]


def _assigned(name: str, value: Literal) -> list[str]:
    first, *rest = _spread(value, _COLUMNS, beside=len(f"{name} = "))
    return [f"{name} = {first}", *rest]


def _spread(value: Literal, width: int, beside: int) -> list[str]:
    """A literal on as many lines as it takes; ``beside`` columns of a line that it shares are taken."""
    line, inside = _literal(value), width - len(_INDENT)
    if len(line) > width - beside and isinstance(value, str):
        return ["(", *(f"{_INDENT}{_literal(part)}" for part in _parts(value, inside)), ")"]
    if len(line) > width - beside and isinstance(value, list):
        items = [_spread(item, inside, beside=len(",")) for item in value]
        return ["[", *(f"{_INDENT}{each}" for *lines, last in items for each in (*lines, f"{last},")), "]"]
    return [line]


def _parts(text: str, width: int) -> list[str]:
    """The text in stretches whose literals fit, cut behind white space where there is some."""
    parts, start = [], 0
    while start < len(text):
        longest = text[start : start + width]
        fits = bisect_right(range(1, len(longest) + 1), width, key=lambda n: len(_literal(longest[:n])))
        stretch = longest[:fits]
        if start + fits < len(text):
            stretch = stretch[: max((i + 1 for i, char in enumerate(stretch) if char.isspace()), default=fits)]
        parts.append(stretch)
        start += len(stretch)
    return parts


def _literal(value: Literal) -> str:
    """Python source of a value on one line; ``repr`` escapes whatever can't be printed, lone surrogates too."""
    if isinstance(value, list):
        return f"[{', '.join(_literal(each) for each in value)}]"
    if isinstance(value, str) and '"' not in value:
        # With an apostrophe in front of the text, repr takes double quotes, as black would.
        return '"' + repr("'" + value)[2:]
    return repr(value)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
