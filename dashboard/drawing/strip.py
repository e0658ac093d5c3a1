"""What the token strip draws: one record per token or word, its colour and its words, from a reading."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.types import CONTINUES_WORD, TEMPLATE, Encoded, HiddenReading, ReportingWord, SeenReading
from dashboard.drawing.palette import Palette, ink_on
from dashboard.glossary import (
    COPY_GAP,
    ENTROPY,
    P_OBSERVED,
    RANK,
    SURPRISAL,
    TOKEN_MEASURES,
    Measure,
    Units,
    p_text,
    rank_text,
    signed,
)

_BEST_GUESSES = 3


@dataclass(frozen=True, slots=True)
class _Item:
    """One chip: the positions it stands for, and what is written in it."""

    positions: tuple[int, ...]
    text: str
    piece: bool
    joined: bool


def strip(
    reading: SeenReading | HiddenReading,
    measure_key: str,
    palette: Palette,
    units: Units,
    *,
    fit: bool = False,
    words: Sequence[ReportingWord] | None = None,
    beside: SeenReading | HiddenReading | None = None,
) -> dict[str, Any]:
    """Chips, colours and legend for the strip component; every string is text, never markup.

    Parameters
    ----------
    measure_key
        A key of ``TOKEN_MEASURES``; the copy gap needs a hidden reading.
    fit
        Let the scale end at this text's largest value instead of at its fixed end.
    words
        The reporting words, for one chip per word instead of one per token.
    beside
        Another reading that is drawn on the same scale, also when it is fitted.
    """
    measure = TOKEN_MEASURES[measure_key]
    encoded = reading.encoded
    outside, edited = encoded.outside, {position for position, _ in encoded.edits}
    values = values_of(reading, measure)
    items = _tokens(encoded) if words is None else _words(encoded, words)
    shown = [_together(measure, values, [i for i in item.positions if not outside[i]]) for item in items]
    if fit:
        others = [] if beside is None else values_of(beside, measure)[~beside.encoded.outside].tolist()
        measure = measure.fitted([value for value in (*shown, *others) if math.isfinite(value)])
    segment = segments(encoded)
    chips = []
    for item, value in zip(items, shown, strict=True):
        first = item.positions[0]
        fill = colour(measure, value, palette)
        printed = value_text(measure, value, units)
        guesses = zip(
            reading.top_tokens[first][:_BEST_GUESSES], reading.statistics.top_p[first][:_BEST_GUESSES], strict=True
        )
        where = _where(item.positions)
        unit = measure.unit(units)
        chips.append(
            {
                "text": item.text,
                "piece": item.piece,
                "joined": item.joined,
                "ghost": bool(outside[list(item.positions)].all()),
                "unknown": bool(encoded.unknown[list(item.positions)].any()),
                "edited": not edited.isdisjoint(item.positions),
                "segment": segment[first],
                "fill": fill,
                "ink": ink_on(fill),
                "value": printed,
                "where": where,
                "name": f"{where}, {item.text}, {measure.name} {printed} {unit}".rstrip(),
                "guesses": [f"{word}  {p_text(float(p))}" for word, p in guesses if word],
            }
        )
    return {
        "tokens": chips,
        "at": [item.positions[0] for item in items],
        "legend": legend(measure, palette, units, fit=fit, kind="" if measure.diverging else reading.kind),
        "a": palette.segment_a,
        "b": palette.segment_b,
        "pair": encoded.text_b is not None,
    }


def values_of(reading: SeenReading | HiddenReading, measure: Measure) -> np.ndarray:
    """One measure at every position, float [T]; not a number where a stopped reading has not come."""
    if measure.key == COPY_GAP.key:
        return reading.copy_gap_bits if isinstance(reading, HiddenReading) else np.full(len(reading.encoded), np.nan)
    if measure.key == RANK.key:
        return np.where(reading.statistics.rank > 0, reading.statistics.rank.astype(np.float64), np.nan)
    return {
        ENTROPY.key: reading.statistics.entropy_bits,
        SURPRISAL.key: reading.statistics.surprisal_bits,
        P_OBSERVED.key: reading.statistics.p_observed,
    }[measure.key]


def colour(measure: Measure, value: float, palette: Palette) -> str:
    """A value's colour on the measure's scale."""
    share = scale_share(measure, value)
    return palette.leaning(share) if measure.diverging else palette.shade(share)


def scale_share(measure: Measure, value: float) -> float:
    """Where a value lies on the measure's scale, 0 to 1 when inside; ranks are spread by their logarithm."""
    if math.isnan(value):
        return math.nan
    if measure.key == RANK.key:
        return math.log10(value / measure.low) / math.log10(measure.high / measure.low)
    return (value - measure.low) / (measure.high - measure.low)


def value_text(measure: Measure, value: float, units: Units) -> str:
    """A value as it stands below its token, without the unit that the legend carries."""
    if math.isnan(value):
        return "…"
    if measure.diverging:
        return signed(measure.convert(value, units))
    if measure.key == RANK.key:
        return rank_text(int(value))
    if measure.key == P_OBSERVED.key:
        return p_text(value)
    return f"{measure.convert(value, units):.2f}"


def legend(measure: Measure, palette: Palette, units: Units, *, fit: bool = False, kind: str = "") -> dict[str, Any]:
    """The strip's legend: the scale's colours, its two ends, its name with the unit and the kind of the reading."""
    beyond = "" if fit else "≥ "
    if measure.key == RANK.key:
        ends = ("1", f"{beyond}{rank_text(int(measure.high))}, log scale")
    elif measure.key == P_OBSERVED.key:
        ends = ("0", p_text(measure.high) if fit else "1")
    else:
        end = f"{measure.convert(measure.high, units):.3g}"
        low = f"{'' if fit else '≤ '}−{end}" if measure.diverging else "0"
        ends = (low, f"{beyond}{end} {measure.unit(units)}")
    scale = palette.diverging if measure.diverging else palette.sequential
    name = f"{measure.name}, {kind}" if kind else measure.name
    return {"name": name, "low": ends[0], "high": ends[1], "colours": list(scale[::9])}


def segments(encoded: Encoded) -> list[str]:
    """Segment A or B of every position: the text it comes from, whether or not the model reads segment ids."""
    return ["AB"[number] for number in encoded.stands_with.tolist()]


def joined_to_previous(encoded: Encoded) -> list[bool]:
    """Whether each position continues the word of the position before it."""
    same_word = (encoded.word[1:] == encoded.word[:-1]) & (encoded.sequence[1:] == encoded.sequence[:-1])
    touching = encoded.span[1:, 0] == encoded.span[:-1, 1]
    return [False, *(same_word & touching & (np.asarray(encoded.sequence[1:]) != TEMPLATE)).tolist()]


def read_out(reading: SeenReading | HiddenReading) -> list[dict[str, Any]]:
    """The greedy read-out, the most probable token of every position, beside the input with differences marked."""
    encoded, top = reading.encoded, reading.statistics.top_ids[:, 0]
    joined = joined_to_previous(encoded)
    return [
        {
            "predicted": reading.top_tokens[i][0] or "…",
            "stood": encoded.tokens[i],
            "same": not reading.top_tokens[i][0] or int(top[i]) == int(encoded.ids[i]),
            "ghost": bool(encoded.sequence[i] == TEMPLATE),
            "joined": joined[i],
            "name": f"position {i}: {encoded.tokens[i]} is read back as {reading.top_tokens[i][0]}",
        }
        for i in range(len(encoded))
    ]


def _tokens(encoded: Encoded) -> list[_Item]:
    joined = joined_to_previous(encoded)
    return [
        _Item(
            (i,),
            token.removeprefix(CONTINUES_WORD) if joined[i] else token,
            token.startswith(CONTINUES_WORD) and joined[i],
            joined[i],
        )
        for i, token in enumerate(encoded.tokens)
    ]


def _words(encoded: Encoded, words: Sequence[ReportingWord]) -> list[_Item]:
    """The words, with the template's tokens in their places."""
    template = [
        _Item((i,), encoded.tokens[i], False, False) for i in np.flatnonzero(encoded.sequence == TEMPLATE).tolist()
    ]
    own = [_Item(word.positions, word.text, False, False) for word in words if word.positions]
    return sorted([*template, *own], key=lambda item: item.positions[0])


def _together(measure: Measure, values: np.ndarray, positions: list[int]) -> float:
    """A measure of several pieces: see ``glossary.BY_WORD``."""
    if not positions:
        return math.nan
    own = values[positions].astype(np.float64)
    together = {ENTROPY.key: own.mean, RANK.key: own.max, P_OBSERVED.key: own.prod}
    return float(together.get(measure.key, own.sum)())


def _where(positions: tuple[int, ...]) -> str:
    first, last = positions[0], positions[-1]
    return f"position {first}" if first == last else f"positions {first} to {last}"
