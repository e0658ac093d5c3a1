"""A report in a real browser, alone: a file, no network, nothing asked of anyone."""

import csv
import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from analysis import ModelBundle, compare_segmentations, read_maskings
from dashboard.paper.report import html_report
from dashboard.text_report import TextResults, text_report

TEXT_A = "The keys </script><img src=x onerror=alert(1)> are [MASK] &amp; \u2028here."
TEXT_B = "<b>Mix</b> the flour, then the butter."
A4_WIDTH = 680
"""CSS pixels between the margins of the page."""

OpenReport = Callable[..., Page]


@pytest.fixture(scope="session")
def results(bundled: ModelBundle) -> TextResults:
    hidden = read_maskings(bundled, TEXT_A, TEXT_B)
    return TextResults(hidden[0].seen, hidden, compare_segmentations(bundled, TEXT_A, TEXT_B), None, "fp32")


@pytest.fixture(scope="session")
def content(results: TextResults) -> str:
    return html_report(text_report(results, masking="word_l2r", measure="entropy", made="2026-01-02T03:04:05+00:00"))


@pytest.fixture
def open_report(page: Page, content: str, tmp_path: Path) -> Iterator[OpenReport]:
    """Open a report as a file without a network; it may ask for nothing but itself and show no dialog."""
    asked: list[str] = []
    dialogs: list[str] = []

    def only_files(route: Route) -> None:
        asked.append(route.request.url)
        if urlsplit(route.request.url).scheme == "file":
            route.continue_()
        else:
            route.abort()

    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.context.set_offline(True)
    page.context.route("**/*", only_files)
    file = tmp_path / "report.html"

    def open_it(changed: str = content, width: int = 1400) -> Page:
        file.write_text(changed, encoding="utf-8")
        page.set_viewport_size({"width": width, "height": 1000})
        page.goto(file.as_uri())
        expect(page.locator(".plot:not(:has(.main-svg))")).to_have_count(0)
        return page

    yield open_it
    assert {url for url in asked if not url.startswith(("data:", "blob:"))} == {file.as_uri()}
    assert dialogs == []


def figure(page: Page, title: str) -> Locator:
    return page.locator("figure", has=page.get_by_role("heading", name=title, exact=True))


def numbers(page: Page, title: str, column: str) -> list[float]:
    table = figure(page, title).locator("table")
    at = table.locator("thead th").all_text_contents().index(column) + 1
    return [float(text or "nan") for text in table.locator(f"tbody td:nth-child({at})").all_text_contents()]


def test_every_figure_is_drawn_and_named(open_report: OpenReport, results: TextResults) -> None:
    page = open_report()
    assert page.locator(".plot").count() == 6
    assert page.locator(".plot:has(.main-svg)").count() == 6
    for name in page.locator(".plot").evaluate_all("plots => plots.map(plot => plot.getAttribute('aria-label'))"):
        expect(page.get_by_role("img", name=name, exact=True)).to_be_visible()
    assert page.locator("#figure-3 .heatmaplayer image").count() >= 3, "the heatmap's bands"
    assert page.locator(".modebar").count() == 0
    widths = page.locator(".plot").evaluate_all("plots => plots.map(plot => plot.offsetWidth)")
    assert set(widths) == {960}


def test_the_numbers_of_a_table_are_those_of_the_analysis(open_report: OpenReport, results: TextResults) -> None:
    page = open_report()
    hidden = results.hidden[1]
    at = int(results.seen.encoded.masked.nonzero()[0][0])
    figure(page, f"Position {at} · [MASK]").locator("summary").click()
    expect(figure(page, f"Position {at} · [MASK]").locator("table")).to_be_visible()
    shown = numbers(page, f"Position {at} · [MASK]", "p")
    assert shown == results.seen.statistics.top_p[at].tolist()
    counted = (~results.seen.encoded.outside).nonzero()[0].tolist()
    entropies = numbers(page, "Entropy across the sequence", "entropy (bits) hidden")
    assert [entropies[i] for i in counted] == [float(str(value)) for value in hidden.statistics.entropy_bits[counted]]
    assert results.comparison is not None
    assert numbers(page, "Both logits", "logit IsNext") == [
        variant.nsp.logit_is_next for variant in results.comparison.variants
    ]


def test_texts_show_as_texts(open_report: OpenReport) -> None:
    page = open_report()
    assert page.locator("#inputs .text").all_text_contents() == [TEXT_A, TEXT_B]
    assert page.locator("main img").count() == 0
    assert page.locator(".strip .chip", has_text="script").count() == 1
    assert TEXT_B in page.locator("#snippet code").inner_text()


def test_a_script_that_got_in_does_not_run(open_report: OpenReport, content: str, page_errors: list[str]) -> None:
    intruder = "<script>document.title = 'ran'</script><p onclick=\"document.title = 'ran'\" id=trap>here</p>"
    page = open_report(content.replace("</main>", f"{intruder}<img src='https://example.org/a.png'></main>"))
    page.locator("#trap").click()
    assert page.title().startswith("What does the head expect")
    assert any("Content Security Policy" in error for error in page_errors)
    page_errors.clear()


def test_figures_and_tables_are_saved(open_report: OpenReport, content: str) -> None:
    page = open_report()
    margins = figure(page, "Margins on one axis")
    saved = {}
    for kind in ("SVG", "PNG", "CSV"):
        with page.expect_download() as waiting:
            margins.get_by_role("button", name=kind, exact=True).click()
        assert waiting.value.suggested_filename == f"pretext-margins.{kind.lower()}"
        saved[kind] = Path(waiting.value.path()).read_bytes()
    assert saved["SVG"].startswith(b"<svg")
    assert b"correct pair" in saved["SVG"]
    width, height = struct.unpack(">II", saved["PNG"][16:24])
    assert (width, height) == tuple(
        4 * size for size in margins.locator(".plot").evaluate("plot => [plot.offsetWidth, plot.offsetHeight]")
    )
    rows = list(csv.DictReader(io.StringIO(saved["CSV"].decode())))
    assert len(rows) == 8
    assert {row["model"] for row in rows} == {"bundled"}
    assert {row["exported_utc"] for row in rows} == {"2026-01-02T03:04:05+00:00"}


def test_on_paper_nothing_is_cut_off(open_report: OpenReport) -> None:
    page = open_report()
    assert page.get_by_role("button").count() > 0
    page.set_viewport_size({"width": A4_WIDTH, "height": 960})
    page.emulate_media(media="print")
    expect(page.locator("button:visible")).to_have_count(0)
    expect(page.locator("details.twin:visible")).to_have_count(0)
    expect(page.locator(".on-paper:visible").first).to_be_visible()
    boxes = page.locator(".plot, figure.table table").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect())"
    )
    assert len(boxes) >= 8
    for box in boxes:
        assert box["right"] <= A4_WIDTH + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= A4_WIDTH
    page.emulate_media(media="screen")
    expect(page.locator("button:visible").first).to_be_visible()


def test_a_report_prints_on_whole_pages(open_report: OpenReport) -> None:
    page = open_report()
    pages = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    assert 3 <= pages <= 12


def test_a_narrow_screen_scrolls_figures_not_the_page(open_report: OpenReport) -> None:
    page = open_report(width=420)
    assert page.evaluate("document.documentElement.scrollWidth") == 420
    heat = figure(page, "Entropy across the sequence").locator(".scroll").first
    assert heat.evaluate("scroll => scroll.scrollWidth > scroll.clientWidth")
    bars = figure(page, "Margins on one axis").locator(".scroll").first
    assert bars.evaluate("scroll => scroll.scrollWidth <= scroll.clientWidth")


def test_a_figure_follows_the_window(open_report: OpenReport) -> None:
    page = open_report()
    page.set_viewport_size({"width": 600, "height": 1000})
    drawn = figure(page, "Margins on one axis").locator(".main-svg").first
    expect(drawn).to_have_attribute("width", "552")
