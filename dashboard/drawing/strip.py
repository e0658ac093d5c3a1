"""What the token strip draws: one record per token or word, its colour and its words, from a reading."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.measures import TOKEN_MEASURES, TokenMeasure
from analysis.types import CONTINUES_WORD, TEMPLATE, Encoded, HiddenReading, Region, ReportingWord, SeenReading
from dashboard import glossary
from dashboard.drawing.direction import apart, direction_of
from dashboard.drawing.palette import Palette, ink_on
from dashboard.glossary import Measure, Units, p_text, share_text

_BEST_GUESSES = 3
_LINE_END = re.compile(r"\r\n|\r|\n")
_STANZA = 2
"""Line ends that stand for more than a new line: what more there are look the same."""


@dataclass(frozen=True, slots=True)
class Item:
    """One chip: the positions it stands for, and what is written in it."""

    positions: tuple[int, ...]
    text: str
    piece: bool = False
    joined: bool = False

    def masked(self, encoded: Encoded) -> bool:
        """Whether it is one of the text's own masks."""
        return len(self.positions) == 1 and bool(encoded.masked[self.positions[0]])


def strip(  # noqa: PLR0913  (all that can be seen on a strip)
    reading: SeenReading | HiddenReading,
    measure_key: str,
    palette: Palette,
    units: Units,
    *,
    fit: bool = False,
    words: Sequence[ReportingWord] | None = None,
    beside: SeenReading | HiddenReading | None = None,
    regions: Sequence[Region] = (),
    measured_as: tuple[TokenMeasure, Measure] | None = None,
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
    regions
        Runs of words to be marked: ``region``, ``opens`` and ``closes`` of their chips.
    measured_as
        A measure that is not in that table, and its words and scale, instead of the key's.
    """
    measured, measure = measured_as or (TOKEN_MEASURES[measure_key], glossary.TOKEN_MEASURES[measure_key])
    n_vocabulary = max(each.n_vocabulary for each in (reading, beside) if each is not None)
    measure = measure.of_vocabulary(n_vocabulary)
    encoded = reading.encoded
    outside, edited = encoded.outside, {position for position, _ in encoded.edits}
    of_masks = not measured.of_token
    values = measured.values(reading)
    items = token_items(encoded) if words is None else _words(encoded, words)
    # A mask has an entropy and no token: what else is measured needs the one that stands there.
    shown = [
        measured.of_word(values, [i for i in item.positions if not outside[i] or (of_masks and item.masked(encoded))])
        for item in items
    ]
    if fit:
        others = [] if beside is None else measured.values(beside)[~beside.encoded.outside].tolist()
        measure = measure.fitted([value for value in (*shown, *others) if math.isfinite(value)])
    segment, ends = segments(encoded), line_ends(encoded)
    chips = []
    for item, value in zip(items, shown, strict=True):
        first, last = item.positions[0], item.positions[-1]
        fill = (palette.leaning if measure.diverging else palette.shade)(measure.share(value))
        where = f"position {first}" if first == last else f"positions {first} to {last}"
        masked, guess, nothing = item.masked(encoded), "", "…"
        if masked:
            guess = f"{reading.top_tokens[first][0]} {share_text(float(reading.statistics.top_p[first, 0]))}"
            nothing = ""
        printed = nothing if math.isnan(value) else measure.number(value, units)
        told = special(encoded, item) or f"{measure.name} {printed} {measure.unit(units)}".rstrip()
        if masked:
            told = f"a gap, {told}" if printed else "a gap"
        own = [region for region in regions if not set(item.positions).isdisjoint(region.positions)]
        told = ", ".join((told, *map(_of_region, own)))
        chips.append(
            {
                "text": item.text,
                "piece": item.piece,
                "joined": item.joined,
                "ghost": bool(outside[list(item.positions)].all()) and not masked,
                "guess": guess,
                "line_ends": ends[first],
                "unknown": bool(encoded.unknown[list(item.positions)].any()),
                "edited": not edited.isdisjoint(item.positions),
                "region": bool(own),
                "opens": any(region.positions[0] in item.positions for region in own),
                "closes": any(region.positions[-1] in item.positions for region in own),
                "segment": segment[first],
                "fill": fill,
                "ink": ink_on(fill),
                "value": printed,
                "where": where,
                "name": f"{where}, {item.text}, {told}",
                "guesses": _guesses(reading, item),
            }
        )
    return {
        "tokens": chips,
        "at": [item.positions[0] for item in items],
        "legend": legend(measure, palette, units, fit=fit, kind="" if measured.needs_hidden else reading.kind),
        "a": palette.segment_a,
        "b": palette.segment_b,
        "pair": encoded.text_b is not None,
        "dir": direction_of(encoded),
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


def _guesses(reading: SeenReading | HiddenReading, item: Item) -> list[str]:
    """The best guesses at a token; of a word of several pieces the best one at each."""
    top, p = reading.top_tokens, reading.statistics.top_p
    if len(item.positions) > 1:
        tokens = reading.encoded.tokens
        return [
            f"{apart(tokens[i])} → {apart(top[i][0])}  {p_text(float(p[i, 0]))}" for i in item.positions if top[i][0]
        ]
    (at,) = item.positions
    guesses = zip(top[at][:_BEST_GUESSES], p[at].tolist(), strict=False)
    return [f"{apart(word)}  {p_text(each)}" for word, each in guesses if word]


def special(encoded: Encoded, item: Item) -> str:
    """What a special token is there for, to those who can't see that it is drawn as one; nothing of all others."""
    first, last = item.positions[0], len(encoded) - 1
    if item.masked(encoded) or not encoded.outside[list(item.positions)].all():
        return ""
    if encoded.sequence[first] != TEMPLATE:
        return "special token typed in the text"
    ends = {0: "begins the input", last: "ends the input"}
    return f"special token, {ends.get(first, 'separates the segments')}"


def _of_region(region: Region) -> str:
    """What is said of a chip that is marked."""
    words = f"word {region.first}" if region.first == region.last else f"words {region.first} to {region.last}"
    return f"in the region of {words}"


def line_ends(encoded: Encoded) -> list[int]:
    """How many ends of a line, at most two, the text has between each position and the one before it."""
    found = [0]
    for i in range(1, len(encoded)):
        before, here = encoded.sequence[i - 1], encoded.sequence[i]
        text = (encoded.text_b if here == 1 else encoded.text_a) or ""
        between = text[encoded.span[i - 1, 1] : encoded.span[i, 0]] if before == here != TEMPLATE else ""
        found.append(min(_STANZA, len(_LINE_END.findall(between))))
    return found


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


def token_items(encoded: Encoded) -> list[Item]:
    items = []
    for i, (token, joined) in enumerate(zip(encoded.tokens, joined_to_previous(encoded), strict=True)):
        piece = joined and token.startswith(CONTINUES_WORD)
        items.append(Item((i,), token.removeprefix(CONTINUES_WORD) if piece else token, piece, joined))
    return items


def _words(encoded: Encoded, words: Sequence[ReportingWord]) -> list[Item]:
    """The words, with the template's tokens in their places."""
    items = [Item((i,), encoded.tokens[i]) for i in np.flatnonzero(encoded.sequence == TEMPLATE).tolist()]
    items += [Item(word.positions, word.text) for word in words if word.positions]
    return sorted(items, key=lambda item: item.positions[0])
