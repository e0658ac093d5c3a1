"""Ettinger's diagnostics: what a model expects at the end of a context, and whether a change of it matters."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.batch.recipe import Values
from analysis.batch.scores import GAP, Side
from analysis.batch.suites.rates import parted, share, shares
from analysis.batch.suites.suite import REPEATED, Alternatives, Batches, Reported, Rule, Suite, View
from analysis.errors import InputError, quoted
from analysis.types import Estimate, SummaryGroup

_ITEM = pa.schema(
    [
        pa.field("row", pa.int64()),
        pa.field("line", pa.int64()),
        pa.field("test", pa.string()),
        pa.field("part", pa.string()),
        pa.field("item", pa.string()),
        pa.field("condition", pa.string()),
        pa.field("cloze", pa.float64()),
        pa.field("good_text", pa.string()),
        pa.field("good_words", pa.list_(pa.string())),
        pa.field("bad_text", pa.string()),
        pa.field("bad_words", pa.list_(pa.string())),
        pa.field(REPEATED, pa.bool_()),
        pa.field("error", pa.string()),
    ]
)
_CPRAG = ("item", "context_s1", "context_s2", "expected", "within_category", "between_category", "constraint")
_ROLE = ("item", "context", "expected", "exp_cloze", "target", "tgt_cloze")
_NEG = ("item", "context_aff", "context_neg", "target_aff", "target_neg")
_ARTICLE = re.compile(r" \(.+\)")
_NOTICEABLE = 0.01
"""Difference of two probabilities that is told apart from a smaller one."""
_ACCURACY, _SENSITIVITY = "accuracy", "sensitivity"
_QUARTERS = (25, 50, 75)

Row = dict[str, Any]
Halves = dict[str, dict[str, Row]]
Items = Iterator[Row]


def diagnostics(batches: Batches, _name: str) -> Iterator[pa.RecordBatch]:
    """The contexts of a file with what is expected there, and the comparisons of two probabilities."""
    seen: set[str] = set()
    halves: Halves = {}
    number = 0
    for batch in batches:
        rows: list[Row] = []
        for row in batch.to_pylist():
            for each in _made(row, halves):
                number += 1
                if each.get("part") == _ACCURACY:
                    each[REPEATED] = each["good_text"] in seen
                    seen.add(each["good_text"])
                rows.append({"row": number, "line": row["row"], **each})
        yield pa.RecordBatch.from_pylist(rows, _ITEM)
    lone = [(item, which, each) for item, both in halves.items() for which, each in both.items()]
    rows = [
        {"row": number + at, "line": each["line"], "item": item, "error": _LONE.format(item, which)}
        for at, (item, which, each) in enumerate(lone, start=1)
    ]
    if rows:
        yield pa.RecordBatch.from_pylist(rows, _ITEM)


def _made(row: Row, halves: Halves) -> list[Row]:
    """The items of a row; one that can't be read is one with an error."""
    if row.get("error") is not None:
        return [{"error": row["error"]}]
    of = next((of for needed, of in _READERS if set(needed) <= row.keys()), None)
    if of is None:
        return [{"error": "The columns are those of none of the diagnostics: give one of their files as it is."}]
    try:
        return list(of(row, halves))
    except InputError as error:
        return [{"error": str(error)}]


def _cprag(row: Row, _halves: Halves) -> Items:
    item, first, second, expected, within, between, constraint = (_text(row, name) for name in _CPRAG)
    context = f"{first} {second} {GAP}"
    about = {"test": "CPRAG-102", "item": item, "condition": f"constraint {constraint}"}
    good = {"good_text": context, "good_words": [expected]}
    yield {**about, "part": _ACCURACY, **good}
    yield {**about, "part": _SENSITIVITY, **good, "bad_text": context, "bad_words": [within, between]}


def _role(row: Row, halves: Halves) -> Items:
    item, _, which = _text(row, "item").rpartition("-")
    context, expected, target = (_text(row, name) for name in ("context", "expected", "target"))
    # Of a completion of several words the first: one place is read.
    words = [each.split()[0] for each in expected.split("|") if each.strip()]
    if not words:
        raise InputError(_EMPTY.format("expected"))
    about = {"test": "ROLE-88", "item": _text(row, "item")}
    text = f"{context} {GAP}"
    yield {**about, "part": _ACCURACY, "good_text": text, "good_words": words, "cloze": _share_of(row, "exp_cloze")}
    halves.setdefault(item, {})[which] = {"text": text, "word": target.split()[0], "line": row["row"]}
    both = halves[item]
    if {"a", "b"} <= both.keys():
        a, b = both.pop("a"), both.pop("b")
        good = {"good_text": a["text"], "good_words": [a["word"]]}
        bad = {"bad_text": b["text"], "bad_words": [b["word"]]}
        yield {"test": "ROLE-88", "item": item, "part": _SENSITIVITY, **good, **bad}


def _neg(row: Row, _halves: Halves) -> Items:
    item, affirmative, negative, true, false = (_text(row, name) for name in _NEG)
    simple = _ARTICLE.search(affirmative) is not None
    licensing = {"Y": "licensed", "N": "unlicensed"}.get(str(row.get("licensing")).strip(), "")
    about = {"test": "NEG-136-SIMP" if simple else "NEG-136-NAT", "item": item}

    def at(context: str, word: str, side: str) -> Row:
        return {f"{side}_text": _with_article(context, word), f"{side}_words": [word]}

    yield {**about, "part": _ACCURACY, "condition": f"affirmative {licensing}".strip(), **at(affirmative, true, "good")}
    for polarity, context, good, bad in (
        ("affirmative", affirmative, true, false),
        ("negative", negative, false, true),
    ):
        sides = at(context, good, "good") | at(context, bad, "bad")
        yield {**about, "part": _SENSITIVITY, "condition": f"{polarity} {licensing}".strip(), **sides}


def _with_article(context: str, word: str) -> str:
    """The context with the article that the word needs in the place of ``(a|an)``."""
    if _ARTICLE.search(context) is None:
        return f"{context} {GAP}"
    article = "an" if word[0] in "aeiou" else "a"
    return f"{_ARTICLE.sub('', context)} {article} {GAP}"


def _text(row: Row, name: str) -> str:
    """What stands in a column; InputError if nothing does."""
    found = str("" if row[name] is None else row[name]).strip()
    if not found:
        raise InputError(_EMPTY.format(name))
    return found


def _share_of(row: Row, name: str) -> float:
    try:
        return float(_text(row, name))
    except ValueError:
        raise InputError(f"The column {name} holds '{quoted(str(row[name]))}': write a share, as 0.25.") from None


_EMPTY = "The column {} is empty in this row: write what the diagnostic needs there."
_LONE = "Item {} has the context {} alone: both, a and b, are compared."
_READERS: tuple[tuple[tuple[str, ...], Callable[[Row, Halves], Items]], ...] = (
    (_CPRAG, _cprag),
    (_ROLE, _role),
    (_NEG, _neg),
)


def at_gap(values: Values) -> tuple[Alternatives, ...]:
    """What should stand at the end of the context, any of it, and what all of it should be above."""
    return tuple(
        tuple(Side(values[f"{side}_text"], word=word) for word in values.get(f"{side}_words") or ())
        for side in ("good", "bad")
    )


def report(view: View) -> Reported:
    """Accuracies at 1 and 5 of the contexts, sensitivities of the comparisons; of ROLE by quarter of cloze, too."""
    rank = view.number("good_rank")
    codes, parts = view.kept.group("part")
    part = np.array([*parts, ""])[codes]
    accuracy, sensitivity = (
        (part == _ACCURACY) & np.isfinite(rank),
        (part == _SENSITIVITY) & np.isfinite(view.difference),
    )
    either = accuracy | sensitivity
    quarter = _quarters(view.kept.number("cloze"), accuracy)
    groups = []
    for by, own, names in (*parted(view, either), ("quarter of cloze", quarter[either], ("1", "2", "3", "4"))):
        for number, name in enumerate(names):
            mine = np.flatnonzero(either)[own == number]
            found = [*_accuracies(rank, mine[accuracy[mine]], view.seed)]
            found += _sensitivities(view, mine[sensitivity[mine]])
            if len(mine) or not by:
                groups.append(SummaryGroup(by, name, len(mine), tuple(found)))
    return Reported(tuple(groups), _DEFINITIONS, either)


def _quarters(cloze: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """[N]: which quarter the likeliest completion's cloze probability is in, 0 to 3; -1 where none is given."""
    known = accuracy & np.isfinite(cloze)
    if not known.any():
        return np.full(len(cloze), -1)
    return np.where(known, np.searchsorted(np.percentile(cloze[known], _QUARTERS), cloze, side="left"), -1)


def _accuracies(rank: np.ndarray, mine: np.ndarray, seed: int) -> Iterator[Estimate]:
    if len(mine):
        yield from (share(f"accuracy_at_{k}", rank[mine] <= k, seed) for k in (1, 5))


def _sensitivities(view: View, mine: np.ndarray) -> Iterator[Estimate]:
    if len(mine):
        difference = view.difference[mine]
        yield from shares(_SENSITIVE, difference, view.seed)
        yield share("sensitivity_by_0.01", difference > _NOTICEABLE, view.seed)


_SENSITIVE = Rule(_SENSITIVITY, "share of comparisons with p(good) above p of every rival; a tie is none")
_DEFINITIONS = (
    ("accuracy_at_1", "share of contexts, each once, with an expected word as the most probable"),
    ("accuracy_at_5", "share of contexts, each once, with an expected word among the five most probable"),
    (_SENSITIVE.name, _SENSITIVE.says),
    ("sensitivity_ties_apart", "the same among those without a tie"),
    ("sensitivity_ties_half", "the same with a tie as one half"),
    ("sensitivity_by_0.01", "the same, above by more than 0.01"),
)

ETTINGER = Suite(
    name="ettinger",
    title="Ettinger's diagnostics",
    says="CPRAG-102 (expectations), ROLE-88 (who did what to whom) and NEG-136 (negation): what ends a context",
    source="Ettinger 2020, github.com/aetting/lm-diagnostics",
    licence="MIT",
    columns=(_CPRAG, _ROLE, _NEG),
    recognises=lambda names: any(set(needed) <= set(names) for needed, _ in _READERS),
    sides=("good", "bad"),
    sides_of=at_gap,
    scores=("p-at-k",),
    own=("p-at-k",),
    rule=Rule("accuracy", "accuracy of the contexts at 1 and 5, sensitivity of the comparisons, by test and condition"),
    report=report,
    groups=("test", "condition"),
    numbers=("cloze",),
    names=("part",),
    items=diagnostics,
)
