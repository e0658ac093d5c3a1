"""How a long text was cut into overlapping windows, and which part of it each of them reports."""

import pandas as pd

from analysis.types import SeenReading
from dashboard.drawing.chart import Spec, axis, axis_title, figure
from dashboard.drawing.palette import Palette
from dashboard.sections import Chart

_BAR_PIXELS = 26


def windows(reading: SeenReading, palette: Palette) -> Chart:
    """One bar per window over the positions of the text: all that it read, and in full colour what it reports."""
    cut = reading.windows
    bounds = [(int(window.positions[1]), int(window.positions[-2]) + 1) for window in cut]
    names = [f"window {number}" for number in range(1, len(cut) + 1)]

    def bars(spans: list[tuple[int, int]], colour: str, what: str, width: float) -> Spec:
        return {
            "type": "bar",
            "orientation": "h",
            "y": names,
            "base": [first for first, _ in spans],
            "x": [last - first for first, last in spans],
            "width": width,
            "marker": {"color": colour},
            "customdata": [[first, last - 1] for first, last in spans],
            "hovertemplate": f"%{{y}} {what} positions %{{customdata[0]}} to %{{customdata[1]}}<extra></extra>",
        }

    reported = [(window.first, window.last) for window in cut]
    layout = {
        "barmode": "overlay",
        "xaxis": axis(palette, range=[0, len(reading.encoded)], title=axis_title("position"), showgrid=True),
        "yaxis": axis(palette, autorange="reversed"),
    }
    traces = [
        bars(bounds, palette.rule, "reads", 0.7),
        bars(reported, palette.primary, "reports", 0.34),
    ]
    return Chart(
        name="windows",
        title=f"The text in {len(cut)} overlapping windows",
        figure=figure(traces, layout, palette, reading.provenance, height=_BAR_PIXELS * len(cut) + 84, bottom=66),
        alt=(
            f"Bars of {len(cut)} windows over {len(reading.encoded)} positions. Neighbouring windows overlap by half; "
            "each reports the part where it has most context on both sides."
        ),
        how=(
            "The wide bar is what a window reads at once, the narrow one the positions that are reported from it: "
            "those where the shorter of its two sides is longest."
        ),
        make_table=lambda: pd.DataFrame(
            {
                "window": range(1, len(cut) + 1),
                "reads from": [first for first, _ in bounds],
                "reads to": [last - 1 for _, last in bounds],
                "reports from": [first for first, _ in reported],
                "reports to": [last - 1 for _, last in reported],
            }
        ),
        provenance=reading.provenance,
    )
