"""What one a line means, wherever lines are read."""

import re


def one_a_line(text: str) -> tuple[str, ...]:
    r"""The lines of a text that hold something, without white space around them; only \n, \r\n and \r end one."""
    return tuple(line.strip() for line in re.split(r"\r\n|\r|\n", text) if line.strip())
