"""Until the readers and suites of the batch are here: pasted rows, their layout, minimal pairs and labelled ones."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.batch.readings import counts, encoded_of, nsp_recipe, text_in
from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.requests import Work, hidden
from analysis.errors import InputError
from analysis.lines import one_a_line
from analysis.models.bundle import ModelBundle
from analysis.tasks.scores import score_of
from analysis.types.nsp import Auc, threshold_of
from analysis.types.summary import Estimate, LabelledPairs, ScoreSummary, Summary, SummaryGroup
from analysis.types.table import ScoredTable, TableKind

MEANINGS = {
    "text": ("text", "sentence", "sent"),
    "text_a": ("text_a", "sentence1", "premise", "a", "context"),
    "text_b": ("text_b", "sentence2", "hypothesis", "b"),
    "sentence_good": ("sentence_good", "good", "acceptable"),
    "sentence_bad": ("sentence_bad", "bad", "unacceptable"),
    "label": ("label", "is_next"),
    "group": ("group", "uid", "condition", "field"),
    "candidates": ("candidates",),
}


def rows_in(text: str) -> list[dict[str, Any]]:
    lines = one_a_line(text)
    if lines and lines[0].startswith("{"):
        found = []
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                found.append({"error": "This line is no JSON: mend it or take it out."})
        return found
    known = {name for names in MEANINGS.values() for name in names}
    tabs = bool(lines) and "\t" in lines[0]
    cells = list(csv.reader(io.StringIO(text), delimiter="\t" if tabs else ","))
    cells = [each for each in cells if any(each)]
    heads = [each.strip().lower() for each in cells[0]] if cells else []
    if not known.intersection(heads):
        if not tabs:
            return [{"text": line} for line in lines]
        heads = ["sentence_good", "sentence_bad", "group"][: len(heads)]
        cells = [heads, *cells]
    out = []
    for each in cells[1:]:
        if len(each) != len(heads):
            out.append({"error": f"This row has {len(each)} cells and the header {len(heads)}: mend it."})
        else:
            out.append(dict(zip(heads, each, strict=True)))
    return out


def batch_of(text: str) -> pa.RecordBatch:
    rows = rows_in(text)
    names = list(dict.fromkeys(name for row in rows for name in row if name != "error"))
    columns = {name: [None if row.get(name) is None else str(row[name]) for row in rows] for name in names}
    columns = {"row": list(range(1, len(rows) + 1)), **columns, "error": [row.get("error") for row in rows]}
    types = {"row": pa.int64()}
    return pa.record_batch({name: pa.array(each, types.get(name, pa.string())) for name, each in columns.items()})


def layout_of(names: Sequence[str], said: dict[str, str]) -> tuple[TableKind, dict[str, str], str]:
    found = {}
    for meaning, others in MEANINGS.items():
        for name in names:
            if name.lower() in others:
                found.setdefault(meaning, name)
    found |= said
    kind: TableKind
    if {"sentence_good", "sentence_bad"} <= found.keys():
        kind = "minimal pairs"
    elif {"text_a", "text_b"} <= found.keys():
        kind = "labelled pair" if "label" in found else "pair"
    elif "text" in found:
        kind = "candidates" if "candidates" in found else "text"
    else:
        raise InputError(f"None of the columns {', '.join(names)} is a text: say which is, as in text={names[0]}.")
    return kind, found, f"Taken for {kind}: {', '.join(f'{name} is the {meaning}' for meaning, name in found.items())}."


def recipes(suite: str, settings: Settings) -> tuple[Recipe, ...]:
    return (pairs_recipe(settings),) if suite == "pairs" else (nsp_recipe(settings),)


def pairs_recipe(settings: Settings) -> Recipe:
    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        found: dict[str, Any] = {}
        scores = []
        for side in ("good", "bad"):
            encoded = encoded_of(bundle, {"text": text_in(values, f"sentence_{side}")})
            rows, row_of = yield from hidden(bundle, encoded, (settings.masking,), 1)
            own = row_of[0]
            pll = score_of(encoded, np.where(own < 0, np.nan, rows.surprisal_bits[own]), settings.masking).pll_nats
            found |= {f"{side}_pll_nats": pll, f"{side}_n_tokens": counts(encoded)["n_tokens"]}
            scores.append(pll)
        return Scored(found | {"difference_nats": scores[0] - scores[1], "tie": scores[0] == scores[1]})

    columns = (
        Column("good_pll_nats", "float64", "PLL of the good sentence"),
        Column("bad_pll_nats", "float64", "PLL of the bad sentence"),
        Column("difference_nats", "float64", "good minus bad"),
        Column("tie", "bool", "whether both are equal"),
        Column("good_n_tokens", "int32", "tokens of the good sentence that count"),
        Column("bad_n_tokens", "int32", "tokens of the bad sentence that count"),
    )
    return Recipe("pairs", ("sentence_good", "sentence_bad"), columns, score)


def _estimate(name: str, unit: str, values: np.ndarray, seed: int = 0) -> Estimate:
    if not len(values):
        return Estimate(name, unit, float("nan"), float("nan"), float("nan"), 0)
    drawn = np.random.default_rng(seed).integers(0, len(values), (2_000, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return Estimate(name, unit, float(values.mean()), float(low), float(high), len(values))


def summary_of(table: ScoredTable) -> Summary | None:
    if table.suite is None:
        return None
    errors = sum(bool(row.error) for row in table.rows)
    found = []
    groups = np.array([row.group for row in table.rows])
    for score in table.scores:
        difference = table.values(score.difference)
        known = np.isfinite(difference)
        parts = []
        for group in ["", *sorted({*groups.tolist()} - {""})]:
            own = difference[known & ((groups == group) if group else True)]
            right, ties = (own > 0).astype(float), own == 0
            parts.append(
                SummaryGroup(
                    "group" if group else "",
                    group,
                    len(own),
                    (
                        _estimate("accuracy", "share", right[~ties]),
                        _estimate("accuracy_ties_apart", "share", right[~ties]),
                        _estimate("accuracy_ties_half", "share", np.where(ties, 0.5, right)),
                        _estimate("difference_mean", "nats", own),
                    ),
                )
            )
        ties = int((difference == 0).sum())
        found.append(
            ScoreSummary("bundled", score.name, "says", "", int(known.sum()), ties, 0, 0, (), (), tuple(parts))
        )
    if table.kind == "labelled pair":
        margins = table.values("margin_nats")
        label = np.array([-1 if row.label is None else int(row.label) for row in table.rows])
        true, others = (margins[(label == value) & np.isfinite(margins)] for value in (1, 0))
        labelled = None
        if len(true) and len(others):
            edges = np.concatenate([[np.inf], np.unique(np.concatenate([true, others]))[::-1]])
            wins = (true[:, None] > others).mean() + (true[:, None] == others).mean() / 2
            rng, drawn = np.random.default_rng(0), []
            for _ in range(500):
                a, b = rng.choice(true, len(true)), rng.choice(others, len(others))
                drawn.append((a[:, None] > b).mean() + (a[:, None] == b).mean() / 2)
            threshold = threshold_of(true, others)
            at = threshold.at_nats
            labelled = LabelledPairs(
                n_true=len(true),
                n_others=len(others),
                auc=Auc(
                    float(wins), *map(float, np.quantile(drawn, [0.025, 0.975])), len(true), true.size * others.size
                ),
                threshold=threshold,
                accuracy_at_0=_estimate(
                    "accuracy_at_0", "share", np.concatenate([true > 0, others <= 0]).astype(float)
                ),
                accuracy_at_threshold=_estimate(
                    "accuracy_at_threshold", "share", np.concatenate([true > at, others <= at]).astype(float)
                ),
                false_positive_rate=np.array([(others >= edge).mean() for edge in edges], np.float32),
                true_positive_rate=np.array([(true >= edge).mean() for edge in edges], np.float32),
                threshold_nats=edges.astype(np.float32),
            )
        n = int(np.isfinite(margins).sum())
        found.append(ScoreSummary("bundled", "isnext-margin", "", "", n, 0, 0, 0, (), (), (), labelled))
    return Summary(table.suite, table.suite, "", "", "", len(table.rows), errors, "bootstrap", 0, tuple(found), "{}")
