"""The model's field: what can't be loaded is one sentence, and the model in use stays."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.models import hub
from analysis.models.store import MODELS
from tests.analysis.conftest import point_hub_at
from tests.analysis.fake_hub import FakeHub, Repo
from tests.dashboard.app import (
    PAGES,
    all_is_well,
    captions,
    choose_model,
    drawn,
    errors,
    go,
    metrics,
    open_app,
    resolved,
    rows,
    strip,
    the_error,
    type_in,
    words,
)

Folders = Callable[..., Path]


def in_use(at: AppTest) -> str:
    return at.session_state["model.in_use"]


@pytest.mark.parametrize(
    "spec",
    [
        "owner/no-such-model",
        "bert-base-uncased",
        "owner/name@a-branch",
        "/no/such/folder",
        "~nobody/checkpoint",
        "..",
        "a b c",
        "https://huggingface.co/bert-base-uncased",
        ":material/check: **x** $y$",
        "<img src=x onerror=alert(1)>",
        "owner/name/more",
        "名前/モデル",
        "m" * 5_000,
        "C:\\models\\bert",
    ],
)
def test_a_model_that_cannot_be_had(spec: str) -> None:
    at = open_app()
    good = (strip(at), drawn(at))
    choose_model(at, spec)
    the_error(at)
    assert in_use(at) == "bundled"
    assert "Still in use: bundled" in captions(at)
    assert at.selectbox(key="model.choice").value == spec, "what was typed is kept"
    assert (strip(at), drawn(at)) == good


def test_the_hub_out_of_reach_is_said_on_every_page() -> None:
    at = choose_model(open_app(), "owner/no-such-model")
    assert "can't be reached" in the_error(at)
    for page in PAGES:
        go(at, page)
        assert "can't be reached" in the_error(at)
        assert in_use(at) == "bundled"


def test_a_failed_load_is_tried_again_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    fetch = hub.fetch
    monkeypatch.setattr(hub, "fetch", lambda repo_id, *rest: (asked.append(repo_id), fetch(repo_id, *rest))[1])
    at = choose_model(open_app(), "owner/no-such-model")
    at.run()
    type_in(at, "tokens.text_a", "The cat sat.")
    go(at, "next_sentence")
    the_error(at)
    assert asked == ["owner/no-such-model"]
    at.button(key="model.again").click().run()
    the_error(at)
    assert asked == ["owner/no-such-model"] * 2


def test_trying_again_loads_what_is_there_by_now(monkeypatch: pytest.MonkeyPatch, checkpoint_folder: Folders) -> None:
    at = choose_model(open_app(), "owner/tiny")
    the_error(at)
    with FakeHub().running() as served:
        served.repos["owner/tiny"] = Repo(checkpoint_folder("tiny_bert"))
        point_hub_at(monkeypatch, served.endpoint)
        at.button(key="model.again").click().run()
    all_is_well(at)
    assert in_use(at) == "owner/tiny"
    assert "Model owner/tiny, revision c0ffee0000" in captions(at)


def test_another_model_instead_of_the_failed_one(checkpoint_folder: Folders) -> None:
    folder = str(checkpoint_folder("tiny_bert"))
    at = choose_model(open_app(), "owner/no-such-model")
    the_error(at)
    choose_model(at, folder)
    all_is_well(at)
    assert in_use(at) == folder
    choose_model(at, "owner/no-such-model")
    the_error(at)
    assert in_use(at) == folder, "the model in use stays, not the bundled one"
    assert f"Still in use: {folder}" in captions(at)


@pytest.mark.parametrize(
    "damage", ["nothing in it", "no weights", "torn weights", "no config", "no tokenizer", "a file"]
)
def test_a_folder_without_a_whole_checkpoint(damage: str, tmp_path: Path, checkpoint_folder: Folders) -> None:
    folder = tmp_path / "check point"
    if damage == "nothing in it":
        folder.mkdir()
    else:
        shutil.copytree(checkpoint_folder("tiny_bert"), folder)
    if damage == "no weights":
        (folder / "model.safetensors").unlink()
    elif damage == "torn weights":
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "no config":
        (folder / "config.json").unlink()
    elif damage == "no tokenizer":
        for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
            (folder / name).unlink(missing_ok=True)
    spec = str(folder / "config.json") if damage == "a file" else str(folder)
    at = choose_model(open_app(), spec)
    sentence = the_error(at)
    assert str(tmp_path) not in sentence
    assert in_use(at) == "bundled"
    shutil.rmtree(folder)
    shutil.copytree(checkpoint_folder("tiny_bert"), folder)
    if damage != "a file":
        at.button(key="model.again").click().run()
        all_is_well(at)
        assert in_use(at) == spec


def test_a_model_without_a_next_sentence_head(checkpoint_folder: Folders) -> None:
    at = open_app("next_sentence")
    choose_model(at, str(checkpoint_folder("without_nsp")))
    sentence = the_error(at)
    assert "next-sentence" in sentence
    assert not drawn(at), "a head whose weights are missing is never drawn"
    go(at, "tokens")
    all_is_well(at)
    assert len(words(at)) > 60
    assert "NSP margin" not in metrics(at)
    assert "next-sentence" not in captions(at)
    go(at, "tour")
    all_is_well(at)
    assert len(at.table) == 5
    assert [resolved(info.value) for info in at.info] == [sentence.split(":")[0] + "."] * 2
    go(at, "model")
    all_is_well(at)
    said = [resolved(markdown.value) for markdown in at.markdown]
    assert sum(":material/close: **Next sentence**" in line for line in said) == 1
    assert sum(":material/check: **Masked-language modelling**" in line for line in said) == 1


def test_a_model_without_a_masked_lm_head(checkpoint_folder: Folders) -> None:
    at = choose_model(open_app(), str(checkpoint_folder("without_mlm")))
    assert "masked-LM" in the_error(at)
    assert not drawn(at)
    assert not at.table
    assert not at.get("bidi_component"), "neither a strip nor a read-out"
    assert "read with their token hidden" not in captions(at)
    type_in(at, "tokens.text_a", "the cat sat")
    assert "masked-LM" in the_error(at)
    choose_model(at, "bundled")
    all_is_well(at)
    assert words(at) == ["[CLS]", "the", "cat", "sat", "[SEP]"]
    choose_model(at, str(checkpoint_folder("without_mlm")))
    go(at, "next_sentence")
    all_is_well(at)
    assert len(rows(at)) == 8
    go(at, "tour")
    all_is_well(at)
    assert (len(at.table), len(at.info)) == (2, 5)
    go(at, "model")
    all_is_well(at)
    assert any(":material/close: **Masked-language modelling**" in markdown.value for markdown in at.markdown)


@pytest.mark.parametrize("maker", ["tiny_roberta", "tiny_distilbert", "tiny_albert", "tiny_modernbert", "wide_head"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_with_another_kind_of_model(maker: str, page: str, checkpoint_folder: Folders) -> None:
    at = open_app(page, model=str(checkpoint_folder(maker)))
    asks_nsp = page in {"next_sentence", "splits", "pairs"}
    if asks_nsp and maker not in {"tiny_albert", "wide_head"}:
        assert "next-sentence head" in the_error(at)
        return
    all_is_well(at)
    if (asks_nsp or page == "tour") and maker == "tiny_albert":
        assert "trained on sentence order" in captions(at)
    elif page == "tour":
        assert "trained on sentence order" not in captions(at)


def test_the_notebooks_masks_are_this_models(checkpoint_folder: Folders) -> None:
    at = open_app(model=str(checkpoint_folder("tiny_roberta")))
    all_is_well(at)
    assert "This model's mask token is <mask>" in captions(at)
    at.button(key="tokens.masks").click().run()
    all_is_well(at)
    assert words(at).count("<mask>") == 2
    assert words(at)[strip(at)["chosen"]] == "<mask>"


def test_two_visitors_use_two_models(checkpoint_folder: Folders) -> None:
    folder = str(checkpoint_folder("tiny_bert"))
    one, other = open_app(), open_app(model=folder)
    ours = strip(one)
    assert strip(other) != ours
    one.run()
    assert strip(one) == ours
    assert (in_use(one), in_use(other)) == ("bundled", folder)
    assert {"bundled", folder} <= set(MODELS.loaded())


def test_an_empty_field_means_the_model_in_use() -> None:
    at = open_app()
    at.selectbox(key="model.choice").set_value(None).run()
    all_is_well(at)
    assert in_use(at) == "bundled"


def test_the_models_of_the_local_cache_are_offered() -> None:
    at = open_app()
    assert at.selectbox(key="model.choice").options == ["bundled"]


def test_the_model_of_the_environment(monkeypatch: pytest.MonkeyPatch, checkpoint_folder: Folders) -> None:
    folder = str(checkpoint_folder("tiny_bert"))
    monkeypatch.setenv("PRETEXT_MODEL", folder)
    at = open_app()
    assert errors(at) == []
    assert in_use(at) == folder
    monkeypatch.setenv("PRETEXT_MODEL", "owner/no-such-model")
    at = open_app()
    the_error(at)
    assert in_use(at) == "bundled"
