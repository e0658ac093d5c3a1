"""Links and session files: whatever a view holds comes back, and what is damaged is refused in one sentence."""

import base64
import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import InputError
from analysis.questions import Text
from dashboard.pages import PAGES
from dashboard.paper import link as links
from dashboard.paper import session
from dashboard.view import ViewState, options
from tests.analysis.plain_words import assert_plain_sentence
from tests.dashboard.made import PROVENANCE

HERE = "http://127.0.0.1:8501/"
TEXT = st.text(max_size=60) | st.sampled_from(["a\x00b", "🙂", "<script>", "]]>", "\u2028"])
VIEWS = st.builds(
    ViewState,
    page=st.sampled_from([*PAGES]),
    model=TEXT,
    texts=st.lists(
        st.builds(
            Text,
            TEXT,
            st.none() | TEXT,
            st.lists(st.tuples(st.integers(0, 99), st.integers(0, 30_000)), max_size=4).map(tuple),
            st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    options=st.dictionaries(st.text(max_size=8), TEXT | st.integers(-99, 9_999) | st.booleans() | st.none()).map(
        options
    ),
)
VIEW = ViewState("tokens", "bundled", (Text("The cat sat."),), options({"k": 10}))


def data_of(link: str) -> str:
    return link.partition("?view=")[2]


@given(VIEWS)
def test_a_view_comes_back_from_its_link(view: ViewState) -> None:
    link = links.link(HERE, view, PAGES)
    assert link.isascii()
    assert " " not in link
    assert links.view_of(data_of(link)) == view


@given(VIEWS)
def test_a_view_comes_back_from_its_session(view: ViewState) -> None:
    content = session.dump(view, PROVENANCE, {}, "2026-01-02T03:04:05+00:00").encode("ascii")
    found = session.load(content)
    assert (found.view, found.results) == (view, {})
    assert found.made_by == session.made_by(PROVENANCE)
    assert {"model", "revision", "dtype", "pretext", "torch"} <= found.made_by.keys()


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("http://127.0.0.1:8501", "http://127.0.0.1:8501/"),
        ("http://127.0.0.1:8501/", "http://127.0.0.1:8501/"),
        ("http://127.0.0.1:8501/splits", "http://127.0.0.1:8501/"),
        ("https://lab.example/pretext/", "https://lab.example/pretext/"),
        ("https://lab.example/pretext", "https://lab.example/pretext/"),
        ("https://lab.example/pretext/next_sentence?view=1.x#y", "https://lab.example/pretext/"),
    ],
)
def test_a_link_leads_to_the_first_page(address: str, base: str) -> None:
    assert links.base_of(address, PAGES) == base
    assert links.link(address, VIEW, PAGES).startswith(f"{base}?view=1.")


def test_a_link_that_is_too_long_offers_a_session_file() -> None:
    import random

    letters = "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz ", k=20_000))
    with pytest.raises(InputError) as refused:
        links.link(HERE, replace(VIEW, texts=(Text(letters),)), PAGES)
    assert_plain_sentence(refused.value)
    assert "session file" in str(refused.value)
    assert len(links.link(HERE, replace(VIEW, texts=(Text("many words " * 4_000),)), PAGES)) < links.MOST_CHARS


def texts(**changed: object) -> dict[str, object]:
    return {"texts": [{"text_a": "a", "text_b": None, "edits": [], "in_windows": False, **changed}]}


def packed(content: bytes) -> str:
    return "1." + base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")


@pytest.mark.parametrize(
    "data",
    [
        "",
        "1.",
        "1.!!!",
        "1.AAAA",
        "x",
        data_of(links.link(HERE, VIEW, PAGES))[:-9],
        data_of(links.link(HERE, VIEW, PAGES)).replace("1.", "2.", 1),
        packed(b"[]"),
        packed(b'{"page": 1}'),
        packed(b"\xff\xfe"),
        packed(b" " * 3_000_000),
        packed(json.dumps({**json.loads(VIEW.to_json()), "schema": 99}).encode()),
        packed(json.dumps({**json.loads(VIEW.to_json()), "options": {"k": [1]}}).encode()),
        packed(json.dumps({**json.loads(VIEW.to_json()), "options": {"follow": "x" * 200_000}}).encode()),
        packed(json.dumps({**json.loads(VIEW.to_json()), **texts(edits=[[1, "x"]])}).encode()),
        packed(json.dumps({**json.loads(VIEW.to_json()), **texts(edits=[[2, -5]])}).encode()),
        packed(json.dumps({**json.loads(VIEW.to_json()), **texts(edits=[[2, 2**31]])}).encode()),
        packed(json.dumps({**json.loads(VIEW.to_json()), **texts(text_a="half \ud800")}).encode()),
        packed(json.dumps({**json.loads(VIEW.to_json()), "options": {"follow": "\udfff"}}).encode()),
    ],
)
def test_a_damaged_or_foreign_link_is_one_sentence(data: str) -> None:
    with pytest.raises(InputError) as refused:
        links.view_of(data)
    assert_plain_sentence(refused.value)


SAVED = session.dump(VIEW, PROVENANCE, {"seen": {"positions": [1]}}, "now")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        SAVED[:-30].encode(),
        SAVED.replace('"pretext_session": 2', '"pretext_session": 3').encode(),
        SAVED.replace('"pretext_session": 2', '"pretext_session": true').encode(),
        SAVED.replace('"results": {', '"results": [], "other": {').encode(),
        SAVED.replace('"made_by": {', '"made_by": 5, "other": {').encode(),
        b" " * (session.MOST_BYTES + 1),
    ],
)
def test_a_damaged_or_foreign_file_is_one_sentence(content: bytes) -> None:
    with pytest.raises(InputError) as refused:
        session.load(content)
    assert_plain_sentence(refused.value)


def test_what_agrees_and_what_does_not() -> None:
    old = {"seen": {"p": [0.5, 1e-9, 12.0], "token": "cat", "rank": 3, "none": None, "provenance": {"a": 1}}}
    same = session.agreement(old, {"seen": {**old["seen"], "p": [0.50001, 2e-9, 12.001], "provenance": {"a": 2}}})
    assert same.agrees
    assert same.numbers == 4
    assert same.largest == pytest.approx(1e-3)
    assert "all 4 numbers agree" in same.sentence()
    for change, where in (
        ({"p": [0.51, 1e-9, 12.0]}, "seen.p[0]: 0.5 then, 0.51 now"),
        ({"token": "dog"}, "seen.token: cat then, dog now"),
        ({"rank": 4}, "seen.rank: 3 then, 4 now"),
        ({"p": [0.5]}, "seen.p: 3 entries then, 1 entries now"),
        ({"none": 1.0}, "seen.none: nothing then, 1 now"),
    ):
        other = session.agreement(old, {"seen": {**old["seen"], **change}})
        assert not other.agrees
        assert where in other.sentence()
    for now in ({"hidden": {}}, {}):
        nothing = session.agreement(old, now)
        assert not nothing.agrees, "what was not compared does not agree"
        assert nothing.sentence() == (
            "There is nothing to compare with: an older Pretext gave its numbers other names. Not compared, because "
            "not here (yet): seen."
        )
    part = session.agreement({**old, "hidden": {"p": [1.0]}}, old)
    assert not part.agrees
    assert part.sentence().endswith("Not compared, because not here (yet): hidden.")
    huge = session.agreement({"seen": {"n": 10**400}}, {"seen": {"n": 1.5}})
    assert not huge.agrees
