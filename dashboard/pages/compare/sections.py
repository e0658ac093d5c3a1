"""What the Compare page shows of a comparison."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis import export
from analysis.texts.text import counted
from analysis.types import Comparison, NextSentence, WordComparison
from dashboard import glossary
from dashboard.drawing import tables
from dashboard.glossary import DELTA_ENTROPY, DELTA_SURPRISAL, JS, LONE_SEGMENT, MARGIN, Units, margin_text, signed_text
from dashboard.page import Look, Results
from dashboard.pages.compare.along import along, word_bars
from dashboard.pages.compare.pair import MOVERS, mirrored, movers
from dashboard.pages.compare.pairs import shown_pair
from dashboard.pages.compare.strip import aligned, both
from dashboard.sections import Beside, Heading, Note, Number, Numbers, Section, Strip, Table, Waiting
from dashboard.view import ViewState


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """By token, or by word where the vocabularies differ."""
    found = results.get("compare")
    if found is None:
        yield Waiting()
        return
    found = found.first(view.number("k"))
    yield from _by_word(view, found, look) if isinstance(found, WordComparison) else _by_token(view, found, look)
    answers = _answers(found)
    if answers:
        rows = [{"side": name, **tables.answer(answer, look.units)} for name, answer in answers.items()]
        yield Table("next-sentence-head", "The next-sentence head", lambda: pd.DataFrame(rows), folded=True)


def offers(view: ViewState, results: Results) -> dict[str, Callable[[], Any]]:
    """The comparison, with as many predictions as are shown."""
    k = view.number("k")
    return {name: lambda name=name: export.comparison(results[name].first(k)) for name in results.complete}


def _by_token(view: ViewState, found: Comparison, look: Look) -> Iterator[Section]:
    chosen, palette, units = shown_pair(view, found), look.palette, look.units
    drawn = aligned(found, view.name("measure"), palette, units, fit=view.flag("fit"))
    yield Strip("aligned", drawn, "strip", chosen=chosen, picks="pair")
    yield Waiting()
    yield from _notices(found)
    if found.a.kind == "seen" and found.differing.any():
        yield Note(glossary.SEEN_COMPARISON)
    if found.a.kind == "hidden" and (found.differing & found.counted & (found.divergence.js_bits == 0)).any():
        yield Note(glossary.SAME_WHEN_HIDDEN)
    yield from _numbers(found, _changes(found, units), units)
    why = "not read yet" if found.paired[chosen] else "on one side only"
    moved: tuple[Section, ...] = (
        Heading(MOVERS),
        Note(f"This token is {why}, so there is no second prediction to compare with."),
    )
    if found.known[chosen]:
        moved = (movers(found, chosen, palette, units),)
    yield Beside(((mirrored(found, chosen, palette),), moved))
    yield along(found, palette, units, chosen)


def _by_word(view: ViewState, found: WordComparison, look: Look) -> Iterator[Section]:
    yield Note(found.why, "info")
    drawn = both(found, view.name("measure"), look.palette, look.units, fit=view.flag("fit"))
    for name, side, strip in zip("AB", (found.a, found.b), drawn, strict=True):
        yield Strip("tokens", strip, f"strip-{name.lower()}", title=f"{name}, {side.provenance.spec}")
    yield from _notices(found)
    items = (
        Number(f"Bits per character, {name}", f"{value:.3f} bits", help="Surprisal of the text per character.")
        for name, value in zip("AB", found.bits_per_character, strict=True)
    )
    yield from _numbers(found, items, look.units)
    yield word_bars(found, look.palette, look.units)


def _notices(found: Comparison | WordComparison) -> Iterator[Note]:
    """What should be known of either input."""
    for name, reading in (("A", found.a), ("B", found.b)):
        for notice in reading.notices:
            yield Note(f"{name}: {notice}", "notice")
        if reading.nsp is not None and reading.nsp.meaning != "next sentence":
            yield Note(f"{name}: {glossary.ORDER_HEAD}")


def _numbers(found: Comparison | WordComparison, items: Iterable[Number], units: Units) -> Iterator[Section]:
    """The comparison in a few numbers, the next-sentence margins last."""
    answers = _answers(found)
    items = (*items, *_margins(answers, units))
    if items:
        yield Numbers(items)
    if any(answer.lone_segment for answer in answers.values()):
        yield Note(f"Next-sentence margins: {LONE_SEGMENT[0].lower()}{LONE_SEGMENT[1:]}")


def _changes(found: Comparison, units: Units) -> Iterator[Number]:
    for name, which in (("JS, matches", ~found.differing), ("JS, replaced", found.differing)):
        js = found.divergence.js_bits[which & found.counted]
        if len(js):
            yield Number(name, JS.text(float(js.mean()), units), counted(len(js), "pair"), JS.definition)
    matches = ~found.differing & found.counted
    changes = ((DELTA_ENTROPY, found.delta_entropy_bits), (DELTA_SURPRISAL, found.delta_surprisal_bits))
    for measure, values in changes if matches.any() else ():
        mean = float(np.mean(values[matches], dtype="f8"))
        yield Number(f"Mean {measure.symbol}", signed_text(measure, mean, units), "over matches", measure.definition)


def _answers(found: Comparison | WordComparison) -> dict[str, NextSentence]:
    return {name: side.nsp for name, side in (("A", found.a), ("B", found.b)) if side.nsp is not None}


def _margins(answers: Mapping[str, NextSentence], units: Units) -> Iterator[Number]:
    if len(answers) < len("AB"):
        return
    a, b = answers["A"], answers["B"]
    change = f"B − A: {margin_text(b.margin_nats - a.margin_nats, units)}" if a.meaning == b.meaning else ""
    for name, answer in answers.items():
        title = f"{'NSP' if answer.meaning == 'next sentence' else 'Order'} margin of {name}"
        meaning = MARGIN.definition + (f" {LONE_SEGMENT}" if answer.lone_segment else "")
        yield Number(title, margin_text(answer.margin_nats, units), change if name == "B" else "", meaning)
