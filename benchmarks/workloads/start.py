"""Cold start: a new process each time, from its start to its first line of output."""

import os
import subprocess
import sys
from collections.abc import Mapping

from benchmarks.checks import WrongAnswerError
from benchmarks.peers import PIPELINE_START
from benchmarks.race import Contender, race
from benchmarks.results import Result
from benchmarks.setting import Setting, ours
from benchmarks.targets import FILL_MASK
from training.command import PROJECT_FOLDER

_TEXT = "Paris is the capital of [MASK]."

_OUR_START = """
import sys
from analysis import load_bundle, read_seen
from analysis.models.forward import set_threads
set_threads(int(sys.argv[3]))
reading = read_seen(load_bundle(sys.argv[1]), sys.argv[2])
print(reading.top_tokens[reading.encoded.masked.argmax()][0], flush=True)
"""


def cold(setting: Setting) -> Result:
    """W13: load everything and name the most probable word of one gap."""

    def check(answers: Mapping[str, str]) -> list[str]:
        if len(set(answers.values())) != 1:
            raise WrongAnswerError(f"The most probable word differs: {dict(answers)}.")
        return [f"both say '{answers[FILL_MASK]}'"]

    went = race(
        [
            Contender(FILL_MASK, lambda: _first_line(PIPELINE_START, str(setting.folder), setting.threads)),
            Contender(ours("fp32"), lambda: _first_line(_OUR_START, setting.spec, setting.threads)),
        ],
        check,
        setting.rounds,
    )
    ratio = went.seconds(FILL_MASK) / went.seconds(ours("fp32"))
    return setting.result(
        f'"{_TEXT}"',
        [setting.figure(FILL_MASK, "fp32", ratio, "times")],
        checks=went.checks,
        timings=went.timings,
    )


def _first_line(program: str, model: str, threads: int) -> str:
    """Run a program in a new process until its first line; what it does to end is not waited for."""
    call = [sys.executable, "-c", program, model, _TEXT, str(threads)]
    environment = {**os.environ, "TRANSFORMERS_VERBOSITY": "error"}
    with subprocess.Popen(
        call, cwd=PROJECT_FOLDER, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        line = process.stdout.readline().strip() if process.stdout is not None else ""
        process.kill()
    return line
