"""What the page asks the model, what some of its fields may hold, and what its snippet prints."""

from collections.abc import Sequence

from analysis.choices import FILL_ORDERS, FillOrder
from analysis.errors import InputError
from analysis.lines import one_a_line
from analysis.questions import Contest, Fill, Question, Text
from dashboard.about import About
from dashboard.page import Results
from dashboard.pages.fill.gaps import count_gaps, has_gap
from dashboard.texts import CANDIDATES
from dashboard.view import Value, ViewState

TITLES: dict[FillOrder, str] = {
    "independent": "independent",
    "left_to_right": "left to right",
    "right_to_left": "right to left",
    "confident": "confident first",
    "beam": "beam",
}
"""What the orders of filling are called on screen."""


def questions(view: ViewState, about: About) -> dict[str, Question]:
    """Every order by itself, so that one of them can be stopped or changed alone, and a contest where there is one.

    Raises
    ------
    InputError
        If no order is chosen.
    """
    if not has_gap(view.text, about.mask_token):
        return {}
    orders = orders_of(view)
    if not orders:
        raise InputError("No order of filling is chosen: choose at least one.")
    asked: dict[str, Question] = {order: _fill(view, order) for order in orders}
    words = candidates(view, about)
    if words:
        asked["candidates"] = Contest(
            view.text,
            words,
            mask=chosen_gap(view, count_gaps(view.text, about.mask_token)),
            reference=view.name("reference") if view.name("reference") in words else words[0],
            any_length=view.flag("any_length"),
        )
    return asked


def prints(view: ViewState) -> list[str]:
    """The fillings of every order, the steps of one, the candidates with their odds."""
    orders = orders_of(view)
    if not orders:
        return []
    lines = [
        f"for result in [{', '.join(orders)}]:",
        "    for filling in result.fillings:",
        '        words = " ".join(filling.tokens)',
        '        print(f"{filling.order}: {words}, {filling.total_nats:.2f} nats")',
        "",
        f"for step in {order_of_steps(view, orders)}.fillings[0].steps:",
        '    print(f"position {step.position}: {step.token}, {step.logp_nats:.2f} nats")',
    ]
    if parsed(view.name("candidates")):
        lines += [
            "",
            "# The odds are nan between unequal numbers of pieces unless any_length is True.",
            "for candidate, odds in zip(candidates.candidates, candidates.odds_bits):",
            '    total = f"{candidate.total_nats:.2f} nats"',
            '    print(f"{candidate.text}: {total}, log odds {odds:+.2f} bits")',
        ]
    return lines


def orders_with_steps(view: ViewState, _results: Results) -> dict[Value, str]:
    """The orders that are chosen; those that go step by step stand before the one that does not."""
    return {order: TITLES[order] for order in _joint_first(orders_of(view))}


def gaps(_view: ViewState, results: Results) -> dict[Value, str]:
    """The gaps that candidates can stand for."""
    n_gaps = next((len(results[order].positions) for order in FILL_ORDERS if results.get(order)), 0)
    return {number: f"gap {number}" for number in range(1, n_gaps + 1)}


def references(view: ViewState, _results: Results) -> dict[Value, str]:
    """The candidates that the others can be held against."""
    return {word: word for word in parsed(view.name("candidates"))}


def orders_of(view: ViewState) -> list[FillOrder]:
    """The orders that are chosen, in their fixed order."""
    return [order for order in FILL_ORDERS if order in view.name("orders").split(",")]


def order_of_steps(view: ViewState, orders: Sequence[FillOrder]) -> FillOrder:
    """The one of some orders whose steps are shown: the first that goes step by step where none of them is chosen."""
    return next((order for order in orders if order == view.name("steps")), _joint_first(orders)[0])


def chosen_gap(view: ViewState, n_gaps: int) -> int:
    """The gap that the candidates stand for: the first where the text has no such one (any more)."""
    return view.number("gap") if 1 <= view.number("gap") <= n_gaps else 1


def several_gaps(texts: Sequence[Text], about: About) -> bool:
    """Whether there may be more than one gap, so that their order means something."""
    return any(count_gaps(text, about.mask_token) > 1 for text in texts)


def candidates(view: ViewState, about: About) -> tuple[str, ...]:
    """Those of the field; none where they are an example's, and the model's vocabulary has no pieces for them."""
    words = parsed(view.name("candidates"))
    return () if words in CANDIDATES and about.strange.intersection(words) else words


def parsed(typed: str) -> tuple[str, ...]:
    """The candidates of the field: its lines, each once; what is nothing but white space is handed on as it is."""
    return tuple(dict.fromkeys(one_a_line(typed))) or ((typed,) if typed else ())


def _joint_first(orders: Sequence[FillOrder]) -> list[FillOrder]:
    return sorted(orders, key=lambda order: order == "independent")


def _fill(view: ViewState, order: FillOrder) -> Fill:
    # Only the beam has a width, so that another one leaves the other orders as they are.
    width = (view.number("beam"),) if order == "beam" else ()
    return Fill(view.text, (order,), view.number("k"), *width)
