"""The recipes of plain rows, a text or a pair: readings, pseudo-log-likelihood, the next-sentence head."""

import math
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.batch.cells import TEXTS, encoded_of, text_in
from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.requests import Margin, Work, hidden, seen
from analysis.choices import Masking
from analysis.models.bundle import ModelBundle
from analysis.tasks.scores import score_of
from analysis.tasks.segmentations import next_sentence
from analysis.texts.encoding import encode
from analysis.types import Encoded, TokenStatistics

SALAZAR, KAUF = "Salazar et al. 2020", "Kauf & Ivanova 2023"

BASE = (
    Column("n_tokens", "int32", "tokens that count: without special tokens"),
    Column("n_unknown", "int32", "of them unknown to the vocabulary"),
)
BASE_TOKENS = (
    Column("position", "int32", "position in the input, counted from 0"),
    Column("token", "string", "the vocabulary's string"),
    Column("id", "int32", "its id"),
    Column("segment", "int32", "the segment id that the model was given"),
    Column("from", "int32", "first code point of the text; none for a token of the template"),
    Column("to", "int32", "last code point + 1"),
    Column("special", "bool", "whether it counts in no mean and no score"),
)


def counts(encoded: Encoded) -> dict[str, Any]:
    """The columns of ``BASE``."""
    return {"n_tokens": encoded.n_counted, "n_unknown": int((encoded.unknown & ~encoded.outside).sum())}


def token_rows(encoded: Encoded) -> dict[str, Any]:
    """The columns of ``BASE_TOKENS``."""
    return {
        "position": np.arange(len(encoded), dtype=np.int32),
        "token": encoded.tokens,
        "id": encoded.ids,
        "segment": encoded.segment_ids,
        **encoded.offsets,
        "special": encoded.outside,
    }


def _statistics_columns(kind: str, how: str, k: int) -> tuple[Column, ...]:
    return (
        Column(f"{kind}_p", "float32", f"probability of the token, {how}"),
        Column(f"{kind}_surprisal_bits", "float32", f"-log2 of it, {how}"),
        Column(f"{kind}_entropy_bits", "float32", f"entropy of the distribution, {how}"),
        Column(f"{kind}_rank", "int32", f"1 + how many tokens are more probable, {how}"),
        Column(f"{kind}_top", "list<string>", f"the {k} most probable tokens, {how}"),
        Column(f"{kind}_top_p", "list<float64>", f"their probabilities, {how}"),
    )


def _statistics(bundle: ModelBundle, kind: str, found: TokenStatistics) -> dict[str, Any]:
    # Of a token that was never hidden nothing is known.
    blank = found.rank == 0
    return {
        f"{kind}_p": found.p_observed,
        f"{kind}_surprisal_bits": found.surprisal_bits,
        f"{kind}_entropy_bits": found.entropy_bits,
        f"{kind}_rank": pa.array(found.rank, mask=blank),
        f"{kind}_top": _lists(bundle.tokens_of(found.top_ids.ravel()), pa.string(), blank),
        f"{kind}_top_p": _lists(found.top_p.ravel(), pa.float64(), blank),
    }


def _lists(flat: Any, type_: pa.DataType, blank: np.ndarray) -> pa.Array:
    """Rows of equally many values, one after the other, as lists; none where ``blank``, bool [T]."""
    edges = np.arange(len(blank) + 1, dtype=np.int32) * (len(flat) // len(blank))
    return pa.ListArray.from_arrays(pa.array(edges), pa.array(flat, type_), mask=pa.array(blank))


def _mean(values: np.ndarray) -> float:
    return math.fsum(values.tolist()) / len(values)


def seen_recipe(settings: Settings) -> Recipe:
    """Means of the seen reading."""

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        encoded = encoded_of(bundle, values)
        found = yield from seen(encoded, settings.k if settings.by_token else 1)
        own = ~encoded.outside
        means = {
            "seen_surprisal_mean_bits": _mean(found.surprisal_bits[own]),
            "seen_entropy_mean_bits": _mean(found.entropy_bits[own]),
            "seen_logp_mean_nats": _mean(found.logp_nats[own]),
        }
        tokens = {**token_rows(encoded), **_statistics(bundle, "seen", found)} if settings.by_token else {}
        return Scored(counts(encoded) | means, tokens)

    columns = (
        Column("seen_surprisal_mean_bits", "float64", "mean surprisal of the tokens that count, nothing hidden"),
        Column("seen_entropy_mean_bits", "float64", "mean entropy at the tokens that count, nothing hidden"),
        Column("seen_logp_mean_nats", "float64", "mean ln p of the tokens that count, nothing hidden"),
    )
    by_token = (*BASE_TOKENS, *_statistics_columns("seen", "nothing hidden", settings.k))
    return Recipe("seen", TEXTS, (*BASE, *columns), score, by_token)


def pll_recipe(settings: Settings) -> Recipe:
    """The pseudo-log-likelihood under each of the maskings, and what is derived from it.

    The columns of several maskings begin with their names; rows that hide the same are read once for all of them.
    """
    k = settings.k if settings.by_token else 1
    prefix_of = {each: f"{each}_" if len(settings.maskings) > 1 else "" for each in settings.maskings}

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        encoded = encoded_of(bundle, values)
        rows, row_of = yield from hidden(bundle, encoded, tuple(prefix_of), k)
        scored, tokens = counts(encoded), token_rows(encoded) if settings.by_token else {}
        for (masking, prefix), own in zip(prefix_of.items(), row_of, strict=True):
            found = score_of(encoded, np.where(own < 0, np.nan, rows.surprisal_bits[own]), masking)
            scored |= {
                f"{prefix}pll_nats": found.pll_nats,
                f"{prefix}pll_a_given_b_nats": None if found.pll_b_nats is None else found.pll_a_nats,
                f"{prefix}pll_b_given_a_nats": found.pll_b_nats,
                f"{prefix}pseudo_perplexity": found.pseudo_perplexity,
                f"{prefix}bits_per_character": found.bits_per_character,
                "n_words": found.n_words,
                "n_characters": found.n_characters,
            }
            if settings.by_token:
                every = TokenStatistics.joined([rows, TokenStatistics.blank(k)])
                statistics = every.take(np.where(own < 0, len(rows.rank), own).astype(np.int32))
                tokens |= _statistics(bundle, f"{prefix}hidden", statistics)
        return Scored(scored, tokens)

    columns = [each for masking, prefix in prefix_of.items() for each in _pll_columns(masking, prefix)]
    columns += [
        Column("n_words", "int32", "words between white space that were scored"),
        Column("n_characters", "int32", "characters that were read, one for each gap between words"),
    ]
    by_token = [
        each
        for masking, prefix in prefix_of.items()
        for each in _statistics_columns(f"{prefix}hidden", f"its own token hidden ({masking})", settings.k)
    ]
    return Recipe("pll", TEXTS, (*BASE, *columns), score, (*BASE_TOKENS, *by_token))


def _pll_columns(masking: Masking, prefix: str) -> tuple[Column, ...]:
    source = f"{SALAZAR}; {KAUF}" if masking == "word_l2r" else SALAZAR
    hidden = f"it hidden ({masking})"
    return (
        Column(f"{prefix}pll_nats", "float64", f"sum of ln p of each token, {hidden}", source),
        Column(f"{prefix}pll_a_given_b_nats", "float64", f"of a pair: the tokens of A alone, each {hidden}"),
        Column(f"{prefix}pll_b_given_a_nats", "float64", f"of a pair: the tokens of B alone, each {hidden}"),
        Column(f"{prefix}pseudo_perplexity", "float64", f"exp(-PLL / tokens), {masking}", SALAZAR),
        Column(f"{prefix}bits_per_character", "float64", f"-PLL in bits over characters, {masking}"),
    )


def nsp_recipe(_settings: Settings) -> Recipe:
    """The next-sentence head's answer for a pair, segmented as it was trained."""

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        encoded = encode(bundle, text_in(values, "text_a"), text_in(values, "text_b"))
        (z,) = yield [Margin(encoded)]
        found = next_sentence(z, bundle.nsp_meaning, lone_segment=False)
        logits = {"logit_is_next_nats": found.logit_is_next, "logit_not_next_nats": found.logit_not_next}
        return Scored(counts(encoded) | logits | {"margin_nats": found.margin_nats, "p_is_next": found.p_is_next})

    columns = (
        Column("logit_is_next_nats", "float32", "the head's logit for IsNext"),
        Column("logit_not_next_nats", "float32", "the head's logit for NotNext"),
        Column("margin_nats", "float64", "their difference: above 0 the head says that B follows A"),
        Column("p_is_next", "float64", "P(IsNext), the margin's logistic"),
    )
    return Recipe("nsp", ("text_a", "text_b"), (*BASE, *columns), score, head="nsp")
