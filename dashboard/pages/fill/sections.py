"""What the Fill page shows: the orders, the text as they fill it, the steps of one, and a contest of candidates."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from analysis import export
from analysis.choices import FILL_ORDERS
from analysis.types import CandidateContest, FillResult
from dashboard.glossary import CANDIDATE_MEAN, CANDIDATE_TOTAL, FILL_TOTAL, ODDS, Measure
from dashboard.page import Look, Results
from dashboard.pages.fill import asked
from dashboard.pages.fill.contest import bars, pieces_table
from dashboard.pages.fill.filled import read_outs
from dashboard.pages.fill.gaps import around, numbers
from dashboard.pages.fill.orders import orders
from dashboard.pages.fill.steps import steps
from dashboard.sections import Act, Beside, Fields, Heading, Note, Section, Sentence, Strip, Strong, Table, Waiting
from dashboard.view import ViewState


def answer(_view: ViewState, results: Results, _look: Look) -> Sentence | None:
    """Whether the orders agree, and where they do not; nothing of a single order."""
    result = _filled(results)
    if result is None or len(result.best) == 1:
        return None
    *others, last = [f"{gap}" for position, gap in numbers(result).items() if position in result.disagree] or [""]
    where = f"gaps {', '.join(others)} and {last}" if others else f"gap {last}"
    verb, said = ("disagree at", where) if last else ("all fill the gaps", "alike")
    return Sentence((f"The {len(result.best)} orders {verb} ", Strong(said), "."), _defined(FILL_TOTAL))


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The page from the top to the bottom, with the orders that have come."""
    result = _filled(results)
    if result is None:
        yield Act("gaps")
    yield Waiting()
    if result is not None:
        yield from (Note(notice, "notice") for notice in result.notices)
        yield orders(result, look.palette, look.units, every=view.flag("every"))
        yield Strip("filled", read_outs(result), key="texts", title="The text, filled")
        yield Fields(("steps",))
        yield steps(result, result[asked.order_of_steps(view, list(result.best))], look.palette, look.units)
        yield from _contest(view, results, result, look)


def offers(view: ViewState, results: Results) -> dict[str, Callable[[], Any]]:
    """``fill``, all orders in one, and ``candidates``, each when it is whole."""
    result, found = _filled(results), {}
    if result is not None and results.complete.issuperset(asked.orders_of(view)):
        found["fill"] = partial(export.fill_result, result)
    if "candidates" in results.complete:
        found["candidates"] = partial(export.candidate_contest, results["candidates"])
    return found


def _filled(results: Results) -> FillResult | None:
    """What the orders that have come put into the gaps, as one result."""
    come = [results[order] for order in FILL_ORDERS if results.get(order)]
    return FillResult.joined(come) if come else None


def _contest(view: ViewState, results: Results, result: FillResult, look: Look) -> Iterator[Section]:
    yield Heading(
        "Which candidate fits a gap best?",
        "\n\n".join(_defined(measure) for measure in (CANDIDATE_TOTAL, CANDIDATE_MEAN, ODDS)),
    )
    gap: tuple[Section, ...] = ()
    if len(result.positions) > 1:
        gap = (Fields(("gap",)), Note(around(result, asked.chosen_gap(view, len(result.positions)))))
    typed = Fields(("candidates",), question="candidates")
    yield Beside(((typed,), (*gap, Fields(("reference", "any_length")))))
    if not asked.parsed(view.name("candidates")):
        yield Note("Type the words or phrases that are to compete for the gap.")
    scored: CandidateContest | None = results.get("candidates")
    if scored:
        yield bars(scored, look.palette, look.units)
        title = "Pieces of the candidates"
        yield Table("candidate-pieces", title, lambda: pieces_table(scored, look.units), folded=True)


def _defined(measure: Measure) -> str:
    return f"{measure.name}: {measure.definition}"
