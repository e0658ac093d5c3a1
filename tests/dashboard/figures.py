"""What must hold of any figure: valid, of matching lengths, safe with any token, labelled, with a twin and an alt."""

import base64
import html
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io

from analysis.types import Provenance
from dashboard.charts.base import Chart

Json = dict[str, Any]

_OURS = ("hovertemplate", "texttemplate")
"""Templates that the charts write themselves; no token gets into them."""
_ENTITY = re.compile(r"&(amp|lt|gt|quot|#x27|#39);")


def drawn(chart: Chart) -> Json:
    """The figure as the browser gets it, arrays as lists."""
    return _lists(chart.figure.to_plotly_json())


def traces(chart: Chart, kind: str) -> list[Json]:
    return [trace for trace in drawn(chart)["data"] if trace["type"] == kind]


def shown(text: str) -> str:
    """What a label looks like on screen."""
    return html.unescape(text.removeprefix("<b>").removesuffix("</b>"))


def assert_sound(chart: Chart, provenance: Provenance) -> None:
    assert plotly.io.from_json(chart.figure.to_json()).to_json() == chart.figure.to_json()
    assert isinstance(chart.figure, go.Figure)
    for trace in drawn(chart)["data"]:
        _assert_lengths(trace)
    for text in _strings(drawn(chart)):
        assert _is_safe(text), text
    corner = drawn(chart)["layout"]["annotations"]
    assert [shown(annotation["text"]) for annotation in corner] == [provenance.label]
    for words in (chart.title, chart.alt, chart.how):
        assert words.strip() == words
        assert words
    assert chart.alt.endswith(".")
    assert chart.how.endswith(".")
    assert re.fullmatch(r"[a-z0-9-]+", chart.name), "it becomes a file name"
    assert len(chart.table) > 0
    assert chart.table.columns.is_unique
    json.dumps(chart.figure.to_dict(), default=np.ndarray.tolist)


def _assert_lengths(trace: Json) -> None:
    if trace["type"] == "heatmap":
        assert np.shape(trace["z"]) == (len(trace["y"]), len(trace["x"]))
        assert np.shape(trace["customdata"])[:2] == np.shape(trace["z"])
        return
    lengths = {len(trace[key]) for key in ("x", "y", "text", "customdata", "base") if isinstance(trace.get(key), list)}
    lengths |= {len(value) for value in trace.get("marker", {}).values() if isinstance(value, list)}
    lengths |= {len(trace["textposition"])} if isinstance(trace.get("textposition"), list) else set()
    assert len(lengths) == 1, trace


def _is_safe(text: str) -> bool:
    """Whether Plotly takes nothing in it for HTML, the bold of our own around a whole label aside."""
    inside = re.sub(r"^<b>(.*)</b>$", r"\1", text, flags=re.DOTALL)
    return not re.search("[<>]", inside) and "&" not in _ENTITY.sub("", inside)


def _strings(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, str) and key not in _OURS:
        yield value
    elif isinstance(value, dict):
        for inner, part in value.items():
            yield from _strings(part, inner)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part, key)


def _lists(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict) and "bdata" in value:
        flat = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        return flat.reshape([int(size) for size in str(value.get("shape", -1)).split(",")]).tolist()
    if isinstance(value, dict):
        return {key: _lists(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_lists(part) for part in value]
    return value
