"""Figures of a segmentation comparison: margins on one axis, both logits, the 2 x 2 effects."""

import pandas as pd

from analysis.types import SegmentationComparison
from dashboard.drawing import tables
from dashboard.drawing.chart import BARS, LEGEND, SMALL, Spec, axis, figure, hatched, rule
from dashboard.drawing.palette import Palette
from dashboard.glossary import MARGIN, P_OF_MARGIN_TICKS, Units, margin_of_p, margin_text, p_text, signed
from dashboard.pages.next_sentence.rows import TITLES
from dashboard.sections import Chart

_ROW_PIXELS = 34
_LEAST_REACH_NATS = margin_of_p(0.999)


def margins(comparison: SegmentationComparison, palette: Palette, units: Units) -> Chart:
    """Every variant's margin as a dot on one axis, with ticks of P(IsNext) above it."""
    answers, names = [variant.nsp for variant in comparison.variants], _names(comparison)
    values = [MARGIN.convert(answer.margin_nats, units) for answer in answers]
    reach_nats = 1.35 * max(_LEAST_REACH_NATS, *(abs(answer.margin_nats) for answer in answers))
    limit, unit = MARGIN.convert(reach_nats, units), MARGIN.unit(units)
    colours = [_side(palette, value) for value in values]
    stems: list[Spec] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [0, value],
            "y": [name, name],
            "line": {"color": colour, "width": 2},
            "hoverinfo": "skip",
        }
        for name, value, colour in zip(names, values, colours, strict=True)
    ]
    dots = {
        "type": "scatter",
        "mode": "markers+text",
        "x": values,
        "y": names,
        "marker": {"size": 11, "color": colours, "symbol": ["circle" if v > 0 else "diamond" for v in values]},
        "text": [signed(value) for value in values],
        "textposition": ["middle right" if value >= 0 else "middle left" for value in values],
        "customdata": [p_text(answer.p_is_next, answer.p_not_next) for answer in answers],
        "hovertemplate": f"%{{y}}<br>m %{{text}} {unit}<br>P(IsNext) %{{customdata}}<extra></extra>",
        "cliponaxis": False,
    }
    # An axis is drawn only when a trace uses it; this one carries the probabilities and nothing else.
    unseen = {"type": "scatter", "x": [None], "y": [None], "xaxis": "x2", "hoverinfo": "skip"}
    ticks = {MARGIN.convert(margin_of_p(p), units): f"{p:.5f}".rstrip("0") for p in P_OF_MARGIN_TICKS}
    ticks = {x: text for x, text in ticks.items() if abs(x) <= limit}
    small = {"size": SMALL, "color": palette.muted}
    layout = {
        "xaxis": axis(palette, f"NotNext  ←  margin m ({unit})  →  IsNext", range=[-limit, limit]),
        "xaxis2": axis(
            palette,
            overlaying="x",
            side="top",
            range=[-limit, limit],
            tickvals=list(ticks),
            ticktext=list(ticks.values()),
            tickfont=small,
            tickangle=0,
            title={"text": "P(IsNext)", "font": small, "standoff": 4},
        ),
        "yaxis": axis(palette, autorange="reversed"),
        "shapes": [rule(x, palette.rule, below=True) for x in ticks] + [rule(0, palette.muted)],
    }
    correct, one = (comparison[name].nsp.margin_nats for name in ("correct", "one_segment"))
    traces, height = [*stems, dots, unseen], _ROW_PIXELS * len(names) + 140
    return Chart(
        name="margins",
        title="Margins on one axis",
        figure=figure(traces, layout, palette, comparison.provenance, height=height, top=52, bottom=76),
        alt=(
            f"Margins of {len(names)} variants in {unit}. The correct pair has {margin_text(correct, units)}, the same "
            f"words in one segment {margin_text(one, units)}."
        ),
        how=(
            "Right of 0 the head says IsNext (circles), left of it NotNext (diamonds). The probabilities above bunch "
            "up at 0 and 1; the margins below do not."
        ),
        make_table=lambda: variant_table(comparison, units),
    )


def logits(comparison: SegmentationComparison, palette: Palette) -> Chart:
    """Both logits of every variant as labelled bars."""
    names = _names(comparison)
    series = (
        ("IsNext, z0", palette.is_next, "", [variant.nsp.logit_is_next for variant in comparison.variants]),
        ("NotNext, z1", palette.not_next, "/", [variant.nsp.logit_not_next for variant in comparison.variants]),
    )
    traces: list[Spec] = [
        BARS
        | {
            "y": names,
            "x": values,
            "name": name,
            "marker": {"color": colour, "pattern": hatched(palette, shape)},
            "text": [signed(value) for value in values],
            "textfont": {"size": SMALL},
            "hovertemplate": f"%{{y}}<br>{name} %{{text}}<extra></extra>",
        }
        for name, colour, shape, values in series
    ]
    reach = 1.45 * max(1.0, *(abs(value) for *_, values in series for value in values))
    layout = {
        "barmode": "group",
        "bargap": 0.28,
        "bargroupgap": 0.06,
        "xaxis": axis(palette, "logit", range=[-reach, reach], showgrid=True),
        "yaxis": axis(palette, autorange="reversed"),
        "shapes": [rule(0, palette.muted)],
        "showlegend": True,
        "legend": LEGEND["legend"] | {"traceorder": "normal"},
    }
    correct, height = comparison["correct"].nsp, 1.25 * _ROW_PIXELS * len(names) + 120
    return Chart(
        name="logits",
        title="Both logits",
        figure=figure(traces, layout, palette, comparison.provenance, height=height, top=36, bottom=72),
        alt=(
            "Two bars per variant, the logits of IsNext and NotNext. The correct pair has "
            f"{signed(correct.logit_is_next)} and {signed(correct.logit_not_next)}."
        ),
        how="Two logits per input; only their difference, the margin, decides: the same added to both changes nothing.",
        make_table=lambda: variant_table(comparison, "usual"),
    )


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


def variant_table(comparison: SegmentationComparison, units: Units) -> pd.DataFrame:
    """One row per variant: both logits, margin, P(IsNext), length."""
    return pd.DataFrame(
        [
            {
                "variant": TITLES[variant.name].title,
                **tables.answer(variant.nsp, units),
                "tokens": len(variant.encoded),
            }
            for variant in comparison.variants
        ]
    )


def _names(comparison: SegmentationComparison) -> list[str]:
    return [TITLES[variant.name].title for variant in comparison.variants]


def _side(palette: Palette, value: float) -> str:
    return palette.is_next if value > 0 else palette.not_next
