"""What the page shows of the layers, as far as they have been read."""

from collections.abc import Iterator

from analysis.types import LayerReading
from dashboard import glossary
from dashboard.drawing.treatment import told, treatment
from dashboard.page import Look, Results
from dashboard.pages.layers.answer import LENS, sentence
from dashboard.pages.layers.grid import grid
from dashboard.pages.layers.lines import margins, measures, ranks
from dashboard.pages.layers.patching import patched
from dashboard.pages.layers.strip import settling_strip
from dashboard.sections import Beside, Fields, Heading, Note, Section, Sentence, Strip, Waiting
from dashboard.view import ViewState


def answer(_view: ViewState, results: Results, _look: Look) -> Sentence | None:
    """After which layer the chosen position's answer comes first, and from which on it stays."""
    found = _one(results)
    return None if found is None else sentence(found)


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The text with where each answer settles, the followed tokens, the grid, the measures and the margin by layer."""
    one, every = _one(results), results.get("layers")
    known = every or one
    if known is None:
        return
    palette, units = look.palette, look.units
    chosen = None if one is None else int(one.positions[0])
    yield Strip("tokens", settling_strip(known, palette, units), "strip", chosen=chosen, picks="position")
    yield Waiting()
    yield from told(known.notices)
    if one is not None and one.followed is not None:
        yield ranks(one, one.followed, palette)
        if one.encoded.outside[one.positions[0]] and not one.encoded.masked[one.positions[0]]:
            yield Note(glossary.RARE_TARGETS)
    yield Note(LENS)
    if every is not None and every.known.any():
        yield grid(every, view.name("measure"), palette, units, chosen, fit=view.flag("fit"))
    of_position = () if one is None else (measures(one, palette, units),)
    of_text = () if known.margin_nats is None else (margins(known, known.margin_nats, palette, units),)
    columns = tuple(each for each in (of_position, of_text) if each)
    if columns:
        yield Beside(columns)
    yield from treatment(known.notices)
    yield Heading("Patching: one state of another text put into this one", help=glossary.PATCH_EFFECT.definition)
    yield Beside(((Fields(("beside",), question="patch"),), (Fields(("target",)),)), widths=(3, 1), key="other")
    if (found := results.get("patch")) is not None:
        yield from patched(found, palette, units)


def _one(results: Results) -> LayerReading | None:
    """The reading of the chosen position, once it has come."""
    found: LayerReading | None = results.get("followed")
    return found if found is not None and found.complete else None
