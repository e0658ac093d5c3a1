"""The small part of SVG that pictures are made of: elements, text that can't become markup, boxes that wrap."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from dashboard.drawing.direction import right_to_left
from dashboard.drawing.palette import MONO_FACE

BODY, SMALL = 14, 12
"""Sizes of type in pictures, in pixels."""
_MONO_EM = 0.6
"""IBM Plex Mono: 600 of 1,000 units a letter."""
_NARROW, _WIDE = frozenset("ijlrtfI.,:;'|!()[]{}-· "), frozenset("mwMW@%—…→←")
_IN_NAMES = {"xml_space": "xml:space"}
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0 (Fifth Edition), production 2."""
_USUAL_WEIGHT = 400


@dataclass(frozen=True, slots=True)
class Box:
    """Something of a size, in pixels, with its elements around its own corner at the left and the top."""

    width: float
    height: float
    inside: str

    def at(self, x: float, y: float) -> str:
        """Its elements in a place."""
        return element("g", self.inside, transform=f"translate({round(x, 1):g} {round(y, 1):g})") if self.inside else ""


@dataclass(frozen=True, slots=True)
class Face:
    """How words are set."""

    size: float
    fill: str
    mono: bool = False
    weight: int = _USUAL_WEIGHT
    underline: bool = False
    strike: bool = False

    def wide(self, said: str) -> float:
        """About how wide words are in it, in pixels."""
        return measured(said, self.size, mono=self.mono)


def element(name: str, inside: str = "", **settings: Any) -> str:
    """An element; in the names of attributes ``_`` stands for the hyphen, what is None is left out."""
    said = "".join(
        f" {_IN_NAMES.get(key, key.replace('_', '-'))}={quoteattr(legible(str(value)))}"
        for key, value in settings.items()
        if value is not None
    )
    return f"<{name}{said}>{inside}</{name}>" if inside else f"<{name}{said}/>"


def text(said: str) -> str:
    """A text as XML has it: as it stands, never markup."""
    return escape(legible(said))


def legible(said: str) -> str:
    """A text without what no XML file can hold: control characters, lone surrogates, what is no character."""
    return _NO_XML.sub("\ufffd", said)


def words(
    said: str, x: float, y: float, face: Face, *, anchor: str = "start", before: str = "", within: float | None = None
) -> str:
    """Words on one line; ``before`` stands small in front of them, ``within`` is the width they are pressed into."""
    if not said:
        return ""
    rtl = right_to_left(said)
    if rtl and anchor != "middle":
        # The start of what runs to the left is its right end.
        anchor = {"start": "end", "end": "start"}[anchor]
    lines = " ".join(name for name, there in (("underline", face.underline), ("line-through", face.strike)) if there)
    settings = {
        "x": round(x, 1),
        "y": round(y, 1),
        "font_size": face.size,
        "fill": face.fill,
        "font_family": MONO_FACE if face.mono else None,
        "font_weight": None if face.weight == _USUAL_WEIGHT else face.weight,
        "text_anchor": None if anchor == "start" else anchor,
        "text_decoration": lines or None,
        "textLength": None if within is None else round(within, 1),
        "lengthAdjust": None if within is None else "spacingAndGlyphs",
        "direction": "rtl" if rtl else None,
        "unicode_bidi": "isolate" if rtl else None,
        "xml_space": "preserve",
    }
    small = element("tspan", text(before), font_size=SMALL) if before else ""
    return element("text", small + text(said), **settings)


def measured(said: str, size: float, *, mono: bool = False) -> float:
    """About how wide a text is, in pixels."""
    return size * sum(_em(char, mono) for char in said)


def _em(char: str, mono: bool) -> float:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0.0
    if unicodedata.east_asian_width(char) in {"W", "F"}:
        return 2 * _MONO_EM
    if mono:
        return _MONO_EM
    if char in _NARROW:
        return 0.34
    return 0.86 if char in _WIDE else 0.68 if char.isupper() else 0.57


def stacked(boxes: Iterable[Box], gap: float) -> Box:
    """Boxes below each other."""
    inside, y, width = "", 0.0, 0.0
    for box in boxes:
        inside += box.at(0, y)
        y += box.height + gap * (box.height > 0)
        width = max(width, box.width)
    return Box(width, max(0.0, y - gap), inside)


def beside(boxes: Sequence[Box], *, rtl: bool = False) -> Box:
    """Boxes on one line, the first one on the right where they are read to the left."""
    inside, x = "", 0.0
    for box in reversed(boxes) if rtl else boxes:
        inside += box.at(x, 0)
        x += box.width
    return Box(x, max((box.height for box in boxes), default=0.0), inside)


def flowing(
    boxes: Sequence[Box], width: float, *, gap: float, below: float = 0, head: Box | None = None, rtl: bool = False
) -> Box:
    """Boxes beside each other, in as many lines as they take, from the right where they are read to the left.

    ``head`` stands at the start of each line.
    """
    first = 0.0 if head is None else head.width
    inside, x, y, tallest, reached = "", first, 0.0, 0.0, 0.0

    def placed(box: Box, x: float) -> str:
        return box.at(width - x - box.width if rtl else x, y)

    for box in boxes:
        if x > first and x + box.width > width:
            x, y, tallest = first, y + tallest + below, 0.0
        if head is not None and x == first:
            inside += placed(head, 0)
        inside += placed(box, x)
        x += box.width + gap
        tallest, reached = max(tallest, box.height), max(reached, x - gap)
    return Box(width if rtl else reached, y + tallest, inside)
