"""Files that never change come from memory; all else is answered as before."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.screen import kept_files
from dashboard.screen.kept_files import KeptFiles
from tests.dashboard.served import in_a_loop

FOR_GOOD = "public, immutable, max-age=31536000"


class Files:
    """An app that counts what it is asked for, behind what keeps files."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        everything = Route("/{path:path}", self._answer, methods=["GET", "POST"])
        self.client = TestClient(KeptFiles(Starlette(routes=[everything])))

    def _answer(self, request: Any) -> Response:
        path = request.url.path
        self.asked.append(path)
        headers = {"cache-control": "no-cache" if "mutable" in path and "im" not in path else FOR_GOOD}
        return Response(path.encode() * 100, 404 if "missing" in path else 200, headers)

    def times(self, path: str, **headers: str) -> int:
        """How often the app was asked when three people want a path, who all get the same."""
        before = len(self.asked)
        answers = [self.client.get(path, headers=headers) for _ in range(3)]
        assert {(each.status_code, each.content, each.headers["cache-control"]) for each in answers} == {
            (answers[0].status_code, path.encode() * 100, answers[0].headers["cache-control"])
        }
        return len(self.asked) - before


@pytest.mark.parametrize("path", ["/static/js/index.Dorm.js", "/behind/a/proxy/static/media/a.woff2"])
def test_a_file_that_never_changes_is_read_once(path: str) -> None:
    files = Files()
    assert files.times(path) == 1
    assert files.client.post(path).status_code == 200
    assert files.asked == [path, path], "only what is asked for with GET"


@pytest.mark.parametrize("path", ["/static/mutable.js", "/static/missing.js", "/media/immutable.png"])
def test_what_may_change_is_read_each_time(path: str) -> None:
    assert Files().times(path) == 3


@pytest.mark.parametrize("header", ["range", "if-none-match", "if-modified-since"])
def test_who_asks_for_a_part_or_whether_it_changed_is_answered_by_the_app(header: str) -> None:
    files = Files()
    assert files.times("/static/a.js") == 1
    assert files.times("/static/a.js", **{header: "x"}) == 3


def test_it_keeps_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_files, "_MOST_BYTES", 1_500)
    files = Files()
    assert [files.times(f"/static/{name}.js") for name in "abc"] == [1, 3, 3], "each has 1,200 bytes"


def test_websockets_and_the_lifespan_pass() -> None:
    passed: list[str] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        passed.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        return None

    for kind in ("websocket", "lifespan"):
        in_a_loop(KeptFiles(app)({"type": kind, "path": "/static/a"}, nothing, nothing))
    assert passed == ["websocket", "lifespan"]
