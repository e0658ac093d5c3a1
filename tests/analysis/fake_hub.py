"""A hub of models on the loopback interface: as much of its protocol as looking one up and fetching it takes."""

import hashlib
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34
OLDER_COMMIT = "0badc0de" + "0" * 32

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Repo:
    """One model: its files, what its revisions stand for, and how it misbehaves."""

    folder: Path
    revisions: dict[str, str] = field(default_factory=lambda: {"main": COMMIT})
    reported_sizes: dict[str, int] = field(default_factory=dict)
    refusal: Answer | None = None
    file_refusals: dict[str, Answer] = field(default_factory=dict)
    listing: bytes | None = None

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}


def refused(status: int, code: str | None = None) -> Answer:
    return status, {} if code is None else {"X-Error-Code": code}, b""


class FakeHub:
    """The repositories that are served, the requests that came, and where to send them."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.requests: list[tuple[str, str]] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            # One connection per request (HTTP/1.0): a stopped hub does not go on answering over an open one.
            def do_GET(self) -> None:
                self._send(with_body=True)

            def do_HEAD(self) -> None:
                self._send(with_body=False)

            def log_message(self, format: str, *args: object) -> None:
                del format, args

            def _send(self, *, with_body: bool) -> None:
                path = unquote(urlsplit(self.path).path)
                hub.requests.append((self.command, path))
                status, headers, body = hub.answer(path)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if with_body:
                    self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Generator["FakeHub"]:
        self._thread.start()
        try:
            yield self
        finally:
            self.stop()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def fetched(self) -> list[str]:
        """Names of the files whose bytes were asked for, in that order."""
        return [path.rsplit("/", 1)[1] for method, path in self.requests if method == "GET" and "/resolve/" in path]

    def answer(self, path: str) -> Answer:
        for repo_id, repo in self.repos.items():
            if path == f"/api/models/{repo_id}" or path.startswith(f"/api/models/{repo_id}/revision/"):
                return self._listing(repo_id, repo, path.partition("/revision/")[2] or "main")
            if path.startswith(f"/{repo_id}/resolve/"):
                commit, _, name = path.removeprefix(f"/{repo_id}/resolve/").partition("/")
                return self._file(repo, commit, name)
        return refused(404, "RepoNotFound")

    def _listing(self, repo_id: str, repo: Repo, revision: str) -> Answer:
        if repo.refusal is not None:
            return repo.refusal
        if repo.listing is not None:
            return 200, {"Content-Type": "text/html"}, repo.listing
        commit = repo.revisions.get(revision, revision if revision in repo.revisions.values() else None)
        if commit is None:
            return refused(404, "RevisionNotFound")
        sizes = {name: len(content) for name, content in repo.files().items()} | repo.reported_sizes
        siblings = [{"rfilename": name, "size": size} for name, size in sizes.items()]
        body = json.dumps({"id": repo_id, "sha": commit, "siblings": siblings}).encode()
        return 200, {"Content-Type": "application/json"}, body

    def _file(self, repo: Repo, commit: str, name: str) -> Answer:
        if name in repo.file_refusals:
            return repo.file_refusals[name]
        content = repo.files().get(name)
        if content is None:
            return refused(404, "EntryNotFound")
        return 200, {"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": commit}, content
