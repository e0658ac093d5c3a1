"""mlm-bias as a contender: a process in its own environment that answers one line with another."""

import json
import os
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import InputError
from training.command import PROJECT_FOLDER

VARIABLE = "PRETEXT_MLM_BIAS_PYTHON"
"""Names the interpreter of that environment."""

_PROBE = PROJECT_FOLDER / "benchmarks" / "mlm_bias_probe.py"


class MlmBias:
    """What the process is asked."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def aul(self, texts: Sequence[str]) -> np.ndarray:
        """Mean ln p of the tokens of each text, nothing hidden: [N]."""
        return self._ask({"measure": "aul", "texts": list(texts)})

    def crows(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """Sum of ln p of the tokens that a pair shares, each hidden in turn: [2 N], the sides of a pair in turn."""
        return self._ask({"measure": "csps", "pairs": list(pairs)})

    def processor_seconds(self) -> float:
        """What the process has spent so far; only on Linux, else not a number."""
        try:
            spent = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return float("nan")
        return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")

    def _ask(self, asked: dict[str, Any]) -> np.ndarray:
        given, taken = self._process.stdin, self._process.stdout
        if given is None or taken is None:
            raise InputError(_ENDED)
        given.write(json.dumps(asked) + "\n")
        given.flush()
        line = taken.readline()
        if not line:
            raise InputError(_ENDED)
        return np.array(json.loads(line))


_ENDED = "mlm-bias ended before it answered: run python -P benchmarks/mlm_bias_probe.py by itself to see why."


@contextmanager
def mlm_bias(folder: Path, threads: int) -> Generator[MlmBias]:
    """The process, its model loaded; InputError if its environment is missing."""
    python = os.environ.get(VARIABLE, "")
    if not python or not Path(python).exists():
        raise InputError(
            "This workload is timed against mlm-bias, which needs an environment of its own: type python3 -m venv "
            "../mlm-bias, ../mlm-bias/bin/pip install -r benchmarks/requirements-mlm-bias.txt and set "
            f"{VARIABLE}=../mlm-bias/bin/python."
        )
    # -P: a module beside the probe (kernels) has the name of one that transformers looks for.
    call = [python, "-P", str(_PROBE), str(folder), str(threads)]
    # The project's own path would put its libraries before those of the environment.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with subprocess.Popen(
        call, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            if process.stdout is None or process.stdout.readline() != "ready\n":
                raise InputError(_ENDED)
            yield MlmBias(process)
        finally:
            process.kill()
