"""Both heads after every layer: how near it comes to the limit of the machine."""

from collections.abc import Mapping

import numpy as np
import torch

from analysis.models.estimate import Shape, least_flops
from analysis.tasks.layers import read_layers
from benchmarks.checks import close
from benchmarks.peers import K, Notebook
from benchmarks.race import Contender, race
from benchmarks.results import Result
from benchmarks.roofline import flops_per_second, least_seconds, products
from benchmarks.setting import Setting, ours
from benchmarks.targets import LAYERS
from benchmarks.texts import WHOLE_WORDS, passage
from benchmarks.where import where_time_goes

_TOKENS = 128
"""[CLS] and [SEP] included."""


def share_of_roofline(setting: Setting) -> Result:
    """W15: every statistic of every position after every layer, and the margin, from text to result."""
    notebook, bundle = Notebook.of(setting.folder), setting.bundle("fp32")
    text = passage(notebook.tokenizer, WHOLE_WORDS, _TOKENS - 2)
    shape = Shape.of(bundle)
    least = least_flops(shape, [(_TOKENS, _TOKENS)], mlm_rows=_TOKENS * (shape.layers + 1))
    contender = Contender(ours("fp32"), lambda: read_layers(bundle, text, k=K).surprisal_bits)

    def check(answers: Mapping[str, np.ndarray]) -> list[str]:
        what = "surprisal after every layer against BertForPreTraining's states put through its heads"
        return [close(what, _notebook(notebook, text), answers[ours("fp32")], largest=1e-3, unit="bit")]

    went = race([contender], check, setting.rounds, beside=products(setting.dtypes))
    roofline = flops_per_second(went)
    share = least_seconds(least, "fp32", roofline) / went.seconds(ours("fp32"))
    return setting.result(
        f"{_TOKENS} tokens, both heads after each of {shape.layers} layers and before the first, top {K}",
        [setting.figure(LAYERS, "fp32", share, "share")],
        checks=went.checks,
        timings=went.timings,
        roofline=roofline,
        notes=(where_time_goes(contender),),
    )


def _notebook(notebook: Notebook, text: str) -> np.ndarray:
    """The surprisal in bits after every layer, [L + 1, T]."""
    encoded = notebook.tokenizer(text, return_tensors="pt")
    with torch.no_grad():
        states = notebook.model(**encoded, output_hidden_states=True).hidden_states
        logits = torch.cat([notebook.model.cls.predictions(each) for each in states])
    ids = encoded["input_ids"].expand(len(logits), -1)[..., None]
    return torch.log_softmax(logits, -1).gather(-1, ids)[..., 0].numpy() / -np.log(2)
