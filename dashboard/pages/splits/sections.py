"""What the page Splits shows: the sweep in a few numbers, its curve, its controls."""

from collections.abc import Iterator

import numpy as np

from analysis.texts.text import counted
from analysis.types import SplitSweep
from dashboard.drawing.chart import around
from dashboard.drawing.direction import apart
from dashboard.drawing.treatment import told, treatment
from dashboard.glossary import CONTRAST, MARGIN, Units, margin_text, signed_text
from dashboard.options import cut_by
from dashboard.page import Look, Results
from dashboard.pages.splits.figures import SIDES, split_curve
from dashboard.second_head import controls_of, head_words
from dashboard.sections import (
    Act,
    Fields,
    Folded,
    Heading,
    Note,
    Number,
    Numbers,
    Section,
    Sentence,
    Strong,
    Waiting,
)
from dashboard.view import ViewState


def answer(_view: ViewState, results: Results, look: Look) -> Sentence | None:
    """How many boundaries pass for one, and where the margin falls lowest."""
    sweep, *others = _sweeps(results) or (None,)
    if sweep is None or not np.isfinite(sweep.margin_nats).any():
        return None
    margin, known = sweep.margin_nats, np.isfinite(sweep.margin_nats)
    n, positive = int(known.sum()), int((margin[known] > 0).sum())
    so_far = "" if known.all() else f" read so far, of {len(margin):,}"
    parts = [
        f"The head says {head_words(sweep.meaning).yes} at ",
        Strong(f"{positive:,} of {n:,}"),
        f" {'boundary' if n == 1 else 'boundaries'}{so_far}",
    ]
    if n > 1:
        where, lowest = _lowest(sweep)
        parts += [f"; {where}the margin is lowest, ", *_at(sweep, lowest, look.units)]
    else:
        parts += [": margin ", Strong(margin_text(float(margin[known][0]), look.units))]
    for each in others:
        if n > 1 and np.isfinite(each.margin_nats).any():
            so_far = "" if np.isfinite(each.margin_nats).all() else " so far"
            parts += [f"; with {SIDES[each.context]} on either side,{so_far} "]
            parts += _at(each, _lowest(each)[1], look.units)
    return Sentence((*parts, "."), help=MARGIN.definition)


def _sweeps(results: Results) -> list[SplitSweep]:
    """The sweeps that have come, the one that the page is about first."""
    return [sweep for sweep in (results.get("splits"), results.get("whole")) if sweep is not None]


def _lowest(sweep: SplitSweep) -> tuple[str, int]:
    """Where the margin falls lowest: between sentences, where several of those have been read; else anywhere."""
    ends = np.array([boundary.sentence for boundary in sweep.boundaries])
    between = np.where(ends, sweep.margin_nats, np.nan)
    if sweep.unit != "sentence" and np.isfinite(between).sum() > 1:
        return "between sentences ", int(np.nanargmin(between))
    return "", int(np.nanargmin(sweep.margin_nats))


def _at(sweep: SplitSweep, number: int, units: Units) -> tuple[str, str]:
    margin = margin_text(float(sweep.margin_nats[number]), units)
    return Strong(margin), f", at “{apart(around(sweep.encoded.text_a, sweep.boundaries[number].at))}”"


def sections(view: ViewState, results: Results, look: Look) -> Iterator[Section]:
    """The sweeps as far as they have come; the numbers of each when it is whole."""
    yield Waiting()
    sweeps = _sweeps(results)
    if not sweeps:
        return
    sweep, words, own = sweeps[0], head_words(sweeps[0].meaning), view.name("controls_from")
    yield from told(sweep.notices)
    if words.order_note:
        yield Note(words.order_note)
    yield Fields((), question="whole")
    yield split_curve(sweeps, look.palette, look.units)
    if view.option("starts") is None:
        yield Note(cut_by(view.name("language"), sweep.encoded.text_a))
    yield Act("open")
    yield Act("boundaries")
    for name, each in (("splits", results.get("splits")), ("whole", results.get("whole"))):
        if each is not None and name in results.complete:
            if len(sweeps) > 1:
                yield Heading(f"With {SIDES[each.context]} on either side")
            yield Numbers(tuple(_numbers(each, look.units, own)), width=190)
            yield from (Note(said) for said in _places(each))
    for each in sweeps if sweep.controls else ():
        passages = (Sentence((f"{number}. {name}",)) for number, name in enumerate(each.controls, start=1))
        title = f"The {counted(len(each.controls), 'control passage')} (seed {each.seed})"
        if len(sweeps) > 1:
            title += f", {SIDES[each.context]}"
        fold = (Note(controls_of(each.provenance.spec, own)), *passages)
        yield Folded(title, fold, "passages" if each is sweep else "passages.whole")
    yield from treatment(sweep.notices)


def _numbers(sweep: SplitSweep, units: Units, own: str) -> Iterator[Number]:
    margin, ends = sweep.margin_nats, np.array([boundary.sentence for boundary in sweep.boundaries])
    yield Number("Boundaries", f"{len(ends):,}", f"{int(ends.sum())} between sentences")
    if sweep.unit != "sentence" and ends.any() and not ends.all():
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
        meaning = f"{CONTRAST.definition} {controls_of(sweep.provenance.spec, own)}"
        yield Number("Mean contrast", mean, help=meaning)
    if sweep.one_segment is not None:
        lone = head_words(sweep.meaning).lone_segment
        yield Number("Not cut at all", margin_text(sweep.one_segment.margin_nats, units), help=lone)


def _places(sweep: SplitSweep) -> Iterator[str]:
    """Where margin and contrast are largest, and how high the boundaries between sentences stand among all."""
    text, best = sweep.encoded.text_a, int(sweep.margin_nats.argmax())
    yield f"Largest margin at: {apart(around(text, sweep.boundaries[best].at))}"
    if sweep.controls and int(sweep.contrast_nats.argmax()) != best:
        other = sweep.boundaries[int(sweep.contrast_nats.argmax())]
        yield f"Largest contrast at: {apart(around(text, other.at))}"
    if sweep.unit != "sentence" and sweep.sentence_ranks:
        ranks = ", ".join(
            f"{by_margin}" if by_contrast is None else f"{by_margin} ({by_contrast})"
            for _, by_margin, by_contrast in sweep.sentence_ranks
        )
        what = "by margin (by contrast)" if sweep.controls else "by margin"
        yield f"Ranks of the boundaries between sentences among all {len(sweep.boundaries):,}, {what}: {ranks}."
