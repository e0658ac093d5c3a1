"""Small pieces of page that Streamlit has no element for (Components v2, their own shadow root each).

Every string from Python is set as text (``textContent``), so nothing a user types can become markup. The scripts lie
beside this file, the style sheets in ``dashboard.drawing.styles``, and both are registered inline, once.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.drawing.pictures import PAINTED
from dashboard.drawing.styles import style
from dashboard.sections import Strip, StripKind

_HERE = Path(__file__).parent
_PNG_DOTS = 3
"""Of a pixel, along either side: 960 pixels at 20 cm are 366 dots per inch."""
_FONTS = [
    {
        "family": f"IBM Plex {family}",
        "weight": weight,
        "url": f"app/static/fonts/plex-{family.lower()}-{script}-{weight}.woff2",
    }
    for family, scripts in (
        ("Sans", ("latin", "latin-ext", "cyrillic", "greek")),
        ("Mono", ("latin", "latin-ext", "cyrillic")),
    )
    for script in scripts
    for weight in (400, 600)
]


def source(*names: str) -> str:
    """The text of scripts that lie in this folder, one after the other."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)


_LISTBOX = '<div class="strip" role="listbox" aria-label="{}" aria-orientation="horizontal"></div>'
_HTML: dict[StripKind, str] = {
    "tokens": f'<div class="frame">{_LISTBOX.format("Tokens")}'
    '<div class="foot"><div class="line"></div><div class="legend"></div></div></div>',
    "aligned": f'<div class="frame">{_LISTBOX.format("Aligned tokens")}<div class="foot"></div></div>',
    "variants": '<div class="variants" role="table" aria-label="Variants of the pair"></div>',
    "filled": '<div class="filled" role="list"></div>',
    "readout": '<div class="readout" role="group"></div>',
    "arcs": '<div class="frame"><div class="arcs"><div class="side looks"></div><div class="side between"></div>'
    '<div class="side looked"></div><div class="queries" role="listbox" aria-orientation="vertical"></div>'
    '<svg preserveAspectRatio="none" aria-hidden="true"></svg><div class="keys" aria-hidden="true"></div></div>'
    '<div class="line"></div></div>',
}
_MOUNT = {
    kind: st.components.v2.component(
        f"pretext_{kind}", html=html, css=style(kind), js=source("shared.js", f"{kind}.js")
    )
    for kind, html in _HTML.items()
}


Called = Callable[[int], None]


def draw(section: Strip, *, key: str, on_pick: Called | None, on_mark: Called | None = None) -> None:
    """Draw a strip; ``on_pick`` is called with the position or the pair that a person picks, where that can be.

    ``on_mark`` is called with one that is picked with Shift.
    """
    # A chip may stand for several positions: it has its first one.
    at: list[int] = section.drawn.get("at") or list(range(len(section.drawn.get("columns", ()))))

    def call(trigger: str, on: Called | None) -> None:
        chip = st.session_state[key].get(trigger)
        # The browser sends what it likes: anything but a chip of this strip is ignored.
        if on is not None and isinstance(chip, int) and 0 <= chip < len(at):
            on(at[chip])

    data: dict[str, Any] = section.drawn
    if section.chosen is not None:
        data = {**data, "chosen": max(0, bisect_right(at, section.chosen) - 1)}
    if on_mark is not None:
        data = {**data, "marks": section.marks}
    triggers = {"picked": on_pick} | ({} if on_mark is None else {"marked": on_mark})
    calls = {f"on_{trigger}_change": partial(call, trigger, on) for trigger, on in triggers.items()}
    _MOUNT[section.kind](data=data, key=key, **(calls if at else {}))


_PNG = st.components.v2.component(
    "pretext_png", html='<button type="button">PNG</button>', css=style("png"), js=PAINTED + source("png.js")
)


def draw_png_button(svg: str, name: str, *, key: str) -> None:
    """A button that saves a picture as PNG under a name: the browser paints it, with the page's own type faces."""
    _PNG(data={"svg": svg, "name": name, "scale": _PNG_DOTS, "fonts": _FONTS}, key=key)


_KEPT = st.components.v2.component("pretext_kept", js=source("kept.js"))


def keep(data: dict[str, object] | None, *, key: str, on_kept: Callable[[], None] | None = None) -> None:
    """Nothing to see: the browser keeps ``data`` for a reload, or gives back what it kept, as the state "kept".

    Without data its place is kept: what stands below would be drawn anew one place higher, and its fields lose what is
    being typed.
    """
    with st.container(key=f"{key}.unseen"):
        if data is not None:
            _KEPT(data=data, key=key, on_kept_change=on_kept or (lambda: None))
