"""What the Fill page shows: the orders, the text as they fill it, the steps of one, and a contest of candidates."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from analysis import export
from analysis.choices import FILL_ORDERS
from analysis.types import CandidateContest, FillResult, FillStep
from dashboard import glossary
from dashboard.drawing.treatment import told, treatment
from dashboard.glossary import CANDIDATE_MEAN, CANDIDATE_TOTAL, FILL_TOTAL, ODDS, Measure, listed, share_text
from dashboard.page import Look, Results
from dashboard.pages.fill import asked
from dashboard.pages.fill.contest import bars, pieces_table
from dashboard.pages.fill.filled import read_outs
from dashboard.pages.fill.gaps import around, numbers
from dashboard.pages.fill.orders import orders
from dashboard.pages.fill.ranked import ranked
from dashboard.pages.fill.steps import steps
from dashboard.sections import Act, Beside, Fields, Heading, Note, Section, Sentence, Strip, Strong, Table, Waiting
from dashboard.view import ViewState

_NAMED = 4
"""Fillers that stand in the sentence."""


def answer(_view: ViewState, results: Results, _look: Look) -> Sentence | None:
    """What the gaps are filled with, and where the orders disagree."""
    result = _filled(results)
    if result is None:
        return None
    order, filling = next(iter(result.best.items()))
    if len(result.positions) == 1:
        return _of_one_gap(filling.steps[0])
    steps = sorted(filling.steps, key=lambda step: step.position)
    said: list[str] = []
    for step in steps[:_NAMED]:
        said += [", " if said else "", Strong(step.token), f" ({share_text(math.exp(step.logp_nats))})"]
    said.append(f" and {len(steps) - _NAMED} more" if len(steps) > _NAMED else "")
    if len(result.best) == 1:
        begins, ends = f"{asked.TITLES[order].capitalize()}, the head fills the gaps with ", "."
    elif not result.disagree:
        begins, ends = f"The {len(result.best)} orders all fill the gaps alike: ", "."
    else:
        where = listed([f"{gap}" for position, gap in numbers(result).items() if position in result.disagree])
        begins = f"The {len(result.best)} orders disagree at {'gap' if len(result.disagree) == 1 else 'gaps'} {where}; "
        begins, ends = f"{begins}{asked.TITLES[order]}: ", "."
    return Sentence((begins, *said, ends), _defined(FILL_TOTAL))


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The page from the top to the bottom, with the orders that have come."""
    result = _filled(results)
    if result is None:
        yield Act("gaps")
    yield Waiting()
    if result is not None:
        yield from told(result.notices)
        read_out = Strip("filled", read_outs(result), key="texts", title="The text, filled")
        if len(result.positions) == 1:
            # Whatever the order, there is one gap to fill, and one list of what it is filled with.
            yield ranked(result, look.palette)
            yield read_out
        else:
            yield orders(result, look.palette, look.units, every=view.flag("every"))
            yield read_out
            yield Fields(("steps",))
            yield steps(result, result[asked.order_of_steps(view, list(result.best))], look.palette, look.units)
        yield from _contest(view, results, result, look)
        yield from treatment(result.notices)


def _of_one_gap(step: FillStep) -> Sentence:
    """What one gap is filled with, and what else was probable."""
    said: list[str] = []
    for place, (token, p) in enumerate(zip(step.top_tokens[:_NAMED], step.top_p.tolist(), strict=False)):
        name = Strong(token) if place == 0 else token
        said += ["; then " if place == 1 else ", " if place else "", name, f" ({share_text(p)})"]
    return Sentence(("The head fills the gap with ", *filter(None, said), "."), glossary.HIDDEN_READING)


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
    yield Beside(((typed,), (*gap, Fields(("reference", "any_length")))), key="contest")
    scored: CandidateContest | None = results.get("candidates")
    if scored is None and "candidates" not in results.questions:
        best = result.fillings[0].steps[0].top_tokens[:_NAMED]
        yield Note(
            "Type the words or phrases that are to compete for the gap, one a line. At the first gap the head's own "
            f"are {listed(best)}."
        )
    if scored:
        yield bars(scored, look.palette, look.units)
        title = "Pieces of the candidates"
        yield Table("candidate-pieces", title, lambda: pieces_table(scored, look.units), folded=True)


def _defined(measure: Measure) -> str:
    return f"{measure.name}: {measure.definition}"
