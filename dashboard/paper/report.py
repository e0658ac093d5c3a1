"""A result as one HTML file that needs nothing else: texts, figures, tables, method, versions, how to cite it.

The file is written for a reader who has it alone, years later: no address is asked for anything (its own policy forbids
it), every number stands in a table, and what a measure means stands beside it.
"""

import base64
import hashlib
import html
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.types import Provenance
from dashboard.drawing.chart import Chart
from dashboard.drawing.palette import MONO_FACE, TYPE_FACE, Palette, palette
from dashboard.drawing.tables import csv
from dashboard.glossary import Measure

MAX_ROWS = 2_000
"""Rows of a table that are written out; a longer one is complete in its CSV."""

_OPEN_ROWS, _OPEN_COLUMNS = 30, 9
"""The size of a table that is left open and goes to paper; a larger one is folded away."""

_NAME = "Pretext: a visual explorer for BERT's two pre-training heads"
_CONFIG = {"responsive": True, "displaylogo": False, "displayModeBar": False}
_HERE = Path(__file__).parent
_FONTS = _HERE.parents[1] / "static" / "fonts"
_FACES = (
    ("IBM Plex Sans", 400, "plex-sans-latin-400.woff2"),
    ("IBM Plex Sans", 600, "plex-sans-latin-600.woff2"),
    ("IBM Plex Mono", 400, "plex-mono-latin-400.woff2"),
    ("IBM Plex Mono", 600, "plex-mono-latin-600.woff2"),
)
_LATIN = (
    "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,"
    "U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD"
)
_IN_SCRIPT = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})
_IN_BIBTEX = str.maketrans({char: f"\\{char}" for char in "&%#_${}"})

Strip = dict[str, Any]
"""What ``dashboard.drawing.strip.strip`` makes."""


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """A figure that would not bear squeezing: on a narrower screen it scrolls. ``min_width`` is in pixels."""

    chart: Chart
    min_width: int


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table that is no figure's twin, with what has to be said of it."""

    title: str
    frame: pd.DataFrame
    note: str = ""


Section = Chart | Wide | Strip | Table | str
"""A figure, a strip of tokens, a table, or a paragraph."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What a report says, in the order in which it says it.

    Attributes
    ----------
    title
        The question.
    inputs, settings
        Names with the texts as they were given, and with the values chosen.
    sections
        The results.
    notes
        Terms with their meaning or caveat; see ``definitions``.
    provenance
        The model that made the numbers.
    snippet
        Python that makes them again, or nothing.
    link
        Where the same view can be opened, or None; it is printed and not linked.
    made
        The moment it was made, ISO 8601 in UTC.
    """

    title: str
    inputs: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
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
    scripts = [_plotly() for section in report.sections if isinstance(section, Chart | Wide)][:1]
    scripts.append(_source("report.js"))
    style = f"{_faces()}\n{_colours(palette('light'))}\n{_source('report.css')}"
    results = "\n".join(_section(section, number, report) for number, section in enumerate(report.sections, start=1))
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="generator" content="Pretext">',
            f"<title>{_text(report.title)}</title>",
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            "<main>",
            _head(report),
            _part("Input", _texts(report.inputs), "inputs"),
            _part("Settings", _terms(report.settings, "facts"), "settings"),
            _part("Results", results, "results"),
            _part("Method notes", _terms(report.notes, "notes"), "notes"),
            _part("Where the numbers come from", _terms(_sources_of(report), "facts"), "provenance"),
            _part("The same in Python", _code(report.snippet), "snippet"),
            _part("How to cite", _code(_citation(report)), "citation"),
            "</main>",
            *(f"<script>{script}</script>" for script in scripts),
            "</body>",
            "</html>",
            "",
        ]
    )


def _policy(scripts: list[str]) -> str:
    # By hash, so that a script which got in with a text would not run either.
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _head(report: Report) -> str:
    source = report.provenance
    moment = f'<time datetime="{_text(report.made)}">{_text(_moment(report.made))}</time>'
    link = f"<p>The same view: <code>{_text(report.link)}</code></p>" if report.link else ""
    return (
        f'<header><p class="brand">Pretext report</p><h1>{_text(report.title)}</h1>'
        f"<p>Model {_text(source.spec)}, revision {_text(source.short_revision)}. Made {moment}.</p>{link}"
        "<noscript><p>The figures need JavaScript; the tables below them hold the same numbers.</p></noscript></header>"
    )


def _part(title: str, content: str, name: str) -> str:
    return f'<section id="{name}">\n<h2>{title}</h2>\n{content}\n</section>' if content else ""


def _texts(inputs: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f'<h3>{_text(name)}</h3><div class="text" dir="auto">{_text(text)}</div>' for name, text in inputs)


def _terms(pairs: Iterable[tuple[str, str]], kind: str) -> str:
    rows = "\n".join(f"<div><dt>{_text(term)}</dt><dd>{_text(text)}</dd></div>" for term, text in pairs)
    return f'<dl class="{kind}">\n{rows}\n</dl>' if rows else ""


def _code(source: str) -> str:
    return f"<pre><code>{_text(source)}</code></pre>" if source else ""


def _sources_of(report: Report) -> list[tuple[str, str]]:
    source = report.provenance
    heads = {"mlm": "masked-LM", "nsp": "next-sentence"}
    return [
        ("model", source.spec),
        ("revision", source.revision),
        ("architecture", source.architecture),
        ("heads", ", ".join(f"{heads.get(name, name)}: {'real' if real else 'absent'}" for name, real in source.heads)),
        ("arithmetic", source.dtype),
        ("truncation", source.truncation),
        ("layout of the results", str(source.schema)),
        *source.versions,
        ("made", _moment(report.made)),
    ]


def _citation(report: Report) -> str:
    source = report.provenance
    model = f"Model {source.spec}, revision {source.revision}, {source.architecture}, {source.dtype}"
    fields = {
        "author": "The Pretext developers",
        "title": _NAME,
        "version": dict(source.versions).get("pretext", ""),
        "year": report.made[:4],
        "note": model.translate(_IN_BIBTEX),
    }
    return "@software{pretext,\n" + "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items()) + "}"


def _moment(made: str) -> str:
    return made.replace("T", " ").replace("+00:00", " UTC").replace("Z", " UTC")


# --- sections ---


def _section(section: Section, number: int, report: Report) -> str:
    if isinstance(section, str):
        return f'<p class="note">{_text(section)}</p>'
    if isinstance(section, Table):
        return _table_alone(section, number, report)
    if isinstance(section, dict):
        return _token_strip(section)
    return _figure(section, number, report)


def _figure(section: Chart | Wide, number: int, report: Report) -> str:
    chart, width = (section.chart, section.min_width) if isinstance(section, Wide) else (section, 0)
    table, place = chart.table, f"figure-{number}"
    height = int(chart.figure.layout.height or 0)
    rows = f"{len(table):,} row{'' if len(table) == 1 else 's'}"
    buttons = "".join(_button(kind, place, chart.name) for kind in ("svg", "png", "csv"))
    # Plotly's own JSON writer: it packs arrays, and knows what numpy and pandas hold.
    spec = json.loads(chart.figure.to_json())
    return (
        f'<figure class="chart"><div class="bar"><h3>{_text(chart.title)}</h3>'
        f'<div class="buttons">{buttons}</div></div>'
        f'<div class="scroll"><div class="plot" id="{place}" role="img" aria-label="{_text(chart.alt)}" '
        f'style="min-width:{width}px;min-height:{height}px"></div></div>'
        f"<figcaption>{_text(chart.how)}</figcaption>"
        f'<details class="twin"><summary>Table, {rows}</summary>{_table(table, exact=True)}</details>'
        f'<p class="on-paper">The numbers of this figure ({rows}) are in the HTML file.</p>'
        f"{_data(f'{place}-spec', spec | {'config': _CONFIG})}{_csv_of(table, place, report)}</figure>"
    )


def _table_alone(section: Table, number: int, report: Report) -> str:
    place, table = f"table-{number}", _table(section.frame, exact=False)
    name = re.sub(r"[^a-z0-9]+", "-", section.title.lower()).strip("-") or "table"
    if len(section.frame) > _OPEN_ROWS or len(section.frame.columns) > _OPEN_COLUMNS:
        rows = f"{len(section.frame):,} rows"
        table = (
            f'<details class="twin"><summary>Table, {rows}</summary>{table}</details>'
            f'<p class="on-paper">This table ({rows}) is in the HTML file.</p>'
        )
    note = f"<figcaption>{_text(section.note)}</figcaption>" if section.note else ""
    return (
        f'<figure class="table"><div class="bar"><h3>{_text(section.title)}</h3><div class="buttons">'
        f"{_button('csv', place, name)}</div></div>{table}{note}{_csv_of(section.frame, place, report)}</figure>"
    )


def _button(kind: str, place: str, name: str) -> str:
    return (
        f'<button type="button" data-save="{kind}" data-of="{place}" data-name="pretext-{_text(name)}.{kind}">'
        f"{kind.upper()}</button>"
    )


def _csv_of(table: pd.DataFrame, place: str, report: Report) -> str:
    return _data(f"{place}-csv", csv(table, report.provenance, report.made))


def _table(frame: pd.DataFrame, *, exact: bool) -> str:
    shown = frame.head(MAX_ROWS)
    kinds = [' class="n"' if _is_number(column.to_numpy()) else "" for _, column in shown.items()]
    columns = [[_cell(value, exact=exact) for value in column.to_numpy()] for _, column in shown.items()]
    head = "".join(
        f'<th scope="col"{kind}>{_text(str(name))}</th>' for name, kind in zip(shown.columns, kinds, strict=True)
    )
    rows = "\n".join(
        "<tr>" + "".join(f"<td{kind}>{_text(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in zip(*columns, strict=True)
    )
    rest = (
        f"<p>The first {MAX_ROWS:,} of {len(frame):,} rows; the CSV has all of them.</p>"
        if len(frame) > MAX_ROWS
        else ""
    )
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>"
        f"{rest}"
    )


def _is_number(values: np.ndarray) -> bool:
    return np.issubdtype(values.dtype, np.number)


def _cell(value: Any, *, exact: bool) -> str:
    """A value in all its digits, or in six of them where these don't read as 1."""
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, float | np.floating) or not math.isfinite(value):
        return str(value)
    if float(value).is_integer():
        return f"{value:.0f}"
    short = f"{value:.6g}"
    return str(value) if exact or short in {"1", "-1"} else short


def _token_strip(drawn: Strip) -> str:
    tokens, legend = drawn["tokens"], drawn["legend"]
    segments = [token["segment"] if drawn["pair"] else None for token in tokens]
    chips = "".join(
        _chip(token, segment, begins=segment is not None and segment != before)
        for token, segment, before in zip(tokens, segments, [None, *segments], strict=False)
    )
    colours = f"--segment-a:{drawn['a']};--segment-b:{drawn['b']}"
    keys = [
        "bars above: solid segment A, dashed segment B" if drawn["pair"] else "",
        "dashed: not counted" if any(token["ghost"] for token in tokens) else "",
        "wavy line: unknown to the tokenizer" if any(token["unknown"] for token in tokens) else "",
        "✎: put there by hand" if any(token["edited"] for token in tokens) else "",
    ]
    return (
        f'<figure class="tokens" style="{_text(colours)}"><h3>Token by token: {_text(legend["name"])}</h3>'
        f'<div class="strip" role="list">{chips}</div>'
        f'<figcaption><span class="legend"><span>{_text(legend["name"])}</span><span>{_text(legend["low"])}</span>'
        f'<span class="scale" style="background:linear-gradient(90deg,{_text(",".join(legend["colours"]))})"></span>'
        f"<span>{_text(legend['high'])}</span></span>"
        f"{''.join(f'<span>{_text(key)}</span>' for key in keys if key)}</figcaption></figure>"
    )


def _chip(token: dict[str, Any], segment: str | None, *, begins: bool) -> str:
    flags = " ".join(name for name in ("joined", "ghost", "unknown", "edited") if token[name])
    side = f" in-{segment.lower()}" if segment else ""
    letter = f'<span class="segment" aria-hidden="true">{_text(segment or "")}</span>' if begins else ""
    paint = "" if token["ghost"] else f' style="background:{_text(token["fill"])};color:{_text(token["ink"])}"'
    hashes = '<span class="hashes">##</span>' if token["piece"] else ""
    name = f"{token['name']}; best guesses {', '.join(token['guesses'])}"
    value = "\u00a0" if token["ghost"] else _text(token["value"])
    return (
        f'<div class="cell {flags}{side}" role="listitem" aria-label="{_text(name)}" title="{_text(name)}">{letter}'
        f'<span class="chip" dir="auto"{paint}>{hashes}{_text(token["text"])}</span>'
        f'<span class="value">{value}</span></div>'
    )


# --- text on its way into the file ---


def _text(text: str) -> str:
    # A bare carriage return would arrive as a line feed, and a null character, which HTML has none of, not at all.
    return html.escape(text).replace("\r", "&#13;").replace("\0", "\ufffd")


def _data(name: str, value: Any) -> str:
    """A value for the script to find, which can neither end its element nor begin another one."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)
    return f'<script type="application/json" id="{name}">{written}</script>'


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()


@cache
def _source(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def _faces() -> str:
    """The type faces of the Latin script, where the fonts lie beside the project; else the reader's own are used."""
    return "\n".join(
        f'@font-face{{font-family:"{family}";font-weight:{weight};unicode-range:{_LATIN};'
        f"src:url(data:font/woff2;base64,{base64.b64encode((_FONTS / file).read_bytes()).decode()})}}"
        for family, weight, file in _FACES
        if (_FONTS / file).is_file()
    )


def _colours(colours: Palette) -> str:
    names = ("ground", "panel", "ink", "muted", "rule", "primary")
    return (
        ":root{"
        + "".join(f"--{name}:{getattr(colours, name)};" for name in names)
        + f"--type:{TYPE_FACE};--mono:{MONO_FACE}}}"
    )
