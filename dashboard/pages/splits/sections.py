"""What the page Splits shows: the sweep in a few numbers, its curve, its controls."""

from collections.abc import Iterator

import numpy as np

from analysis.texts.text import counted
from analysis.types import SplitSweep
from dashboard.drawing.chart import around
from dashboard.glossary import CONTRAST, CONTROLS, LONE_SEGMENT, MARGIN, ORDER_HEAD, Units, margin_text, signed_text
from dashboard.page import Look, Results
from dashboard.pages.splits.figures import split_curve
from dashboard.sections import Act, Folded, Note, Number, Numbers, Section, Sentence, Waiting
from dashboard.view import ViewState


def sections(_view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The sweep as far as it has come; its numbers when it is whole."""
    yield Waiting()
    sweep: SplitSweep | None = results.get("splits")
    if sweep is None:
        return
    yield from (Note(each, "notice") for each in sweep.notices)
    if sweep.meaning != "next sentence":
        yield Note(ORDER_HEAD)
    if "splits" in results.complete:
        yield Numbers(tuple(_numbers(sweep, look.units)), width=190)
        yield from (Note(each) for each in _places(sweep))
    yield split_curve(sweep, look.palette, look.units)
    yield Act("open")
    if sweep.controls:
        passages = (Sentence((f"{number}. {name}",)) for number, name in enumerate(sweep.controls, start=1))
        title = f"The {counted(len(sweep.controls), 'control passage')} (seed {sweep.seed})"
        yield Folded(title, (Note(CONTROLS), *passages), "passages")


def _numbers(sweep: SplitSweep, units: Units) -> Iterator[Number]:
    margin, ends = sweep.margin_nats, np.array([boundary.sentence for boundary in sweep.boundaries])
    yield Number("Boundaries", f"{len(ends):,}", f"{int(ends.sum())} between sentences")
    if sweep.unit == "word" and ends.any() and not ends.all():
        yield Number(
            "Margin between sentences",
            margin_text(float(margin[ends].mean()), units),
            f"elsewhere {margin_text(float(margin[~ends].mean()), units)}",
            MARGIN.definition,
        )
    else:
        yield Number("Mean margin", margin_text(float(margin.mean()), units), help=MARGIN.definition)
    if sweep.controls:
        mean = signed_text(CONTRAST, float(sweep.contrast_nats.mean()), units)
        yield Number("Mean contrast", mean, help=f"{CONTRAST.definition} {CONTROLS}")
    if sweep.one_segment is not None:
        yield Number("Not cut at all", margin_text(sweep.one_segment.margin_nats, units), help=LONE_SEGMENT)


def _places(sweep: SplitSweep) -> Iterator[str]:
    """Where margin and contrast are largest, and how high the boundaries between sentences stand among all."""
    text, best = sweep.encoded.text_a, int(sweep.margin_nats.argmax())
    yield f"Largest margin at: {around(text, sweep.boundaries[best].at)}"
    if sweep.controls and int(sweep.contrast_nats.argmax()) != best:
        other = sweep.boundaries[int(sweep.contrast_nats.argmax())]
        yield f"Largest contrast at: {around(text, other.at)}"
    if sweep.unit == "word" and sweep.sentence_ranks:
        ranks = ", ".join(
            f"{by_margin}" if by_contrast is None else f"{by_margin} ({by_contrast})"
            for _, by_margin, by_contrast in sweep.sentence_ranks
        )
        what = "by margin (by contrast)" if sweep.controls else "by margin"
        yield f"Ranks of the boundaries between sentences among all {len(sweep.boundaries):,}, {what}: {ranks}."
