"""A report as a file: safe with any text, complete, without an address that anything could be asked of.

Whether it looks as it should is seen in a browser: ``tests/e2e``.
"""

import base64
import hashlib
import io
import json
import re
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from lxml import etree, html
from plotly.offline import get_plotlyjs

from dashboard import glossary
from dashboard.drawing import strip, tables
from dashboard.drawing.palette import palette
from dashboard.drawing.styles import style
from dashboard.pages.next_sentence.rows import variant_rows
from dashboard.paper.report import MAX_ROWS, Report, html_report
from dashboard.sections import Act, Beside, Code, Fields, Folded, Note, Section, Strip, StripKind, Waiting
from tests.analysis.stand_ins import assert_rejects
from tests.dashboard import made
from tests.dashboard.kinds import MADE, a_chart, a_report, a_table, every_kind, strips

LIGHT = palette("light")
MARK = "qq-qq"
"""A text that stands nowhere else."""
HOSTILE = {
    "an element": "<img src=x onerror=alert(1)>",
    "the end of a script": "</script><script>alert(1)</script>",
    "the end of other elements": "]]></style></title></textarea></pre></details></div><svg onload=alert(1)>",
    "the beginning of a comment": "<!--<script>",
    "an attribute": '" onmouseover="alert(1)" x="',
    "an attribute in single quotes": "' autofocus onfocus='alert(1)' x='",
    "a style": "red;background:url(https://example.org/a.png)}",
    "an address": "javascript:alert(1) https://example.org/x.js",
    "a template": "{{ 7 * 7 }} {% raw %} {# {{ report }}",
    "entities": "&amp; &lt;b&gt; &#60; \\u003c",
    "white space": "  two\n\n lines\r\n and a return\r, \u2028 and \u2029",
    "other scripts": "ไ 🙂 שלום",
    "a null character": "a\0b",
}
ADDRESS = re.compile(r"^\s*(https?:|//|ftp:|file:)", re.IGNORECASE)


def everything(text: str) -> Report:
    """A report with every kind of section, and this text wherever a text can stand."""
    sections = every_kind(text)
    (answer, *_) = sections
    return a_report(
        *sections,
        title=text,
        answer=answer,
        **dict.fromkeys(("inputs", "settings", "notes"), ((text, text), (text, text))),
        snippet=text,
        link=text,
    )


def parsed(page: str) -> html.HtmlElement:
    """The document; Plotly's four megabytes aside."""
    return html.document_fromstring(page.replace(get_plotlyjs(), ""))


def results(*sections: Section, **given: Any) -> html.HtmlElement:
    return parsed(html_report(a_report(*sections, **given))).xpath("//section[@id='results']")[0]


def texts(root: html.HtmlElement, path: str) -> list[str]:
    return [each.text_content().strip() for each in root.xpath(path)]


def data(root: html.HtmlElement, kind: str) -> list[Any]:
    return [json.loads(script.text) for script in root.xpath(f".//script[@class='{kind}']")]


# --- the document ---


def balanced(page: str) -> None:
    """Every element is closed where it should be: the body is well-formed XML, too, once the scripts are out of it."""
    body = re.sub(r"<script(?! type).*?</script>", "", page[page.index("<body>") : page.index("</html>")], flags=re.S)
    try:
        etree.fromstring(body.encode(), etree.XMLParser(huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise AssertionError(str(error)) from None


def test_the_file_is_one_whole_document() -> None:
    page = html_report(everything("a < b"))
    assert page.startswith('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">')
    assert page == html_report(everything("a < b")), "the same report is the same file"
    root = parsed(page)
    assert len(root.xpath("//h1")) == 1
    parts = ["inputs", "settings", "results", "notes", "provenance", "snippet", "citation"]
    assert root.xpath("//@id") == root.xpath("//main/section/@id") == parts
    balanced(page)
    assert_rejects(balanced, page.replace("</figcaption>", "", 1))


def test_parts_without_content_are_left_out() -> None:
    root = parsed(html_report(a_report(inputs=(), settings=(), notes=(), snippet="")))
    assert root.xpath("//@id") == ["provenance", "citation"]


# --- hostile texts ---


def same_but_for_the_text(page: str, text: str) -> None:
    """The document is that of a harmless text with this one in its places: no element, no attribute came of it."""
    harmless = html_report(everything(MARK))
    assert nodes(page, MARK) == nodes(harmless, text.replace("\0", "\ufffd"))


def nodes(page: str, text: str) -> list[tuple[str, ...]]:
    """Every element with what stands in and after it and its attributes, ``text`` in place of the mark."""
    found = [
        (each.tag, each.text, each.tail, *sum(each.attrib.items(), ()))
        for each in parsed(page).iter()
        if each.get("type") != "application/json"
    ]
    return [tuple(str(part or "").replace(MARK, text) for part in parts) for parts in found]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_text_stays_text_wherever_it_stands(text: str) -> None:
    same_but_for_the_text(html_report(everything(text)), text)


def test_a_text_that_became_markup_would_be_noticed() -> None:
    page = html_report(everything(MARK))
    for stood, stands in (
        ('<p class="note', '<p onclick="alert(1)" class="note'),
        ("<td>", "<td><img src=x>"),
        ("</main>", "<script>alert(1)</script></main>"),
        (f">{MARK}</span>", ">other</span>"),
    ):
        assert_rejects(same_but_for_the_text, page.replace(stood, stands, 1), MARK)


def test_data_can_not_end_its_script() -> None:
    text = "".join(HOSTILE.values())
    page = html_report(a_report(a_chart(text), a_table(text)))
    blocks = re.findall(r'<script type="application/json" class="\w+">(.*?)</script>', page, re.S)
    assert len(blocks) == 3
    assert not re.search("[<>&'\u2028\u2029]", "".join(blocks))
    (spec,) = data(parsed(page), "spec")
    assert spec["data"][0]["name"] == text


def test_only_scripts_of_ours_may_run() -> None:
    page = html_report(everything("</script>"))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert len(scripts) == 2
    assert rules["script-src"].split() == [f"'sha256-{digest}'" for digest in digests]
    assert set(rules) == {"default-src", "script-src", "style-src", "img-src", "font-src", "base-uri", "form-action"}
    assert "http" not in policy
    assert page.index("Content-Security-Policy") < page.index("<style>")


# --- no network ---


def asks_for_nothing(page: str) -> None:
    """No address in anything a browser would follow; what Plotly asks for in other kinds of figure is not looked at."""
    own = page.replace(get_plotlyjs(), "")
    for element in parsed(page).iter(etree.Element):
        for name in ("src", "href", "srcset", "action", "data", "poster", "background"):
            assert not ADDRESS.search(element.get(name, "")), element.tag
    code = "".join(re.findall(r"<style>.*?</style>|<script>.*?</script>", own, re.S))
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|@import|sendBeacon|WebSocket", code)
    assert {found[:5] for found in re.findall(r"url\(['\"]?([^)]*)", code)} <= {"data:"}
    assert not re.search(r"https?://", code)


def test_nothing_is_asked_of_a_network() -> None:
    address = "http://127.0.0.1:8501/?view=<b>&x=1"
    page = html_report(a_report(*every_kind("a"), link=address))
    asks_for_nothing(page)
    assert texts(parsed(page), "//header//code") == [address], "printed, and not linked"
    for addition in (
        '<script src="https://cdn.example/p.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/x">',
        "<style>@import 'x.css';</style>",
        "<style>p{background:url(https://x.example/a.png)}</style>",
        "<script>fetch('x')</script>",
    ):
        assert_rejects(asks_for_nothing, page.replace("</body>", f"{addition}</body>"))


def test_plotly_is_there_once_and_only_for_figures() -> None:
    inside = Folded("more", (Beside(((a_chart("a"),), (a_chart("b"),))),), key="more")
    assert html_report(a_report(inside)).count(get_plotlyjs()) == 1
    without = html_report(a_report(*strips("a"), a_table("a")))
    assert get_plotlyjs() not in without
    assert len(without) < 200_000, "the fonts are small"


# --- figures and tables ---


def test_a_figure_has_its_words_its_data_and_its_buttons() -> None:
    chart = a_chart(MARK, min_width=580)
    root = results(chart)
    (plot,) = root.xpath(".//figure//*[@role='img']")
    assert plot.get("aria-label") == chart.alt
    assert plot.get("style") == "min-width:580px;min-height:240px"
    assert texts(root, ".//figure//h3") == [chart.title]
    assert texts(root, ".//figcaption") == [chart.how]
    (spec,) = data(root, "spec")
    drawn = json.loads(chart.figure.to_json())
    assert [spec["data"], spec["layout"]] == [drawn["data"], drawn["layout"]]
    assert spec["config"] == {"responsive": True, "displaylogo": False, "displayModeBar": False}
    saved = [(button.get("data-save"), button.get("data-name")) for button in root.xpath(".//button")]
    assert saved == [(kind, f"pretext-bars.{kind}") for kind in ("svg", "png", "csv")]


def cells_of(table: html.HtmlElement) -> list[list[str]]:
    return [[cell.text_content() for cell in row.xpath("./td")] for row in table.xpath(".//tbody/tr")]


def assert_same_numbers(table: html.HtmlElement, frame: pd.DataFrame) -> None:
    """Every cell holds its value in full: read back in the column's own type it is the same."""
    assert texts(table, ".//thead//th") == [str(name) for name in frame.columns]
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


NUMBERS = pd.DataFrame(
    {
        "word": ["a", "", "c"],
        "float64": [1 / 3, 1e-9, np.nan],
        "float32": np.array([0.1, 12.3456789, 1 - 2**-24], np.float32),
        "int32": np.array([0, 129485, -3], np.int32),
        "bool": [True, False, True],
    }
)


@pytest.mark.parametrize(
    "section",
    [a_chart("a", make_table=lambda: NUMBERS), a_table("a", make=lambda: NUMBERS, folded=True)],
    ids=["of a figure", "folded away"],
)
def test_a_table_to_be_looked_up_holds_every_number_in_full(section: Section) -> None:
    root = results(section)
    (table,) = root.xpath(".//details[@class='in-file']//table")
    assert_same_numbers(table, NUMBERS)
    assert table.xpath(".//th[@class='n']/text()") == ["float64", "float32", "int32"]
    assert len(root.xpath(".//*[@class='on-paper']")) == 1
    assert_rejects(assert_same_numbers, table, NUMBERS.assign(float64=[1 / 3 + 1e-12, 1e-9, np.nan]))


def test_a_table_to_be_read_prints_six_digits_and_never_a_1_that_is_none() -> None:
    printed = (
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
    )
    frame = pd.DataFrame({"value": np.array([value for value, _ in printed], dtype=object)})
    assert cells_of(results(a_table("a", make=lambda: frame))) == [[text] for _, text in printed]


def test_a_table_that_stands_open_is_printed_as_on_screen_and_saved_unrounded() -> None:
    frame = pd.DataFrame({"PLL": [-12.345678]}, index=["whole word"])
    table = a_table("a", make=lambda: frame, printed=lambda: frame.map(lambda value: f"{value:.2f}"))
    root = results(table)
    assert texts(root, ".//th") == ["", "PLL"]
    assert cells_of(root) == [["whole word", "-12.35"]]
    (saved,) = data(root, "csv")
    assert saved == tables.csv(frame.reset_index(names=""), made.PROVENANCE, MADE)


@pytest.mark.parametrize(("rows", "columns", "folded"), [(30, 9, False), (31, 1, True), (1, 10, True)])
def test_large_tables_are_folded_away(rows: int, columns: int, folded: bool) -> None:
    frame = pd.DataFrame({f"c{i}": range(rows) for i in range(columns)})
    root = results(a_table("a", make=lambda: frame))
    assert bool(root.xpath(".//details[@class='in-file']//table")) == folded
    assert bool(root.xpath(".//*[@class='on-paper']")) == folded


def test_a_table_is_cut_where_it_is_too_long_and_its_csv_is_not() -> None:
    frame = pd.DataFrame({"n": range(MAX_ROWS + 5)})
    root = results(a_table("a", make=lambda: frame))
    assert len(root.xpath(".//tbody/tr")) == MAX_ROWS
    assert "The first 2,000 of 2,005 rows; the CSV has all of them." in root.text_content()
    (saved,) = data(root, "csv")
    assert len(pd.read_csv(io.StringIO(saved))) == MAX_ROWS + 5
    assert "The first" not in results(a_table("a", make=lambda: frame.head(MAX_ROWS))).text_content()


def test_a_csv_names_the_model_and_the_moment() -> None:
    chart = a_chart('a,\n"b"')
    (saved,) = data(results(chart), "csv")
    assert saved == tables.csv(chart.table, made.PROVENANCE, MADE)
    rows = pd.read_csv(io.StringIO(saved))
    source = made.PROVENANCE
    named = rows[["model", "revision", "dtype", "versions", "exported_utc"]].drop_duplicates().to_numpy().tolist()
    assert named == [[source.spec, source.revision, source.dtype, "pretext 0.1.0 torch 2.13.0", MADE]]


# --- sections ---


def test_every_kind_of_section_is_there_but_what_only_a_screen_can_do() -> None:
    there = results(*every_kind(MARK))
    assert len(there.xpath("./*")) == 1 + len(every_kind(MARK)) - 3 + len(there.xpath("./*[@class='on-paper']"))
    assert (
        results(Note("a")).text_content() == results(Note("a"), Fields(("k",)), Act("edit"), Waiting()).text_content()
    )


def test_what_is_folded_away_is_printed_if_it_is_only_words() -> None:
    code = Code("print(1)", title="How")
    words, figures = Folded("Why", (Note("because"), code), "a"), Folded("More", (words_in := a_table("b"),), "b")
    root = results(words, figures)
    assert root.xpath("./details/@class") == ["in-file"]
    assert texts(root, "./details/summary") == ["Why", "More"]
    assert texts(root, "./*[@class='on-paper']") == ["More: in the HTML file."]
    assert texts(root, "./details[1]//code") == ["print(1)"]
    assert texts(root, "./details[2]//h3") == [words_in.title]


def test_columns_keep_their_widths() -> None:
    root = results(Beside(((Note("a"), Note("b")), (Note("c"),)), widths=(3, 2)), Beside(((Note("d"),),)))
    columns = root.xpath(".//*[@class='beside']/*")
    assert [(column.get("style"), texts(column, "./p")) for column in columns] == [
        ("flex-grow:3", ["a", "b"]),
        ("flex-grow:2", ["c"]),
        ("flex-grow:1", ["d"]),
    ]


def test_the_answer_and_numbers_stand_with_what_they_mean() -> None:
    sentence, numbers, *_ = every_kind(MARK)
    root = results(numbers, answer=sentence)
    assert root.xpath("./*[2]/@class") == ["answer"]
    assert texts(root, "./*[@class='answer']/p") == [MARK * 2]
    assert texts(root, ".//strong") == [MARK]
    assert texts(root, ".//details[@class='help']/p") == [MARK, MARK]
    assert texts(root, ".//dl/div[2]/*") == ["mean entropy", "2.41 bits"]


# --- strips ---


def test_the_strip_says_in_words_what_it_shows_in_colour() -> None:
    seen = made.edited(made.reading(("un", "##able", "[UNK]", "[MASK]", "sat"), second_from=4), (1, 9))
    drawn = strip.strip(seen, "surprisal", LIGHT, "usual")
    root = results(Strip("tokens", drawn, "strip", chosen=2))
    cells = root.xpath(".//*[@role='listitem']")
    for cell, token in zip(cells, drawn["tokens"], strict=True):
        assert {flag for flag in ("joined", "ghost", "edited") if token[flag]} == (
            set(cell.get("class").split()) - {"cell", "chosen"}
        )
        assert cell.get("aria-label") == f"{token['name']}; best guesses {', '.join(token['guesses'])}"
        side = {"A": "solid var(--segment-a)", "B": "dashed var(--segment-b)"}[token["segment"]]
        assert cell.get("style") == f"border-top:2px {side}"
        (chip,) = cell.xpath("./*[contains(@class, 'chip')]")
        assert chip.text_content() == (token["guess"] or ("##" if token["piece"] else "") + token["text"])
        assert ("guess" in chip.get("class").split()) == bool(token["guess"])
        assert ("unknown" in chip.get("class")) == token["unknown"]
        assert chip.get("dir") == "auto"
        assert chip.get("style") == (None if token["ghost"] else f"background:{token['fill']};color:{token['ink']}")
        assert texts(cell, "./*[@class='value']") == ["" if token["ghost"] else token["value"]]
    assert texts(root, ".//*[@class='segment']") == ["A", "B"]
    assert [cell.get("aria-current") for cell in cells[:4]] == [None, None, "true", None]
    assert texts(root, ".//*[@class='line']/*") == ["position 2", "##able", *drawn["tokens"][2]["guesses"]]
    legend = texts(root, ".//*[@class='legend']/*")
    assert legend == [drawn["legend"]["name"], drawn["legend"]["low"], "", drawn["legend"]["high"]]
    assert f"--segment-a:{LIGHT.segment_a};--segment-b:{LIGHT.segment_b}" in root.xpath(".//@style")


def test_a_line_of_the_text_ends_a_line_of_the_strip() -> None:
    drawn = strips(MARK)[0].drawn
    root = results(strips(MARK)[0])
    ends = [each.get("class") for each in root.xpath(".//*[@class='strip']/*[@aria-hidden='true']")]
    assert ends == [
        "line-end" if token["line_ends"] == 1 else "line-end stanza" for token in drawn["tokens"] if token["line_ends"]
    ]
    assert ends == ["line-end", "line-end stanza"]


def test_a_page_whose_columns_a_style_sheet_lays_out_is_one_column_on_paper() -> None:
    notes = tuple((Note(text),) for text in ("one", "two", "three"))
    assert results(Beside(notes, key="panel")).xpath(".//*[@class='beside']") == []
    assert texts(results(Beside(notes, key="panel")), ".//*[contains(@class, 'note')]") == ["one", "two", "three"]
    assert len(results(Beside(notes)).xpath(".//*[@class='beside']")) == 1


def test_one_text_has_no_segments_to_tell_apart_and_a_word_is_ringed_for_its_pieces() -> None:
    drawn = strip.strip(made.reading(("a", "b", "c")), "entropy", LIGHT, "usual") | {"at": [0, 1, 3, 5, 6]}
    root = results(Strip("tokens", drawn, "strip", chosen=4))
    assert root.xpath(".//*[@class='segment'] | .//*[@role='listitem']/@style") == []
    assert [bool(cell.get("aria-current")) for cell in root.xpath(".//*[@role='listitem']")] == [False] * 2 + [True] + [
        False
    ] * 2
    assert not results(Strip("tokens", drawn, "strip")).xpath(".//@aria-current")


def test_aligned_tokens_stand_over_each_other() -> None:
    root = results(strips(MARK)[1])
    match, changed, masks, only_a = root.xpath(".//*[@role='listitem']")
    assert texts(masks, "./*[contains(@class, 'guess')]") == [f"{MARK} 22 %"] * 2, "the best guess of either side"
    assert [cell.get("class") for cell in (match, changed, only_a)] == [
        "cell match",
        "cell substitution chosen",
        "cell deletion joined",
    ]
    assert [texts(cell, "./*[not(@class='value')]") for cell in (match, changed, only_a)] == [
        [MARK, "", MARK],
        [MARK, "1.25", MARK],
        [f"##{MARK}", "", "∅"],
    ]
    assert changed.xpath("./*/@class") == ["chip", "value", "js", "chip edited second", "value"]
    assert changed.xpath("./*/@title") == [f"{side}: {MARK}; {MARK}, {MARK}" for side in "AB"]
    assert len(root.xpath(".//*[@class='legend']")) == 2


def test_variants_are_a_table_of_tokens_under_their_ids() -> None:
    comparison = made.comparison(length=16)
    among = made.among([-3.0, 1.5], pair=comparison["correct"].nsp)
    drawn = variant_rows(comparison, among, LIGHT, "usual", 2)
    root = results(Strip("variants", drawn, "variants"))
    head, *rows = root.xpath(".//*[@role='table']/*[@role='row']")
    assert {each.get("role") for each in head.xpath("./*")} == {"columnheader"}
    ends = [drawn["axis"][name] for name in ("low", "high")]
    assert texts(head, ".//*[@class='ends']/*") == [ends[0], "0", ends[1]]
    for row, given in zip(rows, drawn["rows"], strict=True):
        name, logits, axis, numbers, tokens = row.xpath("./*")
        assert [each.get("role") for each in (name, logits, axis, numbers, tokens)] == ["rowheader", *["cell"] * 4]
        assert texts(name, "./*") == [given["title"], given["meaning"]]
        assert texts(logits, "./*/*") == (["z0", given["z0"], "z1", given["z1"]] if given["z0"] else [])
        assert texts(numbers, "./*") == [given["verdict"], given["margin"], given["p"]]
        assert ("first" in row.get("class").split()) == given["first"]
        places = {each.get("class"): each.get("style") for each in axis.xpath("./*/*")}
        assert places["zero"] == "left:50%"
        assert places.get("dot") == (None if given["at"] is None else f"left:{given['at']}%")
        marks = axis.xpath(".//*[@class='mark']/@style")
        assert marks == [f"left:{at}%" for at in given["marks"]]
        for token, cell in zip(tokens.xpath("./*"), given["tokens"], strict=True):
            shown = f"… {cell['more']} …" if "more" in cell else f"{cell['text']}{cell['segment']}"
            assert token.text_content() == shown
    hidden = results(strips(MARK)[2]).xpath(".//*[contains(@class, 'hidden')]")
    assert [texts(each, "./*") for each in hidden] == [[MARK, "–"]] * 2
    assert {each.get("title") for each in hidden} == {"segment id 0, attention mask 0"}


def test_filled_texts_and_read_outs_run_on_without_spaces_of_ours() -> None:
    filled = results(strips(MARK)[3])
    assert texts(filled, ".//*[@role='listitem']/p") == [f"{MARK}{MARK}##{MARK}{MARK}"]
    assert filled.xpath(".//mark/@class") == ["filler differs", "filler"]
    assert filled.xpath(".//mark/@title") == ["the orders disagree here"]
    words = strip.read_out(made.reading(("un", "##able", "sat")))
    read = results(Strip("readout", {"label": "What the head reads back", "words": words, "dir": "ltr"}, "readout"))
    assert texts(read, ".//*[@role='group']/*") == [
        word["predicted"] + ("" if word["same"] else f" instead of {word['stood']}") for word in words
    ]
    apart = [each.get("class").split()[-1] == "apart" for each in read.xpath(".//*[@role='group']/*")]
    assert apart == [not word["joined"] for word in words]


def test_the_strips_styles_reach_no_further_than_their_figures() -> None:
    page = html_report(a_report())
    for kind in get_args(StripKind):
        assert page.count(f".drawn-{kind} {{\n{style(kind)}}}") == 1
    (css,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    assert set(re.findall(r"var\((--st-[\w-]+)", css)) == set(re.findall(r"(--st-[\w-]+):", css))


# --- method, versions, citation ---


def test_where_the_numbers_come_from() -> None:
    root = parsed(html_report(a_report()))
    source = made.PROVENANCE
    pairs = zip(*(texts(root, f"//section[@id='provenance']//{tag}") for tag in ("dt", "dd")), strict=True)
    assert dict(pairs) == {
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
    (citation,) = texts(parsed(html_report(a_report())), "//section[@id='citation']//code")
    assert "title = {Pretext: a visual explorer for BERT's two pre-training heads}" in citation
    assert "author = {The Pretext developers}" in citation
    assert "version = {0.1.0}" in citation
    assert "year = {2026}" in citation
    assert made.PROVENANCE.revision in citation
    assert "<i>name</i> \\& co" in citation, "what BibTeX would take for its own is escaped"
    assert citation.count("{") == citation.count("}")


def test_a_measure_is_defined_with_its_caveat() -> None:
    (notes,) = texts(parsed(html_report(a_report())), "//section[@id='notes']")
    for words in (glossary.ENTROPY.definition, glossary.PLL.definition, glossary.PLL.caveat):
        assert words in notes
