"""What a browser kept before a reload, as the server takes it: checked like a link, once, if nothing else led here."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from analysis.questions import Text
from dashboard.pages import PAGES
from dashboard.screen import kept
from dashboard.view import ViewState
from tests.analysis.plain_words import assert_plain_sentence
from tests.dashboard.app import ENTRYPOINT, PATIENCE, all_is_well, choose, go, open_app, payload, resolved, type_in
from tests.dashboard.visits import data_of, read_through

pytestmark = pytest.mark.usefixtures("at_once")
TOKENS = ViewState("tokens", "bundled", (Text("The cat sat."),)).with_options(reading="hidden")
SPLITS = ViewState("splits", "bundled", (Text("It rained. Nobody came."),))


def json_of(view: ViewState) -> str:
    return PAGES[view.page].check(view).to_json()


def handed(
    monkeypatch: pytest.MonkeyPatch, content: object, typed: str = "", page: str = "tokens", **settings: object
) -> AppTest:
    """A visit that begins with a reload: the browser hands over what it kept, and something may be typed before."""
    at = AppTest.from_file(ENTRYPOINT, default_timeout=PATIENCE)
    at.context = {"theme": "light"}
    at.query_params.update(settings)
    at.run()
    if page != "tokens":
        go(at, page)
    asks = [each for each in at.get("bidi_component") if each.key == "kept.asks"]
    if asks:
        monkeypatch.setattr(kept, "_ASKS", "kept.handed")
        at.session_state["kept.handed"] = {"kept": content}
        from_outside = kept.came

        def came() -> list[str]:
            kept._take()
            return from_outside()

        monkeypatch.setattr(kept, "came", came)
    if typed:
        at.text_area[0].set_value(typed)
    return read_through(at.run())


def text(at: AppTest, page: str) -> str:
    return at.text_area(key=f"{page}.text_a").value


def test_every_page_has_what_stood_there_and_the_open_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    at = handed(monkeypatch, json.dumps([json_of(SPLITS), json_of(TOKENS)]))
    all_is_well(at)
    assert text(at, "tokens") == TOKENS.text.text_a
    assert at.get_by_key("tokens.reading").value == "hidden"
    assert text(go(at, "splits"), "splits") == SPLITS.text.text_a


def test_what_is_read_is_kept_with_its_options() -> None:
    at = open_app()
    visit = payload(at, "kept.asks")["visit"]
    at = choose(type_in(at, "tokens.text_a", "A dog ran."), "tokens.reading", "hidden")
    view = ViewState.from_json(payload(at, "kept.tokens")["view"])
    assert (view.text, view.option("reading")) == (Text("A dog ran."), "hidden")
    # By which the browser tells its own from what another visit left.
    assert payload(at, "kept.tokens")["visit"] == visit


def test_a_link_is_not_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    at = handed(monkeypatch, json.dumps([json_of(TOKENS)]), view=data_of(PAGES["splits"].check(SPLITS)))
    assert text(at, "splits") == SPLITS.text.text_a
    assert not [each for each in at.get("bidi_component") if each.key == "kept.asks"]


@pytest.mark.parametrize("page", ["tokens", "compare", "next_sentence"])
def test_what_is_typed_before_it_comes_is_not_overruled(monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    at = handed(monkeypatch, json.dumps([json_of(TOKENS)]), typed="A dog ran.", page=page)
    name = next(each.key for each in at.text_area if each.value == "A dog ran.")
    assert name.startswith(page)
    assert text(go(at, "tokens"), "tokens") != TOKENS.text.text_a


@pytest.mark.parametrize(
    "content",
    ["", "[", "{}", "[1]", "null", "[" * 100_000, 5, None, json.dumps(["x"] * 99)],
    ids=["empty", "cut", "object", "number", "null", "deep", "no string", "nothing", "many"],
)
def test_what_is_no_list_of_views_is_passed_over(monkeypatch: pytest.MonkeyPatch, content: object) -> None:
    before = text(open_app(), "tokens")
    at = handed(monkeypatch, content)
    all_is_well(at)
    assert (text(at, "tokens"), list(at.warning)) == (before, [])


def test_a_view_that_is_refused_is_said_and_the_others_come(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = json.dumps({**json.loads(json_of(SPLITS)), "schema": 99})
    at = handed(monkeypatch, json.dumps([newer, json_of(TOKENS)]))
    all_is_well(at)
    assert text(at, "tokens") == TOKENS.text.text_a
    (said,) = [resolved(each.value) for each in at.warning]
    assert_plain_sentence(said)


def test_where_strangers_share_a_screen_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRETEXT_HOSTED", "1")
    assert not [each for each in open_app().get("bidi_component") if each.key.startswith("kept.")]
