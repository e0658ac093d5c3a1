"""The report of a page says what was put in, what was chosen and what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from analysis.questions import Describe, Text
from dashboard import glossary
from dashboard.page import Choice, Count, Look, Page, Pick, Results, Switch, Texts, TextsKind, Words
from dashboard.pages import PAGES
from dashboard.paper.page_report import report_of
from dashboard.paper.report import Report
from dashboard.sections import Note, Sentence
from dashboard.view import ViewState, options
from tests.dashboard import made
from tests.dashboard.kinds import MADE

OPTIONS = (
    Choice(name="masking", label="Hidden", allowed=("token", "word"), names={"word": "the whole word"}),
    Count(name="k", label="Predictions", default=10, least=1, most=50),
    Switch(name="fit", label="Colours fitted"),
    Words(name="follow", label="Followed"),
    Words(name="candidates", label="Candidates", lines=True),
    Pick(name="position", label="Position shown", among=lambda _view, _results: ()),
)
CHOSEN = {"masking": "word", "k": 0, "fit": False, "follow": "", "candidates": "a\nb", "position": None}
RESULTS = Results(
    {"first": "no result of a model", "read": SimpleNamespace(provenance=made.PROVENANCE)}, {"first", "read"}
)


def tokens_of(spec: str):
    def named(ids: Sequence[int]) -> tuple[str, ...]:
        return tuple(f"{spec}:{id_}" for id_ in ids)

    return named


def the_report(
    kind: TextsKind, *texts: Text, results: Results = RESULTS, models: tuple[str, ...] = ("bundled",), **chosen: object
) -> Report:
    def sections(view: ViewState, _: Results, look: Look) -> Iterable[Note]:
        yield Note(f"{view.page} in {look.palette.name} and {look.units}")

    class Made(Page):
        def answer(self, view: ViewState, _results: Results, look: Look) -> Sentence:
            return Sentence((view.model, look.units))

        def sections(self, view: ViewState, results: Results, look: Look) -> Iterable[Note]:
            return sections(view, results, look)

    page = Made(
        key="made",
        title="Made",
        icon="",
        group="",
        tip="",
        asks="What is made?",
        texts=Texts(kind),
        options=OPTIONS,
        models=lambda _: models,
        measures=(glossary.ENTROPY,),
        notes=(("term", "meaning"),),
    )
    view = ViewState("made", "bundled", texts, options(CHOSEN | chosen))
    return report_of(page, view, results, snippet="print(1)", link="http://a.b", made=MADE, tokens_of=tokens_of)


def test_a_report_is_its_page_drawn_for_paper() -> None:
    report = the_report("text", Text("a"), units="nats")
    assert report.title == "What is made?"
    assert report.answer == Sentence(("bundled", "nats"))
    assert report.sections == (Note("made in light and nats"),)
    assert [term for term, _ in report.notes] == ["entropy (bits)", "term"]
    assert (report.snippet, report.link, report.made) == ("print(1)", "http://a.b", MADE)
    assert report.provenance is made.PROVENANCE, "of the first result that has one"


@pytest.mark.parametrize(
    ("kind", "texts", "names"),
    [
        ("none", (), ()),
        ("text", (Text("a"),), ("Text",)),
        ("lines", (Text("a\nb"),), ("Text",)),
        ("segments", (Text("a"),), ("Text",)),
        ("segments", (Text("a", "b"),), ("Text A", "Text B")),
        ("pair", (Text("a", "b"),), ("Text A", "Text B")),
        ("sides", (Text("a"), Text("b")), ("A", "B")),
        ("sides", (Text("a", "a2"), Text("b", "b2")), ("A", "Second segment of A", "B", "Second segment of B")),
    ],
)
def test_texts_are_called_as_on_the_page(kind: TextsKind, texts: tuple[Text, ...], names: tuple[str, ...]) -> None:
    *inputs, lines = the_report(kind, *texts).inputs
    given = [text for each in texts for text in (each.text_a, each.text_b) if text is not None]
    assert inputs == list(zip(names, given, strict=True))
    assert lines == ("Candidates", "a\nb")


def test_settings_are_said_in_the_page_s_words_and_left_out_when_nothing_is_chosen() -> None:
    said = (("Hidden", "the whole word"), ("Predictions", "0"))
    assert the_report("text", Text("a")).settings == said, "what is off is not a setting"
    assert ("Colours fitted", "yes") in the_report("text", Text("a"), fit=True).settings
    chosen = the_report("text", Text("a", in_windows=True), follow="war", position=0).settings
    assert chosen == (*said, ("Followed", "war"), ("Position shown", "0"), ("Overlapping windows", "yes"))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_no_setting_is_off_and_each_one_differs_or_matters(page: Page) -> None:
    texts = (Text("a"),) * {"none": 0, "sides": 2}.get(page.texts.kind, 1)
    empty = page.check(ViewState(page.key, "bundled", texts))
    results = Results({"nothing": SimpleNamespace(provenance=made.PROVENANCE)}, frozenset({"nothing"}))

    def settings(view: ViewState) -> dict[str, str]:
        quiet = replace(page, questions=lambda _view, _about: {})
        object.__setattr__(quiet, "key", "model")  # whose sections need no results
        return dict(report_of(quiet, view, results, snippet="", link=None, made=MADE, tokens_of=tokens_of).settings)

    said = settings(empty)
    assert not {"no", ""} & set(said.values())
    matters = {option.label for option in page.options if option.place == "row" or not option.shows}
    assert set(said) <= matters
    for option in page.options:
        if isinstance(option, Switch):
            assert option.label not in said
            assert settings(empty.with_options(**{option.name: True}))[option.label] == "yes"


def test_edits_are_said_with_the_tokens_of_the_model_that_read_them() -> None:
    edited = Text("a", edits=((2, 7), (9, 8)))
    alone = the_report("segments", edited)
    assert alone.settings[-1] == ("Edits", "bundled:7 at position 2, bundled:8 at position 9")
    for models, of_b in ((("bundled",), "bundled"), (("bundled", "other"), "other")):
        sides = the_report("sides", edited, Text("b", edits=((1, 5),)), models=models)
        assert sides.settings[-2:] == (
            ("Edits of A", "bundled:7 at position 2, bundled:8 at position 9"),
            ("Edits of B", f"{of_b}:5 at position 1"),
        )


def test_what_is_missing_is_said_first() -> None:
    some = Results(RESULTS.found, frozenset({"first"}), {"score": "This checkpoint has no such head."})
    failed, unread, shown = the_report("text", Text("a"), results=some).sections
    assert failed == Note("This checkpoint has no such head.", "notice")
    assert isinstance(unread, Note)
    assert "Not everything had been read" in unread.text
    assert shown == Note("made in light and usual")
    begun = Results(RESULTS.found, frozenset(RESULTS.found), questions={"last": Describe()})
    assert "Not everything" in the_report("text", Text("a"), results=begun).sections[0].text
