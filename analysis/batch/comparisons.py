"""The recipe of comparisons: the row's two texts as inputs of their own, beside each other."""

import math
from dataclasses import replace
from typing import cast

import numpy as np

from analysis.batch.cells import TEXTS, text_in
from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.requests import Work, beside
from analysis.models.bundle import ModelBundle
from analysis.questions import Compare, Text
from analysis.tasks.compare import COMPARE
from analysis.tasks.in_step import ComparePlan, PairRows
from analysis.texts.align import GAP, kind_of
from analysis.types import Encoded, TokenStatistics


def compare_recipe(settings: Settings) -> Recipe:
    """How far two texts' predictions differ, on average over their aligned tokens; every difference is B minus A."""
    reading, masking = settings.reading, settings.masking

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        a, b = (Text(text_in(values, column)) for column in _sides(values))
        # One model's tokens are always comparable.
        plan = cast("ComparePlan", COMPARE.plan((bundle,), Compare(a, b, reading, masking, k=1)))
        # What stands outside C on both sides is in no mean and in no sum.
        kept = tuple(pair for pair in plan.pairs if _counts(plan.a, pair[0]) or _counts(plan.b, pair[1]))
        found = yield from beside(replace(plan, pairs=kept))
        return Scored(_columns_of(plan, kept, found))

    how = "nothing hidden" if reading == "seen" else f"each token hidden ({masking})"
    over = f"over the pairs of tokens, {how}"
    columns = (
        Column("n_tokens_a", "int32", "tokens of A that count"),
        Column("n_tokens_b", "int32", "tokens of B that count"),
        Column("n_pairs", "int32", "aligned tokens that count on both sides: what means are over"),
        Column("n_differing", "int32", "tokens that were replaced, added or taken away from A to B"),
        Column("js_mean_bits", "float64", f"mean Jensen-Shannon divergence {over}", "Lin 1991"),
        Column("js_max_bits", "float64", f"the largest {over}", "Lin 1991"),
        Column("entropy_delta_mean_bits", "float64", f"mean of B's entropy minus A's {over}"),
        Column("surprisal_delta_mean_bits", "float64", f"mean of B's surprisal minus A's {over}"),
        Column("pll_a_nats", "float64", f"sum of ln p of A's tokens, {how}; none of a seen reading"),
        Column("pll_b_nats", "float64", f"sum of ln p of B's tokens, {how}; none of a seen reading"),
        Column("pll_delta_nats", "float64", "the second minus the first: above 0 the head prefers B"),
    )
    return Recipe("compare", (*TEXTS, "other"), columns, score)


def _sides(values: Values) -> tuple[str, str]:
    """The columns of A and B: ``text_a`` and ``text_b``, or ``text`` and ``other``."""
    return ("text", "other") if "other" in values and "text_b" not in values else ("text_a", "text_b")


def _counts(encoded: Encoded, position: int) -> bool:
    return position != GAP and not encoded.outside[position]


def _columns_of(plan: ComparePlan, kept: tuple[tuple[int, int], ...], found: PairRows) -> dict[str, object]:
    both = np.array([_counts(plan.a, i) and _counts(plan.b, j) for i, j in kept], bool)
    (entropy_a, surprisal_a), (entropy_b, surprisal_b) = (
        [_of_pairs(kept, side, rows, each) for each in ("entropy_bits", "surprisal_bits")]
        for side, rows in enumerate((found.a, found.b))
    )
    js = found.divergence.js_bits[both].astype(np.float64)
    ids_a, ids_b = plan.a.ids.tolist(), plan.b.ids.tolist()
    plls = [None, None]
    if plan.hidden is not None:
        plls = [
            math.fsum(surprisal[[_counts(side, pair[which]) for pair in kept]].tolist()) * -math.log(2)
            for which, (side, surprisal) in enumerate(((plan.a, surprisal_a), (plan.b, surprisal_b)))
        ]
    return {
        "n_tokens_a": plan.a.n_counted,
        "n_tokens_b": plan.b.n_counted,
        "n_pairs": int(both.sum()),
        "n_differing": sum(kind_of(pair, ids_a, ids_b) != "match" for pair in plan.pairs),
        "js_mean_bits": float(js.mean()) if len(js) else None,
        "js_max_bits": float(js.max()) if len(js) else None,
        "entropy_delta_mean_bits": float((entropy_b - entropy_a)[both].mean()) if len(js) else None,
        "surprisal_delta_mean_bits": float((surprisal_b - surprisal_a)[both].mean()) if len(js) else None,
        "pll_a_nats": plls[0],
        "pll_b_nats": plls[1],
        "pll_delta_nats": None if plls[0] is None or plls[1] is None else plls[1] - plls[0],
    }


def _of_pairs(kept: tuple[tuple[int, int], ...], side: int, rows: TokenStatistics, name: str) -> np.ndarray:
    """float64 [P]: a side's numbers pair by pair, not a number at its gaps."""
    there = np.array([pair[side] != GAP for pair in kept], bool)
    values = np.full(len(kept), np.nan)
    values[there] = getattr(rows, name)
    return values
