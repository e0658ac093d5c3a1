"""How a long text was cut into overlapping windows, and which part of it each of them reports."""

import pandas as pd

from analysis.types import SeenReading
from dashboard.drawing.chart import Spec, axis, figure
from dashboard.drawing.palette import Palette
from dashboard.sections import Chart

_BAR_PIXELS = 26


def windows(reading: SeenReading, palette: Palette) -> Chart:
    """One bar per window over the positions of the text: all that it read, and in full colour what it reports."""
    cut, n = reading.windows, len(reading.encoded)
    names = [f"window {number}" for number in range(1, len(cut) + 1)]
    spans = {
        "reads": [(int(window.positions[1]), int(window.positions[-2])) for window in cut],
        "reports": [(window.first, window.last - 1) for window in cut],
    }
    traces: list[Spec] = [
        {
            "type": "bar",
            "orientation": "h",
            "y": names,
            "base": [first for first, _ in spans[what]],
            "x": [last + 1 - first for first, last in spans[what]],
            "width": width,
            "marker": {"color": colour},
            "customdata": spans[what],
            "hovertemplate": f"%{{y}} {what} positions %{{customdata[0]}} to %{{customdata[1]}}<extra></extra>",
        }
        for what, colour, width in (("reads", palette.rule, 0.7), ("reports", palette.primary, 0.34))
    ]
    layout = {
        "barmode": "overlay",
        "xaxis": axis(palette, "position", range=[0, n], showgrid=True),
        "yaxis": axis(palette, autorange="reversed"),
    }
    ends = {
        f"{what} {end}": [span[at] for span in spans[what]] for what in spans for at, end in enumerate(("from", "to"))
    }
    return Chart(
        name="windows",
        title=f"The text in {len(cut)} overlapping windows",
        figure=figure(traces, layout, palette, reading.provenance, height=_BAR_PIXELS * len(cut) + 84, bottom=66),
        alt=(
            f"Bars of {len(cut)} windows over {n} positions. Neighbouring windows overlap by half; "
            "each reports the part where it has most context on both sides."
        ),
        how=(
            "The wide bar is what a window reads at once, the narrow one the positions that are reported from it: "
            "those where the shorter of its two sides is longest."
        ),
        make_table=lambda: pd.DataFrame({"window": range(1, len(cut) + 1), **ends}),
    )
