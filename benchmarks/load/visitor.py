"""What a visitor of the dashboard does: opens it, then thinks and changes a text of some page, again and again."""

import asyncio
import http.client
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.load.acts import Act, Asked, Kind, Said
from benchmarks.load.screen import Screen
from dashboard.pages import PAGES

SHARES = {"tokens": 0.4, "next_sentence": 0.3, "fill": 0.1}
"""Of the changed texts, by page; the rest goes evenly to the other pages that take a text."""
OTHERS = ("splits", "pairs", "compare", "layers", "attention", "influence")

PATIENCE_SECONDS = 120.0
"""Whoever has waited so long for a page leaves it, and it counts as an error."""

_GAPS = 2
_FIRST = next(iter(PAGES))
_FILES = re.compile(r'(?:src|href)="\./(static/[^"]+)"')
_SENTENCE_ENDS = re.compile(r"(?<=[.!?]) ")


@dataclass(slots=True)
class Visitor:
    """One visitor, who types ``texts`` and rolls ``dice``; what is done stands in ``acts``.

    ``thinks`` are the least and the most seconds between one page at rest and the next text.
    """

    address: str
    thinks: tuple[float, float]
    texts: Iterator[str]
    dice: Random
    acts: list[Act] = field(default_factory=list)
    _socket: ClientConnection | None = None
    _screen: Screen = field(default_factory=Screen)
    _page: str = _FIRST
    _typed: dict[str, str] = field(default_factory=dict)
    _changed: int = 0

    async def arrive(self, after: float) -> None:
        """Open the first page so many seconds from now."""
        await asyncio.sleep(after)
        await self._open()

    async def stay(self, until: float) -> None:
        """Think and change texts until a time of ``time.monotonic``; what was begun by then is waited for."""
        while True:
            think = self.dice.uniform(*self.thinks)
            if time.monotonic() + think >= until:
                return
            await asyncio.sleep(think)
            if self._socket is None and not await self._open():
                continue
            page = self._chosen()
            if page != self._page and not await self._go(page):
                continue
            await self._type()

    async def leave(self) -> None:
        """Close the page."""
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    def _chosen(self) -> str:
        pages = [*SHARES, *OTHERS]
        left = (1 - sum(SHARES.values())) / len(OTHERS)
        return self.dice.choices(pages, [*SHARES.values(), *[left] * len(OTHERS)])[0]

    # --- acts ---

    async def _open(self) -> bool:
        """Fetch the page's files and connect, as a browser that has nothing of it."""
        self._screen, self._page, self._typed = Screen(), _FIRST, {}
        begun = time.monotonic()
        try:
            await asyncio.to_thread(fetch, self.address)
            self._socket = await connect(
                f"{self.address.replace('http', 'ws', 1)}/_stcore/stream",
                origin=self.address,
                subprotocols=["streamlit"],
                max_size=None,
                proxy=None,
                open_timeout=PATIENCE_SECONDS,
                # No browser asks a busy server whether it is still there.
                ping_interval=None,
            )
        except (OSError, WebSocketException, http.client.HTTPException) as error:
            self.acts.append(Act("first page", _FIRST, Asked(_FIRST), begun, errors=(f"Not let in: {error}",)))
            return False
        return await self._act("first page", self._screen.opened, begun)

    async def _go(self, page: str) -> bool:
        self._page = page
        return await self._act("page", lambda: self._screen.opened("" if page == _FIRST else page))

    async def _type(self) -> bool:
        """Put another text into the page's field, or into one of its two, in turn."""
        home, kind, text = PAGES[self._page].home, PAGES[self._page].texts.kind, next(self.texts)
        self._changed += 1
        name = "text_b" if kind in {"pair", "sides"} and self._changed % 2 else "text_a"
        if self._page == "fill":
            text = _with_gaps(text, self.dice)
        elif kind == "lines":
            lines = _SENTENCE_ENDS.split(text)
            text = "\n".join(lines if len(lines) > 1 else _halves(text))
        elif kind == "pair":
            text, _ = _halves(text)
        self._typed[f"{home}.{name}"] = text
        return await self._act("text", lambda: self._screen.typed({f"{home}.{name}": text}))

    async def _act(self, kind: Kind, message: Callable[[], BackMsg], begun: float | None = None) -> bool:
        """Send a message and watch the page until it is at rest; whether it came to that.

        A page that waits to be told to read the rest is told to.
        """
        socket, screen, before = self._socket, self._screen, self._screen.says(self._page)
        begun = time.monotonic() if begun is None else begun
        seen: list[tuple[float, Said]] = []
        errors: list[str] = []
        finished = received = 0.0
        try:
            assert socket is not None
            await socket.send(message().SerializeToString())
            while not screen.at_rest:
                left = begun + PATIENCE_SECONDS - time.monotonic()
                raw = await asyncio.wait_for(socket.recv(decode=False), max(0.0, left))
                received += len(raw)
                screen.take(ForwardMsg.FromString(raw))
                finished = time.monotonic() - begun
                answer = screen.says(self._page)
                if answer.answer and answer.answer != (seen[-1][1] if seen else before).answer:
                    seen.append((finished, answer))
                if screen.at_rest and screen.waits is not None:
                    await socket.send(screen.clicked(screen.waits).SerializeToString())
        except TimeoutError:
            errors.append(f"The page was not at rest after {PATIENCE_SECONDS:.0f} s.")
        except (OSError, WebSocketException) as error:
            errors.append(f"The connection ended: {error}")
        except KeyError as error:
            errors.append(f"The page has no {error}, which was to be used.")
        errors += screen.complaints()
        own = f"{PAGES[self._page].home}."
        asked = Asked(self._page, tuple(sorted(each for each in self._typed.items() if each[0].startswith(own))))
        versions = tuple((when, said.answer) for when, said in seen)
        self.acts.append(
            Act(kind, self._page, asked, begun, finished, versions, screen.says(self._page), tuple(errors), received)
        )
        if errors:
            # Opened anew for the next text, as a person would.
            await self.leave()
        return not errors


def fetch(address: str) -> int:
    """Fetch the frame of the app and the scripts and styles that it names, as a browser does; returns the bytes."""
    host = urlsplit(address).netloc
    connection = http.client.HTTPConnection(host, timeout=PATIENCE_SECONDS)
    try:
        frame = _get(connection, "/")
        files = dict.fromkeys(_FILES.findall(frame.decode("utf-8", errors="replace")))
        return len(frame) + sum(len(_get(connection, f"/{name}", packed=True)) for name in files)
    finally:
        connection.close()


def _get(connection: http.client.HTTPConnection, path: str, *, packed: bool = False) -> bytes:
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"} if packed else {})
    return connection.getresponse().read()


def _halves(text: str) -> tuple[str, str]:
    words = text.split()
    middle = len(words) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])


def _with_gaps(text: str, dice: Random) -> str:
    """The text with some of its words taken out."""
    words = text.split()
    for at in dice.sample(range(1, len(words) - 1), _GAPS):
        words[at] = "[MASK]"
    return " ".join(words)
