"""A view survives JSON, can be a cache's key, and refuses what is not one in a sentence."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import InputError
from analysis.limits import MAX_SPEC_CHARS, MAX_TEXT_CHARS
from analysis.version import SCHEMA_VERSION
from dashboard.state import PAGES, Input, ViewState, options
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.texts import AWKWARD, texts

values = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20))
views = st.builds(
    ViewState,
    page=st.sampled_from(PAGES),
    model=st.text(max_size=40),
    text_a=st.one_of(texts, st.sampled_from(sorted(AWKWARD.values()))),
    text_b=st.none() | texts,
    options=st.dictionaries(st.text(max_size=12), values, max_size=6).map(options),
    edits=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 40_000)), max_size=4).map(tuple),
)
SOUND = {
    "page": "tokens",
    "model": "bundled",
    "text_a": "a",
    "text_b": None,
    "options": {},
    "edits": [],
    "schema": SCHEMA_VERSION,
}


def same(one: ViewState, other: ViewState) -> bool:
    """Equal, and True is not 1."""
    kinds = [[type(value) for _, value in view.options] for view in (one, other)]
    return one == other and kinds[0] == kinds[1]


@given(views)
def test_a_view_survives_json(view: ViewState) -> None:
    line = view.to_json()
    assert "\n" not in line
    back = ViewState.from_json(line)
    assert same(back, view)
    assert back.to_json() == line
    assert hash(back) == hash(view)


def test_a_view_is_frozen_and_its_options_are_sorted() -> None:
    view = ViewState("tokens", "bundled", "a", options=options({"units": "bits", "k": 5, "measure": None}))
    assert view.options == (("k", 5), ("measure", None), ("units", "bits"))
    assert view.option("k") == 5
    assert view.option("nothing of the kind") is None
    assert (view.name("units"), view.name("k")) == ("bits", "")
    assert (view.number("k"), view.number("units")) == (5, 0)
    with pytest.raises(AttributeError):
        view.page = "model"


@given(views)
def test_the_input_is_what_the_numbers_depend_on(view: ViewState) -> None:
    given_ = view.input
    assert given_ == Input(view.text_a, view.text_b, view.edits, bool(view.option("windows")))
    other = replace(view, model="another", options=options({**dict(view.options), "k": 3, "measure": "rank"}))
    assert other.input == given_
    hash(given_)


def test_edits_are_pairs_of_whole_numbers_again() -> None:
    view = ViewState("tokens", "bundled", "a b", edits=((1, 1012), (2, 103)))
    assert json.loads(view.to_json())["edits"] == [[1, 1012], [2, 103]]
    back = ViewState.from_json(view.to_json())
    assert back.edits == ((1, 1012), (2, 103))
    assert all(type(edit) is tuple and all(type(each) is int for each in edit) for edit in back.edits)
    assert (back.input, hash(back.input)) == (view.input, hash(view.input))


def changed(**changes: object) -> str:
    return json.dumps({**SOUND, **changes})


@pytest.mark.parametrize(
    "content",
    {
        "nothing": "",
        "no JSON": "{",
        "a number": "3",
        "a list": "[]",
        "null": "null",
        "deep": "[" * 100_000,
        "a field less": json.dumps({key: SOUND[key] for key in SOUND if key != "text_b"}),
        "a field more": changed(more=1),
        "another page": changed(page="settings"),
        "a page that is no string": changed(page=["tokens"]),
        "a model that is no string": changed(model=3),
        "a model that is too long": changed(model="m" * (MAX_SPEC_CHARS + 1)),
        "a text that is no string": changed(text_a=None),
        "a text that is too long": changed(text_a="a" * (MAX_TEXT_CHARS + 1)),
        "text B that is no string": changed(text_b=0),
        "text B that is too long": changed(text_b="b" * (MAX_TEXT_CHARS + 1)),
        "options that are no mapping": changed(options=[["k", 5]]),
        "an option that is a list": changed(options={"k": [5]}),
        "an option that is a fraction": changed(options={"k": 0.5}),
        "an option that is no number": json.dumps({**SOUND, "options": {"k": math.nan}}),
        "edits that are no list": changed(edits={"9": 4}),
        "edits that are a text": changed(edits="9=4"),
        "edits that are a number": changed(edits=9),
        "no edits at all": changed(edits=None),
        "an edit that is no pair": changed(edits=[9]),
        "an edit of one number": changed(edits=[[9]]),
        "an edit of three numbers": changed(edits=[[9, 4, 1]]),
        "an edit of a text": changed(edits=[["9", 4]]),
        "an edit that is a word": changed(edits=["94"]),
        "an edit to a word": changed(edits=[[9, "election"]]),
        "an edit to a fraction": changed(edits=[[9, 4.0]]),
        "an edit to a truth value": changed(edits=[[9, True]]),
        "an edit to nothing": changed(edits=[[9, None]]),
        "one sound edit and one that is not": changed(edits=[[1, 2], [9, None]]),
        "a version that is no number": changed(schema="1"),
    }.items(),
    ids=lambda case: case[0],
)
def test_what_is_no_view_is_refused_in_a_sentence(content: tuple[str, str]) -> None:
    with pytest.raises(InputError) as refused:
        ViewState.from_json(content[1])
    assert_plain_sentence(refused.value)


@pytest.mark.parametrize("more", [{}, {"watch": []}], ids=["the same fields", "more fields"])
def test_a_view_of_a_newer_version_says_so(more: dict[str, object]) -> None:
    sentence = f"of version {SCHEMA_VERSION + 1}; this Pretext reads up to {SCHEMA_VERSION}: update Pretext.$"
    with pytest.raises(InputError, match=sentence):
        ViewState.from_json(changed(schema=SCHEMA_VERSION + 1, **more))


@given(st.text(max_size=200) | st.recursive(values, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_other_content_is_refused_too(content: object) -> None:
    with pytest.raises(InputError):
        ViewState.from_json(content if isinstance(content, str) else json.dumps(content))


@given(st.dictionaries(st.sampled_from(sorted(SOUND)), values, min_size=1, max_size=3))
def test_a_view_with_other_values_is_sound_or_refused(changes: dict[str, object]) -> None:
    try:
        view = ViewState.from_json(changed(**changes))
    except InputError:
        return
    assert view.page in PAGES
    assert isinstance(view.model, str)
    assert isinstance(view.text_a, str)
    assert view.text_b is None or isinstance(view.text_b, str)
    assert isinstance(view.edits, tuple)
    hash(view)
