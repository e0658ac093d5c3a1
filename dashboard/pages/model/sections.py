"""What the Model page shows: the facts, the heads, and where the numbers come from."""

from collections.abc import Iterator

import pandas as pd

from analysis.types import Head, ModelFacts
from dashboard.glossary import MARGIN, RARE_TARGETS, SEEN_READING, TOKEN_MEASURES, listed
from dashboard.page import Look, Results
from dashboard.sections import Card, Code, Folded, Heading, Note, Section, Sentence, Strong, Table, Waiting
from dashboard.view import ViewState


def answer(_view: ViewState, results: Results, _look: Look) -> Sentence | None:
    """What is loaded, and which of its heads are real."""
    facts: ModelFacts | None = results.get("model")
    if facts is None:
        return None
    real = {"masked-LM": facts.mlm.real, "next-sentence": facts.nsp.real}
    heads = listed([f"the {name} head" for name, each in real.items() if each])
    lacks = listed([f"the {name} head" for name, each in real.items() if not each])
    came = f" came with {heads}" if heads else " came without a head"
    return Sentence(
        (
            Strong(facts.provenance.spec),
            f" is a {facts.provenance.architecture} of {facts.n_layers} layers and "
            f"{facts.n_parameters / 1e6:.1f} million parameters; it",
            came,
            f", and lacks {lacks}" if lacks and heads else "",
            ".",
        )
    )


def sections(_view: ViewState, results: Results, _look: Look) -> Iterator[Section]:
    """The page from the top to the bottom."""
    facts: ModelFacts | None = results.get("model")
    yield Waiting()
    if facts is None:
        return
    source = facts.provenance
    yield Table("model", "", lambda: pd.DataFrame(_facts(facts), columns=["fact", "value"]))
    yield Note("The revision in full, to cite:")
    yield Code(f"{source.spec} @ {source.revision}", language=None)
    yield Heading("Heads")
    yield _head("Masked-language modelling", facts.mlm, "which token belongs at a position")
    yield _head("Next sentence", facts.nsp, f"trained on: {facts.nsp_meaning}")
    yield Heading("What it can do")
    yield Table("abilities", "", lambda: pd.DataFrame(_abilities(facts), columns=["ability", "has it", "why not"]))
    if facts.card is not None:
        yield Folded("Model card", (Card(facts.card),), key="card")
    yield Heading("Where the numbers come from")
    yield _arithmetic(facts)
    for measure in (*TOKEN_MEASURES.values(), MARGIN):
        unit = f", in {measure.native}" if measure.native else ""
        yield Sentence((Strong(measure.name), f" ({measure.symbol}{unit}): {measure.definition}"))
    yield Sentence((f"{SEEN_READING} {RARE_TARGETS}",))


def _facts(facts: ModelFacts) -> list[tuple[str, str]]:
    source = facts.provenance
    return [
        ("Model", source.spec),
        ("Revision", source.short_revision),
        ("Architecture", source.architecture),
        ("Layers × hidden size", f"{facts.n_layers} × {facts.n_hidden}"),
        ("Parameters", f"{facts.n_parameters / 1e6:.1f} million"),
        ("Weights in memory", f"{facts.weights_bytes / 1e6:.0f} MB, {source.dtype}"),
        ("Arithmetic", f"{facts.dtype}: {facts.why_dtype}"),
        *_products(facts),
        ("Longest input", f"{facts.max_tokens} tokens with the special ones"),
        ("Vocabulary", f"{facts.n_vocabulary:,} columns of the head, {facts.n_entries:,} entries of the tokenizer"),
        ("Licence", facts.licence or "not stated by the checkpoint"),
    ]


def _products(facts: ModelFacts) -> list[tuple[str, str]]:
    """Who makes the products, by library."""
    shapes: dict[str, list[str]] = {}
    for each in facts.kernels:
        shapes.setdefault(each.library, []).append(f"{each.n_in:,} to {each.n_out:,}")
    said = "; ".join(f"{library}: {listed(list(dict.fromkeys(its)))}" for library, its in shapes.items())
    return [("Products by", said)] if said else []


def _abilities(facts: ModelFacts) -> list[tuple[str, str, str]]:
    return [(each.name, "no" if each.why_not else "yes", each.why_not or "") for each in facts.abilities]


def _head(name: str, head: Head, task: str) -> Sentence:
    said = f"its weights came with the checkpoint ({task})." if head.real else head.why_absent
    return Sentence((Strong(name), f": {said}"))


def _arithmetic(facts: ModelFacts) -> Sentence:
    if facts.dtype == "fp32":
        exact = "They equal those of plain transformers on the same weights (the project's tests compare them)."
    else:
        exact = (
            "In float32 they equal those of plain transformers on the same weights; bfloat16, asked for when Pretext "
            "was started, is faster and moves surprisals by less than a hundredth of a bit on average."
        )
    return Sentence(
        (
            f"Each number is computed here, from the model's own weights ({facts.provenance.dtype}), by one forward "
            f"pass per input; nothing is looked up and nothing is sent anywhere. {exact}",
        )
    )
