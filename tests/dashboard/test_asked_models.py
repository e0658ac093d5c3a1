"""A link or a session that names a model which was never loaded here: it is asked about before anything is loaded."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis import hosting
from analysis.hosting import PUBLIC
from analysis.models.store import MODELS
from analysis.questions import Text
from dashboard.pages import PAGES
from dashboard.pages.compare import MODELS as TWO_MODELS
from dashboard.paper import link
from dashboard.view import ViewState
from tests.analysis.conftest import point_hub_at
from tests.analysis.fake_hub import FakeHub, Repo
from tests.analysis.plain_words import assert_plain_sentence
from tests.dashboard.app import all_is_well, captions, choose_model, open_app, resolved, strip, the_error
from tests.dashboard.visits import data_of, downloads, open_file, put, read_through

pytestmark = pytest.mark.usefixtures("at_once")
Folders = Callable[..., Path]
TEXT = Text("the cat sat", edits=((1, 9),))


def follow(at: AppTest, view: ViewState) -> AppTest:
    at.query_params[link.PARAMETER] = data_of(PAGES[view.page].check(view))
    return read_through(at.run())


def question(at: AppTest) -> str:
    (said,) = [resolved(each.value) for each in at.info if "never loaded here" in each.value]
    return said


def answer(at: AppTest, name: str) -> AppTest:
    return read_through(at.button(key=f"opening.asks.{name}").click().run())


def asked(at: AppTest) -> bool:
    return any((each.key or "").startswith("opening.asks") for each in at.button)


def rest(at: AppTest) -> dict[str, object]:
    """What a visit holds of the model and of how results are shown."""
    state = at.session_state._state.filtered_state
    return {key: state[key] for key in ("model.choice", "model.in_use", "units", "figures")}


@pytest.fixture
def folder(checkpoint_folder: Folders, tmp_path: Path) -> str:
    """One that no test has loaded."""
    return str(checkpoint_folder("tiny_bert", seed=sum(map(ord, tmp_path.name))))


def test_a_link_asks_and_its_text_is_read_meanwhile(folder: str) -> None:
    at = open_app()
    before = rest(at)
    follow(at, ViewState("tokens", folder, (TEXT,)).with_options(units="nats", position=2))
    said = question(at)
    assert said.startswith("The link names the model")
    assert [each.label for each in at.button if (each.key or "").startswith("opening.asks")][1] == "Keep bundled"
    assert (rest(at), folder in MODELS.known()) == (before, False)
    assert at.text_area(key="tokens.text_a").value == "the cat sat"
    assert "Model bundled, revision" in captions(at)
    assert at.session_state["tokens.edits"] == (), "ids of another vocabulary"
    at.run()
    assert question(at) == said, "until it is answered"
    answer(at, "keep")
    assert not asked(at)
    assert (rest(at), folder in MODELS.known()) == (before, False)
    assert at.text_area(key="tokens.text_a").value == "the cat sat"


def test_a_link_opens_as_it_was_made_when_its_model_may_be_loaded(folder: str) -> None:
    at = follow(open_app("splits"), ViewState("tokens", folder, (TEXT,)).with_options(units="nats", position=2))
    answer(at, "load")
    assert not asked(at)
    assert f"Model {folder}, revision" in captions(at)
    assert (at.session_state["units"], at.session_state["tokens.edits"]) == ("nats", ((1, 9),))
    assert strip(at)["chosen"] == 2
    assert follow(open_app(), ViewState("tokens", folder, (TEXT,))) and not asked(at), "it is known by now"


def test_a_session_asks_and_is_compared_when_its_model_may_be_loaded(folder: str, checkpoint_folder: Folders) -> None:
    other = str(checkpoint_folder("tiny_bert"))
    at = put(choose_model(open_app(), other), {"tokens.text_a": "the cat sat"})
    with downloads() as given:
        at.run()
    saved = json.loads(given["tokens.session"]())
    saved["view"]["model"] = folder
    there = open_file(open_app(), json.dumps(saved))
    assert question(there).startswith("The session file names")
    assert not there.success and not there.warning
    assert there.text_area(key="tokens.text_a").value == "the cat sat"
    answer(there, "load")
    assert f"Model {folder}, revision" in captions(there)
    assert there.success or there.warning, "the numbers are compared"


def test_the_second_model_of_a_comparison_is_asked_about(folder: str) -> None:
    view = ViewState("compare", "bundled", (Text("The cat."), Text("The dog.")))
    view = view.with_options(mode=TWO_MODELS, text="The cat sat.", model_b=folder)
    at = follow(open_app(), view)
    assert quoted_in(question(at), folder)
    assert folder not in MODELS.known()
    assert at.text_area(key="compare.text").value == "The cat sat."
    assert "Both sides are read by the same model" in captions(at)
    answer(at, "load")
    assert f"Model bundled | {folder}" in captions(at) or folder in MODELS.known()


def quoted_in(sentence: str, folder: str) -> bool:
    return folder[:40] in sentence


def test_nothing_is_fetched_before_somebody_says_so(
    monkeypatch: pytest.MonkeyPatch, checkpoint_folder: Folders
) -> None:
    with FakeHub().running() as served:
        point_hub_at(monkeypatch, served.endpoint)
        served.repos["owner/asked"] = Repo(checkpoint_folder("tiny_bert"))
        at = follow(open_app(), ViewState("tokens", "owner/asked", (TEXT,)))
        assert "owner/asked" in question(at)
        answer(at, "keep")
        assert served.requests == []
        answer(follow(at, ViewState("tokens", "owner/asked", (TEXT,))), "load")
        assert served.fetched()
    assert "Model owner/asked, revision" in captions(at)


@pytest.mark.parametrize("spec", ["owner/absent", "/no/such/folder", ":red[**x**] <img src=x>", "a b"])
def test_one_that_can_t_be_loaded_is_told_and_changes_nothing_else(spec: str) -> None:
    at = follow(open_app(), ViewState("tokens", spec, (TEXT,)).with_options(units="nats"))
    before = rest(at)
    assert spec in question(at)
    answer(at, "load")
    (said,) = [resolved(each.value) for each in at.warning]
    assert_plain_sentence(said)
    assert not asked(at)
    assert rest(at) == before
    assert at.text_area(key="tokens.text_a").value == "the cat sat"


# --- on a server of strangers ---


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "_here", [replace(PUBLIC, models=("bundled", "owner/listed"))])


@pytest.mark.usefixtures("hosted")
def test_what_a_server_is_not_run_for_is_refused_in_one_sentence_wherever_it_is_named(
    monkeypatch: pytest.MonkeyPatch, folder: str, tmp_path: Path, checkpoint_folder: Folders
) -> None:
    said = set()
    with FakeHub().running() as served:
        point_hub_at(monkeypatch, served.endpoint)
        served.repos["owner/other"] = Repo(checkpoint_folder("tiny_bert"))
        for spec in (folder, str(tmp_path / "absent"), "owner/other", "~", "a b"):
            at = open_app()
            good = rest(at)
            follow(at, ViewState("tokens", spec, (TEXT,)).with_options(units="nats"))
            said |= {resolved(each.value) for each in at.warning}
            assert (rest(at), asked(at)) == (good, False)
            assert at.text_area(key="tokens.text_a").value != "the cat sat"
            compared = ViewState("compare", "bundled", (Text("The cat."), Text("The dog.")))
            follow(at, compared.with_options(mode=TWO_MODELS, text="The cat.", model_b=spec))
            said |= {resolved(each.value) for each in at.warning}
            view = PAGES["tokens"].check(ViewState("tokens", spec, (Text("the cat"),)))
            content = {"pretext_session": 2, "saved": "", "made_by": {}, "results": {}}
            content["view"] = asdict(view) | {"options": dict(view.options)}
            said.add(the_error(open_file(open_app(), json.dumps(content), read=False)))
            said.add(the_error(choose_model(open_app(), spec)))
            at = open_app("compare")
            at.get_by_key("compare.mode").set_value(TWO_MODELS).run()
            said.add(the_error(choose_model(at, spec, "compare.model_b")))
        assert served.requests == []
    assert len(said) == 1, said
    assert_plain_sentence(said.pop())
    assert folder not in MODELS.known()


@pytest.mark.usefixtures("hosted")
def test_the_page_of_a_hosted_server_says_what_is_switched_off() -> None:
    at = open_app()
    all_is_well(at)
    assert "Others use this server, too." in captions(at)
    assert "20,000 characters" in captions(at)
    field = at.selectbox(key="model.choice")
    assert field.options == ["bundled", "owner/listed"]
    assert not field.proto.accept_new_options
    follow(at, ViewState("tokens", "owner/listed", (TEXT,)))
    assert "owner/listed" in question(at), "of the list, and not loaded yet"


def test_a_machine_of_one_s_own_switches_nothing_off() -> None:
    at = open_app()
    assert "Others use this server" not in captions(at)
    assert at.selectbox(key="model.choice").proto.accept_new_options
