"""A report as a file: safe with any text, complete, without an address that anything could be asked of."""

import ast
import base64
import hashlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lxml import etree, html
from plotly.offline import get_plotlyjs

from analysis import ModelBundle, cli, load_bundle, read_hidden, read_seen, score
from analysis.models import store as loading
from analysis.types import HiddenReading, SeenReading, SegmentationComparison
from dashboard import __main__ as program
from dashboard import glossary
from dashboard.drawing import strip, tables
from dashboard.drawing.chart import Chart
from dashboard.drawing.palette import palette
from dashboard.pages.next_sentence import figures as nsp
from dashboard.pages.tokens import heatmap
from dashboard.pages.tokens import predictions as tokens
from dashboard.paper.report import MAX_ROWS, Report, Section, Table, Wide, definitions, html_report
from dashboard.text_report import TextResults, text_report
from tests.analysis.command_line import Result, assert_refused
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.stand_ins import assert_rejects
from tests.dashboard import made

ROOT = Path(__file__).parents[2]
LIGHT = palette("light")
MADE = "2026-01-02T03:04:05+00:00"
HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "\"quotes\" and 'quotes' & &amp; &lt;",
    "separators \u2028 and \u2029",
    "  two\n\n lines\r\n and a return\r",
    "]]></style></title></textarea></pre></div>",
    "javascript:alert(1) https://example.org/x.js",
    "\\u003c \\ ${x} `tick` {brace}",
    "ไ 🙂 שלום",
)
ADDRESS = re.compile(r"^\s*(https?:|//|ftp:|file:)", re.IGNORECASE)


def report(*sections: Section, **given: Any) -> Report:
    values = {
        "title": "What does the head expect?",
        "inputs": (("Text", "the cat"),),
        "settings": (("reading", "hidden"),),
        "sections": sections,
        "notes": definitions([glossary.ENTROPY, glossary.PLL]),
        "provenance": made.PROVENANCE,
        "snippet": "print(1)",
        "link": None,
        "made": MADE,
    }
    return Report(**values | given)


def everything(texts: tuple[str, ...] = HOSTILE) -> Report:
    """A report with every kind of section, and these texts wherever a text can stand."""
    seen = made.reading(texts, second_from=4)
    hidden = made.hidden(seen)
    frame = pd.DataFrame({text: [text, "plain"] for text in texts})
    return report(
        *texts,
        strip.strip(hidden, "entropy", LIGHT, "usual"),
        Wide(heatmap.entropy_heatmap(seen, hidden, LIGHT, "usual"), 580),
        tokens.top_k_map(seen, LIGHT, (0, len(seen.encoded))),
        tokens.position_bars(seen, 1, LIGHT),
        nsp.margins(made.comparison(), LIGHT, "usual"),
        *(Table(text, frame, text) for text in texts),
        title=" ".join(texts),
        inputs=tuple((text, text) for text in texts),
        settings=tuple((text, text) for text in texts),
        notes=tuple((text, text) for text in texts),
        snippet="\n".join(texts),
        link=" ".join(texts),
    )


def parsed(page: str) -> html.HtmlElement:
    return html.document_fromstring(page)


def data(page: html.HtmlElement, name: str) -> Any:
    (found,) = page.xpath(f"//script[@id='{name}']")
    return json.loads(found.text)


# --- structure ---


def test_the_file_is_one_document_in_utf_8() -> None:
    page = html_report(everything())
    assert page.startswith('<!doctype html>\n<html lang="en">')
    root = parsed(page)
    assert root.get("lang") == "en"
    assert root.xpath("//head/meta[@charset='utf-8']")
    assert len(root.xpath("//h1")) == 1
    assert [part.get("id") for part in root.xpath("//main/section")] == [
        "inputs",
        "settings",
        "results",
        "notes",
        "provenance",
        "snippet",
        "citation",
    ]
    names = root.xpath("//@id")
    assert len(names) == len(set(names))


def balanced(page: str) -> None:
    """Every element is closed where it should be: the file is also well-formed XML, once the scripts are out of it."""
    body = re.sub(r"<script(?! type).*?</script>", "", page[page.index("<body>") : page.index("</html>")], flags=re.S)
    body = body.replace("&nbsp;", " ").replace("<br>", "<br/>")
    try:
        etree.fromstring(body.encode(), etree.XMLParser(huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise AssertionError(str(error)) from None


def test_every_element_is_closed_whatever_the_texts() -> None:
    page = html_report(everything())
    balanced(page)
    assert_rejects(balanced, page.replace("</figcaption>", "", 1))


def test_parts_without_content_are_left_out() -> None:
    root = parsed(html_report(report(inputs=(), settings=(), notes=(), snippet="")))
    assert [part.get("id") for part in root.xpath("//main/section")] == ["provenance", "citation"]


def test_the_same_report_is_the_same_file() -> None:
    assert html_report(everything()) == html_report(everything())


# --- hostile texts ---


def test_texts_arrive_as_they_were_given() -> None:
    root = parsed(html_report(everything()))
    # lxml reads a numeric reference to a return as the return.
    assert [field.text_content() for field in root.xpath("//section[@id='inputs']//*[@class='text']")] == list(HOSTILE)
    assert [note.text_content() for note in root.xpath("//p[@class='note']")] == list(HOSTILE)
    assert root.xpath("//section[@id='snippet']//code")[0].text_content() == "\n".join(HOSTILE)
    assert root.xpath("//title")[0].text_content() == " ".join(HOSTILE)


def test_a_null_character_is_seen_to_have_been_there() -> None:
    page = html_report(report("a\0b", inputs=(("Text", "a\0b"),)))
    assert "\0" not in page
    assert parsed(page).xpath("//section[@id='inputs']//*[@class='text']")[0].text_content() == "a\ufffdb"


def no_elements_of_others(page: str) -> None:
    root = parsed(page)
    assert root.xpath("//img | //iframe | //object | //embed | //link | //base | //form | //a") == []
    handlers = [name for element in root.iter(etree.Element) for name in element.attrib if name.startswith("on")]
    assert handlers == []
    kinds = [script.get("type") for script in root.xpath("//script")]
    assert kinds.count(None) == 2
    assert set(kinds) == {None, "application/json"}


def test_a_text_can_not_become_markup() -> None:
    page = html_report(everything())
    no_elements_of_others(page)
    assert_rejects(no_elements_of_others, page.replace('<p class="note">', '<p class="note"><img src=x>', 1))
    assert_rejects(no_elements_of_others, page.replace('<p class="note">', '<p class="note" onclick="alert(1)">', 1))
    assert_rejects(no_elements_of_others, page.replace("</main>", "<script>alert(1)</script></main>", 1))


def test_data_can_not_end_its_script() -> None:
    page = html_report(everything())
    blocks = re.findall(r'<script type="application/json" id="[^"]+">(.*?)</script>', page, re.S)
    assert len(blocks) == 4 * 2 + len(HOSTILE)
    for block in blocks:
        assert not re.search("[<>&\u2028\u2029]", block)
        json.loads(block)
    assert any("\\u003c/script" in block for block in blocks), "or no hostile text has come this far"


def test_only_the_two_scripts_of_ours_may_run() -> None:
    page = html_report(everything())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert rules["script-src"].split() == [f"'sha256-{digest}'" for digest in digests]
    assert set(rules) == {"default-src", "script-src", "style-src", "img-src", "font-src", "base-uri", "form-action"}
    assert "http" not in policy
    assert page.index("Content-Security-Policy") < page.index("<style>")


# --- no network ---


def asks_for_nothing(page: str) -> None:
    """No address in anything a browser would follow; what Plotly asks for in other kinds of figure is not looked at."""
    root = parsed(page)
    own = page.replace(get_plotlyjs(), "")
    for element in root.iter(etree.Element):
        for name in ("src", "href", "srcset", "action", "data", "poster", "background"):
            assert not ADDRESS.search(element.get(name, "")), element.tag
    code = "".join(re.findall(r"<style>.*?</style>|<script>.*?</script>", own, re.S))
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|@import|sendBeacon|WebSocket", code)
    assert {found[:5] for found in re.findall(r"url\(['\"]?([^)]*)", code)} <= {"data:"}
    assert not re.search(r"https?://", code)


def test_nothing_is_asked_of_a_network() -> None:
    page = html_report(everything())
    asks_for_nothing(page)
    for addition in (
        '<script src="https://cdn.example/p.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/x">',
        "<style>@import 'x.css';</style>",
        "<style>p{background:url(https://x.example/a.png)}</style>",
        "<script>fetch('x')</script>",
    ):
        assert_rejects(asks_for_nothing, page.replace("</body>", f"{addition}</body>"))


def test_plotly_is_there_once_and_only_for_figures() -> None:
    assert html_report(everything()).count(get_plotlyjs()) == 1
    without = html_report(report("nothing to draw"))
    assert get_plotlyjs() not in without
    assert len(without) < 200_000, "the fonts are small"


# --- figures and tables ---


def test_every_figure_has_its_words_its_data_and_its_buttons() -> None:
    given = everything()
    root = parsed(html_report(given))
    figures = root.xpath("//figure[@class='chart']")
    drawn = [
        each.chart if isinstance(each, Wide) else each for each in given.sections if isinstance(each, Chart | Wide)
    ]
    assert len(figures) == len(drawn) == 4
    for figure, chart in zip(figures, drawn, strict=True):
        (plot,) = figure.xpath(".//*[@role='img']")
        assert plot.get("aria-label") == chart.alt
        assert figure.xpath(".//h3")[0].text_content() == chart.title
        assert figure.xpath("./figcaption")[0].text_content() == chart.how
        spec = data(root, f"{plot.get('id')}-spec")
        assert {key: spec[key] for key in ("data", "layout")} == {
            key: json.loads(chart.figure.to_json())[key] for key in ("data", "layout")
        }
        assert spec["config"]["responsive"] is True
        assert spec["config"]["displaylogo"] is False
        assert f"min-height:{chart.figure.layout.height}px" in plot.get("style")
        saved = [(button.get("data-save"), button.get("data-name")) for button in figure.xpath(".//button")]
        assert saved == [(kind, f"pretext-{chart.name}.{kind}") for kind in ("svg", "png", "csv")]
    assert "min-width:580px" in figures[0].xpath(".//*[@role='img']")[0].get("style")


def cells_of(table: html.HtmlElement) -> list[list[str]]:
    return [[cell.text_content() for cell in row.xpath("./td")] for row in table.xpath(".//tbody/tr")]


def assert_same_numbers(table: html.HtmlElement, frame: pd.DataFrame) -> None:
    """Every cell holds its value in full: read back in the column's own type it is the same."""
    assert [head.text_content() for head in table.xpath(".//thead//th")] == [str(name) for name in frame.columns]
    rows = cells_of(table)
    assert len(rows) == len(frame)
    for number, (_, column) in enumerate(frame.items()):
        shown, values = [row[number] for row in rows], column.to_numpy()
        if values.dtype == bool:
            assert shown == ["yes" if value else "no" for value in values]
        elif np.issubdtype(values.dtype, np.number):
            back = np.array([float(text or "nan") for text in shown]).astype(values.dtype)
            np.testing.assert_array_equal(back, values)
        else:
            assert shown == ["" if value is None else str(value) for value in values]


def test_every_number_of_every_figure_is_in_its_table() -> None:
    seen = made.reading(k=50)
    hidden = made.hidden(seen)
    comparison = made.comparison()
    drawn = [
        heatmap.entropy_heatmap(seen, hidden, LIGHT, "usual"),
        tokens.top_k_map(hidden, LIGHT, (0, len(seen.encoded))),
        tokens.position_bars(seen, 1, LIGHT),
        nsp.margins(comparison, LIGHT, "usual"),
        nsp.effects(comparison, LIGHT, "usual"),
    ]
    root = parsed(html_report(report(*drawn)))
    for figure, chart in zip(root.xpath("//figure[@class='chart']"), drawn, strict=True):
        (table,) = figure.xpath("./details//table")
        assert_same_numbers(table, chart.table)
    changed = drawn[2].table
    changed.loc[3, "p"] += 1e-6
    assert_rejects(assert_same_numbers, root.xpath("//figure[@class='chart']")[2].xpath("./details//table")[0], changed)


def test_a_table_is_cut_where_it_is_too_long_and_its_csv_is_not() -> None:
    frame = pd.DataFrame({"n": range(MAX_ROWS + 5)})
    root = parsed(html_report(report(Table("Long", frame))))
    assert len(root.xpath("//tbody/tr")) == MAX_ROWS
    assert "The first 2,000 of 2,005 rows; the CSV has all of them." in root.text_content()
    assert len(pd.read_csv(io.StringIO(data(root, "table-1-csv")))) == MAX_ROWS + 5
    whole = parsed(html_report(report(Table("Long", frame.head(MAX_ROWS)))))
    assert "The first" not in whole.xpath("//section[@id='results']")[0].text_content()


def test_a_csv_names_the_model_and_the_moment() -> None:
    chart = tokens.position_bars(made.reading(), 1, LIGHT)
    written = data(parsed(html_report(report(chart))), "figure-1-csv")
    assert written == tables.csv(chart.table, made.PROVENANCE, MADE)
    rows = pd.read_csv(io.StringIO(written))
    source = made.PROVENANCE
    named = rows[["model", "revision", "dtype", "versions", "exported_utc"]].drop_duplicates().to_numpy().tolist()
    assert named == [[source.spec, source.revision, source.dtype, "pretext 0.1.0 torch 2.13.0", MADE]]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-45.23130798339844, "-45.2313"),
        (0.99999999, "0.99999999"),
        (1.0, "1"),
        (0.0, "0"),
        (1e-9, "1e-09"),
        (129485.07824432707, "129485"),
        (np.float32(0.1), "0.1"),
        (float("nan"), ""),
        (float("inf"), "inf"),
        (None, ""),
        (True, "yes"),
        (7, "7"),
    ],
)
def test_how_a_table_of_its_own_prints_a_value(value: object, shown: str) -> None:
    frame = pd.DataFrame({"value": np.array([value], dtype=object)})
    assert cells_of(parsed(html_report(report(Table("One", frame)))).xpath("//table")[0]) == [[shown]]


@pytest.mark.parametrize(("rows", "columns", "folded"), [(30, 9, False), (31, 1, True), (1, 10, True)])
def test_large_tables_are_folded_away(rows: int, columns: int, folded: bool) -> None:
    frame = pd.DataFrame({f"c{i}": range(rows) for i in range(columns)})
    root = parsed(html_report(report(Table("Any", frame))))
    assert bool(root.xpath("//details//table")) == folded
    assert bool(root.xpath("//*[@class='on-paper']")) == folded


# --- the strip ---


def test_the_strip_says_in_words_what_it_shows_in_colour() -> None:
    seen = made.reading(("un", "##able", "[UNK]", "[MASK]", "sat"), second_from=4)
    drawn = strip.strip(made.edited(seen, (1, 9)), "surprisal", LIGHT, "usual")
    root = parsed(html_report(report(drawn)))
    cells = root.xpath("//*[@role='listitem']")
    assert [cell.xpath(".//*[starts-with(@class, 'chip')]")[0].text_content() for cell in cells] == [
        ("##" if token["piece"] else "") + token["text"] for token in drawn["tokens"]
    ]
    for cell, token in zip(cells, drawn["tokens"], strict=True):
        classes = set(cell.get("class").split())
        assert {flag for flag in ("joined", "ghost", "unknown", "edited") if token[flag]} == classes - {
            "cell",
            "in-a",
            "in-b",
        }
        assert f"in-{token['segment'].lower()}" in classes
        assert token["name"] in cell.get("aria-label")
        assert all(guess in cell.get("aria-label") for guess in token["guesses"])
        style = cell.xpath(".//*[starts-with(@class, 'chip')]")[0].get("style")
        assert style == (None if token["ghost"] else f"background:{token['fill']};color:{token['ink']}")
        value = cell.xpath(".//*[@class='value']")[0].text_content()
        assert value == ("\u00a0" if token["ghost"] else token["value"])
    assert [each.text_content() for each in root.xpath("//*[@class='segment']")] == ["A", "B"]
    legend = root.xpath("//*[@class='legend']")[0].text_content()
    assert all(drawn["legend"][part] in legend for part in ("name", "low", "high"))


def test_one_text_has_no_segments_to_tell_apart() -> None:
    root = parsed(html_report(report(strip.strip(made.reading(), "entropy", LIGHT, "usual"))))
    assert root.xpath("//*[@class='segment']") == []
    assert root.xpath("//*[contains(@class, 'in-a')]") == []


# --- method, versions, citation ---


def test_where_the_numbers_come_from() -> None:
    root = parsed(html_report(report()))
    rows = dict(
        zip(
            (term.text_content() for term in root.xpath("//section[@id='provenance']//dt")),
            (text.text_content() for text in root.xpath("//section[@id='provenance']//dd")),
            strict=True,
        )
    )
    source = made.PROVENANCE
    assert rows == {
        "model": source.spec,
        "revision": source.revision,
        "architecture": source.architecture,
        "heads": "masked-LM: real, next-sentence: real",
        "arithmetic": "float32",
        "truncation": "none",
        "layout of the results": "1",
        "pretext": "0.1.0",
        "torch": "2.13.0",
        "made": "2026-01-02 03:04:05 UTC",
    }


def test_how_to_cite_it() -> None:
    citation = parsed(html_report(report())).xpath("//section[@id='citation']//code")[0].text_content()
    assert "title = {Pretext: a visual explorer for BERT's two pre-training heads}" in citation
    assert "author = {The Pretext developers}" in citation
    assert "version = {0.1.0}" in citation
    assert "year = {2026}" in citation
    assert made.PROVENANCE.revision in citation
    assert "<i>name</i> \\& co" in citation, "what BibTeX would take for its own is escaped"
    assert citation.count("{") == citation.count("}")


def test_a_measure_is_defined_with_its_caveat() -> None:
    text = parsed(html_report(report())).xpath("//section[@id='notes']")[0].text_content()
    assert glossary.ENTROPY.definition in text
    assert glossary.PLL.definition in text
    assert glossary.PLL.caveat in text


def test_a_link_is_printed_and_leads_nowhere() -> None:
    address = "http://127.0.0.1:8501/?text=<b>&x=1"
    root = parsed(html_report(report(link=address)))
    assert address in [code.text_content() for code in root.xpath("//header//code")]
    assert root.xpath("//@href") == []


# --- the report of a text ---


@pytest.fixture
def results(
    notebook_reading: SeenReading, notebook_maskings: dict[str, HiddenReading], notebook_pair: SegmentationComparison
) -> TextResults:
    return TextResults(notebook_reading, tuple(notebook_maskings.values()), notebook_pair, None, "fp32")


def titles(of: Report) -> list[str]:
    return [title.text_content() for title in parsed(html_report(of)).xpath("//section[@id='results']//h3")]


def test_a_text_s_report_holds_what_its_pages_show(results: TextResults) -> None:
    of = text_report(results, masking="word_l2r", measure="entropy", made=MADE)
    at = tokens.telling_position(results.seen)
    assert titles(of) == [
        "Token by token: entropy, hidden",
        "The text in numbers",
        "Entropy across the sequence",
        "The 10 most probable tokens at each position, hidden: the token and the rest of its word",
        f"Position {at} · [MASK]",
        "Pseudo-log-likelihood",
        "Pseudo-log-likelihood by word",
        "Margins on one axis",
        "What made it think so",
        "Both logits",
        "Every position, seen",
        "Every position, hidden",
    ]


def test_a_token_is_shown_seen_and_hidden(tiny: ModelBundle) -> None:
    reading = read_hidden(tiny, "the cat sat")
    results = TextResults(reading.seen, (reading,), None, None, "fp32")
    of = text_report(results, masking="word_l2r", measure="entropy", made=MADE)
    at = tokens.telling_position(reading.seen)
    token = reading.encoded.tokens[at]
    assert [title for title in titles(of) if title.startswith("Position")] == [
        f"Position {at} · {token}, seen",
        f"Position {at} · {token}, hidden",
    ]


def test_a_seen_report_says_nothing_of_hidden_tokens(notebook_reading: SeenReading) -> None:
    of = text_report(TextResults(notebook_reading, (), None, None, "fp32"), masking="token", measure="p", made=MADE)
    assert not [title for title in titles(of) if "hidden" in title or "Pseudo" in title or "Margins" in title]
    assert dict(of.settings)["reading"] == "seen"
    assert "copy gap (bits)" not in dict(of.notes)


def test_the_scores_are_those_of_the_analysis(results: TextResults) -> None:
    of = text_report(results, masking="word_l2r", measure="entropy", made=MADE)
    (table,) = [each.frame for each in of.sections if isinstance(each, Table) and each.title == "Pseudo-log-likelihood"]
    assert table["PLL (nats)"].tolist() == [score(reading).pll_nats for reading in results.hidden]
    assert table["what is hidden"].tolist() == list(glossary.SCORE_NAMES.values())


def test_a_long_text_s_map_is_a_page_and_says_so() -> None:
    seen = made.reading([f"t{i}" for i in range(200)], k=10)
    of = text_report(TextResults(seen, (), None, None, "fp32"), masking="token", measure="entropy", made=MADE)
    at = tokens.telling_position(seen)
    (said,) = [each for each in of.sections if isinstance(each, str)]
    first, last = (int(number) for number in re.findall(r"(\d+) to (\d+) of 202", said)[0])
    assert first <= at <= last
    assert last - first + 1 == 60
    short = made.reading([f"t{i}" for i in range(40)], k=10)
    of = text_report(TextResults(short, (), None, None, "fp32"), masking="token", measure="entropy", made=MADE)
    assert not [each for each in of.sections if isinstance(each, str)]


def test_why_there_is_no_next_sentence_head_is_said() -> None:
    why = "This checkpoint has no next-sentence head."
    of = text_report(TextResults(made.reading(), (), None, why, "fp32"), masking="token", measure="entropy", made=MADE)
    assert why in parsed(html_report(of)).text_content()


# --- the command line ---

Run = Callable[..., Result]


@pytest.fixture
def run(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the program on the tiny model in an empty folder; returns status, stdout, stderr."""
    monkeypatch.setenv("PRETEXT_MODEL", str(tiny_folder))
    monkeypatch.delenv("PRETEXT_DTYPE", raising=False)
    monkeypatch.chdir(tmp_path)

    def main(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            status = program.main(arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else -1
        return status, *capsys.readouterr()

    return main


def written(result: Result, file: Path) -> html.HtmlElement:
    status, out, err = result
    assert (status, out) == (0, "")
    assert err == f"Wrote {file}, {file.stat().st_size / 1e6:.1f} MB.\n"
    return parsed(file.read_text(encoding="utf-8"))


def facts(root: html.HtmlElement) -> dict[str, str]:
    terms, texts = (root.xpath(f"//section[@id='settings']//{tag}") for tag in ("dt", "dd"))
    return {term.text_content(): text.text_content() for term, text in zip(terms, texts, strict=True)}


def test_a_report_is_written_and_said_to_be(run: Run, tiny: ModelBundle) -> None:
    root = written(run("report", "the [MASK] sat.", "-k", "3"), Path("report.html"))
    assert [field.text_content() for field in root.xpath("//*[@class='text']")] == ["the [MASK] sat."]
    reading = read_hidden(tiny, "the [MASK] sat.", k=3)
    (table,) = root.xpath("//figure[.//h3='Entropy across the sequence']//table")
    assert_same_numbers(table, heatmap.entropy_heatmap(reading.seen, reading, LIGHT, "usual").table)


def test_a_file_of_that_name_is_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("old " * 10_000_000)
    written(run("report", "the cat", "-o", "mine.html", "--reading", "seen"), Path("mine.html"))


def test_the_options_reach_the_readings(run: Run, tiny: ModelBundle) -> None:
    root = written(
        run(
            *("report", "the cat sat", "--pair", "a dog", "--edit", "2=dog", "-k", "4", "--measure", "gap"),
            *("--masking", "word", "--output", "all.html"),
        ),
        Path("all.html"),
    )
    assert facts(root) == {
        "reading": "hidden: the whole word, beside seen",
        "predictions per position": "4",
        "colour of the strip": "copy gap",
        "edits": "dog at position 2",
        "units": "bits for entropy, surprisal and copy gap; nats for PLL and margins",
    }
    chips = [chip.text_content() for chip in root.xpath("//*[@role='listitem']//*[starts-with(@class, 'chip')]")]
    edit = tiny.tokenizer.convert_tokens_to_ids("dog")
    assert chips == list(read_seen(tiny, "the cat sat", "a dog", edits=[(2, edit)]).encoded.tokens)
    assert "The segmentations are of the texts as given, without the edits." in root.text_content()
    assert root.xpath("//h3[.='Margins on one axis']")


def test_texts_from_stdin_and_from_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("a dog\n", encoding="utf-8")
    root = written(run("report", "-", "--pair", "@b.txt", "--reading", "seen", stdin=b"the cat"), Path("report.html"))
    assert [field.text_content() for field in root.xpath("//*[@class='text']")] == ["the cat", "a dog"]


def test_a_long_text_is_read_in_windows_when_asked(run: Run) -> None:
    text = "the cat sat " * 30
    assert_refused(run("report", text), "windows|shorten")
    root = written(run("report", text, "--windows", "--reading", "seen"), Path("report.html"))
    assert root.xpath("//h3[contains(., 'overlapping windows')]")


@pytest.mark.parametrize("name", ["without_nsp", "tiny_roberta"])
def test_a_model_without_the_second_head(run: Run, checkpoint_folder: Callable[..., Path], name: str) -> None:
    folder = str(checkpoint_folder(name))
    root = written(run("report", "a cat", "--pair", "a dog", "--model", folder), Path("report.html"))
    why = load_bundle(folder).nsp.why_absent
    assert why
    assert why in root.text_content()
    assert not root.xpath("//h3[.='Margins on one axis']")


def test_the_snippet_makes_the_same_numbers(run: Run) -> None:
    arguments = ("report", "the 'cat' \\ sat", "--pair", 'a "dog"', "--edit", "2=dog", "-k", "4")
    root = written(run(*arguments), Path("report.html"))
    source = root.xpath("//section[@id='snippet']//code")[0].text_content()
    ast.parse(source)
    made_again: dict[str, Any] = {}
    exec(source, made_again)
    hidden = made_again["hidden"][1]
    assert hidden.masking == "word_l2r"
    (table,) = root.xpath("//figure[.//h3='Entropy across the sequence']//table")
    assert_same_numbers(table, heatmap.entropy_heatmap(made_again["seen"], hidden, LIGHT, "usual").table)
    (table,) = root.xpath("//figure[.//h3='Both logits']//table")
    assert_same_numbers(table, nsp.logits(made_again["comparison"], LIGHT).table)


REFUSED = {
    "k of 0": (["a", "-k", "0"], "k = 0 came"),
    "blank text": (["  "], "only white space"),
    "stdin twice": (["-", "--pair", "-"], "Only one of the two texts"),
    "no such text file": (["@no-such-file"], "can't be read"),
    "an edit that is none": (["a", "--edit", "cat"], "write the position and a token"),
    "an edit beyond the text": (["a", "--edit", "99=cat"], "99"),
    "a gap without a hidden reading": (["a", "--measure", "gap", "--reading", "seen"], "The copy gap compares"),
    "no such folder for the model": (["a", "--model", "/no/such"], "no such folder"),
    "a folder for the file": (["a", "-o", "."], "The report can't be written"),
    "no such folder for the file": (["a", "-o", "no/such/report.html"], "The report can't be written"),
    "a file's name with NUL": (["a", "-o", "a\0b"], "The report can't be written"),
    "a file's name too long": (["a", "-o", "a" * 5000], "The report can't be written"),
}
USAGE = {
    "nothing": ([], "required"),
    "no such command": (["write"], "invalid choice"),
    "no text": (["report"], "required"),
    "two texts": (["report", "a", "b"], "unrecognized arguments: b"),
    "another reading": (["report", "a", "--reading", "both"], "invalid choice"),
    "another measure": (["report", "a", "--measure", "perplexity"], "invalid choice"),
    "another masking": (["report", "a", "--masking", "none"], "invalid choice"),
    "a word for k": (["report", "a", "-k", "many"], "invalid int value"),
}


@pytest.mark.parametrize(("arguments", "match"), REFUSED.values(), ids=REFUSED)
def test_a_report_that_can_t_be_made(run: Run, tmp_path: Path, arguments: list[str], match: str) -> None:
    assert_plain_sentence(assert_refused(run("report", *arguments), match))
    assert list(tmp_path.glob("*.html")) == []


@pytest.mark.parametrize(("arguments", "match"), USAGE.values(), ids=USAGE)
def test_a_command_that_is_none(run: Run, arguments: list[str], match: str) -> None:
    assert_refused(run(*arguments), f"{match}.*; see python -m dashboard --help$")


def test_the_file_is_tried_before_the_model_is_loaded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "load_bundle", lambda *_, **_options: pytest.fail("seconds of loading for nothing"))
    assert_refused(run("report", "a", "-o", "no/such/report.html"), "can't be written")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_disk_without_room(run: Run) -> None:
    assert_plain_sentence(assert_refused(run("report", "a", "-o", "/dev/full", "--reading", "seen"), "space"))


def test_progress_is_for_terminals_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, err = run("report", "the cat sat")
    assert "reading with each token hidden" not in err
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    run("report", "the cat sat")
    assert "reading with each token hidden: 3 of 3 inputs\n" in terminal.getvalue()


def test_neither_help_nor_a_report_needs_streamlit(tmp_path: Path, tiny_folder: Path) -> None:
    probe = (
        "import sys\nfrom dashboard.__main__ import main\nstatus = 0\n"
        "try:\n    status = main(sys.argv[1:])\nexcept SystemExit as end:\n    status = end.code\n"
        "finally:\n    print('loaded:', sorted({'streamlit', 'torch', 'plotly', 'pandas'} & sys.modules.keys()))\n"
        "sys.exit(status)"
    )
    environment = {**os.environ, "PRETEXT_MODEL": str(tiny_folder)}
    for arguments, loaded in (
        (["--help"], []),
        (["report", "--help"], []),
        (["report", "a", "--reading", "other"], []),
        (["report", "a cat", "-o", str(tmp_path / "r.html")], ["pandas", "plotly", "torch"]),
    ):
        done = subprocess.run(
            [sys.executable, "-c", probe, *arguments],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment,
            check=False,
        )
        assert done.returncode == (2 if "other" in arguments else 0), done.stderr
        assert done.stdout.splitlines()[-1] == f"loaded: {loaded}"


def test_the_examples_are_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(["report", "--help"])
    examples = re.findall(r"python -m dashboard (.+)", capsys.readouterr().out.partition("examples:")[2])
    assert len(examples) >= 4
    for example in examples:
        assert program._parser().parse_args(shlex.split(example)).text


def test_the_version(run: Run) -> None:
    assert run("--version") == (0, f"pretext {cli.__version__}\n", "")
