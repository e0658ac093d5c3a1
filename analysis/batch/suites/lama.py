"""LAMA: facts as sentences with a gap for their object."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.batch.bootstrap import drawn_means
from analysis.batch.cells import text_in
from analysis.batch.kept import Array
from analysis.batch.recipe import Values
from analysis.batch.scores import GAP, Side
from analysis.batch.suites.rates import estimate, parted
from analysis.batch.suites.suite import REPEATED, Alternatives, Batches, Reported, Rule, Suite, View, written
from analysis.types import Estimate, SummaryGroup

_ITEM = pa.schema(
    [
        pa.field("row", pa.int64()),
        pa.field("relation", pa.string()),
        pa.field("sub_label", pa.string()),
        pa.field("obj_label", pa.string()),
        pa.field("text", pa.string()),
        pa.field(REPEATED, pa.bool_()),
        pa.field("error", pa.string()),
    ]
)
_RELATIONS = ("predicate_id", "pred", "relation")
_AMONG = (1, 10)


def facts(batches: Batches, name: str) -> Iterator[pa.RecordBatch]:
    """One item a fact, in the words of its template or of the sentences that are given."""
    seen: set[tuple[str, str, str]] = set()
    for batch in batches:
        rows = []
        for row in batch.to_pylist():
            named = next((row[each] for each in _RELATIONS if row.get(each)), None)
            relation = str(named or name)
            own: dict[str, Any] = {each: row.get(each) for each in ("row", "error")}
            own |= {each: written(row.get(each)) for each in ("sub_label", "obj_label")}
            text = _sentence(row)
            if text is None and not own["error"]:
                own["error"] = (
                    f"There is no sentence with {GAP}: give masked_sentences, or a template with [X] and [Y]."
                )
            fact = (relation, str(own["sub_label"]), str(own["obj_label"]))
            # Without both nothing tells that two are one fact: SQuAD's have no relation, and one subject, "Squad".
            own[REPEATED] = bool(named and own["sub_label"]) and fact in seen
            if own["error"] is None:
                seen.add(fact)
            rows.append({**own, "relation": relation, "text": text})
        yield pa.RecordBatch.from_pylist(rows, _ITEM)


def _sentence(row: dict[str, Any]) -> str | None:
    template, subject = row.get("template"), row.get("sub_label")
    if template and subject:
        return str(template).replace("[X]", str(subject)).replace("[Y]", GAP)
    sentences = row.get("masked_sentences") or row.get("masked_sentence")
    return " ".join(str(each) for each in sentences) if isinstance(sentences, list) else written(sentences)


def at_gap(values: Values) -> tuple[Alternatives, ...]:
    """The object at the sentence's first gap."""
    return ((Side(text_in(values, "text"), word=text_in(values, "obj_label")),),)


def report(view: View) -> Reported:
    """P@1, P@10 and MRR, by relation and as the means over relations."""
    rank = view.number("object_rank")
    known = np.isfinite(rank)
    values = [(f"p_at_{k}", (rank[known] <= k).astype(np.float64)) for k in _AMONG] + [("mrr", 1 / rank[known])]
    groups: list[SummaryGroup] = []
    over: list[Estimate] = []
    for by, codes, names in parted(view, known):
        samples: dict[str, list[Array]] = {name: [] for name, _ in values}
        for number, relation in enumerate(names):
            own = codes == number
            found = []
            for name, each in values:
                samples[name].append(drawn_means(each[own], view.seed + number))
                mean = each[own].mean() if own.any() else np.nan
                found.append(estimate(name, "share", mean, samples[name][-1], int(own.sum())))
            groups.append(SummaryGroup(by, relation, int(own.sum()), tuple(found)))
        if by:
            over = [_over(name, groups[1:], np.mean(samples[name], axis=0)) for name, _ in values]
    groups[0] = SummaryGroup("", "", groups[0].n, (*groups[0].estimates, *over))
    return Reported(tuple(groups), _DEFINITIONS, known)


def _over(name: str, groups: list[SummaryGroup], samples: Array) -> Estimate:
    mean = np.mean([group[name].value for group in groups])
    return estimate(f"{name}_mean_of_relation", "share", mean, samples, len(groups))


_DEFINITIONS = (
    ("p_at_1", "share of facts whose object is the most probable"),
    ("p_at_10", "share of facts whose object is among the ten most probable"),
    ("mrr", "mean of 1 / rank of the object"),
    *((f"{name}_mean_of_relation", f"mean of {name} over relations") for name in ("p_at_1", "p_at_10", "mrr")),
)

LAMA = Suite(
    name="lama",
    title="LAMA",
    says="facts from four sources: the rank of their object at the gap, over the model's whole vocabulary",
    source="Petroni et al. 2019, github.com/facebookresearch/LAMA",
    licence="CC-BY-NC 4.0 in its repository, cc-by-4.0 on its card of the hub",
    columns=(
        ("masked_sentences", "obj_label"),
        ("masked_sentence", "obj_label"),
        ("template", "sub_label", "obj_label"),
    ),
    recognises=lambda names: "obj_label" in names and bool({"masked_sentences", "masked_sentence"} & set(names)),
    sides=("object",),
    sides_of=at_gap,
    scores=("p-at-k",),
    own=("p-at-k",),
    rule=Rule(
        "p_at_1", "P@1, P@10 and MRR, means over relations; objects of several tokens and repeated facts left out"
    ),
    report=report,
    groups=("relation",),
    items=facts,
)
