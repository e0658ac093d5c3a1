"""Two models whose vocabularies differ, by reporting word."""

import pandas as pd

from analysis.types import WordComparison
from dashboard.drawing.chart import SMALL, Spec, axis, axis_title, cut, figure, label
from dashboard.drawing.palette import MONO_FACE, Palette
from dashboard.glossary import SURPRISAL, Units
from dashboard.pages.compare.pairs import GAP_NAME, TOKEN_CHARS, changed, least_width, with_unit
from dashboard.sections import Chart

_TICK_CHAR_PIXELS = 7


def word_bars(found: WordComparison, palette: Palette, units: Units) -> Chart:
    """Two models' surprisal of every reporting word, beside each other."""
    names = [_name(found, pair) for pair in range(len(found))]
    factor, unit = SURPRISAL.convert(1, units), SURPRISAL.unit(units)
    a, b = found.surprisal_a_bits * factor, found.surprisal_b_bits * factor
    specs = {"A": found.a.provenance.spec, "B": found.b.provenance.spec}
    traces: list[Spec] = [
        {
            "type": "bar",
            "x": list(range(len(names))),
            "y": values,
            "name": label(f"{side}, {specs[side]}"),
            "marker": {
                "color": colour,
                "pattern": {"shape": shape, "fgcolor": palette.ground, "fillmode": "overlay", "size": 6},
            },
            "customdata": [[label(name), with_unit(value, unit)] for name, value in zip(names, values, strict=True)],
            "hovertemplate": f"{side}: %{{customdata[0]}}  %{{customdata[1]}}<extra></extra>",
        }
        for side, values, colour, shape in (("A", a, palette.muted, ""), ("B", b, palette.primary, "/"))
    ]
    ticks = [cut(name, 2 * TOKEN_CHARS) for name in names]
    bottom = _TICK_CHAR_PIXELS * max(len(tick) for tick in ticks) + 44
    layout = {
        "barmode": "group",
        "xaxis": axis(
            palette,
            tickvals=list(range(len(names))),
            ticktext=[label(tick) for tick in ticks],
            tickangle=-90,
            tickfont={"family": MONO_FACE, "size": SMALL},
        ),
        "yaxis": axis(palette, title=axis_title(SURPRISAL.axis(units)), showgrid=True),
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
    }
    return Chart(
        name="words",
        title="Surprisal of every word",
        figure=figure(traces, layout, palette, found.provenance, height=260 + bottom, top=40, bottom=bottom),
        alt=f"Bars of the surprisal of {len(names)} words under {specs['A']} (A) and {specs['B']} (B).",
        how="A word's surprisal is the sum over its pieces. Hatched: B.",
        make_table=lambda: pd.DataFrame(
            {
                "word": names,
                f"A ({unit})": a,
                f"B ({unit})": b,
                f"B − A ({unit})": found.delta_surprisal_bits * factor,
            }
        ),
        provenance=found.provenance,
        min_width=least_width(len(found)),
    )


def _name(found: WordComparison, pair: int) -> str:
    i, j = int(found.index_a[pair]), int(found.index_b[pair])
    return changed(
        found.words_a[i].text if i >= 0 else GAP_NAME,
        found.words_b[j].text if j >= 0 else GAP_NAME,
    )
