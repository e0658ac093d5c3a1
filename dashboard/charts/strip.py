"""What the token strip draws: one record per position, its colour and its words, from a seen reading."""

import math
from typing import Any

import numpy as np

from analysis.types import TEMPLATE, Encoded, SeenReading
from dashboard.charts.palette import Palette, ink_on
from dashboard.glossary import ENTROPY, P_OBSERVED, RANK, SURPRISAL, TOKEN_MEASURES, Measure, Units, p_text, rank_text

_BEST_GUESSES = 3
_PIECE = "##"


def strip(
    reading: SeenReading, measure_key: str, palette: Palette, units: Units, *, fit: bool = False
) -> dict[str, Any]:
    """Tokens, colours and legend for the strip component; every string is text, never markup.

    ``fit`` lets the scale end at this text's largest value instead of at its fixed end.
    """
    measure = TOKEN_MEASURES[measure_key]
    encoded, statistics = reading.encoded, reading.statistics
    values = {
        ENTROPY.key: statistics.entropy_bits,
        SURPRISAL.key: statistics.surprisal_bits,
        RANK.key: statistics.rank,
        P_OBSERVED.key: statistics.p_observed,
    }[measure.key]
    if fit:
        measure = measure.fitted(values[~encoded.outside].tolist())
    joined, segment = joined_to_previous(encoded), segments(encoded)
    tokens = []
    for i, token in enumerate(encoded.tokens):
        fill = palette.shade(scale_share(measure, float(values[i])))
        guesses = zip(reading.top_tokens[i][:_BEST_GUESSES], statistics.top_p[i][:_BEST_GUESSES], strict=True)
        value = value_text(measure, float(values[i]), units)
        tokens.append(
            {
                "text": token.removeprefix(_PIECE) if joined[i] else token,
                "piece": token.startswith(_PIECE) and joined[i],
                "joined": joined[i],
                "ghost": bool(encoded.outside[i]),
                "unknown": bool(encoded.unknown[i]),
                "segment": segment[i],
                "fill": fill,
                "ink": ink_on(fill),
                "value": value,
                "name": f"position {i}, {token}, {measure.name} {value} {measure.unit(units)}".rstrip(),
                "guesses": [f"{word}  {p_text(float(p))}" for word, p in guesses],
            }
        )
    return {
        "tokens": tokens,
        "legend": legend(measure, palette, units, fit=fit),
        "a": palette.segment_a,
        "b": palette.segment_b,
        "pair": encoded.text_b is not None,
    }


def scale_share(measure: Measure, value: float) -> float:
    """Where a value lies on the measure's scale, 0 to 1 when inside; ranks are spread by their logarithm."""
    if measure.key == RANK.key:
        return math.log10(value / measure.low) / math.log10(measure.high / measure.low)
    return (value - measure.low) / (measure.high - measure.low)


def value_text(measure: Measure, value: float, units: Units) -> str:
    """A value as it stands below its token, without the unit that the legend carries."""
    if measure.key == RANK.key:
        return rank_text(int(value))
    if measure.key == P_OBSERVED.key:
        return p_text(value)
    return f"{measure.convert(value, units):.2f}"


def legend(measure: Measure, palette: Palette, units: Units, *, fit: bool = False) -> dict[str, Any]:
    """The strip's legend: the scale's colours, its two ends, its name with the unit."""
    beyond = "" if fit else "≥ "
    if measure.key == RANK.key:
        ends = ("1", f"{beyond}{rank_text(int(measure.high))}, log scale")
    elif measure.key == P_OBSERVED.key:
        ends = ("0", p_text(measure.high) if fit else "1")
    else:
        ends = ("0", f"{beyond}{measure.convert(measure.high, units):.3g} {measure.unit(units)}")
    return {"name": measure.name, "low": ends[0], "high": ends[1], "colours": list(palette.sequential[::9])}


def segments(encoded: Encoded) -> list[str]:
    """Segment A or B of every position: the text it comes from, whether or not the model reads segment ids."""
    return ["AB"[number] for number in nearest_text(encoded).tolist()]


def nearest_text(encoded: Encoded) -> np.ndarray:
    """Which text, 0 or 1, each position stands with: the template's tokens go with the piece before them.

    Returns
    -------
    numpy.ndarray
        int32 [T].
    """
    text = np.asarray(encoded.sequence).copy()
    text[0] = text[text != TEMPLATE][0]
    for i in np.flatnonzero(text == TEMPLATE):
        text[i] = text[i - 1]
    return text


def joined_to_previous(encoded: Encoded) -> list[bool]:
    """Whether each position continues the word of the position before it."""
    same_word = (encoded.word[1:] == encoded.word[:-1]) & (encoded.sequence[1:] == encoded.sequence[:-1])
    touching = encoded.span[1:, 0] == encoded.span[:-1, 1]
    return [False, *(same_word & touching & (np.asarray(encoded.sequence[1:]) != TEMPLATE)).tolist()]


def read_out(reading: SeenReading) -> list[dict[str, Any]]:
    """The greedy read-out, the most probable token of every position, beside the input with differences marked."""
    encoded, top = reading.encoded, reading.statistics.top_ids[:, 0]
    joined = joined_to_previous(encoded)
    return [
        {
            "predicted": reading.top_tokens[i][0],
            "stood": encoded.tokens[i],
            "same": int(top[i]) == int(encoded.ids[i]),
            "ghost": bool(encoded.sequence[i] == TEMPLATE),
            "joined": joined[i],
            "name": f"position {i}: {encoded.tokens[i]} is read back as {reading.top_tokens[i][0]}",
        }
        for i in range(len(encoded))
    ]
