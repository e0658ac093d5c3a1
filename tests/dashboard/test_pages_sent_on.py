"""What can be taken along from every page is the page: a link, a session file, a report, JSON, Python."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZipFile

import numpy as np
import pytest
from lxml import html
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

import analysis
from analysis import tasks
from analysis.models.bundle import ModelBundle
from analysis.questions import Attention, Compare, Question
from analysis.tasks import task_of
from dashboard import __main__ as program
from dashboard.drawing.palette import palette
from dashboard.page import Look, Option, Page, Pick, Several, Switch, Words
from dashboard.pages.attention.asked import shown
from dashboard.paper import link
from dashboard.screen import work
from dashboard.sections import Chart, Strip, Table, flattened
from dashboard.view import ViewState
from tests.dashboard.app import ENTRYPOINT, PATIENCE, all_is_well, go, open_app, resolved
from tests.dashboard.visits import (
    CHANGED,
    Visit,
    arrive,
    downloads,
    on_screen,
    open_file,
    put,
    read_through,
    shared,
    visit_of,
    without_plotly,
)

SCREEN_ONLY = (
    "Try:|.* passes of the model over |Edited after tokenising: |Edited: the text has |A token of the template stays |"
    "Both sides are read by the same model|Sentences are cut by |All .* weights of "
)
"""What captions say of fields and buttons, which paper does not have."""
SHOWN_IN_STRIPS = ("text", "value", "title", "margin", "p", "js", "predicted", "stood")


@pytest.fixture(scope="module", params=CHANGED, ids=", ".join)
def visit(request: pytest.FixtureRequest, checkpoint_folder: Callable[..., Path]) -> Visit:
    return visit_of(*request.param, checkpoint_folder)


@pytest.fixture(scope="module", params=dict(CHANGED).items(), ids=", ".join)
def a_visit(request: pytest.FixtureRequest, checkpoint_folder: Callable[..., Path]) -> Visit:
    """One to every page, for what is written once for all visits."""
    return visit_of(*request.param, checkpoint_folder)


@pytest.fixture(scope="module")
def _answered() -> dict[object, object]:
    """What questions came to that were asked as a whole."""
    return {}


@pytest.fixture(autouse=True)
def _asked_once(monkeypatch: pytest.MonkeyPatch, _answered: dict[object, object]) -> None:
    """What the command line and the snippet ask alike is asked once."""

    def ask_once(models: ModelBundle | tuple[ModelBundle, ...], question: Question, *_: object) -> object:
        asked = models if isinstance(models, tuple) else (models,)
        key = (tuple((model.spec, model.revision) for model in asked), question)
        if key not in _answered:
            _answered[key] = ask(models, question)
        return _answered[key]

    ask = tasks.ask
    for module in (analysis, tasks):
        monkeypatch.setattr(module, "ask", ask_once)


# --- a link, a session file ---


def test_a_link_reopens_the_view_and_nothing_is_lost_over_a_change_of_page(visit: Visit) -> None:
    there = arrive(visit.way.data)
    all_is_well(there)
    assert dict(there.query_params) == {}, "the address keeps nothing of a text"
    assert on_screen(there) == visit.way.shown
    assert link.view_of(shared(there)) == visit.way.view, "and is shared again as it came"
    go(there, "model" if visit.page.key != "model" else "tour")
    go(there, visit.page.key)
    all_is_well(there)
    assert on_screen(there) == visit.way.shown


def test_a_session_file_reopens_the_view_and_says_that_its_numbers_agree(a_visit: Visit) -> None:
    way = a_visit.way
    there = open_file(open_app(), way.session)
    all_is_well(there)
    (verdict,) = there.success
    assert "numbers agree with the saved ones" in verdict.value
    assert json.loads(way.session)["saved"] in resolved(verdict.value)
    assert not there.warning
    assert on_screen(there) == way.shown


def test_a_changed_number_another_version_and_another_model_are_told(checkpoint_folder: Callable[..., Path]) -> None:
    there = open_app()
    for case in (("tokens", "an edited pair"), ("splits", "two curves"), ("compare", "two models")):
        session = json.loads(visit_of(*case, checkpoint_folder).way.session)
        session["made_by"] |= {"torch": "1.0", "revision": "sha256:other"}
        name, old, new = changed(session["results"])
        open_file(there, json.dumps(session))
        all_is_well(there)
        assert not there.success
        (verdict,) = there.warning
        assert f"1 values differ from the saved ones: {name}: {new:.6g} then, {old:.6g} now" in resolved(verdict.value)
        (said,) = [resolved(each.value) for each in there.caption if each.value.startswith("Different since")]
        assert "torch 1.0 then" in said
        assert "revision sha256:other then" in said


def changed(results: Any, where: str = "") -> tuple[str, float, float]:
    """Change the last number; where it stands, what it was and what it is."""
    for key, value in reversed(list(results.items() if isinstance(results, dict) else enumerate(results))):
        name = f"{where}[{key}]" if isinstance(results, list) else f"{where}.{key}".lstrip(".")
        if where and key in {"provenance", "model"}:
            continue
        if isinstance(value, int | float) and not isinstance(value, bool):
            results[key] = 2 * value + 1
            return name, value, results[key]
        if isinstance(value, dict | list):
            found = changed(value, name)
            if found[0]:
                return found
    return "", 0, 0


def test_the_verdict_goes_when_the_question_does() -> None:
    at = open_app("next_sentence")
    with downloads() as given:
        at.run()
    there = open_file(open_app(), given["next_sentence.session"]())
    assert there.success
    put(there, {"units": "bits", "next_sentence.every": True})
    assert there.success, "these only change what is shown"
    put(there, {"next_sentence.text_b": "It slept."})
    assert not there.success


def test_a_session_waits_until_everything_has_been_read(monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_app("splits")
    with downloads() as given:
        at.run()
    saved = given["splits.session"]()
    monkeypatch.setattr(work, "_AT_ONCE_SECONDS", 0.0)
    monkeypatch.setattr(work, "_UNASKED_SECONDS", -1.0)
    there = AppTest.from_file(ENTRYPOINT, default_timeout=PATIENCE)
    there.context = {"theme": "light"}
    open_file(there.run(), saved, read=False)
    all_is_well(there)
    assert [resolved(each.value) for each in there.info] == [
        "The session's numbers are compared when everything has been read."
    ]
    (button,) = [each for each in there.get("download_button") if each.key == "splits.session"]
    assert button.proto.disabled
    assert button.proto.help == "A session file can be saved when everything has been read."


def test_what_stood_there_before_a_session_can_be_undone() -> None:
    at = open_app()
    before = at.text_area(key="tokens.text_a").value
    with downloads() as given:
        put(at, {"tokens.text_a": "The dog ran."})
        read_through(at)
    there = open_file(open_app(), given["tokens.session"]())
    assert there.text_area(key="tokens.text_a").value == "The dog ran."
    there.button(key="tokens.undo").click().run()
    assert there.text_area(key="tokens.text_a").value == before


def test_every_table_and_every_strip_is_a_file(visit: Visit) -> None:
    way = visit.way
    sections = list(flattened(visit.page.sections(way.view, way.results, Look(palette("light")))))
    tables = [each for each in sections if isinstance(each, Chart | Table)]
    with ZipFile(io.BytesIO(way.archive)) as archive:
        assert sorted(archive.namelist()) == sorted(f"pretext-{each.name}.csv" for each in tables)
        for each in tables:
            rows = list(csv.DictReader(io.StringIO(archive.read(f"pretext-{each.name}.csv").decode(), newline="")))
            assert len(rows) == len(each.table if isinstance(each, Chart) else each.make())
            assert {row["model"] for row in rows} == {way.results.provenance.spec}
    strips = [each for each in sections if isinstance(each, Strip)]
    assert list(way.pictures) == [each.key for each in strips]
    for svg in way.pictures.values():
        assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        assert palette("light").ground in svg
        assert escape(way.results.provenance.label) in svg
    assert way.report.count('class="picture"') == len(strips)


# --- a report ---


def results_of(report: str) -> html.HtmlElement:
    """What a report shows of results, without what is folded away there."""
    (results,) = html.document_fromstring(report).xpath("//section[@id='results']")
    for folded in results.xpath(".//details[@class] | .//script | .//*[@class='on-paper'] | .//*[@class='buttons']"):
        folded.drop_tree()
    return results


def words_of(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def results_on(visit: Visit) -> Iterator[Element]:
    """What the page shows between its fields and its ways out."""
    labels = {option.label for option in visit.page.options}
    for each in visit.way.elements:
        if each.type == "subheader" and each.value == "Export":
            return
        # The label of a field in the row of controls is a caption.
        if each.type == "caption" and each.value in labels:
            continue
        if each.type in {"subheader", "markdown", "caption", "info", "metric", "table"}:
            yield each


def said_by(element: Element) -> list[str]:
    """What an element says, as it is read."""
    if element.type == "metric":
        said = [element.label, element.value, element.delta]
    elif element.type == "table":
        said = [cell for row in element.value.to_numpy() for cell in row if isinstance(cell, str)]
    else:
        said = [re.sub(r"\*\*(.+?)\*\*", r"\1", element.value.removeprefix(":material/info: "))]
    return [" ".join(resolved(each).split()) for each in said if each]


def test_a_report_is_its_page(visit: Visit) -> None:
    """Everything that the page says stands in the report, in its order, and every strip holds what it shows."""
    results = results_of(visit.way.report)
    report, at = words_of(results), 0
    said = [words for each in results_on(visit) for words in said_by(each) if not re.match(SCREEN_ONLY, words)]
    assert said
    for words in said:
        assert words in report[at:], report[at : at + 500]
        at = report.index(words, at) + len(words)
    drawn = results.xpath(".//figure[starts-with(@class, 'drawn-')]")
    strips = [json.loads(each.proto.json) for each in visit.way.elements if each.type == "bidi_component"]
    assert len(drawn) == len(strips)
    for figure, strip in zip(drawn, strips, strict=True):
        written = words_of(figure)
        assert [text for text in shown_in(strip) if " ".join(text.split()) not in written] == []
    charts = [json.loads(each.proto.spec) for each in visit.way.elements if each.type == "plotly_chart"]
    assert len(results.xpath(".//figure[@class='chart']")) == len(charts)


def shown_in(strip: Any) -> Iterator[str]:
    """The texts and values of a strip that stand on screen."""
    for key, value in strip.items() if isinstance(strip, dict) else enumerate(strip):
        if isinstance(value, dict | list):
            yield from shown_in(value)
        elif key == "text" and isinstance(strip, dict) and strip.get("guess"):
            # Of a gap its best guess is drawn.
            yield strip["guess"]
        elif key in SHOWN_IN_STRIPS and isinstance(value, str) and not (key == "value" and strip.get("ghost")):
            yield value


def test_the_command_line_s_report_has_the_same_numbers(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "session.json").write_text(visit.way.session, encoding="utf-8")
    of_a_file = [["session.json"]] if (visit.page.key, visit.name) in dict(CHANGED).items() else []
    for arguments in (*of_a_file, command(visit.page, visit.way.view, tmp_path / "lines.txt")):
        assert program.main(["report", *arguments]) == 0, (arguments, capsys.readouterr().err)
        report = without_plotly((tmp_path / "report.html").read_text(encoding="utf-8"))
        assert_same_words(words_of(results_of(report)), words_of(results_of(visit.way.report)))
        assert snippet_of(report).strip() == visit.way.snippet.strip()


def snippet_of(report: str) -> str:
    (code,) = html.document_fromstring(report).xpath("//section[@id='snippet']//code")
    return code.text_content()


def command(page: Page, view: ViewState, lines: Path) -> list[str]:
    """The arguments that ask for a view."""
    given: list[str] = [page.key, "--model", view.model, "--units", view.name("units")]
    for number, text in enumerate(view.texts):
        side = "" if page.texts.kind != "sides" else "-a" if number == 0 else "-b"
        if text.text_b is not None and page.texts.kind != "pair":
            given += [f"--pair{side}", text.text_b]
        for position, id_ in text.edits:
            given += ["--edit-b" if side == "-b" else "--edit", f"{position}={id_}"]
        given += ["--windows"] if text.in_windows else []
    for option in page.options:
        if option.place != "none" or isinstance(option, Pick) or (isinstance(option, Words) and not option.lines):
            given += flag_of(option, view.option(option.name))
    if page.texts.kind in {"lines", "table"}:
        lines.write_text(view.text.text_a, encoding="utf-8")
        return [*given, str(lines)]
    texts = [*(text.text_a for text in view.texts), *([view.text.text_b or ""] if page.texts.kind == "pair" else [])]
    return [*given, *(["--", *texts] if texts else [])]


def flag_of(option: Option, value: Any) -> list[str]:
    name = f"--{option.name.replace('_', '-')}" if len(option.name) > 1 else f"-{option.name}"
    if value is None:
        return []
    if isinstance(option, Switch):
        return [name] if value else []
    if isinstance(option, Several):
        return [word for each in value.split(",") if each for word in (name, each)]
    if isinstance(option, Words) and option.from_file:
        assert not value, "test_report_command gives one a file"
        return []
    if isinstance(option, Words) and option.lines:
        return [word for each in value.split("\n") for word in (name, each)]
    return [name, str(value)]


def assert_same_words(one: str, other: str) -> None:
    """The same words, and numbers that differ by no more than another order of adding makes them."""
    number = re.compile(r"[-−+]?\d[\d,]*\.?\d*(?:e-?\d+)?")
    assert number.sub("#", one) == number.sub("#", other)
    values = [
        [float(each.replace("−", "-").replace(",", "")) for each in number.findall(text)] for text in (one, other)
    ]
    np.testing.assert_allclose(*values, rtol=1e-3, atol=0.011)


# --- Python, JSON ---


def test_the_snippet_gives_the_page_s_numbers_and_their_units(visit: Visit) -> None:
    space: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(visit.way.snippet, "snippet.py", "exec"), space)
    assert visit.way.results.complete == set(visit.way.results.found) != set()
    for name, result in visit.way.results.found.items():
        assert_same(space[name], result)
    assert re.search(r"\b(bits|nats|MB)\b", printed.getvalue())


def assert_same(one: object, other: object) -> None:
    """Equal in everything, in float32 numbers to what another order of adding changes."""
    assert type(one) is type(other)
    if is_dataclass(one):
        for each in fields(one):
            assert_same(getattr(one, each.name), getattr(other, each.name))
    elif isinstance(one, tuple) and isinstance(other, tuple):
        for mine, its in zip(one, other, strict=True):
            assert_same(mine, its)
    elif isinstance(one, float | np.ndarray):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    else:
        assert one == other


def test_the_json_is_what_the_tasks_export(visit: Visit) -> None:
    results = visit.way.results
    exported = dict(visit.page.exports(visit.way.view, results))
    assert list(visit.way.jsons) == list(exported) != []
    for name, content in visit.way.jsons.items():
        own = results.questions.get(name)
        # A comparison is asked for more predictions than are shown.
        whole = results[name].first(visit.way.view.number("k")) if isinstance(own, Compare) else results.get(name)
        # A page asks for a layer and shows one of its heads.
        whole = shown(visit.way.view, whole) if isinstance(own, Attention) else whole
        expected = exported[name] if own is None else task_of(own).export(whole)
        assert undated(json.loads(content)) == undated(json.loads(json.dumps(expected)))
    session = json.loads(visit.way.session)
    assert undated(session["results"]) == {name: undated(json.loads(each)) for name, each in visit.way.jsons.items()}
    view = ViewState.from_json(json.dumps(session["view"]))
    assert view == visit.way.view


def undated(exported: Any) -> Any:
    """Without the moment of the export."""
    if isinstance(exported, dict):
        return {key: undated(value) for key, value in exported.items() if key != "exported"}
    return [undated(each) for each in exported] if isinstance(exported, list) else exported
