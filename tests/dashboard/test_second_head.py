"""A head that was trained on sentence order is called one, and controls are held out of one model's training only.

The pages are asked of a small ALBERT, and all that they show is looked at: titles, axes, legends, numbers, cells.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from analysis.models.bundle import ModelBundle
from analysis.models.store import load_bundle
from analysis.questions import Text
from analysis.tasks import ask
from dashboard.about import About
from dashboard.drawing.palette import palette
from dashboard.page import Look, Page, Results
from dashboard.pages import PAGES
from dashboard.second_head import CONTROLS, controls_of, head_words
from dashboard.view import ViewState
from tests.analysis.stand_ins import assert_rejects

NSP_WORDS = ("IsNext", "NotNext", "Next-sentence margin", "next-sentence margin", "NSP margin", "next-sentence head")
"""What is said of a head that was trained on next sentences only."""
LINES = "The cat sat.\nShe opened the door.\nThe room was dark!"
PAIR = Text("The cat sat.", "She opened the door.")
TEXTS = {
    "next_sentence": (PAIR,),
    "splits": (Text("The cat sat. She opened the door. The room was dark!"),),
    "pairs": (Text(LINES),),
    "tokens": (Text("the cat sat on the mat"),),
    "compare": (Text("the cat sat on"), Text("the dog sat on")),
}


@pytest.fixture(scope="module")
def albert(checkpoint_folder: Callable[[str], Path]) -> ModelBundle:
    return load_bundle(str(checkpoint_folder("tiny_albert")))


def results_of(page: Page, bundle: ModelBundle, **options: Any) -> tuple[ViewState, Results]:
    settings = {"controls": 2} if page.key in {"next_sentence", "splits", "pairs"} else {}
    view = page.check(ViewState(page.key, bundle.spec, TEXTS[page.key]).with_options(**settings, **options))
    questions = page.questions(view, About.of(bundle))
    found = {name: ask(bundle, question) for name, question in questions.items()}
    results = Results(found, frozenset(found), questions=questions)
    return page.settled(view, results), results


def shown(page: Page, view: ViewState, results: Results) -> list[str]:
    """Every word of a page's answer and sections, tables made."""
    look = Look(palette("light"))
    return [*_strings(page.answer(view, results, look)), *_strings(list(page.sections(view, results, look)))]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, go.Figure):
        yield from _strings(value.to_plotly_json())
    elif isinstance(value, pd.DataFrame):
        yield from _strings([str(name) for name in value.columns])
        yield from _strings([each for name in value.columns for each in value[name].tolist()])
    elif is_dataclass(value):
        for each in fields(value):
            yield from _strings(getattr(value, each.name))
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)
    elif callable(value):
        yield from _strings(value())


def check_order_words(page: Page, view: ViewState, results: Results) -> None:
    note = head_words("sentence order").order_note
    said = [each for each in shown(page, view, results) if each not in {note, f"A: {note}", f"B: {note}"}]
    wrong = [each for each in said if any(word in each for word in NSP_WORDS)]
    assert wrong == []


def of_next_sentences(value: Any) -> Any:
    """A result as if its head had been trained on next sentences."""
    if isinstance(value, np.ndarray) or not is_dataclass(value):
        return tuple(map(of_next_sentences, value)) if isinstance(value, tuple) and type(value) is tuple else value
    changed = {each.name: of_next_sentences(getattr(value, each.name)) for each in fields(value)}
    return replace(value, **changed | ({"meaning": "next sentence"} if "meaning" in changed else {}))


@pytest.mark.parametrize("key", TEXTS)
def test_an_order_head_is_called_one(key: str, albert: ModelBundle) -> None:
    page = PAGES[key]
    view, results = results_of(page, albert)
    check_order_words(page, view, results)
    mistaken = {name: of_next_sentences(each) for name, each in results.found.items()}
    assert_rejects(check_order_words, page, view, replace(results, found=mistaken))


@pytest.mark.parametrize("key", ["next_sentence", "splits", "pairs"])
def test_what_a_report_explains_is_true_of_either_kind(key: str) -> None:
    page = PAGES[key]
    said = [*(text for _, text in page.notes), *(f"{each.name} {each.definition}" for each in page.measures)]
    assert [each for each in said if any(word in each for word in NSP_WORDS)] == []


@pytest.mark.parametrize("context", ["adjacent", "text", "both"])
def test_whatever_stands_on_either_side(context: str, albert: ModelBundle) -> None:
    check_order_words(PAGES["splits"], *results_of(PAGES["splits"], albert, context=context))


def test_what_a_lone_segment_is_outside_of() -> None:
    assert "the sentence-order head was trained on" in head_words("sentence order").lone_segment
    assert head_words("sentence order").lone_margin.startswith("Order margin: a single segment")
    assert head_words("next sentence").lone_margin.startswith("Next-sentence margin: a single segment")


# --- controls ---


def check_controls(said: list[str], spec: str) -> None:
    """Only of the model that comes with Pretext is it said that it has not read the controls."""
    about = [each for each in said if "held out" in each]
    assert about
    for each in about:
        if each == CONTROLS:
            assert "“bundled”" in each
            assert "any other model may have read them" in each
        else:
            assert ("of this model" in each) == (spec == "bundled")
            assert (f"{spec} may have read them" in each) == (spec != "bundled")


@pytest.mark.parametrize("key", ["next_sentence", "splits", "pairs"])
def test_controls_are_held_out_of_one_model_s_training_only(
    key: str, albert: ModelBundle, bundled: ModelBundle
) -> None:
    page = PAGES[key]
    for bundle, other in ((albert, "bundled"), (bundled, albert.spec)):
        said = shown(page, *results_of(page, bundle))
        check_controls(said, bundle.spec)
        mistaken = [each.replace(controls_of(bundle.spec), controls_of(other)) for each in said]
        assert_rejects(check_controls, mistaken, bundle.spec)
    static = [*(option.help for option in page.options), *(text for _, text in page.notes)]
    check_controls(static, "any model")
