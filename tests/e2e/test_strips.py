"""A strip is drawn twice, by the scripts of the screen and by the templates of paper, and is one picture."""

from bisect import bisect_right
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
    if drawn.kind == "tokens" and chosen is not None:
        chosen = bisect_right(drawn.drawn["at"], chosen) - 1
    figure.evaluate(
        DRAW.format(script=script.replace("export default function (", "function draw(")),
        [components._HTML[drawn.kind], drawn.drawn | {"chosen": chosen}],
    )


@pytest.mark.parametrize("width", [1400, 420])
def test_a_strip_looks_and_reads_the_same(page: Page, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    file = tmp_path / "report.html"
    file.write_text(html_report(a_report(*strips("wort"))), encoding="utf-8")
    page.goto(file.as_uri())
    for drawn, other in zip(strips("wort"), strips("werte"), strict=True):
        figure = page.locator(f"figure.drawn-{drawn.kind}")
        strip = figure.locator(":scope > div:not(.bar)")
        picture, names = strip.screenshot(), figure.locator("[aria-label]").evaluate_all(NAMES)
        draw_as_on_screen(drawn, figure)
        assert strip.screenshot() == picture, drawn.kind
        assert figure.locator("[aria-label]").evaluate_all(NAMES) == names
        draw_as_on_screen(other, figure)
        assert strip.screenshot() != picture, f"{drawn.kind}: the check would let any picture pass"
