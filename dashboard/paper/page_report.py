"""The report of a page: its inputs, settings and results, drawn for paper."""

from collections.abc import Callable, Iterator, Sequence

from analysis.choices import Edit
from dashboard.drawing.palette import palette
from dashboard.glossary import UNITS
from dashboard.page import Look, Page, Results, Words
from dashboard.paper.report import Report, definitions
from dashboard.sections import Note
from dashboard.view import ViewState

TokensOf = Callable[[str], Callable[[Sequence[int]], Sequence[str]]]
"""Of a model's spec: what names the tokens of ids."""

_SIDES = ("A", "B")


def report_of(
    page: Page, view: ViewState, results: Results, *, snippet: str, link: str | None, made: str, tokens_of: TokensOf
) -> Report:
    """What a page shows of its results as a report; there have to be some, so that there is a model to name.

    ``view`` is as the page has checked it; ``tokens_of`` is called where tokens have been edited. The others are as in
    a ``Report``.
    """
    units = next((each for each in UNITS if each == view.option("units")), "usual")
    look = Look(palette("light"), units)
    return Report(
        title=page.asks,
        inputs=tuple((name, text) for name, text in _inputs(page, view) if text),
        settings=tuple(_settings(page, view, tokens_of)),
        answer=page.answer(view, results, look),
        sections=(*_gaps(results), *page.sections(view, results, look)),
        notes=(*definitions(page.measures), *page.notes),
        provenance=results.provenance,
        snippet=snippet,
        link=link,
        made=made,
    )


def _inputs(page: Page, view: ViewState) -> Iterator[tuple[str, str | None]]:
    """The texts, and what was typed on several lines beside them."""
    if page.texts.kind == "sides":
        for side, text in zip(_SIDES, view.texts, strict=True):
            yield side, text.text_a
            yield f"Second segment of {side}", text.text_b
    else:
        for text in view.texts:
            yield "Text" if text.text_b is None else "Text A", text.text_a
            yield "Text B", text.text_b
    for option in page.options:
        if isinstance(option, Words) and option.lines and option.place != "none":
            yield option.label, view.name(option.name)


def _settings(page: Page, view: ViewState, tokens_of: TokensOf) -> Iterator[tuple[str, str]]:
    for option in page.options:
        value = view.option(option.name)
        # What is off does nothing; what only changes how things are shown is told where somebody has changed it.
        told = value not in (None, "") and value is not False and not (isinstance(option, Words) and option.lines)
        if told and (not option.shows or option.place == "row" or value != option.default):
            yield option.label, option.said(value)
    if any(text.in_windows for text in view.texts):
        yield "Overlapping windows", "yes"
    names = [f"Edits of {side}" for side in _SIDES] if page.texts.kind == "sides" else ["Edits"]
    # Of two sides that one model reads, it is named once.
    specs = page.models(view) * len(view.texts)
    for name, text, spec in zip(names, view.texts, specs, strict=False):
        if text.edits:
            yield name, edits_said(text.edits, tokens_of(spec))


def edits_said(edits: Sequence[Edit], names: Callable[[Sequence[int]], Sequence[str]]) -> str:
    """Edits in words: the token and where it was put."""
    tokens = names([id_ for _, id_ in edits])
    return ", ".join(f"{token} at position {position}" for (position, _), token in zip(edits, tokens, strict=True))


def _gaps(results: Results) -> Iterator[Note]:
    """What the results lack, which a screen says where it is waited for or asked."""
    for why in results.failed.values():
        yield Note(why, "notice")
    if not results.complete.issuperset({*results.found, *results.questions} - results.failed.keys()):
        yield Note("Not everything had been read when this report was made: some numbers are missing.", "notice")
