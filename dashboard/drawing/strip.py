"""What the token strip draws: one record per token or word, its colour and its words, from a reading."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.measures import TOKEN_MEASURES
from analysis.types import CONTINUES_WORD, TEMPLATE, Encoded, HiddenReading, ReportingWord, SeenReading
from dashboard import glossary
from dashboard.drawing.palette import Palette, ink_on
from dashboard.glossary import Measure, Units, p_text

_BEST_GUESSES = 3


@dataclass(frozen=True, slots=True)
class _Item:
    """One chip: the positions it stands for, and what is written in it."""

    positions: tuple[int, ...]
    text: str
    piece: bool = False
    joined: bool = False


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
        A key of ``TOKEN_MEASURES``; some need a hidden reading.
    fit
        Let the scale end at this text's largest value instead of at its fixed end.
    words
        The reporting words, for one chip per word instead of one per token.
    beside
        Another reading that is drawn on the same scale, also when it is fitted.
    """
    measured, measure = TOKEN_MEASURES[measure_key], glossary.TOKEN_MEASURES[measure_key]
    encoded = reading.encoded
    outside, edited = encoded.outside, {position for position, _ in encoded.edits}
    values = measured.values(reading)
    items = _tokens(encoded) if words is None else _words(encoded, words)
    shown = [measured.of_word(values, [i for i in item.positions if not outside[i]]) for item in items]
    if fit:
        others = [] if beside is None else measured.values(beside)[~beside.encoded.outside].tolist()
        measure = measure.fitted([value for value in (*shown, *others) if math.isfinite(value)])
    segment = segments(encoded)
    chips = []
    for item, value in zip(items, shown, strict=True):
        first, last = item.positions[0], item.positions[-1]
        fill = (palette.leaning if measure.diverging else palette.shade)(measure.share(value))
        printed = "…" if math.isnan(value) else measure.number(value, units)
        guesses = list(zip(reading.top_tokens[first], reading.statistics.top_p[first].tolist(), strict=True))
        where = f"position {first}" if first == last else f"positions {first} to {last}"
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
                "name": f"{where}, {item.text}, {measure.name} {printed} {measure.unit(units)}".rstrip(),
                "guesses": [f"{word}  {p_text(p)}" for word, p in guesses[:_BEST_GUESSES] if word],
            }
        )
    return {
        "tokens": chips,
        "at": [item.positions[0] for item in items],
        "legend": legend(measure, palette, units, fit=fit, kind="" if measured.needs_hidden else reading.kind),
        "a": palette.segment_a,
        "b": palette.segment_b,
        "pair": encoded.text_b is not None,
    }


def legend(measure: Measure, palette: Palette, units: Units, *, fit: bool = False, kind: str = "") -> dict[str, Any]:
    """The strip's legend: the scale's colours, its two ends, its name with the unit and the kind of the reading."""
    low, high = measure.end(measure.low, units), f"{measure.end(measure.high, units)} {measure.unit(units)}".rstrip()
    # No probability lies beyond 1.
    beyond = not fit and measure.form != "probability"
    return {
        "name": f"{measure.name}, {kind}" if kind else measure.name,
        "low": f"≤ {low}" if beyond and measure.diverging else low,
        "high": f"{'≥ ' if beyond else ''}{high}{', log scale' if measure.log else ''}",
        "colours": list((palette.diverging if measure.diverging else palette.sequential)[::9]),
    }


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
    items = []
    for i, (token, joined) in enumerate(zip(encoded.tokens, joined_to_previous(encoded), strict=True)):
        piece = joined and token.startswith(CONTINUES_WORD)
        items.append(_Item((i,), token.removeprefix(CONTINUES_WORD) if piece else token, piece, joined))
    return items


def _words(encoded: Encoded, words: Sequence[ReportingWord]) -> list[_Item]:
    """The words, with the template's tokens in their places."""
    items = [_Item((i,), encoded.tokens[i]) for i in np.flatnonzero(encoded.sequence == TEMPLATE).tolist()]
    items += [_Item(word.positions, word.text) for word in words if word.positions]
    return sorted(items, key=lambda item: item.positions[0])
