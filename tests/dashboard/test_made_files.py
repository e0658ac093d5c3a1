"""A file that was made for somebody is there until it has been fetched, whoever else looks at pages meanwhile."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from dashboard.screen import made_files, server
from tests.dashboard.served import in_a_loop


def manager() -> MediaFileManager:
    return MediaFileManager(MemoryMediaFileStorage("/media"))


def pressed(files: MediaFileManager) -> str:
    """The id of a file that a press of a button has made."""
    url = files.execute_deferred(files.add_deferred(lambda: b"a,b", "text/csv", "1.0", "table.csv"))
    return url.removeprefix("/media/").removesuffix(".csv")


def test_others_pages_take_nothing_away(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(made_files, "time", SimpleNamespace(monotonic=lambda: now))
    files = manager()
    made_files.keep_until_fetched(files)
    files.remove_orphaned_files()
    made = pressed(files)
    for _ in range(9):
        now += 1.0
        files.remove_orphaned_files()
    assert files.read_file(made) is not None
    for _ in range(3):
        now += 31.0
        files.remove_orphaned_files()
    assert files.read_file(made) is None, "and not for ever"


def test_streamlit_alone_takes_it_away_when_two_runs_have_ended() -> None:
    """The reason for it: when this fails, Streamlit has mended it."""
    files = manager()
    made = pressed(files)
    files.remove_orphaned_files()
    files.remove_orphaned_files()
    assert files.read_file(made) is None


def test_what_a_button_would_make_goes_with_its_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_files, "_SECONDS", 0.0)
    files = manager()
    made_files.keep_until_fetched(files)
    offered = files.add_deferred(lambda: b"a,b", "text/csv", "1.0", "table.csv")
    files.remove_orphaned_files()
    assert offered in files._deferred_callables
    files.clear_session_refs()
    files.remove_orphaned_files()
    assert not files._deferred_callables


def test_a_server_that_starts_does_so(monkeypatch: pytest.MonkeyPatch) -> None:
    files = manager()
    monkeypatch.setattr(server, "runtime", SimpleNamespace(get_instance=lambda: SimpleNamespace(media_file_mgr=files)))
    for name in ("_load", "_give_memory_back"):
        monkeypatch.setattr(server, name, lambda: None)
    monkeypatch.setattr(server.cli_util, "open_browser", lambda _address: None)

    async def start() -> None:
        async with server.starting(None):
            made = pressed(files)
            files.remove_orphaned_files()
            files.remove_orphaned_files()
            assert files.read_file(made) is not None

    in_a_loop(start())
