"""Links that reopen a view: the whole view, compressed, in one parameter of the address.

Layout: ``1.`` (the version of this layout) and the view's JSON, deflated, in base64 for addresses.
"""

import base64
import binascii
import zlib
from collections.abc import Collection
from urllib.parse import urlsplit, urlunsplit

from analysis.errors import InputError
from dashboard.view import ViewState

PARAMETER = "view"
MOST_CHARS = 7_800
"""Characters of a link. RFC 9110 (4.1) asks everyone to take 8,000; some are left for what a proxy puts in front."""

_VERSION = "1"
_MOST_BYTES = 2_000_000
"""What a link may unfold to: more than any view has, less than what would hurt."""
_DAMAGED = "This link is damaged or cut short, so the page opened as usual: ask for it again, or for a session file."


def link(address: str, view: ViewState, pages: Collection[str]) -> str:
    """The address that reopens a view, where Pretext is served: ``address`` is that of any of its ``pages``.

    InputError if it would be longer than addresses can be relied on to be.
    """
    packed = zlib.compress(view.to_json().encode("utf-8", "surrogatepass"), 9)
    data = base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")
    made = f"{base_of(address, pages)}?{PARAMETER}={_VERSION}.{data}"
    if len(made) > MOST_CHARS:
        raise InputError(
            f"A link to this view would have {len(made):,} characters, and not every proxy lets more than "
            f"{MOST_CHARS:,} through: save a session file instead."
        )
    return made


def view_of(data: str) -> ViewState:
    """The view that the parameter of a link holds (InputError if it is damaged or made by a newer version)."""
    version, _, packed = data.partition(".")
    if version.isdecimal() and packed and version != _VERSION:
        raise InputError("This link was made by another version of Pretext: open it there, or ask for a session file.")
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        unfolding = zlib.decompressobj()
        content = unfolding.decompress(raw, _MOST_BYTES)
        if version != _VERSION or not unfolding.eof:
            raise InputError(_DAMAGED)
        text = content.decode("utf-8", "surrogatepass")
    except (binascii.Error, ValueError, zlib.error):
        raise InputError(_DAMAGED) from None
    return ViewState.from_json(text)


def base_of(address: str, pages: Collection[str]) -> str:
    """The address of the first page, which takes links to all, without parameters; ends with a slash."""
    parts = urlsplit(address)
    folders = parts.path.strip("/").split("/")
    if folders[-1] in pages:
        folders.pop()
    path = "/".join(["", *(folder for folder in folders if folder), ""])
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
