"""What one a line means, wherever lines are read, and a cell, wherever a spreadsheet may read it."""

import re

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet may run: an apostrophe before it makes it a text."""


def one_a_line(text: str) -> tuple[str, ...]:
    r"""The lines of a text that hold something, without white space around them; only \n, \r\n and \r end one."""
    return tuple(line.strip() for line in re.split(r"\r\n|\r|\n", text) if line.strip())


def harmless(cell: str) -> str:
    """A cell of a CSV as a spreadsheet may open it: behind an apostrophe where it would be taken for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell
