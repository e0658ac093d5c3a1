"""The dashboard on a machine that is busy: whole pages begin late, and every part of a question takes its time."""

import runpy
import sys
import time
from pathlib import Path
from typing import Any

from streamlit.runtime.scriptrunner import ScriptRunner

ROOT = Path(__file__).parents[2]
LATE_SECONDS, PART_SECONDS = 0.4, 0.3


def be_busy() -> None:
    from dashboard.screen import cache, work

    run, read = ScriptRunner._run_script, cache.read

    def late(self: ScriptRunner, request: Any) -> None:
        if not request.fragment_id_queue:
            time.sleep(LATE_SECONDS)
        run(self, request)

    def slowly(*question: Any) -> None:
        time.sleep(PART_SECONDS)
        read(*question)

    ScriptRunner._run_script = late
    cache.read = slowly
    cache.tokens_at_once = lambda _models: 1
    work._AT_ONCE_SECONDS, work._UNASKED_SECONDS = 0.2, 600.0


if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
if ScriptRunner._run_script.__name__ != "late":
    be_busy()
runpy.run_path(str(ROOT / "streamlit_app.py"), run_name="__main__")
