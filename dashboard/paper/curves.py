"""What several revisions of a model come to on the same rows, as curves: drawn from the summary of a batch."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.errors import InputError
from analysis.types import Provenance
from dashboard.drawing.chart import LEGEND, Spec, axis, cut, figure, label, named
from dashboard.drawing.palette import Palette, palette
from dashboard.glossary import listed
from dashboard.paper.report import Report
from dashboard.printed import large_text
from dashboard.sections import Chart, Sentence, Strong

MOST_BYTES = 50_000_000
_NOT_ONE = (
    "This file is no summary of a batch over two revisions of a model or more: choose one that "
    "'python -m analysis batch' wrote with --summary."
)
_LOOKS = (("circle", "solid"), ("diamond", "dash"), ("square", "dot"), ("cross", "dashdot"))
"""Of one model after another, with its colour: the mark and the line."""
_PIXELS, _TOP, _BOTTOM, _LEAST_PIXELS = 280, 40, 74, 320
_NAME_CHARS = 40


@dataclass(frozen=True, slots=True)
class _Point:
    """A number of one model over all rows, with its interval where there is one."""

    model: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class _Curve:
    """A number over the revisions of each model that came in several."""

    name: str
    says: str
    points: dict[str, _Point]


def report_of_curves(content: bytes, made: str) -> Report:
    """The report of a summary's curves; InputError unless the file is a batch's summary with revisions in it."""
    if len(content) > MOST_BYTES:
        raise InputError(_NOT_ONE)
    try:
        found = json.loads(content)
        models = [_provenance(each) for each in found["provenance"]["models"]]
        checkpoints: dict[str, list[str]] = found["curves"]
        curves = [*_of_scores(found), *_of_means(found)]
        # The last revision of the first model, which the sentence ends in, stands for all of them in the corners.
        last = next(each for specs in checkpoints.values() for each in models if each.spec == specs[-1])
        charts = tuple(_chart(number, each, checkpoints, last) for number, each in enumerate(curves))
        title, rule = str(found["title"]), str(found["rule"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, StopIteration, RecursionError):
        raise InputError(_NOT_ONE) from None
    if not charts:
        raise InputError(_NOT_ONE)
    revisions = [f"{each.spec}, revision {each.revision}" for each in models]
    return Report(
        title="What do the revisions of a model come to on the same rows?",
        inputs=(("Rows", f"{found['n_rows']:,} of {title}, {found['n_errors']:,} of them with an error"),),
        settings=(("Models", "; ".join(revisions)), *((("Rule", rule),) if rule else ())),
        answer=_answer(curves[0], checkpoints),
        sections=charts,
        notes=(("95 % interval", str(found["intervals"]["method"])),) if found["scores"] else (),
        provenance=last,
        snippet="",
        link=None,
        made=made,
    )


def _provenance(kept: dict[str, Any]) -> Provenance:
    pairs = {name: tuple((one, other) for one, other in kept[name]) for name in ("heads", "versions")}
    return Provenance(**kept | pairs)


def _of_scores(found: dict[str, Any]) -> Iterator[_Curve]:
    """Of every score the suite's own number, and what else is said of all of its items."""
    curves: dict[tuple[str, str], dict[str, _Point]] = {}
    says: dict[tuple[str, str], str] = {}
    for each in found["scores"]:
        overall = each["groups"][0]
        for name, meant in each["definitions"].items():
            if name in overall:
                says[each["score"], name] = meant
                curves.setdefault((each["score"], name), {})[each["model"]] = _Point(each["model"], **overall[name])
    for (score, name), points in curves.items():
        yield _Curve(f"{name}, {score}", says[score, name], points)


def _of_means(found: dict[str, Any]) -> Iterator[_Curve]:
    """Of plain rows the mean of every column; those of several models end in ``[model]``."""
    curves: dict[str, dict[str, _Point]] = {}
    for column, value in found["means"].items():
        name, _, model = column.removesuffix("]").partition("[")
        curves.setdefault(name, {})[model] = _Point(model, value)
    for name, points in curves.items():
        yield _Curve(name, f"the mean of the column {name} over the rows that have it", points)


def _answer(curve: _Curve, checkpoints: dict[str, list[str]]) -> Sentence:
    parts: list[str] = []
    for checkpoint, specs in checkpoints.items():
        first, last = (curve.points[spec].value for spec in (specs[0], specs[-1]))
        parts += [
            f"Of {cut(checkpoint, _NAME_CHARS)}, {curve.name} goes from ",
            Strong(_said(first)),
            f" ({_revision(specs[0])}) to ",
            Strong(_said(last)),
            f" ({_revision(specs[-1])}). ",
        ]
    return Sentence((*parts[:-1], parts[-1].rstrip()))


def _chart(number: int, curve: _Curve, checkpoints: dict[str, list[str]], source: Provenance) -> Chart:
    colours = palette("light")
    longest = max(checkpoints.values(), key=len)
    alone = len(checkpoints) == 1
    ticks = [_revision(each) if alone else str(at) for at, each in enumerate(longest, start=1)]
    traces = [
        _trace(at, checkpoint, [curve.points[spec] for spec in specs], colours)
        for at, (checkpoint, specs) in enumerate(checkpoints.items())
    ]
    layout = {
        "xaxis": axis(
            colours,
            "revision" if alone else "place of the revision in its model's order",
            range=[0.75, len(longest) + 0.25],
            **named([label(cut(each, _NAME_CHARS)) for each in ticks], first=1),
        ),
        "yaxis": axis(colours, curve.name, showgrid=True),
    }
    drawn = figure(traces, layout | LEGEND, colours, source, height=_PIXELS + _TOP + _BOTTOM, top=_TOP, bottom=_BOTTOM)
    ends = [
        f"{checkpoint} from {_said(curve.points[specs[0]].value)} to {_said(curve.points[specs[-1]].value)}"
        for checkpoint, specs in checkpoints.items()
    ]
    return Chart(
        name=f"curve-{number + 1}",
        title=curve.name,
        figure=drawn,
        alt=f"Lines of {curve.name} over revisions: {listed(ends)}.",
        how=f"{curve.says[:1].upper()}{curve.says[1:]}. Bars are 95 % intervals, where there are some.",
        make_table=lambda: pd.DataFrame(
            [
                {
                    "model": checkpoint,
                    "revision": _revision(spec),
                    curve.name: point.value,
                    "95 % from": point.low,
                    "to": point.high,
                    "n": point.n,
                }
                for checkpoint, specs in checkpoints.items()
                for spec, point in ((spec, curve.points[spec]) for spec in specs)
            ]
        ),
        min_width=_LEAST_PIXELS,
    )


def _trace(at: int, checkpoint: str, points: list[_Point], colours: Palette) -> Spec:
    colour = (colours.primary, colours.segment_b, colours.ink, colours.muted)[at % len(_LOOKS)]
    symbol, dash = _LOOKS[at % len(_LOOKS)]
    values = [each.value for each in points]
    reach = [
        [abs(end - each.value) if end is not None and each.value is not None else 0 for end, each in own]
        for own in ([(each.high, each) for each in points], [(each.low, each) for each in points])
    ]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label(cut(checkpoint, _NAME_CHARS)),
        "x": list(range(1, len(points) + 1)),
        "y": values,
        "error_y": {"type": "data", "array": reach[0], "arrayminus": reach[1], "thickness": 1, "color": colour},
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"symbol": symbol, "size": 8, "color": colour},
        "text": [label(_revision(each.model)) for each in points],
        "hovertemplate": "%{text}<br>%{y:.4g}<extra></extra>",
    }


def _revision(spec: str) -> str:
    return spec.partition("@")[2] or "main"


def _said(value: float | None) -> str:
    return "–" if value is None else large_text(value, 3)
