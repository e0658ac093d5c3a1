"""Results made by hand, without a model: any tokens, any length, numbers that are worth telling apart."""

from collections.abc import Sequence

import numpy as np

from analysis.types import (
    TEMPLATE,
    Effects,
    Encoded,
    NextSentence,
    Provenance,
    SeenReading,
    SegmentationComparison,
    TokenStatistics,
    Variant,
)
from dashboard.variants import TITLES

COLUMNS = 120
"""V of a made reading: room for k = 50."""

SPECIAL = frozenset({"[CLS]", "[SEP]", "[PAD]", "[MASK]"})
HOSTILE = ("<b>bold</b>", "&amp;", "<script>alert(1)</script>", "<a href='x'>", "a<br>b", "%{x}", "</b>", '"')

PROVENANCE = Provenance(
    spec="owner/<i>name</i> & co",
    revision="sha256:0123456789abcdef",
    heads=(("mlm", True), ("nsp", True)),
    architecture="BertForPreTraining",
    dtype="float32",
    schema=1,
    versions=(("pretext", "0.1.0"), ("torch", "2.13.0")),
    truncation="none",
)


def encoded(tokens: Sequence[str], *, second_from: int | None = None) -> Encoded:
    """[CLS] tokens [SEP], in two segments when ``second_from`` says where the second begins (a [SEP] stands before)."""
    if second_from is None:
        pieces = ["[CLS]", *tokens, "[SEP]"]
        sequence = [TEMPLATE, *[0] * len(tokens), TEMPLATE]
        segments = [0] * len(pieces)
    else:
        a, b = tokens[:second_from], tokens[second_from:]
        pieces = ["[CLS]", *a, "[SEP]", *b, "[SEP]"]
        sequence = [TEMPLATE, *[0] * len(a), TEMPLATE, *[1] * len(b), TEMPLATE]
        segments = [0] * (len(a) + 2) + [1] * (len(b) + 1)
    word, span, text, at = [], [], {0: "", 1: ""}, -1
    for piece, number in zip(pieces, sequence, strict=True):
        if number == TEMPLATE:
            word.append(TEMPLATE)
            span.append((0, 0))
            at = -1
            continue
        continues = piece.startswith("##") and at >= 0
        shown = piece.removeprefix("##") if continues else piece
        start = len(text[number]) + (0 if continues or not text[number] else 1)
        text[number] = text[number] + (" " if start > len(text[number]) else "") + shown
        at += 0 if continues else 1
        word.append(at)
        span.append((start, start + len(shown)))
    return Encoded(
        text_a=text[0],
        text_b=None if second_from is None else text[1],
        edits=(),
        tokens=tuple(pieces),
        ids=np.arange(len(pieces), dtype=np.int32) % COLUMNS,
        segment_ids=np.array(segments, np.int32),
        attention_mask=np.ones(len(pieces), np.int32),
        sequence=np.array(sequence, np.int32),
        word=np.array(word, np.int32),
        span=np.array(span, np.int32),
        outside=np.array([piece in SPECIAL for piece in pieces]),
        masked=np.array([piece == "[MASK]" for piece in pieces]),
        unknown=np.array([piece == "[UNK]" for piece in pieces]),
    )


def reading(
    tokens: Sequence[str] = ("the", "cat", "[MASK]", "sat"),
    *,
    k: int = 5,
    seed: int = 0,
    second_from: int | None = None,
    nsp: NextSentence | None = None,
) -> SeenReading:
    """A reading of random logits, worked out with plain numpy; every top token is the name of its column."""
    input_ = encoded(tokens, second_from=second_from)
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, rng.uniform(0.2, 6, (len(input_), 1)), (len(input_), COLUMNS))
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(input_))
    top = np.argsort(-logits, axis=1)[:, :k]
    return SeenReading(
        encoded=input_,
        statistics=TokenStatistics(
            p_observed=p[rows, input_.ids].astype(np.float32),
            surprisal_bits=(-np.log2(p[rows, input_.ids])).astype(np.float32),
            entropy_bits=-(p * np.log2(p)).sum(axis=1).astype(np.float32),
            rank=(1 + (logits > logits[rows, input_.ids][:, None]).sum(axis=1)).astype(np.int32),
            top_ids=top.astype(np.int32),
            top_p=p[rows[:, None], top].astype(np.float32),
        ),
        top_tokens=tuple(tuple(word(id_) for id_ in row) for row in top.tolist()),
        n_vocabulary=COLUMNS,
        nsp=nsp,
        windows=(),
        notices=(),
        provenance=PROVENANCE,
    )


def word(id_: int) -> str:
    """The vocabulary's string of a column: some of them are what a chart must not take for markup."""
    return HOSTILE[id_] if id_ < len(HOSTILE) else f"column{id_}"


def comparison(
    margins: Sequence[float] = (1.66, 2.5, -0.004, 6.68, 4.86, -3.0, 30.0, 0.0), *, length: int = 6
) -> SegmentationComparison:
    """A comparison whose variants have these margins; their inputs all look the same."""
    input_ = encoded([f"word{i}" for i in range(length)], second_from=length // 2)
    variants = tuple(
        Variant(name, input_, NextSentence(margin / 2, -margin / 2, lone_segment=name == "one_segment"))
        for name, margin in zip(TITLES, margins, strict=True)
    )
    m_00, m_10, m_01, m_11 = margins[:4]
    effects = Effects(
        separator_nats=((m_10 - m_00) + (m_11 - m_01)) / 2,
        segment_ids_nats=((m_01 - m_00) + (m_11 - m_10)) / 2,
        together_nats=m_11 - m_00,
        interaction_nats=m_11 - m_10 - m_01 + m_00,
    )
    return SegmentationComparison(variants, effects, (), "next sentence", (), PROVENANCE)
