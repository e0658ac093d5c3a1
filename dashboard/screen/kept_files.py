"""The files of the app's frame, from memory.

A first page takes some sixty of them, and each time each was looked up and read in a thread of its own: a quarter of a
second of a core for every visitor of a class that comes in together.
"""

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FOLDER = "/static/"
_FOR_GOOD = b"immutable"
"""Streamlit says so of files whose names hold a digest of what is in them."""
_MOST_BYTES = 64 * 1024 * 1024
"""More than all of Streamlit's own files."""


class KeptFiles:
    """Keeps what never changes once somebody has asked for it, and hands it out from then on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, tuple[Message, Message]] = {}
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path", "")
        # Who asks for a part of a file, or whether it has changed, is answered by whoever reads it.
        asks = {name for name, _ in scope.get("headers", ())} & {b"range", b"if-none-match", b"if-modified-since"}
        if scope["type"] != "http" or scope["method"] != "GET" or _FOLDER not in path or asks:
            await self._app(scope, receive, send)
            return
        if path in self._kept:
            for message in self._kept[path]:
                await send(message)
            return
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)
            await send(message)

        await self._app(scope, receive, keep)
        if sent and sent[0].get("status") == HTTPStatus.OK:
            self._keep(path, *sent)

    def _keep(self, path: str, start: Message, *rest: Message) -> None:
        body = b"".join(each.get("body", b"") for each in rest)
        stays = any(_FOR_GOOD in value for _, value in start["headers"])
        if stays and path not in self._kept and self._bytes + len(body) <= _MOST_BYTES:
            self._kept[path] = start, {"type": "http.response.body", "body": body}
            self._bytes += len(body)
