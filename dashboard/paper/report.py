"""A page as one HTML file that needs nothing else: texts, figures, tables, method, versions, how to cite it.

The file is written for a reader who has it alone, years later: no address is asked for anything (its own policy forbids
it), every number stands in a table, and what a measure means stands beside it.
"""

import base64
import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from analysis.types import Provenance
from dashboard.drawing.arcs import weight_text
from dashboard.drawing.palette import MONO_FACE, TYPE_FACE, palette
from dashboard.drawing.pictures import PAINTED, picture
from dashboard.drawing.styles import style
from dashboard.drawing.tables import csv, with_names
from dashboard.glossary import Measure
from dashboard.sections import Chart, Section, Sentence, StripKind, flattened

MAX_ROWS = 2_000
"""Rows of a table that are written out; a longer one is complete in its CSV."""

_OPEN_ROWS, _OPEN_COLUMNS = 30, 9

_HERE = Path(__file__).parent
_FONTS = _HERE.parents[1] / "static" / "fonts"
_CONFIG = {"responsive": True, "displaylogo": False, "displayModeBar": False}
_IN_BIBTEX = str.maketrans({char: f"\\{char}" for char in "&%#_${}"})


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What a report says, in the order in which it says it.

    ``inputs`` and ``settings`` are names with the texts as they were given, and with the values chosen; ``notes`` terms
    with their meaning or caveat; ``snippet`` is Python that makes the numbers again, or nothing; ``link`` where the
    same view can be opened (it is printed and not linked), or None; ``made`` the moment, ISO 8601 in UTC.
    """

    title: str
    inputs: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    answer: Sentence | None
    sections: tuple[Section, ...]
    notes: tuple[tuple[str, str], ...]
    provenance: Provenance
    snippet: str
    link: str | None
    made: str


def definitions(measures: Iterable[Measure]) -> tuple[tuple[str, str], ...]:
    """What each measure means and what it does not, for the notes of a report."""
    return tuple((measure.axis(), f"{measure.definition} {measure.caveat}".rstrip()) for measure in measures)


def html_report(report: Report) -> str:
    """The report as the text of one HTML file, to be saved as UTF-8."""
    drawn = any(isinstance(section, Chart) for section in flattened(report.sections))
    scripts = [*([get_plotlyjs()] if drawn else []), PAINTED + _source("report.js")]
    template = _templates().get_template("report.jinja")
    return template.render(
        report=report,
        light=palette("light"),
        type_face=TYPE_FACE,
        mono_face=MONO_FACE,
        kinds=get_args(StripKind),
        scripts=scripts,
        digests=[base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts],
        citation=_citation(report),
    )


def _citation(report: Report) -> str:
    source = report.provenance
    model = f"Model {source.spec}, revision {source.revision}, {source.architecture}, {source.dtype}"
    fields = {
        "author": "The Pretext developers",
        "title": "Pretext: a visual explorer for BERT's two pre-training heads",
        "version": dict(source.versions).get("pretext", ""),
        "year": report.made[:4],
        "note": model.translate(_IN_BIBTEX),
    }
    return "@software{pretext,\n" + "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items()) + "}"


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        finalize=_written,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "kind": lambda section: type(section).__name__,
        "plotly": lambda chart: json.loads(chart.figure.to_json()) | {"config": _CONFIG},
        "moment": lambda made: made.replace("T", " ").replace("+00:00", " UTC").replace("Z", " UTC"),
        "with_names": with_names,
        "cells": _cells,
        "csv": csv,
        "picture": picture,
        "weight": weight_text,
        "font": _font,
        "style": style,
        "source": _source,
    }
    # More than anybody would read on paper.
    templates.tests["large"] = lambda frame: len(frame) > _OPEN_ROWS or len(frame.columns) > _OPEN_COLUMNS
    # Of ``tojson``, which writes data so that it can neither end its element nor begin another one.
    templates.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return templates


def _written(value: Any) -> Markup:
    """What a template writes, as text unless it is markup of its own."""
    if isinstance(value, Markup):
        return value
    # A bare carriage return would arrive as a line feed, and a null character, which HTML has none of, not at all.
    return Markup(str(escape(value)).replace("\r", "&#13;").replace("\0", "\ufffd"))


@cache
def _source(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _font(name: str) -> str:
    """A type face in base64, where the fonts lie beside the project; else the reader's own are used."""
    return base64.b64encode((_FONTS / name).read_bytes()).decode() if (_FONTS / name).is_file() else ""


def _cells(frame: pd.DataFrame, *, exact: bool) -> tuple[list[tuple[str, bool]], list[tuple[str, ...]]]:
    """Each column's name with whether it holds numbers, and the first ``MAX_ROWS`` rows as text.

    ``exact`` for numbers in all their digits, else six.
    """
    columns = [(str(name), column.to_numpy()) for name, column in frame.head(MAX_ROWS).items()]
    heads = [(name, np.issubdtype(values.dtype, np.number)) for name, values in columns]
    return heads, list(zip(*([_cell(value, exact) for value in values] for _, values in columns), strict=True))


def _cell(value: Any, exact: bool) -> str:
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, float | np.floating) or not math.isfinite(value):
        return str(value)
    if float(value).is_integer():
        return f"{value:.0f}"
    short = f"{value:.6g}"
    # Six digits that read as 1 would hide how far from it the value is.
    return str(value) if exact or short in {"1", "-1"} else short
