"""Regions that are marked in the strip: from two positions to a run of words, and into the page's option."""

from collections.abc import Sequence

from analysis.texts.regions import regions_of
from analysis.types import Encoded, Region, ReportingWord
from dashboard.options import words_typed
from dashboard.pages.tokens.asking import punctuation_of
from dashboard.view import ViewState

MARKS = (
    "A click with Shift, or Shift and Enter, marks the words from the chosen token to this one as a region; once more "
    "takes it out."
)
_MOST_CHARS = 200
"""What the option holds."""


def marked(view: ViewState, encoded: Encoded) -> tuple[Region, ...]:
    """The regions of a view that has been read."""
    return regions_of(encoded, words_typed(view.name("regions")), punctuation_of(view))


def run_of(words: Sequence[ReportingWord], chosen: int, clicked: int) -> tuple[int, int] | None:
    """The first and the last word, counted from 1, of those from one position to another; None where there is none.

    A run lies in one text: that of the word that was clicked, or of the nearest one where no word was.
    """
    first, last = sorted((chosen, clicked))
    inside = [number for number, word in enumerate(words, start=1) if any(first <= at <= last for at in word.positions)]
    if not inside:
        return None
    text = words[inside[-1 if clicked >= chosen else 0] - 1].sequence
    own = [number for number in inside if words[number - 1].sequence == text]
    return own[0], own[-1]


def toggled(regions: str, words: Sequence[ReportingWord], chosen: int, clicked: int) -> str:
    """What stands in the option after two positions have been marked: their run put in, or taken out if it is there."""
    found = run_of(words, chosen, clicked)
    if found is None:
        return regions
    new, kept = "{}:{}".format(*found), words_typed(regions)
    left = [each for each in kept if _written(each) != new]
    changed = ", ".join(left if len(left) < len(kept) else [*kept, new])
    return changed if len(changed) <= _MOST_CHARS else regions


def _written(region: str) -> str:
    """A region as ``toggled`` writes it: of one word, too, its first and its last."""
    first, _, last = region.partition(":")
    return f"{first}:{last or first}"
