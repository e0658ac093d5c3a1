"""What the tour shows: of each step its code, a figure, its live values beside the published ones, what to notice."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.types import CodeKind, TourStep, TourSteps
from dashboard.glossary import MARGIN, Units, margin_text, p_text
from dashboard.page import Look, Results
from dashboard.pages.tour.figures import figure_of
from dashboard.pages.tour.words import WORDS
from dashboard.second_head import ORDER_HEAD, head_words
from dashboard.sections import Act, Beside, Code, Heading, Note, Section, Sentence, Strip, Strong, Table, Waiting
from dashboard.texts import NOTEBOOK
from dashboard.view import ViewState

_PUBLISHED_MODEL = "bert-base-uncased"


def answer(_view: ViewState, results: Results, look: Look) -> Sentence | None:
    """What the steps come to: the two masks, and the margin asked wrongly and rightly."""
    found: TourSteps | None = results.get("tour")
    if found is None:
        return None
    live = {name: value for step in found.steps for name, value in step.values.items() if not step.why_absent}
    parts: list[str] = []
    if "first [MASK]" in live:
        parts += ["In eight steps: the masked-LM head puts ", Strong(live["first [MASK]"]), " and "]
        parts += [Strong(live["second [MASK]"]), " at the two masks"]
    margins = [step.values["margin (nats)"] for step in found.steps if "margin (nats)" in step.values]
    if len(margins) == len(("one segment", "two segments")):
        begins = head_words(found.meaning).called("next-sentence head goes from ")
        parts.append(f"; the {begins}" if parts else f"The {begins}")
        parts += [Strong(margin_text(margins[0], look.units)), " to ", Strong(margin_text(margins[1], look.units))]
        parts.append(" when it is told where B begins")
    return Sentence((*parts, ".")) if parts else None


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The steps that have been taken."""
    found: TourSteps | None = results.get("tour")
    if found is not None:
        kind: CodeKind = "pretext" if view.name("code") == "pretext" else "transformers"
        yield Sentence((f"“{NOTEBOOK}”",))
        called = head_words(found.meaning).called
        for number, step in enumerate(found.steps, start=1):
            yield Heading(f"{number}. {called(WORDS[step.name].title)}")
            yield Sentence((called(WORDS[step.name].before),))
            if step.name == "logits" and not step.why_absent:
                yield Note(_outputs(found))
            if step.why_absent:
                yield from [Code(step.code[kind], f"The code of step {number}")] if step.code[kind] else []
                yield Note(step.why_absent, "info")
                continue
            drawn = figure_of(step, found, look.palette, look.units)
            beside = (drawn,), tuple(_outcome(number, step, found, look.units))
            # A text of many tokens takes the whole width.
            yield from (*beside[0], *beside[1]) if isinstance(drawn, Strip) else (Beside(beside),)
            if number == 1:
                # Below the first picture, which is to be seen at once.
                yield from _explained(found, kind)
            yield Code(step.code[kind], f"The code of step {number}")
            yield Act(f"open.{step.name}")
    yield Waiting()


def _explained(found: TourSteps, kind: CodeKind) -> Iterator[Section]:
    """What stands in every step, and the lines that the code of all of them needs."""
    said = f"In every step: this model's numbers, the figures published for {_PUBLISHED_MODEL}, and the code."
    yield Note(f"{said} {_agreement(found)}")
    yield Note("Every step's code stands on these lines, which load the model and hold the two sentences.")
    yield Code(found.preamble[kind], "To run the steps yourself, begin with this")
    yield Note("After them, the code of a step gives the numbers above it.")


def _agreement(found: TourSteps) -> str:
    """How the two columns of numbers come to agree."""
    if found.provenance.spec.partition("@")[0].rpartition("/")[2] == _PUBLISHED_MODEL:
        return f"This is {_PUBLISHED_MODEL}: the two columns of numbers agree but for rounding."
    return (
        f"The two columns are of different models. Choose {_PUBLISHED_MODEL} as the model in the sidebar, and they "
        "agree but for rounding."
    )


def _outputs(found: TourSteps) -> str:
    """What one pass gives in plain transformers, by its keys."""
    said = {"mlm": "one row of logits for each token", "nsp": "the two logits of the second head"}
    real = [said[head] for head, there in found.provenance.heads if there]
    keys = (f"{key} ({what})" for key, what in zip(found.outputs, real, strict=True))
    return f"outputs.keys() of transformers: {' and '.join(keys)}."


def _outcome(number: int, step: TourStep, found: TourSteps, units: Units) -> Iterator[Section]:
    heads = ["value", f"{found.provenance.spec}, live", f"{_PUBLISHED_MODEL}, published"]
    values, published = in_units(step.values, units), in_units(step.published, units)
    live = [(name, value, published.get(name)) for name, value in values.items()]

    def table(rows: Sequence[tuple[object, ...]]) -> Callable[[], pd.DataFrame]:
        return lambda: pd.DataFrame(rows, columns=heads)

    yield Table(f"tour-step-{number}", "", table(live), printed=table(printed(step, units)))
    yield Sentence((head_words(found.meaning).called(WORDS[step.name].notice(step.values, units)),))
    if step.head == "nsp" and found.meaning != "next sentence":
        yield Note(ORDER_HEAD)


def in_units(values: Mapping[str, Any], units: Units) -> dict[str, Any]:
    """Values by name, the margins in the units on screen and named by them."""
    unit = MARGIN.unit(units)
    return {
        name.replace("(nats)", f"({unit})"): MARGIN.convert(value, units) if name.endswith("(nats)") else value
        for name, value in values.items()
    }


def printed(step: TourStep, units: Units = "usual") -> list[tuple[str, str, str]]:
    """Name, live and published value of everything that a step gave; a dash where nothing was published."""
    published = {name: _text(value, name) for name, value in in_units(step.published, units).items()}
    values = in_units(step.values, units)
    return [(name, _text(value, name), published.get(name, "–")) for name, value in values.items()]


def _text(value: object, name: str) -> str:
    if isinstance(value, float):
        text = f"{value:.4f}"
        saturated = name.startswith(("p", "P")) and text in {"0.0000", "1.0000"}
        return p_text(value) if saturated else text
    if isinstance(value, list):
        return ", ".join(_text(part, name) for part in value)
    return str(value)
