"""What the page shows of one answer: the text, the words by both methods, and whether the map can be believed."""

from collections.abc import Iterator

import numpy as np

from analysis.texts.text import counted
from analysis.types import InfluenceMap, rank_correlation
from dashboard import glossary
from dashboard.drawing.treatment import told, treatment
from dashboard.glossary import INFLUENCE, Units, signed_text
from dashboard.page import Look, Results
from dashboard.pages.influence.asking import CURVES, EVERY, GRADIENTS, OCCLUSION
from dashboard.pages.influence.bars import LEADING, word_bars, word_table
from dashboard.pages.influence.matrix import every_matrix
from dashboard.pages.influence.strip import map_strip
from dashboard.pages.influence.trust import area_table, printed_areas, trust_curves
from dashboard.second_head import head_words
from dashboard.sections import (
    Fields,
    Note,
    Number,
    Numbers,
    Section,
    Sentence,
    Strip,
    Strong,
    Table,
    Waiting,
)
from dashboard.view import ViewState

_MUCH = 0.02
"""Of the difference: what the path may miss without a word about it."""
_LEAST_NATS = 0.005
"""What is printed as nothing supports nothing."""


def answer(view: ViewState, results: Results, look: Look) -> Sentence | None:
    """The answer, and the three words that it rests on most."""
    found = _shown(view, results)
    if found is None or not found.known:
        return None
    how = " without it" if found.method == "occlusion" else ""
    sign = -1 if found.method == "occlusion" else 1
    parts = [*_begins(found, look.units)]
    named = [at for at in found.order[:LEADING] if found.influence_nats[at] >= _LEAST_NATS]
    if not named:
        return Sentence((*parts, " rests on no single word: none of them raises it."), help=_help(found))
    parts.append(" rests most on ")
    for place, at in enumerate(named):
        value = signed_text(INFLUENCE, sign * float(found.influence_nats[at]), look.units)
        if place:
            parts.append(" and " if place == len(named) - 1 else ", ")
        parts += [Strong(found.words[at].text), f" ({value}{how if not place else ''})"]
    parts.append("." if how else ", by integrated gradients.")
    return Sentence(tuple(parts), help=_help(found))


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The strip, the bars of both methods, their agreement, the curves; the matrix where it is asked for."""
    found = _shown(view, results)
    if found is None:
        yield Waiting()
        return
    palette, units = look.palette, look.units
    drawn = map_strip(found, palette, units, fit=view.flag("fit"))
    picks = {} if found.position is None else {"chosen": found.position, "picks": "position"}
    yield Strip("tokens", drawn, "strip", **picks)
    yield Waiting()
    yield from told(found.notices)
    if found.position is None:
        words = head_words(found.meaning)
        if words.order_note:
            yield Note(words.order_note)
        if found.encoded.text_b is None:
            yield Note(words.lone_margin)
    elif found.encoded.outside[found.position] and not found.encoded.masked[found.position]:
        yield Note(glossary.RARE_TARGETS)
    yield Fields((), question=GRADIENTS)
    maps = [each for each in (results.get(OCCLUSION), results.get(GRADIENTS)) if each is not None and each.known]
    if maps:
        yield word_bars(maps, palette, units)
        yield Note(INFLUENCE.caveat)
        yield Numbers(tuple(_numbers(maps, units)), width=200)
        yield from _residual(maps)
        yield trust_curves(maps, _target(maps[0]), palette, units)
        yield Table(
            "influence-areas",
            "Areas of the curves",
            lambda: area_table(maps),
            _areas_note(maps),
            CURVES,
            lambda: printed_areas(maps),
        )
    yield Fields(("every",), question=EVERY)
    matrix: InfluenceMap | None = results.get(EVERY)
    if matrix is not None and matrix.every is not None:
        yield every_matrix(matrix, matrix.every, palette, units)
    if maps:
        yield Table("influence-words", "Every word", lambda: word_table(maps, units), folded=True)
    yield from treatment(found.notices)


def _shown(view: ViewState, results: Results) -> InfluenceMap | None:
    """The map that colours the text; occlusion's where the other has not come."""
    wanted = results.get(view.name("colour"))
    return wanted if wanted is not None and wanted.known else results.get(OCCLUSION)


def _target(found: InfluenceMap) -> str:
    return head_words(found.meaning).margin if found.position is None else f"log p of {found.token}"


def _begins(found: InfluenceMap, units: Units) -> Iterator[str]:
    """What is said, with its value, up to the verb."""
    value = signed_text(INFLUENCE, found.value_nats, units)
    if found.position is None:
        margin = head_words(found.meaning).margin
        yield f"The {margin[0].lower()}{margin[1:]} of "
        yield Strong(value)
        return
    encoded = found.encoded
    masks = np.flatnonzero(encoded.masked).tolist()
    if found.position in masks:
        ordinal = _ORDINALS[masks.index(found.position)] if masks.index(found.position) < len(_ORDINALS) else ""
        where = f"the {ordinal} {encoded.tokens[found.position]}" if ordinal and len(masks) > 1 else ""
        where = where or f"{encoded.tokens[found.position]} (position {found.position})"
        yield f"At {where} the {'first guess' if found.guessed else 'token'} "
    elif found.hidden:
        yield f"With {encoded.tokens[found.position]} hidden at position {found.position}, "
    else:
        yield f"At position {found.position}, {encoded.tokens[found.position]}, "
    yield Strong(found.token)
    yield f" (log p {value})"


_ORDINALS = ("first", "second", "third")


def _help(found: InfluenceMap) -> str:
    return f"{INFLUENCE.definition} {INFLUENCE.caveat}" + ("" if found.position is None else f"\n\n{_HIDDEN}")


_HIDDEN = "The target's word is hidden: all of its pieces are [MASK]."


def _numbers(maps: list[InfluenceMap], units: Units) -> Iterator[Number]:
    first = maps[0]
    masked = (
        "" if np.isnan(first.masked_nats) else f"all words masked {signed_text(INFLUENCE, first.masked_nats, units)}"
    )
    yield Number(_target(first), signed_text(INFLUENCE, first.value_nats, units), masked, _HIDDEN)
    if len(maps) > 1:
        agree = rank_correlation(maps[0].influence_nats, maps[1].influence_nats)
        yield Number(
            "Agreement of the two",
            "–" if np.isnan(agree) else f"{agree:.2f}".replace("-", "−"),
            f"rank correlation over {counted(len(first.words), 'word')}",
            "Spearman's rank correlation of the two methods: 1 where they order the words alike, 0 where the orders "
            "have nothing to do with each other.",
        )
    for found in maps:
        if found.path is not None:
            share = found.path.residual_share
            yield Number(
                "Residual of the gradients",
                f"{INFLUENCE.convert(found.path.residual_nats, units):.2g} {INFLUENCE.unit(units)}",
                ("–" if np.isnan(share) else f"{100 * share:.2g} %")
                + f" of {signed_text(INFLUENCE, found.path.difference_nats, units)}",
                "The attributions of all words should sum to what separates the text from the baseline "
                "(completeness): by how much they miss it.",
            )


def _residual(maps: list[InfluenceMap]) -> Iterator[Note]:
    for found in maps:
        if found.path is not None and found.path.residual_share > _MUCH:
            yield Note(
                "The gradients' sum misses the difference between the text and the baseline by more than 2 %: more "
                "points of the path (under Options) bring it nearer, and another baseline may be smoother.",
                "notice",
            )


def _areas_note(maps: list[InfluenceMap]) -> str:
    curves = maps[0].curves
    if curves is not None and curves.complete and np.isnan(curves.deletion_area):
        return "The words together don't raise the answer, so its curves have no scale and no areas."
    return "The mean height of each curve, scaled to 1 with no word masked and 0 with all of them."
