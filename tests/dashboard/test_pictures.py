"""Strips as SVG: every word of them, nothing but them, within their width, whatever is written in them."""

import re
from copy import deepcopy
from typing import Any, get_args
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.drawing.direction import right_to_left
from dashboard.drawing.palette import palette
from dashboard.drawing.pictures import WIDTH, picture
from dashboard.drawing.svg import legible
from dashboard.sections import Strip, StripKind
from tests.dashboard.kinds import strips

SVG = "{http://www.w3.org/2000/svg}"
MODEL = "owner/<i>name</i> & co @ 0123456789"
TEXTS = [
    "word",
    "<b>&amp; \"quoted\" 'text'</b> ]]> <!-- -->",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0645\u0631\u062d\u0628\u0627 a",
    "\U0001f469\u200d\U0001f680 \u6771\u4eac e\u0301",
    "a\x00\x1b\ud800\ufffe",
    "x" * 400,
]
ELEMENTS = {"svg", "title", "rect", "g", "text", "tspan", "line", "linearGradient", "stop", "pattern", "path", "circle"}
LIGHT = palette("light")


def drawn(strip: Strip, width: int = WIDTH) -> Xml.Element:
    return Xml.fromstring(picture(strip, MODEL, LIGHT, width))


def words(root: Xml.Element) -> list[str]:
    """The text of every element of text."""
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


def strings(value: Any, key: str = "") -> set[str]:
    """What is written in the cells of a strip."""
    if isinstance(value, dict):
        return {each for name, inner in value.items() for each in strings(inner, name)}
    if isinstance(value, list):
        return {each for inner in value for each in strings(inner, key)}
    written = {"text", "value", "js", "title", "margin", "p", "orders", "predicted", "low", "high"} | {
        "z0",
        "z1",
        "verdict",
        "meaning",
        "yes",
        "no",
        "unit",
    }
    return {value} if isinstance(value, str) and key in written and value else set()


def edges(node: Xml.Element, x: float = 0.0) -> list[float]:
    """How far to the right shapes and pressed words go."""
    moved = re.match(r"translate\(([-\d.]+)", node.get("transform", ""))
    x += float(moved.group(1)) if moved else 0.0
    far = []
    if node.tag == f"{SVG}rect" and node.get("width", "").replace(".", "").isdigit():
        far.append(x + float(node.get("x", 0)) + float(node.get("width", 0)))
    if node.tag == f"{SVG}text" and node.get("textLength"):
        anchor = node.get("text-anchor", "start")
        if node.get("direction") == "rtl" and anchor != "middle":
            anchor = {"start": "end", "end": "start"}[anchor]
        right_of_it = {"start": 1.0, "middle": 0.5, "end": 0.0}[anchor]
        far.append(x + float(node.get("x", 0)) + float(node.get("textLength", 0)) * right_of_it)
    return far + [edge for child in node if child.tag != f"{SVG}pattern" for edge in edges(child, x)]


def assert_exact(strip: Strip, width: int = WIDTH) -> None:
    root = drawn(strip, width)
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= ELEMENTS
    there = "".join(words(root)).split()
    for each in strings(strip.drawn):
        if strip.kind == "tokens" and each in {token["text"] for token in strip.drawn["tokens"] if token.get("guess")}:
            continue
        assert all(word in "".join(there) for word in legible(each).split()), (strip.kind, each)
    assert MODEL in words(root), "the model stands in the corner"
    assert float(root.get("width", 0)) == width
    assert max(edges(root), default=0) <= width + 1, "nothing goes beyond the edge"


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
@pytest.mark.parametrize("width", [400, WIDTH])
def test_every_word_of_every_kind_stands_in_the_picture(text: str, width: int) -> None:
    kinds = strips(text)
    assert {strip.kind for strip in kinds} == set(get_args(StripKind))
    for strip in kinds:
        assert_exact(strip, width)


@given(st.text(st.characters(), max_size=40))
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_the_picture_can_be_read(text: str) -> None:
    for strip in strips(text):
        assert_exact(strip)


@pytest.mark.parametrize("kind", get_args(StripKind))
def test_what_runs_to_the_left_does_so_in_one_piece(kind: str) -> None:
    hebrew = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd"
    (strip,) = (each for each in strips(hebrew) if each.kind == kind)
    root = drawn(strip)
    found = [each for each in root.iter(f"{SVG}text") if hebrew in "".join(each.itertext())]
    assert found, "its words are in one element, which alone can put them in order"
    # What begins with a name of ours ("z0 ...") runs as that does.
    assert all(each.get("direction") == "rtl" for each in found if "".join(each.itertext()).startswith(hebrew))
    for each in root.iter(f"{SVG}tspan"):
        assert "".join(each.itertext()).strip() not in hebrew.split(), "cut in two they would change places"


def numbered(strip: Strip, direction: str) -> Strip:
    """The strip with every token of its own, on one line."""
    drawn, count = deepcopy(strip.drawn), iter(range(99))
    rows = drawn["rows"][:1] if strip.kind == "variants" else [drawn]
    for row in rows:
        for each in row.get("tokens") or row.get("words") or [pair["a"] for pair in row["columns"]]:
            each.pop("more", None)
            each |= {"guess": "", "line_ends": 0, "ghost": False, "segment": each.get("segment", "A"), "mask": 1}
            each["predicted" if strip.kind == "readout" else "text"] = f"w{next(count)}"
    return Strip(strip.kind, drawn | {"dir": direction} | ({"rows": rows} if "rows" in drawn else {}), strip.key)


def at_x(node: Xml.Element, x: float = 0.0) -> list[tuple[str, float]]:
    """Every text with how far to the right it stands."""
    moved = re.match(r"translate\(([-\d.]+)", node.get("transform", ""))
    x += float(moved.group(1)) if moved else 0.0
    here = [("".join(node.itertext()), x + float(node.get("x", 0)))] if node.tag == f"{SVG}text" else []
    return here + [each for child in node for each in at_x(child, x)]


@pytest.mark.parametrize("kind", ["tokens", "aligned", "variants", "readout"])
def test_what_is_read_to_the_left_stands_from_the_right(kind: str) -> None:
    (strip,) = (each for each in strips("word") if each.kind == kind)

    def places(direction: str) -> list[float]:
        turned = numbered(strip, direction)
        assert max(edges(drawn(turned)), default=0) <= WIDTH + 1
        found = {said: x for said, x in at_x(drawn(turned)) if re.fullmatch(r"(##)?w\d", said)}
        return [found[said] for said in sorted(found, key=lambda said: said[-1])]

    left, right = places("ltr"), places("rtl")
    assert len(left) == len(right) > 2
    assert left == sorted(left)
    assert right == sorted(right, reverse=True)


@pytest.mark.parametrize("kind", get_args(StripKind))
def test_keys_that_are_new_are_left_alone(kind: str) -> None:
    (strip,) = (each for each in strips("word") if each.kind == kind)

    def more(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: more(inner) for name, inner in value.items()} | {"new_key": [1, 2]}
        return [more(each) for each in value] if isinstance(value, list) else value

    extended = Strip(strip.kind, more(strip.drawn), strip.key, title=strip.title)
    assert picture(extended, MODEL, LIGHT) == picture(strip, MODEL, LIGHT)


def test_a_legend_has_its_scale_and_both_ends() -> None:
    (strip,) = (each for each in strips("word") if each.kind == "aligned")
    legend = {"name": "entropy, hidden", "low": "0", "high": "12 bits", "colours": ["#ffffff", "#000000"]}
    root = drawn(Strip("aligned", strip.drawn | {"legends": [legend]}, "x"))
    assert {"entropy, hidden", "0", "12 bits"} <= set(words(root))
    assert [each.get("stop-color") for each in root.iter(f"{SVG}stop")] == ["#ffffff", "#000000"]


@pytest.mark.parametrize(
    ("text", "left"), [("a \u05e9", False), ("\u05e9 a", True), ("1. \u0645", True), ("", False), ("...", False)]
)
def test_the_first_letter_decides_the_direction(text: str, left: bool) -> None:
    assert right_to_left(text) == left


def test_a_line_of_the_text_is_one_of_the_picture() -> None:
    (strip,) = (each for each in strips("word") if each.kind == "tokens")
    tops = []
    for ends in (0, 1, 2):
        tokens = [token | {"line_ends": ends * (at == 2)} for at, token in enumerate(strip.drawn["tokens"])]
        tops.append(float(drawn(Strip("tokens", strip.drawn | {"tokens": tokens}, "x")).get("height", 0)))
    assert tops[0] < tops[1] == tops[2]


def test_a_margin_is_a_dot_in_its_place_and_controls_are_marks() -> None:
    (strip,) = (each for each in strips("word") if each.kind == "variants")
    root = drawn(strip)
    rows = strip.drawn["rows"]
    assert len(list(root.iter(f"{SVG}circle"))) == sum(row["at"] is not None for row in rows)
    marks = [each for each in root.iter(f"{SVG}line") if each.get("stroke-width") == "1.5"]
    assert len(marks) == sum(len(row["marks"]) for row in rows)
    (ends,) = {
        float(each.get("x2", 0)) for each in root.iter(f"{SVG}line") if each.get("y1") == "18" and not each.get("x1")
    }
    (dot,) = (float(each.get("cx", 0)) for each in root.iter(f"{SVG}circle"))
    assert dot / ends == pytest.approx(rows[0]["at"] / 100, abs=0.002)
