"""What a program writes to, whatever it is: closed, full, of another encoding, or with a reader who has enough."""

import io
import os
import sys
from contextlib import suppress

from analysis.errors import InputError

CLOSED = "Stdout is closed, so that no answer could be written: leave it open, or name a file for it."


def make_ready() -> None:
    """Let stdout and stderr take every character; a stderr that is closed leads nowhere: nobody wants to be told."""
    sys.stderr = sys.stderr or open(os.devnull, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def require_stdout() -> None:
    """InputError if stdout is closed."""
    if sys.stdout is None:
        raise InputError(CLOSED)


def write_out(text: str) -> None:
    """Write to stdout and send it on.

    InputError if stdout is closed or can't be written to, BrokenPipeError if its reader has enough (`| head`).
    """
    require_stdout()
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop()
        raise
    except OSError:
        _drop()
        raise InputError("The answer can't be written to where stdout leads: check the space and the rights.") from None


def _drop() -> None:
    """Send what is still to be flushed nowhere, or Python complains at exit."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
