"""User text on its way to a place that reads Markdown."""

import re

_MARKS = str.maketrans({char: f"\\{char}" for char in r"\`*_[]<$~:&"})
_MARK_AT_THE_START = re.compile(r"^(\d*)([#>+.)-])")

# What Streamlit looks for after the escapes are resolved: icons, emoji, addresses, arrows made of two or three marks.
_FOUND_LATER = re.compile(r":(?=material/|//|[\w+-]+:)|\bwww(?=\.)|@|(?<!\S)[<>~-](?=[<>=-]{1,2}(?!\S))", re.IGNORECASE)
_RELATIVE_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?://|#)[^)]*\)")
_WORD_JOINER = "\u2060"
"""Invisible, without width, and no place to break a line: it only keeps what stands around it from being recognised."""


def plain(text: str) -> str:
    """Escape a text so that Markdown takes nothing in it for markup; it becomes one line."""
    line = _FOUND_LATER.sub(lambda found: found.group() + _WORD_JOINER, " ".join(text.split()))
    return _MARK_AT_THE_START.sub(r"\1\\\2", line.translate(_MARKS))


def without_relative_links(markdown: str) -> str:
    """Markdown in which links to files beside it, which no page serves, are only their text."""
    return _RELATIVE_LINK.sub(r"\1", markdown)
