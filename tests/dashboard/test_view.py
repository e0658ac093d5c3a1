"""A view survives JSON, can be a cache's key, and refuses what is not one in a sentence."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import InputError
from analysis.limits import MAX_PASTED_BYTES, MAX_SPEC_CHARS, MAX_TEXT_CHARS
from analysis.questions import Text
from analysis.version import SCHEMA_VERSION
from dashboard.view import ViewState, options
from tests.analysis.plain_words import assert_plain_sentence
from tests.analysis.texts import AWKWARD
from tests.analysis.texts import texts as any_text

values = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20))
typed = any_text | st.sampled_from(sorted(AWKWARD.values())) | st.text(max_size=60)
edits = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 40_000)), max_size=4).map(tuple)
views = st.builds(
    ViewState,
    page=st.text(max_size=12),
    model=st.text(max_size=40),
    texts=st.lists(st.builds(Text, typed, st.none() | typed, edits, st.booleans()), max_size=2).map(tuple),
    options=st.dictionaries(st.text(max_size=12), values, max_size=6).map(options),
)
TEXT = {"text_a": "a", "text_b": None, "edits": [], "in_windows": False}
SOUND = {"page": "tokens", "model": "bundled", "texts": [TEXT], "options": {}, "schema": SCHEMA_VERSION}


@given(views)
def test_a_view_survives_json(view: ViewState) -> None:
    line = view.to_json()
    assert "\n" not in line
    back = ViewState.from_json(line)
    assert (back, hash(back), back.to_json()) == (view, hash(view), line)
    assert [type(value) for _, value in back.options] == [type(value) for _, value in view.options], "True is not 1"


def test_a_view_is_frozen_and_its_options_are_sorted() -> None:
    view = ViewState("tokens", "bundled", (Text("a"), Text("b")), options({"units": "bits", "k": 5, "measure": None}))
    assert view.options == (("k", 5), ("measure", None), ("units", "bits"))
    assert (view.option("k"), view.option("nothing of the kind")) == (5, None)
    assert (view.name("units"), view.name("k")) == ("bits", "")
    assert (view.number("k"), view.number("units")) == (5, 0)
    assert (view.flag("k"), view.flag("measure")) == (True, False)
    assert view.with_options(k=6, fit=True).options == (("fit", True), ("k", 6), ("measure", None), ("units", "bits"))
    assert (view.text, replace(view, texts=()).text) == (Text("a"), Text(""))
    with pytest.raises(AttributeError):
        view.page = "model"


def test_edits_are_pairs_of_whole_numbers_again() -> None:
    view = ViewState("tokens", "bundled", (Text("a b", edits=((1, 1012), (2, 103))),))
    assert json.loads(view.to_json())["texts"][0]["edits"] == [[1, 1012], [2, 103]]
    (text,) = ViewState.from_json(view.to_json()).texts
    assert text.edits == ((1, 1012), (2, 103))
    assert all(type(edit) is tuple for edit in text.edits)


def changed(**changes: object) -> str:
    return json.dumps({**SOUND, **changes})


def with_text(**changes: object) -> str:
    return changed(texts=[TEXT | changes])


def test_what_is_no_view_is_refused_in_a_sentence(subtests: pytest.Subtests) -> None:
    for content in {
        "nothing": "",
        "no JSON": "{",
        "a number": "3",
        "a list": "[]",
        "null": "null",
        "deep": "[" * 100_000,
        "a field less": json.dumps({key: SOUND[key] for key in SOUND if key != "texts"}),
        "a field more": changed(more=1),
        "a page that is no string": changed(page=["tokens"]),
        "a page that is too long": changed(page="p" * (MAX_SPEC_CHARS + 1)),
        "a model that is no string": changed(model=3),
        "a model that is too long": changed(model="m" * (MAX_SPEC_CHARS + 1)),
        "half a character in a model": changed(model="\ud800"),
        "texts that are no list": changed(texts={}),
        "a text that is no record": changed(texts=["a"]),
        "a text with a field less": changed(texts=[{"text_a": "a"}]),
        "a text with a field more": with_text(more=1),
        "a text that is no string": with_text(text_a=None),
        "a text that is longer than a table": with_text(text_a="a" * (MAX_PASTED_BYTES + 1)),
        "half a character in a text": with_text(text_a="half \ud800"),
        "text B that is no string": with_text(text_b=0),
        "text B that is too long": with_text(text_b="b" * (MAX_TEXT_CHARS + 1)),
        "windows that are no truth value": with_text(in_windows=1),
        "options that are no mapping": changed(options=[["k", 5]]),
        "an option that is a list": changed(options={"k": [5]}),
        "an option that is infinite": json.dumps({**SOUND, "options": {"z0": math.inf}}),
        "an option that is no number": json.dumps({**SOUND, "options": {"k": math.nan}}),
        "an option that is too long": changed(options={"follow": "x" * (MAX_TEXT_CHARS + 1)}),
        "half a character in an option": changed(options={"follow": "\udfff"}),
        "edits that are no list": with_text(edits={"9": 4}),
        "edits that are a text": with_text(edits="9=4"),
        "no edits at all": with_text(edits=None),
        "an edit that is no pair": with_text(edits=[9]),
        "an edit of three numbers": with_text(edits=[[9, 4, 1]]),
        "an edit of a text": with_text(edits=[["9", 4]]),
        "an edit that is a word": with_text(edits=["94"]),
        "an edit to a fraction": with_text(edits=[[9, 4.0]]),
        "an edit to a truth value": with_text(edits=[[9, True]]),
        "an edit to less than nothing": with_text(edits=[[2, -5]]),
        "an edit beyond what an id can be": with_text(edits=[[2, 2**31]]),
        "one sound edit and one that is not": with_text(edits=[[1, 2], [9, None]]),
        "a version that is no number": changed(schema="1"),
    }.items():
        with subtests.test(content=content):
            with pytest.raises(InputError) as refused:
                ViewState.from_json(content[1])
            assert_plain_sentence(refused.value)


def test_what_the_others_were_made_of_is_sound() -> None:
    assert ViewState.from_json(changed()).texts == (Text("a"),)
    assert ViewState.from_json(with_text(text_b="b", in_windows=True, edits=[[9, 4]])).texts == (
        Text("a", "b", ((9, 4),), in_windows=True),
    )


@pytest.mark.parametrize("more", [{}, {"watch": []}], ids=["the same fields", "more fields"])
@pytest.mark.parametrize(("step", "do"), [(1, "update Pretext"), (-1, "make it anew")])
def test_a_view_of_another_version_says_so(step: int, do: str, more: dict[str, object]) -> None:
    sentence = f"of version {SCHEMA_VERSION + step}; this Pretext reads {SCHEMA_VERSION}: {do}.$"
    with pytest.raises(InputError, match=sentence):
        ViewState.from_json(changed(schema=SCHEMA_VERSION + step, **more))


@given(st.text(max_size=200) | st.recursive(values, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_other_content_is_refused_too(content: object) -> None:
    with pytest.raises(InputError):
        ViewState.from_json(content if isinstance(content, str) else json.dumps(content))


@given(
    st.dictionaries(st.sampled_from(sorted(SOUND)), values, max_size=3),
    st.dictionaries(st.sampled_from(sorted(TEXT)), values, max_size=2),
)
def test_a_view_with_other_values_is_sound_or_refused(changes: dict[str, object], of_text: dict[str, object]) -> None:
    try:
        view = ViewState.from_json(json.dumps(SOUND | {"texts": [TEXT | of_text]} | changes))
    except InputError:
        return
    assert isinstance(view.page, str)
    assert isinstance(view.model, str)
    assert all(isinstance(text.text_a, str) and isinstance(text.edits, tuple) for text in view.texts)
    hash(view)
