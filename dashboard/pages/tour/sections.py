"""What the tour shows: of each step its code, its live values beside the published ones, and what to notice."""

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from analysis.types import TourStep, TourSteps
from dashboard.glossary import ORDER_HEAD, p_text
from dashboard.page import Look, Results
from dashboard.pages.tour.words import WORDS
from dashboard.sections import Beside, Code, Heading, Note, Section, Sentence, Table, Waiting
from dashboard.texts import NOTEBOOK
from dashboard.view import ViewState

_PUBLISHED_MODEL = "bert-base-uncased"


def sections(_view: ViewState, results: Results, _look: Look) -> Iterator[Section]:
    """The steps that have been taken."""
    found: TourSteps | None = results.get("tour")
    yield Sentence(
        (
            "One text, two heads, seven steps. Each step shows the code that has just run, this model's numbers, and "
            f"the figure that was published for {_PUBLISHED_MODEL} where there is one.",
        )
    )
    yield Sentence((f"“{NOTEBOOK}”",))
    if found is not None:
        yield Code(found.preamble, "To run the steps yourself, begin with this")
        for number, step in enumerate(found.steps, start=1):
            yield Heading(f"{number}. {WORDS[step.name].title}")
            yield Sentence((WORDS[step.name].before,))
            yield Beside(((Code(step.code),), tuple(_outcome(number, step, found))))
    yield Waiting()


def _outcome(number: int, step: TourStep, found: TourSteps) -> Iterator[Section]:
    if step.why_absent:
        yield Note(step.why_absent, "info")
        return
    heads = ["value", f"{found.provenance.spec}, live", f"{_PUBLISHED_MODEL}, published"]
    live = [(name, value, step.published.get(name)) for name, value in step.values.items()]

    def table(rows: Sequence[tuple[object, ...]]) -> Callable[[], pd.DataFrame]:
        return lambda: pd.DataFrame(rows, columns=heads)

    yield Table(f"tour-step-{number}", "", table(live), printed=table(printed(step)))
    yield Sentence((WORDS[step.name].notice(step.values),))
    if step.head == "nsp" and found.meaning != "next sentence":
        yield Note(ORDER_HEAD)


def printed(step: TourStep) -> list[tuple[str, str, str]]:
    """Name, live and published value of everything that a step gave; a dash where nothing was published."""
    published = {name: _text(value, name) for name, value in step.published.items()}
    return [(name, _text(value, name), published.get(name, "–")) for name, value in step.values.items()]


def _text(value: object, name: str) -> str:
    if isinstance(value, float):
        text = f"{value:.4f}"
        saturated = name.startswith(("p", "P")) and text in {"0.0000", "1.0000"}
        return p_text(value) if saturated else text
    if isinstance(value, list):
        return ", ".join(_text(part, name) for part in value)
    return str(value)
