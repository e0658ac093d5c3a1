"""Strips as pictures of their own: one SVG of each kind, for papers and slides, from the records that the screen draws.

Text stays text, so that it can be read out, searched and set in another face. Widths are estimated (a browser alone
knows them): the monospaced face is exact for Latin letters, and boxes have some room. What is written in the other
direction is, and stands apart from its neighbours, as on screen.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

from dashboard.drawing.arcs import arcs
from dashboard.drawing.direction import right_to_left
from dashboard.drawing.palette import MONO_FACE, TYPE_FACE, Palette
from dashboard.drawing.svg import (
    BODY,
    SMALL,
    Box,
    Face,
    beside,
    element,
    flowing,
    measured,
    stacked,
    text,
    words,
)
from dashboard.sections import Strip, StripKind

PAINTED = (Path(__file__).parent / "painted.js").read_text(encoding="utf-8")
"""A script that makes a PNG of an SVG in a browser."""
WIDTH = 960
"""Pixels: two columns of a journal, or a slide."""
_MARGIN, _LEAST_BESIDE = 16, 640
_CHIP_HEIGHT, _VALUE_HEIGHT, _PAD = 21, 15, 5
_NAME_WIDTH, _LOGITS_WIDTH, _NUMBERS_WIDTH = 300, 72, 136
NAMES: dict[StripKind, str] = {
    "tokens": "Tokens",
    "aligned": "Aligned tokens",
    "variants": "Variants of the pair",
    "filled": "The text, filled",
    "readout": "The read-out",
    "arcs": "One head over the text",
}

Drawn = Mapping[str, Any]


def picture(section: Strip, model: str, palette: Palette, width: int = WIDTH) -> str:
    """A strip as the text of an SVG file, wrapped to a width in pixels; ``model`` stands in its corner."""
    inside = width - 2 * _MARGIN
    title = section.title or NAMES[section.kind]
    legends = section.drawn.get("legends") or [section.drawn[name] for name in ("legend",) if name in section.drawn]
    foot = [_legend(about, palette, number, inside) for number, about in enumerate(legends)]
    foot.append(_label(model, SMALL, palette.muted, most=inside))
    body = stacked([*_KINDS[section.kind](section.drawn, palette, inside), flowing(foot, inside, gap=24)], 10)
    size = {"width": width, "height": round(body.height + 2 * _MARGIN)}
    sheet = {"xmlns": "http://www.w3.org/2000/svg", **size, "viewBox": f"0 0 {width} {size['height']}", "role": "img"}
    ground = element("rect", width="100%", height="100%", fill=palette.ground)
    inner = element("g", body.inside, transform=f"translate({_MARGIN} {_MARGIN})", font_family=TYPE_FACE)
    return element("svg", element("title", text(title)) + ground + inner, **sheet) + "\n"


# --- tokens ---


def _tokens(drawn: Drawn, palette: Palette, width: float) -> Iterator[Box]:
    lines: list[list[Box]] = [[]]
    previous = None
    for token in drawn["tokens"]:
        # A line of the text is one of the strip, too.
        if token.get("line_ends") and lines[-1]:
            lines.append([])
        begins = drawn["pair"] and token["segment"] != previous
        lines[-1].append(_cell(token, drawn, begins, palette, width))
        previous = token["segment"]
    for line in lines:
        yield flowing(line, width, gap=0, below=6, rtl=drawn["dir"] == "rtl")


def _cell(token: Drawn, drawn: Drawn, begins: bool, palette: Palette, width: float) -> Box:
    rtl = drawn["dir"] == "rtl"
    chip = _chip(token, palette, width - 4)
    value = _label("" if token["ghost"] else token["value"], SMALL, palette.muted)
    wide = max(chip.width, value.width) + (2 if token["joined"] else 4)
    # One that continues a word stands next to what is before it.
    joined = 2 if rtl else wide - 2 - chip.width
    inside = chip.at(joined if token["joined"] else (wide - chip.width) / 2, 9)
    inside += value.at((wide - value.width) / 2, 9 + _CHIP_HEIGHT)
    if token.get("region"):
        # A bracket under the words that are marked as one.
        low, (left, right) = 9 + _CHIP_HEIGHT + _VALUE_HEIGHT + 1, ("closes", "opens") if rtl else ("opens", "closes")
        ends = f"M0 {low - 4}V{low}" if token[left] else f"M0 {low}"
        path = f"{ends}H{round(wide, 1)}{f'V{low - 4}' if token[right] else ''}"
        inside += element("path", d=path, fill="none", stroke=palette.ink, stroke_width=2)
    if drawn["pair"]:
        colour = drawn[token["segment"].lower()]
        dash = {"stroke_dasharray": "4 3"} if token["segment"] == "B" else {}
        inside = element("line", x1=0, x2=round(wide, 1), y1=3, y2=3, stroke=colour, stroke_width=2, **dash) + inside
        if begins:
            letter = measured(token["segment"], SMALL) + 4
            name = element("rect", width=letter, height=9, y=-2, fill=palette.ground)
            name += words(token["segment"], 0, 7, Face(SMALL, colour, weight=600))
            inside += Box(letter, 9, name).at(wide - letter, 0) if rtl else name
    return Box(wide, 9 + _CHIP_HEIGHT + _VALUE_HEIGHT, inside)


def _chip(token: Drawn, palette: Palette, most: float, *, bold: bool = False, second: bool = False) -> Box:
    """A token on its colour: a ghost's edge is dashed, a guess's, too; what is unknown is underlined."""
    guess = token.get("guess", "")
    said, hashes = guess or token["text"], "##" if token["piece"] else ""
    edited, wide = bool(token.get("edited")), measured(hashes, SMALL, mono=True) + measured(said, BODY, mono=True)
    wide = min(most, wide + 2 * _PAD + edited * 16)
    ghost, ink = token["ghost"], palette.muted if token["ghost"] else token["ink"]
    box: dict[str, Any] = {"width": round(wide, 1), "height": _CHIP_HEIGHT, "rx": 4}
    box["fill"] = "none" if ghost else token["fill"]
    if ghost or guess:
        box |= {"stroke": palette.rule if ghost else ink, "stroke_dasharray": "3 2"}
    inside = element("rect", **box)
    for there, colour, dash in ((edited, palette.primary, {}), (second, palette.ink, {"stroke_dasharray": "4 3"})):
        if there:
            bottom = _CHIP_HEIGHT - 1
            inside += element("line", x2=round(wide, 1), y1=bottom, y2=bottom, stroke=colour, stroke_width=2, **dash)
    face = Face(BODY, ink, True, 600 if bold else 400, underline=bool(token.get("unknown")) or bold)
    # What is longer than the picture is drawn narrower, and not cut.
    within = wide - 2 * _PAD if wide >= most else None
    inside += words(said + " ✎" * edited, wide / 2, 15, face, anchor="middle", before=hashes, within=within)
    return Box(wide, _CHIP_HEIGHT, inside)


# --- aligned ---


def _aligned(drawn: Drawn, palette: Palette, width: float) -> Iterator[Box]:
    gap, tops = Box(0, 0, ""), (0, 21, 37, 56, 77)
    names = {0: "A", 2: "JS", 3: "B"}
    head = Box(
        30,
        96,
        "".join(words(name, 0, tops[at] + 14, Face(SMALL, palette.muted, weight=600)) for at, name in names.items()),
    )
    boxes = []
    for pair in drawn["columns"]:
        changed = pair["kind"] == "substitution"
        rows = []
        for token in (pair["a"], pair["b"]):
            if token is None:
                rows += [_label("∅", BODY, palette.muted), gap]
            else:
                second = token["segment"] == "B"
                value = "" if token["ghost"] else token["value"]
                chip = _chip(token, palette, width - 40, bold=changed, second=second)
                rows += [chip, _label(value, SMALL, palette.muted)]
        wide = max(30, *(row.width for row in rows)) + 4
        bar = {"x": 2, "y": tops[2], "width": round(wide - 4, 1), "height": 16, "rx": 2, "fill": pair["fill"]}
        inside = element("rect", **bar) if pair["js"] else ""
        inside += words(pair["js"], wide / 2, tops[2] + 12, Face(SMALL, pair["ink"]), anchor="middle")
        for row, top in zip(rows, (tops[0], tops[1], tops[3], tops[4]), strict=True):
            inside += row.at((wide - row.width) / 2, top)
        boxes.append(Box(wide, 96, inside))
    yield flowing(boxes, width, gap=0, below=10, head=head, rtl=drawn["dir"] == "rtl")


# --- variants ---


def _variants(drawn: Drawn, palette: Palette, width: float) -> Iterator[Box]:
    hatch = element("path", d="M0 5 5 0", stroke=palette.muted)
    yield Box(0, 0, element("pattern", hatch, id="hidden", width=5, height=5, patternUnits="userSpaceOnUse"))
    # Where there is no room beside each other, the name has a line of its own.
    beside = width >= _LEAST_BESIDE
    left = _NAME_WIDTH + 16 if beside else 0
    reach = width - left - _LOGITS_WIDTH - _NUMBERS_WIDTH - 32
    yield _head(drawn["axis"], palette, width, left + _LOGITS_WIDTH + 16, reach)
    for row in drawn["rows"]:
        named = _NAME_WIDTH if beside else width
        meaning = [
            _label(line, SMALL, palette.muted) for line in _lines([(row["meaning"], {})], named, SMALL, mono=False)
        ]
        name = stacked([_label(row["title"], BODY, palette.ink, weight=600, most=named), *meaning], 2)
        cells = [_token(cell, drawn, palette, width) for cell in row["tokens"]]
        tokens = flowing(cells, width, gap=0, below=4, rtl=drawn["dir"] == "rtl")
        numbers, top = _numbers(row, drawn, palette), 10 if beside else 16 + name.height
        logits = "".join(
            words(f"{which} {row[which]}", 0, at, Face(SMALL, palette.ink))
            for which, at in (("z0", 14), ("z1", 32))
            if row[which]
        )
        inside = element("line", x2=width, stroke=palette.rule) + name.at(0, 10)
        inside += Box(_LOGITS_WIDTH, 36, logits).at(left, top)
        inside += Box(reach, 40, _dots(row, drawn, palette, reach)).at(left + _LOGITS_WIDTH + 16, top)
        inside += numbers.at(width - _NUMBERS_WIDTH, top)
        below = max(name.height + 10, top + numbers.height) + 6
        yield Box(width, below + tokens.height + 4, inside + tokens.at(0, below))


def _head(axis: Drawn, palette: Palette, width: float, at: float, reach: float) -> Box:
    """The names of the columns; over the dots which side is whose, and where the axis ends."""
    face = Face(SMALL, palette.muted)
    half = reach / 2 - 8
    sides = [
        _label(f"← {axis['no']}", SMALL, palette.muted, most=half),
        _label(f"{axis['yes']} →", SMALL, palette.muted, most=half),
    ]
    inside = sides[0].at(at, 0) + sides[1].at(at + reach - sides[1].width, 0)
    low, high = (_label(axis[each], SMALL, palette.muted, most=half) for each in ("low", "high"))
    inside += low.at(at, 16) + high.at(at + reach - high.width, 16)
    inside += words("0", at + reach / 2, 29, face, anchor="middle")
    margin = _label(f"margin ({axis['unit']})", SMALL, palette.muted, most=_NUMBERS_WIDTH)
    return Box(width, 36, inside + margin.at(width - margin.width, 16))


def _dots(row: Drawn, drawn: Drawn, palette: Palette, reach: float) -> str:
    """A row's margin as a dot on the axis, and those of controls as marks."""
    middle, colour = reach / 2, drawn["is_next" if row["next"] else "not_next"]
    inside = element("line", x1=middle, x2=middle, y2=36, stroke=palette.muted)
    inside += element("line", x2=round(reach, 1), y1=18, y2=18, stroke=palette.rule)
    for mark in row["marks"]:
        x = round(mark / 100 * reach, 1)
        inside += element("line", x1=x, x2=x, y1=10, y2=26, stroke=palette.muted, stroke_width=1.5)
    if row["at"] is not None:
        x = round(row["at"] / 100 * reach, 1)
        inside += element("line", x1=middle, x2=x, y1=18, y2=18, stroke=colour, stroke_width=3)
        inside += element("circle", cx=x, cy=18, r=5, fill=colour)
    return inside


def _numbers(row: Drawn, drawn: Drawn, palette: Palette) -> Box:
    colour = drawn["is_next" if row["next"] else "not_next"]
    lines = [
        (row["verdict"], BODY, colour, 600),
        (row["margin"], 18, palette.ink, 600),
        (row["p"], BODY, palette.muted, 400),
    ]
    inside = ""
    for top, (said, size, ink, weight) in zip((14, 36, 56), lines, strict=True):
        within = _NUMBERS_WIDTH if measured(said, size) > _NUMBERS_WIDTH else None
        inside += words(said, _NUMBERS_WIDTH, top, Face(size, ink, weight=weight), anchor="end", within=within)
    return Box(_NUMBERS_WIDTH, 62, inside)


def _token(cell: Drawn, drawn: Drawn, palette: Palette, most: float) -> Box:
    """A token under its segment's bar, over its segment id; one that is masked out is hatched and struck through."""
    if "more" in cell:
        more = _label(f"… {cell['more']} …", SMALL, palette.muted, pad=8, most=most - 16)
        return Box(more.width, 36, more.at(0, 6))
    second, shown = cell["segment"] == 1, bool(cell["mask"])
    colour = drawn["b" if second else "a"]
    wide = min(most, measured(cell["text"], BODY, mono=True) + 8)
    box: dict[str, Any] = {"width": round(wide, 1), "height": 36, "fill": colour, "fill_opacity": 0.1}
    inside = element("rect", **(box if shown else box | {"fill": "url(#hidden)", "fill_opacity": 0.5}))
    dash = {"stroke_dasharray": "4 3"} if second else {}
    inside += element("line", x2=round(wide, 1), y1=1.5, y2=1.5, stroke=colour, stroke_width=3, **dash)
    ink = palette.muted if cell["ghost"] else palette.ink
    face, within = Face(BODY, ink, mono=True, strike=not shown), wide - 8 if wide >= most else None
    inside += words(cell["text"], wide / 2, 18, face, anchor="middle", within=within)
    id_ = str(cell["segment"]) if shown else "–"
    return Box(wide, 36, inside + words(id_, wide / 2, 32, Face(SMALL, palette.muted), anchor="middle"))


# --- filled, read-out ---


def _filled(drawn: Drawn, palette: Palette, width: float) -> Iterator[Box]:
    beside = width >= _LEAST_BESIDE
    wide = width - _NAME_WIDTH - 20 if beside else width
    named = _NAME_WIDTH if beside else width
    for row in drawn["rows"]:
        runs: list[tuple[str, Drawn]] = []
        for part in row["parts"]:
            said = part["text"]
            if part["kind"] == "segment":
                runs.append((f"{said} ", {"font_size": SMALL, "font_weight": 600, "fill": palette.muted}))
            elif part["kind"] == "text":
                runs.append((said, {}))
            else:
                # Under what the orders disagree on there are two lines.
                line = "underline double" if part["differs"] else "underline"
                style = {"font_family": MONO_FACE, "font_weight": 600, "style": f"text-decoration: {line}"}
                runs.append((f"##{said}" if part["piece"] else said, style | {"unicode_bidi": "isolate"}))
        rtl = right_to_left("".join(part["text"] for part in row["parts"] if part["kind"] != "segment"))
        place = {"x": wide, "direction": "rtl"} if rtl else {"x": 0}
        lines = [
            Box(
                wide,
                22,
                element("text", _spans(line), y=16, font_size=BODY, fill=palette.ink, xml_space="preserve", **place),
            )
            for line in _wrapped(runs, wide, BODY, mono=False)
        ]
        orders = _label(row["orders"], SMALL, palette.muted, most=named)
        body = stacked(lines, 0)
        inside = orders.at(0, 12) + body.at(*((_NAME_WIDTH + 20, 8) if beside else (0, 28)))
        rule = element("line", x2=width, stroke=palette.rule)
        yield Box(width, body.height + (16 if beside else 36), rule + inside)


def _readout(drawn: Drawn, palette: Palette, width: float) -> Iterator[Box]:
    boxes: list[Box] = []
    rtl, most = drawn["dir"] == "rtl", width / 2 - 8
    for word in drawn["words"]:
        same, ink = word["same"], palette.muted if word["ghost"] else palette.ink
        parts = [] if word["joined"] else [Box(8, 24, "")]
        parts.append(_pressed(word["predicted"], Face(BODY, ink, True, 400 if same else 600, underline=not same), most))
        if not same:
            struck = Face(SMALL, palette.muted, True, strike=True)
            parts += [Box(4, 24, ""), _pressed(word["stood"], struck, most)]
        boxes.append(beside(parts, rtl=rtl))
    yield flowing(boxes, width, gap=0, below=2, rtl=rtl)


def _pressed(said: str, face: Face, most: float) -> Box:
    """Words no wider than that."""
    wide = min(face.wide(said), most)
    within = most if face.wide(said) > most else None
    return Box(wide, 24, words(said, wide / 2, 16, face, anchor="middle", within=within))


_KINDS: dict[StripKind, Callable[[Drawn, Palette, float], Iterator[Box]]] = {
    "tokens": _tokens,
    "aligned": _aligned,
    "variants": _variants,
    "filled": _filled,
    "readout": _readout,
    "arcs": arcs,
}


# --- what they share ---


def _legend(about: Drawn, palette: Palette, number: int, width: float) -> Box:
    """The name of a measure with its unit, its scale between its two ends."""
    name, low, high = (_label(about[each], SMALL, palette.muted, most=width) for each in ("name", "low", "high"))
    stops = "".join(
        element("stop", offset=f"{100 * at / max(1, len(about['colours']) - 1):.0f}%", stop_color=colour)
        for at, colour in enumerate(about["colours"])
    )
    scale = element("linearGradient", stops, id=f"scale-{number}")
    scale += element("rect", width=104, height=10, y=4, rx=2, fill=f"url(#scale-{number})")
    return flowing([name, low, Box(104, 18, scale), high], width, gap=6)


def _label(said: str, size: float, fill: str, *, weight: int = 400, pad: float = 0, most: float = inf) -> Box:
    """Words of their own; ``most`` is the room that they are pressed into where they are wider."""
    wide = min(measured(said, size), most)
    within = most if wide >= most else None
    return Box(wide + 2 * pad, size + 5, words(said, pad, size + 1, Face(size, fill, weight=weight), within=within))


def _lines(runs: Iterable[tuple[str, Drawn]], width: float, size: float, *, mono: bool) -> list[str]:
    return ["".join(said for said, _ in line).strip() for line in _wrapped(runs, width, size, mono=mono)]


def _wrapped(
    runs: Iterable[tuple[str, Drawn]], width: float, size: float, *, mono: bool
) -> Iterator[list[tuple[str, Drawn]]]:
    """Runs of text in lines: broken between words, where the text breaks, and within a word that is a line long."""
    line: list[tuple[str, Drawn]] = []
    used = 0.0
    for said, style in runs:
        for word in re.findall(r"\n|[^\S\n]+|\S+[^\S\n]*", said):
            if word == "\n":
                yield line
                line, used = [], 0.0
                continue
            wide = measured(word.rstrip(), size, mono=mono or "font_family" in style)
            if used and used + wide > width:
                yield line
                line, used = [], 0.0
            for piece in _pieces(word, width, size):
                if used and used + measured(piece.rstrip(), size) > width:
                    yield line
                    line, used = [], 0.0
                if line and line[-1][1] is style:
                    # One stretch of text: cut in two, words that run to the left would change places.
                    line[-1] = (line[-1][0] + piece, style)
                else:
                    line.append((piece, style))
                used += measured(piece, size, mono=mono or "font_family" in style)
    if line:
        yield line


def _pieces(word: str, width: float, size: float) -> Iterator[str]:
    """A word that fits, or the stretches of one that does not."""
    start, used = 0, 0.0
    for at, char in enumerate(word):
        wide = measured(char, size, mono=True)
        if at > start and used + wide > width:
            yield word[start:at]
            start, used = at, 0.0
        used += wide
    yield word[start:]


def _spans(line: Sequence[tuple[str, Drawn]]) -> str:
    return "".join(element("tspan", text(said), **style) if style else text(said) for said, style in line)
