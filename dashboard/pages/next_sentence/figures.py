"""The figure of a segmentation comparison: what the separator and the segment ids made of the margin."""

import pandas as pd

from analysis.types import SegmentationComparison
from dashboard.drawing.chart import BARS, Spec, axis, figure, hatched, rule
from dashboard.drawing.palette import Palette
from dashboard.glossary import MARGIN, Units, margin_text, signed
from dashboard.sections import Chart


def effects(comparison: SegmentationComparison, palette: Palette, units: Units) -> Chart:
    """What the separator and the segment ids add, and their sum; the interaction stands apart, below a rule."""
    found, unit = comparison.effects, MARGIN.unit(units)
    bars = (
        ("separator", found.separator_nats, 0.0),
        ("segment ids", found.segment_ids_nats, found.separator_nats),
        ("together", found.together_nats, 0.0),
        ("interaction", found.interaction_nats, 0.0),
    )
    values = [MARGIN.convert(value, units) for _, value, _ in bars]
    bases = [MARGIN.convert(base, units) for _, _, base in bars]
    rows = [0, 1, 2, 3.4]
    colours = [_side(palette, value) for value in values]
    trace: Spec = BARS | {
        "x": values,
        "base": bases,
        "y": rows,
        "width": 0.56,
        "marker": {"color": colours, "pattern": hatched(palette, ["", "", "", "/"])},
        "text": [signed(value) for value in values],
        "hovertemplate": f"%{{text}} {unit}<extra></extra>",
    }
    edges = [0.0, *bases, *(base + value for base, value in zip(bases, values, strict=True))]
    margin = 0.28 * max(1.0, max(edges) - min(edges))
    title, reach = f"change of the margin ({unit})", [min(edges) - margin, max(edges) + margin]
    layout = {
        "xaxis": axis(palette, title, range=reach, showgrid=True),
        "yaxis": axis(palette, tickvals=rows, ticktext=[name for name, *_ in bars], autorange="reversed"),
        "shapes": [rule(0, palette.muted), rule(2.7, palette.rule, vertical=False, dash="dot")],
    }
    return Chart(
        name="effects",
        title="What made it think so",
        figure=figure([trace], layout, palette, comparison.provenance, height=254, bottom=72),
        alt=(
            f"The separator changes the margin by {margin_text(found.separator_nats, units)}, the segment ids by "
            f"{margin_text(found.segment_ids_nats, units)}, together {margin_text(found.together_nats, units)}; the "
            f"interaction is {margin_text(found.interaction_nats, units)}."
        ),
        how=(
            "From one segment to the correct pair: each bar is one factor's effect, averaged over the other factor "
            "being present and absent. The two add up to the third; the interaction is no part of that sum."
        ),
        make_table=lambda: pd.DataFrame({"effect": [name for name, *_ in bars], title: values}),
    )


def _side(palette: Palette, value: float) -> str:
    return palette.is_next if value > 0 else palette.not_next
