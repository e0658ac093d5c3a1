"""A report in a real browser, alone: a file, no network, nothing asked of anyone."""

import csv
import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree
from playwright.sync_api import Locator, Page, Route, expect

from analysis import ModelBundle, Text, ask
from analysis.types import Scores, SegmentationComparison
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.page import Look, Results
from dashboard.pages import PAGES
from dashboard.paper.page_report import report_of
from dashboard.paper.report import html_report
from dashboard.sections import Folded
from dashboard.view import ViewState
from tests.dashboard.kinds import a_chart

TEXT_A = "The keys </script><img src=x onerror=alert(1)> are [MASK] &amp; \u2028here."
TEXT_B = "<b>Mix</b> the flour, then the butter."
A4_WIDTH = 680
"""CSS pixels between the margins of the page."""
MADE = "2026-01-02T03:04:05+00:00"
LOOK = Look(palette("light"))

OpenReport = Callable[..., Page]


def asked(bundle: ModelBundle, page: str) -> tuple[ViewState, Results]:
    """A page's view of the two texts with everything that it asks of it."""
    view = PAGES[page].check(ViewState(page, "bundled", (Text(TEXT_A, TEXT_B),)))
    questions = PAGES[page].questions(view, About.of(bundle))
    found = {name: ask(bundle, question) for name, question in questions.items()}
    return view, Results(found, frozenset(found), questions=questions)


@pytest.fixture(scope="module")
def of_tokens(bundled: ModelBundle) -> tuple[ViewState, Results]:
    return asked(bundled, "tokens")


@pytest.fixture(scope="module")
def of_the_pair(bundled: ModelBundle) -> tuple[ViewState, Results]:
    return asked(bundled, "next_sentence")


@pytest.fixture(scope="module")
def content(of_tokens: tuple[ViewState, Results], of_the_pair: tuple[ViewState, Results]) -> str:
    """The Tokens page's report, with what Next sentence shows below it and a figure that is folded away."""
    report = report_of(
        PAGES["tokens"],
        *of_tokens,
        snippet=f"text = {TEXT_B!r}",
        link=None,
        made=MADE,
        tokens_of=lambda _: lambda _: (),
    )
    folded = Folded("More", (a_chart("Folded away"),), "more")
    sections = (*report.sections, *PAGES["next_sentence"].sections(*of_the_pair, LOOK), folded)
    return html_report(replace(report, sections=sections))


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
    page.route("**/*", only_files)
    file = tmp_path / "report.html"

    def open_it(changed: str = content) -> Page:
        file.write_text(changed, encoding="utf-8")
        page.goto(file.as_uri())
        expect(page.locator(".plot:visible:not(:has(.main-svg))")).to_have_count(0)
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


def test_texts_figures_and_numbers_are_those_of_the_page(
    open_report: OpenReport, of_tokens: tuple[ViewState, Results], of_the_pair: tuple[ViewState, Results]
) -> None:
    page = open_report()
    assert page.locator("#inputs .text").all_text_contents() == [TEXT_A, TEXT_B]
    assert page.locator("main img").count() == 0
    assert page.locator(".strip .chip", has_text="script").count() == 1
    assert TEXT_B in page.locator("#snippet code").inner_text()

    # Every figure is drawn and named; one that is folded away when it is opened.
    drawn = page.locator(".plot:has(.main-svg)")
    expect(drawn).to_have_count(4)
    for name in drawn.evaluate_all("plots => plots.map(plot => plot.getAttribute('aria-label'))"):
        expect(page.get_by_role("img", name=name, exact=True)).to_be_visible()
    heat = figure(page, "Entropy across the sequence")
    assert heat.locator(".heatmaplayer image").count() >= 3, "the heatmap's bands"
    assert heat.locator(".plot").evaluate("plot => plot.offsetWidth") == 960
    assert page.locator(".modebar").count() == 0
    page.get_by_text("More", exact=True).click()
    expect(drawn).to_have_count(5)
    expect(page.get_by_role("img", name="Folded away")).to_be_visible()

    scores: Scores = of_tokens[1]["scores"]
    seen, hidden = scores.seen, scores["word_l2r"]
    at = int(seen.encoded.masked.nonzero()[0][0])
    table = figure(page, f"Position {at} · [MASK]").locator("table")
    expect(table).to_be_hidden()
    figure(page, f"Position {at} · [MASK]").locator("summary").click()
    expect(table).to_be_visible()
    assert numbers(page, f"Position {at} · [MASK]", "p") == seen.statistics.top_p[at, :10].tolist()
    counted = (~seen.encoded.outside).nonzero()[0].tolist()
    entropies = numbers(page, "Entropy across the sequence", "entropy (bits) hidden")
    assert [entropies[i] for i in counted] == [float(str(value)) for value in hidden.statistics.entropy_bits[counted]]
    comparison: SegmentationComparison = of_the_pair[1]["next_sentence"]
    logits = dict.fromkeys([comparison["correct"].nsp.logit_is_next])
    logits |= dict.fromkeys(variant.nsp.logit_is_next for variant in comparison.variants)
    table = page.locator("figure.table", has=page.get_by_role("columnheader", name="P(IsNext)", include_hidden=True))
    assert [float(text) for text in table.locator("tbody td:nth-child(2)").all_text_contents()] == list(logits)


def test_a_script_that_got_in_does_not_run(open_report: OpenReport, content: str, page_errors: list[str]) -> None:
    intruder = "<script>document.title = 'ran'</script><p onclick=\"document.title = 'ran'\" id=trap>here</p>"
    page = open_report(content.replace("</main>", f"{intruder}<img src='https://example.org/a.png'></main>"))
    page.locator("#trap").click()
    assert page.title().startswith("What does BERT expect")
    assert any("Content Security Policy" in error for error in page_errors)
    page_errors.clear()


def test_figures_and_tables_are_saved_and_follow_the_window(open_report: OpenReport) -> None:
    page = open_report()
    effects = figure(page, "What made it think so")
    saved = {}
    for kind in ("SVG", "PNG", "CSV"):
        with page.expect_download() as waiting:
            effects.get_by_role("button", name=kind, exact=True).click()
        assert waiting.value.suggested_filename == f"pretext-effects.{kind.lower()}"
        saved[kind] = Path(waiting.value.path()).read_bytes()
    assert saved["SVG"].startswith(b"<svg")
    assert b"segment ids" in saved["SVG"]
    width, height = struct.unpack(">II", saved["PNG"][16:24])
    assert (width, height) == tuple(
        4 * size for size in effects.locator(".plot").evaluate("plot => [plot.offsetWidth, plot.offsetHeight]")
    )
    rows = list(csv.DictReader(io.StringIO(saved["CSV"].decode())))
    assert len(rows) == 4
    assert {row["model"] for row in rows} == {"bundled"}
    assert {row["exported_utc"] for row in rows} == {MADE}

    for window, plot in ((600, "552"), (420, "388")):
        page.set_viewport_size({"width": window, "height": 1000})
        expect(effects.locator(".main-svg").first).to_have_attribute("width", plot)
    # On a narrow screen figures that would not bear squeezing scroll, not the page.
    assert page.evaluate("document.documentElement.scrollWidth") == 420
    heat = figure(page, "Entropy across the sequence").locator(".scroll").first
    assert heat.evaluate("scroll => scroll.scrollWidth > scroll.clientWidth")
    assert effects.locator(".scroll").first.evaluate("scroll => scroll.scrollWidth <= scroll.clientWidth")


def test_strips_are_saved_as_they_are_drawn(open_report: OpenReport) -> None:
    page = open_report()
    drawn = page.locator("figure[class^=drawn-]")
    assert drawn.count() > 1
    for strip in drawn.all():
        saved = {}
        for kind in ("SVG", "PNG"):
            with page.expect_download() as waiting:
                strip.get_by_role("button", name=kind, exact=True).click()
            saved[kind] = Path(waiting.value.path()).read_bytes()
        root = etree.fromstring(saved["SVG"])
        assert "bundled" in "".join(root.itertext())
        size = struct.unpack(">II", saved["PNG"][16:24])
        assert size == (3 * int(root.get("width")), 3 * int(root.get("height")))


def test_on_paper_nothing_is_cut_off(open_report: OpenReport) -> None:
    page = open_report()
    assert page.get_by_role("button").count() > 0
    page.set_viewport_size({"width": A4_WIDTH, "height": 960})
    page.emulate_media(media="print")
    expect(page.locator("button:visible")).to_have_count(0)
    expect(page.locator(".in-file:visible")).to_have_count(0)
    expect(page.locator(".on-paper:visible").first).to_be_visible()
    boxes = page.locator(".plot:visible, figure.table table:visible").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect())"
    )
    assert len(boxes) == 5, "four figures and the scores"
    for box in boxes:
        assert box["right"] <= A4_WIDTH + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= A4_WIDTH
    pages = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    assert 3 <= pages <= 12
    page.emulate_media(media="screen")
    expect(page.locator("button:visible").first).to_be_visible()
