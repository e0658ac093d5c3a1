"""Choosing a model in the sidebar: what may be typed, what becomes of one that can't be had, whose head is there.

A second model is chosen on the Compare page, and is tested there.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.models import hub
from analysis.questions import Text
from dashboard.pages import PAGES
from dashboard.pages.compare import MODELS
from dashboard.paper import link
from dashboard.view import ViewState
from tests.analysis.conftest import point_hub_at
from tests.analysis.fake_hub import FakeHub, Repo
from tests.dashboard.app import (
    A_PAGE_OF_EACH,
    all_is_well,
    assert_no_dead_controls,
    captions,
    choose,
    choose_model,
    drawn,
    go,
    metrics,
    open_app,
    payload,
    places,
    rows,
    strip,
    the_error,
    to_see,
    type_in,
    words,
)

pytestmark = pytest.mark.usefixtures("at_once")
Folders = Callable[..., Path]
ABSENT = "owner/no-such-model"


def in_use(at: AppTest) -> str:
    (said,) = {line for line in captions(at).splitlines() if line.startswith("Model ")}
    return said.removeprefix("Model ").partition(", revision ")[0]


def test_a_model_that_can_t_be_had_leaves_the_one_in_use(checkpoint_folder: Folders, tmp_path: Path) -> None:
    folder = str(checkpoint_folder("tiny_bert", seed=1))
    at = choose_model(open_app(), folder)
    all_is_well(at)
    good = (strip(at), drawn(at))
    for spec in (
        ABSENT,
        "owner/name@a-branch",
        str(tmp_path),
        "~nobody/checkpoint",
        "a b c",
        ":material/check: **x** $y$ <img src=x onerror=alert(1)>",
        "m" * 5_000,
    ):
        choose_model(at, spec)
        assert str(tmp_path.parent) not in the_error(at), "the server's folders are its own"
        assert f"Still in use: {folder}" in captions(at)
        assert at.selectbox(key="model.choice").value == spec, "what was typed is kept"
        assert (in_use(at), strip(at), drawn(at)) == (folder, *good)
    assert at.selectbox(key="model.choice").options == ["bundled", folder, spec]
    assert strip(open_app()) != good[0], "another visit has its own"


def test_a_failed_load_is_tried_again_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, checkpoint_folder: Folders
) -> None:
    asked: list[str] = []
    fetch = hub.fetch
    monkeypatch.setattr(hub, "fetch", lambda name, *rest: (asked.append(name), fetch(name, *rest))[1])
    at = choose_model(open_app(), "owner/tiny")
    type_in(at, "tokens.text_a", "The cat [MASK].")
    for page in ("tokens", "next_sentence", "tour", "model"):
        go(at, page)
        assert "can't be reached" in the_error(at)
        assert in_use(at) == "bundled"
    assert asked == ["owner/tiny"]
    with FakeHub().running() as served:
        point_hub_at(monkeypatch, served.endpoint)
        at.button(key="model.again").click().run()
        assert "no public model" in the_error(at)
        served.repos["owner/tiny"] = Repo(checkpoint_folder("tiny_bert"))
        at.button(key="model.again").click().run()
    all_is_well(at)
    assert asked == ["owner/tiny"] * 3
    assert in_use(go(at, "tokens")) == "owner/tiny"
    assert "Model owner/tiny, revision c0ffee0000" in captions(at)


def test_a_page_whose_head_is_absent_keeps_its_text_and_the_others_are_there(checkpoint_folder: Folders) -> None:
    at = open_app()
    type_in(at, "tokens.text_a", "The cat [MASK] here.")
    choose_model(at, str(checkpoint_folder("without_mlm")))
    assert "masked-LM" in the_error(at)
    for page in PAGES.values():
        if page.key == "batch":
            # Its minimal pairs ask for the head; labelled pairs would not.
            assert "masked-LM" in the_error(go(at, page.key))
        elif page.needs not in {"mlm", "layers"}:
            all_is_well(go(at, page.key))
    choose_model(at, "bundled")
    assert go(at, "tokens").text_area(key="tokens.text_a").value == "The cat [MASK] here."


@pytest.mark.parametrize(("folder", "there"), [("tiny_albert", False), ("tiny_bert", True)])
def test_no_way_leads_to_a_page_that_the_model_can_t_answer(
    checkpoint_folder: Folders, folder: str, there: bool
) -> None:
    at = open_app()
    type_in(at, "tokens.text_a", "The cat [MASK] here.")
    choose_model(at, str(checkpoint_folder(folder)))
    all_is_well(at)
    assert ("tokens.layers" in [each.key for each in at.button]) == there


def test_a_model_that_lacks_a_head_shows_nothing_of_it(checkpoint_folder: Folders) -> None:
    """Nor what the model before showed: numbers of two models never stand on one page."""
    at = open_app()
    for page, lacks, head in (
        ("tokens", "without_mlm", "masked-LM"),
        ("next_sentence", "without_nsp", "next-sentence"),
    ):
        all_is_well(go(at, page))
        assert drawn(at)
        choose_model(at, str(checkpoint_folder(lacks)))
        assert head in the_error(at)
        assert not to_see(at, "plotly_chart", "bidi_component", "metric", "table")
        assert_no_dead_controls(at)
    all_is_well(go(at, "tokens"))
    assert "NSP margin" not in metrics(at)
    go(at, "next_sentence")
    the_error(at)
    choose_model(at, str(checkpoint_folder("without_mlm")))
    all_is_well(at)
    assert len(rows(at)) == 9, "the pair, its controls, and seven variants"


@pytest.mark.parametrize(
    ("maker", "without_head", "of_order"),
    [
        ("tiny_roberta", {"next_sentence", "splits", "pairs"}, set()),
        ("tiny_albert", set(), {"next_sentence", "splits", "pairs", "compare", "tour"}),
    ],
)
def test_every_page_works_with_another_kind_of_model(
    maker: str, without_head: set[str], of_order: set[str], checkpoint_folder: Folders
) -> None:
    at = open_app(model=str(checkpoint_folder(maker)))
    for page in PAGES:
        go(at, page)
        if page in without_head:
            assert "next-sentence head" in the_error(at)
        elif maker == "tiny_albert" and PAGES[page].needs in {"layers", "attention", "gradients"}:
            assert "'albert' are not" in the_error(at)
        else:
            all_is_well(at)
        assert ("trained on sentence order" in captions(at)) == (page in of_order)


def test_no_field_moves_while_a_model_is_being_loaded(checkpoint_folder: Folders, tmp_path: Path) -> None:
    def load(field: str) -> None:
        """Load what was never loaded before."""
        stood = places(at, *drawn_kinds)
        all_is_well(choose_model(at, str(shutil.copytree(folder, tmp_path / f"{key}-{field}")), field))
        assert places(at, *drawn_kinds) == stood

    drawn_kinds = ("bidi_component", "plotly_chart")
    folder = checkpoint_folder("tiny_bert")
    at = open_app(model=str(folder))
    for key in A_PAGE_OF_EACH.values():
        go(at, key)
        load("model.choice")
    key = "compare"
    choose(go(at, key), "compare.mode", MODELS)
    choose_model(at, at.selectbox(key="model.choice").value, "compare.model_b")
    assert "choose another one for B" in captions(at), "a sentence that goes, too"
    load("compare.model_b")


def test_another_model_forgets_what_was_picked_and_a_view_that_brings_one_keeps_it(checkpoint_folder: Folders) -> None:
    def chosen() -> int:
        all_is_well(at)
        return payload(at, "compare.strip")["chosen"]

    folder, at = str(checkpoint_folder("tiny_bert")), open_app("compare")
    first = chosen()
    at.session_state["compare.pair"] = first + 2
    assert (at.run() and chosen()) == first + 2
    choose_model(at, folder)
    assert chosen() != first + 2
    texts = (Text("the cat sat on a mat"), Text("the dog sat on a mat"))
    for spec in ("bundled", folder):
        view = ViewState("compare", spec, texts).with_options(pair=5)
        at.query_params[link.PARAMETER] = link.link("", PAGES["compare"].check(view), PAGES).partition("=")[2]
        assert (at.run() and chosen()) == 5
        assert in_use(at) == spec


def test_the_model_of_the_environment(monkeypatch: pytest.MonkeyPatch, checkpoint_folder: Folders) -> None:
    folder = str(checkpoint_folder("tiny_bert"))
    monkeypatch.setenv("PRETEXT_MODEL", folder)
    at = open_app()
    all_is_well(at)
    assert (in_use(at), at.selectbox(key="model.choice").options) == (folder, ["bundled", folder])
    monkeypatch.setenv("PRETEXT_MODEL", ABSENT)
    at = open_app()
    assert ABSENT in the_error(at)
    assert in_use(at) == "bundled"
    assert len(words(at)) == 62
