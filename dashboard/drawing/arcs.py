"""The strip of arcs as a picture: tokens on two sides, and a line for every weight between them."""

from collections.abc import Iterator, Mapping
from typing import Any

from dashboard.drawing.palette import Palette
from dashboard.drawing.svg import BODY, SMALL, Box, Face, element, measured, words

_ROW, _SIDE, _VALUE, _PAD = 18, 0.3, 36, 6
"""Pixels of a row, the share of the width that a side takes, pixels of a value and around it."""

Drawn = Mapping[str, Any]


def arcs(drawn: Drawn, palette: Palette, width: float) -> Iterator[Box]:
    """The names of the two sides, then all tokens with their lines, those of the chosen token set off."""
    rtl, side = drawn["dir"] == "rtl", width * _SIDE
    looks, looked_at = (width - side, side) if rtl else (side, width - side)
    # Names and tokens stand at the edge that their lines leave from.
    anchors = ("start", "end") if rtl else ("end", "start")
    face = Face(SMALL, palette.muted, weight=600)
    heads = "".join(
        _word(said, x, 13, face, anchor, side)
        for said, x, anchor in zip(drawn["sides"], (looks, looked_at), anchors, strict=True)
    )
    yield Box(width, 18, heads)
    inside = _lines(drawn, palette, looks, looked_at)
    for at, token in enumerate(drawn["tokens"]):
        inside += _token(drawn, palette, at, token, (looks, looked_at), anchors, side)
    yield Box(width, _ROW * len(drawn["tokens"]), inside)


def _lines(drawn: Drawn, palette: Palette, start: float, end: float) -> str:
    """Those of the chosen token last, on top of all others."""
    chosen, found = drawn["chosen"], []
    middle, inset = (start + end) / 2, _PAD if end > start else -_PAD
    for query, row in enumerate(drawn["weights"]):
        for key, weight in enumerate(row):
            if weight < drawn["least"]:
                continue
            kind = 2 if query == chosen else 1 if key == chosen else 0
            y, to = (_ROW * (each + 0.5) for each in (query, key))
            path = f"M{start + inset:.0f} {y:g}C{middle:.0f} {y:g} {middle:.0f} {to:g} {end - inset:.0f} {to:g}"
            settings = {"stroke": palette.primary if kind else palette.muted, "fill": "none"}
            opacity = 0.3 + 0.7 * weight if kind else 0.06 + 0.5 * weight
            settings |= {"stroke_opacity": round(opacity, 2), "stroke_width": round(0.5 + 3.5 * weight, 2)}
            dash = {"stroke_dasharray": "4 3"} if kind == 1 else {}
            found.append((kind, element("path", d=path, **settings, **dash)))
    return "".join(path for _, path in sorted(found, key=lambda each: each[0]))


def _token(
    drawn: Drawn,
    palette: Palette,
    at: int,
    token: Drawn,
    edges: tuple[float, float],
    anchors: tuple[str, str],
    side: float,
) -> str:
    """A token on both sides; beside it the weight from or to the chosen one."""
    here, y = at == drawn["chosen"], _ROW * at + 13
    ink = palette.primary if here else palette.muted if token["ghost"] else palette.ink
    face, inside = Face(BODY - 1, ink, True, 600 if here else 400), ""
    values = (drawn["weights"][at][drawn["chosen"]], drawn["weights"][drawn["chosen"]][at])
    for edge, anchor, value in zip(edges, anchors, values, strict=True):
        hashes = "##" if token["piece"] else ""
        inside += _word(token["text"], edge, y, face, anchor, side - _VALUE - _PAD, before=hashes)
        if value >= drawn["least"]:
            outer = 0 if anchor == "end" else edge + side
            x = outer if anchor == "end" else outer - measured(weight_text(value), SMALL)
            inside += words(weight_text(value), x, y, Face(SMALL, palette.muted))
        if drawn["pair"]:
            x, second = edge + (_PAD / 2 if anchor == "end" else -_PAD / 2), token["segment"] == "B"
            dash = {"stroke_dasharray": "4 3"} if second else {}
            colour = drawn["b" if second else "a"]
            top, bottom = _ROW * at + 1, _ROW * (at + 1) - 1
            inside += element("line", x1=x, x2=x, y1=top, y2=bottom, stroke=colour, stroke_width=2, **dash)
    return inside


def weight_text(weight: float) -> str:
    """A weight in two decimals, as there is room for; what is not all of it never reads 1.00."""
    text = f"{weight:.2f}"
    return "> 0.99" if text == "1.00" and weight < 1 else text


def _word(said: str, x: float, y: float, face: Face, anchor: str, most: float, *, before: str = "") -> str:
    """Words that end or begin at a place, pressed into the room that there is."""
    wide = face.wide(said) + measured(before, SMALL, mono=True)
    within = most if wide > most else None
    # ``words`` turns the anchor of what runs to the left, which here stays at its edge: so its middle is placed.
    half = min(wide, most) / 2
    middle = x - half if anchor == "end" else x + half
    return words(said, middle, y, face, anchor="middle", before=before, within=within)
