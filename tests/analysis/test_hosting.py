"""A server of strangers: what may be named there, what is fetched, how much is asked; and a machine of one's own."""

import builtins
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import constants

from analysis import Contest, Describe, InputError, ModelError, Score, Text, ask, hosting
from analysis.batch.pasted import pasted
from analysis.choices import BY_COLUMNS
from analysis.hosting import PUBLIC, Hosting, settings_of
from analysis.models import checkpoint, hub, store
from analysis.models.bundle import Gate, ModelBundle
from analysis.models.store import ModelStore
from analysis.tasks import task_of
from analysis.texts.controls import passages_of
from analysis.texts.text import check_text
from tests.analysis.command_line import Run
from tests.analysis.fake_hub import FakeHub, Repo
from tests.analysis.plain_words import assert_plain_sentence

Folders = Callable[[str], Path]
Host = Callable[..., Hosting]
LISTED = "owner/tiny"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    """Let this process be a server of strangers, with some settings other than the defaults."""
    monkeypatch.setattr(hub, "_begun", [])

    def start(**settings: Any) -> Hosting:
        record = replace(PUBLIC, free_disk_bytes=0, **settings)
        monkeypatch.setattr(hosting, "_here", [record])
        return record

    return start


def refused(call: Callable[..., object], kind: type[Exception] = InputError) -> str:
    with pytest.raises(kind) as error:
        call()
    assert_plain_sentence(error.value)
    return str(error.value)


# --- models ---


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this process asks the file system about."""
    found: list[str] = []

    def spied(real: Callable[..., Any]) -> Callable[..., Any]:
        def spy(path: Any = ".", *rest: Any, **more: Any) -> Any:
            found.append(os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else "")
            return real(path, *rest, **more)

        return spy

    for module, names in ((os, ("stat", "lstat", "listdir", "scandir", "open", "access")), (builtins, ("open",))):
        for name in names:
            monkeypatch.setattr(module, name, spied(getattr(module, name)))
    return found


def test_the_spy_sees_what_a_machine_of_one_s_own_looks_at(tmp_path: Path, looked_at: list[str]) -> None:
    refused(lambda: ModelStore().get(str(tmp_path)), ModelError)
    assert any(str(tmp_path) in each for each in looked_at)


DOORS: dict[str, Callable[[str], object]] = {
    "get": lambda spec: ModelStore().get(spec),
    "revision": lambda spec: ModelStore().revision(spec),
    "load_bundle": store.load_bundle,
    "find": checkpoint.find,
    "stamp": checkpoint.stamp,
}


@pytest.mark.parametrize("door", DOORS)
def test_no_name_tells_a_folder_that_is_there_from_one_that_is_not(
    door: str, host: Host, checkpoint_folder: Folders, tmp_path: Path, looked_at: list[str], fake_hub: FakeHub
) -> None:
    whole, damaged, absent = checkpoint_folder("tiny_bert"), tmp_path / "empty", tmp_path / "absent"
    damaged.mkdir()
    (tmp_path / "file").touch()
    fake_hub.repos[LISTED] = Repo(whole)
    host(models=("bundled", "owner/listed"), downloads=9)
    names = [str(whole), str(damaged), str(absent), str(tmp_path / "file"), os.path.relpath(whole), "~", "~root/x", "."]
    names += [LISTED, "owner/absent", "owner/listed@main", "a b", "x" * 5_000, "", "\0", "..", "//server/share"]
    del looked_at[:]
    said = {refused(lambda name=name: DOORS[door](name)) for name in names}
    assert len(said) == 1
    assert not [each for each in looked_at if str(tmp_path) in each or str(whole.parent) in each or each in names]
    assert fake_hub.requests == []


def test_an_id_of_the_list_is_no_folder_beside_the_process(
    host: Host, checkpoint_folder: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "owner").mkdir()
    (tmp_path / LISTED).symlink_to(checkpoint_folder("tiny_bert"))
    monkeypatch.chdir(tmp_path)
    assert ModelStore().get(LISTED).revision.startswith("sha256:")
    host(models=("bundled", LISTED))
    assert "fetches none" in refused(lambda: ModelStore().get(LISTED), ModelError)


def test_the_bundled_model_is_always_there(host: Host) -> None:
    host()
    assert store.load_bundle("bundled").spec == "bundled"


# --- downloads ---


def test_nothing_is_fetched_unless_it_may_be(host: Host, fake_hub: FakeHub, checkpoint_folder: Folders) -> None:
    fake_hub.repos[LISTED] = fake_hub.repos["owner/other"] = Repo(checkpoint_folder("tiny_bert"))
    listed = ("bundled", LISTED, "owner/other")
    host(models=listed)
    assert "fetches none" in refused(lambda: ModelStore().get(LISTED), ModelError)
    assert fake_hub.requests == []
    host(models=listed, downloads=1)
    assert ModelStore().get(LISTED).spec == LISTED
    asked = len(fake_hub.requests)
    assert asked
    assert "any more" in refused(lambda: ModelStore().get("owner/other"), ModelError)
    assert ModelStore().get(LISTED).spec == LISTED, "what is in the cache is not fetched again"
    assert len(fake_hub.requests) == asked


@pytest.mark.parametrize(("settings", "says"), [({"download_bytes": 9}, "is larger"), ({}, "too little room")])
def test_nothing_is_fetched_that_is_too_large_or_fills_the_disk(
    settings: dict[str, int],
    says: str,
    host: Host,
    fake_hub: FakeHub,
    checkpoint_folder: Folders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_hub.repos[LISTED] = Repo(checkpoint_folder("tiny_bert"))
    record = host(models=("bundled", LISTED), downloads=9, **settings)
    monkeypatch.setattr(hosting, "_here", [replace(record, free_disk_bytes=2**30)])
    monkeypatch.setattr(hub, "_free_bytes", lambda: 2**30)
    assert says in refused(lambda: ModelStore().get(LISTED), ModelError)
    assert fake_hub.fetched() == []


def test_the_room_on_the_disk_of_a_cache_that_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "not" / "there"))
    assert hub._free_bytes() > 0


# --- memory ---


def test_what_a_server_is_run_for_stays_loaded(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        store,
        "_load",
        lambda spec, *_: SimpleNamespace(spec=spec, revision=spec, n_bytes=10, gate=Gate()),
    )
    own = ModelStore(10)
    for spec in ("bundled", "a", "b"):
        own.get(spec)
    assert own.loaded() == ("bundled", "b")
    host(models=("bundled", "a", "b"))
    kept = ModelStore(10)
    for spec in ("bundled", "a", "b"):
        kept.get(spec)
    assert kept.loaded() == ("bundled", "a", "b")


# --- how much is asked ---


def test_a_text_is_as_long_as_a_server_says(host: Host, bundled: ModelBundle) -> None:
    assert check_text("a" * 30)
    host(text_characters=20)
    assert check_text("a" * 20)
    assert "has 21 characters; at most 20" in refused(lambda: check_text("a" * 21))
    assert "at most 20" in refused(lambda: ask(bundled, Score(Text("many words " * 2))))
    assert "30 characters together" in refused(lambda: passages_of(["a" * 15, "b" * 15], "en"))


def test_a_question_takes_no_more_parts_than_a_server_says(host: Host, bundled: ModelBundle) -> None:
    long = Score(Text("The cat sat on the mat. " * 40))
    host(parts=1)
    assert "one question may take here" in refused(lambda: ask(bundled, long))
    task = task_of(long)
    assert "parts of about half a second" in refused(lambda: task.laid_out((bundled,), task.plan((bundled,), long), 1))
    host(parts=500)
    assert ask(bundled, Contest(Text("She [MASK] the door."), ("opened", "closed")))
    assert ask(bundled, Describe())


def test_a_file_has_no_more_rows_than_a_server_says(host: Host) -> None:
    host(table_rows=2)
    assert len(passages_of(["One.", "Two."], "en")) == 2
    assert "has 3 rows, and 2" in refused(lambda: passages_of(["One.", "Two.", "Three."], "en"))
    assert len(pasted("One.\nTwo.", BY_COLUMNS, ()).rows) == 2
    assert "The table has 3 rows, and 2" in refused(lambda: pasted("One.\nTwo.\nThree.", BY_COLUMNS, ()))


# --- settings ---

EXAMPLE = Path(__file__).parents[2] / "docs" / "config.public.toml"


def test_without_settings_nothing_is_switched_off() -> None:
    for public in ("", "0", " 0 "):
        assert settings_of(public, "") == Hosting()
    assert not Hosting().public
    assert settings_of("1", "") == PUBLIC


def test_the_documented_file_has_every_key_and_the_defaults() -> None:
    assert settings_of("1", str(EXAMPLE)) == settings_of("", str(EXAMPLE)) == PUBLIC
    said = EXAMPLE.read_text(encoding="utf-8")
    assert all(f"\n{name} = " in said for name in Hosting.__dataclass_fields__)


def test_a_file_of_settings(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('models = ["bert-base-uncased", "owner/name@v1"]\nparts = 9\n', encoding="utf-8")
    assert settings_of("", str(file)) == replace(
        PUBLIC, models=("bundled", "bert-base-uncased", "owner/name@v1"), parts=9
    )


@pytest.mark.parametrize(
    "content",
    [
        "models = [",
        "model = 5",
        "models = 'bundled'",
        "models = [5]",
        "models = ['/models/bert']",
        "models = ['./bert']",
        "models = ['~/bert']",
        "models = ['']",
        "models = ['a/b/c']",
        "parts = 0",
        "parts = true",
        "downloads = -1",
        "text_characters = 1e3",
        "text_characters = 100_001",
        "download_bytes = 99_999_999_999",
        "[downloads]\ncount = 1",
    ],
)
def test_settings_that_can_t_be_followed_allow_nothing(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(content, encoding="utf-8")
    refused(lambda: settings_of("", str(file)))
    monkeypatch.setattr(hosting, "_here", [])
    monkeypatch.setattr(hosting, "_from_environment", lambda: settings_of("", str(file)))
    for _ in range(2):
        refused(lambda: ModelStore().get("bundled"))


def test_variables_that_can_t_be_followed(tmp_path: Path) -> None:
    for public, file in (("yes", ""), ("2", ""), ("0", str(EXAMPLE)), ("1", str(tmp_path / "absent")), ("", "\0")):
        refused(lambda public=public, file=file: settings_of(public, file))


def test_whoever_types_commands_is_at_home(run: Run, host: Host, tiny_folder: Path) -> None:
    host()
    status, out, err = run("pll", "the cat", "--model", str(tiny_folder))
    assert (status, err) == (0, "")
    assert out
