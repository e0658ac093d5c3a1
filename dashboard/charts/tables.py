"""The tables that are no figure's twin: every position of a reading, and an input's three tensors."""

import pandas as pd

from analysis.types import Encoded, SeenReading, SegmentationComparison
from dashboard.charts.strip import segments
from dashboard.glossary import ENTROPY, P_OBSERVED, RANK, SURPRISAL, Units
from dashboard.variants import TITLES

_PREDICTIONS = 3


def positions(reading: SeenReading, units: Units) -> pd.DataFrame:
    """One row per position: the token, its measures, the first predictions with their probabilities."""
    encoded, statistics = reading.encoded, reading.statistics
    columns = {
        "position": range(len(encoded)),
        "token": encoded.tokens,
        "id": encoded.ids,
        "segment": segments(encoded),
        "counts": ~encoded.outside,
        P_OBSERVED.name: statistics.p_observed,
        SURPRISAL.axis(units): [SURPRISAL.convert(float(value), units) for value in statistics.surprisal_bits],
        ENTROPY.axis(units): [ENTROPY.convert(float(value), units) for value in statistics.entropy_bits],
        RANK.name: statistics.rank,
    }
    for place in range(min(_PREDICTIONS, statistics.top_p.shape[1])):
        columns[f"prediction {place + 1}"] = [words[place] for words in reading.top_tokens]
        columns[f"p {place + 1}"] = statistics.top_p[:, place]
    return pd.DataFrame(columns)


def tensors(encoded: Encoded) -> pd.DataFrame:
    """``input_ids``, ``token_type_ids`` and ``attention_mask`` beside their tokens."""
    return pd.DataFrame(
        {
            "position": range(len(encoded)),
            "token": encoded.tokens,
            "input_ids": encoded.ids,
            "token_type_ids": encoded.segment_ids,
            "attention_mask": encoded.attention_mask,
        }
    )


def variant_tensors(comparison: SegmentationComparison) -> pd.DataFrame:
    """The three tensors of every variant, one row per variant and position."""
    return pd.concat(
        [
            tensors(variant.encoded).assign(variant=TITLES[variant.name].title)[
                ["variant", "position", "token", "input_ids", "token_type_ids", "attention_mask"]
            ]
            for variant in comparison.variants
        ],
        ignore_index=True,
    )
