"""What must hold of any figure: valid, of matching lengths, safe with any token, labelled, with a twin and an alt."""

import base64
import html
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io

from analysis.types import Provenance
from dashboard.sections import Chart

Json = dict[str, Any]

_OURS = ("hovertemplate", "texttemplate")
"""Templates that the charts write themselves; no token gets into them."""
_ENTITY = re.compile(r"&(amp|lt|gt|quot|#x27|#39);")


def drawn(chart: Chart) -> Json:
    """The figure as the browser gets it, arrays as lists."""
    return as_lists(chart.figure.to_plotly_json())


def traces(chart: Chart, kind: str) -> list[Json]:
    return [trace for trace in drawn(chart)["data"] if trace["type"] == kind]


def shown(text: str) -> str:
    """What a label looks like on screen."""
    return html.unescape(text.removeprefix("<b>").removesuffix("</b>"))


def heatmap_spans(chart: Chart) -> list[tuple[int, int]]:
    """First and last position of each line, read off the heatmaps: those of one line have the same columns."""
    lines = list({trace["xaxis"]: trace["x"] for trace in traces(chart, "heatmap")}.values())
    assert all(line == list(range(line[0], line[-1] + 1)) for line in lines)
    return [(line[0], line[-1]) for line in lines]


def assert_lines(lines: list[tuple[int, int]], first: int, last: int, most: int) -> None:
    """Lines of nearly equal length, no more than are needed, that hold every position once."""
    assert [position for start, stop in lines for position in range(start, stop + 1)] == list(range(first, last))
    lengths = [stop - start + 1 for start, stop in lines]
    assert max(lengths) <= most
    assert max(lengths) - min(lengths) <= 1
    assert len(lines) == math.ceil((last - first) / most), "no more lines than are needed"


def assert_line_axes(chart: Chart) -> None:
    """Every line is drawn on a pair of axes of its own, in the same width, none above another, its rows apart."""
    layout, lines = drawn(chart)["layout"], {}
    for trace in traces(chart, "heatmap"):
        lines.setdefault((trace["xaxis"], trace["yaxis"]), []).append(trace)
    assert len({x for x, _ in lines}) == len({y for _, y in lines}) == len(lines)
    widths, edges = set(), []
    for (x, y), bands in lines.items():
        x_axis, y_axis = (layout[name[0] + "axis" + name[1:]] for name in (x, y))
        assert (x_axis["anchor"], y_axis["anchor"]) == (y, x)
        assert {tuple(band["x"]) for band in bands} == {tuple(x_axis["tickvals"])}
        assert x_axis["range"][0] == x_axis["tickvals"][0] - 0.5
        widths.add(x_axis["range"][1] - x_axis["range"][0])
        assert len(x_axis["tickvals"]) == len(x_axis["ticktext"])
        assert min(np.diff([at for band in bands for at in band["y"]]), default=1) >= 1, "no row lies over another"
        low, high = y_axis["domain"]
        assert 0 <= low < high <= 1
        edges += [high, low]
    assert len(widths) == 1
    assert edges == sorted(edges, reverse=True)


def assert_sound(chart: Chart, provenance: Provenance) -> None:
    as_json = chart.figure.to_json()
    assert json.loads(plotly.io.from_json(as_json).to_json()) == json.loads(as_json)
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


def as_lists(value: Any) -> Any:
    """What goes to the browser with its arrays, however they are packed, as lists."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict) and "bdata" in value:
        flat = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        return flat.reshape([int(size) for size in str(value.get("shape", -1)).split(",")]).tolist()
    if isinstance(value, dict):
        return {key: as_lists(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_lists(part) for part in value]
    return value
