"""A model's folder is deleted or damaged while it is in use: one sentence on every page, and another can be chosen."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.pages import PAGES
from dashboard.screen import sidebar
from tests.dashboard.app import all_is_well, captions, choose_model, drawn, errors, go, open_app, the_error, type_in

pytestmark = pytest.mark.usefixtures("at_once")


def delete(folder: Path) -> None:
    shutil.rmtree(folder)


def damage(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"no weights")


@pytest.mark.parametrize("harm", [delete, damage])
def test_a_folder_that_is_harmed_while_in_use(
    harm: Callable[[Path], None], checkpoint_folder: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    shutil.copytree(checkpoint_folder("tiny_bert"), folder)
    at = choose_model(open_app(), str(folder))
    type_in(at, "tokens.text_a", "the cat sat")
    all_is_well(at)
    harm(folder)
    for page in PAGES:
        go(at, page)
        assert str(tmp_path) not in the_error(at)
        assert "In use instead: bundled" in captions(at) or "Still in use: bundled" in captions(at)
    assert go(at, "tokens").text_area(key="tokens.text_a").value == "the cat sat"
    assert drawn(at)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(checkpoint_folder("tiny_bert"), folder)
    all_is_well(at.button(key="model.again").click().run())
    assert f"Model {folder}" in captions(at)
    harm(folder)
    the_error(at.run())
    all_is_well(choose_model(at, "bundled"))


@pytest.mark.parametrize("harm", [delete, damage])
def test_one_that_goes_between_the_sidebar_and_the_page(
    harm: Callable[[Path], None],
    checkpoint_folder: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or while a part of the page runs by itself."""
    folder = tmp_path / "own"
    shutil.copytree(checkpoint_folder("tiny_bert"), folder)
    at = choose_model(open_app(), str(folder))
    monkeypatch.setattr(sidebar, "load", lambda _spec: None)
    harm(folder)
    for page in PAGES:
        go(at, page)
        assert not at.exception, at.exception
        assert len(errors(at)) == 1
    all_is_well(choose_model(at, "bundled"))


def test_the_second_model_of_a_comparison(checkpoint_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = tmp_path / "own"
    shutil.copytree(checkpoint_folder("tiny_bert"), folder)
    at = open_app("compare")
    at.get_by_key("compare.mode").set_value("Two models").run()
    choose_model(at, str(folder), "compare.model_b")
    all_is_well(at)
    delete(folder)
    assert "no such folder" in the_error(at.run())
    all_is_well(choose_model(at, "bundled", "compare.model_b"))
