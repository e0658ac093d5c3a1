"""The figure of one gap: the most probable tokens in order, which are the same in whatever order gaps are filled."""

import pandas as pd

from analysis.types import FillResult
from dashboard.drawing.chart import BARS, axis, figure, label, named
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import p_text
from dashboard.sections import Chart

_BAR_PIXELS = 26
_ROOM = 1.2
"""What a bar's number takes beside the longest one."""


def ranked(result: FillResult, palette: Palette) -> Chart:
    """The K most probable tokens of the only gap as bars, the best on top, on a scale that ends at the best."""
    step = result.fillings[0].steps[0]
    tokens, p = list(step.top_tokens), step.top_p.tolist()
    places = list(range(1, len(tokens) + 1))
    bars = BARS | {
        "x": p,
        "y": list(range(len(tokens))),
        "width": 0.62,
        "marker": {"color": [palette.primary, *[palette.muted] * (len(tokens) - 1)]},
        "text": [p_text(value) for value in p],
        "customdata": [label(token) for token in tokens],
        "hovertemplate": "%{customdata}  p %{text}<extra></extra>",
    }
    names = [f"{place}  {label(token)}" for place, token in zip(places, tokens, strict=True)]
    layout = {
        "xaxis": axis(palette, "probability", range=[0, _ROOM * p[0]], nticks=6, showgrid=True),
        "yaxis": axis(
            palette, tickfont={"family": MONO_FACE}, ticklabelstandoff=6, autorange="reversed", **named(names)
        ),
    }
    return Chart(
        name="fill-ranked",
        title=f"The {len(tokens)} most probable tokens for the gap" if len(tokens) > 1 else "The most probable token",
        figure=figure([bars], layout, palette, result.provenance, height=_BAR_PIXELS * len(tokens) + 92, bottom=72),
        alt=(
            f"Bars of the {len(tokens)} most probable tokens for the gap, the best on top: "
            + ", ".join(f"{token} p {p_text(value)}" for token, value in zip(tokens[:3], p, strict=False))
            + "."
        ),
        how=(
            "What the head expects in the gap, the most probable first; the scale ends at the best. One gap is filled "
            "alike in every order."
        ),
        make_table=lambda: pd.DataFrame({"place": places, "token": tokens, "id": step.top_ids, "p": step.top_p}),
    )
