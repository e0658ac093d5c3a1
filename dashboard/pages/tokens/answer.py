"""What the head says of a text, in one sentence."""

import numpy as np

from analysis.types import HiddenReading, SeenReading, summarise
from dashboard.glossary import HIDDEN_READING, SEEN_READING, SURPRISAL, Units, share_text
from dashboard.sections import Sentence, Strong

_NAMED = 2
"""Masks that are named one by one."""


def sentence(seen: SeenReading, hidden: HiddenReading | None, units: Units) -> Sentence:
    """The best guesses at the text's own masks, then how well the head does where it is not told the token."""
    parts = [*_at_masks(seen), *_elsewhere(seen, hidden, units)]
    return Sentence(tuple(parts), help=f"seen: {SEEN_READING}\n\nhidden: {HIDDEN_READING}")


def guess(seen: SeenReading, position: int) -> tuple[str, str]:
    """The best guess at a position, and its probability in percent."""
    return seen.top_tokens[position][0], share_text(float(seen.statistics.top_p[position, 0]))


def _at_masks(seen: SeenReading) -> list[str]:
    masks = np.flatnonzero(seen.encoded.masked).tolist()
    named = [(seen.encoded.tokens[at], *guess(seen, at)) for at in masks[:_NAMED]]
    if not named:
        return []
    (mask, word, p), *others = named
    parts = ["At " if len(masks) == 1 else "At the first ", mask, " the head says ", Strong(word), f" ({p})"]
    for _, word, p in others:
        parts += ["; at the second ", Strong(word), f" ({p})"]
    if len(masks) > _NAMED:
        parts.append(f" (of {len(masks)} in all)")
    return [*parts, ". "]


def _elsewhere(seen: SeenReading, hidden: HiddenReading | None, units: Units) -> list[str]:
    n = seen.encoded.n_counted
    if not n:
        return []
    of_them = f"the {n} tokens" if n > 1 else "the one token"
    if hidden is None or not hidden.complete:
        return [f"Seeing them, it reads back {share_text(summarise(seen).share_rank_1)} of {of_them} as they are."]
    counted = np.flatnonzero(~hidden.encoded.outside)
    bits = hidden.statistics.surprisal_bits[counted]
    worst = int(counted[bits.argmax()])
    return [
        "With each token hidden, it names ",
        Strong(share_text(summarise(hidden).share_rank_1)),
        f" of {of_them} first; the least expected is ",
        Strong(hidden.encoded.tokens[worst]),
        f" at position {worst}, {SURPRISAL.text(float(bits.max()), units)}.",
    ]
