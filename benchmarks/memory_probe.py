"""The process in which memory is measured: loads a model, notes what is resident, works on a text, notes the peak.

Prints ``{"bytes": rise, "values": what came of it}``. Only for Linux, which tells a process its peak and lets it start
anew.
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
    model, work = _CONTENDERS[who](spec, Path(folder), int(tokens), int(inputs))
    # Weights may lie in a mapped file that only counts once it is read.
    for parameter in model.parameters():
        parameter.sum()
    Path("/proc/self/clear_refs").write_text(_RESET_PEAK, encoding="ascii")
    before = _kibibytes("VmRSS")
    values = work()
    rise = (_kibibytes("VmHWM") - before) * 1024
    sys.stdout.write(json.dumps({"bytes": rise, "values": [each for each in values if math.isfinite(each)]}))


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


def _attention(spec: str, folder: Path, tokens: int, _inputs: int) -> tuple[Any, Callable[[], Any]]:
    from analysis.models.store import load_bundle
    from analysis.tasks.attention import read_attention
    from benchmarks.texts import WHOLE_WORDS, passage

    bundle = load_bundle(spec, dtype="fp32")
    text = passage(bundle.tokenizer, WHOLE_WORDS, tokens - 2)
    return bundle.model, lambda: read_attention(bundle, text).summaries.share_cls.ravel().tolist()


def _eager(_spec: str, folder: Path, tokens: int, _inputs: int) -> tuple[Any, Callable[[], Any]]:
    """The encoder alone: its heads' logits would take more."""
    import torch
    from transformers import BertForPreTraining

    from benchmarks.peers import tokenizer_of
    from benchmarks.texts import WHOLE_WORDS, passage

    model = BertForPreTraining.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = tokenizer_of(folder)
    given = tokenizer(passage(tokenizer, WHOLE_WORDS, tokens - 2), return_tensors="pt")

    def work() -> list[float]:
        with torch.no_grad():
            layers = model.bert(**given, output_attentions=True).attentions
            return [float(head[1:-1, 0].mean()) for layer in layers for head in layer[0]]

    return model, work


_CONTENDERS = {"ours": _ours, "minicons": _minicons, "ours, attention": _attention, "eager": _eager}


def _kibibytes(entry: str) -> int:
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith(f"{entry}:"))
    return int(line.split()[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
