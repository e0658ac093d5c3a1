"""What a page refuses, it refuses in one plain sentence, and everything stays: fields, results, ways out, model."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.errors import InputError
from analysis.limits import MAX_TEXT_CHARS
from analysis.questions import Text
from dashboard.page import Choice, Count, Decimal, Option, Page, Pick, Several, Switch, Words
from dashboard.pages import PAGES
from dashboard.pages.compare import CUTS
from dashboard.paper import link, session
from dashboard.view import ViewState
from tests.analysis.plain_words import assert_plain_sentence
from tests.dashboard.app import (
    ENTRYPOINT,
    PATIENCE,
    all_is_well,
    captions,
    errors,
    open_app,
    places,
    resolved,
    the_error,
    to_see,
)
from tests.dashboard.visits import CASES, Visit, arrive, data_of, on_screen, open_file, read_through, visit_of

N_TEXTS = {"none": 0, "sides": 2}
WITH_TEXTS = [page for page in PAGES.values() if page.texts.kind != "none"]


def default_view(page: Page) -> ViewState:
    example = page.examples[0] if page.examples else None
    text = Text(example.text_a, example.text_b) if example else Text("")
    return ViewState(page.key, "bundled", (text,) * N_TEXTS.get(page.texts.kind, 1))


# --- by the record ---


def wrong_values(option: Option) -> list[Any]:
    """Values of a wrong kind, and such as are out of range."""
    if isinstance(option, Count | Decimal):
        return ["many", True, option.least - 1, option.most + 1]
    if isinstance(option, Switch):
        return ["yes", 1, None]
    if isinstance(option, Several):
        return ["felt", f"{option.allowed[0]},felt", 3]
    if isinstance(option, Pick):
        return ["1", True]
    if isinstance(option, Words):
        return [5, True, *([] if option.lines else ["w" * (option.most_chars + 1)])]
    assert isinstance(option, Choice), f"say here what {type(option).__name__} refuses"
    return [[], "felt", 3, None] if option.among is None else []


OPTIONS = [(page, option) for page in PAGES.values() for option in page.options]


def test_a_value_that_an_option_can_t_have_is_refused(subtests: pytest.Subtests) -> None:
    for page, option in OPTIONS:
        with subtests.test(page=page, option=option):
            for value in wrong_values(option):
                with pytest.raises(InputError) as refused:
                    page.check(replace(default_view(page), options=((option.name, value),)))
                assert_plain_sentence(refused.value)
                assert option.label in str(refused.value)


def ends(page: Page) -> bool:
    """Whether a text has an end on a page; a table may be longer."""
    return page.texts.kind not in {"none", "table"}


def test_options_and_texts_that_a_page_does_not_have_are_refused(subtests: pytest.Subtests) -> None:
    for page in PAGES.values():
        with subtests.test(page=page):
            view = default_view(page)
            whole = page.check(view)
            assert {name for name, _ in whole.options} == {option.name for option in page.options} | {"units"}
            assert page.check(whole) == whole
            for wrong in (
                view.with_options(felt=1),
                view.with_options(units="feet"),
                replace(view, texts=(*view.texts, Text("one more"))),
                *([replace(view, texts=(Text("a" * (MAX_TEXT_CHARS + 1)),) * len(view.texts))] if ends(page) else []),
                *([replace(view, texts=view.texts[1:])] if view.texts else []),
            ):
                with pytest.raises(InputError) as refused:
                    page.check(wrong)
                assert_plain_sentence(refused.value)


# --- in its fields ---

UNREADABLE = {
    "empty": "",
    "blank": " \t\n\u00a0 ",
    "control characters only": "\x00\x07\x1b",
    "too many tokens": "cat [MASK] dog. It slept.\n" * 300,
    "1 MB": "The cat sat [MASK]. It slept.\n" * 40_000,
}
ONE_WORD, SPECIAL_ONLY = "antidisestablishmentarianism", "[SEP] [CLS] [PAD]"
UNREADABLE_THERE = {
    "next_sentence.text": (ONE_WORD, SPECIAL_ONLY),
    "splits.text_a": (ONE_WORD,),
    "pairs.text_a": (ONE_WORD, SPECIAL_ONLY),
}
"""What nothing can be asked of in some fields: there is no place to cut, or no second sentence."""
READABLE_THERE = {
    "tokens.text_a": {"control characters only"},
    "batch.text_a": {"control characters only", "too many tokens"},
    "splits.text_a": {"too many tokens"},
    "fill.candidates": {"empty"},
    "compare.pair_a": {"empty"},
    "compare.pair_b": {"empty"},
}
"""What means something in some fields: no gap yet, texts read one by one, no contest, a lone text."""
ODD = "ไ ᚠ 🙂 you! \u202edef\u202c של cafe\u0301.\n[MASK] [SEP] [UNK] \x00 ?!... 東京。 <b>x</b> $x$"
"""Awkward, and readable."""
STILL = "Below is still the last text that could be read."


@pytest.mark.parametrize("page", WITH_TEXTS, ids=lambda page: page.key)
def test_a_text_that_can_t_be_read_is_one_sentence_and_all_else_stays(
    page: Page, checkpoint_folder: Callable[..., Path]
) -> None:
    tried: set[tuple[str, str]] = set()
    for name in [name for key, name in CASES if key == page.key]:
        way = visit_of(page.key, name, checkpoint_folder).way
        # One's own passages are no text of the page, and may be left out: test_any_language.py has them.
        areas = [(each.key, each.label) for each in way.nodes if each.type == "text_area"]
        fields = [each for each in areas if each[1] != "Passages of your own" and each not in tried]
        if not fields:
            continue
        tried |= set(fields)
        at = arrive(way.data)
        if page.key == "influence":
            # A path and the influence on every token are seconds of a real model.
            for option, value in (("steps", 2), ("shuffles", 0), ("every", False)):
                at.get_by_key(f"influence.{option}").set_value(value)
        for key, label in fields:
            readable = ODD if key != "fill.candidates" else ONE_WORD
            at.text_area(key=key).set_value(readable).run()
            all_is_well(read_through(at))
            good, stood = results_on(at), places(at)[key]
            for text in unreadable_in(page, key):
                at.text_area(key=key).set_value(text).run()
                assert at.text_area(key=key).value == text, "nothing that was typed is lost"
                assert names_the_field(the_error(at), label), (label, errors(at))
                assert stays(good, results_on(at), key), "the last good results stay, and the link to them"
                assert (STILL in captions(at)) == (key != "fill.candidates")
                assert places(at)[key] == stood
            at.text_area(key=key).set_value(readable).run()
            all_is_well(read_through(at))
            assert results_on(at) == good
            assert STILL not in captions(at)
    assert tried


def unreadable_in(page: Page, field: str) -> list[str]:
    """Everything of a page's own first text; of other fields what its task refuses, and what no task reads."""
    kinds = UNREADABLE if field == f"{page.key}.text_a" else ("blank", "too many tokens")
    refused = [UNREADABLE[name] for name in kinds if name not in READABLE_THERE.get(field, ())]
    return [*refused, *UNREADABLE_THERE.get(field, ())]


def names_the_field(sentence: str, label: str) -> bool:
    """A text of two is told by its name; a field of its own is no text A."""
    named = re.match(r"Text [AB]\b", sentence)
    return named is None or named[0] == label


def results_on(at: AppTest) -> list[tuple[str, ...]]:
    """What is shown of results and of where they can be taken, with the fields among them."""
    kinds = {"markdown", "subheader", "metric", "table", "plotly_chart", "bidi_component", "code", "text_area"}
    return [each for each in on_screen(at) if each[0] in kinds]


def stays(good: list[tuple[str, ...]], now: list[tuple[str, ...]], field: str) -> bool:
    """Whether the results are the same; where the field stands among them, those above it."""
    if field == "fill.candidates":
        good, now = (each[: [sign[:2] for sign in each].index(("text_area", field))] for each in (good, now))
    return [each for each in good if each[0] != "text_area"] == [each for each in now if each[0] != "text_area"] != []


@pytest.mark.parametrize("page", WITH_TEXTS, ids=lambda page: page.key)
def test_the_first_text_of_a_visit_may_be_bad(page: Page) -> None:
    at = AppTest.from_file(ENTRYPOINT, default_timeout=PATIENCE)
    at.context = {"theme": "light"}
    at.session_state[f"{page.home}.text_a"] = " "
    at.session_state["navigation.goes"] = page.key
    at.run()
    the_error(at)
    assert STILL not in captions(at)
    assert not to_see(at, "plotly_chart", "bidi_component", "metric", "download_button")
    at.text_area(key=f"{page.home}.text_a").set_value("The cat sat on the [MASK].\nIt slept.").run()
    all_is_well(read_through(at))
    assert at.get("plotly_chart")


# --- by a link, by a session file ---


def refused_views(view: ViewState, page: Page) -> Iterator[ViewState]:
    """Views of this page that can't be opened; each is another one than the visit's in all the rest."""
    other = replace(
        view.with_options(units="nats" if view.option("units") != "nats" else "bits"),
        texts=tuple(replace(text, text_a="Something else. It came.", edits=()) for text in view.texts),
    )
    yield replace(other, page="elsewhere")
    yield other.with_options(felt=1)
    yield replace(other, texts=(*other.texts, Text("one more")))
    for option in page.options[-1:]:
        yield from (other.with_options(**{option.name: wrong}) for wrong in wrong_values(option)[:1])


def refused_links(view: ViewState, page: Page) -> Iterator[str]:
    sound = data_of(view)
    yield sound[:-9]
    yield sound.replace("1.", "2.", 1)
    yield data_of(replace(view, schema=view.schema + 1))
    yield from map(data_of, refused_views(view, page))


def refused_files(content: str, view: ViewState, page: Page) -> Iterator[str]:
    saved = json.loads(content)
    yield content[: len(content) // 2]
    yield "[1]"
    yield json.dumps(saved | {"pretext_session": saved["pretext_session"] + 1})
    yield content + " " * session.MOST_BYTES
    for refused in refused_views(view, page):
        yield json.dumps(saved | {"view": asdict(refused) | {"options": dict(refused.options)}})


@pytest.mark.parametrize("page", PAGES)
def test_a_refused_link_or_session_changes_nothing(page: str, checkpoint_folder: Callable[..., Path]) -> None:
    """Of a visit to the page: not its texts, options, units, model, results, or what it may undo."""
    visit = visit_of(page, [name for key, name in CASES if key == page][-1], checkpoint_folder)
    way, at = visit.way, arrive(visit.way.data)
    before = kept(at)
    links, files = list(refused_links(way.view, visit.page)), list(refused_files(way.session, way.view, visit.page))
    if page != "compare":
        # What is refused before anybody knows whose view it is, is the same everywhere.
        links, files = links[-1:], files[-1:]
    for data in links:
        at.query_params[link.PARAMETER] = data
        at.run()
        (said,) = [resolved(each.value) for each in at.warning]
        assert_plain_sentence(said)
        assert dict(at.query_params) == {}
        assert_unchanged(at, visit, before)
    for content in files:
        open_file(at, content)
        the_error(at)
        assert_unchanged(at, visit, before)


def assert_unchanged(at: AppTest, visit: Visit, before: dict[str, object]) -> None:
    assert not at.exception
    now = kept(at)
    assert now.keys() == before.keys()
    assert [key for key in before if now[key] != before[key]] == []
    assert on_screen(at) == visit.way.shown


def kept(at: AppTest) -> dict[str, object]:
    """What the visit keeps, but for what it keeps of the refusal and of how often it was drawn."""
    state = at.session_state._state.filtered_state
    return {key: copy.deepcopy(value) for key, value in state.items() if not key.startswith(("opening.", "told."))}


ODD_VIEWS = {
    "no text": ("tokens", Text(""), {}),
    "edits out of place": ("tokens", Text("The cat sat.", edits=((900, 5), (2, 10**8))), {}),
    "a position beyond the text": ("tokens", Text("The cat sat."), {"position": 10**9}),
    "a gap that is none": ("fill", Text("A [MASK]."), {"gap": 99, "reference": "", "steps": "elsewhere"}),
    "no order": ("fill", Text("A [MASK]."), {"orders": ""}),
    "boundaries beyond the text": ("splits", Text("It slept. It woke."), {"starts": "3 999999", "unit": "word"}),
    "a pair of sentences that are not there": ("pairs", Text("It slept.\nIt woke."), {"pair": "9,9"}),
    "a token beyond both texts": ("compare", Text("The cat sat."), {"pair": 10**9}),
    "cuts beyond the text": ("compare", Text("The cat sat."), {"mode": CUTS, "text": "It slept.", "cut_b": 99}),
}


@pytest.mark.parametrize("name", ODD_VIEWS)
def test_a_link_to_what_is_not_there_opens_the_page_or_says_what_is_wrong(name: str) -> None:
    page, text, options = ODD_VIEWS[name]
    view = ViewState(page, "bundled", (text,) * N_TEXTS.get(PAGES[page].texts.kind, 1)).with_options(**options)
    at = arrive(data_of(PAGES[page].check(view)))
    assert not at.exception
    assert not at.warning
    assert at.title[0].value == PAGES[page].asks
    assert len(at.error) <= 1
    for sentence in errors(at):
        assert_plain_sentence(sentence)
    assert bool(at.error) != bool(at.get("plotly_chart"))


def test_what_an_address_adds_changes_nothing() -> None:
    at = open_app()
    before = on_screen(at)
    for query in ({"x": "<b>"}, {"tokens.text_a": "injected"}, {"units": ["junk", "bits"]}, {"": ""}):
        at.query_params.update(query)
        at.run()
        all_is_well(at)
    assert on_screen(at) == before


def test_a_refused_link_opens_the_first_page_and_is_told_once() -> None:
    at = arrive("1.AAAA")
    (said,) = at.warning
    assert "link" in said.value
    assert at.title[0].value == next(iter(PAGES.values())).asks
    at.run()
    assert not at.warning
