"""The tables that are no figure's twin: every position of a reading, an input's three tensors; any table as CSV."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.lines import harmless
from analysis.measures import measures_of
from analysis.types import (
    Encoded,
    HiddenReading,
    NextSentence,
    PositionDistribution,
    Provenance,
    SeenReading,
    SentenceScore,
)
from dashboard import glossary
from dashboard.drawing.strip import segments
from dashboard.glossary import MARGIN, PLL, SCORE_NAMES, SURPRISAL, Units
from dashboard.printed import large_text
from dashboard.second_head import head_words

_PREDICTIONS = 3
_BYTE_ORDER_MARK = "\N{BYTE ORDER MARK}"


def positions(reading: SeenReading | HiddenReading, units: Units) -> pd.DataFrame:
    """One row per position: the token, its measures, the first predictions with their probabilities."""
    encoded, statistics = reading.encoded, reading.statistics
    columns: dict[str, object] = {
        "position": range(len(encoded)),
        "token": encoded.tokens,
        **({"piece": encoded.pieces} if encoded.pieces else {}),
        "id": encoded.ids,
        "segment": segments(encoded),
        **encoded.offsets,
        "tokenizer's word": encoded.word,
        "counts": ~encoded.outside,
    }
    for measured in measures_of(reading):
        measure = glossary.TOKEN_MEASURES[measured.key]
        values = measured.values(reading) * measure.convert(1, units)
        whole = measured.whole and np.isfinite(values).all()
        columns[measure.axis(units)] = values.astype(np.int32) if whole else values
    for place in range(min(_PREDICTIONS, statistics.top_p.shape[1])):
        columns[f"prediction {place + 1}"] = [words[place] for words in reading.top_tokens]
        columns[f"p {place + 1}"] = statistics.top_p[:, place]
    if isinstance(reading, HiddenReading):
        columns["masking"] = reading.masking
    return pd.DataFrame(columns)


def scores(readings: Sequence[SentenceScore], units: Units) -> pd.DataFrame:
    """The pseudo-log-likelihoods of one input, one row per masking, as they stand on the page."""
    values = score_values(readings, units)
    decimals = {"bits per character": 3}
    return values.apply(lambda column: column.map(lambda value: large_text(value, decimals.get(column.name, 2))))


def score_values(readings: Sequence[SentenceScore], units: Units) -> pd.DataFrame:
    """The pseudo-log-likelihoods of one input and what is derived from them, unrounded, one row per masking."""
    unit = PLL.unit(units)
    rows = {}
    for score in readings:
        row = {f"{PLL.name} ({unit})": PLL.convert(score.pll_nats, units)}
        if score.pll_b_nats is not None:
            row |= {
                f"A given B ({unit})": PLL.convert(score.pll_a_nats, units),
                f"B given A ({unit})": PLL.convert(score.pll_b_nats, units),
            }
        rows[SCORE_NAMES[score.masking]] = row | {
            "pseudo-perplexity per token": score.pseudo_perplexity,
            "per word": score.pseudo_perplexity_word,
            "bits per character": score.bits_per_character,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def word_scores(readings: Sequence[SentenceScore], units: Units) -> pd.DataFrame:
    """One row per reporting word: the sum of ln p of its pieces under every masking."""
    words = readings[0].words
    return pd.DataFrame(
        {
            "word": [word.text for word in words],
            "segment": ["AB"[word.sequence] for word in words],
            "from": [word.span[0] for word in words],
            "to": [word.span[1] for word in words],
            "pieces": [len(word.positions) for word in words],
        }
        | {
            f"log p, {SCORE_NAMES[score.masking]} ({PLL.unit(units)})": [
                PLL.convert(float(value), units) for value in score.word_logp_nats
            ]
            for score in readings
        }
    )


def region_scores(readings: Sequence[SentenceScore], units: Units) -> pd.DataFrame:
    """One row per region: its surprisal and ln p seen, and hidden under every masking, summed over its pieces."""
    regions = readings[0].regions
    bits, nats = SURPRISAL.unit(units), PLL.unit(units)

    def both(name: str, surprisal_bits: Sequence[float], logp_nats: Sequence[float]) -> dict[str, list[float]]:
        return {
            f"surprisal, {name} ({bits})": [SURPRISAL.convert(each, units) for each in surprisal_bits],
            f"log p, {name} ({nats})": [PLL.convert(each, units) for each in logp_nats],
        }

    columns: dict[str, Sequence[object]] = {
        "region": [each.region.text for each in regions],
        "words": [f"{each.region.first}:{each.region.last}" for each in regions],
        "segment": ["AB"[each.region.sequence] for each in regions],
        "tokens": [each.n_tokens for each in regions],
        **both("seen", [each.seen_surprisal_bits for each in regions], [each.seen_logp_nats for each in regions]),
    }
    for score in readings:
        of = score.regions
        name = SCORE_NAMES[score.masking]
        columns |= both(name, [each.surprisal_bits for each in of], [each.logp_nats for each in of])
    return pd.DataFrame(columns)


def tensors(encoded: Encoded) -> pd.DataFrame:
    """``input_ids``, ``token_type_ids`` and ``attention_mask`` beside their tokens."""
    return pd.DataFrame(
        {
            "position": range(len(encoded)),
            "token": encoded.tokens,
            **({"piece": encoded.pieces} if encoded.pieces else {}),
            **encoded.offsets,
            "input_ids": encoded.ids,
            "token_type_ids": encoded.segment_ids,
            "attention_mask": encoded.attention_mask,
        }
    )


def answer(head: NextSentence, units: Units) -> dict[str, float]:
    """A second head's answer as columns, in its own words: both logits, margin, the first answer's probability."""
    words = head_words(head.meaning)
    logits = dict(zip(words.logits, (head.logit_is_next, head.logit_not_next), strict=True))
    return logits | {MARGIN.axis(units): MARGIN.convert(head.margin_nats, units), words.p: head.p_is_next}


def distribution(found: PositionDistribution, units: Units) -> pd.DataFrame:
    """One row per entry of the vocabulary, the most probable first: token, id, p, log p, rank."""
    order = found.order
    return pd.DataFrame(
        {
            "token": [found.tokens[id_] for id_ in order.tolist()],
            "id": order,
            "p": found.p[order],
            f"log p ({PLL.unit(units)})": found.log_p_nats[order] * np.float32(PLL.convert(1, units)),
            "rank": found.rank[order],
        }
    )


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """The table, with the names of its rows, if they have any, as its first column."""
    if pd.api.types.is_integer_dtype(table.index):
        return table
    return table.reset_index(names=str(table.index.name or ""))


def csv(table: pd.DataFrame, provenance: Provenance, exported_utc: str) -> str:
    """A table as CSV, each row naming the model, the versions and the moment it was exported.

    It begins with the byte order mark, without which Excel takes UTF-8 for another encoding; a text that a spreadsheet
    would run as a formula stands behind an apostrophe, which Parquet does not need.
    """
    whole = _with_provenance(table, provenance, exported_utc)
    texts = {
        name: column.map(_cell)
        for name, column in whole.items()
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))
    }
    # Only what ends a line is quoted: with \r\n a lone \r in a text is, too.
    return _BYTE_ORDER_MARK + whole.assign(**texts).rename(columns=_cell).to_csv(index=False, lineterminator="\r\n")


def _cell(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value


def parquet(table: pd.DataFrame, provenance: Provenance, exported_utc: str) -> bytes:
    """The same as Parquet, which keeps every number as it is; ImportError without pyarrow."""
    return _with_provenance(table, provenance, exported_utc).to_parquet(index=False, engine="pyarrow")


def _with_provenance(table: pd.DataFrame, provenance: Provenance, exported_utc: str) -> pd.DataFrame:
    versions = " ".join(f"{name} {version}" for name, version in provenance.versions)
    return table.assign(
        model=provenance.spec,
        revision=provenance.revision,
        dtype=provenance.dtype,
        versions=versions,
        exported_utc=exported_utc,
    )
