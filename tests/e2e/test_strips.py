"""A strip is drawn twice, by the scripts of the screen and by the templates of paper, and is one picture."""

from bisect import bisect_right
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from dashboard.paper.report import html_report
from dashboard.screen import components
from dashboard.sections import Strip
from tests.dashboard.kinds import a_report, strips

DRAW = """
(figure, [html, data]) => {{
  {script}
  figure.querySelector(":scope > div:not(.bar)").outerHTML = html
  draw({{ data, parentElement: figure, setTriggerValue() {{}} }})
}}
"""
NAMES = "all => all.map(each => each.getAttribute('aria-label'))"


def draw_as_on_screen(drawn: Strip, figure: Locator) -> None:
    """Put the component's own drawing in the place of the report's."""
    script = components.source("shared.js", f"{drawn.kind}.js")
    chosen = drawn.chosen
    if "at" in drawn.drawn and chosen is not None:
        chosen = bisect_right(drawn.drawn["at"], chosen) - 1
    figure.evaluate(
        DRAW.format(script=script.replace("export default function (", "function draw(")),
        [components._HTML[drawn.kind], drawn.drawn | {"chosen": chosen}],
    )


def places(cells: Locator) -> list[tuple[float, float]]:
    """Of every cell the line and the left end."""
    boxes = [each.bounding_box() for each in cells.all()]
    return [(round(box["y"]), box["x"]) for box in boxes if box is not None]


def test_what_is_read_to_the_left_stands_and_moves_so(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html_report(a_report(*strips("שלום"))), encoding="utf-8")
    page.goto(file.as_uri())
    for drawn in strips("שלום"):
        if drawn.kind == "filled":
            continue
        figure = page.locator(f"figure.drawn-{drawn.kind}")
        draw_as_on_screen(drawn, figure)
        inside = {"variants": ".tokens >> nth=0 >> css=.token", "readout": ".readout > span"}.get(drawn.kind, ".cell")
        found = places(figure.locator(inside))
        assert len(found) > 2
        assert all(left[1] > right[1] for left, right in pairwise(found) if left[0] == right[0])
        if drawn.kind in {"tokens", "aligned"}:
            cells = figure.locator(".cell")
            cells.nth(0).focus()
            for key, at in (("ArrowLeft", 1), ("ArrowLeft", 2), ("ArrowRight", 1), ("Home", 0)):
                page.keyboard.press(key)
                assert cells.nth(at).evaluate("cell => cell === cell.getRootNode().activeElement"), (drawn.kind, key)


@pytest.mark.parametrize("width", [1400, 420])
@pytest.mark.parametrize(("word", "another"), [("wort", "werte"), ("שלום", "שלומות")])
def test_a_strip_looks_and_reads_the_same(page: Page, tmp_path: Path, width: int, word: str, another: str) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    file = tmp_path / "report.html"
    file.write_text(html_report(a_report(*strips(word))), encoding="utf-8")
    page.goto(file.as_uri())
    for drawn, other in zip(strips(word), strips(another), strict=True):
        figure = page.locator(f"figure.drawn-{drawn.kind}")
        strip = figure.locator(":scope > div:not(.bar)")
        picture, names = strip.screenshot(), figure.locator("[aria-label]").evaluate_all(NAMES)
        draw_as_on_screen(drawn, figure)
        assert strip.screenshot() == picture, drawn.kind
        assert figure.locator("[aria-label]").evaluate_all(NAMES) == names
        draw_as_on_screen(other, figure)
        assert strip.screenshot() != picture, f"{drawn.kind}: the check would let any picture pass"


def test_a_token_that_is_pointed_at_or_moved_to_shows_its_lines(page: Page, tmp_path: Path) -> None:
    """And the chosen one when nobody does."""
    file = tmp_path / "report.html"
    file.write_text(html_report(a_report(*strips("wort"))), encoding="utf-8")
    page.goto(file.as_uri())
    (drawn,) = [each for each in strips("wort") if each.kind == "arcs"]
    figure = page.locator("figure.drawn-arcs")
    draw_as_on_screen(drawn, figure)
    queries = figure.locator(".queries .cell")

    def shown() -> tuple[int, int, list[str], list[str]]:
        values = [figure.locator(f"{side} .value").all_inner_texts() for side in (".queries", ".keys")]
        return figure.locator("path.from").count(), figure.locator("path.to").count(), values[0], values[1]

    of_the_chosen = (1, 2, ["0.50", "> 0.99", "1.00"], ["", "> 0.99", ""])
    assert shown() == of_the_chosen
    queries.nth(0).hover()
    assert shown() == (2, 0, ["0.50", "", ""], ["0.50", "0.50", ""])
    figure.locator(".keys .cell").nth(2).hover()
    assert shown() == (1, 0, ["", "", ""], ["", "1.00", ""])
    page.mouse.move(0, 0)
    assert shown() == of_the_chosen
    queries.nth(1).focus()
    page.keyboard.press("ArrowDown")
    assert shown()[:2] == (1, 0)
    page.keyboard.press("Home")
    assert shown()[:2] == (2, 0)
