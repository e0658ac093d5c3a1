"""The two errors a caller may show to a person as they are.

Both carry one plain sentence: what came, what is allowed, what to do. They never hold a file path, a traceback or a
piece of another library's message.
"""


class PretextError(Exception):
    """Base of the errors whose text is safe to show."""


class InputError(PretextError):
    """What the caller asked for can't be answered as asked (text, option, or a head the model lacks)."""


class ModelError(PretextError):
    """A model could not be found, fetched, loaded or run."""


def quoted(text: str) -> str:
    """A text as it can be repeated in one sentence: on one line, printable, not too long."""
    line = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(line.split())
    return line if len(line) <= _QUOTED_CHARS else f"{line[: _QUOTED_CHARS - 1]}…"


_QUOTED_CHARS = 60
"""Code points of what someone typed that an error's sentence repeats."""
