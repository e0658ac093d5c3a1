"""What the page Attention shows: all heads in numbers, one of them over the text and as a matrix, one token's lists."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from analysis import export
from analysis.types import AttentionWeights
from dashboard.drawing.direction import apart
from dashboard.drawing.treatment import told, treatment
from dashboard.glossary import Units, listed, share_text
from dashboard.page import Look, Results
from dashboard.pages.attention import asked
from dashboard.pages.attention.arcs import LEAST, arcs
from dashboard.pages.attention.figures import finder, largest, looks, matrix
from dashboard.pages.attention.words import AVERAGE, CAVEAT, HEAD_MEASURES, OF_PAIRS, SHORT, TELLING
from dashboard.printed import p_text
from dashboard.sections import Act, Beside, Fields, Note, Number, Numbers, Section, Sentence, Strong, Waiting
from dashboard.view import ViewState

_MOSTLY = 0.5
_NAMED = 3
_PLACES = {
    "share_previous": "the previous token",
    "share_next": "the next token",
    "share_self": "the token itself",
    "share_cls": "[CLS]",
    "share_sep": "[SEP]",
}


def answer(view: ViewState, results: Results, look: Look) -> Sentence | None:
    """Where the head that is shown looks, and what the chosen token looks at."""
    found = _found(view, results)
    if found is None:
        return None
    numbers, encoded = found.in_numbers, found.encoded
    chosen = asked.chosen_position(view, encoded)
    shares = {name: float(getattr(numbers, name)[0, 0]) for name in _PLACES}
    most = max(shares, key=lambda name: shares[name])
    if shares[most] >= _MOSTLY:
        looks_at = f" looks mostly at {_PLACES[most]} ({share_text(shares[most])} of its weight)"
    else:
        entropy = HEAD_MEASURES["entropy_bits"].text(float(numbers.entropy_bits[0, 0]), look.units)
        looks_at = (
            f" spreads its weight, with a mean entropy of {entropy}; most of it goes to {_PLACES[most]} "
            f"({share_text(shares[most])})"
        )
    own = found.shown[chosen]
    keys = [f"{apart(f'“{encoded.tokens[at]}”')} ({p_text(float(own[at]))})" for at in largest(own, _NAMED, LEAST)]
    return Sentence(
        (
            Strong(asked.named(found)),
            f"{looks_at}; from ",
            Strong(encoded.tokens[chosen]),
            f" at position {chosen} it goes to {listed(keys)}.",
        ),
        TELLING,
    )


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The finder beside the head in numbers; the head over its text beside the chosen token's lists; the matrix."""
    yield Waiting()
    found = _found(view, results)
    if found is None:
        return
    yield from told(found.notices)
    palette, chosen, weights = look.palette, asked.chosen_position(view, found.encoded), asked.filtered(view, found)
    between = asked.between_of(view, found)
    fields = Beside(((Fields(("layer",)),), (Fields(("head",)),)))
    numbers = (fields, _numbers(found, look.units), *([Note(AVERAGE)] if found.head is None else []))
    yield Beside(((finder(found, _summary(view, found), palette, look.units),), numbers), (3, 2))
    lists = (looks(found, weights, chosen, palette, outward=outward) for outward in (True, False))
    yield Beside(((arcs(found, weights, chosen, palette), Note(CAVEAT)), tuple(lists)), (3, 2), key="panel")
    yield matrix(found, weights, asked.BETWEEN[between], chosen, palette)
    yield Act("weights")
    yield from treatment(found.notices)


def offers(view: ViewState, results: Results) -> dict[str, Callable[[], Any]]:
    """The head that is shown, with all of them in numbers."""
    found = _found(view, results)
    return {} if found is None else {"attention": partial(export.attention, found)}


def _found(view: ViewState, results: Results) -> AttentionWeights | None:
    found: AttentionWeights | None = results.get("attention")
    return None if found is None else asked.shown(view, found)


def _summary(view: ViewState, found: AttentionWeights) -> str:
    """The number by which heads are coloured; the first of all where a lone text has not the one chosen."""
    name = view.name("summary")
    return next(iter(HEAD_MEASURES)) if name in OF_PAIRS and found.encoded.text_b is None else name


def _numbers(found: AttentionWeights, units: Units) -> Numbers:
    """What is shown, in all of its numbers."""
    numbers, items = found.in_numbers, []
    for key, measure in HEAD_MEASURES.items():
        if key in OF_PAIRS and found.encoded.text_b is None:
            continue
        value = float(getattr(numbers, key)[0, 0])
        items.append(Number(_called(key), _printed(key, value, units), help=measure.definition))
    return Numbers(tuple(items), width=110)


def _called(key: str) -> str:
    return f"To {SHORT[key]}" if key in _PLACES else f"{SHORT[key][:1].upper()}{SHORT[key][1:]}"


def _printed(key: str, value: float, units: Units) -> str:
    if math.isnan(value):
        return "–"
    if key.startswith("share"):
        return share_text(value)
    return f"{value:.1f} tokens" if key == "distance_tokens" else HEAD_MEASURES[key].text(value, units)
