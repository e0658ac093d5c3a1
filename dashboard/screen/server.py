"""What Pretext adds to Streamlit's server: whose connections it takes, its first model, and whether that is there.

Streamlit takes a websocket from any port of this machine and one that names no origin (``_is_origin_allowed`` in its
starlette_websocket.py), and for any other origin it first asks the network what this machine's address is. Here the
origin is the address that the server is asked at, or one of ``server.corsAllowedOrigins``.
"""

import asyncio
import gc
import signal
import socket
import threading
import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import streamlit as st
import uvicorn
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import cli_util, runtime
from streamlit.web.server.server_util import get_display_address, get_url

from analysis import memory
from analysis.errors import PretextError
from dashboard.screen import libraries, made_files

_POLICY_VIOLATION = 1008
"""The websocket's code for what is refused (RFC 6455, 7.4.1); before the handshake it becomes a status of 403."""

_LOOKS_AGAIN_SECONDS = 0.01
_RESTS_SECONDS = 5.0
_MUCH = 1.03
"""By what share the memory must have grown since the last time."""

_loaded = threading.Event()


class OwnOrigin:
    """Takes a websocket only from a page of this server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        allowed = st.get_option("server.corsAllowedOrigins")
        if scope["type"] == "websocket" and not own_origin(Headers(scope=scope), allowed):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        await self._app(scope, receive, send)


def own_origin(headers: Headers, allowed: Collection[str]) -> bool:
    """Whether a request names one origin, and it is the address that is asked or one that is allowed."""
    origins = headers.getlist("origin")
    if len(origins) != 1:
        return False
    try:
        asked_from = urlsplit(origins[0])
    except ValueError:
        return False
    same = asked_from.scheme in {"http", "https"} and asked_from.netloc.lower() == headers.get("host", "").lower()
    return same or origins[0] in allowed


def ready(_request: Request) -> PlainTextResponse:
    """Whether the first model is loaded, for whoever sends visitors here: 200, or 503 until then."""
    is_loaded = _loaded.is_set()
    return PlainTextResponse("ready" if is_loaded else "loading the model", 200 if is_loaded else 503)


@asynccontextmanager
async def starting(_app: object) -> AsyncGenerator[None]:
    """Load the first model while nobody waits for it, and open a browser where there is one."""
    server = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    tasks = []
    if isinstance(server, uvicorn.Server):
        _end_quietly(server)
        tasks.append(asyncio.create_task(send_at_once(server)))
    made_files.keep_until_fetched(runtime.get_instance().media_file_mgr)
    threading.Thread(target=_load, daemon=True).start()
    threading.Thread(target=_give_memory_back, daemon=True).start()
    if not st.get_option("server.headless"):
        cli_util.open_browser(get_url(get_display_address(st.get_option("server.address") or "localhost")))
    yield
    for task in tasks:
        task.cancel()


async def send_at_once(server: uvicorn.Server) -> None:
    """Send what there is without waiting for an answer to what went before (TCP_NODELAY); connections inherit it.

    asyncio asks for that where it knows a socket for one of TCP, which it doesn't of one that Streamlit has opened
    without naming the protocol. A browser that acknowledges late then waited 40 ms for a file or the rest of a page.
    """
    while not server.started:
        await asyncio.sleep(_LOOKS_AGAIN_SECONDS)
    for each in (each for listening in server.servers for each in listening.sockets):
        if each.family in {socket.AF_INET, socket.AF_INET6}:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _end_quietly(server: uvicorn.Server) -> None:
    """Let Ctrl-C be the way to end the server, and no failure: uvicorn hands it on when all has ended."""

    def end(*_: object) -> None:
        # Who presses it again waits for nobody.
        server.force_exit, server.should_exit = server.should_exit, True

    signal.signal(signal.SIGINT, end)


def _give_memory_back() -> None:
    """Give the system what a busy hour took, again and again."""
    _loaded.wait()
    from analysis.models.store import MODELS

    least = 1
    while True:
        time.sleep(_RESTS_SECONDS)
        # When all have gone, no visit's end looks for what they left.
        runtime.get_instance().media_file_mgr.remove_orphaned_files()
        least = given_back(least, MODELS.computing)


def given_back(least: int, computing: Callable[[], int]) -> int:
    """Give memory back if there is much more of it than the least and nobody computes; returns the least from then on.

    Where the system does not say how much there is, nothing is done.
    """
    if memory.resident_bytes() < least * _MUCH or computing():
        return least
    # What visits leave behind points at each other; nobody looks for it while nothing is made anew.
    gc.collect()
    memory.give_back()
    return memory.resident_bytes()


def _load() -> None:
    # They take seconds; the server answers meanwhile.
    libraries.bring()
    from analysis.models import forward, store

    try:
        store.quiet_transformers()
        forward.set_threads()
        store.load_bundle()
    except PretextError:
        # The page says what is wrong, in the sidebar.
        return
    _loaded.set()
