"""What version 0.1 answered: questions to the command line, and the JSON that it printed, recorded once.

To record it anew, put that version beside this one and name its folder::

    git worktree add ../pretext-0.1 0b6b363
    python -m tests.analysis.json_of_0_1 ../pretext-0.1

The models are the tiny ones of ``checkpoints.py``, made on the spot. Their weights, and the last digits of what is
computed from them, depend on the processor, so it is recorded, too.
"""

import json
import lzma
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from benchmarks.machine import this_machine
from tests.analysis.checkpoints import MAKERS
from tests.analysis.texts import SENTENCE_A, SENTENCE_B

RECORD = Path(__file__).parent / "data" / "json_of_0_1.json.xz"
TINY = "tiny_bert"
DROPPED = {"schema", "model", "provenance", "why"}
"""What says where the numbers come from (other versions, and other folders), and why there is none of something."""

STORY = "The cat sat on the mat. She opened the door! The room was dark, and a dog was on the mat."
LINES = "the cat sat on the mat.\nshe opened the door.\nthe room was dark!\n"
LONG = "the cat sat on the mat. " * 9
OTHER_SCRIPTS = "un café, שלום 猫 🙂 the dog"

Asked = tuple[list[str], str]
"""Arguments and stdin. A model in braces is the folder of a checkpoint of that name."""

INPUTS: dict[str, Asked] = {
    "read": (["read", "the [MASK] sat.", "-k", "3"], ""),
    "read a pair": (["read", "the cat sat.", "--pair", "a [MASK] was dark", "-k", "2"], ""),
    "read other scripts": (["read", OTHER_SCRIPTS, "-k", "2"], ""),
    "read edited": (["read", "the cat sat", "--edit", "2=dog", "--edit", "3=[MASK]", "-k", "2"], ""),
    "read in windows": (["read", LONG, "--windows", "-k", "1"], ""),
    "read from stdin, followed": (["read", "-", "--watch", "dog", "--watch", "##s", "-k", "1"], "the cats sat"),
    "read hidden": (["read", "the cats sat on [MASK]", "--hidden", "token", "-k", "2"], ""),
    "read hidden, a pair": (["read", "the cats", "--pair", "sat on mats", "--hidden", "word_l2r", "-k", "2"], ""),
    "read hidden, followed": (["read", "zebras sat", "--hidden", "word", "--watch", "cat", "-k", "1"], ""),
    "read hidden in windows": (["read", LONG, "--hidden", "token", "--windows", "-k", "1"], ""),
    "read without the second head": (["read", "a cat", "-k", "2", "--model", "{tiny_roberta}"], ""),
    "read the bundled model": (["read", "She opened the [MASK].", "-k", "3", "--model", "bundled"], ""),
    "pll": (["pll", "the zebra sat, on mats."], ""),
    "pll of a pair": (["pll", "the cat sat.", "--pair", "a dog", "--masking", "token"], ""),
    "pll of other scripts": (["pll", OTHER_SCRIPTS, "--masking", "word"], ""),
    "pll edited": (["pll", "the cat sat", "--edit", "2=dog"], ""),
    "pll in windows": (["pll", LONG, "--windows"], ""),
    "fill": (["fill", "the [MASK] sat [MASK] a mat", "-k", "2", "--beam", "2"], ""),
    "fill a pair": (["fill", "the [MASK]", "--pair", "a [MASK].", "-k", "1", "--order", "confident"], ""),
    "fill edited": (["fill", "the cat sat", "--edit", "2=[MASK]", "-k", "2", "--order", "beam"], ""),
    "candidates": (["candidates", "the [MASK] sat", "dog", "cats", "##s", "cat"], ""),
    "candidates for the second gap": (
        ["candidates", "a [MASK] [MASK].", "dog", "mats", "--mask", "2", "--reference", "room", "--any-length"],
        "",
    ),
    "candidates, a pair": (["candidates", "the dog", "opened", "sat", "--pair", "she [MASK] a door"], ""),
    "nsp": (["nsp", "the cat sat on the mat.", "she opened the door."], ""),
    "nsp without a boundary": (["nsp", "the", "dog"], ""),
    "nsp of other scripts": (["nsp", "un café là", "שלום 猫 🙂 dog"], ""),
    "nsp of a head for order": (["nsp", "the cat sat", "a dog", "--model", "{tiny_albert}"], ""),
    "nsp of the bundled model": (["nsp", SENTENCE_A, SENTENCE_B, "--model", "bundled"], ""),
    "splits": (["splits", STORY, "--controls", "2"], ""),
    "splits between words": (["splits", "The cat sat. She opened it.", "--unit", "word", "--controls", "1"], ""),
    "splits of neighbours": (["splits", STORY, "--context", "adjacent", "--controls", "1", "--seed", "3"], ""),
    "splits by hand": (["splits", STORY, "--sentence-at", "12", "--sentence-at", "24", "--controls", "0"], ""),
    "pairs": (["pairs", "-", "--controls", "3"], LINES),
    "pairs without controls": (["pairs", "-", "--controls", "0"], "the cat sat.\na dog"),
    "pairs, too many to order": (["pairs", "-", "--controls", "1", "--seed", "5"], "a\nb\nc\nd\ne\nf\ng"),
    "compare": (["compare", "the cat sat", "the dog sat on it", "-k", "2"], ""),
    "compare seen": (["compare", "the cat sat", "a cat sat", "--reading", "seen", "-k", "3"], ""),
    "compare a text and its edit": (
        ["compare", "the cats sat", "the cats sat", "--edit-b", "2=dog", "--masking", "word", "-k", "1"],
        "",
    ),
    "compare two cuts": (
        ["compare", "the cat", "the cat sat.", "--pair-a", "sat. a dog", "--pair-b", "a dog", "-k", "1"],
        "",
    ),
    "compare two models": (
        ["compare", "the cat sat", "the dog sat", "--model-b", "{tiny_albert}", "--reading", "seen", "-k", "1"],
        "",
    ),
    "compare two vocabularies": (
        ["compare", "the cat sat", "the cat", "--model-b", "{tiny_roberta}", "--masking", "token", "-k", "1"],
        "",
    ),
}


def arguments_of(asked: Asked, checkpoint_folder: Callable[[str], Path]) -> list[str]:
    """The arguments with the folders of the checkpoints that they name."""
    return [str(checkpoint_folder(each[1:-1])) if each[:1] == "{" else each for each in asked[0]]


def machine() -> dict[str, str]:
    """What the last digits depend on: the processor, torch, and which of the processor's instructions torch uses."""
    return {
        "processor": this_machine().cpu,
        "torch": torch.__version__,
        "instructions": torch.backends.cpu.get_cpu_capability(),
    }


def numbers_of(answer: Any) -> Any:
    """An answer without what says where it comes from, at any depth."""
    if isinstance(answer, dict):
        return {key: numbers_of(value) for key, value in answer.items() if key not in DROPPED}
    return [numbers_of(each) for each in answer] if isinstance(answer, list) else answer


def recorded() -> tuple[dict[str, str], dict[str, Any]]:
    """The machine that the record was made on, and what 0.1 answered there."""
    record = json.loads(lzma.decompress(RECORD.read_bytes()))
    return record["machine"], record["answers"]


def record(folder: Path) -> None:
    """Ask the version in a folder everything, and keep what it answers."""
    with tempfile.TemporaryDirectory() as temporary:
        names = {each[1:-1] for arguments, _ in INPUTS.values() for each in arguments if each[:1] == "{"} | {TINY}
        folders = {name: MAKERS[name](Path(temporary) / name) for name in names}
        answers = dict(_answers(folder, folders))
    content = json.dumps({"machine": machine(), "answers": answers}, ensure_ascii=False)
    RECORD.write_bytes(lzma.compress(content.encode(), preset=9 | lzma.PRESET_EXTREME))


def _answers(folder: Path, folders: dict[str, Path]) -> Iterable[tuple[str, Any]]:
    environment = {**os.environ, "PRETEXT_MODEL": str(folders[TINY]), "PRETEXT_THREADS": "1"}
    for name, asked in INPUTS.items():
        command = [sys.executable, "-m", "analysis", *arguments_of(asked, folders.__getitem__)]
        done = subprocess.run(
            command, input=asked[1], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=True
        )
        yield name, numbers_of(json.loads(done.stdout))


if __name__ == "__main__":
    record(Path(sys.argv[1]))
