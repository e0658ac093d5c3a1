"""What the strips draw: both inputs on aligned tokens, or below each other where there is nothing to align."""

import math
from typing import Any

from analysis.types import Comparison, WordComparison
from dashboard.drawing.palette import Palette, ink_on
from dashboard.drawing.strip import strip
from dashboard.glossary import JS, Units

_Chip = dict[str, Any]


def aligned(
    found: Comparison, measure_key: str, palette: Palette, units: Units, *, fit: bool = False
) -> dict[str, Any]:
    """Columns for the aligned strip: A's token over the divergence over B's, with a gap where one side has none.

    ``measure_key`` is what the tokens are coloured by.
    """
    a, b = both(found, measure_key, palette, units, fit=fit)
    columns = []
    for pair, (i, j) in enumerate(zip(found.index_a.tolist(), found.index_b.tolist(), strict=True)):
        chips = None if i < 0 else a["tokens"][i], None if j < 0 else b["tokens"][j]
        js = float(found.divergence.js_bits[pair])
        fill, text = palette.shade(js), "" if math.isnan(js) else f"{JS.convert(js, units):.2f}"
        columns.append(
            {
                "a": chips[0],
                "b": chips[1],
                "kind": found.kinds[pair],
                "joined": all(chip["joined"] for chip in chips if chip is not None),
                "js": text,
                "fill": fill,
                "ink": ink_on(fill),
                "name": _name(*chips, f"{text} {JS.unit(units)}" if text else "not read yet"),
            }
        )
    top = f"{JS.convert(1, units):.3g} {JS.unit(units)}"
    of_js = {"name": JS.name, "low": "0", "high": top, "colours": list(palette.sequential[::9])}
    return {"columns": columns, "legends": [a["legend"], of_js], "dir": a["dir"]}


def both(
    found: Comparison | WordComparison, measure_key: str, palette: Palette, units: Units, *, fit: bool = False
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides as token strips on one scale."""
    return (
        strip(found.a, measure_key, palette, units, fit=fit, beside=found.b),
        strip(found.b, measure_key, palette, units, fit=fit, beside=found.a),
    )


def _name(a: _Chip | None, b: _Chip | None, divergence: str) -> str:
    if a is not None and b is not None:
        return f"A: {a['name']}; B: {b['name']}; divergence {divergence}"
    return f"only in A: {a['name']}" if a is not None else f"only in B: {b['name']}"
