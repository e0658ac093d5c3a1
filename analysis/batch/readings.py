"""The recipes of plain rows, a text or a pair: readings, pseudo-log-likelihood, the next-sentence head."""

import math
from typing import Any

import numpy as np

from analysis.batch.recipe import Column, Recipe, Scored, Settings, Values
from analysis.batch.requests import Margin, Work, hidden, seen
from analysis.errors import InputError
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


def encoded_of(bundle: ModelBundle, values: Values) -> Encoded:
    """The input that a row is: ``text``, or ``text_a`` and ``text_b``; InputError if a cell can't be read."""
    if values.get("text_b") is not None or values.get("text") is None:
        return encode(bundle, text_in(values, "text_a"), text_in(values, "text_b"))
    return encode(bundle, text_in(values, "text"))


def text_in(values: Values, column: str) -> str:
    """A text of a row; InputError where there is none."""
    value = values.get(column)
    if value is None:
        raise InputError(f"The column {column} is empty in this row: put a text there, or take the row out.")
    if not isinstance(value, str):
        raise InputError(f"The column {column} holds {type(value).__name__}, no text: write it as text.")
    return value


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


def _statistics_columns(kind: str, settings: Settings) -> tuple[Column, ...]:
    how = "nothing hidden" if kind == "seen" else f"its own token hidden ({settings.masking})"
    return (
        Column(f"{kind}_p", "float32", f"probability of the token, {how}"),
        Column(f"{kind}_surprisal_bits", "float32", f"-log2 of it, {how}"),
        Column(f"{kind}_entropy_bits", "float32", f"entropy of the distribution, {how}"),
        Column(f"{kind}_rank", "int32", f"1 + how many tokens are more probable, {how}"),
        Column(f"{kind}_top", "list<string>", f"the {settings.k} most probable tokens, {how}"),
        Column(f"{kind}_top_p", "list<float64>", f"their probabilities, {how}"),
    )


def _statistics(bundle: ModelBundle, kind: str, found: TokenStatistics) -> dict[str, Any]:
    return {
        f"{kind}_p": found.p_observed,
        f"{kind}_surprisal_bits": found.surprisal_bits,
        f"{kind}_entropy_bits": found.entropy_bits,
        f"{kind}_rank": found.rank,
        f"{kind}_top": [bundle.tokens_of(ids) for ids in found.top_ids],
        f"{kind}_top_p": found.top_p.astype(float).tolist(),
    }


def _mean(values: Any, encoded: Encoded) -> float:
    return math.fsum(values[~encoded.outside].tolist()) / encoded.n_counted


def seen_recipe(settings: Settings) -> Recipe:
    """Means of the seen reading."""

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        encoded = encoded_of(bundle, values)
        found = yield from seen(encoded, settings.k if settings.by_token else 1)
        means = {
            "seen_surprisal_mean_bits": _mean(found.surprisal_bits, encoded),
            "seen_entropy_mean_bits": _mean(found.entropy_bits, encoded),
            "seen_logp_mean_nats": _mean(found.logp_nats, encoded),
        }
        tokens = {**token_rows(encoded), **_statistics(bundle, "seen", found)} if settings.by_token else {}
        return Scored(counts(encoded) | means, tokens)

    columns = (
        Column("seen_surprisal_mean_bits", "float64", "mean surprisal of the tokens that count, nothing hidden"),
        Column("seen_entropy_mean_bits", "float64", "mean entropy at the tokens that count, nothing hidden"),
        Column("seen_logp_mean_nats", "float64", "mean ln p of the tokens that count, nothing hidden"),
    )
    by_token = (*BASE_TOKENS, *_statistics_columns("seen", settings))
    return Recipe("seen", ("text",), (*BASE, *columns), score, by_token)


def pll_recipe(settings: Settings) -> Recipe:
    """The pseudo-log-likelihood under the settings' masking, and what is derived from it."""

    def score(bundle: ModelBundle, values: Values) -> Work[Scored]:
        encoded = encoded_of(bundle, values)
        rows, row_of = yield from hidden(bundle, encoded, (settings.masking,), settings.k if settings.by_token else 1)
        own = row_of[0]
        found = score_of(encoded, np.where(own < 0, np.nan, rows.surprisal_bits[own]), settings.masking)
        scored = {
            "pll_nats": found.pll_nats,
            "pll_a_given_b_nats": None if found.pll_b_nats is None else found.pll_a_nats,
            "pll_b_given_a_nats": found.pll_b_nats,
            "pseudo_perplexity": found.pseudo_perplexity,
            "bits_per_character": found.bits_per_character,
            "n_words": found.n_words,
            "n_characters": found.n_characters,
        }
        tokens: dict[str, Any] = {}
        if settings.by_token:
            every = TokenStatistics.joined([rows, TokenStatistics.blank(settings.k)])
            statistics = every.take(np.where(own < 0, len(rows.rank), own).astype(np.int32))
            tokens = token_rows(encoded) | _statistics(bundle, "hidden", statistics)
        return Scored(counts(encoded) | scored, tokens)

    source = f"{SALAZAR}; {KAUF}" if settings.masking == "word_l2r" else SALAZAR
    columns = (
        Column("pll_nats", "float64", f"sum of ln p of each token, it hidden ({settings.masking})", source),
        Column("pll_a_given_b_nats", "float64", "of a pair: the tokens of A alone"),
        Column("pll_b_given_a_nats", "float64", "of a pair: the tokens of B alone"),
        Column("pseudo_perplexity", "float64", "exp(-PLL / tokens)", SALAZAR),
        Column("bits_per_character", "float64", "-PLL in bits over characters"),
        Column("n_words", "int32", "words between white space that were scored"),
        Column("n_characters", "int32", "characters that were read, one for each gap between words"),
    )
    by_token = (*BASE_TOKENS, *_statistics_columns("hidden", settings))
    return Recipe("pll", ("text",), (*BASE, *columns), score, by_token)


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
