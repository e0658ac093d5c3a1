"""Peak memory above the loaded model, each contender in a process of its own."""

import json
import subprocess
import sys
from typing import Any

from analysis.errors import InputError
from benchmarks.checks import WrongAnswerError
from benchmarks.results import Result
from benchmarks.setting import Setting
from benchmarks.targets import EAGER, MINICONS
from training.command import PROJECT_FOLDER

TOKENS = {"ours": 512, MINICONS: 128}
"""minicons keeps the logits of every position of every input: 512 tokens would take 30 GB."""

_INPUTS = {"small": 64, "base": 16}
"""Masked inputs that ours runs of its 510, in chunks of four: each chunk needs what the one before it needed."""

_MB = 1e6
_LONGEST, _APART = 512, 1e-5


def peak(setting: Setting) -> Result:
    """W9: how far the resident set rises while a text is scored."""
    figures, said = [], []
    n_inputs = _INPUTS[setting.model]
    for who in ("ours", MINICONS):
        found = _measure(setting, who, n_inputs)
        scored = len(found["values"])
        if scored != (n_inputs if who == "ours" else TOKENS[who] - 2):
            raise WrongAnswerError(f"{who} scored {scored} tokens.")
        figures.append(setting.figure(who, "fp32", found["bytes"] / _MB, "MB"))
        said.append(f"{who}: all of the {scored} rows asked for came back finite")
    return setting.result(
        f"ours: {n_inputs} masked inputs of {TOKENS['ours']} tokens; "
        f"minicons: a text of {TOKENS[MINICONS]} tokens, all of its masked inputs",
        figures,
        checks=tuple(said),
    )


def attention(setting: Setting) -> Result:
    """W16: how far the resident set rises while the attention of all layers is read."""
    ours, eager = (_measure(setting, who, 1) for who in ("ours, attention", "eager"))
    apart = max(abs(one - other) for one, other in zip(ours["values"], eager["values"], strict=True))
    if not apart <= _APART:
        raise WrongAnswerError(f"ours against eager, mean weight on [CLS]: the largest difference is {apart:.1g}.")
    figures = [
        setting.figure("ours", "fp32", ours["bytes"] / _MB, "MB"),
        setting.figure("all layers at once", "fp32", eager["bytes"] / _MB, "MB"),
        setting.figure(EAGER, "fp32", eager["bytes"] / ours["bytes"], "times"),
    ]
    said = (
        f"ours against eager, mean weight on [CLS] of {len(ours['values'])} heads: largest difference {apart:.0e} "
        f"(allowed {_APART:g})"
    )
    return setting.result(f"a text of {_LONGEST} tokens, all layers", figures, checks=(said,))


def _measure(setting: Setting, who: str, n_inputs: int) -> dict[str, Any]:
    call = [sys.executable, "-m", "benchmarks.memory_probe", who, setting.spec, str(setting.folder)]
    done = subprocess.run(
        [*call, str(TOKENS.get(who, _LONGEST)), str(n_inputs), str(setting.threads)],
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise InputError(f"Memory can't be measured: {done.stderr.strip().rpartition(chr(10))[2]}")
    return json.loads(done.stdout)
