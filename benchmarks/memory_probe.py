"""The process in which memory is measured: loads a model, notes what is resident, scores a text, notes the peak.

Prints ``{"bytes": rise, "scored": rows}``. Only for Linux, which tells a process its peak and lets it start anew.
"""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_RESET_PEAK = "5"


def main(who: str, spec: str, folder: str, tokens: str, inputs: str, threads: str) -> None:
    """Measure one contender on a text of so many tokens."""
    from analysis.models.forward import set_threads
    from analysis.models.store import quiet_transformers

    quiet_transformers()
    set_threads(int(threads))
    model, work = (_ours if who == "ours" else _minicons)(spec, Path(folder), int(tokens), int(inputs))
    # Weights may lie in a mapped file that only counts once it is read.
    for parameter in model.parameters():
        parameter.sum()
    Path("/proc/self/clear_refs").write_text(_RESET_PEAK, encoding="ascii")
    before = _kibibytes("VmRSS")
    scores = work()
    scored = sum(math.isfinite(each) for each in scores)
    sys.stdout.write(json.dumps({"bytes": (_kibibytes("VmHWM") - before) * 1024, "scored": scored}))


def _ours(spec: str, folder: Path, tokens: int, inputs: int) -> tuple[Any, Callable[[], Any]]:
    from analysis.choices import DEFAULT_K
    from analysis.limits import PASS_TOKENS
    from analysis.models.store import load_bundle
    from analysis.tasks.hidden import plan_hidden, read_rows
    from analysis.texts.encoding import encode
    from benchmarks.texts import WHOLE_WORDS, passage

    bundle = load_bundle(spec, dtype="fp32")
    text = passage(bundle.tokenizer, WHOLE_WORDS, tokens - 2)

    def work() -> list[float]:
        plan = plan_hidden(bundle, encode(bundle, text), ("token",))
        found: list[float] = []
        for chunk in plan.chunks_of(PASS_TOKENS):
            if len(found) < inputs:
                found += read_rows(bundle, plan, chunk, DEFAULT_K).surprisal_bits.tolist()
        return found[:inputs]

    return bundle.model, work


def _minicons(_spec: str, folder: Path, tokens: int, _inputs: int) -> tuple[Any, Callable[[], Any]]:
    from benchmarks.peers import Minicons, tokenizer_of
    from benchmarks.texts import WHOLE_WORDS, passage

    minicons = Minicons(folder)
    text = passage(tokenizer_of(folder), WHOLE_WORDS, tokens - 2)
    return minicons.model, lambda: minicons.log_p([text])


def _kibibytes(entry: str) -> int:
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith(f"{entry}:"))
    return int(line.split()[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
