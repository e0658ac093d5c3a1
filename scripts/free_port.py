"""Stop with one sentence when nothing can listen on 127.0.0.1 at the port that is the only argument."""

import errno
import socket
import sys

_PRIVILEGED, _LAST = 1024, 65535
_USUAL = 8501


def trouble(port: int) -> OSError | None:
    """Why nothing can listen there; None when something can."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            return error
    return None


def main(asked: str) -> str | None:
    """The sentence to stop with; None when the port is free."""
    if not (asked.isascii() and asked.isdigit() and 0 < int(asked) <= _LAST):
        return f"PORT is a number from 1 to {_LAST}, not {asked!r}; type: make run PORT={_USUAL}"
    error = trouble(int(asked))
    if error is None:
        return None
    others = [*range(max(int(asked), _PRIVILEGED) + 1, _LAST + 1), *range(_USUAL, _LAST + 1)]
    free = next(port for port in others if not trouble(port))
    reason = "is in use" if error.errno == errno.EADDRINUSE else "cannot be used"
    return f"Port {asked} {reason}; type: make run PORT={free}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
