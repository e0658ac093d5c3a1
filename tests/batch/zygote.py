"""Runs of the command that end when they are told to, forked from one process that has imported what takes long.

Lines of JSON on stdin, one a run: ``arguments``, and ``kill``: nothing, ``["fsync", n]`` (SIGKILL at the n-th file that
is brought to the disk, before it has its name), ``["parts", n]`` (SIGKILL when n more packs are kept than before),
``["worker", n]`` (then of a worker alone), ``["interrupt", n]`` (then SIGINT). A line of JSON for each on stdout:
``status`` (below 0 the signal), ``said`` (stderr).
"""

import json
import os
import signal
import sys
import tempfile
import threading
import time
from multiprocessing import active_children
from pathlib import Path
from typing import Any

from analysis import limits

limits.PACK_ROWS = 4
"""Small packs, so that there are many of a small file; the plan reads it when it is imported."""

from analysis.batch import plan, run  # noqa: E402
from analysis.cli import main  # noqa: E402
from analysis.kernels import rows  # noqa: E402

assert plan.PACK_ROWS == limits.PACK_ROWS and run.run
rows.FASTER[1] = "numpy"
"""Two runs may choose by timing otherwise, and then differ in a last digit; what goes on with one may not."""


def kept(folder: Path) -> int:
    return sum(path.name.endswith(".rows.arrow") for path in folder.iterdir()) if folder.exists() else 0


def watched(folder: Path, count: int, how: str) -> None:
    """When ``count`` packs are kept, kill or interrupt."""
    while kept(folder) < count:
        time.sleep(0.001)
    if how == "worker":
        os.kill(active_children()[-1].pid or 0, signal.SIGKILL)
    else:
        os.kill(os.getpid(), signal.SIGINT if how == "interrupt" else signal.SIGKILL)


def killed_at_fsync(count: int) -> None:
    bring, calls = os.fsync, [0]

    def counted(descriptor: int) -> None:
        calls[0] += 1
        if calls[0] == count:
            os.kill(os.getpid(), signal.SIGKILL)
        bring(descriptor)

    os.fsync = counted


def told(order: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if child == 0:
            sys.stderr = said
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(said.fileno(), 2)
            how, count = order["kill"] or ("", 0)
            if how == "fsync":
                killed_at_fsync(count)
            elif how:
                output = Path(order["arguments"][order["arguments"].index("-o") + 1])
                folder = output.with_name(f"{output.name}.parts")
                # Workers of the run before, which was killed, may have kept what they had in hand.
                whole = kept(folder) + count
                threading.Thread(target=watched, args=(folder, whole, how), daemon=True).start()
            status = main(order["arguments"])
            said.flush()
            os._exit(status)
        _, ended = os.waitpid(child, 0)
        said.seek(0)
        return {"status": os.waitstatus_to_exitcode(ended), "said": said.read()}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(told(json.loads(line))), flush=True)  # noqa: T201
