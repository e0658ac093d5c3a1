"""A report, and a section of every kind with any text wherever a text can stand."""

from dataclasses import replace
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import glossary
from dashboard.drawing.direction import right_to_left
from dashboard.drawing.palette import palette
from dashboard.paper.report import Report, definitions
from dashboard.sections import (
    Act,
    Beside,
    Card,
    Chart,
    Code,
    Fields,
    Folded,
    Heading,
    Note,
    Number,
    Numbers,
    Section,
    Sentence,
    Strip,
    Strong,
    Table,
    Waiting,
)
from tests.dashboard import made

_LIGHT = palette("light")
MADE = "2026-01-02T03:04:05+00:00"
_SEGMENTS = {"a": _LIGHT.segment_a, "b": _LIGHT.segment_b}


def a_report(*sections: Section, **given: Any) -> Report:
    """A report of these sections."""
    values = {
        "title": "What does BERT expect?",
        "inputs": (("Text", "the cat"),),
        "settings": (("reading", "hidden"),),
        "answer": None,
        "sections": sections,
        "notes": definitions([glossary.ENTROPY, glossary.PLL]),
        "provenance": made.PROVENANCE,
        "snippet": "print(1)",
        "link": None,
        "made": MADE,
    }
    return Report(**values | given)


def every_kind(text: str, value: str = "1.25") -> tuple[Section, ...]:
    """The sections; ``value`` is what stands below tokens."""
    chart, table = a_chart(text), a_table(text)
    return (
        Sentence((text, Strong(text)), help=text),
        Numbers((Number(text, text, text, help=text), Number("mean entropy", "2.41 bits")), width=180),
        *(Note(text, kind) for kind in ("caption", "notice", "info")),
        Heading(text, help=text),
        *strips(text, value),
        chart,
        table,
        replace(table, name="open", printed=lambda: pd.DataFrame({text: [text]}, index=[text])),
        replace(table, name="folded", folded=True),
        Code(text),
        Code(text, title=text),
        Card(text),
        Folded(text, (Note(text), Code(text, title=text)), key="words"),
        Folded(text, (replace(chart, name="inside"), Folded(text, (table,), key="inner")), key="figures"),
        Beside(((replace(chart, name="left"),), (Note(text), replace(chart, name="right"))), widths=(3, 2)),
        Fields(("k",)),
        Act("edit"),
        Waiting(),
    )


def a_chart(text: str, **changed: Any) -> Chart:
    """A bar for each of two words; in Plotly's labels the text stands as it is."""
    figure = go.Figure(
        go.Bar(x=["one", text], y=[0.25, 1 / 3], name=text), {"height": 240, "margin": {"t": 8, "b": 40}}
    )
    chart = Chart("bars", text, figure, text, text, lambda: _frame(text))
    return replace(chart, **changed)


def a_table(text: str, **changed: Any) -> Table:
    return replace(Table("words", text, lambda: _frame(text), note=text, help=text), **changed)


def _frame(text: str) -> pd.DataFrame:
    return pd.DataFrame({"word": ["one", text], text: [0.25, 1 / 3], "counts": [True, False]})


def strips(text: str, value: str = "1.25") -> tuple[Strip, ...]:
    """A strip of every kind: pieces, marks, masks, lines and a stanza, a gap, a token that is cut off from the head."""
    legend = {"name": text, "low": text, "high": text, "colours": list(_LIGHT.sequential[::9])}
    fill = {"fill": _LIGHT.shade(0.5), "ink": "#000000"}
    names = ("joined", "piece", "ghost", "unknown", "edited", "region", "opens", "closes")

    def token(segment: str, *marks: str, guess: str = "", line_ends: int = 0) -> dict[str, Any]:
        words = {"text": text, "value": value, "where": text, "name": text, "guesses": [text, text]}
        words |= {"guess": guess, "line_ends": line_ends}
        return {"segment": segment} | fill | words | {name: name in marks for name in names}

    tokens = [
        token("A", "ghost"),
        token("A", "region", "opens"),
        token("A", "joined", "piece", "region", "closes"),
        token("A", "unknown"),
        token("B", "edited", line_ends=1),
        token("B", guess=f"{text} 22 %", line_ends=2),
        token("B", "ghost"),
    ]
    columns = [
        {"a": a, "b": b, "kind": kind, "joined": joined, "js": js, "name": text} | fill
        for a, b, kind, joined, js in (
            (tokens[0], tokens[6], "match", False, ""),
            (tokens[1], tokens[4], "substitution", False, value),
            (tokens[5], tokens[5], "match", False, value),
            (tokens[2], None, "deletion", True, ""),
        )
    ]
    cells = [
        {"text": text, "segment": 0, "mask": 1, "ghost": True},
        {"text": text, "segment": 0, "mask": 0, "ghost": False},
        {"more": text},
        {"text": text, "segment": 1, "mask": 1, "ghost": False},
    ]
    numbers = {"verdict": text, "margin": text, "p": text}
    rows = [
        {"title": text, "meaning": text, "tokens": cells, "next": next_, "first": next_, "z0": z0, "z1": z0}
        | {"at": at, "marks": marks}
        | numbers
        for next_, z0, at, marks in ((True, text, 75.5, []), (False, "", None, [10.0, 50.25]))
    ]
    axis = {"no": text, "yes": text, "low": text, "high": text, "unit": text}
    parts = [
        {"kind": "segment", "text": text},
        {"kind": "text", "text": text},
        {"kind": "filler", "text": text, "piece": True, "differs": True},
        {"kind": "filler", "text": text, "piece": False, "differs": False},
    ]
    words = [
        {"predicted": text, "stood": text, "same": same, "ghost": ghost, "joined": joined, "name": text}
        for same, ghost, joined in ((True, True, False), (True, False, False), (False, False, True))
    ]
    ends = [
        {"text": text, "piece": piece, "ghost": ghost, "segment": segment, "name": text, "where": text}
        | {"to": [text, text], "by": [text]}
        for piece, ghost, segment in ((False, True, "A"), (True, False, "A"), (False, False, "B"))
    ]
    arcs = {"label": text, "sides": [text, text], "tokens": ends, "at": [4, 5, 6], "chosen": 1, "least": 0.01}
    arcs |= {"weights": [[0.5, 0.5, 0.0], [0.004, 0.9959, 0.0001], [0.0, 1.0, 0.0]], "pair": True}
    runs = {"dir": "rtl" if right_to_left(text) else "ltr"}
    margins = {"is_next": _LIGHT.is_next, "not_next": _LIGHT.not_next}
    return (
        Strip(
            "tokens",
            {"tokens": tokens, "at": [0, 1, 2, 4, 5, 6], "legend": legend, "pair": True} | _SEGMENTS | runs,
            "tokens",
            title=text,
            how=text,
            chosen=3,
        ),
        Strip("aligned", {"columns": columns, "legends": [legend, legend]} | runs, "aligned", how=text, chosen=1),
        Strip("variants", {"rows": rows, "axis": axis} | _SEGMENTS | margins | runs, "variants", title=text),
        Strip("filled", {"label": text, "rows": [{"orders": text, "parts": parts}]}, "filled"),
        Strip("readout", {"label": text, "words": words} | runs, "readout"),
        Strip("arcs", arcs | _SEGMENTS | runs, "arcs", title=text, how=text, chosen=5, picks="position"),
    )
