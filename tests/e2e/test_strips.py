"""A strip is drawn twice, by the scripts of the screen and by the templates of paper, and is one picture."""

from bisect import bisect_right
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dashboard.paper.report import html_report
from dashboard.screen.components import source
from dashboard.screen.components import strips as components
from dashboard.sections import Strip
from tests.dashboard.kinds import a_report, strips

DRAW = """
([html, data]) => {{
  {script}
  const figure = document.querySelector("#results figure")
  figure.querySelector(":scope > div").outerHTML = html
  draw({{ data, parentElement: figure, setTriggerValue() {{}} }})
}}
"""
NAMES = "all => all.map(each => each.getAttribute('aria-label'))"


def on_paper(page: Page, drawn: Strip, file: Path) -> None:
    file.write_text(html_report(a_report(drawn)), encoding="utf-8")
    page.goto(file.as_uri())


def on_screen(page: Page, drawn: Strip) -> None:
    """Put the component's own drawing in the place of the report's."""
    script = source("shared.js", f"{drawn.kind}.js")
    chosen = drawn.chosen
    if drawn.kind == "tokens" and chosen is not None:
        chosen = bisect_right(drawn.drawn["at"], chosen) - 1
    page.evaluate(
        DRAW.format(script=script.replace("export default function (", "function draw(")),
        [components._HTML[drawn.kind], drawn.drawn | {"chosen": chosen}],
    )


@pytest.mark.parametrize("width", [1400, 420])
@pytest.mark.parametrize(
    ("drawn", "other"),
    list(zip(strips("wort"), strips("werte"), strict=True)),
    ids=[each.kind for each in strips("")],
)
def test_a_strip_looks_and_reads_the_same(page: Page, tmp_path: Path, drawn: Strip, other: Strip, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    on_paper(page, drawn, tmp_path / "report.html")
    figure = page.locator("#results figure")
    picture, names = figure.screenshot(), figure.locator("[aria-label]").evaluate_all(NAMES)
    on_screen(page, drawn)
    assert figure.screenshot() == picture
    assert figure.locator("[aria-label]").evaluate_all(NAMES) == names
    on_screen(page, other)
    assert figure.screenshot() != picture, "the check would let any picture pass"
