"""What the longest text takes over the loaded model, in a process of its own, beside plain transformers."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.analysis.stand_ins import assert_rejects

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="this system does not tell a process's memory"
)

SIXTEEN_HIDDEN = "the cat sat on a mat and was dark" + " she opened the door of one room" + " [MASK]" * 494
"""512 tokens, sixteen of them to be hidden: each takes an input of that length, and all at once would take too much."""
LONGEST = "the cat sat on a mat and was dark" + " [MASK]" * 501

START = """
import sys
import torch
from transformers import BertForPreTraining
from analysis import load_bundle, read_attention, read_hidden
from analysis.models.checkpoint import BUNDLED_FOLDER
from analysis.models.store import quiet_transformers

def kilobytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))

quiet_transformers()
torch.set_num_threads(1)
bundle = load_bundle("bundled")
"""
HIDDEN = """
plain = BertForPreTraining.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32)
loaded = kilobytes("VmRSS")
reading = read_hidden(bundle, sys.argv[1], masking="token")
assert (len(reading.encoded), reading.n_inputs) == (512, 16)
ours = kilobytes("VmHWM")
ids = bundle.tokenizer(sys.argv[1], return_tensors="pt").input_ids
with torch.no_grad():
    plain(input_ids=ids.repeat(2, 1)).prediction_logits.log_softmax(-1)
"""
ATTENTION = """
plain = BertForPreTraining.from_pretrained(BUNDLED_FOLDER, dtype=torch.float32, attn_implementation="eager")
read_attention(bundle, "the cat")
loaded = kilobytes("VmRSS")
found = read_attention(bundle, sys.argv[1])
assert found.shown.shape == (512, 512)
ours = kilobytes("VmHWM")
ids = bundle.tokenizer(sys.argv[1], return_tensors="pt").input_ids
with torch.no_grad():
    plain.bert(input_ids=ids, output_attentions=True)
"""
END = """
print((ours - loaded) / 1024, (kilobytes("VmHWM") - loaded) / 1024)
"""


def megabytes(program: str, text: str) -> tuple[float, float]:
    """What ours took over the loaded model, and what it had taken when plain transformers had read the text, too."""
    command = [sys.executable, "-c", START + program + END, text]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    ours, theirs = map(float, done.stdout.split())
    return ours, theirs


def check_hidden(ours: float) -> None:
    assert 0 < ours <= 150


def check_attention(ours: float, theirs: float) -> None:
    assert 0 < ours <= min(60, theirs / 2)


def test_memory_of_the_longest_hidden_reading() -> None:
    ours, every_logit_of_two_inputs = megabytes(HIDDEN, SIXTEEN_HIDDEN)
    check_hidden(ours)
    assert_rejects(check_hidden, every_logit_of_two_inputs)


def test_memory_of_the_attention_of_the_longest_text() -> None:
    ours, eager = megabytes(ATTENTION, LONGEST)
    check_attention(ours, eager)
    assert_rejects(check_attention, eager, eager)
