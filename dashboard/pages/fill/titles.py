"""What the orders of filling are called on screen, and how each goes about it."""

from dataclasses import dataclass

from analysis.choices import FillOrder


@dataclass(frozen=True, slots=True)
class OrderTitle:
    """An order's name on screen and one sentence about what it does."""

    title: str
    meaning: str


TITLES: dict[FillOrder, OrderTitle] = {
    "independent": OrderTitle(
        "independent", "Every gap by its own most probable token while all the others are still masked."
    ),
    "left_to_right": OrderTitle(
        "left to right", "One gap after the other, each given what was filled in before it; the first gap goes first."
    ),
    "right_to_left": OrderTitle("right to left", "The same, and the last gap goes first."),
    "confident": OrderTitle(
        "confident first", "The same, and at each step the gap goes first whose best token is the most probable."
    ),
    "beam": OrderTitle(
        "beam", "From left to right with several fillings kept at each step: those of the largest totals so far."
    ),
}
