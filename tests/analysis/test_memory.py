"""What a hidden reading of the longest text takes over the loaded model, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.analysis.stand_ins import assert_rejects

ROOT = Path(__file__).parents[2]
MOST_MB = 150

TEXT = "the cat sat on a mat and was dark" + " she opened the door of one room" + " [MASK]" * 494
"""512 tokens, sixteen of them to be hidden: each takes an input of that length, and all at once would take too much."""

PROBE = """
import sys
import torch
from transformers import BertForPreTraining
from analysis import load_bundle, read_hidden
from analysis.models.checkpoint import BUNDLED_FOLDER
from analysis.models.store import quiet_transformers

def kilobytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))

quiet_transformers()
torch.set_num_threads(1)
bundle = load_bundle("bundled")
plain = BertForPreTraining.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32)
loaded = kilobytes("VmRSS")
reading = read_hidden(bundle, sys.argv[1], masking="token")
assert (len(reading.encoded), reading.n_inputs) == (512, 16)
ours = kilobytes("VmHWM")
ids = bundle.tokenizer(sys.argv[1], return_tensors="pt").input_ids
with torch.no_grad():
    plain(input_ids=ids.repeat(2, 1)).prediction_logits.log_softmax(-1)
print((ours - loaded) / 1024, (kilobytes("VmHWM") - loaded) / 1024)
"""


def check_memory(megabytes: float) -> None:
    assert 0 < megabytes <= MOST_MB


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell a process's memory")
def test_memory_of_the_longest_hidden_reading() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, TEXT], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    ours, every_logit_of_two_inputs = map(float, done.stdout.split())
    check_memory(ours)
    assert_rejects(check_memory, every_logit_of_two_inputs)
