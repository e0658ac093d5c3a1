"""Links and session files: whatever a view holds comes back, and what is damaged is refused in one sentence.

That every page's view comes back, and that what is refused changes nothing, is tried on the pages.
"""

import base64
import json
import random
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import InputError
from analysis.questions import Text
from dashboard.paper import link as links
from dashboard.paper import session
from dashboard.view import ViewState, options
from tests.analysis.plain_words import assert_plain_sentence
from tests.dashboard.made import PROVENANCE
from tests.dashboard.test_view import views

HERE = "http://127.0.0.1:8501/"
KEYS = ("tokens", "splits", "next_sentence")
VIEW = ViewState("tokens", "bundled", (Text("The cat sat."),), options({"k": 10}))


def data_of(link: str) -> str:
    return link.partition("?view=")[2]


@given(views)
def test_a_view_comes_back_from_its_link_and_from_its_session(view: ViewState) -> None:
    link = links.link(HERE, view, KEYS)
    assert link.isascii()
    assert " " not in link
    assert links.view_of(data_of(link)) == view
    content = session.dump(view, PROVENANCE, {}, "2026-01-02T03:04:05+00:00").encode("ascii")
    found = session.load(content)
    assert (found.view, found.saved, found.results) == (view, "2026-01-02T03:04:05+00:00", {})
    assert found.made_by == session.made_by(PROVENANCE)


def test_a_session_names_its_model_and_its_versions() -> None:
    assert list(json.loads(SAVED)) == ["pretext_session", "saved", "made_by", "view", "results"]
    assert session.made_by(PROVENANCE) == {
        "model": PROVENANCE.spec,
        "revision": PROVENANCE.revision,
        "dtype": "float32",
        "pretext": "0.1.0",
        "torch": "2.13.0",
    }


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("http://127.0.0.1:8501", "http://127.0.0.1:8501/"),
        ("http://127.0.0.1:8501/splits", "http://127.0.0.1:8501/"),
        ("https://lab.example/pretext/", "https://lab.example/pretext/"),
        ("https://lab.example/pretext", "https://lab.example/pretext/"),
        ("https://lab.example/pretext/next_sentence?view=1.x#y", "https://lab.example/pretext/"),
    ],
)
def test_a_link_leads_to_the_first_page(address: str, base: str) -> None:
    assert links.base_of(address, KEYS) == base
    assert links.link(address, VIEW, KEYS).startswith(f"{base}?view=1.")


def test_a_link_that_is_too_long_offers_a_session_file() -> None:
    letters = "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz ", k=20_000))
    with pytest.raises(InputError) as refused:
        links.link(HERE, replace(VIEW, texts=(Text(letters),)), KEYS)
    assert_plain_sentence(refused.value)
    assert "session file" in str(refused.value)
    assert len(links.link(HERE, replace(VIEW, texts=(Text("many words " * 4_000),)), KEYS)) < links.MOST_CHARS


def packed(content: bytes) -> str:
    return "1." + base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")


SOUND = data_of(links.link(HERE, VIEW, KEYS))


def test_a_damaged_or_foreign_link_is_one_sentence(subtests: pytest.Subtests) -> None:
    for data in {
        "nothing": "",
        "no data": "1.",
        "no base64": "1.!!!",
        "not deflated": "1.AAAA",
        "no version": "x",
        "cut short": SOUND[:-9],
        "another layout": SOUND.replace("1.", "2.", 1),
        "no view": packed(b"[]"),
        "no UTF-8": packed(b"\xff\xfe"),
        "unfolds without end": packed(b" " * 3_000_000),
    }.items():
        with subtests.test(data=data):
            with pytest.raises(InputError) as refused:
                links.view_of(data[1])
            assert_plain_sentence(refused.value)


SAVED = session.dump(VIEW, PROVENANCE, {"seen": {"positions": [1]}}, "now")


def test_a_damaged_or_foreign_file_is_one_sentence(subtests: pytest.Subtests) -> None:
    for content in {
        "nothing": b"",
        "no JSON": b"x",
        "a list": b"[]",
        "no session": b"{}",
        "no UTF-8": b"\xff\xfe",
        "deep": b"[" * 100_000,
        "cut short": SAVED[:-30].encode(),
        "a newer one": SAVED.replace('"pretext_session": 2', '"pretext_session": 3').encode(),
        "a truth value for a version": SAVED.replace('"pretext_session": 2', '"pretext_session": true').encode(),
        "results that are a list": SAVED.replace('"results": {', '"results": [], "other": {').encode(),
        "made by a number": SAVED.replace('"made_by": {', '"made_by": 5, "other": {').encode(),
        "a view that is none": SAVED.replace('"texts": [', '"texts": 5, "other": [').encode(),
        "too large": b" " * (session.MOST_BYTES + 1),
    }.items():
        with subtests.test(content=content):
            assert session.load(SAVED.encode()).results == {"seen": {"positions": [1]}}
            with pytest.raises(InputError) as refused:
                session.load(content[1])
            assert_plain_sentence(refused.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def harmed(draw: st.DrawFn, sound: str) -> str:
    """A sound text of which a stretch was replaced."""
    at, end = sorted(draw(st.tuples(*[st.integers(0, len(sound))] * 2)))
    return sound[:at] + draw(st.text(max_size=10)) + sound[end:]


@st.composite
def replaced(draw: st.DrawFn, sound: str) -> str:
    """A sound object with some value of it, however deep, replaced by another."""
    whole = at = json.loads(sound)
    while True:
        key = draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or draw(st.booleans()):
            at[key] = draw(json_values)
            return json.dumps(whole)
        at = at[key]


@given(st.text(max_size=200) | harmed(SOUND) | harmed(VIEW.to_json()).map(lambda each: packed(each.encode())))
def test_no_link_raises_anything_else(data: str) -> None:
    try:
        links.view_of(data)
    except InputError as refused:
        assert_plain_sentence(refused)


@given(st.binary(max_size=200) | (harmed(SAVED) | replaced(SAVED)).map(lambda each: each.encode(errors="replace")))
def test_no_session_raises_anything_else(content: bytes) -> None:
    try:
        session.load(content)
    except InputError as refused:
        assert_plain_sentence(refused)


OLD = {"seen": {"p": [0.5, 1e-9, 12.0], "token": "cat", "rank": 3, "none": None, "provenance": {"a": 1}}}


def now(**changes: object) -> dict[str, dict[str, object]]:
    return {"seen": {**OLD["seen"], **changes}}


def test_numbers_agree_within_what_another_order_of_adding_changes() -> None:
    same = session.agreement(OLD, now(p=[0.50001, 2e-9, 12.001], provenance={"a": 2}))
    assert (same.agrees, same.numbers) == (True, 4)
    assert same.largest == pytest.approx(1e-3)
    assert "all 4 numbers agree" in same.sentence()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"p": [0.51, 1e-9, 12.0]}, "seen.p[0]: 0.5 then, 0.51 now"),
        ({"token": "dog"}, "seen.token: cat then, dog now"),
        ({"rank": 4}, "seen.rank: 3 then, 4 now"),
        ({"p": [0.5]}, "seen.p: 3 entries then, 1 entries now"),
        ({"none": 1.0}, "seen.none: nothing then, 1 now"),
        ({"more": "x" * 90}, f"seen.more: nothing then, {'x' * 39}… now"),
    ],
)
def test_a_difference_is_told_with_its_place(change: dict[str, object], where: str) -> None:
    other = session.agreement(OLD, now(**change))
    assert not other.agrees
    assert other.sentence() == f"Computed again, 1 values differ from the saved ones: {where}."


def test_a_few_differences_are_told_and_the_others_counted() -> None:
    numbers = {"p": list(range(10))}
    other = session.agreement({"seen": numbers}, {"seen": {"p": [each + 0.5 for each in numbers["p"]]}})
    assert "10 values differ" in other.sentence()
    assert other.sentence().count(" then, ") == 3
    assert other.sentence().endswith("; and 7 more.")


def test_what_was_not_compared_does_not_agree() -> None:
    for there in ({"hidden": {}}, {}):
        nothing = session.agreement(OLD, there)
        assert not nothing.agrees
        assert nothing.sentence().startswith("There is nothing to compare with")
        assert nothing.sentence().endswith(" Not compared, because not here (yet): seen.")
    part = session.agreement({**OLD, "hidden": {"p": [1.0]}}, OLD)
    assert not part.agrees
    assert part.sentence().endswith("Not compared, because not here (yet): hidden.")
    assert not session.agreement({"seen": {"n": 10**400}}, {"seen": {"n": 1.5}}).agrees


def test_the_farthest_of_the_numbers_that_agree_is_told() -> None:
    found = session.agreement({"a": {"x_bits": 1.0, "n": 3}}, {"a": {"x_bits": 1.00001, "n": 3}})
    assert (found.numbers, found.differences) == (2, ())
    assert found.largest == pytest.approx(1e-5)


def test_half_a_character_in_a_text_survives_a_session_file() -> None:
    written = session.dump(ViewState("tokens", "bundled", (Text("half \ud800"),)), PROVENANCE, {}, "2026")
    assert json.loads(written.encode("utf-8"))["view"]["texts"][0]["text_a"] == "half \ud800"
