"""The text coloured by what each word adds to the answer."""

import math
from typing import Any

from analysis.types import InfluenceMap
from dashboard.drawing.direction import direction_of
from dashboard.drawing.palette import Palette, ink_on
from dashboard.drawing.strip import legend, line_ends, segments, special, token_items
from dashboard.glossary import INFLUENCE, Units, share_text

METHODS = {"occlusion": "occlusion", "gradients": "integrated gradients"}
"""What the methods are called."""


def map_strip(found: InfluenceMap, palette: Palette, units: Units, *, fit: bool) -> dict[str, Any]:
    """One chip per token, its ground the influence of its word, whose value stands under the first of its pieces."""
    encoded, values = found.encoded, found.influence_nats.tolist()
    measure = INFLUENCE.fitted([value for value in values if math.isfinite(value)]) if fit else INFLUENCE
    word_at = {at: number for number, word in enumerate(found.words) for at in word.positions}
    segment, ends, edited = segments(encoded), line_ends(encoded), {at for at, _ in encoded.edits}
    items, chips = token_items(encoded), []
    for at, item in enumerate(items):
        number = word_at.get(at)
        value = math.nan if number is None else values[number]
        fill = palette.leaning(measure.share(value))
        printed = "" if number is None else "…" if math.isnan(value) else measure.number(value, units)
        first = number is not None and found.words[number].positions[0] == at
        said = f"influence {printed} {measure.unit(units)}" if printed else special(encoded, item)
        under, guess = printed if first else "", ""
        if at == found.position:
            said, under = "the target", "target"
            if encoded.masked[at] and math.isfinite(found.value_nats):
                guess = f"{found.token} {share_text(math.exp(found.value_nats))}"
        elif at in found.hidden:
            said = "hidden with the target"
        chips.append(
            {
                "text": item.text,
                "piece": item.piece,
                "joined": item.joined,
                "ghost": bool(encoded.outside[at]) and not encoded.masked[at],
                "guess": guess,
                "line_ends": ends[at],
                "unknown": bool(encoded.unknown[at]),
                "edited": at in edited,
                "segment": segment[at],
                "fill": fill,
                "ink": ink_on(fill),
                "value": under,
                "where": f"position {at}",
                "name": ", ".join(filter(None, (f"position {at}", item.text, said))),
                "guesses": [],
            }
        )
    return {
        "tokens": chips,
        "at": list(range(len(items))),
        "legend": legend(measure, palette, units, fit=fit, kind=METHODS[found.method]),
        "a": palette.segment_a,
        "b": palette.segment_b,
        "pair": encoded.text_b is not None,
        "dir": direction_of(encoded),
    }
