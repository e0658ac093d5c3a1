"""User text on its way to a place that reads Markdown."""

_MARKS = str.maketrans({char: f"\\{char}" for char in r"\`*_{}[]()<>#+-.!|~$:&"})


def plain(text: str) -> str:
    """Escape a text so that Markdown takes nothing in it for markup; it becomes one line."""
    return text.translate(_MARKS).replace("\n", " ")
