"""Results made by hand, without a model: any tokens, any length, numbers that are worth telling apart."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from analysis.choices import Masking
from analysis.types import (
    TEMPLATE,
    Edit,
    Effects,
    Encoded,
    HiddenReading,
    Ints,
    NextSentence,
    Notices,
    PairPercentile,
    Provenance,
    ReportingWord,
    SeenReading,
    SegmentationComparison,
    SentenceScore,
    Tensors,
    TokenStatistics,
    Variant,
    Window,
)
from dashboard.pages.next_sentence.rows import TITLES

COLUMNS = 120
"""Columns that a made reading has logits of: room for k = 50."""
VOCABULARY = 30_522
"""V that it says it has, as BERT's: the scales end where they do for BERT."""

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
    watch: tuple[int, ...] = (),
) -> SeenReading:
    """A reading of random logits, worked out with plain numpy; every top token is the name of its column."""
    input_ = encoded(tokens, second_from=second_from)
    numbers = _opened(statistics(input_.ids, k=k, seed=seed, watch=watch))
    return SeenReading(
        encoded=input_,
        statistics=numbers,
        top_tokens=words_of_columns(numbers.top_ids),
        n_vocabulary=VOCABULARY,
        nsp=nsp,
        windows=(),
        notices=Notices(),
        provenance=PROVENANCE,
        watch=watch,
        watched_tokens=tuple(word(id_) for id_ in watch),
    )


def _opened(numbers: TokenStatistics) -> TokenStatistics:
    """The same with arrays that a test may write to."""
    for each in fields(numbers):
        getattr(numbers, each.name).flags.writeable = True
    return numbers


def hidden(
    seen: SeenReading | None = None,
    *,
    masking: Masking = "word_l2r",
    seed: int = 100,
    unread: Sequence[int] = (),
    writeable: bool = False,
) -> HiddenReading:
    """What a reading might say with each token hidden; the positions ``unread`` have not come.

    ``writeable`` for a test that sets numbers of its own.
    """
    seen = reading() if seen is None else seen
    encoded_, k = seen.encoded, seen.statistics.top_p.shape[1]
    known = encoded_.outside | ~np.isin(np.arange(len(encoded_)), unread)
    everything = TokenStatistics.joined(
        [
            seen.statistics,
            statistics(encoded_.ids, k=k, seed=seed, watch=seen.watch),
            TokenStatistics.blank(k, len(seen.watch)),
        ]
    )
    n, at = len(encoded_), np.arange(len(encoded_), dtype=np.int32)
    rows = np.where(encoded_.outside, at, np.where(known, n + at, 2 * n)).astype(np.int32)
    numbers = _opened(everything.take(rows)) if writeable else everything.take(rows)
    words = words_of_columns(numbers.top_ids)
    return HiddenReading(
        seen=seen,
        masking=masking,
        statistics=numbers,
        top_tokens=tuple(row if there else ("",) * k for row, there in zip(words, known, strict=True)),
        known=known,
        n_inputs=encoded_.n_counted,
    )


def edited(seen: SeenReading, *edits: Edit) -> SeenReading:
    """The same numbers for a text of which some tokens have been replaced."""
    tokens, ids = list(seen.encoded.tokens), seen.encoded.ids.copy()
    for position, id_ in edits:
        tokens[position], ids[position] = word(id_), id_
    return replace(seen, encoded=replace(seen.encoded, edits=edits, tokens=tuple(tokens), ids=ids))


def windowed() -> SeenReading:
    """A text of 20 tokens read in four windows of 10, the last of which overlaps more."""
    seen = reading([f"t{i}" for i in range(18)])
    whole = seen.encoded
    cuts = []
    for start, first, last in ((1, 0, 7), (5, 7, 11), (9, 11, 14), (11, 14, 20)):
        rows = np.array([0, *range(start, start + 8), 19], np.int32)
        tensors = Tensors(whole.ids[rows], whole.segment_ids[rows], whole.attention_mask[rows])
        cuts.append(Window(tensors, rows, first, last))
    return replace(seen, windows=tuple(cuts), nsp=None)


def score(
    masking: Masking = "word_l2r", logp: Sequence[float] = (-1.0, -2.5, -0.25), *, pair: bool = False
) -> SentenceScore:
    """The score of "a bc d" (with ``pair``: of "a bc" and "d"), whose second word has two pieces."""
    a, b1, d = logp
    pieces = np.array([np.nan, a, b1 * 0.8, b1 * 0.2, d, np.nan])
    names = (("a", (1,)), ("bc", (2, 3)), ("d", (4,)))
    words, at = [], 0
    for number, (text, positions) in enumerate(names):
        second = pair and number == 2
        words.append(ReportingWord(int(second), (0, 1) if second else (at, at + len(text)), text, positions))
        at += len(text) + 1
    return SentenceScore(
        masking=masking,
        logp_nats=pieces,
        words=tuple(words),
        word_logp_nats=np.array(logp),
        n_tokens=4,
        n_words=3,
        n_characters=5 if pair else 6,
        pll_a_nats=a + b1 if pair else a + b1 + d,
        pll_b_nats=d if pair else None,
    )


def statistics(ids: Ints, *, k: int, seed: int, watch: Sequence[int] = ()) -> TokenStatistics:
    """Random logits, one row per id, and what follows from them."""
    rng, rows = np.random.default_rng(seed), np.arange(len(ids))
    logits = rng.normal(0, rng.uniform(0.2, 6, (len(ids), 1)), (len(ids), COLUMNS))
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    top = np.argsort(-logits, axis=1)[:, :k]
    return TokenStatistics(
        p_observed=p[rows, ids].astype(np.float32),
        surprisal_bits=(-np.log2(p[rows, ids])).astype(np.float32),
        entropy_bits=-(p * np.log2(p)).sum(axis=1).astype(np.float32),
        rank=(1 + (logits > logits[rows, ids][:, None]).sum(axis=1)).astype(np.int32),
        top_ids=top.astype(np.int32),
        top_p=p[rows[:, None], top].astype(np.float32),
        watched_p=p[:, list(watch)].astype(np.float32),
        watched_rank=(1 + (logits[:, :, None] > logits[:, None, list(watch)]).sum(axis=1)).astype(np.int32),
    )


def words_of_columns(ids: Ints) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(word(id_) for id_ in row) for row in ids.tolist())


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
    return SegmentationComparison(variants, effects, (), "next sentence", Notices(), PROVENANCE)


def among(margins: Sequence[float], *, pair: NextSentence) -> PairPercentile:
    """A pair among controls with these margins."""
    z = np.array([[margin / 2, -margin / 2] for margin in margins], np.float32)
    names = tuple(f"Sentence {number}." for number in range(1, len(margins) + 1))
    return PairPercentile(nsp=pair, control_z=z, controls=names, seed=0, notices=Notices(), provenance=PROVENANCE)
