"""Every page as it comes up and as its fields change it: what it shows, and what has to stand beside it."""

import csv
import html
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.models.abilities import ability
from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle
from analysis.questions import Text
from analysis.tasks import task_of
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.glossary import UNITS
from dashboard.page import Choice, Count, Decimal, Look, Option, Page, Several, Words
from dashboard.pages import PAGES
from dashboard.screen.markup import without_relative_links
from dashboard.sections import (
    Beside,
    Card,
    Chart,
    Code,
    Fields,
    Folded,
    Heading,
    Note,
    Numbers,
    Section,
    Sentence,
    Strip,
    Table,
)
from dashboard.view import ViewState
from tests.dashboard.app import (
    all_is_well,
    assert_no_dead_controls,
    drawn,
    open_app,
    resolved,
    the_error,
    to_see,
    try_example,
)
from tests.dashboard.visits import AS_IT_OPENS, CASES, VISITS, Visit, arrive, open_file, read_through, visit_of

FROM_0_1 = {
    "link": "1.eNo1y0EKgDAMRNGryKzduPUqItLaoEKaFtqAULy7KeLy_UwaKFy1YB6WdRwQUyA2wKsEpgBrKdcrSZ80qHxjaFHH"
    "eOyc3UG9fK8Wyn5SdJYmQ6W7bh3AL28SZX5eXGQl-A",
    "session": '{"pretext_session": 1, "view": {}, "made_by": {}, "results": {}}',
}
"""What 0.1 gave."""


@pytest.fixture(scope="module", params=CASES, ids=", ".join)
def visit(request: pytest.FixtureRequest, checkpoint_folder: Callable[..., Path]) -> Visit:
    return visit_of(*request.param, checkpoint_folder)


def test_every_page_is_visited(subtests: pytest.Subtests) -> None:
    for page in PAGES:
        with subtests.test(page=page):
            assert VISITS.get(page), (
                f"add a visit to '{page}', driven by its widgets, to VISITS in tests/dashboard/visits.py"
            )


# --- what a page shows ---


def sections_of(visit: Visit) -> list[Section]:
    """What the page's record says that it shows of this visit's results."""
    way = visit.way
    look = Look(palette("light"), next(each for each in UNITS if each == way.view.option("units")))
    answer = visit.page.answer(way.view, way.results, look)
    return [*([] if answer is None else [answer]), *visit.page.sections(way.view, way.results, look)]


def flat(sections: Iterable[Section]) -> Iterator[Section]:
    """The sections with those in columns and folds in their places."""
    for section in sections:
        if isinstance(section, Beside):
            yield from flat(each for column in section.columns for each in column)
        else:
            yield section
            if isinstance(section, Folded):
                yield from flat(section.sections)


def signs(section: Section, page: str) -> Iterator[tuple[str, object]]:
    """What there is to see of a section: kinds of elements with what they say or what they are called."""
    if isinstance(section, Strip | Chart | Heading | Table) and not getattr(section, "folded", False):
        title = section.text if isinstance(section, Heading) else section.title
        yield from [("subheader", title)] if title else []
    if isinstance(section, Sentence):
        yield "markdown", section.text
    elif isinstance(section, Numbers):
        yield from (("metric", (number.name, number.value, number.below)) for number in section.items)
    elif isinstance(section, Note):
        yield "info" if section.kind == "info" else "caption", section.text
    elif isinstance(section, Strip):
        yield "bidi_component", f"{page}.{section.key}"
        yield from [("caption", section.how)] if section.how else []
    elif isinstance(section, Chart):
        yield "plotly_chart", (f"{page}.{section.place}.figure", section.alt)
        yield "caption", section.how
        yield "expander", "Table"
    elif isinstance(section, Table):
        cells = (section.printed or section.make)().map(str).to_numpy().tolist()
        kind = "dataframe" if section.clicks else "table"
        yield ("expander", section.title) if section.folded else (kind, cells)
        yield from [("caption", section.note)] if section.clicks else []
    elif isinstance(section, Code):
        yield from [("expander", section.title)] if section.title else []
        yield "code", section.source.strip()
    elif isinstance(section, Folded):
        yield "expander", section.title
    elif isinstance(section, Card):
        yield "markdown", resolved(without_relative_links(section.markdown)).replace("**", "").strip()


def seen(node: Any) -> tuple[str, object]:
    """What there is to see of an element."""
    said: object
    if node.type == "metric":
        said = tuple(resolved(each) for each in (node.label, node.value, node.delta))
    elif node.type == "bidi_component":
        said = node.key
    elif node.type == "plotly_chart":
        said = (node.key, node.proto.alt)
    elif node.type == "dataframe":
        said = node.value.map(str).to_numpy().tolist()
    elif node.type == "table":
        said = node.value.map(str).map(resolved).to_numpy().tolist()
    elif node.type == "expander":
        said = resolved(node.label)
    elif node.type == "code":
        said = node.value.strip()
    else:
        said = resolved(str(getattr(node, "value", ""))).removeprefix(":material/info: ").replace("**", "")
    return node.type, said


def test_a_page_asks_its_question_and_shows_all_of_its_sections(visit: Visit) -> None:
    expected: list[tuple[str, object]] = [("title", visit.page.asks)]
    expected += [sign for section in flat(sections_of(visit)) for sign in signs(section, visit.page.key)]
    assert len(expected) > 5
    there = iter([seen(node) for node in visit.way.nodes])
    for sign in expected:
        assert sign in there, f"{sign} is not on the page, or not below what stands above it"
    if visit.name == AS_IT_OPENS:
        kind, answer = expected[1]
        assert kind == "markdown", "the page leads with its answer"
        assert str(answer).endswith(".")
        assert any(letter.isdigit() for letter in str(answer)), "it is made of numbers"


def test_whatever_is_drawn_has_words_a_table_and_its_model(visit: Visit) -> None:
    labels = {result.provenance.label for result in visit.way.results.found.values()}
    tables = dict(visit.way.tables)
    for each in flat(sections_of(visit)):
        if isinstance(each, Chart):
            assert len(each.alt) > 40
            assert len(each.how) > 20
            corner = {note["text"] for note in each.figure.to_dict()["layout"]["annotations"]}
            assert {html.escape(label, quote=False) for label in labels} & corner
        if isinstance(each, Chart) or (isinstance(each, Table) and each.folded):
            table, saved = tables.pop(f"{visit.page.key}.{each.key or each.name}.twin")
            rows = list(csv.DictReader(io.StringIO(saved, newline="")))
            assert len(rows) == len(table) > 0
            source = visit.way.results.provenance
            assert {row["model"] for row in rows} == {source.spec}
            assert {row["versions"] for row in rows} == {" ".join(f"{name} {at}" for name, at in source.versions)}
    assert not tables
    assert all(node.proto.alt.strip() for node in visit.way.nodes if node.type in {"table", "dataframe"})
    # What a person has opened is shut where something that comes above it moves it, unless it has a key.
    assert all(node._block_id for node in visit.way.nodes if node.type in {"expander", "popover"})
    for beside in sections_of(visit):
        if isinstance(beside, Beside) and not beside.key:
            inside = [each for column in beside.columns for each in column if isinstance(each, Fields)]
            options = [visit.page.option(name) for each in inside for name in each.names]
            assert not [each.name for each in options if isinstance(each, Words | Count | Decimal)], (
                "as what is typed is"
            )
    said = [resolved(each.value) for each in visit.way.nodes if each.type == "caption"]
    models = " | ".join(visit.page.models(visit.way.view))
    assert [each for each in said if each.startswith(f"Model {models}, revision ")]


WITH_EXAMPLES = [page for page in PAGES.values() if page.examples]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.key)
def test_an_example_is_read_and_drawn_on_the_ground_of_the_theme(page: Page) -> None:
    at = open_app(page.key, theme="dark")
    number = min(range(1, len(page.examples)), key=lambda each: len(page.examples[each].text_a))
    example = page.examples[number]
    try_example(at, page.key, number)
    all_is_well(read_through(at))
    assert at.text_area(key=f"{page.home}.text_a").value == example.text_a
    if example.text_b is not None:
        assert at.text_area(key=f"{page.home}.text_b").value == example.text_b
    assert drawn(at)
    assert all(f'"paper_bgcolor":"{palette("dark").ground}"' in spec for spec in drawn(at))


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.key)
def test_every_example_can_be_asked_of_the_bundled_model(page: Page, bundled: ModelBundle) -> None:
    about = About.of(bundled)
    for example in page.examples:
        sides = [Text(example.text_a), Text(example.text_b or "")]
        texts = tuple(sides) if page.texts.kind == "sides" else (Text(example.text_a, example.text_b),)
        view = page.check(ViewState(page.key, "bundled", texts).with_options(**dict(example.options)))
        for question in page.questions(view, about).values():
            assert task_of(question).plan((bundled,), question), example.title


# --- a model without the head ---

LACKING = {"mlm": "without_mlm", "nsp": "without_nsp"} | dict.fromkeys(
    ("layers", "attention", "gradients"), "tiny_distilbert"
)
"""The checkpoint that lacks what a page needs."""


@pytest.mark.parametrize("page", [page for page in PAGES.values() if page.needs != "none"], ids=lambda page: page.key)
def test_a_head_that_is_absent_is_said_and_nothing_of_it_is_drawn(
    page: Page, checkpoint_folder: Callable[..., Path]
) -> None:
    folder = str(checkpoint_folder(LACKING[page.needs]))
    at = open_app(page.key, model=folder)
    bundle = load_bundle(folder)
    heads = {"mlm": bundle.mlm.why_absent, "nsp": bundle.nsp.why_absent}
    why = heads[page.needs] if page.needs in heads else ability(bundle, page.needs).why_not
    assert why
    assert the_error(at).startswith(why.removesuffix("."))
    assert_no_dead_controls(at)
    assert not to_see(at, "plotly_chart", "bidi_component", "metric", "table", "download_button")


# --- what 0.1 gave ---


def test_a_link_and_a_session_of_0_1_are_refused_in_a_sentence() -> None:
    at = arrive(FROM_0_1["link"])
    assert "of version 1; this Pretext reads 2: make it anew." in resolved(at.warning[0].value)
    assert "of version 1; this Pretext reads 2: save it anew." in the_error(open_file(at, FROM_0_1["session"]))


# --- what its record says ---


def test_every_option_says_what_it_is(subtests: pytest.Subtests) -> None:
    for page in PAGES.values():
        with subtests.test(page=page):
            assert page.tip.endswith(".")
            assert page.icon.startswith(":material/")
            names = [option.name for option in page.options]
            assert len(set(names)) == len(names)
            for option in page.options:
                assert option.label[:1].isupper() and not option.label.endswith((":", ".")), option.name
                assert option.check(option.default) == option.default, option.name
                if isinstance(option, Words) and option.place != "none":
                    assert option.placeholder and option.help, f"say of {page.key}.{option.name} what may be typed"
                if isinstance(option, Choice | Several) and option.allowed:
                    assert set(option.names) <= set(option.allowed), option.name
            for example in page.examples:
                assert {name for name, _ in example.options} <= set(names)


def test_what_one_page_explains_every_page_explains() -> None:
    options: dict[tuple[str, str], list[tuple[str, Option]]] = {}
    for page in PAGES.values():
        for option in page.options:
            options.setdefault((option.name, option.label), []).append((page.key, option))
    for (name, _), found in options.items():
        silent = [page for page, option in found if not option.help]
        assert silent in ([], [page for page, _ in found]), f"say on {silent} what '{name}' means"
