"""Fetching a checkpoint: from a small hub on the loopback interface, and from one that is not there."""

import errno
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants

from analysis import ModelError, read_seen
from analysis.models import hub
from analysis.models.store import ModelStore
from tests.analysis.checkpoints import change_json
from tests.analysis.command_line import Run
from tests.analysis.conftest import point_hub_at
from tests.analysis.fake_hub import COMMIT, OLDER_COMMIT, Answer, FakeHub, Repo, refused
from tests.analysis.plain_words import assert_plain_sentence

ROOT = Path(__file__).parents[2]
NAME = "owner/tiny"
WANTED = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]


@pytest.fixture
def published(checkpoint_folder: Callable[[str], Path], fake_hub: FakeHub, tmp_path: Path) -> Repo:
    """A tiny checkpoint on the fake hub, beside files that nobody needs."""
    folder = shutil.copytree(checkpoint_folder("hub_layout"), tmp_path / "published")
    for name in ("pytorch_model.bin", "tf_model.h5", "training.log", "training_args.bin", "onnx.safetensors"):
        (folder / name).write_bytes(b"\x80" * 1000)
    fake_hub.repos[NAME] = Repo(folder, {"main": COMMIT, "v1": OLDER_COMMIT})
    return fake_hub.repos[NAME]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's client waits ever longer between its attempts; not here."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


def size_of_the_wanted(repo: Repo) -> int:
    return sum(len(content) for name, content in repo.files().items() if name in WANTED)


def assert_gives_up(ask: Callable[[], object], match: str) -> None:
    with pytest.raises(ModelError, match=match) as caught:
        ask()
    assert_plain_sentence(caught.value)


def assert_ends_at_the_total(calls: list[tuple[int, int]], total: int) -> None:
    assert calls[-1] == (total, total)
    assert {each for _done, each in calls} == {total}
    assert all(before <= after for (before, _), (after, _) in itertools.pairwise(calls))


def test_a_checkpoint_is_fetched_once(published: Repo, fake_hub: FakeHub) -> None:
    calls: list[tuple[int, int]] = []
    hub.fetch(NAME, "main", lambda done, total: calls.append((done, total)))
    bundle = ModelStore().get(NAME)
    assert bundle.revision == COMMIT
    assert bundle.provenance().revision == COMMIT
    assert bundle.spec == NAME
    assert bundle.nsp.real
    assert len(calls) > 2
    assert_ends_at_the_total(calls, size_of_the_wanted(published))
    assert fake_hub.fetched() == WANTED

    fake_hub.stop()
    again = ModelStore().get(NAME, lambda done, total: calls.append((done, total)))
    assert again.revision == COMMIT
    for text in ("the cat sat", "she opened"):
        assert read_seen(again, text).nsp == read_seen(bundle, text).nsp
    assert hub.cached_models() == ((NAME, COMMIT),)
    assert_ends_at_the_total(calls, size_of_the_wanted(published))


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("revision", "commit"), [("v1", OLDER_COMMIT), (OLDER_COMMIT, OLDER_COMMIT)])
def test_a_revision_is_taken_at_its_word(fake_hub: FakeHub, revision: str, commit: str) -> None:
    bundle = ModelStore().get(f"{NAME}@{revision}")
    assert (bundle.spec, bundle.revision) == (f"{NAME}@{revision}", commit)
    fake_hub.stop()
    assert ModelStore().get(f"{NAME}@{revision}").revision == commit
    assert_gives_up(lambda: ModelStore().get(f"{NAME}@v2"), "can't be reached")


def test_a_second_revision_shares_what_is_equal(published: Repo) -> None:
    """Files of equal content are stored once; the progress counts them all the same."""
    ModelStore().get(NAME)
    calls: list[tuple[int, int]] = []
    ModelStore().get(f"{NAME}@v1", lambda done, total: calls.append((done, total)))
    assert_ends_at_the_total(calls, size_of_the_wanted(published))


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("revision", ["main", COMMIT])
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_an_interrupted_download_goes_on_where_it_stopped(
    published: Repo, fake_hub: FakeHub, name: str, revision: str
) -> None:
    published.file_refusals[name] = refused(503)
    assert_gives_up(lambda: ModelStore().get(f"{NAME}@{revision}"), "can't be reached")
    assert hub.cached_models() == ()
    assert hub.cached_snapshot(NAME, revision) is None

    published.file_refusals.clear()
    calls: list[tuple[int, int]] = []
    bundle = ModelStore().get(f"{NAME}@{revision}", lambda done, total: calls.append((done, total)))
    assert read_seen(bundle, "the cat").encoded.tokens == ("[CLS]", "the", "cat", "[SEP]")
    assert_ends_at_the_total(calls, size_of_the_wanted(published))
    assert sorted(fake_hub.fetched()) == sorted(WANTED), "nothing was fetched twice"


def test_a_cache_that_another_program_left_without_a_tokenizer_is_completed(published: Repo) -> None:
    ModelStore().get(NAME)
    snapshot = hub.cached_snapshot(NAME, "main")
    assert snapshot is not None
    (snapshot / "tokenizer.json").unlink()
    assert hub.cached_snapshot(NAME, "main") is None
    assert ModelStore().get(NAME).n_vocabulary == 74
    assert (snapshot / "tokenizer.json").read_bytes() == published.files()["tokenizer.json"]


def test_progress_is_told_in_the_thread_that_asks(published: Repo) -> None:
    """A page may only be written from its own thread; the download runs in another."""
    calls: list[tuple[int, int]] = []
    threads: set[int] = set()

    def tell(done: int, total: int) -> None:
        calls.append((done, total))
        threads.add(threading.get_ident())

    ModelStore().get(NAME, tell)
    assert_ends_at_the_total(calls, size_of_the_wanted(published))
    assert threads == {threading.get_ident()}


@pytest.mark.usefixtures("published")
def test_every_commit_in_the_cache_is_listed_under_a_name_that_leads_to_it(fake_hub: FakeHub) -> None:
    for spec in (NAME, f"{NAME}@v1"):
        ModelStore().get(spec)
    listed = hub.cached_models()
    assert listed == ((NAME, COMMIT), (f"{NAME}@{OLDER_COMMIT}", OLDER_COMMIT))
    fake_hub.stop()
    assert [ModelStore().get(spec).revision for spec, _commit in listed] == [COMMIT, OLDER_COMMIT]


def test_the_licence_comes_with_the_card(published: Repo) -> None:
    (published.folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Tiny\n", encoding="utf-8")
    assert ModelStore().get(NAME).licence == "apache-2.0"


def no_vocabulary(repo: Repo) -> None:
    (repo.folder / "tokenizer.json").unlink()


def no_safetensors(repo: Repo) -> None:
    (repo.folder / "model.safetensors").unlink()


def no_config(repo: Repo) -> None:
    (repo.folder / "config.json").unlink()


def five_gigabytes(repo: Repo) -> None:
    repo.reported_sizes = {"model.safetensors": 5 * 2**30}


def another_kind(repo: Repo) -> None:
    change_json(repo.folder, "config.json", {"model_type": "vit"})


def a_refused_kind(repo: Repo) -> None:
    change_json(repo.folder, "config.json", {"model_type": "tapas"})


def no_mask_token(repo: Repo) -> None:
    change_json(repo.folder, "tokenizer_config.json", {"mask_token": None})


def a_list_for_a_tokenizer(repo: Repo) -> None:
    (repo.folder / "tokenizer.json").write_text("[]", encoding="utf-8")


def answering(answer: Answer) -> Callable[[Repo], None]:
    return lambda repo: setattr(repo, "refusal", answer)


def listing(content: object) -> Callable[[Repo], None]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return lambda repo: setattr(repo, "listing", body)


def gated_files(repo: Repo) -> None:
    """As the hub does it: anyone may see what there is, but not fetch it."""
    repo.file_refusals = dict.fromkeys(repo.files(), refused(403, "GatedRepo"))


REFUSALS = {
    "no safetensors": (no_safetensors, "no weights in safetensors"),
    "no config.json": (no_config, "no transformers model"),
    "no tokenizer": (no_vocabulary, "no tokenizer that can be read"),
    "a kind without the head": (another_kind, "no masked-LM head"),
    "a kind that is refused": (a_refused_kind, "reads a table"),
    "no mask token": (no_mask_token, "no mask token"),
    "a tokenizer that is none": (a_list_for_a_tokenizer, "no tokenizer that can be read"),
    "too large": (five_gigabytes, "is 5.0 GiB; at most 4 GiB"),
    "gated": (answering(refused(403, "GatedRepo")), "asks for a login"),
    "gated files": (gated_files, "asks for a login"),
    "private": (answering(refused(401, "RepoNotFound")), "no public model 'owner/tiny'"),
    "removed": (answering(refused(404, "RepoNotFound")), "no public model 'owner/tiny'"),
    "no such revision": (answering(refused(404, "RevisionNotFound")), "no revision 'main'"),
    "not allowed": (answering(refused(403)), r"error \(403\)"),
    "unknown": (answering(refused(404)), r"error \(404\)"),
    "too many requests": (answering(refused(429)), r"error \(429\)"),
    "in maintenance": (answering(refused(503)), r"error \(503\)"),
    "a login page": (listing(b"<html><title>Log in</title></html>"), "login page"),
    "an empty page": (listing(b""), "login page"),
    "a list": (listing([]), "login page"),
    "nothing in it": (listing({}), "login page"),
    "no files": (listing({"id": NAME, "sha": COMMIT, "siblings": []}), "no weights in safetensors"),
    "a page for a file": (
        lambda repo: repo.file_refusals.update({"config.json": (200, {"ETag": '"0"'}, b"<html>")}),
        "can't be reached",
    ),
}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("spoil", "match"), REFUSALS.values(), ids=REFUSALS)
def test_what_the_hub_may_answer(published: Repo, fake_hub: FakeHub, spoil: Callable[[Repo], None], match: str) -> None:
    spoil(published)
    assert_gives_up(lambda: ModelStore().get(NAME), match)
    assert "model.safetensors" not in fake_hub.fetched()
    assert hub.cached_models() == ()


@pytest.mark.usefixtures("published")
def test_a_model_that_is_not_there() -> None:
    assert_gives_up(lambda: ModelStore().get("owner/other"), "no public model 'owner/other'")
    assert_gives_up(lambda: ModelStore().get(f"{NAME}@v9"), "no revision 'v9'")


@pytest.mark.usefixtures("hurried", "published")
def test_a_hub_that_goes_away_half_way(fake_hub: FakeHub) -> None:
    calls: list[tuple[int, int]] = []

    def stop_soon(done: int, total: int) -> None:
        calls.append((done, total))
        fake_hub.stop()

    assert_gives_up(lambda: hub.fetch(NAME, "main", stop_soon), "can't be reached")
    assert calls
    assert fake_hub.fetched() != WANTED


@pytest.mark.usefixtures("hurried")
def test_a_hub_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hub.HUB_TIMEOUT_SECONDS <= 15
    monkeypatch.setattr(hub, "HUB_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        point_hub_at(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        end = threading.Timer(10, silent.close)  # or a wait without a limit would be one for this test, too
        end.start()
        assert_gives_up(lambda: ModelStore().get(NAME), "can't be reached")
        assert end.is_alive()
        end.cancel()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
@pytest.mark.usefixtures("published")
def test_a_cache_that_can_t_be_written(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(*_names: object, **_options: object) -> None:
        raise OSError(number, os.strerror(number), "/somewhere/private")

    monkeypatch.setattr(hub, "hf_hub_download", full)
    assert_gives_up(lambda: ModelStore().get(NAME), "can't be stored")


@pytest.mark.usefixtures("published")
def test_a_file_where_the_cache_should_be() -> None:
    Path(constants.HF_HUB_CACHE).write_text("not a folder", encoding="utf-8")
    assert hub.cached_models() == ()
    assert_gives_up(lambda: ModelStore().get(NAME), "can't be stored")


def test_a_whole_checkpoint_is_told_from_a_part() -> None:
    shards = {f"model-{i:05}-of-00003.safetensors" for i in (1, 2, 3)}
    beside = {"config.json", "vocab.txt"}
    assert hub._is_whole(beside | {"model.safetensors"})
    assert hub._is_whole(beside | shards)
    for part in (set(), beside, {"config.json", "model.safetensors"}, {"vocab.txt", "model.safetensors"}):
        assert not hub._is_whole(part)
    for shard in shards:
        assert not hub._is_whole((beside | shards) - {shard})
    assert not hub._is_whole(beside | {"pytorch_model.bin"})


def test_the_parts_of_a_name() -> None:
    for spec, expected in {
        "bert-base-uncased": ("bert-base-uncased", "main"),
        "owner/name": ("owner/name", "main"),
        "owner/name@v1.0": ("owner/name", "v1.0"),
        "owner/name@refs/pr/3": ("owner/name", "refs/pr/3"),
        f"owner/name@{COMMIT}": ("owner/name", COMMIT),
        "name@": ("name", "main"),
    }.items():
        assert hub.parse_hub_spec(spec) == expected


def test_a_branch_of_two_parts_is_remembered(published: Repo, fake_hub: FakeHub) -> None:
    published.revisions["refs/pr/3"] = OLDER_COMMIT
    ModelStore().get(f"{NAME}@refs/pr/3")
    fake_hub.stop()
    cached = hub.cached_snapshot(NAME, "refs/pr/3")
    assert cached is not None
    assert cached.name == OLDER_COMMIT


def test_a_hub_out_of_reach_from_the_command_line(run: Run) -> None:
    began = time.monotonic()
    status, out, err = run("read", "the cat", "--model", "bert-base-uncased")
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "can't be reached" in err
    assert_plain_sentence(err.rstrip("\n"))
    assert time.monotonic() - began < 60, "15 s for the hub, the rest for a slow machine"


def test_offline_mode_is_as_good_as_no_network(published: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    assert published.folder.is_dir()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert_gives_up(lambda: ModelStore().get(NAME), "can't be reached")


def test_the_hub_s_client_keeps_its_complaints_to_itself(published: Repo, fake_hub: FakeHub, tmp_path: Path) -> None:
    """It logs every attempt on stderr, where the command line promises one line."""
    published.file_refusals["model.safetensors"] = refused(500)
    program = (
        "import sys, time; time.sleep = lambda seconds: None\n"
        f"from analysis.cli import main; sys.exit(main(['read', 'the cat', '--model', {NAME!r}]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "HF_ENDPOINT": fake_hub.endpoint, "HF_HOME": str(tmp_path / "home")},
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert len(run.stderr.splitlines()) == 1, run.stderr
    assert "can't be reached" in run.stderr
