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
